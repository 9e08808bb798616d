"""Emacs: suggestions at point."""

import random

import pytest

from conftest import wait_until
from helpers_emacs import Emacs, ScreenEmacs

SETUP = "(setq askd-suggest-delay 0.02)"
PAUSE = 0.15  # seconds in which nothing is to happen: many times the delay


@pytest.fixture
def daemon_of_steered(home, steered, start_daemon):
    home.write_config(steered.base_url)
    return start_daemon()


def open_file(e, tmp_path):
    e.edit(tmp_path / "x.txt", "import os\n\n\ndef last():\n    pass\n")
    e.eval("(askd-suggest-mode 1) (forward-line 1) nil")


@pytest.fixture
def emacs(home, daemon_of_steered, tmp_path):
    with Emacs(home, setup=SETUP, cwd=tmp_path) as e:
        open_file(e, tmp_path)
        yield e


def ghost(e):
    """What is shown behind point; "" where nothing is."""
    found = e.overlays("askd-suggestion")
    return found[0][2] if found else ""


def wait_ghost(e, text):
    try:
        wait_until(lambda: ghost(e) == text, f"{text} is shown")
    except AssertionError as fault:
        raise AssertionError(f"{fault}: {ghost(e)!r}") from None


def ask(e, steered, keys):
    """Types; the request that comes of it at the provider."""
    n = len(steered.requests)
    e.keys(keys)
    steered.wait(lambda: len(steered.requests) > n, "a suggestion is asked for")
    return steered.requests[-1]


def suggest(e, steered, keys, text):
    request = ask(e, steered, keys)
    request.say(text)
    request.end("stop")
    wait_ghost(e, text)
    return request


def quiet(steered, requests):
    """Nobody is asked."""
    steered.look(PAUSE)
    steered.look(PAUSE)
    assert len(steered.requests) == requests


def line(e, number=2):
    return e.lines()[number - 1]


def wait_line(e, text, number=2):
    wait_until(lambda: line(e, number) == text, f"line {number} is {text}")


def test_it_is_shown_while_it_comes_and_accepted(emacs, steered):
    request = ask(emacs, steered, "d e f SPC f")
    text = str(request.messages)
    assert "import os" in text and "def f" in text and "def last" in text
    request.say("irst(a)")
    wait_ghost(emacs, "irst(a)")
    request.say(":\n    return a")
    wait_ghost(emacs, "irst(a):\n    return a")
    assert line(emacs) == "def f", "the text is as it was"
    request.end("stop")
    emacs.wait("(= 0 (plist-get (askd-held) :streams))")
    emacs.keys("TAB")
    wait_line(emacs, "    return a", 3)
    assert line(emacs) == "def first(a):" and ghost(emacs) == ""
    emacs.keys("!")
    wait_line(emacs, "    return a!", 3)
    emacs.keys("C-/ C-/")
    wait_line(emacs, "def f")
    assert emacs.text() == "import os\ndef f\n\ndef last():\n    pass\n", "accepting was one step of undo"


def test_a_word_a_line_and_the_rest(emacs, steered):
    suggest(emacs, steered, "x", " = foo.bar(1)\ny = 2\nz = 3")
    for shown, key in (("x =", "M-f"), ("x = foo", "M-f"), ("x = foo.", "M-f"), ("x = foo.bar(1)", "M-e")):
        emacs.keys(key)
        wait_line(emacs, shown)
    wait_ghost(emacs, "\ny = 2\nz = 3")
    emacs.keys("C-e")
    wait_line(emacs, "y = 2", 3)
    wait_ghost(emacs, "\nz = 3")
    emacs.keys("TAB")
    wait_line(emacs, "z = 3", 4)
    wait_ghost(emacs, "")


def test_typing_along_asks_nobody(emacs, steered):
    suggest(emacs, steered, "a", "bcdef\nnext")
    for i, key in enumerate("bcdef"):
        emacs.keys(key)
        wait_ghost(emacs, "bcdef"[i + 1 :] + "\nnext")
    emacs.keys("RET n e")
    wait_ghost(emacs, "xt")
    emacs.keys("DEL")
    wait_ghost(emacs, "ext")
    quiet(steered, 1)


def test_typing_something_else_ends_it_at_the_provider(emacs, steered):
    request = ask(emacs, steered, "a")
    request.say("bcd")
    wait_ghost(emacs, "bcd")
    emacs.keys("x")
    steered.wait(lambda: request.aborted, "the provider is told")
    assert ghost(emacs) == ""
    steered.wait(lambda: len(steered.requests) == 2, "it is asked anew")


def test_dismissed_it_is_gone_until_something_is_typed(emacs, steered):
    suggest(emacs, steered, "a", "bcd")
    emacs.keys("C-g")
    wait_ghost(emacs, "")
    quiet(steered, 1)
    ask(emacs, steered, "q")


@pytest.mark.parametrize("leave", ['(switch-to-buffer "*scratch*")', "(kill-buffer)", "(askd-suggest-mode -1)"])
def test_leaving_ends_it(home, daemon_of_steered, steered, tmp_path, leave):
    with ScreenEmacs(home, setup=SETUP, cwd=tmp_path) as e:
        open_file(e, tmp_path)
        request = ask(e, steered, "a")
        e.eval(f"(set-buffer-modified-p nil) {leave} (redisplay) nil")
        steered.wait(lambda: request.aborted, "the provider is told")
        quiet(steered, 1)


def test_moving_about_asks_nobody(emacs, steered):
    suggest(emacs, steered, "a", "bcd")
    emacs.keys("C-n")
    wait_ghost(emacs, "")
    emacs.keys("C-p C-e")
    quiet(steered, 1)


