-- :Ask. The answer streams into a window; the question is asked in a conversation, so that it is answered to its end
-- whatever becomes of this Neovim.
local args = require("askd.args")
local client = require("askd.client")
local material = require("askd.material")
local notify = require("askd.notify")
local options = require("askd.options")
local split = require("askd.split")

local M = {}

M.complete = args.completer("mpc")

-- Behind words that a prompt of the library takes as its input, as what is piped into `ask`.
local function input_of(words, buf, range)
  if not range then
    return words
  end
  local text = material.lines(buf, range[1], range[2])
  return words == "" and text or words .. "\n\n" .. text
end

--- The params of `chat` for what was typed, with the range {first, last} of a buffer, or nil; nil and what is wrong.
function M.params(asked, buf, range)
  local params = {
    model = asked.model or options.model or nil,
    conversation = asked.conversation or vim.b[buf].askd_conversation or "new",
    context = client.context(),
  }
  if asked.prompt then
    params.template = asked.prompt
    params.prompt = input_of(asked.words, buf, range)
    return params
  end
  params.prompt = asked.words
  if range then
    local part, fault = material.range(buf, range[1], range[2])
    if not part then
      return nil, fault
    end
    params.attachments = { part }
  end
  return params
end

local function ask(asked, buf, range)
  local params, fault = M.params(asked, buf, range)
  if not params then
    return notify.warn(fault)
  end
  M.extend(params, buf)
  split.ask(params)
end

--- Adds to the params what else was attached for the next question of a buffer; others set it.
function M.extend(_, _) end

--- Asks about a range {first, last} of a buffer; asked: as askd.args makes it.
M.about = function(buf, range, asked)
  ask(asked, buf, range)
end

--- Asks what was typed behind the command.
function M.run(command)
  local buf = vim.api.nvim_get_current_buf()
  local range = command.range > 0 and { command.line1, command.line2 } or nil
  local asked, fault = args.parse(command.args, "mpc")
  if not asked then
    return notify.warn(fault)
  end
  if asked.words ~= "" or (asked.prompt and range) then
    return ask(asked, buf, range)
  end
  vim.ui.input({ prompt = "Ask: " }, function(words)
    if words and vim.trim(words) ~= "" then
      asked.words = words
      ask(asked, buf, range)
    end
  end)
end

return M
