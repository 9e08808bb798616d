"""The breaker: a model that fails too often at a provider is left alone for a while, and then tried by one question."""

import threading
import time

import pytest

from client import retries_shown
from conftest import KEY, wait_until
from helpers_acts import Acts, alias, provider_status, section

FAILURES = 3
WAIT = 0.3  # seconds
AT_ONCE = 20


class Ward:
    """The provider "bad", which does as `how` of its model says, and "good", behind the alias "both"."""

    def __init__(self, home, start_daemon):
        self.home, self.how, self.let = home, {}, threading.Event()
        self.acts = Acts(self.act)
        self.configure()
        self.daemon = start_daemon()
        self.client = self.daemon.connect()

    def configure(self, retries=0, failures=FAILURES, wait=WAIT, **bad):
        usual = {"api": "openai-chat", "key": KEY, "max_connections": 64, "retries": retries}
        extra = section("bad", **{**usual, **bad}, base_url=self.acts.base_url("bad"))
        extra += section("good", **usual, base_url=self.acts.base_url("good"))
        extra += alias("both", "bad/m", "good/m")
        daemon = {"breaker_failures": failures, "breaker_wait": f"{int(wait * 1000)} ms"}
        self.home.write_config(self.acts.base_url("fake"), daemon=daemon, extra=extra)

    def reload(self, **different):
        self.configure(**different)
        self.client.call("config.reload")

    def act(self, asked):
        how = self.how.get(asked.model, 503) if asked.provider == "bad" else "ok"
        if how == "ok":
            asked.echo()
        elif how == "wait":
            self.let.wait(20)
            asked.echo()
        elif how == "hang":
            asked.hang()
        else:
            asked.error(how)

    def send(self, model="bad/m", **params):
        """Asks its provider, whatever was asked before."""
        return self.client.request("chat", {"model": model, "prompt": "hello", "cache": "off", **params})

    def ask(self, model="bad/m", **params):
        """(error, answer map)"""
        return self.client.response(self.send(model, **params))

    def count(self, model="m"):
        return self.acts.count("bad", model)

    def open(self):
        """Opens the breaker, and tells when."""
        for _ in range(FAILURES):
            assert self.ask()[0]["status"] == 503
        assert self.count() == FAILURES
        return time.monotonic()

    def state(self, model="m"):
        models = provider_status(self.client, "bad")["models"]
        return next((m for m in models if m["model"] == model), None)

    def wait_over(self):
        wait_until(lambda: self.state()["retry_in"] == 0, "it may be tried")


@pytest.fixture
def ward(home, start_daemon):
    w = Ward(home, start_daemon)
    yield w
    w.let.set()
    w.acts.stop()


@pytest.fixture
def slow_ward(ward):
    """One that stays open for as long as a test takes."""
    ward.reload(wait=100)
    return ward


# -- open


def test_it_opens_after_so_many(slow_ward):
    ward = slow_ward
    for i in range(FAILURES):
        assert ward.state() is None if i == 0 else ward.state()["breaker"] == "closed"
        assert "retry_after" not in ward.ask()[0]
    assert ward.state()["breaker"] == "open" and 90 < ward.state()["retry_in"] <= 100
    before = time.monotonic()
    error, _ = ward.ask()
    assert time.monotonic() - before < 5
    assert (error["code"], error["status"], error["provider"], error["model"]) == ("overloaded", 503, "bad", "m")
    assert 90 < error["retry_after"] <= 100 and "injected 503" in error["message"]
    assert ward.count() == FAILURES


def test_the_error_is_the_last_one(slow_ward):
    for status in (503, 500, 408):
        slow_ward.how["m"] = status
        slow_ward.ask()
    error, _ = slow_ward.ask()
    assert (error["code"], error["status"]) == ("timeout", 408)


def test_another_model_is_not_affected(slow_ward):
    slow_ward.how["other"] = "ok"
    slow_ward.open()
    assert slow_ward.ask("bad/other")[0] is None
    assert slow_ward.state("other")["breaker"] == "closed" and "retry_in" not in slow_ward.state("other")
    assert slow_ward.state()["breaker"] == "open"


