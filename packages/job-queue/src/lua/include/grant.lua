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

-- What is overdue longest, or nil. `desk`: what this call has learned of the model.
local function firstOverdue(model, desk)
  if desk.noneOverdue then return nil end
  local overdue = rcall("ZRANGEBYSCORE", queueKey(model, "due"), "-inf", nowText, "LIMIT", "0", "1")[1]
  desk.noneOverdue = not overdue
  return overdue
end

-- Takes the next job out of `prioritized`: CRITICAL first, then the longest overdue, then the best score. Returns its id, or nil,
-- and its score: nil when it is overdue by our books only.
local function popWaiting(model, desk)
  local queue = queueKey(model, "prioritized")
  local overdue = firstOverdue(model, desk)
  if overdue then
    local head = rcall("ZRANGE", queue, "0", "0", "WITHSCORES")
    if not head[1] or tonumber(head[2]) >= criticalEnd then
      local score = rcall("ZSCORE", queue, overdue)
      if score then rcall("ZREM", queue, overdue) end
      return overdue, score or nil
    end
  end
  local popped = rcall("ZPOPMIN", queue)
  return popped[1], popped[2]
end

local function none(untilMs) return { 0, 0, 0, untilMs, now } end

local function earlier(a, b) if a == 0 then return b elseif b == 0 then return a else return math.min(a, b) end end

-- Whether a breaker that is not closed lets another probe through: false and until when not, or true.
local function mayProbe(model, m)
  local reopensAt
  m.state, reopensAt = breakerState(model)
  if m.state == "open" then return false, reopensAt end
  rcall("ZREMRANGEBYSCORE", P .. ":pb:" .. model, "-inf", nowText)
  local successes = tonumber(rcall("HGET", modelKey(model), "bk") or 0)
  local probes = math.min(m.probes, m.successThreshold - successes)
  if rcall("ZCARD", P .. ":pb:" .. model) >= probes then return false, 0 end
  m.epoch = rcall("HGET", modelKey(model), "be")
  return true
end

-- An equal request may have been answered while this one waited (by a model that it did not wait for): then it is not paid for again.
-- A reader that was given a part of another answer (as a follower) needs a run, which begins it anew or says that it broke.
local function findAnswer(job)
  if not job.co or job.co.role ~= "l" or job.sent then return nil end
  for candidate in eachModel(job.candidates) do
    local entry = job.co.key .. ":" .. candidate
    local answer = rcall("GET", P .. ":x:" .. entry)
    if answer then return answer, entry end
  end
end

local function answeredMeanwhile(model, job)
  local answer, entry = findAnswer(job)
  if not answer then return false end
  rcall("ZADD", P .. ":x", "XX", nowText, entry)
  forgetWaiting(model, job)
  dropJob(model, job.id)
  job.model = ""
  local outcome = cachedOutcome(job.id, "exact", "", now - job.at, answer)
  replayAnswer(job, outcome)
  settle(job, "completed", outcome, now - job.at)
  count("cacheHits")
  return true
end

local function isRefused(job, model) return string.find(job.refusedBy, "|" .. model .. "|", 1, true) ~= nil end

