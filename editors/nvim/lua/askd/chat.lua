-- Chats: conversations as buffers askd://conversation/ID.
--
-- All that such a buffer shows comes from the daemon, the same way whoever asked: conversation.watch tells that something
-- changed, conversation.get what is there now, answer.attach how an answer goes on. A question of our own is no exception: it
-- is asked with `detach`, so that it outlives this editor, and comes back as one that somebody asked.
local answer = require("askd.answer")
local branch = require("askd.branch")
local client = require("askd.client")
local next_question = require("askd.next")
local notify = require("askd.notify")
local options = require("askd.options")
local page = require("askd.page")
local split = require("askd.split")
local wire = require("askd.wire")

local api = vim.api
local M = {}

M.PREFIX = "askd://conversation/"
local NEW = "new"
local LEAVE_MS = 2000 -- that leaving waits for the daemon to take a question

local chats = {} -- by buffer

local Chat = {}
Chat.__index = Chat

local function is_there(chat)
  return chats[chat.buf] == chat and api.nvim_buf_is_valid(chat.buf) and api.nvim_buf_is_loaded(chat.buf)
end

-- Only while the chat is there, so that no callback need ask.
local function guarded(chat, fn)
  return function(...)
    if is_there(chat) then
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
local function running_behind(chat)
  for i = #chat.tree.messages, 1, -1 do
    local message = chat.tree.messages[i]
    if message.state == "running" and chat.running[message.id] then
      if not chat.tip or contains(chat.tree:path(message.id), chat.tip) then
        return message.id
      end
    end
  end
end

-- Where the head went since we last saw it, unless that would take away the ground under what the user writes.
local function moved_head(chat)
  local head = chat.tree.head
  if not head or head == chat.head_seen or chat.left[head] then
    return nil
  end
  local goes_on = not chat.tip or contains(chat.tree:path(head), chat.tip)
  if goes_on or not chat.page:has_draft() then
    chat.head_seen = head
    return head
  end
  return nil
end

-- A branch that somebody has just begun elsewhere in the tree.
local function begun(chat, id)
  local message = id and chat.tree.by_id[id]
  return message and message.state == "running" and not chat.page:has_draft() and id or nil
end

