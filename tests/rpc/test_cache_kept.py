"""Which answers are kept, and which never; and that what is kept loses nothing: reasoning, calls, images, seals."""

import base64
import json

import pytest

from client import failure, kinds_of
from conftest import KEY, wait_until
from fault_provider import words_text
from helpers_cache import ask, asked, shared_part, streamed
from helpers_canned import CALLS, Canned, sse
from helpers_routing import section


def entries(client):
    return client.call("cache.stats")["entries"]


def twice(client, provider, model, **params):
    """Asks the same twice: what the two ended in, and whether the second asked anew."""
    ends = []
    for _ in range(2):
        error, result = client.response(client.chat(model, **params))
        ends.append(error["code"] if error else result["finish_reason"])
    return ends, asked(provider) == 2


# -- never kept


@pytest.mark.parametrize("model", ["length", "finish-content_filter", "refusal", "finish-something_else"])
def test_what_is_no_whole_answer_is_not_kept(client, provider, model):
    ends, anew = twice(client, provider, model)
    assert ends[0] == ends[1] and ends[0] not in ("stop", "tool_calls")
    assert anew and entries(client) == 0


@pytest.mark.parametrize(
    "model, code",
    [
        ("status-400", "invalid_request"),
        ("error-in-stream-2", "unavailable"),
        ("no-done-no-finish", "unavailable"),
        ("reset-after-2", "unavailable"),
        ("bad-json", "bad_response"),
        ("quota", "budget_exceeded"),
    ],
)
@pytest.mark.askd(provider={"retries": "0"})
def test_failures_are_not_kept(client, provider, model, code):
    ends, anew = twice(client, provider, model)
    assert ends == [code] * 2 and anew and entries(client) == 0


@pytest.mark.askd(daemon={"max_answer": "1 MiB"})
def test_what_is_too_large_is_not_kept(client, provider):
    ends, anew = twice(client, provider, f"text-{2 << 20}")
    assert ends == ["too_large"] * 2 and anew and entries(client) == 0


def test_what_ran_out_of_time_is_not_kept(client, provider):
    ends, anew = twice(client, provider, "hang-after-2", timeout=0.3)
    assert ends == ["timeout"] * 2 and anew and entries(client) == 0


def test_what_was_cancelled_is_not_kept(client, provider):
    for n in (1, 2):
        msgid = client.chat("hang-after-2", stream=True)
        wait_until(lambda: provider.stats()["requests"] == n, "it is asked")
        answer = client.wait_for(lambda m: m[0] == 2 and m[2][2].get("request") == msgid)[2][0]
        client.call("answer.cancel", {"answer": answer})
        assert client.response(msgid)[0]["code"] == "cancelled"
    assert entries(client) == 0


def test_what_was_interrupted_is_not_kept(home, provider, start_daemon):
    home.write_config(provider.base_url, daemon={"drain_timeout": "200 ms"})
    d = start_daemon()
    c = d.connect()
    msgid = c.chat("slow-3-300", stream=True)
    c.wait_event("text")
    d.signal(15)
    assert c.response(msgid)[0]["code"] == "interrupted"
    assert d.wait() == 0
    a = ask(start_daemon().connect(), model="slow-3-300")
    assert not a["cached"] and a["text"] == words_text(3) and asked(provider) == 2


def test_with_a_url_nothing_is_kept(client, provider):
    """What is behind it may change, and the provider alone has read it."""
    question = {
        "model": "fake/count",
        "prompt": "what is it?",
        "attachments": [{"type": "image", "url": "https://example.org/a.png"}],
    }
    found = [client.call("chat", question) for _ in range(2)]
    assert [a["text"] for a in found] == ["answer 1", "answer 2"]
    assert not any("key" in a or a["cached"] for a in found) and entries(client) == 0
    assert failure(client, "chat", {**question, "cache": "only"})["code"] == "not_found"
    assert client.call("answer.estimate", question)["cached"] is False
    assert client.call("cache.lookup", question) == {"hit": False}


def test_with_a_url_nothing_is_shared(daemon, client, provider):
    question = {
        "model": "fake/hang-after-1",
        "prompt": "what is it?",
        "attachments": [{"type": "image", "url": "https://example.org/a.png"}],
    }
    other = daemon.connect()
    client.request("chat", question)
    other.request("chat", question)
    provider.wait_requests(2)


