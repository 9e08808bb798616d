"""Who is asked: names, defaults, aliases with their policies, and what is said of who answered.

Each provider is a section with one behaviour of the fault provider, whatever model it is asked for; the text tells
them apart, and the provider counts for each how often it was asked.
"""

import signal
import socket

import pytest

from client import failure, kinds_of, text_of
from conftest import wait_until
from fault_provider import words_text
from helpers_routing import World, ask, ended, streamed, tried, who


@pytest.fixture
def world(home, provider):
    return World(home, provider)


def closed_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


# -- names


NAMES = {
    "providers": {"openai": {"api": "openai-chat"}, "one": "words-1", "two": "words-2", "three": "words-3"},
    "aliases": {"chosen": "three/any", "both": "three/of-the-alias"},
    "models": {
        "both": ["names = one/of-the-catalogue"],
        "shared": ["names = openai/gpt-shared, three/shared-3, two/shared-2"],
        "usual": ["names = two/usual-2, one/usual-1", "default = yes"],
    },
}


@pytest.mark.parametrize(
    "model, wanted",
    [
        ("chosen", "three/any"),
        ("both", "three/of-the-alias"),
        ("shared", "two/shared-2"),  # openai has no key, three comes later
        ("shared-3", "three/shared-3"),
        ("one/shared", "one/shared"),
        ("one/a/b/c", "one/a/b/c"),
        (None, "one/usual-1"),
    ],
)
def test_name(world, start_daemon, model, wanted):
    world.write(**NAMES)
    client = start_daemon().connect()
    answer = ask(client, model)
    assert who(answer) == wanted and tried(answer) == [wanted]
    (request,) = world.provider.stats()["last"]
    assert request["body"]["model"] == wanted.split("/", 1)[1]
    assert answer["text"] == words_text({"one": 1, "two": 2, "three": 3}[answer["provider"]])


@pytest.mark.parametrize(
    "model, code, says",
    [
        ("nothing", "not_found", "no model is called nothing"),
        ("nobody/x", "not_found", "there is no provider nobody"),
        ("openai/x", "no_provider", "set OPENAI_API_KEY"),
        ("one/" + "x" * 128, "invalid_request", "longer than 127 bytes"),
    ],
)
def test_name_that_nobody_answers_to(world, start_daemon, model, code, says):
    world.write(**NAMES)
    client = start_daemon().connect()
    error = failure(client, "chat", {"model": model, "prompt": "hello"})
    assert error["code"] == code and says in error["message"]
    assert error.get("param") == (None if code == "no_provider" else "model")
    assert world.provider.stats()["requests"] == 0


@pytest.mark.parametrize(
    "default, wanted", [("chosen", "three/any"), ("shared", "two/shared-2"), ("two/own", "two/own")]
)
def test_default_model(world, start_daemon, default, wanted):
    world.write(**NAMES, default_model=default)
    client = start_daemon().connect()
    assert who(ask(client)) == wanted
    assert client.call("status")["default_model"] == default


def refused(start_daemon):
    """What a daemon says that does not start."""
    daemon = start_daemon(wait=False)
    daemon.expect_status = daemon.wait()
    assert daemon.expect_status != 0
    return daemon.stderr()


def test_default_that_nobody_has(world, start_daemon, home):
    world.write(**NAMES, default_model="nobody/x")
    assert f"{home.config}:4: nobody/x names a provider that has no section" in refused(start_daemon)


def test_alias_of_what_nobody_has(world, start_daemon, home):
    world.write({"one": "words-1"}, {"mine": "one/m, nobody/x"})
    line = home.config.read_text().splitlines().index("models = one/m, nobody/x") + 1
    assert f"{home.config}:{line}: nobody/x names a provider that has no section" in refused(start_daemon)


def test_alias_of_an_alias(world, start_daemon, home):
    """But for one that is called like a model, which is meant then."""
    world.write({"one": "words-1"}, {"mine": "one/m", "both": "one/x", "other": "both, mine"}, NAMES["models"])
    line = home.config.read_text().splitlines().index("models = both, mine") + 1
    assert f"{home.config}:{line}: mine is an alias, and aliases hold models only" in refused(start_daemon)


# -- fallback


FAULTS = {  # behaviour of the first provider: the code of its error
    "status-401": "unauthenticated",
    "status-402": "budget_exceeded",
    "status-403": "permission_denied",
    "status-404": "not_found",
    "status-429": "rate_limited",
    "status-503": "overloaded",
    "quota": "budget_exceeded",
    "reset-before-headers": "unavailable",
    "no-done-no-finish-0": "unavailable",
}


