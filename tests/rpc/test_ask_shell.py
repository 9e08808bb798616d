"""ask --shell: what is proposed, shown and run."""

import json

import pytest
from helpers_shell import EXPLAINED, QUESTION, proposed  # noqa: F401
from helpers_tmux import Tmux

BIDI, ZERO = "\u202e", "\u200b"

# -- in a pipe


@pytest.mark.parametrize(
    "answer, command",
    [
        ("ls -l", "ls -l\n"),
        ("```sh\nls\n```", "ls\n"),
        ("Try:\n```sh\nls |\n\twc\n```\n", "ls |\n\twc\n"),
        ("echo 你好 'a  b' $HOME", "echo 你好 'a  b' $HOME\n"),
    ],
)
def test_the_command_alone(daemon, proposed, ask, answer, command):  # noqa: F811
    r = ask("--shell", answer)
    assert (r.returncode, r.stdout, r.stderr) == (0, command, "")


@pytest.mark.parametrize(
    "words, status, told",
    [
        (f"ls {BIDI}x", 65, "what hides or turns"),
        (f"l{ZERO}s", 65, "what hides or turns"),
        ("ls\u00a0-l", 65, "what hides or turns"),
        ("ls \x1b[31m", 65, "what hides or turns"),
        ("# I cannot", 1, "no command, for the answer is: # I cannot"),
        ("``", 65, "holds no command"),
        ("--help", 65, "begins with a dash"),
        ("x" * 16385, 65, "over 16 KiB"),
        ("x" * 65537, 65, "over 64 KiB"),
    ],
)
def test_nothing_to_be_run(daemon, proposed, ask, words, status, told):  # noqa: F811
    r = ask("--shell", "--", words)
    assert (r.returncode, r.stdout) == (status, "") and told in r.stderr


def test_a_command_of_the_greatest_length(daemon, proposed, ask):  # noqa: F811
    r = ask("--shell", "x" * 16384)
    assert (r.returncode, r.stdout) == (0, "x" * 16384 + "\n")


def test_half_a_command_is_none(daemon, proposed, ask):  # noqa: F811
    r = ask("--shell", "-m", "fake/finish-length", "rm -rf /tmp/nothing/at/all")
    assert (r.returncode, r.stdout) == (65, "") and "no whole command" in r.stderr and "cut off" in r.stderr


def test_json_is_the_answer(daemon, proposed, ask):  # noqa: F811
    r = ask("--shell", "--json", "ls")
    assert r.returncode == 0 and json.loads(r.stdout)["text"] == "ls"


def test_the_prompt_is_told_where_it_runs(daemon, ask, provider):
    ask("--shell", "find files", env={"SHELL": "/opt/odd/ksh"})
    text = provider.bodies()[-1]["messages"][-1]["content"]
    assert text.startswith("Write a command for ksh on Linux") and "find files" in text


# -- on a terminal


@pytest.fixture
def t(daemon, home, proposed):  # noqa: F811
    with Tmux(home, columns=90, rows=40, env={"NO_COLOR": "1"}) as terminal:
        terminal.type("cd; export SHELL=/bin/sh", "Enter")
        terminal.words = home.path / "words"
        yield terminal


def begin(t, command):
    """The command is what the model answers."""
    t.words.write_text(command)
    t.type('clear; ask --shell -- "$(cat words)"; echo status=$?', "Enter")


def propose(t, command):
    begin(t, command)
    return t.wait_for(lambda s: s.rstrip().endswith(QUESTION))


def ends(t, *keys):
    t.type("", *keys)
    return t.wait_for("\nstatus=")


def test_run_after_a_yes(t):
    shown = propose(t, "echo 'it '\"ran\"; exit 7").split("\n")
    assert shown[0] == "  echo 'it '\"ran\"; exit 7"
    assert shown[2].startswith(f"{EXPLAINED} for sh on Linux")
    assert "it ran" not in "\n".join(shown)
    assert "\nit ran\nstatus=7" in ends(t, "y", "Enter")


@pytest.mark.parametrize("keys, status", [(("n", "Enter"), 1), (("Enter",), 1), (("C-d",), 1), (("C-c",), 130)])
def test_not_run_without(t, home, keys, status):
    propose(t, "touch ran")
    assert f"\nstatus={status}" in ends(t, *keys)
    assert not any(home.path.rglob("ran"))


def test_interrupted_while_it_is_explained(t, proposed):  # noqa: F811
    proposed.write("explain-command.md", "---\nmodel: fake/hang-after-3\n---\n{{shell:?}}{{system:?}}")
    begin(t, "touch ran")
    t.wait_for("  touch ran")
    assert "status=130" in ends(t, "C-c") and QUESTION not in t.screen()


