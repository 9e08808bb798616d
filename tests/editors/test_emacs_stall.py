"""Emacs is never held up: keys are typed while providers hang, answers pour in, or the daemon is frozen; none is lost,
and the longest stall, measured inside of Emacs, stays under 10 ms. What is cancelled is gone at the provider within
50 ms."""

import signal
import time

import pytest

from conftest import PATIENCE, wait_until
from helpers_emacs import Emacs

KEYSTROKES = 1000
STALL_MS = 10
ATTEMPTS = 4  # of which one has to be free of what else the machine does to its memory and caches
GONE_MS = 50
SETUP = "(setq askd-suggest-delay 0.001)"  # so that nearly each key asks, and ends what the one before it asked

# Ticks once a millisecond on the loop that takes the keys: what comes late was held up by so much. Time in which the
# kernel let others run, though this thread could have, is nothing that a plugin does; `machine` is the most of that.
# Emacs collects no garbage meanwhile, which it does whoever made it, and for some 5 ms or more.
PROBE = """
    (setq longest 0.0 machine 0.0 ticks 0 probing t gc-cons-threshold most-positive-fixnum)
    (defun probe-waited ()
      (with-temp-buffer
        (insert-file-contents-literally "/proc/self/schedstat")
        (forward-word 1)
        (/ (read (current-buffer)) 1e9)))
    (setq probe-last (float-time) probe-others (probe-waited))
    (defun probe-tick ()
      (let* ((others (probe-waited)) (now (float-time)) (waited (- others probe-others)))
        (setq longest (max longest (- now probe-last waited 0.001))
              machine (max machine waited) ticks (1+ ticks)
              probe-last now probe-others others)
        (when probing (run-at-time 0.001 nil #'probe-tick))))
    (probe-tick) nil
"""

