-- What is asked of the daemon, over one connection for this Neovim, which the first request opens.
--
-- Words. A *call* is a request under way; a *stream* a call whose answers come as events. A call is `queued` until the
-- connection stands, `sent`, or `parted`: the connection broke under a stream whose answers run on in the daemon, and
-- it is attached to them again, from the event behind the last one that was seen. At last it is `over`.
--
-- All callbacks are called from Neovim's main loop, never before the function that was given them returns.
local link_to_daemon = require("askd.link")
local locate = require("askd.locate")
local notify = require("askd.notify")
local uv = require("askd.compat").uv
local wire = require("askd.wire")

local M = {}

local QUEUE_MAX = 256 -- calls that wait for the connection
local WRITE_MAX = 64 * 1048576 -- bytes that the daemon has not read
local RETRY_MS, RETRY_MAX_MS = 50, 5000 -- until a lost connection is tried again
local PARTED_MAX_MS = 60000 -- how long a stream waits for the daemon to come back

local phase = "idle" -- "idle", "connecting", "ready", "down"
local why -- of "down": an error map
local server -- what hello said
local link -- while it is connecting or ready
local calls = {} -- sent ones, by msgid
local queue = {} -- those that wait for the connection
local parted = {} -- streams without a connection
local watches, streams = {}, {} -- by token
local listeners = {}
local next_id, next_token = 1, 1
local retry = { pending = false, ms = RETRY_MS }

local Call = {}
Call.__index = Call

local function error_of(code, message)
  return { code = code, message = message }
end

local function set_phase(to, err)
  phase, why = to, err
  for _, fn in pairs(listeners) do
    vim.schedule(function()
      notify.protect(fn, M.state())
    end)
  end
end

-- -- what comes in

local function end_call(call, err, result)
  if call.token then
    streams[call.token] = nil
  end
  if call.state == "over" then
    return
  end
  call.state = "over"
  if call.done then
    notify.protect(call.done, err, result)
  end
end

local function end_later(call, err)
  vim.schedule(function()
    end_call(call, err)
  end)
end

