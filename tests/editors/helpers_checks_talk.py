"""Checks of the table of features: conversations, and all that is beside a text. Each is a function of an editor that was just started (drivers/driver.py),
and of its scene (helpers_stage.py), and is the same for every editor.
"""

import re

from helpers_stage import HAND, SOURCE, Checks

CHECKS = Checks()
check = CHECKS.add

# -- chat

CHAT = "chat buffer: a conversation as editable Markdown"


def talk(e, s, *questions):
    """A chat in which these were asked and answered by echo."""
    e.chat()
    for n, question in enumerate(questions, 1):
        e.write(question)
        e.send()
        answered(e, s, *(turn for q in questions[:n] for turn in (("user", q), ("assistant", q))))


def answered(e, s, *turns):
    """The chat shows that, and an empty draft."""
    s.until(lambda: e.turns() == [*turns, ("user", "")] and not e.busy(), f"{turns}")


@check(CHAT, "a question is written and sent, the answer streams in")
def a_chat(e, s):
    e.chat()
    e.write(f"{s.word} one")
    e.send(model=HAND)
    answer = s.asked()
    answer.say("first ")
    s.until(lambda: e.turns()[:2] == [("user", f"{s.word} one"), ("assistant", "first")], "its beginning is shown")
    answer.say("second")
    answer.end("stop")
    answered(e, s, ("user", f"{s.word} one"), ("assistant", "first second"))
    e.write(f"{s.word} two")
    e.send(model=HAND)
    answer = s.asked()
    assert [text for _, text in answer.messages] == [f"{s.word} one", "first second", f"{s.word} two"]


@check(CHAT, "an earlier turn that is edited and sent is a branch")
def a_branch(e, s):
    one, two, other = f"{s.word} one", f"{s.word} two", f"{s.word} other"
    talk(e, s, one, two)
    e.change_line(one, other)
    e.send()
    answered(e, s, ("user", other), ("assistant", other))
    roots = [m["content"].strip() for m in s.conversation() if not m.get("parent")]
    assert roots == [one, other], "the earlier turns are still there"
    e.go(e.lines().index(other) + 1)
    e.branch("prev")
    answered(e, s, ("user", one), ("assistant", one), ("user", two), ("assistant", two))


@check(CHAT, "a code block is applied to its file, as a diff first")
def a_block(e, s):
    path = s.file("main.c", "int a;\nint b;\nint c;\n")
    block = "Like this:\n\n```c main.c\nint a;\nlong b;\nint c;\n```"
    turns = [{"role": "user", "content": s.word}, {"role": "assistant", "content": block}]
    e.chat(s.client.call("conversation.create", {"messages": turns})["conversation"])
    s.sees(e, "long b;")
    e.apply(e.lines().index("long b;") + 1)
    s.until(lambda: e.change() == (["int b;"], ["long b;"], True), "the change is shown")
    assert e.lines(path) == ["int a;", "int b;", "int c;"]
    e.accept()
    s.until(lambda: e.lines(path) == ["int a;", "long b;", "int c;"], "it is put in")
    assert path.read_text() == "int a;\nint b;\nint c;\n", "nothing is written"


# -- commit


@check("commit message from the staged diff", "it stands where the message is written")
def commit(e, s):
    s.git("init")
    s.file("staged.txt", f"a staged line {s.word}\n")
    s.git("add", "staged.txt")
    s.file("other.txt", "not staged\n")
    (s.folder / ".git" / "COMMIT_EDITMSG").write_text("\n# Please enter the commit message\n")
    e.commit("fake/words-5")
    s.until(lambda: e.commit_message().startswith("w0 w1 w2 w3 w4"), "the message")
    sent = s.sent()
    assert f"a staged line {s.word}" in sent and "not staged" not in sent


# -- pickers

PICK = "pick models, prompts, conversations"


def offered(e, s, kind):
    e.pick(kind)
    return s.until(e.offered, "a picker")


