-- start: a run begins: its record, its lock, and what the worker is told; and the same again for a worker that did not hear it.

-- What a worker needs of a job that it holds. Redis makes integers of the numbers. `more`: asking again now may give another one;
-- if not, the marker will say when. `ageMs`: how long ago it was granted.
local function granted(model, job, waited, breaker, more, token, ageMs)
  return { job.data or rcall("HGET", queueKey(model, job.id), "data") or "{}", job.id, more and 1 or 0, 0, now,
    { job.epoch, job.deadline - now, waited, job.waitedMs, job.attempts, job.skipped, job.counted, job.maxAttempts, job.streamed, breaker,
      job.eventSeq, job.sent or "0", now - job.at, token, ageMs } }
end

-- Hands a job that is out of the waiting sets and among the active ones to a worker.
local function start(model, m, job, worker, token, probing)
  local id, waited = job.id, now - job.queuedAt
  rcall("SET", queueKey(model, id .. ":lock"), token, "PX", worker.lockMs)
  job.epoch, job.waitedMs, job.eventSeq = job.epoch + 1, job.waitedMs + waited, job.eventSeq + 1
  local epoch, seq, waitedText = int(job.epoch), int(job.eventSeq), int(waited)
  if m.rpm or m.tpm then takeRate(model, modelKey(model), m.rpm, m.tpm, id .. ":" .. epoch, job.tokens) end
  if probing then rcall("ZADD", P .. ":pb:" .. model, int(now + worker.lockMs), id .. ":" .. epoch) end
  local body = eventJson(seq, "started", model, '{"epoch":' .. epoch .. ',"waitMs":' .. waitedText .. ',"worker":"' .. worker.id .. '","breaker":"' .. m.state .. '"}')
  if job.epoch == 1 and m.epoch == "0" then
    -- Its first run, of a breaker that never opened: the rest is at its default.
    rcall("HSET", recordKey(id), "st", "active", "ep", epoch, "ga", nowText, "wm", waitedText, "es", seq, "h" .. seq, body)
  else
    rcall("HSET", recordKey(id), "st", "active", "ep", epoch, "ga", nowText, "wm", int(job.waitedMs), "es", seq, "h" .. seq, body,
      "gbe", m.epoch, "gbs", m.state, "lw", waitedText)
  end
  announceEvent(id, job.streamed, job.waiters, seq, body)
  rcall("HSET", queueKey(model, id), "processedOn", nowText, "pb", worker.name, "ats", epoch)
  queueEvent(model, "active", "jobId", id, "prev", "waiting")
  return granted(model, job, waited, m.state, false, token, 0)
end

-- What it waited before its last run. Of the first one it is all that it waited.
local function lastWait(job) return tonumber(rcall("HGET", recordKey(job.id), "lw") or job.waitedMs) end

-- What a worker was granted by a call whose reply it never saw: jobs whose locks carry a token that is its own. `isOurs(token, id)`
local function grantedBefore(model, lockMs, isOurs)
  local found = {}
  for _, id in ipairs(rcall("LRANGE", queueKey(model, "active"), "0", "-1")) do
    local lock = queueKey(model, id .. ":lock")
    local token = rcall("GET", lock)
    local job = token and isOurs(token, id) and readJob(id)
    if job and job.state == "active" and job.model == model then
      rcall("SET", lock, token, "PX", lockMs)
      local ageMs = now - tonumber(rcall("HGET", recordKey(id), "ga"))
      found[#found + 1] = granted(model, job, lastWait(job), job.breakerAtGrant, true, token, ageMs)
    end
  end
  return found
end
