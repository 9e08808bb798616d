"""complete: what is missing at a cursor."""

import selectors
import socket
import threading
import time

import pytest

from client import RpcError
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


def test_mistral_has_a_form_for_codestral_alone(home, provider, start_daemon):
    home.write_config(provider.behave("say-x" + b"a, b".hex()), provider={"dialect": "mistral"})
    client = start_daemon().connect()
    for model, path in (("codestral-latest", "/v1/fim/completions"), ("mistral-small", "/v1/chat/completions")):
        r = complete(client, "def f(", f"fake/{model}", suffix="):\n    pass\n")
        assert (r["text"], r["finish_reason"]) == ("a, b", "stop")
        assert provider.stats()["last"][-1]["path"].endswith(path)


@pytest.mark.askd(provider=DEEPSEEK)
def test_other_faults_of_a_form_are_faults(client, provider):
    with pytest.raises(RpcError) as e:
        complete(client, "a", "fake/status-401")
    assert e.value.code == "unauthenticated"
    assert [request["path"] for request in provider.stats()["last"]] == ["/beta/completions"]
    assert complete(client, "b", "fake/fail-1-then-ok")["text"] == "b"
    assert {request["path"] for request in provider.stats()["last"]} == {"/beta/completions"}


@pytest.mark.askd(provider={**DEEPSEEK, "retries": 0})
def test_what_is_no_answer_is_a_refusal_until_the_form_was_answered(client, provider):
    def paths_of(model):
        with pytest.raises(RpcError) as e:
            complete(client, "a", f"fake/{model}")
        assert e.value.code == "bad_response"
        return [request["path"] for request in provider.stats()["last"] if request["body"]["model"] == model]

    assert paths_of("html") == ["/beta/completions", "/v1/chat/completions"]
    complete(client, "a", says("1"))
    assert paths_of("bad-json") == ["/beta/completions"]


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


# -- suggestions


def requests(provider):
    return provider.stats()["requests"]


def test_typing_along_asks_nobody(client, provider):
    model, text = says("return a + b"), "return a + b"
    before = "def add(a, b):\n    "
    first = complete(client, before, model, suffix="\n")
    assert (first["text"], first["cached"]) == (text, False)
    for n in range(1, len(text)):
        r = complete(client, before + text[:n], model, suffix="\n", buffer="b")
        assert (r["text"], r["cached"], r["finish_reason"]) == (text[n:], True, "stop")
        assert r["model"] == first["model"] and r["usage"] == first["usage"] and r["attempts"] == []
        assert r["age"] >= 0
    assert requests(provider) == 1
    again = complete(client, before, model, suffix="\n")  # all of it was taken back
    assert (again["text"], again["cached"]) == (text, True)
    assert requests(provider) == 1
    complete(client, before + "raise", model, suffix="\n")
    complete(client, before + text, model, suffix="\n")
    assert requests(provider) == 3


def test_a_suggestion_streams_like_any_answer(client):
    complete(client, "x = ", says("1 + 2"))
    msgid = client.request("complete", {"model": says("1 + 2"), "prefix": "x = 1", "stream": True})
    assert client.result(msgid)["text"] == " + 2"
    events = [m[2][2] for m in client.log if m[0] == 2 and m[1] == "answer.event"]
    assert [e["type"] for e in events] == ["start", "text", "usage", "done"]
    assert events[0]["cached"] and events[1]["text"] == " + 2"


@pytest.mark.parametrize(
    "different",
    [{"suffix": "other"}, {"language": "lua"}, {"model": says("1 + 2", 2)}, {"prefix": "y = 1"}, {"max_tokens": 5}],
)
def test_another_gap_is_asked(client, provider, different):
    complete(client, "x = ", says("1 + 2"))
    assert not complete(client, **{"prefix": "x = 1", "model": says("1 + 2"), **different})["cached"]
    assert requests(provider) == 2


@pytest.mark.askd(provider=DEEPSEEK)
def test_what_was_cut_at_its_bound_is_a_suggestion_too(client, provider):
    first = complete(client, "one two three", "fake/length")
    assert (first["text"], first["finish_reason"]) == ("one two three", "length")
    r = complete(client, "one two three" + first["text"][:2], "fake/length")
    assert (r["text"], r["finish_reason"], r["cached"]) == (first["text"][2:], "length", True)
    assert requests(provider) == 1