@check(PICK, "models, with window and price; what is chosen is asked")
def pick_model(e, s):
    s.client.call("chat", {"model": "fake/words-5", "prompt": s.word})
    lines = offered(e, s, "model")
    priced = next(line for line in lines if "words-5" in line)
    assert "131k" in priced and "20000" in priced, priced
    assert any("quick" in line and "fake/words-3" in line for line in lines), lines
    e.choose("quick")
    e.ask(f"{s.word} again")
    s.sees(e, "w2", "w3")


@check(PICK, "prompts, with what they are for; what is chosen is used")
def pick_prompt(e, s):
    explain = s.client.call("prompt.get", {"name": "explain"})
    lines = offered(e, s, "prompt")
    assert any("explain" in line and explain["description"][:20] in line for line in lines), lines
    e.choose("explain ")
    e.ask(s.word)
    sent = s.sent()
    assert s.word in sent and explain["prompt"][:30] in sent


@check(PICK, "conversations of this folder; what is chosen is shown")
def pick_conversation(e, s):
    s.say(f"{s.word} tea")
    s.say(f"{s.word} coffee")
    elsewhere = {"prompt": f"{s.word} elsewhere", "conversation": "new", "context": {"cwd": "/elsewhere"}}
    s.client.call("chat", elsewhere)
    lines = offered(e, s, "conversation")
    assert len(lines) == 2 and any("tea" in line for line in lines), lines
    e.choose("tea")
    answered(e, s, ("user", f"{s.word} tea"), ("assistant", f"{s.word} tea"))


# -- attachments

ATTACH = "attach files, buffers, diagnostics, the visible region"


def attached(e, s, what):
    """What the model is told with a question to which that was attached."""
    e.attach(what)
    s.until(e.attached, "it is attached")
    e.ask(f"about {s.word}")
    sent = s.sent()
    assert f"about {s.word}" in sent
    return sent


@check(ATTACH, "a file")
def attach_file(e, s):
    s.file("notes.txt", "a note\n")
    sent = attached(e, s, "notes.txt")
    assert "notes.txt" in sent and "a note" in sent
    e.ask(f"more about {s.word}", conversation="new")
    assert "a note" not in s.sent(2), "it goes along once"


@check(ATTACH, "the buffer, as it is unsaved")
def attach_buffer(e, s):
    e.open(s.file("main.c", SOURCE))
    e.set_line(4, "int unsaved;")
    sent = attached(e, s, "buffer")
    assert "main.c" in sent and "int one;" in sent and "int unsaved;" in sent


@check(ATTACH, "the diagnostics")
def attach_diagnostics(e, s):
    e.open(s.file("main.c", SOURCE))
    e.diagnose(3, "no such type")
    sent = attached(e, s, "diagnostics")
    assert "main.c:3:1: error: no such type" in sent, sent


@check(ATTACH, "the visible region")
def attach_visible(e, s):
    e.open(s.file("main.c", "".join(f"int line_{n};\n" for n in range(1, 201))))
    e.go(1)
    sent = attached(e, s, "visible")
    assert "int line_1;" in sent and "int line_5;" in sent and "int line_200;" not in sent


@check(ATTACH, "taken off again")
def detach(e, s):
    s.file("notes.txt", "a note\n")
    e.attach("notes.txt")
    s.until(e.attached, "it is attached")
    e.detach()
    s.until(lambda: not e.attached(), "nothing is attached")
    e.ask(f"about {s.word}")
    assert "a note" not in s.sent()


# -- several


@check("compare several models", "they answer side by side, at the same time")
def compare(e, s):
    e.compare([HAND, "fake/words-9", "fake/count"], s.word)
    answer = s.asked()
    answer.say("mine")
    side_by_side = ("mine", "w8", "answer 1")

    def panes():
        windows = e.shown()
        found = [next((i for i, w in enumerate(windows) if text in w), None) for text in side_by_side]
        return None not in found and found == sorted(set(found))

    s.until(panes, "each has its place")
    answer.say(" alone")
    s.sees(e, "mine alone")
    answer.end("stop")
    s.until(lambda: [m["role"] for m in s.conversation()].count("assistant") == 3, "all are in one conversation")
    assert [m["role"] for m in s.conversation()].count("user") == 1


# -- resume

RESUME = "resume: the editor ended in mid-answer"


