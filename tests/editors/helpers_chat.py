"""Chats in Neovim, and a model that says what the test has it say: "hand/any".

    ask(n, "hello")                     typed and sent
    answer = steered_answer(hand)       the provider was asked
    answer.say("w0 ")                   … answer.end("stop")
"""

from conftest import wait_until

PREFIX = "askd://conversation/"
HAND = "hand/any"


def hand_section(steered):
    """For the `extra` of a configuration."""
    return f'[provider "hand"]\napi = openai-chat\nbase_url = {steered.base_url}\nkey = sk-hand\n'


def steered_answer(steered, n=0):
    """The request of the n-th question that reached it."""
    steered.wait(lambda: len(steered.requests) > n, "the provider is asked")
    return steered.requests[n]


def idle(n):
    """Nothing is on its way, and nothing streams in."""
    return n.lua("local c = require('askd.chat').of() return not (c.flow or c.sending or c.reading)")


def open_chat(n, conversation=""):
    n.command(f"AskChat {conversation}")
    wait_until(lambda: n.call("nvim_buf_get_name", 0).startswith(PREFIX), "a chat")
    return n.call("nvim_get_current_buf")


def write_question(n, text):
    """Into the draft at the end."""
    n.call("nvim_buf_set_lines", 0, -2, -1, False, text.split("\n"))


def ask(n, text):
    write_question(n, text)
    n.command("write")


def conversation_of(n):
    return wait_until(lambda: n.lua("return vim.b.askd_conversation"), "the chat has a conversation")


def messages(client, conversation):
    return client.call("conversation.get", {"conversation": conversation})["messages"]


def wait_answered(n, text, times=2):
    """The chat holds that line so often, and nothing goes on in it."""
    wait_until(lambda: idle(n) and n.lines().count(text) == times, f"{text} is answered")


def remarks(n):
    """What stands behind the headings, by line from 0."""
    return {row: d["virt_text"][0][0] for row, _, d in n.marks("askd.page.remarks") if d.get("virt_text")}
