"""askctl keys, the secret service, and the hint at a key that is here but not in the daemon."""

import json
import os
import pty
import re
import shutil
import signal
import subprocess
import termios

import pytest

from conftest import PATIENCE, askctl_path, build_dir, wait_until
from helpers_keys import SECRET, UNUSED, ask_times, private, provider_of, put_key, sent


def test_ctl_import_of_this_environment(home, provider, start_daemon, askctl):
    home.write_config(provider.base_url)
    c = start_daemon().connect()
    r = askctl("keys", "import", env={"OPENAI_API_KEY": SECRET, "XAI_API_KEY": "key.xai", "OTHER_API_KEY": "key.other"})
    folder = home.config_dir / "keys"
    assert r.returncode == 0 and r.stderr == ""
    assert r.stdout.splitlines() == [
        f"openai: stored in {folder}/openai",
        f"xai: stored in {folder}/xai",
        "openai: the daemon has it",
        "xai: the daemon has it",
    ]
    assert sorted(os.listdir(folder)) == ["openai", "xai"]
    assert folder.stat().st_mode & 0o777 == 0o700
    assert [(folder / n).stat().st_mode & 0o777 for n in ("openai", "xai")] == [0o600] * 2
    assert (folder / "openai").read_text() == SECRET + "\n"
    assert provider_of(c, "openai")["state"] == "ready"


def test_ctl_import_from_standard_input(home, provider, start_daemon, askctl):
    home.write_config(provider.base_url, provider=UNUSED)
    c = start_daemon().connect()
    r = askctl("keys", "import", "fake", input=f"  {SECRET}\r\n")
    assert (r.returncode, r.stderr) == (0, "") and "fake: the daemon has it" in r.stdout
    assert ask_times(c, 1) == [None] and sent(provider) == [SECRET]
    assert SECRET[:12] not in r.stdout + r.stderr


def test_ctl_import_without_a_daemon(home, askctl):
    r = askctl("keys", "import", "openai", input=SECRET)
    assert r.returncode == 0 and r.stdout.endswith("no daemon runs; the next one has it\n")
    assert not home.socket.exists()
    assert (home.config_dir / "keys" / "openai").read_text() == SECRET + "\n"


def test_ctl_import_of_what_comes_second(home, provider, start_daemon, askctl):
    home.write_config(provider.base_url)
    start_daemon()
    r = askctl("keys", "import", "fake", input="key.other")
    assert r.stdout.endswith("fake: the daemon goes on with the key from configuration, which comes first\n")
    r = askctl("keys", "import", "nobody", input="key.other")
    assert "nobody: the daemon knows no such provider" in r.stdout


@pytest.mark.parametrize("text", ["", " \n", "two words", "two\nlines", "k" * 4097, "bell\a"])
def test_ctl_import_of_no_key(home, askctl, text):
    r = askctl("keys", "import", "openai", input=text)
    assert r.returncode == os.EX_DATAERR and r.stdout == ""
    assert os.listdir(home.config_dir / "keys") == []
    assert len(text) < 5 or text[:5] not in r.stderr


def test_ctl_import_of_the_longest(home, askctl):
    assert askctl("keys", "import", "openai", input="k" * 4096 + "\n").returncode == 0
    assert len((home.config_dir / "keys" / "openai").read_text()) == 4097


@pytest.mark.parametrize("name", ["../openai", "a/b", ".hidden", "", "x" * 65, "openai.secret-service"])
def test_ctl_import_under_no_name(home, askctl, name):
    assert askctl("keys", "import", name, input="key.a").returncode == os.EX_USAGE
    assert not (home.config_dir / "keys").exists()


def test_ctl_import_where_nothing_is_set(askctl):
    r = askctl("keys", "import")
    assert r.returncode == 1 and "OPENAI_API_KEY" in r.stderr


def test_ctl_import_into_a_folder_that_is_not_ours_alone(home, askctl):
    real = home.path / "elsewhere"
    real.mkdir(mode=0o700)
    folder = home.config_dir / "keys"
    folder.symlink_to(real)
    r = askctl("keys", "import", "openai", input=SECRET)
    assert r.returncode == os.EX_NOPERM and str(folder) in r.stderr and os.listdir(real) == []
    folder.unlink()
    folder.mkdir(mode=0o700)
    folder.chmod(0o750)
    r = askctl("keys", "import", "openai", input=SECRET)
    assert r.returncode == os.EX_NOPERM and str(folder) in r.stderr and os.listdir(folder) == []


