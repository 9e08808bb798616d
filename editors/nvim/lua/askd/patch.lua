-- A unified diff, as models write them, put into lines; without an editor. Line numbers are taken for hints: a hunk belongs
-- where its lines are.
local M = {}

--- Whether a text is one.
function M.is_patch(text)
  return text:find("\n@@ ", 1, true) ~= nil or text:sub(1, 3) == "@@ "
end

--- What a diff says of each file: {{first, lines}}, first: the number of its first line. A file begins with two lines,
--- `--- ` and `+++ `, and git's word before them.
function M.files(lines)
  local files, named = {}, false
  for i, line in ipairs(lines) do
    local names = line:sub(1, 4) == "--- " and (lines[i + 1] or ""):sub(1, 4) == "+++ "
    if #files == 0 or line:sub(1, 5) == "diff " or (names and named) then
      files[#files + 1] = { first = i, lines = {} }
      named = false
    end
    named = named or names
    table.insert(files[#files].lines, line)
  end
  return files
end

local function hunks_of(lines)
  local hunks, hunk = {}, nil
  for _, line in ipairs(lines) do
    local from = line:match("^@@ %-(%d+)") or (line:match("^@@") and "0")
    if from then
      hunk = { from = tonumber(from), old = {}, new = {} }
      hunks[#hunks + 1] = hunk
    elseif hunk and line:sub(1, 1) ~= "\\" then
      local sign, text = line:sub(1, 1), line:sub(2)
      if sign == " " or sign == "-" or line == "" then
        table.insert(hunk.old, text)
      end
      if sign == " " or sign == "+" or line == "" then
        table.insert(hunk.new, text)
      end
    end
  end
  return hunks
end

local function is_at(lines, old, at)
  for i, text in ipairs(old) do
    if lines[at + i - 1] ~= text then
      return false
    end
  end
  return true
end

-- The place nearest to the one that was told.
local function place_of(lines, hunk, told)
  local best
  for at = 1, #lines - #hunk.old + 1 do
    if is_at(lines, hunk.old, at) and (not best or math.abs(at - told) < math.abs(best - told)) then
      best = at
    end
  end
  return best
end

-- An empty line at the end of a block is none of the hunk, unless the file has it there.
local function without_last_blank(hunk)
  if hunk.old[#hunk.old] == "" and hunk.new[#hunk.new] == "" then
    table.remove(hunk.old)
    table.remove(hunk.new)
    return true
  end
end

--- The lines with the diff put in, or nil and why that cannot be.
function M.apply(lines, diff)
  local out = {}
  for i, line in ipairs(lines) do
    out[i] = line
  end
  local moved = 0
  for number, hunk in ipairs(hunks_of(diff)) do
    local told = math.max(hunk.from, 1) + moved
    local at = place_of(out, hunk, told)
    while not at and without_last_blank(hunk) do
      at = place_of(out, hunk, told)
    end
    if not at then
      return nil, ("the lines that change %d of the diff is about are not in the file"):format(number)
    elseif #hunk.old == 0 then
      at = math.min(hunk.from + 1 + moved, #out + 1)
    end
    local after = {}
    for i = 1, at - 1 do
      after[i] = out[i]
    end
    for _, text in ipairs(hunk.new) do
      after[#after + 1] = text
    end
    for i = at + #hunk.old, #out do
      after[#after + 1] = out[i]
    end
    out, moved = after, moved + #hunk.new - #hunk.old
  end
  return out
end

return M
