"""Neovim: chats, which are conversations as buffers."""

import signal

import pytest

from conftest import wait_until
from helpers_chat import (
    HAND,
    PREFIX,
    ask,
    conversation_of,
    hand_section,
    idle,
    messages,
    open_chat,
    remarks,
    steered_answer,
    wait_answered,
    write_question,
)
from helpers_nvim import Nvim


@pytest.fixture
def daemon(home, provider, steered, start_daemon):
    """The fault provider is asked by default, and hand/any says what the test says."""
    home.write_config(provider.base_url, extra=hand_section(steered))
    return start_daemon()


@pytest.fixture
def shell(ask):
    """`ask` as a shell runs it."""
    return ask


@pytest.fixture
def nvim(daemon, home):
    with Nvim(home) as n:
        yield n


def test_a_question_is_answered_in_the_buffer(nvim, client):
    open_chat(nvim)
    assert nvim.lines() == ["## user", "", ""]
    ask(nvim, "hello there")
    nvim.wait_lines(lambda lines: lines[-2:] == ["## user", ""] or lines[-3:] == ["## user", "", ""])
    wait_until(lambda: idle(nvim), "it ends")
    assert nvim.lines() == [
        "## user", "", "hello there", "", "## assistant (fake/echo)", "", "hello there", "", "## user", "", "",
    ]  # fmt: skip
    conversation = conversation_of(nvim)
    assert nvim.call("nvim_buf_get_name", 0) == PREFIX + conversation
    assert [m["content"].strip() for m in messages(client, conversation)] == ["hello there", "hello there"]
    assert not nvim.eval("&modified")


def test_an_answer_streams_in_while_the_next_question_is_written(nvim, steered):
    open_chat(nvim)
    nvim.command(f"AskModel {HAND}")
    ask(nvim, "go")
    answer = steered_answer(steered)
    answer.say("one ")
    nvim.wait_lines("one")
    assert not nvim.eval("&modified"), "an answer that comes leaves nothing to be written"
    nvim.keys("Gonext question")
    nvim.wait_lines("next question")
    answer.say("two")
    nvim.wait_lines("one two")
    nvim.keys(", and more<Esc>")
    nvim.wait_lines("next question, and more")
    answer.end("stop")
    wait_until(lambda: idle(nvim), "it ends")
    assert nvim.lines()[4:7] == ["## assistant (hand/any)", "", "one two"]
    assert nvim.lines()[-1] == "next question, and more"
    assert nvim.eval("&modified"), "what was not sent is not lost by :q"


def test_what_is_asked_elsewhere_appears_live(nvim, client, steered, shell):
    open_chat(nvim)
    ask(nvim, "mine")
    conversation = conversation_of(nvim)
    wait_answered(nvim, "mine")
    write_question(nvim, "half a tho")
    asked = shell.start("-m", HAND, "--conversation", conversation, "from the shell")
    answer = steered_answer(steered)
    answer.say("one ")
    nvim.wait_lines("one")
    assert "from the shell" in nvim.lines()
    answer.say("two")
    nvim.wait_lines("one two")
    answer.end("stop")
    assert asked.wait(30) == 0
    wait_until(lambda: idle(nvim), "it ends")
    lines = nvim.lines()
    assert lines[8:] == ["## user", "", "from the shell", "", "## assistant (hand/any)", "", "one two", "",
                         "## user", "", "half a tho"]  # fmt: skip
    assert len(messages(client, conversation)) == 4


def test_an_earlier_question_changed_is_a_branch(nvim, client):
    open_chat(nvim)
    ask(nvim, "first")
    wait_answered(nvim, "first")
    ask(nvim, "second")
    conversation = conversation_of(nvim)
    wait_answered(nvim, "second")
    before = nvim.lines()
    write_question(nvim, "not sent yet")
    nvim.call("nvim_buf_set_lines", 0, 2, 3, False, ["another first"])
    nvim.command("write")
    wait_answered(nvim, "another first")
    assert nvim.lines() == [
        "## user", "", "another first", "", "## assistant (fake/echo)", "", "another first", "",
        "## user", "", "not sent yet",
    ]  # fmt: skip
    all_messages = messages(client, conversation)
    assert [m["content"].strip() for m in all_messages if not m.get("parent")] == ["first", "another first"]
    assert remarks(nvim)[0] == " 2/2"
    nvim.command("normal gg")
    nvim.command("AskBranch prev")
    nvim.wait_lines(lambda lines: lines[:-1] == before[:-1] or lines[: len(before) - 3] == before[:-3])
    assert nvim.lines()[-1] == "not sent yet"
    wait_until(
        lambda: client.call("conversation.get", {"conversation": conversation})["head"] == all_messages[3]["id"],
        "the head is there for all",
    )


