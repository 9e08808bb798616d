"""VS Code: suggestions at the cursor. The editor shows them and has the commands that accept them."""

import random

import pytest

from conftest import wait_until
from helpers_vscode import VsCode

ON = {"suggest": True, "suggestDelay": 20}
PAUSE = 0.15  # seconds in which nothing is to happen: many times the delay


@pytest.fixture
def daemon_of_steered(home, steered, start_daemon):
    home.write_config(steered.base_url)
    return start_daemon()


@pytest.fixture
def code(home, daemon_of_steered, tmp_path):
    with VsCode(home, folder=tmp_path, settings=ON) as v:
        v.file = v.open(tmp_path / "x.py", "import os\n\n\ndef last():\n    pass\n")
        v.cursor(1, 0)
        yield v


def type_(code, text):
    for key in text:
        code.do("type", key)


def shown(code):
    return code.do("suggestion")


def wait_shown(code, text):
    wait_until(lambda: shown(code) == text, f"{text!r} is shown")


def lines(code):
    return code.text(code.file).split("\n")


def ask(code, steered, keys):
    """Types; the request that comes of it at the provider."""
    n = len(steered.requests)
    type_(code, keys)
    steered.wait(lambda: len(steered.requests) > n, "a suggestion is asked for")
    return steered.requests[-1]


def suggest(code, steered, keys, text):
    request = ask(code, steered, keys)
    request.say(text)
    request.end("stop")
    wait_shown(code, text)
    return request


def quiet(steered, requests):
    """Nobody is asked."""
    steered.look(PAUSE)
    steered.look(PAUSE)
    assert len(steered.requests) == requests


def test_it_is_shown_and_accepted(code, steered):
    request = ask(code, steered, "def f")
    text = str(request.messages)
    assert "import os" in text and "def f" in text and "def last" in text
    request.say("irst(a):\n    return a")
    request.end("stop")
    wait_shown(code, "irst(a):\n    return a")
    assert lines(code)[1] == "def f", "the text is as it was"
    code.do("accept", "all")
    assert lines(code)[1:3] == ["def first(a):", "    return a"]


def test_a_word_a_line_and_the_rest_ask_nobody(code, steered):
    suggest(code, steered, "x", " = foo.bar(1)\ny = 2\nz = 3")
    for what, line in (("word", "x ="), ("word", "x = foo"), ("word", "x = foo."), ("line", "x = foo.bar(1)")):
        code.do("accept", what)
        assert lines(code)[1] == line
    quiet(steered, 1)
    wait_shown(code, "\ny = 2\nz = 3")
    code.do("accept", "line")
    assert lines(code)[1:3] == ["x = foo.bar(1)", "y = 2"]
    wait_shown(code, "\nz = 3")
    code.do("accept", "all")
    assert lines(code)[3] == "z = 3"


def test_typing_along_asks_nobody(code, steered):
    suggest(code, steered, "a", "bcdef\nnext")
    for i, key in enumerate("bcdef"):
        type_(code, key)
        wait_shown(code, "bcdef"[i + 1 :] + "\nnext")
    type_(code, "\nne")
    wait_shown(code, "xt")
    type_(code, "\b")
    wait_shown(code, "ext")
    quiet(steered, 1)


def test_typing_along_while_it_comes_waits_for_the_rest(code, steered):
    request = ask(code, steered, "a")
    request.say("bcd")
    wait_until(lambda: code.do("held")["streams"] == 1, "it streams")
    steered.look(PAUSE)
    type_(code, "bc")
    request.say("ef")
    request.end("stop")
    wait_shown(code, "def")
    quiet(steered, 1)


def test_typing_something_else_ends_it_at_the_provider(code, steered):
    request = ask(code, steered, "a")
    request.say("bcd")
    type_(code, "x")
    steered.wait(lambda: request.aborted, "the provider is told")
    assert shown(code) == ""
    steered.wait(lambda: len(steered.requests) == 2, "it is asked anew")


def test_each_key_pushes_the_question_back(code, steered):
    code.do("set", "suggestDelay", 400)
    n = len(steered.requests)
    type_(code, "abcdefghij")
    steered.wait(lambda: len(steered.requests) > n, "a suggestion is asked for")
    quiet(steered, 1)
    assert "abcdefghij" in str(steered.requests[0].messages)


