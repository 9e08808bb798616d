"""Working with the tree of a conversation: edits, other answers, the head, pins, tags, titles, the trash."""

import contextlib
import sqlite3

import pytest

from client import failure, say
from conftest import wait_until
from helpers_tree import NOBODY, conversation_of, listed, messages_of, sent


def ask(client, conversation, model="echo", **params):
    return client.call("chat", {"model": f"fake/{model}", "conversation": conversation, **params})


def question_of(client, a):
    return messages_of(client, a["conversation"])[a["message"]]["parent"]


# -- edit


def test_edit_is_a_sibling(client, provider):
    one = say(client, "one")
    c = one["conversation"]
    two = say(client, "two", c)
    other = ask(client, c, prompt="other two", edit=question_of(client, two))
    assert sent(provider) == [("user", "one"), ("assistant", "one"), ("user", "other two")]
    messages = messages_of(client, c)
    assert messages[messages[other["message"]]["parent"]]["parent"] == one["message"]
    assert len(messages) == 6 and conversation_of(client, c)["head"] == other["message"]


def test_edit_of_the_first_question(client, provider):
    one = say(client, "one")
    other = ask(client, one["conversation"], prompt="first", edit=question_of(client, one))
    assert sent(provider) == [("user", "first")]
    messages = messages_of(client, one["conversation"])
    assert messages[messages[other["message"]]["parent"]].get("parent") is None


def test_edit_that_says_the_same_asks_anew(client, provider):
    one = say(client, "one")
    before = provider.stats()["requests"]
    again = ask(client, one["conversation"], prompt="one", edit=question_of(client, one))
    assert provider.stats()["requests"] == before + 1 and not again["cached"]


# -- regenerate


@pytest.mark.parametrize("by", ["answer", "question"])
def test_regenerate(client, provider, by):
    one = say(client, "one", system="be brief")
    c = one["conversation"]
    two = say(client, "two", c)
    say(client, "three", c)
    provider.reset()
    named = two["message"] if by == "answer" else question_of(client, two)
    again = ask(client, c, model="words-3", regenerate=named)
    assert sent(provider) == [("system", "be brief"), ("user", "one"), ("assistant", "one"), ("user", "two")]
    messages = messages_of(client, c)
    assert len(messages) == 7, "no second copy of the question"
    assert messages[again["message"]]["parent"] == messages[two["message"]]["parent"]
    assert messages[again["message"]]["model"] == again["model"] != messages[two["message"]]["model"]
    assert conversation_of(client, c)["head"] == again["message"]
    say(client, "four", c)
    assert [text for role, text in sent(provider) if role == "user"] == ["one", "two", "four"]


def test_regenerate_asks_anew(client, provider):
    one = say(client, "one")
    before = provider.stats()["requests"]
    assert not ask(client, one["conversation"], regenerate=one["message"])["cached"]
    assert provider.stats()["requests"] == before + 1


def test_regenerated_and_failed_is_left_out_with_its_question(client, provider):
    one = say(client, "one")
    two = say(client, "two", one["conversation"])
    params = {"model": "fake/status-400", "conversation": one["conversation"], "regenerate": two["message"]}
    failure(client, "chat", params)
    say(client, "three", one["conversation"])
    assert sent(provider) == [("user", "one"), ("assistant", "one"), ("user", "three")]


def test_regenerate_has_the_questions_preview(client):
    one = say(client, "one words")
    ask(client, one["conversation"], regenerate=one["message"])
    assert [a["preview"] for a in client.call("answer.list")] == ["one words", "one words"]


def test_compare_regenerates(client):
    one = say(client, "one")
    params = {"models": ["fake/words-2", "fake/words-3"], "conversation": one["conversation"]}
    arms = client.call("compare", {**params, "regenerate": one["message"]})["answers"]
    messages = messages_of(client, one["conversation"])
    assert len(messages) == 4
    assert {messages[a["message"]]["parent"] for a in arms} == {question_of(client, one)}