def check_fallback(client, code):
    answer, events = streamed(client, "either")
    assert who(answer) == "second/m" and tried(answer) == [f"first/m: {code}", "second/m"]
    assert answer["text"] == text_of(events) == words_text(2)
    assert kinds_of(events) == ["start", "retry", "text", "text", "usage", "done"]
    start, retry = events[0][1], events[1][1]
    assert who(start) == "first/m"
    assert who(retry) == "second/m" and retry["error"]["code"] == code and retry["delay"] == 0
    assert retry["error"]["message"] == answer["attempts"][0]["error"]["message"] != ""


@pytest.mark.parametrize("behaviour", FAULTS)
def test_fallback(world, start_daemon, behaviour):
    world.write({"first": behaviour, "second": "words-2"}, {"either": "first/m, second/m"})
    check_fallback(start_daemon().connect(), FAULTS[behaviour])
    assert (world.asked(behaviour), world.asked("words-2")) == (1, 1)


def test_fallback_from_nobody(world, start_daemon):
    nobody = {"base_url": f"http://127.0.0.1:{closed_port()}/v1", "retries": 0}
    world.write({"first": nobody, "second": "words-2"}, {"either": "first/m, second/m"})
    check_fallback(start_daemon().connect(), "unavailable")


def test_fallback_from_who_hangs(world, start_daemon):
    slow = {"base_url": world.provider.behave("hang-first"), "timeout_first_byte": "50 ms", "retries": 5}
    world.write({"first": slow, "second": "words-2"}, {"either": "first/m, second/m"})
    check_fallback(start_daemon().connect(), "timeout")
    assert world.asked("hang-first") == 1


def test_fallback_after_the_retries(world, start_daemon):
    first = {"base_url": world.provider.behave("status-503"), "retries": 1}
    world.write({"first": first, "second": "words-2"}, {"either": "first/m, second/m"})
    answer, events = streamed(start_daemon().connect(), "either")
    assert tried(answer) == ["first/m: overloaded"] * 2 + ["second/m"]
    assert [who(e) for _, e in events if e["type"] == "retry"] == ["first/m", "second/m"]


def test_no_fallback_from_a_question_that_is_wrong(world, start_daemon):
    world.write({"first": "status-400", "second": "words-2"}, {"either": "first/m, second/m"})
    error, answer = ended(start_daemon().connect(), "either")
    assert (error["code"], error["provider"]) == ("invalid_request", "first")
    assert tried(answer) == ["first/m: invalid_request"]
    assert world.asked("words-2") == 0


def test_no_fallback_without_an_alias(world, start_daemon):
    world.write(
        {"first": "status-401", "second": "words-2"}, models={"m": ["names = first/m, second/m"]}, default_model="m"
    )
    error, answer = ended(start_daemon().connect(), "m")
    assert error["code"] == "unauthenticated" and tried(answer) == ["first/m: unauthenticated"]
    assert world.asked("words-2") == 0


def test_fallback_to_a_larger_window(world, start_daemon):
    providers = {"first": "context", "second": "words-2", "third": "words-3"}
    models = {
        "small": ["names = first/small, second/small", "context_window = 8"],
        "large": ["names = third/large", "context_window = 80"],
    }
    world.write(providers, {"either": "small, second/small, third/large"}, models)
    answer = ask(start_daemon().connect(), "either")
    assert tried(answer) == ["first/small: context_length_exceeded", "third/large"]
    assert world.asked("words-2") == 0


def test_no_larger_window(world, start_daemon):
    world.write({"first": "context", "second": "words-2"}, {"either": "first/m, second/m"})
    error, _ = ended(start_daemon().connect(), "either")
    assert error["code"] == "context_length_exceeded" and world.asked("words-2") == 0


def test_all_fail(world, start_daemon):
    world.write({"first": "status-401", "second": "status-503"}, {"either": "first/m, second/m"})
    error, answer = ended(start_daemon().connect(), "either")
    assert (error["code"], error["provider"], error["model"]) == ("overloaded", "second", "m")
    assert tried(answer) == ["first/m: unauthenticated", "second/m: overloaded"]
    assert who(answer) == "second/m"


def test_member_without_a_key(world, start_daemon):
    world.write(
        {"openai": {"api": "openai-chat"}, "second": "words-2"}, {"either": "openai/gpt, anthropic/claude, second/m"}
    )
    answer, events = streamed(start_daemon().connect(), "either")
    assert tried(answer) == ["second/m"] and who(events[0][1]) == "second/m"
    assert kinds_of(events)[1] == "text"


