"""Races: two providers are asked for one answer, and the one that is first with something to show gives it.

Each provider is a section with one behaviour of the fault provider, whatever model it is asked for.
"""

import pytest

from client import RpcError, kinds_of, text_of
from conftest import wait_until
from fault_provider import words_text
from helpers_routing import World, ask, ended, streamed, tried, who

HOUR = "1 h"  # longer than any test: what waits for it is not waited for


@pytest.fixture
def world(home, provider):
    return World(home, provider)


def race(world, *behaviours, delay="50 ms", **options):
    """An alias `race` of providers a, b, … with these behaviours."""
    names = "abc"[: len(behaviours)]
    world.write(
        dict(zip(names, behaviours)),
        {"race": {"models": ", ".join(f"{n}/m" for n in names), "policy": "race", "race_delay": delay}},
        **options,
    )


def test_race_to_the_second(world, start_daemon):
    race(world, "hang-first", "words-2")
    answer, events = streamed(start_daemon().connect(), "race")
    assert who(answer) == "b/m" and answer["text"] == words_text(2)
    assert tried(answer) == ["a/m: cancelled", "b/m"]
    assert answer["attempts"][0]["error"]["message"] == "b/m was faster"
    assert "cost" not in answer["attempts"][0]
    # Nothing is shown of who lost but that it was asked first.
    assert kinds_of(events) == ["start", "retry", "text", "text", "usage", "done"]
    assert who(events[0][1]) == "a/m" and who(events[1][1]) == "b/m"
    assert text_of(events) == words_text(2)
    assert answer["usage"] == {"input_tokens": 1, "output_tokens": 2, "estimated": False}
    wait_until(lambda: world.of("hang-first")["active"] == 0, "the loser's request ends")
    assert world.of("hang-first")["aborted"] == 1


def test_race_to_the_first(world, start_daemon):
    """It was slow enough for the second to be asked, and yet came first."""
    race(world, "slow-1-300", "hang-headers")
    answer, events = streamed(start_daemon().connect(), "race")
    assert tried(answer) == ["b/m: cancelled", "a/m"] and who(answer) == "a/m"
    assert kinds_of(events) == ["start", "text", "usage", "done"]
    wait_until(lambda: world.of("hang-headers")["active"] == 0, "the loser's request ends")
    assert world.of("hang-headers")["aborted"] == 1


def test_race_with_a_quick_first(world, start_daemon):
    race(world, "words-1", "words-2", delay="500 ms")
    client = start_daemon().connect()
    answer, events = streamed(client, "race")
    assert tried(answer) == ["a/m"] and kinds_of(events) == ["start", "text", "usage", "done"]
    # Nor is the second asked later, when the delay is over.
    world.write({**world.providers, "clock": "slow-1-700"})
    client.call("config.reload")
    ask(client, "clock/m")
    assert world.asked("words-2") == 0


def test_race_against_a_first_that_has_begun(world, start_daemon):
    """Its first word is there within the delay; that the rest is slow starts nobody."""
    race(world, "idle-after-1", "words-2", delay="500 ms")
    client = start_daemon().connect()
    client.request("chat", {"model": "race", "prompt": "hello", "stream": True})
    answer, _, _ = client.wait_event("text")
    world.write({**world.providers, "clock": "slow-1-700"})
    client.call("config.reload")
    ask(client, "clock/m")
    assert world.asked("words-2") == 0
    client.call("answer.cancel", {"answer": answer})


def test_race_costs(world, start_daemon):
    """What the loser may have to be paid is estimated: the question, and as long an answer as the winner's."""
    models = {"lost": ["names = a/m", "price = input 3, output 5, currency EUR"]}
    race(world, "hang-first", "words-4", models=models)
    client = start_daemon().connect()
    answer = ask(client, "race")
    lost, won = answer["attempts"]
    tokens = client.call("answer.estimate", {"model": "a/m", "prompt": "hello"})["input_tokens"]
    assert lost["cost_nano"] == tokens * 3000 + answer["usage"]["output_tokens"] * 5000
    assert (lost["cost"], lost["currency"]) == (lost["cost_nano"] / 1e9, "EUR")
    assert "cost" not in won


def test_race_where_the_first_fails(world, start_daemon):
    """Then nobody waits for the delay."""
    race(world, "status-401", "words-2", delay=HOUR)
    answer, events = streamed(start_daemon().connect(), "race")
    assert tried(answer) == ["a/m: unauthenticated", "b/m"]
    assert kinds_of(events)[:2] == ["start", "retry"] and who(events[1][1]) == "b/m"
    assert events[1][1]["error"]["code"] == "unauthenticated"


def test_race_where_all_fail(world, start_daemon):
    race(world, "status-401", "status-503", delay=HOUR)
    error, answer = ended(start_daemon().connect(), "race")
    assert (error["code"], error["provider"]) == ("overloaded", "b")
    assert tried(answer) == ["a/m: unauthenticated", "b/m: overloaded"]


def slow_to_fail(world):
    return {"base_url": world.provider.behave("hang-first"), "timeout_first_byte": "1 s", "retries": 0}


