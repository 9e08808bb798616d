"""Of those who share an answer one leaves, or all are killed with their daemon."""

import pytest

from client import check_events, failure
from conftest import wait_until
from helpers_flights import MODEL, Asker, flying, joined, stepped, together  # noqa: F401

PIECES = ("piece 0 ", "piece 1 ", "piece 2 ")
TEXT = "".join(PIECES)


@pytest.mark.parametrize("leaver", [0, 1], ids=["first", "joined"])
@pytest.mark.parametrize("params", [{}, {"store": False}, {"conversation": "new"}], ids=str)
def test_who_is_cancelled_reads_to_the_end(flying, stepped, leaver, params):  # noqa: F811
    """One that nobody comes back to has readers all the same, and they have read some of it."""
    call, askers = together(flying, stepped, 2, said=PIECES, **params)
    one, other = askers[leaver], askers[1 - leaver]
    late = flying.connect()
    attached = late.request("answer.attach", {"answer": one.answer, "from": 4})  # where its end will be
    late.call("status")
    assert flying.connect().call("answer.cancel", {"answer": one.answer}) == {}
    assert one.error()["code"] == "cancelled"
    check_events(one.events())
    assert one.events()[-1][1]["code"] == "cancelled" and len(one.events()) == 5
    assert late.response(attached)[0]["code"] == "cancelled"
    assert late.events() == one.events()[4:]
    call.end()
    assert other.result()["text"] == TEXT
    assert len(stepped.calls) == 1


@pytest.mark.parametrize("params", [{}, {"store": False}], ids=str)
def test_who_hangs_up_leaves_what_it_saw(flying, stepped, params):  # noqa: F811
    """It was its question: it is found like any other that was cancelled."""
    first = Asker(flying, **params)
    call = stepped.call()
    second = Asker(flying)
    joined(flying, 1)
    call.say(*PIECES)
    for a in (first, second):
        a.start()
        a.wait_text(TEXT)
    first.client.close()
    client = flying.connect()

    def found():
        a = client.call("answer.get", {"answer": first.answer})
        return a["state"] == "cancelled" and a

    assert wait_until(found, "it is cancelled")["text"] == TEXT
    call.end()
    assert second.result()["text"] == TEXT


def test_what_was_shared_says_so_after_a_kill(flying, stepped, start_daemon):  # noqa: F811
    Asker(flying)
    stepped.call()
    detached = flying.connect().call("chat", {"model": MODEL, "prompt": "hello", "detach": True})["answer"]
    flying.kill()
    client = start_daemon().connect()
    a = client.call("answer.get", {"answer": detached})
    assert (a["state"], a["shared"], a["cached"]) == ("interrupted", True, False)
    assert failure(client, "answer.attach", {"answer": detached})["code"] == "interrupted"
    assert client.events()[0][1]["shared"]
