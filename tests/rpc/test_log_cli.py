"""askctl log: the daemon's log as people see it, and followed over restarts."""

import json
import re
import signal
import time

from conftest import PATIENCE, wait_until
from helpers_tmux import Tmux


def lines(client, /, **params):
    return client.call("log.read", params)["lines"]


def test_askctl_log(daemon, client, askctl):
    a = client.call("chat", {"model": "fake/words-2", "prompt": "x"})["answer"]
    error, _ = client.response(client.chat("status-500"))
    r = askctl("log", "--provider", "fake")
    first, second = r.stdout.splitlines()
    stamp = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}"
    assert re.fullmatch(rf"{stamp} info   answer {a}: done, .*  provider=fake  model=words-2", first)
    assert re.fullmatch(rf"{stamp} notice answer {error['answer']}: .*  model=status-500", second)
    assert askctl("log", "--provider", "fake", "--level", "notice").stdout.splitlines() == [second]
    assert askctl("log", "--answer", a).stdout.splitlines() == [first]
    assert askctl("log", "--limit", "1").stdout.splitlines() == [second]
    made = [json.loads(t) for t in askctl("log", "--json").stdout.splitlines()]
    assert made == lines(client)
    r = askctl("log", "--level", "loud")
    assert r.returncode == 64 and "error, warn, notice, info, debug" in r.stderr


def test_askctl_log_is_local_time(daemon, client, askctl):
    for zone, hour in (("UTC0", 0), ("XYZ-5", 5)):
        (line,) = lines(client, limit=1)
        want = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(line["time"] + hour * 3600))
        assert askctl("log", "--limit", "1", env={"TZ": zone}).stdout.startswith(want)


def test_askctl_log_without_a_daemon(home, askctl):
    r = askctl("log", env={"ASKD_AUTOSTART": "1"})
    assert (r.returncode, r.stdout) == (69, "") and "no daemon runs" in r.stderr
    assert not home.socket.exists(), "none is started to read what it has not said"


def test_askctl_log_follows_over_a_restart(daemon, client, restart, askctl):
    with askctl.start("log", "-f", "--limit", "1", text=True) as p:
        try:
            p.stdout.readline()
            a = client.call("chat", {"model": "fake/words-2", "prompt": "x"})["answer"]
            assert f"answer {a}: done" in p.stdout.readline()
            later = restart()
            seen = [p.stdout.readline()]
            while "listens on" not in seen[-1]:
                seen.append(p.stdout.readline())
            b = later.call("chat", {"model": "fake/words-2", "prompt": "y"})["answer"]
            assert f"answer {b}: " in p.stdout.readline(), "once, and nothing twice"
            assert any("Terminated: draining" in line for line in seen)
        finally:
            p.send_signal(signal.SIGINT)
        out, err = p.communicate(timeout=PATIENCE)
        assert (p.returncode, out) == (0, ""), "Ctrl-C is how it ends"
        assert err == "askctl: the daemon has ended: waiting for the next\n"


def test_askctl_log_follows_a_daemon_that_is_yet_to_come(home, provider, start_daemon, askctl):
    with askctl.start("log", "--follow", text=True) as p:
        try:
            assert p.stderr.readline() == "askctl: no daemon runs: waiting for one\n"
            home.write_config(provider.base_url)
            start_daemon()
            while "listens on" not in p.stdout.readline():
                assert p.poll() is None
        finally:
            p.terminate()
        assert p.wait(PATIENCE) == 143


def test_askctl_log_on_a_terminal(daemon, client, home):
    client.call("hello", {"client": "my editor"})
    client.response(client.chat("status-500"))
    with Tmux(home, columns=100) as t:
        t.type("askctl log --level notice --limit 1; NO_COLOR=1 askctl log --level notice --limit 1", "Enter")
        t.wait_for("client=my editor", colours=True)
        wait_until(lambda: t.screen().count("client=my editor") == 2, "both are there")
        screen = t.screen(colours=True)
        assert screen.count("\x1b[1mnotice") == 1, "coloured where colours are wanted"
        t.type("askctl log -f", "Enter")
        t.wait_for("listens on")
        client.call("chat", {"model": "fake/words-2", "prompt": "x"})
        t.wait_for("done, ")
        t.type("", "C-c")
        t.type("echo ended $?", "Enter")
        t.wait_for("ended 0")