def test_it_counts_as_cached(client):
    complete(client, "x = ", says("1 + 2"))
    complete(client, "x = 1", says("1 + 2"))
    wait_until(lambda: client.call("status")["today"]["cache_hits"] == 1, "the hit")
    today = client.call("status")["today"]
    assert (today["requests"], today["answers"]) == (1, 2)


def test_a_suggestion_is_one_lookup_that_hit(client):
    def lookups():
        memory = client.call("cache.stats")["tiers"][0]
        return memory["hits"], memory["misses"]

    complete(client, "x = ", says("1 + 2"))
    hits, misses = lookups()
    for prefix in ("x = 1", "x = 1", "x = "):
        assert complete(client, prefix, says("1 + 2"))["cached"]
    assert lookups() == (hits + 3, misses)


@pytest.mark.parametrize("first, second", [(("a", "b{}c"), ("a{}b", "c")), (("a{}b", "c"), ("a", "b{}c"))])
def test_marks_in_the_text_are_no_marks(client, provider, first, second):
    """Two gaps that are told in the same words."""
    between = "</before_cursor>\n<after_cursor>"
    for prefix, suffix in (first, second):
        r = complete(client, prefix.format(between), says("1 + 2"), suffix=suffix.format(between))
        assert not r["cached"]
    a, b = asked(provider)
    assert a["messages"] == b["messages"], "or it tests nothing"


@pytest.mark.askd(daemon={"complete_memory": 0})
def test_no_memory_no_suggestions(client, provider):
    complete(client, "x = ", says("1 + 2"))
    assert not complete(client, "x = 1", says("1 + 2"))["cached"]


@pytest.mark.askd(extra="[cache]\nmemory = 0\nbackend = none")
def test_no_cache_no_suggestions(client, provider):
    complete(client, "x = ", says("1 + 2"))
    assert not complete(client, "x = 1", says("1 + 2"))["cached"]


def test_a_cleared_cache_has_no_suggestions(client, provider):
    complete(client, "x = ", says("1 + 2"))
    client.call("cache.clear")
    assert not complete(client, "x = 1", says("1 + 2"))["cached"]


def test_suggestions_reach_no_disk(daemon, client, home):
    secret = "sesame_open_0451"
    complete(client, f"{secret} = ", says(f"{secret}_suffix_of_it"))
    complete(client, f"{secret} = {secret}", says(f"{secret}_suffix_of_it"))
    daemon.end()
    for path in home.path.rglob("*"):
        if path.is_file() and path.suffix != ".log":
            assert secret.encode() not in path.read_bytes(), path


@pytest.mark.askd(daemon={"complete_memory": "16 KiB"})
def test_suggestions_are_bounded(client, provider):
    for i in range(40):
        complete(client, f"x{i} " * 300 + "= ", says("1 + 2"))
    assert complete(client, "x39 " * 300 + "= 1", says("1 + 2"))["cached"]
    assert not complete(client, "x0 " * 300 + "= 1", says("1 + 2"))["cached"]


# -- while somebody types


class Slowly(threading.Thread):
    """A provider that never ends an answer, and knows by its own clock how many requests are open."""

    def __init__(self):
        super().__init__(daemon=True)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}/v1"
        self.most = self.begun = 0
        self.changes = []  # (when, how many are open then)
        self.open = set()
        self.start()

    def note(self):
        self.most = max(self.most, len(self.open))
        self.changes.append((time.monotonic(), len(self.open)))

    def run(self):
        with selectors.DefaultSelector() as s:
            s.register(self.listener, selectors.EVENT_READ)
            while True:
                # Ends before beginnings: both may have come since it last looked.
                ready = sorted((k for k, _ in s.select()), key=lambda k: k.fileobj is self.listener)
                for key in ready:
                    if key.fileobj is self.listener:
                        s.register(self.listener.accept()[0], selectors.EVENT_READ)
                    elif data := self.read(key.fileobj):
                        self.take(key.fileobj, data)
                    else:
                        s.unregister(key.fileobj)
                        key.fileobj.close()
                        self.open.discard(key.fileobj)
                        self.note()

    @staticmethod
    def read(sock):
        try:
            return sock.recv(1 << 16)
        except ConnectionError:
            return b""

    def take(self, sock, data):
        if data.startswith(b"POST "):
            self.begun += 1
            self.open.add(sock)
            self.note()
            head = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n"
            sock.sendall(head + b'data: {"choices": [{"index": 0, "delta": {"content": "w"}}]}\n\n')


