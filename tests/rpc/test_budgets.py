"""Budgets: what would go over one is not asked, what was reserved settles at what it came to, and what was used is known
again after a restart, however that came.

A word of the fault provider is a token, and a token of `words-N` at `one` is a millionth of a dollar.
"""

import threading

import pytest

from client import RpcError, text_of
from conftest import wait_until
from helpers_routing import World, ask, streamed, who

MICRO = 1000  # billionths

PRICED = "price = at {}, input {}, output {}, currency {}, source test"


def model(*names, price=1, currency="USD"):
    lines = ["names = " + ", ".join(names), "max_output = 1000"]
    return lines + [PRICED.format(n.split("/")[0], price, price, currency) for n in names]


@pytest.fixture
def world(home, provider):
    w = World(home, provider)
    w.providers = {"one": "words-10", "two": "words-10"}
    w.models = {"plain": model("one/plain"), "dear": model("two/dear", price=100)}
    return w


def budgets(client):
    return {b["name"]: b for b in client.call("budget.get", {})}


def four_words(client):
    """The id of the answer, once they are there."""
    client.wait_for(lambda m: len(text_of(client.events()).split()) >= 4)
    return client.wait_event("start")[0]


def refused(client, model_name="one/plain", **params):
    with pytest.raises(RpcError) as e:
        ask(client, model_name, cache="off", **params)
    assert e.value.code == "budget_exceeded", e.value
    return e.value.error["message"]


def test_requests(world, start_daemon):
    """Three are asked, the fourth is not; what is cached or shared costs nothing."""
    world.write(budgets={"few": {"limit": "3 requests", "per": "day"}})
    client = start_daemon().connect()
    for i in range(3):
        ask(client, "one/plain", f"question {i}")
    error = refused(client)
    assert "few" in error and "0 requests left of 3" in error, error
    assert world.asked("words-10") == 3
    assert ask(client, "one/plain", "question 1")["cached"]
    b = budgets(client)["few"]
    assert (b["unit"], b["limit"], b["used"], b["reserved"], b["left"]) == ("requests", 3, 3, 0, 0)
    [row] = client.call("usage.report", {"by": ["model"]})["rows"]  # what was refused stands with what was not
    assert (row["requests"], row["errors"], row["currency"], row["cost_nano"]) == (3, 1, "USD", 36 * MICRO)


def test_money(world, start_daemon):
    """The input's estimate and the output that is asked for are reserved; what it came to is used."""
    world.write(budgets={"purse": {"limit": "0.001 usd", "per": "month"}})
    client = start_daemon().connect()
    answer = ask(client, "one/plain", max_tokens=500)
    assert answer["usage"]["cost_nano"] == 11 * MICRO  # 1 token of input, 10 of output
    assert answer["usage"]["currency"] == "USD"
    b = budgets(client)["purse"]
    assert b["unit"] == "USD" and b["used"] == pytest.approx(11e-6) and b["reserved"] == 0
    error = refused(client, max_tokens=1000)
    assert "purse" in error
    assert ask(client, "one/plain", max_tokens=900, cache="off")["state"] == "done"


def test_the_cheapest_that_fits(world, start_daemon):
    world.models |= {"middling": model("one/middling", price=5), "fair": model("two/fair", price=4)}
    world.write(
        aliases={"smart": {"models": "two/dear, one/middling, one/plain, two/fair", "policy": "fallback"}},
        budgets={"purse": {"limit": "0.01 usd", "per": "month"}},
    )
    client = start_daemon().connect()
    error = refused(client, "smart", max_tokens=500)
    assert "one/plain would still fit" in error, error
    assert world.asked("words-10") == 0


def test_currencies_are_not_compared_for_the_cheapest(world, start_daemon):
    """A smaller number of another currency is not less: it is the cheapest of those in the first one's."""
    world.models |= {"yen": model("one/yen", price=2, currency="JPY"), "half": model("two/half", price=1, currency="JPY")}
    world.rates["jpy"] = "0.01"
    world.write(
        aliases={"smart": {"models": "two/dear, one/yen, one/plain, two/half", "policy": "fallback"}},
        budgets={"purse": {"limit": "0.01 usd", "per": "month"}},
    )
    client = start_daemon().connect()
    assert "two/half would still fit" in refused(client, "smart", max_tokens=500)


def test_another_currency_needs_a_rate(world, start_daemon):
    world.models["yuan"] = model("one/yuan", currency="CNY")
    world.write(budgets={"purse": {"limit": "1 usd", "per": "month"}})
    daemon = start_daemon()
    client = daemon.connect()
    error = refused(client, "one/yuan")
    assert "CNY" in error and "[rates]" in error
    world.rates["cny"] = "0.5"
    world.write()
    client.call("config.reload", {})
    ask(client, "one/yuan", max_tokens=10)
    assert budgets(client)["purse"]["used"] == pytest.approx(11e-6 / 2, abs=1e-9)


