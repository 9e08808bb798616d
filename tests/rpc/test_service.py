"""What a service manager gives and gets: the socket, folders, credentials; readiness, reloads, signs of life."""

import os
import shutil
import signal
import socket
import stat
import subprocess
import time

import pytest

from client import Client
from conftest import PATIENCE, askd_path, wait_until

SECRET = "sk-very-secret-9f8e7d6c"
ACTIVATE = shutil.which("systemd-socket-activate")


def has_libsystemd():
    """As configure found it: without it the daemon talks to no service manager."""
    ldd = subprocess.run(["ldd", str(askd_path())], capture_output=True, text=True)
    return "libsystemd" in ldd.stdout


needs_libsystemd = pytest.mark.skipif("not has_libsystemd()", reason="askd was built without libsystemd")


class Notify:
    """The manager's end of NOTIFY_SOCKET. Messages are kept in order, each as a dict."""

    def __init__(self, home):
        self.path = home.path / "notify"
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.sock.bind(str(self.path))
        self.log = []

    def env(self, **more):
        return {"NOTIFY_SOCKET": str(self.path), **more}

    def recv(self, timeout=PATIENCE):
        self.sock.settimeout(timeout)
        message = dict(line.split("=", 1) for line in self.sock.recv(4096).decode().splitlines())
        self.log.append(message)
        return message

    def wait_for(self, key):
        while True:
            message = self.recv()
            if key in message:
                return message

    def rest(self):
        """What else has come by now."""
        found = []
        try:
            while True:
                found.append(self.recv(0.001))
        except (TimeoutError, BlockingIOError):
            return found


@pytest.fixture
def notify(home):
    n = Notify(home)
    yield n
    n.sock.close()


# -- word of our state


@needs_libsystemd
def test_ready_and_stopping(home, provider, start_daemon, notify):
    home.write_config(provider.base_url)
    d = start_daemon(env=notify.env())
    ready = notify.recv()
    assert ready["READY"] == "1" and str(home.socket) in ready["STATUS"]
    d.signal(signal.SIGTERM)
    assert d.wait() == 0
    stopping = notify.recv()
    assert stopping["STOPPING"] == "1" and stopping["STATUS"]
    assert notify.rest() == []


@needs_libsystemd
def test_stopping_by_shutdown(home, provider, start_daemon, notify):
    home.write_config(provider.base_url)
    d = start_daemon(env=notify.env())
    d.connect().call("shutdown")
    assert notify.wait_for("STOPPING")["STOPPING"] == "1"
    assert d.wait() == 0


@needs_libsystemd
def test_not_ready_where_it_cannot_start(home, notify):
    home.config.write_text("nonsense")
    r = subprocess.run([str(askd_path())], env=home.env(**notify.env()), capture_output=True, timeout=PATIENCE)
    assert r.returncode == 78
    assert notify.rest() == []


@needs_libsystemd
@pytest.mark.parametrize("text", [None, "nonsense"], ids=["good", "bad"])
def test_reload(home, provider, start_daemon, notify, text):
    home.write_config(provider.base_url)
    d = start_daemon(env=notify.env())
    notify.wait_for("READY")
    if text:
        home.config.write_text(text)
    before = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
    d.signal(signal.SIGHUP)
    reloading = notify.recv()
    assert reloading["RELOADING"] == "1"
    assert before <= int(reloading["MONOTONIC_USEC"]) <= time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
    ready = notify.recv()
    assert ready["READY"] == "1" and str(home.socket) in ready["STATUS"], "the manager waits for it, come what may"


@needs_libsystemd
def test_reload_by_method(home, provider, start_daemon, notify):
    home.write_config(provider.base_url)
    c = start_daemon(env=notify.env()).connect()
    notify.wait_for("READY")
    c.call("config.reload")
    assert [set(m) & {"RELOADING", "READY"} for m in (notify.recv(), notify.recv())] == [{"RELOADING"}, {"READY"}]


@needs_libsystemd
def test_watchdog(home, provider, start_daemon, notify):
    home.write_config(provider.base_url)
    d = start_daemon(env=notify.env(WATCHDOG_USEC="200000"))
    for _ in range(3):
        assert notify.wait_for("WATCHDOG")["WATCHDOG"] == "1"
    d.signal(signal.SIGSTOP)
    try:  # what is stuck gives no sign
        notify.rest()
        with pytest.raises(TimeoutError):
            notify.recv(1)
    finally:
        d.signal(signal.SIGCONT)
    notify.wait_for("WATCHDOG")


@needs_libsystemd
def test_watchdog_while_it_drains(home, provider, start_daemon, notify):
    home.write_config(provider.base_url, daemon={"drain_timeout": "60"})
    d = start_daemon(env=notify.env(WATCHDOG_USEC="200000"))
    c = d.connect()
    c.chat("hang-after-1", stream=True)
    c.wait_event("text")
    d.signal(signal.SIGTERM)
    notify.wait_for("STOPPING")
    notify.wait_for("WATCHDOG")
    d.signal(signal.SIGTERM)
    assert d.wait() == 0


@needs_libsystemd
@pytest.mark.parametrize("env", [{}, {"WATCHDOG_USEC": "200000", "WATCHDOG_PID": "1"}], ids=["none", "another's"])
def test_no_watchdog(home, provider, start_daemon, notify, env):
    home.write_config(provider.base_url)
    d = start_daemon(env=notify.env(**env))
    time.sleep(0.5)  # several times the watchdog's, had it been ours
    d.signal(signal.SIGTERM)
    assert d.wait() == 0
    assert not [m for m in notify.rest() if "WATCHDOG" in m]


# -- the socket


