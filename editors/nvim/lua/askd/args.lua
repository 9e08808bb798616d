-- The words behind :Ask and its like: options first, then what is asked.
local M = {}

local OPTIONS = {
  ["-m"] = { field = "model", what = "a model", offer = "models" },
  ["-p"] = { field = "prompt", what = "a prompt's name", offer = "prompts" },
  ["-c"] = { field = "conversation", what = "a conversation", offer = "conversations" },
}

--- {model, prompt, conversation, words} of what was typed, or nil and what is wrong with it. `allowed` is the string of
--- options that the command has, such as "mpc". What does not begin with one is words, and so is all behind `--`.
function M.parse(text, allowed)
  local out = { words = vim.trim(text) }
  while true do
    local flag, rest = out.words:match("^(%-%a)%s*(.*)$")
    if out.words:match("^%-%-%s") or out.words == "--" then
      out.words = vim.trim(out.words:sub(3))
      return out
    end
    local option = flag and OPTIONS[flag]
    if not option or not allowed:find(flag:sub(2), 1, true) then
      return out
    end
    local value, behind = rest:match("^(%S+)%s*(.*)$")
    if not value then
      return nil, ("%s wants %s behind it"):format(flag, option.what)
    end
    out[option.field], out.words = value, behind
  end
end

local function starting_with(words, lead)
  local out, seen = {}, {}
  for _, word in ipairs(words) do
    if word:sub(1, #lead) == lead and not seen[word] then
      seen[word] = true
      out[#out + 1] = word
    end
  end
  return out
end

--- What Tab offers behind a command with these options: fn(lead, line, at) for nvim_create_user_command.
function M.completer(allowed)
  return function(lead, line, at)
    local before = line:sub(1, at - #lead):match("(%-%a)%s+$")
    local option = before and OPTIONS[before]
    if option and allowed:find(before:sub(2), 1, true) then
      return starting_with(require("askd.known")[option.offer](), lead)
    elseif lead:sub(1, 1) == "-" or lead == "" then
      local flags = {}
      for letter in allowed:gmatch(".") do
        flags[#flags + 1] = "-" .. letter
      end
      return starting_with(flags, lead)
    end
    return {}
  end
end

return M
