-- flags: allow-oom
--[[ Forgets answers, with their vectors, in the order of their last use, a part at a time.
  KEYS[1] {namespace}  ARGV: 1 model or "" (all), 2 rank to begin at, 3 how many to look at
  Returns { how many were still served, rank to go on at, or -1 at the end }. ]]
local model, from, count = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local entries = rcall("ZRANGE", P .. ":x", int(from), int(from + count - 1))
local purged, kept = 0, 0
for _, entry in ipairs(entries) do
  if model == "" or string.match(entry, ":([^:]+)$") == model then
    if forgetEntry(entry) then purged = purged + 1 end
  else
    kept = kept + 1
  end
end
if purged > 0 then cacheCount("purged", purged) end
return { purged, #entries < count and -1 or from + kept }