def test_what_stands_beside_them(client, provider):
    one, other = say(client, "one"), say(client, "other")
    c, answer = one["conversation"], one["message"]
    question = question_of(client, one)
    provider.reset()
    for params, code, param in (
        ({"prompt": "x", "edit": answer}, "invalid_request", "edit"),
        ({"prompt": "x", "edit": NOBODY}, "not_found", "edit"),
        ({"prompt": "x", "edit": "nonsense"}, "not_found", "edit"),
        ({"prompt": "x", "edit": question_of(client, other)}, "not_found", "edit"),
        ({"prompt": "x", "edit": question, "parent": answer}, "invalid_request", "edit"),
        ({"edit": question}, "invalid_request", "prompt"),
        ({"prompt": "x", "regenerate": answer}, "invalid_request", "prompt"),
        ({"messages": [], "regenerate": answer}, "invalid_request", "messages"),
        ({"regenerate": NOBODY}, "not_found", "regenerate"),
        ({"regenerate": "nonsense"}, "not_found", "regenerate"),
        ({"regenerate": answer, "parent": question}, "invalid_request", "regenerate"),
        ({"regenerate": answer, "cache": "only"}, "invalid_request", "cache"),
        ({"regenerate": answer, "conversation": "new"}, "invalid_request", "regenerate"),
    ):
        error = failure(client, "chat", {"model": "fake/echo", "conversation": c, **params})
        assert (error["code"], error["param"]) == (code, param), params
    assert provider.stats()["requests"] == 0 and len(messages_of(client, c)) == 2


# -- the head


def test_head_goes_back(client, provider):
    one = say(client, "one")
    c = one["conversation"]
    two = say(client, "two", c)
    say(client, "other", c, parent=one["message"])
    assert client.call("conversation.head", {"conversation": c, "message": two["message"]}) == {}
    assert conversation_of(client, c)["head"] == two["message"]
    say(client, "three", c)
    assert [text for role, text in sent(provider) if role == "user"] == ["one", "two", "three"]
    other = say(client, "elsewhere")
    for conversation, message, param in ((c, other["message"], "message"), (NOBODY, two["message"], "conversation")):
        error = failure(client, "conversation.head", {"conversation": conversation, "message": message})
        assert (error["code"], error["param"]) == ("not_found", param)


# -- pins and tags


def test_pin(client):
    a, b = say(client, "one")["conversation"], say(client, "two")["conversation"]
    assert client.call("conversation.pin", {"conversation": a, "pinned": True}) == {}
    assert conversation_of(client, a)["pinned"] and not conversation_of(client, b)["pinned"]
    assert {c["conversation"]: c["pinned"] for c in client.call("conversation.list")} == {a: True, b: False}
    assert listed(client, pinned=True) == [a] and listed(client, pinned=False) == [b]
    client.call("conversation.pin", {"conversation": a, "pinned": False})
    assert listed(client, pinned=True) == []


def test_tags(client):
    a, b = say(client, "one")["conversation"], say(client, "two")["conversation"]
    tag = {"conversation": a}
    assert client.call("conversation.tag", {**tag, "add": ["work", "é"]}) == {"tags": ["work", "é"]}
    assert client.call("conversation.tag", {**tag, "add": ["work"], "remove": ["é", "x"]}) == {"tags": ["work"]}
    assert client.call("conversation.tag", tag) == {"tags": ["work"]}
    assert listed(client, tag="work") == [a] and listed(client, tag="é") == []
    assert conversation_of(client, a)["tags"] == ["work"] and conversation_of(client, b)["tags"] == []


def test_bounds_of_tags(client):
    c = say(client, "one")["conversation"]
    longest = "é" * 64
    assert client.call("conversation.tag", {"conversation": c, "add": [longest]})["tags"] == [longest]
    many = [f"t{i}" for i in range(63)]
    assert len(client.call("conversation.tag", {"conversation": c, "add": many})["tags"]) == 64
    for params, param in (
        ({"add": ["more"]}, "add"),
        ({"add": ["x" * 65]}, "add[0]"),
        ({"add": ["x", ""]}, "add[1]"),
        ({"remove": ["a\nb"]}, "remove[0]"),
        ({"add": [5]}, "add[0]"),
        ({"add": ["x"] * 65}, "add"),
    ):
        error = failure(client, "conversation.tag", {"conversation": c, **params})
        assert (error["code"], error["param"]) == ("invalid_request", param)
    assert len(conversation_of(client, c)["tags"]) == 64
    swapped = client.call("conversation.tag", {"conversation": c, "add": ["more"], "remove": ["t0"]})["tags"]
    assert "more" in swapped and "t0" not in swapped


# -- titles


@pytest.mark.parametrize(
    "prompt, title",
    [
        ("How do I\tgo?\nsecond line", "How do I go?"),
        ("word " * 30, "word " * 11 + "word…"),
        ("\n \n", None),
    ],
)
def test_title_is_the_first_words(client, prompt, title):
    a = say(client, prompt)
    assert conversation_of(client, a["conversation"])["title"] == title
    say(client, "another", a["conversation"])
    assert conversation_of(client, a["conversation"])["title"] == (title or "another")


def test_title_is_there_while_the_first_answer_runs(daemon, client):
    client.chat("hang-after-2", "first words", conversation="new", stream=True)
    answer, _, _ = client.wait_event("text")
    other = daemon.connect()
    assert other.call("conversation.list")[0]["title"] == "first words"
    other.call("answer.cancel", {"answer": answer})


