"""Emacs: what people do with buffers beside writing in them, while something comes into them: narrowing, indirect ones,
quitting, folders of other machines."""

import pytest

from conftest import wait_until
from helpers_chat import HAND, hand_section, steered_answer
from helpers_emacs import Emacs, EmacsError
from helpers_emacs_chat import ask, open_chat, send, set_model, wait_answered, wait_idle, write_question


@pytest.fixture
def emacs(home, provider, steered, start_daemon):
    """The fault provider is asked by default, and hand/any says what the test says."""
    home.write_config(provider.base_url, extra=hand_section(steered))
    start_daemon()
    with Emacs(home) as e:
        yield e


def narrow_to_first_line(e):
    e.eval("(widen) (goto-char (point-min)) (narrow-to-region (point-min) (line-end-position)) nil")


def test_a_narrowed_chat_gets_all_of_its_answer(emacs, steered):
    open_chat(emacs)
    set_model(emacs, HAND)
    ask(emacs, "go")
    answer = steered_answer(steered)
    emacs.wait_text(f"## assistant ({HAND})")
    answer.say("one ")
    emacs.wait_text("one ")
    narrow_to_first_line(emacs)
    answer.say("two ")
    emacs.wait_text("one two ")
    answer.say("three")
    answer.end("stop")
    wait_idle(emacs)
    assert emacs.eval("(buffer-string)") == "## user", "it is narrowed still"
    expected = f"## user\n\ngo\n\n## assistant ({HAND})\n\none two three\n\n## user\n\n"
    assert emacs.wait_text(lambda text: text == expected)


def test_a_question_is_sent_from_a_narrowed_chat(emacs):
    open_chat(emacs)
    ask(emacs, "hello")
    wait_answered(emacs, "hello")
    write_question(emacs, "more")
    narrow_to_first_line(emacs)
    send(emacs)
    first = "## user\n\nhello\n\n## assistant (fake/echo)\n\nhello\n\n"
    emacs.wait_text(lambda text: text == f"{first}## user\n\nmore\n\n## assistant (fake/echo)\n\nmore\n\n## user\n\n")


def test_an_indirect_buffer_of_a_chat_takes_nothing_with_it(emacs, steered):
    name = open_chat(emacs)
    set_model(emacs, HAND)
    ask(emacs, "go")
    answer = steered_answer(steered)
    emacs.wait_text(f"## assistant ({HAND})")
    emacs.eval('(with-current-buffer (clone-indirect-buffer "clone" nil) (kill-buffer)) nil')
    assert emacs.eval("(buffer-name (window-buffer))") != "clone"
    answer.say("it goes on")
    answer.end("stop")
    wait_idle(emacs)
    emacs.wait_text("it goes on")
    assert emacs.eval("(buffer-live-p askd-chat--view)") is None and name.startswith("*askd: ")
    ask(emacs, "again")
    assert steered_answer(steered, 1)


def test_an_indirect_buffer_of_an_answer_takes_nothing_with_it(emacs, steered):
    emacs.eval(f"""(require 'askd-ask)
        (askd-ask-about (list :words "go" :model "{HAND}") (current-buffer) nil) nil""")
    answer = steered_answer(steered)
    answer.say("one ")
    name = emacs.answer_buffer()
    emacs.wait_text("one", name)
    emacs.eval(f'(with-current-buffer "{name}" (make-indirect-buffer (current-buffer) "clone" t)) (kill-buffer "clone")')
    answer.say("two")
    answer.end("stop")
    emacs.wait_text("one two", name)
    wait_until(lambda: emacs.local("askd--running", name) is None, "it has ended")


def test_an_indirect_buffer_leaves_a_rewrite_alone(emacs, tmp_path):
    path = tmp_path / "x.txt"
    emacs.edit(path, "one\ntwo\n")
    emacs.eval("""(require 'askd-diff)
        (askd-change-finish (askd-change-open (current-buffer) 1 4) "new") nil""")
    emacs.eval('(make-indirect-buffer (current-buffer) "clone" t) (kill-buffer "clone")')
    emacs.eval("(askd-accept)")
    assert emacs.text() == "new\ntwo\n"


def test_quitting_a_picker_is_no_error(emacs):
    emacs.command("askd-model")
    emacs.wait("(active-minibuffer-window)")
    emacs.keys("C-g")
    emacs.wait("(not (active-minibuffer-window))")
    emacs.wait_told("Quit")
    assert emacs.told() == []


def test_what_a_picker_refuses_says_so_plainly(emacs):
    emacs.command("askd-compare")
    emacs.wait("(active-minibuffer-window)")
    emacs.keys("fake/echo RET")
    emacs.wait_told("name two models")
    assert emacs.told() == ["askd: name two models or more, with commas between them"]


def test_no_commit_message_of_another_machine(emacs):
    """Emacs would run git in the home folder instead."""
    with pytest.raises(EmacsError, match="another machine"):
        emacs.eval('(let ((default-directory "/ssh:nowhere.invalid:/x/")) (askd-commit))')
    assert emacs.told() == []
