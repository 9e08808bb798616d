"""ask and askctl, as a shell sees them."""

import json
import os
import re
import shutil
import signal
import subprocess
import time

import pytest

from client import Client
from conftest import KEY, PATIENCE, ask_path, askctl_path, askd_path, wait_until
from fault_provider import words_text
from helpers_scripted import Scripted

# Exit statuses, by sysexits(3) where they fit.
OTHER, USAGE, DATA, UNAVAILABLE, IO, PROTOCOL, DENIED, CONFIG = 1, 64, 65, 69, 74, 76, 77, 78

pytestmark = pytest.mark.askd(provider={"retries": "0"})


def asked(provider):
    return [m["content"] for m in provider.bodies()[-1]["messages"] if m["role"] == "user"][-1]


# -- ask


def test_arguments_are_the_prompt_and_a_pipe_gets_the_text_alone(daemon, ask):
    r = ask("one", "two three")
    assert (r.returncode, r.stdout, r.stderr) == (0, "one two three", "")


def test_subcommands_are_prompts(daemon, ask):
    assert ask("status").stdout == "status"


def test_options_end_at_two_dashes(daemon, ask):
    assert ask("--", "--json", "is", "text").stdout == "--json is text"


def test_stdin_is_the_prompt(daemon, ask):
    r = ask(input="from a pipe\n")
    assert r.returncode == 0 and r.stdout.strip() == "from a pipe"


def test_stdin_comes_with_the_prompt(daemon, ask, provider):
    assert ask("explain", input="the piped text\n").returncode == 0
    assert "explain" in asked(provider) and "the piped text" in asked(provider)


def test_no_prompt_at_all(daemon, ask, provider):
    r = ask(input="")
    assert r.returncode == USAGE and r.stderr.startswith("ask: ")
    assert provider.stats()["requests"] == 0


def test_model(daemon, ask):
    assert ask("-m", "fake/words-3", "x").stdout.rstrip() == words_text(3).rstrip()


def test_streams_to_a_pipe(daemon, ask):
    proc = ask.start("-m", "fake/hang-after-2", "x")
    try:
        assert os.read(proc.stdout.fileno(), 100).startswith(b"w0")
        assert proc.poll() is None
    finally:
        proc.send_signal(signal.SIGINT)
        proc.communicate(timeout=PATIENCE)


def test_no_stream(daemon, ask):
    r = ask("--no-stream", "-m", "fake/words-3", "x")
    assert r.returncode == 0 and r.stdout.rstrip() == words_text(3).rstrip()


def test_json(daemon, ask):
    a = json.loads(ask("--json", "one two").stdout)
    assert (a["text"], a["state"], a["provider"]) == ("one two", "done", "fake")
    assert a["usage"]["input_tokens"] == 2


def test_stats_go_to_stderr(daemon, ask):
    r = ask("--stats", "one two")
    assert (r.returncode, r.stdout) == (0, "one two")
    assert "fake" in r.stderr and "2" in r.stderr
    assert re.search(r" first_token_ms=\d+ total_ms=\d+ ", r.stderr)


def test_a_cut_answer_says_so(daemon, ask):
    r = ask("-m", "fake/length", "one two")
    assert (r.returncode, r.stdout) == (0, "one two")
    assert r.stderr == "ask: the answer is cut off: it reached the limit of its tokens: ask -c goes on from there\n"
    assert ask("--no-store", "-m", "fake/length", "x").stderr.endswith("of its tokens\n")
    assert ask("--json", "-m", "fake/length", "x").stderr == ""


CALLS = [{"id": "1", "name": "weather", "arguments": "{}"}, {"id": "2", "name": "time", "arguments": "{}"}]
PICTURE = {"type": "image", "mime": "image/png", "data": b"png"}
STAND_IN = {"text": "a", "finish_reason": "stop", "provider": "b", "model": "y"}
FAILED = {"provider": "a", "model": "x", "error": {"code": "unavailable", "message": "it burns"}}