def test_titles_of_forks_compare_and_what_was_made(client):
    a = say(client, "first words")
    fork = client.call("conversation.fork", {"conversation": a["conversation"], "message": a["message"]})
    assert conversation_of(client, fork["conversation"])["title"] == "first words"
    params = {"models": ["fake/echo", "fake/words-2"], "prompt": "which", "conversation": "new"}
    c = client.call("compare", params)["answers"][0]["conversation"]
    assert conversation_of(client, c)["title"] == "which"
    messages = [{"role": "system", "content": "s"}, {"role": "user", "content": "u"}]
    for made, title in (({"system": "Be brief"}, "Be brief"), ({"messages": messages}, "u"), ({}, None)):
        c = client.call("conversation.create", made)["conversation"]
        assert conversation_of(client, c)["title"] == title
        say(client, "asked", c)
        assert conversation_of(client, c)["title"] == ("u" if "messages" in made else "asked")


# -- the trash


def test_delete_and_restore(client):
    a = say(client, "one")
    c = a["conversation"]
    client.call("conversation.tag", {"conversation": c, "add": ["t"]})
    before = conversation_of(client, c)
    client.call("conversation.delete", {"conversation": c})
    assert listed(client) == [] and listed(client, deleted=True) == [c]
    (item,) = client.call("conversation.list", {"deleted": True})
    assert item["deleted"] >= item["updated"]
    for method, more in (("tag", {}), ("pin", {"pinned": True}), ("head", {"message": a["message"]}), ("watch", {})):
        error = failure(client, f"conversation.{method}", {"conversation": c, **more})
        assert (error["code"], error["param"]) == ("not_found", "conversation")
    assert client.call("conversation.restore", {"conversation": c}) == {}
    assert conversation_of(client, c) == before
    assert listed(client) == [c] and listed(client, deleted=True) == []
    assert failure(client, "conversation.restore", {"conversation": c})["code"] == "not_found"
    say(client, "two", c)


def test_an_answer_that_ran_is_there_after_restore(daemon, client):
    msgid = client.chat("slow-20-20", conversation="new", stream=True)
    answer, _, _ = client.wait_event("text")
    start = client.events(answer)[0][1]
    other = daemon.connect()
    other.call("conversation.delete", {"conversation": start["conversation"]})
    a = client.result(msgid)
    assert a.get("conversation") is None
    other.call("conversation.restore", {"conversation": start["conversation"]})
    c = conversation_of(other, start["conversation"])
    assert c["head"] == start["message"] and c["messages"][-1]["content"] == a["text"]


def test_purge(client):
    a, b = say(client, "one")["conversation"], say(client, "two")["conversation"]
    client.call("conversation.delete", {"conversation": a})
    for c in (a, b):
        assert client.call("conversation.delete", {"conversation": c, "purge": True}) == {}
        assert failure(client, "conversation.restore", {"conversation": c})["code"] == "not_found"
    assert listed(client) == listed(client, deleted=True) == []


@pytest.mark.askd(extra="[store]\ntrash = 0")
def test_trash_is_emptied(home, client, restart):
    c = say(client, "secret words")["conversation"]
    client.call("conversation.delete", {"conversation": c})
    client = restart()
    wait_until(lambda: listed(client, deleted=True) == [], "the trash is emptied")
    with contextlib.closing(sqlite3.connect(f"file:{home.state}/askd/askd.db?mode=ro", uri=True)) as db:
        count = "SELECT count(*) FROM message WHERE text = 'secret words'"
        wait_until(lambda: db.execute(count).fetchone() == (0,), "its messages are gone")


# -- list


def test_list_filters(client):
    a, b = say(client, "one"), say(client, "two", model="words-2")
    assert listed(client, model=a["model"]) == [a["conversation"]]
    assert listed(client, model="nothing") == []
    newest = client.call("conversation.list")[0]
    assert listed(client, since=newest["updated"]) == [b["conversation"]]
    for since in (0, -1, 1e300):
        error = failure(client, "conversation.list", {"since": since})
        assert (error["code"], error["param"]) == ("invalid_request", "since")


def test_pages_of_the_pinned_and_the_deleted(client):
    ids = [client.call("conversation.create", {"title": f"{i}"})["conversation"] for i in range(6)][::-1]
    for c in ids:
        client.call("conversation.pin", {"conversation": c, "pinned": True})
    for params in ({"pinned": True}, {"deleted": True, "pinned": True}):
        if "deleted" in params:
            for c in ids:
                client.call("conversation.delete", {"conversation": c})
        first = listed(client, limit=4, **params)
        assert first + listed(client, limit=4, before=first[-1], **params) == ids
