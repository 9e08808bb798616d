"""askctl doctor: each check sees what it looks for, and what it says mends it, pasted into a shell as it stands."""

import http.server
import json
import os
import pathlib
import re
import shlex
import shutil
import signal
import socket
import subprocess
import threading
import time

import pytest

from client import Client
from conftest import PATIENCE, Daemon, Home, askctl_path, askd_path, build_dir, wait_until
from helpers_keys import private, put_key
from helpers_keys import program as script
from helpers_scripted import Scripted
from helpers_terminal import on_terminal

OLD = build_dir() / "tests" / "old" / "askd-old"
OTHER_UID = 64012
BOUND = 2  # seconds that the doctor waits for a daemon
PROVIDERS_BOUND = 8  # and for providers


class Doctor:
    """Runs askctl doctor --json in a home; `env` for every run. paste: what is typed into the shell before."""

    def __init__(self, home):
        self.home, self.env = home, {}
        self.bin = home.path / "bin"
        self.bin.mkdir(exist_ok=True)
        (self.bin / "askctl").symlink_to(askctl_path())
        script(self.bin / "sudo", 'exec "$@"')
        for name in ("systemctl", "loginctl"):
            script(self.bin / name, "exit 1")

    def shell(self, line, input=""):
        env = self.home.env(**{"ASKD_AUTOSTART": "0", **self.env})
        env["PATH"] = f"{self.bin}:{env.get('PATH', '/usr/bin:/bin')}"
        # The tests' builds may lie anywhere; the daemon is the one under test.
        env.setdefault("ASKD_DAEMON", str(self.home.askd or askd_path()))
        return subprocess.run(["bash", "-c", line], env=env, input=input, capture_output=True, text=True, timeout=PATIENCE)

    def __call__(self, *args, paste="", input=""):
        paste = paste + "\n" if paste else ""
        r = self.shell(f"{paste}exec askctl doctor --json {shlex.join(args)}", input)
        result = json.loads(r.stdout.splitlines()[-1])
        faults = [f for f in result["findings"] if f["level"] == "fault"]
        assert len(faults) == result["faults"] and r.returncode == (1 if faults else 0), (r, result)
        self.last = result
        return result["findings"]

    def find(self, check, level, words="", *args, **kw):
        """The one finding of that kind."""
        found = [f for f in self(*args, **kw) if (f["check"], f["level"]) == (check, level) and words in f["text"]]
        assert len(found) == 1, (check, level, words, self.last)
        return found[0]

    def gone(self, found, *args, **kw):
        """Is it gone once its mend was pasted? All lines of it."""
        after = self(*args, paste="\n".join(found["mend"]), **kw)
        same = [f for f in after if (f["check"], f["level"], f["text"]) == (found["check"], found["level"], found["text"])]
        assert found["mend"] and not same, (found, after)
        return after


@pytest.fixture
def doctor(home):
    return Doctor(home)


@pytest.fixture
def configured(home, provider):
    home.write_config(provider.base_url)
    return home


def levels(findings, *checks):
    return {(f["check"], f["level"]) for f in findings if f["check"] in checks}


def need_root():
    if os.geteuid() != 0:
        pytest.skip("only root can be several users")


def end(pid):
    os.kill(pid, signal.SIGTERM)
    wait_until(lambda: has_ended(pid), "the daemon ends")


