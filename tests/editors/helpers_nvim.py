"""The real Neovim, driven over its own MessagePack-RPC: keys typed, buffers and marks looked at.

    with Nvim(home) as n:
        n.command("Ask hello")
        n.wait_lines(lambda lines: "hello" in lines)
"""

import os
import pathlib
import shutil
import socket
import subprocess

import msgpack
import pytest

from conftest import HERE, PATIENCE, askctl_path, wait_until
from helpers_tmux import Tmux

PLUGIN = HERE.parent / "editors" / "nvim"
READY = "v:vim_did_enter"


def nvim_path():
    path = os.environ.get("NVIM_PROGRAM") or shutil.which("nvim")
    if not path:
        pytest.skip("there is no nvim")
    return path


def arguments(*more, setup=""):
    """The command line of a Neovim with the plugin and nothing of the tester's. setup: what setup{} is given."""
    config = f"lua require('askd').setup({{askctl = {str(askctl_path())!r}, {setup}}})"
    return [nvim_path(), "-u", "NONE", "-i", "NONE", "-n", "--cmd", f"set rtp^={PLUGIN} hidden", "--cmd",
            "filetype on", "-c", "runtime plugin/askd.lua", "-c", config, *more]  # fmt: skip


def environment(home, **more):
    env = home.env(**{"LANG": "C.UTF-8", "ASKD_AUTOSTART": "0", **more})
    env["PATH"] = os.environ.get("PATH", "/usr/bin:/bin")
    return env


class NvimError(Exception):
    pass


class Nvim:
    """Headless, listening on a socket in the home. name: one for each of several at a time."""

    def __init__(self, home, *args, setup="", env=None, name="nvim", cwd=None):
        self.home = home
        self.path = home.path / f"{name}.sock"
        self.path.unlink(missing_ok=True)
        self.start(["--listen", str(self.path), *args], setup, env, cwd)
        self.id = 0
        self.unpacker = msgpack.Unpacker(raw=False, strict_map_key=False, unicode_errors="surrogateescape")
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(PATIENCE)
        wait_until(self._connects, "nvim listens")
        self.wait(READY)
        self.lua("""
            told = {}
            vim.notify = function(text, level) table.insert(told, text) end
        """)

    def start(self, args, setup, env, cwd):
        self.log = open(self.home.path / f"{self.path.stem}.log", "w+b")
        self.proc = subprocess.Popen(
            arguments("--headless", *args, setup=setup), env=environment(self.home, **(env or {})), cwd=cwd,
            stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log,
        )  # fmt: skip

    def check_alive(self):
        assert self.proc.poll() is None, f"nvim ended:\n{self.output()}"

    def _connects(self):
        self.check_alive()
        try:
            self.sock.connect(str(self.path))
        except (FileNotFoundError, ConnectionRefusedError):
            return False
        return True

    def output(self):
        self.log.seek(0)
        return self.log.read().decode(errors="replace")

    # -- calls

    def call(self, method, *args):
        self.id += 1
        self.sock.sendall(msgpack.packb([0, self.id, method, list(args)]))
        while True:
            for message in self.unpacker:
                if message[0] == 1 and message[1] == self.id:
                    if message[2] is not None:
                        raise NvimError(message[2])
                    return message[3]
            data = self.sock.recv(1 << 18)
            assert data, f"nvim is gone:\n{self.output()}"
            self.unpacker.feed(data)

    def lua(self, code, *args):
        return self.call("nvim_exec_lua", code, list(args))

    def eval(self, expression):
        return self.call("nvim_eval", expression)

    def command(self, text):
        self.call("nvim_command", text)

    def keys(self, text):
        """As if typed; <Esc> and the like by name. Returns once they were taken, not when they were worked off."""
        assert self.call("nvim_input", text) == len(text.encode())

    def wait(self, expression, what=None):
        """A true value of an expression of Vim's."""
        return wait_until(lambda: self.eval(expression), what or expression)

    def wait_lua(self, code, *args):
        return wait_until(lambda: self.lua(code, *args), code)

    # -- buffers

    def lines(self, buf=0):
        return self.call("nvim_buf_get_lines", buf, 0, -1, False)

    def set_lines(self, lines, buf=0):
        self.call("nvim_buf_set_lines", buf, 0, -1, False, lines)

    def edit(self, path, text):
        """A file with that text, in the current window."""
        pathlib.Path(path).write_text(text)
        self.command(f"edit {path}")

    def wait_lines(self, check, buf=0):
        """The lines of a buffer once check(lines) is true of them; check may be a text that one of them holds."""
        wanted = check if callable(check) else lambda lines: any(check in line for line in lines)
        seen = []

        def look():
            seen[:] = self.lines(buf)
            return wanted(seen)

        try:
            wait_until(look, f"{check} in the buffer")
        except AssertionError as e:
            raise AssertionError(f"{e}\n" + "\n".join(seen)) from None
        return seen

    def answer_buffer(self):
        """The number of the buffer with an answer that is newest; waits until there is one."""
        code = """
            local found = 0
            for _, b in ipairs(vim.api.nvim_list_bufs()) do
              if vim.api.nvim_buf_get_name(b):match('^askd://answer/') then found = math.max(found, b) end
            end
            return found
        """
        return wait_until(lambda: self.lua(code), "a buffer with an answer")

    def marks(self, namespace, buf=0):
        """[(row, column, details)] of a namespace's extmarks."""
        code = """
            local ns = vim.api.nvim_get_namespaces()[...]
            return ns and vim.api.nvim_buf_get_extmarks(select(2, ...), ns, 0, -1, {details = true}) or {}
        """
        return [(row, column, details) for _, row, column, details in self.lua(code, namespace, buf)]

    def told(self):
        """What vim.notify was given so far."""
        return self.lua("return told")

    def wait_told(self, text):
        return wait_until(lambda: next((t for t in self.told() if text in t), None), f"{text} is told")

    def errors(self):
        return self.eval("v:errmsg")

    def close(self):
        if self.proc.poll() is None:
            try:
                self.sock.sendall(msgpack.packb([2, "nvim_command", ["qall!"]]))
                self.proc.wait(5)
            except (OSError, subprocess.TimeoutExpired):
                self.proc.kill()
                self.proc.wait()
        self.sock.close()
        self.log.close()

    def kill(self):
        self.proc.kill()
        self.proc.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class ScreenNvim(Nvim):
    """One in a terminal of tmux, with a screen to look at."""

    def __init__(self, home, *args, columns=80, rows=24, **kw):
        self.size = {"columns": columns, "rows": rows}
        super().__init__(home, *args, **kw)

    def start(self, args, setup, env, cwd):
        shell = ["env", "-C", str(cwd or self.home.path), *arguments(*args, setup=setup)]
        self.tmux = Tmux(self.home, shell=shell, env=env, socket=f"{self.path.stem}-tmux", **self.size)

    def check_alive(self):
        pass

    def output(self):
        return self.tmux.screen()

    def screen(self, **how):
        return self.tmux.screen(**how)

    def wait_screen(self, what, **how):
        return self.tmux.wait_for(what, **how)

    def close(self):
        self.tmux.close()
        wait_until(lambda: not self.path.exists(), "nvim has ended")
        self.sock.close()
