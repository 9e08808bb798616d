-- An answer that streams into a buffer.
--
-- A *sink* is a place in a buffer, between two extmarks, into which the text of one answer goes. Text is put in at most
-- once in FLUSH_MS, and at most FLUSH_BYTES of it, however fast it comes: the editor is never held up. What a model
-- writes is data: it is put in as lines, and nothing of it is ever carried out.
local compat = require("askd.compat")

local api = vim.api
local M = {}

local FLUSH_MS = 30
local FLUSH_BYTES = 16 * 1024
local NS = api.nvim_create_namespace("askd-answer")

local Sink = {}
Sink.__index = Sink

local function place_of(buf, at)
  if at == "end" then
    local last = api.nvim_buf_line_count(buf) - 1
    return last, #api.nvim_buf_get_lines(buf, last, last + 1, false)[1]
  end
  return at[1], at[2]
end

--- A sink at {row, column} (from 0, in bytes) or "end". How: on_start(event, answer_id), on_text(text), on_end(err,
--- result), undojoin (all of it is one step of undo), quiet (no marks beside the text), follow (default true: a window
--- whose cursor is at the end stays there), keep_modified (what comes makes the buffer no more 'modified' than it was),
--- is_in_place() (whether the place is still the text's: what comes when it is not is left out).
function M.into(buf, at, how)
  how = how or {}
  local row, col = place_of(buf, at)
  local sink = setmetatable({ buf = buf, how = how, pending = {}, state = "waiting" }, Sink)
  sink.first = api.nvim_buf_set_extmark(buf, NS, row, col, { right_gravity = false })
  sink.last = api.nvim_buf_set_extmark(buf, NS, row, col, { right_gravity = true })
  sink:show()
  return sink
end

function Sink:alive()
  return api.nvim_buf_is_valid(self.buf) and api.nvim_buf_is_loaded(self.buf)
end

-- Who deletes the last lines leaves marks behind them: that is the end of the buffer.
local function mark_at(buf, id)
  local at = api.nvim_buf_get_extmark_by_id(buf, NS, id, {})
  local line = at[1] and api.nvim_buf_get_lines(buf, at[1], at[1] + 1, false)[1]
  if line and at[2] <= #line then
    return { at[1], at[2] }
  end
  return { place_of(buf, "end") }
end

--- {row, column} of where the text begins, and of where it ends.
function Sink:range()
  return mark_at(self.buf, self.first), mark_at(self.buf, self.last)
end

function Sink:is_in_place()
  return not self.how.is_in_place or self.how.is_in_place()
end

-- -- what is shown beside the text

local LABELS = {
  waiting = { "… waiting", "Comment" },
  thinking = { "… thinking", "Comment" },
  running = { "…", "Comment" },
}

function Sink:label()
  if self.note then
    return { (self.note:gsub("%c+", " ")), self.note_group or "Comment" }
  end
  return LABELS[self.state]
end

--- Shows the state, or the note, behind the end of the text.
function Sink:show()
  if self.how.quiet or not self:alive() or not self:is_in_place() then
    return
  end
  local _, to = self:range()
  local label = self:label()
  api.nvim_buf_set_extmark(self.buf, NS, to[1], to[2], {
    id = self.last,
    right_gravity = true,
    virt_text = label and { label } or nil,
    virt_text_pos = label and "eol" or nil,
  })
end

function Sink:set_state(state, note, group)
  if self.state ~= state or self.note ~= note then
    self.state, self.note, self.note_group = state, note, group
    self:show()
  end
end

-- -- text

-- Line ends of DOS become ours; the CR of one that is split over two events is held back.
function Sink:take_text(text)
  text = (self.cr or "") .. text
  self.cr = nil
  if text:sub(-1) == "\r" then
    self.cr, text = "\r", text:sub(1, -2)
  end
  if text ~= "" then
    self:add_pending((text:gsub("\r\n", "\n")))
    self:flush_later()
  end
end

-- Windows whose cursor is on the last line are taken along.
local function followers(buf, last_row)
  local found = {}
  for _, win in ipairs(vim.fn.win_findbuf(buf)) do
    if api.nvim_win_get_cursor(win)[1] - 1 >= last_row then
      found[#found + 1] = win
    end
  end
  return found
end

local function in_insert_mode_there(buf)
  return api.nvim_get_current_buf() == buf and api.nvim_get_mode().mode:match("^[iR]")
end

function Sink:put(text)
  if not self:is_in_place() then
    return
  end
  local _, to = self:range()
  local last_row = api.nvim_buf_line_count(self.buf) - 1
  local follow = self.how.follow ~= false and to[1] == last_row and not in_insert_mode_there(self.buf)
  local wins = follow and followers(self.buf, last_row) or {}
  local modified = vim.bo[self.buf].modified
  compat.writable(self.buf, function()
    if self.how.undojoin and self.has_text then
      -- Fails after an undo, where a step of its own is right.
      api.nvim_buf_call(self.buf, function()
        pcall(vim.cmd, "undojoin")
      end)
    end
    api.nvim_buf_set_text(self.buf, to[1], to[2], to[1], to[2], vim.split(text, "\n", { plain = true }))
  end)
  self.has_text = true
  if self.how.keep_modified then
    vim.bo[self.buf].modified = modified
  end
  for _, win in ipairs(wins) do
    api.nvim_win_set_cursor(win, { api.nvim_buf_line_count(self.buf), 0 })
  end
end

-- Pieces of at most FLUSH_BYTES, cut between characters.
function Sink:add_pending(text)
  local from = 1
  while #text - from >= FLUSH_BYTES do
    local to = from + FLUSH_BYTES - 1
    while to > from and text:byte(to + 1) >= 0x80 and text:byte(to + 1) < 0xc0 do
      to = to - 1
    end
    self.pending[#self.pending + 1] = text:sub(from, to)
    from = to + 1
  end
  self.pending[#self.pending + 1] = text:sub(from)
end

-- The next pieces that are not more than FLUSH_BYTES together, or one.
function Sink:take_pending()
  local n, bytes = 1, #self.pending[1]
  while self.pending[n + 1] and bytes + #self.pending[n + 1] <= FLUSH_BYTES do
    n = n + 1
    bytes = bytes + #self.pending[n]
  end
  local text = table.concat(self.pending, "", 1, n)
  self.pending = vim.list_slice(self.pending, n + 1)
  return text
end

function Sink:flush()
  if #self.pending == 0 then
    return
  elseif not self:alive() then
    self.pending = {}
    return
  end
  local text = self:take_pending()
  if not pcall(self.put, self, text) then
    -- Text cannot be changed at this moment (a callback of an expression): later it can.
    table.insert(self.pending, 1, text)
  elseif self.how.on_text then
    self.how.on_text(text)
  end
end

function Sink:flush_later()
  if self.timer then
    return
  end
  self.timer = vim.defer_fn(function()
    self.timer = nil
    self:flush()
    if #self.pending > 0 then
      self:flush_later()
    elseif self.ending then
      self:close()
    end
  end, FLUSH_MS)
end

--- Takes out all that came so far.
function Sink:void()
  self.pending, self.cr = {}, nil
  if not self:alive() or not self.has_text or not self:is_in_place() then
    return
  end
  local from, to = self:range()
  compat.writable(self.buf, function()
    api.nvim_buf_set_text(self.buf, from[1], from[2], to[1], to[2], { "" })
  end)
end

--- Nothing more is put in, and nothing shown beside the text; the text stays.
function Sink:drop()
  self.pending, self.cr = {}, nil
  self.how.quiet = true
  if self:alive() then
    api.nvim_buf_del_extmark(self.buf, NS, self.first)
    api.nvim_buf_del_extmark(self.buf, NS, self.last)
  end
end

-- -- events

local EVENTS = {}

function EVENTS.start(sink, event, id)
  sink.answer, sink.model = id, event.model
  sink:set_state("waiting")
  if sink.how.on_start then
    sink.how.on_start(event, id)
  end
end

function EVENTS.text(sink, event)
  sink:take_text(event.text)
  sink:set_state("running")
end

function EVENTS.reasoning(sink)
  sink:set_state("thinking")
end

function EVENTS.image(sink, event)
  sink:take_text(("[%s, %d bytes: askctl attach %s]\n"):format(event.mime, #event.data, sink.answer or ""))
end

function EVENTS.progress(sink, event)
  sink:set_state(sink.state, "… " .. event.message)
end

function EVENTS.retry(sink, event)
  sink:void()
  sink:set_state("waiting", ("… %s: asking %s"):format(event.error and event.error.message or "retry", event.model))
end

--- Takes an event as client.stream gives it.
function Sink:event(event, _, id)
  local fn = EVENTS[event.type]
  if fn and not self.abandoned then
    fn(self, event, id)
  end
end

--- The connection is lost, or is there again.
function Sink:lost()
  self:set_state("waiting", "… the daemon is gone: waiting for it", "WarningMsg")
end

function Sink:resumed()
  self:set_state("waiting")
end

--- Nothing more goes in, and nobody is told: the buffer is for another answer now.
function Sink:abandon()
  self.pending, self.cr, self.how = {}, nil, { quiet = true }
  if self:alive() then
    api.nvim_buf_del_extmark(self.buf, NS, self.first)
    api.nvim_buf_del_extmark(self.buf, NS, self.last)
  end
  self.abandoned = true
end

function Sink:close()
  local err, result = self.ending.err, self.ending.result
  self.closed = true
  if self:alive() then
    if err then
      self:set_state("failed", ("[%s: %s]"):format(err.code or "internal", err.message or ""), "ErrorMsg")
    elseif result and result.finish_reason and result.finish_reason ~= "stop" then
      self:set_state("done", ("[ended: %s]"):format(result.finish_reason), "WarningMsg")
    else
      self:set_state("done")
    end
  end
  if self.how.on_end then
    self.how.on_end(err, result)
  end
end

--- The end, as client.stream tells it. What is pending goes in first; on_end is called behind that.
function Sink:finish(err, result)
  if self.ending or self.abandoned then
    return
  end
  self.ending = { err = err, result = result }
  if self.cr then
    self:add_pending(self.cr)
    self.cr = nil
  end
  if not err and result and not self.has_text and #self.pending == 0 and (result.text or "") ~= "" then
    self:take_text(result.text)
  end
  self:flush_later()
end

--- The handlers for client.stream that fill this sink.
function Sink:handlers()
  return {
    on_event = function(event, seq, id)
      self:event(event, seq, id)
    end,
    done = function(err, result)
      self:finish(err, result)
    end,
    lost = function()
      self:lost()
    end,
    resumed = function()
      self:resumed()
    end,
  }
end

return M
