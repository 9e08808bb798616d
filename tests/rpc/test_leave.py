"""Of those who share an answer one leaves, or all are killed with their daemon."""

import pytest

from client import check_events, failure
from conftest import PATIENCE, wait_until
from helpers_steered import Steered


@pytest.fixture
def steered(home):
    provider = Steered()
    home.write_config(provider.base_url)
    yield provider
    provider.close()


def ask(client, **params):
    """Its id, once it runs."""
    msgid = client.chat("m", "the same", stream=True, **params)
    return msgid, client.wait_event("start")[0]


def say(steered, *clients, n=3):
    """Pieces of text, which all have read when this returns."""
    request = steered.requests[0]
    for i in range(n):
        request.say(f"piece {i} ")
    for c in clients:
        c.wait_for(lambda m: m[1] == "answer.event" and m[2][2].get("text") == f"piece {n - 1} ", PATIENCE)


@pytest.mark.parametrize("leaver", ["first", "joined"])
@pytest.mark.parametrize("params", [{}, {"store": False}, {"conversation": "new"}], ids=str)
def test_who_is_cancelled_reads_to_the_end(start_daemon, steered, leaver, params):
    """One that nobody comes back to has readers all the same, and they have read some of it."""
    d = start_daemon()
    first, joined, late = d.connect(), d.connect(), d.connect()
    first_msgid, first_answer = ask(first, **params)
    steered.wait(lambda: steered.requests, "the provider is asked")
    joined_msgid, joined_answer = ask(joined, **params)
    say(steered, first, joined)
    answer, reader, msgid = {
        "first": (first_answer, first, first_msgid),
        "joined": (joined_answer, joined, joined_msgid),
    }[leaver]
    attached = late.request("answer.attach", {"answer": answer, "from": 4})  # where its end will be
    late.call("status")
    assert d.connect().call("answer.cancel", {"answer": answer}) == {}
    assert reader.response(msgid)[0]["code"] == "cancelled"
    check_events(reader.events())
    assert reader.events()[-1][1]["code"] == "cancelled" and len(reader.events()) == 5
    assert late.response(attached)[0]["code"] == "cancelled"
    assert late.events() == reader.events()[4:]
    steered.requests[0].end("stop")
    other, other_msgid = (joined, joined_msgid) if leaver == "first" else (first, first_msgid)
    assert other.result(other_msgid)["text"] == "piece 0 piece 1 piece 2 "
    check_events(other.events())
    assert len(steered.requests) == 1


@pytest.mark.parametrize("params", [{}, {"store": False}], ids=str)
def test_who_hangs_up_leaves_what_it_saw(start_daemon, steered, params):
    """It was its question: it is found like any other that was cancelled."""
    d = start_daemon()
    first, joined = d.connect(), d.connect()
    _, answer = ask(first, **params)
    steered.wait(lambda: steered.requests, "the provider is asked")
    msgid, _ = ask(joined)
    say(steered, first, joined)
    first.close()
    client = d.connect()

    def found():
        a = client.call("answer.get", {"answer": answer})
        return a["state"] == "cancelled" and a

    assert wait_until(found, "it is cancelled")["text"] == "piece 0 piece 1 piece 2 "
    steered.requests[0].end("stop")
    assert joined.result(msgid)["text"] == "piece 0 piece 1 piece 2 "


def test_what_was_shared_says_so_after_a_kill(start_daemon, steered):
    d = start_daemon()
    first, joined = d.connect(), d.connect()
    ask(first)
    steered.wait(lambda: steered.requests, "the provider is asked")
    detached = joined.result(joined.chat("m", "the same", detach=True))["answer"]
    d.kill()
    client = start_daemon().connect()
    a = client.call("answer.get", {"answer": detached})
    assert (a["state"], a["shared"], a["cached"]) == ("interrupted", True, False)
    assert failure(client, "answer.attach", {"answer": detached})["code"] == "interrupted"
    assert client.events()[0][1]["shared"]
