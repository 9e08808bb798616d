-- :AskStop.
local M = {}

function M.run()
  if not require("askd.split").stop() then
    require("askd.notify").warn("nothing runs in this buffer")
  end
end

return M