def test_no_member_has_a_key(world, start_daemon):
    world.write({"openai": {"api": "openai-chat"}, "second": "words-2"}, {"either": "openai/gpt, anthropic/claude"})
    error = failure(start_daemon().connect(), "chat", {"model": "either", "prompt": "hello"})
    assert error["code"] == "no_provider" and "openai" in error["message"] and "anthropic" not in error["message"]


# -- what answered is said


def test_who_answered_is_said_everywhere(world, start_daemon):
    world.write({"first": "status-401", "second": "words-2"}, {"either": "first/m1, second/m2"})
    daemon = start_daemon()
    client = daemon.connect()
    answer = ask(client, "either", conversation="new")
    assert who(answer) == "second/m2"
    assert client.call("answer.get", {"answer": answer["answer"]}) == answer
    (listed,) = client.call("answer.list")
    assert listed["model"] == "m2"
    question, said = client.call("conversation.get", {"conversation": answer["conversation"]})["messages"]
    assert who(said) == "second/m2"
    # And again after a restart, from the store.
    daemon.signal(signal.SIGTERM)
    daemon.wait()
    client = start_daemon().connect()
    kept = client.call("answer.attach", {"answer": answer["answer"]})
    assert who(kept) == "second/m2" and tried(kept) == tried(answer)
    (listed,) = client.call("answer.list")
    assert listed["model"] == "m2"
    messages = client.call("conversation.get", {"conversation": answer["conversation"]})["messages"]
    assert who(messages[1]) == "second/m2"


def test_who_is_asked_is_said_while_it_runs(world, start_daemon):
    world.write({"first": "status-401", "second": "hang-after-1"}, {"either": "first/m1, second/m2"})
    client = start_daemon().connect()
    client.request("chat", {"model": "either", "prompt": "hello", "stream": True})
    answer, _, _ = client.wait_event("text")
    assert who(client.call("answer.get", {"answer": answer})) == "second/m2"
    (listed,) = client.call("answer.list")
    assert listed["model"] == "m2"
    client.call("answer.cancel", {"answer": answer})
    assert tried(client.call("answer.get", {"answer": answer})) == ["first/m1: unauthenticated", "second/m2: cancelled"]


# -- cheapest


TIERS = {
    "providers": {"flat": "words-1", "tiers": "words-2", "free": "words-3", "paid": "words-4"},
    "models": {
        "model": [
            "names = flat/f, tiers/t, paid/p",
            "price = at flat, input 2, output 2, currency USD",
            "price = at tiers, input 1, output 1, currency USD",
            "price = at tiers, above 2000, input 9, output 9, currency USD",
            "price = at paid, input 1, output 1, currency EUR",
        ]
    },
}


def test_cheapest_by_the_question(world, start_daemon):
    """A long prompt is dear where a price tells of long ones. The model stands for all providers that have it."""
    world.write(**TIERS, aliases={"cheap": {"models": "free/unpriced, model", "policy": "cheapest"}})
    client = start_daemon().connect()
    assert who(ask(client, "cheap")) == "tiers/t"
    assert who(ask(client, "cheap", "word " * 4000)) == "flat/f"
    assert client.call("answer.estimate", {"model": "cheap", "prompt": "word " * 4000})["provider"] == "flat"


def test_cheapest_falls_back_to_the_next(world, start_daemon):
    """By price, then another currency, then those without a price."""
    providers = {**TIERS["providers"], "flat": "status-401", "tiers": "status-404", "paid": "status-403"}
    world.write(providers, {"cheap": {"models": "free/unpriced, model", "policy": "cheapest"}}, TIERS["models"])
    assert tried(ask(start_daemon().connect(), "cheap")) == [
        "tiers/t: not_found",
        "flat/f: unauthenticated",
        "paid/p: permission_denied",
        "free/unpriced",
    ]


def test_cheapest_by_max_tokens(world, start_daemon):
    models = {
        "one": ["names = one/m", "price = input 1, output 20, currency USD"],
        "two": ["names = two/m", "price = input 2, output 2, currency USD"],
    }
    world.write({"one": "words-1", "two": "words-2"}, {"cheap": {"models": "one, two", "policy": "cheapest"}}, models)
    client = start_daemon().connect()
    assert who(ask(client, "cheap", "word " * 1000, max_tokens=1)) == "one/m"
    assert who(ask(client, "cheap", "word " * 1000, max_tokens=1000)) == "two/m"


# -- fastest


SPEEDS = {
    "providers": {"slow": "slow-1-300", "quick": "words-2"},
    "aliases": {"fast": {"models": "slow/m, quick/m", "policy": "fastest"}},
    "models": {"a-model": ["names = quick/m"]},
}


