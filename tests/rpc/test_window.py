"""Conversations that outgrow the window of a model: refused, cut or summarized, and what is told of it.

Windows are a few hundred tokens; a word of the prompts here is about one.
"""

import subprocess

import pytest

from client import check_events, failure, kinds_of
from conftest import PATIENCE, ask_path
from fault_provider import words_text
from helpers_routing import World, ended, streamed, tried, who
from helpers_terminal import on_terminal
from helpers_tree import plain, sent

LONG = "word " * 300  # about 240 tokens


def model(window, name):
    return [f"context_window = {window}", f"names = {name}"]


MODELS = {
    "small": model(600, "one/small"),
    "tiny": model(100, "one/tiny"),
    "large": model(6000, "two/large"),
    "unknown": ["names = one/unknown"],
}
PROVIDERS = {"one": "words-1", "two": "words-2"}


@pytest.fixture
def world(home, provider):
    return World(home, provider)


@pytest.fixture
def client(world, start_daemon):
    world.write(PROVIDERS, {"small-large": "small, large", "tiny-small": "tiny, small"}, MODELS)
    return start_daemon().connect()


def talk(client, model="small", turns=3, **params):
    """A conversation of so many long turns, by a model that takes them all; its id."""
    conversation = "new"
    for i in range(turns):
        prompt = f"question {i}: {LONG}"
        a = client.call("chat", {"model": "large", "prompt": prompt, "conversation": conversation, **params})
        conversation = a["conversation"]
    return conversation


def progress(events):
    return [e["message"] for _, e in events if e["type"] == "progress"]


# -- error


def test_refused_before_anybody_is_asked(client, provider):
    error, answer = ended(client, "small", prompt=LONG * 4)
    assert error["code"] == "context_length_exceeded" and error["provider"] == "one" and error["model"] == "small"
    assert "status" not in error
    tokens = answer["context"]["estimated"]
    assert f"about {tokens} tokens" in error["message"] and "window of 600" in error["message"]
    assert "drop_oldest" in error["message"]
    assert provider.stats()["requests"] == 0
    assert answer["context"] == {"window": 600, "estimated": tokens, "left_out": 0, "summarized": False}
    assert 900 < tokens < 1000
    assert tried(answer) == ["one/small: context_length_exceeded"]


def test_conversation_is_refused(client, provider):
    conversation = talk(client)
    n = provider.stats()["requests"]
    error, answer = ended(client, "small", conversation=conversation)
    assert error["code"] == "context_length_exceeded" and answer["conversation"] == conversation
    assert provider.stats()["requests"] == n
    # it goes on with another model
    assert client.call("chat", {"model": "large", "prompt": "hi", "conversation": conversation})["state"] == "done"


def test_unknown_window_is_the_providers_affair(client, provider):
    a, events = streamed(client, "unknown", prompt=LONG * 100)
    assert a["state"] == "done" and "context" not in a and progress(events) == []
    assert len(sent(provider)[0][1]) == len(LONG * 100)


def test_next_model_with_a_larger_window(client):
    a, events = streamed(client, "small-large", prompt=LONG * 4)
    assert who(a) == "two/large"
    assert tried(a) == ["one/small: context_length_exceeded", "two/large"]
    assert kinds_of(events)[:2] == ["start", "retry"]
    assert events[0][1]["model"] == "small" and events[1][1]["error"]["code"] == "context_length_exceeded"
    assert "context" not in a  # that of the one who answered


def test_no_larger_window(client, provider):
    error, answer = ended(client, "tiny-small", prompt=LONG * 4)
    assert error["code"] == "context_length_exceeded" and error["model"] == "small"
    assert tried(answer) == ["one/tiny: context_length_exceeded", "one/small: context_length_exceeded"]
    assert provider.stats()["requests"] == 0


def test_race_goes_on_with_whom_it_fits(world, start_daemon):
    world.write(PROVIDERS, {"race": {"models": "small, large", "policy": "race"}}, MODELS)
    a, events = streamed(start_daemon().connect(), "race", prompt=LONG * 4)
    assert who(a) == "two/large"
    check_events(events)


def test_compare_shows_each(client):
    arms = client.call("compare", {"models": ["small", "large"], "prompt": LONG * 4})["answers"]
    assert [a["state"] for a in arms] == ["failed", "done"]
    assert arms[0]["error"]["code"] == "context_length_exceeded"


