-- Puts an accepted job where it may go: into another candidate's queue with its own priority, seq and place.
local function excludedBy(job, also)
  local excluded = {}
  for model in string.gmatch(job.refusedBy or "", "[^|]+") do excluded[model] = true end
  if also then excluded[also] = true end
  return excluded
end

-- What an event says beside its model: why, the failed call that led to it (JSON), and the candidates that were passed over.
local function because(reason, attempt, skipped, more)
  local detail = '{"reason":' .. cjson.encode(reason)
  if attempt and attempt ~= "" then detail = detail .. ',"attempt":' .. attempt end
  local passed = skipped and skippedJson(skipped)
  if passed and passed ~= "" then detail = detail .. ',"skipped":[' .. passed .. "]" end
  return detail .. (more or "") .. "}"
end

-- Moves a job that is already out of `from`'s sets. The prompt travels by RENAME and is never decoded.
local function relocate(job, from, to, seen, reason, attempt, skipped)
  rcall("RENAME", queueKey(from, job.id), queueKey(to, job.id))
  rcall("DEL", queueKey(from, job.id .. ":lock"))
  rcall("HSET", recordKey(job.id), "st", "waiting", "q", to, "qa", nowText, "pkd", "0")
  job.model = to
  addWaiting(to, job)
  count("out:" .. from)
  count("in:" .. to)
  queueEvent(from, "removed", "jobId", job.id, "prev", "active")
  queueEvent(to, "waiting", "jobId", job.id)
  pushEvent(job.id, job.streamed, job.waiters, "moved", to, because(reason, attempt, skipped,
    ',"from":"' .. from .. '","depth":' .. int(seen.depth + 1) .. ',"expectedWaitMs":' .. int(seen.wait)))
end

-- Back to its own place in the queue that it came from.
local function putBack(job, model, reason)
  rcall("DEL", queueKey(model, job.id .. ":lock"))
  rcall("HSET", recordKey(job.id), "st", "waiting", "qa", nowText)
  addWaiting(model, job)
  queueEvent(model, "waiting", "jobId", job.id, "prev", "active")
  if reason then pushEvent(job.id, job.streamed, job.waiters, "queued", model, because(reason)) end
end

-- Of a job that must not call `model` again now. Returns true when it was moved.
local function tryMove(job, model, excluded, reason, attempt)
  local to, seen, skipped = choose(job.candidates, job.class, scoreOf(job.priority, job.seq), excluded, true, nil)
  if to and (seen.limitedUntil == 0 or reason ~= "held") then
    relocate(job, model, to, seen, reason, attempt, skipped)
    return true, skipped
  end
  return false, skipped
end

-- True when every candidate is down (open, paused, without a worker), not merely full or held.
local function allUnavailable(skipped)
  for _, s in ipairs(skipped) do
    if s.kind == "full" or s.kind == "limited" then return false end
  end
  return true
end
