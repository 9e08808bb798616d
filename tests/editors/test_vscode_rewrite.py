"""VS Code: rewrites, the change that is shown in a diff, accepting and rejecting it."""

import pytest

from conftest import wait_until
from helpers_vscode import VsCode

OLD = ["one", "two", "three", "four", "five"]
TEXT = "\n".join(OLD) + "\n"


@pytest.fixture
def code(home, steered, start_daemon, tmp_path):
    home.write_config(steered.base_url)
    start_daemon()
    with VsCode(home, folder=tmp_path) as v:
        v.file = v.open(tmp_path / "x.txt", TEXT)
        yield v


def begin(code, steered, first=2, last=4, words="in capitals"):
    """The request at the provider of a rewrite that was just begun."""
    n = len(steered.requests)
    code.do("focus", code.file)
    code.select(first, last)
    code.command("askd.rewrite", {"words": words})
    steered.wait(lambda: len(steered.requests) > n, "the rewrite is asked for")
    return steered.requests[-1]


def lines(code):
    return code.text(code.file).split("\n")[:-1]


def would_be(code):
    """The right side of the diff in sight."""
    (diff,) = wait_until(lambda: code.do("diffs"), "a diff")
    return code.text(diff["right"]).split("\n")[:-1]


def going(code):
    found = [m["range"] for m in code.do("marks", code.file) if m["look"] == "going"]
    return [row for r in found for row in range(r["start"]["line"], r["end"]["line"] + 1)]


def head(code):
    return " ".join(code.words_beside(code.file))


def written(code, request, text):
    request.say(text)
    request.end("stop")
    wait_until(lambda: "accept or reject" in head(code), "the change is whole")


def test_it_streams_in_and_the_text_stays_until_it_is_accepted(code, steered):
    request = begin(code, steered)
    asked = str(request.messages)
    assert "in capitals" in asked and "x.txt, the part to rewrite" in asked and "three" in asked
    assert "what stands before the part" in asked and "what stands behind the part" in asked
    request.say("TWO\nTHR")
    wait_until(lambda: would_be(code) == ["one", "TWO", "THR", "four", "five"], "the beginning is shown")
    assert "being written" in head(code) and lines(code) == OLD
    code.command("askd.accept")
    assert "still being written" in code.told()[-1] and lines(code) == OLD
    written(code, request, "EE\nfour")
    wait_until(lambda: would_be(code) == ["one", "TWO", "THREE", "four", "five"], "all of it is shown")
    assert going(code) == [1, 2] and lines(code) == OLD
    code.command("askd.accept")
    assert lines(code) == ["one", "TWO", "THREE", "four", "five"]
    assert code.do("marks", code.file) == [] and code.do("diffs") == [] and code.do("active") == code.file
    code.do("undo", code.file)
    assert lines(code) == OLD, "it was one step of undo"


def test_what_is_to_be_done_stands_above_its_lines(code, steered):
    request = begin(code, steered)
    assert [lens["command"] for lens in code.do("lenses", code.file)] == ["askd.reject"]
    written(code, request, "TWO")
    (diff,) = code.do("diffs")
    assert diff["left"] == code.file
    for uri in (code.file, diff["right"]):
        accept, reject = code.do("lenses", uri)
        assert (accept["line"], accept["command"], reject["command"]) == (1, "askd.accept", "askd.reject")
    code.command(accept["command"], *accept["args"])
    assert lines(code) == ["one", "TWO", "five"] and code.do("lenses", code.file) == []


def test_rejected_it_leaves_no_trace(code, steered):
    written(code, begin(code, steered), "2\n3\n4")
    code.command("askd.reject")
    assert lines(code) == OLD and code.do("marks", code.file) == [] and code.do("diffs") == []
    code.command("askd.accept")
    assert "no change" in code.told()[-1]


