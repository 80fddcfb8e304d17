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
  rcall("XADD", P .. ":breakers", "MAXLEN", "~", 1000, "*", "model", model, "state", state, "at", nowText)
  publish('{"type":"breaker","model":"' .. model .. '","state":"' .. state .. '","epoch":' .. int(epoch) .. ',"at":' .. nowText .. "}")
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

-- What a finish and a grant need of a model, or nil.
local function readModel(model)
  local f = rcall("HMGET", modelKey(model), "conc", "rpm", "tpm", "hold", "bs", "be", "bc", "bf", "svc")
  if not f[1] then return nil end
  local m = {
    concurrency = tonumber(f[1]), rpm = tonumber(f[2] or nil), tpm = tonumber(f[3] or nil), hold = tonumber(f[4] or 0),
    state = f[5] or "closed", epoch = f[6] or "0", failures = tonumber(f[7] or 0), threshold = tonumber(f[8] or 0), serviceMs = tonumber(f[9] or nil),
  }
  if m.state ~= "closed" then
    local probing = rcall("HMGET", modelKey(model), "bk", "bst", "bp")
    m.successes, m.successThreshold, m.probes = tonumber(probing[1] or 0), tonumber(probing[2] or 0), tonumber(probing[3] or 0)
  end
  return m
end

-- Counts a result ("ok" or "fail") of a call that was granted in `grantEpoch`. `m`: from readModel; the counters in it go along.
-- Returns whether the state changed, and whether it opened.
local function breakerCount(model, m, grantEpoch, result)
  if m.threshold == 0 or m.epoch ~= grantEpoch then return false, false end
  if result == "ok" then
    if m.state == "half-open" then
      if m.successes + 1 >= m.successThreshold then
        breakerChange(model, "closed", { "bc", 0, "bk", 0 })
        return true, false
      end
      m.successes = m.successes + 1
      rcall("HSET", modelKey(model), "bk", m.successes)
    elseif m.failures > 0 then
      m.failures = 0
      rcall("HSET", modelKey(model), "bc", "0")
    end
    return false, false
  end
  if m.state == "half-open" or (m.state == "closed" and m.failures + 1 >= m.threshold) then
    count("opened:" .. model)
    breakerChange(model, "open", { "bo", nowText, "bc", m.failures + 1, "bk", 0 })
    return true, true
  end
  m.failures = m.failures + 1
  rcall("HSET", modelKey(model), "bc", m.failures)
  return false, false
end
