"""What a row of the ledger has of one answer: its tokens by kind, its cost by ours and by the provider's reckoning, how
long it took, and both costs where it was priced again.
"""

import contextlib
import sqlite3
import time

import pytest

from conftest import KEY, askctl_path
from helpers_acts import Acts, chunk_of
from helpers_routing import World, ask
from helpers_terminal import on_terminal

MICRO = 1000  # billionths
WAIT_US = 80_000  # before the first word, and before the end
PRICED = "price = at one, since 2020-01-01, input {}, cached_input 0.1, output 2, currency USD, source test"
USAGE = {
    "prompt_tokens": 1000,
    "prompt_tokens_details": {"cached_tokens": 400},
    "completion_tokens": 200,
    "completion_tokens_details": {"reasoning_tokens": 50},
}
COST = (600 + 400 // 10 + 200 * 2) * MICRO


class Counting:
    """The provider "one", which tells such a usage."""

    def __init__(self, home):
        self.home, self.usage = home, USAGE
        self.acts = Acts(self.act)
        self.world = World(home, None)
        url = self.acts.base_url("one")
        self.world.providers = {"one": {"api": "openai-chat", "dialect": "openrouter", "base_url": url, "key": KEY}}
        self.price(1)

    def price(self, of_input):
        self.world.write(models={"plain": ["names = one/plain", PRICED.format(of_input)]})

    def act(self, asked):
        time.sleep(WAIT_US / 1e6)
        asked.begin()
        asked.say("word")
        time.sleep(WAIT_US / 1e6)
        asked.event(chunk_of({}, "stop", usage=self.usage))
        asked.event(b"data: [DONE]\n\n")
        asked.last()

    def stored(self, columns):
        """Of the only row."""
        with contextlib.closing(sqlite3.connect(f"file:{self.home.state}/askd/askd.db?mode=ro", uri=True)) as db:
            [row] = db.execute(f"SELECT {columns} FROM ledger").fetchall()
        return row

    def price_told(self, column):
        [text] = self.stored(f"(SELECT text FROM ledger_text WHERE num = {column})")
        return text


@pytest.fixture
def counting(home):
    c = Counting(home)
    yield c
    c.acts.stop()


def report(client):
    [row] = client.call("usage.report", {"by": ["model"]})["rows"]
    return row


def test_kinds_of_tokens(counting, start_daemon):
    client = start_daemon().connect()
    answer = ask(client, "one/plain")
    row = report(client)
    kinds = ("input_tokens", "cached_input_tokens", "output_tokens", "reasoning_tokens")
    assert [row[k] for k in kinds] == [answer["usage"][k] for k in kinds] == [1000, 400, 200, 50]
    assert row["cost_nano"] == answer["usage"]["cost_nano"] == COST
    assert "input 1," in counting.price_told("price")


def test_how_long_it_took(counting, start_daemon):
    ask(start_daemon().connect(), "one/plain")
    first, total = counting.stored("first_us, total_us")
    assert WAIT_US <= first <= total - WAIT_US / 2 < 20 * WAIT_US


@pytest.mark.parametrize("off, told", [(16, "(+2 %)"), (-32, "(-3 %)"), (10, None), (-10, None)])
def test_what_the_provider_says(counting, start_daemon, home, off, told):
    """It stands beside ours, and is shown where it is more than 1 % off."""
    theirs = COST + off * MICRO
    counting.usage = USAGE | {"cost": theirs / 1e9}
    client = start_daemon().connect()
    ask(client, "one/plain")
    row = report(client)
    assert (row["cost_nano"], row["compared_nano"], row["provider_cost_nano"]) == (COST, COST, theirs)
    status, text = on_terminal([askctl_path(), "usage"], home.env(), 120)
    assert status == 0 and "plain" in text
    assert ("BILLED" in text) == (told is not None) and (told or "") in text


def test_a_cost_that_was_worked_out_again(counting, start_daemon):
    """The first one stays, with the price that it was by."""
    client = start_daemon().connect()
    ask(client, "one/plain")
    counting.price(3)
    client.call("config.reload")
    assert client.call("usage.reprice")["changed"] == 1
    again = COST + 2 * 600 * MICRO
    assert report(client)["cost_nano"] == again
    assert counting.stored("cost, new_cost") == (COST, again)
    assert "input 1," in counting.price_told("price") and "input 3," in counting.price_told("new_price")
