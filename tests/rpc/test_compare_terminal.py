"""ask -m a,b,c on a terminal: side by side where the width allows, one under the other where it does not."""

import re
import threading

import pytest

from conftest import wait_until
from helpers_acts import Acts
from helpers_terminal import cells
from helpers_tmux import Tmux

TEXT = (
    "# Größe\n\nSome **bold** words with `code` that are long enough to go around the edge of a column.\n\n"
    "- one\n- 你好世界 and 🎉 👍\n\n```c\nint main(void) { return 0; }\n```\n\nLast words."
)
DRAWN = ["Größe", "Some bold words", "• one", "• 你好世界 and 🎉 👍", "int main(void) { return 0; }", "Last words."]
PICK = "[n]one?"


class Stage:
    """Models that say TEXT: `bad` fails, `numbered` says a hundred lines, those with "slow" wait for the test's word in
    the midst of it."""

    def __init__(self):
        self.go_on = threading.Event()
        self.acts = Acts(self.act)

    def act(self, asked):
        if asked.model == "bad":
            return asked.error(400)
        asked.begin()
        text = TEXT if asked.model != "numbered" else "\n\n".join(f"Line {i} of it." for i in range(1, 101))
        asked.say(*text[:60])
        if "slow" in asked.model:
            while not self.go_on.wait(0.05):
                pass
        asked.say(text[60:])
        asked.end()


@pytest.fixture
def stage(home, start_daemon):
    s = Stage()
    home.write_config(s.acts.base_url("fake"), provider={"retries": "0"})
    s.daemon = start_daemon()
    yield s
    s.go_on.set()
    s.acts.stop()


def models(*names):
    return "-m " + ",".join(f"fake/{n}" for n in names)


def clear(t):
    """Nothing of what was asked before is on the screen."""
    t.type("clear", "Enter")
    t.wait_for(lambda s: "fake/" not in s)


def column(screen, i, n):
    """Of rows that have n columns, what stands in one of them."""
    rows = (re.split(" │(?: |$)", line) for line in screen.split("\n"))
    return "\n".join(parts[i].rstrip() for parts in rows if len(parts) == n)


def separators(screen, n):
    """The cells in which the lines between the columns stand, of each row that has some."""
    return {
        tuple(cells(line[: m.start()]) for m in re.finditer(" │( |$)", line))
        for line in screen.split("\n")
        if len(re.findall(" │( |$)", line)) == n - 1
    }


@pytest.mark.parametrize("columns, names, beside", [(80, "ab", 2), (200, "abc", 3), (200, "ab", 2)], ids=str)
def test_side_by_side(stage, home, columns, names, beside):
    with Tmux(home, columns=columns, rows=50) as t:
        t.type(f"ask {models(*names)} hello; echo end", "Enter")
        shown = t.wait_for("\nend")
    assert len(separators(shown, beside)) == 1, "the line between them is straight"
    for i, name in enumerate(names):
        text = column(shown, i, beside)
        assert text.startswith(f"fake/{name}\n───") and "to the first token" in text
        for words in DRAWN:
            assert words in text


def test_one_under_the_other(stage, home):
    with Tmux(home, columns=70, rows=60) as t:
        t.type(f"ask {models('a', 'bad', 'c')} hello; echo end", "Enter")
        shown = t.wait_for("\nend")
    assert " │ " not in shown
    assert shown.index("fake/a\n") < shown.index("fake/bad\n") < shown.index("injected 400") < shown.index("fake/c\n")
    assert all(shown.count(words) == 2 for words in DRAWN)


def test_more_than_fit_stand_below(stage, home):
    with Tmux(home, columns=80, rows=60) as t:
        t.type(f"ask {models('a', 'b', 'c')} hello; echo end", "Enter")
        shown = t.wait_for("\nend")
    rows = shown.split("\n")
    (first,) = [i for i, r in enumerate(rows) if r.startswith("fake/a") and r.endswith("fake/b")]
    (second,) = [i for i, r in enumerate(rows) if r == "fake/c"]
    assert first < second and rows[second + 1] == "─" * 80, "one alone has the whole width"


def test_as_many_as_may_be_named(stage, home):
    """More than the terminal has lines for: in the end each is there whole."""
    with Tmux(home, columns=80, rows=24) as t:
        t.type(f"ask {models(*(f'm{i}' for i in range(16)))} hello; echo end", "Enter")
        t.wait_for("\nend")
        whole = t.screen(history=True)
    typed, _, shown = whole.partition("echo end\n")
    assert shown.count("Last words.") == 16 and all(shown.count(words) == 16 for words in DRAWN)
    assert re.findall(r"fake/m\d+", shown) == [f"fake/m{i}" for i in range(16)]


def test_their_turn_is_told(stage, home):
    home.write_config(stage.acts.base_url("fake"), provider={"retries": "0", "max_connections": "1"})
    stage.daemon.connect().call("config.reload")
    with Tmux(home, columns=200, rows=24) as t:
        t.type(f"ask {models('slow', 'a', 'b')} hello; echo end", "Enter")
        t.wait_for(lambda s: "answering" in s and "waiting for fake: 1st of 2" in s and "2nd of 2" in s)
        stage.go_on.set()
        shown = t.wait_for("\nend")
    assert shown.count("Last words.") == 3


