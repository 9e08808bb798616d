"""ask without a prompt, in a real terminal."""

import os
import pathlib
import re
import signal
import stat

import pytest

from client import say
from helpers_tmux import Tmux
from helpers_tree import messages_of

SIZES = pytest.mark.parametrize("columns", [80, 200])


def begin(t, *args):
    t.type(" ".join(("ask", *args)), "Enter")
    t.wait_for(lambda s: s.rstrip().endswith(">"))


def leave(t):
    """What is typed then is for the shell, however long the end takes."""
    t.type("", "C-d")
    t.wait_for(lambda s: s.endswith(("#", "$")))


def prompts(shown):
    """What stands behind the prompts, a line each."""
    return [line.split("> ", 1)[1] for line in shown.split("\n") if "> " in line]


def answers(shown):
    """How many are shown to their end, each with a line behind it."""
    return shown.count(" tokens in, ")


def conversation(client):
    (c,) = client.call("conversation.list")
    return c["conversation"]


def said(client, c):
    return [(m["role"], m["content"]) for m in messages_of(client, c).values()]


@SIZES
def test_a_whole_session(daemon, home, client, columns):
    with Tmux(home, columns=columns) as t:
        begin(t, "; echo out:$?")
        t.type("first words", "Enter")
        t.wait_for("\nfirst words\n")
        t.type("and more", "Enter")
        t.wait_for("\nand more\n")
        t.type("", "C-d")
        shown = t.wait_for("\nout:0")
    assert prompts(shown)[:2] == ["first words", "and more"]
    assert said(client, conversation(client)) == [
        ("user", "first words"), ("assistant", "first words"), ("user", "and more"), ("assistant", "and more")
    ]  # fmt: skip


@SIZES
def test_several_lines(daemon, home, client, columns):
    with Tmux(home, columns=columns) as t:
        begin(t)
        t.type("one\\", "Enter")
        t.type("two", "M-Enter")
        t.type("```c", "Enter")
        t.type("x = 1", "Enter")
        t.type("```", "Enter")
        t.wait_for(lambda s: answers(s) == 1)
        t.ask("set-buffer", "a\nb\tc\nd")
        t.ask("paste-buffer", "-p")
        t.wait_for("> a\nb")
        t.type("", "Enter")
        shown = t.wait_for(lambda s: answers(s) == 2)
    assert "> one\ntwo\n```c\nx = 1\n```\none two" in shown
    assert "> a\nb       c\nd\na b" in shown
    questions = [content for role, content in said(client, conversation(client)) if role == "user"]
    assert questions == ["one\ntwo\n```c\nx = 1\n```", "a\nb\tc\nd"]


def test_sets_of_context_are_read_again_for_each_question(daemon, home, client):
    (home.path / "log").write_text("first state\n")
    config = home.config_dir / "askd.conf"
    config.write_text(config.read_text() + f'\n[context "log"]\nfiles = {home.path}/log\n[context "gone"]\nfiles = none\n')
    with Tmux(home) as t:
        t.type("ask -x nowhere", "Enter")  # is told before anything is typed
        t.wait_for("there is no set of context 'nowhere'")
        begin(t, "-x", "log")
        t.type("one", "Enter")
        t.wait_for(lambda s: answers(s) == 1)
        (home.path / "log").write_text("second state\n")
        t.type("two", "Enter")
        t.wait_for(lambda s: answers(s) == 2)
        (home.path / "log").unlink()
        t.type("three", "Enter")
        t.wait_for("brings nothing")
        t.wait_for(lambda s: s.endswith("> three"))  # cannot be asked without, and is there to be asked again
        (home.path / "log").write_text("third state\n")
        t.type("", "Enter")
        t.wait_for(lambda s: answers(s) == 3)
    asked = [str(content) for role, content in said(client, conversation(client)) if role == "user"]
    assert [("first" in q, "second" in q, "third" in q) for q in asked] == [
        (True, False, False), (False, True, False), (False, False, True)
    ]  # fmt: skip


def test_history(daemon, home):
    file = home.state / "askd" / "history"
    with Tmux(home) as t:
        begin(t)
        for words in ("alpha one", "beta two"):
            t.type(words, "Enter")
            t.wait_for(f"\n{words}\n")
        t.type("half", "Up")
        t.wait_for("> beta two")
        t.type("", "Up")
        t.wait_for(lambda s: s.endswith("> alpha one"))
        t.type("", "Down", "Down")
        t.wait_for(lambda s: s.endswith("> half"))
        t.type("", "C-c")
        t.type("", "C-r")
        t.type("alp")
        t.wait_for("bck")
        t.type("", "Enter")
        t.wait_for(lambda s: s.count("\nalpha one\n") == 2)
        leave(t)
        begin(t, "--no-store")
        t.type("secret", "Enter")
        t.wait_for("\nsecret\n")
        leave(t)
        begin(t)
        t.type("", "Up")
        t.wait_for(lambda s: s.endswith("> alpha one"))
    assert stat.S_IMODE(os.stat(file).st_mode) == 0o600
    assert "secret" not in file.read_text()


