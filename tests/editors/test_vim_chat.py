""":AskChat in a real Vim: a conversation of the daemon's as a buffer that can be edited and sent."""

import json
import os
import signal

import pytest
from conftest import wait_until
from helpers_vim import Vim
from helpers_vim_chat import CHAT, ask, begin, conversation_of, turns, wait_turns

pytestmark = pytest.mark.askd(provider={"retries": "0"})

def said(client, conversation):
    """The texts on the branch of the head, by the daemon's account."""
    told = client.call("conversation.get", {"conversation": conversation})
    by_id = {m["id"]: m for m in told["messages"]}
    path, at = [], told["head"]
    while at:
        path.insert(0, by_id[at]["content"])
        at = by_id[at].get("parent")
    return path


def test_a_conversation_is_held(daemon, home, client):
    with Vim(home) as v:
        begin(v, "one")
        wait_turns(v, ("user", "one"), ("assistant (fake/echo)", "one"), ("user", ""))
        ask(v, "two", ":AskSend -m fake/words-3")
        wait_turns(
            v, ("user", "one"), ("assistant (fake/echo)", "one"), ("user", "two"),
            ("assistant (fake/words-3)", "w0 w1 w2 "), ("user", ""),
        )  # fmt: skip
        conversation = conversation_of(v)
        assert v.eval("bufname()") == CHAT + conversation and v.lines()[0] == "# one"
        assert said(client, conversation) == ["one", "one", "two", "w0 w1 w2 "]
        v.wait_eval("&modified", 0)
        assert v.eval("b:askd.state") == "done" and v.eval("line('.')") == len(v.lines())


def test_it_streams_above_what_is_being_written(daemon, home, client):
    with Vim(home) as v:
        begin(v, "go", ":AskSend -m fake/slow-60-50")
        v.wait_for("w3 ")
        assert v.eval("b:askd.state") == "running" and v.eval("&modified") == 0
        v.type("Gomy next question", "Escape")
        v.wait_eval("&modified", 1)
        assert "w59" not in v.screen()
        wait_turns(
            v, ("user", "go"), ("assistant (fake/slow-60-50)", "".join(f"w{i} " for i in range(60))),
            ("user", "my next question"),
        )  # fmt: skip
        v.wait_eval("b:askd.state", "done")
        assert v.eval("&modified") == 1
        v.type(":w", "Enter")
        wait_until(lambda: said(client, conversation_of(v))[2:] == ["my next question"] * 2, "it is asked")


def test_what_looks_like_a_heading_is_text(daemon, home, client):
    """Of a question, of an answer in pieces, and of one that is read anew."""
    text = "see\n\\## user\n```\n\\<!-- askd {} -->"
    with Vim(home) as v:
        begin(v, "x")
        wait_turns(v, ("user", "x"), ("assistant (fake/echo)", "x"), ("user", ""))
        v.eval(f"append('$', {json.dumps(text.splitlines())})")
        v.type(":AskSend -m fake/drip", "Enter")
        wait_turns(v, *turns(v)[:2], ("user", text), ("assistant (fake/drip)", text), ("user", ""))
        wait_until(lambda: said(client, conversation_of(v))[2:] == [text.replace("\\", "")] * 2, "it is stored")
        before = v.lines()
        v.type(":e", "Enter")
        v.wait_eval("&modified", 0)
        wait_until(lambda: v.lines() == before, "it is read anew")
        assert "No lines in buffer" not in v.messages()
        v.type(":w", "Enter")
        v.wait_for("nothing to send")


def test_an_earlier_question_that_is_changed_is_a_branch(daemon, home, client):
    with Vim(home) as v:
        begin(v, "one")
        wait_turns(v, ("user", "one"), ("assistant (fake/echo)", "one"), ("user", ""))
        ask(v, "two")
        wait_turns(v, *turns(v)[:2], ("user", "two"), ("assistant (fake/echo)", "two"), ("user", ""))
        v.type("Goa draft", "Escape")
        v.type(":%s/^one$/uno/ | %s/^uno$/one/ | /^## user/+2s/one/uno/", "Enter")
        v.eval("search('^one$', 'w')")
        at = v.lines().index("## user") + 3
        v.eval(f"setline({at}, 'uno')")
        v.eval(f"setline({v.lines().index('## assistant (fake/echo)') + 3}, 'one')")
        v.type(":w", "Enter")
        wait_turns(v, ("user", "uno"), ("assistant (fake/echo)", "uno"), ("user", "a draft"))
        conversation = conversation_of(v)
        assert said(client, conversation) == ["uno", "uno"]
        assert '<!-- askd {"branch":"2 of 2"} -->' in v.lines()
        # And back: the head moves, for everybody.
        v.type(":AskBranch prev", "Enter")
        wait_turns(
            v, ("user", "one"), ("assistant (fake/echo)", "one"), ("user", "two"), ("assistant (fake/echo)", "two"),
            ("user", "a draft"),
        )  # fmt: skip
        assert said(client, conversation) == ["one", "one", "two", "two"]
        v.type(":AskBranch", "Enter")
        v.wait_for("Branch")
        v.type("uno", "Enter")
        wait_turns(v, ("user", "uno"), ("assistant (fake/echo)", "uno"), ("user", "a draft"))
        v.type(":AskBranch next", "Enter")
        v.wait_for("last of 2")