@pytest.mark.askd(extra="[cache]\nmax_entry = 4 KiB\nbackend = none\n")
def test_max_entry_at_its_edge(client, provider):
    fits, does_not = 1500, 2200  # its text is kept twice: in its events, and in its map
    for n, kept in ((fits, True), (does_not, False)):
        found = [ask(client, model=f"text-{n}")["cached"] for _ in range(2)]
        assert found == [False, kept]
    (item,) = client.call("cache.list")["items"]
    assert 2 * fits < item["bytes"] <= 4096 and asked(provider) == 3


# -- kept whole


@pytest.mark.askd(daemon={"default_model": None})
def test_the_first_model_of_its_provider_is_kept_by_name(client):
    """Who names none gets the model that the provider lists first; who names that one finds the answer."""
    first = client.call("chat", {"prompt": "hello"})
    named = ask(client)
    assert named["cached"] and first["model"] == "echo" and shared_part(first) == shared_part(named)
    assert first["key"] == named["key"]


def test_tool_calls_are_kept(client, provider):
    first = ask(client, model="tools")
    second, events = streamed(client, model="tools")
    assert second["cached"] and second["finish_reason"] == "tool_calls"
    assert [c["id"] for c in second["tool_calls"]] == ["call_0", "call_1"]
    assert shared_part(first) == shared_part(second) and asked(provider) == 1
    assert kinds_of(events) == ["start", "tool_call", "tool_call", "usage", "done"]
    calls = [{k: e[k] for k in ("id", "name", "arguments")} for _, e in events if e["type"] == "tool_call"]
    assert calls == second["tool_calls"], "each call is one event"


def test_reasoning_is_kept(client, provider):
    first = ask(client, model="reasoning")
    second, events = streamed(client, model="reasoning")
    assert second["cached"] and (second["reasoning"], second["text"]) == ("First think.", "Then answer.")
    assert shared_part(first) == shared_part(second) and asked(provider) == 1
    assert kinds_of(events) == ["start", "reasoning", "text", "usage", "done"]


def test_not_streamed_by_its_provider(client, provider):
    first, second = ask(client, "x y", "json"), ask(client, "x y", "json")
    assert second["cached"] and shared_part(first) == shared_part(second) and asked(provider) == 1


@pytest.mark.parametrize("model", ["split-utf8", "drip", "gzip", "comments", "no-done"])
def test_however_it_came(client, provider, model):
    first, second = ask(client, "Größe, 你好", model), ask(client, "Größe, 你好", model)
    assert second["cached"] and shared_part(first) == shared_part(second) and asked(provider) == 1


PIXEL = b"\x89PNG\r\n\x1a\n" + bytes(range(256))


def gemini_with_an_image(seal, text):
    data = base64.b64encode(PIXEL).decode()
    parts = [
        {"text": "hm", "thought": True},
        {"text": "See: "},
        {"inlineData": {"mimeType": "image/png", "data": data}, "thoughtSignature": seal},
        {"text": "there."},
    ]
    return sse([{"candidates": [{"content": {"parts": parts, "role": "model"}, "finishReason": "STOP"}]}])


def gemini_that_hears(seal, text):
    heard = [{"modality": "TEXT", "tokenCount": 3}, {"modality": "AUDIO", "tokenCount": 30}]
    said = [{"modality": "AUDIO", "tokenCount": 5}]
    usage = {"promptTokenCount": 33, "candidatesTokenCount": 7, "promptTokensDetails": heard, "candidatesTokensDetails": said}
    answer = {"content": {"parts": [{"text": "I see"}], "role": "model"}, "finishReason": "STOP"}
    return sse([{"candidates": [answer], "usageMetadata": usage}])


def responses_that_drew(seal, text):
    usage = {"input_tokens": 9, "output_tokens": 2, "server_side_tool_usage_details": {"image_generation_calls": 2}}
    return sse([{"type": "response.completed", "response": {"status": "completed", "usage": usage}}], named=True)


def anthropic_with_seals(seal, text):
    blocks = [
        {"type": "thinking", "thinking": "hm", "signature": seal},
        {"type": "redacted_thinking", "data": f"{seal}-redacted"},
        {"type": "text", "text": "So. "},
    ]
    for i, (name, args) in enumerate(CALLS):
        blocks.append({"type": "tool_use", "id": f"{seal}-{i}", "name": name, "input": args})
    events = [{"type": "message_start", "message": {"content": []}}]
    for i, block in enumerate(blocks):
        events.append({"type": "content_block_start", "index": i, "content_block": block})
        events.append({"type": "content_block_stop", "index": i})
    events.append({"type": "message_delta", "delta": {"stop_reason": "tool_use"}, "usage": {"output_tokens": 3}})
    return sse([*events, {"type": "message_stop"}], named=True)


