#!lua flags=allow-oom
-- Hands entries back, so that the next sweep of any worker takes them at once and no delivery is counted.
--
-- KEYS[1]    commands (stream)
-- KEYS[1+i]  status of job i
-- ARGV[1]    group, ARGV[2] consumer, ARGV[3] idle time to set in ms (just over the lease),
-- ARGV[4]    status TTL in seconds
-- then 3 for each entry: entry id, delivery count, record to write (JSON) or '' to leave the status alone
-- returns    for each entry 1 done, 0 lost
local group, consumer, idle, ttl = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local results = {}
for i = 1, (#ARGV - 4) / 3 do
  local a = 3 * i + 2
  local id, deliveries = ARGV[a], ARGV[a + 1]
  if owns(KEYS[1], group, consumer, id, deliveries) then
    redis.call('XCLAIM', KEYS[1], group, consumer, 0, id,
      'IDLE', idle, 'RETRYCOUNT', deliveries - 1, 'JUSTID')
    if ARGV[a + 2] ~= '' then redis.call('SETEX', KEYS[1 + i], ttl, ARGV[a + 2]) end
    results[i] = 1
  else
    results[i] = 0
  end
end
return results
