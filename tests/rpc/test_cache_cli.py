"""askctl cache, and what askctl status says of it, against a scripted daemon: what it asks, and what it shows."""

import json
import os
import pty
import subprocess

import pytest

from conftest import PATIENCE
from helpers_scripted import Scripted

OTHER, USAGE = 1, 64
KEY = "ab" * 32


def tier(name, **figures):
    return {"name": name, "state": "ok", "hits": 0, "misses": 0, "evictions": 0, "failures": 0, **figures}


def stats(**figures):
    return {
        "entries": 0,
        "bytes": 0,
        "hits": 0,
        "misses": 0,
        "joins": 0,
        "evictions": 0,
        "saved": [],
        "saved_ms": 0,
        "tiers": [tier("memory", entries=0, bytes=0)],
        **figures,
    }


USED = stats(
    entries=512,
    bytes=3300000,
    hits=38,
    joins=3,
    misses=79,
    saved=[
        {"currency": "USD", "cost": 0.42, "cost_nano": 420000000},
        {"currency": "CNY", "cost": 1.1, "cost_nano": 1100000000},
    ],
    saved_ms=203000,
    tiers=[
        tier("memory", entries=1, bytes=1023, hits=20, misses=100, evictions=1),
        tier("redis", state="failing", error="no\nanswer", hits=18, misses=1, failures=2),
    ],
)


@pytest.fixture
def scripted(home):
    s = Scripted(home)
    yield s
    s.stop()


# -- stats


def test_stats_of_a_cache_in_use(scripted, askctl):
    scripted.replies["cache.stats"] = USED
    r = askctl("cache", "stats")
    assert (r.returncode, r.stderr) == (0, "")
    assert r.stdout.splitlines() == [
        "answered       41 of 120 questions (34 %), 3 of them shared",
        "kept           512 entries, 3.1 MiB",
        "saved          0.42 USD, 1.10 CNY, 3.4 min of waiting",
        "tiers",
        "  memory       ok         1 entry, 1023 B",
        "               20 hits, 100 misses, 1 eviction",
        "  redis        failing",
        "               18 hits, 1 miss, 2 failures",
        "               no answer",
    ]


def test_stats_of_a_new_one(scripted, askctl):
    scripted.replies["cache.stats"] = stats()
    assert askctl("cache", "stats").stdout.splitlines() == [
        "answered       no question yet",
        "kept           0 entries, 0 B",
        "tiers",
        "  memory       ok         0 entries, 0 B",
        "               0 hits, 0 misses",
    ]


def test_stats_as_json(scripted, askctl):
    scripted.replies["cache.stats"] = USED
    assert json.loads(askctl("cache", "stats", "--json").stdout) == USED


@pytest.mark.parametrize(
    "size, text",
    [(1024, "1.0 KiB"), (1536, "1.5 KiB"), (1 << 20, "1.0 MiB"), (5 << 30, "5.0 GiB"), (3000 << 30, "3000.0 GiB")],
)
def test_sizes(scripted, askctl, size, text):
    scripted.replies["cache.stats"] = stats(bytes=size)
    assert f"kept           0 entries, {text}\n" in askctl("cache", "stats").stdout


@pytest.mark.parametrize(
    "ms, text",
    [(1, "1 ms"), (999, "999 ms"), (1000, "1.0 s"), (90000, "1.5 min"), (5400000, "1.5 h"), (1 << 40, "12725.8 d")],
)
def test_spans(scripted, askctl, ms, text):
    scripted.replies["cache.stats"] = stats(saved_ms=ms)
    assert f"saved          {text} of waiting\n" in askctl("cache", "stats").stdout


# -- status


def test_status_tells_of_it(scripted, askctl):
    scripted.replies["status"] = {"version": "1", "cache": USED}
    says = "cache          answered 41 of 120 questions (34 %), 512 entries, saved 0.42 USD, 1.10 CNY\n"
    assert says in askctl("status").stdout


def test_status_tells_nothing_before_the_first_question(scripted, askctl):
    scripted.replies["status"] = {"version": "1", "cache": stats(entries=3)}
    r = askctl("status")
    assert "version" in r.stdout and "cache" not in r.stdout


# -- lookup


def test_lookup_prints_the_text(scripted, askctl):
    scripted.replies["cache.lookup"] = {"text": "hello", "cached": True}
    r = askctl("cache", "lookup", KEY)
    assert (r.returncode, r.stdout, r.stderr) == (0, "hello\n", "")
    assert scripted.asked("cache.lookup") == [{"key": KEY}]


def test_lookup_as_json(scripted, askctl):
    scripted.replies["cache.lookup"] = {"text": "hello\n", "cached": True}
    assert json.loads(askctl("cache", "lookup", KEY, "--json").stdout) == {"text": "hello\n", "cached": True}
    assert askctl("cache", "lookup", KEY).stdout == "hello\n"


def test_lookup_of_what_is_not_there(scripted, askctl):
    scripted.replies["cache.lookup"] = LookupError({"code": "not_found", "message": "nothing is kept"})
    r = askctl("cache", "lookup", KEY)
    assert r.returncode == OTHER and r.stdout == "" and "nothing is kept" in r.stderr


# -- clear


