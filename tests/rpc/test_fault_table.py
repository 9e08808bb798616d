"""The table of faults, row by row, on every API: the code, what is said, what is kept, whether it is asked again.

What an API says in its own way (its error bodies, its error within a stream) is in provider/grammars.py; what comes of
it is the same for all, or stands here. All rows of an API are asked at once, for most of them wait.
"""

import collections
import socket

import pytest

from client import check_events, retries_shown, text_of
from conftest import KEY, Daemon, Home, wait_until
from fault_provider import words_text
from grammars import APIS
from helpers_tls import tls_server

MIB = 1 << 20
RETRIES = 1
AGAIN, ONCE = 1 + RETRIES, 1
PROMPT = "one zwei \u4e09 \U0001f468\u200d\U0001f469\u200d\U0001f467"
HIDDEN = "Incorrect API key provided: [key]"
GOOD = ("echo", "gzip", "json", "comments", "drip", "drop-1-then-ok")

# What it comes to; a function stands for what the API says in its own way. section: of the configuration below.
Row = collections.namedtuple("Row", "behaviour code status asked says text section", defaults=["", "fake"])


def reason_of(told):
    """What a (status, body) of the API tells a person."""
    error = told[1].get("error", told[1])
    return error if isinstance(error, str) else error["message"]


def code_in_stream(api):
    """By the code or type that the API gives its error. Where there is none, nothing says that asking again helps."""
    return "unavailable" if api.fault_has_code else "bad_response"


def status_in_stream(api):
    return api.fault_status


def asked_in_stream(api):
    return ONCE if code_in_stream(api) == "bad_response" else AGAIN


BEFORE_TEXT = [
    Row("status-429", "rate_limited", 429, AGAIN, "injected 429"),
    Row("status-500", "unavailable", 500, AGAIN, "injected 500"),
    Row("status-503", "overloaded", 503, AGAIN, "injected 503"),
    Row("status-529", "overloaded", 529, AGAIN, "injected 529"),
    Row("html-502", "unavailable", 502, AGAIN, "502: a web page"),
    Row("empty-503", "overloaded", 503, AGAIN, "503: it gave no reason"),
    Row("reset-before-headers", "unavailable", None, AGAIN, "the connection to 127.0.0.1"),
    Row("reset-after-headers", "unavailable", None, AGAIN, "the connection to 127.0.0.1"),
    Row("reset-within-0", "unavailable", None, AGAIN, "the connection to 127.0.0.1"),
    Row("close-before-headers", "unavailable", None, AGAIN, "closed the connection without an answer"),
    Row("no-done-no-finish-0", "unavailable", None, AGAIN, "ended before the answer did"),
    Row("empty", "unavailable", None, AGAIN, "ended before the answer did"),
    Row("error-in-stream-0", code_in_stream, status_in_stream, asked_in_stream, "The server had an error"),
    Row("error-as-json", code_in_stream, status_in_stream, asked_in_stream, "The server had an error"),
    Row("bad-utf8-500", "unavailable", 500, AGAIN, "injected 500"),
    Row("status-400", "invalid_request", 400, ONCE, "injected 400"),
    Row("status-401", "unauthenticated", 401, ONCE, "injected 401"),
    Row("status-402", "budget_exceeded", 402, ONCE, "injected 402"),
    Row("status-403", "permission_denied", 403, ONCE, "injected 403"),
    Row("status-404", "not_found", 404, ONCE, "injected 404"),
    Row("redirect", "bad_response", 302, ONCE, "correct base_url"),
    Row("html", "bad_response", None, ONCE, "a web page instead of an answer"),
    Row("garbage", "bad_response", None, ONCE, "does not answer as HTTP says"),
    Row("bad-json", "bad_response", None, ONCE, "not JSON"),
    Row("bad-utf8", "bad_response", None, ONCE, "not JSON"),
    Row("context", "context_length_exceeded", lambda a: a.context()[0], ONCE, lambda a: reason_of(a.context())),
    Row("quota", "budget_exceeded", lambda a: a.no_credit()[0], ONCE, lambda a: reason_of(a.no_credit())),
    # The provider says the key, the daemon does not.
    Row("leak-key", "unauthenticated", lambda a: a.bad_key("")[0], ONCE, lambda a: reason_of(a.bad_key(HIDDEN))),
    Row("status-429-1", "rate_limited", 429, AGAIN, "injected 429"),
    Row("status-429-86400", "rate_limited", 429, ONCE, "injected 429"),
]

