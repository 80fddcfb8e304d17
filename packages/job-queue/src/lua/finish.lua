#!lua flags=allow-oom
--[[ Ends a worker's run of a job and gives it the next one. Idempotent by epoch: a resend answers what the first one did.
  KEYS[1] {namespace}
  ARGV: 1 model, 2 id, 3 epoch, 4 mode, 5 outcome (complete, fail) or attempt (move, hold) as JSON, 6 breaker result ok|fail|none, 7 runMs,
    8 tokens used (-1: unknown), 9 fetch next 0|1, 10 lock token, 11 worker name, 12 worker id, 13 lockMs, 14 holdMs, 15 refused 0|1, 16 message
  Modes: complete, fail | move (the call failed) | hold (the provider limits the rate) | release (no call was made) | drop (aborted by us)
  Returns { status, opened 0|1, blocked models, grant or {} }; status: settled, moved, delayed, parked, returned, dropped, stale, resent ]]
--- @include base, events, iso-time, waiting, record, settle, breaker, rates, choose, place, grant
local model, id, epoch, mode = ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV[4]
local worker = { token = ARGV[10], name = ARGV[11], id = ARGV[12], lockMs = ARGV[13] }
local job = readJob(id)
local opened = false

local function exhausted(message)
  settleFailure(job, "failed", "ATTEMPTS_EXHAUSTED", message)
  keepFinished(model, id, "failed", "ATTEMPTS_EXHAUSTED: " .. message)
  return "settled"
end

local function addAttempt()
  if ARGV[5] ~= "" and #job.attempts < 32768 then
    job.attempts = job.attempts == "" and ARGV[5] or (job.attempts .. "," .. ARGV[5])
    rcall("HSET", recordKey(id), "att", job.attempts)
  end
end

local function everyCandidateRefused(excluded)
  for _, candidate in ipairs(parseCandidates(job.candidates)) do
    if not excluded[candidate.model] then return false end
  end
  return true
end

local function isBlocked() return (rcall("HGET", modelKey(model), "bs") or "closed") ~= "closed" and rcall("HGET", modelKey(model), "bf") ~= "0" end

local function park(reason, skipped)
  putBack(job, model)
  rcall("HSET", recordKey(id), "pkd", "1")
  pushEvent(id, job.streamed, job.waiters, "parked", model, because(reason, ARGV[5], skipped))
  return "parked"
end

local function afterFailure()
  addAttempt()
  if ARGV[6] == "fail" then
    job.counted = job.counted + 1
    rcall("HSET", recordKey(id), "n", job.counted)
  end
  if ARGV[15] == "1" then
    job.refusedBy = job.refusedBy .. model .. "|"
    rcall("HSET", recordKey(id), "nx", job.refusedBy)
  end
  if everyCandidateRefused(excludedBy(job)) then return exhausted("No candidate can serve the request. Last: " .. ARGV[16]) end
  if job.counted >= job.maxAttempts then return exhausted(job.counted .. " calls failed. Last: " .. ARGV[16]) end
  local moved, skipped = tryMove(job, model, excludedBy(job, model), "failed", ARGV[5])
  if moved then return "moved" end
  if job.whenUnavailable == "fail" and isBlocked() and allUnavailable(skipped) then
    settleFailure(job, "failed", "ALL_MODELS_UNAVAILABLE", "Every candidate is unavailable. Last: " .. ARGV[16])
    keepFinished(model, id, "failed", "ALL_MODELS_UNAVAILABLE")
    return "settled"
  end
  if isBlocked() and ARGV[15] ~= "1" then return park("breaker open, no other candidate has room", skipped) end
  local delay = math.min(250 * 2 ^ math.max(job.counted - 1, 0), 10000)
  rcall("DEL", queueKey(model, id .. ":lock"))
  rcall("HSET", recordKey(id), "st", "delayed", "qa", int(now))
  rcall("HSET", queueKey(model, id), "delay", int(delay))
  addDelayed(model, id, now + delay)
  queueEvent(model, "delayed", "jobId", id, "delay", int(now + delay))
  pushEvent(id, job.streamed, job.waiters, "queued", model, because("retry", ARGV[5], skipped, ',"delayMs":' .. int(delay)))
  return "delayed"
end

