"""compare: one question to several models at once, each with an answer of its own."""

import pytest

from client import check_events, failure, is_event, kinds_of, text_of
from conftest import wait_until
from fault_provider import words_text
from helpers_cache import arm_of, asked
from helpers_flights import flying, stepped  # noqa: F401


def names(models):
    return [f"fake/{m}" for m in models]


def compare(client, *models, **params):
    """The msgid."""
    return client.request("compare", {"models": names(models), "prompt": "hello", **params})


def compared(client, *models, **params):
    """The answer maps."""
    return client.result(compare(client, *models, **params))["answers"]


# -- all of them


@pytest.mark.parametrize(
    "models", [["words-2", "echo", "words-3"], ["slow-2-200", "words-1"], ["words-1", "slow-2-200"], ["echo"]], ids=str
)
def test_answers_come_in_the_order_of_the_models(client, provider, models):
    answers = compared(client, *models)
    assert [a["model"] for a in answers] == models and asked(provider) == len(models)
    assert [a["state"] for a in answers] == ["done"] * len(models)
    assert len({a["answer"] for a in answers}) == len({a["key"] for a in answers}) == len(models)
    for a in answers:
        chat = client.call("chat", {"model": f"fake/{a['model']}", "prompt": "hello", "cache": "only"})
        assert chat["text"] == a["text"] and chat["key"] == a["key"], "an arm is asked as chat would ask it"


def test_the_model_beside_them_is_not_looked_at(client):
    (a,) = compared(client, "words-2", model="nobody/nothing")
    assert a["text"] == words_text(2)


def test_events_tell_whose_they_are(client):
    msgid = compare(client, "words-2", "slow-3-50", "echo", stream=True)
    answers = client.result(msgid)["answers"]
    assert client.log[-1][1] == msgid, "all events come before the response"
    for i, a in enumerate(answers):
        events = client.events(a["answer"])
        check_events(events)
        start = events[0][1]
        assert (start["model"], start["provider"], start["request"]) == (a["model"], "fake", msgid)
        assert start["arm"] == i
        assert text_of(events) == a["text"]
    assert {m[2][0] for m in client.log if is_event(m)} == {a["answer"] for a in answers}


def test_without_stream_there_are_no_events(client):
    compared(client, "words-2", "echo")
    assert len(client.log) == 1


def test_events_go_where_they_are_wanted(client):
    answers = compared(client, "words-1", "words-2", stream=True, notify={"method": "show", "args": ["x"]})
    notes = client.log[:-1]
    assert {m[1] for m in notes} == {"show"} and all(m[2][0] == "x" for m in notes)
    for a in answers:
        events = [tuple(m[2][1][1:]) for m in notes if m[2][1][0] == a["answer"]]
        check_events(events)
        assert text_of(events) == a["text"]


def test_they_are_asked_at_once(flying, stepped):  # noqa: F811
    client = flying.connect()
    msgid = compare(client, "a", "b", "c")
    stepped.call(2)
    for call in stepped.calls[::-1]:
        call.say(call.asked.model)
        call.end()
    assert [a["text"] for a in client.result(msgid)["answers"]] == ["a", "b", "c"]


def test_many_at_once_keep_nobody_from_being_heard(flying, stepped):  # noqa: F811
    client = flying.connect()
    ids = [client.request("compare", {"models": ["fake/a"], "prompt": f"q{i}", "cache": "off"}) for i in range(20)]
    assert client.call("status")["answers"] == 20
    (*_, last) = client.call("answer.list")
    client.call("answer.cancel", {"answer": last["answer"]})
    assert [a["state"] for a in client.result(ids[0])["answers"]] == ["cancelled"]


def test_the_same_model_twice_is_asked_once(client, provider):
    answers = compared(client, "slow-2-100", "words-1", "slow-2-100", stream=True)
    assert asked(provider) == 2
    assert [a["shared"] for a in answers] == [False, False, True]
    assert len({a["answer"] for a in answers}) == 3 and answers[0]["text"] == answers[2]["text"] == words_text(2)
    for i, a in enumerate(answers):
        events = client.events(a["answer"])
        check_events(events)
        assert events[0][1]["arm"] == i, "those on one log too"


def test_the_same_model_twice_and_asked_twice(client, provider):
    answers = compared(client, "count", "count", cache="off")
    assert {a["text"] for a in answers} == {"answer 1", "answer 2"} and asked(provider) == 2