@pytest.mark.askd(provider={"retries": "0"}, daemon={"default_model": "fake/count"})
def test_an_answer_that_is_taken_out_is_made_anew(daemon, home, client):
    with Vim(home) as v:
        begin(v, "which")
        wait_turns(v, ("user", "which"), ("assistant (fake/count)", "answer 1"), ("user", ""))
        v.type(":/^## assistant/,$d", "Enter")
        v.type(":w", "Enter")
        wait_turns(v, ("user", "which"), ("assistant (fake/count)", "answer 2"), ("user", ""))
        assert said(client, conversation_of(v)) == ["which", "answer 2"]


@pytest.mark.askd(provider={"retries": "0"}, daemon={"default_model": "fake/count"})
def test_the_last_question_once_more(daemon, home, client):
    with Vim(home) as v:
        begin(v, "which")
        wait_turns(v, ("user", "which"), ("assistant (fake/count)", "answer 1"), ("user", ""))
        v.type(":AskSend", "Enter")
        v.wait_for("nothing to send")
        v.type(":AskSend!", "Enter")
        wait_turns(v, ("user", "which"), ("assistant (fake/count)", "answer 2"), ("user", ""))
        assert '<!-- askd {"branch":"2 of 2"} -->' in v.lines()


def test_lines_go_along_with_a_new_chat(daemon, home, provider):
    with Vim(home, home.path / "x.c") as v:
        v.eval("setline(1, ['int one;', 'int two;'])")
        v.type(":2AskChat", "Enter")
        v.wait_eval("bufname()", lambda name: name.startswith(CHAT))
        wait_until(lambda: any('"attached":1' in line and "line 2" in line for line in v.lines()), f"{v.lines()}")
        ask(v, "what is it")
        provider.wait_requests(1)
        told = json.dumps(provider.bodies()[-1])
        assert "int two;" in told and "int one;" not in told
        v.wait_eval("get(b:, 'askd_attached', {})", {})


def test_what_cannot_be_sent_is_told_and_stays(daemon, home, client):
    with Vim(home) as v:
        begin(v, "one")
        wait_turns(v, ("user", "one"), ("assistant (fake/echo)", "one"), ("user", ""))
        at = v.lines().index("## assistant (fake/echo)") + 3
        v.eval(f"setline({at}, 'mine')")
        v.type(":w", "Enter")
        v.wait_for("turn 2 is no question")
        assert "mine" in v.lines() and v.eval("&modified") == 1
        v.type(":qall", "Enter")
        v.wait_for("E37")


def test_a_question_that_failed_stays_to_be_asked_again(daemon, home, client):
    with Vim(home) as v:
        begin(v, "precious words", ":AskSend -m fake/status-500")
        v.wait_for("unavailable")
        wait_until(lambda: '<!-- askd {"state":"failed"} -->' in v.lines(), f"{v.lines()}")
        assert ("user", "precious words") in turns(v)
        v.type(":/^## assistant/,$d | w", "Enter")
        wait_until(lambda: said(client, conversation_of(v)) == ["precious words", "precious words"], "it is asked again")


def test_no_daemon_takes_it(daemon, home, start_daemon):
    with Vim(home) as v:
        v.type(":AskChat", "Enter")
        v.wait_eval("bufname()", lambda name: name.startswith(CHAT))
        daemon.end()
        ask(v, "precious words")
        v.wait_for("askd: unavailable")
        assert turns(v) == [("user", "precious words")] and v.eval("&modified") == 1
        start_daemon()
        v.type(":w", "Enter")
        wait_turns(v, ("user", "precious words"), ("assistant (fake/echo)", "precious words"), ("user", ""))


