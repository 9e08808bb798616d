"""Neovim: :AskRewrite, the change that is shown in the buffer, accepting and rejecting it."""

import pytest

from conftest import wait_until
from helpers_nvim import Nvim

OLD = ["one", "two", "three", "four", "five"]


@pytest.fixture
def nvim(home, steered, start_daemon, tmp_path):
    home.write_config(steered.base_url)
    start_daemon()
    with Nvim(home, cwd=tmp_path) as n:
        n.edit(tmp_path / "x.txt", "\n".join(OLD) + "\n")
        yield n


def begin(nvim, steered, command="2,4AskRewrite in capitals"):
    """The request at the provider of a rewrite that was just begun."""
    n = len(steered.requests)
    nvim.command(command)
    steered.wait(lambda: len(steered.requests) > n, "the rewrite is asked for")
    return steered.requests[-1]


def head(nvim):
    """The line that tells how the change stands."""
    found = [d["virt_text"][0][0] for _, _, d in nvim.marks("askd-diff") if "virt_text" in d]
    return found[0] if found else ""


def shown(nvim):
    """([rows that are marked as going], [(row, lines that would come below it)])"""
    marks = nvim.marks("askd-diff")
    deleted = [(row, d["end_row"]) for row, _, d in marks if d.get("hl_group") == "DiffDelete"]
    going = [row for first, behind in deleted for row in range(first, behind)]
    coming = [(row, [line[0][0].rstrip() for line in d["virt_lines"]]) for row, _, d in marks if "virt_lines" in d]
    return sorted(going), coming


def written(nvim, request, text):
    request.say(text)
    request.end("stop")
    wait_until(lambda: ":AskAccept" in head(nvim), "the change is whole")


def test_it_streams_in_and_the_text_stays_until_it_is_accepted(nvim, steered):
    request = begin(nvim, steered)
    asked = str(request.messages)
    assert "in capitals" in asked and "the part to rewrite" in asked and "three" in asked
    request.say("TWO\nTHR")
    wait_until(lambda: shown(nvim)[1], "the beginning is shown")
    assert "being written" in head(nvim) and nvim.lines() == OLD
    nvim.command("AskAccept")
    assert "still being written" in nvim.told()[-1] and nvim.lines() == OLD
    written(nvim, request, "EE\nfour")
    assert shown(nvim) == ([1, 2], [(2, ["TWO", "THREE"])]) and nvim.lines() == OLD
    before = nvim.eval("undotree().seq_cur")
    nvim.command("AskAccept")
    assert nvim.lines() == ["one", "TWO", "THREE", "four", "five"]
    assert nvim.marks("askd-diff") == []
    nvim.command("undo")
    assert nvim.lines() == OLD and nvim.eval("undotree().seq_cur") == before, "it was one step of undo"


def test_rejected_it_leaves_no_trace(nvim, steered):
    written(nvim, begin(nvim, steered), "2\n3\n4")
    tick = nvim.eval("b:changedtick")
    nvim.command("AskReject")
    assert nvim.lines() == OLD and nvim.marks("askd-diff") == [] and nvim.eval("b:changedtick") == tick
    nvim.command("AskAccept")
    assert "no change" in nvim.told()[-1]


def test_rejected_in_the_middle_it_ends_at_the_provider(nvim, steered):
    request = begin(nvim, steered)
    request.say("TWO")
    wait_until(lambda: shown(nvim)[1], "the beginning is shown")
    nvim.command("AskReject")
    steered.wait(lambda: request.aborted, "the provider is told")
    assert nvim.marks("askd-diff") == []


def test_edits_elsewhere_do_not_matter(nvim, steered):
    request = begin(nvim, steered)
    nvim.call("nvim_buf_set_lines", 0, 0, 1, False, ["ONE", "one and a half"])
    nvim.command("$delete")
    written(nvim, request, "TWO\nthree\nFOUR\nFOUR AGAIN")
    assert shown(nvim)[0] == [2, 4]
    nvim.command("AskAccept")
    assert nvim.lines() == ["ONE", "one and a half", "TWO", "three", "FOUR", "FOUR AGAIN"]


def test_edits_of_its_lines_make_it_unacceptable_and_readable(nvim, steered):
    written(nvim, begin(nvim, steered), "TWO\nTHREE\nFOUR")
    nvim.call("nvim_buf_set_lines", 0, 2, 3, False, ["mine"])
    edited = nvim.lines()
    nvim.command("AskAccept")
    assert "edited meanwhile" in nvim.told()[-1] and nvim.lines() == edited
    assert shown(nvim)[1] == [(3, ["TWO", "THREE", "FOUR"])]
    nvim.command("undo | AskAccept")
    assert nvim.lines() == ["one", "TWO", "THREE", "FOUR", "five"]


@pytest.mark.parametrize(
    "lines,new,result",
    [
        ("1,5", "zero\n" + "\n".join(OLD), ["zero", *OLD]),
        ("1,5", "\n".join(OLD) + "\nsix", [*OLD, "six"]),
        ("3", "", ["one", "two", "four", "five"]),
        ("2,4", "two\nfour", ["one", "two", "four", "five"]),
        ("2,4", "```text\nTWO\n```\n", ["one", "TWO", "five"]),
        ("2,4", "a\r\nb\r\n", ["one", "a", "b", "five"]),
        ("1,5", "one\n2\nthree\n4\nfive\n", ["one", "2", "three", "4", "five"]),
    ],
)
def test_what_comes_is_what_stands_there(nvim, steered, lines, new, result):
    request = begin(nvim, steered, f"{lines}AskRewrite it")
    written(nvim, request, new)
    nvim.command("AskAccept")
    assert nvim.lines() == result
    nvim.command("undo")
    assert nvim.lines() == OLD


