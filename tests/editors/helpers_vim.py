"""A real Vim in a terminal, with the plugin and nothing of the user's; looked at on its screen, and asked for its
buffers over a channel of its own, by which nothing is typed.

    with Vim(home, "file.c") as v:
        v.type(":Ask hello", "Enter")
        v.wait_for("hello")
        v.eval("getline(1, '$')")
"""

import functools
import json
import pathlib
import shutil
import socket
import subprocess
import time

import pytest
from conftest import HERE, PATIENCE, wait_until
from helpers_tmux import Tmux

PLUGIN = HERE.parent / "editors" / "vim"
NAMES = ("vim.nox", "vim.basic", "vim.huge", "vim.gtk3", "vim")
NEEDED = ("job", "channel", "timers", "textprop", "popupwin")


@functools.cache
def vim_path():
    """A Vim that the plugin works with; skips where there is none."""
    for path in filter(None, map(shutil.which, NAMES)):
        version = subprocess.run([path, "--version"], capture_output=True, text=True).stdout
        if version.startswith("VIM - Vi IMproved 9.") and all(f"+{what}" in version for what in NEEDED):
            return path
    return None


def need_vim():
    return vim_path() or pytest.skip("no Vim 9 with " + ", ".join(NEEDED))


def vim_args(*more):
    """Without the user's settings; `-u NONE` would leave plugins out, so that it is loaded by its name."""
    return [
        need_vim(), "-N", "-u", "NONE", "-i", "NONE", "-n",
        "--cmd", f"set runtimepath^={PLUGIN}", "--cmd", "filetype plugin on", "--cmd", "set hidden noshowcmd",
        "--cmd", "runtime plugin/askd.vim", *more,
    ]  # fmt: skip


class Vim:
    """files: what is opened. set: commands before that. socket: a name where there are several."""

    def __init__(self, home, *files, set=(), columns=100, rows=30, env=None, socket="vim"):
        self.path = home.path / f"{socket}.channel"
        self.listener = self._listen()
        self.number = 0
        channel = f"let g:test = ch_open('unix:{self.path}', {{'mode': 'json'}})"
        before = [word for command in (*set, channel) for word in ("--cmd", command)]
        self.tmux = Tmux(
            home, columns, rows, shell=vim_args(*before, *map(str, files)), socket=socket,
            env=env,
        )  # fmt: skip
        self.listener.settimeout(PATIENCE)
        self.channel = self.listener.accept()[0]
        self.channel.settimeout(PATIENCE)
        self.read = self.channel.makefile("rb")

    def _listen(self):
        self.path.unlink(missing_ok=True)
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(str(self.path))
        listener.listen(1)
        return listener

    def _send(self, *message):
        self.channel.sendall(json.dumps(message).encode() + b"\n")

    def eval(self, expression):
        """The value of an expression of old Vim script."""
        self.number -= 1
        self._send("expr", expression, self.number)
        try:
            number, value = json.loads(self.read.readline())
        except TimeoutError:
            pytest.fail(f"Vim does not answer: {expression}\n{self.screen()}")
        assert number == self.number, (number, value)
        assert value != "ERROR", f"{expression}\n{self.screen()}"
        return value

    def ex(self, command):
        self._send("ex", command)

    def wait_eval(self, expression, want=None, timeout=PATIENCE):
        """Until the expression's value is that, or true, or true by a function; returns it."""
        got = []

        def look():
            got[:] = [self.eval(expression)]
            return want(got[0]) if callable(want) else got[0] == want if want is not None else got[0]

        try:
            wait_until(look, expression, timeout)
        except AssertionError as e:
            raise AssertionError(f"{e}: {got!r}\n{self.screen()}") from None
        return got[0]

    def lines(self, buffer="%"):
        return self.eval(f"getbufline({json.dumps(buffer) if isinstance(buffer, str) else buffer}, 1, '$')")

    def buffer(self, prefix):
        """The number of the buffer whose name begins with that, once it is there."""
        return self.wait_eval(f"get(filter(range(1, bufnr('$')), 'stridx(bufname(v:val), \"{prefix}\") == 0'), -1, 0)")

    def properties(self, line):
        """The types of text properties in a line of the buffer."""
        return self.eval(f"map(prop_list({line}), {{_, p -> p.type}})")

    def messages(self):
        return self.eval("execute('messages')")

    def type(self, text, *keys):
        self.tmux.type(text, *keys)

    @functools.cached_property
    def keyboard(self):
        """One program for many keys: one for each would be most of what the machine does. Vim is told of it as of any
        terminal that comes to look, and draws its screen."""
        client = ["tmux", "-S", str(self.tmux.socket), "-C", "attach", "-f", "no-output,ignore-size"]
        tmux = subprocess.Popen(client, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
        wait_until(lambda: self.tmux.ask("list-clients"), "the keyboard is there")
        return tmux

    def press(self, keys, pause):
        """Many keys, one at a time with that many seconds between two."""
        for key in keys:
            self.keyboard.stdin.write(f"send-keys -H {ord(key):x}\n")
            self.keyboard.stdin.flush()
            time.sleep(pause)

    def screen(self, **how):
        return self.tmux.screen(**how)

    def wait_for(self, what, **how):
        return self.tmux.wait_for(what, **how)

    def close(self):
        if "keyboard" in self.__dict__:
            self.keyboard.stdin.close()
            self.keyboard.wait(PATIENCE)
        self.listener.close()
        self.read.close()
        self.channel.close()
        self.tmux.close()
        pathlib.Path(self.path).unlink(missing_ok=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
