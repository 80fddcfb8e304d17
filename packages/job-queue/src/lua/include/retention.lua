-- Keeps what is finished within its retention (the `retention` entry of the configuration, in ms, bytes and counts).
local function readRetention() return cjson.decode(rcall("HGET", P .. ":config", "retention") or "{}") end
local batch = 200

local function spend(entry)
  rcall("ZREM", P .. ":outcomes", entry)
  rcall("DECRBY", P .. ":outcome-bytes", string.match(entry, "^%d+"))
end

-- Outcomes that expired are no longer counted; beyond the budget those that would expire first go early. Their records
-- stay, so that a reader is told RESULT_EXPIRED, and a repeated idempotency key calls no model.
local function forgetOutcomes(retention)
  for _, entry in ipairs(rcall("ZRANGEBYSCORE", P .. ":outcomes", "-inf", nowText, "LIMIT", 0, batch)) do spend(entry) end
  local over = tonumber(rcall("GET", P .. ":outcome-bytes") or 0) - (retention.maxOutcomeBytes or 268435456)
  if over <= 0 then return end
  for _, entry in ipairs(rcall("ZRANGE", P .. ":outcomes", 0, batch - 1)) do
    if over <= 0 then return end
    local bytes, id = string.match(entry, "^(%d+)|(.+)$")
    spend(entry)
    over = over - tonumber(bytes)
    if rcall("EXISTS", recordKey(id)) == 1 then rcall("HDEL", recordKey(id), "od", "att", "sk") end
  end
end

local function forgetDeadLetters(retention)
  local dead = P .. ":dead"
  local oldest = now - (retention.deadLetterTtlMs or 604800000)
  for _, id in ipairs(rcall("ZRANGEBYSCORE", dead, "-inf", int(oldest), "LIMIT", 0, batch)) do forgetDeadLetter(id) end
  local surplus = math.min(rcall("ZCARD", dead) - (retention.maxDeadLetters or 10000), batch)
  if surplus <= 0 then return end
  for _, id in ipairs(rcall("ZRANGE", dead, 0, surplus - 1)) do forgetDeadLetter(id) end
end
