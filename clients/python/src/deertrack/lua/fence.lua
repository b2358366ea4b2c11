-- The fence: a worker owns an entry while the pending list shows its name and the delivery count it was given.
-- The pending list is replicated and persisted, so the fence outlives restarts. The loader puts this file in
-- front of every script.
local function owns(commands, group, consumer, id, deliveries)
  -- An error (NOGROUP after a flush) has no [1] either: nobody owns what is not there.
  local pending = redis.pcall('XPENDING', commands, group, id, id, 1)[1]
  return pending and pending[2] == consumer and pending[4] == tonumber(deliveries)
end

-- The same for many entries of one consumer, with one look at all between `first` and `last`: what ends together was
-- fetched together, so hardly anything else lies there. A look for each took Redis about a seventh longer. What it has
-- no room for is asked for alone. Gives a function of an id and a delivery count. NOGROUP gives no rows: nobody owns.
local function owns_between(commands, group, consumer, first, last, count)
  local most = 4 * count
  local rows = redis.pcall('XPENDING', commands, group, first, last, most, consumer)
  local deliveries, saw_all = {}, #rows < most
  for _, row in ipairs(rows) do deliveries[row[1]] = row[4] end
  return function(id, delivery)
    if deliveries[id] or saw_all then return deliveries[id] == tonumber(delivery) end
    return owns(commands, group, consumer, id, delivery)
  end
end

