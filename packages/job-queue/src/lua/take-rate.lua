--[[ Takes one request's place under the rates of an API key, or says how long there is none.
  KEYS[1] {namespace}  ARGV: 1 id of the key, 2 rpm or "", 3 tpm or "", 4 the request's own name, 5 tokens to reserve
  Returns 0, or ms to wait. ]]
local owner = "key:" .. ARGV[1]
local state = P .. ":rk:" .. owner .. ":sum"
local rpm, tpm, member, tokens = tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV[4], tonumber(ARGV[5])
-- A resend of what was granted.
if rcall("ZSCORE", P .. ":rt:" .. owner, member) then return 0 end
local untilMs = rateUntil(owner, state, rpm, tpm, tokens)
if untilMs > now then return untilMs - now end
takeRate(owner, state, rpm, tpm, member, tokens)
if tpm then rcall("PEXPIRE", state, window * 2) end
return 0
