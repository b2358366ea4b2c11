#!lua
-- Puts a dead letter back into the stream, once: that it is there is the gate, and it goes last.
--
-- KEYS[1] dead (stream), KEYS[2] commands (stream), KEYS[3] status of the job, KEYS[4] cancel flag of the job
-- ARGV    id of the dead letter, status TTL in seconds, queued record (JSON), then the fields of the new entry
-- returns 1 done, 0 somebody else was first
--
-- A letter of another program's making may have more fields than Lua hands to one call (8,000 values). That must show
-- before anything is deleted.
if #ARGV > 7000 then
  return redis.error_reply('ERR the dead letter ' .. ARGV[1] .. ' has ' .. (#ARGV - 3) / 2 ..
    ' fields; at most 3498 can be put back: drop it and submit its job again')
end
if #redis.call('XRANGE', KEYS[1], ARGV[1], ARGV[1]) == 0 then return 0 end
redis.call('DEL', KEYS[4]) -- it was for the life before
local entry = redis.call('XADD', KEYS[2], '*', unpack(ARGV, 4))
redis.call('SETEX', KEYS[3], ARGV[2], string.sub(ARGV[3], 1, -2) .. ',"entry_id":"' .. entry .. '"}')
redis.call('XDEL', KEYS[1], ARGV[1])
return 1
