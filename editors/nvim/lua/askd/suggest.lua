-- Suggestions at the cursor while one types: asked for once the keys pause, shown behind the cursor, and put in where
-- they are accepted.
--
-- A *suggestion* begins where the cursor was when it was asked for. As long as what was typed since is the beginning of
-- it, the rest is shown and nobody is asked; anything else ends it, at the provider too. There is at most one.
local client = require("askd.client")
local compat = require("askd.compat")
local ghost = require("askd.ghost")
local notify = require("askd.notify")
local options = require("askd.options")

local api = vim.api
local M = {}

local SIDE_LINES, SIDE_BYTES = 400, 32 * 1024 -- of the buffer before and behind the cursor; the daemon takes less
local TYPED_LINES = 200 -- that a suggestion is followed over
local UNANSWERED_MAX = 4 -- with so many that were cancelled and are not confirmed, the daemon has other worries
local BUSY_MS = 50 -- until it is looked again whether it has caught up
local STEP = 64 -- the lines that are sent begin at a multiple of it, so that the text before the cursor only grows

local enabled = false
local timer = compat.uv.new_timer()
local current -- {buf, row, col, behind, text, call, done, shown}
local unanswered = 0 -- calls
local told = {} -- codes of errors, each of which is told once until one suggestion comes

-- -- where the cursor is

local function cursor()
  local at = api.nvim_win_get_cursor(0)
  return at[1] - 1, at[2]
end

local function inserting()
  return api.nvim_get_mode().mode:sub(1, 1) == "i"
end

local function wanted_here()
  return enabled
    and vim.bo.buftype == ""
    and vim.bo.modifiable
    and not vim.tbl_contains(options.suggest_off, vim.bo.filetype)
end

-- The end of a text, and its beginning, of at most SIDE_BYTES.
local function tail(text)
  local cut = #text > SIDE_BYTES and text:sub(-SIDE_BYTES) or text
  return (cut:gsub("^[\128-\191]+", ""))
end

local function beginning(text)
  if #text <= SIDE_BYTES then
    return text
  end
  local at = SIDE_BYTES
  while at > 0 and text:byte(at + 1) >= 0x80 and text:byte(at + 1) < 0xc0 do
    at = at - 1
  end
  return text:sub(1, at)
end

