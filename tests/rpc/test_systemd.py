"""The units and what comes with them, as far as systemd's tools can judge them without being PID 1."""

import ctypes
import os
import pathlib
import re
import shutil
import subprocess
import sys

import pytest

import helpers_confine
from conftest import HERE, PATIENCE, askd_path, build_dir
from helpers_confine import service_settings

TOP = pathlib.Path(__file__).resolve().parents[2]
UNITS = build_dir() / "systemd"
KINDS = ("system", "user")
WORST = 1.5  # exposure of the system's service


def run(*command, **kw):
    return subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, **kw)


def need(program):
    if not shutil.which(program):
        pytest.skip(f"no {program} (Debian: systemd)")


def settings(kind, unit="askd.service"):
    return service_settings(UNITS / kind / unit)


def value(kind, name, unit="askd.service"):
    """The one value of a setting, of any section."""
    found = re.findall(rf"^{name}=(.*)$", (UNITS / kind / unit).read_text(), re.M)
    assert len(found) == 1, (name, found)
    return found[0]


def header(name):
    return re.search(rf'^#define {name} "(.*)"$', (TOP / "lib/base/paths.h").read_text(), re.M)[1]


# -- what the units say


@pytest.mark.parametrize("kind", KINDS)
def test_program_is_named_in_full(kind):
    start = value(kind, "ExecStart").split()
    assert start[0].startswith("/") and start[0].endswith("/askd") and not set("$@{}") & set(start[0])
    assert start[1:] == [f"--{kind}"]


def test_places_are_those_of_the_programs():
    assert value("system", "ListenStream", "askd.socket") == header("PATHS_SYSTEM_SOCKET")
    assert value("user", "ListenStream", "askd.socket") == f"%t/askd/{header('PATHS_SOCKET_NAME')}"
    folders = {line.split()[1]: line.split()[2:5] for line in tmpfiles_lines()}
    assert folders[os.path.dirname(header("PATHS_SYSTEM_SOCKET"))] == ["0755", "askd", "askd"]
    for place, setting in (("STATE", "StateDirectory"), ("CACHE", "CacheDirectory")):
        path = header(f"PATHS_SYSTEM_{place}")
        assert folders[path] == ["0700", "askd", "askd"]
        assert os.path.basename(path) == value("system", setting) and value("system", f"{setting}Mode") == "0700"
    credentials = header("PATHS_SYSTEM_CONFIG") + "/credentials"
    assert folders[credentials] == ["0700", "root", "root"]
    assert f"askd:{credentials}" in settings("system")["LoadCredential"]


@pytest.mark.parametrize("kind", KINDS)
def test_running_answers_may_end(home, kind):
    """The service manager waits longer than the daemon does."""
    shown = run(str(askd_path()), "--print-config", env=home.env()).stdout
    drain = re.search(r"drain_timeout = (\d+) s", shown)
    assert drain, shown
    assert int(value(kind, "TimeoutStopSec")) > int(drain[1])


# -- what systemd says of them


@pytest.fixture
def runnable(home):
    """runnable(kind): the units of that kind, with the built daemon in the place of the one to be installed."""

    def make(kind):
        folder = home.path / kind
        folder.mkdir()
        for name in ("askd.service", "askd.socket"):
            text = (UNITS / kind / name).read_text()
            (folder / name).write_text(re.sub(r"^ExecStart=\S+", f"ExecStart={askd_path()}", text, flags=re.M))
        return [str(folder / "askd.service"), str(folder / "askd.socket")]

    return make


@pytest.mark.parametrize("kind", KINDS)
def test_verify(home, runnable, kind):
    need("systemd-analyze")
    r = run("systemd-analyze", "verify", "--man=no", "--recursive-errors=yes", f"--{kind}", *runnable(kind),
            env=home.env())
    assert (r.returncode, r.stdout, r.stderr) == (0, "", "")


def test_verify_finds_faults(home, runnable):
    """That the test above can fail."""
    need("systemd-analyze")
    service, socket = runnable("system")
    with open(service, "a") as f:
        f.write("[Service]\nNoSuchSetting=1\n")
    r = run("systemd-analyze", "verify", "--man=no", "--recursive-errors=yes", service, socket, env=home.env())
    assert "NoSuchSetting" in r.stderr


def exposure(unit, worst):
    r = run("systemd-analyze", "security", "--offline=true", "--no-pager", f"--threshold={round(worst * 10)}", str(unit))
    score = re.search(r"Overall exposure level for askd\.service: ([0-9.]+)", r.stdout)
    assert score, r.stdout + r.stderr
    return r, float(score[1])


def test_security():
    need("systemd-analyze")
    r, score = exposure(UNITS / "system" / "askd.service", WORST)
    assert score <= WORST, r.stdout
    assert (r.returncode, r.stderr) == (0, "")


def test_security_is_a_gate(home, runnable):
    """That the test above can fail."""
    need("systemd-analyze")
    service = pathlib.Path(runnable("system")[0])
    text = service.read_text()
    service.write_text(text.replace("User=askd\n", "").replace("CapabilityBoundingSet=\n", ""))
    r, score = exposure(service, WORST)
    assert score > WORST and r.returncode != 0


