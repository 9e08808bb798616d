"""ask --edit and --undo on a terminal: shown, asked, applied, taken back."""

import time

import pytest

from helpers_edit import model, place  # noqa: F401
from helpers_tmux import Tmux

A = "one\ntwo\nthree\n"
EDITED = "one\n2\nthree\n"
GOOD = "--- a/a.txt\n+++ b/a.txt\n@@ -1,3 +1,3 @@\n one\n-two\n+2\n three\n"
QUESTION = "Apply it?"


@pytest.fixture
def terminal(home, model, place):
    with Tmux(home) as t:
        t.type(f"cd {place.path}; clear; echo ready", "Enter")
        t.wait_for(lambda s: s.startswith("ready"))
        yield t


def run(t, command, shows):
    """Runs it on an empty screen; what that shows once it shows what is waited for."""
    t.type("clear", "Enter")
    t.wait_for(lambda s: "status" not in s)
    t.type(f"{command}; echo status $?", "Enter")
    return t.wait_for(shows)


def test_yes_and_undo(terminal, model, place):
    t = terminal
    place.write("a.txt", A)
    model.says(GOOD)
    shown = run(t, "ask --edit a.txt make two a digit", QUESTION)
    assert "\n--- a/a.txt\n+++ b/a.txt\n@@ -1,3 +1,3 @@\n one\n-two\n+2\n three\nApply it? " in shown
    assert place.files() == {"a.txt": A}
    t.type("y", "Enter")
    assert "ask: changed a.txt; ask --undo takes it back" in t.wait_for("status 0")
    assert place.files() == {"a.txt": EDITED}
    shown = run(t, "ask --undo", "status 0")
    assert "\n one\n-2\n+two\n three\nask: the files are as they were before the edit\n" in shown
    assert place.files() == {"a.txt": A}
    assert "ask: there is no edit to take back" in run(t, "ask --undo", "status 1")


@pytest.mark.parametrize("answer", ["n", "", "C-d"])
def test_no(terminal, model, place, answer):
    place.write("a.txt", A)
    model.says(GOOD)
    run(terminal, "ask --edit a.txt change it", QUESTION)
    terminal.type(answer if answer != "C-d" else "", "C-d" if answer == "C-d" else "Enter")
    assert "ask: nothing is changed" in terminal.wait_for("status 1")
    assert place.files() == {"a.txt": A}


def test_interrupt_at_the_question(terminal, model, place):
    place.write("a.txt", A)
    model.says(GOOD)
    run(terminal, "ask --edit a.txt change it", QUESTION)
    terminal.type("", "C-c")
    terminal.wait_for("status 130")
    assert place.files() == {"a.txt": A}


def test_interrupt_while_the_model_works(terminal, model, place):
    place.write("a.txt", A)
    model.says(lambda: time.sleep(1) or GOOD)
    run(terminal, "ask --edit a.txt change it", lambda s: model.asked)
    terminal.type("", "C-c")
    terminal.wait_for("status 130")
    assert place.files() == {"a.txt": A}


def test_colours_and_none(terminal, model, place):
    place.write("a.txt", A)
    model.says(GOOD)
    run(terminal, "ask --edit a.txt change it", QUESTION)
    shown = terminal.screen(colours=True)
    assert "\x1b[31m-two" in shown and "\x1b[32m+2" in shown and "\x1b[36m" in shown
    terminal.type("n", "Enter")
    terminal.wait_for("status 1")
    for how in ("NO_COLOR=1 ask", "TERM=dumb ask", "ask --plain"):
        run(terminal, f"{how} --edit a.txt change it", QUESTION)
        assert "\x1b[3" not in terminal.screen(colours=True).partition("--- a/a.txt")[2]
        terminal.type("n", "Enter")
        terminal.wait_for("status 1")


def test_what_deceives_is_written_out(terminal, model, place):
    """A terminal's escapes, text that turns, and names."""
    place.write("a.txt", "safe\n\x1b]0;old\x07\n")
    model.says(
        "--- a/a.txt\n+++ b/a.txt\n@@ -1,2 +1,3 @@\n safe\n \x1b]0;old\x07\n"
        "+if (user != \"\u202eadmin\u2066\") \u200b\x1b[2J\x9b1m\r\x7f\n"
    )  # fmt: skip
    shown = run(terminal, "ask --edit a.txt change it", QUESTION)
    assert '+if (user != "\\u{202e}admin\\u{2066}") \\u{200b}\\x1b[2J\\x9b1m\\x0d\\x7f' in shown
    assert " \\x1b]0;old\\x07" in shown
    terminal.type("y", "Enter")
    terminal.wait_for("status 0")
    assert place.read("a.txt").startswith("safe\n\x1b]0;old\x07\nif (user != \"\u202eadmin")  # exactly what was shown


