"""Recorded exchanges through the whole daemon, at any chunking: what comes out must be what others read in them."""

import json
import re

import pytest

from client import check_events, text_of
from replayed import INDEX, NONE, RECORDINGS, read, replay_port, section, start  # noqa: F401 (a fixture)

CUTS = {
    "whole": "chunk=all",
    "bytes": "chunk=1",
    "random 1": "chunk=1-40;seed=1",
    "random 2": "chunk=1-200;seed=2",
    # All that a proxy may do on the way.
    "disguised": "chunk=1-40;seed=3;crlf=1;bom=1;comment=keep-alive;gzip=1;split=1;close=1",
}
# Whose calls come as JSON, or may: what is compared is what the text means.
OBJECTS = ("gemini", "ollama-chat")

STATUS_CODES = {
    400: "invalid_request",
    401: "unauthenticated",
    402: "budget_exceeded",
    403: "permission_denied",
    404: "not_found",
    408: "timeout",
    409: "unavailable",
    413: "too_large",
    429: "rate_limited",
    503: "overloaded",
    529: "overloaded",
}
BY_NAME = {
    "insufficient_quota": "budget_exceeded",
    "context_length_exceeded": "context_length_exceeded",
    "content_filter": "content_filtered",
    "invalid_api_key": "unauthenticated",
    "model_not_found": "not_found",
    "rate_limit_exceeded": "rate_limited",
    "server_error": "unavailable",
    "overloaded_error": "overloaded",
}
# What some say in words alone.
BY_WORDS = {
    "credit balance is too low": "budget_exceeded",
    "maximum context length": "context_length_exceeded",
    "API key not valid": "unauthenticated",
}
# Where `expect` is wrong: its message-end tells usage.tokens.reasoning_tokens.
WRONG_USAGE = {
    "cohere_cohere-v2_chat-with-extended-thinking-cohere-command-a-reasoning-0_0": {"reasoning_tokens": 2463},
}
USAGE = {
    "input_tokens": "input_total",
    "output_tokens": "output_total",
    "cached_input_tokens": "cached_input",
    "cache_write_tokens": "cache_write",
    "reasoning_tokens": "reasoning",
}


def title(name):
    return f"r{RECORDINGS.index(name)}"


@pytest.fixture(scope="module", params=CUTS)
def replay_daemon(request, replay_port):  # noqa: F811
    """One for each way to cut; a configuration holds no more sections than that takes."""
    lines = []
    for name in RECORDINGS:
        lines += section(title(name), name, replay_port, CUTS[request.param])
    yield from start(lines)


def expected_code(error):
    for name in (error.get("code"), error.get("type")):
        if name in BY_NAME:
            return BY_NAME[name]
    for words, code in BY_WORDS.items():
        if words in (error.get("message") or ""):
            return code
    status = error.get("status")
    if status is None:  # inside a 200
        return "invalid_request" if error.get("type") == "invalid_request_error" else "bad_response"
    return STATUS_CODES.get(status, "unavailable" if status >= 500 else "invalid_request")


def expected_finish(expect):
    if expect["tool_calls"] and expect["finish_normalized"] in ("stop", None):
        return "tool_calls"
    return expect["finish_normalized"]


def compare_error(expect, error):
    assert error is not None, "the answer is good though the recording is an error"
    assert error["code"] == expected_code(expect["error"])
    if expect["error"].get("status"):
        assert error["status"] == expect["error"]["status"]
    message = expect["error"].get("message")
    if message:
        assert " ".join(message.split())[:100] in error["message"]


def compare_calls(api, expect, answer):
    calls = answer.get("tool_calls") or []
    assert [c["name"] for c in calls] == [c["name"] for c in expect["tool_calls"] or []]
    for want, got in zip(expect["tool_calls"] or [], calls):
        if want["id"]:  # to one without, the daemon may give one
            assert got["id"] == want["id"]
        if want.get("arguments_json") is not None:
            assert json.loads(got["arguments"] or "{}") == want["arguments_json"]
        elif api not in OBJECTS:
            assert got["arguments"] == want["arguments"]


def expected_words(expect, answer):
    """Text and reasoning: `expect` leaves <think> in the text, which dialects whose row says so split off."""
    text, reasoning = (expect["text"] or "") + (expect["refusal"] or ""), expect["reasoning"] or ""
    thought = re.match(r"\s*<think>(.*?)(?:</think>\s*(.*)|$)", text, re.S)
    if thought and answer.get("reasoning"):
        return thought[2] or "", thought[1]
    return text, reasoning


def compare_usage(name, expect, answer):
    usage, provider = answer.get("usage") or {}, INDEX[name][1]
    want = {k: (expect["usage"] or {}).get(v) for k, v in USAGE.items()}
    want.update(WRONG_USAGE.get(name, {}))
    got = {k: usage.get(k) for k in USAGE}
    # Grok on Azure reports more cached tokens than input.
    if provider == "azure" and (want["cached_input_tokens"] or 0) > (want["input_tokens"] or 0):
        del want["cached_input_tokens"], want["input_tokens"], got["cached_input_tokens"], got["input_tokens"]
    assert got == want


def compare_answer(name, expect, answer):
    assert (answer["text"], answer.get("reasoning") or "") == expected_words(expect, answer)
    compare_calls(INDEX[name][0], expect, answer)
    finish = expected_finish(expect)
    if finish not in (None, "error"):
        assert answer["finish_reason"] == finish
    if not (answer.get("usage") or {}).get("estimated"):
        compare_usage(name, expect, answer)


@pytest.mark.parametrize("name", RECORDINGS or NONE)
def test_recording(replay_daemon, name):
    expect = read(name)["expect"]
    model = f"{title(name)}/recorded"
    with replay_daemon.connect() as client:
        error, answer = client.response(client.request("chat", {"model": model, "prompt": "x", "stream": True}))
        events = client.events()
    check_events(events)
    if expect["outcome"] != "ok":
        compare_error(expect, error)
        return
    assert error is None, error
    compare_answer(name, expect, answer)
    assert text_of(events) == answer["text"]
