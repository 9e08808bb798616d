"""chat and answer.*: an answer is a log, and every way to read it is a cursor on that log."""

import time

import pytest

from client import RESPONSE, check_events, failure, is_event, text_of
from conftest import KEY, wait_until
from fault_provider import UTF8_TEXT, letters, words_text

MIB = 1 << 20


def start_of(client, msgid):
    """The id of the answer that a streaming chat made."""
    answer, seq, event = client.wait_for(lambda m: is_event(m) and m[2][2].get("request") == msgid)[2]
    assert (seq, event["type"]) == (0, "start")
    return answer


def state_of(client, answer):
    return client.call("answer.get", {"answer": answer})["state"]


# -- one question, one answer


def test_stream(client):
    msgid = client.chat("words-20", stream=True)
    answer = client.result(msgid)
    events = client.events(answer["answer"])
    check_events(events)
    assert text_of(events) == answer["text"] == words_text(20)
    assert events[-1][1] == {"type": "done", "finish_reason": "stop"}


def test_stream_of_many_events(client):
    a = client.result(client.chat("words-50000", stream=True))
    check_events(client.events())
    assert text_of(client.events()) == a["text"] == words_text(50000)


def test_start_comes_first_and_says_whose_it_is(client):
    msgid = client.chat("words-3", stream=True)
    client.result(msgid)
    start = client.events()[0][1]
    assert start["type"] == "start"
    assert start["request"] == msgid
    assert start["model"] and start["provider"] == "fake"
    assert start["cached"] is False and start["shared"] is False


def test_every_event_comes_before_the_response(client):
    client.result(client.chat("words-200", stream=True))
    assert client.log[-1][0] == RESPONSE
    client.call("status")  # whatever came late would have come by now
    assert [m[0] for m in client.log].index(RESPONSE) == len(client.log) - 2


def test_answer_map(client):
    a = client.result(client.chat("echo", "one two three"))
    assert a["state"] == "done"
    assert a["text"] == "one two three"
    assert a["finish_reason"] == "stop"
    assert a["provider"] == "fake" and a["model"]
    assert a["cached"] is False and a["shared"] is False
    assert a["usage"]["input_tokens"] == 3 and a["usage"]["output_tokens"] == 3
    assert "reasoning_tokens" not in a["usage"], "a figure that the provider did not give is absent"
    assert [(t["provider"], t.get("error")) for t in a["attempts"]] == [("fake", None)]
    timing = a["timing"]
    assert 0 <= timing["queued_ms"] <= timing["first_token_ms"] <= timing["total_ms"]
    assert a.get("error") is None


def test_without_stream_there_are_no_events(client):
    client.result(client.chat("words-20"))
    assert len(client.log) == 1


def test_default_model(client, provider):
    assert client.call("chat", {"prompt": "hi"})["text"] == "hi"
    assert provider.bodies()[0]["model"] == "echo"


def test_messages_and_system_reach_the_provider(client, provider):
    messages = [
        {"role": "user", "content": "a"},
        {"role": "assistant", "content": "b"},
        {"role": "user", "content": [{"type": "text", "text": "c"}]},
    ]
    assert client.call("chat", {"model": "fake/echo", "messages": messages, "system": "be brief"})["text"] == "c"
    sent = provider.bodies()[0]["messages"]
    assert [m["role"] for m in sent] == ["system", "user", "assistant", "user"]
    assert sent[0]["content"] == "be brief"


def test_parameters_reach_the_provider(client, provider):
    client.result(client.chat("echo", temperature=0.5, top_p=0.9, stop="END", seed=7, extra={"user": "u1"}))
    body = provider.bodies()[0]
    assert (body["temperature"], body["top_p"], body["seed"], body["user"]) == (0.5, 0.9, 7, "u1")
    assert body["stop"] in ("END", ["END"])


