#!lua
--[[ Appends a batch of deltas to a request's stream and tells live listeners. Refused for an older epoch, for a settled request, and
  when another run holds the lock: a Redis that lost a grant (a restart, a failover) gives its epoch a second time.
  KEYS[1] {namespace}  ARGV: 1 id, 2 epoch, 3 lock token, 4.. deltas, each a JSON object without epoch and seq
  Returns the seq of the last delta, or -1 when the run is void. ]]
--- @include base, events
local id = ARGV[1]
local r = rcall("HMGET", recordKey(id), "st", "ep", "w", "dl", "p", "es", "q")
if r[1] ~= "active" or r[2] ~= ARGV[2] then return -1 end
local holder = rcall("GET", queueKey(r[7], id .. ":lock"))
if holder and holder ~= ARGV[3] then return -1 end
local n = #ARGV - 3
local last = tonumber(r[6]) + n
local parts = {}
for i = 1, n do
  parts[i] = '{"epoch":' .. ARGV[2] .. ',"seq":' .. int(last - n + i) .. (#ARGV[i + 3] > 2 and "," or "") .. string.sub(ARGV[i + 3], 2)
end
local batch = "[" .. table.concat(parts, ",") .. "]"
rcall("HSET", recordKey(id), "es", int(last), "sd", "1")
rcall("XADD", P .. ":st:" .. id, int(last) .. "-0", "d", batch)
rcall("PEXPIREAT", P .. ":st:" .. id, int(tonumber(r[4]) + tonumber(string.match(r[5], '"stt":(%d+)'))))
tellWaiters(r[3], "i", id, "d", batch)
return last
