"""conversation.*, and chat in a conversation: a tree of messages, of which the path to the parent is what is sent."""

import os

import pytest

from client import check_events, failure, is_event, say, text_of
from conftest import wait_until
from fault_provider import words_text
from helpers_tree import NOBODY, conversation_of, messages_of


def said(messages):
    return [(m["role"], m["content"]) for m in messages]


def plain(content):
    return content if isinstance(content, str) else "".join(p.get("text", "") for p in content)


def sent(provider):
    """[(role, text)] that the provider was sent last."""
    return [(m["role"], plain(m["content"])) for m in provider.bodies()[-1]["messages"]]


def listed(client, **params):
    return [c["conversation"] for c in client.call("conversation.list", params)]


def create(client, **params):
    return client.call("conversation.create", params)["conversation"]


def turns(*contents):
    """Messages of user and assistant in turn."""
    return [{"role": ("user", "assistant")[i % 2], "content": c} for i, c in enumerate(contents)]


# -- chat


def test_new(client):
    a = say(client, "one two")
    c = conversation_of(client, a["conversation"])
    assert c["conversation"] == a["conversation"] and c["head"] == a["message"]
    question, answer = c["messages"]
    assert said(c["messages"]) == [("user", "one two"), ("assistant", "one two")]
    assert question.get("parent") is None and answer["parent"] == question["id"]
    assert answer["id"] == a["message"]
    assert (answer["provider"], answer["model"], answer["state"]) == ("fake", a["model"], "done")
    assert answer["usage"] == a["usage"] and answer["finish_reason"] == "stop"
    assert question["created"] <= answer["created"]


def test_without_conversation_nothing_is_stored(client):
    a = client.result(client.chat("echo"))
    assert a.get("conversation") is None and a.get("message") is None
    assert listed(client) == []


def test_start_says_where_it_is_kept(client):
    a = say(client, "hi", stream=True)
    check_events(client.events())
    start = client.events()[0][1]
    assert (start["conversation"], start["message"]) == (a["conversation"], a["message"])


def test_each_turn_is_sent_what_was_said(client, provider):
    first = say(client, "one", system="be brief")
    second = say(client, "two", first["conversation"])
    assert second["conversation"] == first["conversation"]
    say(client, "three", first["conversation"])
    said_before = [("user", "one"), ("assistant", "one"), ("user", "two"), ("assistant", "two")]
    assert sent(provider) == [("system", "be brief"), *said_before, ("user", "three")]


def test_several_messages_at_once(client, provider):
    first = say(client, "one")
    params = {"model": "fake/echo", "conversation": first["conversation"], "messages": turns("two", "no", "three")}
    a = client.call("chat", params)
    assert a["text"] == "three"
    texts = ["one", "one", "two", "no", "three"]
    assert [t for _, t in sent(provider)] == texts
    stored = conversation_of(client, first["conversation"])["messages"]
    assert [m["content"] for m in stored] == [*texts, "three"]
    for before, m in zip(stored, stored[1:]):
        assert m["parent"] == before["id"]


def test_parent_makes_a_branch(client, provider):
    one = say(client, "one")
    two = say(client, "two", one["conversation"])
    other = say(client, "other two", one["conversation"], parent=one["message"])
    assert sent(provider) == [("user", "one"), ("assistant", "one"), ("user", "other two")]
    c = conversation_of(client, one["conversation"])
    assert c["head"] == other["message"] and len(c["messages"]) == 6
    path = conversation_of(client, one["conversation"], branch=two["message"])
    assert [m["content"] for m in path["messages"]] == ["one", "one", "two", "two"]
    assert path["head"] == other["message"]


def test_parent_may_be_a_question(client, provider):
    one = say(client, "one")
    question = messages_of(client, one["conversation"])[one["message"]]["parent"]
    say(client, "and", one["conversation"], parent=question)
    assert sent(provider)[-1] == ("user", "and") and ("assistant", "one") not in sent(provider)