def has_ended(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


# -- nothing is wrong


def test_all_is_well(daemon, doctor):
    findings = doctor()
    assert doctor.last["faults"] == 0
    expected = ("socket", "folder", "config", "daemon", "version", "locks", "store", "disk", "keys", "question", "providers")
    assert {(c, "ok") for c in expected} == levels(findings, *expected)


def test_for_people(daemon, doctor):
    r = doctor.shell("askctl doctor")
    lines = r.stdout.splitlines()
    assert (r.returncode, r.stderr) == (0, "") and re.fullmatch(r"Nothing is wrong\.|0 faults, \d+ warnings?\.", lines[-1])
    assert all(re.match(r"(ok|note|warning|fault) +[a-z ]+ +\S|$| {22}\S", line) for line in lines[:-2]), r.stdout


def test_every_askctl_that_is_told_exists():
    """What mends things names verbs that there are."""
    sources = pathlib.Path(__file__).resolve().parents[2] / "client" / "ctl"
    text = "".join(f.read_text() for f in sources.glob("doctor*.c"))
    told = set(re.findall(r"[^a-z]askctl ([a-z]+)", "".join(re.findall(r"doctor_mend\(d,.*?\);", text, re.S))))
    verbs = subprocess.run([askctl_path(), "--help"], capture_output=True, text=True).stdout
    assert told and not {v for v in told if not re.search(rf"\b{v}\b", verbs)}


def test_asks_no_provider_offline(daemon, provider, doctor):
    assert not levels(doctor("--offline"), "providers")
    assert provider.stats()["requests"] == 0
    assert levels(doctor(), "providers") == {("providers", "ok")}
    assert provider.stats()["requests"] == 1


# -- the socket and its folder


def test_folder_open_to_others(daemon, home, doctor):
    home.socket.parent.chmod(0o755)
    found = doctor.find("folder", "fault", "mode 0755")
    assert ("daemon", "fault") not in levels(doctor.last["findings"], "daemon"), "the reason is told once"
    doctor.gone(found)
    assert levels(doctor(), "folder", "daemon") == {("folder", "ok"), ("daemon", "ok")}


def test_folder_is_a_link(home, configured, doctor):
    real = home.path / "elsewhere"
    real.mkdir(mode=0o700)
    home.socket.parent.symlink_to(real)
    doctor.gone(doctor.find("folder", "fault", "is a link"))


def test_named_folder_is_a_link(daemon, home, doctor):
    link = home.path / "a link"
    link.symlink_to(home.socket.parent)
    doctor.env["ASKD_SOCKET"] = str(link / "askd.sock")
    after = doctor.gone(doctor.find("folder", "fault", "is a link"))
    assert ("daemon", "ok") in levels(after, "daemon")


def test_folder_is_a_file(home, configured, doctor):
    home.socket.parent.write_text("")
    doctor.gone(doctor.find("folder", "fault", "is none"))


def test_folder_of_somebody_else(home, configured, doctor):
    need_root()
    home.socket.parent.mkdir(mode=0o700)
    os.chown(home.socket.parent, OTHER_UID, OTHER_UID)
    doctor.gone(doctor.find("folder", "fault", f"belongs to uid {OTHER_UID}"))


def test_no_socket_in_its_place(home, configured, doctor):
    home.socket.parent.mkdir(mode=0o700)
    home.socket.write_text("")
    doctor.gone(doctor.find("folder", "fault", "is no socket"))


def test_runtime_folder_open_to_others(home, configured, doctor):
    home.runtime.chmod(0o755)
    found = [f for f in doctor() if f["check"] == "runtime"]
    assert len(found) == 1 and found[0]["level"] in ("note", "warning") and "is open to others" in found[0]["text"]
    doctor.gone(found[0])


def test_runtime_folder_of_somebody_else(home, configured, doctor):
    need_root()
    os.chown(home.runtime, OTHER_UID, OTHER_UID)
    found = [f for f in doctor() if f["check"] == "runtime"]
    assert len(found) == 1 and "as after su or sudo" in found[0]["text"]
    if found[0]["mend"] != ["loginctl enable-linger"]:
        doctor.gone(found[0])


def test_foreign_text_is_harmless(home, doctor):
    doctor.env["ASKD_SOCKET"] = "/tmp/\x1b[31m\nok fake\x07/x.sock"
    r = doctor.shell("askctl doctor")
    assert r.returncode == 1 and not re.search("[\x00-\x09\x0b-\x1f]", r.stdout) and "\nok fake" not in r.stdout


# -- the daemon


def test_no_daemon_and_none_is_to_be_started(home, configured, doctor):
    found = doctor.find("daemon", "fault", "ASKD_AUTOSTART=0")
    after = doctor.gone(found)
    assert ("daemon", "note") in levels(after, "daemon")
    assert not home.socket.exists(), "nothing is started by looking"


def test_starts_one_where_that_is_asked(home, configured, doctor):
    doctor.env["ASKD_AUTOSTART"] = "1"
    found = doctor.find("daemon", "note", "the next question starts")
    assert found["mend"] == ["askctl doctor --start"]
    assert ("daemon", "ok") in levels(doctor("--start"), "daemon")
    with Client(home.socket) as c:
        pid = c.call("status")["pid"]
    end(pid)


def test_starts_none_where_something_is_wrong(home, configured, doctor):
    doctor.env["ASKD_AUTOSTART"] = "1"
    home.config.chmod(0o644)
    doctor.find("daemon", "note", "once what is told above is mended", "--start")
    assert not home.socket.exists()


def test_named_and_nobody_there(home, configured, doctor):
    doctor.env["ASKD_SOCKET"] = str(home.path / "none.sock")
    doctor.gone(doctor.find("daemon", "fault", "no daemon listens on"))


def test_no_program(home, configured, doctor):
    doctor.env["ASKD_DAEMON"] = str(home.path / "none")
    found = doctor.find("daemon", "fault", "no program askd is found")
    (mend,) = found["mend"]
    after = doctor(paste=mend.replace("/path/to/askd", str(askd_path())))
    assert not [f for f in after if "no program" in f["text"]]


def test_stopped_daemon(daemon, doctor):
    daemon.signal(signal.SIGSTOP)
    try:
        begin = time.monotonic()
        found = doctor.find("daemon", "fault", "it is stopped")
        assert time.monotonic() - begin < BOUND + PATIENCE / 3
        assert found["mend"] == [f"kill -CONT {daemon.pid}"]
        assert ("daemon", "ok") in levels(doctor.gone(found), "daemon")
    finally:
        daemon.signal(signal.SIGCONT)


def test_nobody_accepts(home, configured, doctor):
    """Not even connecting ends."""
    home.socket.parent.mkdir(mode=0o700)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(home.socket))
        listener.listen(0)
        with socket.socket(socket.AF_UNIX) as waiting:
            waiting.connect(str(home.socket))
            begin = time.monotonic()
            doctor.find("daemon", "fault", "does not answer")
            assert time.monotonic() - begin < BOUND + PATIENCE / 3