def test_a_frozen_daemon_holds_up_no_key(daemon, home):
    """Whoever writes on while a question waits loses nothing."""
    with Vim(home) as v:
        begin(v, "one")
        wait_turns(v, ("user", "one"), ("assistant (fake/echo)", "one"), ("user", ""))
        daemon.signal(signal.SIGSTOP)
        try:
            ask(v, "two")
            v.type("Go## user\n\nwritten meanwhile", "Escape")
            v.wait_eval("getline('$')", "written meanwhile")
            v.type(":w", "Enter")
            v.wait_for("it is being sent")
        finally:
            daemon.signal(signal.SIGCONT)
        wait_turns(
            v, ("user", "one"), ("assistant (fake/echo)", "one"), ("user", "two"), ("assistant (fake/echo)", "two"),
            ("user", "written meanwhile"),
        )  # fmt: skip


def test_a_title_that_is_being_changed_stays(daemon, home, client):
    with Vim(home) as v:
        begin(v, "one", ":AskSend -m fake/slow-30-50")
        v.wait_for("w3")
        v.eval("setline(1, '# Mine')")
        wait_until(lambda: "".join(f"w{i} " for i in range(30)) in v.lines(), "it ends")
        v.wait_eval("b:askd.state", "done")
        assert v.lines()[0] == "# Mine" and v.eval("&modified") == 1
        v.type(":w", "Enter")
        v.wait_eval("&modified", 0)
        assert client.call("conversation.get", {"conversation": conversation_of(v)})["title"] == "Mine"


def test_a_new_conversation_may_have_a_title(daemon, home, client):
    with Vim(home) as v:
        v.type(":AskChat", "Enter")
        v.wait_eval("bufname()", lambda name: name.startswith(CHAT))
        v.eval("append(0, ['# My title', ''])")
        ask(v, "one")
        wait_turns(v, ("user", "one"), ("assistant (fake/echo)", "one"), ("user", ""))
        told = client.call("conversation.get", {"conversation": conversation_of(v)})
        assert told["title"] == "My title" and v.lines()[0] == "# My title"


def test_instructions_and_title(daemon, home, client, provider):
    with Vim(home) as v:
        v.type(":AskChat", "Enter")
        v.wait_eval("bufname()", lambda name: name.startswith(CHAT))
        v.eval("append(0, ['## instructions', '', 'Be brief.', ''])")
        ask(v, "one")
        wait_turns(v, ("instructions", "Be brief."), ("user", "one"), ("assistant (fake/echo)", "one"), ("user", ""))
        assert "Be brief." in json.dumps(provider.bodies()[-1])
        v.eval("setline(1, '# A better title')")
        v.type(":w", "Enter")
        conversation = conversation_of(v)
        title = lambda: client.call("conversation.get", {"conversation": conversation})["title"]  # noqa: E731
        wait_until(lambda: title() == "A better title", "it is called so")
        v.wait_eval("&modified", 0)
        client.call("conversation.rename", {"conversation": conversation, "title": "Another"})
        wait_until(lambda: v.lines()[0] == "# Another", "the new title is shown")
        v.eval("setline(search('Be brief'), 'Be long.')")
        v.type(":w", "Enter")
        v.wait_for("the instructions of a conversation stay")


@pytest.mark.askd(provider={"retries": "0"}, extra="[store]\nkeep = none")
def test_a_daemon_that_keeps_nothing_answers_all_the_same(daemon, home):
    with Vim(home) as v:
        begin(v, "one")
        b = v.buffer("askd://answer/")
        v.wait_eval(f"getbufline({b}, 1, '$')", ["one"])
        v.wait_for("this daemon keeps no conversations")


def test_what_is_not_there(daemon, home, client):
    conversation = client.call("chat", {"prompt": "x", "conversation": "new"})["conversation"]
    with Vim(home) as v:
        v.type(":AskChat 00000000", "Enter")
        v.wait_for("askd: not_found: no conversation begins with 00000000")
        v.type(":AskChat 00000000-0000-7000-8000-000000000000", "Enter")
        v.wait_for("askd: not_found: ")
        ask(v, "lost?")
        v.wait_for("this buffer shows no conversation, or not yet")
        assert "lost?" in v.lines()
        v.type(f":AskChat {conversation}", "Enter")
        wait_turns(v, ("user", "x"), ("assistant (fake/echo)", "x"), ("user", ""))
        client.call("conversation.delete", {"conversation": conversation})
        v.wait_for("this conversation was deleted")
        assert turns(v)[0] == ("user", "x")


