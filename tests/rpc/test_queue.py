"""The queue before a provider: so many requests at once, those first that somebody watches, no more than its rate limits
leave, and a bound on those who wait."""

import re
import signal
import threading
import time

import pytest

from conftest import KEY, askctl_path, wait_until
from helpers_acts import Acts, alias, provider_status, section
from helpers_terminal import on_terminal

BURST = 30
FLOOD = 200
MOMENT = 0.5  # of waiting, before which nothing is told


class Queue:
    """The provider "slow", which answers when it is let, and "free", which answers at once."""

    def __init__(self, home, start_daemon, max_connections=2, **keys):
        self.home = home
        self.let = threading.Event()
        self.acts = Acts(self.act)
        self.usual = {"api": "openai-chat", "key": KEY, "max_connections": max_connections, **keys}
        extra = section("slow", **self.usual, base_url=self.acts.base_url("slow"))
        extra += section("free", **self.usual, base_url=self.acts.base_url("free"))
        extra += alias("both", "slow/m", "free/m")
        home.write_config(self.acts.base_url("fake"), daemon={"drain_timeout": "1"}, extra=extra)
        self.daemon = start_daemon()
        self.client = self.daemon.connect()

    def act(self, asked):
        if asked.provider == "slow":
            self.let.wait(20)
        asked.echo()

    def send(self, prompt="hello", model="slow/m", **params):
        return self.client.request("chat", {"model": model, "prompt": prompt, **params})

    def detach(self, prompt="hello", model="slow/m", **params):
        """The answer's id."""
        return self.client.result(self.send(prompt, model, detach=True, **params))["answer"]

    def state(self):
        return provider_status(self.client, "slow")

    def wait_waiting(self, n):
        wait_until(lambda: self.state()["waiting"] == n, f"{n} wait")

    def named(self, name):
        """Another client, of that name."""
        client = self.daemon.connect()
        client.call("hello", {"client": name})
        return client

    def fill(self, n=2):
        """All places are taken."""
        msgids = [self.send(f"first {i}") for i in range(n)]
        self.acts.wait_count(n, "slow")
        return msgids

    def prompts(self, provider="slow"):
        return [a.prompt for a in self.acts.requests(provider)]


@pytest.fixture
def queue(home, start_daemon):
    made = []

    def make(**keys):
        made.append(Queue(home, start_daemon, **keys))
        return made[-1]

    yield make
    for q in made:
        q.let.set()
        q.acts.stop()


# -- places and order


def test_a_burst(queue):
    """None of it fails, and never are more under way than may be."""
    q = queue()
    q.acts.act = lambda asked: (time.sleep(0.02), asked.echo())
    msgids = [q.send(f"p{i}", stream=i % 2 == 0) for i in range(BURST)]
    answers = [q.client.result(m) for m in msgids]
    assert [a["text"] for a in answers] == [f"p{i}" for i in range(BURST)]
    assert all(len(a["attempts"]) == 1 for a in answers)
    assert q.acts.peak["slow"] == 2 and q.acts.count("slow") == BURST
    assert (q.state()["waiting"], q.state()["connections"]) == (0, 0)


