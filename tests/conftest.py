"""Fixtures: the real askd with a home of its own, the fault provider, the two clients. And results as TAP.

Where the programs are: $ASKD names the daemon, $ASKD_BUILDDIR the build tree (daemon/askd, client/ask/ask and
client/ctl/askctl in it); without them the current folder is taken for the build tree. With ASKD_TAP=1 stdout carries
TAP alone and pytest's own report goes to stderr if something failed.
"""

import contextlib
import fcntl
import http.client
import io
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import pytest

HERE = pathlib.Path(__file__).resolve().parent
sys.dont_write_bytecode = True
sys.path[:0] = [str(HERE / "rpc"), str(HERE / "provider")]

from client import Client  # noqa: E402
from grammars import APIS  # noqa: E402

PATIENCE = 30  # seconds after which something is taken for not happening; never waited for when it does
KEY = "sk-test-0123456789abcdef"
TROUBLE = ("ERROR: AddressSanitizer", "ERROR: LeakSanitizer", "runtime error", "handle left open")
# What a sanitizer build needs to be told, but nothing else: the tester's keys are none of the tests' business.
INHERITED = ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "ASAN_OPTIONS", "LSAN_OPTIONS", "UBSAN_OPTIONS")


def asan_options(leaks):
    """Looking for leaks at its end takes a program longer than all else that most of them do: the daemon and the units
    are looked at, but not each of the thousands of clients."""
    return f"{os.environ.get('ASAN_OPTIONS', '')}:detect_leaks={int(leaks)}"


def wait_until(check, what, timeout=PATIENCE, pause=0.02):
    """check()'s first true value; pause: seconds between two looks."""
    end = time.monotonic() + timeout
    while True:
        value = check()
        if value:
            return value
        assert time.monotonic() < end, f"{what}: not within {timeout} s"
        time.sleep(pause)


# -- programs


def build_dir():
    return pathlib.Path(os.environ.get("ASKD_BUILDDIR", ".")).resolve()


def askd_path():
    return pathlib.Path(os.environ.get("ASKD") or build_dir() / "daemon" / "askd")


def ask_path():
    return build_dir() / "client" / "ask" / "ask"


def askctl_path():
    return build_dir() / "client" / "ctl" / "askctl"


# -- the provider


class Provider:
    """The fault provider, in a process of its own."""

    def __init__(self, folder):
        self.port_file = folder / "port"
        script = HERE / "provider" / "fault_provider.py"
        self.proc = subprocess.Popen([sys.executable, str(script), "--port-file", str(self.port_file)])
        wait_until(lambda: self.port_file.exists() or self.proc.poll() is not None, "the provider listens")
        self.port = int(self.port_file.read_text())
        self.base_url = f"http://127.0.0.1:{self.port}/v1"

    def base_of(self, api):
        """The base URL for an API."""
        return f"http://127.0.0.1:{self.port}{APIS[api].base}"

    def behave(self, behaviour):
        """A base URL under which every model behaves like that."""
        return f"http://127.0.0.1:{self.port}/b/{behaviour}/v1"

    def _control(self, method, path):
        conn = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            conn.request(method, path)
            return json.loads(conn.getresponse().read())
        finally:
            conn.close()

    def stats(self):
        return self._control("GET", "/_stats")

    def reset(self):
        self._control("POST", "/_reset")

    def bodies(self):
        return [r["body"] for r in self.stats()["last"] if r["method"] == "POST"]

    def wait_requests(self, n):
        wait_until(lambda: self.stats()["requests"] >= n, f"{n} requests reach the provider")

    def wait_aborted(self, n=1):
        wait_until(lambda: self.stats()["aborted"] >= n, f"{n} requests are aborted")

    def stop(self):
        self.proc.terminate()
        self.proc.wait(PATIENCE)


