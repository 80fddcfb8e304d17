-- Choosing among candidates. A candidate list is text, `model|order|perDepth|perWaitMs` joined by `;`, and stays with the
-- record for later moves. Allowed candidates that are not rate limited come first, by the lowest
-- order + perDepth*depth + perWaitMs*expectedWaitMs; rate-limited ones come after them, the soonest first.
-- It begins with "=;" when the order alone decides and rises from one to the next: then what comes after the first good
-- one need not even be parsed.
local function eachCandidate(text) return string.gmatch(text, "([^|;=]+)|([^|;]+)|([^|;]+)|([^|;]+)") end

local function eachModel(text) return string.gmatch(text, "([^|;=]+)|[^;]+") end

local function parseCandidates(text)
  local list = {}
  for model, order, perDepth, perWait in eachCandidate(text) do
    list[#list + 1] = { model = model, order = tonumber(order), perDepth = tonumber(perDepth), perWait = tonumber(perWait) }
  end
  return list
end

-- Requests that are dispatched together look at each model once: `known` holds, for one call, what was read of a model whose breaker is
-- closed (by class and model), its depth (by model), and whether no model is blocked. nil: each looks for itself.
local function forgetKnown() known = known and {} end

-- Returns depth, active, waiting, and whether somebody paused the queue.
local function depthOf(model)
  local queue = P .. ":model-" .. model
  local waiting = rcall("ZCARD", queue .. ":prioritized")
  local active = rcall("LLEN", queue .. ":active")
  local depth, isPaused = waiting + active, false
  -- Mostly there are none of these.
  if rcall("EXISTS", queue .. ":wait", queue .. ":delayed", queue .. ":meta") > 0 then
    depth = depth + rcall("LLEN", queue .. ":wait") + rcall("ZCARD", queue .. ":delayed")
    isPaused = rcall("HEXISTS", queue .. ":meta", "paused") == 1
  end
  return depth, active, waiting, isPaused
end

local function knownDepth(model)
  if not known then return depthOf(model) end
  local seen = known[model]
  if not seen then
    seen = { depthOf(model) }
    known[model] = seen
  end
  return seen[1], seen[2], seen[3], seen[4]
end

-- A job more waits there.
local function countKnown(model)
  local seen = known and known[model]
  if seen then seen[1], seen[3] = seen[1] + 1, seen[3] + 1 end
end

local function readLimits(model, class)
  local seen = known and known[class .. "|" .. model]
  if seen then return seen end
  local m = rcall("HMGET", modelKey(model), "max", "s" .. class, "conc", "svc", "wa", "hold", "ru", "bs", "cv")
  if known and (m[8] or "closed") == "closed" then known[class .. "|" .. model] = m end
  return m
end

-- Parked jobs of other models, of this class or a higher one, that could come here too.
local function parkedFor(model, class)
  local parked = 0
  if known and known.noneBlocked then return parked end
  local all = rcall("SMEMBERS", P .. ":blocked")
  if known and not all[1] then known.noneBlocked = true end
  for _, blocked in ipairs(all) do
    if blocked ~= model then
      local counts = rcall("HGETALL", P .. ":pk:" .. blocked)
      for i = 1, #counts, 2 do
        local cls, list = string.match(counts[i], "^(%d)|(.*)$")
        if cls <= class and string.find(";" .. list, ";" .. model .. "|", 1, true) then parked = parked + tonumber(counts[i + 1]) end
      end
    end
  end
  return parked
end

-- Expected wait of a job with this score: the work ahead of it, spread over the slots, and any hold.
local function expectedWait(model, score, active, waiting, concurrency, serviceMs, heldUntil)
  local wait = 0
  if serviceMs > 0 and (waiting > 0 or active >= concurrency) then
    local ahead = waiting > 0 and rcall("ZCOUNT", queueKey(model, "prioritized"), "-inf", "(" .. int(score)) or 0
    wait = math.ceil(math.max(0, ahead + active - concurrency + 1) / concurrency * serviceMs)
  end
  return math.max(wait, heldUntil - now)
end

-- Looks at one candidate for a job of `class` and `score`. `moving`: the job is accepted already, and is itself one of the
-- parked, so parked jobs do not stand in its way. Returns { ok, depth, wait, limitedUntil } or { reason, kind, retryAfter }.
local function look(model, class, score, moving)
  local m = readLimits(model, class)
  if not m[1] then return { kind = "unknown", reason = "unknown" } end
  local service = tonumber(m[4] or 0)
  local breaker = (m[8] or "closed") ~= "closed" and rcall("HMGET", modelKey(model), "bf", "bp")
  if breaker and breaker[1] ~= "0" then
    local state, untilMs = breakerState(model)
    if state == "open" then
      return { kind = "open", reason = "open until " .. isoTime(untilMs), retryAfter = math.max(untilMs - now, 1) }
    elseif state == "half-open" and depthOf(model) >= tonumber(breaker[2]) then
      return { kind = "open", reason = "half-open, probing", retryAfter = math.max(math.ceil(service), 100) }
    end
  end
  local depth, active, waiting, isPaused = knownDepth(model)
  if isPaused then return { kind = "paused", reason = "paused" } end
  if tonumber(m[5] or 0) < now then return { kind = "no worker", reason = "no worker" } end
  local limit = tonumber(m[2])
  local concurrency = tonumber(m[3])
  if depth >= limit then
    return { kind = "full", reason = "full " .. depth .. "/" .. limit, retryAfter = math.max(math.ceil(service / concurrency), 50) }
  end
  if not moving then
    local parked = parkedFor(model, class)
    if depth + parked >= limit then
      return { kind = "full", reason = "behind " .. parked .. " parked jobs", retryAfter = math.max(math.ceil(service * (parked + 1) / concurrency), 50) }
    end
  end
  local limitedUntil = math.max(tonumber(m[6] or 0), tonumber(m[7] or 0))
  if limitedUntil <= now then limitedUntil = 0 end
  return { ok = true, configVersion = m[9], depth = depth, active = active, limitedUntil = limitedUntil, wait = expectedWait(model, score, active, waiting, concurrency, service, math.max(limitedUntil, now)) }
end

local function costOf(seen) return seen.order + seen.perDepth * seen.depth + seen.perWait * seen.wait end

-- Picks from `candidates`, passing over `excluded` (model → true). Returns the model and what was seen of it, or nil; and
-- the list of those passed over. budgetMs: nil, or the wait that must not be exceeded.
local function choose(candidates, class, score, excluded, moving, budgetMs)
  local best, bestSeen, skipped
  skipped = {}
  local ordered = string.byte(candidates) == 61
  for name, order, perDepth, perWait in eachCandidate(candidates) do
    if not excluded[name] then
      local seen = look(name, class, score, moving)
      seen.order, seen.perDepth, seen.perWait = order, perDepth, perWait
      if seen.ok and budgetMs and seen.wait > budgetMs then
        seen = { kind = "budget", reason = "expected wait " .. seen.wait .. " ms", retryAfter = seen.wait, wait = seen.wait }
      end
      if seen.ok then
        local better = not best
        if best and (bestSeen.limitedUntil > 0) ~= (seen.limitedUntil > 0) then
          better = seen.limitedUntil == 0
        elseif best and seen.limitedUntil > 0 and seen.limitedUntil ~= bestSeen.limitedUntil then
          better = seen.limitedUntil < bestSeen.limitedUntil
        elseif best then
          better = costOf(seen) < costOf(bestSeen)
        end
        if better then best, bestSeen = name, seen end
        if seen.limitedUntil > 0 then
          skipped[#skipped + 1] = { model = name, kind = "limited", retryAfter = seen.limitedUntil - now,
            reason = "rate limited " .. math.ceil((seen.limitedUntil - now) / 1000) .. " s" }
        elseif ordered then
          -- Candidates come in order: nothing after an unlimited, allowed one can be better.
          break
        end
      else
        seen.model = name
        skipped[#skipped + 1] = seen
      end
    end
  end
  return best, bestSeen, skipped
end

-- Skipped candidates as JSON objects joined by commas, without the one that was chosen.
local function skippedJson(skipped, chosen)
  if #skipped == 0 then return "" end
  local parts = {}
  for _, s in ipairs(skipped) do
    if s.model ~= chosen then
      parts[#parts + 1] = cjson.encode({ model = s.model, reason = s.reason, retryAfterMs = s.retryAfter })
    end
  end
  return table.concat(parts, ",")
end