def test_rejected_in_the_middle_it_ends_at_the_provider(code, steered):
    request = begin(code, steered)
    request.say("TWO")
    wait_until(lambda: "TWO" in would_be(code), "the beginning is shown")
    code.command("askd.reject")
    steered.wait(lambda: request.aborted, "the provider is told")
    assert code.do("marks", code.file) == [] and code.told() == []


def test_closed_with_its_document_it_ends_at_the_provider(code, steered):
    request = begin(code, steered)
    code.do("close", code.file)
    steered.wait(lambda: request.aborted, "the provider is told")


def test_stopped_it_is_not_whole(code, steered):
    request = begin(code, steered)
    request.say("TWO")
    wait_until(lambda: "TWO" in would_be(code), "the beginning is shown")
    code.do("focus", code.file)
    code.command("askd.stop")
    steered.wait(lambda: request.aborted, "the provider is told")
    wait_until(lambda: "not whole" in head(code), "it is told")
    code.command("askd.accept")
    assert "cannot be accepted" in code.told()[-1] and lines(code) == OLD


def put(code, line, text, last=None):
    """Lines of the document become that text."""
    last = line if last is None else last
    end = {"line": last, "character": len(lines(code)[last])}
    code.do("edit", code.file, {"start": {"line": line, "character": 0}, "end": end}, text)


def test_edits_elsewhere_do_not_matter(code, steered):
    request = begin(code, steered)
    put(code, 0, "ONE\none and a half")
    put(code, 5, "FIVE")
    written(code, request, "TWO\nthree\nFOUR\nFOUR AGAIN")
    whole = ["ONE", "one and a half", "TWO", "three", "FOUR", "FOUR AGAIN", "FIVE"]
    wait_until(lambda: would_be(code) == whole, "the diff has them too")
    assert going(code) == [2, 4]
    code.command("askd.accept")
    assert lines(code) == whole


def test_edits_of_its_lines_make_it_unacceptable_and_readable(code, steered):
    written(code, begin(code, steered), "TWO\nTHREE\nFOUR")
    put(code, 2, "mine")
    edited = lines(code)
    code.command("askd.accept")
    assert "edited meanwhile" in code.told()[-1] and lines(code) == edited
    assert would_be(code) == ["one", "TWO", "THREE", "FOUR", "five"]
    code.do("undo", code.file)
    code.command("askd.accept")
    assert lines(code) == ["one", "TWO", "THREE", "FOUR", "five"]


def test_lines_that_were_cut_and_put_in_elsewhere_are_found(code, steered):
    written(code, begin(code, steered), "TWO")
    code.do("edit", code.file, {"start": {"line": 1, "character": 0}, "end": {"line": 4, "character": 0}}, "")
    code.do("edit", code.file, {"start": {"line": 2, "character": 0}, "end": {"line": 2, "character": 0}},
            "two\nthree\nfour\n")  # fmt: skip
    assert lines(code) == ["one", "five", "two", "three", "four"]
    code.command("askd.accept")
    assert lines(code) == ["one", "five", "TWO"]


@pytest.mark.parametrize(
    "first,last,new,result",
    [
        (1, 5, "zero\n" + "\n".join(OLD), ["zero", *OLD]),
        (1, 5, "\n".join(OLD) + "\nsix", [*OLD, "six"]),
        (3, 3, "", ["one", "two", "four", "five"]),
        (2, 4, "two\nfour", ["one", "two", "four", "five"]),
        (2, 4, "```text\nTWO\n```\n", ["one", "TWO", "five"]),
        (2, 4, "a\r\nb\r\n", ["one", "a", "b", "five"]),
        (1, 5, "one\n2\nthree\n4\nfive\n", ["one", "2", "three", "4", "five"]),
    ],
)
def test_what_comes_is_what_stands_there(code, steered, first, last, new, result):
    written(code, begin(code, steered, first, last), new)
    code.command("askd.accept")
    assert lines(code) == result
    code.do("undo", code.file)
    assert lines(code) == OLD


