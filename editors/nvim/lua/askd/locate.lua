-- Which daemon, and where we are: what lib/ask/locate.c and client/common/where.c are for the programs. The folder of
-- the socket and who serves it are checked, so that nobody else's socket is taken for the daemon's.
local uv = require("askd.compat").uv

local M = {}

local SYSTEM = "/run/askd/askd.sock"

local function private_folder(path)
  local st = path and path:sub(1, 1) == "/" and uv.fs_lstat(path)
  return st and st.type == "directory" and st.uid == uv.getuid() and st.mode % 64 == 0
end

local function user_socket()
  local uid = uv.getuid()
  for _, folder in ipairs({ vim.env.XDG_RUNTIME_DIR or "", "/run/user/" .. uid }) do
    if private_folder(folder) then
      return folder .. "/askd/askd.sock"
    end
  end
  return ("/tmp/askd-%d/askd.sock"):format(uid)
end

local function xdg(name, below_home)
  local folder = vim.env[name]
  return folder and folder:sub(1, 1) == "/" and folder or (vim.env.HOME or "") .. below_home
end

-- Whether this user has a daemon of their own, even if it does not run now.
local function user_has_daemon()
  if uv.fs_lstat(xdg("XDG_STATE_HOME", "/.local/state") .. "/askd") then
    return true
  end
  for _, folder in ipairs({ xdg("XDG_CONFIG_HOME", "/.config") .. "/systemd/user", "/etc/systemd/user" }) do
    for _, unit in ipairs({ "askd.socket", "askd.service" }) do
      if uv.fs_lstat(folder .. "/" .. unit) then
        return true
      end
    end
  end
  return false
end

--- The socket's path, and its kind: "named", "user" or "system".
function M.socket()
  local named = require("askd.options").socket or vim.env.ASKD_SOCKET
  if named and named ~= "" then
    return named, "named"
  end
  local path = user_socket()
  if not uv.fs_lstat(path) and uv.fs_lstat(SYSTEM) and not user_has_daemon() then
    return SYSTEM, "system"
  end
  return path, "user"
end

local function uid_of_askd()
  for line in io.lines("/etc/passwd") do
    local uid = line:match("^askd:[^:]*:(%d+):")
    if uid then
      return tonumber(uid)
    end
  end
end

local function trusts(kind, uid)
  if kind ~= "system" and uid == uv.getuid() then
    return true
  end
  return kind ~= "user" and (uid == 0 or uid == uid_of_askd())
end

--- nil, or why the socket in that folder cannot be trusted. A folder that is not there is no fault: nobody listens.
function M.folder_fault(path, kind)
  local folder = vim.fn.fnamemodify(path, ":h")
  local st = uv.fs_lstat(folder)
  if not st then
    return nil
  end
  local mode = st.mode % 512
  local sticky = kind == "named" and st.mode % 1024 >= 512
  if st.type ~= "directory" then
    return folder .. " is a link or no folder: name the real folder"
  elseif not trusts(kind, st.uid) then
    return ("the folder of %s belongs to uid %d: remove it or name another socket"):format(path, st.uid)
  elseif kind == "user" and mode % 64 ~= 0 then
    return ("the folder of %s is open to others: chmod 0700 it"):format(path)
  elseif (math.floor(mode / 16) % 2 == 1 or math.floor(mode / 2) % 2 == 1) and not sticky then
    return ("others can write to the folder of %s: chmod go-w it"):format(path)
  end
end

-- The uid of who serves a connected pipe; nil where it cannot be told: Neovim without LuaJIT, or a system whose numbers
-- of socket options are not known.
local function peer_uid(pipe)
  local ok, ffi = pcall(require, "ffi")
  local fd = pipe:fileno()
  local known = ok and ffi.os == "Linux" and ({ x64 = true, x86 = true, arm64 = true, arm = true })[ffi.arch]
  if not known or not fd then
    return nil
  end
  pcall(
    ffi.cdef,
    [[struct askd_ucred { int pid; unsigned uid; unsigned gid; };
      int getsockopt(int, int, int, void *, unsigned *);]]
  )
  local SOL_SOCKET, SO_PEERCRED = 1, 17
  local cred, size = ffi.new("struct askd_ucred"), ffi.new("unsigned[1]", ffi.sizeof("struct askd_ucred"))
  return ffi.C.getsockopt(fd, SOL_SOCKET, SO_PEERCRED, cred, size) == 0 and tonumber(cred.uid) or nil
end

--- nil, or why who serves that pipe is not to be talked to.
function M.peer_fault(pipe, path, kind)
  local uid = peer_uid(pipe)
  if uid and not trusts(kind, uid) then
    return ("%s is served by uid %d, who is not trusted: name another socket"):format(path, uid)
  end
end

-- The numbers of /proc/PID/stat from the sixth field on: session, terminal, … start.
local function process(pid)
  local file = io.open("/proc/" .. pid .. "/stat")
  local text = file and file:read("*a")
  if file then
    file:close()
  end
  local fields = vim.split((text or ""):match("%) (.*)") or "", " ", { plain = true })
  return { session = fields[4], terminal = tonumber(fields[5]) or 0, started = fields[20] }
end

local function terminal()
  local tmux, pane = (vim.env.TMUX or ""):match("^(.+),[^,]*$"), vim.env.TMUX_PANE
  if tmux and pane and pane ~= "" then
    return ("tmux:%s,%s"):format(tmux, pane)
  end
  local sty, window = vim.env.STY or "", vim.env.WINDOW or ""
  if sty ~= "" and window ~= "" then
    return ("screen:%s,%s"):format(sty, window)
  end
  local own = process("self")
  local started = own.terminal ~= 0 and process(own.session).started
  if not started then
    return nil
  end
  local device = own.terminal
  local major, minor = math.floor(device / 256) % 4096, device % 256 + math.floor(device / 1048576) * 256
  return ("tty:%d,%d,%s"):format(major, minor, started)
end

local own_terminal

--- Where we are, as `ask` says it of itself: "last" is the newest conversation of the same place.
function M.context()
  if own_terminal == nil then
    own_terminal = terminal() or false
  end
  return { cwd = uv.cwd(), terminal = own_terminal or nil, host = uv.os_gethostname() }
end

return M
