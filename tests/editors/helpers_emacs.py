"""The real Emacs, driven over a socket: forms evaluated, keys typed, buffers looked at.

    with Emacs(home) as e:
        e.keys("M-x askd-ask RET hello RET")
        e.wait_text("hello", e.answer_buffer())
"""

import fcntl
import hashlib
import json
import os
import pathlib
import shutil
import socket
import subprocess
import time

from conftest import PATIENCE, askctl_path, build_dir, wait_until
from helpers_ert import PLUGIN, TESTS, batch, emacs_path
from helpers_tmux import Tmux

COMPILED = "emacs-compiled"  # in the build tree
OLD = 3600  # seconds


def compile_into(folder):
    """The package byte-compiled, as users have it; what the compiler said."""
    for path in PLUGIN.glob("*.el"):
        shutil.copy(path, folder)
    files = sorted(p.name for p in folder.glob("*.el") if p.name != "askd-autoloads.el")
    said, status = batch("--eval", f"(cd {quoted(folder)})", "-L", str(folder), "-f", "batch-byte-compile", *files)
    assert status == 0, said
    autoloads = f"""(progn (cd {quoted(folder)}) (require 'autoload)
        (make-directory-autoloads "." (expand-file-name "askd-autoloads.el")))"""
    made, status = batch("--eval", autoloads)
    assert status == 0 and (folder / "askd-autoloads.el").exists(), made
    return said


def remove_old(top):
    """What nobody has used for long; others may use the same build tree with other sources."""
    for folder in top.iterdir():
        if folder.is_dir() and folder.stat().st_mtime < time.time() - OLD:
            shutil.rmtree(folder, ignore_errors=True)


