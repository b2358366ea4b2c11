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

local letter = { 'job', job, 'kind', kind, 'reason', reason, 'deliveries', deliveries, 'entry_id', id,
  'errors', errors }
local function keep(name, value)
  letter[#letter + 1] = 'raw.' .. name
  letter[#letter + 1] = value
end

-- The fields are kept as they came, whatever they are, under names of their own: a replay puts them back. Not all of
-- thousands: Lua hands no more than 8,000 values to one call. What makes the job is kept wherever it stands.
local most, left_out = 1000, 0
local own, late = { job = true, tenant = true, body = true, errors = true }, {}
local entry = redis.call('XRANGE', KEYS[1], id, id)[1]
local fields = entry and entry[2] or {}
for i = 1, #fields, 2 do
  local name, value = fields[i], fields[i + 1]
  if i < 2 * most then
    keep(name, value)
  elseif own[name] then
    late[name] = value -- of several the last counts, as it does for a worker
  else
    left_out = left_out + 1
  end
end
for name, value in pairs(late) do keep(name, value) end
if left_out > 0 then
  letter[6] = string.format('%s; %d of its %d fields were left out', reason, left_out, #fields / 2)
end
redis.call('XADD', KEYS[4], '*', unpack(letter))

local n = take_numbers(KEYS[3], 1) + 1
-- The event first: should it be refused, the status must not say that the job has ended.
redis.call('XADD', KEYS[2], 'MAXLEN', '~', longest, '*', 'n', n, 'job', job, 'kind', kind,
  'status', state, 'body', body)
redis.call('SETEX', KEYS[5], ttl, json)
redis.call('XDEL', KEYS[1], id)
redis.call('XACK', KEYS[1], group, id)
return 1
