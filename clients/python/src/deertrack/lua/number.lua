-- Takes the next `count` numbers of the events; returns the one before them.
--
-- Set, not incremented: should half a transaction come back after a power cut, the first true one writes over it.
-- INCRBY would leave a number without an event. (Lua writes numbers from 1e14 on with an exponent.)
local function take_numbers(key, count)
  local last = tonumber(redis.call('GET', key) or '0')
  redis.call('SET', key, string.format('%.0f', last + count))
  return last
end
