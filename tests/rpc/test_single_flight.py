"""The same question, asked at once by several, is asked of the provider once; each has an answer of its own."""

import time

import pytest

from client import failure, kinds_of, text_of
from fault_provider import words_text
from helpers_cache import asked, shared_part
from helpers_flights import MODEL, Asker, flying, joined, stepped  # noqa: F401
from helpers_routing import World

N = 5


def without_start(asker):
    return [(seq, e) for seq, e in asker.events() if seq > 0]


# -- one request


@pytest.mark.parametrize("stage", ["before the first byte", "begun", "in the middle", "before the last"])
def test_whenever_one_joins_it_sees_all(flying, stepped, stage):  # noqa: F811
    first = Asker(flying)
    call = stepped.call()
    said = {"before the first byte": 0, "begun": 0, "in the middle": 2, "before the last": 4}[stage]
    if stage != "before the first byte":
        call.begin()
    for i in range(said):
        call.say(f"w{i} ")
        first.wait_text(f"w{i} ")
    others = [Asker(flying) for _ in range(N - 1)]
    joined(flying, N - 1)
    for i in range(said, 4):
        call.say(f"w{i} ")
    call.end()
    askers = [first, *others]
    answers = [a.result() for a in askers]
    assert len(stepped.calls) == 1
    assert [a["shared"] for a in answers] == [False] + [True] * (N - 1)
    assert [a["cached"] for a in answers] == [False] * N
    assert len({a["answer"] for a in answers}) == N and len({a["key"] for a in answers}) == 1
    assert all(shared_part(a) == shared_part(answers[0]) for a in answers)
    assert all(a["attempts"] == answers[0]["attempts"] for a in answers)
    for asker in askers:
        assert without_start(asker) == without_start(first)
        assert text_of(asker.events()) == words_text(4) == answers[0]["text"]
        start = asker.start()
        assert (start["request"], start["shared"], start["cached"]) == (asker.msgid, asker is not first, False)
        assert (start["provider"], start["model"]) == ("fake", "m")


def test_on_one_connection(client, provider):
    ids = [client.chat("slow-3-100", stream=True) for _ in range(3)]
    answers = [client.result(i) for i in ids]
    assert asked(provider) == 1 and [a["shared"] for a in answers] == [False, True, True]
    for msgid, a in zip(ids, answers):
        events = client.events(a["answer"])
        assert events[0][1]["request"] == msgid and text_of(events) == words_text(3)


def test_many(daemon, provider):
    clients = [daemon.connect() for _ in range(20)]
    ids = [(c, c.chat("slow-5-50", stream=True)) for c in clients for _ in range(10)]
    answers = [c.result(i) for c, i in ids]
    assert asked(provider) == 1
    assert sum(a["shared"] for a in answers) + sum(a["cached"] for a in answers) == len(answers) - 1
    assert len({a["answer"] for a in answers}) == len(answers) and {a["text"] for a in answers} == {words_text(5)}


def test_without_events_too(flying, stepped):  # noqa: F811
    first, second = Asker(flying, stream=False), Asker(flying, stream=False)
    joined(flying, 1)
    stepped.call().say("hi")
    stepped.call().end()
    answers = [a.client.result(a.msgid) for a in (first, second)]
    assert [a["text"] for a in answers] == ["hi", "hi"] and answers[1]["shared"]
    assert [len([m for m in a.client.log if m[0] == 2]) for a in (first, second)] == [0, 0]
    assert len(stepped.calls) == 1


def test_who_comes_after_the_end_takes_it_from_the_cache(flying, stepped):  # noqa: F811
    first = Asker(flying)
    stepped.call().say("hi")
    stepped.call().end()
    first.result()
    late = Asker(flying).result()
    assert (late["cached"], late["shared"]) == (True, False) and len(stepped.calls) == 1


def test_who_comes_after_a_failure_asks_anew(flying, stepped):  # noqa: F811
    askers = [Asker(flying), Asker(flying)]
    joined(flying, 1)
    stepped.call().say("a")
    stepped.call().break_off()
    errors = [a.error() for a in askers]
    assert len({e["code"] for e in errors}) == 1 and errors[0]["answer"] != errors[1]["answer"]
    again = Asker(flying)
    stepped.call(1).end()
    assert not again.result()["shared"]


def test_who_is_told_first_may_ask_again_at_once(flying, stepped):  # noqa: F811
    """The end is one moment: whoever asks in answer to it finds the answer kept."""
    askers = [Asker(flying) for _ in range(3)]
    joined(flying, 2)
    stepped.call().say("hi")
    stepped.call().end()
    for a in askers:
        a.result()
        assert a.client.call("chat", {"model": MODEL, "prompt": "hello"})["cached"]
    assert len(stepped.calls) == 1


