"""An answer on a real terminal, as it comes, looked at."""

import contextlib
import json
import os
import pty
import re
import signal
import subprocess
import time

import pytest
from conftest import PATIENCE, ask_path, build_dir, wait_until
from helpers_acts import chunk_of
from helpers_files import in_files
from helpers_steered import Steered
from helpers_terminal import cells, starts
from helpers_tmux import Tmux

ANSWER = """# What it is

Some *emphasis* and **strong words** in a paragraph that is long enough to be wrapped at eighty columns, and once more.

- one
- 中文字符和一些更长的文字，在八十列的终端上需要换行，因为它们每个字符占两列，所以这一行比看起来要长得多
- an emoji 👩‍👩‍👧 and a flag 🇩🇪 too

| name | 描述 | n |
|------|------|--:|
| 甲乙 | x    | 1 |
| c    | 😀😀 | 22 |

```python
def f(x):
    return x + 1
```

The end.
"""


class Stage:
    """A daemon whose provider says what it is told to, and a terminal in front of it."""

    def __init__(self, home, start_daemon, provider=None, **terminal):
        self.provider = Steered()
        home.write_config(self.provider.base_url, provider=provider)
        self.daemon = start_daemon()
        self.terminal = Tmux(home, **terminal)

    def ask(self, command):
        """Returns the provider's request, which is yet to be answered."""
        n = len(self.provider.requests)
        self.terminal.type(command, "Enter")
        self.provider.wait(lambda: len(self.provider.requests) > n, "the provider is asked")
        return self.provider.requests[-1]

    def clear(self):
        self.terminal.type("clear", "Enter")
        self.terminal.wait_for(lambda shown: shown in ("#", "$"))

    def think(self, request, text):
        request._event(json.dumps(chunk_of({"reasoning_content": text})).encode())

    def close(self):
        self.terminal.close()
        self.provider.close()


@pytest.fixture
def stage(home, start_daemon):
    stages = []

    def build(**terminal):
        stages.append(Stage(home, start_daemon, **terminal))
        return stages[-1]

    yield build
    for s in stages:
        s.close()


def below(shown):
    """What stands below the command."""
    return shown.split("\n", 1)[1]


def say_in_pieces(request, text, size=7):
    for at in range(0, len(text), size):
        request.say(text[at : at + size])


@pytest.mark.parametrize("columns", [80, 200])
def test_markdown_as_it_streams(stage, columns):
    s = stage(columns=columns, rows=50)
    r = s.ask("ask hello; echo status $?")
    half = len(ANSWER) // 2
    say_in_pieces(r, ANSWER[:half])
    s.terminal.wait_for("• one")
    say_in_pieces(r, ANSWER[half:])
    r.end("stop")
    streamed = below(s.terminal.wait_for("status 0"))
    assert "**" not in streamed and "# " not in streamed.replace("\n# ", "")
    lines = streamed.split("\n")
    assert max(cells(line) for line in lines) <= columns
    wide = lines[lines.index("• one") + 1 : next(i for i, line in enumerate(lines) if "emoji" in line)]
    assert len(wide) == (2 if columns == 80 else 1) and cells("".join(wide)) > 80
    head = next(line for line in lines if "描述" in line)
    rows = [next(line for line in lines if word in line) for word in ("甲乙", "😀😀")]
    for row in rows:  # each bar stands in the cell of the head's
        assert [cells(row[: m.start()]) for m in re.finditer("│", row)] == [
            cells(head[: m.start()]) for m in re.finditer("│", head)
        ]
    assert starts(rows[0], "x") == starts(head, "描述")
    # As if it had come at once.
    s.clear()
    r = s.ask("ask -r hello; echo status $?")
    r.say(ANSWER)
    r.end("stop")
    at_once = below(s.terminal.wait_for("status 0"))
    closing = re.compile("\necho · .*")
    assert closing.sub("", at_once) == closing.sub("", streamed)