# -- live, and after the end


def test_a_turn_of_the_shell_appears_live(daemon, home, ask):
    """Its question and its answer while that is made, though something is being written here."""
    with Vim(home, set=[f"cd {home.path}"]) as v:
        begin(v, "from vim")
        wait_turns(v, ("user", "from vim"), ("assistant (fake/echo)", "from vim"), ("user", ""))
        v.type("Goa draft", "Escape")
        shell = ask.start("-c", "-m", "fake/slow-60-50", "from the shell", cwd=home.path)
        v.wait_for("w3 ")
        screen = v.screen()
        assert "from the shell" in screen and "w59" not in screen and "a draft" in screen
        assert v.eval("b:askd.state") == "running"
        assert shell.wait() == 0
        wait_turns(
            v, ("user", "from vim"), ("assistant (fake/echo)", "from vim"), ("user", "from the shell"),
            ("assistant (fake/slow-60-50)", "".join(f"w{i} " for i in range(60))), ("user", "a draft"),
        )  # fmt: skip
        shell.communicate()


def test_two_windows_of_two_editors(daemon, home):
    with Vim(home, socket="a") as a, Vim(home, socket="b") as b:
        begin(a, "one")
        wait_turns(a, ("user", "one"), ("assistant (fake/echo)", "one"), ("user", ""))
        b.type(f":AskChat {conversation_of(a)[:20]}", "Enter")
        wait_turns(b, ("user", "one"), ("assistant (fake/echo)", "one"), ("user", ""))
        ask(b, "two", ":AskSend -m fake/slow-30-50")
        a.wait_for("w3 ")
        b.wait_for("w3 ")
        b.wait_eval("b:askd.state", "done")
        wait_turns(a, *turns(b))
        # An earlier turn that was edited here is not taken away by what happens there.
        a.eval(f"setline({a.lines().index('one') + 1}, 'unsent')")
        ask(b, "three")
        wait_until(lambda: ("user", "three") in turns(a), f"{turns(a)}")
        assert turns(a)[0] == ("user", "unsent")


def test_resumed_after_the_editor_was_killed(daemon, home, client):
    """In mid-answer; the next Vim shows what came, and goes on with what comes."""
    with Vim(home, set=[f"cd {home.path}"]) as v:
        begin(v, "go", ":AskSend -m fake/slow-100-50")
        v.wait_for("w5 ")
        conversation = conversation_of(v)
        os.kill(v.eval("getpid()"), signal.SIGKILL)
    with Vim(home, set=[f"cd {home.path}"], socket="again") as v:
        v.type(":AskResume", "Enter")
        v.wait_eval("bufname()", CHAT + conversation)
        v.wait_for("w5 ")
        assert "w99" not in v.screen() and v.eval("b:askd.state") == "running"
        wait_turns(
            v, ("user", "go"), ("assistant (fake/slow-100-50)", "".join(f"w{i} " for i in range(100))), ("user", "")
        )
        v.type(":AskChat last", "Enter")
        assert v.eval("bufname()") == CHAT + conversation


def test_stop(daemon, home, provider):
    with Vim(home) as v:
        begin(v, "go", ":AskSend -m fake/hang-after-3")
        v.wait_for("w2")
        v.type(":AskStop", "Enter")
        wait_until(lambda: '<!-- askd {"state":"cancelled"} -->' in v.lines(), f"{v.lines()}")
        provider.wait_aborted()
        assert ("assistant (fake/hang-after-3)", "w0 w1 w2 ") in turns(v)


def test_a_daemon_that_restarts_in_mid_answer(daemon, home, start_daemon):
    with Vim(home) as v:
        begin(v, "go", ":AskSend -m fake/hang-after-3")
        v.wait_for("w2")
        daemon.kill()
        start_daemon()
        wait_until(lambda: '<!-- askd {"state":"interrupted"} -->' in v.lines(), f"{v.lines()}")
        ask(v, "more")
        wait_until(lambda: turns(v)[-2:] == [("assistant (fake/echo)", "more"), ("user", "")], f"{turns(v)}")


def test_a_modeline_of_a_model_sets_nothing(daemon, home):
    with Vim(home, set=["set modeline modelines=5"]) as v:
        begin(v, "vim: set tabstop=3 :")
        wait_until(lambda: len(turns(v)) == 3, f"{v.lines()}")
        v.type(":e", "Enter")
        wait_until(lambda: len(turns(v)) == 3, f"{v.lines()}")
        assert v.eval("&tabstop") != 3