def test_without_a_price(world, start_daemon):
    world.write(budgets={"purse": {"limit": "1 usd", "per": "month"}})
    client = start_daemon().connect()
    assert "price" in refused(client, "one/nobody-knows")
    world.write(budgets={"purse": {"limit": "1 usd", "per": "month", "unpriced": "allow"}})
    client.call("config.reload", {})
    assert ask(client, "one/nobody-knows")["state"] == "done"


def test_a_ceiling_is_sent(home, steered, start_daemon):
    """Where nobody says how long an answer may be, the budget does."""
    home.write_config(
        steered.base_url,
        extra='[budget "tokens"]\nlimit = 1000 tokens\nper = hour\nreserve_output = 300\n',
    )
    client = start_daemon().connect()
    msgid = client.request("chat", {"prompt": "hello", "model": "fake/m"})
    steered.wait(lambda: steered.requests, "the question comes")
    body = steered.requests[0].body
    assert body.get("max_tokens", body.get("max_completion_tokens")) == 300
    b = budgets(client)["tokens"]
    assert 300 < b["reserved"] < 330 and b["used"] == 0
    steered.requests[0].say("two words")
    steered.requests[0].end("stop")
    client.result(msgid)
    b = budgets(client)["tokens"]
    assert b["reserved"] == 0 and 0 < b["used"] < 30


def test_what_fails_is_given_back(world, start_daemon):
    world.providers = {"one": "status-500"}
    world.write(budgets={"purse": {"limit": "1 usd", "per": "month"}, "few": {"limit": "5 requests", "per": "day"}})
    client = start_daemon().connect()
    with pytest.raises(RpcError):
        ask(client, "one/plain")
    found = budgets(client)
    assert found["purse"]["used"] == 0 and found["purse"]["reserved"] == 0
    assert found["few"]["used"] == 1  # it went there


def test_what_is_cancelled_settles(world, start_daemon):
    """At the input and what was shown."""
    world.providers = {"one": "hang-after-4"}
    world.write(budgets={"purse": {"limit": "1 usd", "per": "month"}})
    client = start_daemon().connect()
    msgid = client.request("chat", {"prompt": "hello", "model": "one/plain", "stream": True})
    answer = four_words(client)
    assert budgets(client)["purse"]["reserved"] > 0
    client.call("answer.cancel", {"answer": answer})
    client.response(msgid)
    b = budgets(client)["purse"]
    assert b["reserved"] == 0 and 0 < b["used"] < 40e-6


def test_each_arm_of_a_race(world, start_daemon):
    world.providers = {"one": "hang-first", "two": "words-10"}
    world.models = {"plain": model("one/plain"), "other": model("two/other")}
    world.write(
        aliases={"race": {"models": "one/plain, two/other", "policy": "race", "race_delay": "50 ms"}},
        budgets={"few": {"limit": "5 requests", "per": "day"}},
    )
    client = start_daemon().connect()
    assert who(ask(client, "race")) == "two/other"
    assert budgets(client)["few"]["used"] == 2


def test_narrowed(world, start_daemon):
    world.write(
        budgets={
            "dear-ones": {"limit": "1 requests", "per": "day", "model": "d*"},
            "here": {"limit": "1 requests", "per": "day", "directory": "/some/where"},
            "mine": {"limit": "1 requests", "per": "day", "label": "thesis"},
            "tool": {"limit": "1 requests", "per": "day", "client": "editor"},
        }
    )
    daemon = start_daemon()
    client = daemon.connect()
    ask(client, "one/plain")
    assert not any(b["used"] for b in budgets(client).values())
    ask(client, "two/dear")
    assert "dear-ones" in refused(client, "two/dear")
    below = {"cwd": "/some/where/below", "terminal": "t"}
    ask(client, "one/plain", context=below, cache="off")
    assert "here" in refused(client, context=below)
    ask(client, "one/plain", context={"cwd": "/some/wherever"}, cache="off")
    labelled = {"cwd": "/x", "budget": "thesis"}
    ask(client, "one/plain", context=labelled, cache="off")
    assert "mine" in refused(client, context=labelled)
    editor = daemon.connect()
    editor.call("hello", {"client": "editor", "protocol": 1})
    ask(editor, "one/plain", cache="off")
    assert "tool" in refused(editor)
    assert client.call("answer.estimate", {"prompt": "hello", "model": "two/dear"})["budgets"] == ["dear-ones"]


def test_a_warning(world, start_daemon):
    world.write(budgets={"few": {"limit": "4 requests", "per": "day", "warn": "50"}})
    client = start_daemon().connect()
    said = []
    for i in range(4):
        _, events = streamed(client, "one/plain", prompt=f"q{i}")
        said.append([e[1]["message"] for e in events if e[1]["type"] == "progress"])
    assert [len(s) for s in said].count(1) == 1 and not said[0], said
    assert "few" in "".join(sum(said, []))


