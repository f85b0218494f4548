-- Fills books that are empty (H6), in as many calls as it takes; whoever holds the lock does it, and nobody else admits
-- anything before the last call has named the epoch.
-- KEYS: books, holds, ends, lock. ARGV: the lock's token, its milliseconds, whether this is the first call, the epoch (in
-- the last call, else empty), number of sums, (account, window, amount, microseconds when it is forgotten or 0)...,
-- settled ids... Answers 1, or 0 where the lock is lost or somebody else has done it.

local SETTLED, TOMBSTONE = 2, 15 * 60e6   -- as in accounts.lua

if redis.call('GET', KEYS[4]) ~= ARGV[1] or redis.call('HEXISTS', KEYS[1], '#epoch') == 1 then
  return 0
end
redis.call('PEXPIRE', KEYS[4], ARGV[2])
local time = redis.call('TIME')
local now = math.max(time[1] * 1e6 + time[2], tonumber(redis.call('HGET', KEYS[1], '#t')) or 0)
if ARGV[3] == '1' then
  redis.call('DEL', KEYS[1], KEYS[2], KEYS[3])
end
redis.call('HSET', KEYS[1], '#t', now)
local at = 6
for _ = 1, tonumber(ARGV[5]) do
  local name = ARGV[at] .. '|' .. ARGV[at + 1]
  redis.call('HSET', KEYS[1], 's|' .. name, ARGV[at + 2])
  if ARGV[at + 3] ~= '0' then redis.call('ZADD', KEYS[3], ARGV[at + 3], 'w|' .. name) end
  at = at + 4
end
local settled = cmsgpack.pack({SETTLED})
for i = at, #ARGV do
  redis.call('HSET', KEYS[2], ARGV[i], settled)
  redis.call('ZADD', KEYS[3], now + TOMBSTONE, ARGV[i])
end
if ARGV[4] ~= '' then
  redis.call('HSET', KEYS[1], '#epoch', ARGV[4])
end
return 1
