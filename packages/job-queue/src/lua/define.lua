-- flags: allow-oom
--[[ First writer defines a model, route or setting; an equal definition is a no-op; another one is a conflict while a process serves it.
  Also on a full Redis: a worker that starts there is needed to drain it.
  KEYS[1] {namespace}
  ARGV: 1 field (`model:<name>`, `route:<CLASS>`, `breaker`, …), 2 definition (canonical JSON), 3 apply 0|1, 4 holder, 5 model name or "",
    6.. field, value pairs for the model's hash
  Returns { "ok", version } | { "conflict", existing definition, holder } ]]
local config = P .. ":config"
local existing = rcall("HMGET", config, ARGV[1], "by:" .. ARGV[1])
if existing[1] and existing[1] ~= ARGV[2] and ARGV[3] ~= "1" then
  local served
  if ARGV[5] ~= "" then
    served = tonumber(rcall("HGET", modelKey(ARGV[5]), "wa") or 0) >= now
  else
    served = rcall("ZCOUNT", P .. ":workers", nowText, "+inf") > 0
  end
  if served and existing[2] ~= ARGV[4] then return { "conflict", existing[1], existing[2] or "" } end
end
if existing[1] ~= ARGV[2] then
  rcall("HSET", config, ARGV[1], ARGV[2], "by:" .. ARGV[1], ARGV[4])
  rcall("HINCRBY", config, "version", "1")
  publish('{"type":"config","field":"' .. ARGV[1] .. '"}')
end
if ARGV[5] ~= "" and #ARGV > 5 then
  local fields = {}
  local limits = { rpm = true, tpm = true }
  for i = 6, #ARGV, 2 do
    if ARGV[i + 1] ~= "" then
      fields[#fields + 1] = ARGV[i]
      fields[#fields + 1] = ARGV[i + 1]
    elseif limits[ARGV[i]] then
      rcall("HDEL", modelKey(ARGV[5]), ARGV[i])
    end
  end
  rcall("HSET", modelKey(ARGV[5]), unpack(fields))
  -- Until when the old limits keep the next call; the next fetch says it anew.
  rcall("HDEL", modelKey(ARGV[5]), "ru")
  if rcall("SADD", P .. ":models", ARGV[5]) == 1 then
    -- Without a route, models are tried in the order in which they were defined.
    rcall("HSET", config, "order", (rcall("HGET", config, "order") or "") .. " " .. ARGV[5])
  end
  -- A raised limit must wake workers that wait.
  if rcall("EXISTS", queueKey(ARGV[5], "prioritized")) == 1 then wake(ARGV[5]) end
end
local version = rcall("HGET", config, "version") or "0"
-- Dispatch reads a model's hash anyway; it finds the version there.
for _, model in ipairs(rcall("SMEMBERS", P .. ":models")) do rcall("HSET", modelKey(model), "cv", version) end
return { "ok", version }
