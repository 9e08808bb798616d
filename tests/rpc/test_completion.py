"""What the programs say that could follow: `ask --completion WORD...`, `askctl --completion WORD...`."""

import os
import re
import signal
import socket
import time

import pytest

from client import detached, say
from conftest import wait_until

UNAVAILABLE = 69
PATIENT = {"ASKD_COMPLETION_MS": "30000"}  # where it is not the time that is looked at
TITLE = "it's \"a title\" $(touch pwned) `x`\nwith\ta second line"


def offered(program, *words):
    """(what the shell is to offer besides, {word: what it is})"""
    r = program("--completion", *words, env=PATIENT)
    assert r.returncode == 0 and r.stderr == ""
    first, *lines = r.stdout.splitlines()
    return first, {line.split("\t")[0]: line.partition("\t")[2] for line in lines}


def words(program, *words_):
    first, found = offered(program, *words_)
    assert first == "nothing"
    return list(found)


# -- what the programs know themselves


def test_options_of_ask(ask):
    told = set(re.findall(r"--([a-z-]+)", ask("--help=all").stdout))
    first, found = offered(ask, "--")
    assert first == "nothing" and {o[2:] for o in found} <= told and len(found) > 30 and all(found.values())
    assert words(ask, "--sch") == ["--schema", "--schema-retry"] and words(ask, "-") == list(found)
    assert words(ask, "a prompt", "--und") == ["--undo"]


@pytest.mark.parametrize("before", [(), ("--", "-"), ("a", "prompt"), ("-c",)])
def test_a_prompt_is_anybodys(ask, before):
    assert offered(ask, *before, "wor") == ("nothing", {})


def test_no_options_behind_two_dashes(ask, askctl):
    assert words(ask, "--", "--") == [] and words(askctl, "conv", "--", "--") == []


@pytest.mark.parametrize("option, value", [("--cache", "only"), ("--reasoning", "show"), ("--help", "tasks")])
def test_words_of_ask_are_those_it_takes(ask, option, value):
    offers = words(ask, f"{option}=")
    assert f"{option}={value}" in offers
    for word in offers:
        assert ask("--socket", "/none/x", word, "x").returncode == (0 if option == "--help" else UNAVAILABLE)
    if option != "--help":
        assert words(ask, option, value[:2]) == [value] and words(ask, option[:-1], value[:2]) == [value]


@pytest.mark.parametrize("before", [("-a",), ("--attach",), ("-ca",), ("--schema",), ("--socket",), ("--edit",), ("x", "--edit")])
def test_files_are_the_shells_own(ask, before):
    assert offered(ask, *before, "wor") == ("files", {})


def test_a_value_in_the_options_word(ask):
    assert offered(ask, "--attach=wor")[0] == "files" and offered(ask, "-awor")[0] == "files"
    assert words(ask, "--cache=o") == ["--cache=only", "--cache=off"]


def verbs_of(askctl, *group):
    return words(askctl, *group, "")


def test_verbs_of_askctl(askctl):
    told = re.findall(r"^  ([a-z]+(?:, [a-z]+)*)  ", askctl("--help").stdout, re.M)
    assert sorted(v for line in told for v in line.split(", ")) == sorted(verbs_of(askctl))
    assert words(askctl, "un") == ["untrust"] and words(askctl, "--json", "un") == ["untrust"]
    assert {"list", "undo"} <= set(verbs_of(askctl, "conv")) and words(askctl, "conv", "un") == ["unpin", "untag", "undo"]
    assert words(askctl, "nosuch", "") == [] == words(askctl, "conv", "nosuch", "")


def test_each_verb_offers_the_options_it_takes(askctl):
    groups = [()] + [(v,) for v in verbs_of(askctl) if " VERB" in askctl(v, "--help").stdout.replace("[VERB]", "VERB").splitlines()[0]]
    assert len(groups) > 5
    for group in groups:
        for verb in verbs_of(askctl, *group):
            if (verb,) in groups:
                continue
            told = re.findall(r"^  (?:-\w,| {3}) --([a-z-]+)", askctl(*group, verb, "--help").stdout, re.M)
            assert {f"--{o}" for o in told} == set(words(askctl, *group, verb, "--")), (group, verb)


def test_words_of_askctl_are_those_it_takes(askctl):
    for args, option in [(("answers",), "--state"), (("models",), "--capability"), (("conv", "export"), "--format")]:
        offers = words(askctl, *args, option, "")
        assert len(offers) > 2
        for word in offers:
            assert "is none of" not in askctl("--socket", "/none/x", *args, option, word).stderr
    assert words(askctl, "usage", "--by", "model,pr") == ["model,provider"]
    assert words(askctl, "status", "--format", "") == []


