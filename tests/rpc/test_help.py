"""What the programs say of themselves fits the smallest terminal, 80 by 24, with the prompt below it."""

import re

import pytest

COLUMNS, LINES = 80, 24

GROUPS = ("cache", "conv", "keys", "models", "prompts", "providers")


def verbs_told(usage):
    """The verbs in what askctl --help prints: a line for each theme."""
    return [v for line in re.findall(r"^  ([a-z]+(?:, [a-z]+)*)  ", usage, re.M) for v in line.split(", ")]


@pytest.mark.parametrize("words", [(), *((g,) for g in GROUPS), ("cache", "clear"), ("conv", "list"), ("keys", "import"), ("models", "list")], ids="-".join)
def test_askctl_help_fits(askctl, words):
    r = askctl(*words, "--help")
    lines = r.stdout.splitlines()
    assert (r.returncode, r.stderr) == (0, "") and lines[0].startswith(" ".join(("Usage: askctl", *words)))
    assert max(map(len, lines)) <= COLUMNS and len(lines) < LINES


def test_groups_are_all_there_are(askctl):
    """That the test above misses none."""
    told = [v for v in verbs_told(askctl("--help").stdout) if " VERB" in askctl(v, "--help").stdout.splitlines()[0].replace("[VERB]", "VERB")]
    assert sorted(told) == sorted(GROUPS)


TOPICS = ("question", "conversation", "output", "tasks", "general")


def options_told(text):
    return re.findall(r"^  (?:-\w,|   ) (--[a-z-]+)", text, re.M)


@pytest.mark.parametrize("topic", ["", *("=" + t for t in TOPICS)])
def test_ask_help_fits(ask, topic):
    r = ask("--help" + topic)
    lines = r.stdout.splitlines()
    assert (r.returncode, r.stderr) == (0, "") and options_told(r.stdout)
    assert max(map(len, lines)) <= COLUMNS and len(lines) < LINES


def test_ask_help_tells_each_option_once(ask):
    """All of it is its topics, of which the short help tells; and what that has too, it tells in the same words."""
    daily, everything = ask("--help").stdout, ask("--help=all").stdout
    told = options_told(everything)
    assert told == [o for t in TOPICS for o in options_told(ask(f"--help={t}").stdout)]
    assert len(told) == len(set(told)) and max(map(len, everything.splitlines())) <= COLUMNS
    assert "--help=" + ", ".join((*TOPICS, "all")) in daily
    assert set(re.findall(r"^  .*", daily, re.M)) <= set(re.findall(r"^  .*", everything, re.M))


def test_ask_help_of_what_is_no_topic(ask):
    r = ask("--help=nothing")
    assert (r.returncode, r.stdout) == (64, "") and r.stderr == "ask: --help has no topic 'nothing': see ask --help\n"
