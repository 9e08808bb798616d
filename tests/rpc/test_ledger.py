"""What each answer leaves in the ledger, however it came and ended: seen by usage.report.

A word of the fault provider is a token; at `one` a token is a millionth of a dollar.
"""

import sqlite3

import pytest

from client import RpcError, text_of
from conftest import wait_until
from helpers_routing import World, ask
from list_server import ListServer

MICRO = 1000
ROWS = ["names = one/plain, two/plain", "price = at one, input 1, output 1, currency USD, source test"]


@pytest.fixture
def world(home, provider):
    w = World(home, provider)
    w.providers = {"one": "words-10", "two": "words-10"}
    w.models = {"plain": ROWS + ["price = at two, input 2, output 2, currency EUR, source test"]}
    return w


@pytest.fixture
def client(world, start_daemon):
    world.write()
    return start_daemon().connect()


def report(client, *by, **params):
    return client.call("usage.report", {"by": list(by), **params})["rows"]


def the_only(client):
    [row] = report(client)
    return row


def test_a_fresh_one(client):
    answer = ask(client, "one/plain")
    row = the_only(client)
    assert (row["requests"], row["answers"], row["cache_hits"]) == (1, 1, 0)
    assert (row["input_tokens"], row["output_tokens"]) == (1, 10)
    assert (row["cost_nano"], row["currency"]) == (11 * MICRO, "USD")
    assert answer["usage"]["cost_nano"] == 11 * MICRO


def test_a_cached_one_saves(client):
    for _ in range(3):
        ask(client, "one/plain")
    row = the_only(client)
    assert (row["requests"], row["answers"], row["cache_hits"]) == (1, 3, 2)
    assert row["cost_nano"] == 11 * MICRO and row["saved_nano"] == 22 * MICRO
    assert row["output_tokens"] == 10


