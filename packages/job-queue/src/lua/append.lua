--[[ Appends a batch of deltas to a request's stream and tells live listeners. Idempotent: deltas are numbered within their run, and those
  that are in already are skipped, so that a lost answer is simply sent again. Refused for an older epoch, for a settled request, and
  when another run holds the lock: a Redis that lost a grant (a restart, a failover) gives its epoch a second time.
  KEYS[1] {namespace}  ARGV: 1 id, 2 epoch, 3 lock token, 4 number of the first delta within its run, from 0, or "" (at the end),
    5.. deltas, each a JSON object without epoch and seq
  Returns the seq of the last delta; -1 when the run is void; -2 when Redis has lost deltas that were before these. ]]
local id = ARGV[1]
local r = rcall("HMGET", recordKey(id), "st", "ep", "w", "dl", "p", "es", "q", "sn", "co")
-- A run whose job was recovered, and not granted again, still counts, as its finish does.
if not r[1] or outcomes[r[1]] or r[2] ~= ARGV[2] then return -1 end
local holder = rcall("GET", queueKey(r[7], id .. ":lock"))
if holder and holder ~= ARGV[3] then return -1 end
local sentEpoch, sent = string.match(r[8] or "", "^(%d+):(%d+)$")
sent = sentEpoch == ARGV[2] and tonumber(sent) or 0
local from = ARGV[4] == "" and sent or tonumber(ARGV[4])
if from > sent then return -2 end
local skip = sent - from
local n = #ARGV - 4 - skip
if n <= 0 then return tonumber(r[6]) end
local last = tonumber(r[6]) + n
local parts = {}
for i = 1, n do
  parts[i] = '{"epoch":' .. ARGV[2] .. ',"seq":' .. int(last - n + i) .. (#ARGV[i + 4 + skip] > 2 and "," or "") .. string.sub(ARGV[i + 4 + skip], 2)
end
local batch = "[" .. table.concat(parts, ",") .. "]"
rcall("HSET", recordKey(id), "es", int(last), "sd", "1", "sn", ARGV[2] .. ":" .. int(sent + n))
rcall("XADD", P .. ":st:" .. id, int(last) .. "-0", "d", batch)
rcall("PEXPIREAT", P .. ":st:" .. id, int(tonumber(r[4]) + tonumber(string.match(r[5], '"stt":(%d+)'))))
tellWaiters(r[3], "i", id, "d", batch)
if r[9] and string.find(r[9], "^l|[^|]*|1") then passToFollowers(id, batch) end
return last