def test_two_at_once_make_two_branches(daemon, client):
    root = say(client, "root")
    slow, quick = daemon.connect(), daemon.connect()
    slow_id = slow.chat("slow-20-20", "slowly", conversation=root["conversation"], stream=True)
    slow.wait_event("start")
    quick_answer = say(quick, "quickly", root["conversation"])
    slow_answer = slow.result(slow_id)
    c = conversation_of(client, root["conversation"])
    by_id = {m["id"]: m for m in c["messages"]}
    assert len(by_id) == 6
    for a, question, text in ((slow_answer, "slowly", words_text(20)), (quick_answer, "quickly", "quickly")):
        answer = by_id[a["message"]]
        assert answer["content"] == text
        assert by_id[answer["parent"]]["content"] == question
        assert by_id[answer["parent"]]["parent"] == root["message"], "the parent is fixed when the question arrives"
    assert c["head"] == slow_answer["message"], "the head is what was committed last"


def test_many_at_once_lose_nothing(daemon, client):
    root = say(client, "root")
    clients = [daemon.connect() for _ in range(8)]
    asked = [
        (c, c.chat("words-20", f"from {i} {n}", conversation=root["conversation"]))
        for n in range(4)
        for i, c in enumerate(clients)
    ]
    answers = [c.result(msgid) for c, msgid in asked]
    messages = messages_of(client, root["conversation"])
    assert len(messages) == 2 + 2 * len(asked)
    for i, a in enumerate(answers):
        question = messages[messages[a["message"]]["parent"]]
        assert question["content"] == f"from {i % 8} {i // 8}"
        assert messages[a["message"]]["content"] == words_text(20)
        assert question["parent"] in messages
    assert conversation_of(client, root["conversation"])["head"] in {a["message"] for a in answers}


def test_running_answer_is_there_already(daemon, client):
    client.chat("hang-after-2", conversation="new", stream=True)
    answer, _, _ = client.wait_event("text")
    start = client.events(answer)[0][1]
    other = daemon.connect()
    assert messages_of(other, start["conversation"])[start["message"]]["state"] == "running"
    (item,) = other.call("answer.list")
    assert (item["answer"], item["conversation"]) == (answer, start["conversation"])
    other.call("answer.cancel", {"answer": answer})


def test_answer_outlives_its_client(daemon):
    client = daemon.connect()
    client.chat("slow-20-20", conversation="new", stream=True)
    answer, _, _ = client.wait_event("text")
    client.close()
    other = daemon.connect()
    a = other.call("answer.attach", {"answer": answer})
    assert a["text"] == words_text(20)
    assert messages_of(other, a["conversation"])[a["message"]]["content"] == words_text(20)


# -- turns that went wrong


def test_failed_turn_without_text_is_left_out(client, provider):
    first = say(client, "one")
    params = {"model": "fake/status-400", "prompt": "bad", "conversation": first["conversation"]}
    assert failure(client, "chat", params)["code"] == "invalid_request"
    say(client, "two", first["conversation"])
    assert sent(provider) == [("user", "one"), ("assistant", "one"), ("user", "two")]
    stored = conversation_of(client, first["conversation"])["messages"]
    states = [m["state"] for m in stored if m["role"] == "assistant"]
    assert sorted(states) == ["done", "done", "failed"], "it is stored all the same"


def test_failed_text_is_sent(client, provider):
    first = say(client, "one")
    params = {"model": "fake/error-in-stream-2", "prompt": "two", "conversation": first["conversation"]}
    failure(client, "chat", params)
    say(client, "three", first["conversation"])
    assert sent(provider)[2:] == [("user", "two"), ("assistant", words_text(2)), ("user", "three")]


@pytest.mark.parametrize("model, kept", [("hang-after-2", True), ("hang-first", False)])
def test_cancelled_turn(daemon, client, provider, model, kept):
    first = say(client, "one")
    msgid = client.chat(model, "two", conversation=first["conversation"], stream=True)
    answer = client.wait_for(lambda m: is_event(m) and m[2][2].get("request") == msgid)[2][0]
    if kept:
        client.wait_for(lambda m: is_event(m) and m[2][0] == answer and text_of(client.events(answer)) == words_text(2))
    daemon.connect().call("answer.cancel", {"answer": answer})
    assert client.response(msgid)[0]["code"] == "cancelled"
    say(client, "three", first["conversation"])
    turn = [("user", "two"), ("assistant", words_text(2))] if kept else []
    assert sent(provider) == [("user", "one"), ("assistant", "one"), *turn, ("user", "three")]


