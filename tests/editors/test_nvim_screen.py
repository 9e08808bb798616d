"""Neovim in a terminal: what is to be seen of an answer, a rewrite and a suggestion, and that no key is held up."""

import shlex

import pytest

from client import say
from conftest import wait_until
from helpers_nvim import ScreenNvim, arguments
from helpers_tmux import Tmux

SETUP = "suggest = true, suggest_delay = 20, suggest_keys = {accept = '<Tab>'}"
SOURCE = "import os\n\n\ndef total(items):\n    result = 0\n    return result\n"


@pytest.fixture
def nvim(home, steered, start_daemon, tmp_path):
    (tmp_path / "x.py").write_text(SOURCE)
    home.write_config(steered.base_url)
    start_daemon()
    with ScreenNvim(home, "x.py", setup=SETUP, cwd=tmp_path) as n:
        yield n


def asked(nvim, steered, n=0):
    steered.wait(lambda: len(steered.requests) > n, "the provider is asked")
    return steered.requests[n]


def rows(screen):
    return screen.split("\n")


def test_a_rewrite_is_a_diff_in_the_text(nvim, steered):
    nvim.command("4,6AskRewrite use sum")
    request = asked(nvim, steered)
    request.say("def total(items):\n    return su")
    shown = rows(nvim.wait_screen("return su"))
    at = shown.index("def total(items): rewrite: being written …")
    assert shown[at + 1 : at + 4] == ["    result = 0", "    return result", "    return su"]
    request.say("m(items)")
    request.end("stop")
    shown = rows(nvim.wait_screen(":AskAccept or :AskReject"))
    assert shown[at + 1 : at + 4] == ["    result = 0", "    return result", "    return sum(items)"]
    coloured = rows(nvim.screen(colours=True))
    assert "\x1b[4" in coloured[at + 1], "what would go is marked by its background"
    nvim.command("AskAccept")
    shown = rows(nvim.wait_screen(lambda s: "rewrite" not in s))
    assert shown[at : at + 3] == ["def total(items):", "    return sum(items)", "~"]


def test_lines_that_would_come_above_all_are_seen(nvim, steered):
    nvim.command("1")
    nvim.command("1,2AskRewrite say what it is")
    request = asked(nvim, steered)
    request.say("# A file.\nimport os\n\n")
    request.end("stop")
    shown = rows(nvim.wait_screen("# A file."))
    assert shown[:2] == ["# A file.", "import os rewrite: :AskAccept or :AskReject"]


def test_a_suggestion_is_seen_where_it_would_stand(nvim, steered):
    nvim.command("set noautoindent indentexpr=")
    nvim.keys("Gox = [")
    request = asked(nvim, steered)
    request.say("y\n  for y in items]")
    request.end("stop")
    shown = rows(nvim.wait_screen("for y in items]"))
    at = shown.index("x = [y")
    assert shown[at + 1] == "  for y in items]" and nvim.eval("getline('.')") == "x = ["
    nvim.keys("<Tab>")
    nvim.wait("getline('.') == '  for y in items]'")
    shown = rows(nvim.screen())
    assert shown[at : at + 2] == ["x = [y", "  for y in items]"]


@pytest.mark.parametrize("text,shown", [("1, b", ["f(a1, b), c"]), ("1,\n  b", ["f(a1,", "  b), c"])])
def test_in_the_middle_of_a_line_all_is_seen_as_it_would_be(nvim, steered, text, shown):
    nvim.command("set noautoindent indentexpr=")
    nvim.command("call setline(2, 'f(), c') | call cursor(2, 3)")
    nvim.keys("ia")
    request = asked(nvim, steered)
    request.say(text)
    request.end("stop")
    seen = rows(nvim.wait_screen(lambda s: shown[-1] in s.split("\n")))
    assert seen[1 : 1 + len(shown)] == shown
    nvim.keys("<Tab>")
    nvim.wait(f"getline(2) == '{shown[0]}'")
    assert rows(nvim.screen())[1 : 1 + len(shown)] == shown


