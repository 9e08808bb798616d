"""A daemon of an older version that a client started gives way to the one that a newer client would start."""

import os
import re
import select
import signal
import socket

import pytest

from client import Client, text_of
from conftest import PATIENCE, askd_path, build_dir, wait_until
from fault_provider import words_text
from helpers_scripted import Scripted

AGAIN, CONFIG = 75, 78
OLD = build_dir() / "tests" / "old" / "askd-old"
OLD_VERSION = "0.0.1"


def start(daemon, **more):
    """What a client needs to start that daemon."""
    return {"ASKD_AUTOSTART": "1", "ASKD_DAEMON": str(daemon), **more}


def greeting(home):
    with Client(home.socket) as c:
        return {**c.call("hello"), "pid": c.call("status")["pid"]}


def has_ended(pid):
    try:
        with open(f"/proc/{pid}/stat") as f:
            return f.read().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


def log_of(home):
    return (home.state / "askd" / "askd.log").read_text()


@pytest.fixture(autouse=True)
def left_alone(home):
    """Whatever a client started is ended, also where the test failed."""
    yield
    lock = home.runtime / "askd" / "askd.lock"
    pid = int(lock.read_text().split()[0]) if lock.exists() else 0  # "PID HOST"
    if pid and not has_ended(pid):
        os.kill(pid, signal.SIGTERM)
        wait_until(lambda: has_ended(pid), "the daemon ends")
    log = home.state / "askd" / "askd.log"
    assert not log.exists() or not re.search("AddressSanitizer|runtime error|handle left open", log.read_text())


@pytest.fixture
def old(home, provider, askctl):
    """The pid of a daemon of an older version, started by a client."""
    home.write_config(provider.base_url)
    r = askctl("status", env=start(OLD))
    assert r.returncode == 0 and OLD_VERSION in r.stdout, r.stderr
    said = greeting(home)
    assert (said["version"], said["autostarted"]) == (OLD_VERSION, True)
    return said["pid"]


def test_the_new_one_takes_over(old, home, ask):
    r = ask("--no-store", "hello", env=start(askd_path()))
    assert (r.returncode, r.stdout, r.stderr) == (0, "hello", "")
    said = greeting(home)
    assert said["version"] != OLD_VERSION and said["pid"] != old and said["autostarted"] is True
    wait_until(lambda: has_ended(old), "the old one has ended")


def test_found_as_installed(old, home, askctl):
    """Without $ASKD_DAEMON: the daemon beside the client."""
    assert askctl("status", env={"ASKD_AUTOSTART": "1"}).returncode == 0
    assert greeting(home)["version"] != OLD_VERSION


def test_several_at_once_start_one(old, home, ask):
    procs = [ask.start("--no-store", f"hello {i}", env=start(askd_path())) for i in range(8)]
    outs = [p.communicate(timeout=PATIENCE) for p in procs]
    assert [(o.decode(), e.decode()) for o, e in outs] == [(f"hello {i}", "") for i in range(8)]
    assert len(re.findall(r" listens on ", log_of(home))) == 2, "the old one and one new one"


def test_a_running_answer_may_end(old, home, askctl):
    """The one that hands over waits for it, and the client that reads it notices nothing."""
    with Client(home.socket) as c:
        asked = c.chat("slow-20-50", stream=True)
        c.wait_event("text")
        assert askctl("status", env=start(askd_path())).returncode == 0
        assert c.result(asked)["text"] == words_text(20) == text_of(c.events())
    assert greeting(home)["pid"] != old


def test_clients_that_come_meanwhile_wait(old, home, ask, askctl):
    """While the old daemon ends it has no socket, but its locks."""
    with Client(home.socket) as c:
        asked = c.chat("slow-20-50", stream=True)
        c.wait_event("text")
        first = askctl.start("status", env=start(askd_path()))
        wait_until(lambda: not home.socket.exists(), "the old one is ending")
        assert ask("--no-store", "second", env=start(askd_path())).stdout == "second"
        assert first.wait(PATIENCE) == 0
        first.communicate()
        assert c.result(asked)["state"] == "done"
    assert len(re.findall(r" listens on ", log_of(home))) == 2


def test_a_daemon_that_is_ending_is_waited_for(old, home, ask):
    """The same without a hand-over: the one that is started gives up while the locks are held, and another follows."""
    with Client(home.socket) as c:
        asked = c.chat("slow-20-50", stream=True)
        c.wait_event("text")
        c.call("shutdown")
        assert not home.socket.exists()
        assert ask("--no-store", "hello", env=start(askd_path())).stdout == "hello"
        assert c.result(asked)["state"] == "done"
    assert "serves here, or is ending" in log_of(home)


def test_a_terminal_is_told_of_a_long_wait(old, home, askctl):
    ours, theirs = os.openpty()
    with Client(home.socket) as c, open(ours, "rb", buffering=0) as terminal:
        asked = c.chat("hang-after-3", stream=True)
        c.wait_event("text")
        proc = askctl.start("status", env=start(askd_path()), stderr=theirs)
        os.close(theirs)
        assert select.select([terminal], [], [], PATIENCE)[0]
        assert terminal.read(200) == b"askctl: waiting for an older askd to end\r\n"
        proc.communicate(timeout=PATIENCE)
        assert proc.returncode == 0
        assert c.response(asked)[0]["code"] == "interrupted"


def test_an_answer_that_does_not_end_is_interrupted(old, home, askctl):
    with Client(home.socket) as c:
        asked = c.chat("hang-after-3", stream=True)
        c.wait_for(lambda m: text_of(c.events()) == words_text(3))
        assert askctl("status", env=start(askd_path())).returncode == 0
        error, _ = c.response(asked)
        assert error["code"] == "interrupted"
    assert greeting(home)["pid"] != old


