"""Keys: where they come from, in turn, by commands; askctl keys; and that none gets out."""

import glob
import json
import os
import pty
import re
import resource
import shutil
import signal
import subprocess
import termios
import time

import pytest

from client import failure
from conftest import PATIENCE, askctl_path, askd_path, build_dir, run_askd, wait_until

SECRET = "sk-do.not.show.0123456789abcdefghij"
UNUSED = {"key": None, "retries": "0"}


def private(path, text):
    path.write_text(text)
    path.chmod(0o600)
    return path


def sent(provider, method="POST"):
    """The keys that came with the last requests, in order."""
    last = [r for r in provider.stats()["last"] if r["method"] == method]
    return [r["headers"].get("authorization", "").removeprefix("Bearer ") for r in last]


def ask_times(client, n, model="echo"):
    """One after the other; each prompt is another one."""
    return [client.response(client.chat(model, f"question {i}"))[0] for i in range(n)]


def provider_of(client, name="fake"):
    return {p["name"]: p for p in client.call("status")["providers"]}.get(name)


def program(path, text):
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o700)
    return path


# -- several keys


def three_files(home):
    return ", ".join(str(private(home.path / f"key{i}", f"key.{i}\n")) for i in range(3))


def test_files_in_turn(home, provider, start_daemon):
    home.write_config(provider.base_url, provider={**UNUSED, "key_file": three_files(home)})
    c = start_daemon().connect()
    assert ask_times(c, 6) == [None] * 6
    assert sent(provider) == [f"key.{i % 3}" for i in range(6)]
    assert provider_of(c)["key_source"] == ", ".join(f"file {home.path}/key{i}" for i in range(3))


@pytest.mark.askd(provider={**UNUSED, "key_env": "KEY_A, KEY_B, KEY_NONE"}, env={"KEY_A": "key.a", "KEY_B": "key.b"})
def test_variables_in_turn(client, provider):
    assert ask_times(client, 3) == [None] * 3
    assert sent(provider) == ["key.a", "key.b", "key.a"]
    assert provider_of(client)["key_source"] == "environment KEY_A, environment KEY_B"


def test_credentials_in_turn(home, provider, start_daemon):
    for name in ("one", "two"):
        private(home.path / name, f"key.{name}\n")
    home.write_config(provider.base_url, provider={**UNUSED, "key_credential": "one,two"})
    c = start_daemon(env={"CREDENTIALS_DIRECTORY": str(home.path)}).connect()
    assert ask_times(c, 2) == [None] * 2
    assert sent(provider) == ["key.one", "key.two"]


@pytest.mark.parametrize("status", [401, 402, 429])
def test_refused_key_is_set_aside(home, provider, start_daemon, status):
    home.write_config(provider.behave(f"only-key.1-{status}"), provider={**UNUSED, "key_file": three_files(home)})
    c = start_daemon().connect()
    assert ask_times(c, 4) == [None] * 4, "another key takes over within the question"
    assert sent(provider) == ["key.0", "key.1", "key.2", "key.1", "key.1", "key.1"]


def test_refused_keys_and_no_other(home, provider, start_daemon):
    home.write_config(provider.behave("only-nobody"), provider={**UNUSED, "key_file": three_files(home)})
    c = start_daemon().connect()
    errors = ask_times(c, 2)
    assert [e["code"] for e in errors] == ["unauthenticated"] * 2
    assert sent(provider)[:3] == ["key.0", "key.1", "key.2"] and len(sent(provider)) == 4


def test_reload_gives_a_refused_key_another_chance(home, provider, start_daemon):
    home.write_config(provider.behave("only-key.1"), provider={**UNUSED, "key_file": three_files(home)})
    c = start_daemon().connect()
    ask_times(c, 2)
    assert sent(provider) == ["key.0", "key.1", "key.2", "key.1"]
    c.call("config.reload")
    ask_times(c, 1)
    assert sent(provider)[4:] == ["key.2", "key.0", "key.1"]


