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


# -- forms for gaps

DEEPSEEK = {"dialect": "deepseek"}
FORMS = {  # of the provider's section: the path that is asked then
    "deepseek": ({"dialect": "deepseek"}, "/beta/completions"),
    "llama.cpp": ({"dialect": "llama.cpp"}, "/infill"),
    "ollama's layer": ({"dialect": "ollama"}, "/v1/completions"),
    "ollama": ({"api": "ollama"}, "/api/generate"),
}


@pytest.fixture
def start_form(home, provider, start_daemon):
    """start_form(name) -> a client of a daemon whose provider "fake" has that form"""

    def start(name):
        section = dict(FORMS[name][0])
        base = provider.base_of(section.get("api", "openai-chat"))
        home.write_config(base, provider=section)
        return start_daemon().connect()

    return start


@pytest.mark.parametrize("name", FORMS)
def test_each_form(start_form, provider, name):
    client = start_form(name)
    r = complete(client, "def f(", says("a, b", 2), suffix="):\n    pass\n", max_tokens=9)
    assert (r["text"], r["finish_reason"]) == ("a, b", "stop")
    assert r["usage"]["input_tokens"] >= 0 and r["usage"]["output_tokens"] == 2
    assert [a.get("error") for a in r["attempts"]] == [None]
    (request,) = provider.stats()["last"]
    assert request["path"] == FORMS[name][1]
    assert "def f(" in request["body"].values() and "):\n    pass\n" in request["body"].values()
    assert "messages" not in request["body"]


@pytest.mark.parametrize("name", FORMS)
@pytest.mark.parametrize("status", [400, 404, 405, 501])
def test_a_form_that_is_refused_is_not_tried_again(start_form, provider, name, status):
    client = start_form(name)
    r = complete(client, "a", f"fake/in-words-{status}")
    assert r["text"] == "in words"
    assert [a.get("error", {}).get("status") for a in r["attempts"]] == [status, None]
    assert complete(client, "b", f"fake/in-words-{status}")["text"] == "in words"
    paths = [request["path"] for request in provider.stats()["last"]]
    assert paths[0] == FORMS[name][1]
    assert FORMS[name][1] not in paths[1:] and len(paths) == 3
    client.call("config.reload")
    complete(client, "c", f"fake/in-words-{status}")
    assert [request["path"] for request in provider.stats()["last"]][3] == FORMS[name][1]


@pytest.mark.askd(provider=DEEPSEEK)
def test_other_faults_of_a_form_are_faults(client, provider):
    with pytest.raises(RpcError) as e:
        complete(client, "a", "fake/status-401")
    assert e.value.code == "unauthenticated"
    assert [request["path"] for request in provider.stats()["last"]] == ["/beta/completions"]
    assert complete(client, "b", "fake/fail-1-then-ok")["text"] == "b"
    assert {request["path"] for request in provider.stats()["last"]} == {"/beta/completions"}


@pytest.mark.askd(provider=DEEPSEEK)
def test_what_goes_on_behind_the_gap_is_not_waited_for(client, provider):
    said = "1\nreturn total_of_all\nand so on"
    r = complete(client, "total = ", f"fake/hold-x{said.encode().hex()}", suffix="\nreturn total_of_all\n")
    assert (r["text"], r["finish_reason"]) == ("1", "stop")
    wait_until(lambda: provider.stats()["active"] == 0, "its end")
    wait_until(lambda: client.call("status")["today"]["input_tokens"] > 0, "what it cost, by estimate")


def test_it_goes_on_beside_a_chat(client, provider):
    """A gap and a chat with the same words are two questions."""
    r = complete(client, "x = ", says("```\n1\n```"))
    said = asked(provider)[-1]["messages"]
    system, prompt = said[0]["content"], said[-1]["content"]
    chat = {"model": says("```\n1\n```"), "system": system, "prompt": prompt, "temperature": 0, "max_tokens": 256}
    assert r["text"] == "1"
    assert client.call("chat", {**chat, "reasoning": "off"})["text"] == "```\n1\n```"