def test_what_is_known_already(client, provider):
    client.result(client.chat("words-2"))
    answers = compared(client, "words-1", "words-2", stream=True)
    assert [a["cached"] for a in answers] == [False, True] and asked(provider) == 2
    events = client.events(answers[1]["answer"])
    check_events(events)
    assert events[0][1]["arm"] == 1
    assert all(a["cached"] for a in compared(client, "words-1", "words-2")) and asked(provider) == 2


# -- some of them fail


@pytest.mark.askd(provider={"retries": "0"})
@pytest.mark.parametrize("stream", [False, True])
def test_a_failure_is_told_beside_the_others(client, stream):
    answers = compared(client, "echo", "status-400", "error-in-stream-2", "words-2", stream=stream)
    assert [a["state"] for a in answers] == ["done", "failed", "failed", "done"]
    assert (answers[1]["error"]["code"], answers[1]["error"]["status"]) == ("invalid_request", 400)
    assert answers[2]["text"] == words_text(2) and "error" not in answers[0]
    assert client.call("answer.get", {"answer": answers[1]["answer"]})["state"] == "failed"
    if stream:
        for a in answers:
            check_events(client.events(a["answer"]))


@pytest.mark.askd(provider={"retries": "0"})
def test_all_may_fail(client):
    """They were begun: that none was answered is no error of compare."""
    answers = compared(client, "status-400", "status-404")
    assert [a["error"]["status"] for a in answers] == [400, 404]


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("model", ["nobody/m", "no-such-model"])
def test_a_model_that_is_not_there_is_a_failed_arm(client, model, stream):
    params = {"models": ["fake/words-1", model, "fake/words-2"], "prompt": "hello", "stream": stream}
    answers = client.call("compare", params)["answers"]
    assert [a["state"] for a in answers] == ["done", "failed", "done"]
    failed = answers[1]
    assert (failed["model"], failed["error"]["code"]) == (model, "not_found")
    assert failed["error"] == failure(client, "chat", {"model": model, "prompt": "hello"})
    if stream:
        events = client.events(failed["answer"])
        assert kinds_of(events) == ["start", "error"] and events[0][1]["model"] == model
        assert events[0][1]["arm"] == 1


def test_none_that_can_begin_is_an_error(client, provider):
    params = {"models": ["nobody/m", "no-such-model"], "prompt": "hello"}
    error = failure(client, "compare", params)
    assert (error["code"], error["param"]) == ("not_found", "model") and "nobody" in error["message"]
    assert asked(provider) == 0 and client.call("answer.list") == []


@pytest.mark.askd(daemon={"max_answers": "2"})
def test_those_over_max_answers_are_failed_arms(client):
    answers = compared(client, "slow-1-300", "slow-2-300", "slow-3-300")
    assert [a["state"] for a in answers] == ["done", "done", "failed"]
    assert answers[2]["error"]["code"] == "overloaded" and "max_answers" in answers[2]["error"]["message"]


@pytest.mark.parametrize(
    "params, param",
    [
        ({"models": []}, "models"),
        ({"models": "fake/echo"}, "models"),
        ({"models": ["fake/echo", ""]}, "models"),
        ({"models": ["fake/echo", 3]}, "models"),
        ({}, "models"),
        ({"models": ["fake/echo"], "prompt": 3}, "prompt"),
        ({"models": ["fake/echo"], "temperature": "hot"}, "temperature"),
        ({"models": ["fake/echo"], "messages": []}, "messages"),
        ({"models": ["fake/echo"], "notify": {"method": ""}}, "notify.method"),
    ],
    ids=str,
)
def test_what_is_refused(client, provider, params, param):
    error = failure(client, "compare", {"prompt": "hello", **params} if "messages" not in params else params)
    assert error["code"] == "invalid_request" and error["param"].startswith(param)
    assert asked(provider) == 0


@pytest.mark.askd(daemon={"max_compare": "3"})
def test_max_compare_at_its_edge(home, client, provider):
    assert len(compared(client, "words-1", "words-2", "words-3")) == 3
    error = failure(client, "compare", {"models": names(["echo"] * 4), "prompt": "hello"})
    assert (error["code"], error["param"]) == ("invalid_request", "models") and "max_compare (3)" in error["message"]
    assert asked(provider) == 3
    home.write_config(provider.base_url, daemon={"max_compare": "4"})
    client.call("config.reload")
    assert len(compared(client, "echo", "words-1", "words-2", "words-3")) == 4


