-- flags: allow-oom
--[[ Gives the model's next jobs to a worker.
  KEYS[1] {namespace}  ARGV: 1 model, 2 lock token (that of the nth job is <token>/<n>), 3 worker name, 4 worker id, 5 lockMs, 6 how many at most (0: none, only its offer is void),
    7 resend 0|1: the same was asked before and the reply lost; what it granted is given again, 8 the offer that the worker has left, if any:
    it is void from now on, and what was given for it before, and is not known there, is the answer
  Returns one or more of { job data or 0, id or 0, more 0|1, untilMs, now, { epoch, remainingMs, waitMs, totalWaitMs, attempts, skipped, counted,
    maxAttempts, streamed, breaker, lastSeq, sent, elapsedMs, lock token, ageMs } }; without a job it is the only one. ]]
local model, token, offer = ARGV[1], ARGV[2], ARGV[8] or ""
local isTaken = offer ~= "" and rcall("ZREM", offersKey(model), offer) == 0
if ARGV[7] == "1" or isTaken then
  local offered = isTaken and string.match(offer, "^%d+|%d+|([^|]+)|")
  local before = grantedBefore(model, ARGV[5], function(other)
    local prefix = string.match(other, "^(.*)/%d+$")
    return prefix == token or offered and prefix == offered
  end)
  if offered then rcall("DEL", grantsKey(offered)) end
  if before[1] then return before end
end
if ARGV[6] == "0" then return { none(0) } end
local worker = { name = ARGV[3], id = ARGV[4], lockMs = ARGV[5] }
local given, rest = grant(model, worker, readModel(model), tonumber(ARGV[6]), function(n) return token .. "/" .. n end)
return given[1] and given or { rest }
