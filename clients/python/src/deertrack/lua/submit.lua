#!lua
-- Accepts commands. Each is accepted whole or not at all; a command that comes again is not accepted twice.
--
-- KEYS[1]    commands (stream)
-- KEYS[2i]   status of command i
-- KEYS[2i+1] dedupe of command i; its status again when it has no idempotency key
-- ARGV[1]    status TTL in seconds
-- ARGV[2]    backlog bound, 0 for none
-- then 5 for each command: job id, tenant ('' for none), body, queued record (JSON),
--            fingerprint of the request ('' when it has no idempotency key)
-- returns    for each command {what, job id}; what: 0 new, 1 existing, 2 conflict, 3 full
--
-- No allow-oom: a full Redis must refuse new work. The client sees the error OOM.
local ttl, bound = ARGV[1], tonumber(ARGV[2])
local backlog = bound > 0 and redis.call('XLEN', KEYS[1]) or 0

local function submit(status_key, dedupe_key, job, tenant, body, record, fingerprint)
  if fingerprint ~= '' then
    local before = redis.call('GET', dedupe_key)
    if before then
      local owner, print = string.match(before, '^([^:]*):(.*)$')
      return { print == fingerprint and 1 or 2, owner }
    end
  end
  -- The client chose the job id before its first try: the reply to that try may have been lost.
  if redis.call('EXISTS', status_key) == 1 then return { 1, job } end
  if bound > 0 and backlog >= bound then return { 3, job } end

  local entry
  if tenant ~= '' then
    entry = redis.call('XADD', KEYS[1], '*', 'job', job, 'tenant', tenant, 'body', body)
  else
    entry = redis.call('XADD', KEYS[1], '*', 'job', job, 'body', body)
  end
  backlog = backlog + 1
  -- The entry's id is known only here; splicing is ten times cheaper than cjson.
  redis.call('SETEX', status_key, ttl, string.sub(record, 1, -2) .. ',"entry_id":"' .. entry .. '"}')
  if fingerprint ~= '' then redis.call('SETEX', dedupe_key, ttl, job .. ':' .. fingerprint) end
  return { 0, job }
end

local results = {}
for i = 1, (#ARGV - 2) / 5 do
  local a = 5 * i - 2
  results[i] = submit(KEYS[2 * i], KEYS[2 * i + 1],
    ARGV[a], ARGV[a + 1], ARGV[a + 2], ARGV[a + 3], ARGV[a + 4])
end
return results