def test_an_answer_runs_into_a_window_and_on_in_sight(nvim, steered):
    nvim.command("Ask what is this?")
    request = asked(nvim, steered)
    request.say("# Title\n\nSome text")
    shown = nvim.wait_screen("Some text …")
    assert "import os" in shown and "askd://answer/" in shown
    request.say("\n" + "".join(f"line {i}\n" for i in range(60)))
    nvim.wait_screen("line 59")
    # Who looks at its beginning is left there.
    nvim.command("wincmd w | normal! gg")
    nvim.wait_screen("# Title")
    request.say("and more\n")
    request.end("stop")
    nvim.wait("getline(line('$') - 1) == 'and more'")
    assert "# Title" in nvim.screen() and nvim.eval("line('.')") == 1


def test_what_a_model_writes_is_text_and_nothing_else(nvim, steered, tmp_path):
    """Modelines, escape sequences, NUL, CR, commands: all of it is to be read and none of it carried out."""
    nvim.command("set modeline modelines=5")
    nvim.command("Ask attack")
    request = asked(nvim, steered)
    request.say("\x1b]0;owned\x07\x1b[2J\x00nul\rcr\n:qall!\n<C-c>:qall!<CR>\n")
    request.say("=system('touch owned')\n# vim: set ft=owned:\n")
    request.end("stop")
    shown = nvim.wait_screen("vim: set")
    assert "^[]0;owned^G^[[2J^@nul^Mcr" in shown and ":qall!" in shown
    b = nvim.answer_buffer()
    nvim.command(f"call win_gotoid(win_findbuf({b})[0]) | doautocmd BufReadPost")
    assert nvim.eval("&filetype") != "owned" and not (tmp_path / "owned").exists()


def test_keys_are_not_held_up_while_a_provider_hangs(home, provider, start_daemon, tmp_path):
    """As in test_nvim_stall.py, with all that is drawn."""
    from test_nvim_stall import SETUP as QUICK
    from test_nvim_stall import check_stalls

    (tmp_path / "x.py").write_text(SOURCE * 50)
    home.write_config(provider.behave("hang-after-3"))
    start_daemon()
    with ScreenNvim(home, "x.py", setup=QUICK, cwd=tmp_path, columns=120, rows=40) as n:
        n.command("syntax on")
        check_stalls(n)
        assert provider.stats()["requests"] > 20
        n.command("AskSuggest off")
        wait_until(lambda: provider.stats()["active"] == 0, "nothing is left at the provider")

def test_keys_are_not_held_up_while_an_answer_pours_in(home, provider, start_daemon, tmp_path):
    """Thousands of events a second, into a window in sight that is coloured as Markdown."""
    from test_nvim_stall import check_stalls

    (tmp_path / "x.py").write_text(SOURCE * 50)
    home.write_config(provider.base_url)
    start_daemon()
    with ScreenNvim(home, "x.py", cwd=tmp_path, columns=120, rows=40) as n:
        n.command("syntax on")
        check_stalls(n, before=lambda: n.command("Ask -m fake/text-400000-20 pour"))


@pytest.mark.parametrize("where", ["tmux", "terminal"])
def test_last_is_the_conversation_of_the_same_place(home, daemon, client, where):
    """A shell and the Neovim that is started in it are in one place: in a pane of tmux, or on a terminal."""
    words = arguments("--listen", str(home.path / "n.sock"))
    with Tmux(home, shell=["sh"]) as t:
        if where == "terminal":
            t.type("unset TMUX TMUX_PANE", "Enter")
        t.type("ask 'by the shell'", "Enter")
        # Newer, in the same folder, and elsewhere.
        wait_until(lambda: len(client.call("conversation.list", {})) == 1, "it is stored")
        (c,) = [c["conversation"] for c in client.call("conversation.list", {})]
        cwd = client.call("conversation.list", {})[0]["directory"]
        say(client, "elsewhere", context={"cwd": cwd, "terminal": "another"})
        t.type(shlex.join(words), "Enter")
        t.wait_for("~")
        t.type(":Ask -c last by the editor", "Enter")
        t.wait_for("by the editor")
        wait_until(lambda: len(conversation(client, c)["messages"]) == 4, "it goes on")
        t.type(":qall!", "Enter")
        wait_until(lambda: not (home.path / "n.sock").exists(), "nvim has ended")


def conversation(client, c):
    return client.call("conversation.get", {"conversation": c})
