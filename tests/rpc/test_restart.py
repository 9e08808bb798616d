"""What a daemon is told survives it: conversations, and answers under the sequence numbers they had."""

import signal
import sqlite3

import pytest

from client import RESPONSE, attached, check_events, failure, is_event, say, text_of
from conftest import wait_until
from fault_provider import words_text
from helpers_files import in_files

ENDINGS = [signal.SIGTERM, signal.SIGKILL]


@pytest.mark.parametrize("how", ENDINGS)
def test_conversations(client, restart, how):
    a = say(client, "one")
    say(client, "two", a["conversation"])
    say(client, "other two", a["conversation"], parent=a["message"])
    say(client, "hi", model="tools")
    c = client.call("conversation.create", {"title": "made", "system": "s"})["conversation"]
    client.call("conversation.rename", {"conversation": c, "title": "renamed"})
    gone = say(client, "gone")["conversation"]
    client.call("conversation.delete", {"conversation": gone})
    listed = client.call("conversation.list")
    whole = [client.call("conversation.get", {"conversation": i["conversation"]}) for i in listed]
    client = restart(how)
    assert client.call("conversation.list") == listed and len(listed) == 3
    assert [client.call("conversation.get", {"conversation": i["conversation"]}) for i in listed] == whole
    assert failure(client, "conversation.get", {"conversation": gone})["code"] == "not_found"


def test_conversation_goes_on(client, restart, provider):
    a = say(client, "one", system="be brief")
    client = restart()
    assert say(client, "two", a["conversation"])["conversation"] == a["conversation"]
    sent = [(m["role"], m["content"]) for m in provider.bodies()[-1]["messages"]]
    assert sent == [("system", "be brief"), ("user", "one"), ("assistant", "one"), ("user", "two")]


@pytest.mark.parametrize("how", ENDINGS)
@pytest.mark.parametrize("model", ["words-20", "tools", "reasoning", "text-300000"])
def test_answer_is_the_same(client, restart, how, model):
    a = say(client, "hi", model=model, stream=True)
    events = client.events(a["answer"])
    client = restart(how)
    assert client.call("answer.get", {"answer": a["answer"]}) == a
    again, replayed = attached(client, a["answer"])
    assert (again, replayed) == (a, events)
    _, rest = attached(client, a["answer"], **{"from": 3})
    assert rest == events[3:]
    check_events(rest, first=3)
    _, nothing = attached(client, a["answer"], **{"from": 1000000})
    assert nothing == []


def test_answers_without_a_conversation(client, restart):
    detached = client.result(client.chat("words-5", detach=True))["answer"]
    client.call("answer.attach", {"answer": detached, "stream": False})
    plain = client.result(client.chat("words-6"))["answer"]
    client = restart()
    assert attached(client, detached)[0]["text"] == words_text(5)
    assert attached(client, plain)[0]["text"] == words_text(6)


def test_attach_without_events_and_with_notify(client, restart):
    answer = say(client, "hi")["answer"]
    client = restart()
    assert client.call("answer.attach", {"answer": answer, "stream": False})["text"] == "hi"
    assert len(client.log) == 1
    args = [1, {"two": [None, b"\xff"]}]
    client.call("answer.attach", {"answer": answer, "notify": {"method": "on_event", "args": args, "more": "x"}})
    notes = [m for m in client.log if m[0] != RESPONSE]
    assert notes and all(m[1] == "on_event" and m[2][:-1] == args for m in notes)
    check_events([tuple(m[2][-1][1:]) for m in notes])
    client.call("answer.attach", {"answer": answer, "notify": {"method": "bare"}})
    assert client.log[-2][1] == "bare" and len(client.log[-2][2]) == 1


def test_failed_answer(client, restart):
    params = {"model": "fake/error-in-stream-2", "prompt": "x", "conversation": "new"}
    error = failure(client, "chat", params)
    client = restart()
    a = client.call("answer.get", {"answer": error["answer"]})
    assert (a["state"], a["text"]) == ("failed", words_text(2))
    assert a["error"]["code"] == error["code"]
    assert failure(client, "answer.attach", {"answer": error["answer"]}) == error


def test_cancel_of_what_has_ended(client, restart):
    answer = say(client, "hi")["answer"]
    client = restart()
    client.notify("answer.cancel", {"answer": answer})
    assert client.call("answer.cancel", {"answer": answer}) == {}
    assert client.call("answer.get", {"answer": answer})["state"] == "done"


