-- A conversation in a buffer: its settled turns, the running answer if there is one, and the draft of the next question.
--
--     ## user … ## assistant …     settled: as the daemon has them
--     ## assistant (p/m) …         running: streams in, from the mark `flow` on
--     ## user …                    the draft: the user's, from the mark `tail` on
--
-- What comes from the daemon goes above the draft, and only over what the user has not changed.
local branch = require("askd.branch")
local compat = require("askd.compat")
local turns = require("askd.turns")

local M = {}
local api = vim.api
local places = api.nvim_create_namespace("askd.page")
local remarks = api.nvim_create_namespace("askd.page.remarks")

local Page = {}
Page.__index = Page

local DRAFT = { "## user", "", "" }

local function line_count(buf)
  return api.nvim_buf_line_count(buf)
end

local function lines_of(buf, from, to)
  return api.nvim_buf_get_lines(buf, from, to, false)
end

-- Replaces lines as little as can be: what is the same at both ends is left alone, and so are the cursor and the view.
local function replace(buf, from, to, lines)
  local old = lines_of(buf, from, to)
  local same = 0
  while same < #old and same < #lines and old[same + 1] == lines[same + 1] do
    same = same + 1
  end
  local tail = 0
  while tail < #old - same and tail < #lines - same and old[#old - tail] == lines[#lines - tail] do
    tail = tail + 1
  end
  if same + tail == #old and #old == #lines then
    return
  end
  local changed = vim.list_slice(lines, same + 1, #lines - tail)
  compat.writable(buf, function()
    api.nvim_buf_set_lines(buf, from + same, to - tail, false, changed)
  end)
end

local function draft_lines(text)
  if text == "" then
    return vim.deepcopy(DRAFT)
  end
  return vim.list_extend({ "## user", "" }, turns.text_lines(text))
end

--- A page in an empty buffer, with an empty draft.
function M.new(buf)
  local page = setmetatable({ buf = buf, shown = {} }, Page)
  if line_count(buf) == 1 and lines_of(buf, 0, 1)[1] == "" then
    replace(buf, 0, 1, DRAFT)
  end
  page:place("tail", 0)
  return page
end

function Page:place(name, row)
  self[name] = api.nvim_buf_set_extmark(self.buf, places, row, 0, { id = self[name] })
end

function Page:row(name)
  local row = self[name] and compat.mark_row(self.buf, places, self[name])
  return row and math.min(row, line_count(self.buf))
end

function Page:unplace(name)
  if self[name] then
    api.nvim_buf_del_extmark(self.buf, places, self[name])
    self[name] = nil
  end
end

--- The turns of the page with their lines, of which `settled` are above the draft, and the instructions if any stand there.
--- The running answer is none of them.
function Page:read()
  local tail = self:row("tail")
  local upto = self:row("flow") or tail
  local all, instructions = turns.read(lines_of(self.buf, 0, upto))
  local settled = #all
  local draft, more = turns.read(lines_of(self.buf, tail, -1))
  for _, turn in ipairs(draft) do
    turn.first, turn.last = turn.first + tail, turn.last + tail
    all[#all + 1] = turn
  end
  return all, settled, instructions or more
end

--- The message that the turn at a line (from 1) shows, with its place on the path; nil in the draft.
function Page:message_at(row)
  local all, settled = self:read()
  for i = math.min(settled, #self.shown), 1, -1 do
    if all[i].first <= row then
      return row <= all[i].last and self.shown[i] or nil, i
    end
  end
end

--- Whether the user has written anything into the draft.
function Page:has_draft()
  for _, turn in ipairs((turns.read(lines_of(self.buf, self:row("tail"), -1)))) do
    if turn.text ~= "" then
      return true
    end
  end
  return false
end

-- How many messages at the beginning of a path are shown already, as they are.
local function common(shown, path)
  local n = 0
  while shown[n + 1] and path[n + 1] and branch.same_message(shown[n + 1], path[n + 1]) do
    n = n + 1
  end
  return n
end

function Page:is_edited(all, settled)
  if settled ~= #self.shown then
    return true
  end
  for i, message in ipairs(self.shown) do
    if not branch.is_as_known(message, all[i]) then
      return true
    end
  end
  return false
end

local function written(path, from, running)
  local lines = {}
  for i = from, #path do
    vim.list_extend(lines, turns.of_message(path[i]))
    lines[#lines + 1] = ""
  end
  if running then
    vim.list_extend(lines, { turns.heading("assistant", running.provider, running.model), "", "", "" })
  end
  return lines
end

-- The lines from which on a path is to be written anew, and where that ends.
function Page:region(known, all, settled, sent)
  local to = sent and line_count(self.buf) or self:row("tail")
  local at = known + 1
  if all[at] and (at <= settled or sent) then
    return all[at].first - 1, to
  end
  return self:row("flow") or self:row("tail"), to
end

--- Shows the messages of a path, of which the last may be running. sent: {at, unsent} of a question that the daemon has taken
--- and that is still what the user wrote; it and all behind it is replaced. Returns false, and changes nothing, where the
--- user has changed what would be replaced.
function Page:show(path, system, sent)
  local all, settled = self:read()
  if not sent and self:is_edited(all, settled) then
    return false
  end
  path = vim.list_slice(path, 1, #path)
  local running = #path > 0 and path[#path].state == "running" and table.remove(path) or nil
  local known = common(self.shown, path)
  if sent then
    known = math.min(known, sent.at - 1)
  elseif known == #path and known == #self.shown and running and self.running == running.id then
    return true
  end
  for i = 1, known do
    path[i] = self.shown[i] -- what is known of it is kept
  end
  local from, to = self:region(known, all, settled, sent)
  local lines = written(path, known + 1, running)
  if system and #self.shown == 0 then
    from = 0
    lines = vim.list_extend(vim.list_extend(turns.of_instructions(system), { "" }), lines)
  end
  local tail = from + #lines
  if sent then
    vim.list_extend(lines, draft_lines(sent.unsent))
  end
  replace(self.buf, from, to, lines)
  self.shown, self.running = path, running and running.id
  self:place("tail", tail)
  self:unplace("flow")
  if running then
    self:place("flow", tail - 4)
  end
  return true
end

--- The line (from 0) at which the text of the running answer begins.
function Page:flow_row()
  local row = self:row("flow")
  return row and row + 2
end

--- Whether the heading of the running answer still stands there: below another, its text would be the user's.
function Page:has_flow()
  local row = self:row("flow")
  return row ~= nil and vim.startswith(lines_of(self.buf, row, row + 1)[1] or "", "## assistant")
end

--- Puts remarks behind the headings: texts by the number of the turn; and lines below the heading of the draft.
function Page:remark(by_turn, below_draft)
  local all, settled = self:read()
  api.nvim_buf_clear_namespace(self.buf, remarks, 0, -1)
  for i, text in pairs(by_turn) do
    if i <= settled and all[i] and text ~= "" then
      api.nvim_buf_set_extmark(self.buf, remarks, all[i].first - 1, 0, { virt_text = { { text, "Comment" } } })
    end
  end
  local tail = math.min(self:row("tail"), line_count(self.buf) - 1)
  if #below_draft > 0 then
    local virtual = {}
    for _, text in ipairs(below_draft) do
      virtual[#virtual + 1] = { { text, "Comment" } }
    end
    api.nvim_buf_set_extmark(self.buf, remarks, tail, 0, { virt_lines = virtual })
  end
end

return M
