-- KEYS[1] is always the namespace's hash tag `{<namespace>}`; every key is derived from it, so all share one slot.
local rcall = redis.call
local P = KEYS[1]
local clock = rcall("TIME")
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)

-- Whole numbers without an exponent (Lua would print 1.7e+13).
local format = string.format
local function int(number) return format("%d", number) end
local function recordKey(id) return P .. ":r:" .. id end
local function modelKey(model) return P .. ":m:" .. model end
local function queueKey(model, part) return P .. ":model-" .. model .. ":" .. part end
local function scoreOf(priority, seq) return priority * 4294967296 + seq % 4294967296 end
-- BullMQ's marker: wakes one worker that blocks on the queue.
local function wake(model) rcall("ZADD", queueKey(model, "marker"), 0, "0") end
local function queueEvent(model, ...) rcall("XADD", queueKey(model, "events"), "MAXLEN", "~", 10000, "*", "event", ...) end
-- Calls with one argument per value fail above about 8,000 values; ours stay far below.
local function publish(message) rcall("PUBLISH", P .. ":control", message) end
