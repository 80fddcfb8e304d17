-- grant: gives a model's next job to a worker, or says until when there is none to give. Reads breaker, hold, rates and
-- concurrency; picks CRITICAL first, then the longest overdue, then the best score; raises the epoch.
local criticalEnd = 1000 * 4294967296

-- Jobs that something else put on BullMQ's plain lists go to their own place (LOW when they have no record).
local function sweepStrays(model)
  for _ = 1, 100 do
    local id = rcall("RPOP", queueKey(model, "wait"))
    if not id then return end
    local job = readJob(id)
    if job and not isSettled(job) then
      addWaiting(model, job)
    else
      rcall("DEL", queueKey(model, id))
    end
  end
end

local function promoteDelayed(model)
  local due = rcall("ZRANGEBYSCORE", queueKey(model, "delayed"), 0, int((now + 1) * 4096 - 1), "LIMIT", 0, 100)
  for _, id in ipairs(due) do
    rcall("ZREM", queueKey(model, "delayed"), id)
    local job = readJob(id)
    if job and not isSettled(job) then
      addWaiting(model, job)
      rcall("HSET", recordKey(id), "st", "waiting")
    else
      dropJob(model, id)
    end
  end
  local next = rcall("ZRANGE", queueKey(model, "delayed"), 0, 0, "WITHSCORES")
  return next[2] and math.ceil(tonumber(next[2]) / 4096) or 0
end

local function pickWaiting(model)
  local head = rcall("ZRANGE", queueKey(model, "prioritized"), 0, 0, "WITHSCORES")
  if not head[1] or tonumber(head[2]) < criticalEnd then return head[1] end
  local overdue = rcall("ZRANGEBYSCORE", queueKey(model, "due"), "-inf", int(now), "LIMIT", 0, 1)
  return overdue[1] or head[1]
end

-- What a worker needs of a job that it holds.
local function granted(model, job, waited, breaker)
  return { rcall("HGETALL", queueKey(model, job.id)), job.id, 0, 0, int(now),
    { int(job.epoch), int(job.at), int(job.deadline), int(waited), int(job.waitedMs), job.attempts, job.skipped, int(job.counted),
      int(job.maxAttempts), job.streamed, breaker, job.candidates, job.class, int(job.eventSeq), job.tenant or "", job.sent or "0", int(now - job.at) } }
end

local function none(untilMs) return { 0, 0, 0, int(untilMs), int(now) } end

local function earlier(a, b) if a == 0 then return b elseif b == 0 then return a else return math.min(a, b) end end

-- worker: { token, name, id, lockMs }
local function grant(model, worker)
  local m = rcall("HMGET", modelKey(model), "conc", "rpm", "tpm", "hold", "bs", "bp", "bst", "bk", "be", "bf")
  if not m[1] then return none(0) end
  if rcall("LLEN", queueKey(model, "wait")) > 0 then sweepStrays(model) end
  local delayedUntil = 0
  if rcall("EXISTS", queueKey(model, "delayed")) == 1 then delayedUntil = promoteDelayed(model) end
  if rcall("HEXISTS", queueKey(model, "meta"), "paused") == 1 then return none(0) end
  if rcall("LLEN", queueKey(model, "active")) >= tonumber(m[1]) then return none(0) end
  if tonumber(m[4] or 0) > now then
    if rcall("ZCARD", queueKey(model, "prioritized")) == 0 then return none(delayedUntil) end
    return none(tonumber(m[4]))
  end
  local state, breakerEpoch, probing = m[5] or "closed", m[9] or "0", false
  if state ~= "closed" and m[10] ~= "0" then
    local reopensAt
    state, reopensAt = breakerState(model)
    if state == "open" then return none(reopensAt) end
    rcall("ZREMRANGEBYSCORE", P .. ":pb:" .. model, "-inf", int(now))
    local successes = tonumber(rcall("HGET", modelKey(model), "bk") or 0)
    local probes = math.min(tonumber(m[6]), tonumber(m[7]) - successes)
    if rcall("ZCARD", P .. ":pb:" .. model) >= probes then return none(delayedUntil) end
    breakerEpoch, probing = rcall("HGET", modelKey(model), "be"), true
  end
  local rpm, tpm = tonumber(m[2]), tonumber(m[3])
  for _ = 1, 50 do
    local id = pickWaiting(model)
    if not id then return none(delayedUntil) end
    local job = readJob(id)
    if not job or isSettled(job) or job.model ~= model then
      rcall("ZREM", queueKey(model, "prioritized"), id)
      rcall("ZREM", queueKey(model, "due"), id)
      if job then countWaiting(model, job.class, job.candidates, -1) end
      dropJob(model, id)
    elseif not rcall("ZSCORE", queueKey(model, "prioritized"), id) then
      -- It is overdue by our books only.
      forgetWaiting(model, job)
      dropJob(model, id)
      settleFailure(job, "failed", "JOB_VANISHED", "The job was removed from the queue of " .. model .. " from outside.")
    elseif job.deadline <= now then
      removeWaiting(model, id, job.class, job.candidates)
      dropJob(model, id)
      settleFailure(job, "expired", "DEADLINE_EXCEEDED", "The budget ended after " .. int(now - job.at) .. " ms, waiting for " .. model .. ".")
    elseif string.find(job.refusedBy, "|" .. model .. "|", 1, true) then
      -- This model cannot serve it (it said so before); it waits for room at another one.
      removeWaiting(model, id, job.class, job.candidates)
      if not tryMove(job, model, excludedBy(job, model), "unsupported") then
        rcall("HSET", recordKey(id), "st", "delayed")
        addDelayed(model, id, now + 500)
      end
    else
      local limitedUntil = rateUntil(model, modelKey(model), rpm, tpm, job.tokens)
      if limitedUntil > now then
        rcall("HSET", modelKey(model), "ru", int(limitedUntil))
        return none(earlier(limitedUntil, delayedUntil))
      end
      removeWaiting(model, id, job.class, job.candidates)
      rcall("LPUSH", queueKey(model, "active"), id)
      rcall("SET", queueKey(model, id .. ":lock"), worker.token, "PX", worker.lockMs)
      local waited = now - job.queuedAt
      job.epoch, job.waitedMs, job.eventSeq = job.epoch + 1, job.waitedMs + waited, job.eventSeq + 1
      local member = id .. ":" .. int(job.epoch)
      takeRate(model, modelKey(model), rpm, tpm, member, job.tokens)
      if probing then rcall("ZADD", P .. ":pb:" .. model, int(now + worker.lockMs), member) end
      local body = eventJson(job.eventSeq, "started", model, '{"epoch":' .. int(job.epoch) .. ',"waitMs":' .. int(waited) .. ',"worker":"' .. worker.id .. '","breaker":"' .. state .. '"}')
      rcall("HSET", recordKey(id), "st", "active", "ep", int(job.epoch), "wk", worker.id, "gbe", breakerEpoch, "gbs", state, "lw", int(waited), "ga", int(now),
        "wm", int(job.waitedMs), "es", int(job.eventSeq), "h" .. int(job.eventSeq), body)
      announceEvent(id, job.streamed, job.waiters, job.eventSeq, body)
      rcall("HSET", queueKey(model, id), "processedOn", int(now), "pb", worker.name, "ats", int(job.epoch))
      queueEvent(model, "active", "jobId", id, "prev", "waiting")
      if rcall("EXISTS", queueKey(model, "prioritized")) == 1 then wake(model) end
      return granted(model, job, waited, state)
    end
  end
  wake(model)
  return none(delayedUntil)
end
