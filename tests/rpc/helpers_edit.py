"""Files to edit, and a model that answers what it is told."""

import shutil
import subprocess

import pytest

import helpers_canned as canned
from conftest import PATIENCE, ask_path


class Model:
    """Answers are given in turn; a function is called for its answer first."""

    def __init__(self):
        self.answers, self.finish = [], "stop"
        self.canned = canned.Canned({"model": self._answer})

    def _answer(self, seal, text):
        answer = self.answers.pop(0)
        kind, text = canned.chat(seal, answer() if callable(answer) else answer)
        return kind, text.replace('"finish_reason": "stop"', f'"finish_reason": "{self.finish}"')

    def says(self, *answers):
        self.answers += answers

    @property
    def asked(self):
        """What it was asked, each the list of messages."""
        return [body["messages"] for _, _, body in self.canned.asked]


@pytest.fixture
def model(home, start_daemon):
    m = Model()
    home.write_config(m.canned.base_url("model"), provider={"retries": "0"})
    start_daemon()
    yield m
    assert m.answers == [], "answers that nobody asked for"
    m.canned.stop()


class Place:
    """A folder to work in."""

    def __init__(self, home):
        self.home = home
        self.path = home.path / "work"
        self.path.mkdir()

    def write(self, name, text):
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    def read(self, name):
        return (self.path / name).read_bytes().decode()

    def files(self):
        """All that is in it, name to content: nothing may be left beside."""
        return {str(p.relative_to(self.path)): p.read_bytes().decode() for p in self.path.rglob("*") if p.is_file()}

    def ask(self, *args, stdin=subprocess.DEVNULL, **env):
        """The CompletedProcess, with texts whose line ends are as they came."""
        r = subprocess.run(
            [str(ask_path()), *args], env=self.home.env(**env), cwd=self.path, stdin=stdin, capture_output=True,
            timeout=PATIENCE,
        )  # fmt: skip
        return subprocess.CompletedProcess(args, r.returncode, r.stdout.decode(), r.stderr.decode())

    def patch(self, diff, *how):
        """By patch -p1, or another command."""
        how = how or ("patch", "-p1")
        if shutil.which(how[0]) is None:
            pytest.skip(f"there is no {how[0]}")
        r = subprocess.run(how, cwd=self.path, input=diff.encode(), capture_output=True, timeout=PATIENCE)
        assert r.returncode == 0, r.stdout + r.stderr


@pytest.fixture
def place(home):
    return Place(home)


def texts(message):
    """A message's content as one text."""
    content = message["content"]
    return content if isinstance(content, str) else "\n".join(p["text"] for p in content)


def diff_of(place, name, after):
    """As diff -u makes it of a file and its new text."""
    labels = ("--label", f"a/{name}", "--label", f"b/{name}")
    r = subprocess.run(
        ["diff", "-u", *labels, str(place.path / name), "-"],
        input=after.encode(), capture_output=True, timeout=PATIENCE,
    )  # fmt: skip
    return r.stdout.decode()
