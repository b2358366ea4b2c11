#!lua flags=allow-oom
-- Gives a job up: dead letter with the entry's own fields, status, completion event, acknowledgement, deletion.
--
-- KEYS[1] commands (stream), KEYS[2] events (stream), KEYS[3] event sequence, KEYS[4] dead (stream),
-- KEYS[5] status of the job
-- ARGV    group, consumer, status TTL in seconds, longest event stream, entry id, delivery count, job id, kind, state,
--         final record as JSON, final record as MessagePack, reason, errors so far (JSON list)
-- returns 1 done, 0 lost
local group, consumer, ttl, longest, id, deliveries, job, kind, state, json, body, reason, errors = unpack(ARGV)
if not owns(KEYS[1], group, consumer, id, deliveries) then return 0 end

-- The fields are kept as they came, whatever they are, under names of their own: a replay puts them back.
local letter = { 'job', job, 'kind', kind, 'reason', reason, 'deliveries', deliveries, 'entry_id', id,
  'errors', errors }
local entry = redis.call('XRANGE', KEYS[1], id, id)[1]
local fields = entry and entry[2] or {}
for i = 1, #fields, 2 do
  letter[#letter + 1] = 'raw.' .. fields[i]
  letter[#letter + 1] = fields[i + 1]
end
redis.call('XADD', KEYS[4], '*', unpack(letter))

local n = redis.call('INCR', KEYS[3])
redis.call('SETEX', KEYS[5], ttl, json)
redis.call('XADD', KEYS[2], 'MAXLEN', '~', longest, '*', 'n', n, 'job', job, 'kind', kind,
  'status', state, 'body', body)
redis.call('XACK', KEYS[1], group, id)
redis.call('XDEL', KEYS[1], id)
return 1
