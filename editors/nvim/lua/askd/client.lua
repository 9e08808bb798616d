-- The connection to the daemon: one for this Neovim, opened by the first request.
--
-- Words. A *call* is a request under way; a *stream* a call whose answers come as events. A call is `queued` until the
-- connection stands, `sent`, or `parted`: the connection broke under a stream whose answers run on in the daemon, and it
-- is attached to them again, from the event behind the last one that was seen.
--
-- All callbacks are called from Neovim's main loop, never before the function that was given them returns. What has come is
-- handed on for at most SLICE_MS at a time, so that keys are never kept waiting; with INBOX_MAX messages not handed on,
-- nothing more is read, and askd waits for us as for any slow reader.
local compat = require("askd.compat")
local locate = require("askd.locate")
local notify = require("askd.notify")
local options = require("askd.options")
local wire = require("askd.wire")

local uv = compat.uv
local M = {}

local QUEUE_MAX = 256 -- calls that wait for the connection
local WRITE_MAX = 64 * 1048576 -- bytes that the daemon has not read
local INBOX_MAX = 4096
local PATH_MAX = 107 -- bytes that a socket's address has room for
local SLICE_MS = 3
local START_PAUSE_MS = 10000 -- between two attempts to start a daemon
local RETRY_MS, RETRY_MAX_MS = 50, 5000 -- until a lost connection is tried again
local PARTED_MAX_MS = 60000 -- how long a stream waits for the daemon to come back

local phase = "idle" -- "idle", "connecting", "ready", "down"
local why -- of "down": an error map
local server -- what hello said
local conn -- the connection while it is connecting or ready
local calls = {} -- sent ones, by msgid
local queue = {}
local parted = {} -- streams without a connection
local watches = {} -- by token
local streams = {} -- by token
local listeners = {}
local inbox, inbox_first, inbox_last, draining = {}, 1, 0, false
local next_id, next_token = 1, 1
local started_at
local retry = { timer = nil, ms = RETRY_MS }

local Call = {}
Call.__index = Call

local function protect(fn, ...)
  local ok, err = pcall(fn, ...)
  if not ok then
    notify.error({ code = "internal", message = tostring(err) })
  end
end

local function unavailable(message)
  return { code = "unavailable", message = message }
end

local function set_phase(to, err)
  if phase == to and why == err then
    return
  end
  phase, why = to, err
  for _, fn in pairs(listeners) do
    vim.schedule(function()
      protect(fn, M.state())
    end)
  end
end

-- -- what comes in

local function end_call(call, err, result)
  if call.token then
    streams[call.token] = nil
  end
  if call.over then
    return
  end
  call.over = true
  call.state = "over"
  if call.done then
    protect(call.done, err, result)
  end
end

