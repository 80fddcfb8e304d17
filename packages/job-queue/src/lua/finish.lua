-- flags: allow-oom
--[[ Ends a worker's runs of one model, and gives it the next jobs. Idempotent by epoch: a resend answers what the first one did, also
  beside other finishes than before. What makes one of them fail does not concern the others.
  KEYS[1] {namespace}
  ARGV: 1 model, 2 worker name, 3 worker id, 4 lockMs, then of each run: 1 id, 2 epoch, 3 mode, 4 outcome (complete, fail) or attempt
    (move, hold) as JSON, 5 breaker result ok|fail|none, 6 runMs, 7 tokens used (-1: unknown), 8 fetch next 0|1, 9 lock token, 10 holdMs,
    11 refused 0|1, 12 message, 13 the outcome as those who wait are told it ("": as it is)
  Modes: complete, fail | move (the call failed) | hold (the provider limits the rate) | release (no call was made) | drop (aborted by us)
  Returns { blocked models, then of each run { status, opened 0|1, grant or {} } }; status: settled, moved, delayed, parked, returned,
    dropped, stale, resent | error, with the message in the place of `opened` ]]

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
    return holder and holder ~= f.token
  end
  local holder = rcall("GETDEL", lock)
  if not holder or holder == f.token then return false end
  rcall("SET", lock, holder, "PX", f.lockMs)
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
    if not m.serviceMs or math.abs(smoothed - m.serviceMs) > math.max(m.serviceMs * 0.02, 0.2) then
      m.serviceMs = smoothed
      rcall("HSET", modelKey(model), "svc", format("%.1f", smoothed))
    end
  end
  return opened, changed and readModel(model) or m
end

-- m: the model, if it was read and is still so. Returns the status, whether it opened the breaker, and the model as it is then.
local function conclude(f, m)
  local model, id = f.model, f.id
  local job = readActive(id)
  f.job = job
  if not job or job.epoch ~= f.epoch then return "stale", false, m end
  if job.finishedEpoch and job.finishedEpoch >= f.epoch then return "resent", false, m end
  if heldByAnother(f) then return "stale", false, m end
  local opened
  opened, m = countCall(f, m or readModel(model))
  local held = rcall("LREM", queueKey(model, "active"), "1", id) == 1
  if f.final and not isSettled(job) then
    if not held then takeBack(f) end
    local state = f.mode == "complete" and "completed" or "failed"
    settle(job, state, f.json, now - job.at, f.epochText, f.told)
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

-- The next jobs of those that have none yet: what the first sending fetched, whose locks carry these tokens, or new ones.
local function giveNext(model, worker, m, runs)
  local lost, wanted
  for _, f in ipairs(runs) do
    if f.status == "resent" or f.status == "stale" then
      lost = lost or {}
      lost[f.token] = f
    end
  end
  if lost then
    for _, given in ipairs(grantedBefore(model, worker.lockMs, function(token, id) return lost[token] and lost[token].id ~= id end)) do
      lost[given[6][14]].next = given
    end
  end
  for _, f in ipairs(runs) do
    if f.fetches and not f.next and f.status ~= "resent" and f.status ~= "error" then
      wanted = wanted or {}
      wanted[#wanted + 1] = f
    end
  end
  if not wanted then return end
  local given, rest = grant(model, worker, m or readModel(model), #wanted, function(n) return wanted[n].token end)
  for n, f in ipairs(wanted) do
    f.next = given[n] or rest
    -- Who asks after this one is given the next.
    if given[n + 1] then f.next[3] = 1 end
  end
end

--- @main
local model, worker = ARGV[1], { name = ARGV[2], id = ARGV[3], lockMs = ARGV[4] }
local runs, m = {}
local several = #ARGV > 17
if several then shareWrites() end
for i = 5, #ARGV, 13 do
  local mode = ARGV[i + 2]
  local f = {
    model = model, lockMs = worker.lockMs, id = ARGV[i], epoch = tonumber(ARGV[i + 1]), epochText = ARGV[i + 1], mode = mode,
    final = mode == "complete" or mode == "fail", json = ARGV[i + 3], result = ARGV[i + 4], runMs = tonumber(ARGV[i + 5]),
    tokens = tonumber(ARGV[i + 6]), fetches = ARGV[i + 7] == "1", token = ARGV[i + 8], holdMs = tonumber(ARGV[i + 9]),
    refused = ARGV[i + 10] == "1", message = ARGV[i + 11], told = ARGV[i + 12],
  }
  local done, status, opened, after = pcall(conclude, f, m)
  m = after
  if done then
    f.status, f.opened = status, opened and 1 or 0
  else
    f.status, f.opened, m = "error", errorText(status), nil
  end
  runs[#runs + 1] = f
end
if several then writeShared() end
giveNext(model, worker, m, runs)
local reply, isFree = { rcall("SCARD", P .. ":blocked") }, false
for n, f in ipairs(runs) do
  reply[n + 1] = { f.status, f.opened, f.next or {} }
  isFree = isFree or not f.next
end
if isFree and rcall("EXISTS", queueKey(model, "prioritized")) == 1 then wake(model) end
return reply
