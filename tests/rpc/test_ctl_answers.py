"""askctl answers, attach and cancel: the answers that are there, and which of them is meant where none is named."""

import json

import pytest

from client import detached
from conftest import PATIENCE, askctl_path
from fault_provider import words_text
from helpers_scripted import Scripted
from helpers_terminal import cells, on_terminal

OTHER, USAGE = 1, 64

pytestmark = pytest.mark.askd(provider={"retries": "0"})


def on_tty(home, *args, **kw):
    return on_terminal([askctl_path(), *args], home.env(ASKD_AUTOSTART="0"), **kw)


# -- answers


def test_a_line_each(daemon, client, askctl):
    first = detached(client, "echo", "one\ttwo")
    client.call("answer.attach", {"answer": first, "stream": False})
    second = detached(client, "hang-first", "three")
    r = askctl("answers")
    rows = [line.split("\t") for line in r.stdout.splitlines()]
    assert (r.returncode, r.stderr) == (0, "")
    assert [(row[0], row[1], row[4], row[5]) for row in rows] == [
        (second, "running", "0", "three"),
        (first, "done", "0", "one two"),
    ]
    assert all(0 <= int(row[3]) < PATIENCE for row in rows)


def test_of_one_state(daemon, client, askctl):
    running = detached(client, "hang-first")
    client.result(client.chat("echo", "done"))
    assert [line.split("\t")[0] for line in askctl("answers", "--state", "running").stdout.splitlines()] == [running]
    assert askctl("answers", "--state", "failed").stdout == ""
    r = askctl("answers", "--state", "gone")
    assert (r.returncode, r.stdout) == (USAGE, "") and "'gone' is none of running, done, " in r.stderr


def test_json(daemon, client, askctl):
    answer = detached(client, "hang-first")
    (a,) = json.loads(askctl("answers", "--json").stdout)
    assert (a["answer"], a["state"]) == (answer, "running")


@pytest.mark.parametrize("columns", [80, 132])
def test_on_a_terminal(home, columns):
    """An id is to be copied: it is never cut."""
    scripted = Scripted(home)
    answer = "01a21a50-be4e-766f-bb0c-8ec34b25e44e"
    row = {"answer": answer, "state": "interrupted", "model": "a-model", "started": 0.0, "readers": 2}
    scripted.replies["answer.list"] = [{**row, "preview": "why is it so " * 6}]
    status, text = on_tty(home, "answers", columns=columns)
    scripted.stop()
    assert status == 0 and answer in text and "interrupted" in text and "why is it" in text
    assert max(map(cells, text.splitlines())) <= columns


# -- attach


def test_attach_from_an_event_on(daemon, client, askctl):
    answer = detached(client, "words-5")
    client.call("answer.attach", {"answer": answer, "stream": False})
    assert askctl("attach", answer).stdout == words_text(5)
    assert askctl("attach", answer, "--from", "0").stdout == words_text(5)
    assert askctl("attach", answer, "--from", "3").stdout == "w2 w3 w4 "
    r = askctl("attach", answer, "--from", "1000")
    assert (r.returncode, r.stdout, r.stderr) == (0, "", "")


@pytest.mark.parametrize("value", ["-1", "x", "1x", "", "4294967296"])
def test_from_is_a_number(daemon, askctl, value):
    r = askctl("attach", f"--from={value}")
    assert r.returncode == USAGE and "is no number of an event" in r.stderr


# -- cancel


def test_cancel_the_newest_that_runs(daemon, client, askctl):
    older, newer = detached(client, "hang-first"), detached(client, "hang-first")
    client.result(client.chat("echo", "done"))
    r = askctl("cancel")
    assert (r.returncode, r.stdout, r.stderr) == (0, "", "")
    states = {a["answer"]: a["state"] for a in client.call("answer.list")}
    assert (states[newer], states[older]) == ("cancelled", "running")


def test_cancel_says_which_on_a_terminal(daemon, client, home):
    answer, other = detached(client, "hang-first"), detached(client, "hang-first")
    assert on_tty(home, "cancel") == (0, f"askctl: answer {other} is cancelled\n")
    assert on_tty(home, "cancel", answer) == (0, "")


def test_nothing_to_cancel(daemon, client, askctl):
    client.result(client.chat("echo", "done"))
    r = askctl("cancel")
    assert r.returncode == OTHER
    assert r.stderr == "askctl: there is no answer that is running: askctl answers lists them\n"


@pytest.mark.parametrize("verb", ["attach", "cancel", "wait"])
def test_an_id_that_is_too_long(daemon, askctl, verb):
    r = askctl(verb, "x" * 5000)
    assert r.returncode == USAGE and "askctl answers shows ids" in r.stderr