@pytest.mark.askd(daemon={"drain_timeout": "0"})
def test_interrupted_answer(client, restart, provider):
    first = say(client, "one")
    client.chat("hang-after-2", "two", conversation=first["conversation"], stream=True)
    answer = client.wait_for(lambda m: is_event(m) and m[2][2].get("text") == "w1 ")[2][0]
    seen = client.events(answer)
    client = restart()
    a = client.call("answer.get", {"answer": answer})
    assert (a["state"], a["text"], a["error"]["code"]) == ("interrupted", words_text(2), "interrupted")
    assert failure(client, "answer.attach", {"answer": answer})["code"] == "interrupted"
    assert client.events(answer)[: len(seen)] == seen
    check_events(client.events(answer))
    messages = client.call("conversation.get", {"conversation": a["conversation"]})["messages"]
    assert messages[-1]["id"] == a["message"]
    assert (messages[-1]["content"], messages[-1]["state"]) == (words_text(2), "interrupted")
    say(client, "three", a["conversation"])
    assert [m["content"] for m in provider.bodies()[-1]["messages"]] == ["one", "one", "two", words_text(2), "three"]


def test_killed_while_an_answer_runs(client, restart, home):
    client.chat("slow-100000-10", conversation="new", stream=True)
    answer = client.wait_event("start")[0]
    wait_until(lambda: in_files(home.state, "w7 "), "events reach the disk")
    client.call("conversation.list")  # which waits for the commit of what was being written
    seen = client.events(answer)
    client = restart(signal.SIGKILL)
    a = client.call("answer.get", {"answer": answer})
    assert (a["state"], a["error"]["code"]) == ("interrupted", "interrupted")
    assert "w7 " in a["text"] and words_text(100000).startswith(a["text"])
    assert failure(client, "answer.attach", {"answer": answer})["code"] == "interrupted"
    again = client.events(answer)
    check_events(again, cut_off=True)
    kept = [e for e in again if e[0] < len(seen)]
    assert text_of(kept) and kept == seen[: len(kept)]
    m = client.call("conversation.get", {"conversation": a["conversation"]})["messages"][-1]
    assert (m["id"], m["content"], m["state"]) == (a["message"], a["text"], "interrupted")


# -- answer.list


def test_list(client, restart):
    first = say(client, "the first question")
    second = client.result(client.chat("words-5", "the second"))
    failed = failure(client, "chat", {"model": "fake/status-400", "prompt": "bad", "conversation": "new"})
    items = client.call("answer.list")
    assert [i["answer"] for i in items] == [failed["answer"], second["answer"], first["answer"]]
    assert items[2]["conversation"] == first["conversation"] and "conversation" not in items[1]
    client = restart()
    assert client.call("answer.list") == items
    third = say(client, "the third", first["conversation"])
    client.call("answer.get", {"answer": first["answer"]})  # brought back, and no second time in the list
    ids = [i["answer"] for i in client.call("answer.list")]
    assert ids == [third["answer"], failed["answer"], second["answer"], first["answer"]]
    assert [i["answer"] for i in client.call("answer.list", {"state": "failed"})] == [failed["answer"]]
    assert [i["answer"] for i in client.call("answer.list", {"state": "done"})] == [ids[0], *ids[2:]]
    assert client.call("answer.list", {"state": "running"}) == []


# -- store: false


def test_store_false_reaches_no_disk(client, restart, home):
    say(client, "marzipan")
    hidden = client.result(client.chat("echo", "nougatine", store=False))
    assert hidden["text"] == "nougatine" and hidden.get("conversation") is None
    assert client.call("answer.get", {"answer": hidden["answer"]})["text"] == "nougatine"
    client = restart()
    assert in_files(home.state, "marzipan") and not in_files(home.state, "nougatine")
    assert failure(client, "answer.get", {"answer": hidden["answer"]})["code"] == "not_found"
    assert hidden["answer"] not in [i["answer"] for i in client.call("answer.list")]


def test_keep(client, home, daemon, start_daemon):
    """[store] keep: a conversation that nobody added to for longer goes, the others stay."""
    old, young = say(client, "old")["conversation"], say(client, "young")["conversation"]
    daemon.end()
    with sqlite3.connect(home.state / "askd" / "askd.db") as db:
        db.execute("UPDATE conversation SET updated = updated - ? WHERE id = ?", (91 * 86400 * 10**6, old))
    db.close()
    home.config.write_text(home.config.read_text() + "\n[store]\nkeep = 90 d\n")
    c = start_daemon().connect()

    def listed():
        return [i["conversation"] for i in c.call("conversation.list")]

    wait_until(lambda: listed() == [young], "the old one goes")
    assert failure(c, "conversation.get", {"conversation": old})["code"] == "not_found"
    assert c.call("conversation.get", {"conversation": young})["title"] == "young"