def test_no_daemon_of_ours(home, configured, doctor):
    """Something else that listens there, and says what is no protocol."""
    home.socket.parent.mkdir(mode=0o700)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(home.socket))
        listener.listen()
        proc = subprocess.Popen(
            ["/usr/bin/python3", "-c", "import socket,sys;s=socket.socket(fileno=0);c,_=s.accept();c.sendall(b'HTTP/1.1 400 \\x1b[2J\\r\\n');c.close()"],
            stdin=listener,
        )
        assert ("daemon", "fault") in levels(doctor(), "daemon")
        proc.wait(PATIENCE)


@pytest.mark.askd(daemon={"max_connections": "2"})
def test_full_daemon(daemon, home, doctor):
    first = daemon.connect()
    wait_until(lambda: first.call("status")["connections"] == 1, "whoever waited for the daemon has gone")
    daemon.connect().call("status")
    found = doctor.find("daemon", "fault", "max_connections")
    doctor.env["EDITOR"] = "sed -i s/^max_connections.*/max_connections=9/"
    doctor.shell("\n".join(found["mend"]))
    wait_until(lambda: ("daemon", "ok") in levels(doctor(), "daemon"), "the daemon takes more")


def test_older_daemon(home, configured, doctor, start_daemon):
    home.askd = OLD
    start_daemon()
    home.askd = None
    found = doctor.find("version", "warning", "older than this askctl")
    doctor.shell("\n".join(found["mend"]))
    wait_until(lambda: not home.socket.exists(), "the old daemon ends")


def test_newer_daemon(home, doctor):
    scripted = Scripted(home)
    scripted.replies["hello"] = {"server": "askd", "version": "99.0", "autostarted": False}
    scripted.replies["status"] = {"version": "99.0", "pid": os.getpid(), "uptime": 1.0, "providers": []}
    doctor.find("version", "warning", "older than the daemon, 99.0")


# -- locks and strays


def test_state_held_by_another(home, configured, doctor, start_daemon):
    elsewhere = home.path / "other.sock"
    d = start_daemon(args=["--socket", str(elsewhere)], wait=False)
    wait_until(elsewhere.exists, "askd listens")
    found = doctor.find("locks", "fault", "serves another socket")
    assert found["mend"] == [f"kill {d.pid}"]
    assert [f for f in doctor.last["findings"] if f["check"] == "strays" and f"(pid {d.pid}) serves {elsewhere}" in f["text"]]
    doctor.shell("\n".join(found["mend"]))
    assert d.wait() == 0
    assert ("locks", "fault") not in levels(doctor(), "locks")