def test_keys_are_themselves_where_nothing_is_shown(emacs, steered):
    """In a buffer of its own, and in others while a suggestion is shown in one."""
    emacs.keys("a TAB")
    wait_until(lambda: line(emacs).startswith("a") and line(emacs)[1:].isspace(), "a tab is typed")
    suggest(emacs, steered, "b", "cd")
    assert emacs.eval("(key-binding (kbd \"TAB\"))") == "askd-suggest-accept"
    assert emacs.eval("(with-temp-buffer (key-binding (kbd \"TAB\")))") != "askd-suggest-accept"
    emacs.keys("C-g")
    emacs.wait("(not (eq 'askd-suggest-dismiss (key-binding (kbd \"C-g\"))))")


def test_they_are_off_unless_wanted(home, daemon_of_steered, steered):
    with Emacs(home, setup=SETUP) as e:
        e.keys("m o r e")
        e.wait_text("more")
        quiet(steered, 0)
        e.command("global-askd-suggest-mode")
        ask(e, steered, "!")
        e.command("global-askd-suggest-mode")
        e.wait("(not askd-suggest-mode)")
        e.keys("!")
        e.wait_text("more!!")
        quiet(steered, 1)


def test_none_where_one_does_not_write(emacs, steered):
    """In the minibuffer, in a read-only buffer, and while a macro is carried out."""
    emacs.command("global-askd-suggest-mode")
    emacs.keys("M-: t ( C-g")
    emacs.keys("C-x C-q C-f C-x C-q")
    emacs.eval("(execute-kbd-macro (kbd \"x y\")) nil")
    quiet(steered, 0)


def test_in_the_middle_of_a_line_what_is_behind_it_moves_on(home, daemon_of_steered, steered, tmp_path):
    with ScreenEmacs(home, setup=SETUP, cwd=tmp_path) as e:
        open_file(e, tmp_path)
        e.eval('(progn (insert "foo()") (backward-char))')  # typed, it would be asked about
        request = ask(e, steered, "a")
        request.say(", b\nc")
        screen = e.wait_screen("foo(a, b\nc)")
        assert screen.split("\n")[2:4] == ["foo(a, b", "c)"]
        assert e.tmux.ask("display-message", "-p", "#{cursor_x},#{cursor_y}").strip() == "5,2", "the cursor is before it"
        e.type("", "Tab")
        wait_line(e, "foo(a, b")
        assert line(e, 3) == "c)"


def test_an_error_is_told_once(emacs, steered):
    for key in "abc":
        ask(emacs, steered, key).refuse(400)
        emacs.wait_told("injected 400")
    assert len([t for t in emacs.told() if "injected" in t]) == 1 and "times" not in emacs.messages()


def test_the_sides_of_a_large_buffer_are_cut(emacs):
    """At lines of which the first stays the same while one types."""
    sides = emacs.eval("""
        (with-temp-buffer
          (dotimes (i 5000)
            (insert (if (= i 2600) (make-string 100000 ?ä) (format "line %d" (1+ i))) "\\n"))
          (vconcat (mapcar (lambda (at)
                             (goto-char (point-min)) (forward-line (car at)) (forward-char (cdr at))
                             (let ((sides (askd-suggest--sides))) (vector (car sides) (cdr sides))))
                           '((2000 . 3) (2001 . 3) (2600 . 1) (0 . 0) (2600 . 50000)))))""")
    assert sides[0][0].startswith("line 1601\n") and sides[0][0].endswith("\nlin")
    assert sides[1][0].startswith("line 1601\n"), "one line on, it begins where it began"
    assert sides[0][1].startswith("e 2001\n") and sides[0][1].endswith("\nline 2401")
    assert sides[3][0] == ""
    for before, behind in sides:
        assert max(len(before), len(behind)) <= 32768


TYPED = "a b ( ) ä SPC RET DEL C-b C-f C-p C-n C-a C-e M-DEL C-k C-y C-d C-o C-t".split()


@pytest.mark.parametrize("seed", range(3))
def test_whatever_is_typed_the_text_is_what_it_is_without(home, provider, start_daemon, tmp_path, seed):
    """Suggestions come and go meanwhile, of one line and of several; nobody accepts them."""
    home.write_config(provider.behave("text-60-7"))
    start_daemon()
    rng = random.Random(seed)
    keys = [rng.choice(TYPED) for _ in range(400)]
    texts = []
    for on in (1, -1):
        # Its own keys aside, which are the ones that accept.
        setup = "(setq askd-suggest-delay 0) (with-eval-after-load 'askd-suggest (setcdr askd-suggest-map nil))"
        with Emacs(home, setup=setup, cwd=tmp_path, name=f"e{on}") as e:
            e.eval(f'(insert "one\\n\\ttwo ä\\nthree") (askd-suggest-mode {on}) nil')
            for i, key in enumerate(keys):
                e.keys(key)
                e.wait("(null unread-command-events)")  # by now it was worked off, or refused
                if i % 4 == 0:  # or nothing may ever come, where the keys are faster than the daemon
                    e.wait("(= 0 (plist-get (askd-held) :calls))")
            texts.append((e.text(), e.eval("(point)"), e.told()))
    assert texts[0] == texts[1]
    assert provider.stats()["requests"] > 20, "suggestions were asked for"


def test_control_characters_are_put_in_as_they_are(emacs, steered):
    request = ask(emacs, steered, "x")
    request.say("a\0b\x1bc\nd\0")
    request.end("stop")
    wait_ghost(emacs, "a\0b\x1bc\nd\0")
    emacs.keys("TAB")
    wait_line(emacs, "xa\0b\x1bc")
    assert line(emacs, 3) == "d\0" and emacs.told() == []