def test_key_is_sent_as_bearer(client, provider):
    client.result(client.chat("echo"))
    assert provider.stats()["last"][0]["headers"]["authorization"] == f"Bearer {KEY}"


def test_connection_is_kept(client, provider):
    for _ in range(3):
        client.result(client.chat("echo", cache="off"))
        # The answer's end may come some time before that of the response that brought it.
        wait_until(lambda: client.call("status")["http"]["active"] == 0, "the response has ended")
    assert len({r["connection"] for r in provider.stats()["last"]}) == 1


def test_requests_of_one_connection_run_concurrently(client):
    slow = client.chat("hang-headers", detach=False)
    fast = client.chat("echo")
    assert client.result(fast)["text"] == "hello"
    assert not any(m[0] == RESPONSE and m[1] == slow for m in client.log)


def test_text_events_hold_whole_characters(client):
    msgid = client.chat("split-utf8", stream=True)
    assert client.result(msgid)["text"] == UTF8_TEXT
    assert text_of(client.events()) == UTF8_TEXT


def test_tool_calls(client):
    a = client.result(client.chat("tools", stream=True))
    assert [(c["id"], c["name"], c["arguments"]) for c in a["tool_calls"]] == [
        ("call_0", "weather", '{"city": "Z\\u00fcrich"}'),
        ("call_1", "time", '{"city": "Z\\u00fcrich"}'),
    ]
    assert a["finish_reason"] == "tool_calls"
    fragments = {0: "", 1: ""}
    for _, e in client.events():
        if e["type"] == "tool_call":
            fragments[e["index"]] += e["arguments"]
    assert set(fragments.values()) == {'{"city": "Z\\u00fcrich"}'}


def test_reasoning(client):
    a = client.result(client.chat("reasoning", stream=True))
    assert (a["reasoning"], a["text"]) == ("First think.", "Then answer.")
    assert "".join(e["text"] for _, e in client.events() if e["type"] == "reasoning") == "First think."


@pytest.mark.parametrize("model, finish, text", [("length", "length", "hello"), ("refusal", "refusal", "I will not.")])
def test_finish_reason(client, model, finish, text):
    a = client.result(client.chat(model))
    assert (a["state"], a["finish_reason"], a["text"]) == ("done", finish, text)


def test_notify(client):
    args = ["require('askd').on_event(...)", [1, "two"]]
    msgid = client.chat("words-3", stream=True, notify={"method": "nvim_exec_lua", "args": args})
    a = client.result(msgid)
    notes = [m for m in client.log if m[0] != RESPONSE]
    assert {m[1] for m in notes} == {"nvim_exec_lua"}
    assert all(m[2][:-1] == args for m in notes)
    assert all(m[2][-1][0] == a["answer"] for m in notes)
    events = [tuple(m[2][-1][1:]) for m in notes]
    check_events(events)
    assert text_of(events) == words_text(3)


# -- what is refused


@pytest.mark.parametrize(
    "params, param",
    [
        ({"prompt": 5}, "prompt"),
        ({"messages": "x"}, "messages"),
        ({"prompt": "x", "model": 5}, "model"),
        ({"prompt": "x", "system": 5}, "system"),
        ({"prompt": "x", "temperature": "hot"}, "temperature"),
        ({"prompt": "x", "max_tokens": -1}, "max_tokens"),
        ({"prompt": "x", "max_tokens": 1.5}, "max_tokens"),
        ({"prompt": "x", "stop": 5}, "stop"),
        ({"prompt": "x", "timeout": "soon"}, "timeout"),
        ({"prompt": "x", "cache": "maybe"}, "cache"),
        ({"prompt": "x", "stream": "yes"}, "stream"),
        ({"prompt": "x", "tools": 5}, "tools"),
        ({"prompt": "x", "notify": 5}, "notify"),
        ({"prompt": "x", "extra": 5}, "extra"),
        ({"prompt": "x", "extra": {"model": "other"}}, "extra.model"),
        ({"prompt": "x", "extra": {"stream": False}}, "extra.stream"),
        ({"prompt": "x", "extra": {"n": 2}}, "extra.n"),
        ({"prompt": "x", "extra": {"service_tier": "priority"}}, "extra.service_tier"),
    ],
    ids=str,
)
def test_wrong_parameter_is_named(client, provider, params, param):
    error = failure(client, "chat", params)
    assert (error["code"], error["param"]) == ("invalid_request", param)
    assert provider.stats()["requests"] == 0