def test_a_cached_one_waits_for_nobody(client, home):
    """Though the ledger cannot be written."""
    ask(client, "one/plain")
    other = sqlite3.connect(home.state / "askd" / "askd.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    assert ask(client, "one/plain")["cached"]
    other.execute("ROLLBACK")
    wait_until(lambda: the_only(client)["cache_hits"] == 1, "the row is written once it can be")


def test_shared_ones(world, start_daemon):
    world.providers = {"one": "slow-3-200"}
    world.write()
    daemon = start_daemon()
    clients = [daemon.connect() for _ in range(3)]
    ids = [c.request("chat", {"prompt": "hello", "model": "one/plain"}) for c in clients]
    answers = [c.result(i) for c, i in zip(clients, ids)]
    assert sorted(a["shared"] for a in answers) == [False, True, True]
    row = wait_until(lambda: (r := the_only(clients[0])) and r["answers"] == 3 and r, "all rows")
    assert (row["requests"], row["shared"], row["cost_nano"]) == (1, 2, 4 * MICRO)
    assert row["saved_nano"] == 8 * MICRO


def test_one_who_pays_and_leaves(world, start_daemon):
    """The first asker cancels; the second has the whole answer, and what it cost is counted once."""
    world.providers = {"one": "slow-4-200"}
    world.write()
    daemon = start_daemon()
    first, second = daemon.connect(), daemon.connect()
    params = {"prompt": "hello", "model": "one/plain", "stream": True}
    first_id = first.request("chat", params)
    answer = first.wait_event("text")[0]
    second_id = second.request("chat", params)
    second.wait_event("text")
    first.call("answer.cancel", {"answer": answer})
    with pytest.raises(RpcError):
        first.result(first_id)
    assert second.result(second_id)["shared"]
    row = wait_until(lambda: (r := the_only(second)) and r["requests"] == 1 and r, "what it cost")
    assert row["cost_nano"] == 5 * MICRO and row["answers"] >= 2


@pytest.mark.parametrize(
    "behaviour, requests, cost",
    [("status-401", 1, None), ("status-500", 1, None), ("reset-after-3", 1, 4), ("error-in-stream-2", 1, 3)],
)
def test_one_that_fails(world, start_daemon, behaviour, requests, cost):
    """What a provider refused costs nothing; what broke costs its input and what was shown, roughly."""
    world.providers = {"one": behaviour}
    world.write()
    client = start_daemon().connect()
    with pytest.raises(RpcError):
        ask(client, "one/plain")
    row = the_only(client)
    assert (row["requests"], row["errors"]) == (requests, 1)
    if cost is None:
        assert not row.get("cost_nano") and row["output_tokens"] == 0
    else:
        assert cost * MICRO <= row["cost_nano"] < 12 * cost * MICRO


def test_one_that_goes_on_elsewhere(world, start_daemon):
    """A row for each who was asked."""
    world.providers = {"one": "status-503", "two": "words-10"}
    world.write(aliases={"smart": "one/plain, two/plain"})
    client = start_daemon().connect()
    ask(client, "smart")
    rows = {r["provider"]: r for r in report(client, "provider")}
    assert rows["one"]["requests"] == 1 and not rows["one"].get("cost_nano")
    assert rows["two"]["requests"] == 1 and rows["two"]["cost_nano"] == 22 * MICRO
    assert rows["two"]["currency"] == "EUR"
    assert sum(r["answers"] for r in rows.values()) == 1


def test_by_all_that_there_is(client):
    client.call("hello", {"client": "editor", "protocol": 1})
    answer = ask(client, "one/plain", conversation="new", context={"cwd": "/some/where", "terminal": "t"})
    [row] = report(client, "model", "provider", "client", "uid", "day", "hour", "directory", "conversation")
    assert (row["model"], row["provider"], row["client"]) == ("plain", "one", "editor")
    assert row["directory"] == "/some/where" and row["conversation"] == answer["conversation"]
    assert row["day"] <= row["hour"] < row["day"] + 86400


def test_what_is_stored_nowhere_else(client):
    ask(client, "one/plain", store=False)
    assert the_only(client)["cost_nano"] == 11 * MICRO


def test_vectors(world, start_daemon):
    server = ListServer()
    usage = {"prompt_tokens": 3, "total_tokens": 3}
    server.replies["/v/embeddings"] = {"object": "list", "data": [{"index": 0, "embedding": [1, 0]}], "usage": usage}
    try:
        world.providers = {"one": {"base_url": server.url("/v")}}
        world.write()
        client = start_daemon().connect()
        for _ in range(2):
            client.call("embed", {"model": "one/plain", "input": ["a"]})
        row = wait_until(lambda: (r := report(client)) and r[0]["cache_hits"] and r[0], "both rows")
        assert (row["requests"], row["answers"], row["cache_hits"]) == (1, 2, 1)
        assert (row["input_tokens"], row["output_tokens"], row["cost_nano"]) == (3, 0, 3 * MICRO)
    finally:
        server.stop()


def test_nothing_is_kept(world, start_daemon, home):
    """keep = none: nothing is written, the ledger neither; the answer tells what it cost all the same."""
    world.write()
    home.config.write_text(home.config.read_text() + "\n[store]\nkeep = none\n")
    client = start_daemon().connect()
    assert ask(client, "one/plain")["usage"]["cost_nano"] == 11 * MICRO
    assert not (home.state / "askd" / "askd.db").exists()
    assert report(client) == []


def test_what_was_shown_of_one_that_was_cancelled(world, start_daemon):
    world.providers = {"one": "hang-after-4"}
    world.write()
    client = start_daemon().connect()
    msgid = client.request("chat", {"prompt": "hello", "model": "one/plain", "stream": True})
    client.wait_for(lambda m: len(text_of(client.events()).split()) >= 4)
    client.call("answer.cancel", {"answer": client.wait_event("start")[0]})
    client.response(msgid)
    row = the_only(client)
    assert row["requests"] == 1 and 4 <= row["output_tokens"] < 40
    assert row["cost_nano"] == (row["input_tokens"] + row["output_tokens"]) * MICRO
