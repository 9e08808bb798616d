"""ask --explain-last: what of a terminal goes to the model."""

import pytest
from helpers_shell import FILES, SHELLS
from helpers_tmux import Tmux


def sent(provider):
    """The input that the model was last given, without the prompt around it."""
    text = provider.bodies()[-1]["messages"][-1]["content"]
    return text.partition("<text>\n")[2].rpartition("\n</text>")[0]


def explain(t, provider, words=""):
    n = provider.stats()["requests"]
    t.type(f"ask --plain --explain-last {words}", "Enter")
    provider.wait_requests(n + 1)
    return sent(provider)


@pytest.fixture
def plain(daemon, home):
    """A shell that tells nothing of its commands."""
    with Tmux(home, columns=60) as t:
        yield t


@pytest.fixture(params=SHELLS)
def shell(request, daemon, home):
    with Tmux(home, columns=60, shell=SHELLS[request.param]) as t:
        t.name = request.param
        t.type(f". {FILES}/ask.{t.name}; clear; echo re''ady", "Enter")
        t.wait_for("ready\n$")
        yield t


# -- in tmux


def test_the_prompt_before_it_is_known(plain, provider):
    plain.type("export PS1='my> '; clear", "Enter")
    plain.wait_for("my>")
    plain.type("echo one; echo two", "Enter")
    plain.type("ls /no/such/file", "Enter")
    plain.wait_for("No such file")
    assert explain(plain, provider) == "my> ls /no/such/file\nls: cannot access '/no/such/file': No such file or directory"
    plain.wait_for("ask: 2 lines go to the model, from 'my> ls /no/such/file' on", history=True)


def test_a_question_goes_before_it(plain, provider):
    plain.type("PS1='my> '; clear", "Enter")
    plain.wait_for("my>")
    plain.type("echo out", "Enter")
    plain.wait_for("\nout")
    assert explain(plain, provider, "why that?") == "why that?\n\nmy> echo out\nout"


def test_the_last_lines_where_no_prompt_is_alike(plain, provider):
    plain.type("PS1='my> '; clear", "Enter")
    plain.wait_for("my>")
    plain.type("echo out; PS1='other> '", "Enter")
    plain.wait_for("other>")
    assert explain(plain, provider).endswith("my> echo out; PS1='other> '\nout")
    plain.wait_for("ask: the last 2 lines here go to the model, for ", history=True)


def test_the_shell_tells(shell, provider):
    """A command longer than a line of the terminal, what it printed over more than the screen, and how it ended."""
    shell.type("echo before", "Enter")
    shell.wait_for("\nbefore")
    name = "x" * 80
    shell.type(f"seq 1 50; ls /no/such/{name}", "Enter")
    shell.wait_for("directory")
    lines = explain(shell, provider).split("\n")
    begin = lines.index("1")  # zsh wraps the command itself
    assert "".join(lines[:begin]) == f"$ seq 1 50; ls /no/such/{name}"
    assert lines[begin : begin + 50] == [str(i) for i in range(1, 51)]
    assert lines[begin + 50 :] == [f"ls: cannot access '/no/such/{name}': No such file or directory", "[exit status 2]"]


def test_what_a_new_shell_has_not_run_is_not_told(shell, home):
    shell.type("sh -c 'echo =$ASK_LAST_COMMAND='", "Enter")
    shell.wait_for("\n==")


def test_what_the_terminal_has_forgotten(shell, provider):
    shell.type("seq 1 90000", "Enter")
    shell.wait_for("\n90000")
    lines = explain(shell, provider).split("\n")
    assert lines == [*(str(i) for i in range(89941, 90001)), "[exit status 0]"]
    assert "the last 60 lines here go" in shell.screen(history=True)


# -- elsewhere


@pytest.fixture
def again(daemon, home):
    """A terminal that keeps nothing."""
    with Tmux(home, columns=80) as t:
        t.type("unset TMUX TMUX_PANE; PS1='my> '; cd; clear", "Enter")
        t.wait_for("my>")
        yield t


def test_without_anything_known(again):
    again.type("ask --explain-last; echo status=$?", "Enter")
    shown = again.wait_for("\nstatus=")
    assert "which command ran last is not known here" in shown and "status=69" in shown


def run_again(t, command, *keys):
    t.type(f"export ASK_LAST_COMMAND={command}; clear", "Enter")
    t.wait_for(lambda s: s.strip() == "my>")
    t.type("ask --plain --explain-last; echo status=$?", "Enter")
    t.wait_for(lambda s: s.rstrip().endswith("[n]o:"))
    t.type("", *keys)
    return t.wait_for("\nstatus=", history=True)


def test_it_is_run_again_after_a_yes(again, provider):
    shown = run_again(again, "'echo \"a  b\"; echo err >&2; exit 3'", "y", "Enter")
    assert '  echo "a  b"; echo err >&2; exit 3\n' in shown and "status=0" in shown
    assert sent(provider) == '$ echo "a  b"; echo err >&2; exit 3\na  b\nerr\n\n[exit status 3]'


@pytest.mark.parametrize("keys, status", [(("n", "Enter"), 69), (("Enter",), 69), (("C-c",), 130)])
def test_it_is_not_run_without(again, home, provider, keys, status):
    assert f"\nstatus={status}" in run_again(again, "'touch ran'", *keys)
    assert provider.stats()["requests"] == 0 and not (home.path / "ran").exists()


def test_what_deceives_in_it_is_shown(again, home):
    (home.path / "c").write_text("touch \u202e\x1b[2J")
    shown = run_again(again, '"$(cat c)"', "n", "Enter")
    assert "  touch \\u{202e}\\x1b[2J\nask: careful, what hides or turns" in shown


def test_one_that_does_not_end_is_ended(again, provider):
    run_again(again, "'echo begun; sleep 600'", "y", "Enter")
    assert sent(provider).startswith("$ echo begun; sleep 600\nbegun\n\n[ended here, for it took longer")


def test_one_that_prints_without_end_is_ended(again, provider):
    run_again(again, "yes", "y", "Enter")
    text = sent(provider)
    assert text.startswith("$ yes\n[") and text.endswith("it printed more than it may when it is run again]")


def test_kitty_knows(again, home, provider):
    """What it would be asked for, by its documentation: the output between the shell's marks."""
    kitty = home.path / "bin" / "kitty"
    kitty.write_text('#!/bin/sh\necho "$@"\n')
    kitty.chmod(0o755)
    again.type("export KITTY_LISTEN_ON=unix:x KITTY_WINDOW_ID=7 ASK_LAST_COMMAND=ls ASK_LAST_STATUS=2; clear", "Enter")
    again.wait_for(lambda s: s.strip() == "my>")
    text = explain(again, provider)
    assert text == "$ ls\n@ get-text --match id:7 --extent last_non_empty_output\n[exit status 2]"
