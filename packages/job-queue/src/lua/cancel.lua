-- flags: allow-oom
--[[ Cancels a request wherever it is. A run under way is told to stop; its slot stays counted until it has.
  KEYS[1] {namespace}  ARGV: 1 id, 2 message
  Returns { "settled", outcome } | { "unknown" } ]]
local job = readJob(ARGV[1])
if not job then return { "unknown" } end
if not isSettled(job) then leaveQueue(job, "cancelled", "CANCELLED", ARGV[2]) end
return { "settled", rcall("HGET", recordKey(ARGV[1]), "od") or "" }
