"""Emacs: askd-rewrite, the change that is shown in the buffer, accepting, rejecting it and ediff."""

import pytest

from conftest import wait_until
from helpers_emacs import Emacs, quoted

OLD = ["one", "two", "three", "four", "five"]


@pytest.fixture
def emacs(home, steered, start_daemon, tmp_path):
    home.write_config(steered.base_url)
    start_daemon()
    with Emacs(home, cwd=tmp_path) as e:
        e.edit(tmp_path / "x.txt", "\n".join(OLD) + "\n")
        e.eval("(buffer-enable-undo) (require 'askd-rewrite) nil")
        yield e


def lines(e):
    """Of the buffer, without what stands behind the last line end."""
    return e.text().removesuffix("\n").split("\n")


def select(e, first, last):
    e.eval(f"""(goto-char (point-min)) (forward-line {first - 1}) (push-mark (point) t t)
        (goto-char (point-min)) (forward-line {last - 1}) (end-of-line) (setq mark-active t) nil""")


def begin(e, steered, first=2, last=4, words="in SPC capitals"):
    """The request at the provider of a rewrite that was just begun."""
    n = len(steered.requests)
    select(e, first, last)
    e.keys(f"M-x askd-rewrite RET {words} RET")
    steered.wait(lambda: len(steered.requests) > n, "the rewrite is asked for")
    return steered.requests[-1]


def head(e):
    """The line that tells how the change stands."""
    return " ".join(text for _, _, text in e.overlays("after-string"))


def shown(e):
    """([lines that are marked as going], [(line above which they are shown, lines that would come)])"""
    text = e.text()
    going = [i for start, end, face in e.overlays("face") if face == "askd-removed"
             for i in range(text[: start - 1].count("\n"), text[: end - 1].count("\n"))]  # fmt: skip
    coming = [(text[: start - 1].count("\n"), new.removesuffix("\n").split("\n"))
              for start, _, new in e.overlays("before-string")]  # fmt: skip
    return sorted(going), coming


def written(e, steered, request, text):
    request.say(text)
    request.end("stop")
    wait_until(lambda: "askd-accept" in head(e), "the change is whole")


def accept(e):
    """What the command says, or nil."""
    return e.eval("(condition-case fault (progn (call-interactively 'askd-accept) nil)"
                  " (user-error (error-message-string fault)))")  # fmt: skip


def undo(e):
    e.eval("(let ((last-command nil)) (undo)) nil")


def test_it_streams_in_and_the_text_stays_until_it_is_accepted(emacs, steered):
    request = begin(emacs, steered)
    asked = str(request.messages)
    assert "in capitals" in asked and "the part to rewrite" in asked and "three" in asked
    request.say("TWO\nTHR")
    wait_until(lambda: shown(emacs)[1], "the beginning is shown")
    assert "being written" in head(emacs) and lines(emacs) == OLD
    assert "still being written" in accept(emacs) and lines(emacs) == OLD
    written(emacs, steered, request, "EE\nfour")
    assert shown(emacs) == ([1, 2], [(3, ["TWO", "THREE"])]) and lines(emacs) == OLD
    emacs.command("askd-accept")
    wait_until(lambda: lines(emacs) == ["one", "TWO", "THREE", "four", "five"], "it is accepted")
    assert emacs.overlays("askd-change") == []
    emacs.keys("C-/")
    wait_until(lambda: lines(emacs) == OLD, "it was one step of undo")
    assert not emacs.eval("(buffer-modified-p)")


def test_rejected_it_leaves_no_trace(emacs, steered):
    written(emacs, steered, begin(emacs, steered), "2\n3\n4")
    tick = emacs.eval("(buffer-chars-modified-tick)")
    emacs.eval("(askd-reject)")
    assert lines(emacs) == OLD and emacs.overlays("askd-change") == []
    assert emacs.eval("(buffer-chars-modified-tick)") == tick and not emacs.eval("(buffer-modified-p)")
    assert "no change" in accept(emacs)


def test_rejected_in_the_middle_it_ends_at_the_provider(emacs, steered):
    request = begin(emacs, steered)
    request.say("TWO")
    wait_until(lambda: shown(emacs)[1], "the beginning is shown")
    emacs.eval("(askd-reject)")
    steered.wait(lambda: request.aborted, "the provider is told")
    assert emacs.overlays("askd-change") == []
    wait_until(lambda: not emacs.eval("(and (askd-running) t)"), "nothing runs")


