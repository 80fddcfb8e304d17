-- What every function begins with. KEYS[1] is always the namespace's hash tag `{<namespace>}`; every key is derived from it, so all
-- share one slot. The library is compiled once; `begin` sets what belongs to one call.
local rcall, format, P, now
-- `now` as Redis takes it: whole numbers are passed as text, because Redis would print a number with 17 digits after a slow fashion.
local nowText
-- See together.lua and choose.lua.
local shared, known
-- Models whose queues this call has woken.
local woken
-- The model whose keys were asked for last, and what they begin with.
local keyModel, keyPrefix

local function begin(keys)
  -- Redis hides these while a library loads.
  if not rcall then rcall, format = redis.call, string.format end
  P, shared, known, woken, keyModel = keys[1], nil, nil, nil, nil
  local clock = rcall("TIME")
  now = clock[1] * 1000 + math.floor(clock[2] / 1000)
  nowText = format("%d", now)
end

-- Whole numbers without an exponent (Lua would print 1.7e+13).
local function int(number) return format("%d", number) end
local function recordKey(id) return P .. ":r:" .. id end
local function modelKey(model) return P .. ":m:" .. model end
local function queueKey(model, part)
  if model ~= keyModel then keyModel, keyPrefix = model, P .. ":model-" .. model .. ":" end
  return keyPrefix .. part
end
local function scoreOf(priority, seq) return priority * 4294967296 + seq % 4294967296 end
-- BullMQ's marker: wakes one worker that blocks on the queue.
local function wake(model)
  if woken and woken[model] then return end
  woken = woken or {}
  woken[model] = true
  rcall("ZADD", queueKey(model, "marker"), "0", "0")
end
-- What was raised in a pcall, as text.
local function errorText(raised) return type(raised) == "table" and raised.err or tostring(raised) end
-- BullMQ's events, about 10,000 of them: in one of 16 milliseconds the stream is trimmed.
local function queueEvent(model, ...)
  if now % 16 == 0 then
    rcall("XADD", queueKey(model, "events"), "MAXLEN", "~", "10000", "*", "event", ...)
  else
    rcall("XADD", queueKey(model, "events"), "*", "event", ...)
  end
end
-- Calls with one argument per value fail above about 8,000 values; ours stay far below.
local function publish(message) rcall("PUBLISH", P .. ":control", message) end
