--[[ Stores an answer, forgets what has expired, and evicts the least recently used beyond maxEntries.
  KEYS[1] {namespace}  ARGV: 1 entry (`<cache key>:<model>`), 2 answer (JSON that ends with the id of the request that made it), 3 ttlMs, 4 maxEntries
  Returns how many were evicted. ]]
local entry, maxEntries = ARGV[1], tonumber(ARGV[4])
local about = readAbout(entry) or { bytes = 0, kept = 0, source = "", vector = "", partition = "" }
local source = string.match(ARGV[2], '"sourceRequestId":"([^"|]+)"}$') or ""
if about.source ~= source then rcall("HDEL", P .. ":xi", "s:" .. about.source) end
rcall("SET", P .. ":x:" .. entry, ARGV[2], "PX", ARGV[3])
rcall("ZADD", P .. ":x", int(now), entry)
rcall("ZADD", P .. ":xe", int(now + tonumber(ARGV[3])), entry)
cacheCount("bytes", #ARGV[2] - about.bytes)
about.bytes, about.source = #ARGV[2], source
writeAbout(entry, about)
if source ~= "" then rcall("HSET", P .. ":xi", "s:" .. source, entry) end
cacheCount("stored")

forgetExpired(20)
local evicted = 0
for _ = 1, 100 do
  if rcall("ZCARD", P .. ":x") <= maxEntries then break end
  -- What has expired goes before anything that is still served.
  if forgetExpired(1) == 0 and forgetEntry(rcall("ZRANGE", P .. ":x", "0", "0")[1]) then evicted = evicted + 1 end
end
if evicted > 0 then cacheCount("evicted", evicted) end
return evicted
