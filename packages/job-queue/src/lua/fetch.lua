-- flags: allow-oom
--[[ Gives the model's next jobs to a worker.
  KEYS[1] {namespace}  ARGV: 1 model, 2 lock token (that of the nth job is <token>/<n>), 3 worker name, 4 worker id, 5 lockMs, 6 how many at most,
    7 resend 0|1: the same was asked before and the reply lost; what it granted is given again
  Returns one or more of { job data or 0, id or 0, more 0|1, untilMs, now, { epoch, remainingMs, waitMs, totalWaitMs, attempts, skipped, counted,
    maxAttempts, streamed, breaker, lastSeq, sent, elapsedMs, lock token } }; without a job it is the only one. ]]
local model, token = ARGV[1], ARGV[2]
if ARGV[7] == "1" then
  local before = grantedBefore(model, ARGV[5], function(other) return string.sub(other, 1, #token + 1) == token .. "/" end)
  if before[1] then return before end
end
local worker = { name = ARGV[3], id = ARGV[4], lockMs = ARGV[5] }
local given, rest = grant(model, worker, readModel(model), tonumber(ARGV[6]), function(n) return token .. "/" .. n end)
return given[1] and given or { rest }
