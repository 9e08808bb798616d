"""Chats in VS Code, and a model that says what the test has it say: "hand/any" (helpers_chat.py)."""

from conftest import wait_until
from helpers_chat import HAND, hand_section, messages, steered_answer  # noqa: F401

PREFIX = "askd:/conversation/"
DRAFT = "## user\n\n"


def open_chat(v, conversation=None):
    """The address of its document."""
    v.command("askd.chat", *([conversation] if conversation else []))
    return v.do("active")


def chat_page(v):
    """The document of the chat whose conversation has an id."""

    def found():
        pages = [uri for uri in v.do("documents") if uri.startswith(PREFIX) and "/new" not in uri]
        return pages[-1] if pages else None

    return wait_until(found, "the chat has a conversation")


def conversation_of(uri):
    return uri.removeprefix(PREFIX).removesuffix(".md")


def write(v, uri, text):
    """Typed at the end of the draft."""
    v.do("write", uri, text)


def replace(v, uri, old, new):
    """The first time that it stands there."""
    before, _, _ = v.text(uri).partition(old)
    lines = before.split("\n")
    start = {"line": len(lines) - 1, "character": len(lines[-1])}
    old_lines = old.split("\n")
    last = len(old_lines[-1]) + (start["character"] if len(old_lines) == 1 else 0)
    end = {"line": start["line"] + len(old_lines) - 1, "character": last}
    assert v.do("edit", uri, {"start": start, "end": end}, new)


def ask(v, uri, text):
    """Typed and saved; the address of the conversation's document."""
    write(v, uri, text)
    v.do("save", uri)
    return chat_page(v)


def idle(v):
    return v.do("running") == 0


def wait_answered(v, uri, text, times=2):
    """The chat holds that line so often, and nothing goes on in it."""
    return v.wait(
        lambda: idle(v) and v.text(uri).split("\n").count(text) == times and v.text(uri),
        f"{text} is answered",
        lambda: v.text(uri),
    )


def remarks(v, uri):
    """What stands behind lines, by their number from 0."""
    return {m["range"]["start"]["line"]: m["words"] for m in v.do("marks", uri) if m.get("words")}
