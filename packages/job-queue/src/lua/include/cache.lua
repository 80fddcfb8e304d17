-- The cache's index, beside the answers (`x:<entry>`) and their last use (`x`): `xe` when each expires; `xi` what belongs to it
-- (`e:<entry>` → bytes|bytes of its vector|request that made it|vector's id|vector's partition, `s:<request>` → entry, `v:<vector's id>` → entry);
-- `xv:<partition>` its vectors; `xl` what changed, for those who keep vectors in memory. Each entry takes all of its own along.
local function cacheCount(field, by) rcall("HINCRBY", P .. ":cache-stats", field, int(by or 1)) end

-- Names the change before it, so that a reader sees when it has missed some.
local function tellVectorChange(kind, partition, id)
  local last = rcall("XREVRANGE", P .. ":xl", "+", "-", "COUNT", "1")[1]
  rcall("XADD", P .. ":xl", "MAXLEN", "~", "1000", "*", "k", kind, "p", partition, "v", id, "b", last and last[1] or "")
end

local function readAbout(entry)
  local about = rcall("HGET", P .. ":xi", "e:" .. entry)
  if not about then return nil end
  local bytes, kept, source, vector, partition = string.match(about, "^(%d+)|(%d+)|([^|]*)|([^|]*)|(.*)$")
  return { bytes = tonumber(bytes), kept = tonumber(kept), source = source, vector = vector, partition = partition }
end

local function writeAbout(entry, about)
  rcall("HSET", P .. ":xi", "e:" .. entry, int(about.bytes) .. "|" .. int(about.kept) .. "|" .. about.source .. "|" .. about.vector .. "|" .. about.partition)
end

-- The entry's own line is the caller's to write, or to delete.
local function dropVector(about)
  if about.vector == "" then return end
  rcall("HDEL", P .. ":xv:" .. about.partition, about.vector)
  rcall("HDEL", P .. ":xi", "v:" .. about.vector)
  tellVectorChange("delete", about.partition, about.vector)
  cacheCount("bytes", -about.kept)
  about.vector, about.partition, about.kept = "", "", 0
end

-- Whether the answer was still there.
local function forgetEntry(entry)
  rcall("ZREM", P .. ":x", entry)
  rcall("ZREM", P .. ":xe", entry)
  local about = readAbout(entry)
  if about then
    dropVector(about)
    rcall("HDEL", P .. ":xi", "e:" .. entry, "s:" .. about.source)
    cacheCount("bytes", -about.bytes)
  end
  return rcall("DEL", P .. ":x:" .. entry) == 1
end

local function forgetExpired(limit)
  local expired = rcall("ZRANGEBYSCORE", P .. ":xe", "-inf", int(now), "LIMIT", "0", int(limit))
  for _, entry in ipairs(expired) do forgetEntry(entry) end
  if #expired > 0 then cacheCount("expired", #expired) end
  return #expired
end
