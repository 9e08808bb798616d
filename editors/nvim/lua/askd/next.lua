-- What goes with the next question: attachments, and a prompt of the library. It belongs to a chat's buffer, elsewhere to
-- the window; it is gone once it was asked with, or with that buffer or window.
local M = {}
local api = vim.api

local waiting = {} -- by key: {parts = {{label, part}}, prompt}
local listeners = {}

local function key_of(buf, win)
  if vim.b[buf].askd_chat then
    return "buf" .. buf
  end
  return "win" .. win
end

local function here()
  return key_of(api.nvim_get_current_buf(), api.nvim_get_current_win())
end

local function changed()
  for _, fn in ipairs(listeners) do
    fn()
  end
end

local function clean()
  for key in pairs(waiting) do
    local kind, number = key:match("^(%a+)(%d+)$")
    local valid = kind == "buf" and api.nvim_buf_is_valid or api.nvim_win_is_valid
    if not valid(tonumber(number)) then
      waiting[key] = nil
    end
  end
end

--- fn() whenever something is added or taken.
function M.on_change(fn)
  listeners[#listeners + 1] = fn
end

--- A key for here, since what is attached may be read only later.
function M.key()
  return here()
end

--- Adds a part of a message, with a label for people; key: as M.key told, default here.
function M.add(label, part, key)
  clean()
  key = key or here()
  waiting[key] = waiting[key] or { parts = {} }
  table.insert(waiting[key].parts, { label = label, part = part })
  changed()
end

--- Which prompt of the library the next question goes by; nil: none.
function M.set_prompt(name)
  clean()
  local key = here()
  waiting[key] = waiting[key] or { parts = {} }
  waiting[key].prompt = name
  changed()
end

--- The labels of what waits, for people.
function M.labels(buf, win)
  local mine = waiting[buf and key_of(buf, win or 0) or here()]
  local labels = {}
  for _, entry in ipairs(mine and mine.parts or {}) do
    labels[#labels + 1] = "attached: " .. entry.label
  end
  if mine and mine.prompt then
    table.insert(labels, 1, "prompt: " .. mine.prompt)
  end
  return labels
end

--- The prompt that waits for a chat's buffer; nil: none.
function M.prompt(buf)
  local mine = waiting[key_of(buf, 0)]
  return mine and mine.prompt
end

--- Removes those whose label has a text in it, or all; returns how many.
function M.remove(text)
  local mine = waiting[here()]
  local kept, before = {}, mine and #mine.parts or 0
  for _, entry in ipairs(mine and mine.parts or {}) do
    if text and not entry.label:find(text, 1, true) then
      kept[#kept + 1] = entry
    end
  end
  if mine then
    mine.parts = kept
  end
  changed()
  return before - #kept
end

--- Hands over what waits here: a list of parts, and the prompt's name or nil. give_back() puts it there again, for a
--- question that was refused.
function M.take(buf, win)
  local key = buf and key_of(buf, win or 0) or here()
  local mine = waiting[key]
  waiting[key] = nil
  if mine then
    changed()
  end
  local parts = {}
  for _, entry in ipairs(mine and mine.parts or {}) do
    parts[#parts + 1] = entry.part
  end
  local function give_back()
    if mine and not waiting[key] then
      waiting[key] = mine
      changed()
    end
  end
  return parts, mine and mine.prompt, give_back
end

-- What :Ask and :AskCompare ask takes along what waits for them.
require("askd.ask").extend = function(params)
  local parts, prompt = M.take()
  if #parts > 0 then
    params.attachments = vim.list_extend(params.attachments or {}, parts)
  end
  params.template = params.template or prompt
end

return M
