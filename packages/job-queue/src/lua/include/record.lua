-- Reads what the scripts need of a record. nil when there is none. What never changes is one field, `p`, JSON that the client
-- wrote: { cls class rank, pri priority, c candidate list, mw maxWaitMs, sm streamed, mx maxAttempts, wu whenUnavailable,
-- rt resultTtlMs, stt streamTtlMs, dt deadLetterTtlMs, tok token estimate, tn tenant }.
-- What the field `co` says of a request that shares its call with others, or may (see include/coalesce.lua).
local function shareIn(job, co)
  local key, leader = string.match(co, "^f|([^|]*)|(.*)$")
  if key then
    job.co = { role = "f", key = key, leader = leader }
    return
  end
  local followed, streamed, priority, class
  key, followed, streamed, priority, class = string.match(co, "^l|([^|]*)|(%d)|(%d)|(%d*)|(%d*)$")
  job.co = { role = "l", key = key, followed = followed == "1", streamed = streamed == "1" }
  if priority ~= "" then
    job.priority, job.class = tonumber(priority), class
    job.co.priority, job.co.class = priority, class
    if class == "0" then job.maxWaitMs = 0 end
  end
  if streamed == "1" then job.streamed = "1" end
end

-- Plans of one class and route differ in their ends only, token estimate and tenant: what stands before is decoded once, for all calls.
local plans, planCount = {}, 0
local function readPlan(text)
  local before, last = string.find(text, ',"tok":', 1, true)
  local tokens, tenant = string.match(text, '^(%d+),"tn":"([^"\\]*)"}$', (last or 0) + 1)
  if not tokens then
    local plan = cjson.decode(text)
    return plan, plan.tok, plan.tn
  end
  local head = string.sub(text, 1, before - 1)
  local plan = plans[head]
  if not plan then
    if planCount == 256 then plans, planCount = {}, 0 end
    plan, planCount = cjson.decode(head .. "}"), planCount + 1
    plans[head] = plan
  end
  return plan, tonumber(tokens), tenant
end

local function readJob(id)
  local f = rcall("HMGET", recordKey(id), "st", "q", "seq", "at", "dl", "w", "es", "p", "ep", "n", "att", "sk", "nx", "fe", "qa", "wm", "gbe", "sd", "gbs", "co")
  if not f[1] then return nil end
  local plan, tokens, tenant = readPlan(f[8])
  local at = tonumber(f[4])
  local job = {
    id = id, state = f[1], model = f[2], seq = tonumber(f[3]), at = at, deadline = tonumber(f[5]), waiters = f[6], eventSeq = tonumber(f[7]),
    class = plan.cls, ownClass = plan.cls, priority = plan.pri, candidates = plan.c, maxWaitMs = plan.mw, streamed = plan.sm, maxAttempts = plan.mx,
    whenUnavailable = plan.wu, resultTtl = plan.rt, streamTtl = plan.stt, deadTtl = plan.dt, tokens = tokens, tenant = tenant,
    epoch = tonumber(f[9] or 0), counted = tonumber(f[10] or 0), attempts = f[11] or "", skipped = f[12] or "", refusedBy = f[13] or "|",
    finishedEpoch = tonumber(f[14]), queuedAt = tonumber(f[15] or at), waitedMs = tonumber(f[16] or 0), breakerEpoch = f[17] or "0", sent = f[18], breakerAtGrant = f[19] or "closed",
  }
  if f[20] then shareIn(job, f[20]) end
  return job
end

-- What every record begins with. `plan`: JSON, see above; `body`: its first event.
local function newRecord(id, model, seq, deadline, waiters, body, plan)
  rcall("HSET", recordKey(id), "st", "waiting", "q", model, "seq", seq, "at", nowText, "dl", deadline, "w", waiters, "es", "1", "h1", body, "p", plan)
end

local outcomes = { completed = true, failed = true, cancelled = true, expired = true }
local function isSettled(job) return outcomes[job.state] == true end