@pytest.mark.parametrize(
    "fields, says",
    [
        ({"text": "a", "finish_reason": "stop"}, []),
        ({"text": "", "finish_reason": "stop"}, ["the answer is empty"]),
        ({"text": "", "finish_reason": "refusal"}, ["the model refused to answer: "]),
        ({"text": "a", "finish_reason": "content_filter"}, ["the provider's content filter ended the answer: "]),
        ({"text": "a", "finish_reason": "pause"}, ["the model paused before its answer was complete"]),
        ({"text": "a", "finish_reason": "other"}, ["the provider ended the answer for a reason "]),
        (
            {"text": "", "finish_reason": "tool_calls", "tool_calls": CALLS},
            ["the model calls weather, time, which nobody runs here: askctl attach A --json "],
        ),
        (
            {"text": "", "finish_reason": "stop", "content": [PICTURE, PICTURE]},
            ["the answer holds 2 images: askctl attach A --json "],
        ),
        (
            {"text": "a", "finish_reason": "length", "content": [PICTURE, {"type": "text", "text": "a"}]},
            ["the answer is cut off: ", "the answer holds 1 image: "],
        ),
        ({"text": "", "finish_reason": "stop", "tool_calls": 5, "content": [5, {"type": 5}]}, ["the answer is empty"]),
        ({**STAND_IN, "attempts": [FAILED, {"provider": "b", "model": "y"}]}, ["b/y answers, since a/x failed: it burns"]),
        ({**STAND_IN, "attempts": [{**FAILED, "provider": "b", "model": "y"}] * 2}, []),
        ({**STAND_IN, "attempts": [{**FAILED, "error": {"code": "cancelled", "message": "b/y was faster"}}]}, []),
        ({**STAND_IN, "attempts": [5]}, []),
        (
            {"text": "", "finish_reason": "tool_calls", "tool_calls": [{"name": "n" * 127}] * 9},
            ["the model calls " + ("n" * 127 + ", ") * 3 + "…, which nobody runs here: "],
        ),
    ],
    ids=lambda v: v["finish_reason"] if isinstance(v, dict) else None,
)
def test_what_the_text_does_not_tell(scripted, ask, askctl, fields, says):
    answer = {"answer": "A", "state": "done", "tool_calls": [], **fields}
    scripted.replies.update({"chat": answer, "answer.attach": answer})
    for name, r in ("ask", ask("q")), ("askctl", askctl("attach", "A")):
        assert (r.returncode, r.stdout) == (0, fields["text"])
        lines = r.stderr.splitlines()
        assert len(lines) == len(says), r.stderr
        assert all(line.startswith(f"{name}: {start}") for line, start in zip(lines, says)), r.stderr


def test_error_is_one_line(daemon, ask):
    r = ask("-m", "fake/status-400", "x")
    assert r.returncode == DATA and r.stdout == ""
    assert r.stderr.startswith("ask: ") and r.stderr.count("\n") == 1
    assert "injected 400" in r.stderr


def test_partial_text_stays(daemon, ask):
    r = ask("-m", "fake/error-in-stream-3", "x")
    assert r.returncode == UNAVAILABLE
    assert r.stdout.rstrip() == words_text(3).rstrip()
    assert "ask: " in r.stderr


def test_unknown_option(daemon, ask, provider):
    r = ask("--no-such-option", "x")
    assert r.returncode == USAGE and "no-such-option" in r.stderr
    assert provider.stats()["requests"] == 0


@pytest.mark.parametrize("option", ["--version", "--help"])
def test_ask_needs_no_daemon_for(ask, option):
    r = ask(option)
    assert r.returncode == 0 and "ask" in r.stdout and r.stderr == ""


@pytest.mark.parametrize("words", [["   "], ["", "\t"], []], ids=repr)
def test_blank_prompt(daemon, ask, provider, words):
    r = ask(*words, input="\n \n")
    assert r.returncode == USAGE and "no prompt" in r.stderr
    assert provider.stats()["requests"] == 0


def test_no_daemon(ask, home):
    r = ask("x")
    assert r.returncode == UNAVAILABLE
    assert r.stderr.startswith("ask: ") and str(home.socket) in r.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_cancels_at_the_provider(daemon, ask, provider, number):
    proc = ask.start("-m", "fake/hang-after-2", "x")
    os.read(proc.stdout.fileno(), 100)
    proc.send_signal(number)
    proc.communicate(timeout=PATIENCE)
    assert proc.returncode in (128 + number, -number)
    provider.wait_aborted()


