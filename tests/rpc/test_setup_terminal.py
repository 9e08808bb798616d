"""askctl setup as a newcomer sees it: in a terminal of 80 columns, with one provider wrong, one slow, one right."""

import re
import socket

import pytest

from conftest import wait_until
from helpers_keys import UNUSED, put_key
from helpers_tmux import Tmux

GOOD = "key.good"


@pytest.fixture
def three(home, provider, start_daemon):
    """Providers right and wrong take one key each; slow takes any, in its time."""
    home.write_config(
        provider.behave(f"only-{GOOD}"),
        daemon={"default_model": None},
        provider=UNUSED,
        extra=f'[provider "wrong"]\nbase_url = {provider.behave("only-key.other")}\nretries = 0\n'
        f'[provider "slow"]\nbase_url = {provider.behave("slow-3-400")}\n'
        '[alias "named"]\nmodels = slow/m\n',
    )
    return start_daemon()


@pytest.fixture
def terminal(home, three):
    with Tmux(home) as t:
        yield t


def keys_in(home):
    return {p.name: p.read_text() for p in (home.config_dir / "keys").iterdir()}


def begin(t, which):
    t.type("askctl setup", "Enter")
    shown = t.wait_for("Which do you have?")
    t.type(which, "Enter")
    return shown


def key(t, name, text):
    t.wait_for(lambda s: s.rsplit("\n", 1)[-1].startswith((f"Key of {name} ", f"Another key of {name} ")))
    t.type(text, "Enter")


def test_all_of_it(home, terminal):
    t = terminal
    shown = begin(t, "fake wrong,slow")
    assert "openai" in shown and "fake" in shown and len(shown.splitlines()) < 24
    key(t, "fake", GOOD)
    t.wait_for("it works")
    key(t, "wrong", "key.bad")
    t.wait_for("wrong: that key is not kept")
    t.wait_for("Another key of wrong")
    key(t, "wrong", "key.other")
    t.wait_for("wrong: stored in")
    key(t, "slow", "key.slow")
    shown = t.wait_for("Which model is to be asked")
    assert "slow: slow/m is asked for one token ... it works" in shown
    t.type("", "Enter")
    t.wait_for("A first question")
    t.type("hello newcomer", "Enter")
    shown = t.wait_for("From now on: ask", history=True)
    assert '$ ask "hello newcomer"' in shown and "401" in shown
    for typed in (GOOD, "key.bad", "key.other", "key.slow"):
        assert typed not in shown
    assert max(map(len, shown.splitlines())) <= 80
    assert keys_in(home) == {"fake": GOOD + "\n", "wrong": "key.other\n", "slow": "key.slow\n"}
    assert "default_model = fake/" in home.config.read_text()


def test_a_key_is_skipped(home, terminal):
    begin(terminal, "wrong fake")
    key(terminal, "fake", GOOD)
    key(terminal, "wrong", "key.bad")
    terminal.wait_for("Another key of wrong")
    key(terminal, "wrong", "")
    assert "wrong: skipped" in terminal.wait_for("Which model is to be asked")
    assert keys_in(home) == {"fake": GOOD + "\n"}


@pytest.mark.parametrize("place", ["Which do you have?", "Key of fake", "Which model", "A first question"])
def test_ctrl_c_at_any_question(home, terminal, place):
    """The terminal echoes again, and nothing is half done."""
    t = terminal
    t.type("askctl setup", "Enter")
    answers = {"Which do you have?": "fake", "Key of fake": GOOD, "Which model": "", "A first question": ""}
    for question, answer in answers.items():
        t.wait_for(question)
        if question == place:
            break
        t.type(answer, "Enter")
    t.type("", "C-c")
    t.wait_for("ended: what was stored before stays")
    t.type("echo status $?", "Enter")
    shown = t.wait_for("status 130")
    assert "echo status" in shown, "it echoes"
    left = [p.name for p in home.config_dir.rglob("*") if p.is_file() and p.name.startswith(".")]
    assert left == []


def test_ctrl_c_takes_back_a_key_that_is_tried(home, provider, start_daemon):
    put_key(home, "fake", "key.before\n")
    home.write_config(provider.behave("hang-first"), daemon={"default_model": "fake/m"}, provider=UNUSED)
    start_daemon()
    with Tmux(home) as t:
        begin(t, "fake")
        key(t, "fake", "key.new")
        t.wait_for("is asked for one token")
        wait_until(lambda: keys_in(home) == {"fake": "key.new\n"}, "the key is there to be tried")
        t.type("", "C-c")
        t.wait_for("ended: what was stored before stays")
    assert keys_in(home) == {"fake": "key.before\n"}


def test_what_is_no_provider_is_asked_again(terminal):
    begin(terminal, "nobody")
    terminal.wait_for("'nobody' is neither a number nor a name")
    terminal.wait_for(lambda s: s.count("Which do you have?") == 2)


def test_the_list_says_what_each_is(terminal):
    terminal.type("askctl setup", "Enter")
    shown = terminal.wait_for("Which do you have?")
    for line in ("anthropic +Claude", "ollama +local, not running", "fake +your own"):
        assert re.search(line, shown), line
    assert len(shown.splitlines()) < 24


def test_lines_end_between_words(home, provider, start_daemon):
    """Of a text longer than the terminal is wide; and where none works, that is said last."""
    home.write_config(provider.behave("status-400"), daemon={"default_model": None}, provider=UNUSED)
    start_daemon()
    with Tmux(home, columns=77) as t:
        begin(t, "fake")
        key(t, "fake", GOOD)
        shown = t.wait_for(lambda s: s.splitlines()[-1].strip() in ("$", "#"))
        told = shown[shown.index("fake: the provider") :].splitlines()
        assert told[0].endswith("the request;") and told[1].startswith("without its list of models, name one: --default-model ")
        assert told[-2].startswith("no provider works yet: ") and told[-2].endswith("then run askctl setup again")


def test_who_is_not_reached_needs_no_model_named(home, start_daemon):
    with socket.socket() as dead:
        dead.bind(("127.0.0.1", 0))
        home.write_config(
            f"http://127.0.0.1:{dead.getsockname()[1]}/v1", daemon={"default_model": None}, provider={**UNUSED, "retries": 0}
        )
        start_daemon()
        with Tmux(home) as t:
            begin(t, "fake")
            key(t, "fake", GOOD)
            shown = t.wait_for("run askctl setup again")
            assert "cannot connect" in shown and "--default-model" not in shown


def test_a_section_that_was_written_since_is_there(home, provider, terminal):
    """As the list says to who names one that is not in it."""
    begin(terminal, "mine")
    terminal.wait_for("'mine' is neither a number nor a name")
    terminal.type("", "C-c")
    with home.config.open("a") as f:
        f.write(f'[provider "mine"]\nbase_url = {provider.behave("only-key.mine")}\n')
    terminal.wait_for("ended: what was stored before stays")
    terminal.type("clear", "Enter")
    begin(terminal, "mine")
    key(terminal, "mine", "key.mine")
    terminal.wait_for("mine: mine/echo is asked for one token ... it works")