def test_no_more_arguments_than_it_takes(daemon, client, askctl):
    answer = detached(client, "echo")
    wait_until(lambda: client.call("answer.get", {"answer": answer})["state"] == "done", "it is done")
    assert words(askctl, "attach", "") == [answer] and words(askctl, "attach", answer, "") == []
    assert words(askctl, "wait", answer, "") == [answer]


# -- what the daemon knows


def test_models_and_aliases(daemon, ask, askctl):
    one = words(ask, "-m", "fake/ec")
    assert one == ["fake/echo"] == words(askctl, "models", "show", "fake/ec")
    assert words(ask, "-m", "fake/echo,fake/ec") == ["fake/echo,fake/echo"]
    assert words(ask, "--model=x,fake/ec") == ["--model=x,fake/echo"] and words(ask, "-mfake/ec") == ["-mfake/echo"]


@pytest.mark.askd(extra='[alias "swift"]\nmodels = fake/echo\n')
def test_an_alias(daemon, ask):
    assert offered(ask, "-m", "swi") == ("nothing", {"swift": "alias"})


def test_conversations_with_titles(daemon, client, ask, askctl):
    c = say(client, "x")["conversation"]
    client.call("conversation.rename", {"conversation": c, "title": TITLE.replace("\n", " ").replace("\t", " ")})
    first, found = offered(ask, "--conversation", "")
    assert list(found) == [c] and found[c].startswith('it\'s "a title" $(touch pwned) `x` with')
    assert words(askctl, "conv", "show", c[:8]) == [c] and words(askctl, "conv", "rm", c, c[:3]) == [c]
    assert words(askctl, "conv", "undo", "") == []
    client.call("conversation.delete", {"conversation": c})
    assert words(askctl, "conv", "undo", "") == [c] and words(askctl, "conv", "show", "") == []


def test_tags_once_each(daemon, client, askctl):
    for i in range(3):
        c = say(client, f"{i}")["conversation"]
        client.call("conversation.tag", {"conversation": c, "add": ["work", "$(touch pwned) it's"]})
    assert sorted(words(askctl, "conv", "list", "--tag", "")) == ["$(touch pwned) it's", "work"]
    assert words(askctl, "conv", "tag", c, "wo") == ["work"]


def test_prompts_answers_providers_methods(daemon, client, ask, askctl):
    assert "explain" in words(ask, "-p", "exp") and "explain" in words(askctl, "prompts", "show", "exp")
    running = detached(client, "hang-after-2")
    assert words(askctl, "cancel", "") == [running]
    assert "fake" in words(askctl, "keys", "test", "") and words(askctl, "models", "--provider", "fa") == ["fake"]
    assert {"answer.get", "answer.list"} <= set(words(askctl, "call", "answer."))
    client.call("answer.cancel", {"answer": running})
    assert words(askctl, "cancel", "") == []


def test_the_socket_that_is_named(daemon, home, ask):
    away = {"XDG_RUNTIME_DIR": str(home.path), **PATIENT}
    for named in (["--socket", str(home.socket)], [f"--socket={home.socket}"]):
        r = ask("--completion", *named, "-m", "fake/ec", env=away)
        assert r.stdout == "nothing\nfake/echo\n"


# -- when there is nothing to ask


def test_no_daemon_is_started(home, ask):
    r = ask("--completion", "-m", "", env={"ASKD_AUTOSTART": "1", **PATIENT})
    assert (r.returncode, r.stdout, r.stderr) == (0, "nothing\n", "") and not home.socket.exists()


def timed(program, *words_, env=None):
    """The shortest of several runs: others use this machine too."""
    best = 9.0
    for _ in range(7):
        begun = time.monotonic()
        r = program("--completion", *words_, env=env)
        best = min(best, time.monotonic() - begun)
        assert (r.returncode, r.stderr) == (0, "")
    return best, r.stdout


def unasked(program):
    """The yardstick: what takes as long where nobody is asked."""
    return timed(program, "--mod")[0]


def test_a_daemon_that_hangs_is_not_waited_for(daemon, ask):
    daemon.signal(signal.SIGSTOP)
    try:
        best, out = timed(ask, "-m", "")
    finally:
        daemon.signal(signal.SIGCONT)
    assert out == "nothing\n" and best < 50 * unasked(ask)


def test_a_peer_that_speaks_otherwise(home, ask):
    home.socket.parent.mkdir(mode=0o700)
    with socket.socket(socket.AF_UNIX) as s:
        s.bind(str(home.socket))
        os.chmod(home.socket, 0o600)
        s.listen(0)
        assert ask("--completion", "-m", "").stdout == "nothing\n"


@pytest.mark.parametrize("before, least", [("-m", 1), ("--conversation", 50), ("-p", 5)])
def test_it_is_fast(daemon, client, ask, before, least):
    for i in range(50):
        say(client, f"{i}")
    best, out = timed(ask, before, "", env=PATIENT)
    assert len(out.splitlines()) > least and best < 12 * unasked(ask)
