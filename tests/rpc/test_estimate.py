"""answer.estimate: what a question would come to, without asking anybody."""

import pytest

from client import failure, say

MODELS = """
[model "plain"]
names = fake/plain
max_output = 1000
price = input 2, output 10, currency USD

[model "tiers"]
names = fake/tiers
max_output = 100
price = input 1, output 2, currency EUR
price = above 1000, input 3, output 4, currency EUR

[model "old-price"]
names = fake/old-price
price = until 2025-01-01, input 1, output 1, currency USD

[model "half"]
names = fake/half
max_output = 100
price = input 1, currency USD

[model "endless"]
names = fake/endless
price = input 1, output 1, currency USD

[model "dear"]
names = fake/dear
max_output = 1000
price = input 20, output 100, currency USD
score = lmarena 1400, on 2025-01-01

[model "cheap"]
names = fake/cheap
max_output = 1000
price = input 1, output 1, currency USD
score = lmarena 1100, on 2025-01-01
"""
ALIASES = "\n".join(
    f'[alias "{policy}"]\nmodels = dear, cheap\npolicy = {policy}'
    for policy in ("fallback", "cheapest", "best", "fastest", "race")
)
LONG = "a word " * 2000


@pytest.fixture
def client(home, provider, start_daemon):
    (home.config_dir / "models.ini").write_text(MODELS)
    home.write_config(provider.base_url, extra=ALIASES)
    c = start_daemon().connect()
    c.asked_chats = 0  # how many questions the test has asked besides
    yield c
    assert provider.stats()["requests"] == c.asked_chats


def estimate(client, model="plain", prompt="hello", **params):
    return client.call("answer.estimate", {"model": model, "prompt": prompt, **params})


def cost(tokens_in, price_in, tokens_out=0, price_out=0):
    return pytest.approx((tokens_in * price_in + tokens_out * price_out) / 1e6, abs=1e-9)


# -- whom, how much


def test_all_of_it(client):
    e = estimate(client)
    assert (e["provider"], e["model"], e["cached"], e["budgets"]) == ("fake", "plain", False, [])
    assert e["max_output_tokens"] == 1000 and e["currency"] == "USD"
    assert e["cost_low"] == cost(e["input_tokens"], 2) and e["cost_high"] == cost(e["input_tokens"], 2, 1000, 10)


@pytest.mark.parametrize("model", [None, "fake/echo"])
def test_the_default(client, model):
    e = client.call("answer.estimate", {"model": model, "prompt": "x"})
    assert (e["provider"], e["model"]) == ("fake", "echo")


@pytest.mark.parametrize("field", ["prompt", "system"])
def test_tokens_grow_with_what_is_said(client, field):
    found = [estimate(client, **{"prompt": "x", field: "some words " * n})["input_tokens"] for n in (1, 10, 100, 1000)]
    assert found == sorted(set(found)) and 1500 < found[-1] - found[-2] < 3000


def test_tokens_of_what_else_is_sent(client):
    least = estimate(client)["input_tokens"]
    tool = {"name": "weather", "description": LONG, "parameters": {"type": "object"}}
    picture = {"type": "image", "mime": "image/png", "data": b"\x89PNG\r\n\x1a\n" + bytes(200)}
    assert estimate(client, tools=[tool])["input_tokens"] > least + 1000
    assert estimate(client, attachments=[{"type": "text", "text": LONG}])["input_tokens"] > least + 1000
    assert estimate(client, attachments=[picture])["input_tokens"] > least
    messages = [{"role": "user", "content": LONG}, {"role": "assistant", "content": LONG}, {"role": "user", "content": "x"}]
    found = client.call("answer.estimate", {"model": "plain", "messages": messages})
    assert found["input_tokens"] > least + 4000


@pytest.mark.parametrize("asked, found", [(10, 10), (1000, 1000), (5000, 1000)])
def test_the_bound_of_the_output(client, asked, found):
    e = estimate(client, max_tokens=asked)
    assert e["max_output_tokens"] == found and e["cost_high"] == cost(e["input_tokens"], 2, found, 10)


# -- prices


def test_the_price_is_that_of_its_length(client):
    short, long = estimate(client, "tiers"), estimate(client, "tiers", LONG)
    assert short["input_tokens"] < 1000 < long["input_tokens"] and short["currency"] == "EUR"
    assert short["cost_low"] == cost(short["input_tokens"], 1)
    assert short["cost_high"] == cost(short["input_tokens"], 1, 100, 2)
    assert long["cost_low"] == cost(long["input_tokens"], 3)
    assert long["cost_high"] == cost(long["input_tokens"], 3, 100, 4)


