"""Chat buffers of a real Vim, for tests."""

from conftest import wait_until

CHAT = "askd://conversation/"


def turns(v, buffer="%"):
    """[(heading, text)] of a chat buffer; text that was not sent among them."""
    found = []
    for line in v.lines(buffer):
        if line.startswith("## "):
            found.append([line[3:], []])
        elif found and not line.startswith("<!-- askd"):
            found[-1][1].append(line)
    return [(heading, "\n".join(lines).strip("\n")) for heading, lines in found]


def wait_turns(v, *want, buffer="%"):
    wait_until(lambda: turns(v, buffer) == list(want), f"{want}, not {turns(v, buffer)}\n{v.screen()}")


def conversation_of(v):
    return v.wait_eval("get(get(b:, 'askd', {}), 'conversation', '')")


def begin(v, question, command=":w"):
    v.type(":AskChat", "Enter")
    v.wait_eval("bufname()", lambda name: name.startswith(CHAT))
    ask(v, question, command)


def ask(v, question, command=":w"):
    v.type(f"Go{question}", "Escape")
    v.type(command, "Enter")
