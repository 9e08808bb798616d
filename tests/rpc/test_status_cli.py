"""askctl status in a line of a prompt, and watched; the names that models have."""

import json
import re
import signal
import subprocess
import threading
import time

import pytest

from conftest import PATIENCE, askctl_path
from helpers_scripted import Scripted
from helpers_tmux import Tmux

USAGE = 64

STATUS = {
    "version": "9.9.9",
    "pid": 4711,
    "uptime": 7200.0,
    "connections": 3,
    "answers": 2,
    "default_model": "openai/gpt-4.1",
    "providers": [
        {"name": "openai", "state": "ready", "waiting": 4, "models": [{"model": "a", "breaker": "closed"}]},
        {"name": "groq", "state": "ready", "waiting": 1, "models": [{"model": "a", "breaker": "open"}, {"model": "b", "breaker": "closed"}]},
        {"name": "xai", "state": "no_key", "waiting": 0, "models": []},
    ],
    "store": {"state": "ok"},
    "today": {
        "requests": 7, "answers": 6, "input_tokens": 120_000, "output_tokens": 11_500, "cache_hits": 5,
        "cost": [{"currency": "USD", "cost_nano": 421_300_000}, {"currency": "CNY", "cost_nano": 1_100_000_000}],
    },
}  # fmt: skip

FIELDS = {
    "version": "9.9.9",
    "pid": "4711",
    "uptime": "2.0 h",
    "model": "openai/gpt-4.1",
    "running": "2",
    "queued": "5",
    "connections": "3",
    "providers": "1",
    "providers_down": "1",
    "requests": "7",
    "tokens": "132k",
    "tokens_in": "120k",
    "tokens_out": "11.5k",
    "cost_today": "0.4213 USD, 1.1000 CNY",
    "cache_hits": "5",
    "state": "ok",
}


@pytest.fixture
def scripted(home):
    s = Scripted(home)
    s.replies["status"] = STATUS
    yield s
    s.stop()


# -- --format


@pytest.mark.parametrize("field", FIELDS)
def test_a_field(scripted, askctl, field):
    r = askctl("status", "--format", f"<{{{field}}}>")
    assert (r.returncode, r.stdout, r.stderr) == (0, f"<{FIELDS[field]}>\n", "")


def test_fields_are_all_there_are(scripted, askctl):
    told = askctl("status", "--format", "{x}").stderr
    assert re.search(r"these are ([a-z_, ]+);", told)[1].split(", ") == list(FIELDS)


@pytest.mark.parametrize(
    "text, shown",
    [
        ("askd", "askd"),
        ("", ""),
        ("{running}/{queued} {model}", "2/5 openai/gpt-4.1"),
        ("{{{running}}} }}{{", "{2} }{"),
        ("{running|idle}", "2"),
        ("#[fg=red]{providers_down|}%", "#[fg=red]1%"),
    ],
)
def test_a_format(scripted, askctl, text, shown):
    r = askctl("status", "--format", text)
    assert (r.returncode, r.stdout, r.stderr) == (0, shown + "\n", "")


@pytest.mark.parametrize("text", ["{", "}", "{running", "running}", "{}", "{Running}", "{runnin}", "{|x}", "{running }", "{{{"])
def test_what_is_no_format(scripted, askctl, text):
    r = askctl("status", "--format", text)
    assert (r.returncode, r.stdout) == (USAGE, "") and "is no field" in r.stderr


def test_a_format_has_a_bound(scripted, askctl):
    r = askctl("status", "--format", "x" * (64 << 10))
    assert (r.returncode, r.stdout) == (0, "x" * (64 << 10) + "\n")
    r = askctl("status", "--format", "x" * (64 << 10) + "y")
    assert (r.returncode, r.stdout) == (USAGE, "") and "more than 64 KiB" in r.stderr


@pytest.mark.parametrize("option", ["--json", "--watch"])
def test_a_format_alone(scripted, askctl, option):
    assert askctl("status", "--format", "x", option).returncode == USAGE


@pytest.mark.parametrize("text, shown", [("{running}", ""), ("askd", ""), ("{running|-} {model}", "- \n"), ("{running|no daemon}", "no daemon\n")])
def test_without_a_daemon(home, text, shown):
    """None is started, whatever the environment allows."""
    r = subprocess.run([askctl_path(), "status", "--format", text], env=home.env(ASKD_AUTOSTART="1"), capture_output=True, text=True, timeout=PATIENCE)
    assert (r.returncode, r.stdout, r.stderr) == (0, shown, "")
    assert not home.socket.exists() and not home.runtime.joinpath("askd").exists()


def test_what_an_old_daemon_does_not_tell(scripted, askctl):
    scripted.replies["status"] = {"version": "0.0.1"}
    assert askctl("status", "--format", "{version} {running|?} {tokens|?} {cost_today|?} {queued|?}").stdout == "0.0.1 ? ? ? ?\n"


def test_a_daemon_that_refuses(scripted, askctl):
    scripted.replies["status"] = Exception({"code": "overloaded", "message": "too much"})
    assert askctl("status", "--format", "{running|?}").stdout == "?\n"


def test_a_daemon_that_hangs_holds_nobody(scripted, askctl):
    go = threading.Event()
    scripted.replies["status"] = lambda _params: go.wait(PATIENCE) and STATUS
    begun = time.monotonic()
    r = askctl("status", "--format", "{running|?}")
    passed = time.monotonic() - begun
    go.set()
    assert (r.returncode, r.stdout) == (0, "?\n") and passed < PATIENCE / 2


def test_a_hostile_value_is_one_line(scripted, askctl):
    scripted.replies["status"] = {**STATUS, "default_model": "a\nb\x1b[31m"}
    assert askctl("status", "--format", "{model}").stdout.count("\n") == 1


# -- --watch


def test_watch_shows_it_anew(scripted, home):
    with Tmux(home) as t:
        t.type("askctl status --watch", "Enter")
        t.wait_for("connections    3")
        scripted.replies["status"] = {**STATUS, "connections": 44}
        shown = t.wait_for("connections    44")
        assert shown.count("connections") == 1 and shown.startswith("version        9.9.9\n")
        t.type("", "C-c")
        t.type("echo status $?", "Enter")
        shown = t.wait_for("status 0")
        assert "connections    44" in shown  # the last view stays


def test_watch_is_cut_to_the_screen(scripted, home):
    many = [{"name": f"p{i}", "state": "ready", "waiting": 0, "models": []} for i in range(40)]
    scripted.replies["status"] = {**STATUS, "providers": many}
    with Tmux(home) as t:
        t.type("askctl status --watch", "Enter")
        shown = t.wait_for("more lines: make the window higher")
        assert shown.startswith("version        9.9.9\n") and "p39" not in shown
        t.resize(80, 60)
        shown = t.wait_for("p39")
        assert "more lines" not in shown


def test_watch_waits_for_the_next_daemon(daemon, client, restart, home):
    with Tmux(home) as t:
        t.type("askctl status --watch", "Enter")
        t.wait_for(f"pid            {client.call('status', {})['pid']}")
        pid = restart().call("status", {})["pid"]
        t.wait_for(f"pid            {pid}")
        t.type("", "C-c")


def test_watch_as_lines(scripted, home):
    p = subprocess.Popen([askctl_path(), "status", "--watch", "--json"], env=home.env(), stdout=subprocess.PIPE, text=True)
    assert [json.loads(p.stdout.readline())["pid"] for _ in range(2)] == [4711, 4711]
    p.send_signal(signal.SIGINT)
    assert p.wait(PATIENCE) == 0
