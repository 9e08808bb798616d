"""Vim never waits: keys while a provider hangs, while the daemon is frozen, and while a fast model streams."""

import os
import signal

import pytest
from conftest import wait_until
from helpers_vim import Vim

pytestmark = [
    pytest.mark.askd(provider={"retries": "0"}),
    pytest.mark.skipif(not os.path.exists("/proc/self/schedstat"), reason="no /proc/self/schedstat"),
]

KEYS = 1000
STALL_MS = 10
PAUSE = 0.004  # seconds between two keys

# How long Vim is kept from its keys. A sign of life is a key that it takes, and a tick each millisecond, unless that comes
# while a function waits: within an autocommand, another callback or a blocking call (see state()). The longest time
# between two is the longest stall, without what the machine gave to other processes meanwhile (the second figure of
# /proc/self/schedstat). g:stalls: the longest ones, in milliseconds, and g:keys: the keys that were taken.
STALLS = r"""
let g:stalls = []
let g:keys = 0

function! s:Waited()
  return str2float(split(readfile('/proc/self/schedstat')[0])[1]) / 1000000.0
endfunction

function! s:Alive()
  let now = reltimefloat(reltime()) * 1000
  let waited = s:Waited()
  call add(g:stalls, now - s:last - (waited - s:waited))
  if len(g:stalls) > 1000
    let g:stalls = reverse(sort(g:stalls, 'f'))[:9]
  endif
  call s:Mark()
endfunction

" The wait first: what comes between the two is taken for no stall.
function! s:Mark()
  let s:waited = s:Waited()
  let s:last = reltimefloat(reltime()) * 1000
endfunction

function! s:Key()
  let g:keys += 1
  call s:Alive()
endfunction

function! StallsBegin()
  call s:Mark()
  let g:stalls = []
  let g:keys = 0
  autocmd! InsertCharPre * call s:Key()
  let s:timer = timer_start(1, {-> state('xwc') ==# 'c' ? s:Alive() : 0}, {'repeat': -1})
endfunction

function! StallsEnd()
  call timer_stop(s:timer)
  return reverse(sort(g:stalls, 'f'))[:9]
endfunction
"""


def typed(n):
    """n keys, some of which end a word or a line."""
    line = "the quick brown fox jumps over the lazy dog 0123"
    return [line[i % len(line)] if i % 50 != 49 else "\r" for i in range(n)]


def editing(home, **how):
    """Each pause of a millisecond between two keys asks for a suggestion."""
    stalls = home.path / "stalls.vim"
    stalls.write_text(STALLS)
    return Vim(
        home, home.path / "main.txt",
        set=(f"source {stalls}", "let g:askd_suggest_delay = 1", *how.pop("set", ())), **how,
    )  # fmt: skip


def longest_stall(v):
    """None of the keys is lost. A busy machine keeps Vim from running now and then, but not each time in the same
    place: the least of five counts."""
    keys = typed(KEYS)
    want = "".join(keys).replace("\r", "\n")
    longest = []
    while len(longest) < 5 and min(longest, default=STALL_MS) >= STALL_MS:
        v.press("\x1bggdGi", PAUSE)
        v.wait_eval("mode() .. line('$') .. getline(1)", "i1")
        v.eval("StallsBegin()")
        v.press(keys, PAUSE)
        v.wait_eval("join(getline(1, '$'), \"\\n\")", want, timeout=60)
        stalls = v.eval("StallsEnd()")
        assert v.eval("g:keys") == KEYS - keys.count("\r")
        print("longest stalls, ms:", [round(s, 2) for s in stalls])
        longest.append(stalls[0])
    return min(longest)


@pytest.mark.parametrize("behaviour", ["hang-headers", "hang-first", "hang-after-2"])
def test_a_provider_that_hangs(daemon, home, provider, behaviour):
    with editing(home, set=[f"let g:askd_suggest_model = 'fake/{behaviour}'"]) as v:
        v.type(":AskSuggest on", "Enter")
        assert longest_stall(v) < STALL_MS
        v.type("", "Escape")
        wait_until(lambda: provider.stats()["active"] == 0, "nothing is asked any more")
        assert provider.stats()["requests"] > 20


def test_a_daemon_that_hangs(daemon, home):
    with editing(home, set=["let g:askd_suggest_model = 'fake/hang-first'"]) as v:
        v.type(":AskSuggest on", "Enter")
        v.type("ix")
        v.wait_eval("askd#client#State()", "ready")
        daemon.signal(signal.SIGSTOP)
        try:
            assert longest_stall(v) < STALL_MS
            assert v.eval("askd#client#Waiting()") < 10
        finally:
            daemon.signal(signal.SIGCONT)


def test_a_fast_model_beside(daemon, home):
    with editing(home, set=["let g:askd_suggest_model = 'fake/hang-first'"]) as v:
        v.type(":Ask -m fake/slow-5000-1 go", "Enter")
        v.buffer("askd://answer/")
        v.type(":AskSuggest on", "Enter")
        assert longest_stall(v) < STALL_MS
