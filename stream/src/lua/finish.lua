#!lua flags=allow-oom
-- Ends jobs: for each its terminal status, completion event, acknowledgement and deletion, all in one step.
--
-- KEYS[1]    commands (stream), KEYS[2] events (stream), KEYS[3] event sequence
-- KEYS[3+i]  status of job i
-- ARGV[1]    group, ARGV[2] consumer, ARGV[3] status TTL in seconds, ARGV[4] longest event stream,
--            ARGV[5] first and ARGV[6] last of the entry ids
-- then 7 for each job: entry id, delivery count, job id, kind, state,
--            final record as JSON, final record as MessagePack
-- returns    for each job 1 done, 0 lost (somebody else owns the entry; nothing was written)
local commands, group, consumer, ttl, longest = KEYS[1], ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local count = (#ARGV - 6) / 7
local is_ours = owns_between(commands, group, consumer, ARGV[5], ARGV[6], count)

local results, ids = {}, {}
for i = 1, count do
  local a = 7 * i
  if is_ours(ARGV[a], ARGV[a + 1]) then
    results[i] = 1
    ids[#ids + 1] = ARGV[a]
  else
    results[i] = 0
  end
end
if #ids == 0 then return results end

local n = take_numbers(KEYS[3], #ids)
for i = 1, count do
  if results[i] == 1 then
    local a = 7 * i
    n = n + 1
    -- The event first: should it be refused, the status must not say that the job has ended.
    redis.call('XADD', KEYS[2], 'MAXLEN', '~', longest, '*', 'n', n, 'job', ARGV[a + 2],
      'kind', ARGV[a + 3], 'status', ARGV[a + 4], 'body', ARGV[a + 6])
    redis.call('SETEX', KEYS[3 + i], ttl, ARGV[a + 5])
  end
end
-- Deleted first: what is pending and gone, a sweep takes off the list; what is acknowledged and there, nobody looks at.
redis.call('XDEL', commands, unpack(ids))
redis.call('XACK', commands, group, unpack(ids))
return results
