-- :AskCommit: the message of what is staged, above the comments of the message that git wants, or into a split.
local answer = require("askd.answer")
local client = require("askd.client")
local notify = require("askd.notify")
local options = require("askd.options")
local split = require("askd.split")

local api = vim.api
local M = {}

local USAGE = 129 -- the status of `git diff --cached` outside of a repository, where it knows no such option

-- Where git finds the index: git itself has set GIT_INDEX_FILE and the folder where it started this editor.
local function folder_of(buf)
  local folder = vim.fn.fnamemodify(api.nvim_buf_get_name(buf), ":p:h")
  if folder == "" or folder:match("/%.git$") or folder:match("/%.git/") or vim.fn.isdirectory(folder) == 0 then
    return vim.fn.getcwd()
  end
  return folder
end

-- cb(diff) or cb(nil, fault), without the editor waiting.
local function staged_diff(folder, cb)
  local out, err = {}, {}
  local function take(into)
    return function(_, lines)
      vim.list_extend(into, lines)
    end
  end
  local ok, job = pcall(vim.fn.jobstart, { "git", "-C", folder, "diff", "--cached", "--no-color", "--no-ext-diff" }, {
    stdout_buffered = true,
    stderr_buffered = true,
    on_stdout = take(out),
    on_stderr = take(err),
    on_exit = function(_, status)
      if status == 0 then
        -- A line of a job has its NUL bytes as line breaks.
        for i, line in ipairs(out) do
          out[i] = line:gsub("\n", "\0")
        end
        return cb(table.concat(out, "\n"))
      end
      if status == USAGE then
        return cb(nil, folder .. " is in no repository of git")
      end
      cb(nil, ("git diff: %s"):format(err[1] ~= "" and err[1] or "status " .. status))
    end,
  })
  if not ok or job <= 0 then
    cb(nil, "git cannot be run")
  end
end

-- The place for a message: the empty beginning, or a new one before what stands there already.
local function make_room(buf)
  local lines = api.nvim_buf_get_lines(buf, 0, -1, false)
  local first = 1
  while lines[first] and lines[first]:match("^%s*$") do
    first = first + 1
  end
  local has_message = lines[first] and not lines[first]:match("^#")
  if has_message then
    api.nvim_buf_set_lines(buf, 0, 0, false, { "", "" })
  elseif first == 1 then
    api.nvim_buf_set_lines(buf, 0, 0, false, { "" })
  end
end

local function into_message(buf, params)
  make_room(buf)
  local sink = answer.into(buf, { 0, 0 }, {
    undojoin = true,
    on_end = function(err)
      split.set_running(buf, nil)
      if err then
        notify.error(err)
      end
    end,
  })
  split.set_running(buf, client.stream("chat", params, sink:handlers()))
end

--- parsed: what askd.args made of the command's words; words say more about the message.
function M.run(parsed)
  local buf = api.nvim_get_current_buf()
  staged_diff(folder_of(buf), function(diff, fault)
    if fault then
      return notify.error({ code = "unavailable", message = fault })
    elseif vim.trim(diff) == "" then
      return notify.warn("nothing is staged: git add what the commit is to have")
    end
    local params = {
      model = parsed.model or options.model or nil,
      template = parsed.prompt or "commit",
      prompt = diff,
      context = client.context(),
    }
    if parsed.words ~= "" then
      params.system = parsed.words
    end
    if vim.bo[buf].filetype == "gitcommit" and api.nvim_buf_is_valid(buf) and vim.bo[buf].modifiable then
      return into_message(buf, params)
    end
    split.ask(params)
  end)
end

return M
