"""cache.stats, cache.lookup, cache.list and cache.clear: what they take, and what they say of an empty cache."""

import pytest

from client import failure
from conftest import wait_until

KEY = "ab" * 32
FIGURES = ("entries", "bytes", "hits", "misses", "joins", "evictions", "saved_ms")


# -- stats


def test_stats_of_a_new_cache(client):
    stats = client.call("cache.stats")
    assert {name: stats[name] for name in FIGURES} == dict.fromkeys(FIGURES, 0)
    assert stats["saved"] == [] and "hit_rate" not in stats
    memory = stats["tiers"][0]
    assert (memory["name"], memory["state"], memory["entries"], memory["bytes"]) == ("memory", "ok", 0, 0)


def test_status_has_the_same_figures(client):
    wait_until(lambda: client.call("cache.stats")["tiers"][1]["state"] == "ok", "the database is open")
    stats, status = client.call("cache.stats"), client.call("status")["cache"]
    assert status == stats  # no question was asked, so there is no rate yet


@pytest.mark.parametrize("key", [KEY, KEY.upper()])
def test_a_lookup_is_a_miss_of_the_tiers_and_no_question(client, key):
    assert failure(client, "cache.lookup", {"key": key})["code"] == "not_found"
    stats = client.call("cache.stats")
    assert (stats["misses"], stats["tiers"][0]["misses"]) == (0, 1)


@pytest.mark.parametrize("params", [{}, {"conversation": "new"}, {"stream": True}], ids=str)
def test_each_tier_is_asked_once_for_a_question(client, params):
    for hits in range(2):
        client.call("chat", {"model": "fake/echo", "prompt": "hello", **params})
        tiers = client.call("cache.stats")["tiers"]
        assert [(t["hits"], t["misses"]) for t in tiers] == [(hits, 1), (0, 1)]


def test_a_cache_that_is_memory_alone(home, provider, start_daemon):
    home.write_config(provider.base_url, extra="[cache]\nbackend = none\n")
    with start_daemon().connect() as c:
        assert [t["name"] for t in c.call("cache.stats")["tiers"]] == ["memory"]
        error = failure(c, "cache.lookup", {"key": KEY})
        assert (error["code"], error["param"]) == ("not_found", "key")
        assert c.call("cache.list") == {"items": []}
        assert c.call("cache.clear") == {"removed": 0}


# -- what is refused


@pytest.mark.parametrize(
    "key", ["", "ab", KEY[:-1], KEY + "0", KEY[:-1] + "g", "0x" + KEY[2:], " " + KEY[1:], KEY[:-1] + "\0"], ids=repr
)
@pytest.mark.parametrize("method", ["cache.lookup", "cache.clear"])
def test_what_is_no_key(client, method, key):
    error = failure(client, method, {"key": key})
    assert (error["code"], error["param"]) == ("invalid_request", "key")


@pytest.mark.parametrize(
    "method, params, param",
    [
        ("cache.lookup", {}, "prompt"),
        ("cache.lookup", {"key": 5}, "key"),
        ("cache.clear", {"key": [KEY]}, "key"),
        ("cache.clear", {"model": ""}, "model"),
        ("cache.clear", {"model": "a\0b"}, "model"),
        ("cache.clear", {"model": "m" * 257}, "model"),
        ("cache.clear", {"older_than": -1}, "older_than"),
        ("cache.clear", {"older_than": float("nan")}, "older_than"),
        ("cache.clear", {"older_than": "1d"}, "older_than"),
        ("cache.list", {"limit": 0}, "limit"),
        ("cache.list", {"limit": 1001}, "limit"),
        ("cache.list", {"limit": "all"}, "limit"),
        ("cache.list", {"after": ""}, "after"),
        ("cache.list", {"after": "x" * 1025}, "after"),
        ("cache.list", {"after": "x\0"}, "after"),
    ],
    ids=str,
)
def test_what_is_refused(client, method, params, param):
    error = failure(client, method, params)
    assert (error["code"], error["param"]) == ("invalid_request", param)


# -- an empty cache


@pytest.mark.parametrize("limit", [1, 100.0, 1000])
def test_list_of_nothing(client, limit):
    assert client.call("cache.list", {"limit": limit}) == {"items": []}


@pytest.mark.parametrize(
    "params",
    [{}, {"key": KEY}, {"model": "m" * 256}, {"older_than": 0}, {"older_than": 1e300}, {"older_than": float("inf")}],
    ids=str,
)
def test_clear_of_nothing(client, params):
    assert client.call("cache.clear", params) == {"removed": 0}


# -- what is kept


def test_a_kept_answer(client):
    """It has all that a hit's map has, but nobody's id."""
    kept_from = client.result(client.chat("echo", "keep me"))
    found = client.call("cache.lookup", {"model": "fake/echo", "prompt": "keep me"})
    assert found["hit"] and found["key"] == kept_from["key"]
    hit = client.result(client.chat("echo", "keep me"))
    kept = client.call("cache.lookup", {"key": found["key"]})
    varying = ("answer", "age", "timing")
    assert {k: v for k, v in hit.items() if k not in varying} == {k: v for k, v in kept.items() if k not in varying}
    assert [i["answer"]["text"] for i in client.call("cache.list")["items"]] == ["keep me"]