def test_reload_keeps_a_key_without_credit_aside(home, provider, start_daemon):
    home.write_config(provider.behave("only-key.1-402"), provider={**UNUSED, "key_file": three_files(home)})
    c = start_daemon().connect()
    ask_times(c, 2)
    c.call("config.reload")
    ask_times(c, 1)
    assert sent(provider) == ["key.0", "key.1", "key.2", "key.1", "key.1"]


# -- what is wrong with one


@pytest.mark.parametrize(
    "key, where",
    [
        ("key_file = {}/key", "file {}/key"),
        ("key_env = ASKD_TEST_KEY", "environment ASKD_TEST_KEY"),
        ("key_command = cat {}/key", "command cat"),
        ("key = key.wrong", "configuration"),
    ],
)
def test_refused_key_is_named_by_its_source(home, provider, start_daemon, key, where):
    private(home.path / "key", "key.wrong\n")
    name, value = key.format(home.path).split(" = ")
    home.write_config(provider.behave("only-key.right"), provider={**UNUSED, name: value})
    c = start_daemon(env={"ASKD_TEST_KEY": "key.wrong"}).connect()
    error = failure(c, "chat", {"prompt": "hello"})
    assert (error["code"], error["provider"], error["status"]) == ("unauthenticated", "fake", 401)
    assert error["message"].endswith(f"(key from {where.format(home.path)})")
    assert sent(provider) == ["key.wrong"]


@pytest.mark.parametrize("keys", [{"key": "a", "key_command": "b"}, {"key_env": "a", "key_command": "b"}])
def test_two_ways_to_a_key(home, provider, keys):
    home.write_config(provider.base_url, provider={"key": None, **keys})
    r = run_askd(home, "--check-config")
    assert r.returncode == os.EX_CONFIG
    assert "give one of key, key_file, key_env, key_command, key_credential" in r.stderr


def test_key_of_a_command_in_cleartext(home):
    home.write_config("http://models.example.org/v1", provider={"key": None, "key_command": "true"})
    r = run_askd(home, "--check-config")
    assert r.returncode == os.EX_CONFIG and "in cleartext" in r.stderr


# -- commands


@pytest.fixture
def commanded(home, provider, start_daemon):
    """commanded(TEXT, behaviour) -> a client of a daemon whose key comes from that script."""

    def start(text, behaviour="echo", extra="", env=None):
        script = program(home.path / "give-key", text)
        base_url = provider.behave(behaviour)
        home.write_config(base_url, provider={**UNUSED, "key_command": str(script)}, extra=extra)
        return start_daemon(env=env).connect()

    return start


def runs_of(home):
    path = home.path / "runs"
    return path.read_text().split() if path.exists() else []


def test_command_runs_once(commanded, home, provider):
    c = commanded(f"echo run >>{home.path}/runs; sleep 0.2; echo key.new")
    assert runs_of(home) == [], "nobody has asked yet"
    assert provider_of(c)["state"] == "ready"
    asked = [c.chat("echo", f"question {i}") for i in range(5)]
    assert [c.response(i)[0] for i in asked] == [None] * 5
    assert sent(provider) == ["key.new"] * 5 and runs_of(home) == ["run"]
    assert provider_of(c)["key_source"] == f"command {home.path}/give-key"


def test_daemon_answers_while_a_command_is_slow(commanded, home):
    c = commanded(f"until [ -e {home.path}/go ]; do sleep 0.02; done; echo key.new")
    asked = c.chat("echo")
    for _ in range(3):
        assert c.call("status")["providers"]
    (home.path / "go").touch()
    assert c.result(asked)["text"] == "hello"


def test_question_that_is_cancelled_while_a_command_runs(commanded, home):
    c = commanded(f"until [ -e {home.path}/go ]; do sleep 0.02; done; echo key.new")
    asked = c.chat("echo", detach=True)
    c.call("answer.cancel", c.result(asked))
    (home.path / "go").touch()
    assert c.result(c.chat("echo"))["text"] == "hello"


