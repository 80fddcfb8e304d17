-- A model's breaker, counted in script order over all workers. Its epoch rises with every change of state, and results
-- of calls that were granted in another epoch change no counter.
local function breakerChange(model, state, fields)
  local epoch = rcall("HINCRBY", modelKey(model), "be", 1)
  rcall("HSET", modelKey(model), "bs", state, unpack(fields))
  rcall("DEL", P .. ":pb:" .. model)
  -- A model that its provider still holds stays one for the mover, which takes it off when the hold is over.
  if state == "closed" and tonumber(rcall("HGET", modelKey(model), "hold") or 0) <= now then
    rcall("SREM", P .. ":blocked", model)
  else
    rcall("SADD", P .. ":blocked", model)
  end
  rcall("XADD", P .. ":breakers", "MAXLEN", "~", 1000, "*", "model", model, "state", state, "at", int(now))
  publish('{"type":"breaker","model":"' .. model .. '","state":"' .. state .. '","epoch":' .. int(epoch) .. ',"at":' .. int(now) .. "}")
  wake(model)
end

-- The state now: an open breaker whose recovery time has passed becomes half-open, here and only here.
local function breakerState(model)
  local b = rcall("HMGET", modelKey(model), "bs", "bo", "br")
  local state = b[1] or "closed"
  if state == "open" and now >= tonumber(b[2]) + tonumber(b[3]) then
    breakerChange(model, "half-open", { "bk", 0 })
    state = "half-open"
  end
  return state, tonumber(b[2] or 0) + tonumber(b[3] or 0)
end

-- result: "ok" or "fail". Returns true if it opened the breaker, and the model's recent service time, which is read along.
local function breakerCount(model, grantEpoch, result)
  local b = rcall("HMGET", modelKey(model), "bs", "be", "bc", "bk", "bf", "bst", "svc")
  local service = tonumber(b[7] or nil)
  if not b[5] or tonumber(b[5]) == 0 or (b[2] or "0") ~= grantEpoch then return false, service end
  local state = b[1] or "closed"
  if result == "ok" then
    if state == "half-open" then
      local successes = tonumber(b[4] or 0) + 1
      if successes >= tonumber(b[6]) then
        breakerChange(model, "closed", { "bc", 0, "bk", 0 })
      else
        rcall("HSET", modelKey(model), "bk", successes)
      end
    elseif b[3] and b[3] ~= "0" then
      rcall("HSET", modelKey(model), "bc", 0)
    end
    return false, service
  end
  local failures = tonumber(b[3] or 0) + 1
  if state == "half-open" or (state == "closed" and failures >= tonumber(b[5])) then
    count("opened:" .. model)
    breakerChange(model, "open", { "bo", int(now), "bc", failures, "bk", 0 })
    return true, service
  end
  rcall("HSET", modelKey(model), "bc", failures)
  return false, service
end
