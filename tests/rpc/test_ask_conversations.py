"""ask and askctl with conversations: what they send, what they show, and that both fit the real daemon."""

import json
import os
import pty
import re
import time
import uuid

import pytest

from conftest import PATIENCE
from helpers_scripted import Scripted

OTHER, USAGE = 1, 64
ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

pytestmark = pytest.mark.askd(provider={"retries": "0"})


def asked(provider):
    """What the last request to the provider said: [(role, content)]."""
    return [(m["role"], m["content"]) for m in provider.bodies()[-1]["messages"]]


# -- against a scripted daemon, for what the real one cannot be made to say


@pytest.fixture
def scripted(home):
    s = Scripted(home)
    s.replies["chat"] = {"text": "so it is\n", "model": "m", "provider": "p", "conversation": "0190-conv"}
    yield s
    s.stop()


def chat_params(scripted):
    (params,) = scripted.asked("chat")
    return params


@pytest.mark.parametrize(
    "args, sent",
    [
        ((), {"conversation": "new"}),
        (("-c",), {"conversation": "last"}),
        (("--continue",), {"conversation": "last"}),
        (("--conversation", "some-id"), {"conversation": "some-id"}),
        (("--no-store",), {"store": False}),
    ],
    ids=str,
)
def test_what_is_kept(scripted, ask, args, sent):
    assert ask(*args, "hi").returncode == 0
    params = chat_params(scripted)
    assert {k: params[k] for k in ("conversation", "store") if k in params} == sent


@pytest.mark.parametrize(
    "args", [("-c", "--no-store"), ("--conversation", "x", "-c"), ("--no-store", "--conversation=x")], ids=str
)
def test_choices_that_exclude_each_other(scripted, ask, args):
    r = ask(*args, "hi")
    assert r.returncode == USAGE and r.stderr.count("--") >= 2 and "exclude" in r.stderr
    assert scripted.calls == []


def test_context(scripted, ask, tmp_path):
    env = {"TMUX": "/tmp/tmux-0/default,17,0", "TMUX_PANE": "%4"}
    proc = ask.start("hi", env=env, cwd=tmp_path)
    proc.communicate(timeout=PATIENCE)
    assert chat_params(scripted)["context"] == {
        "cwd": str(tmp_path),
        "terminal": "tmux:/tmp/tmux-0/default,17,%4",
        "host": os.uname().nodename,
    }


def test_context_without_a_terminal(scripted, ask):
    proc = ask.start("hi", start_new_session=True)
    proc.communicate(timeout=PATIENCE)
    assert chat_params(scripted)["context"] == {"cwd": os.getcwd(), "host": os.uname().nodename}


def test_nothing_to_continue_is_said_plainly(scripted, ask):
    text = "no conversation of the last 12 h here: askctl conv list shows older ones"
    scripted.replies["chat"] = Exception({"code": "not_found", "message": text, "param": "conversation"})
    r = ask("-c", "hi")
    assert (r.returncode, r.stdout, r.stderr) == (OTHER, "", f"ask: {text}\n")


def test_conversation_that_is_not_there(scripted, ask):
    scripted.replies["chat"] = Exception(
        {"code": "not_found", "message": "there is no such conversation", "param": "conversation"}
    )
    r = ask("--conversation", "x", "hi")
    assert r.returncode == OTHER and "conv list" in r.stderr


def test_stats_name_the_conversation(scripted, ask):
    assert "conversation=0190-conv" in ask("--stats", "hi").stderr


def test_json_has_the_conversation(scripted, ask):
    assert json.loads(ask("--json", "hi").stdout)["conversation"] == "0190-conv"


# -- askctl conv against the scripted daemon

A, B, C = (f"0190aaaa-bbbb-7{n}00-8000-000000000000" for n in "123")
MANY = [f"0190cccc-0000-7000-8000-{i:012x}" for i in range(1200)]


