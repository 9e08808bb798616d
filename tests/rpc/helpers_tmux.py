"""A real terminal to work in: tmux with a server of its own, looked at by capture-pane.

    with Tmux(home, columns=80) as t:
        t.type(f"{ask_path()} hello", "Enter")
        t.wait_for("hello")
"""

import shutil
import subprocess

import pytest
from conftest import PATIENCE, ask_path, build_dir, wait_until


class Tmux:
    """shell: a command whose environment is the home's, and TERM what tmux says. PATH begins with a folder that has
    ask and askctl. socket: a name for each of several at a time."""

    def __init__(self, home, columns=80, rows=24, shell=("sh",), env=None, socket="tmux"):
        if shutil.which("tmux") is None:
            pytest.skip("there is no tmux")
        self.socket = home.path / f"{socket}.sock"
        programs = home.path / "bin"
        programs.mkdir(exist_ok=True)
        for name, path in (("ask", ask_path()), ("askctl", build_dir() / "client" / "ctl" / "askctl")):
            if not (programs / name).exists():
                (programs / name).symlink_to(path)
        wanted = home.env(PS1="$ ", LANG="C.UTF-8", ASKD_AUTOSTART="0", **(env or {}))
        wanted["PATH"] = f"{programs}:{wanted.get('PATH', '/usr/bin:/bin')}"
        # What is built for another prefix, or lies in a build tree, finds its helpers there.
        wanted.setdefault("ASKD_LIBEXEC", str(build_dir() / "client" / "tty"))
        (home.path / ".tmux.conf").write_text("set -g status off\nset -g escape-time 0\nset -s set-clipboard on\n")
        self._tmux(
            "-f", str(home.path / ".tmux.conf"), "new-session", "-d", "-x", str(columns), "-y", str(rows), "--", *shell,
            env=wanted,
        )  # fmt: skip
        self.env = wanted
        wait_until(lambda: self.screen().strip() or True, "tmux shows something")

    def _tmux(self, *args, env=None):
        r = subprocess.run(
            ["tmux", "-S", str(self.socket), *args], env=env, capture_output=True, text=True, timeout=PATIENCE
        )
        assert r.returncode == 0, (args, r.stderr)
        return r.stdout

    def type(self, text, *keys):
        """The text as it is, then keys by tmux's names: "Enter", "C-c"."""
        if text:
            self._tmux("send-keys", "-l", "--", text)
        if keys:
            self._tmux("send-keys", *keys)

    def screen(self, colours=False, history=False):
        """What is to be seen, without blanks at the ends of lines; with escape sequences where colours are wanted."""
        more = (["-e"] if colours else []) + (["-S", "-"] if history else [])
        text = self._tmux("capture-pane", "-p", *more)
        return "\n".join(line.rstrip() for line in text.split("\n")).rstrip("\n")

    def wait_for(self, what, timeout=PATIENCE, **how):
        """A piece of text, or a function of the screen; returns the screen."""
        check = what if callable(what) else lambda s: what in s
        shown = []

        def look():
            shown[:] = [self.screen(**how)]
            return check(shown[0])

        try:
            wait_until(look, f"{what} on the screen", timeout)
        except AssertionError as e:
            raise AssertionError(f"{e}\n{shown[0]}") from None
        return shown[0]

    def resize(self, columns, rows):
        self._tmux("resize-window", "-x", str(columns), "-y", str(rows))

    def clipboard(self):
        return self._tmux("show-buffer")

    def ask(self, *args):
        """Any other command of tmux, its output."""
        return self._tmux(*args)

    def close(self):
        subprocess.run(["tmux", "-S", str(self.socket), "kill-server"], capture_output=True, timeout=PATIENCE)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
