-- Coalescing: equal requests in flight share one model call. The first of them, the leader, has the job; `co:<cache key>` names it.
-- A follower has a record, a deadline and waiters of its own, but no job: it stands in `fo:<leader>`, in the order of its place, with
-- its job's data in its record (`jd`). The field `co` of a record says which it is:
--   l|<cache key>|<followed 0|1>|<streamed for a follower 0|1>|<lifted priority>|<lifted class>   or   f|<cache key>|<leader, "" for none>
-- What a leader that ends leaves goes to its followers: its answer, or the call.
local maxFollowers = 200
-- How long an answer that was just given is handed on, until the cache has it.
local bridgeMs = 2000

local function coalesceKey(cacheKey) return P .. ":co:" .. cacheKey end
local function followersKey(id) return P .. ":fo:" .. id end

local function writeLeader(id, co)
  rcall("HSET", recordKey(id), "co", "l|" .. co.key .. "|" .. (co.followed and 1 or 0) .. "|" .. (co.streamed and 1 or 0) .. "|" .. (co.priority or "") .. "|" .. (co.class or ""))
end

-- A request that was given a job is the one to follow from now on, until it has its outcome: when its budget is over, that comes a little
-- later, and who asks in between must not begin a call beside the one that its followers are handed.
local function lead(id, cacheKey, untilMs)
  rcall("SET", coalesceKey(cacheKey), id, "PX", int(math.max(untilMs - now, 0) + 60000))
end

local function follow(leaderId, id, score, untilMs)
  local key = followersKey(leaderId)
  rcall("ZADD", key, int(score), id)
  -- A deadline is told to followers one by one; the key itself only must not stay.
  local left = untilMs - now + 60000
  if rcall("PTTL", key) < left then rcall("PEXPIRE", key, int(left)) end
end

-- A leader goes where its most urgent follower would be.
local function lift(leader, priority, class)
  if priority >= leader.priority then return end
  local waits = leader.state == "waiting" and removeWaiting(leader.model, leader.id, leader.class, leader.candidates)
  leader.co.priority, leader.co.class = priority, class
  leader.priority, leader.class = priority, class
  if class == "0" then leader.maxWaitMs = 0 end
  if waits then addWaiting(leader.model, leader) end
end

-- Whether whatever the leader may be answered by is a candidate of the follower, too.
local function mayFollow(leader, candidates)
  local own = ";" .. candidates
  for model in eachModel(leader.candidates) do
    if not string.find(own, ";" .. model .. "|", 1, true) then return false end
  end
  return true
end

-- The leader's answer as the follower's own: with its id, its times, and the mark.
local resultFrame = '^{"state":"completed","id":"[^"]*","result":{"id":"[^"]*","success":true,"latencyMs":%d+,"waitMs":%d+,"cached":false,"coalesced":false,'
local function answerOf(job, outcome, startedAt)
  local _, last = string.find(outcome, resultFrame)
  if not last then return nil end
  return '{"state":"completed","id":"' .. job.id .. '","result":{"id":"' .. job.id .. '","success":true,"latencyMs":' .. int(now - job.at)
    .. ',"waitMs":' .. int(math.max(startedAt - job.at, 0)) .. ',"cached":false,"coalesced":true,' .. string.sub(outcome, last + 1)
end

-- An entry of the cache is a result without its frame; the frame says where it came from. `found`: more members, JSON, from a comma on.
local function cachedOutcome(id, tier, found, latencyMs, answer)
  return '{"state":"completed","id":"' .. id .. '","result":{"id":"' .. id .. '","success":true,"latencyMs":' .. int(latencyMs) .. ',"waitMs":' .. int(latencyMs)
    .. ',"attempts":[],"skipped":[],"cached":"' .. tier .. '"' .. found .. ',"coalesced":false,' .. string.sub(answer, 2) .. "}"
end

-- A streamed request that is answered without a run of its own gets the answer as one delta, if it has had none.
local function replayAnswer(job, outcome)
  if job.streamed ~= "1" or job.sent then return end
  local result = cjson.decode(outcome).result
  job.eventSeq = job.eventSeq + 1
  local delta = { epoch = job.epoch, seq = job.eventSeq, text = result.content, reasoning = result.reasoning, finishReason = result.finishReason, usage = result.usage }
  local batch = "[" .. cjson.encode(delta) .. "]"
  rcall("HSET", recordKey(job.id), "es", int(job.eventSeq), "sd", "1")
  rcall("XADD", P .. ":st:" .. job.id, int(job.eventSeq) .. "-0", "d", batch)
  tellWaiters(job.waiters, "i", job.id, "d", batch)
end

