"""What is longer than the terminal goes through a pager, what takes long shows how far it is: in a real terminal."""

import json
import re
import shutil
import subprocess
import threading

import pytest

from conftest import PATIENCE, askctl_path
from helpers_scripted import Scripted
from helpers_terminal import bytes_on_terminal
from helpers_tmux import Tmux

less = pytest.mark.skipif(shutil.which("less") is None, reason="there is no less")
ERASE = b"\r\x1b[K"


def prompts(n):
    return [{"name": f"prompt-{i:03}", "description": "x", "path": "/p", "variables": []} for i in range(n)]


@pytest.fixture
def scripted(home):
    s = Scripted(home)
    yield s
    s.stop()


def pager(home, text):
    """A pager of our own: what it is given it writes to a file, and its name."""
    path = home.path / "pager"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o700)
    return str(path)


def run(home, columns=80, rows=24, command=("prompts",), **env):
    return bytes_on_terminal([askctl_path(), *command], home.env(**{"TERM": "xterm", **env}), columns, rows)


@pytest.mark.parametrize("n, paged", [(22, False), (23, True)])
def test_what_fits_is_printed_as_it_is(scripted, home, n, paged):
    """With its head and the shell's prompt it fills 24 rows."""
    scripted.replies["prompt.list"] = prompts(n)
    status, shown = run(home, ASKD_PAGER=pager(home, f"echo PAGED; cat > {home.path}/seen"))
    assert status == 0
    if not paged:
        assert shown.count(b"prompt-") == n and b"PAGED" not in shown
    else:
        assert shown == b"PAGED\r\n" and (home.path / "seen").read_text().count("prompt-") == n


def test_the_table_is_as_wide_as_the_terminal(scripted, home):
    scripted.replies["prompt.list"] = [{**p, "description": "long " * 60} for p in prompts(30)]
    for columns in (80, 200):
        run(home, columns, ASKD_PAGER=f"cat > {home.path}/seen")
        lines = re.sub("\x1b\\[[0-9]*m", "", (home.path / "seen").read_text()).splitlines()  # the head is bold
        assert len(lines) == 31 and columns - 30 < max(map(len, lines)) <= columns


@pytest.mark.parametrize("env", [{"ASKD_PAGER": ""}, {"ASKD_PAGER": "cat"}, {"ASKD_PAGER": "", "PAGER": "false"}, {"PAGER": "cat"}, {"ASKD_PAGER": "no-such-program -x"}, {"ASKD_PAGER": "/"}, {"ASKD_PAGER": "true", "TERM": "dumb"}], ids=str)
def test_none(scripted, home, env):
    scripted.replies["prompt.list"] = prompts(100)
    environment = {k: v for k, v in home.env(TERM="xterm").items() if k != "ASKD_PAGER"} | env
    status, shown = bytes_on_terminal([askctl_path(), "prompts"], environment, 80, 24)
    assert status == 0 and shown.count(b"prompt-") == 100


@pytest.mark.parametrize("args", [["--no-pager"], ["--json"]])
def test_none_wanted(scripted, home, args):
    scripted.replies["prompt.list"] = prompts(100)
    status, shown = run(home, command=["prompts", *args], ASKD_PAGER="true")
    assert status == 0 and shown.count(b"prompt-") == 100


def test_its_own_variable_comes_first(scripted, home):
    scripted.replies["prompt.list"] = prompts(100)
    assert run(home, ASKD_PAGER="echo ours", PAGER="echo theirs") == (0, b"ours\r\n")


def test_no_terminal_no_pager(scripted, home):
    scripted.replies["prompt.list"] = prompts(100)
    r = subprocess.run([askctl_path(), "prompts"], env=home.env(TERM="xterm", ASKD_PAGER="true"), capture_output=True, text=True, timeout=PATIENCE)
    assert r.stdout.count("prompt-") == 100


def test_no_pager_is_taken_where_nothing_is_paged(scripted, askctl):
    scripted.replies["cache.stats"] = {}
    assert askctl("cache", "stats", "--no-pager").returncode == 0


@pytest.mark.parametrize("how", ["head -n 1 > /dev/null", "exit 3", "kill -9 $$"])
def test_how_a_pager_ends_is_no_failure(scripted, home, how):
    scripted.replies["prompt.list"] = prompts(10000)
    assert run(home, ASKD_PAGER=pager(home, how))[0] == 0


def test_a_failure_stays_one(scripted, home):
    scripted.replies["prompt.list"] = Exception({"code": "overloaded", "message": "too much"})
    status, shown = run(home, ASKD_PAGER="true")
    assert status == 75 and b"too much" in shown


