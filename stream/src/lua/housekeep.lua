#!lua flags=allow-oom
-- Removes consumers that are gone and events that are old.
--
-- KEYS[1] commands (stream), KEYS[2] events (stream)
-- ARGV    group, idle time in ms after which a consumer is gone, age of the oldest event in ms, then names of consumers
--         that are gone whatever their idle time says
-- returns {consumers removed, events removed}
--
-- In one script: between asking and deleting from outside, a consumer may get an entry, and it would be lost.
local group, gone, age = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local removed, named = 0, {}
for i = 4, #ARGV do named[ARGV[i]] = true end
local consumers = redis.pcall('XINFO', 'CONSUMERS', KEYS[1], group)
for _, consumer in ipairs(consumers) do
  local is = {}
  for i = 1, #consumer, 2 do is[consumer[i]] = consumer[i + 1] end
  if is.pending == 0 and (is.idle > gone or named[is.name]) then
    redis.call('XGROUP', 'DELCONSUMER', KEYS[1], group, is.name)
    removed = removed + 1
  end
end
local now = redis.call('TIME')
local oldest = now[1] * 1000 - age
local trimmed = redis.call('XTRIM', KEYS[2], 'MINID', '~', string.format('%.0f', oldest))
return { removed, trimmed }
