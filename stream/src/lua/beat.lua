#!lua flags=allow-oom
-- Renews the leases of running jobs, writes their status and asks whether they shall be cancelled.
--
-- KEYS[1]    commands (stream)
-- KEYS[2i]   status of job i
-- KEYS[2i+1] cancel flag of job i
-- ARGV[1]    group, ARGV[2] consumer, ARGV[3] status TTL in seconds
-- then 3 for each job: entry id, delivery count, running record (JSON)
-- returns    for each job 0 lost, 1 held, 2 held and to be cancelled
--
-- The fence comes first: a bare XCLAIM would steal the entry back from the worker that took it over.
-- allow-oom: else a full Redis would take the leases of jobs that are about to free memory.
local group, consumer, ttl = ARGV[1], ARGV[2], ARGV[3]
local results = {}
for i = 1, (#ARGV - 3) / 3 do
  local a = 3 * i + 1
  local id = ARGV[a]
  if owns(KEYS[1], group, consumer, id, ARGV[a + 1]) then
    -- JUSTID keeps the delivery count; the idle time starts again at 0.
    redis.call('XCLAIM', KEYS[1], group, consumer, 0, id, 'JUSTID')
    redis.call('SETEX', KEYS[2 * i], ttl, ARGV[a + 2])
    results[i] = 1 + redis.call('EXISTS', KEYS[2 * i + 1])
  else
    results[i] = 0
  end
end
return results
