#!lua flags=allow-oom
-- Puts parked jobs whose time has come back into the stream. Any worker may; the loser of a race finds nothing.
--
-- KEYS[1]   commands (stream), KEYS[2] delayed (sorted set), KEYS[3] parked (hash)
-- KEYS[3+i] status of job i
-- ARGV[1]   status TTL in seconds, ARGV[2] the longest wait in ms that there is, then the job ids
-- returns   how many were put back
local now = redis.call('TIME')
now = now[1] * 1000 + math.floor(now[2] / 1000)
local count = 0
for i = 3, #ARGV do
  local job = ARGV[i]
  local due = redis.call('ZSCORE', KEYS[2], job)
  due = due and tonumber(due)
  -- Beyond every wait: Redis' clock was set back since.
  if due and (due <= now or due > now + tonumber(ARGV[2])) then
    local parked = redis.call('HGET', KEYS[3], job)
    local entry, queued
    -- Added before it is removed: half of this may come back after a power cut, and must lose nothing.
    if parked then
      local tenant, body, errors
      tenant, body, errors, queued = unpack(cmsgpack.unpack(parked))
      if tenant ~= '' then
        entry = redis.call('XADD', KEYS[1], '*', 'job', job, 'tenant', tenant, 'body', body, 'errors', errors)
      else
        entry = redis.call('XADD', KEYS[1], '*', 'job', job, 'body', body, 'errors', errors)
      end
    end
    redis.call('ZREM', KEYS[2], job)
    redis.call('HDEL', KEYS[3], job)
    if entry then
      -- Behind the removal: were it refused, the job would be added at every look. A cancel finds the entry by the
      -- status record: its id must be the new one.
      redis.call('SETEX', KEYS[1 + i], ARGV[1], string.sub(queued, 1, -2) .. ',"entry_id":"' .. entry .. '"}')
      count = count + 1
    end
  end
end
return count
