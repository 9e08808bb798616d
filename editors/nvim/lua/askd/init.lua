-- What a user's configuration calls. Everything else is loaded when it is first used.
local M = {}

--- Sets options (`:help askd-options`). Need not be called.
function M.setup(given)
  local fault = require("askd.options").set(given)
  if fault then
    require("askd.notify").error({ code = "invalid_request", message = "setup: " .. fault })
  end
  if given and (given.suggest ~= nil or given.suggest_keys) then
    require("askd.suggest").apply_options(given)
  end
end

--- For 'statusline': model, what runs, tokens and cost today. It never waits.
function M.statusline()
  return require("askd.status").text()
end

return M
