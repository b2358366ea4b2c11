#!lua flags=allow-oom
-- Gives a consumer the entries that are its own but never reached it: the reply to its read was lost.
--
-- KEYS[1] commands (stream)
-- ARGV    group, consumer, delivery cap, 1 when the consumer has nothing at work or else 0, then entry ids
-- returns {1 when a last delivery has to wait or else 0, {{entry id, delivery count, fields}, ...}}: those that are
--         still its own; one in its last delivery comes alone
--
-- Not by XREADGROUP with an id: that counts one more delivery, and a lost reply is no fault of the job.
local group, consumer, cap, idle = unpack(ARGV)
local waits, entries = 0, {}
for i = 5, #ARGV do
  local id = ARGV[i]
  local pending = redis.call('XPENDING', KEYS[1], group, id, id, 1)[1]
  if pending and pending[2] == consumer then
    local entry = redis.call('XRANGE', KEYS[1], id, id)[1]
    if entry then
      -- Also when it has to wait: its delivery is counted already, so its lease must not pass.
      redis.call('XCLAIM', KEYS[1], group, consumer, 0, id, 'JUSTID')
      local last = pending[4] == tonumber(cap)
      if last and (idle == '0' or #entries > 0) then
        waits = 1
      else
        entries[#entries + 1] = { id, pending[4], entry[2] }
        if last then break end
      end
    else
      redis.call('XACK', KEYS[1], group, id) -- deleted by hand
    end
  end
end
return { waits, entries }
