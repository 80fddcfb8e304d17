-- flags: allow-oom
--[[ What a request reserved under the rates of an API key becomes what it used.
  KEYS[1] {namespace}  ARGV: 1 id of the key, 2 the request's own name, 3 tokens
  Returns 1. ]]
local owner = "key:" .. ARGV[1]
settleTokens(owner, P .. ":rk:" .. owner .. ":sum", ARGV[2], tonumber(ARGV[3]))
return 1