def test_a_stopped_answer_keeps_the_session(daemon, home, client):
    with Tmux(home) as t:
        begin(t, "-m", "fake/slow-100-100")
        t.type("go", "Enter")
        t.wait_for("w2")
        t.type("", "C-c", "C-c")
        t.wait_for("stopped")
        t.type("/model fake/echo", "Enter")
        t.type("on we go", "Enter")
        shown = t.wait_for("\non we go\n")
    assert "w99" not in shown
    c = conversation(client)
    states = [m.get("state") for m in messages_of(client, c).values()]
    assert states == ["done", "cancelled", "done", "done"]


def test_an_empty_line_asks_nothing(daemon, home, client):
    with Tmux(home) as t:
        begin(t)
        t.type("", "Enter")
        t.type("asked", "Enter")
        t.wait_for("\nasked\n")
        t.type("", "Enter", "Enter")
        t.type("more", "Enter")
        t.wait_for("\nmore\n")
    assert [text for role, text in said(client, conversation(client)) if role == "user"] == ["asked", "more"]


def test_ctrl_c_clears_the_line(daemon, home):
    with Tmux(home) as t:
        begin(t)
        t.type("never asked", "C-c")
        t.type("asked", "Enter")
        shown = t.wait_for("\nasked\n")
    assert "never" not in shown


@SIZES
def test_chinese_and_a_resize_while_typing(daemon, home, columns):
    text = "今天天气怎么样" * 12
    with Tmux(home, columns=columns) as t:
        begin(t)
        t.type(text)
        t.wait_for(lambda s: text in s.replace("\n", ""))
        t.resize(61, 20)
        t.wait_for(lambda s: text in s.replace("\n", "") and s.count("今") == 12)
        t.type("", "BSpace", "BSpace")
        t.type("", "Home")
        t.type("你好")
        shown = t.wait_for(lambda s: "你好" + text[:-2] in s.replace("\n", ""))
        assert shown.count("ask>") == 1
        t.type("", "Enter")
        shown = t.wait_for(lambda s: s.replace("\n", "").count("你好" + text[:-2]) == 2)
    assert "气" in shown


@SIZES
def test_two_shells_see_each_other(daemon, home, client, columns):
    c = say(client, "begun", context={"cwd": os.getcwd()})["conversation"]
    with Tmux(home, columns=columns, rows=40) as a:
        begin(a, "-c")
        with Tmux(home, columns=columns, rows=40, socket="second") as b:
            begin(b, "--conversation", c, "-m", "fake/slow-12-100")
            a.type("half a line")
            b.type("from b \U0001f468\u200d\U0001f469\u200d\U0001f467", "Enter")
            shown = a.wait_for("w3")
            assert "w11" not in shown, "it is seen while it streams"
            shown = a.wait_for(lambda s: "w11" in s and s.endswith("> half a line"))
            assert shown.count("from b") == 1 and shown.count("w11") == 1
            assert "elsewhere> from b \U0001f468" in shown and "\\u{200d}" not in shown  # which joins a family
            a.type(" and on", "Enter")
            shown = a.wait_for("\nhalf a line and on\n")
            assert shown.count("half a line and on") == 2
            shown = b.wait_for(lambda s: s.count("half a line and on") == 2)
            assert shown.count("w11") == 1 and "elsewhere> half a line and on" in shown