def listing(ids, page=500):
    """conversation.list over those ids, in pages that may be smaller than what is asked for."""

    def reply(params):
        at = ids.index(params["before"]) + 1 if "before" in params else 0
        some = ids[at : at + min(params.get("limit", page), page)]
        return [{"conversation": i, "title": f"about {i[:4]}", "updated": 0.0, "messages": 2} for i in some]

    return reply


def test_list_lines(scripted, askctl):
    scripted.replies["conversation.list"] = [
        {"conversation": A, "title": "one\nline \x1b[31monly", "created": 0.0, "updated": 86400.0, "messages": 12,
         "model": "m", "pinned": True, "tags": ["a", "b c"]},
        {"conversation": B, "title": None, "created": 0.0, "updated": 1e300, "messages": 0},
    ]
    r = askctl("conv", "list", env={"TZ": "UTC"})
    assert r.stdout.splitlines() == [
        f"{A}\t1970-01-02 00:00\t12\tpinned\tm\ta,b c\tone line  [31monly",
        f"{B}\t-\t0\t-\t-\t-\t-",
    ]


def test_list_is_empty(scripted, askctl):
    scripted.replies["conversation.list"] = []
    r = askctl("conv", "list")
    assert (r.returncode, r.stdout, r.stderr) == (0, "", "")


@pytest.mark.parametrize("args, limit", [((), 50), (("--limit", "7"), 7)], ids=str)
def test_list_limit(scripted, askctl, args, limit):
    scripted.replies["conversation.list"] = []
    assert askctl("conv", "list", *args).returncode == 0
    assert scripted.asked("conversation.list") == [{"limit": limit}]


def test_list_filters(scripted, askctl, tmp_path):
    scripted.replies["conversation.list"] = []
    (tmp_path / "link").symlink_to(tmp_path)
    words = ("--tag", "t", "--model", "p/m", "--directory", str(tmp_path / "link"), "--pinned", "--deleted")
    assert askctl("conv", "list", *words, "--since", "1h").returncode == 0
    (asked,) = scripted.asked("conversation.list")
    assert abs(time.time() - 3600 - asked.pop("since")) < 60
    assert asked == {
        **{"limit": 50, "tag": "t", "model": "p/m", "directory": str(tmp_path)},
        **{"pinned": True, "deleted": True, "host": os.uname().nodename},
    }


@pytest.mark.parametrize(
    "args, method, params",
    [
        (("pin", A), "pin", {"pinned": True}),
        (("unpin", A), "pin", {"pinned": False}),
        (("tag", A, "a", "b c"), "tag", {"add": ["a", "b c"]}),
        (("untag", A, "a"), "tag", {"remove": ["a"]}),
        (("head", A, "m1"), "head", {"message": "m1"}),
        (("rm", A), "delete", {}),
        (("rm", "--purge", A), "delete", {"purge": True}),
        (("undo", A), "restore", {}),
    ],
    ids=str,
)
def test_small_changes(scripted, askctl, args, method, params):
    r = askctl("conv", *args)
    assert (r.returncode, r.stdout, r.stderr) == (0, "", "")
    assert scripted.asked(f"conversation.{method}") == [{"conversation": A, **params}]


def test_undo_restores_what_was_removed_last(scripted, askctl):
    times = {A: 5.0, B: 7.0, C: 6.0}

    def deleted(params):
        assert params["deleted"]
        return [] if "before" in params else [{"conversation": i, "deleted": t} for i, t in times.items()]

    scripted.replies["conversation.list"] = deleted
    r = askctl("conv", "undo")
    assert (r.returncode, r.stdout) == (0, f"{B}\n")
    assert scripted.asked("conversation.restore") == [{"conversation": B}]
    times.clear()
    r = askctl("conv", "undo")
    assert r.returncode == OTHER and r.stdout == "" and r.stderr.count("\n") == 1


def test_list_json(scripted, askctl):
    scripted.replies["conversation.list"] = listing([A, B])
    assert [c["conversation"] for c in json.loads(askctl("conv", "list", "--json").stdout)] == [A, B]