# Never again, and what was shown is kept.
AFTER_TEXT = [
    Row("reset-after-3", "unavailable", None, ONCE, "the connection to 127.0.0.1", words_text(3)),
    Row("reset-within-3", "unavailable", None, ONCE, "the connection to 127.0.0.1", words_text(3)),
    Row("no-done-no-finish-3", "unavailable", None, ONCE, "ended before the answer did", words_text(3)),
    Row("error-in-stream-3", code_in_stream, status_in_stream, ONCE, "The server had an error", words_text(3)),
]

# It may be paid for already, so it is not asked again.
HANGING = [
    Row("hang-headers", "timeout", None, ONCE, "timeout_first_byte", "", "hasty"),
    Row("hang-first", "timeout", None, ONCE, "timeout_first_byte", "", "hasty"),
    Row("idle-after-0", "timeout", None, ONCE, "timeout_first_byte", "", "hasty"),
    Row("hang-after-3", "timeout", None, ONCE, "timeout_idle", words_text(3), "hasty"),
    Row("idle-after-3", "timeout", None, ONCE, "timeout_idle", words_text(3), "hasty"),
]

# Nothing of these reaches the provider.
NO_CONNECTION = [
    Row("nobody-listens", "unavailable", None, AGAIN, "(Connection refused)", "", "closed"),
    Row("not-trusted", "unavailable", None, AGAIN, "certificate", "", "tls"),
]

ROWS = BEFORE_TEXT + AFTER_TEXT + HANGING + NO_CONNECTION


class Table:
    """An API, and what became of the questions that were asked of it."""

    def __init__(self, api, daemon, provider):
        self.api = APIS[api]()
        self.provider = provider
        self.clients = {}
        for row in ROWS:
            self.ask(daemon, row.section, row.behaviour, "hello")
        for behaviour in (*GOOD, "no-done"):
            self.ask(daemon, "fake", behaviour, PROMPT)

    def ask(self, daemon, section, behaviour, prompt):
        client = daemon.connect()
        params = {"model": f"{section}/{behaviour}", "prompt": prompt, "stream": True}
        self.clients[behaviour] = client, client.request("chat", params)

    def outcome(self, behaviour):
        """(client, error or None, answer map)"""
        client, msgid = self.clients[behaviour]
        error, answer = client.response(msgid)
        if error is not None:
            answer = client.call("answer.get", {"answer": error["answer"]})
        check_events(client.events())
        return client, error, answer

    def stats(self, behaviour):
        return self.provider.stats()["behaviours"].get(behaviour, {})


def section(name, **keys):
    return f'\n[provider "{name}"]\n' + "".join(f"{k} = {v}\n" for k, v in keys.items())


@pytest.fixture(scope="module")
def refusing():
    """(port where nobody listens, port where nobody can be trusted, who was let in there)"""
    with Home.made() as home, tls_server(home.path) as (port, _, connections), socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        yield closed.getsockname()[1], port, connections


@pytest.fixture(scope="module", params=APIS)
def table(request, provider_process, refusing):
    api = request.param
    provider_process.reset()
    usual = {"api": api, "retries": RETRIES, "max_connections": 64}
    base, suffix = provider_process.base_of(api), APIS[api].base
    extra = section("hasty", **usual, key=KEY, base_url=base, timeout_first_byte="1 s", timeout_idle="2 s")
    extra += section("closed", **usual, key=KEY, base_url=f"http://127.0.0.1:{refusing[0]}{suffix}")
    extra += section("tls", **usual, key=KEY, base_url=f"https://localhost:{refusing[1]}{suffix}")
    with Home.made() as home:
        home.write_config(base, provider=usual, extra=extra)
        daemon = Daemon(home)
        try:
            yield Table(api, daemon, provider_process)
        finally:
            daemon.finish()