@pytest.mark.parametrize(
    "args, params",
    [
        ((), {}),
        (("--yes",), {}),
        (("--key", KEY), {"key": KEY}),
        (("--model", "openai/gpt-4.1"), {"model": "openai/gpt-4.1"}),
        (("--older-than", "3d"), {"older_than": 259200}),
        (("--older-than", "90"), {"older_than": 90}),
        (("--older-than", "1.5min", "--model", "m"), {"model": "m", "older_than": 90}),
        (("--older-than", "0s"), {"older_than": 0}),
        (("--older-than", "2h"), {"older_than": 7200}),
        (("--older-than", "2w"), {"older_than": 1209600}),
    ],
    ids=str,
)
def test_clear(scripted, askctl, args, params):
    scripted.replies["cache.clear"] = {"removed": 2}
    r = askctl("cache", "clear", *args)
    assert (r.returncode, r.stdout, r.stderr) == (0, "2 entries removed\n", "")
    assert scripted.asked("cache.clear") == [params]


def test_clear_of_one_and_as_json(scripted, askctl):
    scripted.replies["cache.clear"] = {"removed": 1}
    assert askctl("cache", "clear").stdout == "1 entry removed\n"
    assert json.loads(askctl("cache", "clear", "--json").stdout) == {"removed": 1}


@pytest.mark.parametrize("age", ["", "d", "3 d", "3y", "-1", "1e3", "0x10", "3dd", "1e", "nan"])
def test_what_is_no_age(scripted, askctl, age):
    r = askctl("cache", "clear", f"--older-than={age}")
    assert r.returncode == USAGE and "is no age" in r.stderr
    assert scripted.calls == []


def clear_at_terminal(askctl, typed, *args):
    """(exit status, stdout, what was asked) of askctl cache clear whose standard input is a terminal."""
    ours, theirs = pty.openpty()
    proc = askctl.start("cache", "clear", *args, stdin=theirs, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    os.close(theirs)
    asked = b""
    for answer in typed if isinstance(typed, tuple) else (typed,):
        begin = len(asked)
        while answer and not asked.endswith(b"[y/N] ", begin):
            asked += os.read(proc.stderr.fileno(), 1) or pytest.fail(f"it asks nothing: {asked}")
        os.write(ours, answer)
    out, err = proc.communicate(timeout=PATIENCE)
    os.close(ours)
    return proc.returncode, out.decode(), (asked + err).decode()


@pytest.mark.parametrize("typed", [b"y\n", b"Yes\n", (b"what?\n", b"y\n")])
def test_clear_asks_at_a_terminal(scripted, askctl, typed):
    scripted.replies["cache.clear"] = {"removed": 3}
    status, out, asked = clear_at_terminal(askctl, typed)
    assert (status, out) == (0, "3 entries removed\n") and "[y/N]" in asked
    assert scripted.asked("cache.clear") == [{}]


@pytest.mark.parametrize("typed", [b"\n", b"n\n", b"no y\n", b"\x04", (b"\0y\n", b"\n")])
def test_clear_takes_all_these_for_no(scripted, askctl, typed):
    status, out, asked = clear_at_terminal(askctl, typed)
    assert (status, out) == (OTHER, "") and "nothing was removed" in asked
    assert scripted.calls == []


def test_clear_takes_nothing_that_was_typed_before_it_asked(scripted, askctl):
    ours, theirs = pty.openpty()
    os.write(ours, b"y\n")
    proc = askctl.start("cache", "clear", stdin=theirs, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    os.close(theirs)
    asked = b""
    while not asked.endswith(b"[y/N] "):
        asked += os.read(proc.stderr.fileno(), 1) or pytest.fail(f"it asks nothing: {asked}")
    os.write(ours, b"\n")
    assert proc.wait(PATIENCE) == OTHER and scripted.calls == []
    os.close(ours)
    proc.stdout.close()
    proc.stderr.close()


@pytest.mark.parametrize("args", [("--yes",), ("--model", "m"), ("--key", KEY), ("--older-than", "1d")], ids=str)
def test_clear_does_not_ask_where_it_need_not(scripted, askctl, args):
    scripted.replies["cache.clear"] = {"removed": 0}
    assert clear_at_terminal(askctl, b"", *args) == (0, "0 entries removed\n", "")


# -- export


def entry(n, **more):
    return {"key": f"{n:064x}", "kind": "answer", "provider": "p", "model": "m", "answer": {"text": str(n)}, **more}


def lines_of(r):
    assert (r.returncode, r.stderr) == (0, "")
    return [json.loads(line) for line in r.stdout.splitlines()]


def test_export_goes_through_all_pages(scripted, askctl):
    pages = {
        None: {"items": [entry(1), entry(2)], "after": "two"},
        "two": {"items": [], "after": "three"},
        "three": {"items": [entry(3)]},
    }
    scripted.replies["cache.list"] = lambda params: pages[params.get("after")]
    assert lines_of(askctl("cache", "export")) == [entry(1), entry(2), entry(3)]
    assert [p.get("after") for p in scripted.asked("cache.list")] == [None, "two", "three"]


def test_export_of_nothing(scripted, askctl):
    scripted.replies["cache.list"] = {"items": []}
    assert lines_of(askctl("cache", "export")) == []


def test_export_fetches_what_was_too_much_for_a_page(scripted, askctl):
    large, vector = entry(2), entry(3, kind="vector")
    del large["answer"], vector["answer"]
    scripted.replies["cache.list"] = {"items": [entry(1), large, vector]}
    scripted.replies["cache.lookup"] = {"text": "2"}
    assert lines_of(askctl("cache", "export")) == [entry(1), entry(2), vector]
    assert scripted.asked("cache.lookup") == [{"key": large["key"]}]


def test_export_that_fails_half_way(scripted, askctl):
    failure = LookupError({"code": "unavailable", "message": "the cache is gone"})
    scripted.replies["cache.list"] = lambda p: failure if "after" in p else {"items": [entry(1)], "after": "x"}
    r = askctl("cache", "export")
    assert r.returncode != 0 and "the cache is gone" in r.stderr
    assert json.loads(r.stdout) == entry(1)
