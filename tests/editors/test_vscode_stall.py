"""The VS Code extension never holds its host up: keys are typed while providers hang, answers pour in, or the daemon is
frozen; none is lost, and the longest delay of the event loop stays under 10 ms. What is cancelled is gone at the provider
within 50 ms."""

import signal
import time

import pytest

from conftest import PATIENCE, wait_until
from helpers_vscode import VsCode

KEYSTROKES = 1000
STALL_MS = 10
ATTEMPTS = 4  # of which one has to be free of what else the machine does to its memory and caches
GONE_MS = 50
SETTINGS = {"suggest": True, "suggestDelay": 1}  # so that nearly each key asks, and ends what the one before it asked

TEXT = ("value = compute(first, second) + other\n" * ((KEYSTROKES // 39) + 1))[:KEYSTROKES]


def type_all(code):
    """A key at a time, as fast as a keyboard repeats one; the longest delay in ms. No key is lost."""
    file = code.do("untitled", "", "python")
    code.do("watchLoop")
    for key in TEXT:
        code.do("type", key)
        time.sleep(0.002)
    delays = code.do("loopDelay")
    assert delays["ticks"] > KEYSTROKES / 2, "it was measured all the time"
    assert code.text(file) == TEXT, "no key is lost"
    code.do("close", file)
    return delays


def check_stalls(code, before=lambda: None, after=lambda: None):
    stalls = []
    for _ in range(ATTEMPTS):
        before()
        delays = type_all(code)
        after()
        stalls.append(delays["longest"])
        if stalls[-1] < STALL_MS:
            print(f"longest stall {stalls[-1]:.2f} ms; by the machine {delays['machine']:.2f} ms")
            return
    pytest.fail(f"the longest stalls of {ATTEMPTS} times {KEYSTROKES} keystrokes were {stalls} ms")


@pytest.mark.parametrize("behaviour", ["hang-headers", "hang-first", "hang-after-3"])
def test_providers_that_hang(home, provider, start_daemon, behaviour):
    home.write_config(provider.behave(behaviour))
    start_daemon()
    with VsCode(home, settings=SETTINGS) as v:
        check_stalls(v)
        assert provider.stats()["requests"] > KEYSTROKES / 10, "suggestions were asked for"
        v.command("askd.suggest", False)
        wait_until(lambda: provider.stats()["active"] == 0, "nothing is left at the provider")
        wait_until(lambda: v.do("held") == {"calls": 0, "queue": 0, "streams": 0, "inbox": 0}, "nothing is held")


def test_answers_that_pour_in(home, provider, start_daemon):
    """As fast as a provider on loopback sends: some megabytes in small pieces, into a document in sight."""
    home.write_config(provider.base_url)
    start_daemon()
    with VsCode(home) as v:
        check_stalls(v, before=lambda: v.command("askd.ask", {"words": "pour", "model": "fake/text-400000-20"}))


def test_a_rewrite_that_pours_in(home, provider, start_daemon, tmp_path):
    """Of hundreds of lines, shown as it comes, beside where one types."""
    home.write_config(provider.base_url)
    start_daemon()
    text = "".join(f"{i:07d}\n" if i % 7 else "another\n" for i in range(600))

    def rewrite():
        v.do("focus", file)
        v.select(1, 600)
        v.command("askd.rewrite", {"words": "it", "model": "fake/text-4800-8"})

    def written():
        wait_until(lambda: "accept or reject" in str(v.words_beside(file)), "it is whole")
        v.do("focus", file)
        v.command("askd.reject")

    with VsCode(home, folder=tmp_path) as v:
        file = v.open(tmp_path / "other.txt", text)
        check_stalls(v, before=rewrite, after=written)


def test_a_frozen_daemon(home, provider, start_daemon):
    home.write_config(provider.behave("hang-first"))
    d = start_daemon()
    with VsCode(home, settings=SETTINGS) as v:
        v.do("request", "status", {})
        d.signal(signal.SIGSTOP)
        try:
            check_stalls(v)
            held = v.do("held")
            assert held["streams"] <= 4 and held["queue"] == 0, "what it does not answer is not piled up"
        finally:
            d.signal(signal.SIGCONT)
        v.command("askd.suggest", False)
        wait_until(lambda: v.do("held")["streams"] == 0, "nothing is held")


def hang_ups(code, steered, times=10):
    """How long each took, in ms: from the key that ends a suggestion to the hang-up that the provider sees."""
    took = []
    for _ in range(times):
        asked = len(steered.requests)
        code.do("type", "a")
        steered.wait(lambda: len(steered.requests) > asked, "a suggestion is asked for")
        request = steered.requests[-1]
        request.say("x")
        began = time.monotonic()
        code.do("type", "b")
        while not request.aborted:
            steered.look(PATIENCE)
        took.append((time.monotonic() - began) * 1000)
        steered.wait(lambda: all(r.over for r in steered.requests[: asked + 1]), "older ones are over")
    return took


def test_what_is_cancelled_is_gone_at_the_provider_at_once(home, steered, start_daemon):
    home.write_config(steered.base_url)
    start_daemon()
    with VsCode(home, settings=SETTINGS) as v:
        v.do("untitled", "", "python")
        for _ in range(ATTEMPTS):
            took = max(hang_ups(v, steered))
            if took < GONE_MS:
                print(f"gone within {took:.2f} ms")
                return
        pytest.fail(f"a cancelled suggestion was at the provider for {took} ms more")


def test_who_holds_it_up_is_seen_by_the_measure(home, daemon):
    with VsCode(home) as v:
        v.do("watchLoop")
        v.do("hold", 50)
        assert v.do("loopDelay")["longest"] > 2 * STALL_MS
