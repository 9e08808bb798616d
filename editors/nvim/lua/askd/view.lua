-- What a chat's buffer shows of its conversation (askd.chat opens it, askd.page is the text).
--
-- All of it comes from the daemon, the same way whoever asked: conversation.watch tells that something changed,
-- conversation.get what is there now, answer.attach how an answer goes on.
local answer = require("askd.answer")
local branch = require("askd.branch")
local client = require("askd.client")
local next_question = require("askd.next")
local notify = require("askd.notify")
local page = require("askd.page")
local split = require("askd.split")

local api = vim.api
local M = {}

--- A view has: buf, page, tree (of askd.branch), tip (the last message that is shown), conversation (nil: a new one),
--- running (answers, by message), flow (the answer that streams in), sending (a question is on its way).
local View = {}
View.__index = View

function View:is_there()
  return not self.closed and api.nvim_buf_is_valid(self.buf) and api.nvim_buf_is_loaded(self.buf)
end

--- A callback that is called only while the view is there.
function View:guard(fn)
  return function(...)
    if self:is_there() then
      fn(...)
    end
  end
end

-- -- which branch is shown

local function contains(path, id)
  for _, message in ipairs(path) do
    if message.id == id then
      return true
    end
  end
  return false
end

-- The newest running message behind what is shown; with nothing shown yet, the newest of all.
local function running_behind(view)
  for i = #view.tree.messages, 1, -1 do
    local message = view.tree.messages[i]
    if message.state == "running" and view.running[message.id] then
      if not view.tip or contains(view.tree:path(message.id), view.tip) then
        return message.id
      end
    end
  end
end

-- Where the head went since we last saw it, unless that would take away the ground under what the user writes.
local function moved_head(view)
  local head = view.tree.head
  if not head or head == view.head_seen or view.left[head] then
    return nil
  end
  local goes_on = not view.tip or contains(view.tree:path(head), view.tip)
  if goes_on or not view.page:has_draft() then
    view.head_seen = head
    return head
  end
  return nil
end

-- A branch that somebody has just begun elsewhere in the tree.
local function begun(view, id)
  local message = id and view.tree.by_id[id]
  return message and message.state == "running" and not view.page:has_draft() and id or nil
end

