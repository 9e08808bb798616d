-- What differs between the versions of Neovim, from 0.7 on: nothing else asks for a version.
local M = {}

M.uv = vim.uv or vim.loop

--- Hunks between two texts; it has moved in 0.12.
M.diff = vim.text and vim.text.diff or vim.diff

--- Whether text can be shown within a line, with what is behind it moved aside (0.10).
M.inline = vim.fn.has("nvim-0.10") == 1

--- The line of the first and of the last line where both have the byte column 0, as extmarks count.
function M.mark_row(buf, ns, id)
  local at = vim.api.nvim_buf_get_extmark_by_id(buf, ns, id, {})
  return at[1], at[2]
end

--- nvim_buf_set_text and the like refuse a buffer that is not modifiable; ours are written to by nobody else.
function M.writable(buf, fn)
  local was = vim.bo[buf].modifiable
  vim.bo[buf].modifiable = true
  local ok, err = pcall(fn)
  if vim.api.nvim_buf_is_valid(buf) then
    vim.bo[buf].modifiable = was
  end
  if not ok then
    error(err, 0)
  end
end

return M
