"""Neovim: suggestions at the cursor."""

import random

import pytest

from conftest import wait_until
from helpers_nvim import Nvim

KEYS = (
    "suggest = true, suggest_delay = 20, suggest_keys ="
    " {accept = '<Tab>', accept_word = '<C-f>', accept_line = '<C-l>', dismiss = '<C-g>'}"
)
PAUSE = 0.15  # seconds in which nothing is to happen: many times the delay


@pytest.fixture
def daemon_of_steered(home, steered, start_daemon):
    home.write_config(steered.base_url)
    return start_daemon()


@pytest.fixture
def nvim(home, daemon_of_steered, tmp_path):
    with Nvim(home, setup=KEYS, cwd=tmp_path) as n:
        n.edit(tmp_path / "x.py", "import os\n\n\ndef last():\n    pass\n")
        n.command("set noautoindent indentexpr= indentkeys=")
        n.command("2")
        yield n


def ghost(nvim):
    """The lines that are shown behind the cursor; [] where nothing is."""
    found = nvim.marks("askd-ghost")
    if not found:
        return []
    ((_, _, d),) = found
    lines = ["".join(c[0] for c in d["virt_text"][:1])]
    return lines + ["".join(c[0] for c in line if c[1] == "AskdGhost") for line in d.get("virt_lines", [])]


def wait_ghost(nvim, *lines):
    wait_until(lambda: ghost(nvim) == list(lines), lambda: f"{lines} is shown, not {ghost(nvim)}")


def ask(nvim, steered, keys):
    """Types; the request that comes of it at the provider."""
    n = len(steered.requests)
    nvim.keys(keys)
    steered.wait(lambda: len(steered.requests) > n, "a suggestion is asked for")
    return steered.requests[-1]


def suggest(nvim, steered, keys, text):
    request = ask(nvim, steered, keys)
    request.say(text)
    request.end("stop")
    wait_ghost(nvim, *text.split("\n"))
    return request


def quiet(steered, requests):
    """Nobody is asked."""
    steered.look(PAUSE)
    steered.look(PAUSE)
    assert len(steered.requests) == requests


def line(nvim, number=2):
    return nvim.eval(f"getline({number})")


def test_it_is_shown_while_it_comes_and_accepted(nvim, steered):
    request = ask(nvim, steered, "Idef f")
    text = str(request.messages)
    assert "import os" in text and "def f" in text and "def last" in text
    request.say("irst(a)")
    wait_ghost(nvim, "irst(a)")
    request.say(":\n    return a")
    wait_ghost(nvim, "irst(a):", "    return a")
    assert line(nvim) == "def f", "the text is as it was"
    request.end("stop")
    nvim.wait_lua("return require('askd.client').held().streams == 0")
    nvim.keys("<Tab>")
    nvim.wait("getline(3) == '    return a'")
    assert line(nvim) == "def first(a):" and ghost(nvim) == []
    assert nvim.eval("[line('.'), col('.')]") == [3, 13]
    nvim.keys("!")
    nvim.wait("getline(3) == '    return a!'")


def test_a_word_a_line_and_the_rest(nvim, steered):
    suggest(nvim, steered, "Ix", " = foo.bar(1)\ny = 2\nz = 3")
    for shown, key in (("x =", "<C-f>"), ("x = foo", "<C-f>"), ("x = foo.", "<C-f>"), ("x = foo.bar(1)", "<C-l>")):
        nvim.keys(key)
        nvim.wait(f"getline(2) == '{shown}'")
    wait_ghost(nvim, "", "y = 2", "z = 3")
    nvim.keys("<C-l>")
    nvim.wait("getline(3) == 'y = 2'")
    wait_ghost(nvim, "", "z = 3")
    nvim.keys("<Tab>")
    nvim.wait("getline(4) == 'z = 3'")
    wait_ghost(nvim)


def test_typing_along_asks_nobody(nvim, steered):
    suggest(nvim, steered, "Ia", "bcdef\nnext")
    for i, key in enumerate("bcdef"):
        nvim.keys(key)
        wait_ghost(nvim, "bcdef"[i + 1 :], "next")
    nvim.keys("<CR>ne")
    wait_ghost(nvim, "xt")
    nvim.keys("<BS>")
    wait_ghost(nvim, "ext")
    quiet(steered, 1)


def test_typing_something_else_ends_it_at_the_provider(nvim, steered):
    request = ask(nvim, steered, "Ia")
    request.say("bcd")
    wait_ghost(nvim, "bcd")
    nvim.keys("x")
    steered.wait(lambda: request.aborted, "the provider is told")
    assert ghost(nvim) == []
    steered.wait(lambda: len(steered.requests) == 2, "it is asked anew")


def test_dismissed_it_is_gone_until_something_is_typed(nvim, steered):
    suggest(nvim, steered, "Ia", "bcd")
    nvim.keys("<C-g>")
    wait_ghost(nvim)
    quiet(steered, 1)
    ask(nvim, steered, "q")


def test_leaving_insert_mode_ends_it(nvim, steered):
    request = ask(nvim, steered, "Ia")
    nvim.keys("<Esc>")
    steered.wait(lambda: request.aborted, "the provider is told")
    quiet(steered, 1)


def test_moving_about_asks_nobody(nvim, steered):
    suggest(nvim, steered, "Ia", "bcd")
    nvim.keys("<Down>")
    wait_ghost(nvim)
    nvim.keys("<Up><End>")
    quiet(steered, 1)


def test_keys_are_themselves_where_nothing_is_shown(nvim, steered):
    nvim.keys("I<Tab>")
    nvim.wait("getline(2) == \"\\t\"")


