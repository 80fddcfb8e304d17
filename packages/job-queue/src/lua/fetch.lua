-- flags: allow-oom
--[[ Gives the model's next job to a worker.
  KEYS[1] {namespace}  ARGV: 1 model, 2 lock token, 3 worker name, 4 worker id, 5 lockMs
  Returns { job data or 0, id or 0, more 0|1, untilMs, now, { epoch, remainingMs, waitMs, totalWaitMs, attempts, skipped, counted, maxAttempts, streamed,
    breaker, lastSeq, sent, elapsedMs } } ]]
return grant(ARGV[1], { token = ARGV[2], name = ARGV[3], id = ARGV[4], lockMs = ARGV[5] }, readModel(ARGV[1]))
