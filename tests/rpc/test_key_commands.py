"""Keys that a command brings."""

import time

import pytest

from conftest import wait_until
from helpers_keys import SECRET, UNUSED, ask_times, private, program, provider_of, sent


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


def test_keys_that_are_tried_at_the_end(commanded, home):
    c = commanded(HANGS.format(home.path))
    tried = c.request("keys.test")
    pids_of(home)
    c.call("shutdown")
    assert c.response(tried)[0]["code"] == "interrupted"