def test_command_that_fails_is_left_alone_for_a_while(commanded, home, provider):
    c = commanded(f"echo run >>{home.path}/runs; echo {SECRET}; echo 'gpg: no pinentry' >&2; exit 2")
    errors = ask_times(c, 3)
    assert errors[0]["code"] == "no_provider" and errors[0]["provider"] == "fake"
    assert errors[0]["message"] == f"command {home.path}/give-key ended with status 2: gpg: no pinentry"
    assert errors[1]["message"] == errors[2]["message"] == errors[0]["message"]
    assert runs_of(home) == ["run"] and provider.stats()["requests"] == 0
    program(home.path / "give-key", "echo key.new")
    c.call("config.reload")
    assert ask_times(c, 1) == [None], "a reload is another chance"


def test_command_runs_again_after_a_401(commanded, home, provider):
    c = commanded(f"echo run >>{home.path}/runs; cat {home.path}/key", "only-key.new")
    private(home.path / "key", "key.old\n")
    assert ask_times(c, 1)[0]["code"] == "unauthenticated"
    private(home.path / "key", "key.new\n")
    assert ask_times(c, 2) == [None] * 2
    assert sent(provider) == ["key.old", "key.new", "key.new"] and len(runs_of(home)) == 2


def test_command_whose_keys_are_refused_does_not_loop(commanded, home, provider):
    c = commanded(f"echo run >>{home.path}/runs; echo key.wrong", "only-key.right")
    errors = ask_times(c, 5)
    assert {e["code"] for e in errors} == {"unauthenticated"}
    assert "and so was the one that it gave then" in errors[4]["message"]
    assert len(runs_of(home)) == 2 and len(sent(provider)) == 2


def test_reload_keeps_the_key_of_a_command(commanded, home, provider):
    c = commanded(f"echo run >>{home.path}/runs; echo key.new")
    ask_times(c, 1)
    c.call("config.reload")
    ask_times(c, 1)
    assert sent(provider) == ["key.new"] * 2 and runs_of(home) == ["run"]


def test_commands_run_one_at_a_time(commanded, home, provider):
    """Two providers; who finds the other's folder says so."""
    text = f"mkdir {home.path}/lock || exit 9; sleep 0.2; rmdir {home.path}/lock; echo key.$1"
    other = f'[provider "other"]\nbase_url = {provider.base_url}\nkey_command = {home.path}/give-key other\n'
    c = commanded(text, extra=other)
    first = c.chat("echo")
    second = c.request("chat", {"model": "other/echo", "prompt": "hello"})
    assert c.response(first)[0] is None and c.response(second)[0] is None
    assert sorted(sent(provider)) == ["key.", "key.other"]


def test_command_without_terminal_and_keys_around_it(commanded, home):
    c = commanded(
        f"""
        [ -t 0 ] || [ -t 1 ] || [ -t 2 ] && exit 3
        (: >/dev/tty) 2>/dev/null && exit 4
        [ "$(cat | wc -c)" = 0 ] || exit 5
        sid=$(ps -o sid= -p $$ | tr -d ' ') pgid=$(ps -o pgid= -p $$ | tr -d ' ')
        [ $sid = $$ ] || [ $sid = $PPID ] || exit 6  # a shell may leave the last command a process of its own
        [ $pgid = $sid ] || exit 7
        tr '\\0' '\\n' </proc/self/environ >{home.path}/environ
        echo key.new""",
        env={"OPENAI_API_KEY": SECRET, "SOME_TOKEN": SECRET, "PASSWORD_STORE_DIR": "/store", "GPG_TTY": "/dev/pts/0"},
    )
    assert ask_times(c, 1) == [None]
    names = {line.partition("=")[0] for line in (home.path / "environ").read_text().split("\n") if line}
    assert {"PATH", "HOME", "XDG_RUNTIME_DIR", "PASSWORD_STORE_DIR"} <= names
    assert not {"OPENAI_API_KEY", "SOME_TOKEN", "GPG_TTY", "ASKD_AUTOSTARTED"} & names
    assert SECRET not in (home.path / "environ").read_text()


def running(pid):
    try:
        with open(f"/proc/{pid}/stat") as f:
            return f.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


HANGS = "trap '' TERM; sleep 1000 & echo $$ $! >{0}/pids.new; mv {0}/pids.new {0}/pids; while :; do wait; done"