@pytest.mark.askd(provider={"retries": "2"})
def test_retries_are_shared(daemon, provider):
    clients = [daemon.connect() for _ in range(3)]
    ids = [c.chat("fail-1-then-ok-503", stream=True) for c in clients]
    answers = [c.result(i) for c, i in zip(clients, ids)]
    assert asked(provider) == 2 and [a["shared"] for a in answers] == [False, True, True]
    for c, a in zip(clients, answers):
        assert kinds_of(c.events(a["answer"])) == ["start", "retry", "text", "usage", "done"]
        assert a["attempts"] == answers[0]["attempts"] and len(a["attempts"]) == 2


def test_an_alias_is_shared(home, provider, start_daemon):
    world = World(home, provider)
    world.write({"a": "status-404", "b": "slow-2-200"}, {"both": "a/m, b/m", "as-well": "a/m, b/m", "turned": "b/m, a/m"})
    daemon = start_daemon()
    clients = [daemon.connect() for _ in range(3)]
    ids = [c.request("chat", {"model": m, "prompt": "x"}) for c, m in zip(clients, ("both", "as-well", "turned"))]
    answers = [c.result(i) for c, i in zip(clients, ids)]
    assert [a["shared"] for a in answers] == [False, True, False], "the same candidates in the same order"
    assert world.asked("status-404") == 1 and world.asked("slow-2-200") == 2
    assert {a["provider"] for a in answers} == {"b"}


# -- who joins, and whom


@pytest.mark.parametrize(
    "policies, requests",
    [
        (("use", "use"), 1),
        (("use", "refresh"), 2),
        (("refresh", "use"), 1),
        (("refresh", "refresh"), 2),
        (("use", "off"), 2),
        (("off", "use"), 2),
        (("off", "off"), 2),
    ],
    ids=str,
)
def test_policies(flying, stepped, policies, requests):  # noqa: F811
    askers = []
    for policy in policies:
        askers.append(Asker(flying, cache=policy))
        askers[-1].start()
        stepped.call()  # or else the second may be there first
    assert [a.start()["shared"] for a in askers] == [False, requests == 1]
    for i in range(requests):
        stepped.call(i).say(f"answer {i}")
        stepped.call(i).end()
    texts = [a.result()["text"] for a in askers]
    assert texts == (["answer 0"] * 2 if requests == 1 else ["answer 0", "answer 1"])
    assert len(stepped.calls) == requests


def test_a_refresh_is_joined_in_place_of_what_ran_before(flying, stepped):  # noqa: F811
    old = Asker(flying)
    old.start()
    stepped.call()
    new = Asker(flying, cache="refresh")
    new.start()
    third = Asker(flying)
    assert third.start()["shared"]
    for i, text in enumerate(("old", "new")):
        stepped.call(i).say(text)
        stepped.call(i).end()
    assert [a.result()["text"] for a in (old, new, third)] == ["old", "new", "new"]


@pytest.mark.parametrize("ends", [(0, 1), (1, 0)], ids=str)
def test_what_was_asked_last_is_kept(flying, stepped, ends):  # noqa: F811
    """A slow answer that was asked before a refresh does not take its place."""
    askers = [Asker(flying)]
    askers[0].start()
    stepped.call()
    askers.append(Asker(flying, cache="refresh"))
    askers[1].start()
    for i in ends:
        stepped.call(i).say(("old", "new")[i])
        stepped.call(i).end()
        askers[i].result()
    assert flying.connect().call("chat", {"model": MODEL, "prompt": "hello"})["text"] == "new"


@pytest.mark.parametrize(
    "params",
    [
        {"prompt": "other"},
        {"model": "fake/n"},
        {"temperature": 0.5},
        {"system": "be brief"},
        {"max_tokens": 5},
        {"attachments": [{"type": "text", "text": "x"}]},
    ],
    ids=str,
)
def test_another_question_does_not_join(flying, stepped, params):  # noqa: F811
    first = Asker(flying)
    first.start()
    stepped.call()
    second = Asker(flying, **params)
    assert not second.start()["shared"]
    stepped.call(1).end()
    second.result()
    assert not first.has_ended() and len(stepped.calls) == 2