def test_reasoning(home, start_daemon, provider):
    home.write_config(provider.base_url)
    start_daemon()
    with Tmux(home, columns=80, rows=40) as t:
        seen = {}
        for how in ("show", "hide", "only"):
            clear(t)
            t.type(f"ask --reasoning {how} {models('reasoning', 'echo')} hello; echo end", "Enter")
            seen[how] = column(t.wait_for("\nend"), 0, 2)
    body = {how: text.split("\n")[2:-2] for how, text in seen.items()}
    assert [line for line in body["show"] if line] == [line for line in body["only"] + body["hide"] if line]
    assert any(body["only"]) and any(body["hide"])


def test_while_they_come(stage, home):
    """The end of each is to be seen, with what goes on; at the end all of it stands there once."""
    with Tmux(home, columns=80, rows=16) as t:
        t.type(f"ask {models('numbered', 'slow')} hello; echo end", "Enter")
        shown = t.wait_for(lambda s: "Line 100 of it." in s and "answering" in s)
        assert "Line 1 of it." not in shown and "Last words." not in shown and "fake/numbered" in shown
        stage.go_on.set()
        t.wait_for("\nend")
        whole = t.screen(history=True)
    numbers = [int(n) for n in re.findall(r"Line (\d+) of it\.", whole)]
    assert numbers == list(range(1, 101)) and whole.count("Last words.") == 1


def test_a_failure_and_a_known_one_beside_one_that_runs(stage, home):
    with Tmux(home, columns=200, rows=40) as t:
        t.type("ask -m fake/a hello; clear; echo ready", "Enter")
        t.wait_for(lambda s: s.startswith("ready"))
        t.type(f"ask {models('bad', 'a', 'slow')} hello; echo end", "Enter")
        shown = t.wait_for(lambda s: "answering" in s and "injected 400" in s)
        assert "injected 400" in column(shown, 0, 3) and column(shown, 1, 3).rstrip().endswith("cached")
        stage.go_on.set()
        shown = t.wait_for("\nend")
    assert all(words in column(shown, i, 3) for words in DRAWN for i in (1, 2))
    assert shown.count("injected 400") == 1 and "Last words" not in column(shown, 0, 3)


@pytest.mark.parametrize("before, after", [(200, 80), (80, 200), (80, 60)])
def test_resized_in_the_midst(stage, home, before, after):
    with Tmux(home, columns=before, rows=50) as t:
        t.type(f"ask {models('a', 'slow')} hello; echo end", "Enter")
        t.wait_for(lambda s: "answering" in s and "Last words." in s)
        t.resize(after, 50)
        t.wait_for(lambda s: ("─" * after if after < 79 else " │ " + "─" * ((after - 3) // 2)) in s)
        stage.go_on.set()
        shown = t.wait_for("\nend")
    last = shown[shown.rindex("fake/a") :]
    assert last.count("Last words.") == 2
    if after >= 79:
        assert len(separators(last, 2)) == 1


def test_ctrl_c_keeps_what_came(stage, home):
    client = stage.daemon.connect()
    with Tmux(home, columns=80, rows=40) as t:
        t.type(f"ask {models('a', 'slow')} hello; echo end $?", "Enter")
        t.wait_for(lambda s: "answering" in s and "Last words." in s)
        t.type("", "C-c")
        shown = t.wait_for("\nend 130")
        assert "Last words." in column(shown, 0, 2) and "stopped before its end" in column(shown, 1, 2)
        assert "Some bold" in column(shown, 1, 2)
        t.type("echo visible", "Enter")
        t.wait_for("\nvisible")
    wait_until(lambda: not client.call("answer.list", {"state": "running"}), "nothing runs")


def test_picked(stage, home):
    client = stage.daemon.connect()
    with Tmux(home, columns=80, rows=40) as t:
        for key, message in (("1", 1), ("n", None), ("2", 2)):
            clear(t)
            t.type(f"ask --pick {models('a', 'b', 'bad')} hello{key}; echo end", "Enter")
            shown = t.wait_for(PICK)
            assert "[1] fake/a, [2] fake/b, [n]one?" in shown, "one that failed is not to be chosen"
            (newest, *_) = client.call("conversation.list")
            before = client.call("conversation.get", {"conversation": newest["conversation"]})
            t.type(key, "Enter")
            shown = t.wait_for("\nend")
            assert ("goes on from" in shown) == (message is not None)
            c = client.call("conversation.get", {"conversation": newest["conversation"]})
            by_model = {m.get("model"): m["id"] for m in c["messages"] if m["role"] == "assistant"}
            assert c["head"] == (by_model["ab"[message - 1]] if message else before["head"])
        clear(t)
        t.type("ask --plain -c -m fake/a more; echo end", "Enter")
        t.wait_for("\nend")
    assert [m["role"] for m in stage.acts.asked[-1].body["messages"]] == ["user", "assistant", "user"]


@pytest.mark.parametrize("options, env", [("--plain", {}), ("", {"TERM": "dumb"})], ids=str)
def test_bare_where_the_terminal_may_not_be_drawn_on(stage, home, options, env):
    with Tmux(home, columns=80, rows=40) as t:
        t.type(" ".join(f"{k}={v}" for k, v in env.items()) + f" ask {options} {models('a', 'b')} hello; echo end", "Enter")
        shown = t.wait_for("\nend")
    assert "== fake/a ==" in shown and "# Größe" in shown


def test_a_name_and_an_error_are_harmless(stage, home):
    with Tmux(home, columns=80, rows=40) as t:
        t.type("ask -m \"fake/a,fake/$(printf 'x\\033]0;no\\007')\" hello; echo end", "Enter")
        shown = t.wait_for("\nend")
        assert t.ask("display-message", "-p", "#{pane_title}").strip() != "no"
    assert "\\x1b]0;no" in shown