@pytest.mark.parametrize("places", [1, 2])
def test_interactive_ones_first(queue, places):
    q = queue(max_connections=places)
    msgids = q.fill(places)
    msgids += [q.send(f"rest {i}") for i in range(BURST // 2)]
    q.wait_waiting(BURST // 2)
    msgids += [q.send(f"watched {i}", stream=True) for i in range(BURST // 2)]
    q.wait_waiting(BURST)
    assert q.state()["connections"] == places and q.acts.count("slow") == places
    q.let.set()
    assert all(q.client.response(m)[0] is None for m in msgids)
    assert q.acts.peak["slow"] == places
    order = q.prompts()[places:]
    expected = [f"watched {i}" for i in range(BURST // 2)] + [f"rest {i}" for i in range(BURST // 2)]
    if places == 1:
        assert order == expected
    else:  # two that are sent together may arrive in either order
        assert all(abs(expected.index(p) - i) < places for i, p in enumerate(order))


def test_each_provider_by_itself(queue):
    q = queue()
    q.fill()
    waits = q.send()
    q.wait_waiting(1)
    assert q.client.result(q.send(model="free/m"))["text"] == "hello"
    q.let.set()
    assert q.client.response(waits)[0] is None


def test_the_time_in_the_queue_is_told(queue):
    q = queue()
    q.fill()
    waits = q.send()
    q.wait_waiting(1)
    time.sleep(0.3)
    q.let.set()
    timing = q.client.result(waits)["timing"]
    assert 300 <= timing["queued_ms"] <= timing["first_token_ms"] <= timing["total_ms"]


# -- clients in turn


def step_by_step(q):
    """Each request is answered when `let` is released once more. Returns that."""
    let = threading.Semaphore(0)

    def act(asked):
        let.acquire(timeout=20)
        asked.echo()

    q.acts.act = act
    return let


def test_a_flood_holds_nobody_up(queue):
    q = queue(max_connections=1)
    let = step_by_step(q)
    flood, single = q.named("batch"), q.named("editor")
    msgids = [flood.request("chat", {"model": "slow/m", "prompt": f"flood {i}"}) for i in range(FLOOD)]
    q.wait_waiting(FLOOD - 1)
    asked = single.request("chat", {"model": "slow/m", "prompt": "single"})
    q.wait_waiting(FLOOD)
    for _ in range(3):
        let.release()
    assert single.result(asked)["text"] == "single"
    assert "single" in q.prompts()[1:3]  # behind the one under way, within two places
    for _ in range(FLOOD):
        let.release()
    assert [flood.result(m)["text"] for m in msgids] == [f"flood {i}" for i in range(FLOOD)]
    assert [p for p in q.prompts() if p != "single"] == [f"flood {i}" for i in range(FLOOD)]


def test_turn_by_turn(queue):
    q = queue(max_connections=1)
    q.fill(1)
    clients = {name: q.named(name) for name in "abc"}
    msgids = []
    for name, count in ("a", 5), ("b", 2), ("c", 3):
        for i in range(count):
            msgids.append((name, clients[name].request("chat", {"model": "slow/m", "prompt": f"{name}{i}"})))
        q.wait_waiting(len(msgids))
    q.let.set()
    assert all(clients[name].response(m)[0] is None for name, m in msgids)
    assert q.prompts()[1:] == ["a0", "b0", "c0", "a1", "b1", "c1", "a2", "c2", "a3", "a4"]


# -- what those who wait are told


def progress(client, answer=None):
    return [e["message"] for _, e in client.events(answer) if e["type"] == "progress"]


def test_places_are_told(queue):
    """In order, to whoever asked and to who joined later."""
    q = queue(max_connections=1)
    let = step_by_step(q)
    q.fill(1)
    others = [q.send(f"other {i}", stream=True) for i in range(2)]
    q.wait_waiting(2)
    first, joins = q.daemon.connect(), q.daemon.connect()
    same = {"model": "slow/m", "prompt": "same", "stream": True}
    asked = first.request("chat", same)
    q.wait_waiting(3)
    assert first.wait_event("progress")[2]["message"] == "waiting for slow: 3rd of 3"
    joined = joins.request("chat", same)
    assert joins.wait_event("progress")[2]["message"] == "waiting for slow: 3rd of 3"
    let.release()
    wait_until(lambda: q.acts.count("slow") == 2, "the next has its turn")
    told = "waiting for slow: 2nd of 2"
    first.wait_for(lambda m: m[0] == 2 and m[2][2].get("message") == told)
    for _ in range(3):
        let.release()
    answer = first.result(asked)
    assert answer["text"] == "same" and joins.result(joined)["shared"]
    assert all(q.client.response(m)[0] is None for m in others)
    assert progress(first) == progress(joins)
    places = [re.fullmatch(r"waiting for slow: (\d)\w\w of \d", p)[1] for p in progress(first)]
    assert places in (["3", "2"], ["3", "2", "1"])
    kinds = [e["type"] for _, e in first.events()]
    assert kinds[0] == "start" and kinds.index("text") > kinds.index("progress") and kinds[-1] == "done"


def test_a_short_wait_is_not_told(queue):
    q = queue(max_connections=1)
    q.fill(1)
    asked = q.send("waits", stream=True)
    q.wait_waiting(1)
    q.let.set()
    began = time.monotonic()
    assert q.client.result(asked)["text"] == "waits"
    assert time.monotonic() - began < MOMENT and progress(q.client) == []


# -- the bound


@pytest.mark.parametrize("stream", [True, False])
def test_max_waiting(queue, stream):
    q = queue(max_waiting=3, retries=5)
    msgids = q.fill() + [q.send(f"waits {i}") for i in range(3)]
    q.wait_waiting(3)
    refused = [q.send(f"one too many {i}", stream=stream) for i in range(5)]
    before = time.monotonic()
    for error, _ in map(q.client.response, refused):
        assert (error["code"], error["provider"], error["model"]) == ("overloaded", "slow", "m")
        assert "max_waiting" in error["message"] and "status" not in error
    assert time.monotonic() - before < 5
    assert q.state()["waiting"] == 3
    q.let.set()
    assert all(q.client.response(m)[0] is None for m in msgids)
    assert len(q.prompts()) == 5 and "one too many" not in q.prompts()
    assert q.client.response(q.send())[0] is None  # there is room again


def test_max_waiting_of_none(queue):
    q = queue(max_waiting=0)
    msgids = q.fill()
    assert q.client.response(q.send())[0]["code"] == "overloaded"
    q.let.set()
    assert all(q.client.response(m)[0] is None for m in msgids)
    wait_until(lambda: q.state()["connections"] == 0, "the places are free")
    assert q.client.response(q.send())[0] is None


def test_the_next_is_asked_where_too_many_wait(queue):
    q = queue(max_waiting=0)
    q.fill()
    answer = q.client.result(q.send(model="both"))
    assert answer["provider"] == "free"
    assert [(a["provider"], a.get("error", {}).get("code")) for a in answer["attempts"]] == [
        ("slow", "overloaded"),
        ("free", None),
    ]
    q.let.set()


def test_it_is_no_failure_of_the_provider(queue):
    """So the breaker does not open."""
    q = queue(max_waiting=0)
    msgids = q.fill()
    assert all(q.client.response(q.send())[0]["code"] == "overloaded" for _ in range(10))
    assert {m["breaker"] for m in q.state()["models"]} == {"closed"}
    q.let.set()
    assert all(q.client.response(m)[0] is None for m in msgids)


# -- whoever does not wait to the end


def test_cancelled_while_it_waits(queue):
    q = queue()
    msgids = q.fill()
    stays, goes, streams = q.detach("stays"), q.detach("goes"), q.send("streams", stream=True)
    q.wait_waiting(3)
    q.client.call("answer.cancel", {"answer": goes})
    assert q.client.call("answer.get", {"answer": goes})["state"] == "cancelled"
    q.wait_waiting(2)
    answer = q.client.wait_event("start")[0]
    q.client.call("answer.cancel", {"answer": answer})
    assert q.client.response(streams)[0]["code"] == "cancelled"
    q.wait_waiting(1)
    q.let.set()
    assert all(q.client.response(m)[0] is None for m in msgids)
    wait_until(lambda: q.client.call("answer.get", {"answer": stays})["state"] == "done", "the other goes on")
    assert sorted(q.prompts()) == ["first 0", "first 1", "stays"]
    assert q.client.call("answer.get", {"answer": goes})["attempts"] == []


def test_whoever_hangs_up_leaves_the_queue(queue):
    q = queue()
    q.fill()
    other = q.daemon.connect()
    other.request("chat", {"model": "slow/m", "prompt": "gone"})
    q.wait_waiting(1)
    other.close()
    q.wait_waiting(0)
    assert "gone" not in q.prompts()


@pytest.mark.parametrize("stream", [True, False])
def test_timeout_while_it_waits(queue, stream):
    q = queue()
    msgids = q.fill()
    error, _ = q.client.response(q.send("late", stream=stream, timeout=0.3))
    assert error["code"] == "timeout"
    assert q.state()["waiting"] == 0
    q.let.set()
    assert all(q.client.response(m)[0] is None for m in msgids)
    assert "late" not in q.prompts()


def test_sigterm_lets_those_who_wait_have_their_turn(queue):
    q = queue()
    msgids = q.fill() + [q.send(f"waits {i}", stream=i == 0) for i in range(3)]
    q.wait_waiting(3)
    q.daemon.signal(signal.SIGTERM)
    wait_until(lambda: "drain" in q.daemon.stderr() or "SIGTERM" in q.daemon.stderr(), "it drains")
    q.let.set()
    assert all(q.client.response(m)[0] is None for m in msgids)
    assert q.daemon.wait() == 0


def test_sigterm_does_not_wait_for_ever(queue):
    q = queue()
    msgids = q.fill() + [q.send(f"waits {i}", stream=i == 0) for i in range(3)]
    q.wait_waiting(3)
    q.daemon.signal(signal.SIGTERM)
    assert [q.client.response(m)[0]["code"] for m in msgids] == ["interrupted"] * 5
    assert q.daemon.wait() == 0
    assert q.acts.count("slow") == 2


# -- rate limits


class Limited:
    """So many requests a window for a model, then 429; each head tells what is left."""

    def __init__(self, limit, window):
        self.limit, self.window = limit, window
        self.lock, self.begun, self.left = threading.Lock(), 0, 0
        self.refused = 0

    def __call__(self, asked):
        if asked.model == "free":
            return asked.echo()
        now = time.monotonic()
        with self.lock:
            if now >= self.begun + self.window:
                self.begun, self.left = now, self.limit
            refused = self.left == 0
            self.left -= not refused
            self.refused += refused
            told = {
                "x_ratelimit_limit_requests": self.limit,
                "x_ratelimit_remaining_requests": self.left,
                "x_ratelimit_reset_requests": f"{max(1, int((self.begun + self.window - now) * 1000))}ms",
            }
        if refused:
            return asked.error(429, **told)
        asked.echo(**told)


def test_what_a_head_tells_is_kept_to(queue):
    q = queue(retries=0, max_connections=1)  # so that each head is there before the next is sent
    limited = q.acts.act = Limited(1, 0.3)
    before = time.monotonic()
    q.client.result(q.send("teaches"))
    msgids = [q.send(f"p{i}", stream=i % 2 == 0) for i in range(4)]
    wait_until(lambda: q.state()["waiting"] > 0 or q.acts.count("slow") > 4, "they wait")
    [row] = q.state()["rate_limit"]
    assert (row["model"], row["kind"], row["limit"]) == ("m", "requests", 1) and row["remaining"] == 0
    # The limit of one model does not hold up another.
    assert q.client.result(q.send(model="slow/free"))["text"] == "hello"
    assert [q.client.result(m)["text"] for m in msgids] == [f"p{i}" for i in range(4)]
    assert limited.refused == 0 and time.monotonic() - before >= 4 * 0.3 - 0.1
    prompts = [p for p in q.prompts() if p.startswith("p")]
    assert prompts == ["p0", "p2", "p1", "p3"]


def test_a_burst_that_is_refused_waits_and_goes_on(queue):
    """Nothing was known before the first heads, so some are refused; they wait as told, and nothing fails."""
    q = queue(retries=3, max_connections=8)
    limited = q.acts.act = Limited(5, 1)
    msgids = [q.send(f"p{i}", stream=i % 2 == 0) for i in range(8)]
    assert [q.client.result(m)["text"] for m in msgids] == [f"p{i}" for i in range(8)]
    assert limited.refused > 0


def test_a_429_holds_up_the_others(queue):
    """For as long as it says: those that come meanwhile are not sent."""
    q = queue(retries=1)
    first = threading.Event()

    def act(asked):
        if first.is_set():
            return asked.echo()
        first.set()
        asked.error(429, retry_after=1)

    q.acts.act = act
    before = time.monotonic()
    msgids = [q.send("p0", stream=True)]
    q.client.wait_event("retry")
    msgids += [q.send(f"p{i}") for i in range(1, 4)]
    q.wait_waiting(3)
    assert q.acts.count("slow") == 1
    assert all(q.client.response(m)[0] is None for m in msgids)
    assert time.monotonic() - before >= 1
    assert min(a.at for a in q.acts.requests("slow")[1:]) - before >= 1


def test_cancelled_question_gives_its_share_back(queue):
    """No head will tell of it, so that the next one is believed as it is."""
    told = {
        "x_ratelimit_limit_requests": 100,
        "x_ratelimit_remaining_requests": 90,
        "x_ratelimit_reset_requests": "100s",
    }

    def act(asked):
        if asked.prompt == "hangs":
            asked.hang()
        asked.echo(**told)

    q = queue(retries=0)
    q.acts.act = act
    q.client.result(q.send("teaches"))
    hangs = q.detach("hangs")
    q.acts.wait_count(2, "slow")
    assert q.state()["rate_limit"][0]["remaining"] < 90
    q.client.call("answer.cancel", {"answer": hangs})
    q.client.result(q.send("last"))
    assert q.state()["rate_limit"][0]["remaining"] >= 90


@pytest.mark.parametrize("stream", [True, False])
def test_nobody_waits_for_an_hour(queue, stream):
    q = queue(retries=3)
    q.acts.act = lambda asked: asked.echo(
        x_ratelimit_limit_requests=1, x_ratelimit_remaining_requests=0, x_ratelimit_reset_requests="1h0m0s"
    )
    q.client.result(q.send())
    error, _ = q.client.response(q.send("again", stream=stream))
    assert (error["code"], error["provider"], error["model"]) == ("rate_limited", "slow", "m")
    assert 3000 < error["retry_after"] <= 3700 and "status" not in error
    assert q.acts.count("slow") == 1
    answer = q.client.result(q.send("again", model="both", stream=stream))
    assert answer["provider"] == "free" and q.acts.count("slow") == 1


TOLD = {
    "x_ratelimit_limit_requests": 60,
    "x_ratelimit_remaining_requests": 0,
    "x_ratelimit_reset_requests": "240s",
    "x_ratelimit_limit_tokens": 90000,
    "x_ratelimit_remaining_tokens": 45000,
    "x_ratelimit_reset_tokens": "30s",
}


def test_the_wait_for_a_limit_is_told(queue):
    q = queue(retries=0)
    q.acts.act = lambda asked: asked.echo(**TOLD)  # a request comes back every four seconds
    q.client.result(q.send("teaches"))
    asked = q.send("waits", stream=True)
    message = q.client.wait_event("progress")[2]["message"]
    assert re.fullmatch(r"waits [34] s for the rate limit of slow", message)
    assert q.client.result(asked)["text"] == "waits"
    assert progress(q.client) == [message]  # nothing has changed meanwhile


def test_limits_are_shown(queue, askctl, home):
    q = queue(retries=0)
    assert "rate limits" not in askctl("status").stdout
    q.acts.act = lambda asked: asked.echo(**TOLD)
    q.client.result(q.send("teaches"))
    r = askctl("status")
    assert (r.returncode, r.stderr) == (0, "")
    head, rows = r.stdout.split("rate limits\n")
    assert "slow" in head
    rows = {tuple(cells[:3]): cells[3:] for cells in (line.split("\t") for line in rows.splitlines())}
    assert set(rows) == {("slow", "m", "requests"), ("slow", "m", "tokens")}
    left, limit, full = rows["slow", "m", "requests"]
    assert left in "01" and limit == "60" and 200 < int(full) <= 240
    left, limit, full = rows["slow", "m", "tokens"]
    assert 45000 <= int(left) <= 90000 and limit == "90000" and 0 <= int(full) <= 30


@pytest.mark.parametrize("columns", [60, 100])
def test_limits_on_a_terminal(queue, home, columns):
    q = queue(retries=0)
    q.acts.act = lambda asked: asked.echo(**TOLD)
    q.client.result(q.send("teaches"))
    status, text = on_terminal([askctl_path(), "status"], home.env(ASKD_AUTOSTART="0"), columns=columns)
    assert status == 0
    shown = text.split("rate limits\n")[1]
    assert all(word in shown for word in ("provider", "model", "kind", "left", "limit", "full in", "90000"))
    assert re.search(r"3\.\d min|4\.0 min", shown)
