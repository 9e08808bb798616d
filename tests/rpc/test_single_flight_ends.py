"""Askers who share a provider's request part from it one by one: cancelled, out of time, or gone. The last one ends it."""

import signal

import pytest

from client import attached, check_events, failure, kinds_of, text_of
from conftest import wait_until
from helpers_cache import shared_part
from helpers_flights import MODEL, Asker, flying, joined, stepped, together  # noqa: F401


def ends_well(call, askers, text="a b "):
    """The rest is said, and these hear all of it."""
    call.say("b ")
    call.end()
    answers = [a.result() for a in askers]
    assert {a["text"] for a in answers} == {text} and {a["state"] for a in answers} == {"done"}
    assert {text_of(a.events()) for a in askers} == {text}
    assert not call.gone.is_set()
    return answers


# -- cancelled


@pytest.mark.parametrize("who", [0, 1, 2])
def test_one_is_cancelled(flying, stepped, who):  # noqa: F811
    call, askers = together(flying, stepped, 3)
    one = askers.pop(who)
    one.cancel()
    assert one.error()["code"] == "cancelled"
    check_events(one.events())
    assert text_of(one.events()) == "a "
    assert {a.state() for a in askers} == {"running"}
    ends_well(call, askers)
    assert text_of(one.events()) == "a ", "it saw no more"
    assert len(stepped.calls) == 1


@pytest.mark.parametrize("who", [0, 1])
def test_one_that_is_kept_is_cancelled(flying, stepped, who):  # noqa: F811
    call, askers = together(flying, stepped, 2, detach=True)
    one = askers.pop(who)
    one.cancel()
    assert one.error()["code"] == "cancelled"
    ends_well(call, askers)
    got = one.client.call("answer.get", {"answer": one.answer})
    assert (got["state"], got["text"], got["shared"]) == ("cancelled", "a ", who != 0)
    assert (got["key"], len(got["attempts"])) == (askers[0].client.call("answer.get", {"answer": askers[0].answer})["key"], 1)


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 0, 2)], ids=str)
def test_the_last_ends_the_request(flying, stepped, order):  # noqa: F811
    call, askers = together(flying, stepped, 3)
    for i in order[:-1]:
        askers[i].cancel()
        assert askers[i].error()["code"] == "cancelled"
    last = askers[order[-1]]
    call.say("b ")
    last.wait_text("b ")
    assert not call.gone.is_set(), "somebody still waits for it"
    last.cancel()
    call.wait_gone()
    assert last.error()["code"] == "cancelled"
    other = Asker(flying)
    assert not other.start()["shared"], "what was given up is not joined"
    stepped.call(1).end()
    other.result()


def test_cancelled_before_anything_came(flying, stepped):  # noqa: F811
    askers = [Asker(flying) for _ in range(2)]
    joined(flying, 1)
    for a in askers:
        a.start()
    askers[0].cancel()
    assert askers[0].error()["code"] == "cancelled"
    assert kinds_of(askers[0].events()) == ["start", "error"]
    stepped.call().say("a ")
    ends_well(stepped.call(), askers[1:])


def test_the_answer_is_kept_though_its_first_asker_left(flying, stepped):  # noqa: F811
    call, askers = together(flying, stepped, 2)
    askers[0].cancel()
    ends_well(call, askers[1:])
    hit = Asker(flying).result()
    assert hit["cached"] and hit["text"] == "a b "


def test_one_joins_after_the_first_was_cancelled(flying, stepped):  # noqa: F811
    call, askers = together(flying, stepped, 2)
    askers[0].cancel()
    late = Asker(flying)
    assert late.start()["shared"]
    ends_well(call, [askers[1], late])
    assert len(stepped.calls) == 1


def test_the_one_that_was_cancelled_keeps_its_numbers(flying, stepped):  # noqa: F811
    """What it saw stays attachable, number by number, while the others' goes on."""
    call, askers = together(flying, stepped, 2, said=("a ", "b ", "c "))
    one = askers[0]
    one.cancel()
    one.error()
    seen = one.events()
    call.say("d ")
    askers[1].wait_text("d ")
    for first in (0, 2, 4):
        since = len(one.client.log)
        error = failure(one.client, "answer.attach", {"answer": one.answer, "from": first})
        assert error["code"] == "cancelled"
        assert one.client.events(one.answer, since) == seen[first:]
    call.end()
    askers[1].result()


# -- out of time


@pytest.mark.parametrize("who", [0, 1])
def test_one_runs_out_of_time(flying, stepped, who):  # noqa: F811
    times = [20, 20]
    times[who] = 0.5
    askers = [Asker(flying, timeout=times[0])]
    askers[0].start()
    askers.append(Asker(flying, timeout=times[1]))
    assert askers[1].start()["shared"]
    call = stepped.call()
    call.say("a ")
    for a in askers:
        a.wait_text("a ")
    error = askers[who].error()
    assert error["code"] == "timeout" and "0.5 s" in error["message"]
    check_events(askers[who].events())
    assert askers[1 - who].state() == "running"
    ends_well(call, [askers[1 - who]])