def pids_of(home):
    return wait_until(lambda: (home.path / "pids").exists(), "it runs") and (home.path / "pids").read_text().split()


def test_command_that_hangs_is_killed_with_its_group(commanded, home):
    c = commanded(HANGS.format(home.path))
    begun = time.monotonic()
    error, _ = c.response(c.chat("echo"), timeout=60)
    assert error["code"] == "no_provider" and "brought no key within 30 s and was ended" in error["message"]
    assert 29 < time.monotonic() - begun < 45
    wait_until(lambda: not any(map(running, pids_of(home))), "its group is gone")


def test_end_of_the_daemon_ends_a_command(commanded, home, start_daemon):
    home.write_config("http://127.0.0.1:9/v1")
    c = commanded(HANGS.format(home.path))
    c.chat("echo")
    pids = pids_of(home)
    c.call("shutdown")
    wait_until(lambda: not any(map(running, pids)), "its group is gone")


# -- the folder of keys


def put_key(home, name, text, mode=0o600):
    folder = home.config_dir / "keys"
    folder.mkdir(mode=0o700, exist_ok=True)
    path = private(folder / name, text)
    path.chmod(mode)
    return path


def test_key_in_the_folder(home, provider, start_daemon):
    home.write_config(provider.base_url, provider=UNUSED)
    path = put_key(home, "fake", "key.imported\n")
    c = start_daemon().connect()
    assert provider_of(c)["key_source"] == f"file {path}"
    assert ask_times(c, 1) == [None] and sent(provider) == ["key.imported"]


def test_key_in_the_folder_comes_last(home, provider, start_daemon):
    """Behind what the section says, and behind the usual variable."""
    home.write_config(provider.base_url, provider={**UNUSED, "key": "key.configured"})
    put_key(home, "fake", "key.imported\n")
    put_key(home, "openai", "key.imported\n")
    c = start_daemon(env={"OPENAI_API_KEY": "key.environment"}).connect()
    assert provider_of(c)["key_source"] == "configuration"
    assert provider_of(c, "openai")["key_source"] == "environment OPENAI_API_KEY"


def test_key_in_the_folder_of_a_provider_without_section(home, start_daemon):
    path = put_key(home, "mistral", "key.imported\n")
    c = start_daemon().connect()
    assert provider_of(c, "mistral")["key_source"] == f"file {path}"
    assert provider_of(c, "openai") is None
    other = put_key(home, "openai", "key.imported\n")
    c.call("config.reload")
    assert provider_of(c, "openai")["key_source"] == f"file {other}"
    path.unlink()
    c.call("config.reload")
    assert provider_of(c, "mistral") is None


def test_folder_beside_the_file_that_is_named(home, provider, start_daemon):
    home.write_config(provider.base_url, provider=UNUSED)
    other = home.path / "other"
    (other / "keys").mkdir(parents=True, mode=0o700)
    shutil.move(home.config, other / "my.conf")
    private(other / "keys" / "fake", "key.other\n")
    put_key(home, "fake", "key.imported\n")
    c = start_daemon(args=("--config", str(other / "my.conf"))).connect()
    assert provider_of(c)["key_source"] == f"file {other}/keys/fake"


def test_key_in_the_folder_that_others_can_read(home, provider, start_daemon):
    home.write_config(provider.base_url, provider=UNUSED)
    c = start_daemon().connect()
    path = put_key(home, "openai", SECRET, mode=0o644)
    error = failure(c, "config.reload", {})
    assert error["code"] == "invalid_request" and str(path) in error["message"] and SECRET not in repr(error)
    assert ask_times(c, 1) == [None]
    r = run_askd(home, "--check-config")
    assert r.returncode == os.EX_CONFIG and str(path) in r.stderr and SECRET not in r.stderr


@pytest.mark.askd(env={"OPENAI_API_KEY": SECRET}, extra='[provider "openai"]\nkey = key.configured\n')
def test_usual_key_that_is_not_used_leaves_the_environment_too(daemon, client):
    assert provider_of(client, "openai")["key_source"] == "configuration"
    assert SECRET.encode() not in readable(f"/proc/{daemon.pid}/environ")