-- An event of a stream: args are [token, [answer, seq, event]].
local function take_event(args)
  local call, told = streams[args[1]], args[2]
  if not call or call.over or call.dropped then
    return
  end
  local answer, seq, event = told[1], told[2], told[3]
  if not call.answers[answer] then
    call.order[#call.order + 1] = answer
  end
  call.answers[answer] = seq
  if call.on_event then
    protect(call.on_event, event, seq, answer)
  end
end

local function take_change(args)
  local watch = watches[args[1]]
  if watch then
    protect(watch.fn, args[2][3], args[2][2])
  end
end

local NOTIFICATIONS = { ["askd.event"] = take_event, ["askd.change"] = take_change }

local function take(message)
  local kind, a, b, c = message[1], message[2], message[3], message[4]
  if kind == 2 and NOTIFICATIONS[a] then
    NOTIFICATIONS[a](b)
  elseif kind == 1 and calls[a] then
    local call = calls[a]
    calls[a] = nil
    if call.on_reply then
      call.on_reply(b, c)
    else
      end_call(call, b, c)
    end
  elseif kind == 1 and b then
    -- A connection that is refused is told so under a msgid of nobody.
    notify.error(b)
  end
end

local function read_more()
  if conn and conn.paused then
    conn.paused = false
    conn.pipe:read_start(conn.on_read)
  end
end

local function drain()
  local stop = uv.hrtime() + SLICE_MS * 1e6
  while inbox_first <= inbox_last do
    local message = inbox[inbox_first]
    inbox[inbox_first] = nil
    inbox_first = inbox_first + 1
    if type(message) == "function" then
      message()
    else
      take(message)
    end
    if uv.hrtime() > stop and inbox_first <= inbox_last then
      -- vim.schedule would be run before the next key is looked at.
      vim.defer_fn(drain, 1)
      return
    end
  end
  inbox, inbox_first, inbox_last, draining = {}, 1, 0, false
  read_more()
end

local function deliver(message)
  inbox_last = inbox_last + 1
  inbox[inbox_last] = message
  if not draining then
    draining = true
    vim.schedule(drain)
  end
end

-- -- what goes out

local function write(bytes)
  conn.pipe:write(bytes, function() end)
end

local function congested_by(bytes)
  return conn and conn.pipe:get_write_queue_size() + bytes > WRITE_MAX
end

local function send(call)
  local id = next_id
  next_id = next_id % 0xffffffff + 1
  local ok, bytes = pcall(wire.request, id, call.method, call.params)
  if not ok or congested_by(#bytes) then
    local err = ok and { code = "overloaded", message = "the daemon does not read what it is asked" }
      or { code = "invalid_request", message = tostring(bytes) }
    return deliver(function()
      end_call(call, err)
    end)
  end
  call.id = id
  call.state = "sent"
  calls[id] = call
  write(bytes)
end

local function tell(method, params)
  if conn and phase == "ready" then
    write(wire.notification(method, params))
  end
end

local function start_watch(watch)
  send({
    method = "conversation.watch",
    params = { conversation = watch.conversation, notify = { method = "askd.change", args = { watch.token } } },
    on_reply = function(err, result)
      local before = watch.number
      watch.number = result and result.watch
      if err then
        protect(watch.fn, { type = "failed", error = err }, watch.conversation)
      elseif watches[watch.token] ~= watch then
        tell("conversation.unwatch", { watch = watch.number })
      elseif before then
        protect(watch.fn, { type = "lost" }, watch.conversation)
      end
    end,
  })
end

local function result_of(call)
  if call.method ~= "compare" then
    return call.attached[call.order[1]]
  end
  local answers = {}
  for i, id in ipairs(call.order) do
    answers[i] = call.attached[id]
  end
  return { answers = answers }
end

-- An answer without a conversation ends with its connection; the last second of any is not stored yet.
local ENDED = {
  cancelled = "the connection to the daemon was lost, and the answer ended with it",
  not_found = "the daemon ended, and had not stored this answer yet",
}

local function plain(call, err)
  local message = err and not call.cancelled and ENDED[err.code]
  return message and { code = "interrupted", message = message } or err
end

-- Attaches a stream to its answers again. Where one of several fails it is shown as a map, as compare itself would.
local function attach_again(call)
  call.state = "sent"
  call.attached = {}
  local left = #call.order
  local failure
  for _, id in ipairs(call.order) do
    local params = { answer = id, from = call.answers[id] + 1, notify = call.params.notify }
    local again = { method = "answer.attach", params = params, parent = call }
    function again.on_reply(err, result)
      left = left - 1
      err = plain(call, err)
      failure = failure or err
      call.attached[id] = result or { answer = id, state = "failed", error = err }
      if left == 0 then
        end_call(call, call.method ~= "compare" and failure or nil, not failure and result_of(call) or nil)
      end
    end
    send(again)
    if call.cancelled then
      tell("answer.cancel", { answer = id })
    end
  end
  if call.on_resumed then
    protect(call.on_resumed)
  end
end

-- -- the connection

local connect

local function fail_all(list, err)
  for _, call in ipairs(list) do
    deliver(function()
      end_call(call, err)
    end)
  end
end

local function go_down(err)
  local waiting = queue
  queue = {}
  conn = nil
  set_phase("down", err)
  fail_all(waiting, err)
end

local function has_work()
  return #parted > 0 or next(watches) ~= nil
end

local function expire_parted()
  local kept = {}
  for _, call in ipairs(parted) do
    if uv.now() - call.parted_at > PARTED_MAX_MS then
      fail_all({ call }, unavailable("the connection to the daemon was lost, and none listens since"))
    else
      kept[#kept + 1] = call
    end
  end
  parted = kept
end

local function try_again_later()
  expire_parted()
  if retry.timer or not has_work() then
    return
  end
  retry.timer = vim.defer_fn(function()
    retry.timer = nil
    if not conn and has_work() then
      connect(false)
    end
  end, retry.ms)
  retry.ms = math.min(retry.ms * 2, RETRY_MAX_MS)
end

-- What became of a call, or of a stream of which no event has come, nobody can tell: it is not asked once more.
local function part(call)
  if call.token and call.method ~= "complete" and #call.order > 0 then
    call.state = "parted"
    call.parted_at = uv.now()
    parted[#parted + 1] = call
    if call.on_lost then
      protect(call.on_lost)
    end
  else
    end_call(call, unavailable("the connection to the daemon was lost before it had answered"))
  end
end

local function lost(which, reason)
  if conn ~= which then
    return
  end
  conn.pipe:close()
  conn = nil
  server = nil
  local open = calls
  calls = {}
  set_phase("down", unavailable(reason or "the daemon closed the connection"))
  for _, each in pairs(open) do
    local call = each.parent or each
    local is_ours = each.on_reply and not each.parent -- hello, a watch: the next connection has its own
    if not is_ours and call.state ~= "parted" and not call.over then
      part(call)
    end
  end
  try_again_later()
end

local function greet()
  local v = vim.version()
  send({
    method = "hello",
    params = {
      client = "nvim",
      version = ("%d.%d.%d"):format(v.major, v.minor, v.patch),
      protocol = 1,
      context = locate.context(),
    },
    on_reply = function(err, result)
      server = result
      if err then
        notify.error(err)
      end
    end,
  })
end

local function connected()
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

local function begin_reading(which)
  local read = wire.reader(function(...)
    deliver({ ... })
  end)
  function which.on_read(err, data)
    if err or not data then
      return deliver(function()
        lost(which, err and "the connection to the daemon broke: " .. err)
      end)
    end
    local ok = pcall(read, data)
    if not ok then
      which.pipe:read_stop()
      return deliver(function()
        lost(which, "what the daemon sent is no message")
      end)
    end
    if inbox_last - inbox_first >= INBOX_MAX and not which.paused then
      which.paused = true
      which.pipe:read_stop()
    end
  end
  which.pipe:read_start(which.on_read)
end

local function may_start(kind)
  local now = uv.now()
  return kind ~= "system"
    and options.askctl
    and vim.env.ASKD_AUTOSTART ~= "0"
    and not (started_at and now - started_at < START_PAUSE_MS)
end

-- As `ask` would: askctl knows which daemon, and waits until it listens.
local function start_daemon(path, then_connect)
  started_at = uv.now()
  local handle, fault
  local args = options.socket and { "--socket", path, "status" } or { "status" }
  handle, fault = uv.spawn(options.askctl, { args = args }, function()
    handle:close()
    vim.schedule(then_connect)
  end)
  if not handle then
    go_down(unavailable(("no daemon listens on %s, and %s cannot be run: %s"):format(path, options.askctl, fault)))
  end
end

local function refused(fault, path, kind, start)
  local nobody = fault:match("^ENOENT") or fault:match("^ECONNREFUSED")
  conn = nil
  if nobody and start and may_start(kind) then
    return start_daemon(path, function()
      connect(false)
    end)
  end
  go_down(unavailable(nobody and ("no daemon listens on %s: start askd"):format(path)
    or ("cannot connect to %s: %s"):format(path, fault)))
  try_again_later()
end

function connect(start)
  local path, kind = locate.socket()
  local unsafe = locate.folder_fault(path, kind)
  if unsafe then
    return go_down({ code = "permission_denied", message = unsafe })
  elseif #path > PATH_MAX then
    return go_down(unavailable(("the path of the socket, %s, is too long: choose a shorter one"):format(path)))
  end
  local which = { pipe = uv.new_pipe(false) }
  conn = which
  set_phase("connecting")
  which.pipe:connect(path, function(fault)
    vim.schedule(function()
      if fault then
        which.pipe:close()
        return refused(fault, path, kind, start)
      end
      local untrusted = locate.peer_fault(which.pipe, path, kind)
      if untrusted then
        which.pipe:close()
        return go_down({ code = "permission_denied", message = untrusted })
      end
      begin_reading(which)
      connected()
    end)
  end)
end

local function submit(call)
  if phase == "ready" then
    send(call)
    return call
  end
  if #queue >= QUEUE_MAX then
    deliver(function()
      end_call(call, { code = "overloaded", message = "too many requests wait for the daemon" })
    end)
    return call
  end
  call.state = "queued"
  queue[#queue + 1] = call
  if phase ~= "connecting" then
    connect(true)
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
  end
  streams[token] = call
  return submit(call)
end

--- Ends what the call began, at the provider too; the callback is told `cancelled` unless it was told something before.
function Call:cancel()
  if self.over or self.cancelled then
    return
  end
  self.cancelled = true
  if self.state == "sent" and self.method ~= "answer.attach" and not self.attached then
    tell("answer.cancel", { request = self.id })
  elseif self.state == "sent" then
    for _, id in ipairs(self.attached and self.order or { self.params.answer }) do
      tell("answer.cancel", { answer = id })
    end
  elseif self.state == "queued" then
    queue = vim.tbl_filter(function(other)
      return other ~= self
    end, queue)
    deliver(function()
      end_call(self, { code = "cancelled", message = "it was not asked yet" })
    end)
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
  elseif phase ~= "connecting" then
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
  return conn ~= nil and conn.pipe:get_write_queue_size() > 0
end

--- Where questions are asked, for `context`.
M.context = locate.context

--- How many calls, streams and messages are held, for tests.
function M.held()
  return { calls = vim.tbl_count(calls), queue = #queue, streams = vim.tbl_count(streams), inbox = inbox_last - inbox_first + 1 }
end

return M
