"""VS Code: a chat never holds the extension's loop up, whatever comes in above what is being written."""

import pytest

from conftest import wait_until
from helpers_vscode import VsCode
from helpers_vscode_chat import ask, idle, open_chat, write

STALL_MS = 10
ATTEMPTS = 3
DRAFT = "a thought that goes on "
KEYS = 60


@pytest.mark.parametrize("model", ["hang-after-3", "text-40000-20", "words-4000"])
def test_keys_while_an_answer_comes(daemon, home, model):
    stalls = []
    for _ in range(ATTEMPTS):
        with VsCode(home) as v:
            new = open_chat(v)
            v.command("askd.model", f"fake/{model}")
            page = ask(v, new, "go")
            v.wait_text(page, f"## assistant (fake/{model})")
            v.do("watchLoop")
            for i in range(KEYS):
                write(v, page, DRAFT[i % len(DRAFT)])
            stalls.append(v.do("loopDelay"))
            if not model.startswith("hang"):
                wait_until(lambda v=v: idle(v), "it ends")
            assert v.text(page).endswith("".join(DRAFT[i % len(DRAFT)] for i in range(KEYS)))
            v.command("askd.stop")
        print(model, stalls)
        if stalls[-1]["longest"] < STALL_MS:
            return
    pytest.fail(f"the loop was held up for {stalls} ms, of {ATTEMPTS} times {KEYS} keys")
