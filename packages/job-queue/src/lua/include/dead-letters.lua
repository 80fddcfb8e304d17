-- A failed request with all that is kept of it: record, history, prompt.
local function forgetDeadLetter(id)
  local model = rcall("HGET", recordKey(id), "q")
  rcall("ZREM", P .. ":dead", id)
  rcall("DEL", recordKey(id), P .. ":st:" .. id)
  if model then
    rcall("ZREM", queueKey(model, "failed"), id)
    rcall("DEL", queueKey(model, id))
  end
end
