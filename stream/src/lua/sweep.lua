#!lua flags=allow-oom
-- Takes over entries whose owner has let its lease pass.
--
-- KEYS[1] commands (stream)
-- ARGV    group, consumer, lease in ms, cursor, most entries
-- returns {next cursor ('0-0' at the end), {{entry id, delivery count, fields}, ...}}
--
-- XAUTOCLAIM counts the new delivery but does not tell the count, which is half of the fence.
local group, consumer, lease, cursor, most = unpack(ARGV)
local claimed = redis.call('XAUTOCLAIM', KEYS[1], group, consumer, lease, cursor, 'COUNT', most)
local entries = {}
for i, entry in ipairs(claimed[2]) do
  local pending = redis.call('XPENDING', KEYS[1], group, entry[1], entry[1], 1)[1]
  entries[i] = { entry[1], pending[4], entry[2] }
end
return { claimed[1], entries }
