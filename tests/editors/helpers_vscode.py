"""The VS Code extension: built once for its sources, and driven on a host in memory by lines of JSON.

    with VsCode(home) as v:
        v.open(path)
        v.command("askd.ask", {"words": "hello"})
        v.wait_text(v.answer_page(), "hello")
"""

import contextlib
import fcntl
import hashlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import threading
import time

import pytest

from conftest import HERE, PATIENCE, askctl_path, build_dir, wait_until
from helpers_ert import major

SOURCES = HERE.parent / "editors" / "vscode"
BUILDS = build_dir() / "build-vscode"
FETCHING = 300  # seconds that npm may take
OLDEST_NODE = 18


def node_path(name="node"):
    path = shutil.which(name)
    if not path:
        pytest.skip(f"there is no {name}")
    if name == "node" and major(path) < OLDEST_NODE:
        pytest.skip(f"Node.js {OLDEST_NODE} or later is needed: {path} is {major(path)}")
    return path


def run(args, cwd):
    done = subprocess.run(args, cwd=cwd, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=FETCHING)
    return done, (done.stdout + done.stderr).strip()


def digest(paths):
    return hashlib.sha256(b"".join(p.read_bytes() + b"\0" for p in paths)).hexdigest()[:12]


@contextlib.contextmanager
def made_once(folder):
    """Yields a folder to fill, which becomes `folder` if all goes well; None where it is there already. Others wait."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with open(f"{folder}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if folder.exists():
            yield None
            return
        new = folder.with_name(f"{folder.name}.new")
        shutil.rmtree(new, ignore_errors=True)
        new.mkdir()
        yield new
        new.rename(folder)


def refusal(said):
    """Why npm fetched nothing, where that is nothing that the extension could do about."""
    code = re.search(r"npm (?:error|ERR!) code (E\w+)", said)
    return code and code[1] not in ("EUSAGE", "EJSONPARSE", "EINTEGRITY") and f"npm cannot fetch the packages: {code[1]}"


def give_up(note, reason):
    """Skips, and lets others skip at once who would try the same within some minutes."""
    note.write_text(reason)
    pytest.skip(reason)


def packages():
    """The folder with node_modules, fetched by npm as the lock file says."""
    lists = [SOURCES / name for name in ("package.json", "package-lock.json", ".npmrc")]
    folder = BUILDS / f"packages-{digest(lists[1:])}"
    with made_once(folder) as new:
        if new:
            npm = node_path("npm")
            note = folder.with_suffix(".refused")
            if note.exists() and time.time() - note.stat().st_mtime < FETCHING:
                pytest.skip(note.read_text())
            for path in lists:
                shutil.copy(path, new)
            try:
                done, said = run([npm, "ci", "--ignore-scripts", "--prefer-offline", "--fetch-retries=1"], new)
            except subprocess.TimeoutExpired:
                give_up(note, f"npm had not fetched the packages within {FETCHING} s")
            if refusal(said):
                give_up(note, refusal(said))
            assert done.returncode == 0, said
    return folder


faults = []  # what tsc had to say, which is the same for each test


def built():
    """The folder with what tsc made of the sources: out/src and out/test in it."""
    assert not faults, faults[0]
    node = node_path()
    sources = sorted(p for p in SOURCES.rglob("*") if p.suffix in (".ts", ".json") and "pack" not in p.parts)
    fetched = packages()
    folder = BUILDS / f"built-{digest(sources)}"
    with made_once(folder) as new:
        if new:
            for path in sources:
                target = new / path.relative_to(SOURCES)
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(path, target)
            (new / "node_modules").symlink_to(fetched / "node_modules")
            done, said = run([node, "node_modules/typescript/bin/tsc", "-p", "."], new)
            if done.returncode != 0:
                faults.append(said)
            assert not faults, said
    return folder


class VsCodeError(Exception):
    pass


class VsCode:
    """One window, whose workspace is `folder` (the home); settings: those that differ, without `askd.`."""

    def __init__(self, home, folder=None, settings=None, env=None):
        self.home = home
        self.folder = pathlib.Path(folder or home.path)
        self.log = open(home.path / "vscode.log", "ab")
        environment = home.env(**{"ASKD_AUTOSTART": "0", "LANG": "C.UTF-8", **(env or {})})
        environment["PATH"] = os.environ.get("PATH", "/usr/bin:/bin")
        self.proc = subprocess.Popen(
            [node_path(), str(built() / "out" / "test" / "drive.js"), str(self.folder)], env=environment,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log,
        )  # fmt: skip
        self.id = 0
        self.replies = {}
        self.came = threading.Condition()
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()
        for name, value in {"askctl": str(askctl_path()), **(settings or {})}.items():
            self.do("set", name, value)

    # -- calls

    def _read(self):
        for line in self.proc.stdout:
            reply = json.loads(line)
            with self.came:
                self.replies[reply["id"]] = reply
                self.came.notify_all()
        with self.came:
            self.replies[None] = {"error": "the driver ended"}
            self.came.notify_all()

    def begin(self, what, *args):
        """Begins something; its number, for `result`."""
        self.id += 1
        line = json.dumps({"id": self.id, "do": what, "args": list(args)})
        self.proc.stdin.write(f"{line}\n".encode())
        self.proc.stdin.flush()
        return self.id

    def result(self, number):
        with self.came:
            there = self.came.wait_for(lambda: number in self.replies or None in self.replies, PATIENCE)
            assert there, f"no reply within {PATIENCE} s:\n{self.output()}"
            reply = self.replies.pop(number, None) or self.replies[None]
        if "error" in reply:
            raise VsCodeError(f"{reply['error']}\n{self.output()}".strip())
        return reply["result"]

    def do(self, what, *args):
        return self.result(self.begin(what, *args))

    def command(self, name, *args):
        """Gives a command, and waits until it has done what it does."""
        return self.do("command", name, *args)

    def output(self):
        return pathlib.Path(self.log.name).read_text(errors="replace")

    # -- documents

    def uri(self, path):
        return f"file://{path}"

    def open(self, path, text=None):
        """A file in the active editor, with that text if any is told; its address."""
        if text is not None:
            pathlib.Path(path).write_bytes(text if isinstance(text, bytes) else text.encode())
        return self.do("open", self.uri(path))

    def text(self, uri):
        return self.do("text", uri)

    def select(self, first, last, character=0):
        """Whole lines, counted from 1."""
        self.do("select", {"line": first - 1, "character": character}, {"line": last, "character": 0})

    def cursor(self, line, character):
        """From 0."""
        self.do("select", {"line": line, "character": character})

    def wait_text(self, uri, what):
        """The text of a document once `what` is in it, or what(text) is true."""
        wanted = what if callable(what) else lambda text: what in text
        self.wait(lambda: wanted(self.text(uri) or ""), f"{what} in {uri}", lambda: self.text(uri))
        return self.text(uri)

    def wait(self, check, what, shown):
        """check()'s first true value; shown(): what there is instead."""
        try:
            return wait_until(check, what)
        except AssertionError as e:
            raise AssertionError(f"{e}\n{shown()}") from None

    def answer_pages(self):
        return [uri for uri in self.do("documents") if uri.startswith("askd:/answer/")]

    def answer_page(self):
        """The newest document with an answer; waits until there is one."""
        return wait_until(self.answer_pages, "a document with an answer")[-1]

    def words_beside(self, uri):
        """What is shown beside a document's text."""
        return [mark["words"] for mark in self.do("marks", uri) if mark.get("words")]

    def told(self):
        return [each["text"] for each in self.do("told")]

    def wait_told(self, text):
        return self.wait(lambda: next((t for t in self.told() if text in t), None), f"{text} is told", self.told)

    # -- the end

    def close(self):
        self.proc.stdin.close()
        self.proc.wait(PATIENCE)
        self.reader.join()
        self.proc.stdout.close()
        self.log.close()

    def kill(self):
        self.proc.kill()
        self.proc.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.proc.poll() is None:
            self.close()