def test_a_key_that_is_mapped_is_left_alone(home, daemon_of_steered):
    with Nvim(home, "--cmd", "inoremap <Tab> mine", setup=KEYS) as n:
        n.keys("i<Tab>")
        n.wait("getline(1) == 'mine'")
        assert "<Tab> is mapped already" in n.output()


def test_they_are_off_unless_wanted(home, daemon_of_steered, steered):
    with Nvim(home, setup="suggest_delay = 20") as n:
        n.set_lines(["text"])
        n.keys("Amore")
        n.wait("getline(1) == 'textmore'")
        quiet(steered, 0)
        n.keys("<Esc>")
        n.command("AskSuggest on")
        ask(n, steered, "A!")
        n.keys("<Esc>")
        n.command("AskSuggest toggle")
        n.keys("A!")
        quiet(steered, 1)
        n.command("AskSuggest maybe")
        assert "one of" in n.told()[-1]


def test_in_the_middle_of_a_line_what_is_behind_it_stays_in_sight(nvim, steered):
    nvim.keys("Ifoo()<Esc>")
    request = ask(nvim, steered, "ia")
    request.say(", b")
    wait_ghost(nvim, ", b")
    if not nvim.eval("has('nvim-0.10')"):
        ((_, column, d),) = nvim.marks("askd-ghost")
        assert (column, d["virt_text"]) == (5, [[", b", "AskdGhost"], [")", "Normal"]])
    nvim.keys("<Tab>")
    nvim.wait("getline(2) == 'foo(a, b)'")


def test_an_error_is_told_once(nvim, steered):
    for key in ("Ia", "b", "c"):
        ask(nvim, steered, key).refuse(400)
        nvim.wait_told("injected 400")
    assert len([t for t in nvim.told() if "injected" in t]) == 1


def test_the_sides_of_a_large_buffer_are_cut(nvim):
    """At lines of which the first stays the same while one types, and between characters."""
    code = """
        local buf = vim.api.nvim_create_buf(false, true)
        local lines = {}
        for i = 1, 5000 do lines[i] = 'line ' .. i end
        lines[2600] = ('ä'):rep(100000)
        vim.api.nvim_buf_set_lines(buf, 0, -1, false, lines)
        local out = {}
        for _, at in ipairs({{2000, 3}, {2001, 3}, {2600, 1}, {0, 0}, {2599, 30000}}) do
          out[#out + 1] = {require('askd.suggest').sides(buf, at[1], at[2])}
        end
        return out
    """
    sides = nvim.lua(code)
    assert sides[0][0].startswith("line 1601\n") and sides[0][0].endswith("\nlin")
    assert sides[1][0].startswith("line 1601\n"), "one line on, it begins where it began"
    assert sides[0][1].startswith("e 2001\n") and sides[0][1].endswith("\nline 2401")
    assert sides[3][0] == "" and len(sides[3][1]) <= 32768
    for before, behind in sides:
        assert max(len(before.encode()), len(behind.encode())) <= 32768


INSERTED = "a b ( ) ä <Space> <CR> <BS> <Left> <Right> <Up> <Down> <Home> <End> <C-w> <C-u> <Del>".split()
MOVED = "x dd p u <C-r> J gg G k j 0 $".split()


def random_keys(rng, n):
    keys = []
    for _ in range(n):
        keys.append(rng.choice("iaoOIA") if not keys or keys[-1] == "<Esc>" else rng.choice(INSERTED))
        if rng.random() < 0.1:
            keys += ["<Esc>", *rng.choices(MOVED, k=2), "<Esc>"]
    return [*keys, "<Esc>"]


@pytest.mark.parametrize("seed", range(3))
def test_whatever_is_typed_the_text_is_what_it_is_without(home, provider, start_daemon, tmp_path, seed):
    """Suggestions come and go meanwhile, of one line and of several; nobody accepts them."""
    home.write_config(provider.behave("text-60-7"))
    start_daemon()
    keys = random_keys(random.Random(seed), 400)
    texts = []
    for on in ("true", "false"):
        with Nvim(home, setup=f"suggest = {on}, suggest_delay = 0", cwd=tmp_path, name=f"n{on}") as n:
            n.set_lines(["one", "\ttwo ä", "three"])
            for i, key in enumerate(keys):
                n.keys(key)
                n.eval("1")  # by now it was worked off, and timers and events had their turn
                if i % 4 == 0:  # or nothing may ever come, where the keys are faster than the daemon
                    n.wait_lua("return require('askd.client').held().calls == 0")
            n.wait("mode() == 'n'")
            texts.append((n.lines(), n.eval("getpos('.')"), n.told()))
    assert texts[0] == texts[1]
    assert provider.stats()["requests"] > 20, "suggestions were asked for"


def test_setup_may_be_called_again(nvim):
    nvim.lua(f"require('askd').setup({{{KEYS}}})")
    nvim.lua("require('askd').setup({model = 'm'})")
    assert nvim.told() == [] and nvim.lua("return require('askd.suggest').is_enabled()")
    nvim.lua("require('askd').setup({suggest = false})")
    assert not nvim.lua("return require('askd.suggest').is_enabled()")
    nvim.command("inoremap <C-y> x")
    nvim.lua("require('askd').setup({suggest_keys = {accept = '<C-y>'}})")
    assert "mapped already" in nvim.told()[-1]


def test_control_characters_are_shown_harmlessly(nvim, steered):
    request = ask(nvim, steered, "ox")
    request.say("a\0b\x1bc\nd\0")
    request.end("stop")
    wait_ghost(nvim, "a?b?c", "d?")
    nvim.keys("<Tab>")
    nvim.wait_lines("d\0")
    assert nvim.lines()[2:4] == ["xa\0b\x1bc", "d\0"]
    request = ask(nvim, steered, "x")
    request.say("y")
    request.end("stop")
    wait_ghost(nvim, "y")
    assert nvim.told() == []
