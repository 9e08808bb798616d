-- :AskApply: the code block under the cursor put into a file: its diff is shown in the file's buffer, to be accepted or
-- rejected as any rewrite. Nothing is written to a disk.
local diff = require("askd.diff")
local notify = require("askd.notify")
local patch = require("askd.patch")

local api = vim.api
local M = {}

local function fence_of(line)
  local marks, info = line:match("^%s*(```+)%s*([^`]*)$")
  if not marks then
    marks, info = line:match("^%s*(~~~+)%s*(.*)$")
  end
  return marks, info
end

--- The block of fenced code that holds a row, from 1: {info, lines, first, before}, or nil. before: the line above.
function M.block_at(lines, row)
  local open
  for i, line in ipairs(lines) do
    local marks, info = fence_of(line)
    if marks and not open then
      open = { marks = marks, info = vim.trim(info), first = i, lines = {}, before = lines[i - 1] or "" }
    elseif open and marks and info == "" and marks:sub(1, #open.marks) == open.marks then
      if row >= open.first and row <= i then
        return open
      end
      open = nil
    elseif open then
      table.insert(open.lines, line)
    end
  end
  return open and row >= open.first and open or nil
end

local function looks_like_path(word)
  return word:match("^[%w_%-%./%+@]+$") and (word:match("[^/]%.%w+$") or word:match("/[%w_%-]+$")) and word or nil
end

-- ```lua:src/x.lua, ```lua src/x.lua, ```src/x.lua, ```lua title="src/x.lua"
local function name_in_info(info)
  local quoted = info:match("%w+=[\"']([^\"']+)[\"']")
  if quoted then
    return looks_like_path(quoted)
  end
  for word in info:gmatch("%S+") do
    local found = looks_like_path(word:match("^%w+:(.+)$") or word:match("^%w+=(.+)$") or word)
    if found then
      return found
    end
  end
end

local function name_in_patch(lines)
  for _, line in ipairs(lines) do
    local name = line:match("^%+%+%+ b/(%S+)") or line:match("^%+%+%+ (%S+)")
    if name then
      return name
    end
  end
end

--- The file that a block names: behind its fence, in its first line if that is a comment, or in the line above. nil: none.
function M.name_of(block)
  local comment = (block.lines[1] or ""):match("^%s*[-/#;%%<!*]+%s*(%S+)[%s%*/>%-]*$")
  return name_in_info(block.info)
    or name_in_patch(block.lines)
    or (comment and looks_like_path(comment))
    or looks_like_path(block.before:match("`([^`]+)`") or block.before:match("%*%*([^%*]+)%*%*") or "")
end

-- A name out of an answer leads to files below the working directory and nowhere else.
local function is_below_here(name)
  return not name:find("^[/~]") and not ("/" .. name .. "/"):find("/../", 1, true)
end

local function window_for(buf)
  local wins = vim.fn.win_findbuf(buf)
  if #wins > 0 then
    return wins[1]
  end
  local before = vim.fn.win_getid(vim.fn.winnr("#"))
  local name = before ~= 0 and api.nvim_buf_get_name(api.nvim_win_get_buf(before)) or "askd://"
  if name:sub(1, 7) ~= "askd://" and vim.fn.winnr("$") > 1 then
    api.nvim_win_set_buf(before, buf)
    return before
  end
  vim.cmd("aboveleft split")
  local win = api.nvim_get_current_win()
  api.nvim_win_set_buf(win, buf)
  return win
end

-- FILE, FILE:12 or FILE:12-20
local function split_name(name)
  local file, first, last = name:match("^(.-):(%d+)%-?(%d*)$")
  if not file then
    return name
  end
  first = tonumber(first)
  return file, first, tonumber(last) or first
end

-- Of a diff about several files, what it says of the one of that name, or without, of the one at a row; nil: of none.
local function of_one_file(block, name, row)
  local files = patch.is_patch("\n" .. table.concat(block.lines, "\n")) and patch.files(block.lines) or {}
  if #files < 2 then
    return block
  end
  local at, wanted = row - block.first, vim.fn.fnamemodify((split_name(name)), ":p")
  for _, file in ipairs(files) do
    local is_there = at >= file.first and at < file.first + #file.lines
    if name ~= "" then
      is_there = vim.fn.fnamemodify(name_in_patch(file.lines) or "", ":p") == wanted
    end
    if is_there then
      return vim.tbl_extend("force", block, { lines = file.lines })
    end
  end
end

local function new_text(block, lines)
  local text = table.concat(block.lines, "\n")
  if not patch.is_patch("\n" .. text) then
    return text
  end
  local made, fault = patch.apply(lines, block.lines)
  return made and table.concat(made, "\n"), fault
end

local function show(block, name)
  local file, first, last = split_name(name)
  local buf = vim.fn.bufadd(vim.fn.fnamemodify(file, ":p"))
  vim.fn.bufload(buf)
  vim.bo[buf].buflisted = true
  local count = api.nvim_buf_line_count(buf)
  first, last = first or 1, last or count
  if first < 1 or last < first or last > count then
    return notify.warn(("%s has %d lines"):format(file, count))
  end
  local text, fault = new_text(block, api.nvim_buf_get_lines(buf, first - 1, last, false))
  if not text then
    return notify.warn(fault)
  end
  local win = window_for(buf)
  api.nvim_set_current_win(win)
  local change = diff.open(buf, first, last, { title = "apply" })
  change:finish(text)
  api.nvim_win_set_cursor(win, { first, 0 })
end

--- Applies the block under the cursor to the file of that name; without, to the one that the block names, else it is asked.
function M.run(name)
  local buf = api.nvim_get_current_buf()
  local lines = api.nvim_buf_get_lines(buf, 0, -1, false)
  local row = api.nvim_win_get_cursor(0)[1]
  local whole = M.block_at(lines, row)
  local block = whole and of_one_file(whole, name, row)
  if not block then
    return notify.warn(
      whole and "this diff is about several files: put the cursor on what it says of one, or name that one"
        or "there is no code block under the cursor"
    )
  end
  local told = M.name_of(block)
  if name ~= "" then
    return show(block, name)
  elseif told and is_below_here(told) then
    return show(block, told)
  end
  vim.ui.input({ prompt = "Apply to file: ", default = told, completion = "file" }, function(typed)
    if typed and typed ~= "" then
      show(block, typed)
    end
  end)
end

return M
