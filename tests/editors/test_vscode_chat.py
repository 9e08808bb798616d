"""VS Code: chats, which are conversations as documents."""

import pytest

from conftest import Runner, ask_path, wait_until
from helpers_vscode import VsCode
from helpers_vscode_chat import (
    DRAFT,
    HAND,
    ask,
    chat_page,
    conversation_of,
    hand_section,
    idle,
    messages,
    open_chat,
    remarks,
    replace,
    steered_answer,
    wait_answered,
    write,
)


@pytest.fixture
def daemon(home, provider, steered, start_daemon):
    """The fault provider is asked by default, and hand/any says what the test says."""
    home.write_config(provider.base_url, extra=hand_section(steered))
    return start_daemon()


@pytest.fixture
def shell(home):
    """`ask` as a shell runs it."""
    return Runner(ask_path(), home)


@pytest.fixture
def code(daemon, home):
    with VsCode(home) as v:
        yield v


def test_a_question_is_answered_in_the_document(code, client):
    new = open_chat(code)
    assert code.text(new) == DRAFT
    page = ask(code, new, "hello there")
    text = wait_answered(code, page, "hello there")
    assert text == "## user\n\nhello there\n\n## assistant (fake/echo)\n\nhello there\n\n" + DRAFT
    conversation = conversation_of(page)
    assert [m["content"].strip() for m in messages(client, conversation)] == ["hello there", "hello there"]
    assert not code.do("isDirty", page) and new not in code.do("documents")
    assert code.do("active") == page and code.do("cursorOf", page) == {"line": 10, "character": 0}


def test_an_answer_streams_in_while_the_next_question_is_written(code, steered):
    new = open_chat(code)
    code.command("askd.model", HAND)
    page = ask(code, new, "go")
    answer = steered_answer(steered)
    answer.say("one ")
    code.wait_text(page, "one")
    assert not code.do("isDirty", page), "an answer that comes leaves nothing to be saved"
    write(code, page, "next question")
    answer.say("two")
    code.wait_text(page, "one two")
    write(code, page, ", and more")
    answer.end("stop")
    wait_until(lambda: idle(code), "it ends")
    text = code.wait_text(page, "next question, and more")
    assert "## assistant (hand/any)\n\none two\n\n## user\n\nnext question, and more" in text
    assert code.do("isDirty", page), "what was not sent is not lost"


def test_what_is_asked_elsewhere_appears_live(code, client, steered, shell):
    page = ask(code, open_chat(code), "mine")
    wait_answered(code, page, "mine")
    write(code, page, "half a tho")
    asked = shell.start("-m", HAND, "--conversation", conversation_of(page), "from the shell")
    answer = steered_answer(steered)
    answer.say("one ")
    assert "from the shell" in code.wait_text(page, "one")
    answer.say("two")
    code.wait_text(page, "one two")
    answer.end("stop")
    assert asked.wait(30) == 0
    wait_until(lambda: idle(code), "it ends")
    end = "## user\n\nfrom the shell\n\n## assistant (hand/any)\n\none two\n\n## user\n\nhalf a tho"
    code.wait_text(page, lambda text: text.endswith(end))
    assert len(messages(client, conversation_of(page))) == 4


def test_an_earlier_question_changed_is_a_branch(code, client):
    page = ask(code, open_chat(code), "first")
    wait_answered(code, page, "first")
    ask(code, page, "second")
    before = wait_answered(code, page, "second")
    write(code, page, "not sent yet")
    replace(code, page, "first", "another first")
    code.do("save", page)
    wait_answered(code, page, "another first")
    assert code.text(page) == (
        "## user\n\nanother first\n\n## assistant (fake/echo)\n\nanother first\n\n## user\n\nnot sent yet"
    )
    every = messages(client, conversation_of(page))
    assert [m["content"].strip() for m in every if not m.get("parent")] == ["first", "another first"]
    wait_until(lambda: remarks(code, page).get(0) == "2/2", "it is told which branch this is")
    code.do("select", {"line": 0, "character": 0})
    code.command("askd.branchPrevious")
    code.wait_text(page, lambda text: text == before + "not sent yet")
    wait_until(
        lambda: client.call("conversation.get", {"conversation": conversation_of(page)})["head"] == every[3]["id"],
        "the head is there for all",
    )
    code.begin("command", "askd.branch")
    wait_until(lambda: code.do("offered"), "branches are offered")
    assert [c["label"] for c in code.do("offered")[0]["choices"]] == ["another first", "second"]
    code.do("choose", "another first")
    code.wait_text(page, "another first")