def test_a_prefix_is_resolved(scripted, askctl):
    scripted.replies["conversation.list"] = listing([C, B, A])
    assert askctl("conv", "rm", B[:16]).returncode == 0
    assert scripted.asked("conversation.delete") == [{"conversation": B}]


def test_a_prefix_is_looked_for_on_all_pages(scripted, askctl):
    scripted.replies["conversation.list"] = listing(MANY + [A], page=100)
    assert askctl("conv", "rename", A[:8], "title").returncode == 0
    assert scripted.asked("conversation.rename") == [{"conversation": A, "title": "title"}]


def test_a_prefix_that_fits_several(scripted, askctl):
    scripted.replies["conversation.list"] = listing(MANY + [C, B, A], page=100)
    r = askctl("conv", "rm", A[:13])
    assert r.returncode == OTHER and "3 conversations" in r.stderr
    assert scripted.asked("conversation.delete") == []


@pytest.mark.parametrize("word, status", [("0190aaa", USAGE), ("x" * 36, USAGE), ("", USAGE), ("0190ffff", OTHER)])
def test_what_is_no_prefix(scripted, askctl, word, status):
    scripted.replies["conversation.list"] = listing([A])
    r = askctl("conv", "rm", word)
    assert r.returncode == status and "conv list" in r.stderr
    assert scripted.asked("conversation.delete") == []


def test_a_whole_id_is_not_looked_for(scripted, askctl):
    r = askctl("conv", "rm", A)
    assert (r.returncode, r.stdout, r.stderr) == (0, "", "")
    assert [m for m, _ in scripted.calls if m != "hello"] == ["conversation.delete"]


def test_rm_goes_on_after_a_failure(scripted, askctl):
    missing = Exception({"code": "not_found", "message": "there is no such conversation", "param": "conversation"})
    scripted.replies["conversation.delete"] = lambda p: missing if p["conversation"] == A else {}
    r = askctl("conv", "rm", A, B)
    assert r.returncode == OTHER and r.stderr.count("\n") == 1
    assert [p["conversation"] for p in scripted.asked("conversation.delete")] == [A, B]


TREE = {
    "conversation": A,
    "title": "trees",
    "head": "m5",
    "messages": [
        {"id": "m1", "parent": None, "role": "user", "content": "why?"},
        {"id": "m2", "parent": "m1", "role": "assistant", "content": "because\n", "model": "m", "provider": "p",
         "state": "done"},
        {"id": "m3", "parent": "m1", "role": "assistant", "content": "another branch", "state": "done"},
        {"id": "m4", "parent": "m2", "role": "user",
         "content": [{"type": "text", "text": "and this?"}, {"type": "image", "mime": "image/png", "data": b"\x01"}]},
        {"id": "m5", "parent": "m4", "role": "assistant", "content": "it is \x1b[31mred", "model": "m", "provider": "p",
         "state": "interrupted"},
    ],
}  # fmt: skip
SHOWN = """\
# trees

## user m1

why?

## assistant (p/m) m2

because

## user m4

and this?
[image image/png]

## assistant (p/m, interrupted) m5

it is \x1b[31mred
"""


def test_show(scripted, askctl):
    scripted.replies["conversation.get"] = TREE
    r = askctl("conv", "show", A)
    assert (r.returncode, r.stdout, r.stderr) == (0, SHOWN, "")
    assert scripted.asked("conversation.get") == [{"conversation": A}]


@pytest.mark.parametrize(
    "fields, head",
    [
        ({"state": "done", "finish_reason": "stop"}, "(p/m)"),
        ({"state": "done", "finish_reason": "refusal"}, "(p/m, refusal)"),
        ({"state": "failed"}, "(p/m, failed)"),
    ],
)
def test_show_how_an_answer_ended(scripted, askctl, fields, head):
    message = {"id": "m1", "role": "assistant", "content": "", "provider": "p", "model": "m", **fields}
    scripted.replies["conversation.get"] = {**TREE, "messages": [message], "head": "m1"}
    assert askctl("conv", "show", A).stdout == f"# trees\n\n## assistant {head} m1\n\n"


