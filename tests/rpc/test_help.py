"""What the programs say of themselves fits the smallest terminal, 80 by 24, with the prompt below it."""

import re

import pytest

COLUMNS, LINES = 80, 24
ASK_LINES = 54  # it has no groups of verbs that could have a help of their own

GROUPS = ("cache", "conv", "keys", "models", "prompts")


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


def test_ask_help_fits(ask):
    r = ask("--help")
    lines = r.stdout.splitlines()
    assert (r.returncode, r.stderr) == (0, "") and max(map(len, lines)) <= COLUMNS and len(lines) < ASK_LINES
