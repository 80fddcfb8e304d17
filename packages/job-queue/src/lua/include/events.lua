-- A request's events. One counter (`es`) numbers events and deltas together; the record keeps every event as `h<seq>` (its
-- history), and the stream of a streamed request has it too, for readers that follow live.
local function eventJson(seq, type, model, detail)
  return '{"type":"' .. type .. '","seq":' .. seq .. ',"at":' .. nowText
    .. (model and (',"model":"' .. model .. '"') or "") .. (detail and (',"detail":' .. detail) or "") .. "}"
end

-- Tells every client that waits for the request; a client that is gone has no reply stream, and gets nothing.
local function tellWaiters(waiters, ...)
  for client in string.gmatch(waiters or "", "%S+") do
    rcall("XADD", P .. ":c:" .. client, "NOMKSTREAM", "*", ...)
  end
end

local function announceEvent(id, streamed, waiters, seq, body)
  if streamed ~= "1" then return end
  rcall("XADD", P .. ":st:" .. id, seq .. "-0", "v", body)
  tellWaiters(waiters, "i", id, "v", body)
end

local function pushEvent(id, streamed, waiters, type, model, detail)
  local seq = rcall("HINCRBY", recordKey(id), "es", "1")
  local body = eventJson(seq, type, model, detail)
  rcall("HSET", recordKey(id), "h" .. seq, body)
  announceEvent(id, streamed, waiters, seq, body)
end
