"""What the cache keeps beyond its daemon: found again by the next one, by every way in which memory's is."""

import signal

import pytest

from client import check_events, failure, kinds_of
from conftest import wait_until
from helpers_cache import ask, asked, figures, shared_part, streamed
from helpers_routing import World


def written(client, n):
    """Until the database has so many."""
    tier = client.call("cache.stats")["tiers"][1]
    return tier["state"] == "ok" and tier["entries"] >= n


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
@pytest.mark.parametrize("params", [{}, {"conversation": "new"}, {"detach": True}, {"cache": "only"}], ids=str)
def test_a_hit_of_another_daemon_s(client, provider, restart, how, params):
    first = ask(client, "one two three")
    wait_until(lambda: written(client, 1), "it is written")
    c = restart(how)
    a = ask(c, "one two three", stream="detach" not in params, **params)
    answer = a["answer"]
    if "detach" in params:
        a = c.call("answer.attach", {"answer": answer})
    events = c.events(answer)
    check_events(events)
    assert kinds_of(events) == ["start", "text", "usage", "done"] and events[0][1]["cached"]
    assert a["cached"] and a["attempts"] == [] and a["age"] >= 0 and shared_part(a) == shared_part(first)
    assert asked(provider) == 1 and figures(c) == (1, 0, 0)
    tiers = c.call("cache.stats")["tiers"]
    assert [t["hits"] for t in tiers] == [0, 1]
    assert ask(c, "one two three")["cached"]
    assert [t["hits"] for t in c.call("cache.stats")["tiers"]] == [1, 1], "it is in memory now"


def test_looked_up_listed_and_cleared(client, provider, restart):
    keys = {ask(client, p)["key"] for p in ("one", "two")}
    c = restart()
    assert {i["key"] for i in c.call("cache.list")["items"]} == keys
    for key in keys:
        assert c.call("cache.lookup", {"key": key})["cached"]
    question = {"model": "fake/echo", "prompt": "one"}
    assert c.call("cache.lookup", question)["hit"] and c.call("answer.estimate", question)["cached"]
    assert c.call("cache.clear") == {"removed": 2}
    assert not ask(c, "one")["cached"] and asked(provider) == 3


def test_several_at_once_find_it_on_disk(daemon, client, provider, restart):
    """Each fetches it, and nobody asks."""
    ask(client)
    c = restart()
    ids = [c.chat("echo", stream=True) for _ in range(20)]
    assert all(c.result(i)["cached"] for i in ids) and asked(provider) == 1


def test_several_at_once_that_do_not_find_it(client, provider, restart):
    """Each has looked on the disk before it joins."""
    c = restart()
    ids = [c.chat("slow-2-100", stream=True) for _ in range(20)]
    answers = [c.result(i) for i in ids]
    assert [a["shared"] for a in answers] == [False] + [True] * 19 and asked(provider) == 1
    assert figures(c) == (0, 1, 19)


@pytest.mark.parametrize("stored", [(False, True), (True, False), (False, False)], ids=str)
def test_one_of_those_who_share_lets_it_reach_the_disk(client, restart, stored):
    ids = [client.chat("slow-2-100", stream=True, store=s) for s in stored]
    assert [client.result(i)["shared"] for i in ids] == [False, True]
    assert ask(restart(), model="slow-2-100")["cached"] == any(stored)


def test_an_alias_finds_its_second_on_disk(home, provider, start_daemon):
    world = World(home, provider)
    world.write({"a": "words-1", "b": "words-2"}, {"both": "a/m, b/m"})
    daemon = start_daemon()
    daemon.connect().call("chat", {"model": "b/m", "prompt": "hello"})
    daemon.end()
    a = start_daemon().connect().call("chat", {"model": "both", "prompt": "hello"})
    assert (a["cached"], a["provider"]) == (True, "b") and world.asked("words-1") == 0


def test_what_expired_meanwhile(client, provider, restart):
    ask(client, cache_ttl=0.2)
    ask(client, "other")
    c = restart()
    wait_until(lambda: not c.call("cache.lookup", {"model": "fake/echo", "prompt": "hello"})["hit"], "it goes")
    assert not ask(c)["cached"] and ask(c, "other")["cached"]


def test_an_older_one_than_wanted_is_not_taken_from_disk(client, restart):
    ask(client)
    c = restart()
    wait_until(lambda: ask(c, cache="only")["age"] > 0.1, "it is older than that")
    assert not ask(c, cache_ttl=0.1)["cached"]


def test_a_database_that_is_none(home, daemon, client, provider, start_daemon):
    """A cache is no reason to fail: it is begun anew, or done without."""
    ask(client)
    daemon.end()
    (path,) = (home.path / "cache").rglob("cache.db")
    path.write_bytes(b"this is no database" * 1000)
    c = start_daemon().connect()
    assert [ask(c)["cached"] for _ in range(2)] == [False, True] and asked(provider) == 2


def test_cancelled_while_the_disk_is_asked(client, provider, restart):
    c = restart()
    c.chat("hang-after-1", detach=True)
    answer = c.call("answer.list")[0]["answer"]
    c.call("answer.cancel", {"answer": answer})
    assert c.call("answer.get", {"answer": answer})["state"] == "cancelled"
    assert ask(c)["text"] == "hello"


def test_a_timeout_while_the_disk_is_asked(client, provider, restart):
    c = restart()
    error = failure(c, "chat", {"model": "fake/echo", "prompt": "x", "timeout": 0.000001})
    assert error["code"] == "timeout" and asked(provider) == 0


def test_memory_that_is_too_small_for_it(home, provider, start_daemon):
    """Then every hit comes from the disk."""
    home.write_config(provider.base_url, extra="[cache]\nmemory = 0\n")
    c = start_daemon().connect()
    first, _ = streamed(c, "one two")
    wait_until(lambda: written(c, 1), "it is written")
    for n in (1, 2):
        a, events = streamed(c, "one two")
        assert a["cached"] and shared_part(a) == shared_part(first)
        assert kinds_of(events) == ["start", "text", "usage", "done"]
        assert [t["hits"] for t in c.call("cache.stats")["tiers"]] == [0, n]


def test_what_a_refresh_replaced_does_not_come_back(client, provider, restart):
    """The new answer must not be written; the old one is not to be given again for that."""
    ask(client)
    wait_until(lambda: written(client, 1), "it is written")
    ask(client, cache="refresh", store=False)
    assert ask(client)["cached"] and asked(provider) == 2
    c = restart()
    assert not ask(c)["cached"] and asked(provider) == 3