def test_a_changed_answer_is_not_sent_and_nothing_is_lost(code, client):
    page = ask(code, open_chat(code), "hello")
    wait_answered(code, page, "hello")
    replace(code, page, "(fake/echo)\n\nhello", "(fake/echo)\n\nput into its mouth")
    changed = code.text(page)
    code.do("save", page)
    code.wait_told("what the model said was changed")
    client.call("chat", {"conversation": conversation_of(page), "prompt": "elsewhere"})
    wait_until(lambda: any("changed elsewhere" in words for words in remarks(code, page).values()), "it is said")
    assert code.text(page) == changed and code.do("isDirty", page)
    code.do("revert", page)
    text = code.wait_text(page, "elsewhere")
    assert "put into its mouth" not in text and not code.do("isDirty", page)


def test_sending_again_regenerates(code, client):
    new = open_chat(code)
    code.command("askd.model", "fake/count")
    page = ask(code, new, "how often")
    wait_until(lambda: idle(code) and "## assistant (fake/count)" in code.text(page), "it ends")
    code.command("askd.send")
    assert "nothing to send" in code.do("hints")[-1]
    code.command("askd.sendAgain")
    wait_until(lambda: len(messages(client, conversation_of(page))) == 3, "another answer")
    wait_until(lambda: idle(code) and remarks(code, page).get(4, "").startswith("2/2"), "it is shown")
    answer = code.text(page).split("## assistant")[1].split("## user")[0]
    replace(code, page, "## assistant" + answer, "")
    code.do("save", page)
    code.wait_told("the last answer was taken out")


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


def test_any_text_is_read_back_as_it_was(code, client):
    turns = [{"role": "user", "content": TRICKY}, {"role": "assistant", "content": TRICKY + "\0\r\n\n"}]
    conversation = client.call("conversation.create", {"messages": turns})["conversation"]
    page = open_chat(code, conversation)
    assert code.text(page).split("\n").count("\\## user") == 2
    ask(code, page, "and on")
    wait_until(lambda: len(messages(client, conversation)) == 4, "it goes on behind it")
    assert [m.get("parent") for m in messages(client, conversation)].count(None) == 1, "no branch was made"


def test_a_streaming_answer_that_looks_like_turns_is_one_turn(code, client, steered):
    new = open_chat(code)
    code.command("askd.model", HAND)
    page = ask(code, new, "go")
    answer = steered_answer(steered)
    answer.say("one\n## us")
    code.wait_text(page, "## us\n")
    write(code, page, "next")
    answer.say("er\n\ntwo")
    code.wait_text(page, "\n\\## user\n\ntwo")
    answer.end("stop")
    wait_until(lambda: idle(code), "it ends")
    code.command("askd.model", "fake/echo")
    code.do("save", page)
    wait_answered(code, page, "next")
    assert [m.get("parent") for m in messages(client, conversation_of(page))].count(None) == 1


def test_instructions_of_a_new_chat(code, client, provider):
    new = open_chat(code)
    replace(code, new, "## user\n\n", "## instructions\n\nBe brief.\n\n## user\n\nhello")
    code.do("save", new)
    page = chat_page(code)
    text = wait_answered(code, page, "hello")
    assert client.call("conversation.get", {"conversation": conversation_of(page)})["system"] == "Be brief."
    assert provider.bodies()[0]["messages"][0] == {"role": "system", "content": "Be brief."}
    assert text.startswith("## instructions\n\nBe brief.\n\n## user\n\nhello\n")
    code.do("close", page)
    assert code.text(open_chat(code, conversation_of(page))) == text


def test_text_without_a_heading_is_a_question(code):
    new = open_chat(code)
    replace(code, new, "## user\n\n", "just this")
    code.command("askd.send")
    wait_answered(code, chat_page(code), "just this")


def test_an_answer_can_be_stopped(code, provider):
    new = open_chat(code)
    code.command("askd.model", "fake/hang-after-3")
    page = ask(code, new, "hang")
    code.wait_text(page, "w2")
    write(code, page, "more")
    code.do("save", page)
    code.wait_told("an answer is still coming")
    assert code.do("isDirty", page)
    code.command("askd.stop")
    provider.wait_aborted()
    wait_until(lambda: idle(code) and "cancelled" in remarks(code, page).get(4, ""), "it is said")
    assert "w0 w1 w2" in code.text(page), "what came stays"
    code.command("askd.model", "fake/echo")
    code.do("save", page)
    wait_answered(code, page, "more")


def test_a_failure_is_told_and_the_question_stays(code):
    new = open_chat(code)
    code.command("askd.model", "fake/status-400")
    page = ask(code, new, "what fails")
    code.wait_told("askd: invalid_request")
    wait_until(lambda: idle(code) and any("failed" in words for words in remarks(code, page).values()), "it is said")
    assert "what fails" in code.text(page)
    code.command("askd.model", "fake/echo")
    code.command("askd.sendAgain")
    wait_answered(code, page, "what fails")