def test_when_all_are_out_of_time_the_request_ends(flying, stepped):  # noqa: F811
    askers = [Asker(flying, timeout=t) for t in (0.4, 0.6)]
    joined(flying, 1)
    assert [a.error()["code"] for a in askers] == ["timeout"] * 2
    stepped.call().wait_gone()


@pytest.mark.parametrize("patience", [{"timeout": 25}, {}], ids=["longer", "endless"])
def test_a_retry_waits_as_long_as_any_of_them(flying, stepped, patience):  # noqa: F811
    """The first has no time for the wait that the provider asks for; who joined it has."""
    askers = [Asker(flying, timeout=0.8), Asker(flying, **patience)]
    joined(flying, 1)
    stepped.call().fail(503, retry_after=1)
    assert askers[0].error()["code"] == "timeout"
    stepped.call(1).say("a ")
    ends_well(stepped.call(1), askers[1:])


def test_a_retry_does_not_wait_for_who_has_left(flying, stepped):  # noqa: F811
    """A wait that is longer than those have who are left is none: they are told at once what went wrong."""
    askers = [Asker(flying), Asker(flying, timeout=20)]
    joined(flying, 1)
    askers[0].start()
    askers[0].cancel()
    assert askers[0].error()["code"] == "cancelled"
    stepped.call().fail(503, retry_after=40)
    error = askers[1].error()
    assert (error["code"], error["status"]) == ("overloaded", 503)


# -- gone


@pytest.mark.parametrize("who", [0, 1, 2])
def test_one_hangs_up(flying, stepped, who):  # noqa: F811
    call, askers = together(flying, stepped, 3)
    askers.pop(who).client.close()
    wait_until(lambda: flying.connect().call("status")["answers"] == 2, "it is gone")
    ends_well(call, askers)
    assert len(stepped.calls) == 1


def test_when_all_hang_up_the_request_ends(flying, stepped):  # noqa: F811
    call, askers = together(flying, stepped, 3)
    for a in askers[:-1]:
        a.client.close()
    wait_until(lambda: flying.connect().call("status")["answers"] == 1, "they are gone")
    call.say("b ")
    askers[-1].wait_text("b ")
    assert not call.gone.is_set()
    askers[-1].client.close()
    call.wait_gone()


@pytest.mark.parametrize("params", [{"conversation": "new"}, {"detach": True}], ids=str)
def test_a_joiner_that_is_kept_outlives_all(flying, stepped, params):  # noqa: F811
    """Its first asker hung up, and so did it: it is answered, stored and found."""
    first = Asker(flying)
    first.start()
    second = Asker(flying, **params)
    start = second.start()
    assert start["shared"]
    call = stepped.call()
    call.say("a ")
    second.wait_text("a ")
    first.client.close()
    second.client.close()
    call.say("b ")
    call.end()
    other = flying.connect()
    a, events = attached(other, second.answer)
    check_events(events)
    assert (a["state"], a["text"], a["shared"], a["cached"]) == ("done", "a b ", True, False)
    if "conversation" in params:
        c = other.call("conversation.get", {"conversation": a["conversation"]})
        assert [(m["role"], m["content"]) for m in c["messages"]] == [("user", "hello"), ("assistant", "a b ")]
    assert not call.gone.is_set() and len(stepped.calls) == 1


@pytest.mark.parametrize("params", [{"conversation": "new"}, {"detach": True}], ids=str)
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_a_joiner_that_is_kept_survives_its_daemon(flying, stepped, start_daemon, params, how):  # noqa: F811
    first = Asker(flying)
    first.start()
    second = Asker(flying, **params)
    second.start()
    call = stepped.call()
    call.say("a ")
    call.say("b ")
    call.end()
    first.result()
    a, events = attached(flying.connect(), second.answer)
    flying.end(how)
    again, events_again = attached(start_daemon().connect(), second.answer)
    assert again == a and again["shared"] and events_again == events


def test_a_joiner_that_nobody_means_to_come_back_to_is_gone(flying, stepped):  # noqa: F811
    call, askers = together(flying, stepped, 2)
    ends_well(call, askers)
    assert askers[0].state() == "done"
    assert failure(askers[1].client, "answer.get", {"answer": askers[1].answer})["code"] == "not_found"


@pytest.mark.askd(daemon={"retain_max": 1})
def test_what_is_not_retained_takes_no_other_s_place(flying, stepped):  # noqa: F811
    call, (first, second) = together(flying, stepped, 2)
    first.cancel()
    assert first.error()["code"] == "cancelled"
    ends_well(call, [second])
    assert first.state() == "cancelled"