class Activated:
    """systemd-socket-activate, which becomes askd with the first connection."""

    def __init__(self, home, env, args=()):
        self.home = home
        self.log = open(home.path / "log", "w+b")
        home.socket.parent.mkdir(mode=0o700, exist_ok=True)
        env = home.env(**env)
        command = [ACTIVATE, f"--listen={home.socket}", *[f"--setenv={k}" for k in env], str(askd_path()), *args]
        self.proc = subprocess.Popen(command, env=env, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)
        wait_until(lambda: "Listening on" in self.stderr(), "the manager listens")

    def stderr(self):
        self.log.seek(0)
        return self.log.read().decode(errors="replace")

    def finish(self):
        if self.proc.poll() is None:
            self.proc.terminate()
        try:
            status = self.proc.wait(PATIENCE)
            text = self.stderr()
            assert status == 0, text
            assert "Sanitizer" not in text and "runtime error" not in text, text
        finally:
            if self.proc.poll() is None:
                self.proc.kill()
                self.proc.wait()
            self.log.close()


@pytest.fixture
def activate(home):
    started = []

    def start(env=None, args=()):
        a = Activated(home, env or {}, args)
        started.append(a)
        return a

    yield start
    for a in started:
        a.finish()


needs_activate = pytest.mark.skipif(not ACTIVATE, reason="systemd-socket-activate is missing (Debian: systemd)")


@needs_activate
@needs_libsystemd
def test_socket_activation(home, provider, activate, notify):
    home.write_config(provider.base_url)
    a = activate(notify.env())
    inode = os.stat(home.socket).st_ino
    with Client(home.socket) as c:  # it waits in the socket until the daemon is there
        assert c.call("status")["pid"] == a.proc.pid
        assert c.result(c.chat("echo", "by the manager's socket"))["text"] == "by the manager's socket"
        assert notify.wait_for("READY")["READY"] == "1"
        c.call("shutdown")
    assert a.proc.wait(PATIENCE) == 0
    assert os.stat(home.socket).st_ino == inode, "it is the manager's, and stays"


@needs_activate
@needs_libsystemd
def test_second_daemon_beside_an_activated_one(home, provider, activate):
    home.write_config(provider.base_url)
    a = activate()
    with Client(home.socket) as c:
        c.call("status")
        r = subprocess.run([str(askd_path())], env=home.env(), capture_output=True, text=True, timeout=PATIENCE)
        assert r.returncode == 0 and str(a.proc.pid) in r.stderr
        assert c.call("status")["pid"] == a.proc.pid


# -- folders


def system_args(home):
    return ["--system", "--config", str(home.config), "--socket", str(home.socket)]


def test_state_directory(home, provider, start_daemon):
    home.write_config(provider.base_url)
    first, second = home.path / "var" / "askd", home.path / "var" / "other"
    d = start_daemon(env={"STATE_DIRECTORY": f"{first}:{second}"}, args=system_args(home))
    assert (first / "askd.lock").read_text().split()[0] == str(d.pid)
    assert stat.S_IMODE(first.stat().st_mode) == 0o700
    assert not second.exists() and not (home.state / "askd").exists()
    assert stat.S_IMODE(home.socket.stat().st_mode) == 0o660


def test_state_directory_is_for_the_system_service(home, provider, start_daemon):
    """The user manager of systemd 252 puts it into the folder of the configuration, where no client looks."""
    home.write_config(provider.base_url)
    start_daemon(env={"STATE_DIRECTORY": str(home.path / "elsewhere")})
    assert (home.state / "askd" / "askd.lock").exists()
    assert not (home.path / "elsewhere").exists()


def test_runtime_directory_does_not_move_the_socket(home, provider, start_daemon):
    home.write_config(provider.base_url)
    elsewhere = home.path / "elsewhere"
    elsewhere.mkdir(mode=0o700)
    start_daemon(env={"RUNTIME_DIRECTORY": str(elsewhere)})  # it waits for the usual socket
    assert list(elsewhere.iterdir()) == []


# -- credentials


@pytest.fixture
def credentials(home):
    folder = home.path / "credentials"
    folder.mkdir(mode=0o700)
    (folder / "askd_fake").write_text(SECRET + "\n")
    (folder / "askd_fake").chmod(0o440)  # as a manager's access list shows
    return folder


def test_credential(home, provider, start_daemon, credentials):
    home.write_config(provider.base_url, provider={"key": None, "key_credential": "askd_fake"})
    d = start_daemon(env={"CREDENTIALS_DIRECTORY": str(credentials)})
    c = d.connect()
    c.result(c.chat("echo"))
    assert provider.stats()["last"][-1]["headers"]["authorization"] == f"Bearer {SECRET}"
    status = c.call("status")
    assert status["providers"][0]["key_source"] == "credential askd_fake"
    assert SECRET not in repr(status) + d.stderr()


@pytest.mark.parametrize(
    "name, given, part",
    [
        ("askd_none", True, "askd_none"),
        ("../credentials/askd_fake", True, "LoadCredential"),
        ("askd_fake", False, "LoadCredential"),
    ],
    ids=["unknown", "path", "no folder"],
)
def test_credential_that_is_not_there(home, provider, credentials, name, given, part):
    home.write_config(provider.base_url, provider={"key": None, "key_credential": name})
    env = {"CREDENTIALS_DIRECTORY": str(credentials)} if given else {}
    r = subprocess.run(
        [str(askd_path()), "--check-config"], env=home.env(**env), capture_output=True, text=True, timeout=PATIENCE
    )
    assert r.returncode == 78
    assert "askd.conf:" in r.stderr and part in r.stderr and SECRET not in r.stderr
