"""What was spent is known: not lost with whoever paid, with a try that came to nothing, or on a full disk, and not
counted for what was refused."""

import contextlib
import sqlite3

import pytest

from client import RpcError, failure
from conftest import wait_until
from helpers_routing import World, ask, tried
from list_server import ListServer, Reply
from test_budgets import budgets, four_words, model
from test_cache_embed import vectors_by
from test_store_trouble import fill_up, small_disk, stored


__all__ = ["small_disk"]


@pytest.fixture
def world(home, provider):
    w = World(home, provider)
    w.models = {"plain": model("one/plain")}
    return w


def report(client, *by):
    return client.call("usage.report", {"by": list(by)})["rows"]


def requests(client):
    return sum(r["requests"] for r in report(client))


def test_each_try_is_a_request(world, start_daemon):
    """A provider that fails is asked again for as long as the budget has it, then the next one."""
    world.providers = {
        "one": {"base_url": world.provider.behave("status-500"), "key": "k", "retries": 3},
        "two": "words-10",
    }
    world.write(
        aliases={"both": "one/plain, two/other"},
        budgets={"few": {"limit": "2 requests", "per": "day", "provider": "one"}, "all": {"limit": "100 requests", "per": "day"}},
    )
    client = start_daemon().connect()
    answer = ask(client, "both")
    assert [t.split(": ")[0] for t in tried(answer)] == ["one/plain", "one/plain", "two/other"]
    assert world.asked("status-500") == 2
    found = budgets(client)
    assert (found["few"]["used"], found["few"]["reserved"]) == (2, 0)
    assert found["all"]["used"] == requests(client) == 3


def test_what_broke_is_paid_beside_what_came_then(home, steered, start_daemon):
    home.write_config(steered.base_url, extra='[budget "tokens"]\nlimit = 100000 tokens\nper = day\n')
    daemon = start_daemon()
    client = daemon.connect()
    msgid = client.request("chat", {"prompt": "hello", "model": "fake/m", "stream": True, "retry": "restart"})
    steered.wait(lambda: steered.requests, "the question comes")
    steered.requests[0].say("one two three four five six seven eight")
    client.wait_for(lambda m: len(client.events()) > 1)
    held = budgets(client)["tokens"]["reserved"]
    steered.requests[0].cut()
    steered.wait(lambda: len(steered.requests) == 2, "it is asked again")
    b = budgets(client)["tokens"]
    assert b["reserved"] == pytest.approx(2 * held, abs=2) and b["used"] == 0
    steered.requests[1].say("short")
    steered.requests[1].end("stop")
    client.result(msgid)
    [row] = report(client, "model")
    b = budgets(client)["tokens"]
    assert row["requests"] == 2 and row["answers"] == 1 and row["output_tokens"] > 8
    assert (b["used"], b["reserved"]) == (row["input_tokens"] + row["output_tokens"], 0)
    daemon.kill()
    client = start_daemon().connect()
    assert budgets(client)["tokens"]["used"] == b["used"]


def test_who_pays_leaves_and_the_daemon_dies(world, start_daemon):
    """The other one's answer was under way, and is paid."""
    world.providers = {"one": "hang-after-4"}
    world.write(budgets={"few": {"limit": "5 requests", "per": "day"}, "purse": {"limit": "1 usd", "per": "day"}})
    daemon = start_daemon()
    first, second = daemon.connect(), daemon.connect()
    question = {"prompt": "hello", "model": "one/plain", "stream": True}
    msgid = first.request("chat", question)
    answer = four_words(first)
    second.request("chat", question)
    four_words(second)
    first.call("answer.cancel", {"answer": answer})
    first.response(msgid)
    wait_until(lambda: stored(first)["waiting"] == 0, "the store has it")
    assert budgets(first)["few"]["reserved"] == 1
    daemon.kill()
    client = start_daemon().connect()
    assert budgets(client)["few"]["used"] == requests(client) == 1
    [cost] = [r["cost_nano"] for r in report(client) if r["currency"]]
    assert cost == round(budgets(client)["purse"]["used"] * 1e9) > 0


def test_who_pays_leaves_and_it_goes_on(home, steered, start_daemon):
    home.write_config(steered.base_url, extra='[budget "few"]\nlimit = 5 requests\nper = day\n')
    daemon = start_daemon()
    first, second = daemon.connect(), daemon.connect()
    question = {"prompt": "hello", "model": "fake/m"}
    msgid = first.request("chat", {**question, "stream": True})
    steered.wait(lambda: steered.requests, "the question comes")
    answer = first.wait_event("start")[0]
    other = second.request("chat", question)
    wait_until(lambda: second.call("status", {})["answers"] == 2, "it has joined")
    first.call("answer.cancel", {"answer": answer})
    first.response(msgid)
    steered.requests[0].say("one two three")
    steered.requests[0].end("stop")
    second.result(other)
    [row] = report(second, "model")
    assert (row["requests"], row["shared"]) == (1, 1) and row["output_tokens"] > 0
    assert budgets(second)["few"]["used"] == 1
    daemon.kill()
    client = start_daemon().connect()
    assert report(client, "model") == [row] and budgets(client)["few"]["used"] == 1


# -- vectors


@pytest.fixture
def server():
    s = ListServer({f"/{name}/embeddings": vectors_by() for name in ("fake", "other")})
    yield s
    s.stop()


