-- flags: allow-oom
--[[ Returns jobs whose worker is gone (no lock) to their own place, or fails them at the stall limit.
  KEYS[1] {namespace}  ARGV: 1 maxStalled, 2.. models
  Returns the ids that were recovered, as { model, id, … } ]]
local recovered = {}
for i = 2, #ARGV do
  local model = ARGV[i]
  for _, id in ipairs(rcall("LRANGE", queueKey(model, "active"), 0, -1)) do
    if rcall("EXISTS", queueKey(model, id .. ":lock")) == 0 then
      rcall("LREM", queueKey(model, "active"), 1, id)
      local job = readJob(id)
      if job then rcall("ZREM", P .. ":pb:" .. model, id .. ":" .. int(job.epoch)) end
      if not job or isSettled(job) or job.model ~= model then
        dropJob(model, id)
      else
        local grantedAt = tonumber(rcall("HGET", recordKey(id), "ga") or job.queuedAt)
        local lost = '{"model":"' .. model .. '","waitMs":' .. int(lastWait(job)) .. ',"runMs":' .. int(now - grantedAt)
          .. ',"outcome":"worker-lost","errorCode":"WORKER_LOST","breaker":"' .. job.breakerAtGrant .. '"}'
        job.attempts = job.attempts == "" and lost or (job.attempts .. "," .. lost)
        rcall("HSET", recordKey(id), "att", job.attempts)
        count("recovered")
        if rcall("HINCRBY", queueKey(model, id), "stc", 1) > tonumber(ARGV[1]) then
          local message = "The workers that ran it died or stopped answering " .. (tonumber(ARGV[1]) + 1) .. " times."
          settleFailure(job, "failed", "STALLED", message)
          keepFinished(model, id, "failed", "STALLED: " .. message)
        else
          putBack(job, model, "worker lost")
          queueEvent(model, "stalled", "jobId", id)
        end
        recovered[#recovered + 1] = model
        recovered[#recovered + 1] = id
      end
      if rcall("EXISTS", queueKey(model, "prioritized")) == 1 then wake(model) end
    end
  end
end
return recovered
