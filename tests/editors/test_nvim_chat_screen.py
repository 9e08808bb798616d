"""Neovim in a terminal: what is to be seen."""

import os
import signal

import pytest

from conftest import wait_until
from helpers_nvim import arguments
from helpers_tmux import Tmux


@pytest.fixture
def screen(daemon, home):
    """screen(columns=, name=) -> a terminal with Neovim in it."""
    opened = []

    def start(columns=100, rows=30, name="tmux", setup=""):
        t = Tmux(home, columns=columns, rows=rows, shell=arguments(setup=setup), socket=name)
        opened.append(t)
        t.wait_for("~")
        return t

    yield start
    for t in opened:
        t.close()


def editor_pid(t):
    return int(t.ask("display-message", "-p", "#{pane_pid}"))


def command(t, text):
    t.type("", "Escape")
    t.type(f":{text}", "Enter")


def question(t, text):
    """Typed into the draft of the chat that is shown, and sent."""
    t.type("", "Escape")
    t.type("Go" + text, "Escape")
    t.type(":w", "Enter")


def test_a_chat_streams_beside_what_the_shell_asks(screen, ask):
    t = screen()
    command(t, "AskChat")
    t.wait_for("## user")
    command(t, "AskModel fake/slow-40-40")
    question(t, "tell me")
    s = t.wait_for(lambda s: "w3 w4" in s and "w39" not in s)
    print(s)
    assert "## assistant (fake/slow-40-40)" in s and "…" in s and "[+]" not in s
    s = t.wait_for("42 tokens")
    print(s)
    shell = ask.start("-m", "fake/slow-50-40", "-c", "and from the shell")
    s = t.wait_for(lambda s: "and from the shell" in s and "w7" in s.split("from the shell")[1] and "w49" not in s)
    print(s)
    s = t.wait_for(lambda s: "w49" in s.split("from the shell")[1])
    print(s)
    assert shell.wait(30) == 0


def test_after_sigkill_in_mid_answer(screen):
    t = screen()
    command(t, "AskChat")
    t.wait_for("## user")
    command(t, "AskModel fake/slow-100-40")
    question(t, "tell me")
    t.wait_for("w5 w6")
    os.kill(editor_pid(t), signal.SIGKILL)
    again = screen(name="again")
    command(again, "AskChat last")
    s = again.wait_for(lambda s: "w5 w6" in s and "w99" not in s)
    print(s)
    s = again.wait_for("102 tokens")
    print(s)
    assert s.count("w50 ") == 1


def test_models_side_by_side(screen):
    t = screen(columns=120, rows=20)
    command(t, "AskCompare fake/slow-30-40,fake/words-20,fake/status-400 which of you?")
    s = t.wait_for(lambda s: "w19" in s and "w3" in s)
    print(s)
    s = t.wait_for("w29")
    print(s)
    rows = [line.split("│") for line in s.splitlines() if "│" in line]
    assert all(len(row) == 3 for row in rows), "three columns"
    t.wait_for("30 tokens")
    print(t.screen())


def test_the_pickers_and_what_is_attached(screen, home):
    t = screen(columns=110, rows=24)
    home.path.joinpath("x.c").write_text("int x;\nint y;\n")
    command(t, f"edit {home.path}/x.c")
    command(t, "AskChat")
    t.wait_for("## user")
    command(t, "AskAttach buffer")
    s = t.wait_for("attached: ")
    print(s)
    command(t, "AskPrompt")
    s = t.wait_for("explain-command")
    print(s)
    number = next(line.split(":")[0].strip() for line in s.splitlines() if ": explain " in line)
    t.type(number, "Enter")
    s = t.wait_for("prompt: explain")
    print(s)


def test_a_block_is_put_into_a_file(screen, home):
    t = screen(columns=90, rows=24)
    (home.path / "x.c").write_text("int x;\nint y;\nint z;\n")
    command(t, f"cd {home.path}")
    command(t, "AskChat")
    t.wait_for("## user")
    question(t, "```c x.c<C-m>int x;<C-m>long y;<C-m>int z;<C-m>```".replace("<C-m>", "\r"))
    t.wait_for("## assistant (fake/echo)")
    t.type("gg/long y", "Enter")
    t.type("n")
    command(t, "AskApply")
    s = t.wait_for(":AskAccept or :AskReject")
    print(s)
    assert "long y;" in s.split("x.c")[0]
    command(t, "AskAccept")
    s = t.wait_for(lambda s: "AskReject" not in s)
    print(s)
