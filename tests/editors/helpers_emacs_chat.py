"""Chats in Emacs: buffers with conversations.

    open_chat(e)
    ask(e, "hello")                     typed and sent
    wait_answered(e, "hello")
"""

from conftest import wait_until
from helpers_chat import HAND, hand_section, messages, steered_answer
from helpers_emacs import quoted

__all__ = ["HAND", "hand_section", "messages", "steered_answer"]

IDLE = """
    (let ((v askd-chat--view))
      (not (or (null v) (askd-view-flow v) (askd-view-sending v) (askd-view-reading v))))
"""


def open_chat(e, conversation=None):
    """In the selected window, and the name of its buffer."""
    e.eval(f"(require 'askd-pick) (askd-chat-open {quoted(conversation) if conversation else 'nil'}) nil")
    return e.eval("(buffer-name (window-buffer))")


def write_question(e, text):
    """Into the draft at the end."""
    e.eval(f"(goto-char (point-max)) (insert {quoted(text)}) nil")


def send(e, again=False):
    e.eval(f"(askd-send {'t' if again else 'nil'}) nil")


def ask(e, text):
    write_question(e, text)
    send(e)


def set_model(e, model):
    e.eval(f"(askd-pick-set-model {quoted(model)}) nil")


def change(e, old, new):
    """The first place where `old` stands has `new` instead."""
    e.eval(f"(goto-char (point-min)) (search-forward {quoted(old)}) (replace-match {quoted(new)} t t) nil")


def idle(e):
    """Nothing is on its way, and nothing streams in."""
    return e.eval(IDLE)


def conversation_of(e):
    return wait_until(lambda: e.eval("(and askd-chat--view (askd-view-conversation askd-chat--view))"), "a conversation")


def wait_answered(e, line, times=2):
    """The chat has that line so often, and nothing goes on in it."""

    def look():
        return idle(e) and e.lines().count(line) == times

    try:
        wait_until(look, f"{line} is answered")
    except AssertionError as err:
        raise AssertionError(f"{err}\n{e.text()}\n{e.messages()}") from None


def wait_idle(e):
    wait_until(lambda: idle(e), "it ends")


def remarks(e):
    """What stands behind the headings: texts by their lines, from 0. Below the draft's: with a line break before it."""
    code = """
        (vconcat (mapcar (lambda (o) (vector (1- (line-number-at-pos (overlay-start o)))
                                             (substring-no-properties (overlay-get o 'after-string))))
                         (askd-page-remarks (askd-view-page askd-chat--view))))
    """
    found = {}
    for line, text in e.eval(code):
        found[line] = found.get(line, "") + text
    return found


def below_draft(e):
    """The lines that are shown below the draft's heading."""
    return [line for text in remarks(e).values() if text.startswith("\n") for line in text[1:].split("\n")]


def labels(e):
    """What stands behind the text of answers that stream, or failed."""
    return [text.strip() for _, _, text in e.overlays("after-string") if text.strip().startswith(("…", "["))]
