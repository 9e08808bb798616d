"""Premium requests: what a prompt takes of a subscription that counts these, in answers, reports and budgets."""

import pytest

from client import RpcError
from conftest import wait_until
from helpers_routing import World, ask

TURN = [
    {"role": "user", "content": "What is the weather?"},
    {"role": "assistant", "content": [{"type": "tool_call", "id": "c1", "name": "weather", "arguments": "{}"}]},
    {"role": "tool", "content": [{"type": "tool_result", "id": "c1", "content": "cold"}]},
]


@pytest.fixture
def world(home, provider):
    """`copilot` as it is known, `fleet` by rows of one's own, `plain` with none."""
    w = World(home, provider)
    w.providers = {"copilot": "words-3", "fleet": "words-3", "plain": "words-3"}
    w.models = {
        "dear": ["names = copilot/dear, fleet/dear, plain/dear", "premium = multiplier 10", "premium = at fleet, multiplier 0.25"],
        "old": ["names = copilot/old", "premium = until 2020-01-01, multiplier 7"],
    }
    return w


def used(client):
    """{provider: premium requests} of the ledger."""
    rows = client.call("usage.report", {"by": ["provider"]})["rows"]
    return {row["provider"]: (row["premium_requests"], row["premium_nano"]) for row in rows}


@pytest.mark.parametrize(
    "model, takes",
    [("copilot/dear", 10), ("fleet/dear", 0.25), ("plain/dear", None), ("copilot/old", 1), ("copilot/unheard-of", 1), ("plain/x", None)],
)
def test_a_prompt_takes(world, start_daemon, model, takes):
    world.write()
    client = start_daemon().connect()
    assert ask(client, model)["usage"].get("premium_requests") == takes
    assert used(client) == {model.split("/")[0]: (takes or 0, (takes or 0) * 10**9)}


def test_a_turn_of_tools_takes_none(world, start_daemon):
    world.write()
    client = start_daemon().connect()
    a = client.call("chat", {"model": "copilot/dear", "messages": TURN})
    assert "premium_requests" not in a["usage"] and used(client) == {"copilot": (0, 0)}


def test_a_cached_answer_takes_none(world, start_daemon):
    world.write()
    client = start_daemon().connect()
    for cached in (False, True, True):
        assert ask(client, "fleet/dear")["cached"] == cached
    wait_until(lambda: client.call("usage.report", {})["rows"][0]["cache_hits"] == 2, "both hits are in the ledger")
    assert used(client) == {"fleet": (0.25, 25 * 10**7)}


def test_a_budget_of_them(world, start_daemon):
    """Four prompts of a quarter, and as many turns of tools as one likes; the fifth prompt is refused."""
    world.write(budgets={"quota": {"limit": "1 premium", "per": "month", "provider": "fleet"}})
    client = start_daemon().connect()
    for i in range(4):
        ask(client, "fleet/dear", f"prompt {i}")
    client.call("chat", {"model": "fleet/dear", "messages": TURN})
    with pytest.raises(RpcError) as e:
        ask(client, "fleet/dear", "one more")
    assert e.value.code == "budget_exceeded" and "quota" in str(e.value)
    ask(client, "copilot/dear", "elsewhere")
    (quota,) = client.call("budget.get", {})
    assert (quota["unit"], quota["used"], quota["left"]) == ("premium", 1, 0)