def test_edits_elsewhere_do_not_matter(emacs, steered):
    request = begin(emacs, steered)
    emacs.eval("""(goto-char (point-min)) (delete-region 1 5) (insert "ONE\\none and a half\\n")
        (goto-char (point-max)) (forward-line -1) (delete-region (point) (point-max)) nil""")
    written(emacs, steered, request, "TWO\nthree\nFOUR\nFOUR AGAIN")
    assert shown(emacs)[0] == [2, 4]
    assert accept(emacs) is None
    assert lines(emacs) == ["ONE", "one and a half", "TWO", "three", "FOUR", "FOUR AGAIN"]


def test_edits_of_its_lines_make_it_unacceptable_and_readable(emacs, steered):
    written(emacs, steered, begin(emacs, steered), "TWO\nTHREE\nFOUR")
    emacs.eval("""(undo-boundary) (goto-char (point-min)) (forward-line 2) (delete-region (point) (line-end-position))
        (insert "mine") (undo-boundary) nil""")
    edited = lines(emacs)
    assert "edited meanwhile" in accept(emacs) and lines(emacs) == edited
    assert [new for _, new in shown(emacs)[1]] == [["TWO", "THREE", "FOUR"]]
    undo(emacs)
    assert accept(emacs) is None
    assert lines(emacs) == ["one", "TWO", "THREE", "FOUR", "five"]


@pytest.mark.parametrize(
    "range,new,result",
    [
        ((1, 5), "zero\n" + "\n".join(OLD), ["zero", *OLD]),
        ((1, 5), "\n".join(OLD) + "\nsix", [*OLD, "six"]),
        ((3, 3), "", ["one", "two", "four", "five"]),
        ((4, 5), "four", ["one", "two", "three", "four"]),
        ((2, 4), "two\nfour", ["one", "two", "four", "five"]),
        ((2, 4), "```text\nTWO\n```\n", ["one", "TWO", "five"]),
        ((2, 4), "a\r\nb\r\n", ["one", "a", "b", "five"]),
        ((1, 5), "one\n2\nthree\n4\nfive\n", ["one", "2", "three", "4", "five"]),
    ],
)
@pytest.mark.parametrize("ends", [True, False])
def test_what_comes_is_what_stands_there(emacs, steered, range, new, result, ends):
    """Also where the last line of the file does not end."""
    if not ends:
        emacs.eval("(goto-char (point-max)) (delete-char -1)")
    before = emacs.text()
    request = begin(emacs, steered, *range)
    written(emacs, steered, request, new)
    emacs.eval("(undo-boundary)")
    assert accept(emacs) is None
    assert emacs.text() == "\n".join(result) + ("\n" if ends else "")
    undo(emacs)
    assert emacs.text() == before


def test_what_breaks_cannot_be_accepted(emacs, steered):
    request = begin(emacs, steered)
    request.say("TWO")
    wait_until(lambda: shown(emacs)[1], "the beginning is shown")
    request.cut()
    emacs.wait_told("unavailable")
    assert "not whole" in head(emacs)
    assert "not whole" in accept(emacs) and lines(emacs) == OLD


def test_what_ended_too_early_cannot_be_accepted(emacs, steered):
    """As by a bound on tokens: the rest of the lines would be gone."""
    request = begin(emacs, steered)
    request.say("TWO\n")
    request.end("length")
    emacs.wait_told("before it was whole: length")
    assert "not whole" in accept(emacs) and lines(emacs) == OLD


def test_of_very_many_lines_it_is_told_how_many_are_not_shown(emacs, steered):
    """Emacs would not scroll within them. All are there when it is accepted."""
    many = [f"line {i}" for i in range(3000)]
    request = begin(emacs, steered, 3, 3)
    request.say("\n".join(many[:2000]) + "\n")
    wait_until(lambda: "being written … 2000 lines" in head(emacs), "it is told how far it is")
    written(emacs, steered, request, "\n".join(many[2000:]))
    ((_, coming),) = shown(emacs)[1]
    assert coming == [*many[:200], "… and 2800 lines more"]
    assert accept(emacs) is None
    assert lines(emacs) == ["one", "two", *many, "four", "five"]