# -- the warning


def test_warning(client):
    a, events = streamed(client, "small", prompt=LONG * 2 + "word " * 25)
    assert progress(events) == [f"this conversation fills {a['context']['estimated'] * 100 // 600} % of small's window"]
    assert kinds_of(events)[:2] == ["start", "progress"]
    assert 480 <= a["context"]["estimated"] <= 600
    assert (a["context"]["left_out"], a["context"]["summarized"]) == (0, False)
    # what is cached is told so too
    b, events = streamed(client, "small", prompt=LONG * 2 + "word " * 25)
    assert b["cached"] and b["context"] == a["context"] and progress(events) == []


def test_no_warning_below(client):
    a, events = streamed(client, "small", prompt=LONG)
    assert progress(events) == [] and "context" not in a


@pytest.mark.parametrize("warn, told", [(0, False), (30, True), (100, False)])
def test_warning_is_configured(world, start_daemon, warn, told):
    world.write(PROVIDERS, models=MODELS, context_warn=warn)
    a, events = streamed(start_daemon().connect(), "small", prompt=LONG)
    assert bool(progress(events)) == told == ("context" in a)


# -- ask


def test_ask_tells_it_on_a_terminal(client, home):
    command = [ask_path(), "--no-store", "-m", "small", LONG * 2 + "word " * 25]
    env = home.env(ASKD_AUTOSTART="0")
    status, text = on_terminal(command, env, columns=200)
    told, answer = text.splitlines()[:2]
    assert status == 0 and answer.startswith("w0")
    assert told.startswith("ask: this conversation fills 8") and told.endswith(" % of small's window")
    piped = subprocess.run(command, env=env, capture_output=True, text=True, timeout=PATIENCE, stdin=subprocess.DEVNULL)
    assert (piped.returncode, piped.stderr) == (0, "")


# -- drop_oldest


def test_oldest_turns_are_dropped(client, provider):
    conversation = talk(client, system="be brief")
    a, events = streamed(client, "small", conversation=conversation, prompt="and now?", context_policy="drop_oldest")
    roles, texts = zip(*sent(provider))
    assert roles == ("system", "user", "assistant", "user")
    assert texts[0] == "be brief" and texts[1].startswith("question 2") and texts[3] == "and now?"
    assert a["context"]["left_out"] == 4 and a["context"]["window"] == 600 and not a["context"]["summarized"]
    (told,) = progress(events)
    assert told.startswith("left out the 4 oldest messages, about ") and "small's window of 600" in told
    # nothing is lost: all of it is there for a model that takes it
    client.call("chat", {"model": "large", "conversation": conversation, "prompt": "and you?"})
    assert len(sent(provider)) == 10
    assert client.call("answer.get", {"answer": a["answer"]})["context"] == a["context"]


def test_policy_is_configured(world, start_daemon, provider):
    world.write(PROVIDERS, models=MODELS, context_policy="drop_oldest")
    client = start_daemon().connect()
    conversation = talk(client)
    a = client.call("chat", {"model": "small", "conversation": conversation, "prompt": "and now?"})
    assert a["context"]["left_out"] == 4
    error, _ = ended(client, "small", conversation=conversation, prompt="and now?", context_policy="error")
    assert error["code"] == "context_length_exceeded"


def test_question_alone_is_too_long(client, provider):
    error, answer = ended(client, "small", prompt=LONG * 4, context_policy="drop_oldest")
    assert error["code"] == "context_length_exceeded" and "drop_oldest" not in error["message"]
    assert provider.stats()["requests"] == 0


def test_own_messages_are_cut_too(client, provider):
    messages = [{"role": ("user", "assistant")[i % 2], "content": f"{i} {LONG}"} for i in range(5)]
    params = {"model": "small", "messages": messages, "context_policy": "drop_oldest"}
    a = client.call("chat", params)
    assert a["context"]["left_out"] == 4 and [r for r, _ in sent(provider)] == ["user"]
    b = client.call("chat", params)  # what is sent is what it is kept by
    assert b["cached"] and b["key"] == a["key"] and b["context"] == a["context"]
    assert client.call("chat", {"model": "small", "prompt": messages[-1]["content"]})["key"] == a["key"]


