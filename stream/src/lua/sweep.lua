#!lua flags=allow-oom
-- Takes over entries whose owner has let its lease pass, those first that were added first.
--
-- KEYS[1] commands (stream)
-- ARGV    group, consumer, lease in ms, most entries, delivery cap, 1 when the consumer has nothing at work or else 0
-- returns {1 when a last delivery has to wait or else 0, {{entry id, delivery count, fields}, ...}}
--
-- An entry in its last delivery comes alone, to a consumer that has nothing at work. For any other the look ends
-- before it: its delivery is counted when it is given out, so what dies meanwhile costs it nothing.
-- Not by XAUTOCLAIM: that counts the delivery before anybody can ask which one it is.
local group, consumer, lease, most, cap, idle = unpack(ARGV)
local entries = {}
for _, pending in ipairs(redis.call('XPENDING', KEYS[1], group, 'IDLE', lease, '-', '+', most)) do
  local id, delivery = pending[1], pending[4] + 1
  local last = delivery == tonumber(cap)
  if last and (idle == '0' or #entries > 0) then return { 1, entries } end
  local entry = redis.call('XCLAIM', KEYS[1], group, consumer, 0, id)[1]
  if entry then -- else it was deleted by hand, and is now off the list as well
    entries[#entries + 1] = { id, delivery, entry[2] }
    if last then break end
  end
end
return { 0, entries }