def test_each_of_two_changes_is_the_one_at_point(emacs, steered):
    first = begin(emacs, steered, 1, 1)
    second = begin(emacs, steered, 4, 5)
    for request, text in ((second, "4\n5"), (first, "1")):
        request.say(text)
        request.end("stop")
    wait_until(lambda: head(emacs).count("askd-accept") == 2, "both are whole")
    emacs.eval("(goto-char (point-min)) (forward-line 2)")
    assert "There are 2 changes" in accept(emacs)
    emacs.eval("(goto-char (point-max)) (forward-line -1)")
    assert accept(emacs) is None
    assert lines(emacs) == ["one", "two", "three", "4", "5"]
    assert accept(emacs) is None
    assert lines(emacs) == ["1", "two", "three", "4", "5"]


def test_it_ends_with_its_buffer(emacs, steered):
    request = begin(emacs, steered)
    request.say("TWO")
    wait_until(lambda: shown(emacs)[1], "the beginning is shown")
    emacs.eval("(set-buffer-modified-p nil) (kill-buffer) nil")
    steered.wait(lambda: request.aborted, "the provider is told")


def test_it_outlives_that_its_buffer_is_read_anew(emacs, steered):
    request = begin(emacs, steered)
    request.say("TWO")
    wait_until(lambda: shown(emacs)[1], "the beginning is shown")
    emacs.eval("(revert-buffer t t) nil")
    written(emacs, steered, request, "\nTHREE\nFOUR")
    assert accept(emacs) is None
    assert lines(emacs) == ["one", "TWO", "THREE", "FOUR", "five"]


def test_line_ends_of_dos_that_are_seen_stay(emacs, steered, tmp_path):
    """One line without makes Emacs show those of all others."""
    (tmp_path / "m.txt").write_bytes(b"a\r\nb\nc\r\n")
    emacs.eval(f"(switch-to-buffer (find-file-noselect {quoted(tmp_path / 'm.txt')})) nil")
    written(emacs, steered, begin(emacs, steered, 1, 3), "a\nb\nC\nd\n")
    assert shown(emacs)[0] == [2]
    assert accept(emacs) is None
    emacs.eval("(save-buffer)")
    assert (tmp_path / "m.txt").read_bytes() == b"a\r\nb\nC\r\nd\r\n"


def test_a_read_only_buffer_is_not_rewritten(emacs, steered):
    emacs.eval("(read-only-mode 1)")
    emacs.keys("M-x askd-rewrite RET")
    emacs.wait_told("Buffer is read-only")
    assert steered.requests == []


def test_ediff_goes_through_it(emacs, steered):
    """What is copied from the changed text is taken; the change is over then."""
    written(emacs, steered, begin(emacs, steered), "TWO\nthree\nFOUR")
    emacs.eval("(setq ediff-window-setup-function 'ediff-setup-windows-plain) (goto-char (point-min)) nil")
    emacs.command("askd-ediff")
    emacs.wait("(get-buffer \"*Ediff Control Panel*\")")
    emacs.wait("(string-prefix-p \"*Ediff\" (buffer-name (window-buffer)))")
    emacs.keys("n b q y")
    emacs.wait("(not (get-buffer \"*Ediff Control Panel*\"))")
    assert emacs.text("x.txt").split("\n")[:5] == ["one", "TWO", "three", "four", "five"]
    assert emacs.overlays("askd-change", "x.txt") == []
    assert not any("rewrite of" in b for b in emacs.buffers())


def test_ediff_that_takes_nothing_leaves_the_change(emacs, steered):
    written(emacs, steered, begin(emacs, steered), "TWO\nthree\nFOUR")
    emacs.eval("(setq ediff-window-setup-function 'ediff-setup-windows-plain) (goto-char (point-min)) nil")
    emacs.command("askd-ediff")
    emacs.wait("(string-prefix-p \"*Ediff\" (buffer-name (window-buffer)))")
    emacs.keys("q y")
    emacs.wait("(not (get-buffer \"*Ediff Control Panel*\"))")
    assert emacs.text("x.txt").split("\n")[:5] == OLD
    wait_until(lambda: len(emacs.overlays("askd-change", "x.txt")) > 2, "it is shown again")
