#!lua flags=allow-oom
-- Parks a job for its next try.
--
-- KEYS[1] commands (stream), KEYS[2] delayed (sorted set), KEYS[3] parked (hash), KEYS[4] status of the job,
-- KEYS[5] cancel flag of the job, KEYS[6] its dedupe; its status again when it has no idempotency key
-- ARGV    group, consumer, status TTL in seconds, entry id, delivery count, job id, delay in ms,
--         retrying record (JSON), then what becomes the next entry: tenant ('' for none), body, errors (JSON list),
--         queued record (JSON)
-- returns due time in Unix ms, 0 when the claim is lost, -1 when somebody asked to cancel (nothing was written)
local group, consumer, ttl, id, deliveries, job, delay, record, tenant, body, errors, queued = unpack(ARGV)
if not owns(KEYS[1], group, consumer, id, deliveries) then return 0 end
if redis.call('EXISTS', KEYS[5]) == 1 then return -1 end
-- Redis' own clock: the workers' may differ.
local now = redis.call('TIME')
local due = now[1] * 1000 + math.floor(now[2] / 1000) + delay
-- What is parked before its time: alone it is a field that nobody reads, while a time alone would let a cancel end a
-- job that is pending. The entry goes before the status: of what could be refused or cut off, the rest costs least.
redis.call('HSET', KEYS[3], job, cmsgpack.pack({ tenant, body, errors, queued }))
redis.call('ZADD', KEYS[2], due, job)
redis.call('XDEL', KEYS[1], id)
redis.call('XACK', KEYS[1], group, id)
redis.call('SETEX', KEYS[4], ttl, record)
-- The entry will be a young one, which housekeeping does not look at for long.
redis.call('EXPIRE', KEYS[6], ttl)
return due
