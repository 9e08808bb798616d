"""askctl wait: nothing but the end of answers, and how they ended."""

import json
import signal

import pytest

from client import detached
from conftest import PATIENCE, askctl_path, wait_until
from helpers_terminal import on_terminal

OTHER, USAGE, UNAVAILABLE, AGAIN = 1, 64, 69, 75

pytestmark = pytest.mark.askd(provider={"retries": "0"})


def waits(askctl, client, *answers):
    """A run of it that waits by now."""
    proc = askctl.start("wait", *answers)

    def is_read():
        return {a["answer"] for a in client.call("answer.list") if a["readers"] > 0} >= set(answers)

    wait_until(is_read, "askctl waits")
    assert proc.poll() is None
    return proc


def ended(proc):
    out, err = proc.communicate(timeout=PATIENCE)
    return proc.returncode, out.decode(), err.decode()


def test_it_waits_for_the_end(daemon, client, askctl):
    answer = detached(client, "hang-after-2")
    proc = waits(askctl, client, answer)
    client.call("answer.cancel", {"answer": answer})
    assert ended(proc) == (OTHER, "", "")


@pytest.mark.parametrize(
    "model, status", [("words-3", 0), ("status-429", AGAIN), ("status-503", AGAIN), ("status-500", UNAVAILABLE)]
)
def test_the_status_is_the_answers(daemon, client, askctl, model, status):
    r = askctl("wait", detached(client, model))
    assert (r.returncode, r.stdout, r.stderr) == (status, "", "")


def test_ask_ends_so_too(daemon, client, ask, askctl):
    """The same failure, the same status."""
    for model in ("status-401", "status-400", "garbage"):
        assert askctl("wait", detached(client, model)).returncode == ask("-m", f"fake/{model}", "x").returncode


def test_all_are_waited_for(daemon, client, askctl):
    last, good = detached(client, "hang-after-2"), detached(client, "echo")
    proc = waits(askctl, client, last)
    client.call("answer.cancel", {"answer": last})
    assert ended(proc)[0] == OTHER
    bad = detached(client, "status-500")
    assert askctl("wait", good, good).returncode == 0
    assert askctl("wait", good, bad, last).returncode == UNAVAILABLE
    assert askctl("wait", good, last, bad).returncode == OTHER


def test_several_run_at_once(daemon, client, askctl):
    one, two = detached(client, "hang-after-2"), detached(client, "hang-after-2")
    proc = waits(askctl, client, one, two)
    client.call("answer.cancel", {"answer": two})
    assert client.call("answer.get", {"answer": two})["state"] == "cancelled" and proc.poll() is None
    daemon.signal(signal.SIGTERM)
    assert ended(proc) == (AGAIN, "", "")  # of the first, that it was interrupted; had it left before, it were OTHER


def test_the_daemon_ends_first(daemon, client, askctl):
    proc = waits(askctl, client, detached(client, "hang-after-2"))
    daemon.signal(signal.SIGTERM)
    assert ended(proc) == (AGAIN, "", "")  # it ended as interrupted


def test_the_daemon_is_killed(daemon, client, askctl):
    proc = waits(askctl, client, detached(client, "hang-after-2"))
    daemon.kill()
    status, out, err = ended(proc)
    assert (status, out) == (UNAVAILABLE, "") and err.startswith("askctl: ")


def test_what_is_not_there(daemon, client, askctl):
    good = detached(client, "echo")
    r = askctl("wait", "no-such-answer", good)
    assert (r.returncode, r.stdout) == (OTHER, "") and r.stderr.startswith("askctl: no answer no-such-answer")


def test_json(daemon, client, askctl):
    good, bad = detached(client, "echo", "hi"), detached(client, "no-done-no-finish")
    r = askctl("wait", "--json", good, bad)
    maps = {a["answer"]: a for a in map(json.loads, r.stdout.splitlines())}
    assert r.returncode == UNAVAILABLE and r.stderr == ""
    assert (maps[good]["state"], maps[good]["text"]) == ("done", "hi")
    assert (maps[bad]["state"], maps[bad]["text"]) == ("failed", "w0 w1 w2 ")


@pytest.mark.parametrize("args", [(), ("a", "--from", "3"), ("a",) * 513], ids=["none", "alien", "many"])
def test_usage(daemon, askctl, args):
    r = askctl("wait", *args)
    assert (r.returncode, r.stdout) == (USAGE, "")


# -- notify


@pytest.fixture
def desktop(home):
    """notify-send, as far as it is seen from outside: its arguments, each on a line, in a file."""
    folder = home.path / "bin"
    folder.mkdir()
    told = home.path / "told"
    program = folder / "notify-send"
    program.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" >"{told}.tmp" && mv "{told}.tmp" "{told}"\nexit 3\n')
    program.chmod(0o755)
    return folder, told


def notified(home, folder, *args, bus="unix:path=/nowhere"):
    env = home.env(ASKD_AUTOSTART="0", DBUS_SESSION_BUS_ADDRESS=bus)
    env["PATH"] = f"{folder}:{env['PATH']}"
    return on_terminal([askctl_path(), "wait", "--notify", *args], env)


def test_notify(daemon, client, home, desktop):
    folder, told = desktop
    answer = detached(client, "echo", "-x is <b>what</b> & $(touch no) in all of these many words that follow")
    assert notified(home, folder, answer) == (0, "\a")
    wait_until(told.exists, "notify-send is run")
    app, dashes, title, text = told.read_text().splitlines()
    assert (app, dashes, title) == ("--app-name=askd", "--", "echo: done")
    assert text == "-x is &lt;b&gt;what&lt;/b&gt; &amp; $(touch no) in all of these"


def test_notify_of_a_failure(daemon, client, home, desktop):
    folder, told = desktop
    assert notified(home, folder, detached(client, "status-503")) == (AGAIN, "\a")
    wait_until(told.exists, "notify-send is run")
    assert told.read_text().splitlines()[-2:] == ["status-503: failed", "hello"]


def test_notify_without_a_desktop(daemon, client, home, desktop, tmp_path):
    folder, told = desktop
    answer = detached(client, "echo")
    assert notified(home, folder, answer, bus="") == (0, "\a")
    env = home.env(ASKD_AUTOSTART="0", PATH=str(tmp_path), DBUS_SESSION_BUS_ADDRESS="unix:path=/nowhere")
    assert on_terminal([askctl_path(), "wait", "--notify", answer], env) == (0, "\a")
    assert not told.exists()


def test_no_bell_but_on_a_terminal(daemon, client, askctl):
    r = askctl("wait", "--notify", detached(client, "echo"), env={"PATH": "/nowhere"})
    assert (r.returncode, r.stdout, r.stderr) == (0, "", "")
