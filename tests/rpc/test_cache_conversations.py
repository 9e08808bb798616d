"""Cached answers of those who mean to come back: in a conversation, detached, over a restart. And store: false."""

import signal

import pytest

from client import attached, check_events, conversation_of, failure, kinds_of, say
from fault_provider import words_text
from helpers_cache import ask, asked, shared_part, streamed
from helpers_files import in_files


def contents(conversation):
    return [(m["role"], m["content"]) for m in conversation["messages"]]


# -- a hit in a conversation


def test_a_hit_becomes_a_message(client, provider):
    plain = ask(client, "one two")
    a = say(client, "one two")
    assert a["cached"] and a["key"] == plain["key"] and asked(provider) == 1
    c = conversation_of(client, a)
    assert contents(c) == [("user", "one two"), ("assistant", "one two")]
    message = c["messages"][1]
    assert (c["head"], message["id"], message["state"]) == (a["message"], a["message"], "done")
    assert (message["provider"], message["model"], message["finish_reason"]) == ("fake", "echo", "stop")
    assert message["usage"] == a["usage"]


def test_a_hit_with_reasoning_becomes_the_same_message(client, provider):
    first, second = (say(client, "x", model="reasoning") for _ in range(2))
    messages = [conversation_of(client, a)["messages"][1] for a in (first, second)]
    own = ("id", "parent", "created")
    assert [{k: v for k, v in m.items() if k not in own} for m in messages][0] == {
        k: v for k, v in messages[1].items() if k not in own
    }
    assert second["cached"] and messages[1]["reasoning"] == "First think."


def test_turn_by_turn(client, provider):
    """The same conversation, held twice, is asked once."""
    for n in (1, 2):
        conversation, cached = "new", []
        for prompt in ("one", "two", "three"):
            a = say(client, prompt, conversation)
            conversation = a["conversation"]
            cached.append(a["cached"])
        assert cached == [n == 2] * 3
        assert len(conversation_of(client, a)["messages"]) == 6
    assert asked(provider) == 3


def test_start_tells_where_a_hit_is_kept(client):
    ask(client)
    a, events = streamed(client, conversation="new")
    start = events[0][1]
    assert a["cached"] and start["cached"]
    assert (start["conversation"], start["message"]) == (a["conversation"], a["message"])


def test_what_was_said_before_makes_another_question(client, provider):
    first = say(client, "one")
    second = say(client, "and?", first["conversation"])
    assert not second["cached"] and not ask(client, "and?")["cached"]
    assert asked(provider) == 3


@pytest.mark.parametrize("policy", [{}, {"cache": "use"}])
def test_off_the_head_it_is_asked_anew(client, provider, policy):
    """Who goes back wants another answer."""
    one = say(client, "one")
    first = say(client, "again", one["conversation"], "count")
    second = say(client, "again", one["conversation"], "count", parent=one["message"], **policy)
    assert [a["text"] for a in (first, second)] == ["answer 1", "answer 2"] and not second["cached"]
    assert first["key"] == second["key"]
    other = say(client, "one")
    third = say(client, "again", other["conversation"], "count", parent=other["message"])
    assert third["cached"] and third["text"] == "answer 2", "the parent is the head, and what was asked anew is kept"


def test_off_the_head_an_estimate_does_not_count_on_the_cache(client):
    one = say(client, "one")
    say(client, "again", one["conversation"])
    question = {"model": "fake/echo", "prompt": "again", "conversation": one["conversation"], "parent": one["message"]}
    assert not client.call("answer.estimate", question)["cached"]
    assert client.call("answer.estimate", {**question, "cache": "only"})["cached"]


def test_off_the_head_it_may_be_told_to_take_what_is_kept(client, provider):
    one = say(client, "one")
    first = say(client, "again", one["conversation"], "count")
    second = say(client, "again", one["conversation"], "count", parent=one["message"], cache="only")
    assert second["cached"] and second["text"] == first["text"] == "answer 1"


