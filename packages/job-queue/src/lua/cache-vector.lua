--[[ Binds vectors to their answers and tells those who follow.
  KEYS[1] {namespace}  ARGV: 1 partition, 2.. entry, vector's id, what is kept of it (binary; "": only whose it is)
  Returns for each when its answer expires, ms; 0: there is no such answer. ]]
local partition, expiries, latest = ARGV[1], {}, 0
local key = P .. ":xv:" .. partition
for i = 2, #ARGV, 3 do
  local entry, id, kept = ARGV[i], ARGV[i + 1], ARGV[i + 2]
  local expiresAt = tonumber(rcall("ZSCORE", P .. ":xe", entry) or 0)
  local about = expiresAt > now and readAbout(entry)
  if about then
    if about.vector ~= id or about.partition ~= partition then dropVector(about) end
    cacheCount("bytes", #kept - about.kept)
    about.vector, about.partition, about.kept = id, partition, #kept
    writeAbout(entry, about)
    rcall("HSET", P .. ":xi", "v:" .. id, entry)
    if kept ~= "" then
      rcall("HSET", key, id, struct.pack("<d", expiresAt) .. kept)
      latest = math.max(latest, expiresAt)
    end
    tellVectorChange("put", partition, id)
    expiries[#expiries + 1] = expiresAt
  else
    expiries[#expiries + 1] = 0
  end
end
if latest - now > rcall("PTTL", key) then rcall("PEXPIREAT", key, int(latest)) end
return expiries
