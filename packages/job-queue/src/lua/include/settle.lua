-- settle: the one place that gives a request its outcome. The first caller wins; everyone who waits is told, the deadline
-- drops, the counters move. `outcome` is JSON, complete; finishedEpoch: the run that ends with it, if one does; told: what those who wait
-- get of it, if that is not all. `seq` of the ending event is the last of the stream.
-- Set by include/coalesce.lua.
local afterSettled

local function settle(job, state, outcome, latencyMs, finishedEpoch, told)
  local key = recordKey(job.id)
  if isSettled(job) then return false end
  local seq = int(job.eventSeq + 1)
  local body = eventJson(seq, state, job.model ~= "" and job.model or nil)
  if finishedEpoch then
    rcall("HSET", key, "od", outcome, "st", state, "oa", nowText, "es", seq, "h" .. seq, body, "fe", finishedEpoch)
  else
    rcall("HSET", key, "od", outcome, "st", state, "oa", nowText, "es", seq, "h" .. seq, body)
  end
  local keepMs = tonumber(job.resultTtl)
  if state == "failed" then
    -- A dead letter, until it is replayed, purged or too old.
    keepMs = math.max(keepMs, job.deadTtl)
    add(P .. ":dead", nowText, job.id)
  end
  rcall("PEXPIRE", key, int(keepMs))
  add(P .. ":outcomes", int(now + keepMs), #outcome .. "|" .. job.id)
  spendBytes(#outcome)
  if job.streamed == "1" then
    announceEvent(job.id, job.streamed, job.waiters, seq, body)
    rcall("PEXPIRE", P .. ":st:" .. job.id, job.streamTtl)
  end
  remove(P .. ":deadlines", job.id)
  if told and told ~= "" then
    tellWaiters(job.waiters, "i", job.id, "o", told, "s", seq, "c", "1")
  else
    tellWaiters(job.waiters, "i", job.id, "o", outcome, "s", seq)
  end
  -- One counter for state, class and model: every sum over them is derived from it.
  count("n:" .. state .. ":" .. job.ownClass .. ":" .. job.model)
  if state == "completed" then count("latencyMs", int(latencyMs)) end
  job.state = state
  if job.co then afterSettled(job, state, outcome) end
  return true
end

-- An outcome that no worker wrote: cancelled, expired, stalled, exhausted, …
local function failure(job, state, code, message)
  local error = { code = code, message = message }
  if job.model and job.model ~= "" then error.model = job.model end
  return '{"state":"' .. state .. '","id":"' .. job.id .. '","error":' .. cjson.encode(error)
    .. ',"attempts":[' .. (job.attempts or "") .. '],"skipped":[' .. (job.skipped or "") .. '],"latencyMs":' .. int(now - job.at) .. "}"
end

local function settleFailure(job, state, code, message)
  return settle(job, state, failure(job, state, code, message), 0)
end

-- BullMQ's own finished sets, for the board and for outsiders. The prompt is dropped at success and kept for dead letters.
local function keepFinished(model, id, state, value)
  local property = state == "completed" and "returnvalue" or "failedReason"
  local jobKey = queueKey(model, id)
  if state == "completed" then
    rcall("HSET", jobKey, "finishedOn", nowText, property, value, "data", "{}", "atm", "1")
  else
    rcall("HSET", jobKey, "finishedOn", nowText, property, value, "atm", "1")
  end
  add(queueKey(model, state), nowText, id)
  trimKept(model, state)
  queueEvent(model, state, "jobId", id, property, value, "prev", "active")
end

-- Removes what BullMQ keeps of a job.
local function dropJob(model, id)
  rcall("DEL", queueKey(model, id), queueKey(model, id .. ":lock"))
end