def test_each_command(daemon, home, client):
    (home.path / "note.txt").write_text("attached text")
    with Tmux(home, columns=100, rows=50) as t:
        begin(t, "-m", "fake/echo; echo out:$?")
        t.type("/help", "Enter")
        shown = t.wait_for("begins a question that begins with a slash")
        commands = re.findall(r"^  /(\w+) ", shown, re.MULTILINE)
        page = (pathlib.Path(__file__).parents[2] / "doc" / "ask.1.in").read_text()
        assert len(commands) > 10 and not [c for c in commands if f"/{c} " not in page.replace("\n", " ")]
        t.type("", "C-l")
        t.type("/mdoel x", "Enter")
        t.wait_for("there is no /mdoel: /model is the nearest")
        t.type("/model nobody", "Enter")
        t.wait_for("no model is called nobody")
        t.type("/retry", "Enter")
        t.wait_for("nothing was asked here yet")
        t.type(f"/attach {home.path}/no\t", "Enter")
        t.wait_for("1 attached to the next question")
        t.type("//first", "Enter")
        t.wait_for(lambda s: answers(s) == 1)
        c = conversation(client)
        first = list(messages_of(client, c).values())
        assert [part.get("text") for part in first[0]["content"]][-1] == "/first"
        assert "attached text" in str(first[0]["content"])
        t.type("/edit", "Enter")
        t.wait_for(lambda s: s.endswith("edit> //first"))
        t.type(" changed", "Enter")
        t.wait_for(lambda s: answers(s) == 2)
        t.type("/retry", "Enter")
        t.wait_for(lambda s: answers(s) == 3)
        messages = messages_of(client, c)
        users = [m for m in messages.values() if m["role"] == "user"]
        assert [m["content"] for m in users][1:] == ["/first changed"]
        assert [m.get("parent") for m in users] == [None, None]
        assert len([m for m in messages.values() if m.get("parent") == users[1]["id"]]) == 2
        t.type("second", "Enter")
        t.wait_for(lambda s: answers(s) == 4)
        t.type("", "C-l")
        t.type("/branch", "Enter")
        t.wait_for("   1  /first changed\n   2  second")
        t.type("/branch 1", "Enter")
        t.wait_for("the next question follows answer 1")
        t.type("/system be brief", "Enter")
        t.type("/system", "Enter")
        t.wait_for("ask: be brief")
        t.type("beside it", "Enter")
        t.wait_for("\nbeside it\n")
        texts = {str(m["content"]): m for m in messages_of(client, c).values() if m["role"] == "user"}
        assert texts["beside it"]["parent"] == texts["second"]["parent"]
        t.type("/copy", "Enter")
        t.wait_for("clipboard")
        assert t.clipboard() == "beside it"
        t.type(f"/save {home.path}/c.md", "Enter")
        t.wait_for("saved to")
        assert "beside it" in (home.path / "c.md").read_text()
        t.type(f"/save {home.path}/c.md", "Enter")
        t.wait_for("Write over it?")
        t.type("n", "Enter")
        t.type("/usage", "Enter")
        t.wait_for("this conversation: 5 answers, ")
        t.type("/compare fake/echo", "Enter")
        t.wait_for("/compare takes 2 to 16 models")
        t.type("", "C-l")
        t.type("/compare fake/echo,fake/words-3 both", "Enter")
        t.wait_for("Go on from [1] fake/echo, [2] fake/words-3")
        t.type("2", "Enter")
        t.wait_for(lambda s: s.endswith(">"))
        tree = client.call("conversation.get", {"conversation": c})
        assert [m["content"].strip() for m in tree["messages"] if m["id"] == tree["head"]] == ["w0 w1 w2"]
        t.type("", "C-l")
        t.type("/new", "Enter")
        t.type("anew", "Enter")
        t.wait_for("\nanew\n")
        assert len(client.call("conversation.list")) == 2
        t.type(f"/open {c[:-4]}\t", "Enter")
        t.wait_for("ask: in: /first")
        t.type("/prompt transl\tguten Tag", "Enter")
        t.wait_for(lambda s: "needs a value" in s and s.endswith("> /prompt translate guten Tag"))
        t.type("", "C-c")
        t.type("/prompt summ\tguten Tag", "Enter")
        t.wait_for(lambda s: s.endswith(">") and s.count("guten Tag") > 1)
        assert "guten Tag" in str(list(messages_of(client, c).values())[-2]["content"])
        t.type("/quit", "Enter")
        t.wait_for("\nout:0")


def test_nothing_is_lost_where_the_daemon_restarts(home, provider, start_daemon):
    home.write_config(provider.base_url)
    first = start_daemon()
    with Tmux(home) as t:
        begin(t)
        t.type("before", "Enter")
        t.wait_for(lambda s: answers(s) == 1)
        t.type("half a ")
        first.end()
        t.wait_for(lambda s: "the daemon is gone" in s and s.endswith("> half a "[:-1]))
        t.type("line", "Enter")
        t.wait_for(lambda s: s.endswith("> half a line") and s.count("half a line") == 2)
        with start_daemon().connect() as c:
            t.type("", "Enter")
            t.wait_for(lambda s: answers(s) == 2)
            assert [text for role, text in said(c, conversation(c)) if role == "user"] == ["before", "half a line"]


