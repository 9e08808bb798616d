"""The daemon as a process: its socket, its lock, its signals, its configuration, its secrets."""

import fcntl
import os
import shutil
import signal
import socket
import stat
import subprocess

import pytest

from client import Closed, text_of
from conftest import KEY, PATIENCE, askd_path, run_askd, wait_until
from fault_provider import words_text

SECRET = "sk-very-secret-9f8e7d6c"


def mode_of(path):
    return stat.S_IMODE(os.stat(path).st_mode)


# -- the command line


def test_version(home):
    r = run_askd(home, "--version")
    assert r.returncode == 0
    assert r.stdout.startswith("askd ") and r.stderr == ""


def test_help(home):
    r = run_askd(home, "--help")
    assert r.returncode == 0 and r.stderr == ""
    for option in ("--user", "--system", "--config", "--socket", "--check-config", "--print-config", "--version"):
        assert option in r.stdout
    assert "FILE.d/*.conf" in r.stdout


def test_unknown_option(home):
    r = run_askd(home, "--no-such-option")
    assert r.returncode not in (0, -signal.SIGSEGV)
    assert "no-such-option" in r.stderr and r.stdout == ""


def test_check_config_good(home, provider):
    home.write_config(provider.base_url)
    r = run_askd(home, "--check-config")
    assert r.returncode == 0, r.stderr
    assert not home.socket.exists()


@pytest.mark.parametrize(
    "text, line",
    [
        ("[daemon]\nno_such_key = 1\n", 2),
        ("[daemon]\n\nlog_level = shouting\n", 3),
        ("[daemon]\nmax_answers = many\n", 2),
        ("[daemon]\nmax_answers = -1\n", 2),
        ("[daemon]\nretain = 1 h\nretain = 2 h\n", 3),
        ("\n[nosuch]\n", 2),
        ("# a comment\n[daemon\n", 2),
        ("[daemon]\ndefault_model = " + "x" * 400 + "\n", 2),
        ('[provider "a"]\napi = telepathy\n', 2),
        ('\n[provider "a"]\n', 2),
        ("[daemon]\n\ndefault_model = nosuch/m\n", 3),
        ("[cache]\nnamespace = " + "n" * 118 + "\n", 2),
        ("[cache]\nbackend = paper\n", 2),
        ('[budget "b"]\nlimit = 20 dollars\n', 2),
        ('[budget "b"]\nper = day\n', 2),
        ("[rates]\neur = 0\n", 2),
    ],
    ids=[
        "unknown key",
        "enum",
        "number",
        "range",
        "twice",
        "section",
        "syntax",
        "long line",
        "api",
        "empty section",
        "model of nobody",
        "long namespace",
        "unknown backend",
        "no amount",
        "no limit",
        "no rate",
    ],
)
def test_check_config_bad(home, text, line):
    home.config.write_text(text)
    r = run_askd(home, "--check-config")
    assert r.returncode > 0
    assert f"askd.conf:{line}" in r.stderr


def test_a_budget_in_which_nothing_counts(home):
    """It stops nothing, so it is told, but the provider may be there another time."""
    home.config.write_text('[budget "b"]\nlimit = 20 usd\nprovider = nosuch\n')
    r = run_askd(home, "--check-config")
    assert r.returncode == 0
    assert "askd.conf:3: nothing counts in this budget: there is no provider nosuch" in r.stderr
    home.config.write_text('[provider "mine"]\nbase_url = http://127.0.0.1:1\n\n[budget "b"]\nlimit = 20 usd\nprovider = mine\n')
    assert run_askd(home, "--check-config").stderr == ""


@pytest.mark.parametrize("model", ["deepseek/m", "ollama/m", "openrouter/auto", "gpt-4.1", "mine/m"])
def test_default_model_of_somebody(home, model):
    home.config.write_text(f'[daemon]\ndefault_model = {model}\n[provider "mine"]\nbase_url = http://127.0.0.1:1\n')
    r = run_askd(home, "--check-config")
    assert (r.returncode, r.stderr) == (0, "")


