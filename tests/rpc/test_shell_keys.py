"""The key that turns the line being typed into a command, in the real shells."""

import pytest
from helpers_shell import FILES, SHELLS, proposed  # noqa: F401
from helpers_tmux import Tmux

UNDO = {"bash": "C-_", "zsh": "C-_", "fish": "C-z"}


@pytest.fixture(params=SHELLS)
def shell(request, daemon, home, proposed):  # noqa: F811
    with Tmux(home, columns=90, rows=40, shell=SHELLS[request.param]) as t:
        t.name = request.param
        t.type(f". {FILES}/ask.{t.name}; clear; echo re''ady", "Enter")
        t.wait_for("ready\n$")
        yield t


def line(t, text):
    """Waits until the line being typed is that; what stands before it is no matter."""
    return t.wait_for(lambda s: any(row == f"$ {text}" for row in s.split("\n")))


@pytest.mark.parametrize("words", ["find files over 1 GB", "a 'b  c\" $HOME `x` \\ !", "-x --help", "你好 世界 🐘"])
def test_words_become_a_command(shell, proposed, words):  # noqa: F811
    proposed.propose("echo: {{input}}")
    shell.type(words, "M-a")
    line(shell, f"echo: {words}")
    shell.type("END")  # the cursor stands behind it
    line(shell, f"echo: {words}END")


def test_it_is_not_run(shell, proposed):  # noqa: F811
    proposed.propose("echo 'it '{{input}}")
    shell.type("ran", "M-a")
    line(shell, "echo 'it 'ran")
    assert "it ran" not in shell.screen()
    shell.type("", "Enter")
    shell.wait_for("\nit ran\n")


def test_the_words_come_back(shell, proposed):  # noqa: F811
    proposed.propose("echo {{input}}")
    shell.type("some words", "M-a")
    line(shell, "echo some words")
    shell.type("", UNDO[shell.name])
    line(shell, "some words")


def test_several_lines(shell, proposed):  # noqa: F811
    proposed.propose("for i in {{input}}; do\n\techo n$i\ndone" if shell.name != "fish" else "for i in {{input}}\n\techo n$i\nend")
    shell.type("1 2", "M-a")
    shell.wait_for(lambda s: "for i in 1 2" in s and s.rstrip().split("\n")[-1].strip().endswith(("done", "end")))
    shell.type("", "Enter")
    shell.wait_for("\nn1\nn2\n")


@pytest.mark.parametrize(
    "words, told",
    [("# cannot", "no command"), ("ls \u200b", "what hides or turns"), ("-x", "begins with a dash"), (" ", "type what the")],
)
def test_a_failure_leaves_the_words(shell, words, told):
    shell.type(words, "M-a")
    shell.wait_for(f"ask: {told}" if told.startswith("type") else told)
    shell.type("END")
    shell.wait_for(lambda s: any(row.startswith("$ ") and row.endswith("END") for row in s.split("\n")))


def test_an_interrupt_leaves_the_words(shell, proposed, provider):  # noqa: F811
    proposed.write("shell/system.md", "---\nmodel: fake/hang-first\n---\n{{shell:?}}{{system:?}}")
    shell.type("some words", "M-a")
    provider.wait_requests(1)
    assert "asking" in shell.screen()
    shell.type("", "C-c")
    provider.wait_aborted()
    shell.type("END")
    shell.wait_for(lambda s: any(row == "$ some wordsEND" for row in s.split("\n")))


@pytest.mark.parametrize("name, key, pressed", [("bash", "\\C-g", "C-g"), ("zsh", "^G", "C-g"), ("fish", "\\cg", "C-g")])
def test_another_key(daemon, home, proposed, name, key, pressed):  # noqa: F811
    proposed.propose("echo {{input}}")
    with Tmux(home, columns=90, shell=SHELLS[name]) as t:
        setting = f"set ASK_KEY {key}" if name == "fish" else f"ASK_KEY='{key}'"
        t.type(f"{setting}; . {FILES}/ask.{name}; clear; echo re''ady", "Enter")
        t.wait_for("ready\n$")
        t.type("words", pressed)
        line(t, "echo words")


def test_the_files_are_installed_where_the_page_says():
    """make puts into share/askd/shell what etc/local.mk lists for it."""
    root = FILES.parent.parent
    listed = (root / "etc" / "local.mk").read_text()
    assert "shelldir = $(pkgdatadir)/shell\n" in listed
    assert {p.name for p in FILES.iterdir() if p.is_file()} == {f"ask.{name}" for name in SHELLS}
    for name in SHELLS:
        assert f" etc/shell/ask.{name}" in listed
        assert f" /usr/local/share/askd/shell/ask.{name} " in (root / "doc" / "shell.md").read_text()
        assert f"/usr/local/share/askd/shell/ask.{name}\n" in (FILES / f"ask.{name}").read_text()
