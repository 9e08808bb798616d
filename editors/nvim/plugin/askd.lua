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
  AskChat = {
    "commands",
    "chat",
    { nargs = "?", range = true, complete = "complete_conversation", desc = "A conversation as a buffer" },
  },
  AskSend = {
    "commands",
    "send",
    { nargs = "*", bang = true, complete = "complete_send", desc = "Send this chat's question; !: its last one again" },
  },
  AskBranch = { "commands", "branch", { nargs = "?", complete = "complete_branch", desc = "Show another branch" } },
  AskApply = { "commands", "apply", { nargs = "?", complete = "file", desc = "Put this code block into a file" } },
  AskAttach = {
    "commands",
    "attach",
    { nargs = "*", range = true, complete = "complete_attachment", desc = "Attach to the next question" },
  },
  AskDetach = { "commands", "detach", { nargs = "?", desc = "Take off what was attached" } },
  AskModel = { "commands", "model", { nargs = "?", complete = "complete_model", desc = "Choose the model" } },
  AskPrompt = {
    "commands",
    "prompt",
    { nargs = "?", range = true, complete = "complete_prompt", desc = "Choose a prompt of the library" },
  },
  AskConversations = {
    "commands",
    "conversations",
    { nargs = "*", bang = true, desc = "Choose a conversation, or search" },
  },
  AskResume = { "commands", "resume", { nargs = "?", bang = true, desc = "Show an answer again" } },
  AskCompare = {
    "commands",
    "compare",
    { nargs = "+", range = true, complete = "complete_compare", desc = "Ask several models" },
  },
  AskCommit = {
    "commands",
    "commit",
    { nargs = "*", complete = "complete_commit", desc = "The message of what is staged" },
  },
}

for name, row in pairs(COMMANDS) do
  local module, fn, how = "askd." .. row[1], row[2], row[3]
  how.bar = how.nargs ~= "*" and how.nargs ~= "+" -- in what is asked, a bar is a bar
  local complete = how.complete
  if complete then
    how.complete = function(...)
      return require(module)[complete](...)
    end
  end
  vim.api.nvim_create_user_command(name, function(command)
    require("askd.notify").protect(require(module)[fn], command)
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

local group = vim.api.nvim_create_augroup("askd", {})

local function on(event, pattern, fn)
  vim.api.nvim_create_autocmd(event, { group = group, pattern = pattern, callback = fn })
end

on("BufReadCmd", "askd://answer/*", function(event)
  require("askd.split").read(event.buf, event.match:sub(#"askd://answer/" + 1))
end)
on("BufReadCmd", "askd://conversation/*", function(event)
  require("askd.chat").read(event.buf)
end)
on("BufWriteCmd", "askd://conversation/*", function(event)
  require("askd.chat").write(event.buf)
end)
on("BufUnload", "askd://conversation/*", function(event)
  require("askd.chat").close(event.buf)
end)
