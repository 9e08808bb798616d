"""Tab behind ask and askctl, in the real shells."""

import json
import shutil
import subprocess

import pytest

from client import say
from conftest import wait_until
from helpers_shell import FILES, SHELLS
from helpers_tmux import Tmux

HOSTILE = "it's \"q\" $(touch pwned) `touch pwned` \\ *"
FOLDER = FILES / "completion"
PATIENT = {"ASKD_COMPLETION_MS": "30000"}
TABS_TO_LIST = {"bash": ["Tab", "Tab"], "zsh": ["Tab"], "fish": []}
READ = {
    "bash": f". {FOLDER}/ask.bash",
    "zsh": f"fpath=({FOLDER} $fpath); autoload -Uz compinit; compinit -D -u",
    "fish": f". {FOLDER}/ask.fish",
}


class Shell(Tmux):
    """A shell that completes, and a program `words` that writes down what it was run with."""

    def __init__(self, home, name):
        self.name, self.told = name, home.path / "told"
        script = home.path / "bin" / "words"
        script.parent.mkdir(exist_ok=True)
        script.write_text(f"#!/usr/bin/python3\nimport json, sys\nopen('{self.told}', 'w').write(json.dumps(sys.argv[1:]))\n")
        script.chmod(0o755)
        if shutil.which(SHELLS[name][0]) is None:
            pytest.skip(f"there is no {name}")
        super().__init__(home, columns=120, rows=40, shell=SHELLS[name], env={"HISTFILE": "/dev/null", **PATIENT})
        self.type(f"cd {home.path}; {READ[name]}; clear; echo re''ady", "Enter")
        self.wait_for("ready\n$")

    def tab(self, text):
        self.type(text, "Tab")

    def completed(self, text, wanted):
        """The words that the line comes to, once it has been completed and shows that."""
        self.tab(text)
        self.wait_for(lambda s: wanted in s.replace("\n", ""))
        self.type("", "C-a")
        self.type("words ", "Enter")
        wait_until(self.told.exists, "the line is run")
        return wait_until(lambda: self.told.read_text() and json.loads(self.told.read_text()), "it is written")


@pytest.fixture(params=SHELLS)
def shell(request, daemon, home):
    with Shell(home, request.param) as s:
        yield s


def test_a_verb(shell):
    assert shell.completed("askctl prov", "askctl providers") == ["askctl", "providers"]


def test_an_option(shell):
    assert shell.completed("ask --expl", "ask --explain-last") == ["ask", "--explain-last"]


def test_a_model(shell):
    assert shell.completed("ask -m fake/ec", "fake/echo") == ["ask", "-m", "fake/echo"]


def test_a_model_behind_an_equals_sign(shell):
    assert shell.completed("ask --model=fake/ec", "fake/echo") == ["ask", "--model=fake/echo"]


def test_the_second_model_of_a_list(shell):
    assert shell.completed("ask -m fake/x,fake/ec", "fake/echo") == ["ask", "-m", "fake/x,fake/echo"]


def test_a_colon(shell, client):
    c = say(client, "x")["conversation"]
    client.call("conversation.tag", {"conversation": c, "add": ["a:free"]})
    assert shell.completed("askctl conv list --tag a:fr", "a:free")[-1] == "a:free"


def test_a_word_that_a_shell_would_run(shell, client, home):
    c = say(client, "x")["conversation"]
    client.call("conversation.tag", {"conversation": c, "add": [HOSTILE]})
    assert shell.completed("askctl conv list --tag it", "touch") == ["askctl", "conv", "list", "--tag", HOSTILE]
    assert not (home.path / "pwned").exists()


@pytest.mark.parametrize("quote", ["'", '"'])
def test_within_quotes(shell, client, home, quote):
    c = say(client, "x")["conversation"]
    client.call("conversation.tag", {"conversation": c, "add": ["two words $(touch pwned)"]})
    assert shell.completed(f"askctl conv list --tag {quote}two", "touch")[-1] == "two words $(touch pwned)"
    assert not (home.path / "pwned").exists()


def test_titles_are_shown(shell, client, home):
    """And nothing in them is run."""
    for title in ("first $(touch pwned)", "second `touch pwned` it's"):
        c = say(client, title)["conversation"]
        client.call("conversation.rename", {"conversation": c, "title": title})
    shell.tab("askctl conv show ")
    shell.wait_for(lambda s: len(s.split("\n")) > 2 or c[:4] in s)
    shell.type("", *TABS_TO_LIST[shell.name])  # where the first has put in what all have in common
    shown = shell.wait_for(lambda s: "first $(touch" in s and "second `touch" in s)
    assert c[:8] in shown and not (home.path / "pwned").exists()


def test_files(shell, home):
    (home.path / "some file.txt").write_text("x")
    assert shell.completed("ask -a some", "file.txt")[:3] == ["ask", "-a", "some file.txt"]


def test_behind_words_with_quotes(shell):
    assert shell.completed("ask 'it is' \"a $HOME\" x\\ y -m fake/ec", "fake/echo")[1] == "it is"


def test_without_a_daemon_nothing_is_said(shell, daemon):
    daemon.end()
    shell.tab("ask -m fake/ec")
    shell.type("END")
    shown = shell.wait_for("END")
    assert shown.count("\n") == 1 and shown.endswith("$ ask -m fake/ecEND")


def test_fish_without_a_terminal(daemon, home):
    if shutil.which("fish") is None:
        pytest.skip("there is no fish")
    with Tmux(home):  # for its folder with the programs
        env = home.env(PATH=f"{home.path / 'bin'}:/usr/bin:/bin", ASKD_AUTOSTART="0", **PATIENT)
    r = subprocess.run(
        ["fish", "--no-config", "-c", f". {FOLDER}/ask.fish; complete -C 'askctl conv un'"],
        env=env, capture_output=True, text=True, timeout=60,
    )
    assert r.stdout.splitlines()[0].startswith("undo\thave back") and len(r.stdout.splitlines()) == 3, r
