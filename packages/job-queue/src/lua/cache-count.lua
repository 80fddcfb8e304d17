-- flags: allow-oom
--[[ Adds to the cache's counters.
  KEYS[1] {namespace}  ARGV: field, by, … ]]
for i = 1, #ARGV, 2 do rcall("HINCRBY", P .. ":cache-stats", ARGV[i], ARGV[i + 1]) end
