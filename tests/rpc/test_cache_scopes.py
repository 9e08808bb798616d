"""Whose the cache's answers are: each user's own, or, with a namespace, those of all. With real uids, so for root."""
# ruff: noqa: F811 -- fixtures are imported

import pytest

from client import failure
from helpers_cache import ask, asked
from helpers_system import alice, bob, daemon, home, system_home, user_client  # noqa: F401

SHARED = "[cache]\nnamespace = team\n"


def test_each_has_its_own(alice, bob, provider):
    a, b = ask(alice), ask(bob)
    assert (a["cached"], b["cached"]) == (False, False) and a["key"] != b["key"]
    assert ask(alice)["cached"] and ask(bob)["cached"] and asked(provider) == 2


def test_another_s_is_not_seen(alice, bob):
    key = ask(alice)["key"]
    question = {"model": "fake/echo", "prompt": "hello"}
    assert alice.call("cache.lookup", {"key": key})["text"] == "hello"
    assert failure(bob, "cache.lookup", {"key": key})["code"] == "not_found"
    assert bob.call("cache.lookup", question)["hit"] is False
    assert bob.call("answer.estimate", question)["cached"] is False
    assert failure(bob, "chat", {**question, "cache": "only"})["code"] == "not_found"
    assert bob.call("cache.list") == {"items": []}
    assert [i["key"] for i in alice.call("cache.list")["items"]] == [key]


def test_another_s_is_not_cleared(alice, bob):
    key = ask(alice)["key"]
    for params in ({}, {"key": key}, {"model": "echo"}, {"older_than": 0}):
        assert bob.call("cache.clear", params) == {"removed": 0}
    assert ask(alice)["cached"]
    assert alice.call("cache.clear") == {"removed": 1}
    assert not ask(alice)["cached"]


def suggest(user, prefix):
    return user.call("complete", {"model": f"fake/say-x{b'1 + 2'.hex()}", "prefix": prefix})["cached"]


def test_another_s_suggestions_are_not_made_nor_cleared(alice, bob):
    assert [suggest(alice, "x = "), suggest(bob, "x = 1"), suggest(alice, "x = 1")] == [False, False, True]
    bob.call("cache.clear")
    assert suggest(alice, "x = 1 +")


@pytest.mark.askd(extra=SHARED)
def test_a_namespace_s_suggestions_are_everybody_s(alice, bob):
    assert [suggest(alice, "x = "), suggest(bob, "x = 1")] == [False, True]
    bob.call("cache.clear")
    assert not suggest(alice, "x = 1 +")


def test_another_s_is_not_joined(alice, bob, provider):
    alice.chat("hang-after-1", detach=True)
    bob.chat("hang-after-1", stream=True)
    assert bob.wait_event("start")[2]["shared"] is False
    provider.wait_requests(2)


@pytest.mark.askd(extra=SHARED)
def test_a_namespace_is_everybody_s(alice, bob, provider):
    a, b = ask(alice), ask(bob)
    assert (a["cached"], b["cached"]) == (False, True) and a["key"] == b["key"] and asked(provider) == 1
    assert bob.call("cache.lookup", {"key": a["key"]})["text"] == "hello"
    assert bob.call("cache.clear", {"key": a["key"]}) == {"removed": 1}
    assert not ask(alice)["cached"]


@pytest.mark.askd(extra=SHARED)
def test_in_a_namespace_one_joins_another(alice, bob, provider):
    first = alice.call("chat", {"model": "fake/slow-3-300", "prompt": "hello", "detach": True})["answer"]
    provider.wait_requests(1)
    b = bob.result(bob.chat("slow-3-300"))
    assert b["shared"] and b["answer"] != first and asked(provider) == 1
    assert failure(bob, "answer.get", {"answer": first})["code"] == "not_found"
    assert alice.call("answer.attach", {"answer": first})["text"] == b["text"]


@pytest.mark.askd(extra=SHARED)
def test_in_a_namespace_one_cancels_for_oneself(alice, bob, provider):
    first = alice.call("chat", {"model": "fake/hang-after-2", "prompt": "hello", "detach": True})["answer"]
    second = bob.call("chat", {"model": "fake/hang-after-2", "prompt": "hello", "detach": True})["answer"]
    provider.wait_requests(1)
    assert failure(bob, "answer.cancel", {"answer": first})["code"] == "not_found"
    bob.call("answer.cancel", {"answer": second})
    assert alice.call("answer.get", {"answer": first})["state"] == "running"
    alice.call("answer.cancel", {"answer": first})
    provider.wait_aborted()
    assert asked(provider) == 1


@pytest.mark.askd(extra=SHARED)
def test_conversations_are_not_in_the_namespace(alice, bob):
    """The answer is shared, but not who asked, nor where."""
    a = ask(alice, conversation="new")
    b = ask(bob, conversation="new")
    assert b["cached"] and b["conversation"] != a["conversation"]
    assert failure(bob, "conversation.get", {"conversation": a["conversation"]})["code"] == "not_found"
    kept = bob.call("cache.lookup", {"key": a["key"]})
    assert not {"conversation", "message", "answer"} & set(kept) and a["message"] not in repr(kept)
