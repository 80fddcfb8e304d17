-- flags: allow-oom
--[[ Forgets one answer, with its vector. A wrong hit's two prompts are kept, the last so many of them.
  KEYS[1] {namespace}  ARGV: 1 entry, 2 the pair (JSON) or "", 3 how many pairs are kept
  Returns 1 when the answer was still there. ]]
local there = forgetEntry(ARGV[1])
if there then cacheCount("purged") end
if ARGV[2] ~= "" then
  rcall("RPUSH", P .. ":cache-pairs", ARGV[2])
  rcall("LTRIM", P .. ":cache-pairs", int(-tonumber(ARGV[3])), "-1")
  cacheCount("reported")
end
return there and 1 or 0
