-- The fence: a worker owns an entry while the pending list shows its name and the delivery count it was given.
-- The pending list is replicated and persisted, so the fence outlives restarts. The loader puts this function
-- in front of every script.
local function owns(commands, group, consumer, id, deliveries)
  -- An error (NOGROUP after a flush) has no [1] either: nobody owns what is not there.
  local pending = redis.pcall('XPENDING', commands, group, id, id, 1)[1]
  return pending and pending[2] == consumer and pending[4] == tonumber(deliveries)
end

