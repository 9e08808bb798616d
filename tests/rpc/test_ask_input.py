"""Where a prompt comes from: words, what is piped in, both, and an editor."""

import shutil
import stat

import pytest

from helpers_scripted import Scripted
from helpers_tmux import Tmux

DONE = {"answer": "a", "state": "done", "text": "ok", "model": "m", "provider": "p"}
MIB = 1 << 20


@pytest.fixture
def daemon(home):
    d = Scripted(home)
    d.replies["chat"] = DONE
    yield d
    d.stop()


@pytest.fixture
def prompt(daemon, ask):
    """(status, the prompt that was asked, what ask said)."""

    def run(*args, **kw):
        before = len(daemon.asked("chat"))
        r = ask(*args, **kw)
        sent = daemon.asked("chat")[before:]
        return r.returncode, sent[0]["prompt"] if sent else None, r.stderr

    return run


# -- words and a pipe


@pytest.mark.parametrize(
    "words, piped, asked",
    [
        (["a", "b"], "", "a b"),
        ([], "piped\n", "piped\n"),
        (["a"], "piped\n", "a\n\npiped\n"),
        (["Explain: {{input}} in German"], "a\nb\n\n", "Explain: a\nb in German"),
        (["{{input}} and", "{{input}}"], "x", "x and x"),
        (["say \\{{input}} of {{input}}"], "x", "say {{input}} of x"),
        (["say \\{{input}}"], "x", "say {{input}}"),
        (["all of {{input}}: "], "", "all of : "),
        (["{{ input }} {{other}}"], "x", "{{ input }} {{other}}\n\nx"),
        (["{{input}}"], "{{input}}", "{{input}}"),
    ],
)
def test_words_and_what_is_piped_in(prompt, words, piped, asked):
    assert prompt("--", *words, input=piped) == (0, asked, "")


def test_on_a_terminal_a_place_is_text(home, daemon):
    """Standard input is a terminal, output a file."""
    with Tmux(home) as t:
        t.type("ask 'what is {{input}}?' >~/out; echo end=$?", "Enter")
        t.wait_for("end=0")
    assert daemon.asked("chat")[0]["prompt"] == "what is {{input}}?"


def test_places_have_the_bound_of_a_prompt(prompt):
    half = "x" * (16 * MIB)
    assert prompt("{{input}}{{input}}", input=half)[:2] == (0, 2 * half)
    code, asked, err = prompt("{{input}}{{input}}!", input=half)
    assert (code, asked) == (65, None) and "larger than 32 MiB" in err


# -- an editor


@pytest.fixture
def editor(home):
    """Writes a script that gets the file's path as its last argument; gives the environment that names it."""

    def make(script, variable="EDITOR", args=""):
        path = home.path / f"editor-{variable.lower()}"
        path.write_text("#!/bin/sh\n" + script)
        path.chmod(0o755)
        return {variable: f"{path}{args}"}

    return make


def drafts(home):
    folder = home.state / "askd" / "drafts"
    return sorted(folder.iterdir()) if folder.exists() else []


def test_the_editor_gets_what_there_is_and_its_text_is_asked(home, prompt, editor):
    at = home.path
    env = editor(f'cat "$1" >{at}/seen; echo "$1" >{at}/path; stat -c %a "$1" >{at}/mode; printf "new\\n\\ntext\\n\\n" >"$1"')
    code, asked, err = prompt("-e", "word", input="piped\n", env=env)
    assert (code, asked, err) == (0, "new\n\ntext", "")
    seen, path, mode = ((at / n).read_text() for n in ("seen", "path", "mode"))
    assert seen == "word\n\npiped\n" and mode == "600\n"
    folder = home.state / "askd" / "drafts"
    assert path.startswith(f"{folder}/") and path.endswith(".md\n")
    assert drafts(home) == [] and stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_visual_goes_before_editor_and_may_have_arguments(prompt, editor):
    env = {**editor('printf %s "$1" >"$2"', "VISUAL", " 'two words'"), **editor('echo no >"$1"')}
    assert prompt("-e", env=env)[:2] == (0, "two words")