@pytest.mark.parametrize("options", [("--no-stream",), ("--json",)])
def test_a_signal_cancels_though_nothing_was_printed(daemon, ask, provider, options):
    proc = ask.start(*options, "-m", "fake/hang-after-2", "x")
    provider.wait_requests(1)
    proc.send_signal(signal.SIGINT)
    out, _ = proc.communicate(timeout=PATIENCE)
    assert proc.returncode == 130 and out == b""
    provider.wait_aborted()


def test_broken_pipe_cancels_at_the_provider(daemon, ask, provider):
    proc = ask.start("-m", "fake/slow-1000-50", "x")
    os.read(proc.stdout.fileno(), 100)
    proc.stdout.close()
    provider.wait_aborted()
    proc.wait(PATIENCE)
    assert proc.returncode != 0
    proc.stderr.close()


def test_full_disk_is_an_error(daemon, ask):
    with open("/dev/full", "wb") as full:
        proc = ask.start("hello", stdout=full)
        _, err = proc.communicate(timeout=PATIENCE)
    assert proc.returncode == IO and err.startswith(b"ask: ")


def test_escape_sequences_reach_a_pipe_as_they_are(daemon, ask):
    assert ask("a\x1b[31mb").stdout == "a\x1b[31mb"


def test_long_text(daemon, ask):
    text = "0123456789 " * 50000
    r = ask(input=text)
    assert (r.returncode, r.stderr) == (0, "")
    assert r.stdout.rstrip() == text.rstrip()


def test_many_events(daemon, ask):
    r = ask("-m", "fake/words-50000", "x")
    assert (r.returncode, r.stderr) == (0, "")
    assert r.stdout == words_text(50000)


# -- askctl


IDLE = {"connections": 0, "waiting": 0, "models": [], "opened": 0, "reused": 0, "protocol": None, "latency_ms": None}


@pytest.mark.parametrize(
    "told, lines",
    [
        ({}, []),
        ({"protocol": "http/2", "opened": 3, "reused": 41}, ["http/2, 3 opened, 41 reused"]),
        ({"connections": 1}, ["1 under way"]),
        (
            {"protocol": "http/1.1", "opened": 1, "connections": 8, "waiting": 12},
            ["http/1.1, 1 opened, 8 under way, 12 waiting"],
        ),
        (
            {
                "models": [
                    {"model": "well", "breaker": "closed", "first_token_ms": 3},
                    {"model": "down", "breaker": "open", "retry_in": 28.7},
                    {"model": "due", "breaker": "open", "retry_in": 0},
                    {"model": "tried", "breaker": "half-open", "retry_in": 3},
                ]
            },
            [
                "down failed too often: tried again in 29 s",
                "due failed too often: the next question tries it again",
                "tried failed too often: tried again in 3 s",
            ],
        ),
    ],
    ids=str,
)
def test_ctl_status_of_a_provider(scripted, askctl, told, lines):
    provider = {"name": "openai", "state": "ready", "key_source": "x", **IDLE, **told}
    scripted.replies["status"] = {"providers": [provider, {"name": "groq", "state": "no_key", **IDLE}]}
    found = askctl("status").stdout.splitlines()
    assert found[0] == "providers" and found[1].split() == ["openai", "ready", "-", "key:", "x"]
    assert found[2:-1] == [" " * 15 + line for line in lines] and found[-1].split() == ["groq", "no_key", "-"]


def test_ctl_status(daemon, askctl):
    r = askctl("status")
    assert r.returncode == 0 and r.stderr == ""
    assert str(daemon.pid) in r.stdout and "fake" in r.stdout


def test_ctl_call(daemon, askctl):
    assert json.loads(askctl("call", "status").stdout)["pid"] == daemon.pid


def test_ctl_call_with_params(daemon, askctl):
    r = askctl("call", "chat", '{"prompt": "grüezi ☃", "max_tokens": 5}')
    assert json.loads(r.stdout)["text"] == "grüezi ☃"


@pytest.mark.parametrize("params", ["{", "[1]", '"x"', "{} {}"])
def test_ctl_call_with_params_that_are_none(daemon, askctl, params):
    r = askctl("call", "status", params)
    assert r.returncode == USAGE and r.stderr.startswith("askctl: ") and r.stdout == ""


def test_ctl_call_that_fails(daemon, askctl):
    r = askctl("call", "no.such.method")
    assert r.returncode == PROTOCOL
    assert "no.such.method" in r.stderr