@pytest.mark.parametrize("new,result", [("", "one"), ("two\n2", "one\ntwo\n2"), ("zwei", "one\nzwei")])
def test_the_last_line_may_have_no_end(code, steered, tmp_path, new, result):
    code.file = code.open(tmp_path / "short.txt", "one\ntwo")
    request = begin(code, steered, 2, 2)
    written(code, request, new)
    code.command("askd.accept")
    assert code.text(code.file) == result


def test_what_breaks_cannot_be_accepted(code, steered):
    request = begin(code, steered)
    request.say("TWO")
    wait_until(lambda: "TWO" in would_be(code), "the beginning is shown")
    request.cut()
    wait_until(lambda: "not whole" in head(code), "it is told")
    code.command("askd.accept")
    assert "cannot be accepted" in code.told()[-1] and lines(code) == OLD


def test_what_was_cut_at_a_bound_cannot_be_accepted(code, steered):
    request = begin(code, steered)
    request.say("TWO")
    request.end("length")
    assert "ended before it was whole: length" in code.wait_told("length")
    code.command("askd.accept")
    assert "cannot be accepted" in code.told()[-1] and lines(code) == OLD


def test_two_at_a_time_are_told_apart_by_the_cursor(code, steered):
    one = begin(code, steered, 1, 1)
    two = begin(code, steered, 4, 5)
    written(code, two, "4\n5")
    one.say("EINS")
    one.end("stop")
    wait_until(lambda: head(code).count("accept or reject") == 2, "both are whole")
    code.do("focus", code.file)
    code.cursor(2, 0)
    code.command("askd.accept")
    assert "2 changes" in code.told()[-1]
    code.cursor(4, 0)
    code.command("askd.accept")
    code.do("focus", code.file)
    code.command("askd.accept")
    assert lines(code) == ["EINS", "two", "three", "4", "5"]


def test_of_a_large_document_the_diff_shows_what_is_around(code, steered, tmp_path):
    text = "".join(f"line {i}\n" for i in range(1, 20001))
    code.file = code.open(tmp_path / "large.txt", text)
    request = begin(code, steered, 10000, 10000)
    written(code, request, "changed")
    (diff,) = code.do("diffs")
    left, right = (code.text(diff[side]).split("\n") for side in ("left", "right"))
    assert left[0] == right[0] == "line 9900" and len(left) == len(right) == 202
    assert left[100] == "line 10000" and right[100] == "changed"
    code.command("askd.accept")
    assert code.text(code.file) == text.replace("line 10000\n", "changed\n")


def test_line_ends_stay_those_of_the_document(code, steered, tmp_path):
    code.file = code.open(tmp_path / "dos.txt", b"one\r\ntwo\r\nthree\r\n")
    request = begin(code, steered, 2, 2)
    assert "\\r" not in str(request.messages)
    written(code, request, "zwei\nzweieinhalb")
    code.command("askd.accept")
    assert code.text(code.file) == "one\r\nzwei\r\nzweieinhalb\r\nthree\r\n"


def test_the_wish_is_asked_for(code, steered):
    code.select(2, 2)
    number = code.begin("command", "askd.rewrite")
    (box,) = wait_until(lambda: code.do("inputs"), "the question for words")
    assert box["title"] == "Rewrite" and "-m MODEL" in box["placeholder"]
    code.do("answer", "-m fake/other to capitals")
    code.result(number)
    steered.wait(lambda: steered.requests, "it is asked")
    assert steered.requests[0].body["model"] == "other" and "to capitals" in str(steered.requests[0].messages)


def test_a_prompt_of_the_library_has_the_lines_as_its_input(code, steered):
    code.select(2, 3)
    code.command("askd.rewrite", {"prompt": "fix"})
    steered.wait(lambda: steered.requests, "it is asked")
    text = str(steered.requests[0].messages)
    assert "two" in text and "three" in text and "the part to rewrite" not in text
