"""ask --edit where its output is no terminal: the diff is printed, whatever the model wrote around it."""

import os

import pytest

from helpers_edit import diff_of, model, place, texts  # noqa: F401

OTHER, MISFIT, USAGE, DATA = 1, 2, 64, 65
A = "one\ntwo\nthree\n"
EDITED = "one\n2\nthree\n"
GOOD = "--- a/a.txt\n+++ b/a.txt\n@@ -1,3 +1,3 @@\n one\n-two\n+2\n three\n"
BAD = GOOD.replace("-two", "-tow")


def head(before, after=None):
    return f"--- {before}\n+++ {after or before}\n@@ -1,3 +1,3 @@\n"


def test_the_diff_is_printed_and_nothing_applied(model, place):
    place.write("a.txt", A)
    model.says(GOOD)
    r = place.ask("--edit", "a.txt", "make two a digit")
    assert (r.returncode, r.stdout, r.stderr) == (0, diff_of(place, "a.txt", EDITED), "")
    assert place.files() == {"a.txt": A}
    said = "\n".join(texts(m) for m in model.asked[0])
    assert A in said and "a.txt" in said and "make two a digit" in said


@pytest.mark.parametrize(
    "answer",
    [
        f"Here it is:\n\n```diff\n{GOOD}```\n\n- two is 2 now\n",
        "--- a.txt\n+++ a.txt\n@@ -77,1 +78,9 @@\n one\n-two\n+2\n three",
        "--- a/a.txt\n+++ b/a.txt\n@@ ... @@\n-two\n+2\n",
        "--- ./a.txt\t2026-01-01\n+++ ./a.txt\t2026-01-02\n@@\n-two\n+2\n",
        "diff --git a/a.txt b/a.txt\nindex 1..2 100644\n" + GOOD,
        GOOD.replace("\n", "\r\n"),
    ],
)
def test_what_is_printed_is_made_anew(model, place, answer):
    place.write("a.txt", A)
    model.says(answer)
    r = place.ask("--edit", "a.txt", "change it")
    assert (r.returncode, r.stdout, r.stderr) == (0, diff_of(place, "a.txt", EDITED), "")


# -- an answer that does not fit


def test_it_is_asked_for_once_more_with_the_reason(model, place):
    place.write("a.txt", A)
    model.says(BAD, GOOD)
    r = place.ask("--edit", "a.txt", "change it")
    why = "a.txt: hunk 1 does not fit: line 2 is `two`, where the hunk has `tow`"
    assert (r.returncode, r.stdout) == (0, diff_of(place, "a.txt", EDITED))
    assert r.stderr == f"ask: the model's diff cannot be used: {why}\nask: it is asked for once more\n"
    first, second = model.asked
    assert [m["role"] for m in second] == ["user", "assistant", "user"]
    assert second[:1] == first and texts(second[1]) == BAD
    assert texts(second[2]).startswith(f"Your diff cannot be used: {why}.\nAnswer again")


def test_and_then_refused(model, place):
    place.write("a.txt", A)
    model.says(BAD, "Sorry.")
    r = place.ask("--edit", "a.txt", "change it")
    assert (r.returncode, r.stdout) == (MISFIT, "")
    assert r.stderr.splitlines()[2:] == [
        "ask: nor can its second: there is no unified diff in it",
        "ask: nothing is changed: ask for less at once, or another model (-m)",
    ]
    assert place.files() == {"a.txt": A}


def test_not_where_nothing_is_kept(model, place):
    place.write("a.txt", A)
    model.says(BAD)
    r = place.ask("--no-store", "--edit", "a.txt", "change it")
    assert (r.returncode, r.stdout, len(model.asked)) == (MISFIT, "", 1)
    assert "once more" not in r.stderr and "nothing is changed" in r.stderr


def test_the_model_says_no(model, place):
    place.write("a.txt", A)
    model.says("# there is no three in it\nnor a four\n")
    r = place.ask("--edit", "a.txt", "change it")
    assert (r.returncode, r.stdout, len(model.asked)) == (OTHER, "", 1)
    assert r.stderr == "ask: nothing is changed, says the model: there is no three in it\n"


