-- Text that is not there yet, shown behind the cursor: the rest of a suggestion.
local compat = require("askd.compat")
local widened = require("askd.diff").widened

local api = vim.api
local M = {}

local NS = api.nvim_create_namespace("askd-ghost")
local MARK = 1
local GROUP = "AskdGhost"

local function define_group()
  api.nvim_set_hl(0, GROUP, { link = "NonText", default = true })
end

define_group()
api.nvim_create_autocmd("ColorScheme", { group = api.nvim_create_augroup("askd-ghost", {}), callback = define_group })

local drawn_in

-- One line: what stands behind the cursor is moved aside, or where Neovim cannot do that, drawn once more behind it.
local function one_line(text, behind)
  local chunks = { { text, GROUP } }
  if not compat.inline and behind ~= "" then
    chunks[2] = { behind, "Normal" }
  end
  return { virt_text = chunks, virt_text_pos = compat.inline and "inline" or "overlay" }
end

-- Several lines: what stands behind the cursor goes down with the last one, and is drawn over where it stands now.
local function some_lines(lines, behind)
  local below = {}
  for i = 2, #lines do
    below[i - 1] = { { lines[i], GROUP } }
  end
  table.insert(below[#below], { behind, "Normal" })
  local blanks = math.max(0, vim.fn.strdisplaywidth(behind) - vim.fn.strdisplaywidth(lines[1]))
  local first = { { lines[1], GROUP }, { (" "):rep(blanks), "Normal" } }
  return { virt_text = first, virt_text_pos = "overlay", virt_lines = below }
end

--- Shows `text` at {row, column} (from 0, in bytes) of a buffer, as it would stand there if it were accepted.
function M.show(buf, row, col, text)
  if drawn_in and drawn_in ~= buf then
    M.hide()
  end
  local line = api.nvim_buf_get_lines(buf, row, row + 1, false)[1]
  local column = vim.fn.strdisplaywidth((line:sub(1, col):gsub("%z", "^@")))
  local behind = widened(line:sub(col + 1), buf, column)
  local lines = {}
  for i, each in ipairs(vim.split(text, "\n", { plain = true })) do
    lines[i] = widened(each, buf, i == 1 and column or 0)
  end
  local opts = #lines == 1 and one_line(lines[1], behind) or some_lines(lines, behind)
  opts.id, opts.hl_mode = MARK, "combine"
  drawn_in = buf
  api.nvim_buf_set_extmark(buf, NS, row, col, opts)
end

function M.hide()
  if drawn_in and api.nvim_buf_is_valid(drawn_in) then
    api.nvim_buf_clear_namespace(drawn_in, NS, 0, -1)
  end
  drawn_in = nil
end

return M
