"""Emacs: chats, which are conversations as buffers."""

import signal

import pytest

from conftest import wait_until
from helpers_emacs import Emacs, EmacsError
from helpers_emacs_chat import (
    HAND,
    ask,
    change,
    conversation_of,
    hand_section,
    idle,
    labels,
    messages,
    open_chat,
    remarks,
    send,
    set_model,
    steered_answer,
    wait_answered,
    wait_idle,
    write_question,
)

FIRST = "## user\n\nhello there\n\n## assistant (fake/echo)\n\nhello there\n\n## user\n\n"


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
def emacs(daemon, home):
    with Emacs(home) as e:
        yield e


def modified(e):
    return e.eval("(and (buffer-modified-p) t)")


def test_a_question_is_answered_in_the_buffer(emacs, client):
    open_chat(emacs)
    assert emacs.text() == "## user\n\n"
    write_question(emacs, "hello there")
    assert modified(emacs)
    emacs.keys("C-c C-c")
    wait_answered(emacs, "hello there")
    assert emacs.text() == FIRST
    conversation = conversation_of(emacs)
    assert [m["content"].strip() for m in messages(client, conversation)] == ["hello there", "hello there"]
    assert not modified(emacs) and emacs.eval("(= (point) (point-max))")
    emacs.wait('(equal (buffer-name) "*askd: hello there*")', "its title is its name")


def test_an_answer_streams_in_while_the_next_question_is_written(emacs, steered):
    open_chat(emacs)
    set_model(emacs, HAND)
    ask(emacs, "go")
    answer = steered_answer(steered)
    answer.say("one ")
    emacs.wait_text("one")
    assert not modified(emacs), "an answer that comes leaves nothing to be written"
    write_question(emacs, "next question")
    answer.say("two")
    emacs.wait_text("one two")
    write_question(emacs, ", and more")
    answer.end("stop")
    wait_idle(emacs)
    assert emacs.text().endswith("## assistant (hand/any)\n\none two\n\n## user\n\nnext question, and more")
    assert modified(emacs)


def test_undo_takes_back_what_the_user_wrote_and_nothing_else(emacs, steered):
    open_chat(emacs)
    set_model(emacs, HAND)
    ask(emacs, "go")
    answer = steered_answer(steered)
    answer.say("one ")
    emacs.wait_text("one")
    emacs.keys("a")
    emacs.wait_text(lambda text: text.endswith("a"))
    write_question(emacs, "nd")
    answer.say("two ")
    emacs.wait_text("one two")
    emacs.eval("(undo-boundary) (setq last-command nil) (undo) nil")
    answer.say("three")
    answer.end("stop")
    wait_idle(emacs)
    assert emacs.text() == "## user\n\ngo\n\n## assistant (hand/any)\n\none two three\n\n## user\n\n"


def test_what_is_asked_elsewhere_appears_live(emacs, client, steered, shell):
    open_chat(emacs)
    ask(emacs, "mine")
    conversation = conversation_of(emacs)
    wait_answered(emacs, "mine")
    write_question(emacs, "half a tho")
    asked = shell.start("-m", HAND, "--conversation", conversation, "from the shell")
    answer = steered_answer(steered)
    answer.say("one ")
    emacs.wait_text("one")
    assert "from the shell" in emacs.lines()
    answer.say("two")
    emacs.wait_text("one two")
    answer.end("stop")
    assert asked.wait(30) == 0
    wait_idle(emacs)
    assert emacs.text().endswith(
        "## user\n\nfrom the shell\n\n## assistant (hand/any)\n\none two\n\n## user\n\nhalf a tho"
    )
    assert len(messages(client, conversation)) == 4


def test_an_earlier_question_changed_is_a_branch(emacs, client):
    open_chat(emacs)
    ask(emacs, "first")
    wait_answered(emacs, "first")
    ask(emacs, "second")
    conversation = conversation_of(emacs)
    wait_answered(emacs, "second")
    before = emacs.text()
    write_question(emacs, "not sent yet")
    change(emacs, "first", "another first")
    send(emacs)
    wait_answered(emacs, "another first")
    assert emacs.text() == FIRST.replace("hello there", "another first") + "not sent yet"
    all_messages = messages(client, conversation)
    assert [m["content"].strip() for m in all_messages if not m.get("parent")] == ["first", "another first"]
    assert remarks(emacs)[0] == " 2/2"
    emacs.eval("(goto-char (point-min)) (askd-branch-previous)")
    emacs.wait_text(lambda text: text == before + "not sent yet")
    wait_until(
        lambda: client.call("conversation.get", {"conversation": conversation})["head"] == all_messages[3]["id"],
        "the head is there for all",
    )


