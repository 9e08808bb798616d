-- :AskAttach and :AskDetach: files, buffers, what is to be seen, diagnostics, for the next question asked from here.
local compat = require("askd.compat")
local material = require("askd.material")
local next_question = require("askd.next")
local notify = require("askd.notify")
local wire = require("askd.wire")

local api, uv = vim.api, compat.uv
local M = {}

local FILE_MAX = 32 * 1048576 -- as for any attachment

local function is_ours(win)
  return api.nvim_buf_get_name(api.nvim_win_get_buf(win)):sub(1, 7) == "askd://"
end

--- The window that is meant by "the buffer": this one, or from a chat the one that was left for it, or the first that is no
--- chat.
function M.source_window()
  local here = api.nvim_get_current_win()
  if not is_ours(here) then
    return here
  end
  local before = vim.fn.win_getid(vim.fn.winnr("#"))
  if before ~= 0 and not is_ours(before) then
    return before
  end
  for _, win in ipairs(api.nvim_tabpage_list_wins(0)) do
    if not is_ours(win) then
      return win
    end
  end
end

local function add(key, label, part, fault)
  if not part then
    return notify.warn(fault)
  end
  next_question.add(label, part, key)
  if not key:match("^buf") then
    notify.info(label .. " goes with the next question from this window")
  end
end

-- -- files

-- All of a file, without the editor waiting for a slow disk; cb(err) or cb(nil, bytes).
local function read_file(path, cb)
  local function tell(err, bytes)
    vim.schedule(function()
      cb(err, bytes)
    end)
  end
  uv.fs_open(path, "r", 0, function(err, fd)
    if err then
      return tell(err)
    end
    local function finish(fault, bytes)
      uv.fs_close(fd, function() end)
      tell(fault, bytes)
    end
    uv.fs_fstat(fd, function(fault, stat)
      if fault or stat.type ~= "file" then
        return finish(fault or path .. " is no file")
      elseif stat.size > FILE_MAX then
        return finish(path .. " is larger than the 32 MiB that an attachment may be: attach a part of it")
      end
      uv.fs_read(fd, FILE_MAX + 1, 0, finish)
    end)
  end)
end

local function attach_file(key, path)
  local stat = uv.fs_stat(path)
  if stat and stat.type ~= "file" then
    return notify.warn(path .. " is neither a file nor a buffer: it cannot be attached")
  end
  read_file(path, function(err, bytes)
    local name = vim.fn.fnamemodify(path, ":.")
    if err then
      return notify.warn(("cannot read %s: %s"):format(path, err))
    elseif bytes == "" then
      return notify.warn(name .. " is empty: there is nothing to attach")
    end
    add(key, name, { type = "file", name = name, data = wire.binary(bytes) })
  end)
end

-- -- what the editor has

local SEVERITIES = { "error", "warning", "info", "hint" }

local function diagnostic_lines(buf)
  local lines = {}
  local name = material.name_of(buf)
  for _, d in ipairs(vim.diagnostic.get(buf)) do
    local from = d.source and (" [%s]"):format(d.source) or ""
    local severity = SEVERITIES[d.severity] or "note"
    lines[#lines + 1] = ("%s:%d:%d: %s: %s%s"):format(name, d.lnum + 1, d.col + 1, severity, d.message, from)
  end
  return lines
end

local SOURCES = {}

function SOURCES.buffer(key, win)
  local buf = api.nvim_win_get_buf(win)
  add(key, material.name_of(buf), material.buffer(buf))
end

function SOURCES.visible(key, win)
  local buf = api.nvim_win_get_buf(win)
  local first, last = vim.fn.line("w0", win), vim.fn.line("w$", win)
  add(key, ("%s:%d-%d"):format(material.name_of(buf), first, last), material.range(buf, first, last))
end

function SOURCES.diagnostics(key, win)
  local buf = api.nvim_win_get_buf(win)
  local lines = diagnostic_lines(buf)
  if #lines == 0 then
    return notify.warn(material.name_of(buf) .. " has no diagnostics")
  end
  local label = ("diagnostics of %s (%d)"):format(material.name_of(buf), #lines)
  add(key, label, material.text(label, table.concat(lines, "\n") .. "\n"))
end

--- Attaches what the words name: "buffer", "visible", "diagnostics", or files, or addresses. No word: the buffer.
function M.attach(words)
  local key = next_question.key()
  for _, word in ipairs(#words > 0 and words or { "buffer" }) do
    local source = SOURCES[word]
    local win = source and M.source_window()
    if source and not win then
      notify.warn("there is no window with a buffer to attach")
    elseif source then
      source(key, win)
    elseif word:match("^https?://") then
      add(key, word, { type = "file", name = word, url = word })
    else
      local files = vim.fn.glob(word, true, true)
      for _, path in ipairs(#files > 0 and files or { word }) do
        attach_file(key, path)
      end
    end
  end
end

--- Attaches lines of the current buffer to the next question under a key, or from here.
function M.attach_range(key, buf, first, last)
  add(key, ("%s:%d-%d"):format(material.name_of(buf), first, last), material.range(buf, first, last))
end

--- Takes off those whose name has the text in it, or all; the prompt that waits goes with all.
function M.detach(text)
  local all = text == ""
  local n = next_question.remove(not all and text or nil)
  if all then
    next_question.set_prompt(nil)
  end
  notify.info(n == 0 and "nothing was attached" .. (all and "" or " under that name") or ("%d taken off"):format(n))
end

function M.complete(lead)
  local out = {}
  for _, word in ipairs({ "buffer", "visible", "diagnostics" }) do
    if word:sub(1, #lead) == lead then
      out[#out + 1] = word
    end
  end
  return vim.list_extend(out, vim.fn.getcompletion(lead, "file"))
end

return M