def test_what_nobody_waits_for_ends_at_the_provider(code, steered):
    """Escape: nothing was typed, and the cursor is where it was."""
    request = ask(code, steered, "a")
    code.do("hide")
    steered.wait(lambda: request.aborted, "the provider is told")
    quiet(steered, 1)


def test_the_cursor_going_away_ends_it(code, steered):
    request = ask(code, steered, "a")
    code.cursor(4, 0)
    steered.wait(lambda: request.aborted, "the provider is told")
    quiet(steered, 1)


def test_an_edit_elsewhere_ends_it(code, steered):
    request = ask(code, steered, "a")
    code.do("edit", code.file, {"start": {"line": 0, "character": 0}, "end": {"line": 0, "character": 0}}, "# one\n")
    steered.wait(lambda: request.aborted, "the provider is told")


def test_closing_its_document_ends_it(code, steered):
    request = ask(code, steered, "a")
    code.do("close", code.file)
    steered.wait(lambda: request.aborted, "the provider is told")


def test_they_are_off_unless_wanted(home, daemon_of_steered, steered):
    with VsCode(home, settings={"suggestDelay": 20}) as v:
        v.do("untitled", "text", "python")
        type_(v, "more")
        v.do("invoke")
        quiet(steered, 0)
        v.command("askd.suggest")
        assert v.told() == ["askd: suggestions are on"]
        request = ask(v, steered, "!")
        v.command("askd.suggest")
        steered.wait(lambda: request.aborted, "the provider is told")
        type_(v, "!")
        quiet(steered, 1)
        v.command("askd.suggest", True)
        assert v.told()[1:] == ["askd: suggestions are off", "askd: suggestions are on"]


def test_one_that_was_asked_for_does_not_wait(code, steered):
    code.do("set", "suggestDelay", 60000)
    type_(code, "a")
    quiet(steered, 0)
    code.do("invoke")
    steered.wait(lambda: steered.requests, "a suggestion is asked for")


def test_in_some_languages_nothing_is_suggested(code, steered):
    code.do("untitled", "", "git-commit")
    type_(code, "Fix")
    quiet(steered, 0)


def test_in_the_middle_of_a_line(code, steered):
    type_(code, "foo()")
    wait_until(lambda: steered.look(0.05) or steered.requests, "the first one is asked for")
    code.cursor(1, 4)
    n = len(steered.requests)
    request = ask(code, steered, "a")
    assert len(steered.requests) == n + 1
    request.say(", b")
    request.end("stop")
    wait_shown(code, ", b")
    code.do("accept", "all")
    assert lines(code)[1] == "foo(a, b)"


def test_an_error_is_told_once(code, steered):
    for key in "abc":
        ask(code, steered, key).refuse(400)
        wait_until(lambda: code.do("held")["streams"] == 0, "it has ended")
    code.wait_told("injected 400")
    assert len([t for t in code.told() if "injected" in t]) == 1


def test_who_suggests_may_be_named(code, steered):
    code.do("set", "suggestModel", "fake/small")
    request = ask(code, steered, "a")
    assert request.body["model"] == "small"


def random_acts(rng, n):
    acts = []
    for _ in range(n):
        if rng.random() < 0.1:
            acts.append(("cursor", rng.randrange(3)))
        else:
            acts.append(("type", rng.choice(["a", "b", "(", ")", "ä", " ", "\n", "\b"])))
    return acts


@pytest.mark.parametrize("seed", range(3))
def test_whatever_is_typed_the_text_is_what_it_is_without(home, provider, start_daemon, tmp_path, seed):
    """Suggestions come and go meanwhile, of one line and of several; nobody accepts them."""
    home.write_config(provider.behave("text-60-7"))
    start_daemon()
    acts = random_acts(random.Random(seed), 400)
    texts = []
    for on in (True, False):
        with VsCode(home, folder=tmp_path, settings={"suggest": on, "suggestDelay": 0}) as v:
            v.file = v.do("untitled", "one\n\ttwo ä\nthree", "")
            for i, (what, arg) in enumerate(acts):
                if what == "cursor":
                    v.cursor(arg, 0)
                else:
                    v.do("type", arg)
                if i % 2 == 0:  # or nothing may ever come, where the keys are faster than the daemon
                    wait_until(lambda: v.do("held")["calls"] == 0, "it is quiet", pause=0.002)
            texts.append((v.text(v.file), v.told()))
    assert texts[0] == texts[1]
    assert provider.stats()["requests"] > 20, "suggestions were asked for"
