"""ask --edit and --undo on a terminal: shown, asked, applied, taken back."""

import pytest

from helpers_edit import model, place  # noqa: F401
from helpers_tmux import Tmux

A = "one\ntwo\nthree\n"
EDITED = "one\n2\nthree\n"
GOOD = "--- a/a.txt\n+++ b/a.txt\n@@ -1,3 +1,3 @@\n one\n-two\n+2\n three\n"


@pytest.fixture
def terminal(home, model, place):
    with Tmux(home) as t:
        t.type(f"cd {place.path}; clear; echo ready", "Enter")
        t.wait_for(lambda s: s.startswith("ready"))
        yield t


def run(t, command):
    """Ends when it has exited; the screen then."""
    t.type(f"{command}; echo status $?", "Enter")


def test_yes_and_undo(terminal, model, place):
    t = terminal
    place.write("a.txt", A)
    model.says(GOOD)
    run(t, "ask --edit a.txt make two a digit")
    shown = t.wait_for("Apply it?", colours=True)
    print(shown)
    assert place.files() == {"a.txt": A}
    t.type("y", "Enter")
    print(t.wait_for("status 0"))
    assert place.files() == {"a.txt": EDITED}
    run(t, "clear; ask --undo")
    print(t.wait_for("status 0"))
    assert place.files() == {"a.txt": A}
    run(t, "clear; ask --undo")
    print(t.wait_for("status 1"))