def test_show_a_call_with_its_arguments(scripted, askctl):
    call = {"type": "tool_call", "id": "1", "name": "weather", "arguments": '{"city":\n"Oslo"}'}
    message = {"id": "m1", "role": "assistant", "content": [call], "provider": "p", "model": "m"}
    scripted.replies["conversation.get"] = {**TREE, "messages": [message], "head": "m1"}
    assert '[tool_call weather 1 {"city": "Oslo"}]\n' in askctl("conv", "show", A).stdout


def test_show_on_a_terminal_is_harmless(scripted, askctl):
    scripted.replies["conversation.get"] = TREE
    ours, theirs = pty.openpty()
    proc = askctl.start("conv", "show", A, stdout=theirs)
    os.close(theirs)
    shown = b""
    try:
        while data := os.read(ours, 4096):
            shown += data
    except OSError:  # the other end is closed
        pass
    os.close(ours)
    _, err = proc.communicate(timeout=PATIENCE)
    assert (proc.returncode, err) == (0, b"")
    assert shown.replace(b"\r\n", b"\n").decode() == SHOWN.replace("\x1b", "\\x1b")


def test_show_json(scripted, askctl):
    scripted.replies["conversation.get"] = {**TREE, "messages": TREE["messages"][:3]}
    assert json.loads(askctl("conv", "show", A, "--json").stdout) == {**TREE, "messages": TREE["messages"][:3]}


@pytest.mark.parametrize("head", ["m9", None])
def test_show_without_a_branch(scripted, askctl, head):
    scripted.replies["conversation.get"] = {**TREE, "head": head}
    r = askctl("conv", "show", A)
    assert (r.returncode, r.stdout) == (0, "# trees\n")


def test_fork(scripted, askctl):
    scripted.replies["conversation.get"] = TREE
    scripted.replies["conversation.fork"] = {"conversation": B}
    assert askctl("conv", "fork", A).stdout == f"{B}\n"
    assert askctl("conv", "fork", A, "m3").stdout == f"{B}\n"
    assert scripted.asked("conversation.fork") == [
        {"conversation": A, "message": "m5"},
        {"conversation": A, "message": "m3"},
    ]


def test_fork_of_an_empty_one(scripted, askctl):
    scripted.replies["conversation.get"] = {**TREE, "head": None, "messages": []}
    r = askctl("conv", "fork", A)
    assert r.returncode == OTHER and "no message" in r.stderr
    assert scripted.asked("conversation.fork") == []


@pytest.mark.parametrize(
    "args",
    [
        ("conv",),
        ("conv", "foo"),
        ("conv", "show"),
        ("conv", "rename", A),
        ("conv", "rm"),
        ("conv", "list", "--limit", "0"),
        ("conv", "list", "--limit", "x"),
        ("conv", "show", A, "--limit", "3"),
        ("status", "--limit", "3"),
    ],
    ids=str,
)
def test_usage(scripted, askctl, args):
    r = askctl(*args)
    assert r.returncode == USAGE and r.stderr.startswith("askctl: ") and r.stdout == ""
    assert scripted.calls == []


@pytest.mark.parametrize("args, words", [(("conv",), ["list", "show", "fork"]), (("conv", "list"), ["--limit"])])
def test_help_of_verbs(askctl, args, words):
    r = askctl(*args, "--help")
    assert r.returncode == 0 and r.stderr == "" and all(w in r.stdout for w in words)


# -- with the real daemon


def conversation_of(r):
    return json.loads(r.stdout)["conversation"]