-- An event of a stream: args are [token, [answer, seq, event]].
local function take_event(args)
  local call, told = streams[args[1]], args[2]
  if not call or call.dropped then
    return
  end
  local answer, seq, event = told[1], told[2], told[3]
  if not call.answers[answer] then
    call.order[#call.order + 1] = answer
  end
  call.answers[answer] = seq
  if call.on_event then
    notify.protect(call.on_event, event, seq, answer)
  end
end

local function take_change(args)
  local watch = watches[args[1]]
  if watch then
    notify.protect(watch.fn, args[2][3], args[2][2])
  end
end

local NOTIFICATIONS = { ["askd.event"] = take_event, ["askd.change"] = take_change }

local function take_reply(id, err, result)
  local call = calls[id]
  calls[id] = nil
  if call and call.on_reply then
    call.on_reply(err, result)
  elseif call then
    end_call(call, err, result)
  elseif err then
    notify.error(err) -- a connection that is refused is told so under an id that nobody has
  end
end

local function take(kind, a, b, c)
  if kind == 1 then
    take_reply(a, b, c)
  elseif kind == 2 and NOTIFICATIONS[a] then
    NOTIFICATIONS[a](b)
  end
end

-- -- what goes out

local function send(call)
  local id = next_id
  next_id = next_id % 0xffffffff + 1
  local ok, bytes = pcall(wire.request, id, call.method, call.params)
  if not ok then
    return end_later(call, error_of("invalid_request", tostring(bytes)))
  elseif link:unsent() + #bytes > WRITE_MAX then
    return end_later(call, error_of("overloaded", "the daemon does not read what it is asked"))
  end
  call.state = "sent"
  call.id = id
  calls[id] = call
  link:write(bytes)
end

local function tell(method, params)
  if phase == "ready" then
    link:write(wire.notification(method, params))
  end
end

local function start_watch(watch)
  local function on_reply(err, result)
    local before = watch.number
    watch.number = result and result.watch
    if err then
      notify.protect(watch.fn, { type = "failed", error = err }, watch.conversation)
    elseif watches[watch.token] ~= watch then
      tell("conversation.unwatch", { watch = watch.number })
    elseif before then
      notify.protect(watch.fn, { type = "lost" }, watch.conversation)
    end
  end
  send({
    method = "conversation.watch",
    params = { conversation = watch.conversation, notify = { method = "askd.change", args = { watch.token } } },
    on_reply = on_reply,
  })
end

local function greet()
  local v = vim.version()
  local function on_reply(err, result)
    server = result
    if err then
      notify.error(err)
    end
  end
  send({
    method = "hello",
    params = {
      client = "nvim",
      version = ("%d.%d.%d"):format(v.major, v.minor, v.patch),
      protocol = 1,
      context = locate.context(),
    },
    on_reply = on_reply,
  })
end

-- -- a stream whose connection was lost

-- An answer without a conversation ends with its connection; the last second of any is not stored yet.
local ENDED = {
  cancelled = "the connection to the daemon was lost, and the answer ended with it",
  not_found = "the daemon ended, and had not stored this answer yet",
}

local function plain(call, err)
  local message = err and not call.cancelled and ENDED[err.code]
  return message and error_of("interrupted", message) or err
end

-- What the request itself would have been answered. Where one of several answers failed it is a map, as compare shows
-- it.
local function end_attached(call, results, failure)
  if call.method ~= "compare" then
    return end_call(call, failure, not failure and results[call.order[1]] or nil)
  end
  local answers = {}
  for i, id in ipairs(call.order) do
    answers[i] = results[id]
  end
  end_call(call, nil, { answers = answers })
end

local function attach_again(call)
  local results, left, failure = {}, #call.order, nil
  call.state = "sent"
  call.is_attached = true
  for _, id in ipairs(call.order) do
    local function on_reply(err, result)
      err = plain(call, err)
      left, failure = left - 1, failure or err
      results[id] = result or { answer = id, state = "failed", error = err }
      if left == 0 then
        end_attached(call, results, failure)
      end
    end
    local params = { answer = id, from = call.answers[id] + 1, notify = call.params.notify }
    send({ method = "answer.attach", params = params, parent = call, on_reply = on_reply })
    if call.cancelled then
      tell("answer.cancel", { answer = id })
    end
  end
  if call.on_resumed then
    notify.protect(call.on_resumed)
  end
end

-- What became of a call, or of a stream of which no event has come, nobody can tell: it is not asked once more.
local function part(call)
  if not call.token or call.method == "complete" or #call.order == 0 then
    return end_call(call, error_of("unavailable", "the connection to the daemon was lost before it had answered"))
  end
  call.state = "parted"
  call.parted_at = uv.now()
  parted[#parted + 1] = call
  if call.on_lost then
    notify.protect(call.on_lost)
  end
end

local function part_all(open)
  for _, each in pairs(open) do
    local call = each.parent or each
    local is_ours = each.on_reply and not each.parent -- hello, a watch: the next connection has its own
    if not is_ours and call.state == "sent" then
      part(call)
    end
  end
end

local function expire_parted()
  local kept = {}
  for _, call in ipairs(parted) do
    if uv.now() - call.parted_at > PARTED_MAX_MS then
      end_later(call, error_of("unavailable", "the connection to the daemon was lost, and none listens since"))
    else
      kept[#kept + 1] = call
    end
  end
  parted = kept
end

-- -- the connection

local connect

local function try_again_later()
  expire_parted()
  local function has_work()
    return #parted > 0 or next(watches) ~= nil
  end
  if retry.pending or not has_work() then
    return
  end
  retry.pending = true
  vim.defer_fn(function()
    retry.pending = false
    if not link and has_work() then
      connect(false)
    end
  end, retry.ms)
  retry.ms = math.min(retry.ms * 2, RETRY_MAX_MS)
end

local function on_up()
  retry.ms = RETRY_MS
  set_phase("ready")
  greet()
  for _, watch in pairs(watches) do
    start_watch(watch)
  end
  local again, waiting = parted, queue
  parted, queue = {}, {}
  for _, call in ipairs(again) do
    attach_again(call)
  end
  for _, call in ipairs(waiting) do
    send(call)
  end
end

local function on_down(err)
  local open, waiting = calls, queue
  link, server, calls, queue = nil, nil, {}, {}
  set_phase("down", err)
  part_all(open)
  for _, call in ipairs(waiting) do
    end_call(call, err)
  end
  try_again_later()
end

function connect(start)
  set_phase("connecting")
  link = link_to_daemon.open({ on_up = on_up, on_down = on_down, on_message = take }, start)
end

local function submit(call)
  if phase == "ready" then
    send(call)
  elseif #queue >= QUEUE_MAX then
    end_later(call, error_of("overloaded", "too many requests wait for the daemon"))
  else
    call.state = "queued"
    queue[#queue + 1] = call
    if not link then
      connect(true)
    end
  end
  return call
end

-- -- what others call

local function new_token()
  next_token = next_token + 1
  return next_token
end

--- Asks; cb(err) or cb(nil, result), err an error map of the protocol. Returns the call.
function M.request(method, params, cb)
  return submit(setmetatable({ method = method, params = params, done = cb }, Call))
end

--- Asks for events too. `on` may have on_event(event, seq, answer), done(err, result), and lost() and resumed(), which
--- tell that the connection broke and that the stream goes on over a new one.
function M.stream(method, params, on)
  local token = new_token()
  params = vim.tbl_extend("force", params, { stream = true, notify = { method = "askd.event", args = { token } } })
  local call = setmetatable({ method = method, params = params, token = token, answers = {}, order = {} }, Call)
  call.on_event, call.done, call.on_lost, call.on_resumed = on.on_event, on.done, on.lost, on.resumed
  if method == "answer.attach" then
    call.order[1], call.answers[params.answer] = params.answer, (params.from or 0) - 1
    call.is_attached = true
  end
  streams[token] = call
  return submit(call)
end

--- Ends what the call began, at the provider too; the callback is told `cancelled` unless it was told something before.
function Call:cancel()
  if self.state == "over" or self.cancelled then
    return
  end
  self.cancelled = true
  if self.state == "sent" and not self.is_attached then
    tell("answer.cancel", { request = self.id })
  elseif self.state == "sent" then
    for _, id in ipairs(self.order) do
      tell("answer.cancel", { answer = id })
    end
  elseif self.state == "queued" then
    queue = vim.tbl_filter(function(other)
      return other ~= self
    end, queue)
    end_later(self, error_of("cancelled", "it was not asked yet"))
  end
end

--- Nothing more is told of the call; what it began goes on.
function Call:drop()
  self.dropped = true
  self.done = nil
end

--- fn(change, conversation) for each change of the protocol's table, of one conversation or (nil) of all; also {type =
--- "failed", error} where it cannot be watched. Goes on over a new connection, of which {type = "lost"} tells.
function M.watch(conversation, fn)
  local watch = { conversation = conversation, fn = fn, token = new_token() }
  watches[watch.token] = watch
  if phase == "ready" then
    start_watch(watch)
  elseif not link then
    connect(true)
  end
  function watch:stop()
    watches[self.token] = nil
    if self.number then
      tell("conversation.unwatch", { watch = self.number })
    end
  end
  return watch
end

--- {phase = "idle" | "connecting" | "ready" | "down", error, server = what hello told, socket}
function M.state()
  return { phase = phase, error = why, server = server, socket = (locate.socket()) }
end

--- fn(state) whenever the phase changes. Returns a function that ends it.
function M.on_state(fn)
  local key = {}
  listeners[key] = fn
  return function()
    listeners[key] = nil
  end
end

--- Whether the daemon has not read what it was sent before.
function M.is_congested()
  return link ~= nil and link:unsent() > 0
end

--- Where questions are asked, for `context`.
M.context = locate.context

--- How many calls, streams and messages are held, for tests.
function M.held()
  local inbox = link and link:unhandled() or 0
  return { calls = vim.tbl_count(calls), queue = #queue, streams = vim.tbl_count(streams), inbox = inbox }
end

return M