@pytest.fixture
def daemon_of_vectors(home, server, start_daemon):
    text = "[daemon]\ndrain_timeout = 2\n"
    for name in ("fake", "other"):
        text += f'[provider "{name}"]\nbase_url = {server.url("/" + name)}\nretries = 0\n'
    text += '[alias "both"]\nmodels = fake/a, other/b\n[budget "tokens"]\nlimit = 10000 tokens\nper = day\n'
    home.config.write_text(text)
    home.config.chmod(0o600)
    return start_daemon


def embed(client, *texts, name="fake/m"):
    return client.call("embed", {"model": name, "input": list(texts)})


def test_vectors_that_are_refused_cost_nothing(daemon_of_vectors, server):
    server.replies["/fake/embeddings"] = Reply(500, {"error": {"message": "no"}})
    client = daemon_of_vectors().connect()
    failure(client, "embed", {"model": "fake/m", "input": ["some text"]})
    [row] = report(client, "model")
    assert (row["requests"], row["errors"], row["input_tokens"]) == (1, 1, 0)
    assert budgets(client)["tokens"]["used"] == 0


def test_vectors_that_are_of_no_use_are_paid(daemon_of_vectors, server):
    """Some are known of the first of an alias, the second makes the rest: then all are asked of it once more."""
    client = daemon_of_vectors().connect()
    embed(client, "one", "two", name="both")
    server.replies["/fake/embeddings"] = Reply(404, {})
    embed(client, "three", "one", "four", "two", name="both")
    rows = {r["model"]: r for r in report(client, "model")}
    assert (rows["a"]["requests"], rows["a"]["input_tokens"]) == (3, 2)
    assert (rows["b"]["requests"], rows["b"]["input_tokens"]) == (2, 6)
    assert rows["a"]["answers"] + rows["b"]["answers"] == 2
    assert (budgets(client)["tokens"]["used"], budgets(client)["tokens"]["reserved"]) == (8, 0)


def test_vectors_under_way_when_the_daemon_dies(home, start_daemon, steered):
    home.write_config(steered.base_url, extra='[budget "few"]\nlimit = 5 requests\nper = day\n')
    daemon = start_daemon()
    client = daemon.connect()
    client.request("embed", {"model": "fake/m", "input": ["text"]})
    wait_until(lambda: budgets(client)["few"]["reserved"] == 1, "it is asked")
    wait_until(lambda: stored(client)["waiting"] == 0, "the store has it")
    daemon.kill()
    client = start_daemon().connect()
    assert budgets(client)["few"]["used"] == requests(client) == 1


# -- a store that cannot take it


def test_on_a_full_disk(home, small_disk, provider, start_daemon):
    """What is kept nowhere itself costs all the same, and is written down once there is room."""
    home.write_config(provider.base_url, extra='[budget "few"]\nlimit = 50 requests\nper = day\n')
    daemon = start_daemon()
    client = daemon.connect()
    client.call("chat", {"prompt": "before", "model": "fake/echo"})
    fill_up(small_disk / "filler")
    for i in range(12):
        client.call("chat", {"prompt": f"{i} " * 3000, "model": "fake/echo", "store": False})
    assert stored(client)["state"] == "failing"
    (small_disk / "filler").unlink()
    wait_until(lambda: requests(client) == 13, "all are written down")
    daemon.kill()
    client = start_daemon().connect()
    assert budgets(client)["few"]["used"] == requests(client) == 13


def test_while_the_database_is_held_by_another(home, provider, start_daemon):
    """What is asked meanwhile, and what was used before, both count once it is there."""
    extra = '[store]\nretry = 50 ms\n[budget "few"]\nlimit = 50 requests\nper = day\n'
    home.write_config(provider.base_url, extra=extra)
    daemon = start_daemon()
    daemon.connect().call("chat", {"prompt": "before", "model": "fake/echo"})
    daemon.end()
    with contextlib.closing(sqlite3.connect(home.state / "askd" / "askd.db", isolation_level=None)) as db:
        db.execute("BEGIN EXCLUSIVE")
        client = start_daemon().connect()
        wait_until(lambda: stored(client)["state"] == "off", "the database cannot be opened")
        for i in range(3):
            client.call("chat", {"prompt": f"{i}", "model": "fake/echo", "store": i == 1})
        client.call("config.reload", {})
    wait_until(lambda: stored(client)["state"] == "ok", "it is opened")
    home.write_config(provider.base_url, extra=extra + '[budget "new"]\nlimit = 50 requests\nper = day\n')
    wait_until(lambda: requests(client) == 4, "all are written down")
    client.call("config.reload", {})
    assert budgets(client)["new"]["used"] == 4


def test_a_reload_in_the_midst(world, start_daemon):
    """A budget that begins while many settle counts each once."""
    world.providers = {"one": "slow-2-20"}
    world.write()
    daemon = start_daemon()
    client = daemon.connect()
    ids = [client.request("chat", {"prompt": f"q {i}", "model": "one/plain", "cache": "off"}) for i in range(60)]
    for n in range(12):
        world.write(budgets={f"b{n}": {"limit": "1000 requests", "per": "day"}})
        client.call("config.reload", {})
    for i in ids:
        try:
            assert client.result(i)["state"] == "done"
        except RpcError as e:
            pytest.fail(str(e))
    assert budgets(client)["b11"]["used"] == requests(client) == 60