def test_a_changed_answer_is_not_sent_and_nothing_is_lost(emacs, client):
    open_chat(emacs)
    ask(emacs, "hello")
    conversation = conversation_of(emacs)
    wait_answered(emacs, "hello")
    emacs.eval('(goto-char (point-min)) (search-forward "hello" nil nil 2) (replace-match "put into its mouth") nil')
    changed = emacs.text()
    with pytest.raises(EmacsError, match="what the model said was changed"):
        send(emacs)
    client.call("chat", {"conversation": conversation, "prompt": "elsewhere"})
    wait_until(lambda: "changed elsewhere" in str(remarks(emacs)), "it is said")
    assert emacs.text() == changed
    emacs.eval("(revert-buffer t t) nil")
    emacs.wait_text(lambda text: text.count("elsewhere") == 2)
    assert "put into its mouth" not in emacs.text()


def test_sending_again_regenerates(emacs, client):
    open_chat(emacs)
    set_model(emacs, "fake/count")
    ask(emacs, "how often")
    conversation = conversation_of(emacs)
    wait_until(lambda: idle(emacs) and "## assistant (fake/count)" in emacs.lines(), "it ends")
    send(emacs)
    emacs.wait_told("nothing to send")
    emacs.keys("C-u C-c C-c")
    wait_until(lambda: len(messages(client, conversation)) == 3, "another answer")
    wait_until(lambda: idle(emacs) and remarks(emacs).get(4, "").startswith(" 2/2"), "it is shown")
    assert emacs.text().count("## assistant") == 1
    emacs.eval('(goto-char (point-min)) (search-forward "## assistant") (delete-region (pos-bol) (point-max)) nil'
               .replace("(pos-bol)", "(line-beginning-position)"))  # fmt: skip
    with pytest.raises(EmacsError, match="the last answer was taken out"):
        send(emacs)


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


def test_any_text_is_read_back_as_it_was(emacs, client):
    conversation = client.call(
        "conversation.create",
        {"messages": [{"role": "user", "content": TRICKY}, {"role": "assistant", "content": TRICKY + "\n\n"}]},
    )["conversation"]
    open_chat(emacs, conversation)
    emacs.wait_text(lambda text: text.split("\n").count("\\## user") == 2)
    ask(emacs, "and on")
    wait_until(lambda: len(messages(client, conversation)) == 4, "it goes on behind it")
    assert [m.get("parent") for m in messages(client, conversation)].count(None) == 1, "no branch was made"
    shown = client.call("conversation.export", {"conversation": conversation, "format": "markdown"})["data"]
    own = [line for line in emacs.lines() if line.startswith("\\")]
    assert own == [line for line in shown.splitlines() if line.startswith("\\")], "the form is that of the export"


def test_instructions_of_a_new_chat(emacs, client, provider):
    open_chat(emacs)
    emacs.set_text("## instructions\n\nBe brief.\n\n## user\n\nhello")
    send(emacs)
    conversation = conversation_of(emacs)
    wait_answered(emacs, "hello")
    assert client.call("conversation.get", {"conversation": conversation})["system"] == "Be brief."
    assert provider.bodies()[0]["messages"][0] == {"role": "system", "content": "Be brief."}
    emacs.eval("(revert-buffer) nil")
    wait_answered(emacs, "hello")
    assert emacs.text().startswith("## instructions\n\nBe brief.\n\n## user\n")
    ask(emacs, "and on")
    wait_answered(emacs, "and on")
    change(emacs, "brief", "long")
    with pytest.raises(EmacsError, match="instructions are given when a conversation begins"):
        ask(emacs, "more")


def test_text_without_a_heading_is_a_question(emacs):
    open_chat(emacs)
    emacs.set_text("just this")
    send(emacs)
    wait_answered(emacs, "just this")
    assert emacs.lines()[0] == "## user"


