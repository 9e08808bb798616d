"""usage.report, usage.reprice and what status says of today: the ledger of a daemon that asks the fault provider.

A word is a token there. `words-N` answers with N of them, and a token of it costs a millionth of a dollar at `one`.
"""

import json
import time

import pytest

from client import RpcError
from conftest import Runner, ask_path, askctl_path, wait_until
from helpers_routing import World, ask
from helpers_terminal import on_terminal

DAY = 86400
MICRO = 1000  # billionths
PRICED = "price = at {}, since 2020-01-01, input {}, output {}, currency {}, source test"


def model(name, price, currency="USD"):
    return [f"names = {name}", "max_output = 1000", PRICED.format(name.split("/")[0], price, price, currency)]


@pytest.fixture
def world(home, provider):
    w = World(home, provider)
    w.providers = {"one": "words-10", "two": "words-4", "free": "words-3"}
    w.models = {"plain": model("one/plain", 1), "dear": model("two/dear", 100, "CNY")}
    w.write()
    return w


def report(client, *by, **params):
    return client.call("usage.report", {"by": list(by), **params})["rows"]


def some_use(client):
    """Two answers of `plain`, one of them again from the cache, one of `dear`, one of a model without a price."""
    ask(client, "one/plain", "a")
    ask(client, "one/plain", "b c")
    assert ask(client, "one/plain", "a")["cached"]
    ask(client, "two/dear", "a b c d")
    ask(client, "free/nobody-knows", "x")


FIGURES = ("requests", "answers", "cache_hits", "errors", "input_tokens", "output_tokens", "currency", "cost_nano")


def figures(row):
    return tuple(row.get(f) for f in FIGURES)


def test_by_model(world, start_daemon):
    client = start_daemon().connect()
    some_use(client)
    rows = {r["model"]: r for r in report(client, "model")}
    assert figures(rows["plain"]) == (2, 3, 1, 0, 3, 20, "USD", 23 * MICRO)
    assert figures(rows["dear"]) == (1, 1, 0, 0, 4, 4, "CNY", 800 * MICRO)
    assert figures(rows["nobody-knows"]) == (1, 1, 0, 0, 1, 3, None, None)
    assert rows["plain"]["cost"] == pytest.approx(23e-6) and rows["plain"]["saved_nano"] == 11 * MICRO


def test_all_in_one_is_one_for_each_currency(world, start_daemon):
    client = start_daemon().connect()
    some_use(client)
    rows = {r["currency"]: figures(r) for r in report(client)}
    assert set(rows) == {"USD", "CNY", None} and rows["USD"] == (2, 3, 1, 0, 3, 20, "USD", 23 * MICRO)