def test_a_changed_answer_is_not_sent_and_nothing_is_lost(nvim, client):
    open_chat(nvim)
    ask(nvim, "hello")
    conversation = conversation_of(nvim)
    wait_answered(nvim, "hello")
    nvim.call("nvim_buf_set_lines", 0, 6, 7, False, ["put into its mouth"])
    changed = nvim.lines()
    nvim.command("write")
    nvim.wait_told("what the model said was changed")
    client.call("chat", {"conversation": conversation, "prompt": "elsewhere"})
    wait_until(lambda: "changed elsewhere" in str(nvim.marks("askd.page.remarks")), "it is said")
    assert nvim.lines() == changed
    nvim.command("edit!")
    nvim.wait_lines(lambda lines: lines.count("elsewhere") == 2)
    assert "put into its mouth" not in nvim.lines()


def test_sending_again_regenerates(nvim, client):
    open_chat(nvim)
    nvim.command("AskModel fake/count")
    ask(nvim, "how often")
    conversation = conversation_of(nvim)
    wait_until(lambda: idle(nvim) and "## assistant (fake/count)" in nvim.lines(), "it ends")
    nvim.command("write")
    nvim.wait_told("nothing to send")
    nvim.command("AskSend!")
    wait_until(lambda: len(messages(client, conversation)) == 3, "another answer")
    wait_until(lambda: idle(nvim) and remarks(nvim).get(4, "").startswith(" 2/2"), "it is shown")
    assert len(nvim.lines()) == 11
    nvim.command("8,11delete | 5,7delete")  # the answer is taken out
    nvim.command("write")
    nvim.wait_told("the last answer was taken out")


TRICKY = """a text with

## user

### part text
```markdown
## assistant (no/one)
```
\\## user
<!-- askd {"id": 1} -->
---
 ## not one
## users neither"""


def test_any_text_is_read_back_as_it_was(nvim, client):
    conversation = client.call(
        "conversation.create",
        {"messages": [{"role": "user", "content": TRICKY}, {"role": "assistant", "content": TRICKY + "\n\n"}]},
    )["conversation"]
    open_chat(nvim, conversation)
    nvim.wait_lines(lambda lines: lines.count("\\## user") == 2)
    ask(nvim, "and on")
    wait_until(lambda: len(messages(client, conversation)) == 4, "it goes on behind it")
    assert [m.get("parent") for m in messages(client, conversation)].count(None) == 1, "no branch was made"
    shown = client.call("conversation.export", {"conversation": conversation, "format": "markdown"})["data"]
    own = [line for line in nvim.lines() if line.startswith("\\")]
    assert own == [line for line in shown.splitlines() if line.startswith("\\")], "the form is that of the export"


def test_a_streaming_answer_that_looks_like_turns_is_one_turn(nvim, client):
    open_chat(nvim)
    ask(nvim, TRICKY.replace("## user", "\\## user").replace("\\\\\\## user", "\\\\## user"))
    conversation = conversation_of(nvim)
    wait_until(lambda: idle(nvim) and "## assistant (fake/echo)" in nvim.lines(), "it ends")
    assert len(messages(client, conversation)) == 2
    ask(nvim, "next")
    wait_until(lambda: len(messages(client, conversation)) == 4, "it goes on behind it")
    assert [m.get("parent") for m in messages(client, conversation)].count(None) == 1


def test_instructions_of_a_new_chat(nvim, client, provider):
    open_chat(nvim)
    nvim.set_lines(["## instructions", "", "Be brief.", "", "## user", "", "hello"])
    nvim.command("write")
    conversation = conversation_of(nvim)
    wait_answered(nvim, "hello")
    assert client.call("conversation.get", {"conversation": conversation})["system"] == "Be brief."
    assert provider.bodies()[0]["messages"][0] == {"role": "system", "content": "Be brief."}
    assert nvim.lines()[:4] == ["## instructions", "", "Be brief.", ""]
    nvim.command("edit")
    nvim.wait_lines(lambda lines: lines.count("hello") == 2)
    assert nvim.lines()[:5] == ["## instructions", "", "Be brief.", "", "## user"]


def test_text_without_a_heading_is_a_question(nvim):
    open_chat(nvim)
    nvim.set_lines(["just this"])
    nvim.command("AskSend")
    wait_answered(nvim, "just this")
    assert nvim.lines()[0] == "## user"