def test_the_next_is_asked_at_once(slow_ward):
    ward = slow_ward
    ward.open()
    error, answer = ward.ask("both", stream=True)
    assert error is None and answer["provider"] == "good" and ward.count() == FAILURES
    assert [(a["provider"], a.get("error", {}).get("code")) for a in answer["attempts"]] == [
        ("bad", "overloaded"),
        ("good", None),
    ]
    assert [(e["provider"], e["delay"]) for e in retries_shown(ward.client)] == [("good", 0)]


def test_the_failure_that_opens_it_is_not_followed_by_a_wait(slow_ward):
    """It would only be refused then."""
    ward = slow_ward
    ward.reload(wait=100, retries=10)
    error, answer = ward.ask("both", stream=True)
    assert error is None and answer["provider"] == "good"
    assert [a["provider"] for a in answer["attempts"]] == ["bad"] * FAILURES + ["good"]
    assert [e["provider"] for e in retries_shown(ward.client)] == ["bad"] * (FAILURES - 1) + ["good"]
    assert ward.count() == FAILURES


def test_retries_count_each(slow_ward):
    slow_ward.reload(wait=100, retries=1)
    slow_ward.ask()
    assert slow_ward.state()["breaker"] == "closed"
    slow_ward.ask()
    assert slow_ward.state()["breaker"] == "open" and slow_ward.count() == FAILURES


def test_in_a_row(slow_ward):
    for how in (503, 503, "ok") * 3:
        slow_ward.how["m"] = how
        slow_ward.ask()
    assert slow_ward.state()["breaker"] == "closed" and slow_ward.count() == 9


# -- what is no failure


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 413, 422, 429])
def test_what_says_nothing_bad_of_the_provider(slow_ward, status):
    slow_ward.how["m"] = status
    msgids = [slow_ward.send() for _ in range(2 * FAILURES)]
    assert all(slow_ward.client.response(m)[0]["status"] == status for m in msgids)
    assert slow_ward.state()["breaker"] == "closed" and slow_ward.count() == 2 * FAILURES


def test_429_does_not_end_the_row_either(slow_ward):
    for how in (503, 503, 429, 503):
        slow_ward.how["m"] = how
        slow_ward.ask()
    assert slow_ward.state()["breaker"] == "open"


def test_cancelled_ones_do_not_count(slow_ward):
    ward = slow_ward
    ward.how["m"] = "hang"
    for i in range(2 * FAILURES):
        answer = ward.client.call("chat", {"model": "bad/m", "prompt": "x", "detach": True})["answer"]
        ward.acts.wait_count(i + 1, "bad")
        ward.client.call("answer.cancel", {"answer": answer})
    ward.acts.wait_idle()
    assert ward.state()["breaker"] == "closed"


def test_the_questions_own_timeout_does_not_count(slow_ward):
    slow_ward.how["m"] = "hang"
    msgids = [slow_ward.send(timeout=0.2) for _ in range(2 * FAILURES)]
    assert [slow_ward.client.response(m)[0]["code"] for m in msgids] == ["timeout"] * (2 * FAILURES)
    assert slow_ward.state()["breaker"] == "closed"


def test_the_providers_timeouts_count(slow_ward):
    slow_ward.reload(wait=100, timeout_first_byte="200 ms")
    slow_ward.how["m"] = "hang"
    for _ in range(FAILURES):
        assert slow_ward.ask()[0]["code"] == "timeout"
    assert slow_ward.state()["breaker"] == "open"


# -- the probe


def test_one_probe_and_success_closes_it(ward):
    ward.open()
    ward.wait_over()
    ward.how["m"] = "wait"
    msgids = [ward.send("both") for _ in range(AT_ONCE)]
    answers = [ward.client.wait_for(lambda m, i=i: m[:2] == [1, i]) for i in msgids[1:]]
    assert {a[3]["provider"] for a in answers} == {"good"}
    assert ward.count() == FAILURES + 1
    assert ward.state()["breaker"] == "half-open" and ward.state()["retry_in"] > 30
    ward.let.set()
    assert ward.client.result(msgids[0])["provider"] == "bad"
    assert ward.state()["breaker"] == "closed" and "retry_in" not in ward.state()
    assert ward.ask()[0] is None
    assert "answers again" in ward.daemon.stderr()


