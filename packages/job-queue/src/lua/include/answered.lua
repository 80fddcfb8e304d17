-- A request that the cache answered when it came: it has a record, a history and an outcome, and never a job.
local function configVersion() return rcall("HGET", P .. ":config", "version") or "0" end

-- `found`: more members of the event's detail, JSON, from a comma on.
local function answeredEvent(tier, found) return eventJson(1, "queued", nil, '{"cache":"' .. tier .. '"' .. found .. "}") end

-- Ends a request whose record was just written, and notes that its entry was used. `plan`: JSON, see include/record.lua.
local function settleAnswered(id, plan, entry, outcome)
  local p = readPlan(plan)
  local job = { id = id, state = "waiting", model = "", waiters = "", at = now, epoch = 0, eventSeq = 1, ownClass = p.cls, streamed = p.sm,
    resultTtl = p.rt, streamTtl = p.stt }
  replayAnswer(job, outcome)
  settle(job, "completed", outcome, 0)
  count("cacheHits")
  rcall("ZADD", P .. ":x", "XX", nowText, entry)
end
