"""One conversation that moves from provider to provider in the middle of its tools: each gets back what it sealed, as it
came; none gets what another sealed; nothing of what was said is lost on the way."""

import json

import pytest

import helpers_canned as canned

# name: (api, dialect, model, how it answers, what it must get back of its own, in a tool loop)
PROVIDERS = {
    "anthropic": ("anthropic", None, "claude-sonnet-4-5", canned.anthropic, True),
    "gemini": ("gemini", None, "gemini-3-flash-preview", canned.gemini, True),
    "responses": ("openai-responses", "openai", "gpt-5", canned.responses, True),
    "openrouter": (
        "openai-chat",
        "openrouter",
        "openai/gpt-5",
        lambda seal, text: canned.chat(seal, text, "reasoning", True),
        True,
    ),
    "deepseek": ("openai-chat", "deepseek", "deepseek-reasoner", canned.chat, False),
    "mistral": ("openai-chat", "mistral", "mistral-large", canned.chat, False),
    "ollama": ("ollama", None, "qwen3", canned.ollama, False),
    "cohere": ("cohere", None, "command-a-03-2025", canned.cohere, True),
    "dashscope": ("dashscope", None, "qwen-plus", canned.dashscope, False),
    # The same API elsewhere: what one sealed is nothing to the other.
    "elsewhere": ("anthropic", None, "claude-sonnet-4-5", canned.anthropic, True),
}
NO_IMAGES = ("deepseek", "dashscope")
PNG = b"\x89PNG\r\n\x1a\n" + bytes(32)
TOOL = {"name": "weather", "description": "tells it", "parameters": {"type": "object"}}


def sections(provider):
    lines = []
    for name, (api, dialect, *_) in PROVIDERS.items():
        host = "localhost" if name == "elsewhere" else "127.0.0.1"
        lines += [f'[provider "{name}"]', f"api = {api}", f"base_url = {provider.base_url(name, host)}"]
        lines += [f"dialect = {dialect}"] if dialect else []
    return "\n".join(lines) + "\n"


@pytest.fixture(scope="module")
def everybody():
    c = canned.Canned({name: way for name, (_, _, _, way, _) in PROVIDERS.items()})
    yield c
    c.stop()


@pytest.fixture
def moved(home, start_daemon, everybody):
    home.config.write_text(sections(everybody))
    return start_daemon()


def model(name):
    return f"{name}/{PROVIDERS[name][2]}"


def ask(client, name, conversation, said, **more):
    params = {"model": model(name), "conversation": conversation, "tools": [TOOL], **said, **more}
    return client.call("chat", params)


def results(answer, name):
    parts = []
    for i, call in enumerate(answer["tool_calls"]):
        parts.append({"type": "tool_result", "id": call["id"], "content": f"result of {name} {i}"})
    return {"messages": [{"role": "tool", "content": parts}]}


def test_a_conversation_moves(moved, everybody):
    client = moved.connect()
    conversation, said = "new", []
    for turn, (name, (_, _, _, _, seals)) in enumerate(PROVIDERS.items(), 1):
        question = [{"type": "text", "text": f"question to {name}"}]
        if not said:
            question.append({"type": "image", "mime": "image/png", "data": PNG})
        answer = ask(client, name, conversation, {"messages": [{"role": "user", "content": question}]})
        conversation = answer["conversation"]
        assert [json.loads(c["arguments"]) for c in answer["tool_calls"]] == [a for _, a in canned.CALLS]
        assert answer["finish_reason"] == "tool_calls" and len({c["id"] for c in answer["tool_calls"]}) == 2
        final = ask(client, name, conversation, results(answer, name))
        assert final["text"] == f"answer of {name}", final
        said += [f"question to {name}", f"result of {name} 0", f"result of {name} 1"]
        body = json.dumps(everybody.last(name), ensure_ascii=False)
        for words in said:  # all of it, whoever was asked
            assert words in body, f"{name} is not told: {words}"
        assert body.count("Oslo") == turn, "each turn's calls are told"
        assert ("iVBOR" in body) == (name not in NO_IMAGES)
        # Its own seal, and nobody else's; ids are made of it too, and may be told to all.
        kinds = ("", "-text", "-redacted")
        others = [n for n in PROVIDERS if n != name and any(f'"seal-of-{n}{k}"' in body for k in kinds)]
        assert others == [], f"{name} is told what {others} sealed"
        assert (f'"seal-of-{name}"' in body) == seals
        said.append(f"answer of {name}")