# -- keys.test


def test_keys_are_tried(home, provider, start_daemon):
    files = ", ".join(str(private(home.path / f"key{i}", f"key.{i}\n")) for i in range(2))
    lan = f'[provider "lan"]\nbase_url = {provider.base_url}\nkey_command = echo key.lan\n'
    keyless = f'[provider "open"]\nbase_url = {provider.base_url}\n'
    extra = lan + keyless + '[provider "xai"]\n[provider "bad"]\nkey_command = false\nbase_url = http://127.0.0.1:9/v1\n'
    home.write_config(provider.behave("only-key.1"), provider={**UNUSED, "key_file": files}, extra=extra)
    c = start_daemon().connect()
    tested = c.call("keys.test")
    assert [(k["provider"], k["ok"], k["source"]) for k in tested] == [
        ("fake", False, f"file {home.path}/key0"),
        ("fake", True, f"file {home.path}/key1"),
        ("lan", True, "command echo"),
        ("bad", False, "command false"),
    ]
    assert [k["latency_ms"] is None for k in tested] == [False, False, False, True]
    error = tested[0]["error"]
    assert (error["code"], error["provider"]) == ("unauthenticated", "fake")
    assert error["message"].endswith(f"(key from file {home.path}/key0)")
    assert tested[3]["error"]["message"] == "command false ended with status 1"
    assert sorted(sent(provider, "GET")) == ["key.0", "key.1", "key.lan"]
    [one] = c.call("keys.test", {"provider": "open"})
    assert (one["ok"], one["source"]) == (True, None)
    [one] = c.call("keys.test", {"provider": "xai"})
    assert (one["ok"], one["error"]["code"]) == (False, "no_provider")
    assert failure(c, "keys.test", {"provider": "nobody"})["param"] == "provider"


@pytest.mark.parametrize("status, code", [(401, "unauthenticated"), (403, "permission_denied"), (500, "unavailable")])
def test_key_that_is_refused_a_list(home, provider, start_daemon, status, code):
    home.write_config(provider.behave(f"status-{status}"))
    [k] = start_daemon().connect().call("keys.test")
    assert (k["ok"], k["error"]["code"]) == (False, code)
    assert ("(key from configuration)" in k["error"]["message"]) == (code == "unauthenticated")


def test_keys_that_are_tried_at_the_end(commanded, home):
    c = commanded(HANGS.format(home.path))
    tried = c.request("keys.test")
    pids_of(home)
    c.call("shutdown")
    assert c.response(tried)[0]["code"] == "interrupted"


# -- askctl keys


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
    if not bus.exists():
        pytest.skip("no secret service is to be had here")
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
    assert "(key from configuration)" in r.stderr and "is set here" not in r.stderr


def test_hint_is_good(home, provider, start_daemon, ask, askctl):
    """What it names makes the provider answer."""
    home.write_config(provider.base_url, extra='[provider "openai"]\ndialect = openai\n')
    c = start_daemon().connect()
    env = {"OPENAI_API_KEY": SECRET}
    hint = ask("-m", "openai/x", "hello", env=env).stderr.rpartition(": ")[2].split()
    assert hint[0] == "askctl"
    assert askctl(*hint[1:], env=env).returncode == 0
    assert provider_of(c, "openai")["state"] == "ready"


# -- nothing gets out


def readable(path):
    try:
        with open(path, "rb") as f:
            return f.read()
    except OSError:
        return b""


class Watch:
    """Looks for the keys in whatever can be read."""

    def __init__(self, *keys):
        self.keys = [k.encode() for k in keys]

    def look(self, data, where):
        data = data if isinstance(data, bytes) else repr(data).encode()
        for key in self.keys:
            assert key not in data and key[3:] not in data, where

    def look_at_process(self, pid):
        for name in ("environ", "cmdline", "comm"):
            self.look(readable(f"/proc/{pid}/{name}"), f"{name} of {pid}")

    def look_at_files(self, *patterns):
        for pattern in patterns:
            for path in glob.glob(str(pattern), recursive=True, include_hidden=True):
                if os.path.isfile(path):
                    self.look(readable(path), path)


