-- flags: allow-oom
--[[ The mover: takes jobs out of the queue of a model that may not be fetched (breaker open, held, without a worker) to other
  candidates that have room, in order; looks at 100 at most, from `offset` on.
  KEYS[1] {namespace}  ARGV: 1 model, 2 offset, 3.. kinds of jobs that earlier scripts of this pass could not move
  Returns { moved, looked at, still blocked 0|1, { kinds of jobs that could not move } } ]]
local model, offset = ARGV[1], tonumber(ARGV[2])
local state = breakerState(model)
local m = rcall("HMGET", modelKey(model), "hold", "wa", "bp", "bf")
if m[4] == "0" then state = "closed" end
local held = tonumber(m[1] or 0) > now
local abandoned = tonumber(m[2] or 0) < now
if state == "closed" and not held then rcall("SREM", P .. ":blocked", model) end
if state == "closed" and not held and not abandoned then return { 0, 0, 0, {} } end

-- Jobs of one kind can go to the same places. Once one cannot, those behind it, of its class or a lower one, must not
-- either: not even when room appears between two scripts of a pass.
local function kindOf(job) return job.candidates .. job.refusedBy .. job.whenUnavailable end
local hopeless, kinds = {}, {}
for i = 3, #ARGV do hopeless[ARGV[i]] = true end

local waiting = rcall("ZRANGE", queueKey(model, "prioritized"), offset, offset + 99)
-- A half-open model keeps as many as it may probe with.
local keep = state == "half-open" and tonumber(m[3]) or 0
local total = rcall("ZCARD", queueKey(model, "prioritized"))
local moved = 0
for i, id in ipairs(waiting) do
  if offset + i > total - keep then break end
  local job = readJob(id)
  if job and not isSettled(job) then
    local kind = kindOf(job)
    if not hopeless[kind] then
      removeWaiting(model, id, job.class, job.candidates)
      local done, skipped = tryMove(job, model, excludedBy(job, model), held and state == "closed" and "held" or "unavailable")
      if done then
        moved = moved + 1
      elseif job.whenUnavailable == "fail" and state == "open" and allUnavailable(skipped) then
        settleFailure(job, "failed", "ALL_MODELS_UNAVAILABLE", "Every candidate of the request became unavailable.")
        keepFinished(model, id, "failed", "ALL_MODELS_UNAVAILABLE")
        moved = moved + 1
      else
        hopeless[kind] = true
        kinds[#kinds + 1] = kind
        addWaiting(model, job)
        if rcall("HGET", recordKey(id), "pkd") ~= "1" then
          rcall("HSET", recordKey(id), "pkd", "1")
          pushEvent(id, job.streamed, job.waiters, "parked", model,
            because(state ~= "closed" and ("breaker " .. state) or (held and "rate limited" or "no worker"), nil, skipped))
        end
      end
    end
  end
end
if offset == 0 then
  local delayed, stuck = rcall("ZRANGE", queueKey(model, "delayed"), 0, 99, "WITHSCORES"), {}
  for i = 1, #delayed, 2 do
    local id = delayed[i]
    local job = readJob(id)
    -- They come in no order of class.
    local kind = job and job.class .. kindOf(job)
    if job and not isSettled(job) and not stuck[kind] then
      rcall("ZREM", queueKey(model, "delayed"), id)
      if tryMove(job, model, excludedBy(job, model), "unavailable") then
        moved = moved + 1
      else
        stuck[kind] = true
        -- It keeps its delay: a retry must not come sooner because its model is down.
        rcall("ZADD", queueKey(model, "delayed"), delayed[i + 1], id)
      end
    end
  end
end
return { moved, #waiting, 1, kinds }