# -- more than text


def test_reasoning_and_calls_are_kept(client):
    a = say(client, "hi", model="reasoning")
    m = messages_of(client, a["conversation"])[a["message"]]
    assert m["reasoning"] == a["reasoning"] == "First think."
    assert plain([p for p in m["content"] if p["type"] == "text"] if isinstance(m["content"], list) else m["content"])
    a = say(client, "hi", model="tools")
    m = messages_of(client, a["conversation"])[a["message"]]
    assert m["tool_calls"] == a["tool_calls"] and len(m["tool_calls"]) == 2
    assert m["finish_reason"] == "tool_calls"


OPAQUE = {"blob": b"\x00\xff", "list": [1, 2.5, None, {"a": True}]}
PARTS = [
    {"type": "reasoning", "text": "hm", "signature": "s1", "opaque": OPAQUE},
    {"type": "text", "text": "yes"},
    {"type": "tool_call", "id": "c1", "name": "f", "arguments": "{}"},
]


def test_opaque_parts_are_kept(client):
    messages = [*turns("one", PARTS), {"role": "user", "content": [{"type": "text", "text": "two", "opaque": OPAQUE}]}]
    a = client.call("chat", {"model": "fake/echo", "conversation": "new", "messages": messages})
    stored = conversation_of(client, a["conversation"])["messages"]
    assert [m["content"] for m in stored] == [*(m["content"] for m in messages), "two"]


def test_create_keeps_parts(client):
    image = [{"type": "text", "text": "look"}, {"type": "image", "mime": "image/png", "data": b"\x89PNG"}]
    result = [{"type": "tool_result", "id": "c1", "content": "42", "is_error": True}]
    messages = [*turns(image, PARTS), {"role": "tool", "content": result}]
    c = create(client, messages=messages)
    assert said(conversation_of(client, c)["messages"]) == [(m["role"], m["content"]) for m in messages]


def test_one_part_of_text_is_a_string(client):
    c = create(client, messages=[{"role": "user", "content": [{"type": "text", "text": "plain"}]}])
    assert said(conversation_of(client, c)["messages"]) == [("user", "plain")]


# -- create


def test_create_is_gone_on_with(client, provider):
    c = create(client, title="A title", system="be brief", messages=turns("one", "eins"))
    before = conversation_of(client, c)
    assert before["title"] == "A title" and before["head"] == before["messages"][-1]["id"]
    say(client, "two", c)
    assert sent(provider) == [("system", "be brief"), *said(before["messages"]), ("user", "two")]
    assert len(messages_of(client, c)) == 4


def test_create_with_nothing(client, provider):
    c = create(client)
    assert conversation_of(client, c)["messages"] == []
    say(client, "first", c)
    assert sent(provider) == [("user", "first")]
    assert len(messages_of(client, c)) == 2


def test_system_messages_may_stand_among_the_others(client):
    messages = [{"role": "system", "content": "s"}, *turns("one", "eins")]
    assert said(conversation_of(client, create(client, messages=messages))["messages"])[0] == ("system", "s")


@pytest.mark.parametrize("title", ["x", "é" * 200, "你好 👩‍👩‍👧", "  spaces  "])
def test_title(client, title):
    c = create(client, title=title)
    assert conversation_of(client, c)["title"] == title
    other = create(client)
    client.call("conversation.rename", {"conversation": other, "title": title})
    assert conversation_of(client, other)["title"] == title


BAD_TITLES = ["", "x" * 201, "é" * 201, "two\nlines", "nul\0", "bell\a", "del\x7f", "c1\x85"]


