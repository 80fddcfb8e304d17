-- Settles a request from outside its run (cancelled, expired), wherever its job is.
local function leaveQueue(job, state, code, message)
  local model = job.model
  if job.co and job.co.role == "f" then
    settleFailure(job, state, code, message)
    rcall("HDEL", recordKey(job.id), "jd")
    return
  end
  if job.state == "active" then
    settleFailure(job, state, code, message)
    publish('{"type":"abort","id":"' .. job.id .. '","epoch":' .. int(job.epoch) .. ',"model":"' .. model .. '","reason":"' .. state .. '"}')
    return
  end
  if not removeWaiting(model, job.id, job.class, job.candidates) and rcall("ZREM", queueKey(model, "delayed"), job.id) == 0 then
    forgetWaiting(model, job)
  end
  dropJob(model, job.id)
  queueEvent(model, "removed", "jobId", job.id, "prev", "waiting")
  settleFailure(job, state, code, message)
  if rcall("EXISTS", queueKey(model, "prioritized")) == 1 then wake(model) end
end
