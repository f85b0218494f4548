-- Accounts and the holds on them: RELIABILITY H3's RESERVE, POST, VOID and EXPIRE. One call carries what a worker wants
-- done in one turn of its event loop; every operation has one entry in the reply, and they are carried out in order.
--
-- Lua is not rolled back. So nothing is written until all operations are done: they read into tables and change these,
-- and what has changed is written last, by commands that cannot fail any more. Amounts are integers below 2^53, times
-- are microseconds of the server's clock.
--
-- KEYS: books (hash), holds (hash), ends (sorted set), all in one slot. Fields of the books:
--   s|account|window  settled      h|account|window  held      (of a rolling window: of one bucket)
--   l|account  limit in force      v|account  version of the configuration that set it
--   n|account  newest bucket       u|account, g|account  settled and held in all buckets up to it
--   #epoch     the books' identity, new whenever they were rebuilt; #seq counts calls, #t is the latest time seen
-- Fields that are 0 are not there. Holds: id -> {state, parts...}. Ends: id of a hold or tombstone, "w|account|window"
-- or "v|account" -> when it is due.
-- ARGV: the epoch, then operations.

local BOOKS, HOLDS, ENDS = KEYS[1], KEYS[2], KEYS[3]
local MOST = 9007199254740991
local BUCKETS = 60   -- as in proxy/state/windows.py: the newest bucket and those from 60 before it on count
local MINUTE, HOUR = 60e6, 3600e6
local TOMBSTONE, EXPIRED, ADJUSTED, CLOSED = 15 * MINUTE, 24 * HOUR, 168 * HOUR, 25 * HOUR
local SLOTS, SHADOW = 1, 2   -- a claim's mode: bits
local HELD, SETTLED, VOIDED, LAPSED = 1, 2, 3, 4
-- A part of a hold: six fields, behind its state
local PART, ACCOUNT, WINDOW, LENGTH, MODE, POSTED, REST = 6, 1, 2, 3, 4, 5, 6

local time = redis.call('TIME')
local meta = redis.call('HMGET', BOOKS, '#epoch', '#t', '#seq', '#sweep')
local now = math.max(time[1] * 1e6 + time[2], tonumber(meta[2]) or 0)
local epoch = meta[1] or ''
if epoch == '' or epoch ~= ARGV[1] then
  return {-2, now, epoch}
end
redis.call('ZCARD', ENDS)   -- an error, and none later, if it is no sorted set

local at = 1   -- the argument read last

local function text()
  at = at + 1
  return ARGV[at]
end

local bad   -- set by a number that is none

local function number()
  local n = tonumber(text())
  if not n or n ~= n or n > MOST or n < -MOST then
    bad = true
    return 0
  end
  return n
end

local function key(name)
  return string.format('%.0f', name)
end

-- The books: what was read, and which of it has changed

local value, changed = {}, {}