def test_ctl_import_into_a_folder_that_a_daemon_refuses(home, provider, start_daemon, askctl):
    """The key is stored and says so; that the daemon does not have it is an error."""
    home.write_config(provider.base_url)
    start_daemon()
    put_key(home, "xai", "key.xai", mode=0o644)
    r = askctl("keys", "import", "openai", input=SECRET)
    assert r.returncode != 0 and "keys/xai can be read by others" in r.stderr and "openai: stored in" in r.stdout


class Terminal:
    """askctl with a terminal of its own for all three."""

    def __init__(self, home, *args, env=None):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.execve(askctl_path(), ["askctl", *args], home.env(**{"ASKD_AUTOSTART": "0", **(env or {})}))
        self.shown = ""

    def read_until(self, text):
        while text not in self.shown:
            try:
                data = os.read(self.fd, 4096)
            except OSError:  # the other end is closed
                data = b""
            assert data, self.shown
            self.shown += data.decode()

    def echoes(self):
        return bool(termios.tcgetattr(self.fd)[3] & termios.ECHO)

    def write(self, data):
        os.write(self.fd, data)

    def wait(self):
        """The wait status, and all that was shown."""
        try:
            while data := os.read(self.fd, 4096):
                self.shown += data.decode()
        except OSError:
            pass
        _, status = os.waitpid(self.pid, 0)
        os.close(self.fd)
        return status


def test_ctl_import_from_a_terminal(home):
    t = Terminal(home, "keys", "import", "openai")
    t.read_until("Key of openai: ")
    assert not t.echoes()
    t.write(SECRET.encode() + b"\n")
    t.read_until("no daemon runs")
    assert t.wait() == 0
    assert SECRET not in t.shown and SECRET[:8] not in t.shown
    assert (home.config_dir / "keys" / "openai").read_text() == SECRET + "\n"


def test_ctl_import_from_a_terminal_takes_what_is_set(home):
    t = Terminal(home, "keys", "import", "openai", env={"OPENAI_API_KEY": SECRET})
    t.read_until("Key of openai (Enter: the one in OPENAI_API_KEY): ")
    t.write(b"\n")
    assert t.wait() == 0 and SECRET not in t.shown
    assert (home.config_dir / "keys" / "openai").read_text() == SECRET + "\n"


