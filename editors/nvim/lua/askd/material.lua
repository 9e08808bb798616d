-- What goes along with a question: pieces of buffers, as parts of the protocol. A part of text is a file to the daemon,
-- under a name that tells where it is from; it sees to it that the model takes it for data.
local wire = require("askd.wire")

local api = vim.api
local M = {}

local PART_MAX = 32 * 1048576 -- as for any attachment

--- How a buffer is called where a model sees it: its path below the working directory, or "unnamed".
function M.name_of(buf)
  local name = api.nvim_buf_get_name(buf)
  return name ~= "" and vim.fn.fnamemodify(name, ":.") or "unnamed"
end

--- A part of text under a name, or nil and why it cannot be one.
function M.text(name, text)
  if text == "" then
    return nil, name .. " is empty: there is nothing to attach"
  elseif #text > PART_MAX then
    return nil, name .. " is larger than the 32 MiB that an attachment may be: attach a part of it"
  end
  return { type = "file", mime = "text/plain", name = name, data = wire.binary(text) }
end

--- The lines `first` to `last` (from 1, inclusive) of a buffer as text. NUL bytes, which are line breaks inside of
--- Neovim's lines, are put out as they would be into the file.
function M.lines(buf, first, last)
  return table.concat(api.nvim_buf_get_lines(buf, first - 1, last, false), "\n") .. "\n"
end

local function language_of(buf)
  local ft = vim.bo[buf].filetype
  return ft ~= "" and (", " .. ft) or ""
end

--- The part for a range of lines; the model is told the file, the lines and the language.
function M.range(buf, first, last)
  local all = first == 1 and last == api.nvim_buf_line_count(buf)
  local name = M.name_of(buf)
  local text = M.lines(buf, first, last)
  if vim.trim(text) == "" then
    return nil, name .. " has nothing there to ask about"
  end
  if all then
    return M.text(("%s%s"):format(name, language_of(buf)), text)
  end
  local where = first == last and ("line %d"):format(first) or ("lines %d to %d"):format(first, last)
  return M.text(("%s, %s%s"):format(name, where, language_of(buf)), text)
end

--- The part for a whole buffer.
function M.buffer(buf)
  return M.range(buf, 1, api.nvim_buf_line_count(buf))
end

return M
