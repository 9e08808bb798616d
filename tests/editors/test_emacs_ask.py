"""Emacs: askd-ask, answers that stream into buffers."""

import pytest

from client import say
from conftest import wait_until
from helpers_emacs import Emacs, ScreenEmacs, quoted
from test_emacs_client import ask, label


@pytest.fixture
def emacs(daemon, home, tmp_path):
    with Emacs(home, cwd=tmp_path) as e:
        yield e


def wait_idle(e, buffer):
    e.wait(f"(null (buffer-local-value 'askd--running (get-buffer {quoted(buffer)})))")


def read_answer(e, answer):
    return e.eval(f"(require 'askd-answer) (buffer-name (pop-to-buffer (askd-answer-read {quoted(answer)})))")


def test_the_answer_streams_into_a_buffer_beside(emacs, client):
    b = ask(emacs, "hello", ':model "fake/slow-12-30"')
    assert emacs.eval(f"(and (get-buffer-window {quoted(b)}) t)")
    assert emacs.eval("(buffer-name (window-buffer))") != b, "the window in which one is stays selected"
    part = emacs.wait_text(lambda text: text.startswith("w0 w1"), b)
    assert "w11" not in part, "it is shown while it comes"
    emacs.wait_text("w11", b)
    wait_idle(emacs, b)
    assert label(emacs, b) == ""
    answer = b.removeprefix("*askd: answer ").removesuffix("*")
    assert client.call("answer.get", {"answer": answer})["text"] == emacs.text(b)
    assert emacs.local("buffer-undo-list", b) is True and emacs.local("buffer-read-only", b) is True


def test_the_region_goes_along_with_its_name_and_lines(emacs, provider, tmp_path):
    emacs.edit(tmp_path / "x.c", "int a;\nint b;\nint c;\n")
    emacs.keys("C-n C-SPC C-n C-n M-x askd-ask RET what SPC is SPC this? RET")
    provider.wait_requests(1)
    text = str(provider.bodies()[0]["messages"][-1]["content"])
    assert "x.c, lines 2 to 3, c" in text and "int b;" in text and "int c;" in text and "what is this?" in text
    assert "int a;" not in text


def test_a_region_in_a_character_set_of_bytes_can_be_asked_about(emacs, provider, tmp_path):
    (tmp_path / "latin.txt").write_bytes(b"na\xefve \xff\n")
    emacs.eval(f"""(let ((coding-system-for-read 'utf-8)) (switch-to-buffer (find-file-noselect
        {quoted(tmp_path / "latin.txt")}))) nil""")
    emacs.eval("""(require 'askd-ask) (askd-ask-about '(:words "" :prompt "explain") (current-buffer)
        (cons (point-min) (point-max))) nil""")
    provider.wait_requests(1)
    assert "na\ufffdve" in str(provider.bodies()[0]["messages"])


def test_from_within_the_buffer_its_conversation_goes_on(emacs, client):
    b = ask(emacs, "first")
    emacs.wait_text("first", b)
    wait_idle(emacs, b)
    conversation = emacs.local("askd-conversation", b)
    emacs.eval(f"(pop-to-buffer {quoted(b)}) nil")
    emacs.keys("M-x askd-ask RET second RET")
    emacs.wait_text("second", emacs.answer_buffer(but=[b]))
    wait_until(
        lambda: len(client.call("conversation.get", {"conversation": conversation})["messages"]) == 4, "four messages"
    )


def test_with_a_prefix_argument_model_and_prompt_are_read_first(emacs, provider, home):
    """The lists come from the daemon; the minibuffer opens once they are there."""
    emacs.eval('(insert "a text") (push-mark (point-min) t t) nil')
    emacs.keys("C-u M-x askd-ask RET")
    emacs.wait('(string-prefix-p "Model" (or (minibuffer-prompt) ""))')
    emacs.keys("fake/slow-3-1 RET")
    emacs.wait('(string-prefix-p "Prompt" (or (minibuffer-prompt) ""))')
    emacs.keys("expl TAB RET")
    emacs.wait('(string-prefix-p "Conversation" (or (minibuffer-prompt) ""))')
    emacs.keys("RET")
    emacs.wait('(string-search "explain" (or (minibuffer-prompt) ""))')
    emacs.keys("RET")
    emacs.wait_text("w2", emacs.answer_buffer())
    body = provider.bodies()[0]
    assert body["model"] == "slow-3-1" and "a text" in str(body["messages"])


def test_an_error_is_one_line(emacs):
    ask(emacs, "hello", ':model "fake/status-400"')
    line = emacs.wait_told("invalid_request")
    assert line.startswith("askd: invalid_request: ")
    assert emacs.eval("debug-on-error") is None and "Debugger" not in emacs.messages()


def test_an_answer_that_was_cut_says_so(emacs):
    b = ask(emacs, "hello", ':model "fake/finish-length"')
    wait_until(lambda: "[ended: length]" in label(emacs, b), "it is told")