def test_each_candidate_gets_what_it_takes(world, start_daemon, provider):
    world.write({"one": "status-500", "two": "words-2"}, {"both": "small, large"}, MODELS)
    client = start_daemon().connect()
    messages = [{"role": ("user", "assistant")[i % 2], "content": f"{i} {LONG}"} for i in range(5)]
    answer = client.result(
        client.request(
            "chat", {"model": "both", "messages": messages, "context_policy": "drop_oldest", "stream": True}
        )
    )
    assert who(answer) == "two/large" and "context" not in answer
    assert len(sent(provider, 0)) == 1 and len(sent(provider, 1)) == 5
    assert client.call("chat", {"model": "large", "messages": messages})["cached"]


def test_estimate_is_of_what_is_sent(client, provider):
    messages = [{"role": ("user", "assistant")[i % 2], "content": f"{i} {LONG}"} for i in range(5)]
    whole = client.call("answer.estimate", {"model": "small", "messages": messages})
    cut = client.call("answer.estimate", {"model": "small", "messages": messages, "context_policy": "drop_oldest"})
    assert whole["input_tokens"] > 1000 and cut["input_tokens"] < 300
    assert provider.stats()["requests"] == 0


def test_no_such_policy(client):
    error = failure(client, "chat", {"prompt": "hi", "context_policy": "forget"})
    assert error["code"] == "invalid_request" and error["param"] == "context_policy"


# -- summarize

# Of two to a window of 900 tokens beside the answer; a summary leaves one.
SUMMARIES = {
    "providers": {**PROVIDERS, "sums": "words-5", "bad": "status-500", "mute": "hang-first"},
    "models": {**MODELS, "mid": model(1200, "one/mid"), "narrow": model(1400, "sums/narrow")},
}


@pytest.fixture
def summarizing(world, start_daemon):
    """summarizing(option=…) -> a client of a new daemon that summarizes."""
    daemons = []

    def start(**daemon):
        for d in daemons:
            d.end()
        world.write(**SUMMARIES, **{"context_policy": "summarize", "summary_model": "sums/cheap", **daemon})
        daemons[:] = [start_daemon()]
        return daemons[0].connect()

    return start


def summaries_asked(provider):
    return [b for b in provider.bodies() if b["model"] == "cheap"]


def test_summary_stands_for_the_oldest(summarizing, provider):
    client = summarizing()
    conversation = talk(client, turns=5)
    a, events = streamed(client, "mid", conversation=conversation, prompt="and now?")
    (asked,) = summaries_asked(provider)
    told = plain(asked["messages"][-1]["content"])
    assert "question 0" in told and "question 3" in told and "question 4" not in told and "and now?" not in told
    assert asked["messages"][0]["role"] == "system" and asked["max_tokens"] == 2000
    roles, texts = zip(*sent(provider))
    assert roles == ("user", "assistant", "user")
    assert words_text(5).strip() in texts[0] and "question 4" in texts[0] and texts[-1] == "and now?"
    assert a["context"]["left_out"] == 8 and a["context"]["summarized"]
    (message,) = progress(events)
    assert message.startswith("a summary stands for the 8 oldest messages")


def test_summary_is_kept_and_extended(summarizing, provider):
    client = summarizing()
    conversation = talk(client, turns=5)
    for prompt in ("one", "two", "three"):
        a = client.call("chat", {"model": "mid", "conversation": conversation, "prompt": prompt})
        assert a["context"]["summarized"] and a["context"]["left_out"] == 8
    assert len(summaries_asked(provider)) == 1
    # a daemon that comes later has it too
    client = summarizing()
    a = client.call("chat", {"model": "mid", "conversation": conversation, "prompt": "four"})
    assert a["context"]["summarized"] and len(summaries_asked(provider)) == 1
    # it is made longer, not anew
    for _ in range(3):
        a = client.call("chat", {"model": "large", "conversation": conversation, "prompt": f"five {LONG}"})
    a = client.call("chat", {"model": "mid", "conversation": conversation, "prompt": "six"})
    assert a["context"]["summarized"] and a["context"]["left_out"] > 8
    first, second = (plain(b["messages"][-1]["content"]) for b in summaries_asked(provider))
    assert "question 0" in first and "question 0" not in second
    assert words_text(5).strip() in second and "question 4" in second
    # one that is not needed is not sent
    a = client.call("chat", {"model": "large", "conversation": conversation, "prompt": "seven"})
    assert "context" not in a and len(sent(provider)) == 27