# -- the user and the folders


def tmpfiles_lines():
    lines = (TOP / "systemd/tmpfiles.d/askd.conf").read_text().splitlines()
    return [line for line in lines if line and not line.startswith("#")]


@pytest.fixture
def root(tmp_path):
    """A root folder that our files are installed into."""
    for kind in ("sysusers", "tmpfiles"):
        folder = tmp_path / "usr/lib" / f"{kind}.d"
        folder.mkdir(parents=True)
        shutil.copy(TOP / "systemd" / f"{kind}.d" / "askd.conf", folder)
    (tmp_path / "etc").mkdir()
    return tmp_path


def test_sysusers(root):
    need("systemd-sysusers")
    r = run("systemd-sysusers", f"--root={root}", "--dry-run", "askd.conf")
    assert r.returncode == 0, r.stderr
    assert "Creating group 'askd'" in r.stderr and "Creating user 'askd'" in r.stderr
    assert not (root / "etc/passwd").exists()


def test_user_and_folders(root):
    need("systemd-sysusers")
    need("systemd-tmpfiles")
    if os.geteuid() != 0:
        pytest.skip("only root can give folders to another user")
    r = run("systemd-sysusers", f"--root={root}", "askd.conf")
    assert r.returncode == 0, r.stderr
    name, _, uid, gid, _, state, shell = (root / "etc/passwd").read_text().strip().split(":")
    assert (name, state) == ("askd", header("PATHS_SYSTEM_STATE")) and shell.endswith("/nologin")
    assert (root / "etc/group").read_text().startswith(f"askd:x:{gid}:")
    r = run("systemd-tmpfiles", f"--root={root}", "--create", "askd.conf")
    assert (r.returncode, r.stderr) == (0, "")
    ids = {"root": (0, 0), "askd": (int(uid), int(gid))}
    for _, path, mode, user, _, _ in map(str.split, tmpfiles_lines()):
        st = (root / path[1:]).stat()
        assert (f"{st.st_mode & 0o7777:04o}", (st.st_uid, st.st_gid)) == (mode, ids[user]), path


# -- the daemon as the service


@pytest.fixture
def confined():
    need("systemd-analyze")
    try:
        ctypes.CDLL(helpers_confine.LIBRARY)
    except OSError:
        pytest.skip(f"no {helpers_confine.LIBRARY} (Debian: libseccomp2)")
    return [sys.executable, str(HERE / "rpc" / "helpers_confine.py"), str(UNITS / "system" / "askd.service")]


def test_confinement_confines(confined):
    """That the test below can fail: what the service must not do is refused, and does not kill."""
    tries = "import os, socket\nfor f in (lambda: os.chroot('/'), lambda: socket.socket(socket.AF_NETLINK)):\n" \
        "    try: f(); print('done')\n    except OSError: print('refused')\n"
    r = run(*confined, sys.executable, "-c", tries)
    assert (r.returncode, r.stdout) == (0, "refused\nrefused\n"), r.stderr


def test_daemon_lives_with_the_services_confinement(home, provider, start_daemon, confined):
    # The leak checker stops its process by ptrace, which the service may not.
    asan = os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0"
    home.write_config(provider.base_url)
    d = start_daemon(via=confined, env={"ASAN_OPTIONS": asan})
    status = pathlib.Path(f"/proc/{d.pid}/status").read_text()
    assert re.search(r"^Seccomp:\s+2$", status, re.M) and re.search(r"^NoNewPrivs:\s+1$", status, re.M)
    limit = re.search(r"^Max open files\s+(\d+)\s+(\d+)", pathlib.Path(f"/proc/{d.pid}/limits").read_text(), re.M)
    assert limit[1] == limit[2]
    if b"__asan_init" not in askd_path().read_bytes():  # which makes mlock do nothing
        assert re.search(r"^VmLck:\s+[1-9]", status, re.M), "keys are in locked memory"
    c = d.connect()
    assert c.result(c.chat("echo", "hello"))["state"] == "done"
    assert c.result(c.chat("echo", "hello", stream=True))["state"] == "done"
    assert "gpt-4.1" in {m["id"] for m in c.call("models.list")}


def test_keys_and_lists_with_the_services_confinement(home, provider, start_daemon, confined):
    """A command for a key runs, and what the providers list is written into the state folder."""
    asan = os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0"
    home.write_config(provider.base_url, provider={"key": None, "key_command": f"sed s/not-// {home.path}/key"})
    (home.path / "key").write_text("not-of.service\n")
    c = start_daemon(via=confined, env={"ASAN_OPTIONS": asan}).connect()
    assert c.result(c.chat("only-of.service", "hello"))["state"] == "done"
    assert [p.get("error") for p in c.call("models.refresh", {"provider": "fake"})["providers"]] == [None]
    lists = home.state / "askd" / "models.json"
    assert "echo" in lists.read_text() and lists.stat().st_mode & 0o777 == 0o600