def test_socket_was_removed(daemon, home, doctor):
    home.socket.unlink()
    found = doctor.find("locks", "fault", "serves no socket there")
    stray = [f for f in doctor.last["findings"] if f["check"] == "strays" and f"(pid {daemon.pid})" in f["text"]]
    assert [f["mend"] for f in stray] == [[f"kill {daemon.pid}"]] == [found["mend"]]
    doctor.shell("\n".join(found["mend"]))
    assert daemon.wait() == 0
    after = doctor()
    assert ("locks", "fault") not in levels(after, "locks") and not [f for f in after if f"(pid {daemon.pid})" in f["text"]]


def test_another_home_s_daemon_is_told_of(daemon, provider, doctor):
    with Home.made() as other:
        other.write_config(provider.base_url)
        d = Daemon(other)
        try:
            (found,) = [f for f in doctor() if f"(pid {d.pid})" in f["text"]]
            assert (found["check"], found["level"]) == ("strays", "note") and str(other.socket) in found["text"]
        finally:
            d.finish()


# -- the service manager


class Manager:
    """systemctl and loginctl as the doctor sees them, with a state that their commands change."""

    def __init__(self, doctor, socket=("active", "enabled"), service="inactive", result="success", linger="yes"):
        self.state = doctor.home.path / "units"
        self.state.mkdir()
        for name, text in (
            ("active", socket[0]), ("file", socket[1]), ("service", service), ("linger", linger),
        ):  # fmt: skip
            (self.state / name).write_text(text)
        s = self.state
        script(
            doctor.bin / "systemctl",
            f"""case "$*" in
            *show*)
                echo LoadState=loaded; echo "ActiveState=$(cat {s}/active)"; echo "UnitFileState=$(cat {s}/file)"; echo Result=success
                echo; echo Result={result}; echo LoadState=loaded; echo "ActiveState=$(cat {s}/service)"; echo UnitFileState=disabled;;
            *reset-failed*) echo inactive >{s}/service; echo inactive >{s}/active;;
            *enable*--now*) echo enabled >{s}/file; echo active >{s}/active;;
            *start*) echo active >{s}/active;;
            *) exit 1;;
            esac""",
        )
        script(doctor.bin / "loginctl", f'case "$1" in enable-linger) echo yes >{s}/linger;; *) echo Linger=$(cat {s}/linger);; esac')
        script(doctor.bin / "journalctl", "echo why it failed")


def test_units_are_well(daemon, doctor):
    Manager(doctor)
    assert levels(doctor(), "units") == {("units", "ok")}


def test_units_are_not_there(daemon, doctor):
    assert not levels(doctor(), "units")


@pytest.mark.parametrize(
    "state, level, words",
    [
        ({"service": "failed", "result": "exit-code"}, "fault", "has failed (exit-code)"),
        ({"socket": ("failed", "enabled")}, "fault", "askd.socket has failed"),
        ({"socket": ("inactive", "disabled")}, "note", "not enabled"),
        ({"socket": ("inactive", "enabled")}, "warning", "not started"),
        ({"linger": "no"}, "note", "last login session"),
    ],
)
def test_units(daemon, doctor, state, level, words):
    Manager(doctor, **state)
    doctor.gone(doctor.find("units", level, words))


def test_started_by_a_client_beside_the_unit(home, configured, doctor, start_daemon):
    Manager(doctor)
    start_daemon(env={"ASKD_AUTOSTARTED": "1"})
    found = doctor.find("units", "warning", "beside the unit")
    doctor.shell("\n".join(found["mend"]))
    wait_until(lambda: not home.socket.exists(), "the daemon ends")


# -- configuration and keys in files


def test_configuration_with_a_fault(home, configured, doctor):
    with home.config.open("a") as f:
        f.write("nonsense = 1\n")
    found = doctor.find("config", "fault", "unknown key 'nonsense'")
    number = len(home.config.read_text().splitlines())
    assert found["mend"] == [f"${{EDITOR:-vi}} +{number} {home.config}"]
    doctor.env["EDITOR"] = str(script(doctor.bin / "edit", "shift; sed -i /nonsense/d \"$1\""))
    doctor.gone(found)


@pytest.mark.parametrize("mode", [0o644, 0o640])
def test_configuration_with_a_key_open_to_others(home, configured, doctor, mode):
    home.config.chmod(mode)
    doctor.gone(doctor.find("config", "fault", "by others"))
    assert home.config.stat().st_mode & 0o777 == 0o600