def test_a_command_that_cannot_be_explained(t, proposed):  # noqa: F811
    proposed.write("explain-command.md", "---\nmodel: fake/status-400\n---\n{{shell:?}}{{system:?}}")
    assert "fake refused the request" in propose(t, "echo 'it '\"ran\"")
    assert "\nit ran\nstatus=0" in ends(t, "y", "Enter")


def test_what_deceives_is_seen_and_run_as_it_is(t, home, proposed):  # noqa: F811
    """What runs is byte for byte what was proposed, and of it nothing reached the terminal raw."""
    proposed.write("explain-command.md", f"{EXPLAINED} {{{{shell:?}}}}{{{{system:?}}}}\n\n\\x1b[31m \x1b[31m {{{{input}}}}")
    command = f"printf '%s' 'a{BIDI}b{ZERO}c\u00a0d\x1b[31me\x07\x1b]0;owned\x1b\\' >ran"
    t.ask("pipe-pane", "-O", f"cat >{home.path}/raw")
    shown = propose(t, command)
    assert shown.startswith(
        "  printf '%s' 'a\\u{202e}b\\u{200b}c\\u{a0}d\\x1b[31me\\x07\\x1b]0;owned\\x1b\\' >ran\n"
        "ask: careful, what hides or turns characters stands in it as \\x1b or \\u{202e}\n"
    )
    before = (home.path / "raw").read_text().partition(EXPLAINED)[0]
    ends(t, "y", "Enter")
    raw = (home.path / "raw").read_text()
    for piece in (BIDI, ZERO, "\u00a0"):
        assert piece not in before
    for piece in ("\x1b[31m", "\x07", "\x1b]0;"):
        assert piece not in raw
    assert (home.path / "ran").read_text() == command.split("'")[3]


def test_the_command_has_what_the_shell_would_give_it(t, home):
    """No descriptor, signal mask or ignored signal of ours, and no variable."""
    look = "(ls /proc/$$/fd; grep -E '^Sig(Blk|Ign)' /proc/$$/status; env | grep -Ev '^(_|SHLVL)=' | sort) >"
    t.words.write_text(look + "bare")
    t.type('sh -c "$(cat words)"; wc -l bare', "Enter")
    t.wait_for(" bare\n")
    propose(t, look + "proposed")
    assert "status=0" in ends(t, "y", "Enter")
    proposed = (home.path / "proposed").read_text()
    assert "SigIgn" in proposed and proposed == (home.path / "bare").read_text()


def test_several_lines_and_a_fence(t):
    shown = propose(t, "So:\n```bash\nfor i in 1 2\ndo echo $i\ndone; rm -rf /tmp/nothing/at/all\n```")
    assert shown.startswith(
        "  for i in 1 2\n  do echo $i\n  done; rm -rf /tmp/nothing/at/all\n"
        "ask: a code fence around it was taken off, and 1 line outside of it\n"
        "ask: careful, it deletes folders with all that is in them\n"
    )
    assert "\n1\n2\nstatus=0" in ends(t, "y", "Enter")


def test_the_terminal_is_the_commands(t):
    propose(t, "stty -echo; echo si''lent; read -r x; stty echo; echo got-$x; yes | head -1")
    t.type("", "y", "Enter")
    t.wait_for("\nsilent")
    t.type("typed", "Enter")
    assert "\nsilent\ngot-typed\ny\n" in ends(t)


@pytest.fixture
def editor(t, home):
    """A function that makes a script the editor; $1 is the file."""

    def use(script):
        path = home.path / "editor"
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)
        t.type(f"export VISUAL={path}", "Enter")

    return use


def test_edited_shown_again_and_run(t, editor):
    editor("grep -q 'rm -rf /tmp/nothing' \"$1\" && printf 'printf it-%%s \"\\342\\200\\256ran\" | wc -c' >\"$1\"")
    propose(t, "rm -rf /tmp/nothing/at/all")
    t.type("", "e", "Enter")
    shown = t.wait_for(lambda s: s.count(QUESTION) == 2).split("\n")
    assert '  printf it-%s "\\u{202e}ran" | wc -c' in shown
    assert "\n9\nstatus=0" in ends(t, "y", "Enter")


def test_an_editor_that_fails_changes_nothing(t, editor):
    editor("exit 3")
    propose(t, "echo 'it '\"ran\"")
    t.type("", "e", "Enter")
    t.wait_for("the editor ended with status 3")
    t.wait_for(lambda s: s.count(QUESTION) == 2)
    assert "\nit ran\nstatus=0" in ends(t, "y", "Enter")


def test_all_of_it_deleted(t, editor):
    editor(': >"$1"')
    propose(t, "touch ran")
    assert "holds no command" in ends(t, "e", "Enter") and "\nstatus=65" in t.screen()


def test_no_shell_to_run_it(t):
    t.type("SHELL=/nowhere/sh", "Enter")
    propose(t, "echo x")
    assert "cannot run /nowhere/sh: No such file" in ends(t, "y", "Enter")
    assert "\nstatus=71" in t.screen()
