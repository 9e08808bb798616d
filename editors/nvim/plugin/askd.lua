-- The commands. Nothing else is loaded until one of them is used.
if vim.g.loaded_askd or vim.fn.has("nvim-0.7") == 0 then
  return
end
vim.g.loaded_askd = 1

-- Each: the module, its function, and what nvim_create_user_command is told. `complete` names a function of the module.
local COMMANDS = {
  Ask = { "ask", "run", { nargs = "*", range = true, complete = "complete", desc = "Ask about a range" } },
  AskRewrite = { "rewrite", "run", { nargs = "*", range = true, complete = "complete", desc = "Rewrite a range" } },
  AskAccept = { "diff", "accept", { desc = "Make the change that is shown" } },
  AskReject = { "diff", "reject", { desc = "Drop the change that is shown" } },
  AskStop = { "stop", "run", { desc = "End what runs in this buffer" } },
  AskSuggest = { "suggest", "run", { nargs = "?", complete = "complete", desc = "Suggestions at the cursor" } },
}

for name, row in pairs(COMMANDS) do
  local module, fn, how = "askd." .. row[1], row[2], row[3]
  local complete = how.complete
  if complete then
    how.complete = function(...)
      return require(module)[complete](...)
    end
  end
  vim.api.nvim_create_user_command(name, function(command)
    require(module)[fn](command)
  end, how)
end

-- Each <Plug> mapping: the mode, the module, its function.
local PLUGS = {
  ["<Plug>(askd-accept)"] = { "i", "suggest", "accept" },
  ["<Plug>(askd-accept-word)"] = { "i", "suggest", "accept_word" },
  ["<Plug>(askd-accept-line)"] = { "i", "suggest", "accept_line" },
  ["<Plug>(askd-dismiss)"] = { "i", "suggest", "dismiss" },
}

for name, row in pairs(PLUGS) do
  vim.keymap.set(row[1], name, function()
    require("askd." .. row[2])[row[3]]()
  end)
end

vim.api.nvim_create_autocmd("BufReadCmd", {
  group = vim.api.nvim_create_augroup("askd", {}),
  pattern = "askd://answer/*",
  callback = function(event)
    require("askd.split").read(event.buf, event.match:sub(#"askd://answer/" + 1))
  end,
})
