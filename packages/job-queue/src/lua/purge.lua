-- flags: allow-oom
--[[ Forgets dead letters for good.
  KEYS[1] {namespace}  ARGV: ids
  Returns how many there were. ]]
local purged = 0
for _, id in ipairs(ARGV) do
  if rcall("ZSCORE", P .. ":dead", id) then
    forgetDeadLetter(id)
    purged = purged + 1
  end
end
return purged
