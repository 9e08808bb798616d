-- The code of an answer that was asked to be nothing else: models put it between fences all the same.
local M = {}

--- `text` without a fence around it, and without the line breaks at its end. Of one that is not whole yet, as much as
--- is code for sure.
function M.only(text)
  local fence, body = text:match("^%s*(```+)[^\n`]*\n(.*)$")
  if not fence then
    if text:match("^%s*`[`]*[^\n]*$") then
      return "" -- the beginning of a fence, maybe
    end
    return (text:gsub("^\n+", ""):gsub("%s*\n%s*$", ""))
  end
  local inside = {}
  for line in (body .. "\n"):gmatch("(.-)\n") do
    if line:match("^%s*(`+)%s*$") == fence then
      break
    end
    inside[#inside + 1] = line
  end
  return (table.concat(inside, "\n"):gsub("\n+$", ""))
end

return M
