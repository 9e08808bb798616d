-- The tree of a conversation, and what a changed page of it asks for; without an editor or a daemon.
local turns = require("askd.turns")

local M = {}

-- -- the tree

local Tree = {}
Tree.__index = Tree

-- Of what conversation.get tells.
function M.tree(conversation)
  local tree = setmetatable({ head = conversation.head, messages = {}, by_id = {}, children = {} }, Tree)
  for _, message in ipairs(conversation.messages or {}) do
    tree.messages[#tree.messages + 1] = message
    tree.by_id[message.id] = message
    local of = message.parent or ""
    tree.children[of] = tree.children[of] or {}
    table.insert(tree.children[of], message)
  end
  return tree
end

-- The messages from the first one to this; nothing of one that is not there.
function Tree:path(id)
  local path = {}
  local message = id and self.by_id[id]
  while message do
    table.insert(path, 1, message)
    message = message.parent and self.by_id[message.parent]
  end
  return path
end

-- The messages that stand where this one does, itself among them, and its place there.
function Tree:siblings(id)
  local message = self.by_id[id]
  local all = message and self.children[message.parent or ""] or {}
  for i, sibling in ipairs(all) do
    if sibling.id == id then
      return all, i
    end
  end
  return all, nil
end

-- Where the newest branch from a message on ends.
function Tree:tip(id)
  local message = self.by_id[id]
  while message and self.children[message.id] do
    local all = self.children[message.id]
    message = all[#all]
  end
  return message and message.id
end

-- The ends of all branches, the newest last.
function Tree:tips()
  local tips = {}
  for _, message in ipairs(self.messages) do
    if not self.children[message.id] then
      tips[#tips + 1] = message
    end
  end
  return tips
end

-- -- what is to be asked

local read_back = setmetatable({}, { __mode = "k" }) -- by message, since a long conversation is compared often

-- What the turn of a message says once it was written and read back: blank lines at its ends are gone.
local function said(message)
  if not read_back[message] then
    read_back[message] = turns.read(turns.of_message(message))[1]
  end
  return read_back[message]
end

local function same_parts(a, b)
  return table.concat(a, ",") == table.concat(b, ",")
end

-- Many editors take blanks off the ends of lines by themselves; that says nothing else.
local function without_blanks(text)
  return ((text .. "\n"):gsub("[ \t\r]+\n", "\n"))
end

--- Whether a turn of a page says what the message says.
function M.is_as_known(message, turn)
  local known = said(message)
  return known.role == turn.role
    and (known.text == turn.text or without_blanks(known.text) == without_blanks(turn.text))
    and same_parts(known.kept, turn.kept)
end

--- Whether two messages are shown alike.
function M.same_message(a, b)
  return a.id == b.id and a.state == b.state and vim.deep_equal(a.content, b.content)
end

local function is_nothing(turn)
  return turn.role == "user" and turn.text == "" and #turn.kept == 0
end

-- The parts of a question that its turn still names; attachments go before the words that are asked.
local function kept_parts(message, turn)
  local parts = {}
  for _, number in ipairs(turn.kept) do
    local part = type(message.content) == "table" and message.content[number]
    if part then
      parts[#parts + 1] = part
    end
  end
  return parts
end

--- What the user wrote from a turn on that is nowhere else: it must not be lost with the page's new face.
function M.unsent(path, page, from)
  local texts = {}
  for i = from, #page do
    local turn = page[i]
    if turn.role == "user" and not is_nothing(turn) and not (path[i] and M.is_as_known(path[i], turn)) then
      texts[#texts + 1] = turn.text
    end
  end
  return table.concat(texts, "\n\n")
end

local function refuse(turn, message)
  return { kind = "refused", row = turn.first, message = message }
end

-- What the turns of a page ask for, where the daemon has those of path:
--   {kind = "ask", prompt, parent}             a question behind what is there; parent is nil in an empty conversation
--   {kind = "edit", prompt, parts, edit}       another question in the place of one that is there: a branch
--   {kind = "regenerate", regenerate}          the answer to the last question that stands there was taken out
--   {kind = "nothing"}                         all is as the daemon has it
--   {kind = "refused", row, message}           what cannot be asked, and where it stands
-- With at: the turn that is to be answered.
function M.decide(path, page)
  local count = #page
  while count > 0 and is_nothing(page[count]) do
    count = count - 1
  end
  for i = 1, count do
    local turn, message = page[i], path[i]
    if not (message and M.is_as_known(message, turn)) then
      if turn.role ~= "user" then
        return refuse(turn, "what the model said was changed: take that back, or change the question before it")
      end
      if is_nothing(turn) then
        return refuse(turn, "this question is empty: write one, or take out its heading too")
      end
      local wish = { at = i, prompt = turn.text }
      if message and message.role == "user" then
        wish.kind, wish.edit, wish.parts = "edit", message.id, kept_parts(message, turn)
      else
        wish.kind, wish.parent, wish.parts = "ask", path[i - 1] and path[i - 1].id, {}
      end
      return wish
    end
  end
  if count > 0 and page[count].role == "user" then
    return { kind = "regenerate", at = count, regenerate = path[count].id }
  end
  return { kind = "nothing" }
end

return M
