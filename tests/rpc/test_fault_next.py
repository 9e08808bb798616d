"""The table of faults where there is somebody else to ask: how often the first is asked, whether the next one is, and
what the answer, its attempts and its events tell of it.

A row is asked for alone, before one provider that answers, and before two of which the second does; each by a client
that reads events and by one that waits for the answer. All at once, under a model's name of its own, by which the
providers' requests are told apart. Whether the provider streams is the row's matter.
"""

import collections
import socket

import pytest

from client import check_events, text_of
from conftest import KEY, Daemon, Home, wait_until
from helpers_acts import Acts, Gone, alias, chunk_of, error_body, section, whole_answer
from helpers_tls import tls_server

RETRIES = 1
AGAIN, ONCE = 1 + RETRIES, 1
JITTER = 0.5  # at most, before the first time that it is asked again
PROMPT = "hello"
SHOWN = "one two "

# asked: how often, before anybody else is. next: the one after it is asked, too. delay: (least, most) before it is
# asked again. reaches: whether the provider sees a request.
Fault = collections.namedtuple("Fault", "code status asked next retry_after delay text section reaches")


def fault(code, status=None, asked=ONCE, then="next", retry_after=None, delay=(0, JITTER), text="", at="bad"):
    reaches = at in ("bad", "hasty")
    return Fault(code, status, asked, then == "next", retry_after, delay, text, at, reaches)


def error(status, code=None, **headers):
    return lambda a: a.error(status, code, **headers)


def whole(status, body, ctype="application/json", **headers):
    return lambda a: a.whole(status, body, ctype, **headers)


def streamed(*events, words=(), then=None):
    """A stream of these events and words; then what happens, or its end."""

    def act(a):
        a.begin()
        for event in events:
            a.event(event)
        a.say(*words)
        (then or type(a).last)(a)

    return act


def half(then):
    def act(a):
        a.half(whole_answer(a.prompt))
        then(a)

    return act


def reset(a):
    a.reset()


def close(a):
    a.close()


def hang(a):
    a.hang()


def not_http(a):
    a.over()
    a.send(b"\x00\x01 this is no HTTP\r\n\r\n")
    raise Gone


