"""Titles that a model gives to new conversations."""

import pytest

from conftest import wait_until
from fault_provider import words_text
from helpers_routing import World

PROVIDERS = {"main": "echo", "cheap": "words-3", "bad": "status-500", "mute": "hang-first", "odd": "usage-only", "slow": "slow-3-200"}
TITLE = words_text(3).strip()


@pytest.fixture
def titled(home, provider, start_daemon):
    """titled(title_model) -> a client of a daemon that has its conversations titled so."""
    world = World(home, provider)

    def start(model="cheap/titles", **daemon):
        world.write(PROVIDERS, title_model=model, **daemon)
        return start_daemon().connect()

    return start


def say(client, prompt, conversation="new", model="main/m", **params):
    return client.call("chat", {"model": model, "prompt": prompt, "conversation": conversation, **params})


def title_of(client, conversation):
    return client.call("conversation.get", {"conversation": conversation})["title"]


def wait_title(client, conversation, title):
    wait_until(lambda: title_of(client, conversation) == title, f"the title is {title}")


def asked(provider):
    """The questions for titles."""
    return [b for b in provider.bodies() if b["model"] == "titles"]


def test_title(titled, provider):
    client = titled()
    a = say(client, "what is a daemon?")
    wait_title(client, a["conversation"], TITLE)
    (question,) = asked(provider)
    told = question["messages"][-1]["content"]
    assert told.count("what is a daemon?") == 2  # the fake says it again
    assert question["max_tokens"] == 500
    # once for a conversation, and of no interest to anybody
    say(client, "and then?", a["conversation"])
    assert len(asked(provider)) == 1 and title_of(client, a["conversation"]) == TITLE
    assert len(client.call("answer.list")) == 2


def test_long_questions_are_cut(titled, provider):
    client = titled()
    a = say(client, "é" * 3000)
    wait_title(client, a["conversation"], TITLE)
    assert asked(provider)[0]["messages"][-1]["content"].count("é") == 2 * 1024


def test_users_title_stays(titled, provider):
    client = titled("slow/titles")
    a = say(client, "what is a daemon?")
    provider.wait_requests(2)
    client.call("conversation.rename", {"conversation": a["conversation"], "title": "mine"})
    wait_until(lambda: client.call("status")["answers"] == 0, "the model has said its title")
    assert title_of(client, a["conversation"]) == "mine"


def test_title_of_one_that_was_created(titled):
    client = titled()
    empty = client.call("conversation.create")["conversation"]
    named = client.call("conversation.create", {"title": "mine"})["conversation"]
    say(client, "one", empty)
    say(client, "two", named)
    wait_title(client, empty, TITLE)
    assert title_of(client, named) == "mine"


@pytest.mark.parametrize("model", ["bad/titles", "odd/titles"])
def test_without_one_the_first_words_stay(titled, provider, model):
    client = titled(model)
    a = say(client, "what is a daemon?")
    wait_until(lambda: len(asked(provider)) == 1, "it is asked for")
    wait_until(lambda: client.call("status")["answers"] == 0, "it has come to nothing")
    assert title_of(client, a["conversation"]) == "what is a daemon?"


@pytest.mark.parametrize("params", [{"store": False}, {"conversation": None}, {"model": "bad/m"}])
def test_nobody_is_asked_without_an_answer_that_is_kept(titled, provider, params):
    client = titled()
    client.response(client.request("chat", {"model": "main/m", "prompt": "hi", "conversation": "new", **params}))
    say(client, "the next", "new")
    wait_until(lambda: len(asked(provider)) == 1, "that one's is asked for")
    assert "the next" in asked(provider)[0]["messages"][-1]["content"]


def test_compare_gets_one_title(titled, provider):
    client = titled()
    arms = client.call("compare", {"models": ["main/a", "main/b"], "prompt": "hi", "conversation": "new"})["answers"]
    wait_title(client, arms[0]["conversation"], TITLE)
    wait_until(lambda: client.call("status")["answers"] == 0, "all is over")
    assert len(asked(provider)) == 1


def test_daemon_ends_without_it(titled, provider, home):
    client = titled("mute/titles", drain_timeout="600")  # more than anybody here waits
    say(client, "hi")
    provider.wait_requests(2)
    client.call("shutdown")
    provider.wait_aborted()
    wait_until(lambda: not home.socket.exists(), "the daemon has ended")