def labels(n):
    """What stands behind the text of answers that stream, or failed."""
    return [d["virt_text"][0][0] for _, _, d in n.marks("askd-answer") if d.get("virt_text")]


def test_an_answer_can_be_stopped(nvim, provider, client):
    open_chat(nvim)
    nvim.command("AskModel fake/hang-after-3")
    ask(nvim, "hang")
    nvim.wait_lines("w2")
    nvim.command("write")
    nvim.wait_told("an answer is still coming")
    nvim.command("AskStop")
    provider.wait_aborted()
    wait_until(lambda: idle(nvim), "it ends")
    wait_until(lambda: any("cancelled" in text for text in remarks(nvim).values()), "it is said")
    assert any("w0 w1 w2" in line for line in nvim.lines()), "what came stays"
    assert "cancelled" in labels(nvim)[0]
    nvim.command("AskModel fake/echo")
    nvim.command("AskSend!")
    wait_answered(nvim, "hang")
    assert labels(nvim) == []


def test_a_failure_is_told_and_the_question_stays(nvim, client):
    open_chat(nvim)
    nvim.command("AskModel fake/status-400")
    ask(nvim, "what fails")
    nvim.wait_told("askd: invalid_request")
    wait_until(lambda: idle(nvim), "it ends")
    assert "what fails" in nvim.lines()
    wait_until(lambda: any("failed" in text for text in remarks(nvim).values()), "it is said")
    nvim.command("AskModel fake/echo")
    nvim.command("AskSend!")
    wait_answered(nvim, "what fails")
    assert labels(nvim) == []


def test_a_question_that_is_refused_stays_as_it_was_written(nvim):
    open_chat(nvim)
    nvim.command("AskModel nobody/nothing")
    ask(nvim, "kept")
    nvim.wait_told("askd: not_found")
    assert nvim.lines()[-1] == "kept" and nvim.eval("&modified")


def test_two_editors_on_one_conversation(nvim, home, client, steered):
    open_chat(nvim)
    ask(nvim, "one")
    conversation = conversation_of(nvim)
    wait_answered(nvim, "one")
    with Nvim(home, name="other") as other:
        open_chat(other, conversation)
        other.wait_lines(lambda lines: lines.count("one") == 2)
        other.command(f"AskModel {HAND}")
        ask(other, "two")
        answer = steered_answer(steered)
        answer.say("as it comes")
        for n in (nvim, other):
            n.wait_lines("as it comes")
        answer.end("stop")
        for n in (nvim, other):
            wait_until(lambda n=n: idle(n), "it ends")
        assert nvim.lines() == other.lines()
        nvim.call("nvim_buf_set_lines", 0, 2, 3, False, ["one, once more"])
        nvim.command(f"AskModel {HAND}")
        nvim.command("write")
        branch = steered_answer(steered, 1)
        branch.say("another way")
        other.wait_lines("another way")
        assert "one, once more" in other.lines()
        branch.end("stop")
        wait_until(lambda: idle(other) and nvim.lines() == other.lines(), "both show the branch")


def test_after_a_kill_in_mid_answer_it_is_there_again(nvim, home, client, steered):
    open_chat(nvim)
    nvim.command(f"AskModel {HAND}")
    ask(nvim, "long")
    conversation = conversation_of(nvim)
    answer = steered_answer(steered)
    answer.say("before ")
    nvim.wait_lines("before")
    nvim.kill()
    answer.say("meanwhile ")
    with Nvim(home, name="after") as after:
        open_chat(after, conversation)
        after.wait_lines("before meanwhile")
        answer.say("after")
        after.wait_lines("before meanwhile after")
        answer.end("stop")
        wait_until(lambda: idle(after), "it ends")
        assert not answer.aborted and after.lines()[6] == "before meanwhile after"
    with Nvim(home, name="later") as later:
        open_chat(later, "last")
        later.wait_lines("before meanwhile after")


def test_a_question_sent_with_wq_reaches_the_daemon(nvim, client):
    open_chat(nvim)
    write_question(nvim, "goodbye")
    nvim.keys(":wq | qall<CR>")
    nvim.proc.wait(30)
    wait_until(lambda: client.call("conversation.list"), "it was asked")
    found = client.call("conversation.list")[0]
    wait_until(lambda: len(messages(client, found["conversation"])) == 2, "and answered")
    assert found["title"] == "goodbye"


