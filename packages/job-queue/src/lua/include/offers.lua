-- Offers. A worker that waits for a model's jobs has left one: how many it would take, and the lock token for them. The dispatch that
-- finds it gives them in the same step, so that the worker need not be woken to ask.
--   of:<model>  ZSET of <lockMs>|<count>|<token>|<worker id>, by the time in ms until which it holds: 2 s
--   go:<token>  ZSET of one member: its grants, see `asText`. The worker waits on it, and on the queue's marker.
-- A worker that is gone may leave one. Its locks therefore count from the time when it was left: what it was given is recovered as soon
-- as what it ran.
-- One that did not hear its grants asks for them by the offer: see fetch.lua.
local holdsMs = 2000
local function offersKey(model) return P .. ":of:" .. model end
local function grantsKey(token) return P .. ":go:" .. token end

-- Grants as JSON without the jobs' data, which follow, a line each: they are JSON, too, and JSON.stringify leaves no line ends in it.
local function asText(given)
  local lines = {}
  for n, one in ipairs(given) do
    lines[n + 1] = one[1]
    one[1] = 0
  end
  lines[1] = cjson.encode(given)
  return table.concat(lines, "\n")
end

-- The one that was left first, off the list: { worker, count, token, text, untilMs }; nil when there is none that holds.
local function takeOffer(model)
  local popped
  repeat popped = rcall("ZPOPMIN", offersKey(model)) until not popped[1] or tonumber(popped[2]) > now
  if not popped[1] then return nil end
  local lockMs, count, token, id = string.match(popped[1], "^(%d+)|(%d+)|([^|]+)|(.+)$")
  local leftMs = tonumber(lockMs) - (holdsMs - (tonumber(popped[2]) - now))
  return { worker = { name = "llmr:" .. id, id = id, lockMs = int(math.max(leftMs, lockMs / 2)) }, count = tonumber(count), token = token, text = popped[1], untilMs = popped[2] }
end

local function returnOffer(model, offer) rcall("ZADD", offersKey(model), offer.untilMs, offer.text) end

local function give(offer, given)
  local key = grantsKey(offer.token)
  rcall("ZADD", key, "0", asText(given))
  rcall("PEXPIRE", key, offer.worker.lockMs)
end

-- Gives what waits to whoever has offered to take it, or wakes a worker that will ask.
local function handOut(model)
  local offer = takeOffer(model)
  if not offer then return wake(model) end
  local given = grant(model, offer.worker, readModel(model), offer.count, function(n) return offer.token .. "/" .. n end)
  if given[1] then return give(offer, given) end
  returnOffer(model, offer)
  wake(model)
end

-- The same for a job that has not been put anywhere, at a model where `active` run and none waits. False: it has to wait.
local function giveAtOnce(model, active, job)
  local offer = takeOffer(model)
  if not offer then return false end
  local m = readModel(model)
  if m.rpm or m.tpm or m.state ~= "closed" or m.hold > now or active >= m.concurrency then
    returnOffer(model, offer)
    return false
  end
  rcall("LPUSH", queueKey(model, "active"), job.id)
  give(offer, { start(model, m, job, offer.worker, offer.token .. "/1", false) })
  return true
end
