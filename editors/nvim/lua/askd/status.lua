-- The status line: model, what runs, tokens and cost today. It shows what was told last and never waits; while it is shown, it
-- is asked for anew every few seconds.
local client = require("askd.client")
local compat = require("askd.compat")
local options = require("askd.options")
local split = require("askd.split")

local uv = compat.uv
local M = {}

local EVERY_MS = 3000
local SHOWN_MS = 3 * EVERY_MS -- a line that was not drawn for so long is not shown

local told -- the last result of `status`
local phase = "idle" -- of the client, when it was last looked at; "down" also where there is no socket
local asking, timer = false, nil
local drawn_at = 0

-- No daemon is started for the sake of a status line.
local function phase_now()
  local state = client.state()
  if state.phase == "idle" and not uv.fs_stat(state.socket) then
    return "down"
  end
  return state.phase
end

local function ask()
  phase = phase_now()
  if asking or (phase ~= "ready" and phase ~= "idle") then
    return
  end
  asking = true
  client.request("status", {}, function(_, result)
    asking = false
    told = result
    vim.cmd("redrawstatus!")
  end)
end

local function tick()
  if uv.now() - drawn_at > SHOWN_MS then
    timer:stop()
    timer:close()
    timer = nil
    return
  end
  ask()
end

local function keep_going()
  drawn_at = uv.now()
  if timer then
    return
  end
  timer = uv.new_timer()
  timer:start(0, EVERY_MS, vim.schedule_wrap(function()
    if timer then
      tick()
    end
  end))
end

local function model_of(buf)
  local b = vim.b[buf]
  return b.askd_wanted_model or b.askd_model or options.model or (told and told.default_model) or ""
end

local function count(n)
  if n >= 1000000 then
    return ("%.1fM"):format(n / 1000000)
  end
  return n >= 1000 and ("%.1fk"):format(n / 1000) or tostring(n)
end

local function today_of(today)
  local words = {}
  local function add(word)
    words[#words + 1] = (#words == 0 and "today " or "") .. word
  end
  local tokens = today.input_tokens + today.output_tokens
  if tokens > 0 then
    add(count(tokens) .. " tokens")
  end
  for _, sum in ipairs(today.cost or {}) do
    add(("%.2f %s"):format(sum.cost, sum.currency))
  end
  if today.budgets and #today.budgets > 0 then
    add("budget!")
  end
  return words
end

--- What there is to tell, as fields: model, running (answers), here (whether this buffer's is among them), tokens and cost.
function M.fields(buf)
  keep_going()
  buf = buf or vim.api.nvim_get_current_buf()
  return {
    phase = phase,
    model = model_of(buf),
    here = split.running(buf) ~= nil,
    running = told and told.answers or 0,
    today = told and today_of(told.today) or {},
  }
end

--- The same as a text for 'statusline', in which a per cent sign means nothing.
function M.text(buf)
  local f = M.fields(buf)
  local words = { f.model ~= "" and f.model or "askd" }
  if f.phase == "down" then
    words[#words + 1] = "no daemon"
  end
  if f.here or f.running > 0 then
    words[#words + 1] = (f.here and "… " or "") .. math.max(f.running, f.here and 1 or 0) .. " running"
  end
  vim.list_extend(words, f.today)
  return (table.concat(words, " · "):gsub("%%", "%%%%"):gsub("%c", " "))
end

-- Something has begun or ended.
local function touch()
  if timer then
    ask()
  end
end

client.on_state(function(state)
  phase = state.phase
  if phase == "down" then
    told = nil
  end
  touch()
end)
vim.api.nvim_create_autocmd("User", { pattern = "AskdRunning", callback = touch })

return M
