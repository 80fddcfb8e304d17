#!lua
--[[ Accepts one request, or refuses it: record, idempotency, exact cache, candidates, in this order, in one step.
  KEYS[1] {namespace}; KEYS[2..] the candidates' model hashes
  ARGV: 1 id, 2 client id, 3 class rank 0-3, 4 priority, 5 candidate list, 6 timeoutMs, 7 maxWaitMs (0: never overdue), 8 streamed 0|1,
    9 plan: what the record keeps of all this, JSON (see include/record.lua), 10 job data, JSON, 11 displace move|fail|off,
    12 cache key or "", 13 cache mode, 14 cache reason or "", 15 idempotency hash or "", 16 body hash, 17 idempotencyTtlMs, 18 id that it replays or ""
  Returns { kind, configVersion, … }: "placed" model depth waitMs now | "refused" code skipped retryAfterMs waitMs |
    "settled" id outcome | "open" id state model ]]
--- @include base, events, iso-time, waiting, record, settle, breaker, choose, place, displace
local id, client, class, priority = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4])
local timeoutMs = tonumber(ARGV[6])
local version = rcall("HGET", P .. ":config", "version") or "0"

local function attachTo(existing)
  local job = readJob(existing)
  if not job then return nil end
  if isSettled(job) then return { "settled", version, existing, rcall("HGET", recordKey(existing), "od") or "" } end
  if not string.find(" " .. job.waiters .. " ", " " .. client .. " ", 1, true) then
    rcall("HSET", recordKey(existing), "w", job.waiters .. " " .. client)
  end
  return { "open", version, existing, job.state, job.model }
end

local known = rcall("EXISTS", recordKey(id)) == 1 and attachTo(id)
if known then return known end

local idempotency = ARGV[15] ~= "" and P .. ":ik:" .. ARGV[15] or nil
if idempotency then
  local earlierRun = rcall("HMGET", idempotency, "id", "body")
  if earlierRun[1] then
    local state = rcall("HGET", recordKey(earlierRun[1]), "st")
    local runsAgain = not state or state == "failed" or state == "cancelled" or state == "expired"
    if not runsAgain then
      if earlierRun[2] ~= ARGV[16] then return { "refused", version, "IDEMPOTENCY_KEY_REUSED", "", 0, 0 } end
      return attachTo(earlierRun[1])
    end
  end
end

local candidates = ARGV[5]
local cacheKey, cacheMode = ARGV[12], ARGV[13]

local function writeRecord(model, seq, waiters, skipped, body)
  rcall("HSET", recordKey(id), "st", "waiting", "q", model, "seq", int(seq), "at", int(now), "dl", int(now + timeoutMs), "w", waiters, "es", 1,
    "h1", body, "p", ARGV[9])
  if skipped ~= "" then rcall("HSET", recordKey(id), "sk", skipped) end
  if ARGV[18] ~= "" then
    rcall("HSET", recordKey(id), "ro", ARGV[18])
    if rcall("EXISTS", recordKey(ARGV[18])) == 1 then rcall("HSET", recordKey(ARGV[18]), "rb", id) end
  end
  if idempotency then
    rcall("HSET", idempotency, "id", id, "body", ARGV[16])
    rcall("PEXPIRE", idempotency, ARGV[17])
  end
end

if cacheKey ~= "" and (cacheMode == "use" or cacheMode == "only") then
  for _, candidate in ipairs(parseCandidates(candidates)) do
    local entryKey = cacheKey .. ":" .. candidate.model
    local answer = rcall("GET", P .. ":x:" .. entryKey)
    if answer then
      rcall("ZADD", P .. ":x", "XX", int(now), entryKey)
      local body = eventJson(1, "queued", nil, '{"cache":"exact"}')
      writeRecord(candidate.model, 0, "", "", body)
      announceEvent(id, ARGV[8], "", 1, body)
      local job = readJob(id)
      -- The entry is a result without its frame; the frame says that it came from the cache.
      local outcome = '{"state":"completed","id":"' .. id .. '","result":{"id":"' .. id .. '","success":true,"latencyMs":0,"waitMs":0,"attempts":[],"skipped":[],"cached":"exact","coalesced":false,'
        .. string.sub(answer, 2) .. "}"
      job.model = ""
      settle(job, "completed", outcome, 0)
      count("cacheHits")
      return { "settled", version, id, outcome }
    end
  end
end
if cacheMode == "only" then return { "refused", version, "CACHE_MISS", "", 0, 0 } end

-- Its place is behind all that wait with the same number.
local place = scoreOf(priority, 4294967295)
local model, seen, skipped = choose(candidates, class, place, {}, false, timeoutMs)
if not model and ARGV[11] ~= "off" then model, seen = displace(parseCandidates(candidates), skipped, ARGV[11], class, place) end
if not model then
  local kinds, retryAfter, quote = {}, 0, 0
  for _, s in ipairs(skipped) do
    kinds[s.kind] = true
    if s.retryAfter and (retryAfter == 0 or s.retryAfter < retryAfter) then retryAfter = s.retryAfter end
    if s.kind == "budget" and (quote == 0 or s.wait < quote) then quote = s.wait end
  end
  local code = "UNKNOWN_MODEL"
  if kinds.budget then code = "BUDGET_TOO_SHORT"
  elseif kinds.full then code = "QUEUE_FULL"
  elseif kinds.open or kinds.paused then code = "ALL_MODELS_UNAVAILABLE"
  elseif kinds["no worker"] then code = "NO_WORKER" end
  count("refused")
  return { "refused", version, code, skippedJson(skipped), int(retryAfter), int(quote) }
end

local seq = rcall("INCR", P .. ":seq")
local skippedText = skippedJson(skipped, model)
local body = eventJson(1, "queued", model, '{"class":' .. class .. ',"priority":' .. int(priority) .. ',"depth":' .. (seen.depth + 1)
  .. ',"expectedWaitMs":' .. int(seen.wait) .. (skippedText ~= "" and (',"skipped":[' .. skippedText .. "]") or "")
  .. (ARGV[14] ~= "" and (',"cacheSkip":"' .. ARGV[14] .. '"') or "") .. (cacheKey ~= "" and ',"cache":"miss"' or "")
  .. (ARGV[18] ~= "" and (',"replayOf":"' .. ARGV[18] .. '"') or "") .. "}")
writeRecord(model, seq, client, skippedText, body)
rcall("ZADD", P .. ":deadlines", int(now + timeoutMs), id)
rcall("HSET", queueKey(model, id), "name", "generate", "data", ARGV[10], "opts", '{"attempts":1,"priority":' .. ARGV[4] .. "}",
  "timestamp", int(now), "delay", 0, "priority", ARGV[4])
addWaiting(model, { id = id, priority = priority, seq = seq, class = class, maxWaitMs = tonumber(ARGV[7]), at = now, candidates = candidates })
queueEvent(model, "waiting", "jobId", id)
announceEvent(id, ARGV[8], client, 1, body)
return { "placed", version, model, seen.depth + 1, int(seen.wait), int(now) }
