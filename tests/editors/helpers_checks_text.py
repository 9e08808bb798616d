"""Checks of the table of features: what is done to a text, by questions, rewrites and completion. Each is a function of an editor that was just started (drivers/driver.py),
and of its scene (helpers_stage.py), and is the same for every editor.
"""

from helpers_stage import HAND, SOURCE, Checks

CHECKS = Checks()
check = CHECKS.add

# -- ask

ASK = "ask about the selection or buffer, the answer streams into a split"


@check(ASK, "it streams in beside the text")
def streams_in(e, s):
    path = s.file("main.c", SOURCE)
    e.open(path)
    e.ask(f"what is {s.word}", model=HAND)
    answer = s.asked()
    answer.say("first ")
    s.sees(e, "first", "second")
    answer.say("second")
    s.sees(e, "first second")
    answer.end("stop")
    assert e.lines(path) == SOURCE.splitlines()


@check(ASK, "lines go along with their name and numbers")
def a_range(e, s):
    e.open(s.file("main.c", SOURCE))
    e.ask(f"what is {s.word}", lines=(2, 3))
    sent = s.sent()
    assert "main.c, lines 2 to 3" in sent and "int two;" in sent and "int three;" in sent and s.word in sent
    assert "int one;" not in sent and "int four;" not in sent


@check(ASK, "the whole buffer goes along, as it is unsaved")
def a_buffer(e, s):
    e.open(s.file("main.c", SOURCE))
    e.set_line(4, "int unsaved;")
    e.ask(f"what is {s.word}", lines="all")
    sent = s.sent()
    assert "int one;" in sent and "int unsaved;" in sent and "int four;" not in sent


@check(ASK, "by a model of one's choice")
def a_model(e, s):
    e.ask(s.word, model="fake/words-7")
    s.sees(e, "w6")


@check(ASK, "by a prompt of one's choice")
def a_prompt(e, s):
    e.ask(s.word, prompt="explain")
    sent = s.sent()
    assert s.word in sent and s.client.call("prompt.get", {"name": "explain"})["prompt"][:30] in sent


@check(ASK, "in a conversation of one's choice")
def a_conversation(e, s):
    e.ask(f"{s.word} one")
    s.sees(e, f"{s.word} one")
    s.until(lambda: len(s.conversation()) == 2, "the first is stored")
    e.ask(f"{s.word} two", conversation="last")
    s.until(lambda: len(s.conversation()) == 4, "it goes on")
    assert f"{s.word} one" in s.sent(2)


@check(ASK, "it can be stopped")
def stopped(e, s):
    e.ask(s.word, model=HAND)
    answer = s.asked()
    answer.say("first ")
    s.sees(e, "first")
    e.stop()
    s.hand.wait(lambda: answer.aborted, "the provider is told")
    s.sees(e, "first")


@check(ASK, "what fails is told in one line")
def fails(e, s):
    e.ask(s.word, model="fake/status-400")
    s.is_told(e, "invalid_request")


# -- rewrite

REWRITE = "rewrite the selection in place"
OLD = ["one", "two", "three", "four", "five"]
NEW = ["one", "TWO", "THREE", "four", "five"]


def rewrite(e, s):
    """The question at the provider, of a rewrite of lines 2 to 4."""
    e.open(s.file("list.txt", "\n".join(OLD) + "\n"))
    e.rewrite(f"{s.word} in capitals", 2, 4, HAND)
    return s.asked()


def rewritten(e, s):
    """The change is there."""
    answer = rewrite(e, s)
    answer.say("TWO\nTHREE\nfour")
    answer.end("stop")
    s.until(lambda: e.change() and e.change().whole, "the change is whole")


@check(REWRITE, "it streams in as a diff, the text stays")
def a_diff(e, s):
    answer = rewrite(e, s)
    asked = str(answer.messages)
    assert s.word in asked and "three" in asked
    answer.say("TWO\nTHR")
    s.until(lambda: e.change() and "TWO" in e.change().coming, "the beginning is shown")
    assert e.lines() == OLD and not e.change().whole
    answer.say("EE\nfour")
    answer.end("stop")
    s.until(lambda: e.change().whole, "the change is whole")
    s.until(lambda: e.change() == (["two", "three"], ["TWO", "THREE"], True), f"{e.change()}: two lines for two")
    assert e.lines() == OLD


@check(REWRITE, "accepted it is one step of undo")
def accepted(e, s):
    rewritten(e, s)
    e.accept()
    s.until(lambda: e.lines() == NEW, "it is put in")
    s.until(lambda: e.change() is None, "the diff is gone")
    e.undo()
    s.until(lambda: e.lines() == OLD, "one step takes it back")


@check(REWRITE, "rejected it leaves the text as it was")
def rejected(e, s):
    rewritten(e, s)
    e.reject()
    s.until(lambda: e.change() is None, "the diff is gone")
    assert e.lines() == OLD


