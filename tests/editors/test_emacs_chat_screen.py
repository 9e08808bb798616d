"""Emacs in a terminal: what is to be seen of chats, comparisons, pickers and code that is put into a file."""

import os
import signal

import pytest

from helpers_emacs import ScreenEmacs
from helpers_emacs_chat import HAND, hand_section, steered_answer


@pytest.fixture
def daemon(home, provider, steered, start_daemon):
    home.write_config(provider.base_url, extra=hand_section(steered))
    return start_daemon()


@pytest.fixture
def terminal(daemon, home):
    """terminal(columns=, rows=, name=) -> an Emacs on a screen."""
    opened = []

    def start(columns=100, rows=30, name="tmux"):
        e = ScreenEmacs(home, columns=columns, rows=rows, name=name)
        opened.append(e)
        e.wait_screen("*scratch*")
        return e

    yield start
    for e in opened:
        e.close()


def command(e, name):
    e.type("", "M-x")
    e.type(name, "Enter")


def chat(e, model=HAND):
    command(e, "askd-chat")
    e.wait_screen("## user")
    command(e, "askd-model")
    e.wait_screen("Model (default default):")
    e.type(model, "Enter")
    e.wait_screen(f"asking {model}")


def question(e, text):
    """Typed into the draft of the chat that is shown, and sent."""
    e.type("", "M->")
    e.type(text)
    e.wait_screen(text)
    e.type("", "C-c", "C-c")


def rows_of(screen):
    """The lines that are not empty, with single blanks."""
    return [" ".join(line.split()) for line in screen.split("\n") if line.strip()]


def wait_row(e, row):
    return rows_of(e.wait_screen(lambda s: row in rows_of(s)))


def test_a_chat_beside_what_the_shell_asks(terminal, steered, ask):
    e = terminal(rows=60)
    chat(e)
    question(e, "tell me")
    answer = steered_answer(steered)
    answer.say("slowly it ")
    shown = wait_row(e, "slowly it …")
    at = shown.index("## user")
    assert shown[at : at + 5] == ["## user", "tell me", "## assistant (hand/any)", "slowly it …", "## user"]
    assert "*askd: tell me*" in shown[at + 5] and "-**-" not in shown[at + 5] and "Chat:run" in shown[at + 5]
    answer.say("comes.")
    answer.end("stop")
    e.wait_screen(lambda s: "slowly it comes." in s and "…" not in s)
    shell = ask.start("-m", HAND, "--conversation", e.eval("askd-conversation"), "and from the shell")
    answer = steered_answer(steered, 1)
    answer.say("live")
    shown = wait_row(e, "live …")
    at = shown.index("and from the shell")
    assert shown[at - 1 : at + 4] == ["## user", "and from the shell", "## assistant (hand/any)", "live …", "## user"]
    answer.end("stop")
    e.wait_screen(lambda s: "live" in s and "…" not in s)
    assert shell.wait(30) == 0


def test_after_sigkill_in_mid_answer(terminal, steered):
    e = terminal()
    chat(e)
    question(e, "tell me")
    answer = steered_answer(steered)
    answer.say("before ")
    e.wait_screen("before")
    os.kill(e.eval("(emacs-pid)"), signal.SIGKILL)
    again = terminal(name="again")
    again.type("", "C-u")
    command(again, "askd-chat")
    wait_row(again, "before …")
    answer.say("after")
    wait_row(again, "before after …")
    answer.end("stop")
    again.wait_screen(lambda s: "before after" in s and "…" not in s)


def test_models_side_by_side(terminal, steered):
    e = terminal(columns=120, rows=20)
    command(e, "askd-compare")
    e.wait_screen("Compare models")
    e.type(f"{HAND},fake/words-20,fake/status-400", "Enter")
    e.wait_screen("Ask hand/any, fake/words-20, fake/status-400:")
    e.type("which of you?", "Enter")
    answer = steered_answer(steered)
    answer.say("mine")
    shown = e.wait_screen(lambda s: "mine" in s and "w19" in s and " tokens, " in s and "[invalid_" in s)
    columns = [row for row in (line.split("|") for line in shown.split("\n")[2:]) if len(row) == 3]
    assert len(columns) >= 15, shown
    assert [c.split()[0] for c in columns[0]] == ["any", "words-20", "status-400"], shown
    assert columns[1][0].split() == ["mine", "…"] and columns[1][1].startswith("w0 w1 w2")
    assert columns[1][2].strip().startswith("[invalid_request: ")
    answer.end("stop")
    e.wait_screen(lambda s: "mine" in s and "…" not in s)


def test_the_picker_and_what_is_attached(terminal, home):
    e = terminal(columns=110, rows=24)
    e.edit(home.path / "x.c", "".join(f"int x{i};\n" for i in range(100)))
    e.wait_screen("int x1;")
    command(e, "askd-attach-visible")
    e.wait_screen(lambda s: "x.c:1-2" in s and "goes with the next question" in s)
    command(e, "askd-chat")
    e.wait_screen("## user")
    command(e, "askd-attach-buffer")
    e.wait_screen("attached: x.c")
    command(e, "askd-prompt")
    e.wait_screen("Prompt (default")
    e.type("expl", "Tab", "Tab")
    shown = rows_of(e.wait_screen("explain-command"))
    assert any(row.startswith("explain-command ") and len(row) > 30 for row in shown), "what it is stands beside it"
    e.type("", "Enter")
    shown = rows_of(e.wait_screen("prompt: explain"))
    at = shown.index("## user")
    assert shown[at + 1 : at + 3] == ["prompt: explain", "attached: x.c"]


def test_what_is_to_be_seen_of_a_health_check(terminal):
    e = terminal(rows=60)
    command(e, "askd-health")
    shown = rows_of(e.wait_screen("asked by default: fake/echo"))
    assert "Providers" in shown and any(row.startswith("ok fake is ready") for row in shown)