-- The first of those that wait, `most` at most, as far as each is to be started: none when something is overdue, or the model is not free
-- to take any. What several have in common is written once.
local function startSeveral(model, m, worker, tokenOf, most, desk)
  if m.rpm or m.tpm or m.state ~= "closed" or firstOverdue(model, desk) then return {} end
  local jobs, ids, lists = {}, {}, {}
  for n, id in ipairs(rcall("ZRANGE", queueKey(model, "prioritized"), "0", int(most - 1))) do
    local job = readWaiting(id)
    if not job or job.state ~= "waiting" or job.model ~= model or job.deadline <= now or isRefused(job, model) or findAnswer(job) then break end
    jobs[n], ids[n] = job, id
    local list = job.class .. "|" .. job.candidates
    lists[list] = (lists[list] or 0) + 1
    if lists[list] == 1 then lists[#lists + 1] = { job.class, job.candidates, list } end
  end
  if not ids[1] then return {} end
  rcall("ZREM", queueKey(model, "prioritized"), unpack(ids))
  rcall("ZREM", queueKey(model, "due"), unpack(ids))
  for _, list in ipairs(lists) do countWaiting(model, list[1], list[2], int(-lists[list[3]])) end
  rcall("LPUSH", queueKey(model, "active"), unpack(ids))
  desk.active = desk.active + #ids
  local given = {}
  for n, job in ipairs(jobs) do given[n] = start(model, m, job, worker, tokenOf(n), false) end
  return given
end

-- The next grant, or nil and until when there is none to give.
local function nextGrant(model, m, worker, token, desk)
  if desk.active >= m.concurrency then return nil, 0 end
  local probing = false
  if m.state ~= "closed" and m.threshold > 0 then
    local allowed, notBefore = mayProbe(model, m)
    if not allowed then return nil, notBefore > 0 and notBefore or desk.delayedUntil end
    probing = true
  end
  for _ = 1, 50 do
    local id, score = popWaiting(model, desk)
    if not id then return nil, desk.delayedUntil end
    local job = readWaiting(id)
    if not job or isSettled(job) or job.model ~= model then
      rcall("ZREM", queueKey(model, "due"), id)
      if job then countWaiting(model, job.class, job.candidates, "-1") end
      dropJob(model, id)
    elseif not score then
      forgetWaiting(model, job)
      dropJob(model, id)
      settleFailure(job, "failed", "JOB_VANISHED", "The job was removed from the queue of " .. model .. " from outside.")
    elseif job.deadline <= now then
      forgetWaiting(model, job)
      dropJob(model, id)
      settleFailure(job, "expired", "DEADLINE_EXCEEDED", "The budget ended after " .. int(now - job.at) .. " ms, waiting for " .. model .. ".")
    elseif isRefused(job, model) then
      -- This model cannot serve it (it said so before); it waits for room at another one.
      forgetWaiting(model, job)
      if not tryMove(job, model, excludedBy(job, model), "unsupported") then
        rcall("HSET", recordKey(id), "st", "delayed")
        addDelayed(model, id, now + 500)
      end
    elseif not answeredMeanwhile(model, job) then
      local limitedUntil = (m.rpm or m.tpm) and rateUntil(model, modelKey(model), m.rpm, m.tpm, job.tokens) or 0
      if limitedUntil > now then
        rcall("ZADD", queueKey(model, "prioritized"), score, id)
        rcall("HSET", modelKey(model), "ru", int(limitedUntil))
        return nil, earlier(limitedUntil, desk.delayedUntil)
      end
      forgetWaiting(model, job)
      desk.active = desk.active + 1
      rcall("LPUSH", queueKey(model, "active"), id)
      return start(model, m, job, worker, token, probing)
    end
  end
  wake(model)
  return nil, desk.delayedUntil
end

-- What concerns all grants of one call: nil and until when there can be none, or what `nextGrant` needs to know.
local function open(model, m)
  if not m then return nil, 0 end
  local desk = { delayedUntil = 0 }
  -- BullMQ's `meta` is there when one of its tools has been; it says whether the queue is paused.
  if rcall("EXISTS", queueKey(model, "wait"), queueKey(model, "delayed"), queueKey(model, "meta")) > 0 then
    sweepStrays(model)
    desk.delayedUntil = promoteDelayed(model)
    if rcall("HEXISTS", queueKey(model, "meta"), "paused") == 1 then return nil, 0 end
  end
  desk.waiting = rcall("ZCARD", queueKey(model, "prioritized"))
  if desk.waiting == 0 then return nil, desk.delayedUntil end
  if m.hold > now then return nil, m.hold end
  desk.active = rcall("LLEN", queueKey(model, "active"))
  return desk
end

-- Up to `most` grants, but no more than one worker's share of what waits, so that others that are free have theirs; and what one gets
-- beyond them. Without any, only that: it says until when there is none. worker: { name, id, lockMs }; tokenOf(n): the lock token of
-- the nth; m: from readModel
local function grant(model, worker, m, most, tokenOf)
  local desk, notBefore = open(model, m)
  if not desk then return {}, none(notBefore) end
  local share = 1
  if most > 1 and desk.waiting > 1 then share = math.min(most, math.ceil(desk.waiting / math.max(rcall("ZCARD", P .. ":w:" .. model), 1))) end
  local atOnce = math.min(share, m.concurrency - desk.active)
  local given = atOnce > 1 and startSeveral(model, m, worker, tokenOf, atOnce, desk) or {}
  for n = #given + 1, share do
    given[n], notBefore = nextGrant(model, m, worker, tokenOf(n), desk)
    if not given[n] then break end
  end
  local last = given[#given]
  if not last then return given, none(notBefore) end
  -- More of them, while there is a slot for it.
  local more = not notBefore and desk.waiting > #given and desk.active < m.concurrency and rcall("EXISTS", queueKey(model, "prioritized")) == 1
  if more then wake(model) end
  if more or desk.delayedUntil > 0 or notBefore and notBefore > 0 then last[3] = 1 end
  return given, none(notBefore or desk.delayedUntil)
end
