"""Neovim: a chat never holds the keys up, whatever comes in above what is being written."""

import time

import pytest

from helpers_nvim import Nvim
from helpers_chat import ask, idle, open_chat
from test_nvim_stall import ATTEMPTS, KEYSTROKES, PROBE, STALL_MS
from conftest import wait_until

DRAFT = ("a thought that goes on " * (KEYSTROKES // 23 + 1))[:KEYSTROKES]


def type_draft(n):
    n.keys("Go")
    n.lua(PROBE)
    for key in DRAFT:
        n.keys(key)
        time.sleep(0.002)
    n.wait_lines(lambda lines: lines[-1] == DRAFT)
    n.lua("probe:stop()")
    n.keys("<Esc>")
    return n.lua("return longest")


@pytest.mark.parametrize("model", ["hang-after-3", "text-40000-20", "words-4000"])
def test_keys_while_an_answer_comes(daemon, home, provider, model):
    stalls = []
    for _ in range(ATTEMPTS):
        with Nvim(home) as n:
            open_chat(n)
            n.command(f"AskModel fake/{model}")
            ask(n, "go")
            n.wait_lines(f"## assistant (fake/{model})")
            stalls.append(type_draft(n))
            if not model.startswith("hang"):
                wait_until(lambda: idle(n), "it ends")
            assert n.lines()[-1] == DRAFT
            n.command("AskStop")
        print(model, stalls)
        if stalls[-1] < STALL_MS:
            return
    pytest.fail(f"the longest stalls of {ATTEMPTS} times {KEYSTROKES} keystrokes were {stalls} ms")