@pytest.mark.parametrize(
    "message",
    [
        {"role": "emperor", "content": "x"},
        {"role": "user", "content": 5},
        {"role": "user", "content": [{"type": "hologram"}]},
        {"role": "user", "content": [{"type": "image", "path": "/etc/passwd"}]},
    ],
    ids=str,
)
def test_wrong_message_is_named(client, message):
    error = failure(client, "chat", {"messages": [message]})
    assert error["code"] == "invalid_request"
    assert error["param"].startswith("messages[0]")


@pytest.mark.parametrize("params", [{}, {"prompt": "x", "messages": [{"role": "user", "content": "y"}]}], ids=str)
def test_one_of_prompt_and_messages(client, params):
    assert failure(client, "chat", params)["code"] == "invalid_request"


def test_cache_only_misses(client, provider):
    assert failure(client, "chat", {"prompt": "x", "cache": "only"})["code"] == "not_found"
    assert provider.stats()["requests"] == 0


@pytest.mark.parametrize("model", ["nobody/echo", "no-such-model"])
def test_model_that_nobody_has(client, model):
    error = failure(client, "chat", {"model": model, "prompt": "x"})
    assert error["code"] == "not_found"
    assert model in error["message"]
    assert ("no provider nobody for" in error["message"]) == ("/" in model)


@pytest.mark.parametrize("method", ["answer.get", "answer.attach", "answer.cancel"])
def test_answer_that_is_not_there(client, method):
    assert failure(client, method, {"answer": "no such answer"})["code"] == "not_found"
    assert failure(client, method, {})["code"] == "invalid_request"


# -- answers outlive their askers


def test_detach(client):
    reply = client.result(client.chat("slow-10-20", detach=True))
    assert set(reply) == {"answer"}
    a = client.call("answer.attach", {"answer": reply["answer"]})
    events = client.events(reply["answer"])
    check_events(events)
    assert a["state"] == "done"
    assert text_of(events) == a["text"] == words_text(10)


def test_client_that_vanishes_aborts_at_the_provider(daemon, provider):
    client = daemon.connect()
    client.chat("hang-after-2", stream=True)
    client.wait_event("text")
    client.close()
    provider.wait_aborted()


def test_detached_answer_outlives_its_client(daemon, provider):
    client = daemon.connect()
    answer = client.result(client.chat("slow-30-30", detach=True))["answer"]
    client.close()
    other = daemon.connect()
    other.call("answer.attach", {"answer": answer, "from": 5})
    events = other.events(answer)
    check_events(events, first=5)
    whole = daemon.connect()
    a = whole.call("answer.attach", {"answer": answer})
    assert whole.events(answer)[5:] == events
    assert a["text"] == words_text(30)
    assert provider.stats()["aborted"] == 0


def test_attach_says_the_request_that_made_it(daemon, client):
    msgid = client.request("chat", {"model": "fake/echo", "prompt": "hi"}, msgid=4711)
    answer = client.result(msgid)["answer"]
    other = daemon.connect()
    other.call("answer.attach", {"answer": answer})
    assert other.events()[0][1]["request"] == 4711


def test_attach_without_stream(daemon, client):
    answer = client.result(client.chat("echo"))["answer"]
    other = daemon.connect()
    assert other.call("answer.attach", {"answer": answer, "stream": False})["text"] == "hello"
    assert len(other.log) == 1


