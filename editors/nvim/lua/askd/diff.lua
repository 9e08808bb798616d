-- A change to some lines of a buffer that is shown in it before it is made: lines that would go are marked, lines that
-- would come stand below them as virtual lines. The buffer's text stays as it is until the change is accepted, which is
-- one step of undo. The lines are found again by extmarks, so that edits elsewhere in the buffer do not matter; edits
-- to the lines themselves make it unacceptable, and readable still.
local compat = require("askd.compat")
local notify = require("askd.notify")

local api = vim.api
local M = {}

local NS = api.nvim_create_namespace("askd-diff")
local SHARE = 20 -- the time between two drawings, in times of what one takes
local LIVE_MAX = 1200 -- lines, old and new, that are compared while they are written; more are at the end only
local VIRTUAL_MAX = 200 -- lines in one place: Neovim does not scroll within them
local shown = {} -- lists of changes, by buffer
local watched = {} -- autocommands that tell of the end of these buffers

local Diff = {}
Diff.__index = Diff

local function lines_of(text)
  local lines = {}
  for line in (text == "" and "" or text .. "\n"):gmatch("(.-)\n") do
    lines[#lines + 1] = line
  end
  return lines
end

-- A change ends with its buffer, at the provider too.
local function reject_dead(buf)
  for _, diff in ipairs(vim.list_slice(shown[buf] or {})) do
    if not diff:alive() then
      diff:reject()
    end
  end
end

local function watch(buf)
  watched[buf] = watched[buf]
    or api.nvim_create_autocmd("BufUnload", {
      buffer = buf,
      callback = function()
        vim.schedule(function()
          reject_dead(buf)
        end)
      end,
    })
end

local function forget(diff)
  local buf = diff.buf
  local left = vim.tbl_filter(function(other)
    return other ~= diff
  end, shown[buf] or {})
  shown[buf] = #left > 0 and left or nil
  if not shown[buf] and watched[buf] then
    pcall(api.nvim_del_autocmd, watched[buf]) -- gone already with a buffer that was wiped out
    watched[buf] = nil
  end
end

--- A change to the lines `first` to `last` (from 1, inclusive), of which nothing is known yet. How: title, on_end(what)
--- with "accepted" or "rejected", stop() which ends what still writes it.
function M.open(buf, first, last, how)
  local diff = setmetatable({ buf = buf, how = how or {}, state = "writing", new = {}, drawn = {} }, Diff)
  diff.old = api.nvim_buf_get_lines(buf, first - 1, last, false)
  diff.first = api.nvim_buf_set_extmark(buf, NS, first - 1, 0, {})
  diff.last = api.nvim_buf_set_extmark(buf, NS, last - 1, 0, {})
  shown[buf] = shown[buf] or {}
  table.insert(shown[buf], diff)
  watch(buf)
  diff:draw()
  return diff
end

--- Whether its lines can still be found: a buffer that is read anew keeps its marks, one that was unloaded does not.
function Diff:alive()
  return self.state ~= "over"
    and api.nvim_buf_is_valid(self.buf)
    and api.nvim_buf_is_loaded(self.buf)
    and compat.mark_row(self.buf, NS, self.first) ~= nil
end

--- The first and the last line as they are now, from 1.
function Diff:range()
  return compat.mark_row(self.buf, NS, self.first) + 1, compat.mark_row(self.buf, NS, self.last) + 1
end

function Diff:is_intact()
  local first, last = self:range()
  return last >= first and vim.deep_equal(api.nvim_buf_get_lines(self.buf, first - 1, last, false), self.old)
end

-- -- drawing

-- Each {old_first, old_count, new_first, new_count}, from 1. The last one of a text that is being written `is_open`:
-- what has not come yet is not taken for deleted.
local function hunks_of(old, new, whole)
  local a, b = table.concat(old, "\n") .. "\n", #new > 0 and table.concat(new, "\n") .. "\n" or ""
  local hunks = compat.diff(a, b, { result_type = "indices" })
  local last = hunks[#hunks]
  if not whole and last and last[1] + math.max(last[2], 1) - 1 >= #old then
    last.is_open = true
  end
  return hunks
end

--- Text as it can be shown beside a buffer's, where Neovim widens no tabs: from a column of the screen on (default 0).
local function widened(text, buf, from)
  if not text:find("[%c\127]") then
    return text
  end
  text = text:gsub("[%z\1-\8\10-\31\127]", "?") -- first: what has a NUL byte is no string to functions of Vim's
  local stop = vim.bo[buf].tabstop
  local out, width = {}, from or 0
  for piece, tab in text:gmatch("([^\t]*)(\t?)") do
    width = width + vim.fn.strdisplaywidth(piece)
    out[#out + 1] = piece
    if tab ~= "" then
      local blanks = stop - width % stop
      width = width + blanks
      out[#out + 1] = (" "):rep(blanks)
    end
  end
  return table.concat(out)
end

M.widened = widened

function Diff:mark(row, opts)
  self.drawn[#self.drawn + 1] = api.nvim_buf_set_extmark(self.buf, NS, row, 0, opts)
end

-- Coloured to the window's edge, as lines of a diff are; what is beyond it is cut.
function Diff:virtual(first, count)
  local out = {}
  local blanks = { (" "):rep(vim.o.columns), "DiffAdd" }
  for i = first, first + math.min(count, VIRTUAL_MAX) - 1 do
    out[#out + 1] = { { widened(self.new[i], self.buf), "DiffAdd" }, blanks }
  end
  if count > VIRTUAL_MAX then
    out[#out + 1] = { { ("… and %d lines more"):format(count - VIRTUAL_MAX), "Comment" } }
  end
  return out
end

local HEADS = {
  writing = "%s: being written … %s",
  ready = "%s: :AskAccept or :AskReject",
  failed = "%s: it is not whole; :AskReject",
}

function Diff:draw_head(row)
  local lines = not self:is_comparable() and ("%d lines"):format(#self.new) or ""
  local text = vim.trim(HEADS[self.state]:format(self.how.title or "rewrite", lines))
  self:mark(row, { virt_text = { { text, self.state == "failed" and "ErrorMsg" or "Comment" } } })
end

-- Lines above the buffer's first one are shown only where a window has room for them.
local function make_room_above(buf, count)
  for _, win in ipairs(vim.fn.win_findbuf(buf)) do
    api.nvim_win_call(win, function()
      if vim.fn.line("w0") == 1 then
        vim.fn.winrestview({ topfill = count })
      end
    end)
  end
end

-- Virtual lines stand below a line; above one, where there is none before it.
function Diff:draw_hunk(base, hunk, limit)
  local old_first, old_count, new_first, new_count = hunk[1], hunk[2], hunk[3], hunk[4]
  local going = base + old_first - 1
  if old_count > 0 and not hunk.is_open and going < limit then
    local behind = math.min(going + old_count, limit)
    self:mark(going, { end_row = behind, hl_group = "DiffDelete", hl_eol = true, priority = 200 })
  end
  if new_count == 0 then
    return
  end
  local row = base + old_first - 1 + math.max(old_count - 1, 0)
  self:mark(math.min(math.max(row, 0), limit - 1), {
    virt_lines = self:virtual(new_first, new_count),
    virt_lines_above = row < 0,
  })
  if row < 0 then
    make_room_above(self.buf, new_count)
  end
end

function Diff:clear()
  for _, id in ipairs(self.drawn) do
    api.nvim_buf_del_extmark(self.buf, NS, id)
  end
  self.drawn = {}
end

function Diff:is_comparable()
  return self.state ~= "writing" or #self.old + #self.new <= LIVE_MAX
end

function Diff:draw()
  if not self:alive() then
    return
  end
  self:clear()
  local first = self:range()
  local limit = api.nvim_buf_line_count(self.buf)
  self:draw_head(math.min(first - 1, limit - 1))
  if not self:is_comparable() then
    return
  end
  for _, hunk in ipairs(hunks_of(self.old, self.new, self.state == "ready")) do
    self:draw_hunk(first - 1, hunk, limit)
  end
end

-- -- what becomes of it

-- The line ends of the old lines, where the file has those of DOS and Neovim shows them: of a line that stays its own,
-- else as most have it.
local function with_ends_of(old, new)
  local ends, dos = {}, 0
  for _, line in ipairs(old) do
    if line:sub(-1) == "\r" then
      dos = dos + 1
      ends[line:sub(1, -2)] = "\r"
    else
      ends[line] = ""
    end
  end
  if dos > 0 then
    local default = dos * 2 > #old and "\r" or ""
    for i, line in ipairs(new) do
      new[i] = line .. (ends[line] or default)
    end
  end
  return new
end

--- Whether update() would show anything: a drawing that takes long is not made for each piece.
function Diff:is_due()
  return self.state == "writing" and compat.uv.hrtime() >= (self.not_before or 0)
end

--- The text as far as it is written.
function Diff:update(text)
  if self:is_due() then
    local began = compat.uv.hrtime()
    self.new = with_ends_of(self.old, lines_of(text))
    self:draw()
    local now = compat.uv.hrtime()
    self.not_before = now + SHARE * (now - began)
  end
end

--- The whole text: from now on it can be accepted.
function Diff:finish(text)
  if self.state == "writing" then
    self.new = with_ends_of(self.old, lines_of(text))
    self.state = "ready"
    self:draw()
  end
end

--- It did not become whole; what came stays to be read.
function Diff:fail()
  if self.state == "writing" then
    self.state = "failed"
    self:draw()
  end
end

function Diff:over(what)
  if self.state == "over" then
    return
  end
  if api.nvim_buf_is_valid(self.buf) then
    self:clear()
    api.nvim_buf_del_extmark(self.buf, NS, self.first)
    api.nvim_buf_del_extmark(self.buf, NS, self.last)
  end
  self.state = "over"
  forget(self)
  if self.how.on_end then
    self.how.on_end(what)
  end
end

function Diff:reject()
  if self.state == "writing" and self.how.stop then
    self.how.stop()
  end
  self:over("rejected")
end

-- Closes the step of undo that is open: what follows is one of its own.
local function break_undo(buf)
  api.nvim_buf_call(buf, function()
    vim.cmd("let &l:undolevels = &l:undolevels")
  end)
end

-- From the last hunk to the first, so that the lines before it are where they were.
function Diff:apply()
  local first = self:range()
  local hunks = hunks_of(self.old, self.new, true)
  break_undo(self.buf)
  for i = #hunks, 1, -1 do
    local old_first, old_count, new_first, new_count = unpack(hunks[i])
    local from = first - 1 + old_first - (old_count > 0 and 1 or 0)
    local lines = vim.list_slice(self.new, new_first, new_first + new_count - 1)
    api.nvim_buf_set_lines(self.buf, from, from + old_count, false, lines)
  end
  break_undo(self.buf)
end

--- Makes the change, or returns why it cannot be made.
function Diff:accept()
  if self.state == "writing" then
    return "it is still being written: wait, or :AskReject"
  elseif self.state == "failed" then
    return "it is not whole, so it cannot be accepted: :AskReject, and ask again"
  elseif not vim.bo[self.buf].modifiable then
    return "the buffer is not modifiable"
  elseif not self:is_intact() then
    return "its lines were edited meanwhile, so it does not fit any more: undo that, or :AskReject"
  end
  self:apply()
  self:over("accepted")
end

--- The change that a command means in a buffer: the one under the cursor, or else the only one. nil and a word where
--- there is none such.
function M.at_cursor(buf)
  reject_dead(buf)
  local all = shown[buf] or {}
  local row = api.nvim_win_get_cursor(0)[1]
  for _, diff in ipairs(all) do
    local first, last = diff:range()
    if row >= first and row <= last then
      return diff
    end
  end
  if #all == 1 then
    return all[1]
  end
  return nil, #all == 0 and "there is no change to accept or reject here"
    or ("there are %d changes: put the cursor on one"):format(#all)
end

local function with_diff(fn)
  local diff, fault = M.at_cursor(api.nvim_get_current_buf())
  fault = fault or fn(diff)
  if fault then
    notify.warn(fault)
  end
end

--- :AskAccept and :AskReject.
function M.accept()
  with_diff(function(diff)
    return diff:accept()
  end)
end

function M.reject()
  with_diff(function(diff)
    diff:reject()
  end)
end

return M