def test_a_long_diff_is_shown_whole(terminal, model, place):
    lines = [f"line {i}" for i in range(300)]
    place.write("a.txt", "\n".join(lines) + "\n")
    model.says("--- a/a.txt\n+++ b/a.txt\n@@ @@\n" + "".join(f"-{s}\n+{s}!\n" for s in lines))
    run(terminal, "ask --edit a.txt change it", QUESTION)
    shown = terminal.screen(history=True)
    for s in lines:
        assert f"-{s}\n" in shown and f"+{s}!\n" in shown


def test_lines_end_as_the_file_has_them(terminal, model, place):
    place.write("a.txt", A.replace("\n", "\r\n"))
    model.says(GOOD)
    shown = run(terminal, "ask --edit a.txt change it", QUESTION)
    assert "\n one\n-two\n+2\n three\nApply it? " in shown
    terminal.type("y", "Enter")
    terminal.wait_for("status 0")
    assert place.read("a.txt") == EDITED.replace("\n", "\r\n")


def test_a_link_leads_to_its_file(terminal, model, place):
    place.write("real/a.txt", A).chmod(0o640)
    (place.path / "link.txt").symlink_to("real/a.txt")
    model.says(GOOD.replace("a.txt", "link.txt"))
    run(terminal, "ask --edit link.txt change it", QUESTION)
    terminal.type("y", "Enter")
    terminal.wait_for("status 0")
    assert (place.path / "link.txt").is_symlink()
    assert place.read("real/a.txt") == EDITED
    assert (place.path / "real/a.txt").stat().st_mode & 0o777 == 0o640


def test_a_new_file_comes_and_goes(terminal, model, place):
    place.write("a.txt", A)
    model.says(GOOD + "--- /dev/null\n+++ b/new.txt\n@@ -0,0 +1 @@\n+made\n")
    run(terminal, "ask --edit a.txt new.txt change it", QUESTION)
    terminal.type("y", "Enter")
    terminal.wait_for("status 0")
    assert place.files() == {"a.txt": EDITED, "new.txt": "made\n"}
    run(terminal, "ask --undo", "status 0")
    assert place.files() == {"a.txt": A}


# -- another diff


def editor(place, *scripts):
    """An editor that does as the next of these scripts of sed says, each time that it is called."""
    for i, script in enumerate(scripts):
        place.write(f"../edit{i}.sed", script)
    path = place.write("../editor", f'#!/bin/sh\nset -e\ncd {place.home.path}\nfor s in edit*.sed; do break; done\n'
                       'sed -i -f "$s" "$1"\nrm "$s"\n')  # fmt: skip
    path.chmod(0o755)
    return f"VISUAL={path}"


def test_the_diff_is_edited(terminal, model, place):
    place.write("a.txt", A)
    model.says(GOOD)
    run(terminal, f"{editor(place, 's/^+2/+II/')} ask --edit a.txt change it", QUESTION)
    terminal.type("e", "Enter")
    shown = terminal.wait_for(lambda s: s.count(QUESTION) == 2)
    assert "\n-two\n+II\n three\nApply it?" in shown
    assert place.files() == {"a.txt": A}
    terminal.type("y", "Enter")
    terminal.wait_for("status 0")
    assert place.files() == {"a.txt": "one\nII\nthree\n"}
    run(terminal, "ask --undo", "status 0")
    assert place.files() == {"a.txt": A}


def test_an_edited_diff_that_does_not_fit(terminal, model, place):
    place.write("a.txt", A)
    model.says(GOOD)
    run(terminal, f"{editor(place, 's/^-two/-x/', 's/^-x/-two/;s/^+2/+II/')} ask --edit a.txt change it", QUESTION)
    terminal.type("e", "Enter")
    shown = terminal.wait_for("Edit it again?").replace("\n", "")
    assert "your diff cannot be used: a.txt: hunk 1 does not fit: line 2 is `two`, where the hunk has `x`" in shown
    terminal.type("y", "Enter")
    terminal.wait_for(lambda s: s.count(QUESTION) == 2)
    terminal.type("y", "Enter")
    terminal.wait_for("status 0")
    assert place.files() == {"a.txt": "one\nII\nthree\n"}