def test_a_buffer_of_an_answer_is_filled_from_the_daemon(emacs, client):
    a = say(client, "one two three")
    b = read_answer(emacs, a["answer"])
    emacs.wait_text("one two three", b)


def test_read_again_while_it_streams_each_piece_is_there_once(emacs):
    b = ask(emacs, "hello", ':model "fake/slow-30-20"')
    for seen in ("w3 ", "w9 ", "w12 "):
        emacs.wait_text(seen, b)
        emacs.eval(f"(with-current-buffer {quoted(b)} (revert-buffer)) nil")
    emacs.wait_text("w29", b)
    assert emacs.text(b).split() == [f"w{i}" for i in range(30)]


def test_a_buffer_that_was_killed_leaves_the_answer_alone(emacs, client):
    b = ask(emacs, "hello", ':model "fake/slow-20-20"')
    emacs.wait_text("w3", b)
    emacs.eval(f"(kill-buffer {quoted(b)})")
    answer = b.removeprefix("*askd: answer ").removesuffix("*")
    wait_until(lambda: client.call("answer.get", {"answer": answer})["state"] == "done", "it ends by itself")
    assert "w19" in client.call("answer.get", {"answer": answer})["text"] and emacs.told() == []


@pytest.mark.askd(daemon={"max_answer": "8M"})
def test_a_large_answer_is_whole(emacs, client):
    """In pieces, of a text that comes in one event."""
    text = "".join(f"Zeile {i} größer als die vorige\n" for i in range(20000))
    a = say(client, text)
    cached = say(client, text)
    assert cached["cached"] and a["text"] == text
    b = read_answer(emacs, cached["answer"])
    wait_idle(emacs, b)
    assert emacs.text(b) == text


def test_a_question_asked_once_more_voids_what_was_shown(emacs):
    emacs.eval("""(require 'askd-answer) (switch-to-buffer "x")
        (setq sink (askd-sink-into (current-buffer) 'end))
        (defun tell (type &rest fields) (askd-sink-event sink (apply #'askd-map "type" type fields) 0 "id"))
        (tell "start" "model" "a")
        (tell "text" "text" "half of it\\nand") nil""")
    emacs.wait_text("half of it")
    emacs.eval("""(tell "retry" "model" "b" "error" (askd-map "message" "broke"))
        (tell "text" "text" "all\\r")
        (tell "text" "text" "\\nof it")
        (askd-sink-finish sink nil (askd-map "text" "all\\nof it")) nil""")
    emacs.wait_text(lambda text: text == "all\nof it")


def test_text_of_a_model_is_data(emacs, client):
    """No local variables, no properties; control characters stay what they are."""
    text = "\x1b[31mred\x07\0\n# Local Variables:\n# eval: (setq owned t)\n# End:\n\\[askd-stop] `x'"
    b = read_answer(emacs, say(client, text)["answer"])
    wait_idle(emacs, b)
    assert emacs.text(b) == text
    assert not emacs.eval("(boundp 'owned)")
    emacs.eval("""(askd-tell-error (askd-map "code" "x%dy" "message" "a\\e[31m\\n\\0%s \\\\[askd-stop]"))""")
    assert emacs.told()[-1] == "askd: x%dy: a [31m %s \\[askd-stop]"


def test_a_window_at_the_end_follows_and_another_does_not(home, daemon, tmp_path):
    with ScreenEmacs(home, cwd=tmp_path, rows=20) as e:
        b = ask(e, "hello", ':model "fake/text-4000-20"')
        wait_idle(e, b)
        end = e.eval(f"(window-point (get-buffer-window {quoted(b)}))")
        assert end == e.eval(f"(with-current-buffer {quoted(b)} (point-max))")
        e.eval(f"(set-window-point (get-buffer-window {quoted(b)}) 1)")
        e.eval(f"(with-current-buffer {quoted(b)} (revert-buffer)) nil")
        wait_idle(e, b)
        e.eval(f"(with-selected-window (get-buffer-window {quoted(b)}) (goto-char 5)) nil")
        e.eval(f"""(let ((sink (askd-sink-into (get-buffer {quoted(b)}) 'end)))
            (askd-sink-event sink (askd-map "type" "text" "text" "\\nmore") 0 "id")) nil""")
        e.wait_text("more", b)
        assert e.eval(f"(window-point (get-buffer-window {quoted(b)}))") == 5


def test_it_is_seen_on_the_screen(home, daemon, tmp_path):
    with ScreenEmacs(home, cwd=tmp_path) as e:
        e.type("", "M-x")
        e.type("askd-ask", "Enter")
        e.wait_screen("Ask:")
        e.type("# A heading of `code`", "Enter")
        screen = e.wait_screen(lambda s: "# A heading" in s and "*askd: answer" in s)
        assert "Ask:" not in screen.split("\n")[-1]
