-- Pickers over vim.ui.select, which telescope, fzf-lua and others make their own: models, prompts, conversations.
local chat = require("askd.chat")
local client = require("askd.client")
local known = require("askd.known")
local next_question = require("askd.next")
local notify = require("askd.notify")
local options = require("askd.options")
local resume = require("askd.resume")
local soon = require("askd.choose").soon

local M = {}

local CONVERSATIONS = 200 -- that are offered, the newest; more by searching

-- show(item) is its line.
local function choose(offer, items, prompt, kind, show, chosen)
  if #items == 0 then
    return notify.info(("there is no %s"):format(prompt:lower()))
  end
  offer(items, { prompt = prompt, kind = kind, format_item = show }, chosen)
end

-- A picker may have left its list on the screen, and a line behind it would ask for Enter.
local function tell(text)
  vim.cmd("redraw")
  notify.info(text)
end

-- -- models

--- Sets the model of this chat, elsewhere of all that is asked from here on; "default" is the daemon's own.
function M.set_model(name)
  local model = name ~= "default" and name or false
  if vim.b.askd_chat then
    vim.b.askd_wanted_model = model or nil
  else
    options.set({ model = model })
  end
  tell(model and "asking " .. model or "asking the daemon's default model")
end

local function window_of(tokens)
  if not tokens then
    return ""
  end
  return tokens >= 1000000 and ("%gM"):format(math.floor(tokens / 100000) / 10) or ("%dk"):format(tokens / 1000)
end

local function price_of(m)
  if not m.price_input then
    return ""
  end
  return ("%g/%g %s"):format(m.price_input, m.price_output or 0, m.currency or "")
end

local function model_line(item)
  if item.alias then
    return ("%-32s alias: %s"):format(item.alias, table.concat(item.models, ", "))
  elseif item.default then
    return ("%-32s the daemon's own choice"):format("default")
  end
  return ("%-32s %6s  %s"):format(item.model, window_of(item.context_window), price_of(item))
end

function M.models()
  local offer = soon()
  known.ask("aliases", function(_, aliases)
    known.ask("models", function(err, models)
      if err then
        return notify.error(err)
      end
      local items = { { default = true } }
      vim.list_extend(items, aliases or {})
      for _, m in ipairs(models) do
        if m.available then
          items[#items + 1] = m
        end
      end
      choose(offer, items, "Model", "askd-model", model_line, function(item)
        M.set_model(item.alias or item.model or "default")
      end)
    end)
  end)
end

-- -- prompts

local function prompt_line(item)
  return ("%-20s %s"):format(item.name, item.description or "")
end

local function usable(prompts)
  return vim.tbl_filter(function(p)
    return not p.error
  end, prompts)
end

--- Offers the prompts; chosen(name), by default: the next question asked from here goes by it.
function M.prompts(chosen)
  local offer = soon()
  known.ask("prompts", function(err, prompts)
    if err then
      return notify.error(err)
    end
    choose(offer, usable(prompts), "Prompt", "askd-prompt", prompt_line, function(item)
      (chosen or M.set_prompt)(item.name)
    end)
  end)
end

function M.set_prompt(name)
  next_question.set_prompt(name)
  tell("the next question from here goes by the prompt " .. name)
end

-- -- conversations

local function conversation_line(c)
  local title = (c.title or "(nothing said yet)"):gsub("%c+", " ")
  local about = c.snippet and c.snippet:gsub("[\2\3]", "") or ("%d messages  %s"):format(c.messages, c.model or "")
  return ("%6s  %s  %s"):format(resume.age(c.updated or c.created), title, about)
end

--- Offers the newest conversations of this folder, or (everywhere) of all, or those of them in which the words occur.
function M.conversations(words, everywhere)
  local method, params = "conversation.list", { limit = CONVERSATIONS }
  if words ~= "" then
    method, params = "conversation.search", { query = words, limit = CONVERSATIONS }
  end
  params.directory = not everywhere and client.context().cwd or nil
  local offer = soon()
  client.request(method, params, function(err, found)
    if err then
      return notify.error(err)
    elseif #found == 0 and not everywhere then
      return notify.info("there is no conversation of this folder: :AskConversations! looks everywhere")
    end
    choose(offer, found, "Conversation", "askd-conversation", conversation_line, function(c)
      chat.open(c.conversation)
    end)
  end)
end

return M
