"""ask -p and askctl prompts."""

import json

import pytest

from client import outcome  # noqa: F401
from conftest import askctl_path
from helpers_prompts import SHIPPED, prompts  # noqa: F401
from helpers_terminal import on_terminal

OTHER, USAGE, DATA = 1, 64, 65

pytestmark = pytest.mark.askd(provider={"retries": "0"})


def test_words_and_pipe_are_the_input(daemon, ask, prompts):
    prompts.write("p.md", "Say {{tone:kindly}} {{how}}: {{input}}")
    r = ask("-p", "p", "-v", "how=now", "the", "word", input="the pipe")
    assert (r.returncode, r.stdout, r.stderr) == (0, "Say kindly now: the word\n\nthe pipe", "")
    r = ask("--prompt=p", "--var", "how=a=b", "-vtone=", "x")
    assert r.stdout == "Say  a=b: x"


def test_no_input_is_needed(daemon, ask, prompts):
    prompts.write("p.md", "Say it")
    for input in (None, "", "\n \n"):
        assert ask("-p", "p", input=input).stdout == "Say it"


def test_options_go_before_the_file(daemon, ask, prompts, provider):
    prompts.write("p.md", "---\nmodel: fake/words-2\n---\n{{input}}")
    assert ask("-p", "p", "x").stdout.split() == ["word0", "word1"] or provider.bodies()[-1]["model"] == "words-2"
    assert ask("-p", "p", "-m", "fake/echo", "x").stdout == "x"


def test_in_a_conversation(daemon, ask, prompts, provider):
    prompts.write("p.md", "Say {{input}}")
    assert ask("-p", "p", "one").returncode == 0
    assert ask("-c", "two").returncode == 0
    assert [m["content"] for m in provider.bodies()[-1]["messages"]] == ["Say one", "Say one", "two"]


@pytest.mark.parametrize(
    "args, status, words",
    [
        (["-p", "p", "x"], DATA, ["prompt p", "how", "ask -v how=VALUE", "tone (else kindly)"]),
        (["-p", "p", "-v", "how=a", "-v", "hwo=b", "x"], DATA, ["no variable hwo", "how"]),
        (["-p", "p", "-v", "how=a"], DATA, ["needs an input"]),
        (["-p", "nothing", "x"], OTHER, ["no prompt nothing", "askctl prompts"]),
        (["-p", "../p", "x"], DATA, ["../p"]),
        (["-v", "how=a", "x"], USAGE, ["--var needs --prompt"]),
        (["-p", "p", "-v", "how", "x"], USAGE, ["NAME=VALUE"]),
        (["-p", "p", "-v", "=a", "x"], USAGE, ["NAME=VALUE"]),
        (["-p", "p", *["-v", "how=a"] * 65, "x"], USAGE, ["64 times"]),
        (["-p", "p", "--continue-interrupted"], USAGE, ["exclude each other"]),
        (["-p"], USAGE, ["needs a value"]),
    ],
    ids=lambda v: str(v)[:60],
)
def test_what_is_missing_is_named(daemon, ask, prompts, provider, args, status, words):
    prompts.write("p.md", "Say {{tone:kindly}} {{how}}: {{input}}")
    r = ask(*args)
    assert (r.returncode, r.stdout) == (status, "")
    assert r.stderr.count("\n") == 1
    for word in words:
        assert word in r.stderr
    assert provider.stats()["requests"] == 0


def test_as_many_values_as_there_may_be(daemon, ask, prompts):
    prompts.write("p.md", "".join(f"{{{{v{i}}}}}" for i in range(64)))
    values = [a for i in range(64) for a in ("-v", f"v{i}={i % 10}")]
    assert ask("-p", "p", *values).stdout == "".join(str(i % 10) for i in range(64))


# -- askctl


def test_list(daemon, askctl, prompts):
    path = prompts.write("p.md", "---\ndescription: Says it\n---\n{{how}} {{tone:kindly}} {{input}}")
    bad = prompts.write("q.md", "---\ntemperature: hot\n---\nx")
    for args in (["prompts"], ["prompts", "list"]):
        r = askctl(*args)
        assert (r.returncode, r.stderr) == (0, "")
        rows = {line.split("\t")[0]: line.split("\t")[1:] for line in r.stdout.splitlines()}
        assert rows["p"] == ["Says it", "how= [tone=]", str(path)]
        assert rows["q"][0].startswith("cannot be used: ") and rows["q"][2] == str(bad)
        assert {p.stem for p in SHIPPED.glob("*.md")} < set(rows)
    listed = json.loads(askctl("prompts", "--json").stdout)
    assert {p["name"] for p in listed} == set(rows)


def test_show_and_path(daemon, askctl, prompts):
    path = prompts.write("p/system.md", "---\ndescription: d\nmodel: m\ntemperature: 0.5\nreasoning: 1000000\n---\nBe {{how:brief}}\n")
    prompts.write("p/user.md", "Say \x1b[2J\n")
    r = askctl("prompts", "show", "p")
    assert (r.returncode, r.stderr) == (0, "")
    lines = [
        "name         p",
        "description  d",
        f"path         {path}",
        "model        m",
        "temperature  0.5",
        "reasoning    1000000",
        "variables    [how=brief]",
        "",
        "system:",
        "",
        "Be {{how:brief}}",
        "",
        "prompt:",
        "",
        "Say \x1b[2J",
    ]
    assert r.stdout.splitlines() == lines
    assert askctl("prompts", "path", "p").stdout == f"{path}\n"
    assert json.loads(askctl("prompts", "show", "p", "--json").stdout)["model"] == "m"


def test_show_bad(daemon, askctl, prompts):
    prompts.write("q.md", "---\ntemperature: hot\n---\nx")
    r = askctl("prompts", "show", "q")
    assert r.returncode == 0 and "error        " in r.stdout and "line 2" in r.stdout


@pytest.mark.parametrize("verb", ["show", "path"])
def test_show_nothing(daemon, askctl, verb):
    r = askctl("prompts", verb, "nothing")
    assert r.returncode == OTHER and "no prompt nothing" in r.stderr
    assert askctl("prompts", verb, "n" * 5000).returncode == DATA
    assert askctl("prompts", verb, "n" * 100_000).returncode == USAGE
    assert askctl("prompts", verb).returncode == USAGE


def test_an_empty_list_says_so_on_a_terminal(home, start_daemon):
    env = home.env(ASKD_AUTOSTART="0", ASKD_DATADIR=str(home.path / "none"))
    start_daemon(env={"ASKD_DATADIR": str(home.path / "none")})
    for verb, words in ((["prompts"], "there is no prompt"), (["trust", "--list"], "no project file is trusted")):
        status, text = on_terminal([askctl_path(), *verb], env, 80, 24)
        assert status == 0 and words in " ".join(text.split()), (verb, text)