def test_an_answer_can_be_stopped(emacs, provider):
    open_chat(emacs)
    set_model(emacs, "fake/hang-after-3")
    ask(emacs, "hang")
    emacs.wait_text("w2")
    with pytest.raises(EmacsError, match="an answer is still coming"):
        send(emacs)
    emacs.keys("C-c C-k")
    provider.wait_aborted()
    wait_idle(emacs)
    wait_until(lambda: any("cancelled" in text for text in remarks(emacs).values()), "it is said")
    assert "w0 w1 w2" in emacs.text(), "what came stays"
    assert "cancelled" in labels(emacs)[0]
    set_model(emacs, "fake/echo")
    send(emacs, again=True)
    wait_answered(emacs, "hang")
    assert labels(emacs) == []


def test_a_failure_is_told_and_the_question_stays(emacs):
    open_chat(emacs)
    set_model(emacs, "fake/status-400")
    ask(emacs, "what fails")
    emacs.wait_told("askd: invalid_request")
    wait_idle(emacs)
    assert "what fails" in emacs.lines()
    wait_until(lambda: any("failed" in text for text in remarks(emacs).values()), "it is said")
    set_model(emacs, "fake/echo")
    send(emacs, again=True)
    wait_answered(emacs, "what fails")
    assert labels(emacs) == []


def test_a_question_that_is_refused_stays_as_it_was_written(emacs):
    open_chat(emacs)
    set_model(emacs, "nobody/nothing")
    ask(emacs, "kept")
    emacs.wait_told("askd: not_found")
    assert emacs.text().endswith("kept") and modified(emacs)


def test_two_emacsen_on_one_conversation(emacs, home, client, steered):
    open_chat(emacs)
    ask(emacs, "one")
    conversation = conversation_of(emacs)
    wait_answered(emacs, "one")
    with Emacs(home, name="other") as other:
        open_chat(other, conversation)
        wait_answered(other, "one")
        set_model(other, HAND)
        ask(other, "two")
        answer = steered_answer(steered)
        answer.say("as it comes")
        for e in (emacs, other):
            e.wait_text("as it comes")
        answer.end("stop")
        for e in (emacs, other):
            wait_idle(e)
        assert emacs.text() == other.text()
        change(emacs, "one", "one, once more")
        set_model(emacs, HAND)
        send(emacs)
        branch = steered_answer(steered, 1)
        branch.say("another way")
        other.wait_text("another way")
        assert "one, once more" in other.text()
        branch.end("stop")
        wait_until(lambda: idle(other) and emacs.text() == other.text(), "both show the branch")


def test_after_a_kill_in_mid_answer_it_is_there_again(emacs, home, steered):
    open_chat(emacs)
    set_model(emacs, HAND)
    ask(emacs, "long")
    conversation = conversation_of(emacs)
    answer = steered_answer(steered)
    answer.say("before ")
    emacs.wait_text("before")
    emacs.kill()
    answer.say("meanwhile ")
    with Emacs(home, name="after") as after:
        open_chat(after, conversation)
        after.wait_text("before meanwhile")
        answer.say("after")
        after.wait_text("before meanwhile after")
        answer.end("stop")
        wait_idle(after)
        assert not answer.aborted and after.lines()[6] == "before meanwhile after"
    with Emacs(home, name="later") as later:
        later.eval("(askd-chat t) nil")
        later.wait_text("before meanwhile after")


def test_a_question_sent_just_before_leaving_reaches_the_daemon(emacs, client):
    open_chat(emacs)
    write_question(emacs, "goodbye")
    emacs.eval("(run-at-time 0 nil (lambda () (with-current-buffer (window-buffer) (askd-send) (kill-emacs)))) nil")
    emacs.proc.wait(30)
    wait_until(lambda: client.call("conversation.list"), "it was asked")
    found = client.call("conversation.list")[0]
    wait_until(lambda: len(messages(client, found["conversation"])) == 2, "and answered")
    assert found["title"] == "goodbye"