TEXT = ("value = compute(first, second) + other\n" * ((KEYSTROKES // 39) + 1))[:KEYSTROKES]
NAMES = {"\n": "RET", " ": "SPC"}


def type_all(e, text=TEXT):
    """A key at a time, as fast as a terminal hands them on that repeats a key; the longest stall in ms."""
    e.eval(f"(goto-char (point-max)) (electric-indent-mode -1) {PROBE}")
    before = e.eval("(point)")
    for key in text:
        e.keys(NAMES.get(key, key))
        time.sleep(0.002)
    e.wait(f"(>= (point) {before + len(text)})")
    longest = e.eval("(setq probing nil) (* 1000.0 longest)")
    e.eval("(setq gc-cons-threshold 800000)")
    assert e.eval("ticks") > KEYSTROKES / 2, "it was measured all the time"
    assert e.eval(f"(buffer-substring-no-properties {before} (point-max))") == text, "no key is lost"
    return longest


def check_stalls(e, before=lambda: None, after=lambda: None):
    stalls = []
    for _ in range(ATTEMPTS):
        before()
        stalls.append(type_all(e))
        after()
        if stalls[-1] < STALL_MS:
            print(f"longest stall {stalls[-1]:.2f} ms; by the machine {e.eval('(* 1000.0 machine)'):.2f} ms")
            return
    pytest.fail(f"the longest stalls of {ATTEMPTS} times {KEYSTROKES} keystrokes were {stalls} ms")


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "x.txt"
    path.write_text("def f(a):\n    return a\n\n" * 200)
    return path


@pytest.mark.parametrize("behaviour", ["hang-headers", "hang-first", "hang-after-3"])
def test_providers_that_hang(home, provider, start_daemon, source, behaviour):
    home.write_config(provider.behave(behaviour))
    start_daemon()
    with Emacs(home, source, setup=SETUP) as e:
        e.eval("(askd-suggest-mode 1) nil")
        check_stalls(e)
        assert provider.stats()["requests"] > KEYSTROKES / 10, "suggestions were asked for"
        e.eval("(askd-suggest-mode -1) nil")
        wait_until(lambda: provider.stats()["active"] == 0, "nothing is left at the provider")
        e.wait("(= 0 (plist-get (askd-held) :streams))")
        assert e.eval("(askd-held)") == {"calls": 0, "queue": 0, "streams": 0}


def test_answers_that_pour_in(home, provider, start_daemon, source):
    """As fast as a provider on loopback sends: some megabytes in small pieces, into a window in sight."""
    home.write_config(provider.base_url)
    start_daemon()
    ask = """(require 'askd-ask)
        (askd-ask-about (list :words "pour" :model "fake/text-400000-20") (current-buffer) nil) nil"""
    with Emacs(home, source) as e:
        check_stalls(e, before=lambda: e.eval(ask))


def test_a_rewrite_that_pours_in(home, provider, start_daemon, source, tmp_path):
    """Of hundreds of lines, compared and drawn as it comes, beside where one types."""
    home.write_config(provider.base_url)
    start_daemon()
    other = tmp_path / "other.txt"
    other.write_text("".join(f"{i:07d}\n" if i % 7 else "another\n" for i in range(600)))

    def rewrite():
        e.eval("""(with-current-buffer "other.txt"
            (askd-rewrite-start (list :words "it" :model "fake/text-4800-8") (current-buffer) 1 (point-max))) nil""")

    def written():
        wait_until(lambda: "askd-accept" in str(e.overlays("after-string", "other.txt")), "it is whole")
        e.eval('(with-current-buffer "other.txt" (askd-reject)) nil')

    with Emacs(home, other, source) as e:
        e.eval("(require 'askd-rewrite) (display-buffer \"other.txt\") nil")
        check_stalls(e, before=rewrite, after=written)


def test_a_frozen_daemon(home, provider, start_daemon, source):
    home.write_config(provider.behave("hang-first"))
    d = start_daemon()
    with Emacs(home, source, setup=SETUP) as e:
        e.eval("""(askd-suggest-mode 1) (setq up nil)
            (askd-request "status" (askd-map) (lambda (&rest _) (setq up t))) nil""")
        e.wait("up")
        d.signal(signal.SIGSTOP)
        try:
            check_stalls(e)
            held = e.eval("(askd-held)")
            assert held["streams"] <= 4 and held["queue"] == 0, "what it does not answer is not piled up"
        finally:
            d.signal(signal.SIGCONT)
        e.eval("(askd-suggest-mode -1) nil")
        e.wait("(= 0 (plist-get (askd-held) :streams))")


def hang_ups(e, steered, times=10):
    """How long each took, in ms: from the key that ends a suggestion to the hang-up that the provider sees."""
    took = []
    for i in range(times):
        asked = len(steered.requests)
        e.keys("a")
        steered.wait(lambda: len(steered.requests) > asked, "a suggestion is asked for")
        request = steered.requests[-1]
        began = time.monotonic()
        e.keys("b" if i % 2 else "C-b")
        while not request.aborted:
            steered.look(PATIENCE)
        took.append((time.monotonic() - began) * 1000)
        steered.wait(lambda: all(r.over for r in steered.requests[: asked + 1]), "older ones are over")
    return took


def test_what_is_cancelled_is_gone_at_the_provider_at_once(home, steered, start_daemon, source):
    home.write_config(steered.base_url)
    start_daemon()
    with Emacs(home, source, setup=SETUP) as e:
        e.eval("(askd-suggest-mode 1) nil")
        for _ in range(ATTEMPTS):
            took = max(hang_ups(e, steered))
            if took < GONE_MS:
                print(f"gone within {took:.2f} ms")
                return
        pytest.fail(f"a cancelled suggestion was at the provider for {took} ms more")


def test_who_waits_is_seen_by_the_measure(home, daemon):
    """What holds Emacs up by a wait, or by work, is more than the bound."""
    now = "(float-time (get-internal-run-time))"
    work = f"(let ((end (+ {now} 0.03))) (while (< {now} end)))"
    with Emacs(home) as e:
        e.eval(f"(run-at-time 0.5 nil (lambda () {work})) nil")
        assert type_all(e) > STALL_MS
        e.eval("(run-at-time 0.5 nil (lambda () (call-process \"sleep\" nil nil nil \"0.03\"))) nil")
        assert type_all(e) > STALL_MS
