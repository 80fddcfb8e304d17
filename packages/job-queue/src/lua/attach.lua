-- flags: allow-oom
--[[ Makes a client one of those that are told, or returns the outcome that is there already.
  KEYS[1] {namespace}  ARGV: 1 id, 2 client id
  Returns { "settled", outcome, lastSeq } | { "open", state, model, streamed } | { "unknown" } ]]
local job = readJob(ARGV[1])
if not job then return { "unknown" } end
if isSettled(job) then return { "settled", rcall("HGET", recordKey(job.id), "od") or "", int(job.eventSeq) } end
if not string.find(" " .. job.waiters .. " ", " " .. ARGV[2] .. " ", 1, true) then
  rcall("HSET", recordKey(job.id), "w", job.waiters .. " " .. ARGV[2])
end
return { "open", job.state, job.model, job.streamed }