def test_summary_goes_with_its_branch(summarizing, provider):
    client = summarizing()
    conversation = talk(client, turns=5)
    messages = client.call("conversation.get", {"conversation": conversation})["messages"]
    client.call("chat", {"model": "mid", "conversation": conversation, "prompt": "one"})
    # beside what was summarized: another path
    client.call(
        "chat",
        {"model": "large", "conversation": conversation, "parent": messages[1]["id"], "prompt": f"other {LONG * 3}"},
    )
    client.call("chat", {"model": "mid", "conversation": conversation, "prompt": "two"})
    assert len(summaries_asked(provider)) == 2
    second = plain(summaries_asked(provider)[1]["messages"][-1]["content"])
    assert "question 0" in second and "Summary of what came first" not in second


def test_summary_of_own_model(summarizing, provider):
    client = summarizing(summary_model=None)
    conversation = talk(client, turns=5)
    a = client.call("chat", {"model": "narrow", "conversation": conversation, "prompt": "and now?"})
    assert a["context"]["summarized"]
    assert provider.bodies()[-2]["model"] == "narrow"


def test_summary_without_conversation(summarizing, provider):
    client = summarizing()
    messages = [{"role": ("user", "assistant")[i % 2], "content": f"{i} {LONG}"} for i in range(9)]
    for _ in range(2):
        a = client.call("chat", {"model": "mid", "messages": messages})
        assert a["context"]["summarized"] and a["context"]["left_out"] == 8
    assert a["cached"] and len(summaries_asked(provider)) == 1


@pytest.mark.parametrize("bad", ["bad/x", "nobody", "mid"])
def test_without_a_summary_the_oldest_are_dropped(summarizing, provider, bad):
    client = summarizing(summary_model=bad)
    conversation = talk(client, turns=5)
    a, events = streamed(client, "mid", conversation=conversation, prompt="and now?")
    (message,) = progress(events)
    assert a["state"] == "done" and a["context"]["left_out"] == 4 and not a["context"]["summarized"]
    assert message.startswith("left out the 4 oldest messages") and "; a summary could not be made: " in message


def test_cancelled_while_it_is_summarized(summarizing, provider):
    client = summarizing(summary_model="mute/x")
    conversation = talk(client, turns=5)
    n = provider.stats()["requests"]
    request = client.request("chat", {"model": "mid", "conversation": conversation, "prompt": "hi", "detach": True})
    provider.wait_requests(n + 1)
    (running,) = client.call("answer.list", {"state": "running"})  # the summary's is nobody's
    client.call("answer.cancel", {"answer": running["answer"]})
    provider.wait_aborted()
    assert client.result(request)["answer"] == running["answer"]
    assert client.call("answer.get", {"answer": running["answer"]})["state"] == "cancelled"


def test_daemon_ends_while_it_is_summarized(summarizing, provider):
    client = summarizing(summary_model="mute/x")
    conversation = talk(client, turns=5)
    n = provider.stats()["requests"]
    request = client.request("chat", {"model": "mid", "conversation": conversation, "prompt": "hi"})
    provider.wait_requests(n + 1)
    summarizing()  # the first one ends
    assert client.response(request)[0]["code"] == "interrupted"


def test_only_what_is_cached_asks_for_no_summary(summarizing, provider):
    client = summarizing()
    conversation = talk(client, turns=5)
    error = failure(
        client, "chat", {"model": "mid", "conversation": conversation, "prompt": "hi", "cache": "only"}
    )
    assert error["code"] == "not_found" and summaries_asked(provider) == []


def test_compare_summarizes_once(summarizing, provider):
    client = summarizing()
    conversation = talk(client, turns=5)
    arms = client.call("compare", {"models": ["mid", "large"], "conversation": conversation, "prompt": "hi"})
    assert [("context" in a and a["context"]["summarized"]) for a in arms["answers"]] == [True, False]
    assert len(summaries_asked(provider)) == 1


def test_nothing_is_stored_of_what_is_not_to_be(summarizing, provider):
    client = summarizing()
    conversation = talk(client, turns=5)
    params = {"model": "mid", "conversation": conversation, "prompt": "hi"}
    assert client.call("chat", {**params, "store": False})["context"]["summarized"]
    client = summarizing()  # where it is in no memory
    assert client.call("chat", params)["context"]["summarized"]
    assert len(summaries_asked(provider)) == 2
