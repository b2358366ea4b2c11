#!lua flags=allow-oom
-- Cancels a job: at once while it waits, by asking its worker while it runs.
--
-- KEYS[1] commands (stream), KEYS[2] events (stream), KEYS[3] event sequence, KEYS[4] delayed (sorted set),
-- KEYS[5] parked (hash), KEYS[6] status of the job, KEYS[7] cancel flag of the job
-- ARGV    group, status TTL in seconds, longest event stream, job id,
--         entry id out of its status ('' for none), kind, state, cancelled record as JSON, the same as MessagePack,
--         1 when it was looked for again and again or else 0
-- returns 0 it is not where its status says (read that again), 1 cancelled, 2 its worker was asked
local group, ttl, longest, job, id, kind, state, json, body, in_vain = unpack(ARGV)

local function cancelled()
  local n = take_numbers(KEYS[3], 1) + 1
  -- The event first: should it be refused, the status must not say that the job has ended.
  redis.call('XADD', KEYS[2], 'MAXLEN', '~', longest, '*', 'n', n, 'job', job, 'kind', kind,
    'status', state, 'body', body)
  redis.call('SETEX', KEYS[6], ttl, json)
end

-- Told before it is removed: half of this may come back after a power cut, and must lose nothing.
if redis.call('ZSCORE', KEYS[4], job) then
  cancelled()
  redis.call('ZREM', KEYS[4], job)
  redis.call('HDEL', KEYS[5], job)
  return 1
end

-- A status may be anybody's writing: the entry must be this job's.
local function is_there()
  local entry = id ~= '' and redis.call('XRANGE', KEYS[1], id, id)[1]
  if not entry then return false end
  for i = 1, #entry[2], 2 do
    if entry[2][i] == 'job' then return entry[2][i + 1] == job end
  end
  return false
end

if not is_there() then
  if in_vain == '0' then return 0 end
  -- Its entry is lost, and only its status says that it waits. Should it be somewhere all the same, it is asked to end.
  redis.call('SETEX', KEYS[7], ttl, '1')
  cancelled()
  return 1
end
-- An error (no group yet) means that nobody holds it.
if redis.pcall('XPENDING', KEYS[1], group, id, id, 1)[1] then
  redis.call('SETEX', KEYS[7], ttl, '1')
  return 2
end
cancelled()
redis.call('XDEL', KEYS[1], id)
return 1
