"""What was answered before is not asked again: the policies of a question, the age that it takes, the key, and what a
hit says of itself."""

import hashlib
import re
import time

import pytest

from client import failure, kinds_of
from conftest import wait_until
from fault_provider import words_text
from helpers_cache import ask, asked, figures, shared_part, streamed
from helpers_routing import World


@pytest.fixture
def count(client):
    """count(**params): which request with this prompt it was that gave the answer, and whether that is cached."""

    def counted(**params):
        a = ask(client, "how many?", "count", **params)
        assert a["attempts"] == [] if a["cached"] else len(a["attempts"]) == 1
        assert ("age" in a) == a["cached"]
        return a["text"], a["cached"]

    return counted


# -- policies


def test_the_same_again_asks_nobody(client, provider, count):
    assert count() == ("answer 1", False)
    assert count() == count(cache="use") == ("answer 1", True)
    assert asked(provider) == 1 and figures(client) == (2, 1, 0)


def test_another_connection(daemon, client, provider):
    first, second = ask(client), ask(daemon.connect())
    assert (first["cached"], second["cached"]) == (False, True) and first["answer"] != second["answer"]
    assert asked(provider) == 1


def test_refresh_asks_anew_and_replaces(count):
    assert count() == ("answer 1", False)
    assert count(cache="refresh") == ("answer 2", False)
    assert count() == ("answer 2", True)


def test_refresh_that_fails_replaces_nothing(client, provider, count):
    assert count() == ("answer 1", False)
    error, _ = client.response(client.chat("count", "how many?", cache="refresh", timeout=0.000001))
    assert error["code"] == "timeout"
    assert count() == ("answer 1", True)


def test_off_neither_reads_nor_keeps(client, count):
    assert count(cache="off") == ("answer 1", False)
    assert count() == ("answer 2", False)
    assert count(cache="off") == ("answer 3", False)
    assert count() == ("answer 2", True)
    assert figures(client) == (1, 1, 0), "what did not look counts neither way"


def test_off_has_no_key(client):
    assert "key" not in ask(client, cache="off") and "key" in ask(client)


def test_only(client, provider, count):
    params = {"model": "fake/count", "prompt": "how many?", "cache": "only"}
    assert failure(client, "chat", params)["code"] == "not_found"
    assert asked(provider) == 0
    count()
    assert count(cache="only") == ("answer 1", True)


def test_only_does_not_join(client, provider):
    client.chat("hang-after-1", stream=True)
    answer, _, _ = client.wait_event("text")
    assert failure(client, "chat", {"model": "fake/hang-after-1", "prompt": "hello", "cache": "only"})["code"] == "not_found"
    client.call("answer.cancel", {"answer": answer})


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("detach", [False, True])
def test_only_that_misses_is_told_in_every_way(client, provider, stream, detach):
    params = {"model": "fake/echo", "prompt": "x", "cache": "only", "stream": stream, "detach": detach}
    error, result = client.response(client.request("chat", params))
    if detach and error is None:  # it stood, and failed
        error = failure(client, "answer.attach", {"answer": result["answer"]})
    assert error["code"] == "not_found"
    assert asked(provider) == 0


# -- what is the same question


FITS = '{"a": "hello"}'  # an echo of which fits the schema: one that does not is not kept
DIFFERENT = [
    {"system": "be brief"},
    {"temperature": 0.5},
    {"top_p": 0.5},
    {"max_tokens": 7},
    {"stop": ["END"]},
    {"seed": 7},
    {"reasoning": "low"},
    {"schema": {"type": "object", "properties": {"a": {"type": "string"}}}},
    {"tools": [{"name": "weather", "description": "of a city", "parameters": {"type": "object"}}]},
    {"extra": {"user": "u1"}},
    {"attachments": [{"type": "text", "text": "before"}]},
    {"attachments": [{"type": "image", "mime": "image/png", "data": b"\x89PNG"}]},
    {"attachments": [{"type": "image", "mime": "image/png", "data": b"\x89PNH"}]},
    {"prompt": FITS + " "},
    {"model": "fake/words-2"},
]


@pytest.mark.parametrize("same", [False, True])
def test_whatever_is_sent_makes_another_question(client, provider, same):
    """Each of them alone, and each again."""
    plain = {"model": "fake/echo", "prompt": FITS}
    asked_for = [{**plain, **d} for d in [{}, *DIFFERENT]]
    found = [client.call("chat", p) for p in asked_for]
    assert [a["cached"] for a in found] == [False] * len(found)
    assert len({a["key"] for a in found}) == asked(provider) == len(found)
    if same:
        assert [client.call("chat", p)["key"] for p in asked_for] == [a["key"] for a in found]
        assert asked(provider) == len(found)


def test_how_it_is_delivered_makes_no_other_question(client, provider):
    first = ask(client)
    ways = [
        {"stream": True},
        {"timeout": 20},
        {"conversation": "new"},
        {"store": False},
        {"cache_ttl": 1000},
        {"retry": "restart"},
        {"context": {"cwd": "/", "terminal": "t"}},
        {"temperature": None},
        {"notify": {"method": "x"}},
    ]
    assert [ask(client, **w)["key"] for w in ways] == [first["key"]] * len(ways)
    assert asked(provider) == 1


