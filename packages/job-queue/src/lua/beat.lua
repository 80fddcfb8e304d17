-- flags: allow-oom
--[[ A worker process says that it lives and what it serves.
  KEYS[1] {namespace}  ARGV: 1 worker id, 2 aliveMs, 3 info (JSON), 4.. models
  aliveMs 0: it leaves. Returns now. ]]
local aliveMs = tonumber(ARGV[2])
if aliveMs > 0 then
  rcall("ZADD", P .. ":workers", int(now + aliveMs), ARGV[1])
  rcall("HSET", P .. ":worker-info", ARGV[1], ARGV[3])
else
  rcall("ZREM", P .. ":workers", ARGV[1])
  rcall("HDEL", P .. ":worker-info", ARGV[1])
end
for _, gone in ipairs(rcall("ZRANGEBYSCORE", P .. ":workers", "-inf", int(now - 60000))) do
  rcall("ZREM", P .. ":workers", gone)
  rcall("HDEL", P .. ":worker-info", gone)
end
for i = 4, #ARGV do
  local key = P .. ":w:" .. ARGV[i]
  if aliveMs > 0 then rcall("ZADD", key, int(now + aliveMs), ARGV[1]) else rcall("ZREM", key, ARGV[1]) end
  rcall("ZREMRANGEBYSCORE", key, "-inf", nowText)
  local last = rcall("ZREVRANGE", key, 0, 0, "WITHSCORES")
  rcall("HSET", modelKey(ARGV[i]), "wa", last[2] or "0")
end
return nowText
