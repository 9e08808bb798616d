"""complete: what is missing at a cursor."""

import time

import pytest

from client import RpcError, failure
from conftest import wait_until


def says(text, pieces=None):
    """The model that says this."""
    return f"fake/say-x{text.encode().hex()}" + (f"-{pieces}" if pieces else "")


def complete(client, prefix="x = ", model="fake/echo", **params):
    return client.call("complete", {"model": model, "prefix": prefix, **params})


def asked(provider):
    """The bodies of the requests that came, oldest first."""
    return [r["body"] for r in provider.stats()["last"]]


def test_is_asked_in_words_where_there_is_no_other_form(client, provider):
    r = complete(client, "def add(a, b):\n    ", says("return a + b"), suffix="\n\nadd(1, 2)\n", language="python")
    assert (r["text"], r["state"], r["finish_reason"]) == ("return a + b", "done", "stop")
    body = asked(provider)[-1]
    said = body["messages"][-1]["content"]
    assert "<before_cursor>def add(a, b):\n    </before_cursor>" in said
    assert "<after_cursor>\n\nadd(1, 2)\n</after_cursor>" in said
    assert "Language: python" in said
    assert body["temperature"] == 0
    assert body["max_tokens"] == 256


def test_streams(client):
    msgid = client.request("complete", {"model": says("return 1", 3), "prefix": "x = ", "stream": True})
    r = client.result(msgid)
    events = [m[2][2] for m in client.log if m[0] == 2 and m[1] == "answer.event"]
    assert events[0]["type"] == "start" and events[-1]["type"] == "done"
    assert "".join(e["text"] for e in events if e["type"] == "text") == r["text"] == "return 1"


@pytest.mark.parametrize(
    "params, param",
    [
        ({}, "prefix"),
        ({"prefix": 1}, "prefix"),
        ({"prefix": "x", "suffix": []}, "suffix"),
        ({"prefix": "x", "max_tokens": 0}, "max_tokens"),
        ({"prefix": "x", "timeout": 0}, "timeout"),
        ({"prefix": "x", "buffer": "b" * 1025}, "buffer"),
        ({"prefix": "x", "language": "two\nlines"}, "language"),
        ({"prefix": "x", "language": "l" * 65}, "language"),
    ],
)
def test_says_what_is_wrong_with_a_parameter(client, params, param):
    with pytest.raises(RpcError) as e:
        client.call("complete", params)
    assert (e.value.code, e.value.param) == ("invalid_request", param)


def test_a_newer_one_for_the_same_buffer_ends_the_older(client, provider):
    older = client.request("complete", {"model": "fake/hang-first", "prefix": "a", "buffer": "one"})
    other = client.request("complete", {"model": "fake/hang-first", "prefix": "b", "buffer": "two"})
    unnamed = client.request("complete", {"model": "fake/hang-first", "prefix": "c"})
    wait_until(lambda: provider.stats()["active"] == 3, "three requests")
    assert complete(client, "ab", says("c"), buffer="one")["text"] == "c"
    assert client.response(older)[0]["code"] == "cancelled"
    wait_until(lambda: provider.stats()["active"] == 2, "the older one's end")
    client.request("answer.cancel", {"request": other})
    client.request("answer.cancel", {"request": unnamed})
    assert client.response(other)[0]["code"] == client.response(unnamed)[0]["code"] == "cancelled"


def test_another_connection_has_buffers_of_its_own(daemon, client, provider):
    mine = client.request("complete", {"model": "fake/hang-first", "prefix": "a", "buffer": "one"})
    wait_until(lambda: provider.stats()["active"] == 1, "the request")
    assert complete(daemon.connect(), "a", says("c"), buffer="one")["text"] == "c"
    assert provider.stats()["active"] == 1
    client.request("answer.cancel", {"request": mine})
    assert client.response(mine)[0]["code"] == "cancelled"


def test_a_client_that_hangs_up_leaves_no_request(daemon, provider):
    with daemon.connect() as c:
        c.request("complete", {"model": "fake/hang-first", "prefix": "a"})
        wait_until(lambda: provider.stats()["active"] == 1, "the request")
    wait_until(lambda: provider.stats()["active"] == 0, "its end")


def test_nothing_of_it_is_kept(daemon, client):
    for i in range(5):
        complete(client, f"x{i} = ", says("1"))
    assert client.call("status")["retained"] == 0
    assert client.call("answer.list") == []
    assert client.call("conversation.list") == []


@pytest.mark.askd(daemon={"complete_model": says("by default")})
def test_the_model_is_the_configured_one(client):
    assert client.call("complete", {"prefix": "x"})["text"] == "by default"


@pytest.mark.askd(daemon={"complete_context": 64, "complete_max_tokens": 7})
def test_of_a_large_text_what_is_next_to_the_cursor_is_sent(client, provider):
    lines = [f"line {i} of the text\n" for i in range(200_000)]
    began = time.monotonic()
    complete(client, "".join(lines), says("x"), suffix="".join(lines))
    took = time.monotonic() - began
    body = asked(provider)[-1]
    said = body["messages"][-1]["content"]
    assert body["max_tokens"] == 7
    assert "".join(lines[-3:]) + "</before_cursor>" in said
    assert "<after_cursor>" + lines[0] in said
    assert len(said) < 1000
    assert said.index("<before_cursor>line") == said.index("<before_cursor>"), "it begins with a line"
    assert took < 2


def test_it_is_counted(client, askctl):
    complete(client, "x", says("1"))
    wait_until(lambda: client.call("status")["today"]["requests"] == 1, "the ledger's row")