@pytest.mark.parametrize(
    "answer, why",
    [
        (head("a/b.txt", "b/b.txt") + "-one\n+1\n", "changes b/b.txt, which is none of the files"),
        (head("a/../a.txt", "b/../a.txt") + "-one\n+1\n", "changes b/../a.txt, which is none of the files"),
        (head("/etc/passwd") + "-one\n+1\n", "changes /etc/passwd, which is none of the files"),
        (head("a/etc/passwd", "b/etc/passwd") + "-one\n+1\n", "which is none of the files"),
        (head("a/a.txt", "b/c.txt") + "-one\n+1\n", "makes b/c.txt of a/a.txt: each file is to keep its name"),
        (head("a/a.txt", "b/other.txt") + "-one\n+1\n", "makes b/other.txt of a/a.txt"),
        (head("a/a.txt", "/dev/null") + "-one\n-two\n-three\n", "removes a/a.txt, which is not done"),
        (head("/dev/null", "b/a.txt") + "+one\n", "makes a.txt anew, but it is there and not empty"),
        (head("/dev/null", "b/new.txt") + "+one\n", "changes b/new.txt, which is none of the files"),
        ("diff --git a/a.txt b/c.txt\nrename from a.txt\nrename to c.txt\n", "gives a file another name"),
        ("diff --git a/a.txt b/a.txt\nold mode 100644\nnew mode 100755\n", "changes a file's mode"),
        (head("a/a.txt", "b/a.txt") + "-one\n+one\n", "the diff changes nothing"),
    ],
)
def test_what_no_diff_may_do(model, place, answer, why):
    place.write("a.txt", A)
    place.write("c.txt", A)
    place.write("b.txt", A)
    model.says(answer, answer)
    r = place.ask("--edit", "a.txt", "c.txt", "change it")
    assert (r.returncode, r.stdout) == (MISFIT, "")
    assert r.stderr.count(why) == 2
    assert place.files() == {"a.txt": A, "b.txt": A, "c.txt": A}


# -- texts


@pytest.mark.parametrize(
    "before, answer, after",
    [
        ("one\r\ntwo\r\nthree\r\n", GOOD, "one\r\n2\r\nthree\r\n"),
        ("one\ntwo", head("a/a.txt", "b/a.txt") + " one\n-two\n+2\n", "one\n2"),
        ("\ufeffone\ntwo\nthree\n", GOOD, "\ufeffone\n2\nthree\n"),
        ("one\n\ttwo  \n", head("a/a.txt", "b/a.txt") + "-one\n+1\n \ttwo\n", "1\n\ttwo  \n"),
        ("Größe\n你好\n", head("a/a.txt", "b/a.txt") + " Größe\n-你好\n+👩‍👩‍👧\n", "Größe\n👩‍👩‍👧\n"),
        ("one\n", head("a/a.txt", "b/a.txt") + "-one\n", ""),
        ("", head("/dev/null", "b/a.txt") + "+one\n", "one\n"),
        ("", head("a/a.txt", "b/a.txt") + "+one\n", "one\n"),
    ],
)
@pytest.mark.parametrize("how", [("patch", "-p1", "--binary"), ("git", "apply", "-")])
def test_the_diff_is_one_that_others_take(model, place, before, answer, after, how):
    place.write("a.txt", before)
    model.says(answer)
    r = place.ask("--edit", "a.txt", "change it")
    assert (r.returncode, r.stderr) == (0, "")
    if before == "" and how[0] == "git":
        return  # for git it says how a file is changed that it knows to be empty, which it cannot be told by a diff
    place.patch(r.stdout, *how)
    assert place.read("a.txt") == after


@pytest.mark.parametrize("how", [("patch", "-p1"), ("git", "apply", "-")])
def test_several_files_one_of_them_new(model, place, how):
    place.write("a.txt", A)
    place.write("src/b c.txt", A)
    model.says(
        GOOD
        + head("/dev/null", "b/src/new.txt")
        + "+made\n"
        + head("a/src/b c.txt", "b/src/b c.txt")
        + "-three\n+3\n"
    )
    r = place.ask("--edit", "a.txt", "src/b c.txt", "src/new.txt", "change them")
    assert (r.returncode, r.stderr) == (0, "")
    said = "\n".join(texts(m) for m in model.asked[0])
    assert "Change a.txt, src/b c.txt, src/new.txt (is not there yet) as the task" in said
    place.patch(r.stdout, *how)
    assert place.files() == {"a.txt": EDITED, "src/b c.txt": "one\ntwo\n3\n", "src/new.txt": "made\n"}


def test_one_file_in_two_pieces(model, place):
    place.write("a.txt", A)
    model.says(f"```diff\n{GOOD}```\nand\n```diff\n{head('a/a.txt', 'b/a.txt')}-three\n+3\n```\n")
    r = place.ask("--edit", "a.txt", "change it")
    assert r.stdout == diff_of(place, "a.txt", "one\n2\n3\n")


def test_a_file_elsewhere(model, place, home):
    path = place.write("../beside.txt", A)
    for name, before, after in (
        (str(path), f"a{path}", f"b{path}"),
        (str(path), str(path), str(path)),
        ("../beside.txt", "a/../beside.txt", "b/../beside.txt"),
    ):
        model.says(head(before, after) + "-two\n+2\n")
        r = place.ask("-r", "--edit", name, "change it")
        assert (r.returncode, r.stderr) == (0, "")
        assert "-two\n+2\n" in r.stdout


# -- words


