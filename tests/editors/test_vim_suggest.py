"""Suggestions at the cursor in a real Vim: what is seen, what is taken, and who is asked for it."""

import pytest
from conftest import wait_until
from helpers_vim import Vim

pytestmark = pytest.mark.askd(provider={"retries": "0"})

FILE = ["before", "x = ", "behind"]
WORDS = "w0 w1 w2"
GONE_MS = 50


@pytest.fixture
def file(home, daemon):
    path = home.path / "main.txt"
    path.write_text("\n".join(FILE) + "\n")
    return path


class Suggesting(Vim):
    """The cursor stands behind `x = `, in insert mode, and a word was begun there."""

    def __init__(self, home, file, model, *, begin="v", on=True, **how):
        before = [f"let g:askd_suggest_model = 'fake/{model}'", "let g:askd_suggest_delay = 20", *how.pop("set", ())]
        super().__init__(home, file, set=[*before, "let g:askd_suggest_keys = 1"], rows=14, **how)
        if on:
            self.type(":AskSuggest on", "Enter")
        self.type("2GA" + begin)
        self.wait_eval("getline(2)", FILE[1] + begin)

    def shown(self, text):
        """Until the screen shows that in the place of the file's second line."""
        lines = [FILE[0], *text.split("\n"), FILE[2], "~"]
        want = [line.rstrip() for line in lines]
        self.wait_for(lambda s: [line.rstrip() for line in s.split("\n")][: len(lines)] == want)


def test_off_by_default(home, file, provider):
    with Suggesting(home, file, "words-3", on=False) as v:
        v.type("ab")
        v.wait_eval("getline(2)", "x = vab")
        assert provider.stats()["requests"] == 0 and v.eval("exists('#askd_suggest')") == 0


def test_all_of_it_is_one_step_of_undo(home, file):
    with Suggesting(home, file, "words-3") as v:
        v.shown("x = v" + WORDS)
        assert v.lines() == [FILE[0], "x = v", FILE[2]]
        column = v.tmux.ask("display", "-p", "#{cursor_x},#{cursor_y}").strip()
        assert column == "5,1"
        v.type("", "Tab")
        v.wait_eval("getline(2)", lambda line: line.rstrip() == "x = v" + WORDS)
        v.type("", "Escape")
        v.type("u")
        v.wait_eval("getline(1, '$')", [FILE[0], "x = v", FILE[2]])
        v.type("u")
        v.wait_eval("getline(1, '$')", FILE)


def test_a_word_and_the_rest_of_the_line(home, file, provider):
    with Suggesting(home, file, "words-3") as v:
        v.shown("x = v" + WORDS)
        v.type("", "M-Right")
        v.wait_eval("getline(2)", "x = vw0")
        v.shown("x = v" + WORDS)
        v.type("", "M-Right")
        v.wait_eval("getline(2)", "x = vw0 w1")
        v.type("", "M-Down")
        v.wait_eval("getline(2)", lambda line: line.rstrip() == "x = v" + WORDS)


def test_several_lines_are_shown_whole(home, file):
    with Suggesting(home, file, "text-24") as v:
        want = "x = v0000000\n0000001\n0000002"
        v.shown(want)
        v.type("0")
        v.shown(want)
        v.type("", "M-Down")
        v.wait_eval("getline(2)", "x = v0000000")
        v.shown(want)
        v.type("", "M-Down")
        v.wait_eval("getline(2, '$')", ["x = v0000000", "0000001", FILE[2]])
        v.shown(want)
        v.type("", "Tab")
        v.wait_eval("join(getline(1, '$'), '|')", lambda text: text.startswith("before|x = v0000000|0000001|0000002"))


def test_more_lines_than_the_window_has(home, file):
    with Suggesting(home, file, "text-160") as v:
        screen = v.wait_for("0000009\n… 10 lines more\nbehind")
        assert screen.startswith("before\nx = v0000000\n0000001\n")
        v.type("", "Tab")
        v.wait_eval("line('$')", lambda n: n >= 22)


