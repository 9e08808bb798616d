"""compare in a conversation: one question, and each arm a branch below it."""

import pytest

from client import conversation_of, failure, is_event, say
from fault_provider import words_text
from helpers_cache import arm_of, asked


def compare(client, *models, conversation="new", prompt="and?", **params):
    models = [m if "/" in m else f"fake/{m}" for m in models]
    params = {"models": models, "prompt": prompt, "conversation": conversation, **params}
    return client.call("compare", params)["answers"]


def check_branches(client, answers, before=None, prompt="and?"):
    """One question below `before`, and below it the answers alone. Returns the conversation."""
    assert len({a["conversation"] for a in answers}) == 1
    assert len({a["message"] for a in answers}) == len(answers)
    c = conversation_of(client, answers[0])
    by_id = {m["id"]: m for m in c["messages"]}
    (question,) = [m for m in c["messages"] if m["content"] == prompt and m["role"] == "user"]
    assert question.get("parent") == before
    for a in answers:
        m = by_id[a["message"]]
        assert (m["parent"], m["role"], m["content"]) == (question["id"], "assistant", a["text"])
        assert (m["state"], m["model"]) == (a["state"], a["model"])
    assert {m["id"] for m in c["messages"] if m.get("parent") == question["id"]} == {a["message"] for a in answers}
    assert c["head"] in {a["message"] for a in answers}
    return c


def test_in_a_new_one(client, provider):
    answers = compare(client, "words-1", "words-2", "words-3")
    c = check_branches(client, answers)
    assert len(c["messages"]) == 4 and len(client.call("conversation.list")) == 1
    assert asked(provider) == 3


def test_in_an_existing_one(client, provider):
    one = say(client, "one")
    answers = compare(client, "words-1", "words-2", conversation=one["conversation"])
    c = check_branches(client, answers, before=one["message"])
    assert len(c["messages"]) == 5
    for body in provider.bodies()[1:]:
        assert [m["content"] for m in body["messages"]] == ["one", "one", "and?"], "each is sent what was said"


def test_below_a_parent(client):
    one = say(client, "one")
    say(client, "two", one["conversation"])
    answers = compare(client, "words-1", "words-2", conversation=one["conversation"], parent=one["message"])
    check_branches(client, answers, before=one["message"])


def test_in_the_last_one(client):
    here = {"cwd": "/here", "terminal": "t"}
    one = say(client, "one", context=here)
    answers = compare(client, "words-1", "words-2", conversation="last", context=here)
    assert answers[0]["conversation"] == one["conversation"]
    check_branches(client, answers, before=one["message"])


def test_in_one_that_is_not_there(client, provider):
    params = {"models": ["fake/echo", "fake/words-1"], "prompt": "x", "conversation": "00000000-0000-7000-8000-000000000000"}
    errors = [a["error"] for a in client.call("compare", params)["answers"]]
    assert [(e["code"], e["param"]) for e in errors] == [("not_found", "conversation")] * 2 and asked(provider) == 0
    assert client.call("conversation.list") == []


def test_several_messages_are_said_once(client):
    messages = [{"role": r, "content": t} for r, t in (("user", "a"), ("assistant", "b"), ("user", "and?"))]
    models = ["fake/words-1", "fake/words-2"]
    answers = client.call("compare", {"models": models, "messages": messages, "conversation": "new"})["answers"]
    c = check_branches(client, answers, before=conversation_of(client, answers[0])["messages"][1]["id"])
    assert [m["content"] for m in c["messages"]][:3] == ["a", "b", "and?"] and len(c["messages"]) == 5


def test_the_same_model_twice_makes_two_branches(client, provider):
    answers = compare(client, "slow-2-100", "slow-2-100")
    assert answers[1]["shared"] and asked(provider) == 1
    c = check_branches(client, answers)
    assert len(c["messages"]) == 3


def test_cached_arms_are_branches_too(client, provider):
    for m in ("words-1", "words-2"):
        client.result(client.chat(m, "and?"))
    answers = compare(client, "words-1", "words-2", "words-3")
    assert [a["cached"] for a in answers] == [True, True, False] and asked(provider) == 3
    check_branches(client, answers)


@pytest.mark.askd(daemon={"max_compare": "64"})
def test_many_cached_arms_in_an_existing_one(client):
    """What one of them commits is not what another one follows."""
    one = say(client, "one")
    models = [f"words-{i}" for i in range(1, 33)]
    first = compare(client, *models, conversation=one["conversation"])
    check_branches(client, first, before=one["message"])
    other = say(client, "one")
    again = compare(client, *models, conversation=other["conversation"])
    assert all(a["cached"] for a in again)
    check_branches(client, again, before=other["message"])


