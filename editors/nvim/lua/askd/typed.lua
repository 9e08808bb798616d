-- The Ex command that is being carried out. Only it tells a chat whether somebody has written it: 'autowrite' has
-- Neovim write all buffers before :make and the like, and nobody wants a question asked that is not finished.
local api = vim.api
local M = {}

local WRITES = vim.regex([[\v<%(w%[rite]|wa%[ll]|wq|wqa%[ll]|wn%[ext]|up%[date]|x|xi%[t]|xa%[ll]|exi%[t])>]])

local command

api.nvim_create_autocmd("CmdlineLeave", {
  pattern = ":",
  callback = function()
    local typed = not vim.v.event.abort and vim.fn.getcmdline() or nil
    command = typed
    vim.schedule(function() -- when it has been carried out
      if command == typed then
        command = nil
      end
    end)
  end,
})

--- Whether Neovim writes for a reason of its own.
function M.is_autowrite()
  return (vim.o.autowrite or vim.o.autowriteall) and command ~= nil and not WRITES:match_str(command)
end

return M
