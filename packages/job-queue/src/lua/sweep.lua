-- flags: allow-oom
--[[ Gives open requests whose job is gone from its queue (removed from outside) their outcome; looks at 200 at most, from `offset` on.
  Every open request has a deadline, so the deadlines are the list of them.
  KEYS[1] {namespace}  ARGV: 1 offset
  Returns { vanished, looked at } ]]
local offset = tonumber(ARGV[1])
local ids = rcall("ZRANGE", P .. ":deadlines", offset, offset + 199)
local vanished = 0
for _, id in ipairs(ids) do
  local job = readJob(id)
  -- A follower has no job; it is told when its leader ends.
  if job and not isSettled(job) and not (job.co and job.co.role == "f") then
    local model = job.model
    local there = rcall("EXISTS", queueKey(model, id)) == 1
      and (rcall("ZSCORE", queueKey(model, "prioritized"), id) or rcall("ZSCORE", queueKey(model, "delayed"), id)
        or rcall("LPOS", queueKey(model, "active"), id) or rcall("LPOS", queueKey(model, "wait"), id))
    if not there then
      if not removeWaiting(model, id, job.class, job.candidates) then
        rcall("ZREM", queueKey(model, "delayed"), id)
        rcall("LREM", queueKey(model, "active"), 1, id)
        if job.state == "waiting" then forgetWaiting(model, job) end
      end
      dropJob(model, id)
      settleFailure(job, "failed", "JOB_VANISHED", "Its job was removed from the queue of " .. model .. " from outside.")
      vanished = vanished + 1
    end
  end
end
return { vanished, #ids }
