-- Reads what the scripts need of a record. nil when there is none.
local function readJob(id)
  local f = rcall("HMGET", recordKey(id), "st", "q", "cls", "pri", "seq", "ep", "at", "dl", "w", "c", "mw", "sm", "n", "mx", "att", "sk",
    "nx", "wu", "es", "rt", "stt", "fe", "qa", "wm", "tok", "gbe", "tn", "sd", "dt")
  if not f[1] then return nil end
  return {
    id = id, state = f[1], model = f[2], class = f[3], priority = tonumber(f[4]), seq = tonumber(f[5]), epoch = tonumber(f[6]),
    at = tonumber(f[7]), deadline = tonumber(f[8]), waiters = f[9], candidates = f[10], maxWaitMs = tonumber(f[11]), streamed = f[12],
    counted = tonumber(f[13]), maxAttempts = tonumber(f[14]), attempts = f[15], skipped = f[16], refusedBy = f[17], whenUnavailable = f[18],
    eventSeq = tonumber(f[19]), resultTtl = f[20], streamTtl = f[21], finishedEpoch = tonumber(f[22]),
    queuedAt = tonumber(f[23]), waitedMs = tonumber(f[24]), tokens = tonumber(f[25]), breakerEpoch = f[26], tenant = f[27], sent = f[28], deadTtl = tonumber(f[29] or 0),
  }
end

local outcomes = { completed = true, failed = true, cancelled = true, expired = true }
local function isSettled(job) return outcomes[job.state] == true end