def killed(e, s):
    e.ask(f"{s.word} long", model=HAND)
    answer = s.asked()
    answer.say("before ")
    s.sees(e, "before")
    e.kill()
    answer.say("meanwhile ")
    return answer


@check(RESUME, "killed and opened again, it streams on")
def resume_streaming(e, s):
    answer = killed(e, s)
    again = s.editor()
    again.resume()
    s.sees(again, "before meanwhile", "after")
    answer.say("after")
    s.sees(again, "before meanwhile after")
    answer.end("stop")
    assert not answer.aborted


@check(RESUME, "killed and opened again, it is there, finished")
def resume_finished(e, s):
    answer = killed(e, s)
    answer.say("after")
    answer.end("stop")
    s.until(lambda: not s.client.call("answer.list", {"state": "running"}), "it has ended")
    again = s.editor()
    again.resume()
    s.sees(again, "before meanwhile after")


# -- live

LIVE = "the same conversation in another editor or the shell"


@check(LIVE, "what the shell asks in it appears as it comes")
def from_the_shell(e, s):
    talk(e, s, f"{s.word} one")
    e.write("half a tho")
    shell = s.shell("-c", "-m", HAND, f"{s.word} two")
    answer = s.asked()
    answer.say("first ")
    first = [("user", f"{s.word} one"), ("assistant", f"{s.word} one"), ("user", f"{s.word} two")]
    s.until(lambda: e.turns() == [*first, ("assistant", "first"), ("user", "half a tho")], "it comes in")
    answer.say("second")
    answer.end("stop")
    s.until(lambda: e.turns() == [*first, ("assistant", "first second"), ("user", "half a tho")], "all of it is there")
    assert shell.wait(30) == 0
    shell.communicate()


@check(LIVE, "what is asked in it, another editor shows and the shell goes on with")
def to_the_others(e, s):
    talk(e, s, f"{s.word} one")
    other = s.editor()
    other.chat("last")
    answered(other, s, ("user", f"{s.word} one"), ("assistant", f"{s.word} one"))
    e.write(f"{s.word} two")
    e.send(model=HAND)
    answer = s.asked()
    answer.say("first ")
    s.until(lambda: ("assistant", "first") in other.turns(), "the other one shows it as it comes")
    answer.say("second")
    answer.end("stop")
    s.until(lambda: ("assistant", "first second") in other.turns(), "the other one shows all of it")
    shell = s.shell("-c", "-m", HAND, f"{s.word} three")
    told = [text for _, text in s.asked().messages]
    assert told == [f"{s.word} one", f"{s.word} one", f"{s.word} two", "first second", f"{s.word} three"]
    shell.terminate()
    shell.communicate()


# -- status line

STATUS = "status line"


@check(STATUS, "the model, and that something runs")
def status_running(e, s):
    e.ask(s.word, model=HAND)
    answer = s.asked()
    s.until(lambda: "running" in e.status(), "it is told that something runs")
    assert HAND in e.status() or "fake/echo" in e.status(), e.status()
    answer.say("done")
    answer.end("stop")
    s.until(lambda: "running" not in e.status(), "it is told that nothing does")


@check(STATUS, "tokens and cost of today")
def status_today(e, s):
    e.ask(s.word, model="fake/words-5")
    s.sees(e, "w4")
    today = s.until(lambda: s.client.call("status")["today"]["cost"], "it is counted")
    cost = f"{today[0]['cost']:.2f}"
    s.until(lambda: cost in e.status(), f"{cost} in {e.status()}")
    assert "tokens" in e.status() and "USD" in e.status()


# -- health

HEALTH = "health check"
FAULT = re.compile(r"\b(error|fail)\b", re.IGNORECASE)


@check(HEALTH, "what is well")
def well(e, s):
    def text():
        told = e.health()
        return told if "fake/echo" in told else None

    told = s.until(text, "it names the default model")
    version = s.client.call("hello", {"client": "test"})["version"]
    assert "fake" in told and version in told and not FAULT.search(told), told


@check(HEALTH, "what is missing, with a mend")
def missing(_, s):
    lone = s.editor_without_daemon()

    def text():
        told = lone.health()
        return told if "askctl doctor" in told else None

    assert FAULT.search(s.until(text, "a mend is named"))
