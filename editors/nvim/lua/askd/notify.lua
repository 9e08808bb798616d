-- What is told to the user: one line, by vim.notify, never a trace.
local M = {}

--- An error map as a line.
function M.line(err)
  if type(err) ~= "table" then
    return "askd: " .. tostring(err)
  end
  return ("askd: %s: %s"):format(err.code or "internal", err.message or "no reason was given")
end

local function show(text, level)
  -- A line break in what a provider said would ask for Enter.
  vim.notify((text:gsub("%c+", " ")), level)
end

--- An error map or a string. That somebody cancelled is no news to them.
function M.error(err)
  if type(err) ~= "table" or err.code ~= "cancelled" then
    show(M.line(err), vim.log.levels.ERROR)
  end
end

--- Calls fn; a fault in it is told like any other, and goes no further. What Neovim itself refuses, such as to open a
--- window where none can be, it says in its own words.
function M.protect(fn, ...)
  local ok, fault = pcall(fn, ...)
  if not ok then
    fault = tostring(fault)
    local refusal = fault:match("Vim:(E%d+:[^\n]*)") or fault:match("Vim[%w%s]*%b():(E%d+:[^\n]*)")
    M.error({ code = refusal and "invalid_request" or "internal", message = refusal or fault })
  end
end

function M.warn(text)
  show("askd: " .. text, vim.log.levels.WARN)
end

function M.info(text)
  show("askd: " .. text, vim.log.levels.INFO)
end

return M