def test_the_daemon_restarts_in_mid_answer(nvim, restart):
    open_chat(nvim)
    nvim.command("AskModel fake/hang-after-4")
    ask(nvim, "long")
    nvim.wait_lines("w3")
    conversation = conversation_of(nvim)
    c = restart()
    wait_until(lambda: idle(nvim), "it ends")
    wait_until(lambda: any("interrupted" in text for text in remarks(nvim).values()), "it is said")
    assert nvim.lines()[6].split() == ["w0", "w1", "w2", "w3"]
    assert messages(c, conversation)[1]["state"] == "interrupted"
    nvim.command("AskModel fake/echo")
    ask(nvim, "and on")
    wait_answered(nvim, "and on")


def test_a_chat_that_was_unloaded_is_read_anew(nvim, client):
    m = client.call("chat", {"prompt": "hello", "conversation": "new"})
    open_chat(nvim, m["conversation"])
    nvim.wait_lines(lambda lines: lines.count("hello") == 2)
    nvim.command("bdelete")
    client.call("chat", {"prompt": "meanwhile", "conversation": m["conversation"]})
    nvim.command(f"edit {PREFIX}{m['conversation']}")
    nvim.wait_lines(lambda lines: lines.count("meanwhile") == 2)
    client.call("chat", {"prompt": "and live", "conversation": m["conversation"]})
    nvim.wait_lines(lambda lines: lines.count("and live") == 2)
    assert nvim.lua("return vim.bo.modeline or vim.bo.swapfile") is False


def test_new_chats_do_not_pile_up_and_none_is_overwritten(nvim):
    first = open_chat(nvim)
    assert open_chat(nvim) == first
    write_question(nvim, "something")
    second = open_chat(nvim)
    assert second != first and nvim.lines() == ["## user", "", ""]
    assert nvim.lines(first)[-1] == "something"


def test_a_conversation_that_is_not_there(nvim):
    open_chat(nvim, "01900000-0000-7000-8000-000000000000")
    nvim.wait_told("askd: not_found")
    nvim.command("bdelete!")
    nvim.command("AskChat last")
    nvim.wait_told("askd: not_found: ")


def test_where_nothing_is_kept_the_answer_is_shown(home, provider, start_daemon):
    home.write_config(provider.base_url, extra="[store]\nkeep = none")
    start_daemon()
    with Nvim(home) as n:
        open_chat(n)
        ask(n, "hello")
        n.wait_told("not kept here")
        n.wait_lines("hello", n.answer_buffer())


def test_reading_anew_in_mid_answer(nvim, steered):
    open_chat(nvim)
    nvim.command(f"AskModel {HAND}")
    ask(nvim, "long")
    answer = steered_answer(steered)
    for i in range(4):
        answer.say(f"w{i} ")
        nvim.wait_lines(f"w{i}")
        answer.say("and ")
        nvim.command("edit!")
    answer.end("stop")
    wait_until(lambda: nvim.lines()[6:7] and idle(nvim), "it ends")
    nvim.wait_lines(lambda lines: lines[6].strip() == "w0 and w1 and w2 and w3 and")
    assert len(nvim.lines()) == 11


def test_leaving_a_running_branch_and_coming_back(nvim, client, steered):
    open_chat(nvim)
    ask(nvim, "first")
    wait_answered(nvim, "first")
    nvim.command(f"AskModel {HAND}")
    nvim.call("nvim_buf_set_lines", 0, 2, 3, False, ["instead"])
    nvim.command("write")
    answer = steered_answer(steered)
    answer.say("slowly ")
    nvim.wait_lines("slowly")
    nvim.command("normal gg")
    nvim.command("AskBranch next")
    nvim.wait_lines(lambda lines: lines.count("first") == 2)
    answer.say("to the end")
    answer.end("stop")
    wait_until(lambda: not client.call("answer.list", {"state": "running"}), "the other ends")
    wait_until(lambda: idle(nvim), "that is known")
    assert nvim.lines().count("first") == 2, "what was left does not come back by itself"
    nvim.command("normal gg")
    nvim.command("AskBranch next")
    nvim.wait_lines("slowly to the end")