@pytest.mark.parametrize("stored", [(False, True), (True, False)], ids=str)
def test_store_is_each_asker_s(flying, stepped, start_daemon, stored):  # noqa: F811
    askers = []
    for store in stored:
        askers.append(Asker(flying, conversation="new", store=store))
        askers[-1].start()
    call = stepped.call()
    call.say("a ")
    answers = ends_well(call, askers)
    assert answers[1]["shared"]
    assert ["message" in a for a in answers] == list(stored)
    (listed,) = askers[0].client.call("conversation.list")
    assert listed["conversation"] == answers[stored.index(True)]["conversation"]


def test_several_conversations_one_request(flying, stepped):  # noqa: F811
    call, askers = together(flying, stepped, 3, conversation="new")
    answers = ends_well(call, askers)
    assert len({a["conversation"] for a in answers}) == len({a["message"] for a in answers}) == 3
    for a, asker in zip(answers, askers):
        messages = asker.client.call("conversation.get", {"conversation": a["conversation"]})["messages"]
        assert [m["content"] for m in messages] == ["hello", "a b "] and messages[1]["id"] == a["message"]
    assert shared_part(answers[0]) == shared_part(answers[2]) and len(stepped.calls) == 1


def test_one_of_several_conversations_is_cancelled(flying, stepped):  # noqa: F811
    call, askers = together(flying, stepped, 2, conversation="new")
    start = askers[0].start()
    askers[0].cancel()
    askers[0].error()
    ends_well(call, askers[1:])
    messages = askers[0].client.call("conversation.get", {"conversation": start["conversation"]})["messages"]
    assert [(m.get("state"), m["content"]) for m in messages][1] == ("cancelled", "a ")


@pytest.mark.parametrize("kept", [None, 0, 1])
def test_its_conversation_is_deleted(flying, stepped, kept):  # noqa: F811
    """One asker's conversation goes; the other is answered, wherever it is kept."""
    askers = [Asker(flying, conversation="new")]
    askers[0].start()
    askers.append(Asker(flying, **({} if kept is None else {"conversation": "new"})))
    askers[1].start()
    call = stepped.call()
    call.say("a ")
    for a in askers:
        a.wait_text("a ")
    gone = askers[0 if kept is None else kept]
    conversation = gone.start()["conversation"]
    flying.connect().call("conversation.delete", {"conversation": conversation})
    ends_well(call, askers)
    assert failure(flying.connect(), "conversation.get", {"conversation": conversation})["code"] == "not_found"


# -- the daemon's end


def test_the_daemon_s_end_interrupts_all(home, stepped, start_daemon):  # noqa: F811
    home.write_config(stepped.url, daemon={"drain_timeout": "300 ms"})
    daemon = start_daemon()
    call, askers = together(daemon, stepped, 3, conversation="new")
    daemon.signal(signal.SIGTERM)
    assert [a.error()["code"] for a in askers] == ["interrupted"] * 3
    assert daemon.wait() == 0
    call.wait_gone()
    client = start_daemon().connect()
    for a in askers:
        error = failure(client, "answer.attach", {"answer": a.answer})
        assert error["code"] == "interrupted"
        assert client.events(a.answer) == a.events() and text_of(a.events()) == "a "
        got = client.call("answer.get", {"answer": a.answer})
        assert (got["state"], got["text"], got["shared"]) == ("interrupted", "a ", a is not askers[0])


def test_a_drain_waits_for_all(home, stepped, start_daemon):  # noqa: F811
    home.write_config(stepped.url, daemon={"drain_timeout": "20 s"})
    daemon = start_daemon()
    call, askers = together(daemon, stepped, 3)
    daemon.signal(signal.SIGTERM)
    wait_until(lambda: not home.socket.exists(), "it takes nobody in any more")
    ends_well(call, askers)
    assert daemon.wait() == 0


def test_killed_while_several_ask(home, stepped, start_daemon):  # noqa: F811
    """Each was told that its answer stands, and so it does when the daemon comes again."""
    home.write_config(stepped.url)
    daemon = start_daemon()
    call, askers = together(daemon, stepped, 3, conversation="new", detach=True)
    daemon.kill()
    call.wait_gone()
    client = start_daemon().connect()
    for a in askers:
        got = client.call("answer.get", {"answer": a.answer})
        assert got["state"] == "interrupted" and got["text"] in ("", "a ")
        messages = client.call("conversation.get", {"conversation": a.start()["conversation"]})["messages"]
        assert messages[0]["content"] == "hello"
    assert failure(client, "chat", {"model": MODEL, "prompt": "hello", "cache": "only"})["code"] == "not_found"