USAGE = chunk_of(usage={"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2})
TOO_LONG = error_body("This model's maximum context length is 8 tokens.", "context_length_exceeded")
NO_CREDIT = error_body("You exceeded your current quota", "insufficient_quota", "insufficient_quota")
SERVER = error_body("The server had an error", kind="server_error")
LIMITED = error_body("Too fast", "rate_limit_exceeded")
REFUSED = error_body("No such key", "invalid_api_key")
ODD = error_body("Something is odd")
WORDS = ("one ", "two ")

ROWS = {
    # what there is of a connection
    "refused": (None, fault("unavailable", asked=AGAIN, at="closed")),
    "no-such-host": (None, fault("unavailable", asked=AGAIN, at="nowhere")),
    "not-trusted": (None, fault("unavailable", asked=AGAIN, at="tls")),
    "reset": (reset, fault("unavailable", asked=AGAIN)),
    "closed": (close, fault("unavailable", asked=AGAIN)),
    "not-http": (not_http, fault("bad_response", then="fail")),
    # a status
    "400": (error(400), fault("invalid_request", 400, then="fail")),
    "401": (error(401), fault("unauthenticated", 401)),
    "402": (error(402), fault("budget_exceeded", 402)),
    "403": (error(403), fault("permission_denied", 403)),
    "404": (error(404), fault("not_found", 404)),
    "408": (error(408), fault("timeout", 408, AGAIN)),
    "409": (error(409), fault("unavailable", 409, AGAIN)),
    "413": (error(413), fault("too_large", 413, then="fail")),
    "418": (error(418), fault("invalid_request", 418, then="fail")),
    "422": (error(422), fault("invalid_request", 422, then="fail")),
    "429": (error(429), fault("rate_limited", 429, AGAIN)),
    "429-1s": (error(429, retry_after=1), fault("rate_limited", 429, AGAIN, retry_after=1, delay=(1, 1))),
    "429-600ms": (
        error(429, retry_after=1, retry_after_ms=600),
        fault("rate_limited", 429, AGAIN, retry_after=0.6, delay=(0.6, 0.6)),
    ),
    "429-a-day": (error(429, retry_after=86400), fault("rate_limited", 429, ONCE, retry_after=86400)),
    "429-no-credit": (whole(429, NO_CREDIT), fault("budget_exceeded", 429)),
    "500": (error(500), fault("unavailable", 500, AGAIN)),
    "502": (error(502), fault("unavailable", 502, AGAIN)),
    "503": (error(503), fault("overloaded", 503, AGAIN)),
    "503-1s": (error(503, retry_after=1), fault("overloaded", 503, AGAIN, retry_after=1, delay=(1, 1))),
    "529": (error(529), fault("overloaded", 529, AGAIN)),
    "400-should-retry": (error(400, x_should_retry="true"), fault("invalid_request", 400, AGAIN)),
    "500-should-not": (error(500, x_should_retry="false"), fault("unavailable", 500, ONCE)),
    "redirect": (whole(302, b"", location="/good/v1"), fault("bad_response", 302, then="fail")),
    # a 200 that is cut short
    "stream-ends": (streamed(), fault("unavailable", asked=AGAIN)),
    "stream-reset": (streamed(then=reset), fault("unavailable", asked=AGAIN)),
    "stream-closed": (streamed(USAGE, then=close), fault("unavailable", asked=AGAIN)),
    "whole-ends": (whole(200, b'{"choices": ['), fault("unavailable", asked=AGAIN)),
    "whole-closed": (half(close), fault("unavailable", asked=AGAIN)),
    "whole-reset": (half(reset), fault("unavailable", asked=AGAIN)),
    # one that is no answer
    "html": (whole(200, b"<!DOCTYPE html><p>no", "text/html"), fault("bad_response", then="fail")),
    "stream-not-json": (streamed(b"data: {\n\n"), fault("bad_response", then="fail")),
    "whole-not-json": (whole(200, b"{what?}"), fault("bad_response", then="fail")),
    # one that is an error
    "stream-error": (streamed(SERVER), fault("unavailable", asked=AGAIN)),
    "whole-error": (whole(200, SERVER), fault("unavailable", asked=AGAIN)),
    "stream-error-429": (streamed(LIMITED), fault("rate_limited", asked=AGAIN)),
    "whole-error-429": (whole(200, LIMITED), fault("rate_limited", asked=AGAIN)),
    "stream-error-401": (streamed(REFUSED), fault("unauthenticated")),
    "whole-error-401": (whole(200, REFUSED), fault("unauthenticated")),
    "stream-error-odd": (streamed(ODD), fault("bad_response", then="fail")),
    "whole-error-odd": (whole(200, ODD), fault("bad_response", then="fail")),
    # one that does not come, or not on: it may be paid for
    "no-head": (hang, fault("timeout", at="hasty")),
    "stream-no-event": (streamed(then=hang), fault("timeout", at="hasty")),
    "whole-half": (half(hang), fault("timeout", at="hasty")),
    "stream-idle": (streamed(USAGE, then=hang), fault("timeout", at="hasty")),
    # whatever it is, once there is content
    "words-end": (streamed(words=WORDS), fault("unavailable", then="fail", text=SHOWN)),
    "words-reset": (streamed(words=WORDS, then=reset), fault("unavailable", then="fail", text=SHOWN)),
    "words-error": (
        lambda a: streamed(words=WORDS, then=lambda b: (b.event(SERVER), b.last()))(a),
        fault("unavailable", then="fail", text=SHOWN),
    ),
    "words-idle": (streamed(words=WORDS, then=hang), fault("timeout", then="fail", text=SHOWN, at="hasty")),
    # but for a chat that says so
    "restart-end": (streamed(words=WORDS), fault("unavailable", asked=AGAIN, text=SHOWN)),
    "restart-reset": (streamed(words=WORDS, then=reset), fault("unavailable", asked=AGAIN, text=SHOWN)),
    "restart-idle": (streamed(words=WORDS, then=hang), fault("timeout", text=SHOWN, at="hasty")),
    # what is too long for the one may do for the other, by the windows of MODELS
    "long-for-small": (whole(400, TOO_LONG), fault("context_length_exceeded", 400, then="larger")),
    "long-for-unknown": (whole(400, TOO_LONG), fault("context_length_exceeded", 400, then="fail")),
}
ALONE, TWO, THREE = (), ("good",), ("worse", "good")
ORDERS = {"alone": ALONE, "two": TWO, "three": THREE}
MODES = {"stream": True, "plain": False}
CASES = [(row, order, mode) for row in ROWS for order in ORDERS for mode in MODES]

WINDOWS = {"small": 1000, "medium": 2000, "large": 3000}


def name_of(row, order, mode):
    return f"{row}.{order}.{mode}"


def act(asked):
    """Of a model ROW.ORDER.MODE."""
    if asked.provider == "good":
        asked.echo(streamed=not asked.model.endswith("plain"))
    elif asked.provider == "worse":
        asked.error(503)
    else:
        ROWS[asked.model.split(".")[0]][0](asked)


def aliases():
    text = ""
    for case in CASES:
        name, at = name_of(*case), ROWS[case[0]][1].section
        text += alias(name, *(f"{p}/{name}" for p in (at, *ORDERS[case[1]])))
    return text


def models():
    """Only the windows of those whose window is known."""
    text = ""
    for i, mode in enumerate(MODES):
        for order in ORDERS:
            name = name_of("long-for-small", order, mode)
            for provider, window in (("bad", "small"), ("worse", "medium"), ("good", "large")):
                text += f'[model "w-{provider}-{order}-{i}"]\nnames = {provider}/{name}\n'
                text += f"context_window = {WINDOWS[window]}\n"
    return text


class Table:
    """What became of all that was asked."""

    def __init__(self, daemon, acts):
        self.acts = acts
        self.clients = {m: daemon.connect() for m in MODES}
        self.msgids = {}
        for row, order, mode in CASES:
            params = {"model": name_of(row, order, mode), "prompt": PROMPT, "stream": MODES[mode]}
            if row.startswith("restart"):
                params["retry"] = "restart"
            self.msgids[row, order, mode] = self.clients[mode].request("chat", params)

    def outcome(self, row, order, mode):
        """(error or None, answer map, events)"""
        client = self.clients[mode]
        error, answer = client.response(self.msgids[row, order, mode])
        if error is not None:
            answer = client.call("answer.get", {"answer": error["answer"]})
        return error, answer, [e for _, e in self.events(answer, mode)]

    def events(self, answer, mode):
        """The events as they came, or as they stand in the log."""
        live = self.clients[mode].events(answer["answer"])
        if mode == "plain":
            assert live == []
            client = self.clients["attached"]
            client.response(client.request("answer.attach", {"answer": answer["answer"]}))
            live = client.events(answer["answer"])
        check_events(live)
        return live


@pytest.fixture(scope="module")
def table():
    usual = {"api": "openai-chat", "key": KEY, "retries": RETRIES, "max_connections": 256}
    with Home.made() as home, tls_server(home.path) as (tls_port, _, _), socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        acts = Acts(act)
        hasty = {"timeout_first_byte": "1500 ms", "timeout_idle": "1500 ms"}
        extra = "".join(
            [
                section("bad", **usual, base_url=acts.base_url("bad")),
                section("hasty", **usual, **hasty, base_url=acts.base_url("hasty")),
                section("worse", **{**usual, "retries": 0}, base_url=acts.base_url("worse")),
                section("good", **usual, base_url=acts.base_url("good")),
                section("closed", **usual, base_url=f"http://127.0.0.1:{closed.getsockname()[1]}/v1"),
                section("nowhere", **usual, base_url="http://nowhere.invalid/v1", allow_http="yes"),
                section("tls", **usual, base_url=f"https://localhost:{tls_port}/v1"),
                aliases(),
            ]
        )
        home.write_config(acts.base_url("fake"), extra=extra)
        (home.config_dir / "models.ini").write_text(models())
        daemon = Daemon(home)
        try:
            t = Table(daemon, acts)
            t.clients["attached"] = daemon.connect()
            yield t
        finally:
            daemon.finish()
            acts.stop()


def expected(row, order):
    """([(provider, code or None)] of the attempts, the one who answers or None)"""
    f = ROWS[row][1]
    goes_on = f.next or row == "long-for-small"
    tried = [(f.section, f.code)] * f.asked
    if order == "three" and goes_on:
        tried.append(("worse", "overloaded"))
    if order == "alone" or not goes_on:
        return tried, None
    return [*tried, ("good", None)], "good"


@pytest.mark.parametrize("row, order, mode", CASES, ids=lambda v: v)
def test_fault(table, row, order, mode):
    f = ROWS[row][1]
    tried, who = expected(row, order)
    error, answer, events = table.outcome(row, order, mode)
    name = name_of(row, order, mode)

    # Who was asked, and how often; each time is told.
    assert [(a["provider"], a.get("error", {}).get("code")) for a in answer["attempts"]] == tried
    assert {a["model"] for a in answer["attempts"]} == {name}
    asked = [p for p, _ in tried]
    counts = {p: table.acts.count(p, name) for p in ("bad", "hasty", "worse", "good")}
    assert counts == {p: asked.count(p) if p != f.section or f.reaches else 0 for p in counts}

    # Each time but the first was announced, with what went wrong before it; the next model is asked at once.
    retries = [e for e in events if e["type"] == "retry"]
    assert [(e["provider"], e["model"]) for e in retries] == [(p, name) for p in asked[1:]]
    assert [e["error"]["code"] for e in retries] == [code for _, code in tried[:-1]]
    for before, e in zip(asked, retries, strict=False):
        least, most = f.delay if e["provider"] == before else (0, 0)
        assert least <= e["delay"] <= most

    if who:
        assert error is None
        assert (answer["state"], answer["provider"], answer["model"], answer["text"]) == ("done", who, name, PROMPT)
        assert text_of(enumerate(after_last_retry(events))) == PROMPT
        return
    # The error is that of the one who was asked last.
    assert answer["state"] == "failed" and answer["error"]["code"] == error["code"]
    assert (error["code"], error.get("status"), error["provider"]) == (f.code, f.status, f.section), error
    assert error["model"] == name and error.get("retry_after") == f.retry_after and KEY not in error["message"]
    assert events[-1]["type"] == "error" and events[-1]["code"] == f.code
    assert answer["text"] == f.text == text_of(enumerate(after_last_retry(events)))


def after_last_retry(events):
    """What a retry event makes void is left out."""
    last = max((i for i, e in enumerate(events) if e["type"] == "retry"), default=-1)
    return events[last + 1 :]


def test_what_hangs_is_let_go(table):
    for (_, _, mode), msgid in table.msgids.items():
        table.clients[mode].response(msgid)
    table.acts.wait_idle()


# -- the windows, one by one


@pytest.fixture
def acts():
    a = Acts(lambda asked: asked.echo() if asked.provider == "good" else asked.whole(400, TOO_LONG))
    yield a
    a.stop()


def configure(home, acts, extra="", **different):
    usual = {"api": "openai-chat", "key": KEY, "retries": RETRIES, "max_connections": 64}
    names = ("bad", "good")
    text = "".join(section(n, **usual, base_url=acts.base_url(n)) for n in names)
    home.write_config(acts.base_url("fake"), extra=text + extra, **different)


@pytest.mark.parametrize(
    "windows, asked",
    [
        ((1000, 2000), "good"),
        ((1000, 1001), "good"),
        ((1000, 1000), None),
        ((2000, 1000), None),
        ((1000, None), None),
        ((None, 1000), None),
        ((1000, 500, 3000), "good"),  # the next larger one, not the next
        ((1000, None, 3000), "good"),
    ],
)
@pytest.mark.parametrize("stream", [True, False])
def test_a_larger_window(home, acts, start_daemon, windows, asked, stream):
    names = [f"{'good' if i and i == len(windows) - 1 else 'bad'}/m{i}" for i in range(len(windows))]
    configure(home, acts, alias("all", *names))
    rows = [f'[model "w{i}"]\nnames = {names[i]}\ncontext_window = {w}\n' for i, w in enumerate(windows) if w]
    (home.config_dir / "models.ini").write_text("".join(rows))
    client = start_daemon().connect()
    error, answer = client.response(client.request("chat", {"model": "all", "prompt": PROMPT, "stream": stream}))
    assert acts.count("bad") == 1 and acts.count("good") == (asked == "good")
    if asked:
        assert (answer["provider"], answer["model"]) == ("good", names[-1].split("/")[1])
    else:
        assert error["code"] == "context_length_exceeded" and error["provider"] == "bad"


# -- the open breaker


@pytest.mark.parametrize("stream", [True, False])
def test_an_open_breaker(home, start_daemon, stream):
    acts = Acts(lambda asked: asked.echo(stream) if asked.provider == "good" else asked.error(500))
    configure(home, acts, alias("both", "bad/m", "good/m"), daemon={"breaker_failures": 2})
    try:
        client = start_daemon().connect()
        error, _ = client.response(client.request("chat", {"model": "bad/m", "prompt": PROMPT}))
        assert error["code"] == "unavailable" and acts.count("bad") == 2
        answer = client.call("chat", {"model": "both", "prompt": PROMPT, "stream": stream})
        assert (answer["provider"], answer["text"]) == ("good", PROMPT)
        assert acts.count("bad") == 2 and acts.count("good") == 1
        assert answer["timing"]["total_ms"] < 5000
        retries = [e for _, e in client.events(answer["answer"]) if e["type"] == "retry"]
        turns = [(e["provider"], e["error"]["code"], e["delay"]) for e in retries]
        assert turns == [("good", "unavailable", 0)] * stream
    finally:
        acts.stop()


# -- in time


def test_no_wait_beyond_the_deadline(home, start_daemon):
    """The next one is asked instead."""
    acts = Acts(lambda asked: asked.echo() if asked.provider == "good" else asked.error(503, retry_after=60))
    configure(home, acts, alias("both", "bad/m", "good/m"))
    try:
        client = start_daemon().connect()
        answer = client.call("chat", {"model": "both", "prompt": PROMPT, "timeout": 20})
        assert (answer["provider"], acts.count("bad")) == ("good", 1)
        error, _ = client.response(client.request("chat", {"model": "bad/m", "prompt": PROMPT, "timeout": 20}))
        assert (error["code"], error["retry_after"], acts.count("bad")) == ("overloaded", 60, 2)
    finally:
        acts.stop()


def test_cancelled_before_it_is_asked_again(home, start_daemon):
    acts = Acts(lambda asked: asked.echo() if asked.provider == "good" else asked.error(503, retry_after=60))
    configure(home, acts, alias("both", "bad/m", "good/m"))
    try:
        client = start_daemon().connect()
        msgid = client.request("chat", {"model": "both", "prompt": PROMPT, "stream": True})
        answer, _, event = client.wait_event("retry")
        assert event["delay"] == 60
        client.call("answer.cancel", {"answer": answer})
        assert client.response(msgid)[0]["code"] == "cancelled"
        wait_until(lambda: client.call("status")["answers"] == 0, "nothing runs")
        assert (acts.count("bad"), acts.count("good")) == (1, 0)
    finally:
        acts.stop()