@pytest.mark.parametrize("name", ["TERM", "HUP", "QUIT", "INT"])
@pytest.mark.parametrize("busy", [False, True])
def test_the_terminal_is_as_it_was(daemon, home, name, busy):
    with Tmux(home) as t:
        t.type("cd $HOME; stty -a > before; ask -m fake/slow-90-100; echo out:$?; ")
        t.type("stty -a > after; cmp before after; echo same:$?")
        t.type("", "Enter")
        t.wait_for("slow-90-100>")
        if busy:
            t.type("go", "Enter")
            t.wait_for("w2")
        shell = t.ask("display", "-p", "#{pane_pid}").strip()
        (child,) = pathlib.Path(f"/proc/{shell}/task/{shell}/children").read_text().split()
        os.kill(int(child), getattr(signal, f"SIG{name}"))
        if name == "INT":
            t.wait_for(lambda s: s.endswith(">"))
            t.type("", "C-d")
        t.wait_for("same:0")
        assert f"out:{ {'TERM': 143, 'HUP': 129, 'QUIT': 131, 'INT': 0}[name]}" in t.screen()


def test_no_store_keeps_what_was_said_within(daemon, home, client, provider):
    with Tmux(home) as t:
        begin(t, "--no-store")
        t.type("one", "Enter")
        t.wait_for(lambda s: answers(s) == 1)
        t.type("two", "Enter")
        t.wait_for(lambda s: answers(s) == 2)
        t.type("/edit", "Enter")
        t.wait_for(lambda s: s.endswith("edit> two"))
        t.type(" b", "Enter")
        t.wait_for(lambda s: answers(s) == 3)
    sent = [[m["content"] for m in body["messages"]] for body in provider.bodies()]
    assert sent == [["one"], ["one", "one", "two"], ["one", "one", "two b"]]
    assert client.call("conversation.list") == []


def test_a_conversation_that_is_not_there(daemon, home):
    with Tmux(home, rows=100) as t:
        t.type("ask --conversation $(printf %0300d 0); echo out:$?", "Enter")
        assert "no conversation 000" in t.wait_for("\nout:")
        begin(t)
        t.type("/open z", "Enter")
        t.wait_for("no conversation z")
        t.type("/open " + 5000 * "z", "Enter")
        t.wait_for("too long for a name")
        t.type("asked", "Enter")
        t.wait_for("\nasked\n")


def test_completion(daemon, home, client):
    c = say(client, "begun")["conversation"]
    (home.path / "folder").mkdir()
    for name in ("folder/alpha.txt", "folder/alpine.txt"):
        (home.path / name).write_text("text")
    with Tmux(home, columns=100) as t:
        begin(t, "--conversation", c)
        t.type("/at\t")
        t.wait_for("> /attach")
        t.type(f"{home.path}/fo\tal\t\t")
        t.wait_for("alpha.txt   ")
        shown = t.wait_for(lambda s: s.endswith("folder/alp"))
        assert "alpine.txt" in shown
        t.type("", "C-c")
        t.type("/branch 0\t")
        t.wait_for(lambda s: "> /branch 0" in s)
        t.type("", "C-c")
        t.type("/co\t\t")
        shown = t.wait_for("/compare  /copy")
        assert shown.endswith("> /co")


def test_what_is_said_elsewhere_can_be_stopped_and_harms_nothing(daemon, home, client):
    c = say(client, "begun")["conversation"]
    with Tmux(home, columns=100, env={"NO_COLOR": "1"}) as t:
        begin(t, "--conversation", c)
        t.type("mine")
        say(client, "\x1b[31mred\x07 \u202eturned", c)
        shown = t.wait_for(lambda s: s.endswith("> mine"), colours=True)
        assert "elsewhere> \\x1b[31mred\\x07 \\u{202e}turned" in shown
        assert "\x1b[" not in shown and "\x07" not in shown
        client.chat("slow-50-100", "long", conversation=c, stream=True)
        t.wait_for("w3")
        t.type("", "C-c")
        t.wait_for(lambda s: s.endswith("> mine") and "w3" in s)
        t.type(" too", "Enter")
        shown = t.wait_for(lambda s: s.count("\nmine too\n") == 1)
        assert "w40" not in shown


@pytest.mark.parametrize("option,what", [("--conversation", "conversation"), ("-b", "message")])
def test_what_is_longer_than_an_id_is_none(daemon, home, option, what):
    with Tmux(home, columns=100) as t:
        t.type(f"ask {option} {'x' * 500}; echo out:$?", "Enter")
        shown = t.wait_for("\nout:1")
    assert f"ask: there is no {what} {'x' * 16}: " in shown


def test_other_output_than_a_terminal_needs_a_prompt(daemon, home):
    with Tmux(home, columns=100) as t:
        for command in ("ask --plain", "ask | cat", "ask --json", "ask --dry-run"):
            t.type(f"clear; {command}; echo end", "Enter")
            shown = t.wait_for(lambda s: s.split("\n")[-2:-1] == ["end"] and "clear" not in s)
            assert "no prompt" in shown