@less
def test_less(scripted, home):
    """It shows what there is, Ctrl-C leaves it running and us waiting, and its end is ours."""
    scripted.replies["prompt.list"] = prompts(100)
    with Tmux(home, env={"ASKD_PAGER": "less"}) as t:
        t.type("askctl prompts; echo ended $?", "Enter")
        t.wait_for(lambda s: s.startswith("PROMPT") or "\nPROMPT" in s)
        t.type("G")
        t.wait_for("prompt-099")
        t.type("", "C-c")
        t.type("g")
        shown = t.wait_for("prompt-000")
        assert "ended" not in shown and "ESC[" not in shown
        t.type("q")
        t.wait_for("ended 0")


@less
def test_less_is_the_usual_one(scripted, home):
    scripted.replies["prompt.list"] = prompts(100)
    with Tmux(home, shell=("env", "-u", "ASKD_PAGER", "-u", "PAGER", "sh")) as t:
        t.type("askctl prompts; echo ended", "Enter")
        t.wait_for(lambda s: s.endswith("\n:"))
        t.type("q")
        t.wait_for(lambda s: "prompt-010" in s and "\nended" in s)  # it stays


def test_ctrl_c_ends_a_pager_that_lets_it(scripted, home):
    scripted.replies["prompt.list"] = prompts(100)
    with Tmux(home, env={"ASKD_PAGER": "echo begun; sleep 1000"}) as t:
        t.type("askctl prompts", "Enter")
        t.wait_for("\nbegun")
        t.type("", "C-c")
        t.wait_for(lambda s: s.rstrip().endswith(("$", "#")))
        t.type("echo next", "Enter")
        t.wait_for("\nnext")


# -- how far it is


@pytest.fixture
def slow(scripted):
    """models.refresh answers when it is told to."""
    go = threading.Event()
    scripted.replies["models.refresh"] = lambda _params: go.wait(PATIENCE) and {"providers": [{"provider": "fake", "models": 3}]}
    yield go
    go.set()


def test_what_takes_long_is_told_and_gone(slow, home):
    with Tmux(home) as t:
        t.type("askctl models refresh; echo ended", "Enter")
        t.wait_for("models from the providers")
        assert "2 s" in t.wait_for("2 s")
        slow.set()
        shown = t.wait_for("ended\n")
        assert "from the providers" not in shown and "fake           3 models" in shown


def test_ctrl_c_takes_it_away(slow, home):
    with Tmux(home) as t:
        t.type("askctl models refresh", "Enter")
        t.wait_for("models from the providers")
        t.type("", "C-c")
        t.wait_for(lambda s: "from the providers" not in s)
        t.type("echo status $?", "Enter")
        t.wait_for("status 130")


def test_an_error_takes_its_place(scripted, home):
    def late(_params):
        threading.Event().wait(1.5)
        return Exception({"code": "overloaded", "message": "too much"})

    scripted.replies["models.refresh"] = late
    status, shown = run(home, command=["models", "refresh"])
    assert status == 75 and shown.count(b"from the providers") > 1
    assert shown.split(ERASE)[-1].startswith(b"askctl: ") and shown.endswith(b"\r\n") and b"too much" in shown


def test_what_is_quick_is_not_told(scripted, home):
    scripted.replies["models.refresh"] = {"providers": [{"provider": "fake", "models": 3}]}
    status, shown = run(home, command=["models", "refresh"])
    assert (status, shown) == (0, b"fake           3 models\r\n")


def test_nowhere_but_on_a_terminal(scripted, home):
    def late(_params):
        threading.Event().wait(1.5)
        return {"providers": [{"provider": "fake", "models": 3}]}

    scripted.replies["models.refresh"] = late
    r = subprocess.run([askctl_path(), "models", "refresh"], env=home.env(TERM="xterm"), capture_output=True, text=True, timeout=PATIENCE)
    assert (r.returncode, r.stderr) == (0, "")
    assert run(home, command=["models", "refresh"], TERM="dumb")[1] == b"fake           3 models\r\n"


def test_a_known_end_is_a_bar(scripted, home):
    """A hostile name is made harmless, and cut where the terminal is narrow."""
    def piece(params):
        threading.Event().wait(0.3)
        return {"import": "i-1"} if params["more"] else {"conversations": [], "skipped": []}

    scripted.replies["conversation.import"] = piece
    name = home.path / "evil\x1b]0;x\x07 通义千问通义千问通义千问通义千问通义千问通义千问.json"
    name.write_text(json.dumps(["askd-conversation", "x" * (6 << 20)]))
    status, shown = run(home, 60, command=["conv", "import", str(name)])
    drawn = [s.split(b"\x1b[K")[0].decode() for s in shown.split(b"\r") if " MB".encode() in s]
    assert status == 0 and drawn and "\x1b" not in "".join(drawn) and "█" in drawn[-1] and " of 6 MB" in drawn[-1]
    assert all(len(line) < 60 for line in drawn) and shown.endswith(ERASE + b"0 conversations, 0 skipped\r\n")
