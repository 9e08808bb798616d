"""ask --detach: the question is asked, the answer's id is printed, and the daemon has the rest."""

import json
import os
import re
import signal
import threading

import pytest

from conftest import PATIENCE, ask_path, wait_until
from fault_provider import words_text
from helpers_scripted import Scripted
from helpers_terminal import on_terminal

USAGE, UNAVAILABLE, IO, PROTOCOL = 64, 69, 74, 76
ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

pytestmark = pytest.mark.askd(provider={"retries": "0"})


def test_the_id_alone_is_printed(daemon, client, ask, askctl):
    r = ask("--detach", "-m", "fake/slow-20-20", "a long one")
    assert (r.returncode, r.stderr) == (0, "") and ID.fullmatch(r.stdout.removesuffix("\n"))
    answer = r.stdout.strip()
    assert client.call("answer.get", {"answer": answer})["state"] == "running"
    assert askctl("attach", answer).stdout.rstrip() == words_text(20).rstrip()


def test_it_has_a_conversation_to_go_on_with(daemon, client, ask, askctl):
    answer = ask("--detach", "one").stdout.strip()
    assert askctl("wait", answer).returncode == 0
    conversation = client.call("answer.get", {"answer": answer})["conversation"]
    again = ask("--detach", "--conversation", conversation, "two").stdout.strip()
    assert askctl("wait", again).returncode == 0
    said = client.call("conversation.get", {"conversation": conversation})["messages"]
    assert [m["content"] for m in said] == ["one", "one", "two", "two"]


def test_a_terminal_is_told_how_to_see_it(daemon, home):
    status, text = on_terminal([ask_path(), "--detach", "hi"], home.env(ASKD_AUTOSTART="0"))
    answer, advice = text.splitlines()
    assert status == 0 and ID.fullmatch(answer)
    assert advice == f"ask: askctl attach {answer} shows it"


def test_json(daemon, ask):
    assert set(json.loads(ask("--detach", "--json", "hi").stdout)) == {"answer"}


def test_a_question_that_is_refused(daemon, ask):
    r = ask("--detach", "-m", "nobody/has-this", "hi")
    assert r.returncode != 0 and r.stdout == "" and r.stderr.startswith("ask: ")


def test_nowhere_to_put_the_id(daemon, ask):
    with open("/dev/full", "wb") as full:
        proc = ask.start("--detach", "hi", stdout=full)
        _, err = proc.communicate()
    assert proc.returncode == IO and b"cannot write the answer's id" in err
    ours, theirs = os.pipe()
    os.close(ours)
    proc = ask.start("--detach", "hi", stdout=theirs)
    os.close(theirs)
    assert proc.communicate()[1] == b"" and proc.returncode == 141


def test_what_it_sends(home, ask):
    scripted = Scripted(home)
    scripted.replies["chat"] = {"answer": "A"}
    assert ask("--detach", "-r", "hi").stdout == "A\n"
    (params,) = scripted.asked("chat")
    assert params["detach"] is True and "stream" not in params
    assert (params["cache"], params["conversation"]) == ("refresh", "new")
    scripted.replies["chat"] = {}
    assert ask("--detach", "hi").returncode == PROTOCOL
    scripted.stop()


def test_nobody_has_to_wait_for_the_id(home, ask):
    scripted, release = Scripted(home), threading.Event()
    scripted.replies["chat"] = lambda _: release.wait(PATIENCE) and {"answer": "A"}
    proc = ask.start("--detach", "hi")
    wait_until(lambda: scripted.asked("chat"), "the question is asked")
    proc.send_signal(signal.SIGINT)
    assert proc.communicate(timeout=PATIENCE) == (b"", b"") and proc.returncode == 130
    release.set()
    scripted.stop()


def test_usage(ask):
    r = ask("--detach", "--stats", "hi")
    assert r.returncode == USAGE and "--detach and --stats" in r.stderr
    assert ask("--detach", "hi").returncode == UNAVAILABLE  # no daemon