def test_messages_and_prompt_are_one(client, provider):
    first = ask(client, "one two")
    for content in ("one two", [{"type": "text", "text": "one two"}]):
        messages = [{"role": "user", "content": content}]
        again = client.call("chat", {"model": "fake/echo", "messages": messages})
        assert again["cached"] and again["key"] == first["key"]
    assert asked(provider) == 1


# -- age


def test_an_older_answer_than_wanted_is_none(client, count):
    count()
    assert count(cache_ttl=100) == ("answer 1", True)
    wait_until(lambda: ask(client, "how many?", "count", cache="only")["age"] > 0.05, "it is older than that")
    assert count(cache_ttl=0.05, cache="use") == ("answer 2", False)
    assert count() == ("answer 2", True)


def test_kept_as_long_as_its_asker_wanted(client, count):
    count(cache_ttl=0.3)
    wait_until(lambda: client.call("cache.stats")["entries"] == 1, "it is kept")
    params = {"model": "fake/count", "prompt": "how many?", "cache": "only"}
    wait_until(lambda: client.response(client.request("chat", params))[0], "it goes")
    assert count() == ("answer 2", False)


def test_a_ttl_of_nothing_keeps_nothing(client, count):
    assert [count(cache_ttl=0), count(cache_ttl=0), count()] == [(f"answer {i}", False) for i in (1, 2, 3)]


@pytest.mark.askd(extra="[cache]\nttl = 1 s\n")
def test_ttl_of_the_configuration(client, count):
    count()
    first = count()
    assert first == ("answer 1", True)
    params = {"model": "fake/count", "prompt": "how many?", "cache": "only"}
    wait_until(lambda: client.response(client.request("chat", params))[0], "it goes")
    assert count() == ("answer 2", False)


def test_age_grows_from_the_first(client):
    before = time.monotonic()
    ask(client)
    first = ask(client)["age"]
    wait_until(lambda: ask(client)["age"] > first + 0.1, "it grows older")
    assert 0 <= first <= ask(client)["age"] <= time.monotonic() - before + 1


# -- the key, and lookups by it


def test_key(client):
    first, second = ask(client), ask(client)
    assert re.fullmatch("[0-9a-f]{64}", first["key"]) and first["key"] == second["key"]
    assert first["key"] != hashlib.sha256(b"hello").hexdigest()


def test_lookup_by_key(client, provider):
    first = ask(client, "one two")
    for key in (first["key"], first["key"].upper()):
        kept = client.call("cache.lookup", {"key": key})
        assert (kept["cached"], kept["shared"], kept["state"], kept["attempts"]) == (True, False, "done", [])
        assert kept["age"] >= 0 and "answer" not in kept
        assert shared_part(kept) == shared_part(first)
    assert asked(provider) == 1 and figures(client) == (0, 1, 0), "a lookup is no question"


def test_lookup_of_what_runs_or_failed(client):
    failed = failure(client, "chat", {"model": "fake/status-400", "prompt": "x"})["answer"]
    key = client.call("answer.get", {"answer": failed})["key"]
    assert failure(client, "cache.lookup", {"key": key})["code"] == "not_found"
    client.chat("hang-after-1", stream=True)
    running, _, _ = client.wait_event("text")
    key = client.call("answer.get", {"answer": running})["key"]
    assert failure(client, "cache.lookup", {"key": key})["code"] == "not_found"
    client.call("answer.cancel", {"answer": running})


def test_lookup_of_a_question(client, provider):
    question = {"model": "fake/echo", "prompt": "one two", "temperature": 0.5}
    before = client.call("cache.lookup", question)
    assert before["hit"] is False and "age" not in before and asked(provider) == 0
    first = client.call("chat", question)
    after = client.call("cache.lookup", question)
    assert after["hit"] is True and after["age"] >= 0
    assert before["key"] == after["key"] == first["key"]
    assert client.call("cache.lookup", {**question, "temperature": 0.6})["hit"] is False
    assert asked(provider) == 1 and figures(client) == (0, 1, 0)


def test_lookup_of_a_question_in_a_conversation(client, provider):
    first = ask(client, conversation="new")
    question = {"model": "fake/echo", "prompt": "and?", "conversation": first["conversation"]}
    assert client.call("cache.lookup", question)["hit"] is False
    second = client.call("chat", question)
    back = {**question, "parent": first["message"]}
    assert client.call("cache.lookup", back)["key"] == second["key"]
    assert client.call("cache.lookup", {"model": "fake/echo", "prompt": "and?"})["key"] != second["key"]


def test_estimate_tells_of_the_cache(client, provider):
    question = {"model": "fake/echo", "prompt": "one two"}
    assert client.call("answer.estimate", question)["cached"] is False
    client.call("chat", question)
    told = {p: client.call("answer.estimate", {**question, "cache": p})["cached"] for p in ("use", "only", "refresh", "off")}
    assert told == {"use": True, "only": True, "refresh": False, "off": False}
    assert client.call("answer.estimate", {**question, "prompt": "one"})["cached"] is False
    assert asked(provider) == 1