@pytest.mark.parametrize("detach", [False, True])
def test_what_was_said_is_kept(old, home, askctl, detach):
    """The new daemon has the answers of the old one, those that it interrupted too, with the events that were sent."""
    with Client(home.socket) as c:
        asked = c.chat("hang-after-3", stream=True, conversation="new", detach=detach)
        if detach:
            answer = c.result(asked)["answer"]
            c.request("answer.attach", {"answer": answer})
        c.wait_for(lambda m: text_of(c.events()) == words_text(3))
        answer, seen = c.wait_event("start")[0], c.events()
        assert askctl("status", env=start(askd_path())).returncode == 0
    with Client(home.socket) as c:
        assert c.call("hello")["version"] != OLD_VERSION
        kept = c.call("answer.get", {"answer": answer})
        assert (kept["state"], kept["text"]) == ("interrupted", words_text(3))
        error, _ = c.response(c.request("answer.attach", {"answer": answer, "from": 1}))
        assert error["code"] == "interrupted"
        again = [e for e in c.events() if e[0] < len(seen)]
        assert text_of(again) == text_of(seen)


def test_not_where_autostart_is_off(old, home, askctl):
    assert askctl("status").returncode == 0
    assert greeting(home)["pid"] == old


def test_not_where_the_socket_is_named(old, home, askctl):
    assert askctl("status", "--socket", str(home.socket), env=start(askd_path())).returncode == 0
    assert greeting(home)["pid"] == old


def test_not_where_the_same_would_be_started(old, home, askctl):
    """Clients are newer than the daemon that they would start: it stays, else each would end it anew."""
    assert askctl("status", env=start(OLD)).returncode == 0
    assert greeting(home)["pid"] == old


@pytest.mark.parametrize("daemon", ["/nonexistent/askd", "/bin/false", "/bin/true"])
def test_not_where_none_can_be_started(old, home, askctl, daemon):
    r = askctl("status", env=start(daemon))
    assert (r.returncode, r.stderr) == (0, "")
    assert greeting(home)["pid"] == old


def test_a_daemon_that_was_started_by_hand_stays(home, provider, start_daemon, askctl, monkeypatch):
    monkeypatch.setenv("ASKD", str(OLD))
    home.write_config(provider.base_url)
    by_hand = start_daemon()
    r = askctl("status", env=start(build_dir() / "daemon" / "askd"))
    assert r.returncode == 0 and OLD_VERSION in r.stdout
    assert greeting(home)["pid"] == by_hand.pid


def test_a_daemon_of_the_same_version_stays(home, provider, askctl):
    home.write_config(provider.base_url)
    assert askctl("status", env=start(askd_path())).returncode == 0
    pid = greeting(home)["pid"]
    assert askctl("status", env=start(askd_path())).returncode == 0
    assert greeting(home)["pid"] == pid


def test_one_that_stops_listening_meanwhile(home, provider, askctl):
    """Connected, but never accepted: the daemon has gone, and another is started."""
    home.write_config(provider.base_url)
    home.socket.parent.mkdir(mode=0o700)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        listener.bind(str(home.socket))
        listener.listen()
        proc = askctl.start("status", env=start(askd_path()))
        wait_until(lambda: select.select([listener], [], [], 0)[0], "askctl has connected")
        home.socket.unlink()
    out, err = proc.communicate(timeout=PATIENCE)
    assert (proc.returncode, err) == (0, b"") and greeting(home)["pid"]


@pytest.mark.parametrize("version", ["99.0", "99.0~rc1", "what?", 7, None])
def test_a_newer_or_unknown_daemon_stays(home, askctl, version):
    daemon = Scripted(home)
    daemon.replies["hello"] = {"server": "askd", "version": version, "protocol": 1, "autostarted": True}
    daemon.replies["status"] = {"version": "theirs"}
    try:
        r = askctl("status", env=start(askd_path()))
        assert r.returncode == 0 and "theirs" in r.stdout
        assert [m for m, _ in daemon.calls] == ["hello", "status"]
    finally:
        daemon.stop()


def test_hello_is_refused(home, askctl):
    daemon = Scripted(home)
    daemon.replies["hello"] = Exception({"code": "unknown_method", "message": "no hello here"})
    daemon.replies["status"] = {"version": "theirs"}
    try:
        assert "theirs" in askctl("status", env=start(askd_path())).stdout
    finally:
        daemon.stop()


def test_shutdown_is_refused(home, askctl):
    """The older one serves on."""
    daemon = Scripted(home)
    daemon.replies["hello"] = {"server": "askd", "version": OLD_VERSION, "protocol": 1, "autostarted": True}
    daemon.replies["shutdown"] = Exception({"code": "permission_denied", "message": "no"})
    daemon.replies["status"] = {"version": "theirs"}
    try:
        assert "theirs" in askctl("status", env=start(askd_path())).stdout
        assert [m for m, _ in daemon.calls] == ["hello", "shutdown", "status"]
    finally:
        daemon.stop()


def test_a_new_one_that_does_not_start_is_an_error(old, home, askctl):
    with home.config.open("a") as f:
        f.write("[nonsense]\n")
    r = askctl("status", env=start(askd_path()))
    assert r.returncode == CONFIG and "nonsense" in r.stderr
    wait_until(lambda: has_ended(old), "the old one has ended")


def test_refused_connection_is_told_as_such(home, provider, askctl):
    home.write_config(provider.base_url, daemon={"max_connections": "1"})
    assert askctl("status", env=start(OLD)).returncode == 0
    with Client(home.socket) as c:
        wait_until(lambda: c.call("status")["connections"] == 1, "askctl is gone")
        r = askctl("status", env=start(askd_path()))
    assert r.returncode == AGAIN and "max_connections" in r.stderr
