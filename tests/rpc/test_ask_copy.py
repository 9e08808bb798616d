"""--copy: the answer goes to the terminal's clipboard."""

import base64
import re
import subprocess

from conftest import PATIENCE, ask_path
from helpers_tmux import Tmux
from helpers_terminal import on_terminal

FITS = 74994 // 4 * 3  # bytes


def test_the_answer_is_copied(daemon, home):
    with Tmux(home) as t:
        t.type("ask --copy 'what is said'; echo status $?", "Enter")
        t.wait_for("status 0")
        assert t.clipboard() == "what is said"


def test_from_a_pipe_too(daemon, home):
    with Tmux(home) as t:
        t.type("ask --copy 'von Köln' | wc -c; echo end", "Enter")
        t.wait_for("\nend")
        assert t.clipboard() == "von Köln"
        assert "\n9\n" in t.screen()  # and no sequence among it


def clip(shown):
    return [base64.b64decode(m) for m in re.findall(r"\x1b\]52;c;([^\a]*)\a", shown)]


def test_as_much_as_a_clipboard_takes(daemon, home, tmp_path):
    for extra in (0, 1):
        prompt = tmp_path / "prompt"
        prompt.write_text("x" * (FITS + extra))
        with prompt.open() as f:
            status, shown = on_terminal([ask_path(), "--copy", "--plain"], home.env(TERM="xterm"), stdin=f)
        if extra == 0:
            assert status == 0 and clip(shown) == [b"x" * FITS]
        else:
            assert status == 65 and clip(shown) == []
            assert f"the answer was not copied: it has {FITS + 1} bytes" in shown


def test_without_a_terminal_nothing_is_asked(daemon, home, provider):
    r = subprocess.run(
        [ask_path(), "--copy", "hello"], env=home.env(TERM="xterm"), capture_output=True, text=True,
        timeout=PATIENCE, start_new_session=True,
    )  # fmt: skip
    assert r.returncode == 74 and r.stdout == ""
    assert r.stderr == "ask: --copy needs a terminal, whose clipboard it fills, and there is none here\n"
    status, shown = on_terminal([ask_path(), "--copy", "hello"], home.env(TERM="dumb"))
    assert status == 74 and "$TERM names none" in shown
    assert provider.stats()["requests"] == 0
