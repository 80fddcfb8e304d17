--[[ Books requests that a client answered from the exact cache by itself: record, history, outcome, counters, the entry's last use. One
  that was booked before stays as it is.
  KEYS[1] {namespace}
  ARGV: for each 1 id, 2 plan: see include/record.lua, 3 timeoutMs, 4 entry (`<cache key>:<model>`), 5 outcome, JSON
  Returns the version of the configuration. ]]
for i = 1, #ARGV, 5 do
  local id, plan, entry = ARGV[i], ARGV[i + 1], ARGV[i + 3]
  if rcall("EXISTS", recordKey(id)) == 0 then
    newRecord(id, string.match(entry, ":(.+)$"), "0", int(now + tonumber(ARGV[i + 2])), "", answeredEvent("exact", ""), plan)
    settleAnswered(id, plan, entry, ARGV[i + 4])
  end
end
return configVersion()
