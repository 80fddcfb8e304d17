-- Writes that the finishes, or the dispatches, of one call share: each kind goes as one command, with all its members, because a command
-- costs Redis more than what it does. Between `shareWrites` and `writeShared` they are gathered in `shared`; otherwise they are written
-- at once. Nothing in between may read them.
local function shareWrites() shared = { ZADD = {}, ZREM = {}, counts = {}, full = {}, bytes = 0 } end

local function gathered(command, key)
  local members = shared[command][key]
  if not members then
    members = {}
    shared[command][key] = members
  end
  return members
end

local function add(key, score, member)
  if not shared then return rcall("ZADD", key, score, member) end
  local members = gathered("ZADD", key)
  members[#members + 1] = score
  members[#members + 1] = member
end

local function remove(key, member)
  if not shared then return rcall("ZREM", key, member) end
  local members = gathered("ZREM", key)
  members[#members + 1] = member
end

-- The namespace's counters.
local function count(field, by)
  if not shared then return rcall("HINCRBY", P .. ":stats", field, by or "1") end
  shared.counts[field] = (shared.counts[field] or 0) + (by or 1)
end

-- BullMQ's finished sets, for the board and for outsiders: so many are kept. A hundred at a time: trimming each by itself would cost
-- every finish.
local kept = { completed = 1000, failed = 100000 }
local function trimKept(model, state)
  local set = queueKey(model, state)
  if shared then
    shared.full[set] = { model, state }
  elseif rcall("ZCARD", set) >= kept[state] + 100 then
    for i, oldest in ipairs(rcall("ZPOPMIN", set, "100")) do
      if i % 2 == 1 then rcall("DEL", queueKey(model, oldest)) end
    end
  end
end

-- The bytes of all outcomes share one budget; reap.lua keeps it.
local function spendBytes(bytes)
  if shared then shared.bytes = shared.bytes + bytes else rcall("INCRBY", P .. ":outcome-bytes", int(bytes)) end
end

local function writeShared()
  local all = shared
  shared = nil
  for key, members in pairs(all.ZADD) do rcall("ZADD", key, unpack(members)) end
  for key, members in pairs(all.ZREM) do rcall("ZREM", key, unpack(members)) end
  for field, by in pairs(all.counts) do count(field, int(by)) end
  for _, set in pairs(all.full) do trimKept(set[1], set[2]) end
  if all.bytes > 0 then spendBytes(all.bytes) end
end

-- Before something that may read them.
local function writeSharedNow()
  if not shared then return end
  writeShared()
  shareWrites()
end