def test_what_breaks_cannot_be_accepted(nvim, steered):
    request = begin(nvim, steered)
    request.say("TWO")
    wait_until(lambda: shown(nvim)[1], "the beginning is shown")
    request.cut()
    nvim.wait_told("unavailable")
    assert "not whole" in head(nvim)
    nvim.command("AskAccept")
    assert "not whole" in nvim.told()[-1] and nvim.lines() == OLD


def test_what_ended_too_early_cannot_be_accepted(nvim, steered):
    """As by a bound on tokens: the rest of the lines would be gone."""
    request = begin(nvim, steered)
    request.say("TWO\n")
    request.end("length")
    nvim.wait_told("before it was whole: length")
    nvim.command("AskAccept")
    assert "not whole" in nvim.told()[-1] and nvim.lines() == OLD


def test_of_very_many_lines_it_is_told_how_many_are_not_shown(nvim, steered):
    """Neovim would not scroll within them. All are there when it is accepted."""
    lines = [f"line {i}" for i in range(3000)]
    request = begin(nvim, steered, "3AskRewrite it")
    request.say("\n".join(lines[:2000]) + "\n")
    wait_until(lambda: "being written … 2000 lines" in head(nvim), "it is told how far it is")
    written(nvim, request, "\n".join(lines[2000:]))
    ((_, coming),) = shown(nvim)[1]
    assert coming == [*lines[:200], "… and 2800 lines more"]
    nvim.command("AskAccept")
    assert nvim.lines() == ["one", "two", *lines, "four", "five"]


def test_each_of_two_changes_is_the_one_under_the_cursor(nvim, steered):
    first = begin(nvim, steered, "1AskRewrite it")
    second = begin(nvim, steered, "4,5AskRewrite it")
    for request, text in ((second, "4\n5"), (first, "1")):
        request.say(text)
        request.end("stop")
    steered.wait(lambda: str(nvim.marks("askd-diff")).count(":AskAccept or") == 2, "both are whole")
    nvim.command("3 | AskAccept")
    assert "there are 2 changes" in nvim.told()[-1]
    nvim.command("5 | AskAccept")
    assert nvim.lines() == ["one", "two", "three", "4", "5"]
    nvim.command("AskAccept")
    assert nvim.lines() == ["1", "two", "three", "4", "5"]


@pytest.mark.parametrize(
    "text,code",
    [
        ("x = 1\n", "x = 1"),
        ("\n\n  x = 1\n\n", "  x = 1"),
        ("```python\nx = 1\n```\n", "x = 1"),
        ("  ```\nx\n\n  y\n  ```\nThat is all.", "x\n\n  y"),
        ("````\n```\nx\n```\n````", "```\nx\n```"),
        ("```\nx\n", "x"),
        ("`x` is a name", "`x` is a name"),
        ("before\n```\nx\n```", "before\n```\nx\n```"),
        ("", ""),
    ],
)
def test_the_fence_is_no_code_and_is_never_seen(home, text, code):
    """Nor while it comes: what is shown of the first line is the beginning of what it will be."""
    with Nvim(home) as n:
        got, firsts = n.lua(
            """
            local only, text = require('askd.code').only, ...
            local firsts = {}
            for i = 0, #text do
              firsts[#firsts + 1] = vim.split(only(text:sub(1, i), true), '\\n')[1]
            end
            return {only(text), firsts}
            """,
            text,
        )
    assert got == code
    assert all(code.startswith(first) for first in firsts), firsts


@pytest.mark.parametrize("end", ["bdelete!", "bwipeout!"])
def test_it_ends_with_its_buffer(nvim, steered, tmp_path, end):
    request = begin(nvim, steered)
    request.say("TWO")
    wait_until(lambda: shown(nvim)[1], "the beginning is shown")
    nvim.command(end)
    steered.wait(lambda: request.aborted, "the provider is told")
    nvim.command(f"edit {tmp_path}/x.txt | AskAccept")
    assert "no change" in nvim.told()[-1] and nvim.lines() == OLD


def test_it_outlives_that_its_buffer_is_read_anew(nvim, steered):
    request = begin(nvim, steered)
    request.say("TWO")
    wait_until(lambda: shown(nvim)[1], "the beginning is shown")
    nvim.command("edit!")
    written(nvim, request, "\nTHREE\nFOUR")
    nvim.command("AskAccept")
    assert nvim.lines() == ["one", "TWO", "THREE", "FOUR", "five"]


def test_line_ends_of_dos_that_are_seen_stay(nvim, steered, tmp_path):
    """One line without makes Neovim show those of all others."""
    (tmp_path / "m.txt").write_bytes(b"a\r\nb\nc\r\n")
    nvim.command(f"edit {tmp_path}/m.txt")
    written(nvim, begin(nvim, steered, "%AskRewrite it"), "a\nb\nC\nd\n")
    assert shown(nvim)[0] == [2]
    nvim.command("AskAccept | write")
    assert (tmp_path / "m.txt").read_bytes() == b"a\r\nb\nC\r\nd\r\n"


def test_control_characters_are_shown_harmlessly_and_put_in_as_they_are(nvim, steered):
    request = begin(nvim, steered)
    request.say("a\0b\x1b[31m\tc\x07")
    wait_until(lambda: shown(nvim)[1], "the beginning is shown")
    written(nvim, request, "\n")
    assert shown(nvim)[1] == [(3, ["a?b?[31m        c?"])]
    nvim.command("AskAccept")
    assert nvim.lines() == ["one", "a\0b\x1b[31m\tc\x07", "five"]
    assert nvim.told() == []