def test_where_the_prompt_begins(model, place):
    place.write("a.txt", A)
    place.write("Makefile", "all:\n")
    model.says(GOOD)
    r = place.ask("--edit", "a.txt", "Makefile", "rename", "x.y", "to", "z", stdin=None)
    assert r.returncode == 0
    said = "\n".join(texts(m) for m in model.asked[0])
    assert "Change a.txt, Makefile as the task" in said and "<task>\nrename x.y to z\n</task>" in said


def test_piped_text_follows_the_prompt(model, place):
    place.write("a.txt", A)
    place.write("log", "error: two\n")
    model.says(GOOD)
    with open(place.path / "log", "rb") as log:
        r = place.ask("--edit", "a.txt", "repair it", stdin=log)
    assert r.returncode == 0
    assert "<task>\nrepair it\n\nerror: two\n\n</task>" in texts(model.asked[0][-1])


@pytest.mark.parametrize(
    "words, status, says",
    [
        ([], USAGE, "no file: write ask --edit FILE..."),
        (["a.txt"], USAGE, "no prompt"),
        (["make it better"], DATA, "there is no file make it better: the files come first"),
        (["name", "change it"], DATA, "to have it made, write ./name"),
        (["gone/x.c", "change it"], DATA, "there is no file gone/x.c, nor the folder for it"),
        (["a.txt", "and/or", "change it"], DATA, "there is no file and/or, nor the folder for it"),
        (["a.txt/x", "change it"], DATA, "cannot open a.txt/x: Not a directory"),
        (["folder", "change it"], DATA, "folder is no regular file"),
        (["a.txt", "./a.txt", "change it"], DATA, "a.txt and ./a.txt are one file"),
        (["a.txt", "link.txt", "change it"], DATA, "a.txt and link.txt are one file"),
        (["hard.txt", "change it"], DATA, "hard.txt has 2 names (hard links)"),
        (["dangling.txt", "change it"], DATA, "dangling.txt is a link that leads nowhere"),
        (["utf16.txt", "change it"], DATA, "utf16.txt is no text in UTF-8"),
        (["latin1.txt", "change it"], DATA, "latin1.txt is no text in UTF-8"),
        (["large.txt", "change it"], DATA, "large.txt is larger than 1048576 bytes"),
        (["x\ny.txt", "change it"], DATA, "control characters"),
        (["a.txt"] * 65 + ["change it"], DATA, "--edit takes 64 files at once"),
    ],
)
def test_what_cannot_be_edited(model, place, words, status, says):
    place.write("a.txt", A)
    (place.path / "folder").mkdir()
    (place.path / "link.txt").symlink_to("a.txt")
    (place.path / "dangling.txt").symlink_to("nowhere")
    place.write("first.txt", A)
    os.link(place.path / "first.txt", place.path / "hard.txt")
    place.write("utf16.txt", A.encode("utf-16"))
    place.write("latin1.txt", "Größe".encode("latin-1"))
    place.write("large.txt", "x" * (1048576 + 1))
    r = place.ask("--edit", *words)
    assert (r.returncode, r.stdout, model.asked) == (status, "", [])
    assert says in r.stderr


def test_the_largest_file(model, place):
    """The text has a place for one byte more, and not for two."""
    text = "one\n" + "x" * (1048576 - 5)
    place.write("a.txt", text)
    model.says(head("a/a.txt", "b/a.txt") + "-one\n+four\n", head("a/a.txt", "b/a.txt") + "-one\n+three\n")
    r = place.ask("--edit", "a.txt", "change it")
    assert (r.returncode, r.stderr) == (0, "")
    model.says("#")
    r = place.ask("--edit", "a.txt", "change it more")
    assert r.returncode == MISFIT
    assert "a.txt: the file would become larger than 1048576 bytes" in r.stderr


@pytest.mark.parametrize("with_", ["--json", "--json-stream", "--code", "--copy", "--detach", "--dry-run", "--schema=a:int"])
def test_what_does_not_go_with_it(place, with_):
    r = place.ask("--edit", with_, "a.txt", "change it")
    assert r.returncode == USAGE and "exclude each other" in r.stderr


def test_a_diff_that_nobody_makes(model, place, home):
    place.write("a.txt", A)
    model.says(GOOD)
    r = place.ask("--edit", "a.txt", "change it", PATH="/nowhere")
    assert (r.returncode, r.stdout) == (69, "")
    assert "cannot run diff" in r.stderr


def test_a_diff_that_was_cut_off(model, place):
    """It may fit, and do half of what it should."""
    place.write("a.txt", A)
    model.finish = "length"
    model.says(GOOD)
    r = place.ask("--edit", "a.txt", "change it")
    assert (r.returncode, r.stdout, len(model.asked)) == (DATA, "", 1)
    assert "there is no whole diff, and nothing is changed: ask for less at once" in r.stderr
