-- Sliding window of 61 s on Redis's clock: `rt:<owner>` holds the starts, `rk:<owner>` their tokens, and the field `tk`
-- of `state` their sum. One second more than a minute covers the way from the grant to the provider.
local window = 61000

local function trimRates(owner, state)
  local starts = P .. ":rt:" .. owner
  local old = rcall("ZRANGEBYSCORE", starts, "-inf", int(now - window), "LIMIT", 0, 1000)
  if #old == 0 then return end
  rcall("ZREM", starts, unpack(old))
  local tokens = rcall("HMGET", P .. ":rk:" .. owner, unpack(old))
  local sum = 0
  for i = 1, #old do sum = sum + tonumber(tokens[i] or 0) end
  rcall("HDEL", P .. ":rk:" .. owner, unpack(old))
  if sum > 0 then rcall("HINCRBY", state, "tk", -sum) end
end

-- When the next start may be, in ms: now or earlier if at once.
local function rateUntil(owner, state, rpm, tpm, tokens)
  if not rpm and not tpm then return 0 end
  trimRates(owner, state)
  local starts = P .. ":rt:" .. owner
  if rcall("EXISTS", starts) == 0 then rcall("HDEL", state, "tk") end
  local untilMs = 0
  if rpm then
    local used = rcall("ZCARD", starts)
    if used >= rpm then
      local entry = rcall("ZRANGE", starts, used - rpm, used - rpm, "WITHSCORES")
      untilMs = tonumber(entry[2]) + window
    end
  end
  if tpm then
    local used = tonumber(rcall("HGET", state, "tk") or 0)
    -- A request larger than the limit itself goes when the window is empty.
    if used > 0 and used + tokens > tpm then
      local needed = used + math.min(tokens, tpm) - tpm
      local from = 0
      repeat
        local members = rcall("ZRANGE", starts, from, from + 499, "WITHSCORES")
        for i = 1, #members, 2 do
          untilMs = math.max(untilMs, tonumber(members[i + 1]) + window)
          needed = needed - tonumber(rcall("HGET", P .. ":rk:" .. owner, members[i]) or 0)
          if needed <= 0 then break end
        end
        from = from + 500
      until needed <= 0 or #members == 0
    end
  end
  return untilMs
end

local function takeRate(owner, state, rpm, tpm, member, tokens)
  if not rpm and not tpm then return end
  rcall("ZADD", P .. ":rt:" .. owner, nowText, member)
  rcall("PEXPIRE", P .. ":rt:" .. owner, window * 2)
  if tpm and tokens > 0 then
    rcall("HSET", P .. ":rk:" .. owner, member, tokens)
    rcall("PEXPIRE", P .. ":rk:" .. owner, window * 2)
    rcall("HINCRBY", state, "tk", tokens)
  end
end

-- The reservation becomes what was really used: a refund or a debt.
local function settleTokens(owner, state, member, tokens)
  local reserved = rcall("HGET", P .. ":rk:" .. owner, member)
  if not reserved then return end
  rcall("HSET", P .. ":rk:" .. owner, member, tokens)
  rcall("HINCRBY", state, "tk", tokens - tonumber(reserved))
end

-- A run that made no call gives its start back.
local function refundRate(owner, state, member)
  if rcall("ZREM", P .. ":rt:" .. owner, member) == 0 then return end
  local reserved = tonumber(rcall("HGET", P .. ":rk:" .. owner, member) or 0)
  if reserved == 0 then return end
  rcall("HDEL", P .. ":rk:" .. owner, member)
  rcall("HINCRBY", state, "tk", -reserved)
end