def test_longer_than_the_screen(stage):
    s = stage(columns=80, rows=10)
    r = s.ask("ask hello; echo status $?")
    table = "| n | word |\n|--|--|\n" + "".join(f"| {i} | row{i:03} |\n" for i in range(30))
    text = "".join(f"Paragraph p{i:03} of it.\n\n" for i in range(40)) + table + "\n" + "x " * 600 + "\n\nlast"
    say_in_pieces(r, text, 23)
    r.end("stop")
    shown = s.terminal.wait_for("status 0", history=True)
    for i in range(40):
        assert shown.count(f"p{i:03}") == 1
    for i in range(30):
        assert shown.count(f"row{i:03}") == 1
    assert shown.count("x ") + shown.count("x\n") == 600
    assert shown.index("p039") < shown.index("row000") < shown.index("row029") < shown.index("\nlast\n")


def test_the_spinner_leaves_no_trace(stage):
    s = stage()
    r = s.ask("ask hello; echo status $?")
    frames = set()

    def turns(shown):
        frames.update(re.findall("([⠀-⣿]) echo at fake", shown))
        return len(frames) > 2

    s.terminal.wait_for(turns)
    r.say("hello")
    r.end("stop")
    lines = below(s.terminal.wait_for("status 0")).split("\n")
    assert lines[0] == "hello" and lines[1].startswith("echo · ") and lines[2:4] == ["status 0", "#"]


def test_the_place_in_the_queue_is_told(stage, ask):
    s = stage(provider={"max_connections": 1})
    other = ask.start("first")
    s.provider.wait(lambda: s.provider.requests, "the other is asked")
    s.terminal.type("ask second; echo status $?", "Enter")
    s.terminal.wait_for(": waiting for fake: 1st of 1")
    first = s.provider.requests[0]
    first.say("one")
    first.end("stop")
    assert other.communicate()[0] == b"one"
    s.provider.wait(lambda: len(s.provider.requests) == 2, "it is its turn")
    second = s.provider.requests[1]
    second.say("two")
    second.end("stop")
    shown = s.terminal.wait_for("status 0")
    assert below(shown).startswith("two\necho · ") and "waiting" not in shown


def test_what_is_tried_again_is_told(stage):
    s = stage()
    r = s.ask("ask hello; echo status $?")
    r.refuse(503)
    s.terminal.wait_for(lambda shown: re.search("injected 503.*; echo at fake is asked", shown))
    s.provider.wait(lambda: len(s.provider.requests) == 2, "it is asked again")
    r = s.provider.requests[-1]
    r.say("hello")
    r.end("stop")
    assert "503" not in s.terminal.wait_for("status 0")


def test_reasoning_stands_above(stage):
    s = stage()
    for how in ("", "--reasoning hide ", "--reasoning only "):
        s.clear()
        r = s.ask(f"ask -r {how}hello; echo status $?")
        s.think(r, "I think\nof *it*.\n\n")
        if how != "--reasoning hide ":
            s.terminal.wait_for("of *it*.")
        else:
            s.terminal.wait_for("echo at fake: reasoning")
        r.say("**so**")
        r.end("stop")
        lines = below(s.terminal.wait_for("status 0")).split("\n")
        closing = next(i for i, line in enumerate(lines) if line.startswith("echo · "))
        assert lines[:closing] == {
            "": ["I think", "of *it*.", "", "so"],
            "--reasoning hide ": ["so"],
            "--reasoning only ": ["I think", "of *it*."],
        }[how]


def test_a_cached_answer_says_so_once(stage):
    s = stage()
    r = s.ask("ask hello; echo status $?")
    r.say("hello")
    r.end("stop")
    s.terminal.wait_for("status 0")
    s.terminal.type("clear; ask hello; echo status $?", "Enter")
    shown = s.terminal.wait_for(lambda t: "cached" in t and "\nstatus 0" in t)
    assert re.search(r"\necho · cached \ds ago; -r asks again\nstatus 0\n", shown)
    assert shown.count("cached") == 1


def test_without_colours(stage):
    s = stage(env={"NO_COLOR": "1"})
    r = s.ask("ask hello; echo status $?")
    s.think(r, "hm")
    s.terminal.wait_for("hm")
    say_in_pieces(r, ANSWER)
    r.end("stop")
    assert "\x1b" not in s.terminal.wait_for("status 0", colours=True)