@pytest.mark.parametrize("row", ROWS, ids=lambda r: r.behaviour)
def test_fault(table, row):
    row = Row(*(field(table.api) if callable(field) else field for field in row))
    client, error, answer = table.outcome(row.behaviour)
    assert (error["code"], error.get("status"), error["provider"]) == (row.code, row.status, row.section), error
    assert row.says in error["message"] and KEY not in error["message"]
    assert (answer["state"], answer["text"]) == ("failed", row.text)
    # The same in the answer map and in the last event.
    events = client.events()
    last = events[-1][1]
    assert last["type"] == "error" and text_of(events) == row.text
    assert {e["code"] for e in (error, answer["error"], last)} == {row.code}
    assert {e["message"] for e in (error, answer["error"], last)} == {error["message"]}
    # As often as it should be, and every time is told.
    if row not in NO_CONNECTION:
        assert table.stats(row.behaviour)["requests"] == row.asked
    assert len(answer["attempts"]) == row.asked
    shown = [(e["provider"], e["error"]["code"]) for e in retries_shown(client)]
    assert shown == [(row.section, row.code)] * (row.asked - 1)


@pytest.mark.parametrize("behaviour", GOOD)
def test_good_answer(table, behaviour):
    client, error, answer = table.outcome(behaviour)
    assert error is None
    assert (answer["state"], answer["text"], answer["finish_reason"]) == ("done", PROMPT, "stop")
    assert answer["usage"]["input_tokens"] == len(PROMPT.split()) and not answer["usage"].get("estimated")
    assert text_of(client.events()) == PROMPT
    failures = int(behaviour == "drop-1-then-ok")
    assert table.stats(behaviour)["requests"] == 1 + failures
    assert [bool(a.get("error")) for a in answer["attempts"]] == [True] * failures + [False]
    assert len(retries_shown(client)) == failures


def test_finish_without_a_terminator(table):
    client, error, answer = table.outcome("no-done")
    assert answer["text"] == PROMPT
    if type(table.api) is APIS["openai-responses"]:  # there the terminator alone tells the finish
        assert error["code"] == "unavailable"
    else:
        assert error is None and answer["finish_reason"] == "stop"
    assert table.stats("no-done")["requests"] == ONCE


def test_no_retry_after(table):
    _, error, _ = table.outcome("status-429")
    assert "retry_after" not in error


def test_retry_after_is_waited_for(table):
    client, error, _ = table.outcome("status-429-1")
    assert error["retry_after"] == 1
    assert [e["delay"] >= 1 for e in retries_shown(client)] == [True] * RETRIES


def test_retry_after_of_a_day_is_told(table):
    _, error, _ = table.outcome("status-429-86400")
    assert error["retry_after"] == 86400


def test_redirect_is_not_followed(table):
    table.outcome("redirect")
    assert table.stats("redirected") == {}


@pytest.mark.parametrize("row", HANGING, ids=lambda r: r.behaviour)
def test_what_hangs_is_let_go(table, row):
    table.outcome(row.behaviour)
    wait_until(lambda: table.stats(row.behaviour)["active"] == 0, "the request ends")
    assert table.stats(row.behaviour)["aborted"] == 1


def test_nothing_is_said_to_whom_nobody_vouches_for(table, refusing):
    table.outcome("not-trusted")
    assert refusing[2] == []


# -- too much


def peak_rss(pid):
    with open(f"/proc/{pid}/status") as f:
        return next(int(line.split()[1]) * 1024 for line in f if line.startswith("VmHWM:"))


@pytest.mark.parametrize("api", APIS)
def test_event_without_end(api, home, provider, start_daemon):
    """Of 100 MB, what is read is bounded, and the rest is not sent."""
    home.write_config(provider.base_of(api), provider={"api": api, "retries": RETRIES})
    daemon = start_daemon()
    client = daemon.connect()
    client.result(client.chat("echo"))
    before = peak_rss(daemon.pid)
    error, _ = client.response(client.chat(f"endless-event-{100 * MIB}"))
    assert error["code"] == "too_large" and "larger than the daemon reads at once" in error["message"]
    assert peak_rss(daemon.pid) - before < 100 * MIB
    provider.wait_aborted()  # the connection is closed, not drained
    assert provider.stats()["requests"] == 1 + ONCE
