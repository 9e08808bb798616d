-- MessagePack-RPC as bytes: the frames that go out, and what comes in.
--
-- vim.mpack writes every string as `str`, and what is attached to a question has to be `bin`; so tables are walked here, and
-- only what is in them is left to vim.mpack. A `str` has to be UTF-8, and files and names may hold any bytes. What comes in is
-- free of vim.NIL: an absent field is an absent field.
local M = {}

local encode = vim.mpack.encode
local Binary = {}

--- Bytes that go out as `bin`.
function M.binary(bytes)
  return setmetatable({ bytes = bytes }, Binary)
end

--- A list even where it is empty; a table without keys is a map.
function M.list(items)
  return setmetatable(items, M.List)
end
M.List = {}

local function big_endian(n, bytes)
  local out = {}
  for i = bytes, 1, -1 do
    out[i] = string.char(n % 256)
    n = math.floor(n / 256)
  end
  return table.concat(out)
end

local function head(n, small, small_max, two, four)
  if n <= small_max then
    return string.char(small + n)
  end
  return n < 65536 and string.char(two) .. big_endian(n, 2) or string.char(four) .. big_endian(n, 4)
end

-- -- UTF-8

local SEQUENCES = {
  "[\194-\223][\128-\191]",
  "\224[\160-\191][\128-\191]",
  "[\225-\236\238\239][\128-\191][\128-\191]",
  "\237[\128-\159][\128-\191]",
  "\240[\144-\191][\128-\191][\128-\191]",
  "[\241-\243][\128-\191][\128-\191][\128-\191]",
  "\244[\128-\143][\128-\191][\128-\191]",
}
local REPLACEMENT = "\239\191\189"

local function is_utf8(text)
  for _, sequence in ipairs(text:find("[\128-\255]") and SEQUENCES or {}) do
    text = text:gsub(sequence, "\1") -- by something, or what is around it would grow together
  end
  return not text:find("[\128-\255]")
end

local function end_of_character(text, at)
  for _, sequence in ipairs(SEQUENCES) do
    local _, last = text:find("^" .. sequence, at)
    if last then
      return last
    end
  end
end

--- The text with U+FFFD for each byte that is no UTF-8.
function M.utf8(text)
  if is_utf8(text) then
    return text
  end
  local out, at = {}, 1
  while at <= #text do
    local _, last = text:find("^[%z\1-\127]+", at)
    last = last or end_of_character(text, at)
    out[#out + 1] = last and text:sub(at, last) or REPLACEMENT
    at = (last or at) + 1
  end
  return table.concat(out)
end

-- -- what goes out

local put

local function put_table(out, value)
  if getmetatable(value) == Binary then
    local n = #value.bytes
    out[#out + 1] = n < 256 and "\196" .. string.char(n) or head(n, 0, -1, 0xc5, 0xc6)
    out[#out + 1] = value.bytes
  elseif #value > 0 or getmetatable(value) == M.List then
    out[#out + 1] = head(#value, 0x90, 15, 0xdc, 0xdd)
    for _, item in ipairs(value) do
      put(out, item)
    end
  else
    local at, n = #out + 1, 0
    out[at] = ""
    for key, item in pairs(value) do
      n = n + 1
      out[#out + 1] = encode(key)
      put(out, item)
    end
    out[at] = head(n, 0x80, 15, 0xde, 0xdf)
  end
end

function put(out, value)
  if type(value) == "table" then
    put_table(out, value)
  elseif type(value) == "string" then
    out[#out + 1] = encode(M.utf8(value))
  else
    out[#out + 1] = encode(value)
  end
end

local function message(...)
  local out = {}
  put_table(out, M.list({ ... }))
  return table.concat(out)
end

function M.request(id, method, params)
  return message(0, id, method, M.list({ params }))
end

function M.notification(method, params)
  return message(2, method, M.list({ params }))
end

local function without_nil(value)
  if type(value) ~= "table" then
    return value ~= vim.NIL and value or nil
  end
  for key, item in pairs(value) do
    if item == vim.NIL then
      value[key] = nil
    elseif type(item) == "table" then
      without_nil(item)
    end
  end
  return value
end

--- A function that is given what was read and calls on_message(type, a, b, c) for each message that is whole, with the
--- fields behind the type. It raises an error at bytes that are no message.
function M.reader(on_message)
  local unpack = vim.mpack.Unpacker()
  return function(data)
    local at = 1
    while at <= #data do
      local value, next_at = unpack(data, at)
      at = next_at
      if value ~= nil then
        if type(value) ~= "table" then
          error("what came is no message", 0)
        end
        on_message(value[1], without_nil(value[2]), without_nil(value[3]), without_nil(value[4]))
      end
    end
  end
end

return M
