-- A model's waiting jobs: BullMQ's `prioritized` set in our order, `due` for ageing, and `pk:<model>`, which counts the
-- waiting jobs by class and candidate list. When the model is blocked these are its parked jobs, and dispatch counts them
-- against the bounds of their other candidates, so that new requests cannot pass them.
local function countWaiting(model, class, candidates, by)
  -- (the list may begin with "=;")
  if not string.find(candidates, ";", 3, true) then return end
  local field = class .. "|" .. candidates
  local key = P .. ":pk:" .. model
  if rcall("HINCRBY", key, field, by) <= 0 then rcall("HDEL", key, field) end
end

-- BullMQ's job, without its place.
local function writeJob(model, id, data, priority, at)
  rcall("HSET", queueKey(model, id), "name", "generate", "data", data, "opts", '{"attempts":1,"priority":' .. priority .. "}",
    "timestamp", at, "delay", "0", "priority", priority)
end

-- job: { id, priority, seq, class, maxWaitMs, at, candidates }; quiet: the caller sees to it that somebody takes it
local function addWaiting(model, job, quiet)
  rcall("ZADD", queueKey(model, "prioritized"), int(scoreOf(job.priority, job.seq)), job.id)
  if job.maxWaitMs > 0 then
    local due, overdueAt = queueKey(model, "due"), int(job.at + job.maxWaitMs)
    -- Gathered in dispatches only: a finish may take out what another one of its call has put back.
    if known then add(due, overdueAt, job.id) else rcall("ZADD", due, overdueAt, job.id) end
  end
  countWaiting(model, job.class, job.candidates, "1")
  if not quiet then wake(model) end
end

-- Takes a job out of a model's waiting set. True if it was there.
local function removeWaiting(model, id, class, candidates)
  if rcall("ZREM", queueKey(model, "prioritized"), id) == 0 then return false end
  rcall("ZREM", queueKey(model, "due"), id)
  countWaiting(model, class, candidates, "-1")
  return true
end

-- Of a waiting job that is not in the waiting set: something else took it out (BullMQ's remove). What stands beside it goes too.
local function forgetWaiting(model, job)
  rcall("ZREM", queueKey(model, "due"), job.id)
  countWaiting(model, job.class, job.candidates, "-1")
end

-- BullMQ's delayed set: the score carries the due time in its upper bits.
local function addDelayed(model, id, dueAt)
  rcall("ZADD", queueKey(model, "delayed"), int(dueAt * 4096), id)
  wake(model)
end
