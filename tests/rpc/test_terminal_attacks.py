"""What comes from outside does nothing to a terminal, in whatever way it is shown."""

import pytest
from conftest import askctl_path, ask_path, build_dir
from helpers_attacks import ATTACKS, foreign
from helpers_scripted import Scripted, Streamed
from helpers_terminal import bytes_on_terminal

ALL = b"".join(name.encode() + b"\n\n" + text + b"\n\n" for name, text in ATTACKS.items())
# Names and messages are shorter.
LINES = b" ".join(text for text in ATTACKS.values() if len(text) < 200)


@pytest.fixture
def scripted(home):
    s = Scripted(home, bytes_are_strings=True)
    yield s
    s.stop()


def run(home, path, *args):
    libexec = str(build_dir() / "client/tty")
    env = home.env(TERM="xterm-256color", LANG="C.UTF-8", ASKD_AUTOSTART="0", ASKD_LIBEXEC=libexec)
    return bytes_on_terminal([path, *args], env, columns=80, rows=24)


def answer(text, reasoning=b"", name=b"m"):
    return {"answer": "a-1", "state": "done", "model": name, "provider": name, "text": text, "reasoning": reasoning,
            "finish_reason": "stop", "cached": False, "conversation": name}  # fmt: skip


def streamed(text, reasoning=b"", name=b"m", pieces=1):
    start = {"type": "start", "model": name, "provider": name, "cached": False, "shared": False, "request": 1}
    size = -(-len(text) // pieces) or 1
    events = [{"type": "text", "text": text[at : at + size]} for at in range(0, len(text), size)]
    if reasoning:
        events.insert(0, {"type": "reasoning", "text": reasoning})
    return Streamed(answer(text, reasoning, name), start, *events, {"type": "done", "finish_reason": "stop"})


def test_there_are_enough():
    assert len(ATTACKS) >= 30
    # The reader finds each of them, so that it would find one that came through.
    harmless = {"10,000 marks over one letter", "markdown: entities", "osc 8: a link that shows another"}
    assert {name for name, text in ATTACKS.items() if not foreign(text, drawn=True)} == harmless


def test_each_in_an_answer_on_the_screen(home, scripted):
    for name, text in ATTACKS.items():
        for pieces in (1, 2, len(text) if len(text) < 100 else 3):
            scripted.replies["chat"] = streamed(b"before " + text + b" after", pieces=pieces)
            status, shown = run(home, ask_path(), "hello")
            assert (status, foreign(shown, drawn=True)) == (0, []), name
            assert b"before" in shown and b"after" in shown, name
            assert not name.startswith("osc 8") or b"\\x1b]8;;" in shown


MODES = {
    "the screen": ((), True),
    "the screen, at its end": (("--no-stream",), True),
    "reasoning alone": (("--reasoning", "only"), True),
    "plain": (("--plain",), False),
    "plain, with the reasoning": (("--plain", "--reasoning", "show"), False),
    "plain, at its end": (("--plain", "--no-stream", "--stats"), False),
    "json": (("--json",), False),
    "json of events": (("--json-stream",), False),
    "a schema": (("--schema", '{"type": "string"}'), True),
}


@pytest.mark.parametrize("mode", MODES)
def test_all_in_every_mode(home, scripted, mode):
    args, drawn = MODES[mode]
    scripted.replies["chat"] = streamed(ALL, reasoning=ALL, name=LINES, pieces=40)
    status, shown = run(home, ask_path(), *args, "hello")
    assert (status, foreign(shown, drawn)) == (0, [])
    assert b"owned" in shown


@pytest.mark.parametrize("mode", ["the screen", "the screen, at its end", "plain", "json", "json of events"])
def test_answers_side_by_side(home, scripted, mode):
    args, drawn = MODES[mode]
    error = {"code": "unavailable", "message": LINES, "provider": LINES}
    reply = {"answers": [answer(ALL, ALL, LINES), answer(b"", name=LINES) | {"state": "failed", "error": error}]}
    start = {"type": "start", "model": LINES, "provider": LINES, "cached": False, "shared": False, "request": 1, "arm": 0}
    texts = [{"type": kind, "text": ALL} for kind in ("reasoning", "text")]
    said = [{"type": "progress", "message": LINES}, {"type": "progress", "message": LINES, "fraction": 0}]
    scripted.replies["compare"] = Streamed(reply, start, *said, *texts, {"type": "done", "finish_reason": "stop"})
    names = LINES.replace(b",", b";").replace(b"\0", b"0")
    names = names.decode("utf-8", "ignore").encode()[:120].decode("utf-8", "ignore").encode()
    status, shown = run(home, ask_path(), *args, "-m", b"a" + names + b",b" + names, "hello")
    assert (status, foreign(shown, drawn)) == (0, [])
    assert b"owned" in shown


def test_code_alone(home, scripted):
    code = ALL.replace(b"```", b"'''")
    language = LINES.replace(b"\n", b" ").replace(b"`", b"")
    scripted.replies["chat"] = streamed(b"```" + language + b"\n" + code + b"\n```\n", pieces=40)
    status, shown = run(home, ask_path(), "--code", "hello")
    assert (status, foreign(shown)) == (0, [])
    assert b"owned" in shown


@pytest.mark.parametrize("args", [(), ("--plain",), ("--json",), ("--json-stream",)])
def test_several_side_by_side(home, scripted, args):
    several = Streamed({"answers": [answer(ALL, ALL, LINES), answer(ALL, ALL, LINES) | {"answer": "a-2"}]})
    one = streamed(ALL, reasoning=ALL, name=LINES, pieces=10)
    several.notifications = lambda: [
        [2, "answer.event", [name, seq, event]] for seq, event in enumerate(one.events) for name in ("a-1", "a-2")
    ]
    scripted.replies["compare"] = several
    status, shown = run(home, ask_path(), *args, "-m", "a,b", "hello")
    assert (status, foreign(shown, drawn=not args)) == (0, [])
    assert b"owned" in shown


def test_what_is_told_meanwhile(home, scripted):
    error = {"code": "overloaded", "message": LINES, "provider": LINES}
    events = [
        {"type": "progress", "message": LINES},
        {"type": "progress", "message": LINES, "fraction": 0},
        {"type": "retry", "provider": LINES, "model": LINES, "error": error, "delay": 0},
        {"type": "tool_call", "index": 0, "id": LINES, "name": LINES, "arguments": LINES},
        {"type": "image", "mime": LINES, "data": LINES},
        {"type": LINES, "text": LINES},
    ]
    reply = answer(b"") | {"finish_reason": LINES, "tool_calls": [{"id": LINES, "name": LINES, "arguments": LINES}]}
    reply["attempts"] = [{"provider": LINES, "model": LINES, "error": error}]
    scripted.replies["chat"] = Streamed(reply, *events)
    for args, drawn in (((), True), (("--plain",), False), (("--json",), False), (("--json-stream",), False)):
        status, shown = run(home, ask_path(), *args, "hello")
        assert (status, foreign(shown, drawn)) == (0, []), args
        assert b"owned" in shown


@pytest.mark.parametrize("field", ["message", "provider", "param", "code", "model"])
def test_an_error(home, scripted, field):
    error = {"code": "unavailable", "message": "m", "provider": "p", "param": "x"} | {field: LINES}
    scripted.replies["chat"] = Exception(error)
    for args in ((), ("--plain",), ("--json",)):
        status, shown = run(home, ask_path(), *args, "hello")
        assert status != 0
        assert foreign(shown, drawn=not args) == [], args


def test_what_cannot_be_found(home, scripted):
    for name, text in ATTACKS.items():
        if b"\0" in text or len(text) > 200:
            continue
        for args in (("-a", b"./" + text), ("-p", b"p" + text), ("-m", b"m" + text), (b"--" + text,)):
            status, shown = run(home, ask_path(), *args, "hello")
            assert foreign(shown, drawn=True) == [], (name, args)


def test_a_file_s_name(home, scripted, tmp_path):
    folder = tmp_path / "folder"
    folder.mkdir()
    for text in ATTACKS.values():
        name = text.replace(b"/", b"_").replace(b"\0", b"0")[:200]
        with open(bytes(folder) + b"/" + name, "wb") as f:
            f.write(b"\xff\x00\x01")  # is passed over, which is told
    scripted.replies["chat"] = streamed(b"said")
    for args in ((), ("--dry-run",)):
        status, shown = run(home, ask_path(), *args, "-a", str(folder), "hello")
        assert foreign(shown, drawn=True) == [] and shown


ID = "01900000-0000-7000-8000-000000000001"
CONVERSATION = {
    "id": ID, "conversation": ID, "title": LINES, "head": "m-2", "tags": [LINES], "model": LINES,
    "messages": [
        {"id": "m-1", "role": "user", "content": ALL},
        {"id": "m-2", "parent": "m-1", "role": LINES, "model": LINES, "provider": LINES, "state": LINES,
         "content": [{"type": "text", "text": ALL}, {"type": LINES, "name": LINES, "url": LINES, "arguments": LINES}]},
    ],
}  # fmt: skip

TOLD = {
    "attach": ("answer.attach", streamed(ALL, reasoning=ALL, name=LINES, pieces=40), ["attach", "a-1"], True),
    "answers": ("answer.list", [{"answer": LINES, "state": LINES, "model": LINES, "provider": LINES, "prompt": LINES}],
                ["answers"], True),
    "conv list": ("conversation.list", [CONVERSATION], ["conv", "list"], True),
    "conv show": ("conversation.get", CONVERSATION, ["conv", "show", ID], False),
    "conv show as json": ("conversation.get", CONVERSATION, ["conv", "show", ID, "--json"], False),
    "conv search": ("conversation.search", [{"conversation": LINES, "title": LINES, "snippet": LINES}],
                    ["conv", "search", "x"], True),
    "models": ("models.list", [{"model": LINES, "id": LINES, "provider": LINES, "name": LINES}], ["models"], True),
}  # fmt: skip


@pytest.mark.parametrize("what", TOLD)
def test_what_askctl_tells(home, scripted, what):
    method, reply, args, drawn = TOLD[what]
    scripted.replies["conversation.list"] = lambda params: [] if "before" in params else [CONVERSATION]
    scripted.replies[method] = reply
    status, shown = run(home, askctl_path(), *args)
    assert foreign(shown, drawn, bare=what == "conv search") == []
    assert b"[2J" in shown


def test_the_clipboard_gets_what_was_said_and_no_more(home, scripted):
    scripted.replies["chat"] = streamed(ALL)
    status, shown = run(home, ask_path(), "--copy", "hello")
    assert status == 0
    before, mark, behind = shown.partition(b"\x1b]52;c;")
    copied, end, rest = behind.partition(b"\x07")
    assert mark and end and foreign(before, drawn=True) == [] and foreign(rest, drawn=True) == []
    assert not set(copied) - set(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=")
