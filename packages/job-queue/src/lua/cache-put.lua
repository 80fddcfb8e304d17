#!lua
--[[ Stores an answer in the exact cache, and evicts the least recently used beyond maxEntries.
  KEYS[1] {namespace}  ARGV: 1 entry key (`<cache key>:<model>`), 2 answer (JSON), 3 ttlMs, 4 maxEntries
  Returns how many were evicted. ]]
--- @include base
rcall("SET", P .. ":x:" .. ARGV[1], ARGV[2], "PX", ARGV[3])
rcall("ZADD", P .. ":x", int(now), ARGV[1])
local evicted = 0
for _ = 1, 100 do
  if rcall("ZCARD", P .. ":x") <= tonumber(ARGV[4]) then break end
  local oldest = rcall("ZPOPMIN", P .. ":x")
  if rcall("DEL", P .. ":x:" .. oldest[1]) == 1 then evicted = evicted + 1 end
end
return evicted