local function afterRateLimit()
  addAttempt()
  local heldUntil = now + tonumber(ARGV[14])
  if heldUntil > tonumber(rcall("HGET", modelKey(model), "hold") or 0) then rcall("HSET", modelKey(model), "hold", int(heldUntil)) end
  rcall("SADD", P .. ":blocked", model)
  local to, seen, skipped = choose(job.candidates, job.class, scoreOf(job.priority, job.seq), excludedBy(job, model), true, nil)
  if to and seen.wait < tonumber(ARGV[14]) then
    relocate(job, model, to, seen, "rate limited", ARGV[5], skipped)
    return "moved"
  end
  return park("rate limited until " .. isoTime(heldUntil), skipped)
end

local function conclude()
  if not job or job.epoch ~= epoch then return "stale" end
  if job.finishedEpoch and job.finishedEpoch >= epoch then return "resent" end
  -- Redis lost this run's grant (a restart, a failover) and gave the same epoch to another, which holds the lock.
  local holder = rcall("GET", queueKey(model, id .. ":lock"))
  if holder and holder ~= worker.token then return "stale" end
  rcall("HSET", recordKey(id), "fe", int(epoch))
  if job.breakerAtGrant ~= "closed" then rcall("ZREM", P .. ":pb:" .. model, id .. ":" .. int(epoch)) end
  if mode == "release" then refundRate(model, modelKey(model), id .. ":" .. int(epoch))
  elseif tonumber(ARGV[8]) >= 0 then settleTokens(model, modelKey(model), id .. ":" .. int(epoch), tonumber(ARGV[8])) end
  if ARGV[6] ~= "none" then
    local service
    opened, service = breakerCount(model, job.breakerEpoch, ARGV[6])
    -- Recent service time, smoothed; a change that nobody would see is not written.
    local smoothed = (service or tonumber(ARGV[7])) * 0.8 + tonumber(ARGV[7]) * 0.2
    if ARGV[6] == "ok" and (not service or math.abs(smoothed - service) > service * 0.02) then
      rcall("HSET", modelKey(model), "svc", string.format("%.1f", smoothed))
    end
  end
  local held = rcall("LREM", queueKey(model, "active"), 1, id) == 1
  if not held then
    -- Recovered meanwhile, and not granted again: its answer still counts, and anything else leaves it where it is.
    if mode ~= "complete" and mode ~= "fail" then return "returned" end
    if not removeWaiting(job.model, id, job.class, job.candidates) then rcall("ZREM", queueKey(job.model, "delayed"), id) end
    if job.model ~= model and rcall("EXISTS", queueKey(job.model, id)) == 1 then rcall("RENAME", queueKey(job.model, id), queueKey(model, id)) end
    job.model = model
    rcall("HSET", recordKey(id), "q", model)
  end
  if isSettled(job) or mode == "drop" and job.deadline <= now then
    settleFailure(job, "expired", "DEADLINE_EXCEEDED", "The budget ended during the call to " .. model .. ".")
    dropJob(model, id)
    return "dropped"
  end
  if mode == "complete" or mode == "fail" then
    rcall("DEL", queueKey(model, id .. ":lock"))
    settle(job, mode == "complete" and "completed" or "failed", ARGV[5], now - job.at)
    keepFinished(model, id, mode == "complete" and "completed" or "failed", ARGV[16])
    return "settled"
  end
  if mode == "move" then return afterFailure() end
  if mode == "hold" then return afterRateLimit() end
  if isBlocked() and tryMove(job, model, excludedBy(job, model), "breaker open") then return "moved" end
  putBack(job, model, mode == "drop" and "aborted" or "handed back")
  return "returned"
end

local status = conclude()
local next = {}
-- A resend gets what the first one fetched: the lock of that job has this worker's token, which no other job has.
local function fetchedBefore()
  for _, other in ipairs(rcall("LRANGE", queueKey(model, "active"), 0, -1)) do
    if other ~= id and rcall("GET", queueKey(model, other .. ":lock")) == worker.token then
      local held = readJob(other)
      if held and held.state == "active" and held.model == model then
        local state = rcall("HMGET", recordKey(other), "lw", "gbs")
        return granted(model, held, tonumber(state[1]), state[2])
      end
    end
  end
end

if status == "resent" or status == "stale" then next = fetchedBefore() or next end
if ARGV[9] == "1" and status ~= "resent" and not next[2] then next = grant(model, worker) end
if not next[2] and rcall("EXISTS", queueKey(model, "prioritized")) == 1 then wake(model) end
return { status, opened and 1 or 0, rcall("SCARD", P .. ":blocked"), next }