def test_what_was_not_sent_is_not_killed_without_a_word(emacs):
    open_chat(emacs)
    write_question(emacs, "half a question")
    asked = """
        (let (asked)
          (cl-letf (((symbol-function 'yes-or-no-p) (lambda (text) (push text asked) nil))) %s)
          (vconcat asked))
    """
    assert "was not sent" in emacs.eval(asked % "(kill-buffer)")[0]
    assert "was not sent" in emacs.eval(asked % "(run-hook-with-args-until-failure 'kill-emacs-query-functions)")[0]
    assert emacs.text().endswith("half a question")
    emacs.eval("(erase-buffer) (set-buffer-modified-p nil)")
    assert emacs.eval(asked % "(kill-buffer)") == []


def test_the_daemon_restarts_in_mid_answer(emacs, restart):
    open_chat(emacs)
    set_model(emacs, "fake/hang-after-4")
    ask(emacs, "long")
    emacs.wait_text("w3")
    conversation = conversation_of(emacs)
    c = restart()
    wait_idle(emacs)
    wait_until(lambda: any("interrupted" in text for text in remarks(emacs).values()), "it is said")
    assert emacs.lines()[6].split() == ["w0", "w1", "w2", "w3"]
    assert messages(c, conversation)[1]["state"] == "interrupted"
    set_model(emacs, "fake/echo")
    ask(emacs, "and on")
    wait_answered(emacs, "and on")


def test_new_chats_do_not_pile_up_and_none_is_overwritten(emacs):
    first = open_chat(emacs)
    assert open_chat(emacs) == first
    write_question(emacs, "something")
    second = open_chat(emacs)
    assert second != first and emacs.text() == "## user\n\n"
    assert emacs.text(first).endswith("something")


def test_one_that_is_not_there_is_told_once(emacs):
    open_chat(emacs, "01890000-0000-7000-8000-000000000000")
    emacs.wait_told("no such conversation")
    emacs.wait("(= 0 (plist-get (askd-held) :calls))")
    assert len(emacs.told()) == 1
    emacs.eval("(askd-chat t) nil")
    wait_until(lambda: len(emacs.told()) == 2 and "askd: not_found" in emacs.told()[1], "there is no last one")


def test_where_nothing_is_kept_the_answer_is_shown(home, provider, start_daemon):
    home.write_config(provider.base_url, extra="[store]\nkeep = none")
    start_daemon()
    with Emacs(home) as e:
        open_chat(e)
        ask(e, "hello")
        e.wait_told("not kept here")
        e.wait_text("hello", e.answer_buffer())


def test_reading_anew_in_mid_answer(emacs, steered):
    open_chat(emacs)
    set_model(emacs, HAND)
    ask(emacs, "long")
    answer = steered_answer(steered)
    for i in range(4):
        answer.say(f"w{i} ")
        emacs.wait_text(f"w{i}")
        answer.say("and ")
        emacs.eval("(revert-buffer t t) nil")
    answer.end("stop")
    wait_until(lambda: emacs.lines()[6:7] and idle(emacs), "it ends")
    emacs.wait_text(lambda text: text.split("\n")[6].strip() == "w0 and w1 and w2 and w3 and")
    assert len(emacs.lines()) == 11


def test_leaving_a_running_branch_and_coming_back(emacs, client, steered):
    open_chat(emacs)
    ask(emacs, "first")
    wait_answered(emacs, "first")
    set_model(emacs, HAND)
    change(emacs, "first", "instead")
    send(emacs)
    answer = steered_answer(steered)
    answer.say("slowly ")
    emacs.wait_text("slowly")
    emacs.eval("(goto-char (point-min)) (askd-branch-next)")
    emacs.wait_text(lambda text: text.count("first") == 2)
    answer.say("to the end")
    answer.end("stop")
    wait_until(lambda: not client.call("answer.list", {"state": "running"}), "the other ends")
    wait_idle(emacs)
    assert emacs.text().count("first") == 2, "what was left does not come back by itself"
    emacs.eval("(goto-char (point-min)) (askd-branch-next)")
    emacs.wait_text("slowly to the end")