@pytest.mark.parametrize("script, answers", [("d", ["e"]), ("s/^-two/-x/", ["e", "n"]), ("s/a.txt/b.txt/", ["e", "n"])])
def test_an_edited_diff_that_is_given_up(terminal, model, place, script, answers):
    place.write("a.txt", A)
    model.says(GOOD)
    run(terminal, f"{editor(place, script)} ask --edit a.txt change it", QUESTION)
    for i, answer in enumerate(answers):
        terminal.wait_for(lambda s, n=i: s.count("[n]o") == n + 1)
        terminal.type(answer, "Enter")
    assert "ask: nothing is changed" in terminal.wait_for("status 1")
    assert place.files() == {"a.txt": A}


def test_an_editor_that_fails(terminal, model, place):
    place.write("a.txt", A)
    model.says(GOOD)
    run(terminal, "VISUAL=false ask --edit a.txt change it", QUESTION)
    terminal.type("e", "Enter")
    terminal.wait_for("status 69")
    assert place.files() == {"a.txt": A}


# -- what stands in the way


def test_changed_while_it_was_asked(terminal, model, place):
    place.write("a.txt", A)
    model.says(lambda: place.write("a.txt", A + "four\n") and GOOD)
    run(terminal, "ask --edit a.txt change it", QUESTION)
    terminal.type("y", "Enter")
    assert "ask: a.txt was changed meanwhile: nothing is written; ask again" in terminal.wait_for("status 75")
    assert place.files() == {"a.txt": A + "four\n"}


def test_changed_to_the_same_size(terminal, model, place):
    path = place.write("a.txt", A)
    model.says(GOOD)
    run(terminal, "ask --edit a.txt change it", QUESTION)
    path.write_text(A.replace("one", "ONE"))
    terminal.type("y", "Enter")
    terminal.wait_for("status 75")
    assert place.read("a.txt") == A.replace("one", "ONE")


def test_changed_since(terminal, model, place):
    place.write("a.txt", A)
    model.says(GOOD)
    run(terminal, "ask --edit a.txt change it", QUESTION)
    terminal.type("y", "Enter")
    terminal.wait_for("status 0")
    place.write("a.txt", "mine\n")
    shown = run(terminal, "ask --undo", "status 65").replace("\n", "")
    assert f"ask: changed since the edit: {place.path}/a.txt; nothing is taken back" in shown
    assert place.files() == {"a.txt": "mine\n"}


def test_write_protected(terminal, model, place):
    place.write("a.txt", A).chmod(0o444)
    shown = run(terminal, "ask --edit a.txt change it", "status 77")
    assert "ask: a.txt is write-protected: chmod u+w it first" in shown
    assert model.asked == []


def test_where_no_way_back_can_be_kept(terminal, model, place):
    place.write("a.txt", A)
    place.write("state", "no folder\n")
    model.says(GOOD)
    run(terminal, "XDG_STATE_HOME=$PWD/state ask --edit a.txt change it", QUESTION)
    terminal.type("y", "Enter")
    assert "status 0" not in terminal.wait_for("\nstatus ")
    assert place.files() == {"a.txt": A, "state": "no folder\n"}


def test_a_folder_that_is_gone(terminal, model, place):
    place.write("sub/a.txt", A)
    place.write("b.txt", A)
    model.says(GOOD.replace("a.txt", "sub/a.txt") + GOOD.replace("a.txt", "b.txt"))
    run(terminal, "ask --edit b.txt sub/a.txt change them", QUESTION)
    (place.path / "sub").rename(place.path / "elsewhere")
    terminal.type("y", "Enter")
    terminal.wait_for("status 77")
    assert place.files() == {"b.txt": A, "elsewhere/a.txt": A}


def test_no_terminal_to_ask_at(terminal, model, place):
    """Standard output is one, but not ours to ask at."""
    place.write("a.txt", A)
    shown = run(terminal, "setsid -w ask --edit a.txt change it", "status 64")
    assert "there is no terminal to ask at" in shown
    assert model.asked == []
