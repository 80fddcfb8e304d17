#!lua
--[[ Accepts one request, or refuses it: record, idempotency, exact cache, candidates, in this order, in one step.
  KEYS[1] {namespace}; KEYS[2..] the candidates' model hashes
  ARGV: 1 id, 2 client id, 3 class rank 0-3, 4 priority, 5 candidate list, 6 timeoutMs, 7 maxWaitMs (0: never overdue), 8 maxAttempts,
    9 whenUnavailable, 10 streamed 0|1, 11 tenant, 12 idempotency hash or "", 13 body hash, 14 cache key or "", 15 cache mode,
    16 token estimate, 17 resultTtlMs, 18 streamTtlMs, 19 job data (JSON), 20 configuration version, 21 cache reason or "", 22 idempotencyTtlMs,
    23 displace move|fail|off, 24 deadLetterTtlMs, 25 id that this one replays or ""
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

local idempotency = ARGV[12] ~= "" and P .. ":ik:" .. ARGV[12] or nil
if idempotency then
  local earlierRun = rcall("HMGET", idempotency, "id", "body")
  if earlierRun[1] then
    local state = rcall("HGET", recordKey(earlierRun[1]), "st")
    local runsAgain = not state or state == "failed" or state == "cancelled" or state == "expired"
    if not runsAgain then
      if earlierRun[2] ~= ARGV[13] then return { "refused", version, "IDEMPOTENCY_KEY_REUSED", "", 0, 0 } end
      return attachTo(earlierRun[1])
    end
  end
end

local candidates = parseCandidates(ARGV[5])
local cacheKey, cacheMode = ARGV[14], ARGV[15]

local function writeRecord(state, model, seq, waiters, event)
  rcall("HSET", recordKey(id), "st", state, "q", model, "cls", class, "pri", int(priority), "seq", int(seq), "ep", 0, "at", int(now), "dl", int(now + timeoutMs),
    "w", waiters, "c", ARGV[5], "mw", ARGV[7], "sm", ARGV[10], "n", 0, "mx", ARGV[8], "att", "", "sk", event.skipped, "nx", "|", "wu", ARGV[9],
    "es", 1, "rt", ARGV[17], "stt", ARGV[18], "qa", int(now), "wm", 0, "tok", ARGV[16], "gbe", "0", "tn", ARGV[11], "dt", ARGV[24], "h1", event.body)
  if ARGV[25] ~= "" then
    rcall("HSET", recordKey(id), "ro", ARGV[25])
    if rcall("EXISTS", recordKey(ARGV[25])) == 1 then rcall("HSET", recordKey(ARGV[25]), "rb", id) end
  end
  count("accepted")
  if idempotency then
    rcall("HSET", idempotency, "id", id, "body", ARGV[13])
    rcall("PEXPIRE", idempotency, ARGV[22])
  end
end

if cacheKey ~= "" and (cacheMode == "use" or cacheMode == "only") then
  for _, candidate in ipairs(candidates) do
    local entryKey = cacheKey .. ":" .. candidate.model
    local answer = rcall("GET", P .. ":x:" .. entryKey)
    if answer then
      rcall("ZADD", P .. ":x", "XX", int(now), entryKey)
      local event = { skipped = "", body = eventJson(1, "queued", nil, '{"cache":"exact"}') }
      writeRecord("waiting", candidate.model, 0, "", event)
      announceEvent(id, ARGV[10], "", 1, event.body)
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

local nextSeq = tonumber(rcall("GET", P .. ":seq") or 0) + 1
local model, seen, skipped = choose(candidates, class, scoreOf(priority, nextSeq), {}, false, timeoutMs)
if not model and ARGV[23] ~= "off" then model, seen = displace(candidates, skipped, ARGV[23], class, scoreOf(priority, nextSeq)) end
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
  .. (ARGV[21] ~= "" and (',"cacheSkip":"' .. ARGV[21] .. '"') or "") .. (cacheKey ~= "" and ',"cache":"miss"' or "")
  .. (ARGV[25] ~= "" and (',"replayOf":"' .. ARGV[25] .. '"') or "") .. "}")
writeRecord("waiting", model, seq, client, { skipped = skippedText, body = body })
rcall("ZADD", P .. ":deadlines", int(now + timeoutMs), id)
rcall("HSET", queueKey(model, id), "name", "generate", "data", ARGV[19], "opts", '{"attempts":1,"priority":' .. int(priority) .. "}",
  "timestamp", int(now), "delay", 0, "priority", int(priority))
addWaiting(model, { id = id, priority = priority, seq = seq, class = class, maxWaitMs = tonumber(ARGV[7]), at = now, candidates = ARGV[5] })
queueEvent(model, "added", "jobId", id, "name", "generate")
queueEvent(model, "waiting", "jobId", id)
announceEvent(id, ARGV[10], client, 1, body)
return { "placed", version, model, seen.depth + 1, int(seen.wait), int(now) }
