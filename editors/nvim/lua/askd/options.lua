-- What require("askd").setup{} takes, with what holds where it is not told.
local M = {}

-- Each with what holds at first, and what it may be: the names of types, `false`, or words in a list.
local ROWS = {
  socket = { false, "string", false }, -- the daemon's; false: where ask finds it
  askctl = { "askctl", "string", false }, -- what starts a daemon where none runs; false: none is started
  model = { false, "string", false }, -- asked where a command names none; false: the daemon's own default
  split = { "auto", { "auto", "below", "right", "tab", "here" } }, -- how an answer's window opens
  rewrite_around = { 60, "number" }, -- lines before and behind the range that :AskRewrite shows to the model
  suggest = { false, "boolean" }, -- suggestions at the cursor from the start; :AskSuggest turns them on and off
  suggest_delay = { 150, "number" }, -- milliseconds without a key before one is asked for
  suggest_model = { false, "string", false }, -- false: the daemon's `complete_model`
  suggest_keys = { false, "table", false }, -- {accept = "<Tab>", accept_word = …, accept_line = …, dismiss = …}
  suggest_off = { { "help", "qf", "gitcommit" }, "table" }, -- filetypes where none are asked for
}

local values = {}

local function fits(value, what)
  if type(what) == "table" then
    return vim.tbl_contains(what, value)
  end
  return value == what or type(value) == what
end

local function fault_of(name, value)
  local row = ROWS[name]
  if not row then
    return "there is no option " .. tostring(name)
  end
  local wanted = {}
  for i = 2, #row do
    if fits(value, row[i]) then
      return type(value) == "number" and value < 0 and name .. " cannot be below 0" or nil
    end
    wanted[#wanted + 1] = type(row[i]) == "table" and table.concat(row[i], ", ") or tostring(row[i])
  end
  return ("%s has to be one of: %s"):format(name, table.concat(wanted, ", "))
end

--- Adds the rows of another module, in the form of those above.
function M.add(rows)
  for name, row in pairs(rows) do
    ROWS[name] = row
  end
end

--- Sets what is in `given`. Returns nil, or what is wrong with it; the rest of it is set.
function M.set(given)
  local faults = {}
  for name, value in pairs(given or {}) do
    local fault = fault_of(name, value)
    if fault then
      faults[#faults + 1] = fault
    else
      values[name] = value
    end
  end
  table.sort(faults)
  return #faults > 0 and table.concat(faults, "; ") or nil
end

--- The names of all options, sorted.
function M.names()
  local names = vim.tbl_keys(ROWS)
  table.sort(names)
  return names
end

return setmetatable(M, {
  __index = function(_, name)
    local value = values[name]
    if value == nil and ROWS[name] then
      return ROWS[name][1]
    end
    return value
  end,
})