def test_ctl_reload_of_a_bad_configuration(daemon, home, askctl):
    home.config.write_text("[daemon]\nnonsense = 1\n")
    r = askctl("call", "config.reload")
    assert r.returncode == CONFIG and r.stderr.endswith("unknown key 'nonsense' in [daemon]\n")


P = {"provider": "acme"}


@pytest.fixture
def scripted(home):
    s = Scripted(home)
    yield s
    s.stop()


@pytest.mark.parametrize(
    "error, hint",
    [
        ({"code": "unavailable", "message": "the database is damaged"}, ""),
        ({"code": "unavailable", "message": "cannot connect", **P}, ": check the network and the base_url of acme"),
        ({"code": "unavailable", "message": "Bad gateway", "status": 502, **P}, ": try again later"),
        ({"code": "unavailable", "message": "the provider reported an error: Oh", **P}, ": try again later"),
        (
            {"code": "permission_denied", "message": "shutdown is for the daemon's owner and root"},
            ": be that user, or name the socket of a daemon of your own (--socket)",
        ),
        (
            {"code": "permission_denied", "message": "No; never", "status": 403, **P},
            ": see what the account at acme may do, or choose another model (-m)",
        ),
        (
            {"code": "budget_exceeded", "message": "Out of quota", "status": 429, **P},
            ": see to the credit at acme, or choose another provider's model (-m)",
        ),
        (
            {"code": "unknown_method", "message": "no method nope; hello lists them"},
            ": where the daemon is older than this program, askctl call shutdown has the newer one start",
        ),
        ({"code": "invalid_request", "message": "prompt must be str", "param": "prompt"}, ""),
        ({"code": "invalid_request", "message": "Unknown option", "status": 400, **P}, ": acme refused the request"),
        ({"code": "bad_response", "message": "it redirects; correct base_url", "status": 301, **P}, ""),
        (
            {"code": "not_found", "message": "no answer x", "param": "answer"},
            ": askctl answers shows what there is",
        ),
        ({"code": "rate_limited", "message": "Slow", "status": 429, "retry_after": 7.0, **P}, ": try again in 7 s"),
        ({"code": "overloaded", "message": "max_answers are running; try again when some have ended"}, ""),
        ({"code": "no_provider", "message": "provider x has no key: set X_API_KEY where the daemon starts"}, ""),
    ],
    ids=lambda v: v["code"] if isinstance(v, dict) else None,
)
def test_hint_of_an_error(scripted, askctl, error, hint):
    scripted.replies["status"] = Exception(error)
    r = askctl("status", env={"OPENAI_API_KEY": "sk-none"})
    whose = "acme: " if "provider" in error and "acme" not in hint else ""
    assert r.stderr == f"askctl: {whose}{error['message']}{hint}\n"


def test_key_that_is_here_but_not_in_the_daemon(scripted, askctl):
    message = "provider xai has no key: set XAI_API_KEY where the daemon starts"
    scripted.replies["status"] = Exception({"code": "no_provider", "message": message})
    assert "XAI_API_KEY is set here but not in the daemon" in askctl("status", env={"XAI_API_KEY": "sk-none"}).stderr
    message = "no provider that has grok-4 has a key: askctl keys import xai, or set XAI_API_KEY where the daemon starts"
    scripted.replies["status"] = Exception({"code": "no_provider", "message": message})
    assert "XAI_API_KEY is set here but not in the daemon" in askctl("status", env={"XAI_API_KEY": "sk-none"}).stderr
    assert "is set here" not in askctl("status", env={"OPENAI_API_KEY": "sk-none"}).stderr


def test_ctl_usage_of_a_group(askctl):
    r = askctl("conv", "foo")
    assert r.returncode == USAGE and r.stderr == "askctl: 'foo' is no verb: see askctl conv --help\n"


def test_lost_connection_names_the_answer(daemon, ask):
    proc = ask.start("-m", "fake/hang-after-2", "x")
    os.read(proc.stdout.fileno(), 100)
    daemon.kill()
    _, err = proc.communicate(timeout=PATIENCE)
    assert proc.returncode == UNAVAILABLE
    assert re.search(r"closed the connection: askctl attach [0-9a-f-]{36} .*, ask --continue-interrupted ", err.decode())


