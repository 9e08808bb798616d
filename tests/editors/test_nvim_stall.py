"""Neovim is never held up: keys are typed while providers hang, answers pour in, or the daemon is frozen; none is lost,
and the longest stall, measured inside of Neovim, stays under 10 ms. What is cancelled is gone at the provider within
50 ms."""

import signal
import time

import pytest

from conftest import PATIENCE, wait_until
from helpers_nvim import Nvim

KEYSTROKES = 1000
STALL_MS = 10
ATTEMPTS = 4  # of which one has to be free of what else the machine does to its memory and caches
GONE_MS = 50
SETUP = "suggest = true, suggest_delay = 1"  # so that nearly each key asks, and ends what the one before it asked

# Ticks once a millisecond on the loop that takes the keys: what comes late was held up by so much. Time in which the
# kernel let others run, though this thread could have, is nothing that a plugin does; `machine` is the most of that.
PROBE = """
    local uv = vim.loop
    local function waited()
      local file = io.open('/proc/self/schedstat')
      local text = file and file:read('*l') or ''
      if file then file:close() end
      return tonumber(text:match('^%d+ (%d+)')) or 0
    end
    local timer, last, before = uv.new_timer(), uv.hrtime(), waited()
    longest, machine, ticks = 0, 0, 0
    timer:start(1, 1, function()
      local now, others = uv.hrtime(), waited()
      longest = math.max(longest, (now - last - (others - before)) / 1e6 - 1)
      machine = math.max(machine, (others - before) / 1e6)
      ticks, last, before = ticks + 1, now, others
    end)
    probe = timer
"""