@pytest.mark.parametrize("found", ["sensible-editor", "editor", "vi", "nano"])
def test_without_either_the_systems(home, prompt, found):
    folder = home.path / "only"
    folder.mkdir()
    (folder / found).write_text('#!/bin/sh\necho by $(basename "$0") >"$1"')
    (folder / found).chmod(0o755)
    for tool in ("sh", "basename"):
        (folder / tool).symlink_to(f"/usr/bin/{tool}")
    assert prompt("-e", env={"PATH": str(folder), "EDITOR": "", "VISUAL": ""})[:2] == (0, f"by {found}")


def test_no_editor_at_all(home, prompt):
    code, asked, err = prompt("-e", "word", env={"PATH": "/nowhere", "EDITOR": "", "VISUAL": ""})
    assert (code, asked) == (69, None) and "set $VISUAL or $EDITOR" in err
    assert [p.read_text() for p in drafts(home)] == ["word"] and str(drafts(home)[0]) in err


@pytest.mark.parametrize("script, status", [("echo half >\"$1\"; exit 3", "status 3"), ("echo half >\"$1\"; kill $$", "a signal")])
def test_an_editor_that_fails_asks_nothing_and_loses_nothing(home, prompt, editor, script, status):
    code, asked, err = prompt("-e", env=editor(script))
    assert (code, asked) == (69, None) and f"{status}" in err and "nothing was asked" in err
    assert [p.read_text() for p in drafts(home)] == ["half\n"] and f"kept in {drafts(home)[0]}" in err


@pytest.mark.parametrize("text", ["", " \n\n\t"])
def test_an_empty_prompt_asks_nothing_and_leaves_nothing(home, prompt, editor, text):
    code, asked, err = prompt("-e", "word", env=editor(f"printf '{text}' >\"$1\""))
    assert (code, asked, err) == (64, None, "ask: the prompt is empty: nothing was asked\n") and drafts(home) == []


def test_what_the_editor_removed_is_not_said_to_be_kept(home, prompt, editor):
    code, asked, err = prompt("-e", "word", env=editor('rm "$1"'))
    assert asked is None and code != 0 and err.count("\n") == 1 and "kept in" not in err and drafts(home) == []


def test_what_cannot_be_asked_is_kept(home, daemon, prompt, editor):
    daemon.replies["chat"] = Exception({"code": "overloaded", "message": "full"})
    code, asked, err = prompt("-e", env=editor('echo long work >"$1"'))
    assert (code, asked) == (75, "long work")
    assert [p.read_text() for p in drafts(home)] == ["long work\n"] and f"kept in {drafts(home)[0]}" in err


def test_what_is_no_text_is_kept_too(home, prompt, editor):
    code, asked, err = prompt("-e", env=editor("printf '\\377' >\"$1\""))
    assert (code, asked) == (65, None) and "not UTF-8" in err and [p.read_bytes() for p in drafts(home)] == [b"\xff"]


def test_it_is_the_input_of_a_prompt_of_the_library(daemon, prompt, editor):
    assert prompt("-p", "explain", "-e", env=editor('echo this >"$1"'))[:2] == (0, "this")
    assert daemon.asked("chat")[0]["template"] == "explain"


def test_a_real_editor_on_a_terminal(home, daemon):
    """ed reads its commands from the terminal, though standard input and output are pipes; Ctrl-C is its own."""
    if shutil.which("ed") is None:
        pytest.skip("there is no ed")
    with Tmux(home, env={"EDITOR": "ed -s"}) as t:
        t.type("echo piped | ask -e first >~/out; echo end=$?", "Enter")
        t.type("p", "Enter")
        t.wait_for("\npiped")
        t.type("", "C-c")
        t.wait_for("\n?")
        for line in ("a", "typed", ".", "wq"):
            t.type(line, "Enter")
        t.wait_for("end=0")
    assert daemon.asked("chat")[0]["prompt"] == "first\n\npiped\ntyped" and drafts(home) == []


def test_an_editor_with_a_screen(home, daemon):
    if shutil.which("vi") is None:
        pytest.skip("there is no vi")
    with Tmux(home, env={"VISUAL": "vi"}) as t:
        t.type("ask -e --plain first; echo end=$?", "Enter")
        t.wait_for("first\n~")
        t.type("A line", "Escape")
        t.type(":wq", "Enter")
        t.wait_for("end=0")
    assert daemon.asked("chat")[0]["prompt"] == "first line"