@pytest.mark.parametrize("first, second", [(None, "restart"), ("restart", None)], ids=str)
def test_who_starts_again_joins_only_the_like(flying, stepped, first, second):  # noqa: F811
    """With `restart` what was shown may be void: nobody is given that who did not ask for it."""
    askers = [Asker(flying, retry=first), Asker(flying, retry=second)]
    assert [a.start()["shared"] for a in askers] == [False, False]
    like = Asker(flying, retry=second)
    assert like.start()["shared"]
    stepped.call(1)
    for call in stepped.calls:
        call.end()
    assert [a.result()["state"] for a in (*askers, like)] == ["done"] * 3
    assert len(stepped.calls) == 2


def test_each_has_the_key_while_it_runs(flying, stepped):  # noqa: F811
    askers = [Asker(flying), Asker(flying)]
    joined(flying, 1)
    for a in askers:
        a.start()
    keys = [a.client.call("answer.get", {"answer": a.answer}).get("key") for a in askers]
    stepped.call().end()
    assert keys == [askers[0].result()["key"]] * 2


def test_the_first_token_is_that_of_the_try_that_counts(flying, stepped):  # noqa: F811
    one = Asker(flying, retry="restart")
    stepped.call().say("void ")
    one.wait_text("void ")
    stepped.call().break_off()
    begun = time.monotonic()
    second = stepped.call(1)
    waited = time.monotonic() - begun
    second.say("a")
    second.end()
    a = one.result()
    assert a["text"] == "a" and a["timing"]["first_token_ms"] >= waited * 1000


def test_who_joins_late_has_waited_for_nothing(flying, stepped):  # noqa: F811
    """Neither for its turn nor for the first token: both were before its time."""
    first = Asker(flying)
    stepped.call().say("a")
    first.wait_text("a")
    late = Asker(flying)
    joined(flying, 1)
    stepped.call().end()
    timing = late.result()["timing"]
    assert (timing["queued_ms"], timing["first_token_ms"]) == (0, 0)
    assert first.result()["timing"]["first_token_ms"] > 0


# -- bounds


def first_leaves(daemon):
    """The second of two askers, of whom the first was cancelled."""
    first, second = Asker(daemon), Asker(daemon)
    joined(daemon, 1)
    first.start()
    second.start()
    first.cancel()
    assert first.error()["code"] == "cancelled"
    return second


@pytest.mark.askd(daemon={"max_answers": "1"})
def test_joined_answers_do_not_count(flying, stepped):  # noqa: F811
    askers = [Asker(flying) for _ in range(N)]
    joined(flying, N - 1)
    error = failure(flying.connect(), "chat", {"model": MODEL, "prompt": "another"})
    assert error["code"] == "overloaded" and "max_answers" in error["message"]
    stepped.call().say("hi")
    stepped.call().end()
    assert {a.result()["text"] for a in askers} == {"hi"}
    assert Asker(flying).result()["cached"]


@pytest.mark.askd(daemon={"max_answers": "1"})
def test_nor_do_cached_ones(flying, stepped):  # noqa: F811
    first = Asker(flying)
    stepped.call().end()
    first.result()
    running = Asker(flying, "another")
    running.start()
    assert Asker(flying).result()["cached"] and Asker(flying, conversation="new").result()["cached"]
    assert failure(flying.connect(), "chat", {"model": MODEL, "prompt": "a third"})["code"] == "overloaded"
    stepped.call(1).end()
    running.result()


@pytest.mark.askd(daemon={"max_answers": "1"})
def test_the_place_is_free_when_all_have_left(flying, stepped):  # noqa: F811
    second = first_leaves(flying)
    second.cancel()
    assert second.error()["code"] == "cancelled"
    other = Asker(flying, "another")
    stepped.call(1).end()
    assert other.result()["state"] == "done"


@pytest.mark.askd(daemon={"max_answers": "1"})
def test_who_stays_counts_for_who_has_left(flying, stepped):  # noqa: F811
    second = first_leaves(flying)
    assert failure(flying.connect(), "chat", {"model": MODEL, "prompt": "another"})["code"] == "overloaded"
    stepped.call().end()
    second.result()


def test_a_slow_reader_does_not_hold_up_the_others(daemon, provider):
    size = 3 << 20
    slow = daemon.connect(receive_buffer=4096)
    slow_id = slow.chat(f"text-{size}", stream=True)
    provider.wait_requests(1)
    quick = daemon.connect()
    quick_id = quick.chat(f"text-{size}", stream=True)
    a = quick.result(quick_id)
    assert len(a["text"]) == size
    assert slow.result(slow_id)["text"] == a["text"] and asked(provider) == 1