@pytest.fixture(scope="module", autouse=True)
def alone(request):
    """Files of tests that measure how long an editor stands still take turns."""
    if not request.module.__name__.endswith("_stall"):
        yield
        return
    with open(build_dir() / "stalls.lock", "w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        yield


@pytest.fixture(scope="session")
def provider_process():
    with tempfile.TemporaryDirectory(prefix="askd-p-", dir="/tmp") as folder:
        p = Provider(pathlib.Path(folder))
        yield p
        p.stop()


@pytest.fixture
def provider(provider_process):
    provider_process.reset()
    return provider_process


# -- the daemon


class Home:
    """A HOME with its XDG tree. In /tmp, for a socket's path has 108 bytes."""

    def __init__(self):
        self.path = pathlib.Path(tempfile.mkdtemp(prefix="askd-t-", dir="/tmp"))
        self.runtime = self.path / "run"
        self.config_dir = self.path / "config" / "askd"
        self.state = self.path / "state"
        self.config = self.config_dir / "askd.conf"
        self.socket = self.runtime / "askd" / "askd.sock"
        self.askd = None  # where it is not the build tree's
        for folder in (self.runtime, self.state, self.path / "cache", self.config_dir):
            folder.mkdir(parents=True, mode=0o700)

    def env(self, **more):
        env = {k: os.environ[k] for k in INHERITED if k in os.environ}
        env.update(
            HOME=str(self.path),
            XDG_RUNTIME_DIR=str(self.runtime),
            XDG_CONFIG_HOME=str(self.path / "config"),
            XDG_STATE_HOME=str(self.state),
            XDG_CACHE_HOME=str(self.path / "cache"),
            ASKD_PAGER="cat",  # or a table of a test would wait for a key
            ASAN_OPTIONS=asan_options(leaks=False),
        )
        env.update(more)
        return env

    def write_config(self, base_url, daemon=None, provider=None, extra=""):
        """The usual configuration; a value of None takes a key out of it."""
        sections = {
            "daemon": {"default_model": "fake/echo", "log_level": "debug", "drain_timeout": "2", **(daemon or {})},
            'provider "fake"': {"api": "openai-chat", "base_url": base_url, "key": KEY, **(provider or {})},
        }
        lines = []
        for name, keys in sections.items():
            lines += ["", f"[{name}]"] + [f"{k} = {v}" for k, v in keys.items() if v is not None]
        self.config.write_text("\n".join(lines + [extra, ""]))
        self.config.chmod(0o600)

    def remove(self):
        """What was just ended may be writing its last file still."""

        def removed():
            shutil.rmtree(self.path, ignore_errors=True)
            return not self.path.exists()

        wait_until(removed, f"{self.path} is removed")

    @classmethod
    @contextlib.contextmanager
    def made(cls):
        home = cls()
        try:
            yield home
        finally:
            home.remove()


def run_askd(home, *args, env=None):
    return subprocess.run(
        [str(askd_path()), *args], env=home.env(**(env or {})), capture_output=True, text=True, timeout=PATIENCE
    )


class Daemon:
    """One askd process; several may share a home. via: a command that runs it, and becomes it by exec."""

    def __init__(self, home, env=None, args=(), wait=True, via=()):
        self.home = home
        self.clients = []
        self.expect_status = 0
        self.log = tempfile.TemporaryFile()
        self.proc = subprocess.Popen(
            [*via, str(home.askd or askd_path()), *args],
            env=home.env(**{"ASAN_OPTIONS": asan_options(leaks=True), **(env or {})}),
            stdin=subprocess.DEVNULL,
            stdout=self.log,
            stderr=self.log,
        )
        if wait:
            wait_until(self._listens, "askd listens")

    def _listens(self):
        assert self.proc.poll() is None, f"askd ended with {self.proc.returncode}:\n{self.stderr()}"
        try:
            Client(self.home.socket).close()
        except (FileNotFoundError, ConnectionRefusedError):
            return False
        return True

    @property
    def pid(self):
        return self.proc.pid

    def stderr(self):
        self.log.seek(0)
        return self.log.read().decode(errors="replace")

    def connect(self, **kw):
        c = Client(self.home.socket, timeout=PATIENCE, **kw)
        self.clients.append(c)
        return c

    def end(self, how=signal.SIGTERM):
        """By a signal, of which a good exit status is expected, or the hard way."""
        if how == signal.SIGKILL:
            return self.kill()
        self.signal(how)
        assert self.wait() == 0, self.stderr()

    def signal(self, number):
        self.proc.send_signal(number)

    def wait(self, timeout=PATIENCE):
        return self.proc.wait(timeout)

    def kill(self):
        """The hard way, of which no good exit status is expected."""
        self.proc.kill()
        self.proc.wait()
        self.expect_status = -signal.SIGKILL

    def finish(self):
        """Ends it as a service manager would and looks at what it left behind."""
        for c in self.clients:
            c.close()
        try:
            if self.proc.poll() is None:
                self.proc.terminate()
            try:
                status = self.proc.wait(15)
            except subprocess.TimeoutExpired:
                self.proc.kill()
                self.proc.wait()
                pytest.fail(f"askd did not end on SIGTERM:\n{self.stderr()}")
            text = self.stderr()
            assert status == self.expect_status, f"askd ended with {status}:\n{text}"
            found = [t for t in TROUBLE if t in text]
            assert not found, f"{found}:\n{text}"
        finally:
            self.log.close()


@pytest.fixture
def steered():
    """A provider that says what the test tells it to, when it tells it to."""
    from helpers_steered import Steered  # which needs this module

    s = Steered()
    yield s
    s.close()


@pytest.fixture
def home():
    with Home.made() as h:
        yield h


@pytest.fixture
def start_daemon(home):
    """start_daemon(env=, args=, wait=, via=) -> Daemon, ended at teardown. The configuration is the test's business."""
    started = []

    def start(**kw):
        d = Daemon(home, **kw)
        started.append(d)
        return d

    yield start
    for d in reversed(started):
        d.finish()


@pytest.fixture
def daemon(request, home, provider, start_daemon):
    """askd with the provider "fake". @pytest.mark.askd(daemon={}, provider={}, env={}, extra="") says what differs."""
    marker = request.node.get_closest_marker("askd")
    different = dict(marker.kwargs) if marker else {}
    env = different.pop("env", None)
    home.write_config(provider.base_url, **different)
    return start_daemon(env=env)


@pytest.fixture
def client(daemon):
    return daemon.connect()


@pytest.fixture
def restart(daemon, start_daemon):
    """restart(how=SIGTERM) -> a client of the daemon that comes after it, in the same home."""

    def again(how=signal.SIGTERM):
        daemon.end(how)
        return start_daemon().connect()

    return again


# -- the clients


class Runner:
    """Runs ask or askctl in a home."""

    def __init__(self, path, home):
        self.path, self.home = path, home

    def start(self, *args, env=None, **kw):
        env = self.home.env(**{"ASKD_AUTOSTART": "0", **(env or {})})
        kw = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **kw}
        return subprocess.Popen([str(self.path), *args], env=env, **kw)

    def __call__(self, *args, input=None, env=None):
        """The CompletedProcess, with texts."""
        stdin = subprocess.DEVNULL if input is None else subprocess.PIPE
        proc = self.start(*args, env=env, stdin=stdin)
        try:
            out, err = proc.communicate(None if input is None else input.encode(), timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            proc.kill()
            proc.communicate()
            raise
        return subprocess.CompletedProcess(args, proc.returncode, out.decode(), err.decode())


@pytest.fixture
def ask(home):
    return Runner(ask_path(), home)


@pytest.fixture
def askctl(home):
    return Runner(askctl_path(), home)


# -- TAP

TAP_NAME = 300  # characters of a test's name that are shown

class Tap:
    """One line a test on stdout. pytest's own words are held back and shown on stderr where they are of use."""

    def __init__(self):
        self.count = 0
        self.failed = set()
        self.skipped = {}
        self.words = io.StringIO()
        self.good = False

    def pytest_runtest_logreport(self, report):
        self._note(report)
        if report.when == "teardown":
            self._line(report.nodeid)

    def pytest_collectreport(self, report):
        self._note(report)
        if not report.passed:
            self._line(report.nodeid)

    def _note(self, report):
        if report.failed:
            self.failed.add(report.nodeid)
        elif report.skipped:
            reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
            self.skipped[report.nodeid] = reason.removeprefix("Skipped: ").replace("\n", " ")

    def _line(self, name):
        self.count += 1
        state = "not ok" if name in self.failed else "ok"
        skip = f" # SKIP {self.skipped[name]}" if name in self.skipped and name not in self.failed else ""
        # A number sign would begin a directive, and the driver's awk takes minutes over a line of megabytes.
        print(f"{state} {self.count} - {name[:TAP_NAME].replace('#', '_')}{skip}", flush=True)

    def pytest_sessionfinish(self, exitstatus):
        self.good = exitstatus == pytest.ExitCode.OK

    @pytest.hookimpl(trylast=True)
    def pytest_unconfigure(self):
        print(f"1..{self.count}", flush=True)
        if not self.good:
            sys.stderr.write(self.words.getvalue())


@pytest.hookimpl(trylast=True)
def pytest_configure(config):
    config.addinivalue_line("markers", "askd(daemon, provider, env, extra): what differs in this test's daemon")
    # What a shell starts in its background ignores SIGINT, and so would all that is started from here.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if os.environ.get("ASKD_TAP") == "1":
        tap = Tap()
        config.pluginmanager.register(tap, "askd-tap")
        config.pluginmanager.getplugin("terminalreporter")._tw._file = tap.words
