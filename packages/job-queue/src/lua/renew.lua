-- flags: allow-oom
--[[ Renews the locks of runs under way. A run whose request is settled, or was granted to somebody else, is lost: by its epoch, or,
  when Redis lost the first grant (a restart, a failover) and the next one got the same epoch, by the lock's token.
  KEYS[1] {namespace}  ARGV: 1 model, 2 lockMs, then id, token, epoch of each
  Returns the ids that are lost. ]]
local model, lost = ARGV[1], {}
for i = 3, #ARGV, 3 do
  local id, token, epoch = ARGV[i], ARGV[i + 1], ARGV[i + 2]
  local r = rcall("HMGET", recordKey(id), "st", "ep")
  local holder = rcall("GET", queueKey(model, id .. ":lock"))
  if r[1] == "active" and r[2] == epoch and (not holder or holder == token) then
    rcall("SET", queueKey(model, id .. ":lock"), token, "PX", ARGV[2])
    rcall("ZADD", P .. ":pb:" .. model, "XX", int(now + tonumber(ARGV[2])), id .. ":" .. epoch)
  else
    lost[#lost + 1] = id
    -- A cancelled run still holds its slot until it ends.
    if r[2] == epoch and holder == token then rcall("PEXPIRE", queueKey(model, id .. ":lock"), ARGV[2]) end
  end
end
return lost
