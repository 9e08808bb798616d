"""conversation.watch: what changes is told to whoever watches, as it is committed."""

import contextlib
import sqlite3

import pytest

from client import failure, is_event, say
from conftest import wait_until
from helpers_tree import NOBODY, changes_of, messages_of


def watch(client, **params):
    return client.call("conversation.watch", params)["watch"]


def seen(client):
    """The changes so far: what comes after the reply to this was told before it."""
    client.call("conversation.list", {"limit": 1})
    return changes_of(client)


def wait_told(client, kind, **fields):
    """[watch, conversation, change] of the first change of that type with these fields."""

    def wanted(m):
        return (
            m[0] == 2
            and m[1] == "conversation.changed"
            and m[2][2]["type"] == kind
            and fields.items() <= m[2][2].items()
        )

    return client.wait_for(wanted)[2]


def test_two_see_each_others_turns_as_they_stream(daemon, client):
    c = say(client, "one")["conversation"]
    other = daemon.connect()
    watches = {mine: watch(mine, conversation=c) for mine in (client, other)}
    for asker, reader, model in ((client, other, "slow-10-50"), (other, client, "slow-11-50")):
        msgid = asker.chat(model, f"by {model}", conversation=c, stream=True)
        number, told, begun = wait_told(reader, "answer", model=model)
        assert (number, told) == (watches[reader], c)
        assert messages_of(reader, c)[begun["parent"]]["content"] == f"by {model}"
        attached = reader.request("answer.attach", {"answer": begun["answer"]})
        reader.wait_for(lambda m: is_event(m) and m[2][0] == begun["answer"] and m[2][2]["type"] == "text")
        assert messages_of(reader, c)[begun["message"]]["state"] == "running", "it is seen while it streams"
        assert reader.result(attached)["text"] == asker.result(msgid)["text"]
        _, _, ended = wait_told(reader, "ended", answer=begun["answer"])
        assert (ended["message"], ended["state"], ended["head"]) == (begun["message"], "done", True)


def test_each_kind_of_change(daemon, client):
    watcher = daemon.connect()
    number = watch(watcher)
    a = say(client, "first words")
    c = a["conversation"]
    question = messages_of(client, c)[a["message"]]["parent"]
    calls = (
        ("rename", {"title": "another"}, {"type": "title", "title": "another"}),
        ("pin", {"pinned": True}, {"type": "pinned", "pinned": True}),
        ("tag", {"add": ["b", "a"]}, {"type": "tags", "tags": ["a", "b"]}),
        ("head", {"message": question}, {"type": "head", "message": question}),
        ("delete", {}, {"type": "deleted"}),
        ("restore", {}, {"type": "restored"}),
    )
    for method, params, _ in calls:
        client.call(f"conversation.{method}", {"conversation": c, **params})
    told = seen(watcher)
    assert told[:4] == [
        (c, {"type": "created", "title": "first words"}),
        (c, {"type": "message", "message": question, "parent": None}),
        (c, {"type": "answer", "answer": a["answer"], "message": a["message"], "parent": question, "model": a["model"]}),
        (c, {"type": "ended", "answer": a["answer"], "message": a["message"], "state": "done", "head": True}),
    ]
    assert told[4:] == [(c, change) for _, _, change in calls]
    assert all(m[2][0] == number for m in watcher.log if m[1] == "conversation.changed")


def test_what_has_outlived_its_time(home, daemon, client):
    """As if somebody had deleted it: out of the trash, and out of the list; more of them than leave at once."""
    thrown = say(client, "thrown away")["conversation"]
    client.call("conversation.delete", {"conversation": thrown})
    old = {client.call("conversation.create", {"title": f"{i}"})["conversation"] for i in range(100)}
    kept = say(client, "young")["conversation"]
    marks = ", ".join("?" * len(old))
    with contextlib.closing(sqlite3.connect(home.state / "askd" / "askd.db", timeout=10)) as db, db:
        db.execute(f"UPDATE conversation SET updated = updated - ? WHERE id IN ({marks})", (91 * 86400 * 10**6, *old))
    watcher = daemon.connect()
    watch(watcher)
    one = watch(watcher, conversation=min(old))
    home.config.write_text(home.config.read_text() + "\n[store]\nkeep = 90 d\ntrash = 0\n")
    client.call("config.reload")
    wait_until(lambda: len(seen(watcher)) >= 102, "all are told")
    told = [m[2] for m in watcher.log if m[1] == "conversation.changed"]
    assert {change["type"] for _, _, change in told} == {"deleted"}
    assert {c for _, c, _ in told} == old | {thrown} and len(told) == 102
    assert [c for number, c, _ in told if number == one] == [min(old)]
    assert [c["conversation"] for c in client.call("conversation.list")] == [kept]