@pytest.mark.parametrize("title", BAD_TITLES, ids=ascii)
def test_bad_title(client, title):
    c = create(client, title="good")
    for method, params in (("create", {}), ("rename", {"conversation": c})):
        error = failure(client, f"conversation.{method}", {**params, "title": title})
        assert (error["code"], error["param"]) == ("invalid_request", "title")
    assert conversation_of(client, c)["title"] == "good" and listed(client) == [c]


@pytest.mark.parametrize(
    "params, param",
    [
        ({"title": 5}, "title"),
        ({"system": 5}, "system"),
        ({"messages": "x"}, "messages"),
        ({"messages": ["x"]}, "messages[0]"),
        ({"messages": [{"content": "x"}]}, "messages[0].role"),
        ({"messages": [*turns("x"), {"role": "emperor", "content": "x"}]}, "messages[1].role"),
        ({"messages": [{"role": "user", "content": [{"type": "image", "path": "/x"}]}]}, "messages[0].content[0].path"),
    ],
    ids=str,
)
def test_create_names_the_fault(client, params, param):
    error = failure(client, "conversation.create", params)
    assert (error["code"], error["param"]) == ("invalid_request", param)
    assert listed(client) == []


# -- fork, rename, delete


def test_fork(client, provider):
    one = say(client, "one", system="be brief")
    say(client, "two", one["conversation"])
    fork = client.call("conversation.fork", {"conversation": one["conversation"], "message": one["message"]})
    assert set(fork) == {"conversation"} and fork["conversation"] != one["conversation"]
    c = conversation_of(client, fork["conversation"])
    assert said(c["messages"]) == [("user", "one"), ("assistant", "one")]
    assert c["head"] == c["messages"][-1]["id"]
    assert not {m["id"] for m in c["messages"]} & set(messages_of(client, one["conversation"]))
    say(client, "three", fork["conversation"])
    assert sent(provider) == [("system", "be brief"), ("user", "one"), ("assistant", "one"), ("user", "three")]
    assert len(messages_of(client, one["conversation"])) == 4
    client.call("conversation.delete", {"conversation": one["conversation"]})
    assert len(messages_of(client, fork["conversation"])) == 4


def test_fork_of_what_is_not_there(client):
    one, other = say(client, "one"), say(client, "other")
    for conversation, message, param in (
        (NOBODY, one["message"], "conversation"),
        ("nonsense", one["message"], "conversation"),
        (one["conversation"], other["message"], "message"),
        (one["conversation"], NOBODY, "message"),
        (one["conversation"], "nonsense", "message"),
    ):
        error = failure(client, "conversation.fork", {"conversation": conversation, "message": message})
        assert (error["code"], error["param"]) == ("not_found", param)
    assert len(listed(client)) == 2


def test_rename(client):
    a = say(client, "one")
    assert client.call("conversation.rename", {"conversation": a["conversation"], "title": "Another"}) == {}
    assert conversation_of(client, a["conversation"])["title"] == "Another"
    assert client.call("conversation.list")[0]["title"] == "Another"


def test_delete(client):
    a, other = say(client, "one"), say(client, "other")
    assert client.call("conversation.delete", {"conversation": a["conversation"]}) == {}
    assert listed(client) == [other["conversation"]]
    params = {"conversation": a["conversation"]}
    for method, more in (("get", {}), ("delete", {}), ("rename", {"title": "x"}), ("fork", {"message": a["message"]})):
        error = failure(client, f"conversation.{method}", {**params, **more})
        assert (error["code"], error["param"]) == ("not_found", "conversation")
    assert failure(client, "chat", {"prompt": "x", **params})["code"] == "not_found"


def test_delete_while_an_answer_runs(daemon, client):
    msgid = client.chat("slow-20-20", conversation="new", stream=True)
    answer, _, _ = client.wait_event("text")
    conversation = client.events(answer)[0][1]["conversation"]
    other = daemon.connect()
    assert other.call("conversation.delete", {"conversation": conversation}) == {}
    assert client.result(msgid)["text"] == words_text(20), "the answer goes on"
    assert failure(other, "conversation.get", {"conversation": conversation})["code"] == "not_found"
    assert listed(other) == []