def test_attach_with_notify(daemon, client):
    answer = client.result(client.chat("echo"))["answer"]
    other = daemon.connect()
    other.call("answer.attach", {"answer": answer, "notify": {"method": "on_event", "args": [1]}})
    notes = [m for m in other.log if m[0] != RESPONSE]
    assert notes and all(m[1] == "on_event" and m[2][0] == 1 for m in notes)


def test_attach_beyond_the_end_of_a_finished_answer(client):
    answer = client.result(client.chat("echo"))["answer"]
    assert client.call("answer.attach", {"answer": answer, "from": 1000})["state"] == "done"
    assert client.events() == []


def test_attach_beyond_the_end_of_a_running_answer_waits(daemon, client):
    answer = client.result(client.chat("hang-after-1", detach=True))["answer"]
    attached = client.request("answer.attach", {"answer": answer, "from": 1000})
    assert client.call("answer.get", {"answer": answer})["state"] == "running"
    assert not any(m[0] == RESPONSE and m[1] == attached for m in client.log)
    daemon.connect().call("answer.cancel", {"answer": answer})
    error, _ = client.response(attached)
    assert error["code"] == "cancelled"


@pytest.mark.parametrize("start", [-1, "x"])
def test_attach_from_what_is_no_number(client, start):
    answer = client.result(client.chat("echo"))["answer"]
    error = failure(client, "answer.attach", {"answer": answer, "from": start})
    assert (error["code"], error["param"]) == ("invalid_request", "from")


def test_attach_to_a_failed_answer_ends_in_its_error(client):
    error, _ = client.response(client.chat("status-400"))
    again = failure(client, "answer.attach", {"answer": error["answer"]})
    assert again["code"] == error["code"] == "invalid_request"


def test_two_cursors_on_one_answer(daemon, client, provider):
    msgid = client.chat("slow-20-20", stream=True)
    answer = start_of(client, msgid)
    other = daemon.connect()
    second = other.request("answer.attach", {"answer": answer})
    assert client.result(msgid)["text"] == other.result(second)["text"] == words_text(20)
    assert client.events(answer) == other.events(answer)
    assert provider.stats()["requests"] == 1


def test_get_of_a_running_answer(client):
    answer = client.result(client.chat("hang-after-3", detach=True))["answer"]
    a = wait_until(
        lambda: (r := client.call("answer.get", {"answer": answer}))["text"] == words_text(3) and r,
        "three words are there",
    )
    assert a["state"] == "running"


def test_list(client):
    first = client.result(client.chat("echo", "first"))["answer"]
    client.response(client.chat("status-400"))
    running = client.result(client.chat("hang-headers", detach=True))["answer"]
    rows = client.call("answer.list")
    assert [r["state"] for r in rows] == ["running", "failed", "done"]
    assert (rows[0]["answer"], rows[2]["answer"]) == (running, first)
    assert "error" in rows[1] and "first" in rows[2]["preview"]
    assert rows[0]["started"] >= rows[2]["started"] > 1e9
    assert [r["answer"] for r in client.call("answer.list", {"state": "running"})] == [running]


# -- cancelling


def test_cancel(daemon, client, provider):
    msgid = client.chat("hang-after-2", stream=True)
    answer = start_of(client, msgid)
    client.wait_event("text")
    assert daemon.connect().call("answer.cancel", {"answer": answer}) == {}
    error, _ = client.response(msgid)
    assert (error["code"], error["answer"]) == ("cancelled", answer)
    provider.wait_aborted()
    a = client.call("answer.get", {"answer": answer})
    assert (a["state"], a["error"]["code"]) == ("cancelled", "cancelled")
    assert words_text(2).startswith(a["text"]) and a["text"]


