"""Emacs: a block of code is put into a file."""

import re

import pytest

from helpers_emacs import Emacs, EmacsError, ScreenEmacs, quoted
from helpers_emacs_chat import HAND, ask, hand_section, open_chat, set_model, steered_answer, wait_idle


@pytest.fixture
def daemon(home, provider, steered, start_daemon):
    home.write_config(provider.base_url, extra=hand_section(steered))
    return start_daemon()


@pytest.fixture
def emacs(daemon, home, tmp_path):
    with Emacs(home, cwd=tmp_path) as e:
        yield e


@pytest.fixture
def source(emacs, tmp_path):
    """A file in the selected window, with 200 lines."""
    emacs.edit(tmp_path / "main.c", "".join(f"int line_{i};\n" for i in range(1, 201)))
    return tmp_path



def apply_block(e, block, at=1, name=None):
    """The command, with point in line `at` from 0 of a buffer that holds the block."""
    text = "\n".join(block)
    e.eval(f"""
        (let ((folder default-directory))
          (switch-to-buffer (generate-new-buffer "*block*"))
          (setq default-directory folder))
        (insert {quoted(text)}) (goto-char (point-min)) (forward-line {at})
        (askd-apply {quoted(name) if name else 'nil'}) nil
    """)


def accept(e):
    e.eval("(askd-accept) nil")


def file_name(e):
    return e.eval("(file-name-nondirectory buffer-file-name)")


def test_a_block_is_shown_as_a_diff_and_put_in(emacs, source):
    text = (source / "main.c").read_text()
    wanted = text.replace("int line_2;", "long line_2;")
    apply_block(emacs, ["Here:", "```c main.c", *wanted.splitlines(), "```"], 2)
    assert file_name(emacs) == "main.c"
    assert emacs.text() == text, "not before it was accepted"
    shown = str(emacs.overlays("after-string") + emacs.overlays("before-string"))
    assert "long line_2;" in shown and "int line_3;" not in shown
    accept(emacs)
    assert emacs.text() == wanted
    emacs.eval("(undo-boundary) (setq last-command nil) (undo) nil")
    assert emacs.text() == text
    assert (source / "main.c").read_text() == text, "nothing is written"


def test_a_diff_in_a_block_changes_what_it_names(emacs, source):
    block = ["```diff", "--- a/main.c", "+++ b/main.c", "@@ -9,2 +9,2 @@", " int line_9;", "-int line_10;", "+X", "```"]
    apply_block(emacs, block, 3)
    accept(emacs)
    assert emacs.lines()[8:11] == ["int line_9;", "X", "int line_11;"] and len(emacs.lines()) == 201


def test_of_a_diff_about_several_files_one_is_changed(emacs, source):
    block = [
        "```diff", "diff --git a/other.c b/other.c", "--- a/other.c", "+++ b/other.c", "@@ -0,0 +1 @@", "+int other;",
        "diff --git a/main.c b/main.c", "--- a/main.c", "+++ b/main.c", "@@ -9,2 +9,2 @@", " int line_9;", "-int line_10;",
        "+X", "```",
    ]  # fmt: skip
    for at, name in ((9, None), (2, "main.c")):
        apply_block(emacs, block, at, name)
        accept(emacs)
        assert file_name(emacs) == "main.c" and emacs.lines()[8:11] == ["int line_9;", "X", "int line_11;"]
        emacs.eval("(undo-boundary) (setq last-command nil) (undo) nil")
    apply_block(emacs, block, 3)
    accept(emacs)
    assert file_name(emacs) == "other.c" and emacs.lines()[0] == "int other;"
    with pytest.raises(EmacsError, match="about several files"):
        apply_block(emacs, block, 0)


def test_a_diff_for_some_lines_changes_those(emacs, source):
    diff = ["```diff", "@@ -1,2 +1,2 @@", " int line_9;", "-int line_10;", "+X", "```"]
    apply_block(emacs, diff, 1, "main.c:9-12")
    accept(emacs)
    assert emacs.lines()[8:11] == ["int line_9;", "X", "int line_11;"] and len(emacs.lines()) == 201


@pytest.mark.parametrize("lines", ["0", "201", "20-12", "199-201"])
def test_lines_that_are_not_there_are_told(emacs, source, lines):
    with pytest.raises(EmacsError, match="main.c has 200 lines"):
        apply_block(emacs, ["```c", "int x;", "```"], 1, f"main.c:{lines}")


def test_a_new_file_some_lines_and_a_name_that_leads_elsewhere(emacs, source):
    apply_block(emacs, ["`new.c`:", "```c", "int x;", "```"], 1)
    accept(emacs)
    assert emacs.text() == "int x;\n" and file_name(emacs) == "new.c"
    apply_block(emacs, ["```c", "int x;", "```"], 1, "main.c:1-199")
    accept(emacs)
    assert emacs.text() == "int x;\nint line_200;\n"
    emacs.eval("""
        (setq asked nil)
        (advice-add 'read-file-name :override (lambda (_ &optional _ _ _ first &rest _) (setq asked first) "x.c")) nil
    """)
    for name in ("/etc/passwd.txt", "../x.c", "a/../../x.c"):
        apply_block(emacs, [f"```c {name}", "int x;", "```"])
        assert emacs.eval("asked") == name, "it is asked first"
    apply_block(emacs, ["```diff", "+++ ~/x.c", "@@ -0,0 +1 @@", "+int x;", "```"])
    assert emacs.eval("asked") == "~/x.c", "it is asked first"
    with pytest.raises(EmacsError, match="no code block at point"):
        apply_block(emacs, ["nothing here"], 0)


def test_what_is_to_be_seen_of_it(daemon, home, steered):
    (home.path / "x.c").write_text("int x;\nint y;\nint z;\n")
    with ScreenEmacs(home, columns=90, rows=50) as e:
        e.wait_screen("*scratch*")
        open_chat(e)
        set_model(e, HAND)
        ask(e, "widen y")
        answer = steered_answer(steered)
        answer.say("```c x.c\nint x;\nlong y;\nint z;\n```\n")
        answer.end("stop")
        e.wait_text("long y")
        wait_idle(e)
        e.eval('(goto-char (point-min)) (search-forward "long y") (set-window-point nil (point)) nil')
        e.type("", "C-c", "C-a")
        shown = [line.strip() for line in e.wait_screen("askd-accept").split("\n")]
        at = shown.index("int y;")
        assert shown[at : at + 3] == ["int y;", "long y;", "int z;"] and shown[at - 1].startswith("int x;")
        e.type("", "M-x")
        e.type("askd-accept", "Enter")
        shown = e.wait_screen(lambda s: "int y;" not in s and re.search(r"\*\*-.* x\.c ", s))
        assert "int x;\nlong y;\nint z;" in shown