def test_it_goes_back_as_it_came(moved, everybody):
    client = moved.connect()
    bodies = {}
    for name in PROVIDERS:
        answer = ask(client, name, "new", {"prompt": "q"})
        ask(client, name, answer["conversation"], results(answer, name))
        bodies[name] = everybody.last(name)
    blocks = bodies["anthropic"]["messages"][1]["content"]
    assert blocks[0] == {"type": "thinking", "thinking": "hm", "signature": "seal-of-anthropic"}
    assert blocks[1] == {"type": "redacted_thinking", "data": "seal-of-anthropic-redacted"}
    assert [b["input"] for b in blocks[2:]] == [a for _, a in canned.CALLS]
    assert [b["type"] for b in bodies["anthropic"]["messages"][2]["content"]] == ["tool_result"] * 2
    parts = bodies["gemini"]["contents"][1]["parts"]
    assert [p.get("thoughtSignature") for p in parts] == ["seal-of-gemini", None]
    assert parts[0]["functionCall"]["args"] == canned.CALLS[0][1]
    items = bodies["responses"]["input"]
    assert [i.get("type") for i in items[1:4]] == ["reasoning", "function_call", "function_call"]
    assert items[1]["encrypted_content"] == "seal-of-responses" and items[1]["summary"] == [{"text": "hm"}]
    details = bodies["openrouter"]["messages"][1]["reasoning_details"]
    assert details == [{"type": "reasoning.encrypted", "data": "seal-of-openrouter", "index": 0}]
    assert bodies["deepseek"]["messages"][1]["reasoning_content"] == "hm"
    assert bodies["ollama"]["messages"][1]["thinking"] == "hm"
    assert bodies["cohere"]["messages"][1]["tool_plan"] == "seal-of-cohere"
    ids = [c["id"] for c in bodies["mistral"]["messages"][1]["tool_calls"]]
    assert all(len(i) == 9 and i.isalnum() for i in ids)
    assert [m["tool_call_id"] for m in bodies["mistral"]["messages"][2:]] == ids


def test_a_client_that_keeps_its_own_messages(moved, everybody):
    """`content` of the answer, sent back as the turn, does what a conversation does."""
    client = moved.connect()
    for name, (_, _, _, _, seals) in PROVIDERS.items():
        question = {"role": "user", "content": "q"}
        first = client.call("chat", {"model": model(name), "messages": [question], "tools": [TOOL]})
        turn = {"role": "assistant", "content": first["content"]}
        messages = [question, turn, *results(first, name)["messages"]]
        final = client.call("chat", {"model": model(name), "messages": messages, "tools": [TOOL]})
        assert final["text"] == f"answer of {name}"
        assert (f'"seal-of-{name}"' in json.dumps(everybody.last(name))) == seals


def test_what_is_left_out_is_logged(moved, everybody):
    client = moved.connect()
    client.call("chat", {"model": model("deepseek"), "prompt": "q", "seed": 1, "tools": [TOOL]})
    assert "deepseek/deepseek-reasoner takes no seed: left out of what it is told" in moved.stderr()
    assert "seed" not in everybody.last("deepseek")


def test_a_conversations_cache_key(moved, everybody):
    client = moved.connect()
    answer = ask(client, "responses", "new", {"prompt": "q"})
    assert everybody.last("responses")["prompt_cache_key"] == answer["conversation"]
    client.call("chat", {"model": model("responses"), "prompt": "q"})
    assert "prompt_cache_key" not in everybody.last("responses")
    ask(client, "anthropic", answer["conversation"], results(answer, "responses"), system="be brief")
    body = everybody.last("anthropic")
    mark = {"type": "ephemeral"}
    assert body["system"][-1]["cache_control"] == mark and body["tools"][-1]["cache_control"] == mark
    assert body["messages"][-2]["content"][-1]["cache_control"] == mark
    assert json.dumps(body).count("cache_control") == 3
