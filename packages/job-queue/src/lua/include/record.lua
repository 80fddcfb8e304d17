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

-- f: the fields in the order of `readJob`.
local function jobOf(id, f)
  if not f[1] then return nil end
  local plan, tokens, tenant = readPlan(f[8])
  local at = tonumber(f[4])
  local job = {
    id = id, state = f[1], model = f[2], seq = tonumber(f[3]), at = at, deadline = tonumber(f[5]), waiters = f[6], eventSeq = tonumber(f[7]),
    class = plan.cls, ownClass = plan.cls, priority = plan.pri, candidates = plan.c, maxWaitMs = plan.mw, streamed = plan.sm, maxAttempts = plan.mx,
    whenUnavailable = plan.wu, resultTtl = plan.rt, streamTtl = plan.stt, deadTtl = plan.dt, tokens = tokens, tenant = tenant,
    skipped = f[9] or "", epoch = tonumber(f[11] or 0), breakerEpoch = f[12] or "0", breakerAtGrant = f[13] or "closed",
    counted = tonumber(f[14] or 0), attempts = f[15] or "", refusedBy = f[16] or "|", finishedEpoch = tonumber(f[17] or nil),
    queuedAt = tonumber(f[18] or at), waitedMs = tonumber(f[19] or 0), sent = f[20],
  }
  if f[10] then shareIn(job, f[10]) end
  return job
end

local function readJob(id)
  return jobOf(id, rcall("HMGET", recordKey(id), "st", "q", "seq", "at", "dl", "w", "es", "p", "sk", "co", "ep", "gbe", "gbs",
    "n", "att", "nx", "fe", "qa", "wm", "sd"))
end

-- Each field costs, one that is not there most of all. Whatever writes the later ones adds an event or a delta, so `es` tells whether
-- there can be any.
local function withRest(id, f, ...)
  for _, value in ipairs(f[1] and rcall("HMGET", recordKey(id), ...) or {}) do f[#f + 1] = value end
  return f
end

-- readJob, of a job that waits: as a rule for the first time.
local function readWaiting(id)
  local f = rcall("HMGET", recordKey(id), "st", "q", "seq", "at", "dl", "w", "es", "p", "sk", "co")
  if f[1] == "waiting" and f[7] == "1" then return jobOf(id, f) end
  return jobOf(id, withRest(id, f, "ep", "gbe", "gbs", "n", "att", "nx", "fe", "qa", "wm", "sd"))
end

-- readJob, of one that a worker ran: as a rule for the first time. What it had waited is not read then.
local function readActive(id)
  local f = rcall("HMGET", recordKey(id), "st", "q", "seq", "at", "dl", "w", "es", "p", "sk", "co", "ep", "gbe", "gbs")
  if f[1] == "active" and f[11] == "1" and f[7] == "2" then return jobOf(id, f) end
  return jobOf(id, withRest(id, f, "n", "att", "nx", "fe", "qa", "wm", "sd"))
end

-- What every record begins with. `plan`: JSON, see above; `body`: its first event.
local function newRecord(id, model, seq, deadline, waiters, body, plan)
  rcall("HSET", recordKey(id), "st", "waiting", "q", model, "seq", seq, "at", nowText, "dl", deadline, "w", waiters, "es", "1", "h1", body, "p", plan)
end

local outcomes = { completed = true, failed = true, cancelled = true, expired = true }
local function isSettled(job) return outcomes[job.state] == true end
