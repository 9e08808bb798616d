"""ask in a real terminal."""

from helpers_tmux import Tmux


def test_an_answer_is_shown(daemon, home):
    with Tmux(home) as t:
        t.type("ask hello there; echo end", "Enter")
        shown = t.wait_for("\nend")
    assert shown.split("\n")[1].startswith("hello there")


def test_a_narrow_terminal_resized(daemon, home):
    with Tmux(home, columns=200, rows=50) as t:
        t.resize(80, 24)
        t.type("tput cols", "Enter")
        t.wait_for("\n80")