# -- cancelled, detached, gone


def test_one_arm_is_cancelled(flying, stepped):  # noqa: F811
    client = flying.connect()
    msgid = compare(client, "a", "b", stream=True)
    for call in (stepped.call(0), stepped.call(1)):
        call.say("x ")
    arm = arm_of(client, "a")
    client.wait_for(lambda m: is_event(m) and m[2][0] == arm and m[2][2]["type"] == "text")
    client.call("answer.cancel", {"answer": arm})
    by_model = {c.asked.model: c for c in stepped.calls}
    by_model["a"].wait_gone()
    by_model["b"].end()
    a, b = client.result(msgid)["answers"]
    assert (a["state"], a["error"]["code"], a["text"]) == ("cancelled", "cancelled", "x ")
    assert (b["state"], b["text"]) == ("done", "x ")
    check_events(client.events(arm))


def test_all_arms_are_cancelled(client):
    msgid = compare(client, "hang-after-1", "hang-after-2", stream=True)
    for model in ("hang-after-1", "hang-after-2"):
        client.call("answer.cancel", {"answer": arm_of(client, model)})
    assert [a["state"] for a in client.result(msgid)["answers"]] == ["cancelled"] * 2


def test_a_call_is_cancelled_with_all_its_arms(client, provider):
    """Those on one log too, and those that have ended stay as they are."""
    msgid = compare(client, "hang-after-1", "hang-after-1", "hang-after-2", "words-1", conversation="new", stream=True)
    done = arm_of(client, "words-1")
    client.wait_for(lambda m: is_event(m) and m[2][0] == done and m[2][2]["type"] == "done")
    assert client.call("answer.cancel", {"request": msgid}) == {}
    assert [a["state"] for a in client.result(msgid)["answers"]] == ["cancelled"] * 3 + ["done"]
    provider.wait_aborted(2)


def test_each_arm_has_the_time(client):
    answers = compared(client, "hang-after-1", "words-2", timeout=0.4)
    assert [a["state"] for a in answers] == ["failed", "done"] and answers[0]["error"]["code"] == "timeout"


def test_detached_arms_are_told_at_once(daemon, client, provider):
    answers = compared(client, "slow-2-200", "hang-after-1", "words-1", detach=True, stream=True)
    assert [a["model"] for a in answers] == ["slow-2-200", "hang-after-1", "words-1"]
    assert answers[1]["state"] == "running" and not [m for m in client.log if is_event(m)]
    client.close()
    other = daemon.connect()
    assert other.call("answer.attach", {"answer": answers[0]["answer"]})["text"] == words_text(2)
    assert other.call("answer.get", {"answer": answers[1]["answer"]})["state"] == "running"
    other.call("answer.cancel", {"answer": answers[1]["answer"]})
    provider.wait_aborted()


def test_a_hang_up_ends_all_arms(daemon, client, provider):
    other = daemon.connect()
    compare(client, "hang-after-1", "hang-after-2", stream=True)
    provider.wait_requests(2)
    client.close()
    provider.wait_aborted(2)
    wait_until(lambda: other.call("status")["answers"] == 0, "nothing runs")
    assert other.call("chat", {"model": "fake/echo", "prompt": "and yet"})["text"] == "and yet"


def test_a_hang_up_when_one_has_ended(daemon, client, provider):
    other = daemon.connect()
    compare(client, "words-1", "hang-after-1", stream=True)
    done = arm_of(client, "words-1")
    client.wait_for(lambda m: is_event(m) and m[2][0] == done and m[2][2]["type"] == "done")
    provider.wait_requests(2)
    client.close()
    provider.wait_aborted()
    # Its events come before it is stored.
    wait_until(lambda: other.call("answer.get", {"answer": done})["state"] != "running", "it has ended")
    assert other.call("answer.get", {"answer": done})["state"] == "done"


def test_the_daemon_s_end_interrupts_the_arms(home, provider, start_daemon):
    home.write_config(provider.base_url, daemon={"drain_timeout": "300 ms"})
    daemon = start_daemon()
    client = daemon.connect()
    msgid = compare(client, "hang-after-1", "words-1", stream=True)
    arm_of(client, "hang-after-1")
    provider.wait_requests(2)
    daemon.signal(15)
    assert [a["state"] for a in client.result(msgid)["answers"]] == ["interrupted", "done"]
    assert daemon.wait() == 0
