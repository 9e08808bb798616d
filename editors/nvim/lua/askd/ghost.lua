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

-- Where text cannot be moved aside, what stands behind the cursor is drawn over, and once more behind the suggestion.
local function first_line(text, behind, more_lines)
  local chunks = { { text, GROUP } }
  if behind ~= "" and not more_lines and not compat.inline then
    chunks[2] = { behind, "Normal" }
  end
  return chunks
end

--- Shows `text` at {row, column} (from 0, in bytes) of a buffer. Of several lines the last one goes on with what stands
--- behind the cursor, as it would if it were accepted.
function M.show(buf, row, col, text)
  local lines = vim.split(text, "\n", { plain = true })
  local line = api.nvim_buf_get_lines(buf, row, row + 1, false)[1]
  local behind = widened(line:sub(col + 1), buf)
  local opts = {
    id = MARK,
    virt_text = first_line(widened(lines[1], buf), behind, #lines > 1),
    virt_text_pos = compat.inline and "inline" or "overlay",
    hl_mode = "combine",
  }
  if #lines > 1 then
    opts.virt_lines = {}
    for i = 2, #lines do
      opts.virt_lines[i - 1] = { { widened(lines[i], buf), GROUP } }
    end
    if behind ~= "" then
      table.insert(opts.virt_lines[#lines - 1], { behind, "Normal" })
      -- What stands there is hidden where it goes down with the last line.
      local blanks = math.max(0, vim.fn.strdisplaywidth(behind) - vim.fn.strdisplaywidth(lines[1]))
      opts.virt_text[2] = not compat.inline and { (" "):rep(blanks), "Normal" } or nil
    end
  end
  if drawn_in and drawn_in ~= buf then
    M.hide()
  end
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