def test_what_is_changed_while_an_answer_comes_is_not_lost(emacs, steered, client):
    open_chat(emacs)
    ask(emacs, "first")
    wait_answered(emacs, "first")
    set_model(emacs, HAND)
    ask(emacs, "second")
    answer = steered_answer(steered)
    answer.say("slowly ")
    emacs.wait_text("slowly")
    change(emacs, "first", "changed")
    answer.say("to the end")
    emacs.wait_text("slowly to the end")
    answer.end("stop")
    wait_idle(emacs)
    assert emacs.lines()[2] == "changed" and modified(emacs)
    set_model(emacs, "fake/echo")
    send(emacs)
    wait_answered(emacs, "changed")
    assert len(messages(client, conversation_of(emacs))) == 6


HOSTILE = (
    "nul\0 escape\x1b]0;title\x07 return\r\n-*- eval: (kill-emacs) -*-\n## user\n\n(kill-emacs)\n"
    "%e%-\n```\n## assistant (no/one)\n; Local Variables:\n; eval: (kill-emacs)\n; mode: evil\n; End:\n"
)


def test_what_a_model_writes_is_text_and_nothing_else(emacs, steered, client):
    open_chat(emacs)
    set_model(emacs, HAND)
    ask(emacs, "attack")
    answer = steered_answer(steered)
    for part in (HOSTILE[:20], HOSTILE[20:45], HOSTILE[45:]):
        answer.say(part)
    emacs.wait_text("mode: evil")
    answer.end("stop")
    wait_until(lambda: idle(emacs) and "\\## user" in emacs.lines(), "it ends")
    lines = emacs.lines()
    assert lines[6:9] == ["nul\0 escape\x1b]0;title\x07 return", "-*- eval: (kill-emacs) -*-", "\\## user"]
    emacs.eval("(hack-local-variables) nil")
    assert emacs.eval("(symbol-name major-mode)") == "askd-chat-mode" and lines[-3:] == ["## user", "", ""]
    set_model(emacs, "fake/echo")
    ask(emacs, "and on")
    wait_answered(emacs, "and on")
    found = messages(client, conversation_of(emacs))
    assert len(found) == 4 and found[1]["content"] == HOSTILE


def test_a_frozen_daemon_holds_nothing_up(emacs, daemon):
    open_chat(emacs)
    ask(emacs, "first")
    wait_answered(emacs, "first")
    daemon.signal(signal.SIGSTOP)
    try:
        ask(emacs, "second")
        emacs.keys("RET t h i r d")
        emacs.wait_text("third")
        with pytest.raises(EmacsError, match="on its way"):
            send(emacs)
    finally:
        daemon.signal(signal.SIGCONT)
    wait_until(lambda: idle(emacs) and "third" in emacs.lines()[-1], "it is answered, and what was written since stays")


def test_whose_place_was_taken_away_comes_into_no_question(emacs, steered, client):
    open_chat(emacs)
    set_model(emacs, HAND)
    ask(emacs, "go")
    request = steered_answer(steered)
    request.say("a part\n")
    emacs.wait_text("a part")
    emacs.eval("(erase-buffer) nil")
    request.say("and more\n")
    request.end("stop")
    wait_idle(emacs)
    assert emacs.text() == ""
    assert "changed elsewhere" in str(remarks(emacs))
    emacs.eval("(revert-buffer t t) nil")
    emacs.wait_text("and more")
    assert len(messages(client, conversation_of(emacs))) == 2


def test_one_question_goes_by_a_model_and_a_prompt_of_its_own(emacs, provider):
    open_chat(emacs)
    write_question(emacs, "hello")
    emacs.eval('(askd-send nil "fake/words-3" "explain") nil')
    emacs.wait_text("w2")
    wait_idle(emacs)
    assert len(str(provider.bodies()[0]["messages"])) > 300, "the prompt is there"
    ask(emacs, "and by the default")
    wait_answered(emacs, "and by the default")


def test_nothing_is_left_behind_by_a_chat_that_was_killed(emacs, client):
    open_chat(emacs)
    ask(emacs, "hello")
    conversation = conversation_of(emacs)
    wait_answered(emacs, "hello")
    emacs.eval("(kill-buffer) nil")
    client.call("chat", {"conversation": conversation, "prompt": "elsewhere"})
    emacs.wait("(and (= 0 (plist-get (askd-held) :calls)) (= 0 (hash-table-count askd-client--watches)))")
    open_chat(emacs, conversation)
    wait_answered(emacs, "elsewhere")