@pytest.mark.parametrize("sig", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_ctl_signal_at_the_prompt_gives_the_echo_back(home, sig):
    ours, theirs = pty.openpty()
    env = home.env(ASKD_AUTOSTART="0")
    proc = subprocess.Popen(
        [askctl_path(), "keys", "import", "openai"], env=env, stdin=theirs, stdout=theirs, stderr=theirs
    )
    shown = b""
    while b"Key of openai: " not in shown:
        shown += os.read(ours, 4096)
    assert not termios.tcgetattr(theirs)[3] & termios.ECHO
    proc.send_signal(sig)
    assert proc.wait(PATIENCE) == -sig
    assert termios.tcgetattr(theirs)[3] & termios.ECHO
    os.close(ours)
    os.close(theirs)
    assert os.listdir(home.config_dir / "keys") == []


def test_ctl_stop_at_the_prompt(home):
    """A shell gets its terminal back, and who goes on is asked again."""
    t = Terminal(home, "keys", "import", "openai")
    t.read_until("Key of openai: ")
    os.kill(t.pid, signal.SIGTSTP)
    # A session's only process group is orphaned: the kernel lets it go on at once.
    t.shown = ""
    t.read_until("Key of openai: ")
    assert not t.echoes()
    t.write(b"key.typed\n")
    assert t.wait() == 0
    assert (home.config_dir / "keys" / "openai").read_text() == "key.typed\n"


def test_ctl_rm(home, provider, start_daemon, askctl):
    home.write_config(provider.base_url, provider={**UNUSED, "base_url": "https://127.0.0.1:9/v1"})
    put_key(home, "openai", "key.imported")
    c = start_daemon().connect()
    assert provider_of(c, "openai")
    r = askctl("keys", "rm", "openai")
    assert (r.returncode, r.stderr) == (0, "")
    assert r.stdout == f"openai: removed from {home.config_dir}/keys\nopenai: the daemon has no key any more\n"
    assert provider_of(c, "openai") is None
    r = askctl("keys", "rm", "openai")
    assert r.returncode == 1 and "there is no key of openai" in r.stderr
    put_key(home, "fake", "key.imported")
    home.write_config(provider.base_url)
    assert "goes on with the key from configuration" in askctl("keys", "rm", "fake").stdout


def test_ctl_list(home, provider, start_daemon, askctl):
    home.write_config(provider.base_url, extra='[provider "xai"]\n')
    path = put_key(home, "openai", "key.imported")
    start_daemon()
    r = askctl("keys", "list")
    assert [line.split(None, 1) for line in r.stdout.splitlines()] == [
        ["fake", "ready    configuration"],
        ["xai", "no key   -"],
        ["openai", f"ready    file {path}"],
    ]
    assert {p["name"]: p["key_source"] for p in json.loads(askctl("keys", "list", "--json").stdout)}["xai"] is None


def test_ctl_test(home, provider, start_daemon, askctl):
    bad = f'[provider "bad"]\nbase_url = {provider.behave("status-401")}\nkey = key.bad\n'
    home.write_config(provider.base_url, extra=bad)
    start_daemon()
    r = askctl("keys", "test", "fake")
    assert r.returncode == 0 and re.fullmatch(r"fake +ok +\d+ ms  configuration\n", r.stdout)
    r = askctl("keys", "test")
    assert r.returncode == 1
    assert re.search(r"^bad +unauthenticated +\d+ ms  the provider answered 401: injected 401 \(key from configuration\)$", r.stdout, re.M)
    assert [k["ok"] for k in json.loads(askctl("keys", "test", "--json").stdout)] == [True, False]
    r = askctl("keys", "test", "nobody")
    assert r.returncode == 1 and "there is no provider nobody" in r.stderr


def test_ctl_test_without_any(home, start_daemon, askctl):
    start_daemon()
    r = askctl("keys", "test")
    assert r.returncode == os.EX_UNAVAILABLE and "askctl keys import" in r.stderr


# -- the secret service

KEYRING = """
printf password | gnome-keyring-daemon --unlock --components=secrets >/dev/null || exit 1
printf %s "$DBUS_SESSION_BUS_ADDRESS" >"$0.new" && mv "$0.new" "$0"
read -r end
"""


@pytest.fixture
def keyring(home):
    """The environment with a secret service of its own."""
    helper = build_dir() / "client" / "secret" / "ask-secret"
    for what in ("dbus-run-session", "gnome-keyring-daemon"):
        if not shutil.which(what):
            pytest.skip(f"{what} is not installed")
    if not helper.exists():
        pytest.skip("built without libsecret")
    bus = home.path / "bus"
    env = home.env(XDG_DATA_HOME=str(home.path / "data"))
    proc = subprocess.Popen(
        ["dbus-run-session", "--", "sh", "-c", KEYRING, str(bus)],
        env=env,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    wait_until(lambda: bus.exists() or proc.poll() is not None, "the keyring is there")
    assert bus.exists(), "the secret service does not start"
    yield {"DBUS_SESSION_BUS_ADDRESS": bus.read_text()}
    proc.stdin.close()
    proc.wait(PATIENCE)


def test_secret_service(home, provider, start_daemon, askctl, keyring):
    home.write_config(provider.base_url, provider=UNUSED)
    c = start_daemon(env=keyring).connect()
    r = askctl("keys", "import", "--secret-service", "fake", input=SECRET, env=keyring)
    assert (r.returncode, r.stderr) == (0, "")
    assert r.stdout == "fake: stored in the secret service\nfake: the daemon has it\n"
    folder = home.config_dir / "keys"
    assert os.listdir(folder) == ["fake.secret-service"]
    marker = folder / "fake.secret-service"
    assert (marker.read_text(), marker.stat().st_mode & 0o777) == ("", 0o600)
    assert ask_times(c, 2) == [None] * 2 and sent(provider) == [SECRET] * 2
    assert provider_of(c)["key_source"] == "secret service, fake"
    r = askctl("keys", "rm", "fake", env=keyring)
    assert (r.returncode, os.listdir(folder)) == (0, [])
    private(marker, "")
    c.call("config.reload")
    error = ask_times(c, 1)[0]
    assert error["message"] == "secret service, fake ended with status 1: the secret service has no key of fake"


def test_secret_service_that_is_not_there(home, askctl):
    r = askctl("keys", "import", "--secret-service", "openai", input=SECRET, env={"ASKD_LIBEXEC": "/nonexistent"})
    assert r.returncode != 0 and "/nonexistent/ask-secret cannot be run" in r.stderr
    assert SECRET not in r.stderr and os.listdir(home.config_dir / "keys") == []
    assert askctl("keys", "list", "--secret-service").returncode == os.EX_USAGE


# -- a key that is here but not in the daemon


@pytest.mark.parametrize(
    "model, variable, hint",
    [
        ("openai/gpt-4o", "OPENAI_API_KEY", "OPENAI_API_KEY is set here but not in the daemon: askctl keys import openai"),
        ("openai/gpt-4o", "XAI_API_KEY", None),
        ("xai/grok", "XAI_API_KEY", "XAI_API_KEY is set here but not in the daemon: askctl keys import xai"),
        ("mistral/x", "MISTRAL_API_KEY", "MISTRAL_API_KEY is set here but not in the daemon: askctl keys import mistral"),
    ],
)
def test_hint_at_a_key(home, provider, start_daemon, ask, model, variable, hint):
    """xai has a section whose variable is not set, openai and mistral have none."""
    home.write_config(provider.base_url, extra='[provider "xai"]\nkey_env = NO_SUCH_VARIABLE\n')
    start_daemon()
    r = ask("-m", model, "hello", env={variable: SECRET})
    assert r.returncode == os.EX_UNAVAILABLE and SECRET not in r.stderr
    assert r.stderr.rstrip().endswith(hint) if hint else "is set here" not in r.stderr


def test_hint_where_no_provider_has_a_key(home, start_daemon, ask):
    start_daemon()
    r = ask("hello", env={"XAI_API_KEY": "key.xai", "COHERE_API_KEY": "key.cohere"})
    if "no provider has a key" not in r.stderr:
        pytest.skip("a local model server answers here")
    assert r.stderr.endswith("XAI_API_KEY is set here but not in the daemon: askctl keys import xai\n")


def test_hint_at_a_provider_that_is_asked_without_key(home, provider, start_daemon, ask):
    section = f'[provider "openai"]\nbase_url = {provider.behave("status-401")}\n'
    home.write_config(provider.base_url, extra=section)
    start_daemon()
    r = ask("-m", "openai/x", "hello", env={"OPENAI_API_KEY": SECRET})
    hint = "OPENAI_API_KEY is set here but not in the daemon: askctl keys import openai"
    assert r.stderr == f"ask: the provider answered 401: injected 401: {hint}\n"


def test_no_hint_where_the_daemons_key_is_refused(home, provider, start_daemon, ask):
    section = f'[provider "openai"]\nbase_url = {provider.behave("status-401")}\nkey = key.bad\n'
    home.write_config(provider.base_url, extra=section)
    start_daemon()
    r = ask("-m", "openai/x", "hello", env={"OPENAI_API_KEY": SECRET})
    assert r.stderr.endswith("(key from configuration): correct it there\n") and "is set here" not in r.stderr


def test_hint_is_good(home, provider, start_daemon, ask, askctl):
    """What it names makes the provider answer."""
    home.write_config(provider.base_url, extra='[provider "openai"]\ndialect = openai\n')
    c = start_daemon().connect()
    env = {"OPENAI_API_KEY": SECRET}
    hint = ask("-m", "openai/x", "hello", env=env).stderr.rpartition(": ")[2].split()
    assert hint[0] == "askctl"
    assert askctl(*hint[1:], env=env).returncode == 0
    assert provider_of(c, "openai")["state"] == "ready"