def test_clear_by_key(client, count):
    count()
    other = ask(client)
    key = ask(client, "how many?", "count")["key"]
    assert client.call("cache.clear", {"key": key}) == {"removed": 1}
    assert count() == ("answer 2", False)
    assert ask(client)["cached"] and ask(client)["key"] == other["key"]


# -- what a hit says


def test_map_of_a_hit(client):
    first = ask(client, "one two three")
    second = ask(client, "one two three")
    assert (first["cached"], second["cached"]) == (False, True)
    assert shared_part(first) == shared_part(second)
    assert second["usage"]["output_tokens"] == 3 and second["attempts"] == []
    assert second["timing"]["total_ms"] >= 0 and "first_token_ms" not in second["timing"]


def test_events_of_a_hit_are_compacted(client):
    first, events = streamed(client, "one two three four")
    assert kinds_of(events) == ["start", *["text"] * 4, "usage", "done"] and not events[0][1]["cached"]
    second, again = streamed(client, "one two three four")
    assert kinds_of(again) == ["start", "text", "usage", "done"]
    start = again[0][1]
    assert (start["cached"], start["shared"], start["provider"], start["model"]) == (True, False, "fake", "echo")
    assert start["request"] != events[0][1]["request"]
    assert again[1][1]["text"] == second["text"] == "one two three four"
    assert again[2:] == [(i - 3, e) for i, e in events[5:]]
    assert shared_part(first) == shared_part(second)


def test_without_stream_a_hit_has_no_events(client):
    streamed(client, "one two")
    since = len(client.log)
    assert ask(client, "one two")["cached"] and len(client.log) == since + 1


@pytest.mark.askd(provider={"retries": "2"})
def test_a_hit_has_no_retries(client, provider):
    _, events = streamed(client, "x y", "fail-1-then-ok-503")
    assert kinds_of(events) == ["start", "retry", "text", "text", "usage", "done"]
    second, again = streamed(client, "x y", "fail-1-then-ok-503")
    assert kinds_of(again) == ["start", "text", "usage", "done"] and second["attempts"] == []
    assert asked(provider) == 2


def test_a_long_hit_comes_in_pieces_that_are_whole(client, provider):
    n = 300000
    first = ask(client, model=f"text-{n}")
    second, events = streamed(client, model=f"text-{n}")
    assert second["cached"] and second["text"] == first["text"] and len(first["text"]) == n
    texts = [e["text"] for _, e in events if e["type"] == "text"]
    assert "".join(texts) == first["text"] and 1 < len(texts) < 20
    assert asked(provider) == 1


def test_a_hit_may_be_notified_elsewhere(client):
    ask(client, model="words-3")
    since = len(client.log)
    a = ask(client, model="words-3", stream=True, notify={"method": "on_event", "args": [1]})
    notes = [m[2] for m in client.log[since:] if m[1] == "on_event"]
    assert [n[0] for n in notes] == [1] * 4
    assert [n[1][0] for n in notes] == [a["answer"]] * 4 and notes[0][1][2]["cached"]
    assert notes[1][1][2]["text"] == words_text(3)


# -- several candidates


@pytest.fixture
def two(home, provider):
    world = World(home, provider)
    world.write({"a": "words-1", "b": "words-2", "gone": "status-404"}, {"both": "a/m, b/m", "late": "gone/m, b/m"})
    return world


def test_an_alias_takes_a_hit_of_its_second(two, start_daemon):
    client = start_daemon().connect()
    first = client.call("chat", {"model": "b/m", "prompt": "hello"})
    a = client.call("chat", {"model": "both", "prompt": "hello", "stream": True})
    assert (a["cached"], a["provider"], a["text"], a["key"]) == (True, "b", words_text(2), first["key"])
    start = client.events(a["answer"])[0][1]
    assert (start["provider"], start["model"], start["cached"]) == ("b", "m", True)
    assert two.asked("words-1") == 0 and two.asked("words-2") == 1


def test_an_alias_takes_a_hit_of_its_first_before(two, start_daemon):
    client = start_daemon().connect()
    for model in ("b/m", "a/m"):
        client.call("chat", {"model": model, "prompt": "hello"})
    assert client.call("chat", {"model": "both", "prompt": "hello"})["provider"] == "a"


def test_what_another_answered_is_kept_under_its_own_key(two, start_daemon):
    client = start_daemon().connect()
    first = client.call("chat", {"model": "late", "prompt": "hello"})
    assert first["provider"] == "b" and len(first["attempts"]) == 2
    second = client.call("chat", {"model": "b/m", "prompt": "hello"})
    assert second["cached"] and second["key"] == first["key"]
    assert failure(client, "chat", {"model": "gone/m", "prompt": "hello"})["status"] == 404
    assert client.call("chat", {"model": "late", "prompt": "hello"})["cached"]
    assert two.asked("status-404") == 2 and two.asked("words-2") == 1
