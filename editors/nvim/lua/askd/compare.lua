-- :AskCompare: the same question to several models, side by side in a tab of its own.
local answer = require("askd.answer")
local client = require("askd.client")
local compat = require("askd.compat")
local notify = require("askd.notify")
local split = require("askd.split")

local api, uv = vim.api, compat.uv
local M = {}

-- A tab with a window for each buffer, from left to right.
local function lay_out(arms)
  for i, arm in ipairs(arms) do
    vim.cmd(i == 1 and "tab split" or "rightbelow vsplit")
    local win = api.nvim_get_current_win()
    api.nvim_win_set_buf(win, arm.buf)
    api.nvim_win_set_option(win, "wrap", true)
    api.nvim_win_set_option(win, "linebreak", true)
    api.nvim_win_set_option(win, "statusline", "%{get(b:,'askd_model','')} %{get(b:,'askd_remark','')}")
  end
  vim.cmd("wincmd =")
  api.nvim_set_current_win(vim.fn.win_findbuf(arms[1].buf)[1])
end

local function remark_of(arm)
  local usage = arm.usage or {}
  local words = { ("%.1f s"):format((uv.now() - arm.begun) / 1000) }
  if usage.output_tokens then
    table.insert(words, 1, ("%d tokens"):format(usage.output_tokens))
  end
  if usage.cost and usage.cost > 0 then
    words[#words + 1] = ("%s %.4f"):format(usage.currency or "", usage.cost)
  end
  return arm.cached and "cached" or table.concat(words, ", ")
end

local function new_arm(model)
  local arm = { model = model, buf = split.buffer(), begun = uv.now() }
  vim.b[arm.buf].askd_model = model
  arm.sink = answer.into(arm.buf, "end", {
    on_start = function(event, id)
      arm.answer, arm.cached = id, event.cached
      split.name(arm.buf, id)
      if event.conversation then
        vim.b[arm.buf].askd_conversation = event.conversation
      end
    end,
    on_end = function(err)
      split.set_running(arm.buf, nil)
      if api.nvim_buf_is_valid(arm.buf) then
        vim.b[arm.buf].askd_remark = err and err.code or remark_of(arm)
        vim.cmd("redrawstatus!")
      end
      if err then
        notify.error(err)
      end
    end,
  })
  return arm
end

-- Ending one window's answer ends that one alone; before there is one, all.
local function stopper(arm, call)
  return {
    cancel = function()
      if arm.answer then
        client.request("answer.cancel", { answer = arm.answer })
      else
        call:cancel()
      end
    end,
  }
end

local function each(arms, fn)
  return function(...)
    for _, arm in ipairs(arms) do
      fn(arm, ...)
    end
  end
end

-- The map of an arm's answer; of one that never began, that at its place.
local function map_of(arm, place, answers)
  for _, map in ipairs(answers) do
    if arm.answer and map.answer == arm.answer then
      return map
    end
  end
  return not arm.answer and answers[place] or nil
end

local function finish(arms, err, result)
  for i, arm in ipairs(arms) do
    local map = map_of(arm, i, result and result.answers or {})
    arm.sink:finish(err or (map and map.error), map)
  end
end

-- Each arm ends with its own last event; the call's reply comes when all have ended.
local function take(arm, event, seq, id)
  arm.sink:event(event, seq, id)
  if event.type == "usage" then
    arm.usage = event
  elseif event.type == "done" then
    arm.sink:finish(nil, {})
  elseif event.type == "error" then
    arm.sink:finish(event)
  end
end

--- Asks the models; params are those of `chat` but for the model.
function M.run(models, params)
  local arms, by_answer = {}, {}
  for _, model in ipairs(models) do
    arms[#arms + 1] = new_arm(model)
  end
  local bufs = vim.tbl_map(function(arm)
    return arm.buf
  end, arms)
  split.show_or_wipe(bufs, function()
    lay_out(arms)
  end)
  local call = client.stream("compare", vim.tbl_extend("force", params, { models = models }), {
    on_event = function(event, seq, id)
      if event.type == "start" then
        by_answer[id] = arms[(event.arm or 0) + 1]
      end
      if by_answer[id] then
        take(by_answer[id], event, seq, id)
      end
    end,
    done = function(err, result)
      finish(arms, err, result)
    end,
    lost = each(arms, function(arm)
      arm.sink:lost()
    end),
    resumed = each(arms, function(arm)
      arm.sink:resumed()
    end),
  })
  for _, arm in ipairs(arms) do
    split.set_running(arm.buf, stopper(arm, call))
  end
  return arms
end

return M