@check(REWRITE, "rejected while it comes it ends at the provider")
def rejected_early(e, s):
    answer = rewrite(e, s)
    answer.say("TWO\n")
    s.until(lambda: e.change() and "TWO" in e.change().coming, "the beginning is shown")
    e.reject()
    s.hand.wait(lambda: answer.aborted, "the provider is told")
    s.until(lambda: e.change() is None, "the diff is gone")
    assert e.lines() == OLD


@check(REWRITE, "lines that were edited meanwhile are not overwritten")
def edited_meanwhile(e, s):
    rewritten(e, s)
    e.set_line(3, "mine")
    e.accept()
    s.is_told(e, "edited meanwhile")
    assert e.lines() == ["one", "two", "mine", "four", "five"]
    assert [line for line in e.proposed() if line in ("TWO", "THREE")] == ["TWO", "THREE"]


@check(REWRITE, "what is not whole cannot be accepted")
def cut(e, s):
    answer = rewrite(e, s)
    answer.say("TWO\n")
    answer.end("length")
    s.is_told(e, "length")
    e.accept()
    assert e.lines() == OLD


# -- completion

COMPLETION = "completion at the cursor"
DELAY = 20
LONG_DELAY = 700  # more than it takes to type a few keys, on a machine that does other things too


def begin(e, s, delay=DELAY):
    """The cursor is behind `x = ` and a word that nobody was asked about yet."""
    e.open(s.file("main.txt", "before\nx = \nbehind\n"))
    e.suggest(delay)
    e.insert(2)
    e.type(s.word[:-1])
    if delay == DELAY:
        s.hand.wait(lambda: len(s.hand.requests) > s.heard, "a suggestion is asked for")
    e.type(s.word[-1])


def suggested(e, s, text="alpha beta\ngamma\ndelta"):
    begin(e, s)
    answer = last_asked(s)
    answer.say(text)
    answer.end("stop")
    s.until(lambda: e.suggestion() == text, "it is shown")
    return answer


def last_asked(s):
    """The question about all that was typed."""
    answer = s.asked()
    while f"x = {s.word}" not in str(answer.messages):
        answer = s.asked()
    return answer


def stands(e, s, *lines):
    s.until(lambda: e.lines()[1:-1] == [f"x = {s.word}{lines[0]}", *lines[1:]], f"{lines} stand there")


@check(COMPLETION, "it is asked for once no key was pressed for a while")
def debounced(e, s):
    begin(e, s, LONG_DELAY)
    asked = str(s.asked().messages)
    assert f"x = {s.word}" in asked and "before" in asked and "behind" in asked
    s.nobody_is_asked()


@check(COMPLETION, "the next key cancels the earlier request")
def earlier_cancelled(e, s):
    begin(e, s)
    answer = last_asked(s)
    answer.say("alpha")
    e.type("z")
    s.hand.wait(lambda: answer.aborted, "the provider is told")
    assert f"x = {s.word}z" in str(s.asked().messages)


@check(COMPLETION, "it is shown at the cursor, the text stays")
def shown(e, s):
    begin(e, s)
    answer = last_asked(s)
    answer.say("alpha")
    if e.shows_suggestions_early:
        s.until(lambda: e.suggestion() == "alpha", "its beginning is shown")
    answer.say(" beta\ngamma")
    answer.end("stop")
    s.until(lambda: e.suggestion() == "alpha beta\ngamma", "all of it is shown")
    stands(e, s, "")


@check(COMPLETION, "all of it is accepted")
def take_all(e, s):
    suggested(e, s)
    e.take("all")
    stands(e, s, "alpha beta", "gamma", "delta")
    s.until(lambda: e.suggestion() == "", "nothing is left of it")


@check(COMPLETION, "a line of it is accepted")
def take_line(e, s):
    suggested(e, s)
    e.take("line")
    stands(e, s, "alpha beta")
    s.until(lambda: e.suggestion() == "\ngamma\ndelta", "the rest stays")


@check(COMPLETION, "a word of it is accepted")
def take_word(e, s):
    suggested(e, s)
    e.take("word")
    stands(e, s, "alpha")
    s.until(lambda: e.suggestion().split() == ["beta", "gamma", "delta"], "the rest stays")


@check(COMPLETION, "dismissed it is gone")
def dismissed(e, s):
    suggested(e, s)
    e.dismiss()
    s.until(lambda: e.suggestion() == "", "it is gone")
    s.nobody_is_asked()
    stands(e, s, "")


@check(COMPLETION, "typing along shortens it and asks nobody")
def typed_along(e, s):
    suggested(e, s)
    e.type("al")
    s.until(lambda: e.suggestion() == "pha beta\ngamma\ndelta", "the rest is shown")
    s.nobody_is_asked()