TEXT = ("value = compute(first, second) + other\n" * ((KEYSTROKES // 39) + 1))[:KEYSTROKES]


def type_all(nvim, text=TEXT):
    """A key at a time, as fast as a terminal hands them on that repeats a key; (longest stall in ms, whether none was
    lost)."""
    nvim.command("normal! ggdG")
    nvim.command("set noautoindent indentexpr= indentkeys=")
    nvim.keys("i")
    nvim.lua(PROBE)
    for key in text:
        nvim.keys({"\n": "<CR>", "<": "<lt>"}.get(key, key))
        time.sleep(0.002)
    wanted = text.split("\n")
    nvim.wait(f"line('$') >= {len(wanted)} && len(getline('$')) >= {len(wanted[-1])}")
    nvim.lua("probe:stop()")
    assert nvim.lua("return ticks") > KEYSTROKES / 2, "it was measured all the time"
    longest = nvim.lua("return longest")
    assert nvim.lines() == wanted, "no key is lost"
    nvim.keys("<Esc>")
    return longest


def check_stalls(nvim, before=lambda: None, after=lambda: None):
    stalls = []
    for _ in range(ATTEMPTS):
        before()
        stalls.append(type_all(nvim))
        after()
        if stalls[-1] < STALL_MS:
            print(f"longest stall {stalls[-1]:.2f} ms; by the machine {nvim.lua('return machine'):.2f} ms")
            return
    pytest.fail(f"the longest stalls of {ATTEMPTS} times {KEYSTROKES} keystrokes were {stalls} ms")


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "x.py"
    path.write_text("def f(a):\n    return a\n\n" * 200)
    return path


@pytest.mark.parametrize("behaviour", ["hang-headers", "hang-first", "hang-after-3"])
def test_providers_that_hang(home, provider, start_daemon, source, behaviour):
    home.write_config(provider.behave(behaviour))
    start_daemon()
    with Nvim(home, str(source), setup=SETUP) as n:
        check_stalls(n)
        assert provider.stats()["requests"] > KEYSTROKES / 10, "suggestions were asked for"
        n.command("AskSuggest off")
        wait_until(lambda: provider.stats()["active"] == 0, "nothing is left at the provider")
        n.wait_lua("return require('askd.client').held().streams == 0")
        held = n.lua("return require('askd.client').held()")
        assert held == {"calls": 0, "queue": 0, "streams": 0, "inbox": 0}


def test_answers_that_pour_in(home, provider, start_daemon, source):
    """As fast as a provider on loopback sends: some megabytes in small pieces, into a window in sight."""
    home.write_config(provider.base_url)
    start_daemon()
    with Nvim(home, str(source)) as n:
        check_stalls(n, before=lambda: n.command("Ask -m fake/text-400000-20 pour"))


def test_a_rewrite_that_pours_in(home, provider, start_daemon, source, tmp_path):
    """Of hundreds of lines, compared and drawn as it comes, beside where one types."""
    home.write_config(provider.base_url)
    start_daemon()
    (tmp_path / "other.txt").write_text("".join(f"{i:07d}\n" if i % 7 else "another\n" for i in range(600)))

    def rewrite():
        n.command("wincmd t")
        n.command("1,600AskRewrite -m fake/text-4800-8 it")
        n.command("wincmd b")

    def written():
        n.command("wincmd t")
        wait_until(lambda: "AskAccept" in str(n.marks("askd-diff")), "it is whole")
        n.command("AskReject")

    with Nvim(home, str(source), "-o", str(tmp_path / "other.txt")) as n:
        n.command("wincmd K | wincmd t | buffer other.txt | wincmd b | buffer x.py")
        check_stalls(n, before=rewrite, after=written)


def test_a_frozen_daemon(home, provider, start_daemon, source):
    home.write_config(provider.behave("hang-first"))
    d = start_daemon()
    with Nvim(home, str(source), setup=SETUP) as n:
        n.keys("i<Esc>")
        n.lua("require('askd.client').request('status', vim.empty_dict(), function() up = true end)")
        n.wait_lua("return up")
        d.signal(signal.SIGSTOP)
        try:
            check_stalls(n)
            held = n.lua("return require('askd.client').held()")
            assert held["streams"] <= 4 and held["queue"] == 0, "what it does not answer is not piled up"
        finally:
            d.signal(signal.SIGCONT)
        n.command("AskSuggest off")
        n.wait_lua("return require('askd.client').held().streams == 0")


def hang_ups(nvim, steered, times=10):
    """How long each took, in ms: from the key that ends a suggestion to the hang-up that the provider sees."""
    took = []
    for i in range(times):
        asked = len(steered.requests)
        nvim.keys("a")
        steered.wait(lambda: len(steered.requests) > asked, "a suggestion is asked for")
        request = steered.requests[-1]
        began = time.monotonic()
        nvim.keys("b" if i % 2 else "<Left>")
        while not request.aborted:
            steered.look(PATIENCE)
        took.append((time.monotonic() - began) * 1000)
        steered.wait(lambda: all(r.over for r in steered.requests[: asked + 1]), "older ones are over")
    return took


def test_what_is_cancelled_is_gone_at_the_provider_at_once(home, steered, start_daemon, source):
    home.write_config(steered.base_url)
    start_daemon()
    with Nvim(home, str(source), setup=SETUP) as n:
        n.keys("i")
        for _ in range(ATTEMPTS):
            took = max(hang_ups(n, steered))
            if took < GONE_MS:
                print(f"gone within {took:.2f} ms")
                return
        pytest.fail(f"a cancelled suggestion was at the provider for {took} ms more")


def test_who_waits_is_seen_by_the_measure(home, daemon):
    """What holds the editor up by a wait, or by work, is more than the bound."""
    work = "local before = os.clock() while os.clock() < before + 0.03 do end"
    with Nvim(home) as n:
        for hold in ("vim.loop.sleep(30)", work):
            n.lua(PROBE)
            n.lua(f"vim.schedule(function() {hold} end)")
            n.wait_lua("return ticks > 20")
            n.lua("probe:stop()")
            assert n.lua("return longest") > 2 * STALL_MS
