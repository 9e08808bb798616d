"""How a conversation is named to askctl conv: by its id, the beginning of one, or as the last."""

import pytest

from helpers_scripted import Scripted

OTHER, USAGE = 1, 64
TITLES = ["first", "second \x1b[31mred", "通义千问", "fourth", "fifth", "sixth", "seventh"]


def an_id(n):
    return f"0198abcd-{n:04x}-7000-8000-000000000000"


@pytest.fixture
def scripted(home):
    """Conversations of one beginning, the one that changed last first."""
    s = Scripted(home)
    s.listed = [{"conversation": an_id(i), "title": t, "updated": 1764230400.0 - i} for i, t in enumerate(TITLES)]

    def listing(params):
        at = next((i + 1 for i, x in enumerate(s.listed) if x["conversation"] == params.get("before")), 0)
        return s.listed[at : at + params["limit"]]

    s.replies["conversation.list"] = listing
    s.replies["conversation.get"] = lambda params: {"title": "found " + params["conversation"], "messages": []}
    yield s
    s.stop()


def test_an_ambiguous_beginning_names_them(scripted, askctl):
    r = askctl("conv", "show", "0198abcd")
    lines = r.stderr.splitlines()
    assert (r.returncode, r.stdout, len(lines)) == (OTHER, "", 7)
    assert "7 conversations" in lines[0] and "2 more" in lines[6] and "\x1b" not in r.stderr
    assert all(an_id(i) in lines[i + 1] and "2025-11-2" in lines[i + 1] for i in range(5)) and "通义千问" in lines[3]


def test_as_many_as_are_told(scripted, askctl):
    scripted.listed = scripted.listed[:5]
    assert len(askctl("conv", "show", "0198abcd").stderr.splitlines()) == 6


def test_one_more_character_is_enough(scripted, askctl):
    assert askctl("conv", "show", "0198abcd-0003").stdout == f"# found {an_id(3)}\n"


def test_the_last(scripted, askctl):
    assert askctl("conv", "show", "last").stdout == f"# found {an_id(0)}\n"
    assert [p["limit"] for p in scripted.asked("conversation.list")] == [1]


def test_the_last_of_none(scripted, askctl):
    scripted.listed = []
    r = askctl("conv", "show", "last")
    assert (r.returncode, r.stdout) == (OTHER, "") and "no conversation is stored" in r.stderr


@pytest.mark.parametrize("name", ["Last", "0198abc", "what it is called", ""])
def test_what_names_none(scripted, askctl, name):
    r = askctl("conv", "show", name)
    assert r.returncode == USAGE and "nor 'last'" in r.stderr