# -- list


def test_list_items(client):
    a = say(client, "one", context={"cwd": "/home/me", "terminal": "pts/1"})
    c = create(client, title="made")
    made, asked = client.call("conversation.list")
    assert (made["conversation"], made["title"], made["messages"]) == (c, "made", 0)
    assert asked["conversation"] == a["conversation"]
    assert (asked["messages"], asked["model"], asked["directory"]) == (2, a["model"], "/home/me")
    assert asked["created"] <= asked["updated"] and asked["tags"] == []


def test_list_is_by_what_was_touched_last(client):
    ids = [say(client, f"{i}")["conversation"] for i in range(3)]
    assert listed(client) == ids[::-1]
    say(client, "again", ids[0])
    assert listed(client) == [ids[0], ids[2], ids[1]]


def test_list_in_pages(client):
    ids = [create(client, title=f"{i}") for i in range(7)][::-1]
    seen, page = [], listed(client, limit=3)
    while page:
        assert len(page) <= 3
        seen += page
        page = listed(client, limit=3, before=page[-1])
    assert seen == ids


def test_list_before_a_time(client):
    for i in range(3):
        say(client, f"{i}")
    newest, middle, oldest = client.call("conversation.list")
    assert listed(client, before=middle["updated"]) == [oldest["conversation"]]
    assert listed(client, before=int(newest["updated"]) + 10) == listed(client)
    assert listed(client, before=1) == []


def test_list_of_one_directory(client):
    here = [say(client, "x", context={"cwd": "/here"})["conversation"] for _ in range(2)]
    say(client, "x", context={"cwd": "/there"})
    assert listed(client, directory="/here") == here[::-1]
    assert listed(client, directory="/nowhere") == []
    assert listed(client, tag="none has it") == []


def test_list_limits(client):
    for i in range(51):
        create(client)
    assert len(listed(client)) == 50
    assert len(listed(client, limit=1000)) == 51
    assert len(listed(client, limit=1)) == 1


@pytest.mark.parametrize("limit", [0, -1, 1001, 1 << 40])
def test_list_limit_out_of_range(client, limit):
    error = failure(client, "conversation.list", {"limit": limit})
    assert (error["code"], error["param"]) == ("invalid_request", "limit")


@pytest.mark.parametrize("before", [NOBODY, "nonsense", ""])
def test_list_before_what_is_not_there(client, before):
    error = failure(client, "conversation.list", {"before": before})
    assert (error["code"], error["param"]) == ("not_found", "before")


# -- what is not there


@pytest.mark.parametrize("conversation", [NOBODY, "nonsense", NOBODY.upper(), "x" * 300])
@pytest.mark.parametrize("method", ["get", "rename", "delete"])
def test_conversation_that_is_not_there(client, method, conversation):
    params = {"conversation": conversation, **({"title": "x"} if method == "rename" else {})}
    error = failure(client, f"conversation.{method}", params)
    assert (error["code"], error["param"]) == ("not_found", "conversation")


@pytest.mark.parametrize(
    "method, params, param",
    [
        ("get", {}, "conversation"),
        ("get", {"conversation": 5}, "conversation"),
        ("get", {"conversation": NOBODY, "branch": 5}, "branch"),
        ("fork", {"conversation": NOBODY}, "message"),
        ("rename", {"conversation": NOBODY}, "title"),
        ("delete", {}, "conversation"),
        ("list", {"limit": "many"}, "limit"),
        ("list", {"before": []}, "before"),
        ("list", {"directory": 5}, "directory"),
    ],
    ids=str,
)
def test_wrong_parameter_is_named(client, method, params, param):
    error = failure(client, f"conversation.{method}", params)
    assert (error["code"], error["param"]) == ("invalid_request", param)


def test_branch_that_is_not_there(client):
    one, other = say(client, "one"), say(client, "other")
    for branch in (other["message"], NOBODY, "nonsense"):
        error = failure(client, "conversation.get", {"conversation": one["conversation"], "branch": branch})
        assert (error["code"], error["param"]) == ("not_found", "branch")