def test_ask_stores_by_default(daemon, ask, askctl):
    conversation = conversation_of(ask("--json", "remember me"))
    assert ID.fullmatch(conversation)
    (line,) = askctl("conv", "list").stdout.splitlines()
    assert line.startswith(conversation) and "\t2\t" in line
    shown = askctl("conv", "show", conversation).stdout
    said = re.sub(" [0-9a-f-]{36}$", "", shown, flags=re.M)
    assert "\n## user\n\nremember me\n" in said and "\n## assistant (fake/echo)\n\nremember me\n" in said


def test_no_store_leaves_nothing(daemon, ask, askctl):
    r = ask("--no-store", "--json", "a secret")
    assert r.returncode == 0 and "conversation" not in json.loads(r.stdout)
    r = askctl("conv", "list")
    assert (r.returncode, r.stdout, r.stderr) == (0, "", "")


def test_continue(daemon, ask, provider):
    first = ask("--json", "one")
    again = ask("--json", "-c", "two")
    assert conversation_of(again) == conversation_of(first)
    assert asked(provider) == [("user", "one"), ("assistant", "one"), ("user", "two")]


def test_continue_is_by_terminal(daemon, ask):
    here, there = ({"TMUX": "/tmp/tmux-0/default,17,0", "TMUX_PANE": p} for p in ("%1", "%2"))
    first = conversation_of(ask("--json", "one", env=here))
    second = conversation_of(ask("--json", "two", env=there))
    assert first != second
    assert conversation_of(ask("--json", "-c", "one more", env=here)) == first
    assert conversation_of(ask("--json", "-c", "two more", env=there)) == second


def test_continue_is_by_folder(daemon, ask, tmp_path):
    assert ask("one").returncode == 0
    proc = ask.start("-c", "two", cwd=tmp_path)
    out, err = proc.communicate(timeout=PATIENCE)
    assert proc.returncode == OTHER and out == b""
    assert err.startswith(b"ask: ") and err.count(b"\n") == 1 and b"check the name" not in err


def test_named_conversation(daemon, ask, provider):
    first = conversation_of(ask("--json", "one"))
    assert ask("another").returncode == 0
    assert conversation_of(ask("--json", "--conversation", first, "two")) == first
    assert asked(provider) == [("user", "one"), ("assistant", "one"), ("user", "two")]


def test_conversation_unknown_to_the_daemon(daemon, ask, askctl, provider):
    r = ask("--conversation", str(uuid.uuid4()), "x")
    assert r.returncode == OTHER and r.stdout == "" and provider.stats()["requests"] == 0
    assert askctl("conv", "show", str(uuid.uuid4())).returncode == OTHER


def test_rename_fork_and_rm(daemon, ask, askctl):
    first = conversation_of(ask("--json", "one"))
    assert askctl("conv", "rename", first[:23], "the first one").returncode == 0
    assert "\tthe first one" in askctl("conv", "list").stdout
    copy = askctl("conv", "fork", first).stdout.strip()
    assert ID.fullmatch(copy) and copy != first
    assert "\none\n" in askctl("conv", "show", copy).stdout
    r = askctl("conv", "rm", first)
    assert (r.returncode, r.stdout, r.stderr) == (0, "", "")
    assert askctl("conv", "list").stdout.startswith(copy)
    assert askctl("conv", "show", first).returncode == OTHER
    assert first in askctl("conv", "list", "--deleted").stdout
    assert askctl("conv", "undo").stdout == f"{first}\n"
    assert askctl("conv", "show", first).returncode == 0
    askctl("conv", "rm", first)
    assert askctl("conv", "undo", first[:23]).returncode == 0
    assert askctl("conv", "rm", "--purge", first).returncode == 0
    assert askctl("conv", "undo").returncode == OTHER


def test_list_has_no_silent_end(daemon, ask, askctl):
    for i in range(3):
        assert ask(f"question {i}").returncode == 0
    assert len(askctl("conv", "list").stdout.splitlines()) == 3
    (newest,) = askctl("conv", "list", "--limit", "1").stdout.splitlines()
    assert "question 2" in newest
