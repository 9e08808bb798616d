"""Where the time of an answer went: timing in its map, and the line of one that was slow."""

import re

import pytest

from conftest import wait_until

SLOW = re.compile(r"took ([\d.]+) s: (.*)")


def ask(client, model, prompt="x", **params):
    return client.call("chat", {"model": f"fake/{model}", "prompt": prompt, "cache": "off", **params})


def slow_lines(daemon):
    return [line for line in daemon.stderr().splitlines() if SLOW.search(line)]


def parts(line):
    """{what: seconds}"""
    return {what.strip(): float(s) for what, s in re.findall(r"([a-z ]+?) ([\d.]+) s(?:,|$| \()", SLOW.search(line)[2])}


def test_where_the_time_went(client):
    a = ask(client, "slow-3-100")
    t = a["timing"]
    assert t["queued_ms"] + t["connect_ms"] + t["provider_ms"] == pytest.approx(t["total_ms"], abs=20)
    assert t["provider_ms"] > 200 and 0 < t["connect_ms"] < 100
    assert t["first_token_ms"] < t["total_ms"]
    assert client.call("answer.get", {"answer": a["answer"]}) == a, "what comes after the end is not in it"
    assert "retried_ms" not in t
    t = ask(client, "echo")["timing"]
    assert "connect_ms" not in t, "the connection was there"


@pytest.mark.askd(provider={"retries": 2})
def test_what_was_tried_before_is_told_apart(client):
    t = ask(client, "fail-1-then-ok")["timing"]
    assert t["queued_ms"] + t["retried_ms"] + t["provider_ms"] == pytest.approx(t["total_ms"], abs=20)
    assert t["retried_ms"] > 0


def test_who_comes_aboard_later_has_its_own_times(daemon, client, provider):
    other = daemon.connect()
    first = client.request("chat", {"model": "fake/slow-4-150", "prompt": "x"})
    provider.wait_requests(1)
    shared = other.call("chat", {"model": "fake/slow-4-150", "prompt": "x"})
    _, own = client.response(first)
    assert shared["shared"] and "connect_ms" not in shared["timing"]
    assert shared["timing"]["provider_ms"] <= shared["timing"]["total_ms"] + 1
    assert shared["timing"]["total_ms"] < own["timing"]["total_ms"]


def test_what_is_cached_has_a_total_alone(client):
    client.call("chat", {"model": "fake/echo", "prompt": "x"})
    again = client.call("chat", {"model": "fake/echo", "prompt": "x"})
    assert again["cached"] and list(again["timing"]) == ["total_ms"]


@pytest.mark.askd(daemon={"slow_question": "700 ms"})
def test_a_slow_one_is_told(daemon, client):
    ask(client, "echo")
    a = ask(client, "slow-3-500")
    [line] = slow_lines(daemon)
    assert a["answer"] in line and "fake/slow-3-500" in line
    took = parts(line)
    assert took["provider"] > 0.4 and took["queued"] < 0.3 and {"store", "reader"} <= set(took)
    assert float(SLOW.search(line)[1]) == pytest.approx(
        sum(v for k, v in took.items() if k != "first token after"), abs=0.2)


@pytest.mark.askd(daemon={"slow_question": "300 ms"})
def test_one_that_nobody_waits_for_is_told_too(daemon, client):
    a = client.call("chat", {"model": "fake/slow-8-200", "prompt": "x", "detach": True})
    wait_until(lambda: slow_lines(daemon), "the line of a slow answer")
    [line] = slow_lines(daemon)
    assert a["answer"] in line and "reader" not in parts(line)


@pytest.mark.askd(daemon={"slow_question": "500 ms"})
def test_a_reader_that_lags_is_told(daemon, client):
    """It reads nothing for a while: what is left over is the reader's."""
    stalled = daemon.connect()
    msgid = stalled.request("chat", {"model": "fake/text-4000000", "prompt": "x", "cache": "off", "stream": True})
    wait_until(lambda: [a for a in client.call("answer.list") if a["state"] == "done"], "the answer ends")
    client.call("chat", {"model": "fake/slow-7-100", "prompt": "wait", "cache": "off"})
    stalled.response(msgid)
    wait_until(lambda: any("text-4000000" in line for line in slow_lines(daemon)), "the line of a slow reader")
    [line] = [line for line in slow_lines(daemon) if "text-4000000" in line]
    assert parts(line)["reader"] > 0.4


@pytest.mark.askd(daemon={"slow_question": "1 ms"})
def test_a_slow_day_floods_nothing(daemon, client):
    for i in range(15):
        ask(client, "slow-2-5", str(i))
    assert len(slow_lines(daemon)) == 10
    text = client.call("metrics.get")["text"]
    assert "\naskd_slow_questions_total 15\n" in text


@pytest.mark.askd(daemon={"slow_question": "0"})
def test_none_is_slow_where_that_is_off(daemon, client):
    ask(client, "slow-2-50")
    assert slow_lines(daemon) == []
