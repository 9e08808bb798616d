"""A question that follows a message, in whichever conversation that is: `parent` alone, and ask -b."""

import json
import uuid

import pytest

from client import RpcError


def ask_in(client, conversation="new", **params):
    return client.call("chat", {"model": "fake/words-2", "conversation": conversation, "prompt": "q", **params})


def parents(client, conversation):
    return {m["id"]: m.get("parent") for m in client.call("conversation.get", {"conversation": conversation})["messages"]}


@pytest.fixture
def two(client):
    """Two conversations; the first has two turns."""
    first = ask_in(client, prompt="one")
    second = ask_in(client, first["conversation"], prompt="two")
    return first, second, ask_in(client, prompt="other")


def test_parent_alone_finds_its_conversation(client, two):
    first, second, _ = two
    r = client.call("chat", {"model": "fake/words-2", "prompt": "three", "parent": first["message"]})
    assert r["conversation"] == first["conversation"] and r["message"]
    tree = parents(client, first["conversation"])
    assert tree[tree[r["message"]]] == first["message"] == tree[tree[second["message"]]]


@pytest.mark.parametrize("how", ["edit", "regenerate"])
def test_so_do_edit_and_regenerate(client, two, how):
    first, second, _ = two
    tree = parents(client, first["conversation"])
    params = {"edit": tree[second["message"]], "prompt": "new"} if how == "edit" else {"regenerate": second["message"]}
    r = client.call("chat", {"model": "fake/words-2", **params})
    assert r["conversation"] == first["conversation"] and r["message"] in parents(client, first["conversation"])


def test_what_was_said_before_is_sent(client, provider, two):
    first, _, _ = two
    client.call("chat", {"model": "fake/words-2", "prompt": "three", "parent": first["message"]})
    said = [m["content"] for m in provider.bodies()[-1]["messages"]]
    assert said[0] == "one" and said[-1] == "three" and "two" not in said


def test_a_message_of_a_conversation_that_was_deleted_is_none(client, two):
    first, _, _ = two
    client.call("conversation.delete", {"conversation": first["conversation"]})
    for id in (first["message"], str(uuid.uuid4()), "no-id"):
        with pytest.raises(RpcError) as e:
            client.call("chat", {"model": "fake/words-2", "prompt": "x", "parent": id})
        assert (e.value.code, e.value.param) == ("not_found", "parent")


def test_a_new_conversation_has_no_such_message(client, two):
    with pytest.raises(RpcError) as e:
        ask_in(client, parent=two[0]["message"])
    assert e.value.code == "invalid_request" and e.value.param == "parent"


def test_nothing_is_stored_where_that_is_told(client, two):
    first, _, _ = two
    before = parents(client, first["conversation"])
    r = client.call("chat", {"model": "fake/words-2", "prompt": "x", "parent": first["message"], "store": False})
    assert "message" not in r and parents(client, first["conversation"]) == before


# -- ask -b


def test_ask_branches(client, ask, two):
    first, _, other = two
    r = ask("-b", first["message"], "--json", "three")
    assert r.returncode == 0, r.stderr
    answer = json.loads(r.stdout)
    tree = parents(client, first["conversation"])
    assert answer["conversation"] == first["conversation"] and tree[tree[answer["message"]]] == first["message"]


def test_ask_branches_in_a_conversation_that_is_named_only_where_it_is(ask, two):
    first, _, other = two
    assert ask("--conversation", first["conversation"], "-b", first["message"], "x").returncode == 0
    r = ask("--conversation", other["conversation"], "-b", first["message"], "x")
    assert r.returncode == 1 and "parent" in r.stderr


def test_a_message_that_is_not_there(ask, client):
    r = ask("-b", str(uuid.uuid4()), "x")
    assert r.returncode == 1 and "no conversation has such a message" in r.stderr and "askctl conv show" in r.stderr


def test_ids_of_messages_are_shown(ask, askctl, client):
    r = ask("--stats", "-m", "fake/words-2", "hi")
    stats = dict(word.split("=", 1) for word in r.stderr.split()[1:])
    shown = askctl("conv", "show", stats["conversation"]).stdout
    tree = parents(client, stats["conversation"])
    assert f") {stats['message']}\n" in shown and f"## user {tree[stats['message']]}\n" in shown


def test_a_detached_question_branches_too(client, ask, two):
    r = ask("--detach", "-b", two[0]["message"], "x")
    answer = client.call("answer.attach", {"answer": r.stdout.strip()})
    assert answer["conversation"] == two[0]["conversation"]