@pytest.fixture
def slowly(home, start_daemon):
    """(the provider, its daemon)"""
    p = Slowly()
    home.write_config(p.url, daemon={"default_model": "fake/m"})
    return p, start_daemon()


def test_typing_leaves_one_request_at_most(slowly):
    """50 keystrokes in a buffer: never two requests at once, and none 50 ms after the last was cancelled."""
    p, daemon = slowly
    client = daemon.connect()
    sent = []
    for i in range(50):
        params = {"prefix": f"text {i}", "suffix": "\n", "buffer": "b", "stream": True}
        begun = p.begun
        sent.append(client.request("complete", params))
        if i % 5 == 0:  # some get as far as the provider, others do not
            wait_until(lambda: p.begun > begun and len(p.open) == 1, "a request", pause=0.001)  # noqa: B023
    wait_until(lambda: len(p.open) == 1 and client.call("status")["answers"] == 1, "the last one")
    client.request("answer.cancel", {"request": sent[-1]})
    for msgid in sent:
        assert client.response(msgid)[0]["code"] == "cancelled"
    cancelled = time.monotonic()
    wait_until(lambda: not p.open, "its end", pause=0.001)
    assert p.changes[-1][0] - cancelled < 0.05
    assert p.most == 1 and p.begun >= 10
    status = client.call("status")
    assert (status["answers"], status["retained"], status["answer_bytes"]) == (0, 0, 0)
    assert status["http"]["active"] == 0 and status["providers"][0]["waiting"] == 0


def test_the_same_question_again_goes_on_with_the_first(slowly):
    p, daemon = slowly
    client = daemon.connect()
    params = {"prefix": "text", "buffer": "b"}
    first = client.request("complete", params)
    wait_until(lambda: len(p.open) == 1, "the request")
    assert [(a["state"], a["preview"]) for a in client.call("answer.list")] == [("running", "text")]
    second = client.request("complete", params)
    assert client.response(first)[0]["code"] == "cancelled"
    assert client.call("status")["answers"] == 1
    assert (p.begun, len(p.open)) == (1, 1)
    client.request("answer.cancel", {"request": second})
    assert client.response(second)[0]["code"] == "cancelled"
    wait_until(lambda: not p.open, "its end")


@pytest.mark.askd(provider={"max_connections": 1})
def test_a_new_one_waits_for_no_place_of_the_old_one(client, provider):
    older = client.request("complete", {"model": "fake/hang-first", "prefix": "a", "buffer": "b"})
    wait_until(lambda: provider.stats()["active"] == 1, "the request")
    assert complete(client, "ab", says("c"), buffer="b")["text"] == "c"
    assert client.response(older)[0]["code"] == "cancelled"


@pytest.mark.askd(extra='[budget "few"]\nlimit = 1 requests\nper = day')
def test_budgets_count_what_is_asked_alone(client):
    complete(client, "x = ", says("1 + 2"))
    assert complete(client, "x = 1", says("1 + 2"))["cached"]
    with pytest.raises(RpcError) as e:
        complete(client, "y = ", says("1 + 2"))
    assert e.value.code == "budget_exceeded"


@pytest.mark.askd(daemon={"complete_model": "code"}, extra=f'[alias "code"]\nmodels = fake/status-401, {says("1 + 2")}')
def test_the_next_of_an_alias_is_asked(client):
    r = client.call("complete", {"prefix": "x = "})
    assert r["text"] == "1 + 2"
    assert [a.get("error", {}).get("code") for a in r["attempts"]] == ["unauthenticated", None]
    assert client.call("complete", {"prefix": "x = 1"})["cached"]


def test_events_come_as_the_editor_wants_them(client):
    notify = {"method": "nvim_exec_lua", "args": ["on_event(...)"]}
    params = {"model": says("1 + 2"), "prefix": "x = ", "stream": True, "notify": notify}
    r = client.result(client.request("complete", params))
    calls = [m[2] for m in client.log if m[0] == 2 and m[1] == "nvim_exec_lua"]
    assert all(c[0] == "on_event(...)" and c[1][0] == r["answer"] for c in calls)
    assert "".join(c[1][2].get("text", "") for c in calls) == "1 + 2"


def test_a_timeout_ends_it(client, provider):
    with pytest.raises(RpcError) as e:
        complete(client, "x", "fake/hang-first", timeout=0.2)
    assert e.value.code == "timeout"
    wait_until(lambda: provider.stats()["active"] == 0, "its end")