def test_typing_along_asks_nobody(home, file, provider):
    with Suggesting(home, file, "words-3") as v:
        v.shown("x = v" + WORDS)
        for key in "w0 w":
            v.type(key)
            v.shown("x = v" + WORDS)
        assert v.eval("getline(2)") == "x = vw0 w" and provider.stats()["requests"] == 1


def test_another_key_takes_it_away(home, file, provider):
    with Suggesting(home, file, "words-3") as v:
        v.shown("x = v" + WORDS)
        v.ex("let g:askd_suggest_delay = 60000")
        v.type("z")
        v.shown("x = vz")
        assert not v.eval("askd#suggest#Visible()")


@pytest.mark.parametrize("key", ["z", "Escape", "Left", "Up", "C-]"])
def test_what_nobody_wants_leaves_the_provider(home, file, provider, key):
    """At once: the time is the provider's, from where it had sent all that it ever would."""
    with Suggesting(home, file, "hang-after-3") as v:
        v.shown("x = v" + WORDS)
        v.ex("let g:askd_suggest_delay = 60000")
        assert provider.stats()["active"] == 1
        v.type(*(("", key) if len(key) > 1 else (key,)))
        wait_until(lambda: not v.eval("askd#suggest#Visible()"), "it is no longer shown", pause=0.001)
        wait_until(lambda: provider.stats()["active"] == 0, "the provider is left", GONE_MS / 1000, pause=0.001)


def test_each_key_asks_anew_and_one_is_open(home, file, provider):
    with Suggesting(home, file, "hang-first") as v:
        for n in range(1, 50):
            provider.wait_requests(n)
            assert provider.stats()["active"] <= 2
            v.type("abc"[n % 3])
        provider.wait_requests(50)
        wait_until(lambda: provider.stats()["active"] == 1, "one is open", GONE_MS / 1000, pause=0.001)
        v.type("", "Escape")
        v.wait_eval("mode()", "n")
        wait_until(lambda: provider.stats()["active"] == 0, "none is", GONE_MS / 1000, pause=0.001)
        v.wait_eval("askd#client#Waiting()", 0)


def test_with_a_menu_nothing_is_shown(home, file):
    with Suggesting(home, file, "words-3", begin="be") as v:
        v.shown("x = be" + WORDS)
        v.type("", "C-n")
        v.wait_eval("pumvisible()")
        assert not v.eval("askd#suggest#Visible()")


def test_keys_of_the_user_stay(home, file):
    with Suggesting(home, file, "words-3", set=["inoremap <Tab> mine"]) as v:
        v.shown("x = v" + WORDS)
        v.type("", "Tab")
        v.wait_eval("getline(2)", "x = vmine")


def test_a_tab_is_one_where_nothing_is_suggested(home, file):
    with Suggesting(home, file, "hang-first") as v:
        v.type("", "Tab")
        v.wait_eval("getline(2)", "x = v\t")


@pytest.mark.parametrize("model, code", [("status-401", "unauthenticated"), ("status-500", None)])
def test_a_fault_is_told_once_and_what_passes_never(home, file, provider, model, code):
    with Suggesting(home, file, model) as v:
        for n in range(1, 4):
            provider.wait_requests(n) if n == 1 or code is None else None
            v.wait_eval("askd#client#Waiting()", 0)
            v.type("a")
        v.wait_eval("askd#client#Waiting()", 0)
        assert v.messages().count("no suggestions: ") == (1 if code else 0)
        assert not code or f"no suggestions: {code}" in v.messages()


def test_what_the_model_is_told(home, file, provider):
    with Suggesting(home, file, "hang-first"):
        provider.wait_requests(1)
        body = str(provider.bodies()[-1])
        assert "before" in body and "x = v" in body and "behind" in body


def test_off_again(home, file, provider):
    with Suggesting(home, file, "words-3") as v:
        v.shown("x = v" + WORDS)
        v.type("", "Escape")
        v.type(":AskSuggest off", "Enter")
        v.type("Aq")
        v.wait_eval("getline(2)", "x = vq")
        assert provider.stats()["requests"] == 1 and v.eval("exists('#askd_suggest#TextChangedI')") == 0
