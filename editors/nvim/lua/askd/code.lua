-- The code of an answer that was asked to be nothing else: models put it between fences all the same.
local M = {}

--- `text` without a fence around it, and without the line breaks around it. Of one that is_partial, what is code for
--- sure.
function M.only(text, is_partial)
  text = text:gsub("\r\n", "\n")
  local fence, body = text:match("^%s*(```+)[^\n`]*\n(.*)$")
  if not fence and is_partial and (text:match("^%s*`[^\n]*$") or text:match("^%s*$")) then
    return "" -- maybe the beginning of a fence
  elseif not fence then
    return (text:gsub("^\n+", ""):gsub("\n%s*$", ""))
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