def test_cancel_by_the_request(daemon, client, provider):
    """Of this connection's calls alone: another one's may have the same number."""
    other = daemon.connect()
    msgid, others = client.chat("hang-after-2"), other.chat("hang-after-1")
    assert msgid == others
    provider.wait_requests(2)
    assert client.call("answer.cancel", {"request": msgid}) == {}
    assert client.response(msgid)[0]["code"] == "cancelled"
    provider.wait_aborted()
    assert client.call("answer.cancel", {"request": msgid}) == {}, "there is none any more"
    assert [a["model"] for a in client.call("answer.list", {"state": "running"})] == ["hang-after-1"]
    other.call("answer.cancel", {"request": others})
    assert other.response(others)[0]["code"] == "cancelled"


def test_cancel_by_the_request_is_for_who_asked(daemon, client):
    answer = start_of(client, client.chat("hang-after-2", stream=True))
    other = daemon.connect()
    msgid = other.request("answer.attach", {"answer": answer})
    other.wait_event("text")
    assert other.call("answer.cancel", {"request": msgid}) == {}
    assert state_of(client, answer) == "running"


@pytest.mark.parametrize("request_", [-1, "x"])
def test_cancel_by_what_is_no_request(client, request_):
    error = failure(client, "answer.cancel", {"request": request_})
    assert (error["code"], error["param"]) == ("invalid_request", "request")


def test_cancel_of_a_finished_answer_changes_nothing(client):
    answer = client.result(client.chat("echo"))["answer"]
    assert client.call("answer.cancel", {"answer": answer}) == {}
    assert state_of(client, answer) == "done"


def test_timeout_of_the_asker(client, provider):
    error, _ = client.response(client.chat("hang-headers", timeout=0.3))
    assert error["code"] == "timeout"
    provider.wait_aborted()


# -- slow readers


def test_slow_reader_delays_nobody_and_is_caught_up(daemon):
    slow = daemon.connect(receive_buffer=4096)
    msgid = slow.chat("text-4000000", stream=True)
    answer = start_of(slow, msgid)  # and reads no more
    other = daemon.connect()
    a = other.call("answer.attach", {"answer": answer})
    assert a["text"] == letters(4000000)
    assert text_of(other.events(answer)) == a["text"]
    assert other.result(other.chat("echo"))["text"] == "hello"
    assert slow.result(msgid)["text"] == a["text"]
    assert slow.events(answer) == other.events(answer)


def test_long_answer_to_a_reader_that_stalls(daemon):
    slow, other = daemon.connect(receive_buffer=4096), daemon.connect()
    size = 10 * MIB
    msgid = slow.chat(f"text-{size}-65536", stream=True)
    answer = start_of(slow, msgid)
    wait_until(lambda: state_of(other, answer) == "done", "the answer is done though nobody reads it")
    assert slow.result(msgid)["text"] == letters(size)
    events = slow.events(answer)
    check_events(events)
    assert text_of(events) == letters(size)


# -- bounds


@pytest.mark.askd(daemon={"max_answer": "1 MiB"})
def test_max_answer(client, provider):
    msgid = client.chat(f"text-{3 * MIB}", stream=True)
    error, _ = client.response(msgid)
    assert error["code"] == "too_large" and "max_answer" in error["message"]
    a = client.call("answer.get", {"answer": error["answer"]})
    assert a["state"] == "failed"
    assert a["text"] and letters(3 * MIB).startswith(a["text"])
    assert text_of(client.events()) == a["text"]


@pytest.mark.askd(daemon={"max_answer": "1 MiB", "answer_memory": "2 MiB"})
def test_answer_memory(client, provider):
    for _ in range(8):
        error, reply = client.response(client.chat("hold-700000", detach=True, cache="off"))
        if error:
            break
        wait_until(
            lambda: len(client.call("answer.get", {"answer": reply["answer"]})["text"]) == 700000, "the text is there"
        )
    assert error and error["code"] == "overloaded" and "answer_memory" in error["message"]
    running = client.call("answer.list", {"state": "running"})
    client.call("answer.cancel", {"answer": running[0]["answer"]})
    assert client.result(client.chat("echo"))["text"] == "hello"


