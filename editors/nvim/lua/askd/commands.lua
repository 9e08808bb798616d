-- What the commands of chats, pickers and comparisons do with their words. Each function is given what
-- nvim_create_user_command gives.
local args = require("askd.args")
local notify = require("askd.notify")

local api = vim.api
local M = {}

local function range_of(command)
  return command.range > 0 and { command.line1, command.line2 } or nil
end

local function starting_with(words, lead)
  return vim.tbl_filter(function(word)
    return word:sub(1, #lead) == lead
  end, words)
end

local function offering(list)
  return function(lead)
    return starting_with(require("askd.known")[list](), lead)
  end
end

M.complete_model = offering("models")
M.complete_prompt = offering("prompts")
M.complete_conversation = offering("conversations")

function M.complete_branch(lead)
  return starting_with({ "next", "prev" }, lead)
end

function M.complete_attachment(lead)
  return require("askd.attach").complete(lead)
end

-- -- chats

--- :AskChat. A range goes along with the first question.
function M.chat(command)
  local chat = require("askd.chat")
  local range, from = range_of(command), api.nvim_get_current_buf()
  local id = command.args ~= "" and command.args ~= "new" and command.args or nil
  if range and id == "last" then
    return notify.warn("a range goes into a new chat or one that is named: use :AskAttach from within the last one")
  end
  local buf = chat.open(id)
  if range then
    require("askd.attach").attach_range("buf" .. buf, from, range[1], range[2])
  end
end

local function with_chat(fn)
  local chat = require("askd.chat").of()
  if not chat then
    return notify.warn("this is no chat: :AskChat opens one")
  end
  fn(chat)
end

M.complete_send = args.completer("mp")

function M.send(command)
  local asked, fault = args.parse(command.args, "mp")
  if fault or asked.words ~= "" then
    return notify.warn(fault or "what is asked stands in the chat: :AskSend [-m MODEL] [-p PROMPT]")
  end
  with_chat(function(chat)
    require("askd.send").run(chat, command.bang, asked)
  end)
end

function M.branch(command)
  with_chat(function(chat)
    require("askd.branches").run(chat, command.args)
  end)
end

function M.apply(command)
  require("askd.apply").run(command.args)
end

-- -- what goes along

function M.attach(command)
  if command.range > 0 then
    local next_question = require("askd.next")
    return require("askd.attach").attach_range(next_question.key(), 0, command.line1, command.line2)
  end
  require("askd.attach").attach(command.fargs)
end

function M.detach(command)
  require("askd.attach").detach(command.args)
end

-- -- pickers

function M.model(command)
  local pick = require("askd.pick")
  if command.args ~= "" then
    return pick.set_model(command.args)
  end
  pick.models()
end

--- :AskPrompt. With a range it is asked about that at once.
function M.prompt(command)
  local pick = require("askd.pick")
  local chosen
  if command.range > 0 then
    local buf = api.nvim_get_current_buf()
    chosen = function(name)
      require("askd.ask").about(buf, { command.line1, command.line2 }, { prompt = name, words = "" })
    end
  end
  if command.args ~= "" then
    return (chosen or pick.set_prompt)(command.args)
  end
  pick.prompts(chosen)
end

function M.conversations(command)
  require("askd.pick").conversations(command.args, command.bang)
end

function M.resume(command)
  require("askd.resume").run(command.args, command.bang)
end

-- -- several models, commits

local MODELS_MIN = 2

function M.compare(command)
  local parsed, fault = args.parse(command.args, "pc")
  local list, words = (parsed and parsed.words or ""):match("^(%S+)%s*(.*)$")
  local models = list and vim.split(list, ",", { plain = true, trimempty = true }) or {}
  if fault or #models < MODELS_MIN then
    return notify.warn(fault or "name two models or more, with commas between them, then the question")
  end
  local ask = require("askd.ask")
  local buf, range = api.nvim_get_current_buf(), range_of(command)
  local asked = { prompt = parsed.prompt, words = words, conversation = parsed.conversation or "new" }
  if words == "" and not (parsed.prompt and range) then
    return notify.warn("what is to be asked stands behind the models")
  end
  local params, wrong = ask.params(asked, buf, range)
  if not params then
    return notify.warn(wrong)
  end
  ask.extend(params, buf)
  params.model = nil
  require("askd.compare").run(models, params)
end

local complete_options_of_compare = args.completer("pc")

--- The models, each behind a comma.
function M.complete_compare(lead, line, at)
  local typed = line:sub(1, at):match("AskCompare%s+(.*)$") or ""
  local behind = typed:match("^%-[pc]%s+%S+%s+(.*)$")
  while behind do
    typed, behind = behind, behind:match("^%-[pc]%s+%S+%s+(.*)$")
  end
  if typed:match("^%-") then
    return complete_options_of_compare(lead, line, at)
  elseif typed:match("%s") then
    return {} -- the question
  end
  local before, last = lead:match("^(.*,)([^,]*)$")
  local found = starting_with(require("askd.known").models(), last or lead)
  return vim.tbl_map(function(model)
    return (before or "") .. model
  end, found)
end

function M.commit(command)
  local parsed, fault = args.parse(command.args, "mp")
  if fault then
    return notify.warn(fault)
  end
  require("askd.commit").run(parsed)
end

M.complete_commit = args.completer("mp")

return M