def test_key_file_open_to_others(home, provider, doctor):
    key = private(home.path / "a key's file", "sk-abcdefgh0123")
    key.chmod(0o644)
    home.write_config(provider.base_url, provider={"key": None, "key_file": str(key)})
    doctor.gone(doctor.find("config", "fault", "can be read by others"))


def test_configuration_that_others_can_write(home, configured, doctor):
    home.config_dir.chmod(0o777)
    doctor.gone(doctor.find("config", "warning", f"others can write to {home.config_dir} "))


def test_drop_in_of_somebody_else(home, configured, doctor):
    need_root()
    folder = home.config_dir / "askd.conf.d"
    folder.mkdir()
    (folder / "x.conf").write_text("")
    os.chown(folder / "x.conf", OTHER_UID, OTHER_UID)
    doctor.gone(doctor.find("config", "warning", f"belongs to uid {OTHER_UID}"))


def test_imported_key_open_to_others(home, configured, doctor):
    put_key(home, "openai", "sk-abcdefgh0123", mode=0o640)
    doctor.gone(doctor.find("key files", "fault", "is open to others"))
    assert ("key files", "ok") in levels(doctor(), "key files")


def test_folder_of_keys_open_to_others(home, configured, doctor):
    put_key(home, "openai", "sk-abcdefgh0123")
    (home.config_dir / "keys").chmod(0o750)
    doctor.gone(doctor.find("key files", "fault", "folder of keys"))


def test_empty_key(home, configured, doctor):
    put_key(home, "openai", "")
    found = doctor.find("key files", "warning", "is empty")
    doctor.shell("\n".join(found["mend"]), input="sk-abcdefgh0123\n")
    assert ("key files", "ok") in levels(doctor(), "key files")


def test_key_that_nobody_can_fetch(home, configured, doctor):
    put_key(home, "openai.secret-service", "")
    doctor.env["ASKD_LIBEXEC"] = str(home.path)
    found = doctor.find("key files", "fault", "ask-secret")
    doctor.shell("\n".join(found["mend"]), input="sk-abcdefgh0123\n")
    assert ("key files", "ok") in levels(doctor(), "key files")


# -- what is kept


