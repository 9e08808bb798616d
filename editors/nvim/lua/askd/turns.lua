-- A conversation as lines of Markdown, and such lines read back; both without an editor or a daemon.
--
-- The form is that of `askctl conv export` (daemon/archive/markdown.h), without what a reader need not see:
--
--     ## user
--
--     How long does it steep?
--
--     ## assistant (openai/gpt-4.1)
--
--     Three minutes.
--
-- A *mark* is a line that means something, such as these headings. A line of a text that looks like a mark gets a
-- backslash in front, one that has such backslashes gets one more; so whatever a turn holds, fences and headings too,
-- it is read back as it was. Blank lines around a text mean nothing. What a turn has beside its text is a line that
-- names it ("### part file" and a comment): taking out the line takes it out of the question.
local M = {}

local WORDS = {
  { text = "## instructions", mark = "instructions" },
  { text = "## user", mark = "message", role = "user" },
  { text = "## assistant", mark = "message", role = "assistant" },
  { text = "## system", mark = "message", role = "system" },
  { text = "## tool", mark = "message", role = "tool" },
  { text = "### reasoning", mark = "reasoning" },
  { text = "### answer", mark = "answer" },
  { text = "### part", mark = "part" },
  { text = "<!-- askd", mark = "meta" },
}

local MAY_BEGIN = { [("#"):byte()] = true, [("<"):byte()] = true, [("\\"):byte()] = true }