def test_what_is_made_and_what_is_asked_once_more(daemon, client):
    watcher = daemon.connect()
    watch(watcher)
    c = client.call("conversation.create", {"system": "Be brief"})["conversation"]
    a = say(client, "one", c)
    again = client.call("chat", {"model": "fake/words-2", "conversation": c, "regenerate": a["message"]})
    fork = client.call("conversation.fork", {"conversation": c, "message": a["message"]})["conversation"]
    told = seen(watcher)
    assert [change["type"] for _, change in told] == [
        *("created", "title", "message", "answer", "ended"),
        *("answer", "ended", "created"),
    ]
    assert told[5][1]["parent"] == told[3][1]["parent"] and told[5][1]["message"] == again["message"]
    assert told[0] == (c, {"type": "created", "title": "Be brief"}) and told[-1][0] == fork


def test_compare_tells_the_question_once(daemon, client):
    watcher = daemon.connect()
    watch(watcher)
    client.call("compare", {"models": ["fake/echo", "fake/words-2"], "prompt": "x", "conversation": "new"})
    kinds = [change["type"] for _, change in seen(watcher)]
    assert sorted(kinds) == sorted(["created", "message", "answer", "answer", "ended", "ended"])


def test_one_conversation_alone(daemon, client):
    c, other = say(client, "one")["conversation"], say(client, "two")["conversation"]
    watcher = daemon.connect()
    watch(watcher, conversation=c)
    say(client, "x", other)
    say(client, "y", c)
    assert {told for told, _ in seen(watcher)} == {c}


def test_failed_and_cancelled_answers(daemon, client):
    watcher = daemon.connect()
    watch(watcher)
    failure(client, "chat", {"model": "fake/status-400", "prompt": "x", "conversation": "new"})
    assert wait_told(watcher, "ended")[2]["state"] == "failed"


def test_unwatch(daemon, client):
    first, second = watch(client), watch(client)
    assert client.call("conversation.unwatch", {"watch": first}) == {}
    say(client, "one")
    seen(client)
    assert changes_of(client, first) == [] and len(changes_of(client, second)) == 4
    other = daemon.connect()
    for who, number in ((client, first), (other, second), (client, 1 << 40)):
        error = failure(who, "conversation.unwatch", {"watch": number})
        assert (error["code"], error["param"]) == ("not_found", "watch")
    client.close()
    say(other, "two")  # whoever has gone is told nothing


def test_notify(client):
    number = watch(client, notify={"method": "nvim_exec_lua", "args": ["f(...)"]})
    c = client.call("conversation.create", {})["conversation"]
    (told,) = [m for m in client.log if m[0] == 2]
    assert told == [2, "nvim_exec_lua", ["f(...)", [number, c, {"type": "created", "title": None}]]]


@pytest.mark.parametrize("conversation", [NOBODY, "nonsense"])
def test_watch_of_what_is_not_there(client, conversation):
    error = failure(client, "conversation.watch", {"conversation": conversation})
    assert (error["code"], error["param"]) == ("not_found", "conversation")


@pytest.mark.askd(daemon={"max_watches": "3"})
def test_bound_of_watches(daemon, client):
    c = say(client, "one")["conversation"]
    numbers = [watch(client), watch(client, conversation=c), watch(client)]
    for params in ({}, {"conversation": c}):
        error = failure(client, "conversation.watch", params)
        assert error["code"] == "overloaded" and "max_watches" in error["message"]
    client.call("conversation.unwatch", {"watch": numbers[0]})
    watch(client)
    watch(daemon.connect())


def rss(daemon):
    with open(f"/proc/{daemon.pid}/statm") as f:
        return int(f.read().split()[1]) * 4096


def keeps_what_is_freed(daemon):
    """A sanitizer does, to tell of its use."""
    with open(f"/proc/{daemon.pid}/maps") as f:
        return "libasan" in f.read()


def test_who_does_not_read_costs_no_memory(daemon, client):
    c = say(client, "one")["conversation"]
    deaf = daemon.connect(receive_buffer=4096)
    watch(deaf)
    tags = {"conversation": c, "add": [f"{i}" + "x" * 60 for i in range(60)]}
    for _ in range(300):
        client.call("conversation.tag", tags)
    before = rss(daemon)
    for _ in range(3000):
        client.call("conversation.tag", tags)  # 12 MB of changes
    assert rss(daemon) - before < 1 << 20 or keeps_what_is_freed(daemon)
    say(client, "last", c)
    wait_told(deaf, "lost")
    told = changes_of(deaf)
    assert told[-1] == (None, {"type": "lost"}) and [ch["type"] for _, ch in told].count("lost") == 1
    assert len(told) < 300
    client.call("conversation.pin", {"conversation": c, "pinned": True})
    assert wait_told(deaf, "pinned")[2] == {"type": "pinned", "pinned": True}, "it is told again"
