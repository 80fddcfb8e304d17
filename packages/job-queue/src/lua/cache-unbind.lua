-- flags: allow-oom
--[[ Forgets vectors; their answers stay.
  KEYS[1] {namespace}  ARGV: vectors' ids
  Returns how many there were. ]]
local unbound = 0
for _, id in ipairs(ARGV) do
  local entry = rcall("HGET", P .. ":xi", "v:" .. id)
  local about = entry and readAbout(entry)
  if about and about.vector == id then
    dropVector(about)
    writeAbout(entry, about)
    unbound = unbound + 1
  end
end
return unbound
