"""What goes wrong at a provider, and what becomes of it: again or failed, the code, the text that is kept."""

import pytest

from client import check_events, outcome, retries_shown, text_of
from fault_provider import letters, words_text

MIB = 1 << 20
RETRIES = 2  # the default of the tests here: 1 + 2 requests


pytestmark = pytest.mark.askd(provider={"retries": str(RETRIES), "timeout_first_byte": "60", "timeout_idle": "60"})


@pytest.mark.parametrize(
    "behaviour, code, status",
    [
        ("status-408", "timeout", 408),
        ("status-409", "unavailable", 409),
        ("status-429", "rate_limited", 429),
        ("status-500", "unavailable", 500),
        ("status-502", "unavailable", 502),
        ("status-503", "overloaded", 503),
        ("status-529", "overloaded", 529),
        ("html-503", "overloaded", 503),
        ("reset-before-headers", "unavailable", None),
        ("reset-after-headers", "unavailable", None),
        ("close-before-headers", "unavailable", None),
        ("error-in-stream", "unavailable", None),
    ],
)
def test_asked_again(client, provider, behaviour, code, status):
    error, answer = outcome(client, behaviour)
    assert (error["code"], error.get("provider")) == (code, "fake")
    if status:
        assert error["status"] == status
    assert provider.stats()["requests"] == 1 + RETRIES
    assert len(answer["attempts"]) == 1 + RETRIES
    assert (answer["state"], answer["text"]) == ("failed", "")
    assert [e["provider"] for e in retries_shown(client)] == ["fake"] * RETRIES
    check_events(client.events())


@pytest.mark.parametrize(
    "behaviour, code, status",
    [
        ("status-400", "invalid_request", 400),
        ("status-401", "unauthenticated", 401),
        ("status-402", "budget_exceeded", 402),
        ("status-403", "permission_denied", 403),
        ("status-404", "not_found", 404),
        ("status-413", "too_large", 413),
        ("status-418", "invalid_request", 418),
        ("status-422", "invalid_request", 422),
        ("quota", "budget_exceeded", 429),
        ("context", "context_length_exceeded", 400),
        ("redirect", "bad_response", None),
        ("html", "bad_response", None),
        ("garbage", "bad_response", None),
        ("bad-json", "bad_response", None),
        ("bad-utf8", "bad_response", None),
    ],
)
def test_not_asked_again(client, provider, behaviour, code, status):
    error, answer = outcome(client, behaviour)
    assert (error["code"], error.get("provider")) == (code, "fake")
    if status:
        assert error["status"] == status
    assert provider.stats()["requests"] == 1
    assert answer["state"] == "failed" and answer["error"]["code"] == code
    assert retries_shown(client) == []


def test_message_of_the_provider_is_passed_on(client):
    error, _ = outcome(client, "status-400")
    assert "injected 400" in error["message"]


@pytest.mark.parametrize("behaviour", ["fail-1-then-ok", "fail-2-then-ok-429", "drop-1-then-ok", "drop-2-then-ok"])
def test_good_after_trouble(client, provider, behaviour):
    error, answer = outcome(client, behaviour)
    failures = int(behaviour.split("-")[1])
    assert error is None and answer["text"] == "hello"
    assert provider.stats()["requests"] == 1 + failures
    assert [bool(t.get("error")) for t in answer["attempts"]] == [True] * failures + [False]
    assert len(retries_shown(client)) == failures
    check_events(client.events())


def test_asked_again_over_a_new_connection(client, provider):
    """A connection that was kept may be as dead as the one that broke."""
    for msgid in [client.chat("slow-1-300", str(i)) for i in range(3)]:
        client.result(msgid)
    client.result(client.chat("drop-1-then-ok"))
    used = [r["connection"] for r in provider.stats()["last"]]
    assert len(used) == 5 and used[4] not in used[:4]


def test_provider_that_wants_to_be_asked_again(client, provider):
    error, _ = outcome(client, "should-retry-400")
    assert error["code"] == "invalid_request"
    assert provider.stats()["requests"] == 1 + RETRIES


@pytest.mark.askd(provider={"retries": "0"})
def test_no_retries(client, provider):
    assert outcome(client, "status-503")[0]["code"] == "overloaded"
    assert provider.stats()["requests"] == 1


def test_retry_after_is_waited_for(client, provider):
    msgid = client.chat("status-429-1", stream=True)
    error, _ = client.response(msgid)
    assert error["retry_after"] == 1
    assert all(e["delay"] >= 1 for e in retries_shown(client))
    assert provider.stats()["requests"] == 1 + RETRIES


def test_retry_after_beyond_the_deadline_is_not_waited_for(client, provider):
    error, _ = outcome(client, "status-429-3600", timeout=10)
    assert error["code"] in ("rate_limited", "timeout")
    assert provider.stats()["requests"] == 1


