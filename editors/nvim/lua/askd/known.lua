-- What Tab offers: models, prompts and conversations as the daemon told them last. Nothing here is waited for: what is
-- not known yet is asked for, and offered at the next Tab.
local client = require("askd.client")
local uv = require("askd.compat").uv

local M = {}

local FRESH_MS = 10000 -- how long a list is offered before it is asked for again
local LISTS = {
  models = { method = "models.list", params = {} },
  aliases = { method = "models.aliases", params = {} },
  prompts = { method = "prompt.list", params = {} },
  conversations = { method = "conversation.list", params = { limit = 100 } },
}

local lists = {}

--- Asks for a list; cb(err, items) may be absent.
function M.ask(name, cb)
  local list = LISTS[name]
  client.request(list.method, list.params, function(err, items)
    local entry = lists[name] or {}
    lists[name] = { items = items or entry.items, at = not err and uv.now() or entry.at }
    if cb then
      cb(err, items)
    end
  end)
end

--- What is known of a list, maybe nothing; where it is old, a newer one is on its way.
function M.list(name)
  local entry = lists[name] or {}
  if not entry.at or uv.now() - entry.at > FRESH_MS then
    M.ask(name)
  end
  return entry.items or {}
end

local function words(items, field)
  local out = {}
  for _, item in ipairs(items) do
    out[#out + 1] = item[field]
  end
  return out
end

--- Words for -m: aliases, then what could be asked now.
function M.models()
  local out = words(M.list("aliases"), "alias")
  for _, m in ipairs(M.list("models")) do
    if m.available then
      out[#out + 1] = m.id
      if m.model ~= m.id then
        out[#out + 1] = m.model
      end
    end
  end
  return out
end

function M.prompts()
  return words(M.list("prompts"), "name")
end

function M.conversations()
  local out = words(M.list("conversations"), "conversation")
  table.insert(out, 1, "last")
  table.insert(out, 1, "new")
  return out
end

return M