def speeds(client):
    return {
        f"{p['name']}/{m['model']}": m["first_token_ms"]
        for p in client.call("status")["providers"]
        for m in p["models"]
        if "first_token_ms" in m
    }


def test_fastest(world, start_daemon):
    world.write(**SPEEDS)
    client = start_daemon().connect()
    # Only asking measures.
    assert [who(ask(client, "fast", cache="off")) for _ in range(4)] == ["slow/m", "quick/m", "quick/m", "quick/m"]
    measured = speeds(client)
    assert measured["quick/m"] < measured["slow/m"] >= 300
    assert client.call("models.get", {"model": "a-model"})["first_token_ms"] == measured["quick/m"]


def test_fastest_after_a_restart(world, start_daemon):
    world.write(**SPEEDS)
    daemon = start_daemon()
    client = daemon.connect()
    for _ in range(2):
        ask(client, "fast", cache="off")
    before = speeds(client)
    daemon.signal(signal.SIGTERM)
    daemon.wait()
    client = start_daemon().connect()
    wait_until(lambda: speeds(client) == before, "the times come back from the store")
    assert who(ask(client, "fast", cache="off")) == "quick/m"
    assert world.asked("slow-1-300") == 1


def test_times_are_forgotten(world, start_daemon):
    world.write(**SPEEDS, speed_memory="1 s")
    client = start_daemon().connect()
    assert [who(ask(client, "fast", cache="off")) for _ in range(2)] == ["slow/m", "quick/m"]
    assert set(speeds(client)) <= {"slow/m", "quick/m"}
    wait_until(lambda: not speeds(client), "the times are forgotten")
    assert who(ask(client, "fast", cache="off")) == "slow/m"


# -- best


BOARDS = {
    "plain": [
        "names = one/m",
        "input = text",
        "tools = no",
        "reasoning = no",
        "context_window = 500",
        "score = lmarena 1300, on 2025-04-14",
        "score = aider 40, on 2025-04-14",
    ],
    "able": ["names = two/m", "input = text, image", "tools = yes", "reasoning = yes", "context_window = 100000"]
    + ["score = lmarena 1200, on 2025-04-14", "score = aider 60, on 2025-04-14"],
}


@pytest.fixture
def boards(world, start_daemon):
    """A client of a daemon with one alias for each board."""
    best = {"models": "three/without, plain, able", "policy": "best"}
    world.write(
        {"one": "words-1", "two": "words-2", "three": "words-3"},
        {"best": best, "code": {**best, "board": "aider"}},
        BOARDS,
    )
    return start_daemon().connect()


def test_best(boards):
    assert who(ask(boards, "best", cache="off")) == "one/m"
    assert who(ask(boards, "code", cache="off")) == "two/m"


@pytest.mark.parametrize(
    "question",
    [
        {"attachments": [{"type": "image", "mime": "image/png", "data": b"\x89PNG\r\n\x1a\n"}]},
        {"tools": [{"name": "f", "description": "", "parameters": {"type": "object"}}]},
        {"reasoning": "low"},
        {"prompt": "word " * 1000},
    ],
    ids=lambda q: next(iter(q)),
)
def test_best_of_those_that_take_it(boards, question):
    assert who(ask(boards, "best", **question)) == "two/m"


# -- reload


def who_is(client, name):
    """Whom a question with that name would go to, None where nobody has it."""
    error, estimate = client.response(client.request("answer.estimate", {"model": name, "prompt": "hello"}))
    return None if error else who(estimate)


def test_reload_of_aliases(world, start_daemon):
    """What runs goes on as it began."""
    world.write({"one": "hang-after-1", "two": "words-2"}, {"mine": "one/m"})
    daemon = start_daemon()
    client = daemon.connect()
    client.request("chat", {"model": "mine", "prompt": "hello", "stream": True})
    running, _, _ = client.wait_event("text")
    world.write(aliases={"mine": "two/m"})
    daemon.signal(signal.SIGHUP)
    wait_until(lambda: who_is(client, "mine") == "two/m", "the reload")
    answer = client.call("answer.get", {"answer": running})
    assert (who(answer), answer["state"]) == ("one/m", "running")
    client.call("answer.cancel", {"answer": running})
    assert who(ask(client, "mine")) == "two/m"
    # One that is gone is unknown.
    world.write(aliases={"another": "two/m"})
    daemon.signal(signal.SIGHUP)
    wait_until(lambda: who_is(client, "another") == "two/m", "the reload")
    assert failure(client, "chat", {"model": "mine", "prompt": "hello"})["code"] == "not_found"