def test_a_question_that_is_refused_stays_as_it_was_written(code):
    new = open_chat(code)
    code.command("askd.model", "nobody/nothing")
    write(code, new, "kept")
    code.do("save", new)
    assert "nobody" in code.wait_told("Failed to save")
    assert code.text(new).endswith("kept") and code.do("isDirty", new)


def test_what_the_editor_saves_by_itself_is_not_sent(code, client, home):
    new = open_chat(code)
    write(code, new, "half a tho")
    assert code.do("save", new, False)
    assert not code.do("isDirty", new) and client.call("conversation.list") == []
    assert code.do("remembered") == {"draft:new": "half a tho"}, "it is there in the next window"
    write(code, new, "ught")
    page = ask(code, new, "")
    wait_answered(code, page, "half a thought")
    assert code.do("remembered") == {}


def test_what_is_typed_while_a_new_chat_is_sent_goes_along(code, daemon, client):
    new = open_chat(code)
    write(code, new, "first")
    daemon.signal(19)
    saving = code.begin("save", new)
    wait_until(lambda: code.do("held")["calls"] > 0, "it is on its way")
    write(code, new, "\n\n## user\n\nsecond")
    daemon.signal(18)
    assert code.result(saving)
    page = chat_page(code)
    text = code.wait_text(page, lambda text: idle(code) and text.count("first") == 2)
    assert text.endswith("## user\n\nsecond") and code.do("isDirty", page)
    assert new not in code.do("documents") and len(client.call("conversation.list")) == 1


def test_two_editors_on_one_conversation(code, home, client, steered):
    page = ask(code, open_chat(code), "one")
    wait_answered(code, page, "one")
    with VsCode(home) as other:
        assert open_chat(other, conversation_of(page)) == page
        assert other.text(page) == code.text(page)
        other.command("askd.model", HAND)
        ask(other, page, "two")
        answer = steered_answer(steered)
        answer.say("as it comes")
        for v in (code, other):
            v.wait_text(page, "as it comes")
        answer.end("stop")
        for v in (code, other):
            wait_until(lambda v=v: idle(v), "it ends")
        wait_until(lambda: code.text(page) == other.text(page), "both show the same")
        replace(code, page, "one", "one, once more")
        code.command("askd.model", HAND)
        code.do("save", page)
        branch = steered_answer(steered, 1)
        branch.say("another way")
        assert "one, once more" in other.wait_text(page, "another way")
        branch.end("stop")
        wait_until(lambda: idle(other) and code.text(page) == other.text(page), "both show the branch")


def test_after_a_kill_in_mid_answer_it_is_there_again(code, home, steered):
    new = open_chat(code)
    code.command("askd.model", HAND)
    page = ask(code, new, "long")
    answer = steered_answer(steered)
    answer.say("before ")
    code.wait_text(page, "before")
    code.kill()
    answer.say("meanwhile ")
    with VsCode(home) as after:
        open_chat(after, conversation_of(page))
        after.wait_text(page, "before meanwhile")
        answer.say("after")
        after.wait_text(page, "before meanwhile after")
        answer.end("stop")
        wait_until(lambda: idle(after), "it ends")
        assert not answer.aborted and "\n\nbefore meanwhile after\n\n" in after.text(page)
    with VsCode(home) as later:
        later.command("askd.lastChat")
        assert later.do("active") == page and "before meanwhile after" in later.text(page)


def test_the_daemon_restarts_in_mid_answer(code, restart):
    new = open_chat(code)
    code.command("askd.model", "fake/hang-after-4")
    page = ask(code, new, "long")
    code.wait_text(page, "w3")
    c = restart()
    wait_until(lambda: idle(code), "it ends")
    wait_until(lambda: any("interrupted" in words for words in remarks(code, page).values()), "it is said")
    assert "w0 w1 w2 w3" in code.text(page)
    assert messages(c, conversation_of(page))[1]["state"] == "interrupted"
    code.command("askd.model", "fake/echo")
    ask(code, page, "and on")
    wait_answered(code, page, "and on")


def test_a_conversation_that_is_not_there_is_no_document(code):
    open_chat(code, "00000000-0000-7000-8000-000000000000")
    code.wait_told("not_found")
    assert code.do("documents") == []


def test_a_question_follows_the_answer_that_has_just_ended(code, client):
    """Saved in the moment in which that is no message yet, it must not become a branch beside it."""
    uri = ask(code, open_chat(code), "0")
    for i in range(1, 40):
        wait_until(lambda: idle(code), "nothing runs")
        write(code, uri, f" {i}")
        code.do("save", uri)
    wait_until(lambda: idle(code), "nothing runs")
    messages = {m["id"]: m for m in client.call("conversation.get", {"conversation": conversation_of(uri)})["messages"]}
    parents = [messages[m["parent"]]["role"] for m in messages.values() if m["role"] == "user" and m.get("parent")]
    assert set(parents) == {"assistant"}