def test_by_all_there_is(world, start_daemon):
    client = start_daemon().connect()
    client.call("hello", {"client": "tester", "context": {"cwd": "/tmp"}})
    a = ask(client, "one/plain", "a", conversation="new")
    (row,) = report(client, "model", "provider", "client", "uid", "day", "hour", "directory", "conversation", "label", "host")
    now = time.time()
    assert (row["model"], row["provider"], row["client"], row["directory"], row["host"]) == ("plain", "one", "tester", "/tmp", None)
    assert row["conversation"] == a["conversation"] and row["label"] is None and isinstance(row["uid"], int)
    assert row["day"] in (now // DAY * DAY, (now - 60) // DAY * DAY) and now - row["hour"] < 3660


def test_times(world, start_daemon):
    client = start_daemon().connect()
    before = time.time()
    ask(client, "one/plain", "a")
    after = time.time()
    assert len(report(client, since=before, until=after)) == 1
    assert report(client, since=after) == report(client, until=before) == []


@pytest.mark.parametrize(
    "params, param",
    [
        ({"by": ["model", "colour"]}, "by"),
        ({"by": [1]}, "by"),
        ({"since": -1}, "since"),
        ({"until": "x"}, "until"),
        ({"uid": "some"}, "uid"),
        ({"uid": -1}, "uid"),
        ({"uid": 2**32 - 1}, "uid"),
    ],
    ids=str,
)
def test_wrong_ones(world, start_daemon, params, param):
    client = start_daemon().connect()
    with pytest.raises(RpcError) as e:
        client.call("usage.report", params)
    assert (e.value.code, e.value.error["param"]) == ("invalid_request", param)


# -- other prices


def test_reprice(world, start_daemon):
    """A price that is corrected is the one that held; the report has the new cost, and what has a price now has one."""
    daemon = start_daemon()
    client = daemon.connect()
    some_use(client)
    world.models = {"plain": model("one/plain", 3), "dear": model("two/dear", 100, "CNY"), "known": model("free/nobody-knows", 2)}
    world.write()
    client.call("config.reload")
    assert {r["cost_nano"] for r in report(client, "model") if r["model"] == "plain"} == {23 * MICRO}
    done = client.call("usage.reprice", {})
    assert (done["rows"], done["changed"]) == (5, 3)
    assert {s["currency"]: s["cost_nano"] for s in done["before"]} == {"USD": 23 * MICRO, "CNY": 800 * MICRO}
    assert {s["currency"]: s["cost_nano"] for s in done["after"]} == {"USD": (69 + 8) * MICRO, "CNY": 800 * MICRO}
    rows = {r["model"]: r for r in report(client, "model")}
    assert rows["plain"]["cost_nano"] == 69 * MICRO and rows["nobody-knows"]["cost_nano"] == 8 * MICRO
    assert client.call("usage.reprice", {})["changed"] == 0


def test_reprice_of_a_time(world, start_daemon):
    client = start_daemon().connect()
    some_use(client)
    after = time.time()
    assert client.call("usage.reprice", {"since": after})["rows"] == 0
    assert client.call("usage.reprice", {"until": after})["rows"] == 5


# -- today


def today(client):
    return client.call("status")["today"]


def test_today(world, start_daemon):
    client = start_daemon().connect()
    assert today(client) == {
        "requests": 0, "answers": 0, "cache_hits": 0, "shared": 0, "input_tokens": 0, "output_tokens": 0, "premium_requests": 0.0, "cost": [], "budgets": [],
    }
    some_use(client)
    t = today(client)
    assert (t["requests"], t["answers"], t["cache_hits"], t["shared"], t["input_tokens"], t["output_tokens"]) == (4, 5, 1, 0, 8, 27)
    assert {c["currency"]: (c["cost_nano"], c["saved_nano"]) for c in t["cost"]} == {"USD": (23 * MICRO, 11 * MICRO), "CNY": (800 * MICRO, 0)}


def test_today_after_a_restart(world, start_daemon):
    """As before, from the ledger, and counted once."""
    daemon = start_daemon()
    client = daemon.connect()
    some_use(client)
    before = today(client)
    daemon.end()
    client = start_daemon().connect()
    wait_until(lambda: today(client) == before, "what the ledger had is counted")
    ask(client, "one/plain", "something else")
    assert today(client)["requests"] == before["requests"] + 1


def test_today_names_budgets_that_are_nearly_used(world, start_daemon):
    world.write(budgets={"few": {"limit": "2 requests", "per": "day", "warn": 50}, "many": {"limit": "200 requests", "per": "day"}})
    client = start_daemon().connect()
    assert today(client)["budgets"] == []
    ask(client, "one/plain", "a")
    assert today(client)["budgets"] == ["few"]
    near = {b["name"]: b["near"] for b in client.call("budget.get")}
    assert near == {"few": True, "many": False}


# -- askctl


def test_askctl(world, start_daemon, home, askctl):
    client = start_daemon().connect()
    some_use(client)
    lines = [line.split("\t") for line in askctl("usage").stdout.splitlines()]
    assert {line[0]: (line[1], line[8], line[9]) for line in lines} == {
        "plain": ("2", "0.000023", "USD"), "dear": ("1", "0.0008", "CNY"), "nobody-knows": ("1", "-", "-"),
    }
    assert [r["model"] for r in json.loads(askctl("usage", "--json", "--all").stdout)["rows"]] == [line[0] for line in lines]
    status, text = on_terminal([askctl_path(), "usage", "--plot"], home.env(), 80)
    assert status == 0 and time.strftime("%Y-%m-%d", time.gmtime()) in text and "█ " in text and "0.0008 CNY" in text
    assert "5 rows of the ledger, 0 of them at another cost than before\n" in askctl("usage", "--reprice").stdout


def test_askctl_status_tells_of_today(world, start_daemon, askctl):
    world.write(budgets={"few": {"limit": "2 requests", "per": "day"}, "poor": {"limit": "4 requests", "per": "day"}})
    client = start_daemon().connect()
    assert "today" not in askctl("status").stdout
    for prompt in "abb":
        ask(client, "one/plain", prompt)
    lines = askctl("status").stdout.splitlines()
    at = lines.index("today          2 requests, 2 tokens in, 20 out, <0.0001 USD")
    assert lines[at + 1] == "               1 from the cache, saved <0.0001 USD"
    assert "budgets        near their limit: few" in lines


@pytest.mark.parametrize("autostart", ["0", "1"])
def test_our_clients_tell_who_they_are(world, start_daemon, home, autostart):
    """However the daemon was found."""
    client = start_daemon().connect()
    r = Runner(ask_path(), home)("-m", "one/plain", "a", env={"ASKD_AUTOSTART": autostart})
    assert r.returncode == 0, r.stderr
    assert [row["client"] for row in report(client, "client")] == ["ask"]


def test_askctl_budget(world, start_daemon, askctl):
    world.write(budgets={"purse": {"limit": "0.5 usd", "per": "month"}})
    client = start_daemon().connect()
    ask(client, "one/plain", "a")
    (line,) = askctl("budget").stdout.splitlines()
    assert line.split("\t")[:7] == ["purse", "0.50", "0.000011", "0", "0.499989", "USD", "month"]


def test_ask_dry_run_tells_what_is_left(world, start_daemon, home):
    world.write(budgets={"few": {"limit": "7 requests", "per": "day"}})
    start_daemon()
    r = Runner(ask_path(), home)("--dry-run", "-m", "one/plain", "a b")
    assert (r.returncode, r.stderr) == (0, "")
    assert "budget    few: 7 of 7 requests left, for " in r.stdout


def test_an_estimate_tells_of_a_refusal(world, start_daemon):
    """As long as the answer would be asked for: one from the cache comes."""
    world.write(budgets={"few": {"limit": "1 requests", "per": "day"}})
    client = start_daemon().connect()
    estimates = [client.call("answer.estimate", {"model": "one/plain", "prompt": "a"})]
    ask(client, "one/plain", "a")
    estimates += [client.call("answer.estimate", {"model": "one/plain", "prompt": prompt}) for prompt in "ba"]
    assert [e["budgets"] for e in estimates] == [["few"]] * 3
    assert [e.get("refused") for e in estimates] == [None, True, None]
