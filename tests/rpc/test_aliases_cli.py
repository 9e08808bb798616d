"""askctl aliases, and the method behind it."""

import pytest

from helpers_terminal import on_terminal
from conftest import askctl_path

ALIASES = """
[alias "good"]
models = fake/echo, fake/words-5, mistral/three

[alias "quick"]
models = fake/words-5, fake/echo
policy = race
race_delay = 300 ms

[alias "top"]
models = fake/echo
policy = best

[alias "lost"]
models = openai/gpt-4.1
"""

with_aliases = pytest.mark.askd(extra=ALIASES)


@with_aliases
def test_what_is_told(client):
    good, quick, top, lost = client.call("models.aliases", {})
    assert good == {"alias": "good", "policy": "fallback", "models": ["fake/echo", "fake/words-5", "mistral/three"], "candidates": ["fake/echo", "fake/words-5"]}
    assert quick == {"alias": "quick", "policy": "race", "models": ["fake/words-5", "fake/echo"], "candidates": ["fake/words-5", "fake/echo"], "race_delay_ms": 300}
    assert (top["board"], top["candidates"]) == ("lmarena", ["fake/echo"])
    assert lost["candidates"] == [] and lost["error"]["code"] == "no_provider"


@with_aliases
def test_the_first_is_who_is_asked(client):
    for alias in client.call("models.aliases", {})[:3]:
        answer = client.call("chat", {"model": alias["alias"], "prompt": "hello", "cache": "off"})
        assert f"{answer['provider']}/{answer['model']}" == alias["candidates"][0]


@with_aliases
def test_as_a_table(daemon, home, askctl):
    rows = [line.split("\t") for line in askctl("aliases").stdout.splitlines()]
    assert rows[0] == ["good", "fallback", "fake/echo", "fake/words-5", "fake/echo, fake/words-5, mistral/three"]
    assert rows[3][:2] == ["lost", "fallback"] and rows[3][2].startswith("nobody: ") and rows[3][3] == "-"
    status, shown = on_terminal([askctl_path(), "aliases"], home.env(), 80)
    assert status == 0 and max(map(len, shown.splitlines())) <= 80


def test_none(daemon, home, askctl):
    assert (askctl("aliases").stdout, askctl("aliases", "--json").stdout) == ("", "[]\n")
    assert "an [alias" in on_terminal([askctl_path(), "aliases"], home.env())[1]
