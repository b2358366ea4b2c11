#!lua flags=allow-oom
-- Gives a consumer the entries that are its own but never reached it: the reply to its read was lost.
--
-- KEYS[1] commands (stream)
-- ARGV    group, consumer, then entry ids
-- returns {{entry id, delivery count, fields}, ...} of those that are still its own
--
-- Not by XREADGROUP with an id: that counts one more delivery, and a lost reply is no fault of the job.
local group, consumer = ARGV[1], ARGV[2]
local entries = {}
for i = 3, #ARGV do
  local id = ARGV[i]
  local pending = redis.call('XPENDING', KEYS[1], group, id, id, 1)[1]
  if pending and pending[2] == consumer then
    local entry = redis.call('XRANGE', KEYS[1], id, id)[1]
    if entry then
      redis.call('XCLAIM', KEYS[1], group, consumer, 0, id, 'JUSTID')
      entries[#entries + 1] = { id, pending[4], entry[2] }
    else
      redis.call('XACK', KEYS[1], group, id) -- deleted by hand
    end
  end
end
return entries