local function target(chat)
  local wanted, elsewhere = chat.wanted, chat.elsewhere
  chat.wanted, chat.elsewhere = nil, nil
  if wanted and chat.tree.by_id[wanted] then
    chat.head_seen = chat.tree.head
    return wanted
  end
  local last = chat.tree.messages[#chat.tree.messages]
  return running_behind(chat)
    or begun(chat, elsewhere)
    or moved_head(chat)
    or (chat.tip and chat.tree.by_id[chat.tip] and chat.tip)
    or chat.tree.head
    or (last and chat.tree:tip(last.id))
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

local function remark_of(chat, message)
  local words = {}
  local all, at = chat.tree:siblings(message.id)
  if at and #all > 1 then
    words[#words + 1] = ("%d/%d"):format(at, #all)
  end
  if message.role == "assistant" and message.state ~= "done" then
    words[#words + 1] = message.state
  end
  words[#words + 1] = cost_of(message.usage)
  return #words > 0 and " " .. table.concat(words, " · ") or ""
end

function Chat:remark()
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

local function set_title(chat, title)
  vim.b[chat.buf].askd_title = title or ""
end

-- That a page was filled is no change that could be taken back.
local function without_undo(buf, fn)
  local levels = vim.bo[buf].undolevels
  vim.bo[buf].undolevels = -1
  fn()
  vim.bo[buf].undolevels = levels
end

-- Modified is what nobody but this buffer has.
function Chat:set_modified()
  vim.bo[self.buf].modified = self.page:has_draft()
end

-- Shows the branch that is due, and has the running answer at its end stream in.
function Chat:show(sent)
  if self.flow and not sent then
    return -- at its end all is looked at anew
  end
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

function Chat:follow(message)
  local id = message and message.state == "running" and self.running[message.id]
  if not id then
    return
  end
  local flow = { answer = id, message = message.id }
  local sink = answer.into(self.buf, { self.page:flow_row(), 0 }, {
    on_text = guarded(self, function()
      self:set_modified()
    end),
    on_end = guarded(self, function(err)
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
  flow.sink = sink
  flow.call = client.stream("answer.attach", { answer = id }, sink:handlers())
  self.flow = flow
  split.set_running(self.buf, flow.call)
  vim.b[self.buf].askd_answer = id
  vim.b[self.buf].askd_model = message.model
end

function Chat:end_flow()
  self.flow = nil
  split.set_running(self.buf, nil)
end

-- The answer goes on, but is not shown any longer.
function Chat:leave_flow()
  if self.flow then
    self.flow.call:drop()
    self.flow.sink:drop()
    self:end_flow()
  end
end

-- -- what the daemon tells

-- One conversation.get at a time, and another where something changed meanwhile.
function Chat:refresh()
  if self.reading or self.sending then
    self.again = true
    return
  end
  self.reading = true
  local id = self.conversation
  client.request("conversation.get", { conversation = id }, guarded(self, function(err, result)
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

function Chat:take(conversation)
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
function Chat:tell_failure(id)
  client.request("answer.get", { answer = id }, guarded(self, function(_, map)
    if map and map.error then
      notify.error(map.error)
    end
  end))
end

local CHANGES = {}

function CHANGES.answer(chat, change)
  chat.running[change.message] = change.answer
  chat.elsewhere = not chat.flow and change.message or nil
  chat:refresh()
end

function CHANGES.ended(chat, change)
  if not (chat.flow and chat.flow.answer == change.answer) then
    chat.running[change.message] = nil
  end
  chat:refresh()
end

function CHANGES.message(chat)
  chat:refresh()
end

CHANGES.head = CHANGES.message
CHANGES.restored = CHANGES.message

function CHANGES.title(chat, change)
  set_title(chat, change.title)
end

function CHANGES.deleted(chat)
  notify.warn("this conversation was deleted; askctl conv undo has it back")
  chat.note = "deleted"
  chat:remark()
end

function CHANGES.lost(chat)
  chat:read_running()
end

function CHANGES.failed(_, change)
  notify.error(change.error)
end

-- Which answers run in the conversation, then all of it.
function Chat:read_running()
  client.request("answer.list", { state = "running" }, guarded(self, function(err, list)
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
        client.request("answer.get", { answer = entry.answer }, guarded(self, function(_, map)
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

-- -- the life of a chat

local function set_up(buf)
  vim.bo[buf].buftype = "acwrite"
  vim.bo[buf].bufhidden = "hide"
  vim.bo[buf].swapfile = false
  vim.bo[buf].modeline = false
  vim.bo[buf].filetype = "markdown"
  vim.b[buf].askd_chat = true
end

function Chat:adopt(id)
  self.conversation = id
  vim.b[self.buf].askd_conversation = id
  self.watch = client.watch(id, guarded(self, function(change)
    local fn = CHANGES[change.type]
    if fn then
      fn(self, change)
    end
  end))
  self:read_running()
end

local function close(buf)
  local chat = chats[buf]
  if not chat then
    return
  end
  chats[buf] = nil
  if chat.watch then
    chat.watch:stop()
  end
  chat:leave_flow()
end

local function buffer_named(name)
  for _, buf in ipairs(api.nvim_list_bufs()) do
    if api.nvim_buf_get_name(buf) == name then
      return buf
    end
  end
end

--- Fills the buffer of a name that was opened: askd://conversation/ID, or …/new.
function M.read(buf)
  close(buf)
  local id = api.nvim_buf_get_name(buf):sub(#M.PREFIX + 1):gsub("%-%d+$", function(s)
    return #s < 5 and "" or s -- of …/new-2
  end)
  set_up(buf)
  local chat = setmetatable({ buf = buf, running = {}, left = {}, tree = branch.tree({}) }, Chat)
  without_undo(buf, function()
    api.nvim_buf_set_lines(buf, 0, -1, false, {})
    chat.page = page.new(buf)
  end)
  chats[buf] = chat
  vim.bo[buf].modified = false
  if api.nvim_get_current_buf() == buf then
    api.nvim_win_set_cursor(0, { api.nvim_buf_line_count(buf), 0 })
  end
  if id ~= NEW then
    chat:adopt(id)
  end
end

local function free_name()
  local n, name = 1, M.PREFIX .. NEW
  while buffer_named(name) do
    n = n + 1
    name = ("%s%s-%d"):format(M.PREFIX, NEW, n)
  end
  return name
end

-- A new chat into which nothing was written yet, so that they do not pile up.
local function untouched()
  for buf, chat in pairs(chats) do
    if not chat.conversation and not chat.sending and not vim.bo[buf].modified then
      return api.nvim_buf_get_name(buf)
    end
  end
end

local function is_ours(buf)
  return api.nvim_buf_get_name(buf):sub(1, 7) == "askd://"
end

local function enter(name)
  local buf = buffer_named(name) or vim.fn.bufadd(name)
  vim.bo[buf].buflisted = true
  local wins = vim.fn.win_findbuf(buf)
  if #wins > 0 then
    api.nvim_set_current_win(wins[1])
  elseif is_ours(api.nvim_get_current_buf()) then
    api.nvim_set_current_buf(buf)
  else
    api.nvim_set_current_win(split.show(buf, { fresh = true }))
  end
  return buf
end

--- Opens a chat and goes there: of an id, of "last" (the newest of this folder and terminal), or (nil) a new one.
function M.open(id)
  if id == "last" then
    local params = { conversation = "last", prompt = "?", context = client.context() }
    return client.request("answer.estimate", params, function(err, result)
      if err then
        return notify.error(err)
      end
      M.open(result.conversation)
    end)
  end
  return enter(id and M.PREFIX .. id or untouched() or free_name())
end

--- The chat of a buffer, nil where it is none.
function M.of(buf)
  return chats[buf or api.nvim_get_current_buf()]
end

M.close = close

-- -- asking

local function wired(parts)
  local out = {}
  for i, part in ipairs(parts) do
    out[i] = vim.tbl_extend("force", {}, part)
    if type(part.data) == "string" then
      out[i].data = wire.binary(part.data)
    end
  end
  return out
end

local function params_of(chat, wish, attached, prompt)
  local parts = vim.list_extend(wired(wish.parts or {}), attached)
  return {
    conversation = not wish.edit and not wish.regenerate and (chat.conversation or chat.begun or NEW) or nil,
    parent = wish.parent,
    edit = wish.edit,
    regenerate = wish.regenerate,
    prompt = not wish.regenerate and wish.prompt or nil,
    attachments = #parts > 0 and parts or nil,
    template = prompt,
    model = vim.b[chat.buf].askd_wanted_model or options.model or nil,
    detach = true,
    context = client.context(),
  }
end

-- The daemon has taken it: from here on it is one that somebody asked.
function Chat:asked(map, wish)
  self.sending = false
  self.running[map.message or ""] = map.state == "running" and map.answer or nil
  if not map.conversation then
    self.again = false
    notify.warn("conversations are not kept here ([store] keep = none): the answer is shown by itself")
    return vim.cmd("edit askd://answer/" .. map.answer)
  end
  local all = self.page:read()
  local typed_on = wish.prompt and not (all[wish.at] and all[wish.at].text == wish.prompt)
  local unsent = branch.unsent(self.page.shown, all, wish.at + (typed_on and 0 or 1))
  self.sent = { at = wish.at, unsent = unsent, message = map.message, answer = map.answer }
  if self.conversation then
    self.again = false
    return self:refresh()
  end
  local buf, old = self.buf, api.nvim_buf_get_name(self.buf)
  api.nvim_buf_set_name(buf, M.PREFIX .. map.conversation)
  local left_behind = buffer_named(old)
  if left_behind and left_behind ~= buf then
    api.nvim_buf_delete(left_behind, { force = true })
  end
  self:adopt(map.conversation)
end

function Chat:failed(err, give_back)
  self.sending = false
  give_back()
  vim.bo[self.buf].modified = true
  notify.error(err)
  if self.again then
    self.again = false
    self:refresh()
  end
end

function Chat:ask(wish, instructions)
  local attached, prompt, give_back = next_question.take(self.buf)
  local failed = guarded(self, function(err)
    self:failed(err, give_back)
  end)
  local function ask()
    client.request("chat", params_of(self, wish, attached, prompt), guarded(self, function(err, result)
      if err then
        return failed(err)
      end
      client.request("answer.get", { answer = result.answer }, guarded(self, function(fault, map)
        if fault then
          return failed(fault)
        end
        self:asked(map, wish)
      end))
    end))
  end
  self.sending = true
  vim.bo[self.buf].modified = false
  if self.conversation or self.begun or (instructions or "") == "" then
    return ask()
  end
  client.request("conversation.create", { system = instructions }, guarded(self, function(err, result)
    if err then
      return failed(err)
    end
    self.begun = result.conversation
    ask()
  end))
end

local function go_to(buf, row)
  if api.nvim_get_current_buf() == buf then
    api.nvim_win_set_cursor(0, { row, 0 })
  end
end

-- What is asked once more where nothing else is to be sent: what the end of the page answers, or asks.
local function again_of(chat)
  local count = #chat.page.shown
  return count > 0 and { kind = "regenerate", regenerate = chat.page.shown[count].id, at = count } or nil
end

-- A prompt of the library that waits asks something without a word, about what is attached.
local function prompt_alone(chat, settled)
  local path = chat.page.shown
  local parent = path[#path] and path[#path].id
  return next_question.prompt(chat.buf) and { kind = "ask", prompt = "", parent = parent, at = settled + 1 } or nil
end

--- Sends what the page asks for (branch.decide); again: where it asks for nothing, its last question once more.
function Chat:send(again)
  if self.sending then
    return notify.warn("the question before is on its way")
  end
  if self.flow then
    return notify.warn("an answer is still coming: :AskStop ends it")
  end
  local all, settled, instructions = self.page:read()
  if self.conversation and instructions and instructions ~= (self.system or "") then
    return notify.warn("instructions are given when a conversation begins: :AskChat begins one")
  end
  local wish = branch.decide(self.page.shown, all, settled)
  if wish.kind == "refused" then
    go_to(self.buf, wish.row)
    return notify.warn(wish.message)
  elseif wish.kind == "regenerate" and not again then
    return notify.warn("the last answer was taken out: :AskSend! asks for another, :e! has it back")
  elseif wish.kind == "nothing" then
    wish = again and again_of(self) or prompt_alone(self, settled)
    if not wish then
      vim.bo[self.buf].modified = false
      return notify.info("nothing to send: write a question at the end, or change one")
    end
  end
  self:ask(wish, instructions)
end

--- :w in a chat.
function M.write(buf)
  local chat = chats[buf]
  if chat then
    chat:send(false)
  end
end

--- Whether a question is on its way to the daemon.
function M.is_sending()
  for _, chat in pairs(chats) do
    if chat.sending then
      return true
    end
  end
  return false
end

-- -- branches

-- Shows another branch, and says so to all that look at the conversation.
local function go_to_branch(chat, message)
  if chat.flow then
    chat.left[chat.flow.message] = true
    chat:leave_flow()
  end
  chat.wanted = message
  client.request("conversation.head", { conversation = chat.conversation, message = message }, guarded(chat, function(err)
    if err then
      notify.error(err)
    end
    chat:refresh()
  end))
end

local function first_line(message)
  local content = message.content
  if type(content) == "table" then
    local texts = vim.tbl_filter(function(part)
      return part.type == "text"
    end, content)
    content = #texts > 0 and texts[#texts].text or ""
  end
  return (content:match("[^\n]*%S[^\n]*") or ""):sub(1, 60)
end

local function branch_items(chat)
  local items = {}
  for _, tip in ipairs(chat.tree:tips()) do
    local path = chat.tree:path(tip.id)
    local question = tip
    for i = #path, 1, -1 do
      if path[i].role == "user" then
        question = path[i]
        break
      end
    end
    table.insert(items, 1, { message = tip, question = first_line(question), turns = #path, here = tip.id == chat.tip })
  end
  return items
end

local function pick_branch(chat)
  vim.ui.select(branch_items(chat), {
    prompt = "Branch",
    kind = "askd-branch",
    format_item = function(item)
      local model = item.message.model and "  " .. item.message.model or ""
      return ("%s %s  (%d turns%s)"):format(item.here and "*" or " ", item.question, item.turns, model)
    end,
  }, function(item)
    if item and is_there(chat) then
      go_to_branch(chat, item.message.id)
    end
  end)
end

-- The message under the cursor, or before it, that has siblings.
local function fork_at(chat, row)
  local _, at = chat.page:message_at(row)
  for i = at or #chat.page.shown, 1, -1 do
    local all, place = chat.tree:siblings(chat.page.shown[i].id)
    if #all > 1 then
      return all, place
    end
  end
end

--- :AskBranch — "next" and "prev" go to the sibling of the turn at the cursor, without a word all branches are shown.
function Chat:branch(which)
  if not self.conversation then
    return notify.warn("this conversation has no branches yet")
  elseif which == "" then
    return pick_branch(self)
  end
  local step = ({ next = 1, prev = -1 })[which]
  if not step then
    return notify.error("AskBranch takes next, prev or nothing")
  end
  local all, place = fork_at(self, api.nvim_win_get_cursor(0)[1])
  if not all then
    return notify.info("there is no other branch at this turn")
  end
  go_to_branch(self, self.tree:tip(all[(place - 1 + step) % #all + 1].id))
end

api.nvim_create_autocmd("VimLeavePre", {
  desc = "askd: a question that was sent with :wq reaches the daemon",
  callback = function()
    vim.wait(LEAVE_MS, function()
      return not M.is_sending()
    end, 5)
  end,
})

next_question.on_change(function()
  for _, chat in pairs(chats) do
    if is_there(chat) then
      chat:remark()
    end
  end
end)

return M