def test_off_the_head_nobody_is_joined(daemon, client, provider):
    one = say(client, "one")
    say(client, "two", one["conversation"])
    where = {"conversation": one["conversation"], "parent": one["message"]}
    for c in (client, daemon.connect()):
        c.chat("hang-after-1", "again", stream=True, **where)
        assert c.wait_event("start")[2]["shared"] is False
    provider.wait_requests(4)


# -- found again


@pytest.mark.parametrize("params", [{"conversation": "new"}, {"detach": True}], ids=str)
def test_a_hit_that_is_kept_can_be_attached(client, params):
    first = ask(client, model="words-5")
    reply = ask(client, model="words-5", **params)
    a, events = attached(client, reply["answer"])
    check_events(events)
    assert kinds_of(events) == ["start", "text", "usage", "done"] and events[0][1]["cached"]
    assert a["cached"] and a["attempts"] == [] and shared_part(a) == shared_part(first)
    got = client.call("answer.get", {"answer": reply["answer"]})
    assert {**got, "age": 0} == {**a, "age": 0}
    (listed,) = [x for x in client.call("answer.list") if x["answer"] == reply["answer"]]
    assert (listed["state"], listed["model"]) == ("done", "words-5")
    a, events = attached(client, reply["answer"], **{"from": 2})
    assert [seq for seq, _ in events] == [2, 3]


def test_a_hit_that_nobody_means_to_come_back_to_is_gone(client):
    first = ask(client)
    a = ask(client)
    assert a["cached"]
    assert failure(client, "answer.get", {"answer": a["answer"]})["code"] == "not_found"
    assert [x["answer"] for x in client.call("answer.list")] == [first["answer"]]


@pytest.mark.parametrize("params", [{"conversation": "new"}, {"detach": True}], ids=str)
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_a_hit_that_is_kept_survives(client, restart, params, how):
    ask(client, model="words-5")
    reply = ask(client, model="words-5", **params)
    a, events = attached(client, reply["answer"])
    other = restart(how)
    again, events_again = attached(other, reply["answer"])
    assert events_again == events
    assert again.pop("age") == pytest.approx(a.pop("age"), abs=1)
    assert again == a and again["cached"]
    if "conversation" in params:
        assert contents(conversation_of(other, a)) == [("user", "hello"), ("assistant", words_text(5))]


def test_cancel_of_a_hit_comes_too_late(client):
    ask(client)
    answer = ask(client, conversation="new")["answer"]
    assert client.call("answer.cancel", {"answer": answer}) == {}
    assert client.call("answer.get", {"answer": answer})["state"] == "done"


def test_a_conversation_that_is_deleted_leaves_the_cache_alone(client, provider):
    a = say(client, "one")
    client.call("conversation.delete", {"conversation": a["conversation"]})
    assert say(client, "one")["cached"] and asked(provider) == 1


# -- store: false

SECRET = "never-to-be-on-a-disk"


def test_what_is_not_stored_is_kept_in_memory_alone(daemon, client, home, provider, start_daemon):
    first = ask(client, f"{SECRET} one", store=False)
    assert ask(client, f"{SECRET} one")["key"] == first["key"] and asked(provider) == 1
    daemon.end()
    assert not in_files(home.path, SECRET)
    assert not ask(start_daemon().connect(), f"{SECRET} one", store=False)["cached"]


def test_what_is_stored_is_found_so(daemon, client, home):
    """Or else the test above could not fail."""
    say(client, f"{SECRET} one")
    daemon.end()
    assert in_files(home.path, SECRET)


def test_a_hit_is_not_stored_where_its_asker_said_so(client):
    ask(client)
    a = ask(client, conversation="new", store=False)
    assert a["cached"] and "message" not in a
    assert client.call("conversation.list") == []


def test_a_stored_hit_of_what_was_not(client, provider):
    ask(client, store=False)
    a = say(client, "hello")
    assert a["cached"] and contents(conversation_of(client, a)) == [("user", "hello"), ("assistant", "hello")]
    assert asked(provider) == 1
