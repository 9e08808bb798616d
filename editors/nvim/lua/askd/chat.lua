-- Chats: conversations as buffers askd://conversation/ID. Here they are opened and closed; askd.view has what they show,
-- askd.send how a question is asked, askd.branches the branches.
local client = require("askd.client")
local next_question = require("askd.next")
local notify = require("askd.notify")
local split = require("askd.split")
local typed = require("askd.typed")
local view = require("askd.view")

local api = vim.api
local M = {}

M.PREFIX = "askd://conversation/"
local NEW = M.PREFIX .. "new" -- and -2, -3 …
local LEAVE_MS = 2000 -- that leaving waits for the daemon to take a question

local chats = {} -- views, by buffer

local function set_up(buf)
  vim.bo[buf].buftype = "acwrite"
  vim.bo[buf].bufhidden = "hide"
  vim.bo[buf].swapfile = false
  vim.bo[buf].modeline = false
  vim.bo[buf].filetype = "markdown"
  vim.b[buf].askd_chat = true
end

local function buffer_named(name)
  for _, buf in ipairs(api.nvim_list_bufs()) do
    if api.nvim_buf_get_name(buf) == name then
      return buf
    end
  end
end

--- Gives the buffer of a view the name of its conversation.
function M.name(chat, id)
  local old = api.nvim_buf_get_name(chat.buf)
  api.nvim_buf_set_name(chat.buf, M.PREFIX .. id)
  local left_behind = buffer_named(old)
  if left_behind and left_behind ~= chat.buf then
    api.nvim_buf_delete(left_behind, { force = true })
  end
end

--- The buffer is gone, or read anew.
function M.close(buf)
  if chats[buf] then
    chats[buf]:close()
    chats[buf] = nil
  end
end

--- Fills the buffer of a name that was opened: askd://conversation/ID, or …/new.
function M.read(buf)
  local name = api.nvim_buf_get_name(buf)
  M.close(buf)
  set_up(buf)
  chats[buf] = view.new(buf)
  if api.nvim_get_current_buf() == buf then
    api.nvim_win_set_cursor(0, { api.nvim_buf_line_count(buf), 0 })
  end
  if name:sub(1, #NEW) ~= NEW then
    chats[buf]:adopt(name:sub(#M.PREFIX + 1))
  end
end

--- :w in a chat.
function M.write(buf)
  if typed.is_autowrite() then
    notify.warn("what is written in a chat was not sent by 'autowrite': :w in it does, or :AskSend")
  elseif chats[buf] then
    require("askd.send").run(chats[buf], false)
  end
end

--- The chat of a buffer, nil where it is none.
function M.of(buf)
  return chats[buf or api.nvim_get_current_buf()]
end

-- -- opening

local function free_name()
  local n, name = 1, NEW
  while buffer_named(name) do
    n = n + 1
    name = ("%s-%d"):format(NEW, n)
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
  local wins = vim.fn.win_findbuf(buf)
  if #wins > 0 then
    api.nvim_set_current_win(wins[1])
  elseif is_ours(api.nvim_get_current_buf()) then
    api.nvim_set_current_buf(buf)
  else
    api.nvim_set_current_win(split.show(buf, { fresh = true }))
  end
  vim.bo[buf].buflisted = true
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

-- -- all of them

local function is_sending()
  for _, chat in pairs(chats) do
    if chat.sending then
      return true
    end
  end
  return false
end

api.nvim_create_autocmd("VimLeavePre", {
  desc = "askd: a question that was sent with :wq reaches the daemon",
  callback = function()
    vim.wait(LEAVE_MS, function()
      return not is_sending()
    end, 5)
  end,
})

next_question.on_change(function()
  for _, chat in pairs(chats) do
    if chat:is_there() then
      chat:remark()
    end
  end
end)

return M
