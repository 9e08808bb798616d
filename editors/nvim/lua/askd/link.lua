-- A pipe to the daemon: from where its socket is to the end of the connection. It knows messages, and not what they
-- mean.
--
-- A link is `opening`, `open` or `closed`, and tells of each change once: on_up(), on_message(type, a, b, c) for each
-- message with the fields behind its type, on_down(error map). All of these are called from Neovim's main loop, never
-- before M.open returns.
--
-- What has come is handed on for at most SLICE_MS at a time, so that keys are never kept waiting; with INBOX_MAX
-- messages not handed on, nothing more is read, and askd waits for us as for any slow reader.
local locate = require("askd.locate")
local notify = require("askd.notify")
local options = require("askd.options")
local uv = require("askd.compat").uv
local wire = require("askd.wire")

local M = {}

local INBOX_MAX = 4096
local SLICE_MS = 2
local START_PAUSE_MS = 10000 -- between two attempts to start a daemon
local PATH_MAX = 107 -- bytes that a socket's address has room for

local started_at -- when a daemon was started last

local Link = {}
Link.__index = Link

-- -- the end

local function down(link, code, message)
  if link.state == "closed" then
    return
  end
  link:close()
  notify.protect(link.on.on_down, { code = code, message = message })
end

--- Nothing is told of it any more.
function Link:close()
  self.state = "closed"
  if self.pipe and not self.pipe:is_closing() then
    self.pipe:close()
  end
end

-- -- what comes in

local function resume(link)
  if link.paused and link.state == "open" then
    link.paused = false
    link.pipe:read_start(link.on_read)
  end
end

local function drain(link)
  local stop = uv.hrtime() + SLICE_MS * 1e6
  while link.first <= link.last do
    local message = link.inbox[link.first]
    link.inbox[link.first] = nil
    link.first = link.first + 1
    if type(message) == "function" then
      message()
    elseif link.state == "open" then
      notify.protect(link.on.on_message, message[1], message[2], message[3], message[4])
    end
    if uv.hrtime() > stop and link.first <= link.last then
      -- What vim.schedule takes would be run before the next key is looked at.
      return vim.defer_fn(function()
        drain(link)
      end, 1)
    end
  end
  link.draining = false
  resume(link)
end

-- A message, or a function that is to be called behind those before it.
local function deliver(link, message)
  link.last = link.last + 1
  link.inbox[link.last] = message
  if not link.draining then
    link.draining = true
    vim.schedule(function()
      drain(link)
    end)
  end
end

local function end_later(link, message)
  deliver(link, function()
    down(link, "unavailable", message)
  end)
end

local function read(link)
  local take = wire.reader(function(...)
    deliver(link, { ... })
  end)
  function link.on_read(fault, data)
    if fault or not data then
      return end_later(
        link,
        fault and "the connection to the daemon broke: " .. fault or "the daemon closed the connection"
      )
    elseif not pcall(take, data) then
      link.pipe:read_stop()
      return end_later(link, "what the daemon sent is no message")
    end
    if link:unhandled() >= INBOX_MAX and not link.paused then
      link.paused = true
      link.pipe:read_stop()
    end
  end
  link.pipe:read_start(link.on_read)
end

-- -- the beginning

local function may_start(kind)
  return kind ~= "system"
    and options.askctl
    and vim.env.ASKD_AUTOSTART ~= "0"
    and not (started_at and uv.now() - started_at < START_PAUSE_MS)
end

-- As `ask` would: askctl knows which daemon, and waits until it listens.
local function start_daemon(link, then_connect)
  started_at = uv.now()
  local args = options.socket and { "--socket", link.path, "status" } or { "status" }
  local handle, fault
  handle, fault = uv.spawn(options.askctl, { args = args }, function()
    handle:close()
    vim.schedule(then_connect)
  end)
  if not handle then
    local message = "no daemon listens on %s, and %s cannot be run: %s"
    vim.schedule(function()
      down(link, "unavailable", message:format(link.path, options.askctl, fault))
    end)
  end
end

local connect

local function refused(link, fault, start)
  local nobody = fault:match("^ENOENT") or fault:match("^ECONNREFUSED")
  link.pipe:close()
  if nobody and start and may_start(link.kind) then
    return start_daemon(link, function()
      connect(link, false)
    end)
  end
  down(link, "unavailable", nobody and ("no daemon listens on %s: start askd"):format(link.path)
    or ("cannot connect to %s: %s"):format(link.path, fault))
end

local function connected(link, fault, start)
  if link.state == "closed" then
    return
  elseif fault then
    return refused(link, fault, start)
  end
  local untrusted = locate.peer_fault(link.pipe, link.path, link.kind)
  if untrusted then
    return down(link, "permission_denied", untrusted)
  end
  link.state = "open"
  read(link)
  notify.protect(link.on.on_up)
end

function connect(link, start)
  if link.state == "closed" then
    return
  end
  link.pipe = uv.new_pipe(false)
  link.pipe:connect(link.path, function(fault)
    vim.schedule(function()
      connected(link, fault, start)
    end)
  end)
end

--- A link that is opening. start: where no daemon listens, one is started.
function M.open(on, start)
  local link = setmetatable({ on = on, state = "opening", inbox = {}, first = 1, last = 0 }, Link)
  link.path, link.kind = locate.socket()
  local unsafe = locate.folder_fault(link.path, link.kind)
  if not unsafe and #link.path <= PATH_MAX then
    connect(link, start)
    return link
  end
  vim.schedule(function()
    if unsafe then
      down(link, "permission_denied", unsafe)
    else
      down(link, "unavailable", ("the path of the socket, %s, is too long: choose a shorter one"):format(link.path))
    end
  end)
  return link
end

-- -- for who has one

function Link:write(bytes)
  if self.state == "open" then
    self.pipe:write(bytes)
  end
end

--- Bytes that were written and that the daemon has no room for.
function Link:unsent()
  return self.state == "open" and self.pipe:get_write_queue_size() or 0
end

--- Messages that have come and were not handed on.
function Link:unhandled()
  return self.last - self.first + 1
end

return M