@pytest.mark.askd(daemon={"max_answers": "2"})
def test_max_answers(client):
    held = [client.result(client.chat("hang-headers", detach=True, cache="off"))["answer"] for _ in range(2)]
    error, _ = client.response(client.chat("echo"))
    assert error["code"] == "overloaded" and "max_answers" in error["message"]
    client.call("answer.cancel", {"answer": held[0]})
    assert client.result(client.chat("echo"))["text"] == "hello"


def fill(client, bound):
    """Requests up to the bound, all of which wait for one answer; then one more."""
    answer = client.result(client.chat("hang-headers", detach=True))["answer"]
    waiting = [client.request("answer.attach", {"answer": answer, "from": 1000}) for _ in range(bound)]
    error, _ = client.response(client.request("answer.attach", {"answer": answer, "from": 1000}))
    return answer, waiting, error


@pytest.mark.parametrize(
    "bound",
    [pytest.param(8, marks=pytest.mark.askd(daemon={"max_requests": "8"})), 1024],
    ids=["configured", "default"],
)
def test_requests_in_flight_on_a_connection(daemon, client, bound):
    answer, waiting, error = fill(client, bound)
    assert error["code"] == "overloaded" and "max_requests" in error["message"]
    other = daemon.connect()
    assert other.result(other.chat("echo"))["text"] == "hello"
    other.call("answer.cancel", {"answer": answer})
    assert {client.response(w)[0]["code"] for w in waiting} == {"cancelled"}
    client.call("status")


@pytest.mark.askd(daemon={"retain_max": "2"})
def test_retain_max(client):
    answers = [client.result(client.chat("echo", str(i)))["answer"] for i in range(4)]
    assert [r["answer"] for r in client.call("answer.list")] == answers[:1:-1]
    assert failure(client, "answer.get", {"answer": answers[0]})["code"] == "not_found"
    assert state_of(client, answers[3]) == "done"


@pytest.mark.askd(daemon={"retain": "1"})
def test_retain(client):
    answer = client.result(client.chat("echo"))["answer"]
    wait_until(lambda: client.response(client.request("answer.get", {"answer": answer}))[0], "the answer is forgotten")
    assert failure(client, "answer.get", {"answer": answer})["code"] == "not_found"


@pytest.mark.askd(daemon={"detached_limit": "1"})
def test_detached_limit(client, provider):
    answer = client.result(client.chat("hang-headers", detach=True))["answer"]
    provider.wait_aborted()
    wait_until(lambda: state_of(client, answer) != "running", "the answer has ended")


@pytest.mark.askd(daemon={"detached_limit": "1"})
def test_detached_limit_is_not_for_answers_that_are_read(daemon, client):
    answer = client.result(client.chat("slow-30-100", detach=True))["answer"]
    begun = time.monotonic()
    a = client.call("answer.attach", {"answer": answer})
    assert a["state"] == "done" and a["text"] == words_text(30)
    assert time.monotonic() - begun > 1, "the limit had passed"


def test_notify_is_bounded(client):
    error, _ = client.response(client.chat("echo", stream=True, notify={"method": "m", "args": ["y" * 70000]}))
    assert error["code"] == "invalid_request" and error["param"] == "notify"
    assert client.response(client.chat("echo"))[0] is None


def test_a_question_in_an_unknown_conversation_begins_and_fails(client):
    """Its events are whole, though nobody was asked."""
    never = "01890000-0000-7000-8000-000000000000"
    error, _ = client.response(client.chat("echo", "x", stream=True, conversation=never))
    assert error["code"] == "not_found"
    events = [m[2][2] for m in client.log if m[:2] == [2, "answer.event"]]
    assert [e["type"] for e in events] == ["start", "error"] and events[0]["provider"] == "fake"
