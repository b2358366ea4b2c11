#!lua flags=allow-oom
-- Drops an entry whose job has ended before: no status, no event.
--
-- KEYS[1] commands (stream)
-- ARGV    group, consumer, entry id, delivery count
-- returns 1 done, 0 lost
local group, consumer, id, deliveries = unpack(ARGV)
if not owns(KEYS[1], group, consumer, id, deliveries) then return 0 end
redis.call('XDEL', KEYS[1], id)
redis.call('XACK', KEYS[1], group, id)
return 1