def test_many_at_once(world, start_daemon):
    """Never more than the limit passes, and once what was reserved has settled, nobody is refused wrongly."""
    world.providers = {"one": "slow-2-100"}
    world.write(budgets={"few": {"limit": "20 requests", "per": "day"}})
    daemon = start_daemon()
    results = []

    def flood(n):
        client = daemon.connect()
        ids = [client.request("chat", {"prompt": f"{n} {i}", "model": "one/plain", "cache": "off"}) for i in range(20)]
        for i in ids:
            try:
                results.append(client.result(i)["state"])
            except RpcError as e:
                results.append(e.code)

    threads = [threading.Thread(target=flood, args=(n,)) for n in range(10)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert results.count("done") == 20 and results.count("budget_exceeded") == 180
    assert world.asked("slow-2-100") == 20


def test_money_settles_and_lets_others_pass(world, start_daemon):
    """Reserved at the worst, 20 of them fill the budget; used, each is a hundredth of that."""
    world.write(budgets={"purse": {"limit": "0.0101 usd", "per": "month"}})
    client = start_daemon().connect()
    for i in range(100):  # 100 * 11 µ = 1.1 m; each reserves 500 µ
        ask(client, "one/plain", f"question {i}", max_tokens=500)
    b = budgets(client)["purse"]
    assert b["used"] == pytest.approx(100 * 11e-6, abs=2e-4) and b["reserved"] == 0


@pytest.mark.parametrize("kill", [False, True], ids=["ended", "killed"])
def test_after_a_restart(world, start_daemon, kill):
    world.providers = {"one": "words-10", "two": "hang-after-4"}
    world.models = {"plain": model("one/plain"), "slow": model("two/slow")}
    world.write(budgets={"few": {"limit": "5 requests", "per": "day"}, "purse": {"limit": "1 usd", "per": "month"}})
    daemon = start_daemon()
    client = daemon.connect()
    for i in range(2):
        ask(client, "one/plain", f"question {i}")
    streaming = daemon.connect()
    streaming.request("chat", {"prompt": "on and on", "model": "two/slow", "stream": True, "conversation": "new"})
    four_words(streaming)
    wait_until(lambda: client.call("conversation.list"), "the question is stored")
    before = budgets(client)
    assert before["few"]["used"] == 2 and before["few"]["reserved"] == 1
    if kill:
        daemon.kill()
    else:
        daemon.end()
    client = start_daemon().connect()
    after = budgets(client)
    assert after["few"]["used"] == 3 and after["few"]["reserved"] == 0
    assert before["purse"]["used"] < after["purse"]["used"] < before["purse"]["used"] + before["purse"]["reserved"]
    rows = client.call("usage.report", {})["rows"]
    assert sum(r["requests"] for r in rows) == 3
    assert sum(r["cost_nano"] for r in rows) == round(after["purse"]["used"] * 1e9)


def test_killed_where_nothing_is_stored(world, start_daemon):
    """What a question that leaves nothing else behind has cost is known all the same."""
    world.providers = {"one": "hang-after-4"}
    world.write(budgets={"few": {"limit": "5 requests", "per": "day"}})
    daemon = start_daemon()
    client = daemon.connect()
    client.request("chat", {"prompt": "hello", "model": "one/plain", "stream": True, "store": False})
    four_words(client)
    wait_until(lambda: client.call("status", {})["store"]["waiting"] == 0, "the store has it")
    daemon.kill()
    client = start_daemon().connect()
    assert budgets(client)["few"]["used"] == 1
    [row] = client.call("usage.report", {"by": ["model"]})["rows"]
    assert row["requests"] == 1 and row["output_tokens"] == 0  # what was shown is nowhere


def test_one_that_goes_on_elsewhere(world, start_daemon):
    """The first one's request was made, and what it might have cost is free again while the second answers."""
    world.providers = {"one": "status-503", "two": "hang-after-4"}
    world.models["other"] = model("two/other")
    budget = {"few": {"limit": "5 requests", "per": "day"}, "purse": {"limit": "1 usd", "per": "month"}}
    world.write(aliases={"smart": "one/plain, two/other"}, budgets=budget)
    daemon = start_daemon()
    client = daemon.connect()
    client.request("chat", {"prompt": "hello", "model": "smart", "stream": True, "max_tokens": 100})
    four_words(client)
    found = budgets(daemon.connect())
    assert found["few"]["used"] + found["few"]["reserved"] == 2
    assert found["purse"]["used"] == 0 and found["purse"]["reserved"] < 150e-6
    client.call("answer.cancel", {"answer": client.wait_event("start")[0]})
    wait_until(lambda: budgets(client)["few"]["reserved"] == 0, "it is settled")
    assert budgets(client)["few"]["used"] == sum(r["requests"] for r in client.call("usage.report", {})["rows"]) == 2