@pytest.mark.parametrize("model", ["fake/unknown", "old-price"])
def test_without_a_price_there_is_no_cost(client, model):
    e = estimate(client, model)
    assert e["input_tokens"] > 0 and not {"cost_low", "cost_high", "currency", "max_output_tokens"} & set(e)
    assert estimate(client, model, max_tokens=7)["max_output_tokens"] == 7


@pytest.mark.parametrize("model", ["half", "endless"])
def test_without_a_rate_or_a_bound_there_is_no_highest_cost(client, model):
    e = estimate(client, model)
    assert e["cost_low"] == cost(e["input_tokens"], 1) and e["currency"] == "USD" and "cost_high" not in e


def test_a_bound_makes_it_known(client):
    e = estimate(client, "endless", max_tokens=50)
    assert e["cost_high"] == cost(e["input_tokens"], 1, 50, 1)


# -- aliases


@pytest.mark.parametrize(
    "policy, model", [("fallback", "dear"), ("race", "dear"), ("fastest", "dear"), ("cheapest", "cheap"), ("best", "dear")]
)
def test_it_goes_to_the_first_of_an_alias(client, policy, model):
    assert estimate(client, policy)["model"] == model


# -- conversations


def test_what_was_said_before_counts(client):
    alone = estimate(client, "fake/echo")["input_tokens"]
    first = say(client, LONG)
    second = say(client, "and on", first["conversation"])
    client.asked_chats = 2
    whole = estimate(client, "fake/echo", conversation=second["conversation"])["input_tokens"]
    # LONG was asked, and echoed.
    assert whole > alone + 2 * 2000
    branch = estimate(client, "fake/echo", conversation=first["conversation"], parent=first["message"])["input_tokens"]
    assert alone + 2 * 2000 < branch < whole
    assert estimate(client, "fake/echo", conversation="new")["input_tokens"] == alone
    got = client.call("conversation.get", {"conversation": first["conversation"]})
    assert len(got["messages"]) == 4 and len(client.call("conversation.list")) == 1


def test_the_last_one(client):
    where = {"cwd": "/somewhere", "terminal": "t"}
    assert failure(client, "answer.estimate", {"model": "plain", "prompt": "x", "conversation": "last"})["code"] == "not_found"
    say(client, LONG, context=where)
    client.asked_chats = 1
    alone = estimate(client, "fake/echo")["input_tokens"]
    assert estimate(client, "fake/echo", conversation="last", context=where)["input_tokens"] > alone + 4000
    elsewhere = {"model": "plain", "prompt": "x", "conversation": "last", "context": {"cwd": "/elsewhere"}}
    assert failure(client, "answer.estimate", elsewhere)["code"] == "not_found"


# -- errors, as chat tells them


@pytest.mark.parametrize(
    "params",
    [
        {"model": "nothing", "prompt": "x"},
        {"model": "nobody/m", "prompt": "x"},
        {"model": "gpt-4o-mini", "prompt": "x"},
        {"model": "openai/gpt-4o-mini", "prompt": "x"},
        {"model": "plain"},
        {"model": "plain", "prompt": "x", "messages": []},
        {"model": "plain", "prompt": 3},
        {"model": "plain", "prompt": "x", "temperature": 9},
        {"model": "plain", "prompt": "x", "max_tokens": 0},
        {"model": "plain", "prompt": "x", "parent": "nothing"},
        {"model": "plain", "prompt": "x", "conversation": "nothing"},
        {"model": "plain", "prompt": "x", "conversation": "018f0000-0000-7000-8000-000000000000"},
        {"model": "plain", "prompt": "x", "template": "t"},
        {"model": "plain", "prompt": "x", "attachments": [{"type": "file", "path": "/etc/passwd"}]},
        {"model": "plain", "prompt": "x", "extra": {"stream": True}},
    ],
    ids=str,
)
def test_errors_are_those_of_chat(client, params):
    error, as_chat = failure(client, "answer.estimate", params), failure(client, "chat", params)
    as_chat.pop("answer", None)
    assert error == as_chat


def test_which_conversation_it_would_be_asked_in(client):
    here = {"cwd": "/here"}
    c = say(client, "one", context=here)["conversation"]
    client.asked_chats = 1
    for conversation, told in (("last", c), (c, c), ("new", None), (None, None)):
        params = {"prompt": "two", "model": "fake/echo", "context": here}
        params |= {"conversation": conversation} if conversation else {}
        assert client.call("answer.estimate", params).get("conversation") == told
