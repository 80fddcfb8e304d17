-- flags: allow-oom
--[[ Ends a worker's run of a job and gives it the next one. Idempotent by epoch: a resend answers what the first one did.
  KEYS[1] {namespace}
  ARGV: 1 model, 2 id, 3 epoch, 4 mode, 5 outcome (complete, fail) or attempt (move, hold) as JSON, 6 breaker result ok|fail|none, 7 runMs,
    8 tokens used (-1: unknown), 9 fetch next 0|1, 10 lock token, 11 worker name, 12 worker id, 13 lockMs, 14 holdMs, 15 refused 0|1, 16 message
  Modes: complete, fail | move (the call failed) | hold (the provider limits the rate) | release (no call was made) | drop (aborted by us)
  Returns { status, opened 0|1, blocked models, grant or {} }; status: settled, moved, delayed, parked, returned, dropped, stale, resent ]]

-- f: the finish: its arguments by name, and `job`.
local function exhausted(f, message)
  settleFailure(f.job, "failed", "ATTEMPTS_EXHAUSTED", message)
  keepFinished(f.model, f.id, "failed", "ATTEMPTS_EXHAUSTED: " .. message)
  return "settled"
end

local function addAttempt(f)
  local job = f.job
  if f.json ~= "" and #job.attempts < 32768 then
    job.attempts = job.attempts == "" and f.json or (job.attempts .. "," .. f.json)
    rcall("HSET", recordKey(f.id), "att", job.attempts)
  end
end

local function everyCandidateRefused(job, excluded)
  for _, candidate in ipairs(parseCandidates(job.candidates)) do
    if not excluded[candidate.model] then return false end
  end
  return true
end

local function isBlocked(model) return (rcall("HGET", modelKey(model), "bs") or "closed") ~= "closed" and rcall("HGET", modelKey(model), "bf") ~= "0" end

local function park(f, reason, skipped)
  local job = f.job
  putBack(job, f.model)
  rcall("HSET", recordKey(f.id), "pkd", "1")
  pushEvent(f.id, job.streamed, job.waiters, "parked", f.model, because(reason, f.json, skipped))
  return "parked"
end

local function afterFailure(f)
  local job, model, id = f.job, f.model, f.id
  addAttempt(f)
  if f.result == "fail" then
    job.counted = job.counted + 1
    rcall("HSET", recordKey(id), "n", job.counted)
  end
  if f.refused then
    job.refusedBy = job.refusedBy .. model .. "|"
    rcall("HSET", recordKey(id), "nx", job.refusedBy)
  end
  if everyCandidateRefused(job, excludedBy(job)) then return exhausted(f, "No candidate can serve the request. Last: " .. f.message) end
  if job.counted >= job.maxAttempts then return exhausted(f, job.counted .. " calls failed. Last: " .. f.message) end
  local moved, skipped = tryMove(job, model, excludedBy(job, model), "failed", f.json)
  if moved then return "moved" end
  if job.whenUnavailable == "fail" and isBlocked(model) and allUnavailable(skipped) then
    settleFailure(job, "failed", "ALL_MODELS_UNAVAILABLE", "Every candidate is unavailable. Last: " .. f.message)
    keepFinished(model, id, "failed", "ALL_MODELS_UNAVAILABLE")
    return "settled"
  end
  if isBlocked(model) and not f.refused then return park(f, "breaker open, no other candidate has room", skipped) end
  local delay = math.min(250 * 2 ^ math.max(job.counted - 1, 0), 10000)
  rcall("DEL", queueKey(model, id .. ":lock"))
  rcall("HSET", recordKey(id), "st", "delayed", "qa", nowText)
  rcall("HSET", queueKey(model, id), "delay", int(delay))
  addDelayed(model, id, now + delay)
  queueEvent(model, "delayed", "jobId", id, "delay", int(now + delay))
  pushEvent(id, job.streamed, job.waiters, "queued", model, because("retry", f.json, skipped, ',"delayMs":' .. int(delay)))
  return "delayed"
end

local function afterRateLimit(f)
  local job, model = f.job, f.model
  addAttempt(f)
  local heldUntil = now + f.holdMs
  if heldUntil > tonumber(rcall("HGET", modelKey(model), "hold") or 0) then rcall("HSET", modelKey(model), "hold", int(heldUntil)) end
  rcall("SADD", P .. ":blocked", model)
  local to, seen, skipped = choose(job.candidates, job.class, scoreOf(job.priority, job.seq), excludedBy(job, model), true, nil)
  if to and seen.wait < f.holdMs then
    relocate(job, model, to, seen, "rate limited", f.json, skipped)
    return "moved"
  end
  return park(f, "rate limited until " .. isoTime(heldUntil), skipped)
end