def package():
    """A folder with the compiled package, made once for each state of the sources. Its time is when it was used last."""
    text = b"".join(p.name.encode() + p.read_bytes() for p in sorted(PLUGIN.glob("*.el")))
    top = build_dir() / COMPILED
    folder = top / hashlib.sha256(text + emacs_path().encode()).hexdigest()[:16]
    top.mkdir(exist_ok=True)
    with open(top / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            remove_old(top)
            half = top / "half"
            shutil.rmtree(half, ignore_errors=True)
            half.mkdir()
            compile_into(half)
            half.rename(folder)
        os.utime(folder)
    return folder


def arguments(path, *more, setup=""):
    """What an Emacs is started with: the package, nothing of the tester's, and what listens on a path."""
    forms = f"(progn (setq askd-askctl {quoted(askctl_path())}) {setup} (askd-test-listen {quoted(path)}))"
    return ["-Q", "-L", str(package()), "-l", "askd-autoloads", "-l", str(TESTS / "askd-test-channel.el"),
            "--eval", forms, *more]  # fmt: skip


def quoted(value):
    """As a string of Lisp."""
    return '"' + str(value).replace("\\", "\\\\").replace('"', '\\"') + '"'


def environment(home, **more):
    env = home.env(**{"LANG": "C.UTF-8", "ASKD_AUTOSTART": "0", **more})
    env["PATH"] = os.environ.get("PATH", "/usr/bin:/bin")
    return env


class EmacsError(Exception):
    pass


class Emacs:
    """Without a terminal, listening on a socket in the home. name: one for each of several at a time."""

    def __init__(self, home, *files, setup="", env=None, name="emacs", cwd=None):
        self.home = home
        self.path = home.path / f"{name}.sock"
        self.path.unlink(missing_ok=True)
        self.start(arguments(self.path, *files, setup=setup), env or {}, cwd or home.path)
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(PATIENCE)
        try:
            wait_until(self._connects, "emacs listens")
        except AssertionError as e:
            self.kill()
            raise AssertionError(f"{e}\n{self.output()}") from None
        self.reader = self.sock.makefile("rb")
        for path in files:
            self.eval(f"(switch-to-buffer (find-file-noselect {quoted(path)}))")

    def start(self, args, env, cwd):
        self.log = open(self.home.path / f"{self.path.stem}.log", "w+b")
        daemon = f"--fg-daemon={self.home.path / (self.path.stem + '.daemon')}"
        self.proc = subprocess.Popen(
            [emacs_path(), daemon, *args], env=environment(self.home, **env), cwd=cwd, stdin=subprocess.DEVNULL,
            stdout=self.log, stderr=self.log,
        )  # fmt: skip

    def check_alive(self):
        assert self.proc.poll() is None, f"emacs ended:\n{self.output()}"

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

    # -- forms

    def eval(self, code):
        """The value of some Lisp, as JSON has it: nil is None, t True, a list or vector a list."""
        self.sock.sendall(json.dumps(f"(progn {code})").encode() + b"\n")
        line = self.reader.readline()
        assert line, f"emacs is gone:\n{self.output()}"
        answer = json.loads(line)
        if "error" in answer:
            raise EmacsError(answer["error"])
        return answer["value"]

    def later(self, code):
        """Evaluated like a command that a key runs: it may open the minibuffer."""
        self.eval(f"(run-at-time 0 nil (lambda () (with-current-buffer (window-buffer) {code}))) nil")

    def wait(self, code, what=None):
        return wait_until(lambda: self.eval(code), what or code)

    def keys(self, text):
        """As if typed, in the notation of `kbd`. Returns before they are worked off."""
        self.eval(f"(askd-test-keys {quoted(text)}) nil")

    def command(self, name):
        """A command that asks for nothing, as a key would run it; its error is told in the echo area."""
        self.keys(f"M-x {name} RET")

    # -- buffers

    def text(self, buffer=None):
        where = f"(with-current-buffer {quoted(buffer)} " if buffer else "(progn "
        return self.eval(where + "(save-restriction (widen) (buffer-substring-no-properties (point-min) (point-max))))")

    def lines(self, buffer=None):
        return self.text(buffer).split("\n")

    def set_text(self, text):
        self.eval(f"(erase-buffer) (insert {quoted(text)})")

    def edit(self, path, text):
        """A file with that text, in the selected window."""
        pathlib.Path(path).write_text(text)
        self.eval(f"(switch-to-buffer (find-file-noselect {quoted(path)})) (goto-char (point-min))")

    def wait_text(self, check, buffer=None):
        """The text of a buffer once it holds a piece, or check(text) is true."""
        wanted = check if callable(check) else lambda text: check in text
        seen = []

        def look():
            seen[:] = [self.text(buffer)]
            return wanted(seen[0])

        try:
            wait_until(look, f"{check} in the buffer")
        except AssertionError as e:
            raise AssertionError(f"{e}\n{''.join(seen)}\n{self.messages()}") from None
        return seen[0]

    def buffers(self):
        return self.eval("(mapcar #'buffer-name (buffer-list))")

    def answer_buffer(self, but=()):
        """The name of a buffer with an answer that has begun, which is none of others; waits until there is one."""

        def look():
            return next((b for b in self.buffers() if b.startswith("*askd: answer ") and b not in but), None)

        return wait_until(look, "a buffer with an answer")

    def overlays(self, prop, buffer=None):
        """[[start, end, value]] of the overlays with a property; what is no string is printed."""
        where = f"(with-current-buffer {quoted(buffer)} " if buffer else "(progn "
        return self.eval(f"{where}(vconcat (askd-test-overlays '{prop})))")

    def local(self, name, buffer=None):
        where = f"(get-buffer {quoted(buffer)})" if buffer else "(current-buffer)"
        return self.eval(f"(buffer-local-value '{name} {where})")

    # -- what is told

    def messages(self):
        return self.text("*Messages*")

    def told(self):
        """The lines that askd told so far."""
        return [line for line in self.messages().split("\n") if line.startswith("askd: ")]

    def wait_told(self, text):
        def look():
            return next((line for line in self.messages().split("\n") if text in line), None)

        return wait_until(look, f"{text} is told")

    # -- the end

    def close(self):
        if self.proc.poll() is None:
            try:
                self.sock.sendall(json.dumps("(let (kill-emacs-hook) (kill-emacs))").encode() + b"\n")
                self.proc.wait(5)
            except (OSError, subprocess.TimeoutExpired):
                self.kill()
        self.sock.close()
        self.log.close()

    def kill(self):
        self.proc.kill()
        self.proc.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class ScreenEmacs(Emacs):
    """One in a terminal of tmux, with a screen to look at."""

    def __init__(self, home, *files, columns=80, rows=24, **kw):
        self.size = {"columns": columns, "rows": rows}
        super().__init__(home, *files, **kw)

    def start(self, args, env, cwd):
        shell = ["env", "-C", str(cwd), emacs_path(), "-nw", *args]
        self.tmux = Tmux(self.home, shell=shell, env=env, socket=f"{self.path.stem}-tmux", **self.size)

    def check_alive(self):
        pass

    def output(self):
        return self.tmux.screen()

    def type(self, text, *keys):
        """Into the terminal: the text as it is, then keys by tmux's names."""
        self.tmux.type(text, *keys)

    def screen(self, **how):
        return self.tmux.screen(**how)

    def wait_screen(self, what, **how):
        return self.tmux.wait_for(what, **how)

    def kill(self):
        self.tmux.close()

    def close(self):
        self.kill()
        self.sock.close()
