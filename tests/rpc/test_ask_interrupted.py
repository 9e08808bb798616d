"""ask --continue-interrupted: what was lost with the daemon is found again, and finished."""

import json
import os
import signal

import pytest

from client import detached
from conftest import PATIENCE, wait_until
from fault_provider import letters
from helpers_files import in_files
from helpers_scripted import Scripted

OTHER, USAGE, UNAVAILABLE, AGAIN = 1, 64, 69, 75
SAID = letters(40)
STOPPED = "fake/hold-40"

pytestmark = pytest.mark.askd(provider={"retries": "0"})


def sent(provider):
    """What the last request to the provider said: [(role, content)]."""
    return [(m["role"], m["content"]) for m in provider.bodies()[-1]["messages"]]


@pytest.fixture
def crash(home, daemon, start_daemon):
    """Kills the daemon once a text is on the disk, and starts the next one; -> a client of that."""

    def again(text=SAID):
        wait_until(lambda: in_files(home.state, text.splitlines()[-1]), "what was said is stored")
        daemon.kill()
        return start_daemon().connect()

    return again


def interrupted(ask, crash, *args):
    """A question whose answer is cut off by a kill; -> a client of the next daemon."""
    proc = ask.start("-m", STOPPED, *args, "a question")
    assert os.read(proc.stdout.fileno(), 40).decode() == SAID
    client = crash()
    _, err = proc.communicate(timeout=PATIENCE)
    assert proc.returncode == UNAVAILABLE and b"ask --continue-interrupted goes on with it" in err
    return client


def test_it_goes_on_where_it_stopped(daemon, ask, crash, provider):
    client = interrupted(ask, crash)
    r = ask("--continue-interrupted", "-m", "fake/echo")
    (role, question), answer, (_, instruction) = sent(provider)
    assert (role, question, answer) == ("user", "a question", ("assistant", SAID))
    assert "exactly where it stopped" in instruction
    assert (r.returncode, r.stdout, r.stderr) == (0, SAID + instruction, "")
    listed = client.call("answer.list")
    assert [a["state"] for a in listed] == ["done", "interrupted"]
    assert len({a["conversation"] for a in listed}) == 1


def test_once(daemon, ask, crash):
    client = interrupted(ask, crash)
    answer = client.call("answer.list")[0]["answer"]
    assert ask("--continue-interrupted", "-m", "fake/echo").returncode == 0
    r = ask("--continue-interrupted", "-m", "fake/echo")
    assert (r.returncode, r.stdout) == (OTHER, "")
    assert f"answer {answer} was interrupted, but its conversation has gone on since" in r.stderr


def test_json_has_what_is_new(daemon, ask, crash):
    interrupted(ask, crash)
    a = json.loads(ask("--continue-interrupted", "-m", "fake/echo", "--json").stdout)
    assert a["state"] == "done" and SAID not in a["text"]


def test_one_that_an_orderly_stop_cut_off(daemon, ask, start_daemon, home):
    proc = ask.start("-m", STOPPED, "a question")
    assert os.read(proc.stdout.fileno(), 40).decode() == SAID
    daemon.signal(signal.SIGTERM)
    _, err = proc.communicate(timeout=PATIENCE)
    assert proc.returncode == AGAIN and b"ask --continue-interrupted" in err
    daemon.wait()
    start_daemon()
    assert ask("--continue-interrupted", "-m", "fake/echo").stdout.startswith(SAID)


def test_a_conversation_is_named(daemon, client, ask, crash):
    first = detached(client, "hold-40", "one", conversation="new")
    client.result(client.chat("hold-48", "two", conversation="new", detach=True))
    client = crash(letters(48))
    named = client.call("answer.get", {"answer": first})["conversation"]
    assert ask("--continue-interrupted", "--conversation", named, "-m", "fake/echo").stdout.startswith(SAID + "Your")
    r = ask("--continue-interrupted", "--conversation", "another")
    assert (r.returncode, r.stdout) == (OTHER, "")
    assert r.stderr == "ask: no answer in this conversation was interrupted: askctl answers shows what there is\n"