@pytest.fixture
def canned(home, start_daemon):
    """canned({api: way}) -> (the provider, a client)"""
    servers = []

    def start(ways):
        server = Canned(ways)
        servers.append(server)
        keys = {name: {"api": name, "base_url": server.base_url(name), "key": KEY, "retries": 0} for name in ways}
        home.config.write_text("[daemon]\ndrain_timeout = 2\n" + "".join(section("provider", n, k) for n, k in keys.items()))
        home.config.chmod(0o600)
        return server, start_daemon().connect()

    yield start
    for server in servers:
        server.stop()


def question_of(api):
    return {"model": f"{api}/m", "prompt": "hello", "stream": True}


def test_images_are_kept(canned):
    server, client = canned({"gemini": gemini_with_an_image})
    first, second = (client.call("chat", question_of("gemini")) for _ in range(2))
    assert second["cached"] and len(server.asked) == 1
    (image,) = [p for p in second["content"] if p["type"] == "image"]
    assert (image["mime"], image["data"]) == ("image/png", PIXEL)
    assert shared_part(first) == shared_part(second)
    events = client.events(second["answer"])
    assert kinds_of(events)[:5] == ["start", "reasoning", "text", "image", "text"]
    assert events[3][1]["data"] == PIXEL


@pytest.mark.parametrize(
    "api, way, figures",
    [
        ("gemini", gemini_that_hears, {"input_tokens": 33, "input_audio_tokens": 30, "output_audio_tokens": 5}),
        ("openai-responses", responses_that_drew, {"input_tokens": 9, "images": 2}),
    ],
)
def test_kinds_of_usage_are_kept(canned, api, way, figures):
    """In the answer, the cached one, its events and the message."""
    server, client = canned({api: way})
    first = client.call("chat", question_of(api))
    second = client.call("chat", question_of(api) | {"conversation": "new"})
    events = [e for _, e in client.events(second["answer"]) if e["type"] == "usage"]
    message = client.call("conversation.get", {"conversation": second["conversation"]})["messages"][1]
    assert second["cached"] and len(server.asked) == 1
    for usage in (first["usage"], second["usage"], events[-1], message["usage"]):
        assert {k: usage.get(k) for k in figures} == figures
        assert {k for k in usage if "audio" in k or k == "images"} <= set(figures), "what was not told is absent"


def test_seals_are_kept_and_sent_back(canned):
    """The next question, which holds the cached answer, is word for word that which holds the first."""
    server, client = canned({"anthropic": anthropic_with_seals})
    first, second = (client.call("chat", question_of("anthropic")) for _ in range(2))
    assert second["cached"] and shared_part(first) == shared_part(second) and len(server.asked) == 1
    assert "seal-of-anthropic" in repr(second["content"]) and "seal-of-anthropic-redacted" in repr(second["content"])
    bodies = []
    for a in (first, second):
        results = [{"type": "tool_result", "id": c["id"], "content": "cold"} for c in a["tool_calls"]]
        turns = [{"role": "assistant", "content": a["content"]}, {"role": "tool", "content": results}]
        messages = [{"role": "user", "content": "hello"}, *turns]
        client.call("chat", {"model": "anthropic/m", "messages": messages, "cache": "off"})
        bodies.append(json.dumps(server.last("anthropic"), sort_keys=True))
    assert bodies[0] == bodies[1] and "seal-of-anthropic-redacted" in bodies[0]


def test_what_is_sealed_makes_another_question(canned):
    server, client = canned({"anthropic": anthropic_with_seals})
    a = client.call("chat", question_of("anthropic"))
    results = [{"type": "tool_result", "id": c["id"], "content": "cold"} for c in a["tool_calls"]]

    def after(content):
        turns = [{"role": "assistant", "content": content}, {"role": "tool", "content": results}]
        return client.call("chat", {"model": "anthropic/m", "messages": [{"role": "user", "content": "hello"}, *turns]})

    other = json.loads(json.dumps(a["content"]).replace("seal-of-anthropic-redacted", "another"))
    found = [after(a["content"]), after(a["content"]), after(other)]
    assert [f["cached"] for f in found] == [False, True, False]