# -- after text: never again, and the text is kept


@pytest.mark.parametrize(
    "behaviour, code",
    [
        ("reset-after-3", "unavailable"),
        ("no-done-no-finish-3", "unavailable"),
        ("error-in-stream-3", "unavailable"),
    ],
)
def test_never_again_after_text(client, provider, behaviour, code):
    error, answer = outcome(client, behaviour)
    assert error["code"] == code
    assert provider.stats()["requests"] == 1
    assert (answer["state"], answer["text"]) == ("failed", words_text(3))
    events = client.events()
    check_events(events)
    assert text_of(events) == words_text(3)
    assert events[-1][1]["type"] == "error" and events[-1][1]["code"] == code


def test_stream_that_ends_before_any_text_is_asked_again(client, provider):
    error, _ = outcome(client, "no-done-no-finish-0")
    assert error is not None
    assert provider.stats()["requests"] == 1 + RETRIES


def test_restart_when_the_chat_says_so(client, provider):
    error, _ = outcome(client, "reset-after-3", retry="restart")
    assert error["code"] == "unavailable"
    assert provider.stats()["requests"] == 1 + RETRIES
    assert len(retries_shown(client)) == RETRIES


# -- timeouts: it may be paid for already


@pytest.mark.askd(provider={"retries": "2", "timeout_first_byte": "1"})
@pytest.mark.parametrize("behaviour", ["hang-headers", "hang-first"])
def test_first_byte_timeout(client, provider, behaviour):
    assert outcome(client, behaviour)[0]["code"] == "timeout"
    assert provider.stats()["requests"] == 1
    provider.wait_aborted()


@pytest.mark.askd(provider={"retries": "2", "timeout_idle": "1"})
def test_idle_timeout(client, provider):
    error, answer = outcome(client, "hang-after-3")
    assert error["code"] == "timeout"
    assert answer["text"] == words_text(3)
    assert provider.stats()["requests"] == 1
    provider.wait_aborted()


@pytest.mark.askd(provider={"timeout_idle": "2"})
def test_slow_is_not_idle(client):
    error, answer = outcome(client, "slow-30-100")
    assert error is None and answer["text"] == words_text(30)


@pytest.mark.askd(provider={"retries": "0", "base_url": "http://127.0.0.1:1/v1"})
def test_nobody_listens(client):
    assert outcome(client, "echo")[0]["code"] == "unavailable"


# -- odd, but allowed


@pytest.mark.parametrize("behaviour", ["gzip", "json", "comments", "no-done"])
def test_odd_but_allowed(client, provider, behaviour):
    error, answer = outcome(client, behaviour, "one two three")
    assert error is None
    assert (answer["text"], answer["finish_reason"]) == ("one two three", "stop")
    assert text_of(client.events()) == "one two three"
    assert provider.stats()["requests"] == 1


def test_answer_without_text(client):
    error, answer = outcome(client, "usage-only")
    assert error is None
    assert (answer["text"], answer["finish_reason"]) == ("", "stop")
    assert answer["usage"]["input_tokens"] == 1


def test_big_event_below_the_bound(client):
    error, answer = outcome(client, f"big-event-{14 * MIB}")
    assert error is None and answer["text"] == letters(14 * MIB)


def test_big_event_over_the_bound(client, provider):
    error, _ = outcome(client, f"big-event-{17 * MIB}")
    assert error["code"] in ("bad_response", "too_large")
    assert provider.stats()["requests"] == 1


def test_trouble_of_one_question_is_not_that_of_another(client):
    bad = [client.chat(b) for b in ("reset-after-3", "html", "garbage", "bad-json")]
    good = [client.chat("words-50", str(i)) for i in range(8)]
    assert all(client.response(m)[0] for m in bad)
    assert all(client.result(m)["text"] == words_text(50) for m in good)


@pytest.mark.askd(provider={"retries": 2})
def test_retry_after_of_a_day_is_told_not_waited_for(client, provider):
    error, _ = outcome(client, "status-429-86400")
    assert error["code"] == "rate_limited" and error["retry_after"] == 86400


@pytest.mark.askd(provider={"max_connections": 1, "timeout_first_byte": "1500 ms"})
def test_waiting_for_a_turn_is_not_the_providers_time(client):
    first = client.chat("slow-20-100")
    second = client.chat("slow-20-101")
    assert client.response(first)[0] is None
    assert client.response(second)[0] is None


@pytest.mark.askd(extra='[provider "elsewhere"]\napi = openai-chat\nbase_url = http://elsewhere.invalid/v1\n')
def test_a_server_that_wants_no_key_is_asked(client):
    error, _ = client.response(client.request("chat", {"model": "elsewhere/m", "prompt": "x"}))
    assert error["code"] == "unavailable"
