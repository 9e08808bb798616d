"""What the plugin for Vim decides without a daemon: what differs, what is code, what stands behind a command."""

import json
import random

import pytest
from helpers_vim import Vim


@pytest.fixture(scope="module")
def vim():
    from conftest import Home

    with Home.made() as home, Vim(home) as v:
        yield v


def call(v, function, *args):
    written = (f"v:{json.dumps(a)}" if isinstance(a, bool) else json.dumps(a, ensure_ascii=False) for a in args)
    return v.eval(f"{function}({', '.join(written)})")


def applied(old, changes):
    lines = list(old)
    for first, n, new in reversed(changes):
        lines[first : first + n] = new
    return lines


@pytest.mark.parametrize(
    "old, new, changes",
    [
        ("", "", 0), ("a", "a", 0), ("", "a", 1), ("a", "", 1), ("a", "b", 1), ("abc", "abc", 0), ("abc", "axc", 1),
        ("abcde", "xbcdy", 2), ("abcabba", "cbabac", None), ("aaaa", "aa", 1), ("ab", "ba", None), ("abc", "zabc", 1),
        ("abc", "abcz", 1), ("abcdefgh", "aXcdYfgZ", 3),
    ],
)  # fmt: skip
def test_changes(vim, old, new, changes):
    got = call(vim, "askd#diff#Changes", list(old), list(new))
    assert applied(list(old), got) == list(new)
    assert changes is None or len(got) == changes


def test_changes_of_random_lines(vim):
    dice = random.Random(12)
    for _ in range(150):
        old = [dice.choice("abcd{}") for _ in range(dice.randrange(30))]
        new = [line for line in old if dice.random() < 0.8]
        for _ in range(dice.randrange(4)):
            new.insert(dice.randrange(len(new) + 1), dice.choice("abxy"))
        got = call(vim, "askd#diff#Changes", old, new)
        assert applied(old, got) == new, (old, new)
        lines = [first for first, _, _ in got]
        assert lines == sorted(set(lines))


def test_changes_of_much(vim):
    """Beyond what is compared exactly: still right, and not slow."""
    old = [f"line {i}" for i in range(3000)]
    new = [line if i % 3 else f"other {i}" for i, line in enumerate(old)]
    vim.ex(f"let g:old = {json.dumps(old)} | let g:new = {json.dumps(new)}")
    vim.ex("let g:start = reltime() | let g:got = askd#diff#Changes(g:old, g:new) | let g:took = reltime(g:start)")
    assert applied(old, vim.eval("g:got")) == new and len(vim.eval("g:got")) == 1000
    assert vim.eval("reltimefloat(g:took)") < 1


@pytest.mark.parametrize(
    "text, code",
    [
        ("a\nb", "a\nb"), ("\n\n  a\nb\n\n", "  a\nb"), ("```c\na\n```", "a"), ("```\na\n\n```\nThat was it.", "a"),
        ("````md\n```\na\n```\n````\n", "```\na\n```"), ("a\n```\nb\n```\n", "a\n```\nb\n```"), ("```c\na", "a"),
        ("a\r\nb\r\n", "a\nb"), ("", ""), ("\n", ""), ("```", ""), ("  ```py\n  a\n  ```\n", "  a"), ("`a`", "`a`"),
    ],
)  # fmt: skip
def test_code(vim, text, code):
    assert "\n".join(call(vim, "askd#code#Only", text)) == code


@pytest.mark.parametrize(
    "text, code",
    [
        ("```c\na\nb", "a"), ("``", ""), ("```c\n", ""), ("```c\na\n``", "a"), ("```c\na\n```\nx", "a"), ("a\nb\nc", "a\nb"),
        ("a\nb\n", "a\nb"),
    ],
)  # fmt: skip
def test_code_that_is_coming(vim, text, code):
    assert "\n".join(call(vim, "askd#code#Only", text, True)) == code


@pytest.mark.parametrize(
    "text, found",
    [
        ("hello there", {"words": "hello there"}),
        ("-m gpt hello -p x", {"model": "gpt", "words": "hello -p x"}),
        ("-mgpt -p fix -c last", {"model": "gpt", "prompt": "fix", "conversation": "last"}),
        ("  -- -m is an option  ", {"words": "-m is an option"}),
        ("- a", {"error": "- is no option; -- ends them"}),
        ("--", {}), ("", {}), ("-c", {"error": "-c needs a value"}),
        ("--model x", {"error": "--model is no option; -- ends them"}),
    ],
)  # fmt: skip
def test_arguments(vim, text, found):
    got = call(vim, "askd#args#Parse", text)
    assert {key: value for key, value in got.items() if value} == found


def test_tabs_and_control_characters_of_virtual_text(vim):
    assert call(vim, "askd#look#Plain", "\ta\x1b[0m\tb", 4) == "    a [0m   b"
    assert call(vim, "askd#look#Plain", "a\tb", 8, 6) == "a b"