-- Its answer counts although it was recovered meanwhile, if nobody was given it since: it leaves the place where it is.
local function takeBack(f)
  local job, model, id = f.job, f.model, f.id
  if not removeWaiting(job.model, id, job.class, job.candidates) then rcall("ZREM", queueKey(job.model, "delayed"), id) end
  if job.model ~= model and rcall("EXISTS", queueKey(job.model, id)) == 1 then rcall("RENAME", queueKey(job.model, id), queueKey(model, id)) end
  job.model = model
  rcall("HSET", recordKey(id), "q", model)
end

-- True when another worker holds the job: Redis lost this run's grant (a restart, a failover) and gave the same epoch to it.
-- A run that ends gives up its lock in the same step.
local function heldByAnother(f)
  local lock = queueKey(f.model, f.id .. ":lock")
  if not f.final then
    local holder = rcall("GET", lock)
    return holder and holder ~= f.worker.token
  end
  local holder = rcall("GETDEL", lock)
  if not holder or holder == f.worker.token then return false end
  rcall("SET", lock, holder, "PX", f.worker.lockMs)
  return true
end

-- Counts the call, and settles its tokens. Returns whether it opened the breaker, and the model as it is now.
local function countCall(f, m)
  local model, member = f.model, f.id .. ":" .. f.epochText
  if f.job.breakerAtGrant ~= "closed" then rcall("ZREM", P .. ":pb:" .. model, member) end
  if not m then return false, m end
  if f.mode == "release" then
    refundRate(model, modelKey(model), member)
  elseif m.tpm and f.tokens >= 0 then
    settleTokens(model, modelKey(model), member, f.tokens)
  end
  if f.result == "none" then return false, m end
  local changed, opened = breakerCount(model, m, f.job.breakerEpoch, f.result)
  if f.result == "ok" then
    -- Recent service time, smoothed; a change that nobody would see is not written.
    local smoothed = (m.serviceMs or f.runMs) * 0.8 + f.runMs * 0.2
    if not m.serviceMs or math.abs(smoothed - m.serviceMs) > m.serviceMs * 0.02 then
      rcall("HSET", modelKey(model), "svc", string.format("%.1f", smoothed))
    end
  end
  return opened, changed and readModel(model) or m
end

-- Returns the status, whether it opened the breaker, and the model as it is then (nil: not read).
local function conclude(f)
  local job, model, id = f.job, f.model, f.id
  if not job or job.epoch ~= f.epoch then return "stale", false end
  if job.finishedEpoch and job.finishedEpoch >= f.epoch then return "resent", false end
  if heldByAnother(f) then return "stale", false end
  local opened, m = countCall(f, readModel(model))
  local held = rcall("LREM", queueKey(model, "active"), "1", id) == 1
  if f.final and not isSettled(job) then
    if not held then takeBack(f) end
    local state = f.mode == "complete" and "completed" or "failed"
    settle(job, state, f.json, now - job.at, f.epochText)
    keepFinished(model, id, state, f.message)
    return "settled", opened, m
  end
  rcall("HSET", recordKey(id), "fe", f.epochText)
  if not held and not f.final then return "returned", opened, m end
  if isSettled(job) or f.mode == "drop" and job.deadline <= now then
    if not held then takeBack(f) end
    settleFailure(job, "expired", "DEADLINE_EXCEEDED", "The budget ended during the call to " .. model .. ".")
    dropJob(model, id)
    return "dropped", opened, m
  end
  if f.mode == "move" then return afterFailure(f), opened, m end
  if f.mode == "hold" then return afterRateLimit(f), opened end
  if isBlocked(model) and tryMove(job, model, excludedBy(job, model), "breaker open") then return "moved", opened, m end
  putBack(job, model, f.mode == "drop" and "aborted" or "handed back")
  return "returned", opened, m
end

--- @main
local mode = ARGV[4]
local f = {
  model = ARGV[1], id = ARGV[2], epoch = tonumber(ARGV[3]), epochText = ARGV[3], mode = mode, final = mode == "complete" or mode == "fail",
  json = ARGV[5], result = ARGV[6], runMs = tonumber(ARGV[7]), tokens = tonumber(ARGV[8]), holdMs = tonumber(ARGV[14]), refused = ARGV[15] == "1",
  message = ARGV[16], worker = { token = ARGV[10], name = ARGV[11], id = ARGV[12], lockMs = ARGV[13] }, job = readJob(ARGV[2]),
}
local status, opened, m = conclude(f)
local next = {}
if status == "resent" or status == "stale" then
  -- What the first one fetched: no other job has this worker's token.
  next = grantedBefore(f.model, f.worker.lockMs, function(token, id) return token == f.worker.token and id ~= f.id end)[1] or next
end
if ARGV[9] == "1" and status ~= "resent" and not next[2] then next = grant(f.model, f.worker, m or readModel(f.model), 1, function() return f.worker.token end)[1] end
if not next[2] and rcall("EXISTS", queueKey(f.model, "prioritized")) == 1 then wake(f.model) end
return { status, opened and 1 or 0, rcall("SCARD", P .. ":blocked"), next }
