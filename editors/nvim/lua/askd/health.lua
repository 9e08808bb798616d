-- :checkhealth askd
local client = require("askd.client")
local compat = require("askd.compat")
local options = require("askd.options")

local M = {}

local WAIT_MS = 3000 -- for the daemon, and once more for one that is started

local h = vim.health or require("health")
local report = {
  start = h.start or h.report_start,
  ok = h.ok or h.report_ok,
  warn = h.warn or h.report_warn,
  error = h.error or h.report_error,
  info = h.info or h.report_info,
}

-- All that this plugin asks for, and what is missing without it.
local METHODS = {
  chat = ":Ask, :AskChat and all else that asks",
  complete = ":AskSuggest",
  compare = ":AskCompare",
  status = "the status line",
  ["answer.attach"] = "what streams in",
  ["answer.cancel"] = ":AskStop",
  ["answer.get"] = "chats",
  ["answer.list"] = ":AskResume",
  ["answer.estimate"] = ":AskChat last",
  ["conversation.get"] = "chats",
  ["conversation.watch"] = "chats that others write in too",
  ["conversation.head"] = ":AskBranch",
  ["conversation.list"] = ":AskConversations",
  ["conversation.search"] = ":AskConversations with words",
  ["models.list"] = ":AskModel",
  ["prompt.list"] = ":AskPrompt",
}

local function check_editor()
  report.start("Neovim")
  local v = vim.version()
  local version = ("%d.%d.%d"):format(v.major, v.minor, v.patch)
  if vim.fn.has("nvim-0.7") == 0 then
    return report.error(version .. " is too old", { "install Neovim 0.7 or later" })
  end
  report.ok(version)
  if compat.inline then
    report.ok("suggestions move what is behind the cursor aside")
  else
    report.info("suggestions within a line stand over what is behind the cursor; Neovim 0.10 moves it aside")
  end
  if jit then
    report.ok("LuaJIT: who serves the socket is checked")
  else
    report.warn("no LuaJIT: who serves the socket cannot be checked", { "install a Neovim with LuaJIT" })
  end
end

local function check_programs()
  report.start("Programs")
  if not options.askctl then
    report.info("askctl is switched off: no daemon is started from here")
  elseif vim.fn.executable(options.askctl) == 1 then
    report.ok(options.askctl .. " starts the daemon where none runs")
  else
    report.warn(options.askctl .. " cannot be run: a daemon has to run already", {
      "install askd, or name the program: require('askd').setup({askctl = '/path/to/askctl'})",
    })
  end
  if vim.fn.executable("git") == 1 then
    report.ok("git, for :AskCommit")
  else
    report.info("git is not there: :AskCommit cannot be used")
  end
end

-- The only place of the plugin that waits: who asks for their health wants to read it.
local function call(method)
  local over, err, result = false, nil, nil
  client.request(method, {}, function(e, r)
    over, err, result = true, e, r
  end)
  vim.wait(2 * WAIT_MS, function()
    return over
  end, 10)
  if not over then
    err = { code = "timeout", message = "it has not answered within " .. 2 * WAIT_MS / 1000 .. " s" }
  end
  return err, result
end

local MENDS = {
  unavailable = { "run: askctl doctor", "or start it: askd --user" },
  permission_denied = { "run: askctl doctor" },
  timeout = { "run: askctl status", "restart the daemon if that hangs too" },
}

local function check_methods(server)
  local there = {}
  for _, name in ipairs(server.methods or {}) do
    there[name] = true
  end
  local missing = {}
  for name, use in pairs(METHODS) do
    if not there[name] then
      missing[#missing + 1] = ("%s (%s)"):format(name, use)
    end
  end
  table.sort(missing)
  if #missing == 0 then
    return report.ok("it has all methods that are used here")
  end
  report.warn("it lacks: " .. table.concat(missing, ", "), {
    "install the askd that this plugin came with, and restart the daemon",
  })
end

local function check_daemon()
  report.start("The daemon")
  local err, status = call("status")
  local state = client.state()
  report.info("socket: " .. state.socket)
  if err then
    report.error(("%s: %s"):format(err.code, err.message), MENDS[err.code] or { "run: askctl doctor" })
    return nil
  end
  vim.wait(WAIT_MS, function()
    return client.state().server ~= nil
  end, 10)
  local server = client.state().server or {}
  report.ok(("askd %s, pid %d, protocol %s"):format(status.version, status.pid, server.protocol or "?"))
  check_methods(server)
  return status
end

local function check_providers(status)
  report.start("Providers")
  local ready = 0
  for _, p in ipairs(status.providers) do
    if p.state == "ready" then
      ready = ready + 1
      report.ok(("%s is ready (key from %s)"):format(p.name, p.key_source or "nowhere: it needs none"))
    elseif p.state == "local" then
      report.info(p.name .. " is local: it is looked for when it is asked")
    end
  end
  if ready == 0 then
    report.warn("none is ready", { "run: askctl setup", "or: askctl keys import" })
  end
  if status.default_model == "" then
    report.warn("there is no default model", { "name one: askctl setup, or default_model in askd.conf" })
  else
    report.ok("asked by default: " .. status.default_model)
  end
end

function M.check()
  check_editor()
  check_programs()
  local status = check_daemon()
  if status then
    check_providers(status)
  end
end

return M