local function target(view)
  local wanted, elsewhere = view.wanted, view.elsewhere
  view.wanted, view.elsewhere = nil, nil
  if wanted and view.tree.by_id[wanted] then
    view.head_seen = view.tree.head
    return wanted
  end
  local last = view.tree.messages[#view.tree.messages]
  return running_behind(view)
    or begun(view, elsewhere)
    or moved_head(view)
    or (view.tip and view.tree.by_id[view.tip] and view.tip)
    or view.tree.head
    or (last and view.tree:tip(last.id))
end

-- -- what is shown

local function cost_of(usage)
  if not usage then
    return nil
  end
  local words = {}
  if usage.output_tokens then
    words[#words + 1] = ("%d tokens"):format((usage.input_tokens or 0) + usage.output_tokens)
  end
  if usage.cost and usage.cost > 0 then
    words[#words + 1] = ("%s %.4f"):format(usage.currency or "", usage.cost)
  end
  return #words > 0 and table.concat(words, ", ") or nil
end

local function remark_of(view, message)
  local words = {}
  local all, at = view.tree:siblings(message.id)
  if at and #all > 1 then
    words[#words + 1] = ("%d/%d"):format(at, #all)
  end
  if message.role == "assistant" and message.state ~= "done" then
    words[#words + 1] = message.state
  end
  words[#words + 1] = cost_of(message.usage)
  return #words > 0 and " " .. table.concat(words, " · ") or ""
end

function View:remark()
  local remarks = {}
  for i, message in ipairs(self.page.shown) do
    remarks[i] = remark_of(self, message)
  end
  local below = next_question.labels(self.buf)
  if self.note then
    table.insert(below, 1, self.note)
  end
  self.page:remark(remarks, below)
end

local function set_title(view, title)
  vim.b[view.buf].askd_title = title or ""
end

-- That a page was filled is no change that could be taken back.
local function without_undo(buf, fn)
  local levels = vim.bo[buf].undolevels
  vim.bo[buf].undolevels = -1
  fn()
  vim.bo[buf].undolevels = levels
end

-- Modified is what nobody but this buffer has.
function View:set_modified()
  vim.bo[self.buf].modified = self.page:has_draft()
end

-- Shows the branch that is due, and has the running answer at its end stream in.
function View:show(sent)
  if self.flow and not sent then
    return -- at its end all is looked at anew
  end
  self:forget_sink(not sent)
  local path = self.tree:path(target(self))
  local first = self.tip == nil
  local shown
  self.note = nil
  local function show()
    shown = self.page:show(path, self.system, sent)
  end
  if first and not sent then
    without_undo(self.buf, show)
  else
    show()
  end
  if not shown then
    self.note = "changed elsewhere; what is changed here stays. :e! reads it anew"
  else
    self.tip = path[#path] and path[#path].id
    self:set_modified()
    self:follow(path[#path])
  end
  self:remark()
  if (first or sent) and api.nvim_get_current_buf() == self.buf then
    api.nvim_win_set_cursor(0, { api.nvim_buf_line_count(self.buf), 0 })
  end
end

function View:follow(message)
  local id = message and message.state == "running" and self.running[message.id]
  if not id then
    return
  end
  self:forget_sink()
  local flow = { answer = id, message = message.id }
  local sink = answer.into(self.buf, { self.page:flow_row(), 0 }, {
    keep_modified = true,
    is_in_place = function()
      return self.page:has_flow()
    end,
    on_end = self:guard(function(err)
      if self.flow == flow then
        self:end_flow()
        self.running[message.id] = nil
        if err then
          notify.error(err)
        end
        self:refresh()
      end
    end),
  })
  self.sink = sink
  flow.call = client.stream("answer.attach", { answer = id }, sink:handlers())
  self.flow = flow
  split.set_running(self.buf, flow.call)
  vim.b[self.buf].askd_answer = id
  vim.b[self.buf].askd_model = message.model
end

function View:end_flow()
  self.flow = nil
  split.set_running(self.buf, nil)
end

-- The answer goes on, but is not shown any longer.
function View:leave_flow()
  if self.flow then
    self.flow.call:drop()
    self:forget_sink()
    self:end_flow()
  end
end

-- What the last answer showed beside its text is over once something else is shown, but for why it failed.
function View:forget_sink(keep_failure)
  if self.sink and not (keep_failure and self.sink.state == "failed") then
    self.sink:drop()
    self.sink = nil
  end
end

-- -- what the daemon tells

-- One conversation.get at a time, and another where something changed meanwhile.
function View:refresh()
  if self.reading or self.sending then
    self.again = true
    return
  end
  self.reading = true
  local id = self.conversation
  client.request("conversation.get", { conversation = id }, self:guard(function(err, result)
    self.reading = false
    if err then
      self.again = false
      return notify.error(err)
    end
    self:take(result)
    if self.again then
      self.again = false
      self:refresh()
    end
  end))
end

function View:take(conversation)
  if self.sending then
    self.again = true
    return
  end
  self.tree = branch.tree(conversation)
  self.system = conversation.system
  set_title(self, conversation.title)
  local sent = self.sent
  if sent and not self.tree.by_id[sent.message] then
    sent = nil
  end
  if sent then
    self.sent = nil
    self.wanted = sent.message
  end
  self:show(sent)
  if sent and not self.flow then
    self:tell_failure(sent.answer)
  end
end

-- Of an answer that ended before it could be attached to.
function View:tell_failure(id)
  client.request("answer.get", { answer = id }, self:guard(function(_, map)
    if map and map.error then
      notify.error(map.error)
    end
  end))
end

local CHANGES = {}

function CHANGES.answer(view, change)
  view.running[change.message] = change.answer
  view.elsewhere = not view.flow and change.message or nil
  view:refresh()
end

function CHANGES.ended(view, change)
  if not (view.flow and view.flow.answer == change.answer) then
    view.running[change.message] = nil
  end
  view:refresh()
end

function CHANGES.message(view)
  view:refresh()
end

CHANGES.head = CHANGES.message
CHANGES.restored = CHANGES.message

function CHANGES.title(view, change)
  set_title(view, change.title)
end

function CHANGES.deleted(view)
  notify.warn("this conversation was deleted; askctl conv undo has it back")
  view.note = "deleted"
  view:remark()
end

function CHANGES.lost(view)
  view:read_running()
end

function CHANGES.failed(_, change)
  if change.error.code ~= "not_found" then -- which is told where the conversation is read
    notify.error(change.error)
  end
end

-- Which answers run in the conversation, then all of it.
function View:read_running()
  client.request("answer.list", { state = "running" }, self:guard(function(err, list)
    if err then
      return notify.error(err)
    end
    local left = 1
    local function one_less()
      left = left - 1
      if left == 0 then
        self:refresh()
      end
    end
    for _, entry in ipairs(list) do
      if entry.conversation == self.conversation then
        left = left + 1
        client.request("answer.get", { answer = entry.answer }, self:guard(function(_, map)
          if map and map.message and map.state == "running" then
            self.running[map.message] = map.answer
          end
          one_less()
        end))
      end
    end
    one_less()
  end))
end

-- -- its life

--- A view in a buffer, whose text makes way for an empty draft.
function M.new(buf)
  local view = setmetatable({ buf = buf, running = {}, left = {}, tree = branch.tree({}) }, View)
  without_undo(buf, function()
    api.nvim_buf_set_lines(buf, 0, -1, false, {})
    view.page = page.new(buf)
  end)
  vim.bo[buf].modified = false
  return view
end

--- From here on it shows that conversation.
function View:adopt(id)
  self.conversation = id
  vim.b[self.buf].askd_conversation = id
  self.watch = client.watch(id, self:guard(function(change)
    local fn = CHANGES[change.type]
    if fn then
      fn(self, change)
    end
  end))
  self:read_running()
end

--- Shows nothing more; what runs goes on.
function View:close()
  self.closed = true
  if self.watch then
    self.watch:stop()
  end
  self:leave_flow()
end

return M