def test_default_model_that_nobody_knows(home):
    """It may be on a list that is still to be read: no error, but a warning that says where it stands."""
    home.config.write_text("[daemon]\n\ndefault_model = bare\n")
    r = run_askd(home, "--check-config")
    assert r.returncode == 0
    assert "askd.conf:3: bare is no model" in r.stderr


def test_relative_socket(home):
    r = run_askd(home, "--socket", "relative.sock")
    assert r.returncode == os.EX_USAGE and "relative.sock" in r.stderr


def test_bad_config_does_not_start(home):
    home.config.write_text("[daemon]\nno_such_key = 1\n")
    r = run_askd(home)
    assert r.returncode > 0
    assert "askd.conf:2" in r.stderr and "no_such_key" in r.stderr
    assert not home.socket.exists()


def test_config_alone(home, provider, tmp_path):
    home.config.write_text("[daemon]\nno_such_key = 1\n")
    other = tmp_path / "other.conf"
    other.write_text("[daemon]\nretain = 2 h\n")
    assert run_askd(home, "--config", str(other), "--check-config").returncode == 0


def test_config_that_is_not_there(home, tmp_path):
    r = run_askd(home, "--config", str(tmp_path / "none.conf"), "--check-config")
    assert r.returncode > 0 and "none.conf" in r.stderr


def test_key_that_others_can_read(home, provider):
    home.write_config(provider.base_url)
    home.config.chmod(0o644)
    r = run_askd(home, "--check-config")
    assert r.returncode > 0
    assert "askd.conf" in r.stderr and KEY not in r.stderr


def test_print_config_hides_keys(home, provider):
    home.write_config(provider.base_url, daemon={"retain_max": "77"}, provider={"key": SECRET})
    r = run_askd(home, "--print-config")
    assert r.returncode == 0, r.stderr
    assert SECRET not in r.stdout + r.stderr
    assert any("retain_max = 77" in line and "askd.conf:" in line for line in r.stdout.splitlines())
    assert provider.base_url in r.stdout


def test_system_mode_reads_etc_only(home):
    home.config.write_text("[daemon]\nno_such_key = 1\n")
    r = run_askd(home, "--system", "--check-config")
    assert str(home.config_dir) not in r.stderr
    r = run_askd(home, "--system", "--print-config")
    assert str(home.config_dir) not in r.stdout + r.stderr


# -- the socket


def test_socket_and_folder_are_ours_alone(daemon, home):
    assert mode_of(home.socket) == 0o600
    assert mode_of(home.socket.parent) == 0o700


@pytest.mark.parametrize("mode", [0o755, 0o770, 0o777], ids=oct)
def test_folder_of_the_wrong_mode_is_refused(home, provider, mode):
    home.write_config(provider.base_url)
    home.socket.parent.mkdir()
    home.socket.parent.chmod(mode)
    r = run_askd(home)
    assert r.returncode > 0
    assert str(home.socket.parent) in r.stderr
    assert mode_of(home.socket.parent) == mode, "it is not ours to change"


def test_folder_that_is_a_link_is_refused(home, provider):
    home.write_config(provider.base_url)
    elsewhere = home.path / "elsewhere"
    elsewhere.mkdir(mode=0o700)
    home.socket.parent.symlink_to(elsewhere)
    r = run_askd(home)
    assert r.returncode > 0
    assert list(elsewhere.iterdir()) == []


def test_socket_option(home, provider, start_daemon):
    home.write_config(provider.base_url)
    home.socket = home.path / "own" / "other.sock"
    home.socket.parent.mkdir(mode=0o700)
    d = start_daemon(args=["--socket", str(home.socket)])
    assert d.connect().call("status")["pid"] == d.pid


def test_socket_goes_with_the_daemon(daemon, home):
    daemon.signal(signal.SIGTERM)
    assert daemon.wait() == 0
    assert not home.socket.exists()


