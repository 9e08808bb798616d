-- :AskBranch: the branches of a chat's conversation.
local client = require("askd.client")
local notify = require("askd.notify")

local api = vim.api
local M = {}

local QUESTION = 60 -- characters of one that are shown

-- Shows another branch, and says so to all that look at the conversation.
local function go_to_branch(view, message)
  if view.flow then
    view.left[view.flow.message] = true
    view:leave_flow()
  end
  view.wanted = message
  client.request("conversation.head", { conversation = view.conversation, message = message }, view:guard(function(err)
    if err then
      notify.error(err)
    end
    view:refresh()
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
  local line = (content:match("[^\n]*%S[^\n]*") or ""):gsub("%c", " ")
  return vim.fn.strcharpart(line, 0, QUESTION)
end

local function branch_items(view)
  local items = {}
  for _, tip in ipairs(view.tree:tips()) do
    local path = view.tree:path(tip.id)
    local question = tip
    for i = #path, 1, -1 do
      if path[i].role == "user" then
        question = path[i]
        break
      end
    end
    table.insert(items, 1, { message = tip, question = first_line(question), turns = #path, here = tip.id == view.tip })
  end
  return items
end

local function pick_branch(view)
  vim.ui.select(branch_items(view), {
    prompt = "Branch",
    kind = "askd-branch",
    format_item = function(item)
      local model = item.message.model and "  " .. item.message.model or ""
      return ("%s %s  (%d turns%s)"):format(item.here and "*" or " ", item.question, item.turns, model)
    end,
  }, function(item)
    if item and view:is_there() then
      go_to_branch(view, item.message.id)
    end
  end)
end

-- The message under the cursor, or before it, that has siblings.
local function fork_at(view, row)
  local _, at = view.page:message_at(row)
  for i = at or #view.page.shown, 1, -1 do
    local all, place = view.tree:siblings(view.page.shown[i].id)
    if #all > 1 then
      return all, place
    end
  end
end

--- "next" and "prev" go to the sibling of the turn at the cursor, without a word all branches are shown.
function M.run(view, which)
  if not view.conversation then
    return notify.warn("this conversation has no branches yet")
  elseif which == "" then
    return pick_branch(view)
  end
  local step = ({ next = 1, prev = -1 })[which]
  if not step then
    return notify.error("AskBranch takes next, prev or nothing")
  end
  local all, place = fork_at(view, api.nvim_win_get_cursor(0)[1])
  if not all then
    return notify.info("there is no other branch at this turn")
  end
  go_to_branch(view, view.tree:tip(all[(place - 1 + step) % #all + 1].id))
end

return M