@pytest.mark.askd(provider={"retries": "0"})
def test_failed_arms_are_branches_too(client):
    one = say(client, "one")
    answers = compare(client, "status-400", "words-1", "error-in-stream-2", conversation=one["conversation"])
    assert [a["state"] for a in answers] == ["failed", "done", "failed"]
    check_branches(client, answers, before=one["message"])


@pytest.mark.parametrize("models", [["nobody/m", "words-1"], ["words-1", "nobody/m"]], ids=str)
@pytest.mark.parametrize("existing", [False, True])
def test_an_arm_that_cannot_begin_is_no_branch(client, models, existing):
    one = say(client, "one") if existing else None
    answers = compare(client, *models, conversation=one["conversation"] if existing else "new")
    good = [a for a in answers if a["state"] == "done"]
    assert [a["model"] for a in good] == ["words-1"]
    assert not any("message" in a for a in answers if a["state"] == "failed")
    check_branches(client, good, before=one["message"] if existing else None)


@pytest.mark.askd(daemon={"max_answers": "1"})
@pytest.mark.parametrize("existing", [False, True])
def test_an_arm_over_max_answers_is_no_branch(client, existing):
    one = say(client, "one") if existing else None
    answers = compare(client, "slow-1-300", "slow-2-300", conversation=one["conversation"] if existing else "new")
    assert sorted(a["state"] for a in answers) == ["done", "failed"]
    good = [a for a in answers if a["state"] == "done"]
    c = check_branches(client, good, before=one["message"] if existing else None)
    assert len([m for m in c["messages"] if m["role"] == "assistant"]) == 1 + existing


def test_a_cancelled_arm_is_a_branch(client, daemon):
    msgid = client.request(
        "compare",
        {"models": ["fake/hang-after-1", "fake/words-2"], "prompt": "and?", "conversation": "new", "stream": True},
    )
    arm = arm_of(client, "hang-after-1")
    client.wait_for(lambda m: is_event(m) and m[2][0] == arm and m[2][2]["type"] == "text")
    daemon.connect().call("answer.cancel", {"answer": arm})
    answers = client.result(msgid)["answers"]
    assert [a["state"] for a in answers] == ["cancelled", "done"]
    check_branches(client, answers)


def test_a_turn_after_a_compare_follows_the_head(client, provider):
    answers = compare(client, "words-1", "words-2")
    head = conversation_of(client, answers[0])["head"]
    text = next(a["text"] for a in answers if a["message"] == head)
    say(client, "next", answers[0]["conversation"])
    assert [m["content"] for m in provider.bodies()[-1]["messages"]] == ["and?", text, "next"]


def test_a_turn_after_one_arm(client, provider):
    """The one that was better is gone on with."""
    answers = compare(client, "words-1", "words-2")
    for a in answers:
        say(client, "next", a["conversation"], parent=a["message"])
        assert [m["content"] for m in provider.bodies()[-1]["messages"]] == ["and?", a["text"], "next"]


def test_it_is_kept_when_its_client_hangs_up(daemon, client, provider):
    params = {"models": ["fake/slow-2-300", "fake/slow-3-300"], "prompt": "and?", "conversation": "new", "stream": True}
    client.request("compare", params)
    provider.wait_requests(2)
    ids = [arm_of(client, m) for m in ("slow-2-300", "slow-3-300")]
    client.close()
    other = daemon.connect()
    answers = [other.call("answer.attach", {"answer": i, "stream": False}) for i in ids]
    assert [a["text"] for a in answers] == [words_text(2), words_text(3)]
    check_branches(other, answers)


def test_detached_in_a_conversation(daemon, client):
    told = compare(client, "slow-1-200", "words-2", detach=True)
    other = daemon.connect()
    answers = [other.call("answer.attach", {"answer": a["answer"], "stream": False}) for a in told]
    check_branches(other, answers)


def test_it_survives_a_restart(client, restart):
    answers = compare(client, "words-1", "words-2")
    before = conversation_of(client, answers[0])
    other = restart()
    assert conversation_of(other, answers[0]) == before
    assert [other.call("answer.get", {"answer": a["answer"]})["text"] for a in answers] == [a["text"] for a in answers]


def test_not_stored(client):
    answers = compare(client, "words-1", "words-2", store=False)
    assert [a["state"] for a in answers] == ["done"] * 2 and not any("message" in a for a in answers)
    assert client.call("conversation.list") == []


def test_of_another_conversation_s_parent(client):
    one, other = say(client, "one"), say(client, "other")
    params = {"models": ["fake/echo"], "prompt": "x", "conversation": one["conversation"], "parent": other["message"]}
    (a,) = client.call("compare", params)["answers"]
    where = {k: params[k] for k in ("conversation", "parent")}
    for error in (a["error"], failure(client, "chat", {"prompt": "x", **where})):
        assert (error["code"], error["param"]) == ("not_found", "parent")