def test_stale_socket_is_replaced(home, provider, start_daemon):
    home.write_config(provider.base_url)
    first = start_daemon()
    first.kill()
    assert home.socket.exists()
    second = start_daemon()
    assert second.connect().call("status")["pid"] == second.pid


def test_socket_that_nobody_locked_is_replaced(home, provider, start_daemon):
    home.write_config(provider.base_url)
    home.socket.parent.mkdir(mode=0o700)
    with socket.socket(socket.AF_UNIX) as s:
        s.bind(str(home.socket))
    d = start_daemon()
    assert d.connect().call("status")["pid"] == d.pid


def test_second_daemon_says_who_holds_it(daemon, home):
    r = run_askd(home)
    assert r.returncode == 0
    assert str(daemon.pid) in r.stderr
    assert daemon.connect().call("status")["pid"] == daemon.pid


@pytest.mark.parametrize("where", ["state", "socket"])
def test_another_host_holds_it(home, provider, where):
    """As on a network file system: flock works across it, and the file tells who."""
    home.write_config(provider.base_url)
    folder = home.state / "askd" if where == "state" else home.socket.parent
    folder.mkdir(mode=0o700, parents=True)
    with open(folder / "askd.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        lock.write("4242 elsewhere.example\n")
        lock.flush()
        r = run_askd(home)
    assert r.returncode == 69, "nobody serves here, so it is no success"
    assert f"askd on elsewhere.example (pid 4242) holds {folder}" in r.stderr
    assert not home.socket.exists()


def test_lock_tells_of_us(daemon, home):
    for lock in (home.state / "askd" / "askd.lock", home.socket.parent / "askd.lock"):
        assert lock.read_text() == f"{daemon.pid} {os.uname().nodename}\n"
        assert mode_of(lock) == 0o600


def test_umask(home, provider, start_daemon):
    home.write_config(provider.base_url)
    before = os.umask(0)
    try:
        d = start_daemon()
    finally:
        os.umask(before)
    with open(f"/proc/{d.pid}/status") as f:
        assert "Umask:\t0077\n" in f.read()


# -- its end


@pytest.mark.askd(daemon={"drain_timeout": "60"})
def test_sigterm_drains(daemon, client):
    msgid = client.chat("slow-30-50", stream=True)
    client.wait_event("text")
    daemon.signal(signal.SIGTERM)
    a = client.result(msgid)
    assert (a["state"], a["text"]) == ("done", words_text(30))
    assert text_of(client.events()) == a["text"]
    assert daemon.wait() == 0


@pytest.mark.askd(daemon={"drain_timeout": "60"})
def test_no_new_client_while_it_drains(daemon, home, client):
    client.chat("slow-60-50", stream=True)
    client.wait_event("text")
    daemon.signal(signal.SIGTERM)

    def refused():
        try:
            with daemon.connect() as c:
                return c.response(c.chat("echo"))[0] is not None
        except (Closed, OSError):
            return True

    wait_until(refused, "a new question is refused")


@pytest.mark.askd(daemon={"drain_timeout": "60"})
def test_second_sigterm_stops_at_once(daemon, client):
    client.chat("hang-after-1", stream=True)
    client.wait_event("text")
    daemon.signal(signal.SIGTERM)
    with pytest.raises(subprocess.TimeoutExpired):
        daemon.wait(1)
    daemon.signal(signal.SIGTERM)
    assert daemon.wait() == 0


@pytest.mark.askd(daemon={"drain_timeout": "1"})
def test_drain_timeout(daemon, client):
    msgid = client.chat("hang-after-1", stream=True)
    client.wait_event("text")
    daemon.signal(signal.SIGTERM)
    error, _ = client.response(msgid)
    assert error["code"] == "interrupted"
    assert daemon.wait() == 0


@pytest.mark.askd(daemon={"drain_timeout": "60"})
@pytest.mark.parametrize("how", ["once more", "drain_timeout"])
def test_what_was_interrupted_is_stored(daemon, home, client, provider, start_daemon, how):
    """Whether the waiting is cut short or over: the order stays, and the store closes last."""
    if how == "drain_timeout":
        home.write_config(provider.base_url, daemon={"drain_timeout": "0"})
        client.call("config.reload")
    client.chat("hang-after-3", stream=True, conversation="new")
    answer = client.wait_event("text")[0]
    wait_until(lambda: client.call("answer.get", {"answer": answer})["text"] == words_text(3), "all has come")
    daemon.signal(signal.SIGTERM)
    if how == "once more":
        daemon.signal(signal.SIGTERM)
        daemon.signal(signal.SIGINT)
    assert daemon.wait() == 0
    a = start_daemon().connect().call("answer.get", {"answer": answer})
    assert (a["state"], a["text"], a["error"]["code"]) == ("interrupted", words_text(3), "interrupted")


def test_client_that_does_not_read_does_not_hold_it(home, provider, start_daemon):
    """What waits for it is given STORING_MAX_MS, no more."""
    home.write_config(provider.base_url, daemon={"drain_timeout": "0"})
    d = start_daemon()
    c = d.connect(receive_buffer=4096)
    c.chat("words-200000", stream=True)
    wait_until(lambda: d.connect().call("status")["retained"] == 1, "the answer has ended")
    d.signal(signal.SIGTERM)
    assert d.wait() == 0


def test_sigint_is_as_sigterm(daemon):
    daemon.signal(signal.SIGINT)
    assert daemon.wait() == 0


def test_shutdown(daemon, home, client):
    assert client.call("shutdown") == {}
    assert daemon.wait() == 0
    assert not home.socket.exists()


def test_idle_clients_do_not_keep_it(daemon, client):
    client.call("status")
    daemon.signal(signal.SIGTERM)
    assert daemon.wait() == 0
    assert client.wait_closed()


def test_every_connection_ends_without_a_leak(daemon, provider):
    for i in range(50):
        c = daemon.connect()
        c.chat("hang-after-1" if i % 2 else "echo", stream=True, detach=i % 3 == 0)
        c.close()
    provider.wait_requests(1)
    assert daemon.connect().call("status")["pid"] == daemon.pid


# -- secrets


def everything_said(daemon, client):
    """What a client can make the daemon say, and its log."""
    said = [client.call(m) for m in ("hello", "status", "models.list", "answer.list")]
    for model in ("echo", "status-401", "leak-key", "reset-before-headers"):
        said.append(client.response(client.chat(model)))
    said.append(client.call("answer.list"))
    return repr(said) + daemon.stderr()


@pytest.mark.askd(provider={"key": None, "key_env": "ASKD_TEST_KEY", "retries": "0"}, env={"ASKD_TEST_KEY": SECRET})
def test_key_of_the_environment(daemon, client, provider):
    text = everything_said(daemon, client)
    assert provider.stats()["last"][-1]["headers"]["authorization"] == f"Bearer {SECRET}"
    assert SECRET not in text
    with open(f"/proc/{daemon.pid}/environ", "rb") as f:
        assert SECRET.encode() not in f.read()
    assert "ASKD_TEST_KEY" in client.call("status")["providers"][0]["key_source"]


@pytest.mark.askd(env={"OPENAI_API_KEY": SECRET})
def test_usual_key_of_the_environment(daemon, client):
    with open(f"/proc/{daemon.pid}/environ", "rb") as f:
        assert SECRET.encode() not in f.read()
    status = client.call("status")
    assert SECRET not in repr(status) + daemon.stderr()
    assert "openai" in [p["name"] for p in status["providers"]]


@pytest.mark.askd(provider={"key": SECRET, "retries": "0"})
def test_key_of_the_configuration(daemon, client, provider):
    text = everything_said(daemon, client)
    assert provider.stats()["last"][-1]["headers"]["authorization"] == f"Bearer {SECRET}"
    assert SECRET not in text


def test_key_file(home, provider, start_daemon):
    key_file = home.path / "key"
    key_file.write_text(SECRET + "\n")
    key_file.chmod(0o600)
    home.write_config(provider.base_url, provider={"key": None, "key_file": str(key_file), "retries": "0"})
    d = start_daemon()
    c = d.connect()
    text = everything_said(d, c)
    assert provider.stats()["last"][-1]["headers"]["authorization"] == f"Bearer {SECRET}"
    assert SECRET not in text


def test_key_file_that_others_can_read(home, provider):
    key_file = home.path / "key"
    key_file.write_text(SECRET + "\n")
    key_file.chmod(0o644)
    home.write_config(provider.base_url, provider={"key": None, "key_file": str(key_file)})
    r = run_askd(home)
    assert r.returncode > 0
    assert str(key_file) in r.stderr and SECRET not in r.stderr


# -- what the machine's configuration says to a user's daemon

SYSTEM_CONFIG = '[provider "openai"]\nkey_credential = askd_openai\n'


@pytest.fixture
def etc(home):
    """What runs a program with a configuration of the machine, as far as a user namespace goes."""
    folder = home.path / "etc"
    (folder / "askd").mkdir(parents=True, mode=0o755)
    (folder / "askd" / "askd.conf").write_text(SYSTEM_CONFIG)
    via = ("unshare", "-rm", "sh", "-c", 'mount --bind "$0" /etc && exec "$@"', str(folder))
    if not shutil.which("unshare") or subprocess.run([*via, "true"], capture_output=True).returncode != 0:
        pytest.skip("no namespace of our own to be had")
    return via


def run_with(etc, home, *args, env=None):
    return subprocess.run(
        [*etc, str(askd_path()), *args], env=home.env(**(env or {})), capture_output=True, text=True, timeout=PATIENCE
    )


def test_key_of_the_machine_that_a_user_does_not_have(etc, home, start_daemon):
    d = start_daemon(via=etc)
    where = "/etc/askd/askd.conf:2: no credential askd_openai"
    assert d.stderr().count(where) == 1
    [p] = [p for p in d.connect().call("status")["providers"] if p["name"] == "openai"]
    assert (p["state"], p["key_source"]) == ("no_key", None)


@pytest.mark.parametrize("key", ["key_file = /nonexistent/key", "key_env = NO_SUCH_VARIABLE"])
def test_other_keys_of_the_machine_that_a_user_does_not_have(etc, home, key):
    (home.path / "etc" / "askd" / "askd.conf").write_text(f'[provider "openai"]\n{key}\n')
    r = run_with(etc, home, "--check-config")
    assert r.returncode == 0 and "/etc/askd/askd.conf:2: " in r.stderr


def test_own_key_in_place_of_the_machines(etc, home):
    home.config.write_text(f'[provider "openai"]\nkey = {SECRET}\n')
    home.config.chmod(0o600)
    r = run_with(etc, home, "--check-config")
    assert (r.returncode, r.stderr) == (0, "")


def test_key_that_is_missing_stays_an_error_of_its_owner(etc, home):
    assert run_with(etc, home, "--system", "--check-config").returncode == os.EX_CONFIG
    home.config.write_text('[provider "gemini"]\nkey_credential = askd_gemini\n')
    r = run_with(etc, home, "--check-config")
    assert r.returncode == os.EX_CONFIG and f"{home.config}:2: no credential" in r.stderr


def test_header_of_the_configuration(home, provider, start_daemon):
    home.write_config(provider.base_url, provider={"header": "X-Team: green"})
    c = start_daemon().connect()
    c.result(c.chat("echo"))
    assert provider.stats()["last"][-1]["headers"]["x-team"] == "green"


def test_question_is_not_in_the_log(daemon, client):
    client.result(client.chat("echo", "a-very-private-question"))
    client.response(client.chat("status-400", "a-very-private-question"))
    assert "a-very-private-question" not in daemon.stderr()