def test_damaged_database(home, configured, doctor, start_daemon):
    d = start_daemon()
    c = d.connect()
    c.result(c.chat("echo", "kept", conversation="new"))
    d.end()
    path = home.state / "askd" / "askd.db"
    size = path.stat().st_size
    os.truncate(path, size - size // 4)
    found = doctor.find("disk", "fault", "is shorter than it should be")
    if not shutil.which("sqlite3"):
        pytest.skip("no sqlite3 that mends it")
    doctor.gone(found)


def test_no_database(home, configured, doctor, start_daemon):
    folder = home.state / "askd"
    folder.mkdir(mode=0o700)
    private(folder / "askd.db", "this is no database, whatever its name says " * 100)
    d = start_daemon()
    c = d.connect()
    wait_until(lambda: c.call("status")["store"]["state"] != "opening", "the database is refused")
    doctor.find("store", "fault", "damaged")
    doctor.find("disk", "fault", "is no database")


def test_damaged_cache(home, configured, doctor):
    folder = home.path / "cache" / "askd"
    folder.mkdir(mode=0o700)
    private(folder / "cache.db", "this is no database, whatever its name says " * 100)
    doctor.gone(doctor.find("disk", "warning", "is no database"))


def test_small_disk(home, configured, doctor):
    mount = ["mount", "-t", "tmpfs", "-o", "size=2m,mode=700", "tmpfs", str(home.state)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True).returncode != 0:
        pytest.skip("no file system can be mounted here")
    try:
        (home.state / "askd").mkdir(mode=0o700)
        doctor.find("disk", "fault", "are free in")
    finally:
        subprocess.run(["umount", "-l", str(home.state)], check=True)
    assert ("disk", "fault") not in levels(doctor(), "disk")


def test_clock_that_went_back(home, configured, doctor):
    folder = home.state / "askd"
    folder.mkdir(mode=0o700)
    lists = private(folder / "models.json", "{}")
    later = time.time() + 7200
    os.utime(lists, (later, later))
    found = doctor.find("clock", "warning", "went back")
    assert found["mend"] == ["sudo timedatectl set-ntp true"]
    script(doctor.bin / "timedatectl", f"touch {lists}")  # now is later
    doctor.gone(found)


def test_old_lists_of_models(daemon, home, doctor):
    lists = private(home.state / "askd" / "models.json", "{}")
    before = time.time() - 40 * 86400
    os.utime(lists, (before, before))
    doctor.gone(doctor.find("models", "note", "40d ago"))


# -- what is installed, and the terminal


def test_parts_are_missing(home, configured, doctor):
    doctor.env.update(ASKD_LIBEXEC=str(home.path), ASKD_DATADIR=str(home.path))
    for name in ("ask-tty", "models.ini"):
        found = doctor.find("parts", "warning", f"{home.path}/{name}")
        assert "ls -l" in found["mend"][0]
        script(home.path / name, "")
        assert not [f for f in doctor() if f["check"] == "parts" and name in f["text"]]


def test_terminal(home, configured, doctor):
    """What is shown there is for a terminal of 80 columns."""
    env = {**doctor.home.env(ASKD_AUTOSTART="0", ASKD_DAEMON=str(askd_path())), "TERM": "xterm"}
    for locale, term, words in (
        ("C", "xterm", "the locale is not for UTF-8"),
        ("xx_YY.UTF-8", "xterm", "is not installed"),
        ("C.UTF-8", "dumb", "$TERM is dumb"),
        ("C.UTF-8", "xterm", "the terminal shows UTF-8"),
    ):
        _, text = on_terminal([askctl_path(), "doctor"], {**env, "LC_ALL": locale, "TERM": term}, 80, 24)
        assert words in " ".join(text.split()), (locale, term, text)


# -- what a question needs


@pytest.mark.askd(daemon={"default_model": "fake/nobody", "log_level": "info"})
def test_question_that_goes_somewhere(daemon, doctor):
    found = doctor.find("question", "ok")
    assert found["text"] == "a question without -m goes to nobody at fake"


@pytest.mark.askd(daemon={"default_model": "no-such-model"})
def test_default_model_that_nobody_has(daemon, home, doctor):
    found = doctor.find("question", "fault", "would be refused")
    assert "askctl models --available" in found["mend"][0]
    home.config.write_text(home.config.read_text().replace("no-such-model", "fake/echo"))
    assert ("question", "ok") in levels(doctor(paste="askctl call config.reload"), "question")


@pytest.mark.askd(extra='[budget "small"]\nlimit = 1 requests\nper = month')
def test_spent_budget(daemon, client, home, doctor):
    client.result(client.chat("echo", "once", cache="off"))
    found = doctor.find("budgets", "warning", "the budget small of 1 requests is spent")
    doctor.env["EDITOR"] = str(script(doctor.bin / "edit", 'sed -i "s/^limit = .*/limit = 99 requests/" "$1"'))
    doctor.gone(found)


def test_no_key_at_all(home, doctor, start_daemon):
    home.config.write_text("")
    start_daemon()
    found = doctor.find("providers", "fault", "no provider can be asked yet")
    assert found["mend"] == ["askctl setup"]
    found = doctor.find("keys", "warning", "no key of any provider; only a local server could", "--offline")
    assert found["mend"] == ["askctl setup"]


def test_no_key_and_no_daemon(home, doctor):
    """What a newcomer sees first."""
    home.config.write_text("")
    doctor.env["ASKD_AUTOSTART"] = "1"
    found = doctor.find("keys", "warning", "no provider can be asked yet")
    assert found["mend"] == ["askctl setup"]


@pytest.mark.parametrize("has", ["a key file", "a variable", "a section"])
def test_a_key_without_a_daemon(home, doctor, has):
    home.config.write_text('[provider "mine"]\nbase_url = http://127.0.0.1:1/v1\n' if has == "a section" else "")
    doctor.env["ASKD_AUTOSTART"] = "1"
    if has == "a key file":
        put_key(home, "openai", "sk-abcdefgh0123456789")
    elif has == "a variable":
        doctor.env["OPENAI_API_KEY"] = "sk-abcdefgh0123456789"
    assert levels(doctor(), "keys") == set() and levels(doctor.last["findings"], "daemon") == {("daemon", "note")}


def test_a_local_server_needs_no_key(home, provider, doctor, start_daemon):
    home.config.write_text(f'[provider "ollama"]\napi = openai-chat\nbase_url = {provider.base_url}\n')
    start_daemon()
    assert ("providers", "ok") in levels(doctor(), "providers") and doctor.last["faults"] == 0


def test_key_in_this_environment_alone(home, provider, doctor, start_daemon):
    home.write_config(provider.base_url)
    start_daemon()
    doctor.env["OPENAI_API_KEY"] = "sk-abcdefgh0123456789"
    found = doctor.find("keys", "warning", "OPENAI_API_KEY is set here", "--offline")
    assert found["mend"] == ["askctl keys import openai"]
    doctor.gone(found, "--offline")
    assert "sk-abcdefgh" not in json.dumps(doctor.last)


def test_providers_wrong_slow_and_right(home, provider, doctor, start_daemon):
    with socket.socket() as silent, socket.socket() as dead:
        for s in (silent, dead):
            s.bind(("127.0.0.1", 0))
        silent.listen()
        sections = {
            "wrong": provider.behave("status-401"),
            "silent": f"http://127.0.0.1:{silent.getsockname()[1]}/v1",
            "dead": f"http://127.0.0.1:{dead.getsockname()[1]}/v1",
        }
        extra = "\n".join(
            f'[provider "{n}"]\napi = openai-chat\nbase_url = {url}\nkey_file = {home.path}/{n}' for n, url in sections.items()
        )
        for n in sections:
            private(home.path / n, f"sk-of-{n}-0123456789")
        home.write_config(provider.base_url, extra=extra)
        start_daemon()
        begin = time.monotonic()
        findings = [f for f in doctor() if f["check"] == "providers"]
        assert time.monotonic() - begin < PROVIDERS_BOUND + PATIENCE / 3
    by_name = {re.split("[: ]", f["text"])[0]: f for f in findings}
    assert by_name["fake"]["level"] == "ok" and " ms" in by_name["fake"]["text"]
    assert by_name["silent"]["level"] == "fault" and "does not answer within" in by_name["silent"]["text"]
    assert by_name["dead"]["level"] == "fault" and by_name["dead"]["mend"][0].startswith("askd --print-config | grep -A20 -F dead ")
    assert by_name["silent"]["mend"][0].startswith("askctl keys test silent ")
    assert by_name["wrong"]["level"] == "fault" and by_name["wrong"]["mend"] == ["askctl keys import wrong"]
    assert "sk-of" not in json.dumps(findings)


def test_who_waits_sees_for_what(home, provider, doctor, start_daemon):
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        extra = f'[provider "silent"]\napi = openai-chat\nbase_url = http://127.0.0.1:{silent.getsockname()[1]}/v1\nkey_file = {home.path}/k'
        private(home.path / "k", "sk-of-silent-0123456789")
        home.write_config(provider.base_url, extra=extra)
        start_daemon()
        _, text = on_terminal([askctl_path(), "doctor"], home.env(TERM="xterm", LANG="C.UTF-8", ASKD_AUTOSTART="0"), 80, 24)
    assert re.search(r"\d of \d providers  waiting for providers to answer", text)
    assert text.index("waiting for providers") < text.index("does not answer within")


class Dated(http.server.BaseHTTPRequestHandler):
    ahead = 0

    def do_GET(self):
        self.send_response(200)  # with Date
        self.end_headers()
        self.wfile.write(b'{"data": [{"id": "m"}]}')

    def date_time_string(self, timestamp=None):
        return super().date_time_string(time.time() + self.ahead)

    def log_message(self, *args):
        pass


def test_clock_that_is_off(home, doctor, start_daemon):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Dated)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        home.write_config(f"http://127.0.0.1:{server.server_address[1]}/v1")
        start_daemon()
        Dated.ahead = 3600
        found = doctor.find("providers", "warning", "that of fake")
        assert re.search(r"the clock is (60\.0|59\.\d|1\.0) (min|h) behind that of fake", found["text"])
        script(doctor.bin / "timedatectl", "exit 0")
        Dated.ahead = 0  # as the command would have it
        doctor.gone(found)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_wrong_key_is_mended(home, provider, doctor, start_daemon):
    put_key(home, "openai", "sk-wrong0123456789")
    base = provider.behave("only-skright0123456789-401")
    home.write_config(provider.base_url, extra=f'[provider "openai"]\nbase_url = {base}')
    start_daemon()
    found = doctor.find("providers", "fault", "openai")
    doctor.shell("\n".join(found["mend"]), input="skright0123456789\n")
    assert ("providers", "fault") not in levels(doctor(), "providers")
