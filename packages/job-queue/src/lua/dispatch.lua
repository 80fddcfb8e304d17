--[[ Accepts requests, or refuses them, one after the other, each in one step: record, idempotency, exact cache, candidates, in this order.
  What makes one of them fail does not concern the others.
  KEYS[1] {namespace}
  ARGV, of each request: 1 id, 2 client id, 3 class rank 0-3, 4 priority, 5 candidate list, 6 timeoutMs, 7 maxWaitMs (0: never overdue), 8 streamed 0|1,
    9 plan: what the record keeps of all this, JSON (see include/record.lua), 10 job data, JSON, 11 displace move|fail|off,
    12 cache key or "", 13 cache mode, 14 cache reason or "", 15 idempotency hash or "", 16 body hash, 17 idempotencyTtlMs, 18 id that it replays or "",
    19 entry that a semantic lookup found (`<cache key>:<model>`) or "", 20 how it was found: members of the result, JSON, without braces
  Returns of each { kind, configVersion, … }: "placed" model depth waitMs now | "refused" code skipped retryAfterMs waitMs |
    "settled" id outcome | "open" id state model | "error" message ]]

-- r: the request: its id, client, class, candidates, and its arguments as they came (`args`).

-- Models that were given a job.
local placed

local function attachTo(existing, client)
  local job = readJob(existing)
  if not job then return nil end
  if isSettled(job) then return { "settled", configVersion(), existing, rcall("HGET", recordKey(existing), "od") or "" } end
  if not string.find(" " .. job.waiters .. " ", " " .. client .. " ", 1, true) then
    rcall("HSET", recordKey(existing), "w", job.waiters .. " " .. client)
  end
  return { "open", configVersion(), existing, job.state, job.model }
end

-- The run in flight or the success that an idempotency key stands for, or a refusal; nil when it is to run.
local function repeated(idempotency, bodyHash, client)
  local earlier = rcall("HMGET", idempotency, "id", "body")
  if not earlier[1] then return nil end
  local state = rcall("HGET", recordKey(earlier[1]), "st")
  if not state or state == "failed" or state == "cancelled" or state == "expired" then return nil end
  if earlier[2] ~= bodyHash then return { "refused", configVersion(), "IDEMPOTENCY_KEY_REUSED", "", 0, 0 } end
  return attachTo(earlier[1], client)
end

local function writeRecord(r, model, seq, waiters, skipped, body)
  local id, args = r.id, r.args
  newRecord(id, model, seq, r.deadline, waiters, body, args[9])
  if skipped ~= "" then rcall("HSET", recordKey(id), "sk", skipped) end
  if args[18] ~= "" then
    rcall("HSET", recordKey(id), "ro", args[18])
    if rcall("EXISTS", recordKey(args[18])) == 1 then rcall("HSET", recordKey(args[18]), "rb", id) end
  end
  if r.idempotency then
    rcall("HSET", r.idempotency, "id", id, "body", args[16])
    rcall("PEXPIRE", r.idempotency, args[17])
  end
end

-- Answers from the cache, if the entry is still there. It is a result without its frame; the frame says where it came from.
local function answerFrom(r, entry, model, tier, found)
  local answer = rcall("GET", P .. ":x:" .. entry)
  if not answer then return nil end
  local id = r.id
  local body = answeredEvent(tier, found)
  writeRecord(r, model, "0", "", "", body)
  announceEvent(id, r.args[8], "", 1, body)
  local outcome = cachedOutcome(id, tier, found, 0, answer)
  settleAnswered(id, r.args[9], entry, outcome)
  return { "settled", configVersion(), id, outcome }
end

-- The exact tier first, an answer of any of the candidates; then what a semantic lookup found.
local function cached(r, cacheKey, semantic, found)
  if cacheKey ~= "" then
    for model in eachModel(r.candidates) do
      local answered = answerFrom(r, cacheKey .. ":" .. model, model, "exact", "")
      if answered then return answered end
    end
  end
  return semantic ~= "" and answerFrom(r, semantic, string.match(semantic, ":(.+)$"), "semantic", "," .. found)
end

-- Shares the call of an equal request in flight, or the answer that it just got. nil when there is none to share.
local function join(r, cacheKey)
  local leader = readJob(rcall("GET", coalesceKey(cacheKey)) or "")
  if not leader or leader.id == r.id or not mayFollow(leader, r.candidates) then return nil end
  writeSharedNow()
  local id, args = r.id, r.args
  local ended = isSettled(leader)
  if ended then
    -- Its answer is on its way to the cache; only a whole one goes there.
    local outcome = leader.state == "completed" and rcall("HGET", recordKey(leader.id), "od")
    if not outcome or not string.find(outcome, resultFrame) or not string.find(outcome, '"finishReason":"stop"', 1, true) then return nil end
    leader.outcome = outcome
  elseif not leader.co or leader.co.role ~= "l" or rcall("ZCARD", followersKey(leader.id)) >= maxFollowers then
    return nil
  end
  local seq = rcall("INCR", P .. ":seq")
  local body = eventJson(1, "queued", leader.model, '{"class":' .. r.class .. ',"priority":' .. args[4] .. ',"coalesced":"' .. leader.id .. '"}')
  writeRecord(r, leader.model, int(seq), r.client, "", body)
  rcall("ZADD", P .. ":deadlines", r.deadline, id)
  rcall("HSET", recordKey(id), "co", "f|" .. cacheKey .. "|" .. leader.id, "jd", args[10])
  announceEvent(id, args[8], r.client, 1, body)
  if ended then
    local job = readJob(id)
    local outcome = answerOf(job, leader.outcome, now)
    settleFollower(job, "completed", outcome)
    return { "settled", configVersion(), id, outcome }
  end
  follow(leader.id, id, scoreOf(r.priority, seq), tonumber(r.deadline))
  lift(leader, r.priority, r.class)
  leader.co.followed = true
  -- One that has not begun yet is streamed for the sake of its follower.
  if args[8] == "1" and leader.streamed ~= "1" and leader.state ~= "active" then leader.co.streamed = true end
  writeLeader(leader.id, leader.co)
  if args[8] == "1" and leader.sent then
    for _, entry in ipairs(rcall("XRANGE", P .. ":st:" .. leader.id, "-", "+")) do
      if entry[2][1] == "d" then passDeltas(id, entry[2][2]) end
    end
  end
  return { "placed", configVersion(), leader.model, 0, 0, now }
