"""The one script that counts in the store, and the keys of a user there.

The store runs it atomically and by its own clock, so instances cannot disagree. `memory.py` does
the same in Python, for one instance. A test compares the two.

A rate is a list of (bucket, count): 60 buckets for its period, and the current one. So no period
ever holds more than the limit, and an old event counts for at most a 60th of the period too long.
An upload is a member of a sorted set, scored by the time of its last credential: it is open for
LIFE seconds after that, and remembered for a day, among MOST_UPLOADS of its user. A request counts
before its credential is issued. If there is none in the end, a note gives the upload the time back
that it had before.

What is asked is JSON. With ``op`` it is a note about one upload: ``link`` adds the id that VOD gave
to the upload of a slot, ``touch`` says that it has a new credential, ``back`` that a repeat got
none, ``drop`` that it was not begun, ``end`` that it is not open any more. Without ``op`` it is a
request, which counts if no limit is reached.
"""

from __future__ import annotations

BUCKETS = 60
LIFE = 3600  # seconds that an upload counts as open after its last credential
REMEMBERED = 86400  # seconds that an upload is known after its last credential
MOST_UPLOADS = 10_000
"""The uploads of a user that are remembered, beside those that the limit of open ones counts. Else
refreshes of VideoIds that a user makes up would fill the store."""
FORGOTTEN_AT_ONCE = 100

PERIODS = {
    "uploads_per_minute": 60,
    "uploads_per_day": 86400,
    "refreshes_per_minute": 60,
    "plays_per_minute": 60,
    "sts_per_hour": 3600,
}
"""Limit -> seconds, for those that are rates."""

NEW, AGAIN, DONE = "new", "again", "done"
"""Answers: a new upload or another request is counted, a repeat is counted, a note is taken."""

LUA = """
local time = redis.call('TIME')
local now = time[1] + time[2] / 1000000
local rates, slots, videos = KEYS[1], KEYS[2], KEYS[3]
local ask = cjson.decode(ARGV[1])
local reason, longest = nil, 0

local function refuse(name, seconds)
  if not reason or seconds > longest then reason, longest = name, seconds end
end

local function keep(key)
  redis.call('EXPIRE', key, 90000)
end

local function slot_of(video)
  return redis.call('HGET', videos, 's' .. video) or video
end

local function drop(slot)
  local video = redis.call('HGET', videos, 'v' .. slot)
  redis.call('ZREM', slots, slot)
  redis.call('HDEL', videos, 'v' .. slot, 'n' .. slot, 'b' .. slot)
  if video then redis.call('HDEL', videos, 's' .. video) end
end

if ask.op == 'drop' then
  -- A repeat that was counted meanwhile may have begun it.
  if not redis.call('HGET', videos, 'n' .. ask.slot) then drop(ask.slot) end
  return 'done'
end

if ask.op == 'end' or ask.op == 'back' then
  local slot = ask.slot or slot_of(ask.video)
  local last, upto = redis.call('ZSCORE', slots, slot), now - 3600
  if ask.op == 'back' then
    upto = math.max(upto, tonumber(redis.call('HGET', videos, 'b' .. slot) or 0))
  end
  if last then redis.call('ZADD', slots, math.min(tonumber(last), upto), slot) end
  return 'done'
end

if ask.op == 'touch' then
  local slot = slot_of(ask.video)
  if redis.call('ZSCORE', slots, slot) then
    redis.call('ZADD', slots, now, slot)
    keep(slots)
  end
  return 'done'
end

if ask.op == 'link' then
  if ask.video ~= ask.slot and redis.call('ZSCORE', slots, ask.slot) then
    local count = redis.call('HGET', videos, 'n' .. ask.video)
    if count then redis.call('HINCRBY', videos, 'n' .. ask.slot, count) end
    drop(ask.video)
    redis.call('HSET', videos, 's' .. ask.video, ask.slot, 'v' .. ask.slot, ask.video)
    keep(videos)
  end
  return 'done'
end

local counted = {}
local function rate(name, most, period, cost)
  local width = period / 60
  local bucket = math.floor(now / width)
  local kept, sum = {}, 0
  for _, pair in ipairs(cjson.decode(redis.call('HGET', rates, name) or '[]')) do
    if pair[1] >= bucket - 60 then
      kept[#kept + 1] = pair
      sum = sum + pair[2]
    end
  end
  local over = sum + cost - most
  if over > 0 then
    local seconds = period
    for _, pair in ipairs(kept) do
      over = over - pair[2]
      if over <= 0 then
        seconds = (pair[1] + 61) * width - now
        break
      end
    end
    refuse(name, seconds)
  elseif #kept > 0 and kept[#kept][1] >= bucket then
    kept[#kept][2] = kept[#kept][2] + cost
  else
    kept[#kept + 1] = {bucket, cost}
  end
  counted[#counted + 1] = {name, kept}
end

local slot, before, last, again = nil, nil, nil, false
if ask.slot or ask.video then
  for _, old in ipairs(redis.call('ZRANGEBYSCORE', slots, '-inf', now - 86400, 'LIMIT', 0, 100)) do
    drop(old)
  end
  if redis.call('ZCOUNT', slots, '-inf', '+inf') >= 10000 then
    local upto = ask.open and now - 3600 or '+inf'
    for _, old in ipairs(redis.call('ZRANGEBYSCORE', slots, '-inf', upto, 'LIMIT', 0, 100)) do
      drop(old)
    end
  end
  slot = ask.slot or slot_of(ask.video)
  before = redis.call('ZSCORE', slots, slot)
  last = tonumber(before or nil)
  again = last ~= nil or ask.video ~= nil
  if ask.open and not (last and last > now - 3600) then
    local since = '(' .. string.format('%.6f', now - 3600)
    local opened = redis.call('ZCOUNT', slots, since, '+inf')
    if opened >= ask.open then
      local first = redis.call('ZRANGEBYSCORE', slots, since, '+inf', 'WITHSCORES',
                               'LIMIT', opened - ask.open, 1)
      refuse('open_uploads', first[2] + 3600 - now)
    end
  end
  local count = tonumber(redis.call('HGET', videos, 'n' .. slot) or 0)
  if again and ask.refreshes and count >= ask.refreshes then
    refuse('refreshes_per_video', (last or now) + 86400 - now)
  end
end
for _, one in ipairs(again and ask.again or ask.rates) do
  rate(one[1], one[2], one[3], one[4])
end
if reason then return reason .. ' ' .. math.max(1, math.ceil(longest)) end

for _, one in ipairs(counted) do
  redis.call('HSET', rates, one[1], cjson.encode(one[2]))
end
if #counted > 0 then keep(rates) end
if slot then
  redis.call('ZADD', slots, now, slot)
  keep(slots)
  if again then
    redis.call('HINCRBY', videos, 'n' .. slot, 1)
    redis.call('HSET', videos, 'b' .. slot, before or 0)
  end
  keep(videos)
end
return again and 'again' or 'new'
"""


def keys(user: str) -> tuple[str, str, str]:
    """The keys of a user: rates, uploads and videos. A cluster keeps them together."""
    return f"vodpass:{{{user}}}:rates", f"vodpass:{{{user}}}:uploads", f"vodpass:{{{user}}}:videos"


def media_key(media: str) -> str:
    """The key that leads from a media id to its user."""
    return f"vodpass:media:{media}"
