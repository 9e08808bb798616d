"""Neovim: what is typed behind a command, what Tab offers, what the options take."""

import pytest

from client import say
from conftest import wait_until
from helpers_nvim import Nvim


@pytest.fixture
def nvim(daemon, home):
    with Nvim(home) as n:
        yield n


def parsed(nvim, text, allowed="mpc"):
    """The map, or else the word about what is wrong."""
    return nvim.lua("local asked, fault = require('askd.args').parse(...) return asked or fault", text, allowed)


@pytest.mark.parametrize(
    "text,wanted",
    [
        ("what is this", {"words": "what is this"}),
        ("  -m fake/echo  why -m not ", {"model": "fake/echo", "words": "why -m not"}),
        ("-p explain -c last -m a/b", {"prompt": "explain", "conversation": "last", "model": "a/b", "words": ""}),
        ("-- -m is an option", {"words": "-m is an option"}),
        ("-x is unknown", {"words": "-x is unknown"}),
        ("-1 + 1", {"words": "-1 + 1"}),
        ("", {"words": ""}),
    ],
)
def test_options_come_first(nvim, text, wanted):
    assert parsed(nvim, text) == wanted


def test_an_option_wants_its_value(nvim):
    assert parsed(nvim, "-m") == "-m wants a model behind it"
    assert parsed(nvim, "-c last words", "mp") == {"words": "-c last words"}
    nvim.command("Ask -m")
    assert "wants a model" in nvim.told()[-1]


def offered(nvim, line):
    return nvim.eval(f"getcompletion({line!r}, 'cmdline')")


def wait_offered(nvim, line, word):
    """What is not known at the first Tab is asked for, and offered at a later one."""
    return wait_until(lambda: [w for w in offered(nvim, line) if w == word], f"{word} is offered behind {line}")


@pytest.mark.askd(extra='[alias "quick"]\nmodels = fake/echo')
def test_tab_offers_what_the_daemon_has(nvim, client):
    c = say(client, "hello")["conversation"]
    assert offered(nvim, "Ask -") == ["-m", "-p", "-c"] and offered(nvim, "AskRewrite -") == ["-m", "-p"]
    wait_offered(nvim, "Ask -p ex", "explain")
    wait_offered(nvim, "Ask -m qu", "quick")
    wait_offered(nvim, "Ask -m fake/echo -c ", c)
    assert offered(nvim, "Ask -c la") == ["last"]
    assert offered(nvim, "Ask what is a da") == []
    assert offered(nvim, "AskSuggest o") == ["off", "on"]


def test_a_prompt_of_the_library_takes_the_range_as_its_input(nvim, provider, tmp_path):
    nvim.edit(tmp_path / "x.c", "int a;\nint b;\n")
    nvim.command("2Ask -p explain")
    nvim.wait_lines("int b;", nvim.answer_buffer())
    asked = str(provider.bodies()[-1]["messages"])
    assert "int b;" in asked and "int a;" not in asked


@pytest.mark.parametrize(
    "given,fault",
    [
        ("{nothing = 1}", "there is no option nothing"),
        ("{suggest_delay = 'long'}", "suggest_delay has to be one of: number"),
        ("{suggest_delay = -1}", "suggest_delay cannot be below 0"),
        ("{split = 'up'}", "split has to be one of: auto, below, right, tab, here"),
        ("{model = true}", "model has to be one of: string, false"),
    ],
)
def test_options_that_cannot_be(nvim, given, fault):
    nvim.lua(f"require('askd').setup({given})")
    assert nvim.told() == [f"askd: invalid_request: setup: {fault}"]


def test_options_are_what_they_are_set_to(nvim):
    nvim.lua("require('askd').setup({split = 'tab', suggest_delay = 0, model = 'fake/words-2'})")
    assert nvim.lua("local o = require('askd.options') return {o.split, o.suggest_delay, o.model}") == [
        "tab", 0, "fake/words-2",
    ]  # fmt: skip
    nvim.command("Ask hello")
    nvim.wait_lines("w0 w1", nvim.answer_buffer())
    assert nvim.eval("tabpagenr('$')") == 2