end

local function refuse(skipped)
  local kinds, retryAfter, quote = {}, 0, 0
  for _, s in ipairs(skipped) do
    kinds[s.kind] = true
    if s.retryAfter and (retryAfter == 0 or s.retryAfter < retryAfter) then retryAfter = s.retryAfter end
    if s.kind == "budget" and (quote == 0 or s.wait < quote) then quote = s.wait end
  end
  local code = "UNKNOWN_MODEL"
  if kinds.full then code = "QUEUE_FULL"
  elseif kinds.budget then code = "BUDGET_TOO_SHORT"
  elseif kinds.open or kinds.paused then code = "ALL_MODELS_UNAVAILABLE"
  elseif kinds["no worker"] then code = "NO_WORKER" end
  count("refused")
  return { "refused", configVersion(), code, skippedJson(skipped), retryAfter, quote }
end

local function acceptedEvent(r, model, seen, skipped)
  local args = r.args
  return eventJson(1, "queued", model, '{"class":' .. r.class .. ',"priority":' .. args[4] .. ',"depth":' .. (seen.depth + 1) .. ',"expectedWaitMs":' .. int(seen.wait)
    .. (skipped ~= "" and (',"skipped":[' .. skipped .. "]") or "")
    .. (args[14] ~= "" and (',"cacheSkip":"' .. args[14] .. '"') or "") .. (args[12] ~= "" and ',"cache":"miss"' or "")
    .. (args[18] ~= "" and (',"replayOf":"' .. args[18] .. '"') or "") .. "}")
end

-- What `start` has to know of it.
local function asFirst(r, skipped)
  local args = r.args
  return { id = r.id, deadline = tonumber(r.deadline), at = now, queuedAt = now, waitedMs = 0, epoch = 0, eventSeq = 1, attempts = "", skipped = skipped, counted = 0,
    maxAttempts = readPlan(args[9]).mx, streamed = args[8], waiters = r.client, data = args[10] }
end

local function place(r, model, seen, skipped)
  local id, args = r.id, r.args
  local seq = rcall("INCR", P .. ":seq")
  local passed = skippedJson(skipped, model)
  local body = acceptedEvent(r, model, seen, passed)
  writeRecord(r, model, int(seq), r.client, passed, body)
  add(P .. ":deadlines", r.deadline, id)
  writeJob(model, id, args[10], args[4], nowText)
  countKnown(model)
  queueEvent(model, "waiting", "jobId", id)
  announceEvent(id, args[8], r.client, 1, body)
  if args[12] ~= "" and args[13] == "use" then
    writeLeader(id, { key = args[12] })
    lead(id, args[12], tonumber(r.deadline))
  end
  if shared or seen.depth > seen.active or seen.limitedUntil > 0 or not giveAtOnce(model, seen.active, asFirst(r, passed)) then
    addWaiting(model, { id = id, priority = r.priority, seq = seq, class = r.class, maxWaitMs = tonumber(args[7]), at = now, candidates = r.candidates }, true)
    placed[model] = true
  end
  return { "placed", seen.configVersion or configVersion(), model, seen.depth + 1, seen.wait, now }
end

local function accept(args)
  local timeoutMs = tonumber(args[6])
  local r = { id = args[1], client = args[2], class = args[3], priority = tonumber(args[4]), candidates = args[5], deadline = int(now + timeoutMs), args = args,
    idempotency = args[15] ~= "" and P .. ":ik:" .. args[15] or nil }
  local earlier = rcall("EXISTS", recordKey(r.id)) == 1 and attachTo(r.id, r.client) or r.idempotency and repeated(r.idempotency, args[16], r.client)
  if earlier then return earlier end
  if args[13] == "use" or args[13] == "only" then
    local answered = cached(r, args[12], args[19], args[20])
    if answered then return answered end
    if args[13] == "only" then return { "refused", configVersion(), "CACHE_MISS", "", 0, 0 } end
    local joined = args[12] ~= "" and join(r, args[12])
    if joined then return joined end
  end
  -- Its place is behind all that wait with the same number.
  local score = scoreOf(r.priority, 4294967295)
  local model, seen, skipped = choose(r.candidates, r.class, score, {}, false, timeoutMs)
  if not model and args[11] ~= "off" then
    writeSharedNow()
    model, seen = displace(parseCandidates(r.candidates), skipped, args[11], r.class, score)
    forgetKnown()
  end
  if not model then return refuse(skipped) end
  return place(r, model, seen, skipped)
end

--- @main
local several = #ARGV > 20
placed = {}
if several then
  shareWrites()
  known = {}
end
local replies = {}
for i = 1, #ARGV, 20 do
  local done, reply = pcall(accept, several and { unpack(ARGV, i, i + 19) } or ARGV)
  if not done then
    -- How far it came nobody knows.
    forgetKnown()
    reply = { "error", "0", errorText(reply) }
  end
  replies[#replies + 1] = reply
end
if several then writeShared() end
forgetKnown()
for model in pairs(placed) do
  if not pcall(handOut, model) then wake(model) end
end
return replies