def test_lost_connection_of_what_is_not_kept(daemon, ask):
    proc = ask.start("--no-store", "-m", "fake/hang-after-2", "x")
    os.read(proc.stdout.fileno(), 100)
    daemon.kill()
    _, err = proc.communicate(timeout=PATIENCE)
    assert proc.returncode == UNAVAILABLE and "askctl attach" not in err.decode()


def test_ctl_attach(daemon, client, askctl):
    answer = client.result(client.chat("slow-20-20", detach=True))["answer"]
    r = askctl("attach", answer)
    assert (r.returncode, r.stdout.rstrip()) == (0, words_text(20).rstrip())


def test_ctl_cancel(daemon, client, askctl, provider):
    answer = client.result(client.chat("hang-headers", detach=True))["answer"]
    provider.wait_requests(1)
    assert askctl("cancel", answer).returncode == 0
    provider.wait_aborted()
    assert client.call("answer.get", {"answer": answer})["state"] == "cancelled"


def test_ctl_cancel_of_what_is_not_there(daemon, askctl):
    r = askctl("cancel", "no-such-answer")
    assert r.returncode == OTHER and r.stderr.startswith("askctl: ")


@pytest.mark.parametrize("args", [(), ("no-such-command",), ("call",), ("attach", "a", "b")], ids=str)
def test_ctl_usage(daemon, askctl, args):
    r = askctl(*args)
    assert r.returncode == USAGE and r.stderr and r.stdout == ""


# -- both


@pytest.mark.parametrize("path", [ask_path(), askctl_path()], ids=lambda p: p.name)
def test_needs_libc_and_msgpack_only(path):
    out = subprocess.run(["readelf", "-d", path], check=True, capture_output=True, text=True).stdout
    needed = {line.split("[")[1].rstrip("]") for line in out.splitlines() if "(NEEDED)" in line}
    if any("asan" in n or "ubsan" in n or "tsan" in n for n in needed):
        pytest.skip("built with sanitizers")
    assert needed <= {"libc.so.6", "libmsgpackc.so.2"}
    assert "libc.so.6" in needed


@pytest.mark.skipif(shutil.which("strip") is None, reason="there is no strip")
def test_ask_is_small(tmp_path):
    out = subprocess.run(["readelf", "-d", ask_path()], check=True, capture_output=True, text=True).stdout
    if "asan" in out or "ubsan" in out or "tsan" in out:
        pytest.skip("built with sanitizers")
    subprocess.run(["strip", "-o", tmp_path / "ask", ask_path()], check=True)
    assert (tmp_path / "ask").stat().st_size < 300 * 1000


@pytest.mark.parametrize("mode", [0o755, 0o777], ids=oct)
def test_folder_of_the_wrong_mode_is_refused(daemon, ask, home, mode):
    home.socket.parent.chmod(mode)
    r = ask("x")
    home.socket.parent.chmod(0o700)
    assert r.returncode == DENIED and str(home.socket.parent) in r.stderr


# -- autostart


def autostart_env():
    return {"ASKD_AUTOSTART": "1", "PATH": f"{askd_path().parent}:{os.environ['PATH']}"}


def running(pid):
    """A zombie has ended: in a container nobody may be there to reap it."""
    try:
        with open(f"/proc/{pid}/stat") as f:
            return f.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def pid_of_autostarted(home):
    with Client(home.socket) as c:
        assert c.call("hello", {"client": "pytest"})["autostarted"] is True
        return c.call("status")["pid"]


@pytest.fixture
def ends_autostarted(home):
    """Whatever ask started in this home is ended, also when the test failed."""
    yield
    try:
        with Client(home.socket) as c:
            os.kill(c.call("status")["pid"], signal.SIGKILL)
    except OSError:
        pass


def test_autostart_and_stop(home, provider, ask, askctl, ends_autostarted):
    home.write_config(provider.base_url)
    r = ask("hello", env=autostart_env())
    assert (r.returncode, r.stdout) == (0, "hello"), r.stderr
    pid = pid_of_autostarted(home)
    assert os.getsid(pid) != os.getsid(0), "a session of its own"
    assert os.readlink(f"/proc/{pid}/cwd") == "/"
    assert askctl("call", "shutdown").returncode == 0
    wait_until(lambda: not running(pid), "the daemon ends")
    assert not home.socket.exists()
    logs = [p.read_text() for p in home.state.rglob("*") if p.is_file() and p.suffix == ".log"]
    assert logs and KEY not in "".join(logs)