-- The leader's failure as the follower's own: failures begin with state and id.
local function failureOf(job, leaderId, outcome)
  local head = '{"state":"failed","id":"'
  return head .. job.id .. string.sub(outcome, #head + #leaderId + 1)
end

-- `note`: of a failure, for BullMQ's failed set.
local function settleFollower(job, state, outcome, note)
  job.model = state == "completed" and "" or job.model
  if state == "failed" then
    -- A dead letter keeps its prompt, where dead letters have it.
    writeJob(job.model, job.id, rcall("HGET", recordKey(job.id), "jd") or "{}", job.priority, int(job.at))
    keepFinished(job.model, job.id, "failed", note)
  end
  if state == "completed" then replayAnswer(job, outcome) end
  settle(job, state, outcome, now - job.at)
  rcall("HDEL", recordKey(job.id), "jd")
end

-- Writes deltas of a leader into a follower's stream, under the follower's own numbers. One whose caller did not ask for restarts
-- ends where the leader's answer begins anew.
local function passDeltas(id, batch)
  local r = rcall("HMGET", recordKey(id), "st", "w", "dl", "p", "es", "sd")
  if not r[1] or outcomes[r[1]] then return end
  local plan = readPlan(r[4])
  if plan.sm ~= "1" then return end
  if plan.ob == "error" and r[6] and string.find(batch, ',"restart":true', 1, true) then
    local job = readJob(id)
    local message = "The answer that it shared began anew on another run, and the request did not ask for a restart."
    settleFollower(job, "failed", failure(job, "failed", "STREAM_BROKEN", message), "STREAM_BROKEN: " .. message)
    return
  end
  local seq = tonumber(r[5])
  local own = string.gsub(batch, '{"epoch":(%d+),"seq":%d+', function(epoch)
    seq = seq + 1
    return '{"epoch":' .. epoch .. ',"seq":' .. int(seq)
  end)
  rcall("HSET", recordKey(id), "es", int(seq), "sd", "1")
  rcall("XADD", P .. ":st:" .. id, int(seq) .. "-0", "d", own)
  rcall("PEXPIREAT", P .. ":st:" .. id, int(tonumber(r[3]) + plan.stt))
  tellWaiters(r[2], "i", id, "d", own)
end

local function passToFollowers(leaderId, batch)
  for _, id in ipairs(rcall("ZRANGE", followersKey(leaderId), "0", "-1")) do passDeltas(id, batch) end
end

-- Gives a follower that has lost its leader a job of its own, if any of its candidates has room. Otherwise says why they have none.
local function promote(job)
  local model, seen, skipped = choose(job.candidates, job.class, scoreOf(job.priority, job.seq), excludedBy(job), true, nil)
  if not model then return false, skipped end
  writeJob(model, job.id, rcall("HGET", recordKey(job.id), "jd") or "{}", job.priority, int(job.at))
  rcall("HDEL", recordKey(job.id), "jd")
  rcall("HSET", recordKey(job.id), "q", model, "qa", nowText)
  rcall("SREM", P .. ":orphans", job.id)
  job.model, job.co = model, { role = "l", key = job.co.key, followed = rcall("EXISTS", followersKey(job.id)) == 1 }
  writeLeader(job.id, job.co)
  lead(job.id, job.co.key, job.deadline)
  addWaiting(model, job)
  queueEvent(model, "waiting", "jobId", job.id)
  pushEvent(job.id, job.streamed, job.waiters, "queued", model, because("the request that it shared a call with ended", nil, skipped))
  return true
end

-- What becomes of a follower that has lost its leader: a job, or, where it asked for that and no model is there, its failure. Without
-- room it waits for some in `orphans`; reap.lua looks.
local function standAlone(job)
  local promoted, skipped = promote(job)
  if promoted then return end
  job.co.leader = ""
  if job.whenUnavailable == "fail" and allUnavailable(skipped) then
    settleFollower(job, "failed", failure(job, "failed", "ALL_MODELS_UNAVAILABLE", "The request whose call it shared ended, and every candidate is unavailable."),
      "ALL_MODELS_UNAVAILABLE")
    return
  end
  rcall("HSET", recordKey(job.id), "co", "f|" .. job.co.key .. "|")
  rcall("SADD", P .. ":orphans", job.id)
end

-- The first of the followers takes the call over, the others follow it.
local function handOver(leader)
  local from = followersKey(leader.id)
  local heir
  for _, id in ipairs(rcall("ZRANGE", from, "0", "-1")) do
    local job = readJob(id)
    if not job or isSettled(job) then
      rcall("ZREM", from, id)
    elseif not heir then
      heir = job
      rcall("ZREM", from, id)
    else
      rcall("HSET", recordKey(id), "co", "f|" .. job.co.key .. "|" .. heir.id)
      -- What it was given of the old call is void. The new one may not be streamed, so it is told now.
      if job.sent then
        passDeltas(id, '[{"epoch":' .. int(leader.epoch) .. ',"seq":0,"restart":true}]')
        rcall("HDEL", recordKey(id), "sd")
      end
    end
  end
  if not heir then return end
  if rcall("EXISTS", from) == 1 then rcall("RENAME", from, followersKey(heir.id)) end
  standAlone(heir)
end

-- What settle calls for a request that took part in this.
function afterSettled(job, state, outcome)
  local co = job.co
  if co.role == "f" then
    if co.leader ~= "" then rcall("ZREM", followersKey(co.leader), job.id) end
    rcall("SREM", P .. ":orphans", job.id)
    -- One that waited for room may have followers of its own.
    if co.leader == "" then handOver(job) end
    return
  end
  local key = coalesceKey(co.key)
  if rcall("GET", key) == job.id then
    if state == "completed" then rcall("PEXPIRE", key, bridgeMs) else rcall("DEL", key) end
  end
  if not co.followed then return end
  local answered = state == "completed" and string.find(outcome, resultFrame)
  -- What the provider refused in one request it refuses in all.
  local rejected = state == "failed" and string.find(outcome, '"code":"PROVIDER_REJECTED"', 1, true)
  if not answered and not rejected then return handOver(job) end
  local startedAt = tonumber(rcall("HGET", recordKey(job.id), "ga") or now)
  for _, id in ipairs(rcall("ZRANGE", followersKey(job.id), "0", "-1")) do
    local follower = readJob(id)
    if follower and not isSettled(follower) then
      settleFollower(follower, state, answered and answerOf(follower, outcome, startedAt) or failureOf(follower, job.id, outcome),
        "PROVIDER_REJECTED")
    end
  end
  rcall("DEL", followersKey(job.id))
end