def long_conversation(client, turns=6, lines=2500):
    """Of as many questions, each with its echo."""
    conversation = "new"
    for i in range(turns):
        question = "\n".join(f"line {j} of question {i} says nothing at all" for j in range(lines))
        conversation = client.call("chat", {"conversation": conversation, "prompt": question})["conversation"]
    return conversation


def test_what_is_typed_before_a_conversation_stands_there_is_kept(daemon, home, client):
    conversation = long_conversation(client)
    with Vim(home) as v:
        v.type(":AskHealth", "Enter")
        v.wait_eval("askd#client#State()", "ready")
        daemon.signal(signal.SIGSTOP)
        try:
            v.type(f":AskChat {conversation}", "Enter")
            v.wait_eval("bufname()", CHAT + conversation)
            v.type("isooner", "Escape")
            v.wait_eval("getline(1)", "sooner")
        finally:
            daemon.signal(signal.SIGCONT)
        wait_until(lambda: len(turns(v)) == 13, "all is there")
        assert turns(v)[-1] == ("user", "sooner") and v.eval("getline('.')") == "sooner"
        v.wait_eval("&modified", 1)
        v.type(":w", "Enter")
        wait_until(lambda: said(client, conversation)[12:] == ["sooner"] * 2, "it is asked")


def test_a_long_conversation_is_opened_in_pieces_that_no_undo_takes_out(daemon, home, client):
    conversation = long_conversation(client)
    with Vim(home) as v:
        v.type(f":AskChat {conversation}", "Enter")
        wait_until(lambda: len(turns(v)) == 13, "all is there")
        assert [text for _, text in turns(v)[:12]] == said(client, conversation)
        v.wait_eval("&modified", 0)
        v.type("u")
        v.wait_for("Already at oldest change")
        assert len(turns(v)) == 13
        ask(v, "more")
        wait_turns(v, *turns(v)[:12], ("user", "more"), ("assistant (fake/echo)", "more"), ("user", ""))
        v.wait_eval("&modified", 0)
        before = v.lines()
        v.type(":e", "Enter")
        v.wait_eval("&modified", 0)
        wait_until(lambda: v.lines() == before, "it is read anew")


def test_autowrite_asks_nothing(daemon, home, client):
    with Vim(home, set=["set autowrite makeprg=true"]) as v:
        v.type(":AskChat", "Enter")
        v.wait_eval("bufname()", lambda name: name.startswith(CHAT))
        v.type("Gohalf a question", "Escape")
        v.type(":make", "Enter")
        v.wait_eval("execute('messages')", lambda told: "was not sent" in told)
        v.type("", "Enter")
        v.wait_eval("mode()", "n")
        assert v.eval("&modified") == 1 and client.call("conversation.list", {}) == []
        v.type(":wa", "Enter")
        wait_turns(v, ("user", "half a question"), ("assistant (fake/echo)", "half a question"), ("user", ""))


@pytest.mark.parametrize("keys, windows", [("ZZ", 2), (":wq\r", 2), (":x\r", 1), (":wq\r", 1)])
def test_a_chat_is_written_and_left(daemon, home, client, keys, windows):
    with Vim(home) as v:
        v.type(":AskChat", "Enter")
        v.wait_eval("bufname()", lambda name: name.startswith(CHAT))
        if windows == 1:
            v.type(":only", "Enter")
        v.type("Gogo", "Escape")
        pid = v.eval("getpid()")
        v.type(keys)
        if windows == 2:
            v.wait_eval("winnr('$')", 1)
        else:
            wait_until(lambda: not os.path.exists(f"/proc/{pid}"), "Vim ends")
        wait_until(lambda: [c["title"] for c in client.call("conversation.list", {})] == ["go"], "it is asked")


def test_a_chat_that_cannot_be_sent_is_not_left(daemon, home):
    with Vim(home) as v:
        v.type(":AskChat", "Enter")
        v.wait_eval("bufname()", lambda name: name.startswith(CHAT))
        v.type(":only", "Enter")
        v.ex("call askd#args#Ahead()")
        v.wait_eval("askd#client#State()", "ready")
        v.type("Gogo", "Escape")
        daemon.signal(signal.SIGSTOP)
        try:
            v.type(":wq", "Enter")
            v.wait_for("E162")
        finally:
            daemon.signal(signal.SIGCONT)
        v.type("", "Enter")
        wait_turns(v, ("user", "go"), ("assistant (fake/echo)", "go"), ("user", ""))
        v.wait_eval("&modified", 0)
