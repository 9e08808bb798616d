-- :AskResume: answers that were asked for in this folder, running or ended, whoever asked; to be shown again.
local choose = require("askd.choose")
local client = require("askd.client")
local notify = require("askd.notify")
local split = require("askd.split")

local M = {}

local CONVERSATIONS = 1000 -- of this folder that are looked at

--- Shows an answer, as far as it is and on from there.
function M.open(id)
  local name = split.PREFIX .. id
  local buf = vim.fn.bufadd(name)
  vim.bo[buf].buflisted = true
  vim.fn.bufload(buf)
  return split.show(buf)
end

--- "3 min" and the like, since a time in seconds.
function M.age(since)
  local seconds = math.max(0, os.time() - math.floor(since))
  for _, unit in ipairs({ { 86400, "d" }, { 3600, "h" }, { 60, "min" } }) do
    if seconds >= unit[1] then
      return ("%d %s"):format(math.floor(seconds / unit[1]), unit[2])
    end
  end
  return seconds .. " s"
end

local function of_folder(answers, conversations)
  local here = {}
  for _, c in ipairs(conversations) do
    here[c.conversation] = true
  end
  return vim.tbl_filter(function(a)
    return a.conversation ~= nil and here[a.conversation]
  end, answers)
end

-- The running ones first, each kind newest first, as the daemon has them.
local function sorted(answers)
  local running, ended = {}, {}
  for _, a in ipairs(answers) do
    table.insert(a.state == "running" and running or ended, a)
  end
  local count = #running
  return vim.list_extend(running, ended), count
end

local function line_of(a)
  local preview = a.preview:gsub("%c+", " ")
  return ("%-11s %6s  %s  %s"):format(a.state, M.age(a.started), a.model, preview)
end

local function show_or_offer(answers, offer, where)
  local list, running = sorted(answers)
  if #list == 0 then
    return notify.info("no answer runs, or is still kept, " .. where)
  elseif running == 1 then
    return M.open(list[1].answer)
  end
  offer(list, { prompt = "Answer", kind = "askd-answer", format_item = line_of }, function(a)
    M.open(a.answer)
  end)
end

--- Of an id, that answer; without, the one that runs in this folder, or a choice. everywhere: of all folders, and those
--- of no conversation, of which nobody knows a folder.
function M.run(id, everywhere)
  if id ~= "" then
    return M.open(id)
  end
  local offer = choose.soon()
  local params = { directory = client.context().cwd, limit = CONVERSATIONS }
  client.request("answer.list", {}, function(err, answers)
    if err then
      return notify.error(err)
    elseif everywhere then
      return show_or_offer(answers, offer, "anywhere")
    end
    client.request("conversation.list", params, function(fault, conversations)
      if fault then
        return notify.error(fault)
      end
      show_or_offer(of_folder(answers, conversations), offer, "in this folder: :AskResume! looks everywhere")
    end)
  end)
end

return M
