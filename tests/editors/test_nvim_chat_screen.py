"""Neovim in a terminal: what is to be seen of chats, comparisons, pickers and code that is put into a file."""

import os
import signal

import pytest

from helpers_chat import HAND, hand_section, steered_answer
from helpers_nvim import arguments
from helpers_tmux import Tmux


@pytest.fixture
def daemon(home, provider, steered, start_daemon):
    home.write_config(provider.base_url, extra=hand_section(steered))
    return start_daemon()


@pytest.fixture
def terminal(daemon, home):
    """terminal(columns=, rows=, name=) -> one with Neovim in it."""
    opened = []

    def start(columns=100, rows=30, name="tmux"):
        t = Tmux(home, columns=columns, rows=rows, shell=arguments(), socket=name)
        opened.append(t)
        t.wait_for("~")
        return t

    yield start
    for t in opened:
        t.close()


def command(t, text):
    t.type("", "Escape")
    t.type(f":{text}", "Enter")


def chat(t, model=HAND):
    command(t, "AskChat")
    t.wait_for("## user")
    command(t, f"AskModel {model}")
    t.wait_for(f"asking {model}")


def question(t, text):
    """Typed into the draft of the chat that is shown, and sent."""
    t.type("", "Escape")
    t.type("Go" + text, "Escape")
    command(t, "w")


def rows_of(screen):
    """The lines that are not empty, without those that stand for no line, and with single blanks."""
    return [" ".join(line.split()) for line in screen.split("\n") if line.strip() not in ("", "~")]


def wait_row(t, row):
    t.wait_for(lambda s: row in rows_of(s))


def test_a_chat_beside_what_the_shell_asks(terminal, steered, ask):
    t = terminal()
    chat(t)
    question(t, "tell me")
    answer = steered_answer(steered)
    answer.say("slowly it ")
    shown = rows_of(t.wait_for("slowly it"))
    at = shown.index("## user")
    assert shown[at : at + 5] == ["## user", "tell me", "## assistant (hand/any)", "slowly it …", "## user"]
    assert "[+]" not in shown[at + 5]
    answer.say("comes.")
    answer.end("stop")
    t.wait_for(lambda s: "slowly it comes." in s and "…" not in s)
    shell = ask.start("-m", HAND, "-c", "and from the shell")
    answer = steered_answer(steered, 1)
    answer.say("live")
    shown = rows_of(t.wait_for("live"))
    at = shown.index("and from the shell")
    assert shown[at - 1 : at + 4] == ["## user", "and from the shell", "## assistant (hand/any)", "live …", "## user"]
    answer.end("stop")
    t.wait_for(lambda s: "live" in s and "…" not in s)
    assert shell.wait(30) == 0


def test_after_sigkill_in_mid_answer(terminal, steered):
    t = terminal()
    chat(t)
    question(t, "tell me")
    answer = steered_answer(steered)
    answer.say("before ")
    t.wait_for("before")
    os.kill(int(t.ask("display-message", "-p", "#{pane_pid}")), signal.SIGKILL)
    again = terminal(name="again")
    command(again, "AskChat last")
    wait_row(again, "before …")
    answer.say("after")
    wait_row(again, "before after …")
    answer.end("stop")
    again.wait_for(lambda s: "before after" in s and "…" not in s)


def test_models_side_by_side(terminal, steered):
    t = terminal(columns=120, rows=20)
    command(t, f"AskCompare {HAND},fake/words-20,fake/status-400 which of you?")
    answer = steered_answer(steered)
    answer.say("mine")
    shown = t.wait_for(lambda s: "mine" in s and "w19" in s and "20 tokens" in s and "invalid_request" in s)
    columns = [row.split("│") for row in shown.split("\n") if "│" in row]
    assert len(columns) == 17 and all(len(row) == 3 for row in columns)
    assert columns[0][0].split() == ["mine", "…"] and columns[0][1].startswith("w0 w1 w2")
    assert columns[0][2].strip().startswith("[invalid_request: ")
    status = next(row for row in shown.split("\n") if row.startswith(HAND))
    assert "fake/words-20 20 tokens" in status and "fake/status-400 invalid_request" in status
    answer.end("stop")
    t.wait_for(lambda s: "mine" in s and "…" not in s)


def test_the_picker_and_what_is_attached(terminal, home):
    t = terminal(columns=110, rows=24)
    (home.path / "x.c").write_text("int x;\nint y;\n")
    command(t, f"cd {home.path} | edit x.c")
    command(t, "AskChat")
    t.wait_for("## user")
    command(t, "AskAttach buffer")
    t.wait_for("attached: x.c")
    command(t, "AskPrompt")
    shown = t.wait_for("explain-command")
    number = next(line.split(":")[0].strip() for line in shown.split("\n") if ": explain " in line)
    t.type(number, "Enter")
    shown = rows_of(t.wait_for("prompt: explain"))
    at = shown.index("## user")
    assert shown[at + 1 : at + 3] == ["prompt: explain", "attached: x.c"]
    assert "Press ENTER" not in "".join(shown)


def test_a_block_is_put_into_a_file(terminal, steered, home):
    t = terminal(columns=90, rows=24)
    (home.path / "x.c").write_text("int x;\nint y;\nint z;\n")
    command(t, f"cd {home.path}")
    chat(t)
    question(t, "widen y")
    answer = steered_answer(steered)
    answer.say("```c x.c\nint x;\nlong y;\nint z;\n```\n")
    answer.end("stop")
    t.wait_for(lambda s: "long y" in s and "…" not in s)
    command(t, "/long y")
    command(t, "AskApply")
    shown = rows_of(t.wait_for(":AskAccept or :AskReject"))
    assert shown[0].startswith("int x; apply: ") and shown[1:4] == ["int y;", "long y;", "int z;"]
    command(t, "AskAccept")
    shown = rows_of(t.wait_for(lambda s: "AskReject" not in s and "x.c [+]" in s))
    assert shown[:3] == ["int x;", "long y;", "int z;"]