def test_race_where_the_second_fails(world, start_daemon):
    """The first goes on alone."""
    race(world, "slow-1-500", "status-401")
    answer, events = streamed(start_daemon().connect(), "race")
    assert tried(answer) == ["b/m: unauthenticated", "a/m"] and who(answer) == "a/m"
    assert kinds_of(events) == ["start", "text", "usage", "done"]


def test_race_where_the_second_fails_and_then_the_first(world, start_daemon):
    race(world, slow_to_fail(world), "status-401")
    error, answer = ended(start_daemon().connect(), "race")
    assert (error["code"], error["provider"]) == ("timeout", "a")
    assert tried(answer) == ["b/m: unauthenticated", "a/m: timeout"]


def test_race_of_three(world, start_daemon):
    """Two at once, and the third where one of them fails."""
    race(world, "hang-headers", "status-401", "words-3")
    answer, events = streamed(start_daemon().connect(), "race")
    assert tried(answer) == ["b/m: unauthenticated", "a/m: cancelled", "c/m"]
    assert kinds_of(events) == ["start", "retry", "text", "text", "text", "usage", "done"]
    assert who(events[1][1]) == "c/m"


def test_race_with_a_retry(world, start_daemon):
    """The first fails while the second runs, and is asked again: nobody is told, for nothing was shown."""
    first = {"base_url": world.provider.behave("fail-1-then-ok"), "retries": 1}
    race(world, first, "hang-headers", delay="0")
    answer, events = streamed(start_daemon().connect(), "race")
    assert tried(answer) == ["a/m: overloaded", "b/m: cancelled", "a/m"]
    assert kinds_of(events) == ["start", "text", "usage", "done"] and answer["text"] == "hello"


def test_race_whose_winner_breaks_off(world, start_daemon):
    """It is over then: the next is asked as without a race, where the chat allows it."""
    race(world, "hang-first", "reset-after-1", "words-3")
    client = start_daemon().connect()
    error, answer = ended(client, "race")
    assert error["code"] == "unavailable" and answer["text"] == words_text(1)
    assert tried(answer) == ["a/m: cancelled", "b/m: unavailable"]
    answer, events = streamed(client, "race", retry="restart")
    assert tried(answer) == ["a/m: cancelled", "b/m: unavailable", "c/m"] and answer["text"] == words_text(3)
    assert kinds_of(events) == ["start", "retry", "text", "retry", "text", "text", "text", "usage", "done"]


def test_race_for_one_place(world, start_daemon):
    """The second waits behind the first, which needs no rival any more when it has answered."""
    one = {"base_url": world.provider.behave("slow-1-300"), "max_connections": 1}
    world.write({"one": one}, {"race": {"models": "one/m, one/n", "policy": "race", "race_delay": "10 ms"}})
    client = start_daemon().connect()
    answer = ask(client, "race")
    assert tried(answer) == ["one/m"] and world.asked("slow-1-300") == 1
    assert tried(ask(client, "one/n")) == ["one/n"]  # the place is free


def test_race_of_one(world, start_daemon):
    race(world, "slow-1-200", delay="10 ms")
    assert tried(ask(start_daemon().connect(), "race")) == ["a/m"]


def test_cancel_of_a_race(world, start_daemon):
    race(world, "hang-first", "hang-headers", delay="10 ms")
    client = start_daemon().connect()
    msgid = client.request("chat", {"model": "race", "prompt": "hello", "stream": True})
    answer, _, _ = client.wait_event("start")
    wait_until(lambda: world.provider.stats()["active"] == 2, "both are asked")
    client.call("answer.cancel", {"answer": answer})
    with pytest.raises(RpcError) as e:
        client.result(msgid)
    assert e.value.code == "cancelled"
    wait_until(lambda: world.provider.stats()["active"] == 0, "both requests end")
    assert world.of("hang-first")["aborted"] == world.of("hang-headers")["aborted"] == 1
    assert tried(client.call("answer.get", {"answer": answer})) == ["a/m: cancelled", "b/m: cancelled"]


def test_deadline_of_a_race(world, start_daemon):
    race(world, "hang-first", "hang-headers", delay="10 ms")
    error, answer = ended(start_daemon().connect(), "race", timeout=0.3)
    assert error["code"] == "timeout"
    assert tried(answer) == ["a/m: timeout", "b/m: timeout"]
    wait_until(lambda: world.provider.stats()["aborted"] == 2, "both requests end")


def test_race_by_alias_only(world, start_daemon):
    """A member that is asked by its own name races with nobody."""
    race(world, "slow-1-200", "words-2", delay="10 ms", models={"model": ["names = a/m, b/m"]})
    client = start_daemon().connect()
    assert [tried(ask(client, name, cache="off")) for name in ("a/m", "model")] == [["a/m"], ["a/m"]]
    assert world.asked("words-2") == 0


def test_race_in_a_conversation(world, start_daemon):
    race(world, "hang-first", "words-2")
    client = start_daemon().connect()
    answer = ask(client, "race", conversation="new")
    messages = client.call("conversation.get", {"conversation": answer["conversation"]})["messages"]
    assert [(m["role"], m["content"]) for m in messages] == [("user", "hello"), ("assistant", words_text(2))]
    assert who(messages[1]) == "b/m"
