-- How a chat's question gets to the daemon. It is asked with `detach`, so that it outlives this editor, and comes back to the
-- view as one that somebody asked. Until the daemon has taken it, it stays as it was written.
local branch = require("askd.branch")
local client = require("askd.client")
local next_question = require("askd.next")
local notify = require("askd.notify")
local options = require("askd.options")
local wire = require("askd.wire")

local api = vim.api
local M = {}

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

local function params_of(view, wish, attached, prompt, model)
  local parts = vim.list_extend(wired(wish.parts or {}), attached)
  return {
    conversation = not wish.edit and not wish.regenerate and (view.conversation or view.begun or "new") or nil,
    parent = wish.parent,
    edit = wish.edit,
    regenerate = wish.regenerate,
    prompt = not wish.regenerate and wish.prompt or nil,
    attachments = #parts > 0 and parts or nil,
    template = prompt,
    model = model or vim.b[view.buf].askd_wanted_model or options.model or nil,
    detach = true,
    context = client.context(),
  }
end

-- The daemon has taken it: from here on it is one that somebody asked.
local function asked(view, map, wish)
  view.sending, view.again = false, false
  if not map.conversation then
    notify.warn("conversations are not kept here ([store] keep = none): the answer is shown by itself")
    return require("askd.resume").open(map.answer)
  end
  view.running[map.message] = map.state == "running" and map.answer or nil
  local all = view.page:read()
  local typed_on = wish.prompt and not (all[wish.at] and all[wish.at].text == wish.prompt)
  local unsent = branch.unsent(view.page.shown, all, wish.at + (typed_on and 0 or 1))
  view.sent = { at = wish.at, unsent = unsent, message = map.message, answer = map.answer }
  if view.conversation then
    return view:refresh()
  end
  require("askd.chat").name(view, map.conversation)
  view:adopt(map.conversation)
end

local function failed(view, err)
  view.sending = false
  vim.bo[view.buf].modified = true
  notify.error(err)
  if view.again then
    view.again = false
    view:refresh()
  end
end

-- Calls that follow each other, each with the result of the one before; the first error ends them.
local function ask(view, wish, instructions, asked_by)
  local attached, prompt, give_back = next_question.take(view.buf)
  local function step(method, params, next_step)
    client.request(method, params, view:guard(function(err, result)
      if err then
        give_back()
        return failed(view, err)
      end
      next_step(result)
    end))
  end
  local function chat()
    step("chat", params_of(view, wish, attached, asked_by.prompt or prompt, asked_by.model), function(result)
      step("answer.get", { answer = result.answer }, function(map)
        asked(view, map, wish)
      end)
    end)
  end
  view.sending = true
  vim.bo[view.buf].modified = false
  if view.conversation or view.begun or (instructions or "") == "" then
    return chat()
  end
  step("conversation.create", { system = instructions }, function(result)
    view.begun = result.conversation
    chat()
  end)
end

local function go_to(buf, row)
  if api.nvim_get_current_buf() == buf then
    api.nvim_win_set_cursor(0, { row, 0 })
  end
end

-- What is asked once more where nothing else is to be sent: what the end of the page answers, or asks.
local function again_of(view)
  local count = #view.page.shown
  return count > 0 and { kind = "regenerate", regenerate = view.page.shown[count].id, at = count } or nil
end

-- A prompt of the library that waits asks something without a word, about what is attached.
local function prompt_alone(view, settled, asked_by)
  local path = view.page.shown
  local parent = path[#path] and path[#path].id
  return (asked_by.prompt or next_question.prompt(view.buf)) and { kind = "ask", prompt = "", parent = parent, at = settled + 1 } or nil
end

--- Sends what the page asks for (branch.decide); again: where it asks for nothing, its last question once more. asked_by:
--- {model, prompt} of this question alone; may be absent.
function M.run(view, again, asked_by)
  asked_by = asked_by or {}
  if view.sending then
    return notify.warn("the question before is on its way")
  end
  if view.flow then
    return notify.warn("an answer is still coming: :AskStop ends it")
  end
  local all, settled, instructions = view.page:read()
  if view.conversation and instructions and instructions ~= (view.system or "") then
    return notify.warn("instructions are given when a conversation begins: :AskChat begins one")
  end
  local wish = branch.decide(view.page.shown, all, settled)
  if wish.kind == "refused" then
    go_to(view.buf, wish.row)
    return notify.warn(wish.message)
  elseif wish.kind == "regenerate" and not again then
    return notify.warn("the last answer was taken out: :AskSend! asks for another, :e! has it back")
  elseif wish.kind == "nothing" then
    wish = again and again_of(view) or prompt_alone(view, settled, asked_by)
    if not wish then
      vim.bo[view.buf].modified = false
      return notify.info("nothing to send: write a question at the end, or change one")
    end
  end
  ask(view, wish, instructions, asked_by)
end

return M
