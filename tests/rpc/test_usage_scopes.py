"""Whose use and whose budgets are told to whom, where a daemon serves several users. With real uids, so for root."""
# ruff: noqa: F811 -- fixtures are imported

import pytest

from client import failure
from helpers_cache import ask
from helpers_system import ALICE, BOB, alice, bob, daemon, home, system_home, user_client  # noqa: F401

BUDGETS = f"""
[budget "all"]
limit = 100 requests
per = day
[budget "alices"]
limit = 100 requests
per = day
uid = {ALICE}
"""


@pytest.fixture
def root(daemon):
    return daemon.connect()


def answers(client, **params):
    return {r["uid"]: r["answers"] for r in client.call("usage.report", {"by": ["uid"], **params})["rows"]}


def test_each_is_told_their_own(alice, bob, root):
    ask(alice)
    ask(alice, "again")
    ask(bob)
    assert answers(alice) == answers(alice, uid=ALICE) == {ALICE: 2} and answers(bob) == {BOB: 1}
    assert answers(root) == {} and answers(root, uid="all") == {ALICE: 2, BOB: 1} and answers(root, uid=BOB) == {BOB: 1}
    assert [c.call("status")["today"]["answers"] for c in (alice, bob, root)] == [2, 1, 0]


@pytest.mark.parametrize("method", ["usage.report", "usage.reprice"])
@pytest.mark.parametrize("whose", ["all", ALICE, 0])
def test_others_are_not_told(alice, bob, method, whose):
    ask(alice)
    assert failure(bob, method, {"uid": whose})["code"] == "permission_denied"


def test_prices_of_others_stay(alice, bob, root):
    ask(alice)
    assert bob.call("usage.reprice", {})["rows"] == 0 and alice.call("usage.reprice", {})["rows"] == 1
    assert root.call("usage.reprice", {"uid": "all"})["rows"] == 1


@pytest.mark.askd(extra=BUDGETS)
def test_a_users_budget_is_no_others_to_see(alice, bob, root):
    told = [[b["name"] for b in c.call("budget.get")] for c in (alice, bob, root)]
    assert told == [["all", "alices"], ["all"], ["all", "alices"]]