local function fetch(fields)
  local missing = {}
  for i = 1, #fields do
    if not value[fields[i]] then missing[#missing + 1] = fields[i] end
  end
  if #missing > 0 then
    local found = redis.call('HMGET', BOOKS, unpack(missing))
    for i = 1, #missing do value[missing[i]] = tonumber(found[i]) or 0 end
  end
end

local function set(field, amount)
  value[field], changed[field] = amount, true
end

local function add(field, amount)
  if amount ~= 0 then set(field, math.min(math.max(value[field] + amount, 0), MOST)) end
end

-- Holds and ends in the same way; false: to be deleted

local record, recorded, ending = {}, {}, {}

local function hold(id)
  if record[id] == nil then
    local packed = redis.call('HGET', HOLDS, id)
    record[id] = packed and cmsgpack.unpack(packed) or false
  end
  return record[id]
end

local function keep(id, what, due)
  record[id], recorded[id], ending[id] = what, true, what and due
end

-- Windows

local function fields_of(account, window, length, into)
  local n = #into
  into[n + 1], into[n + 2] = 's|' .. account .. '|' .. window, 'h|' .. account .. '|' .. window
  into[n + 3], into[n + 4] = 'l|' .. account, 'v|' .. account
  if length > 0 then
    into[n + 5], into[n + 6], into[n + 7] = 'n|' .. account, 'u|' .. account, 'g|' .. account
  end
end

local function buckets(account, first, last)
  local names = {}
  for bucket = first, last do
    local name = account .. '|' .. key(bucket)
    names[#names + 1], names[#names + 2] = 's|' .. name, 'h|' .. name
  end
  fetch(names)
  return names
end

-- Brings a rolling account up to now: what no longer touches (now - W, now] leaves its sums.
local function roll(account, length)
  local bucket, newest = math.floor(now / length), value['n|' .. account]
  if newest >= bucket then return end
  if newest > 0 then
    local names = buckets(account, newest - BUCKETS, math.min(newest, bucket - BUCKETS - 1))
    for i = 1, #names, 2 do
      add('u|' .. account, -value[names[i]])
      add('g|' .. account, -value[names[i + 1]])
      if value[names[i]] ~= 0 then set(names[i], 0) end
      if value[names[i + 1]] ~= 0 then set(names[i + 1], 0) end
    end
  else   -- new, or rebuilt: then there may be buckets
    local names = buckets(account, bucket - BUCKETS, bucket)
    for i = 1, #names, 2 do
      add('u|' .. account, value[names[i]])
      add('g|' .. account, value[names[i + 1]])
    end
  end
  set('n|' .. account, bucket)
  ending['v|' .. account] = now + length * BUCKETS + CLOSED
end

-- Settled and held of an account's window, or of all buckets of a rolling one.
local function totals(account, window, length)
  if length > 0 then return value['u|' .. account], value['g|' .. account] end
  local name = account .. '|' .. window
  return value['s|' .. name], value['h|' .. name]
end

local function move(account, window, length, settled, held)
  if length > 0 then
    if tonumber(window) < value['n|' .. account] - BUCKETS then return end   -- that bucket has left
    add('u|' .. account, settled)
    add('g|' .. account, held)
  end
  add('s|' .. account .. '|' .. window, settled)
  add('h|' .. account .. '|' .. window, held)
end

-- Claims, as operations name them

local function claim(admitted)
  local c = {account = text(), window = text(), first = number(), last = number(), mode = number(), limit = number()}
  c.amount = number()
  c.length = c.last == 0 and c.first or 0
  c.inside = c.last == 0 or (c.first <= now and now < c.last)
  if c.length > 0 then c.window = key(math.floor(admitted / c.length)) end
  c.shadow = c.mode >= SHADOW
  return c
end

local function claims(admitted)
  local all, names = {}, {}
  for i = 1, number() do
    all[i] = claim(admitted)
    fields_of(all[i].account, all[i].window, all[i].length, names)
  end
  if not bad then
    fetch(names)
    for i = 1, #all do
      if all[i].length > 0 then roll(all[i].account, all[i].length) end
    end
  end
  return all
end

-- Its window is open: remembers when it can be forgotten.
local function open(c)
  if c.last > 0 and value['s|' .. c.account .. '|' .. c.window] == 0 then
    ending['w|' .. c.account .. '|' .. c.window] = c.last + CLOSED
    ending['v|' .. c.account] = c.last + CLOSED
  end
end

-- The newest configuration's limit holds (F34), from the moment on at which the account has seen it.
local function limit(c, version)
  local field, seen = 'l|' .. c.account, value['v|' .. c.account]
  if version < seen then return value[field] end
  if version > seen then set('v|' .. c.account, version) end
  if value[field] ~= c.limit then set(field, c.limit) end
  return c.limit
end

-- Microseconds until an amount would fit, and until a rolling account is empty; -1: never, or nobody can tell.
local function waits(c, need, possible)
  if c.length == 0 then
    local left = c.last > 0 and c.last - now or -1
    return possible and left or -1, left
  end
  local oldest = math.floor(now / c.length) - BUCKETS
  local names, gone, fits, empty = buckets(c.account, oldest, oldest + BUCKETS), 0, -1, 0
  for i = 1, #names, 2 do
    local amount = value[names[i]] + value[names[i + 1]]
    if amount > 0 then
      gone = gone + amount
      empty = (oldest + (i + 1) / 2 + BUCKETS) * c.length - now
      if fits < 0 and gone >= need then fits = empty end
    end
  end
  return possible and fits or -1, empty
end

local function refusal(position, c, most, amount)
  local settled, held = totals(c.account, c.window, c.length)
  local need = settled + held + math.max(amount, 1) - most
  local fits, empty = waits(c, need, math.max(amount, 1) <= most and c.mode % 2 == 0)
  return {0, position, settled, held, most, math.ceil(fits), math.ceil(empty)}
end

-- Parts of holds

local function parts(what)
  local names = {}
  for i = 1, #what - 1, PART do
    fields_of(what[i + ACCOUNT], what[i + WINDOW], what[i + LENGTH], names)
  end
  fetch(names)
  for i = 1, #what - 1, PART do
    if what[i + LENGTH] > 0 then roll(what[i + ACCOUNT], what[i + LENGTH]) end
  end
end

local function move_part(what, i, settled, held)
  move(what[i + ACCOUNT], what[i + WINDOW], what[i + LENGTH], settled, held)
end

-- A hold whose time is up: charged, for nobody knows better; slots are given back.
local function lapse(id, what)
  parts(what)
  for i = 1, #what - 1, PART do
    move_part(what, i, what[i + MODE] % 2 == 1 and 0 or what[i + REST], -what[i + REST])
  end
  what[1] = LAPSED
  keep(id, what, now + EXPIRED)
end

local function forget(member)
  local kind, name = string.sub(member, 1, 1), string.sub(member, 3)
  ending[member] = false
  if kind == 'w' then
    fetch({'s|' .. name, 'h|' .. name})
    set('s|' .. name, 0)
    set('h|' .. name, 0)
    return
  end
  local names = {'l|' .. name, 'v|' .. name, 'n|' .. name, 'u|' .. name, 'g|' .. name}
  fetch(names)
  local newest = value['n|' .. name]
  if newest > 0 then
    for _, field in ipairs(buckets(name, newest - BUCKETS, newest)) do names[#names + 1] = field end
  end
  for _, field in ipairs(names) do set(field, 0) end
end

-- Carries out what is due, so many at most. Nothing is written until the end, so that what was seen is passed over.
local looked, charged = 0, 0
local function expire(most)
  local due = redis.call('ZRANGEBYSCORE', ENDS, '-inf', now, 'LIMIT', looked, most)
  local lapsed = 0
  looked = looked + #due
  for _, member in ipairs(due) do
    if ending[member] == nil then
      if string.sub(member, 2, 2) == '|' then
        forget(member)
      else
        local what = hold(member)
        if what and what[1] == HELD then
          lapse(member, what)
          lapsed = lapsed + 1
        else
          keep(member, false)
          ending[member] = false
        end
      end
    end
  end
  charged = charged + lapsed
  return #due, lapsed
end

-- Operations

local operation = {}

local function standings(all, version)
  local answer = {1}
  for i = 1, #all do
    local n, c = #answer, all[i]
    answer[n + 1], answer[n + 2] = totals(c.account, c.window, c.length)
    answer[n + 3] = limit(c, version)
  end
  return answer
end

-- RESERVE: id, seconds, version, forced (it was granted before: checks nothing), when it was granted (or 0), least of
-- what will do (-1: all of it), claims. {1, settled, held, limit ...}, and the amount at the end where less would do;
-- {0, position, settled, held, limit, fits in, empty in}; {2}: these windows are not open now; {3}: settled or voided.
function operation.R()
  local id, ttl, version, forced, admitted, least = text(), number(), number(), number() == 1, number(), number()
  expire(4)
  local all, what = claims(admitted > 0 and admitted or now), hold(id)
  if bad then return {-3} end
  if what then
    if what[1] ~= HELD then return {3} end
    local answer = standings(all, version)
    if least >= 0 then answer[#answer + 1] = what[1 + POSTED] + what[1 + REST] end
    return answer
  end
  for i = 1, #all do
    if not forced and not all[i].inside then return {2} end
  end
  for i = 1, #all do
    local c, most = all[i], limit(all[i], version)
    local settled, held = totals(c.account, c.window, c.length)
    if least >= 0 and not forced then c.amount = math.min(c.amount, math.max(most - settled - held, least)) end
    if not forced and not c.shadow and settled + held + math.max(c.amount, 1) > most then
      return refusal(i - 1, c, most, c.amount)
    end
  end
  local new, answer = {HELD}, nil
  for i = 1, #all do
    local c, n = all[i], #new
    open(c)
    move(c.account, c.window, c.length, 0, c.amount)
    new[n + 1], new[n + 2], new[n + 3] = c.account, c.window, c.length
    new[n + 4], new[n + 5], new[n + 6] = c.mode, 0, c.amount
  end
  keep(id, new, (admitted > 0 and admitted or now) + ttl)
  answer = standings(all, version)
  if least >= 0 then answer[#answer + 1] = all[1].amount end
  return answer
end

-- What a hold has come to so far. Cumulative, so that a repetition changes nothing; only the last word may be lower than
-- one before. A hold that has lapsed is charged already: the difference is put right, and where it goes on it is held
-- again ("revived").
local function settle(id, what, final, ttl, amounts)
  local lapsed = what[1] == LAPSED
  parts(what)
  for i = 1, #what - 1, PART do
    local posted, rest, slots = what[i + POSTED], what[i + REST], what[i + MODE] % 2 == 1
    local sum = amounts[(i - 1) / PART + 1] or 0
    if slots then sum = 0 end
    if not final then sum = math.max(sum, posted) end
    local left = final and 0 or math.max(posted + rest - sum, 0)
    local settled = sum - posted
    if lapsed and not slots then settled = settled - rest end
    move_part(what, i, settled, lapsed and left or left - rest)
    what[i + POSTED], what[i + REST] = sum, left
  end
  if final then
    keep(id, {SETTLED}, now + TOMBSTONE)
  elseif what[1] ~= VOIDED and (lapsed or ttl > 0) then
    what[1] = HELD
    keep(id, what, now + ttl)
  else
    recorded[id] = true
  end
end

local function told(what)
  local answer = {1}
  for i = 1, #what - 1, PART do
    local n, account = #answer, what[i + ACCOUNT]
    answer[n + 1], answer[n + 2] = totals(account, what[i + WINDOW], what[i + LENGTH])
    answer[n + 3] = value['l|' .. account]
  end
  return answer
end

-- POST: id, final, seconds (0: as before), whether to tell how the accounts stand then, whether it is said by the worker
-- that has made the hold, amounts. {1, settled, held, limit ...}; {0}: done before; {5}: it was voided, and is charged all
-- the same; {-1}: no such hold. What its maker has given up is not charged by whoever takes over that one's journal: it
-- had no answer, gave it up, and went on without this store.
function operation.P()
  local id, final, ttl, tell, own, amounts = text(), number() == 1, number(), number() == 1, number() == 1, {}
  for i = 1, number() do amounts[i] = number() end
  local what = hold(id)
  if bad then return {-3} end
  if what and (what[1] == SETTLED or what[1] == VOIDED and not own) then return {0} end
  if not what or #what == 1 then return {-1} end
  local voided = what[1] == VOIDED
  settle(id, what, final, ttl, amounts)
  return voided and {5} or tell and told(what) or {1}
end

-- ADD: what was posted to a hold that is not there: id, when that was, when it was granted, claims. Money is never
-- dropped; but after ten minutes nobody can tell any more whether it is in the books already, and the ledger decides.
function operation.A()
  local id, posted, admitted = text(), number(), number()
  local all, what = claims(admitted), hold(id)
  if bad then return {-3} end
  if what and what[1] == SETTLED then return {0} end
  if what and #what > 1 then
    local amounts = {}
    for i = 1, #all do amounts[i] = all[i].amount end
    settle(id, what, true, 0, amounts)
    return {1}
  end
  if not what and now - posted > 10 * MINUTE then return {4} end
  for i = 1, #all do
    local c = all[i]
    open(c)
    move(c.account, c.window, c.length, c.mode % 2 == 1 and 0 or c.amount, 0)
  end
  keep(id, {SETTLED}, now + TOMBSTONE)
  return {5}
end

-- VOID: id.
function operation.V()
  local id = text()
  local what = hold(id)
  if what and (what[1] == SETTLED or what[1] == VOIDED) then return {0} end
  if what then
    local lapsed = what[1] == LAPSED
    parts(what)
    for i = 1, #what - 1, PART do
      local charged = lapsed and what[i + MODE] % 2 == 0
      move_part(what, i, charged and -what[i + REST] or 0, lapsed and 0 or -what[i + REST])
      what[i + REST] = 0
    end
    what[1] = VOIDED
  end
  keep(id, what or {VOIDED}, now + TOMBSTONE)
  return {1}
end

-- ADJUST: id, version, one claim, whose amount may be negative: taken from the newest buckets of a rolling account.
function operation.J()
  local id, version = text(), number()
  local all = claims(now)
  local what, c = hold(id), all[1]
  if bad then return {-3} end
  if not c.inside then return {2} end
  if not what then
    open(c)
    keep(id, {SETTLED}, now + ADJUSTED)
    local left = c.amount
    if c.length > 0 and left < 0 then
      local bucket = math.floor(now / c.length)
      buckets(c.account, bucket - BUCKETS, bucket)
      for i = bucket, bucket - BUCKETS, -1 do
        local taken = math.max(left, -value['s|' .. c.account .. '|' .. key(i)])
        move(c.account, key(i), c.length, taken, 0)
        left = left - taken
      end
    else
      move(c.account, c.window, c.length, left, 0)
    end
  end
  return standings(all, version)
end

-- STAND: claims. Their accounts as they are, {1, settled, held, limit, empty in ...}; nothing is learned from it.
function operation.Q()
  local all = claims(now)
  if bad then return {-3} end
  local answer = {1}
  for i = 1, #all do
    local c, n = all[i], #answer
    if not c.inside then return {2} end
    local known = value['v|' .. c.account] > 0
    local _, empty = waits(c, 0, false)
    answer[n + 1], answer[n + 2] = totals(c.account, c.window, c.length)
    answer[n + 3], answer[n + 4] = known and value['l|' .. c.account] or c.limit, math.ceil(empty)
  end
  return answer
end

-- SWEEP: carries out what is due, if no worker did a moment ago. {how much that was, holds among it that lapsed}
local swept
function operation.W()
  if now - (tonumber(meta[4]) or 0) < 0.9e6 then return {0, 0} end
  swept = true
  return {expire(500)}
end

local reply = {now, 0}
while at < #ARGV do
  bad = nil
  reply[#reply + 1] = operation[text()]()
end

-- From here on nothing can fail

local written, gone = {'#t', now}, {}
for field in pairs(changed) do
  if value[field] == 0 then
    gone[#gone + 1] = field
  else
    written[#written + 1], written[#written + 2] = field, value[field]
  end
end
if swept then written[#written + 1], written[#written + 2] = '#sweep', now end

local function send(command, where, arguments)
  for i = 1, #arguments, 1000 do
    redis.call(command, where, unpack(arguments, i, math.min(i + 999, #arguments)))
  end
end

send('HSET', BOOKS, written)
send('HDEL', BOOKS, gone)
reply[2] = redis.call('HINCRBY', BOOKS, '#seq', 1)

local packed, dropped, due, over = {}, {}, {}, {}
for id in pairs(recorded) do
  if record[id] then
    packed[#packed + 1], packed[#packed + 2] = id, cmsgpack.pack(record[id])
  else
    dropped[#dropped + 1] = id
  end
end
for member, when in pairs(ending) do
  if when then
    due[#due + 1], due[#due + 2] = when, member
  else
    over[#over + 1] = member
  end
end
send('HSET', HOLDS, packed)
send('HDEL', HOLDS, dropped)
send('ZADD', ENDS, due)
send('ZREM', ENDS, over)
if charged > 0 then reply[#reply + 1] = charged end
return reply