def test_chat_where_nothing_is(client, provider):
    one, other = say(client, "one"), say(client, "other")
    provider.reset()
    for params, code, param in (
        ({"conversation": NOBODY}, "not_found", "conversation"),
        ({"conversation": "nonsense"}, "not_found", "conversation"),
        ({"conversation": one["conversation"], "parent": other["message"]}, "not_found", "parent"),
        ({"conversation": one["conversation"], "parent": "nonsense"}, "not_found", "parent"),
        ({"conversation": "new", "parent": one["message"]}, "invalid_request", "parent"),
    ):
        error = failure(client, "chat", {"prompt": "x", **params})
        assert (error["code"], error["param"]) == (code, param), params
    assert provider.stats()["requests"] == 0
    assert len(listed(client)) == 2 and len(client.call("answer.list")) == 2


# -- "last"


def at(directory, terminal):
    return {"cwd": directory, "terminal": terminal}


def test_last(client):
    params = {"prompt": "x", "conversation": "last"}
    assert failure(client, "chat", {**params, "context": at("/here", "pts/1")})["code"] == "not_found"
    mine = say(client, "mine", context=at("/here", "pts/1"))["conversation"]
    other = say(client, "other", context=at("/here", "pts/2"))["conversation"]
    assert say(client, "a", "last", context=at("/here", "pts/1"))["conversation"] == mine
    assert say(client, "b", "last", context=at("/here", "pts/2"))["conversation"] == other
    # A third terminal goes on with what was touched last in the directory.
    assert say(client, "c", "last", context=at("/here", "pts/3"))["conversation"] == other
    assert failure(client, "chat", {**params, "context": at("/elsewhere", "pts/1")})["code"] == "not_found"


def test_last_of_a_host(client):
    """The same folder, the same name of a terminal: on another machine they are others."""
    far, near = [{**at("/here", "pts/1"), **more} for more in ({"host": "far"}, {})]
    ours = {**near, "host": os.uname().nodename}
    params = {"prompt": "x", "conversation": "last"}
    mine = say(client, "mine", context=near)["conversation"]
    assert failure(client, "chat", {**params, "context": far})["code"] == "not_found"
    theirs = say(client, "theirs", context=far)["conversation"]
    assert say(client, "a", "last", context=near)["conversation"] == mine
    assert say(client, "b", "last", context=far)["conversation"] == theirs
    assert say(client, "c", "last", context=ours)["conversation"] == mine
    # Another terminal goes on with what was touched last in the folder of its own machine.
    assert say(client, "d", "last", context={**far, "terminal": "pts/2"})["conversation"] == theirs
    assert say(client, "e", "last", context={**near, "terminal": "pts/2"})["conversation"] == mine
    shown = {c["conversation"]: c.get("host") for c in client.call("conversation.list")}
    assert shown == {mine: None, theirs: "far"}
    assert conversation_of(client, theirs)["host"] == "far" and conversation_of(client, theirs)["directory"] == "/here"
    assert "host" not in conversation_of(client, mine)


def test_a_directory_is_one_of_a_host(daemon, client):
    mine = say(client, "mine", context=at("/here", "pts/1"))["conversation"]
    theirs = say(client, "theirs", context={**at("/here", "pts/1"), "host": "far"})["conversation"]
    nowhere = say(client, "nowhere", context={"host": "far"})["conversation"]
    remote = daemon.connect()
    remote.call("hello", {"context": {"host": "far"}})

    def found(c, **params):
        names = {i["conversation"] for i in c.call("conversation.list", params)}
        searched = [c.call("conversation.search", {"query": q, **params}) for q in ("mine", "theirs", "nowhere")]
        assert {h["conversation"] for hits in searched for h in hits} == names
        return names

    assert found(client, directory="/here") == {mine}
    assert found(remote, directory="/here") == {theirs}
    assert found(client, directory="/here", host="far") == {theirs}
    assert found(remote, directory="/here", host="") == {mine}
    assert found(remote, directory="/here", host=os.uname().nodename) == {mine}
    assert found(client, host="far") == {theirs, nowhere}
    assert found(client, host="elsewhere") == set()
    assert found(client) == found(remote) == {mine, theirs, nowhere}