def test_ctrl_c_in_the_middle(stage):
    s = stage()
    r = s.ask("ask hello; echo status $?")
    r.say("# Half\n\nof an ans")
    s.terminal.wait_for("of an ans")
    s.terminal.type("", "C-c")
    s.provider.wait(lambda: r.aborted, "the request ends")
    lines = below(s.terminal.wait_for("status 130")).split("\n")
    assert lines[:4] == ["Half", "", "of an ans", "status 130"]
    assert sane(s.terminal)


def test_a_failure_in_the_middle(stage):
    s = stage()
    r = s.ask("ask hello; echo status $?")
    r.say("half of it")
    s.terminal.wait_for("half of it")
    r.cut()
    shown = below(s.terminal.wait_for("\nstatus "))
    assert shown.startswith("half of it\nask: "), shown


def sane(terminal):
    """The shell's terminal echoes, and its cursor is there."""
    terminal.type("stty -a | grep -oE ' -?(icanon|echo) '", "Enter")
    terminal.wait_for("\n icanon\n echo")
    return terminal.ask("display-message", "-p", "#{cursor_flag}").strip() == "1"


def test_what_is_typed_meanwhile_is_for_the_shell(stage):
    s = stage()
    r = s.ask("ask hello; echo status $?")
    r.say("- one\n- two")
    s.terminal.wait_for("• two")
    s.terminal.type("echo typed meanwhile", "Enter", "Enter")
    r.say("\n- three\n")
    s.terminal.wait_for("• three")
    r.end("stop")
    shown = s.terminal.wait_for("# typed meanwhile")
    assert below(shown).startswith("• one\n• two\n• three\necho · ")
    assert sane(s.terminal)


@pytest.mark.parametrize("shell", ["sh", "bash"])
def test_stopped_and_gone_on_with(stage, shell):
    s = stage(shell=(shell, "--norc") if shell == "bash" else (shell,))
    s.terminal.type("set -m", "Enter")
    r = s.ask("ask hello")
    r.say("- one\n- two")
    s.terminal.wait_for("• two")
    s.terminal.type("", "C-z")
    s.terminal.wait_for("Stopped")
    s.terminal.type("stty -a | grep -oE ' -?(icanon|echo) '", "Enter")
    s.terminal.wait_for("\n icanon\n echo")
    s.terminal.type("fg", "Enter")
    r.say("\n- three\n")
    r.end("stop")
    shown = s.terminal.wait_for("\necho · ")
    # What may still change is drawn once more where we go on.
    assert re.split("[#$] fg\nask hello\n", shown)[1].startswith("• one\n• two\n• three\necho")
    assert sane(s.terminal)


@pytest.mark.parametrize("how", ["TERM", "HUP", "QUIT"])
def test_ended(stage, how):
    s = stage()
    r = s.ask("ask hello; echo status $?")
    r.say("half")
    s.terminal.wait_for("half")
    pane = s.terminal.ask("display-message", "-p", "#{pane_pid}").strip()
    children = subprocess.run(["ps", "-o", "pid=", "--ppid", pane], capture_output=True, text=True).stdout.split()
    os.kill(int(children[0]), getattr(signal, f"SIG{how}"))
    s.terminal.wait_for({"TERM": "status 143", "HUP": "status 129", "QUIT": "status 131"}[how])
    s.provider.wait(lambda: r.aborted, "the request ends")
    assert sane(s.terminal)


def test_ctrl_c_twice(stage):
    s = stage()
    r = s.ask("ask hello; echo status $?")
    r.say("half")
    s.terminal.wait_for("half")
    s.daemon.signal(signal.SIGSTOP)  # so that it does not confirm the end, which is waited for
    try:
        s.terminal.type("", "C-c")
        s.terminal.type("", "C-c")
        s.terminal.wait_for("status 130")
        assert sane(s.terminal)
    finally:
        s.daemon.signal(signal.SIGCONT)


