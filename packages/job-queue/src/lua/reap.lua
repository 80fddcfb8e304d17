-- flags: allow-oom
--[[ Settles requests whose budget ended, wherever they are, and keeps what is finished within its retention; 200 at most of each.
  KEYS[1] {namespace}  ARGV: 1 owner, 2 leaseMs
  Returns { how many, next deadline or 0, now }; -1 when another process holds the lease. ]]
local lease = rcall("GET", P .. ":reaper")
if lease and lease ~= ARGV[1] then return { -1, 0, nowText } end
rcall("SET", P .. ":reaper", ARGV[1], "PX", ARGV[2])
local due = rcall("ZRANGEBYSCORE", P .. ":deadlines", "-inf", nowText, "LIMIT", 0, 200)
for _, id in ipairs(due) do
  local job = readJob(id)
  if job and not isSettled(job) then
    leaveQueue(job, "expired", "DEADLINE_EXCEEDED", "The budget ended after " .. int(now - job.at) .. " ms, " .. job.state .. " at " .. job.model .. ".")
  end
  rcall("ZREM", P .. ":deadlines", id)
end
-- Followers whose leader ended while nothing had room for them.
for _, id in ipairs(rcall("SRANDMEMBER", P .. ":orphans", "20")) do
  local job = readJob(id)
  if not job or isSettled(job) then rcall("SREM", P .. ":orphans", id) else standAlone(job) end
end
local retention = readRetention()
forgetOutcomes(retention)
forgetDeadLetters(retention)
local next = rcall("ZRANGE", P .. ":deadlines", 0, 0, "WITHSCORES")
return { #due, next[2] or "0", nowText }