--- The text before and behind a place in a buffer.
function M.sides(buf, row, col)
  local first = math.max(0, math.floor((row - SIDE_LINES) / STEP) * STEP)
  local before = api.nvim_buf_get_lines(buf, first, row + 1, false)
  local line = before[#before]
  before[#before] = line:sub(1, col)
  local behind = api.nvim_buf_get_lines(buf, row + 1, row + 1 + SIDE_LINES, false)
  table.insert(behind, 1, line:sub(col + 1))
  return tail(table.concat(before, "\n")), beginning(table.concat(behind, "\n"))
end

-- -- the one suggestion

local function drop()
  ghost.hide()
  if current then
    local call = current.call
    current = nil
    if call then
      call:cancel()
    end
  end
end

-- What was typed since the suggestion was asked for; nil: the cursor is before that, or the line behind it has changed.
local function typed_since()
  local s = current
  local row, col = cursor()
  local is_before = row < s.row or (row == s.row and col < s.col)
  if api.nvim_get_current_buf() ~= s.buf or is_before or row > s.row + TYPED_LINES then
    return nil
  end
  local line = api.nvim_buf_get_lines(s.buf, row, row + 1, false)[1]
  if line:sub(col + 1) ~= s.behind or api.nvim_buf_line_count(s.buf) - row ~= s.lines_below then
    return nil
  end
  local first = api.nvim_buf_get_lines(s.buf, s.row, s.row + 1, false)[1]
  if first:sub(1, s.col) ~= s.before then
    return nil
  end
  return table.concat(api.nvim_buf_get_text(s.buf, s.row, s.col, row, col, {}), "\n")
end

--- What is left of the suggestion behind the cursor; nil: there is none, or it does not fit.
local function rest()
  local typed = current and typed_since()
  if typed and current.text:sub(1, #typed) == typed then
    return current.text:sub(#typed + 1)
  end
end

local function show()
  local left = rest()
  if left and left ~= "" and inserting() and vim.fn.pumvisible() == 0 then
    local row, col = cursor()
    ghost.show(current.buf, row, col, left)
    current.shown = true
  else
    ghost.hide()
  end
end

-- -- asking

local function failed(err)
  if err.code == "unknown_method" then
    enabled = false
    notify.error({ code = err.code, message = "this daemon has no `complete`: suggestions are off" })
  elseif not told[err.code] and err.code ~= "cancelled" then
    told[err.code] = true
    notify.error(err)
  end
end

local function handlers(s)
  local function take(text)
    if current == s then
      s.text = text:gsub("\r\n", "\n")
      show()
    end
  end
  return {
    on_event = function(event)
      if event.type == "text" then
        take(s.text .. event.text)
      elseif event.type == "retry" then
        take("")
      end
    end,
    done = function(err, result)
      unanswered = unanswered - 1
      s.call, s.done = nil, true
      if err then
        failed(err)
      else
        told = {}
        take(result.text)
      end
    end,
  }
end

local ask_later

local function is_due()
  return wanted_here() and inserting() and not current and vim.fn.pumvisible() == 0
end

local function ask()
  if not is_due() then
    return
  elseif unanswered >= UNANSWERED_MAX or client.is_congested() then
    return ask_later(BUSY_MS)
  end
  local buf = api.nvim_get_current_buf()
  local row, col = cursor()
  local line = api.nvim_get_current_line()
  local prefix, suffix = M.sides(buf, row, col)
  if vim.trim(prefix) == "" and vim.trim(suffix) == "" then
    return
  end
  local s = { buf = buf, row = row, col = col, text = "", before = line:sub(1, col), behind = line:sub(col + 1) }
  s.lines_below = api.nvim_buf_line_count(buf) - row
  current = s
  unanswered = unanswered + 1
  s.call = client.stream("complete", {
    model = options.suggest_model or nil,
    prefix = prefix,
    suffix = suffix,
    language = vim.bo[buf].filetype ~= "" and vim.bo[buf].filetype or nil,
    buffer = ("nvim:%d:%d"):format(compat.uv.os_getpid(), buf),
  }, handlers(s))
end

function ask_later(at_least)
  timer:start(math.max(options.suggest_delay, at_least or 0), 0, vim.schedule_wrap(ask))
end

-- -- what happens in the editor

-- A key was typed, or the cursor moved. `moved` alone asks for nothing: who looks around is not writing.
local function changed(is_text)
  local left = rest()
  if left and (left ~= "" or not current.done) then
    return show()
  end
  drop()
  if is_text and wanted_here() then
    ask_later()
  end
end

local function stop()
  timer:stop()
  drop()
end

local function listen()
  local group = api.nvim_create_augroup("askd-suggest", {})
  local function on(events, fn)
    api.nvim_create_autocmd(events, { group = group, callback = fn })
  end
  on({ "TextChangedI", "TextChangedP" }, function()
    changed(true)
  end)
  on("CursorMovedI", function()
    changed(false)
  end)
  on({ "InsertLeave", "BufLeave", "VimLeavePre" }, stop)
end

--- Turns suggestions on or off.
function M.enable(on)
  enabled = on
  told = {}
  if on then
    listen()
  else
    api.nvim_create_augroup("askd-suggest", {})
    stop()
  end
end

function M.is_enabled()
  return enabled
end

local WORDS = { "off", "on", "toggle" }

function M.complete(lead)
  return vim.tbl_filter(function(word)
    return vim.startswith(word, lead)
  end, WORDS)
end

--- :AskSuggest.
function M.run(command)
  local word = command.args == "" and "toggle" or command.args
  if not vim.tbl_contains(WORDS, word) then
    return notify.warn("it is one of: " .. table.concat(WORDS, ", "))
  end
  M.enable(word == "on" or (word == "toggle" and not enabled))
  notify.info("suggestions are " .. (enabled and "on" or "off"))
end

-- -- accepting

--- Whether a suggestion is shown.
function M.visible()
  local left = rest()
  return left ~= nil and left ~= "" and current.shown == true
end

-- Puts the beginning of what is left in; what follows it is still shown.
local function accept(cut)
  local left = rest()
  if not left or left == "" then
    return
  end
  local text = cut(left)
  local row, col = cursor()
  local lines = vim.split(text, "\n", { plain = true })
  ghost.hide()
  api.nvim_buf_set_text(0, row, col, row, col, lines)
  api.nvim_win_set_cursor(0, { row + #lines, #lines == 1 and col + #text or #lines[#lines] })
end

function M.accept()
  accept(function(left)
    return left
  end)
end

--- The next word with the blanks before it; punctuation is a word too.
function M.accept_word()
  accept(function(left)
    return left:match("^%s*[%w_\128-\255]+") or left:match("^%s*[^%s%w_\128-\255]+") or left
  end)
end

--- The rest of the line, or where there is none, the next line.
function M.accept_line()
  accept(function(left)
    return left:match("^\n?[^\n]*")
  end)
end

function M.dismiss()
  stop()
end

-- -- keys

local KEYS = { accept = "accept", accept_word = "accept-word", accept_line = "accept-line", dismiss = "dismiss" }

-- A key that accepts is itself where nothing is shown.
local function map(key, action)
  local desc = "askd: " .. action
  local there = vim.fn.maparg(key, "i", false, true)
  if there.desc == desc then
    return -- setup{} once more
  elseif there.lhs then
    return notify.warn(("%s is mapped already in insert mode: it does not accept suggestions"):format(key))
  end
  vim.keymap.set("i", key, function()
    return M.visible() and ("<Plug>(askd-%s)"):format(KEYS[action]) or key
  end, { expr = true, remap = true, desc = desc })
end

--- What setup was given; what it was not given stays as it is.
function M.apply_options(given)
  for action, key in pairs(given.suggest_keys and options.suggest_keys or {}) do
    if KEYS[action] then
      map(key, action)
    else
      notify.warn(("suggest_keys has no %s: it is one of accept, accept_word, accept_line, dismiss"):format(action))
    end
  end
  if given.suggest ~= nil and options.suggest ~= enabled then
    M.enable(options.suggest)
  end
end

return M
