-- Lists that are offered once the daemon has told them. Who has gone on to write meanwhile is not asked any more:
-- vim.ui.select would take the keys that are meant for the text.
local notify = require("askd.notify")

local M = {}

--- To be called when the list is asked for. Returns what offers it, as vim.ui.select does.
function M.soon()
  local mode = vim.api.nvim_get_mode().mode
  return function(items, how, chosen)
    if vim.api.nvim_get_mode().mode ~= mode then
      return notify.warn(("what there is to choose (%s) came late: ask for it again"):format(how.prompt:lower()))
    end
    vim.ui.select(items, how, function(item)
      if item then
        chosen(item)
      end
    end)
  end
end

return M
