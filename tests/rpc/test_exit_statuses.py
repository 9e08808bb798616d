"""Exit statuses: the manual's table against the rows in the source, and ask against both."""

import re

import pytest

from conftest import HERE
from helpers_scripted import Scripted

SOURCE = HERE.parent


def statuses():
    """{EXIT_X: number} of the header."""
    text = (SOURCE / "client/common/exit.h").read_text()
    body = text[text.index("enum exit_status {") : text.index("};")]
    return {name: int(n) for name, n in re.findall(r"(EXIT_\w+)\s*=\s*(\d+)", body)}


def outcomes():
    """[(code, number)] of the table of the protocol's codes."""
    rows = re.findall(r"\{ERR_(\w+), (EXIT_\w+),", (SOURCE / "client/common/exit.c").read_text())
    assert len(rows) == 18
    return [(code.lower(), statuses()[status]) for code, status in rows]


def manual():
    """{number: what is said of it} of ask.1."""
    page = (SOURCE / "doc/ask.1.in").read_text()
    page = page[page.index(".Sh EXIT STATUS") : page.index(".Sh EXAMPLES")]
    return {int(n): text for n, text in re.findall(r"\.It (\d+)\n(.*?)(?=\.It|\.El)", page, re.S)}


def codes(text):
    return {code for line in re.findall(r"\.Pq Cm (.*)", text) for code in re.findall(r"[a-z_]{4,}", line)}


def test_the_manual_has_each_status_and_no_other():
    assert set(manual()) == set(statuses().values())


def test_each_code_stands_beside_its_status_and_the_budget_of_ones_own_beside_two_more():
    told = {(code, n) for n, text in manual().items() for code in codes(text)}
    assert told == {*outcomes(), ("budget_exceeded", 75), ("budget_exceeded", 78)}


@pytest.fixture
def refused(home, ask):
    """Runs ask against a daemon that refuses with that error."""
    daemon = Scripted(home)

    def run(**error):
        daemon.replies["chat"] = Exception(error)
        return ask("hi")

    yield run
    daemon.stop()


@pytest.mark.parametrize("code, status", outcomes())
def test_ask_ends_so(refused, code, status):
    r = refused(code=code, message="it is so", provider="p")
    assert r.returncode == status and "it is so" in r.stderr


@pytest.mark.parametrize(
    "message, status",
    [
        ('the budget "b" has 0 usd left of 1 usd, and this may take 2 usd; it resets at 2026-12-01 00:00 UTC', 75),
        ("the budget \"b\" is in usd, and the price of p/m is not known; 'unpriced = allow' there lets it pass", 78),
    ],
)
def test_a_budget_of_ones_own(refused, message, status):
    r = refused(code="budget_exceeded", message=message, param="budget")
    assert (r.returncode, r.stderr) == (status, f"ask: {message}\n")
