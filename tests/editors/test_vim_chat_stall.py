"""A chat in Vim holds no key up, whatever comes in above what is being written; and none of it is lost."""

import pytest
from conftest import wait_until
from helpers_vim import Vim
from helpers_vim_chat import CHAT, ask, turns
from test_vim_stall import PAUSE, STALL_MS, STALLS, pytestmark  # noqa: F401: the marks are this module's too

DRAFT = ("a thought that goes on " * 40)[:900].rstrip()
ATTEMPTS = 3  # a busy machine keeps Vim from running now and then: the best of them counts


def typed_while(home, model, number):
    stalls = home.path / "stalls.vim"
    stalls.write_text(STALLS)
    with Vim(home, set=[f"source {stalls}"], socket=f"vim{number}") as v:
        v.type(":AskChat", "Enter")
        v.wait_eval("bufname()", lambda name: name.startswith(CHAT))
        ask(v, f"go {number}", f":AskSend -m fake/{model}")
        wait_until(lambda: any(heading == f"assistant (fake/{model})" for heading, _ in turns(v)), "it is answered")
        v.type("Go", "Escape")
        v.type("i")
        v.wait_eval("mode()", "i")
        v.eval("StallsBegin()")
        v.press(list(DRAFT), PAUSE)
        v.wait_eval("getline('$')", DRAFT, timeout=60)
        longest = v.eval("StallsEnd()")
        assert v.eval("g:keys") == len(DRAFT)
        v.type("", "Escape")
        if not model.startswith("hang"):
            v.wait_eval("b:askd.state", "done", timeout=60)
        assert turns(v)[-1] == ("user", DRAFT)
        print(model, [round(s, 2) for s in longest])
        v.type(":AskStop", "Enter")
        return longest[0]


@pytest.mark.parametrize("model", ["hang-after-3", "slow-5000-1", "text-40000-20"])
def test_keys_while_an_answer_comes(daemon, home, model):
    stalls = []
    while len(stalls) < ATTEMPTS and min(stalls, default=STALL_MS) >= STALL_MS:
        stalls.append(typed_while(home, model, len(stalls)))
    assert min(stalls) < STALL_MS, stalls


LONG = 20  # questions and as many answers, each of 500 lines: 1 MB
LONG_STALL_MS = 120  # a whole page costs some 50 of them to read, compare and put in


def long_conversation(client):
    conversation = "new"
    for i in range(LONG):
        question = "\n".join(f"line {j} of question {i} says nothing at all" for j in range(500))
        conversation = client.call("chat", {"conversation": conversation, "prompt": question})["conversation"]
    return conversation


def stalls_of_long(home, client, conversation, number):
    """While it is opened, and while somebody else goes on with it."""
    stalls = home.path / "stalls.vim"
    stalls.write_text(STALLS)
    with Vim(home, set=[f"source {stalls}"], socket=f"vim{number}") as v:
        v.type(":AskHealth", "Enter")
        v.wait_eval("askd#client#State()", "ready")
        v.eval("StallsBegin()")
        v.type(f":AskChat {conversation}", "Enter")
        v.wait_eval("get(get(b:, 'askd', {}), 'state', '')", "done")
        opening = v.eval("StallsEnd()")[0]
        count = v.eval("line('$')")
        assert count > LONG * 1000
        v.eval("StallsBegin()")
        client.call("chat", {"conversation": conversation, "prompt": "more"})
        v.wait_eval("line('$')", lambda n: n > count + 5)
        v.wait_eval("b:askd.state", "done")
        changing = v.eval("StallsEnd()")[0]
        print("opening", round(opening), "changing", round(changing))
        return max(opening, changing)


def test_a_long_conversation(daemon, home, client):
    conversation = long_conversation(client)
    stalls = []
    while len(stalls) < ATTEMPTS and min(stalls, default=LONG_STALL_MS) >= LONG_STALL_MS:
        stalls.append(stalls_of_long(home, client, conversation, len(stalls)))
    assert min(stalls) < LONG_STALL_MS, stalls