def test_content_tells_that_it_works(ward):
    """The answer need not have ended."""
    ward.open()
    ward.wait_over()
    words = threading.Event()

    def act(asked):
        asked.begin()
        asked.say("hello")
        words.wait(20)
        asked.end()

    ward.acts.act = act
    msgid = ward.send(stream=True)
    ward.client.wait_event("text")
    assert ward.state()["breaker"] == "closed"
    words.set()
    assert ward.client.response(msgid)[0] is None


def test_a_failed_probe_doubles_the_wait(ward):
    wait = WAIT
    ward.open()
    for i in range(1, 3):
        ward.wait_over()
        before = time.monotonic()
        assert ward.ask()[0]["status"] == 503
        wait *= 2
        assert ward.count() == FAILURES + i
        assert ward.state()["breaker"] == "open"
        ward.wait_over()
        assert time.monotonic() - before >= wait


def test_the_wait_is_bounded(ward):
    ward.reload(wait=0.01)
    ward.open()
    for _ in range(6):  # doubled each time it would be 640 ms
        ward.wait_over()
        ward.ask()
    assert ward.state()["retry_in"] <= 0.1


@pytest.mark.parametrize("how", ["cancel", "timeout", 429])
def test_a_probe_that_tells_nothing_gives_its_turn_back(ward, how):
    ward.open()
    ward.wait_over()
    ward.how["m"] = how if how == 429 else "hang"
    if how == "cancel":
        answer = ward.client.call("chat", {"model": "bad/m", "prompt": "x", "detach": True})["answer"]
        ward.acts.wait_count(FAILURES + 1, "bad")
        ward.client.call("answer.cancel", {"answer": answer})
        ward.acts.wait_idle()
    else:
        assert ward.ask(timeout=0.3 if how == "timeout" else 20)[0]["code"] in ("timeout", "rate_limited")
    assert ward.state()["breaker"] == "open" and ward.state()["retry_in"] == 0
    ward.how["m"] = "ok"
    assert ward.ask()[0] is None
    assert ward.state()["breaker"] == "closed"


def test_a_probe_that_waits_for_its_place_gives_its_turn_back(ward):
    """It was let through, but not sent."""
    ward.reload(max_connections=1)
    ward.open()
    ward.how["other"] = "wait"
    other = ward.send("bad/other")
    ward.acts.wait_count(1, "bad", "other")
    ward.wait_over()
    answer = ward.client.call("chat", {"model": "bad/m", "prompt": "x", "detach": True})["answer"]
    wait_until(lambda: ward.state()["breaker"] == "half-open", "the probe is let through")
    assert provider_status(ward.client, "bad")["waiting"] == 1
    ward.client.call("answer.cancel", {"answer": answer})
    assert ward.state()["breaker"] == "open" and ward.state()["retry_in"] == 0
    ward.how["m"] = "ok"
    ward.let.set()
    assert ward.ask()[0] is None and ward.client.response(other)[0] is None
    assert ward.count() == FAILURES + 1


# -- other options


def test_fewer_failures(slow_ward):
    for _ in range(2):
        slow_ward.ask()
    slow_ward.reload(wait=100, failures=1)
    assert slow_ward.state()["breaker"] == "closed"
    slow_ward.ask()
    assert slow_ward.state()["breaker"] == "open"


def test_another_wait(slow_ward):
    slow_ward.ask()
    slow_ward.reload(wait=50)
    for _ in range(FAILURES - 1):
        slow_ward.ask()
    assert 40 < slow_ward.state()["retry_in"] <= 50


def test_an_open_one_outlives_a_reload(slow_ward):
    slow_ward.open()
    slow_ward.reload(wait=100, retries=2)
    assert slow_ward.state()["breaker"] == "open"
    slow_ward.ask()
    assert slow_ward.count() == FAILURES
