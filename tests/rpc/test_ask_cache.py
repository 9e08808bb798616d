"""ask and the cache: how it is told to use it, and what it says of an answer that was not made for this question."""

import json

import pytest

from conftest import ask_path
from helpers_scripted import Scripted
from helpers_terminal import on_terminal

USAGE = 64
FRESH = {"text": "so it is\n", "model": "m", "provider": "p", "finish_reason": "stop", "cached": False, "shared": False}
CACHED = {**FRESH, "cached": True, "age": 3 * 3600 + 59.0}
SHARED = {**FRESH, "shared": True}


@pytest.fixture
def scripted(home):
    s = Scripted(home)
    s.replies["chat"] = FRESH
    yield s
    s.stop()


def shown(home, *args):
    """What ask shows on a terminal."""
    status, text = on_terminal([ask_path(), *args, "hi"], home.env(ASKD_AUTOSTART="0"))
    assert status == 0
    return text


@pytest.mark.parametrize(
    "args, sent",
    [((), None), (("-r",), "refresh"), (("--refresh",), "refresh")]
    + [((f"--cache={word}",), word) for word in ("use", "refresh", "only", "off")],
    ids=str,
)
def test_what_is_sent(scripted, ask, args, sent):
    assert ask(*args, "hi").returncode == 0
    assert scripted.asked("chat")[0].get("cache") == sent


@pytest.mark.parametrize("args", [("-r", "--cache=off"), ("--cache=only", "--cache=use"), ("--cache=maybe",)], ids=str)
def test_contradictions(scripted, ask, args):
    r = ask(*args, "hi")
    assert (r.returncode, r.stdout) == (USAGE, "") and r.stderr.startswith("ask: --cache ")
    assert scripted.calls == []


@pytest.mark.parametrize(
    "age, says",
    [
        (5.2, "cached 5s ago"),
        (12 * 60.0, "cached 12min ago"),
        (3 * 3600.0, "cached 3h ago"),
        (2 * 86400, "cached 2d ago"),
        (None, "cached"),
    ],
    ids=str,
)
def test_a_terminal_is_told_of_the_cache(scripted, home, age, says):
    scripted.replies["chat"] = {**CACHED, "age": age}
    assert shown(home) == f"so it is\nask: {says}; -r asks again\n"


def test_a_pipe_is_not(scripted, ask):
    scripted.replies["chat"] = CACHED
    r = ask("hi")
    assert (r.returncode, r.stdout, r.stderr) == (0, "so it is\n", "")


@pytest.mark.parametrize("answer", [FRESH, SHARED], ids=["fresh", "shared"])
def test_nothing_is_said_of_others(scripted, home, answer):
    scripted.replies["chat"] = answer
    assert shown(home) == "so it is\n"


def test_json_has_it_already(scripted, home):
    scripted.replies["chat"] = CACHED
    assert json.loads(shown(home, "--json")) == CACHED


@pytest.mark.parametrize(
    "answer, says",
    [
        (FRESH, "model=m provider=p fresh=true"),
        (CACHED, "model=m provider=p cached=true age=10859"),
        ({**CACHED, "age": 12.7}, "model=m provider=p cached=true age=12"),
        (SHARED, "model=m provider=p shared=true"),
    ],
    ids=["fresh", "cached", "whole seconds", "shared"],
)
def test_stats(scripted, ask, answer, says):
    scripted.replies["chat"] = answer
    assert ask("--stats", "hi").stderr == f"ask: {says}\n"


def test_a_miss_is_an_error(daemon, ask, provider):
    r = ask("--cache=only", "was never asked before")
    assert (r.returncode, r.stdout) == (1, "") and "no cached answer" in r.stderr
    assert provider.stats()["requests"] == 0