def test_what_is_changed_while_an_answer_comes_is_not_lost(nvim, steered, client):
    open_chat(nvim)
    ask(nvim, "first")
    wait_answered(nvim, "first")
    nvim.command(f"AskModel {HAND}")
    ask(nvim, "second")
    answer = steered_answer(steered)
    answer.say("slowly ")
    nvim.wait_lines("slowly")
    nvim.call("nvim_buf_set_lines", 0, 2, 3, False, ["changed"])
    answer.say("to the end")
    nvim.wait_lines("slowly to the end")
    answer.end("stop")
    wait_until(lambda: idle(nvim), "it ends")
    assert nvim.lines()[2] == "changed" and nvim.eval("&modified")
    nvim.command("AskModel fake/echo")
    nvim.command("write")
    wait_answered(nvim, "changed")
    assert len(messages(client, conversation_of(nvim))) == 6


HOSTILE = (
    "nul\0 escape\x1b]0;title\x07 return\r\nvim: set ft=evil modifiable:\n## user\n\n:qall!\n"
    "<Esc>:qall!<CR>\n%{execute('qall!')}\n```\n## assistant (no/one)\n"
)


def test_what_a_model_writes_is_text_and_nothing_else(nvim, steered, client):
    open_chat(nvim)
    nvim.command(f"AskModel {HAND}")
    ask(nvim, "attack")
    answer = steered_answer(steered)
    for part in (HOSTILE[:20], HOSTILE[20:45], HOSTILE[45:]):
        answer.say(part)
    nvim.wait_lines("qall!<CR>")
    answer.end("stop")
    wait_until(lambda: idle(nvim) and "\\## user" in nvim.lines(), "it ends")
    assert nvim.lines()[6:9] == ["nul\0 escape\x1b]0;title\x07 return", "vim: set ft=evil modifiable:", "\\## user"]
    assert nvim.eval("&filetype") == "markdown" and nvim.lines()[-3:] == ["## user", "", ""]
    nvim.command("AskModel fake/echo")
    ask(nvim, "and on")
    wait_answered(nvim, "and on")
    found = messages(client, conversation_of(nvim))
    assert len(found) == 4 and found[1]["content"] == HOSTILE


def test_a_frozen_daemon_holds_nothing_up(nvim, daemon):
    open_chat(nvim)
    ask(nvim, "first")
    wait_answered(nvim, "first")
    daemon.signal(signal.SIGSTOP)
    try:
        ask(nvim, "second")
        nvim.keys("Gothird<Esc>")
        nvim.wait_lines("third")
        nvim.command("write")
        nvim.wait_told("on its way")
    finally:
        daemon.signal(signal.SIGCONT)
    wait_until(lambda: idle(nvim) and "third" in nvim.lines()[-1], "it is answered, and what was written since stays")


@pytest.mark.parametrize("away", ["%delete", "silent undo 0"])
def test_whose_place_was_taken_away_comes_into_no_question(nvim, steered, client, away):
    open_chat(nvim)
    nvim.command(f"AskModel {HAND}")
    ask(nvim, "go")
    request = steered_answer(steered)
    request.say("a part\n")
    nvim.wait_lines("a part")
    nvim.command(away)
    left = nvim.lines()
    assert "a part" not in left
    request.say("and more\n")
    request.end("stop")
    wait_until(lambda: idle(nvim), "it ends")
    assert nvim.lines() == left
    assert "changed elsewhere" in str(nvim.marks("askd.page.remarks"))
    nvim.command("edit!")
    nvim.wait_lines("and more")
    assert len(messages(client, conversation_of(nvim))) == 2


def test_one_that_is_not_there_is_told_once(nvim):
    open_chat(nvim, "01890000-0000-7000-8000-000000000000")
    nvim.wait_told("no such conversation")
    wait_until(lambda: nvim.lua("return require('askd.client').held().calls == 0"), "all is told")
    assert len(nvim.told()) == 1


def test_autowrite_asks_nothing(nvim, client):
    nvim.command("set autowrite makeprg=true")
    open_chat(nvim)
    write_question(nvim, "half a question")
    nvim.keys(":make<CR>")
    nvim.wait_told("was not sent")
    assert nvim.eval("&modified") and client.call("conversation.list", {}) == []
    nvim.keys(":wall<CR>")
    wait_answered(nvim, "half a question")


def test_one_question_goes_by_a_model_and_a_prompt_of_its_own(nvim, provider):
    open_chat(nvim)
    write_question(nvim, "hello")
    nvim.command("AskSend -m fake/words-3 -p explain")
    nvim.wait_lines("w2")
    wait_until(lambda: idle(nvim), "it ends")
    assert len(str(provider.bodies()[0]["messages"])) > 300, "the prompt is there"
    ask(nvim, "and by the default")
    wait_answered(nvim, "and by the default")
    nvim.command("AskSend that")
    nvim.wait_told("what is asked stands in the chat")