def test_a_host_is_bounded(client):
    context = {"cwd": "/here", "host": "h" * 255}
    assert say(client, "one", context=context)["state"] == "done"
    failed = failure(client, "chat", {"prompt": "x", "context": {**context, "host": "h" * 256}})
    assert failed["code"] == "invalid_request" and failed["param"] == "context.host"


def test_last_by_what_hello_said(daemon, client):
    mine = say(client, "mine", context={"cwd": "/here", "terminal": "pts/1"})
    say(client, "other", context={"cwd": "/there", "terminal": "pts/1"})
    again = daemon.connect()
    again.call("hello", {"context": {"cwd": "/here", "terminal": "pts/1"}})
    assert say(again, "more", "last")["conversation"] == mine["conversation"]


# -- how it is served


def test_many_calls_at_once_on_one_connection(client):
    a = say(client, "one")
    asked = [client.request("conversation.get", {"conversation": a["conversation"]}) for _ in range(200)]
    whole = conversation_of(client, a["conversation"])
    assert all(client.result(msgid) == whole for msgid in asked)


def test_client_that_vanishes_while_it_waits(daemon, client):
    a = say(client, "one")
    for _ in range(5):
        other = daemon.connect()
        for _ in range(50):
            other.request("conversation.get", {"conversation": a["conversation"]})
            other.request("answer.get", {"answer": NOBODY})
        other.close()
    assert len(conversation_of(client, a["conversation"])["messages"]) == 2


def test_client_that_does_not_listen_is_not_read(daemon, client):
    """What it asks for is not made before it takes what it asked for earlier."""
    big = create(client, messages=[{"role": "user", "content": "x" * (1 << 20)}])
    deaf = daemon.connect(receive_buffer=4096)
    asked = [deaf.request("conversation.get", {"conversation": big}) for _ in range(60)]  # the kernel takes as many
    for _ in range(5):  # others are served meanwhile
        conversation_of(client, big)
    assert client.call("status")["store"]["reads"] < 60
    for msgid in asked:
        assert len(deaf.result(msgid)["messages"][0]["content"]) == 1 << 20


def test_status(client):
    listed(client)  # by then it has been opened
    before = client.call("status")["store"]
    assert before["state"] == "ok" and before["backend"] == "sqlite" and "error" not in before
    say(client, "one")
    listed(client)
    after = client.call("status")["store"]
    assert after["writes"] > before["writes"] and after["reads"] > before["reads"]
    assert after["failed"] == before["failed"] == 0


@pytest.mark.askd(extra="[store]\nkeep = none\n")
def test_keep_none(client):
    a = say(client, "one")
    assert a["text"] == "one", "answers go on without a store"
    assert listed(client) == []
    assert failure(client, "conversation.create", {})["code"] == "unavailable"
    assert client.call("status")["store"]["state"] == "off"
    assert [i["answer"] for i in client.call("answer.list")] == [a["answer"]]


@pytest.mark.askd(daemon={"max_output": "2300 KiB"})
def test_max_output(daemon, client):
    """Results that a user's clients do not read are bounded, whatever the number of connections. Two fit, and no third,
    though the kernel takes a fifth of each off the daemon's hands, sooner or later."""
    big = create(client, messages=[{"role": "user", "content": "x" * (1 << 20)}])
    deaf = [daemon.connect(receive_buffer=4096) for _ in range(4)]
    asked = [c.request("conversation.get", {"conversation": big}) for c in deaf]
    wait_until(lambda: client.call("status")["store"]["reads"] >= 4, "all are read")
    assert failure(client, "conversation.get", {"conversation": big})["code"] == "overloaded"
    assert listed(client), "small results go out"
    results = [c.response(m) for c, m in zip(deaf, asked)]
    good = [r for error, r in results if error is None]
    assert len(good) == 2
    assert all("max_output" in error["message"] for error, r in results if error is not None)
    assert len(conversation_of(client, big)["messages"]) == 1