-- What a line is: its row of WORDS, the backslashes before it, and what stands behind its words. nil: only text.
function M.mark(line)
  if not MAY_BEGIN[line:byte()] then
    return nil, 0 -- at once, since there are many lines
  end
  local escapes = #line:match("^\\*")
  local first = line:sub(escapes + 1, escapes + 1)
  if first ~= "#" and first ~= "<" then
    return nil, escapes
  end
  local body = line:sub(escapes + 1):gsub("[ \t\r]+$", "")
  for _, word in ipairs(WORDS) do
    if body:sub(1, #word.text) == word.text then
      local rest = body:sub(#word.text + 1)
      if rest == "" or rest:match("^[ \t\r]") then
        return word, escapes, rest:match("^[ \t\r]*(.*)$")
      end
    end
  end
  return nil, escapes
end

-- The lines of a text, without blank ones at its ends, none of which can be taken for a mark. Line ends of DOS are ours.
function M.text_lines(text)
  local lines = {}
  for line in (text:gsub("\r\n", "\n"):gsub("\r$", "") .. "\n"):gmatch("([^\n]*)\n") do
    lines[#lines + 1] = M.mark(line) and "\\" .. line or line
  end
  return M.trimmed(lines)
end

local function is_blank(line)
  return line:match("^[ \t\r]*$") ~= nil
end

-- Lines without the blank ones at both ends.
function M.trimmed(lines)
  local first, last = 1, #lines
  while first <= last and is_blank(lines[first]) do
    first = first + 1
  end
  while last >= first and is_blank(lines[last]) do
    last = last - 1
  end
  local kept = {}
  for i = first, last do
    kept[#kept + 1] = lines[i]
  end
  return kept
end

-- -- writing

-- No comment ends within it: ">" stands in strings alone, and there it can be written otherwise.
local function comment(entries)
  local inside = {}
  for _, entry in ipairs(entries) do
    local value = type(entry[2]) == "string" and entry[2]:gsub("%z", " ") or entry[2]
    inside[#inside + 1] = ('"%s":%s'):format(entry[1], vim.fn.json_encode(value))
  end
  return ("<!-- askd {%s} -->"):format((table.concat(inside, ","):gsub(">", "\\u003e")))
end

local function count_lines(text)
  local _, n = text:gsub("\n", "")
  return (text == "" or text:sub(-1) == "\n") and n or n + 1
end

-- How a part of a message is told that is not the text of its turn. Its number is its place in the message, from 1.
local function part_lines(part, number)
  local entries = { { "part", number } }
  if part.name then
    entries[#entries + 1] = { "name", part.name }
  end
  if part.url then
    entries[#entries + 1] = { "url", part.url }
  end
  if part.data then
    entries[#entries + 1] = { "bytes", #part.data }
  end
  local text = part.text or part.content or part.arguments
  if text then
    entries[#entries + 1] = { "lines", count_lines(text) }
    entries[#entries + 1] = { "begins", (text:match("^[^\n]*"):sub(1, 60):gsub("[\128-\255]*$", "")) }
  end
  return { "### part " .. part.type, comment(entries) }
end

-- The parts of a message but the text, by their place, and that text: of a question the last text part, before which
-- its attachments stand; of an answer all of them.
local function split_parts(message)
  local content = message.content
  if type(content) == "string" then
    return {}, content
  end
  local others, texts, question = {}, {}, nil
  for i, part in ipairs(content) do
    if part.type == "text" then
      question = i
    end
  end
  for i, part in ipairs(content) do
    if part.type == "text" and (message.role ~= "user" or i == question) then
      texts[#texts + 1] = part.text
    else
      others[#others + 1] = { number = i, part = part }
    end
  end
  return others, table.concat(texts)
end

function M.heading(role, provider, model)
  if role == "assistant" and model and model ~= "" then
    local origin = provider and provider ~= "" and provider .. "/" .. model or model
    return ("## assistant (%s)"):format((origin:gsub("%c", " ")))
  end
  return "## " .. role
end

-- A message, as conversation.get tells it, as lines: its heading, a blank line, its text; none blank at the end.
function M.of_message(message)
  local lines = { M.heading(message.role, message.provider, message.model) }
  local others, text = split_parts(message)
  for _, other in ipairs(others) do
    lines[#lines + 1] = ""
    vim.list_extend(lines, part_lines(other.part, other.number))
  end
  local text_lines = M.text_lines(text)
  if #others > 0 and #text_lines > 0 then
    vim.list_extend(lines, { "", "### part text" })
  end
  if #text_lines > 0 then
    lines[#lines + 1] = ""
    vim.list_extend(lines, text_lines)
  end
  return lines
end

function M.of_instructions(system)
  local lines = { "## instructions", "" }
  return vim.list_extend(lines, M.text_lines(system))
end

-- -- reading

local function unescaped(line)
  local word, escapes = M.mark(line)
  return word and escapes > 0 and line:sub(2) or line
end

-- What ends the text before it.
local function begins_block(line)
  local word, escapes, rest = M.mark(line)
  if word and escapes == 0 and word.mark ~= "meta" then
    return word, rest
  end
end

local function read_comment(line)
  local word, escapes, rest = M.mark(line or "")
  if not word or word.mark ~= "meta" or escapes > 0 then
    return nil
  end
  local ok, entries = pcall(vim.fn.json_decode, (rest:gsub("%-%->$", "")))
  return ok and type(entries) == "table" and entries or nil
end

-- The turns that lines hold: {role, text, kept, first, last}. kept: numbers of the parts that still stand there; first
-- and last: its lines, from 1. What stands before the first heading is what a user says, as people begin a page. The
-- second result is the text of the instructions, if there are any.
function M.read(lines)
  local turns, instructions = {}, nil
  local current, gathers, text = nil, true, {}

  local function close(last)
    if current then
      local joined = table.concat(M.trimmed(text), "\n")
      current.last = last
      if current.role == "instructions" then
        instructions = joined
      else
        current.text = joined
        turns[#turns + 1] = current
      end
    end
    current, gathers, text = nil, true, {}
  end

  for row, line in ipairs(lines) do
    local word, rest = begins_block(line)
    if word and (word.mark == "message" or word.mark == "instructions") then
      close(row - 1)
      current = { role = word.role or "instructions", kept = {}, first = row }
    elseif word and current then
      -- A part that is named by a comment stands for itself; the text is what stands under all else but reasoning.
      local entries = word.mark == "part" and read_comment(lines[row + 1]) or nil
      if entries and type(entries.part) == "number" then
        current.kept[#current.kept + 1] = entries.part
        gathers = false
      else
        gathers = word.mark ~= "reasoning" and (word.mark ~= "part" or rest == "text")
      end
    elseif not current and not is_blank(line) then
      current = { role = "user", kept = {}, first = row }
      text[1] = unescaped(line)
    elseif current and gathers then
      local meta = #text == 0 and line:sub(1, 9) == "<!-- askd" and read_comment(line)
      if not meta then
        text[#text + 1] = unescaped(line)
      end
    end
  end
  close(#lines)
  return turns, instructions
end

return M
