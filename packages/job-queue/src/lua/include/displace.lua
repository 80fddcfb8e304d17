-- Displacement: an urgent request whose every candidate is full takes the place of the last waiting LOW (then NORMAL) job of
-- a queue: never one that was started or is overdue, and with "move" only one that another candidate has room for.
local displaceable = { { rank = "3", from = 3000, to = 4000 }, { rank = "2", from = 2000, to = 3000 } }
local looksAt = 50

local function placeIn(model, score)
  local m = rcall("HMGET", modelKey(model), "conc", "svc")
  local depth, active, waiting = depthOf(model)
  return model, { depth = depth, active = active, limitedUntil = 0, wait = expectedWait(model, score, active, waiting, tonumber(m[1]), tonumber(m[2] or 0), now) }
end

-- A place in one of the full queues: the model and what is seen there, or nil. `mode`: "move" or "fail".
-- Where work of this class or a higher one is parked for the queue, the place is that one's.
local function displace(candidates, skipped, mode, class, score)
  local full = {}
  for _, s in ipairs(skipped) do
    if s.kind == "full" and parkedFor(s.model, class) == 0 then full[s.model] = true end
  end
  for _, candidate in ipairs(candidates) do
    local model = candidate.model
    for _, band in ipairs(full[model] and displaceable or {}) do
      local waiting = rcall("ZREVRANGEBYSCORE", queueKey(model, "prioritized"), "(" .. int(band.to * 4294967296), int(band.from * 4294967296), "LIMIT", 0, looksAt)
      for _, id in ipairs(waiting) do
        local job = readJob(id)
        -- (One that others follow would give its place to the first of them.)
        if job and not isSettled(job) and job.epoch == 0 and not (job.co and job.co.followed) and not (job.maxWaitMs > 0 and job.at + job.maxWaitMs <= now) then
          if mode == "fail" then
            removeWaiting(model, id, job.class, job.candidates)
            settleFailure(job, "failed", "DISPLACED", "A more urgent request took its place in the queue of " .. model .. ".")
            keepFinished(model, id, "failed", "DISPLACED")
            return placeIn(model, score)
          end
          removeWaiting(model, id, job.class, job.candidates)
          if tryMove(job, model, excludedBy(job, model), "displaced") then return placeIn(model, score) end
          addWaiting(model, job)
        end
      end
    end
  end
  return nil
end