def test_autostart_that_fails_leaves_nothing(home, ask):
    """The state folder would say from then on that this user has a daemon."""
    home.config.write_text("[daemon]\nnonsense = 1\n")
    r = ask("hello", env=autostart_env())
    assert r.returncode == CONFIG and f"{home.config}:2: " in r.stderr and "log:" not in r.stderr
    assert list(home.state.iterdir()) == []


def test_autostart_that_fails_keeps_what_was_there(home, ask):
    (home.state / "askd").mkdir(mode=0o700)
    home.config.write_text("[daemon]\nnonsense = 1\n")
    r = ask("hello", env=autostart_env())
    log = home.state / "askd" / "askd.log"
    assert r.returncode == CONFIG and f"(log: {log})" in r.stderr and "nonsense" in log.read_text()


def test_autostart_that_fails_names_the_machines(home, ask):
    run = home.path / "machine"
    (run / "askd").mkdir(parents=True)
    (run / "askd" / "askd.sock").touch()
    (home.state / "askd").mkdir(mode=0o700)
    home.config.write_text("[daemon]\nnonsense = 1\n")
    via = ("unshare", "-rm", "sh", "-c", 'mount --bind "$0" /run && exec "$@"', str(run))
    if not shutil.which("unshare") or subprocess.run([*via, "true"], capture_output=True).returncode != 0:
        pytest.skip("no namespace of our own to be had")
    r = subprocess.run(
        [*via, str(ask_path()), "hello"],
        env=home.env(**autostart_env()),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert r.returncode == CONFIG and r.stderr.endswith("ASKD_SOCKET=/run/askd/askd.sock\n")


def test_autostart_passes_a_short_environment(home, provider, ask, ends_autostarted):
    home.write_config(provider.base_url)
    assert ask("hello", env={**autostart_env(), "MY_OWN_BUSINESS": "private"}).returncode == 0
    with open(f"/proc/{pid_of_autostarted(home)}/environ", "rb") as f:
        assert b"MY_OWN_BUSINESS" not in f.read()


def test_two_that_autostart_at_once_share_one(home, provider, ask, ends_autostarted):
    home.write_config(provider.base_url)
    procs = [ask.start(f"hello {i}", env=autostart_env()) for i in range(4)]
    outs = [p.communicate(timeout=PATIENCE) for p in procs]
    assert [o.decode() for o, _ in outs] == [f"hello {i}" for i in range(4)]


def test_autostarted_daemon_ends_when_idle(home, provider, ask, ends_autostarted):
    home.write_config(provider.base_url, daemon={"idle_exit": "1"})
    assert ask("hello", env=autostart_env()).returncode == 0
    wait_until(lambda: not home.socket.exists(), "the idle daemon ends")


def test_log_of_an_autostarted_daemon_is_bounded(home, provider, ask, ends_autostarted):
    home.write_config(provider.base_url, daemon={"log_size": "4096"})
    assert ask("hello", env=autostart_env()).returncode == 0
    log, old = home.state / "askd" / "askd.log", home.state / "askd" / "askd.log.old"

    def first_line(path):
        return path.read_text().splitlines()[0] if path.exists() else None

    with Client(home.socket) as c:
        seen = set()
        while len(seen) < 3:  # three files have been put aside
            c.call("config.reload")
            seen |= {first_line(old)} - {None}
        # Nothing is lost on the way, and it goes on in the newest.
        c.call("config.reload")
        assert "configuration read anew" in log.read_text() or "configuration read anew" in old.read_text()
    assert log.stat().st_size <= 4096 + 2048 and 4096 < old.stat().st_size <= 4096 + 2048
    assert {p.name for p in log.parent.glob("askd.log*")} == {"askd.log", "askd.log.old"}
    assert log.stat().st_mode & 0o777 == old.stat().st_mode & 0o777 == 0o600


@pytest.mark.askd(daemon={"idle_exit": "1"})
def test_daemon_that_was_not_autostarted_stays(daemon):
    time.sleep(2)
    assert daemon.connect().call("status")["pid"] == daemon.pid