@pytest.mark.parametrize("times", [1, 2])
def test_ctrl_c_on_a_slow_terminal(stage, home, times):
    """What is half drawn then is not left so: the cursor is there, and what follows is drawn."""
    s = stage()
    ours, theirs = pty.openpty()
    env = home.env(TERM="xterm", ASKD_AUTOSTART="0", ASKD_LIBEXEC=str(build_dir() / "client" / "tty"))
    proc = subprocess.Popen([str(ask_path()), "hello"], env=env, stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    s.provider.wait(lambda: s.provider.requests, "it is asked")
    s.provider.requests[0].say("- many words\n" * 100000)
    shown = b""
    while b"many" not in shown:
        shown += os.read(ours, 4096)
    s.daemon.signal(signal.SIGSTOP)  # so that it does not confirm the end, which is waited for
    try:
        for _ in range(times):
            time.sleep(0.3)  # it has filled what nobody reads, or has given that up
            proc.send_signal(signal.SIGINT)
        with contextlib.suppress(OSError):  # the other end is closed
            while data := os.read(ours, 1 << 16):
                shown += data
        assert proc.wait(PATIENCE) == 130
    finally:
        s.daemon.signal(signal.SIGCONT)
        os.close(ours)
    assert shown.rfind(b"\x1b[?25h") > shown.rfind(b"\x1b[?25l")
    assert shown.rfind(b"\x1b[?2026l") > shown.rfind(b"\x1b[?2026h")


def test_in_the_background(stage):
    s = stage()
    s.terminal.type("set -m", "Enter")
    r = s.ask("ask hello & wait; echo status $?")
    r.say("from behind")
    r.end("stop")
    assert "from behind" in s.terminal.wait_for("\nstatus 0")


@pytest.mark.parametrize("sizes", [(200, 80), (80, 200), (80, 200, 80)])
def test_resized_in_the_middle(stage, sizes):
    s = stage(columns=sizes[0], rows=24)
    r = s.ask("ask hello; echo status $?")
    text = "It begins. " + " ".join(f"word{i:03}" for i in range(30)) + "\n\n- item **one**\n"
    r.say(text)
    s.terminal.wait_for("item one")
    for columns in sizes[1:]:
        s.terminal.resize(columns, 24)
        wide = f"{columns}\n"
        wait_until(lambda w=wide: s.terminal.ask("display-message", "-p", "#{pane_width}") == w, "it is resized")
    r.say("- item **two**\n\nand the end")
    s.terminal.wait_for("the end")
    r.end("stop")
    # What was settled is as long as the terminal was then, and broken anywhere by a narrower one.
    shown = s.terminal.wait_for("status 0", history=True).replace("\n", "")
    for word in [f"word{i:03}" for i in range(30)] + ["It begins.", "item one", "item two", "and the end"]:
        assert shown.count(word) == 1, shown


def test_an_interrupted_one_goes_on_without_a_seam(home, stage, start_daemon):
    s = stage(provider={"retries": "0"})
    r = s.ask("ask hello; echo status $?")
    r.say("The **first half of a sen")
    s.terminal.wait_for("first half of a sen")
    wait_until(lambda: in_files(home.state, "first half of a sen"), "what was said is stored")
    s.daemon.kill()
    s.terminal.wait_for("status 69")
    start_daemon()
    s.clear()
    r = s.ask("ask --continue-interrupted; echo status $?")
    s.terminal.wait_for(lambda shown: re.search("first half of a sen\n[⠀-⣿] echo at fake", shown))
    r.say("tence** and the rest.")
    r.end("stop")
    assert below(s.terminal.wait_for("status 0")).startswith("The first half of a sentence and the rest.\necho · ")


def test_somebody_else_s_answer(stage, ask):
    s = stage()
    other = ask.start("--detach", "hello")
    answer = other.communicate()[0].decode().strip()
    s.provider.wait(lambda: s.provider.requests, "it is asked")
    r = s.provider.requests[0]
    r.say("# Head\n\nand **so**")
    s.terminal.type(f"askctl attach {answer}; echo status $?", "Enter")
    s.terminal.wait_for("\nand so")
    s.terminal.type("", "C-c")  # who leaves does not end it
    s.terminal.wait_for("status 130")
    r.say(" on")
    r.end("stop")
    s.terminal.type("clear; askctl attach; echo status $?", "Enter")
    assert s.terminal.wait_for("status 0").startswith("Head\n\nand so on\necho · ")
