"""What ask tells of cost: --stats after an answer, --dry-run before one."""

import json
import re
import time

import pytest

from helpers_scripted import Scripted

USAGE, OTHER = 64, 1
DAY = 86400


@pytest.fixture
def scripted(home):
    s = Scripted(home)
    yield s
    s.stop()


# -- --stats

ANSWER = {
    "answer": "a",
    "state": "done",
    "model": "m",
    "provider": "p",
    "text": "hi",
    "finish_reason": "stop",
    "usage": {
        "input_tokens": 12,
        "cached_input_tokens": 8,
        "output_tokens": 30,
        "cost": 0.000123456,
        "cost_nano": 123456,
        "currency": "USD",
        "premium_requests": 0.33,
        "estimated": False,
    },
    "timing": {"queued_ms": 1.0, "first_token_ms": 500.0, "total_ms": 2000.0},
    "cached": False,
    "shared": False,
}
TOKENS = "input_tokens=12 cached_input_tokens=8 output_tokens=30"
TIMES = "first_token_ms=500 total_ms=2000"


@pytest.mark.parametrize(
    "more, says",
    [
        ({}, f"{TOKENS} cost=0.000123456 currency=USD premium_requests=0.33 {TIMES} tokens_per_second=20.0 fresh=true"),
        ({"cached": True, "age": 61.0}, f"{TOKENS} saved=0.000123456 currency=USD premium_requests=0.33 {TIMES} cached=true age=61"),
        ({"shared": True}, f"{TOKENS} saved=0.000123456 currency=USD premium_requests=0.33 {TIMES} tokens_per_second=20.0 shared=true"),
        ({"timing": {"first_token_ms": 5.0, "total_ms": 5.0}, "usage": {"output_tokens": 3}}, "output_tokens=3 first_token_ms=5 total_ms=5 fresh=true"),
        ({"timing": {}, "usage": {}}, "fresh=true"),
    ],
    ids=["fresh", "cached", "shared", "all at once", "nothing known"],
)
@pytest.mark.parametrize("json_too", [False, True], ids=["text", "json"])
def test_stats_are_one_line_on_stderr(scripted, ask, more, says, json_too):
    scripted.replies["chat"] = answer = ANSWER | more
    r = ask("--stats", *(["--json"] if json_too else []), "x")
    stats = [line for line in r.stderr.splitlines() if line.startswith("ask: model=")]
    assert r.returncode == 0 and stats == [f"ask: model=m provider=p {says}"]
    assert json.loads(r.stdout) == answer if json_too else r.stdout == "hi"


# -- --dry-run

ESTIMATE = {
    "model": "gpt-4.1",
    "provider": "openai",
    "input_tokens": 1234,
    "max_output_tokens": 8192,
    "cost_low": 0.002468,
    "cost_high": 0.068004,
    "currency": "USD",
    "cached": False,
    "budgets": [],
}
PROMISE = [
    "model     gpt-4.1 at openai",
    "input     about 1234 tokens",
    "output    at most 8192 tokens",
    "cost      0.002468 to 0.068004 USD",
    "cache     has no answer to it that would be taken",
    "budget    none that it would count in",
]


def without(*names, **more):
    return {k: v for k, v in ESTIMATE.items() if k not in names} | more


@pytest.mark.parametrize(
    "estimate, line, says",
    [
        (ESTIMATE, 0, PROMISE[0]),
        (without("provider", provider="", model="m"), 0, "model     m"),
        (without(input_tokens=1), 1, "input     about 1 token"),
        (without("max_output_tokens", "cost_high"), 2, "output    no bound is known"),
        (without("max_output_tokens", "cost_high"), 3, "cost      0.002468 USD for the input; with the output more, without a bound"),
        (without("cost_low", "cost_high", "currency"), 3, "cost      no price is known"),
        (without(cached=True, age=7300.0), 4, "cache     has the answer, 2h old: nothing would be asked or paid"),
        (without(cached=True), 4, "cache     has the answer: nothing would be asked or paid"),
    ],
)
def test_dry_run(scripted, ask, estimate, line, says):
    scripted.replies["answer.estimate"] = estimate
    r = ask("--dry-run", "why?")
    assert (r.returncode, r.stderr) == (0, "")
    lines = r.stdout.splitlines()
    assert lines[line] == says and len(lines) == len(PROMISE)
    assert [m for m, _ in scripted.calls if m != "hello"] == ["answer.estimate"]


def test_dry_run_tells_what_is_left(scripted, ask):
    scripted.replies["answer.estimate"] = ESTIMATE | {"budgets": ["pocket money", "gone"]}
    scripted.replies["budget.get"] = [
        {"name": "other", "unit": "tokens", "limit": 5.0, "left": 5.0, "resets": 0.0},
        {"name": "pocket money", "unit": "USD", "limit": 20.0, "left": 12.34, "resets": time.time() + 3 * DAY + 60},
    ]
    assert ask("--dry-run", "why?").stdout.splitlines() == [
        *PROMISE[:-1],
        "budget    pocket money: 12.34 of 20 USD left, for 3d",
        "budget    gone",
    ]


def test_dry_run_tells_that_it_would_be_refused(scripted, ask):
    scripted.replies["answer.estimate"] = ESTIMATE | {"budgets": ["gone"], "refused": True}
    scripted.replies["budget.get"] = []
    assert ask("--dry-run", "why?").stdout.splitlines() == [
        *PROMISE[:-1],
        "budget    gone",
        "budget    it would be refused now: that is more than is left",
    ]


def test_dry_run_as_json(scripted, ask):
    scripted.replies["answer.estimate"] = wanted = ESTIMATE | {"budgets": ["pocket money"]}
    assert json.loads(ask("--dry-run", "--json", "why?").stdout) == wanted
    assert not scripted.asked("budget.get")


def test_dry_run_is_of_the_same_question(scripted, ask):
    """All that chat would get, and chat gets nothing."""
    scripted.replies["answer.estimate"] = ESTIMATE
    scripted.replies["chat"] = ANSWER
    question = ["-m", "x/y", "-s", "be brief", "-c", "why?"]
    assert ask("--dry-run", *question).returncode == 0 and not scripted.asked("chat")
    assert ask(*question).returncode == 0
    (estimated,), (asked,) = scripted.asked("answer.estimate"), scripted.asked("chat")
    assert estimated == asked


@pytest.mark.parametrize("other", ["--stats", "--detach", "--continue-interrupted"])
def test_what_a_dry_run_excludes(ask, other):
    r = ask("--dry-run", other)
    assert r.returncode == USAGE and "exclude each other" in r.stderr


def test_dry_run_refused(scripted, ask):
    scripted.replies["answer.estimate"] = Exception({"code": "not_found", "message": "no model is called x"})
    r = ask("--dry-run", "why?")
    assert r.returncode == OTHER and "no model is called x" in r.stderr and r.stdout == ""


def test_dry_run_of_a_daemon(daemon, provider, ask):
    """Nobody is asked; what is known is told, of the cache too."""
    first = ask("--dry-run", "-m", "fake/echo", "one two").stdout.splitlines()
    assert first[0] == "model     echo at fake" and re.fullmatch(r"input     about \d+ tokens", first[1])
    assert first[4] == PROMISE[4] and provider.stats()["requests"] == 0
    assert ask("-m", "fake/echo", "one two").returncode == 0
    again = ask("--dry-run", "-m", "fake/echo", "one two").stdout.splitlines()
    assert re.fullmatch(r"cache     has the answer, \ds old: nothing would be asked or paid", again[4])
    assert provider.stats()["requests"] == 1
