"""VS Code: a chat never holds the extension's loop up, whatever comes in above what is being written."""

import time

import pytest

from conftest import wait_until
from helpers_vscode import VsCode
from helpers_vscode_chat import ask, idle, open_chat, write
from test_vscode_stall import ATTEMPTS, KEYSTROKES, STALL_MS, TEXT


def type_draft(v, page):
    """The text, key by key, into the draft; the longest delay in ms."""
    v.do("watchLoop")
    for key in TEXT:
        write(v, page, key)
        time.sleep(0.002)
    delays = v.do("loopDelay")
    assert delays["ticks"] > KEYSTROKES / 2, "it was measured all the time"
    return delays["longest"]


@pytest.mark.parametrize("model", ["hang-after-3", "text-40000-20", "words-4000"])
def test_keys_while_an_answer_comes(daemon, home, model):
    stalls = []
    for _ in range(ATTEMPTS):
        with VsCode(home) as v:
            new = open_chat(v)
            v.command("askd.model", f"fake/{model}")
            page = ask(v, new, "go")
            v.wait_text(page, f"## assistant (fake/{model})")
            stalls.append(type_draft(v, page))
            if model.startswith("hang"):
                v.command("askd.stop")
            wait_until(lambda v=v: idle(v), "it ends")
            assert v.text(page).endswith(f"## user\n\n{TEXT}"), "no key is lost"
        print(model, stalls)
        if stalls[-1] < STALL_MS:
            return
    pytest.fail(f"the longest stalls of {ATTEMPTS} times {KEYSTROKES} keystrokes were {stalls} ms")