def test_what_cannot_be_gone_on_with_is_passed_over(daemon, client, ask, crash):
    """The newest belongs to no conversation, one had said nothing, one's conversation was deleted."""
    client.result(client.chat("hold-40", "a question", conversation="new", detach=True))
    client.result(client.chat("hang-first", "one", conversation="new", detach=True))
    gone = detached(client, "hold-48", "two", conversation="new")
    client.result(client.chat("hold-48", "three", detach=True))
    client = crash(letters(48))
    conversation = client.call("answer.get", {"answer": gone})["conversation"]
    client.call("conversation.delete", {"conversation": conversation})
    assert ask("--continue-interrupted", "-m", "fake/echo").stdout.startswith(SAID + "Your")
    r = ask("--continue-interrupted", "-m", "fake/echo")
    assert (r.returncode, r.stdout) == (OTHER, "") and "belongs to no conversation" in r.stderr


@pytest.mark.parametrize("model, says", [("hang-first", "before it said anything"), ("hold-40", "was deleted")])
def test_why_there_is_none(daemon, client, ask, crash, model, says):
    answer = detached(client, model, "a question of mine", conversation="new")
    client = crash("a question of mine" if model == "hang-first" else SAID)
    if model == "hold-40":
        conversation = client.call("answer.get", {"answer": answer})["conversation"]
        client.call("conversation.delete", {"conversation": conversation})
    r = ask("--continue-interrupted")
    assert (r.returncode, r.stdout) == (OTHER, "")
    assert r.stderr.startswith(f"ask: answer {answer} was interrupted") and says in r.stderr


def test_none_was_interrupted(daemon, ask, provider):
    ask("hi")
    provider.reset()
    r = ask("--continue-interrupted")
    assert (r.returncode, r.stdout) == (OTHER, "")
    assert r.stderr == "ask: no answer was interrupted: askctl answers shows what there is\n"
    assert provider.stats()["requests"] == 0


@pytest.mark.parametrize(
    "args", [("and", "more"), ("-c",), ("--no-store",), ("--detach",), ("--no-stream",)], ids=lambda a: a[0]
)
def test_usage(daemon, ask, args):
    r = ask("--continue-interrupted", *args)
    assert r.returncode == USAGE and "--continue-interrupted" in r.stderr


# -- what is sent, and what is made of replies that the real daemon does not give


@pytest.fixture
def scripted(home):
    s = Scripted(home)
    s.replies["answer.list"] = [{"answer": "A", "state": "interrupted", "conversation": "C"}]
    s.replies["answer.get"] = {"answer": "A", "conversation": "C", "message": "M", "text": "half a s", **WHO}
    s.replies["conversation.get"] = {"conversation": "C", "head": "M"}
    s.replies["chat"] = {"answer": "B", "text": "entence\n"}
    yield s
    s.stop()


WHO = {"provider": "p", "model": "m/n"}


@pytest.mark.parametrize("args, model", [((), "p/m/n"), (("-m", "other"), "other")], ids=["same", "other"])
def test_the_same_model_unless_told_otherwise(scripted, ask, args, model):
    r = ask("--continue-interrupted", *args)
    assert (r.returncode, r.stdout, r.stderr) == (0, "half a sentence\n", "")
    (params,) = scripted.asked("chat")
    assert (params["model"], params["conversation"], params["parent"]) == (model, "C", "M")
    assert scripted.asked("answer.list") == [{"state": "interrupted"}]


def test_nothing_is_read_from_standard_input(scripted, ask):
    assert ask("--continue-interrupted", input="not for you").returncode == 0
    assert "not for you" not in scripted.asked("chat")[0]["prompt"]


@pytest.mark.parametrize("reply", [5, [], [5], [{"answer": 5}], [{"answer": "x" * 100}]], ids=str)
def test_lists_that_are_none(scripted, ask, reply):
    scripted.replies["answer.list"] = reply
    r = ask("--continue-interrupted")
    assert (r.returncode, r.stdout) == (OTHER, "") and "no answer was interrupted" in r.stderr


@pytest.mark.parametrize("method", ["answer.list", "answer.get", "conversation.get"])
def test_a_store_that_fails(scripted, ask, method):
    scripted.replies[method] = Exception({"code": "unavailable", "message": "the database is damaged"})
    r = ask("--continue-interrupted")
    assert (r.returncode, r.stdout, r.stderr) == (UNAVAILABLE, "", "ask: the database is damaged\n")
