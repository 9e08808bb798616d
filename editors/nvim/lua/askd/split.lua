-- Windows with answers: buffers named askd://answer/ID. They hold the answer's text and nothing else, so that it can be
-- yanked and edited; what they remember is in buffer variables: b:askd_answer, b:askd_conversation, b:askd_model.
local answer = require("askd.answer")
local client = require("askd.client")
local notify = require("askd.notify")
local options = require("askd.options")

local api = vim.api
local M = {}

M.PREFIX = "askd://answer/"

local running = {} -- calls by buffer: what :AskStop ends
local sinks = {} -- by buffer

local function is_answer(buf)
  return vim.b[buf].askd_split == 1
end

-- Text of a model is no place for modelines, swap files and undo.
local function set_up(buf)
  vim.bo[buf].buftype = "nofile"
  vim.bo[buf].bufhidden = "hide"
  vim.bo[buf].swapfile = false
  vim.bo[buf].modeline = false
  vim.bo[buf].undolevels = -1
  vim.bo[buf].filetype = "markdown"
  vim.b[buf].askd_split = 1
end

--- A buffer for an answer, not shown yet.
function M.buffer()
  local buf = api.nvim_create_buf(true, false)
  set_up(buf)
  return buf
end

local OPENERS = {
  below = "botright split",
  right = "botright vsplit",
  tab = "tab split",
}

local function opener()
  local how = options.split
  if how == "auto" then
    how = vim.o.columns >= 160 and "right" or "below"
  end
  return OPENERS[how]
end

local function window_with_answer()
  for _, win in ipairs(api.nvim_tabpage_list_wins(0)) do
    if is_answer(api.nvim_win_get_buf(win)) then
      return win
    end
  end
end

--- Shows a buffer in the window of this tab that has an answer, or in a new one; the cursor stays where it is. Returns
--- the window. How: `fresh` opens a new one anyway, `split` says how ("right" …).
function M.show(buf, how)
  how = how or {}
  local before = api.nvim_get_current_win()
  local win = not how.fresh and window_with_answer()
  if not win then
    local command = how.split and OPENERS[how.split] or opener()
    if command then
      vim.cmd(command)
    end
    win = api.nvim_get_current_win()
  end
  api.nvim_win_set_buf(win, buf)
  vim.wo[win].wrap = true
  vim.wo[win].linebreak = true
  if api.nvim_win_is_valid(before) then
    api.nvim_set_current_win(before)
  end
  return win
end

--- Gives a buffer the name of its answer. An older buffer of that name makes way.
function M.name(buf, id)
  local name = M.PREFIX .. id
  local other = vim.fn.bufnr("^" .. vim.fn.escape(name, "[]*?{},") .. "$")
  if other > 0 and other ~= buf then
    pcall(api.nvim_buf_delete, other, { force = true })
  end
  if api.nvim_buf_get_name(buf) ~= name then
    pcall(api.nvim_buf_set_name, buf, name)
  end
  vim.b[buf].askd_answer = id
end

--- Streams a request into a buffer: client.stream with a sink at its end. on_end(err, result) may be absent.
function M.stream(buf, method, params, on_end)
  local sink
  sink = answer.into(buf, "end", {
    on_start = function(event, id)
      if not api.nvim_buf_is_valid(buf) then
        return
      end
      vim.b[buf].askd_model = event.model
      if event.conversation then
        vim.b[buf].askd_conversation = event.conversation
      end
      M.name(buf, id)
    end,
    on_end = function(err, result)
      M.set_running(buf, nil)
      sinks[buf] = nil
      if err then
        notify.error(err)
      end
      if result and api.nvim_buf_is_valid(buf) then
        vim.b[buf].askd_conversation = result.conversation
        vim.b[buf].askd_model = result.model
      end
      if on_end then
        on_end(err, result)
      end
    end,
  })
  sinks[buf] = sink
  local call = client.stream(method, params, sink:handlers())
  M.set_running(buf, call)
  return call, sink
end

--- Calls fn, which shows new buffers; where there is no room for a window, none of them stays behind.
function M.show_or_wipe(bufs, fn)
  local ok, fault = pcall(fn)
  if not ok then
    for _, buf in ipairs(bufs) do
      api.nvim_buf_delete(buf, { force = true })
    end
    error(fault, 0)
  end
end

--- Asks in a new buffer that is shown at once. Returns the buffer.
function M.ask(params, how)
  local buf = M.buffer()
  M.show_or_wipe({ buf }, function()
    M.show(buf, how)
  end)
  M.stream(buf, "chat", params)
  return buf
end

--- Fills the buffer of a name that was opened, with all of its answer: as far as it is, and on from there.
function M.read(buf, id)
  set_up(buf)
  vim.b[buf].askd_answer = id
  if sinks[buf] then
    sinks[buf]:abandon()
    running[buf]:drop()
  end
  api.nvim_buf_set_lines(buf, 0, -1, false, { "" })
  M.stream(buf, "answer.attach", { answer = id })
end

--- What runs in a buffer, for :AskStop and the status line; nil: nothing.
function M.running(buf)
  return running[buf]
end

function M.set_running(buf, call)
  running[buf] = call
  api.nvim_exec_autocmds("User", { pattern = "AskdRunning", modeline = false })
end

--- Ends what runs in a buffer (nil: the current one). Returns whether anything did.
function M.stop(buf)
  local call = running[buf or api.nvim_get_current_buf()]
  if call then
    call:cancel()
  end
  return call ~= nil
end

return M