LEAKY = """
env >{0}/seen/environ; tr '\\0' '\\n' </proc/$PPID/environ >{0}/seen/parent; cat /proc/$PPID/cmdline >{0}/seen/cmdline
[ -e {0}/fail ] && {{ set -x; : "$(cat {0}/store/key)"; cat {0}/store/key >&2; cat {0}/store/key; exit 1; }}
cat {0}/store/key
"""


def test_no_key_gets_out(home, provider, start_daemon, askctl, ask):
    keys = {n: f"sk-{n}.0123456789abcdefghijklmnop" for n in ("command", "file", "env", "config", "import", "usual")}
    watch = Watch(*keys.values())
    (home.path / "store").mkdir()
    (home.path / "seen").mkdir()
    private(home.path / "store" / "key", keys["command"] + "\n")
    private(home.path / "store" / "file", keys["file"] + "\n")
    command = program(home.path / "give-key", LEAKY.format(home.path))
    sources = {
        "cmd": f"key_command = {command}",
        "file": f"key_file = {home.path}/store/file",
        "env": "key_env = ASKD_TEST_KEY",
        "config": f"key = {keys['config']}",
        "imported": "",
    }
    sections = "".join(f'[provider "{n}"]\nbase_url = {provider.base_url}\n{s}\n' for n, s in sources.items())
    home.write_config(provider.base_url, extra=sections)
    env = {"ASKD_TEST_KEY": keys["env"], "OPENAI_API_KEY": keys["usual"]}
    d = start_daemon(env=env)
    c = d.connect()
    said = [askctl("keys", "import", "imported", input=keys["import"])]

    def everything():
        for name in sources:
            for model in ("echo", "status-401", "status-402", "status-429", "leak-key", "bad-json", "echo"):
                asked = {"model": f"{name}/{model}", "prompt": "hello", "conversation": "new", "stream": True}
                said.append(c.response(c.request("chat", asked)))
            said.append(ask("-m", f"{name}/leak-key", "hello", env=env))
        said.extend(c.call(m) for m in ("status", "models.list", "answer.list", "keys.test", "conversation.list"))
        said.extend(askctl("keys", verb, env=env) for verb in ("list", "test"))
        said.append(askctl("status"))

    everything()
    assert set(keys.values()) - {keys["usual"]} <= set(sent(provider)), "each was used"
    (home.path / "fail").touch()
    private(home.path / "store" / "key", keys["command"] + "\n")
    home.write_config(provider.base_url, extra=sections.replace(str(command), f"{command} again"))
    c.call("config.reload")
    everything()
    home.write_config(provider.base_url, extra=sections + "broken = yes\n")
    said.append(failure(c, "config.reload", {}))
    home.write_config(provider.base_url, extra=sections + f"[provider \"two\"]\nkey = {keys['config']}\nkey_env = A\n")
    said.append(failure(c, "config.reload", {}))
    for option in ("--check-config", "--print-config"):
        said.append(subprocess.run([askd_path(), option], env=home.env(**env), capture_output=True))
    said.append(askctl("keys", "rm", "imported"))

    assert "ended with status 1" in repr(said), "the command has failed"
    watch.look(said, "what was said")
    watch.look(c.log, "what came over the socket")
    watch.look(d.stderr(), "the log")
    watch.look_at_process(d.pid)
    watch.look_at_files(home.state / "**", home.path / "cache" / "**", home.runtime / "**", home.path / "seen" / "*")
    assert (home.path / "seen" / "environ").stat().st_size > 0


def test_no_dump_holds_a_key(daemon):
    with open(f"/proc/{daemon.pid}/limits") as f:
        assert re.search(r"^Max core file size +0 +0 ", f.read(), re.M)
    assert resource.prlimit(daemon.pid, resource.RLIMIT_CORE) == (0, 0)
    with open(f"/proc/{daemon.pid}/smaps") as f:
        flags = [line.split()[1:] for line in f if line.startswith("VmFlags:")]
    assert any("dd" in f for f in flags), "the key's mapping stays out of dumps"
