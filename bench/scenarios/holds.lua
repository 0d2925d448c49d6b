-- POST /api/v1/holds for a pair of neighbouring seats, from wrk.
--
-- Arguments: seats file, tokens file, salt, first pair, pattern, hot pairs, hot share in percent.
-- Seats file: one pair a line, "event_id seat_id seat_id", the hot pairs first. Tokens file: one buyer a line,
-- their access token, or "guest " and the address that a guest comes from.
-- Buyers take turns, so no buyer comes near the limit on active holds. Every request has its own
-- idempotency key. uniform walks all pairs with a stride that shares no factor with their number:
-- no pair comes twice, and neighbouring requests hit distant rows.

local threads = {}

function setup(thread)
  thread:set("thread_id", #threads)
  table.insert(threads, thread)
end

local function bodies_of(path)
  local bodies = {}
  for line in io.lines(path) do
    local event, one, other = line:match("^(%S+) (%S+) (%S+)$")
    bodies[#bodies + 1] = '{"event_id":"' .. event .. '","seat_ids":["' .. one .. '","' .. other .. '"]}'
  end
  return bodies
end

-- What a buyer or a guest sends for themselves, up to the part of the idempotency key that is ever new.
-- A guest's key must be long.
local function heads_of(path)
  local heads = {}
  for line in io.lines(path) do
    local address = line:match("^guest (%S+)$")
    heads[#heads + 1] = address
      and "X-Forwarded-For: " .. address .. "\r\nIdempotency-Key: guest-of-the-bench-"
      or "Authorization: Bearer " .. line .. "\r\nIdempotency-Key: "
  end
  return heads
end

local STRIDE = 7919

function init(arguments)
  bodies, heads = bodies_of(arguments[1]), heads_of(arguments[2])
  salt, position = arguments[3], tonumber(arguments[4]) + thread_id * math.floor(#bodies / 2)
  pattern, hot_pairs, hot_percent = arguments[5], tonumber(arguments[6]), tonumber(arguments[7])
  head = "POST /api/v1/holds HTTP/1.1\r\nHost: " .. wrk.headers["Host"] .. "\r\nContent-Type: application/json\r\n"
  sent, granted, refused, failed = 0, 0, 0, 0
  first_failure = ""
  math.randomseed(thread_id + #salt + position)
end

local function next_body()
  position = position + 1
  if pattern == "hot-spot" and math.random(100) <= hot_percent then
    return bodies[math.random(hot_pairs)]
  end
  return bodies[(position * STRIDE) % #bodies + 1]
end

function request()
  sent = sent + 1
  local body = next_body()
  return head .. heads[position % #heads + 1] .. salt .. "-" .. thread_id .. "-" .. sent
    .. "\r\nContent-Length: " .. #body .. "\r\n\r\n" .. body
end

function response(status, headers, body)
  if status == 201 then granted = granted + 1
  elseif status == 409 then refused = refused + 1
  else
    failed = failed + 1
    if first_failure == "" then first_failure = status .. " " .. body end
  end
end

local function total(name)
  local sum = 0
  for _, thread in ipairs(threads) do sum = sum + thread:get(name) end
  return sum
end

function done(summary, latency, requests)
  local broken = summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout
  io.write(string.format("\nresult seconds=%.6f granted=%d refused=%d failed=%d p50_us=%d p99_us=%d max_us=%d\n",
    summary.duration / 1e6, total("granted"), total("refused"), total("failed") + broken,
    latency:percentile(50), latency:percentile(99), latency.max))
  for _, thread in ipairs(threads) do
    if thread:get("first_failure") ~= "" then io.write("failure " .. thread:get("first_failure") .. "\n") end
  end
end
