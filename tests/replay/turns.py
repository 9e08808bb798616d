"""A provider's request body as the `chat` params that ask the same, one function for each wire grammar.

They read what others' clients sent, so they are written from the grammars and know nothing of our builders. What the
protocol has a name for goes under that name; what it has none for and `extra` may carry goes there; what neither can
say is dropped here and is a difference that the caller has to judge.
"""

import base64
import json

# What `extra` may not carry, by any grammar's name for it: what is left of these after the reading is dropped.
NEVER_EXTRA = (
    "model messages input contents prompt system n stream stream_options store background service_tier tools"
    " tool_choice max_tokens max_completion_tokens max_output_tokens temperature top_p stop seed response_format"
    " functions function_call previous_response_id text format stop_sequences"
).split()
EFFORTS = {"none": "off", "low": "low", "medium": "medium", "high": "high"}
ANY_JSON = {"type": "object"}  # the schema of an answer of which only this is asked, that it be JSON


def put(params, name, value):
    """A field that is null is one that was not given."""
    if value is not None:
        params[name] = value


def put_rest(params, rest):
    extra = {k: v for k, v in rest.items() if k not in NEVER_EXTRA and v is not None}
    if extra:
        params["extra"] = {**params.get("extra", {}), **extra}


def put_sampling(params, body, **names):
    """Takes the sampling fields out of the body; names: the grammar's for ours where they differ."""
    for ours in ("temperature", "top_p", "max_tokens", "seed", "stop"):
        put(params, ours, body.pop(names.get(ours, ours), None))


def text(value):
    return {"type": "text", "text": value}


def media(kind, data=None, url=None, mime=None, name=None):
    """An attachment by value (base64, or a data: URL) or by reference."""
    part = {"type": kind}
    if url and url.startswith("data:"):
        head, data = url[len("data:") :].split(",", 1)
        mime, url = head.removesuffix(";base64"), None
    put(part, "data", base64.b64decode(data) if data is not None else None)
    put(part, "url", url)
    put(part, "mime", mime or None)
    put(part, "name", name)
    return part


def kind_of(mime):
    kind = (mime or "").split("/")[0]
    return kind if kind in ("image", "audio") else "file"


def call(id, name, arguments):
    if not isinstance(arguments, str):
        arguments = json.dumps(arguments, ensure_ascii=False)
    return {"type": "tool_call", "id": id, "name": name, "arguments": arguments}


def result(id, content, name=None):
    part = {"type": "tool_result", "id": id, "content": content}
    put(part, "name", name)
    return part


def tool(function, parameters="parameters"):
    made = {"name": function["name"]}
    put(made, "description", function.get("description"))
    put(made, "parameters", function.get(parameters))
    return made


def message(role, parts):
    """A plain text as the string that most clients would give."""
    only = parts[0] if len(parts) == 1 else None
    return {"role": role, "content": only["text"] if only and set(only) == {"type", "text"} else parts}


def joined(blocks):
    """The texts of a content that is null, a string or a list of parts."""
    return blocks if isinstance(blocks, str) else "".join(b["text"] for b in blocks or [])


class Ids:
    """Ids for calls and results where the grammar has none: a result belongs to the first open call of its name."""

    def __init__(self):
        self.open, self.count = [], 0

    def of_call(self, name, id=None):
        self.count += 1
        id = id or f"call-{self.count}"
        self.open.append((name, id))
        return id

    def of_result(self, name=None, id=None):
        found = next(c for c in self.open if (id or c[1]) == c[1] and (name or c[0]) == c[0])
        self.open.remove(found)
        return found[1]


# -- openai-chat


def openai_chat_part(part):
    kind = part["type"]
    inner = part.get(kind)
    if kind == "text":
        return text(part["text"])
    if kind == "image_url":
        return media("image", url=inner["url"] if isinstance(inner, dict) else inner)
    if kind == "document_url":
        return media("file", url=inner)
    if kind == "input_audio":
        data, form = (inner, "mp3") if isinstance(inner, str) else (inner["data"], inner["format"])
        mime = {"mp3": "audio/mpeg"}.get(form, "audio/wav")
        return media("audio", data=data.removeprefix("data:;base64,"), mime=mime)
    assert kind == "file", part
    return media("file", url=inner["file_data"], name=inner["filename"])


def openai_chat_parts(content):
    return [text(content)] if isinstance(content, str) else [openai_chat_part(p) for p in content or []]


def openai_chat_reasoning(turn):
    details = turn.get("reasoning_details")
    words = turn.get("reasoning_content") or turn.get("reasoning")
    if details:
        words = words or "".join(d.get("text") or "" for d in details)
        return [{"type": "reasoning", "text": words, "opaque": {"reasoning_details": details}}]
    return [{"type": "reasoning", "text": words}] if words else []


def openai_chat_message(turn):
    role = {"developer": "system"}.get(turn["role"], turn["role"])
    if role == "tool":
        return {"role": role, "content": [result(turn["tool_call_id"], joined(turn["content"]))]}
    parts = openai_chat_parts(turn.get("content"))
    if role == "assistant":
        calls = [call(c["id"], c["function"]["name"], c["function"]["arguments"]) for c in turn.get("tool_calls") or []]
        parts = openai_chat_reasoning(turn) + [p for p in parts if p["text"] or not calls] + calls
    return message(role, parts)


def put_turns(params, messages):
    """One instruction at the start is `system`; several, or one elsewhere, stay where they are."""
    first = messages[0] if messages else {}
    alone = [m["role"] for m in messages].count("system") == 1
    if alone and first["role"] == "system" and isinstance(first["content"], str) and len(messages) > 1:
        params["system"] = first["content"]
        messages = messages[1:]
    params["messages"] = messages


def openai_chat_reasoning_wish(body):
    """reasoning, and the fields that it does not say."""
    effort, thinking = body.pop("reasoning_effort", None), dict(body.pop("thinking", None) or {})
    wished = body.pop("reasoning", None) or {}
    enable, budget = body.pop("enable_thinking", None), body.pop("thinking_budget", None)
    if effort and effort not in EFFORTS:
        return None, {"reasoning_effort": effort, "thinking": thinking or None}
    wish = EFFORTS.get(effort)
    kind = thinking.pop("type", None)
    if kind:
        wish = wish or {"disabled": "off"}.get(kind, "high")
    if wished:
        wish = wished.get("max_tokens") or EFFORTS.get(wished.get("effort"))
    if enable is not None:
        wish = (budget or "high") if enable else "off"
    return wish, {"thinking": thinking or None, "reasoning": wished if wished and not wish else None}


def openai_chat_tool_choice(choice):
    if isinstance(choice, dict):
        return (choice.get("function") or choice)["name"]
    return {"any": "required"}.get(choice, choice)


def openai_chat_schema(form):
    if not form or form["type"] == "text":
        return None
    return form["json_schema"]["schema"] if form["type"] == "json_schema" else ANY_JSON


def openai_chat(body):
    body, params = dict(body), {}
    put_turns(params, [openai_chat_message(m) for m in body.pop("messages")])
    functions = [t["function"] for t in body.pop("tools", None) or []] + (body.get("functions") or [])
    if functions:
        params["tools"] = [tool(f) for f in functions]
    put(params, "tool_choice", openai_chat_tool_choice(body.pop("tool_choice", None) or body.get("function_call")))
    put(params, "schema", openai_chat_schema(body.pop("response_format", None)))
    put_sampling(params, body, seed="random_seed" if "random_seed" in body else "seed")
    put(params, "max_tokens", body.pop("max_completion_tokens", None))
    wish, rest = openai_chat_reasoning_wish(body)
    put(params, "reasoning", wish)
    put_rest(params, {**body, **rest})
    return params


# -- openai-responses


def responses_part(part):
    kind = part["type"]
    if kind in ("input_text", "output_text"):
        return text(part["text"])
    if kind == "refusal":
        return text(part["refusal"])
    if kind == "input_image":
        return media("image", url=part["image_url"])
    assert kind == "input_file", part
    return media("file", url=part.get("file_data") or part["file_url"], name=part.get("filename"))


def responses_item(item):
    """(role, parts)"""
    kind = item.get("type", "message")
    if kind == "message":
        content = item["content"]
        parts = [text(content)] if isinstance(content, str) else [responses_part(p) for p in content]
        return {"developer": "system"}.get(item["role"], item["role"]), parts
    if kind == "reasoning":
        words = item.get("summary") or item.get("content") or []
        return "assistant", [{"type": "reasoning", "text": joined(words), "opaque": item}]
    if kind == "function_call":
        return "assistant", [call(item["call_id"], item["name"], item["arguments"])]
    assert kind == "function_call_output", item
    return "tool", [result(item["call_id"], joined(item["output"]))]


def responses_messages(items):
    """What the model said in a row is one turn of it."""
    turns = []
    for item in items:
        role, parts = responses_item(item)
        if turns and role == "assistant" == turns[-1][0]:
            turns[-1][1].extend(parts)
        else:
            turns.append((role, parts))
    return [message(role, parts) for role, parts in turns]


def responses_tool_choice(choice):
    return choice["name"] if isinstance(choice, dict) else choice


def put_responses_reasoning(params, wished):
    wished = {k: v for k, v in (wished or {}).items() if v is not None}
    if wished.get("effort") in EFFORTS:
        params["reasoning"] = EFFORTS[wished.pop("effort")]
    if wished:
        put_rest(params, {"reasoning": wished})


def put_responses_text(params, form):
    form = dict(form or {})
    schema = form.pop("format", None) or {}
    if schema.get("type") == "json_schema":
        params["schema"] = schema["schema"]
    elif schema.get("type") == "json_object":
        params["schema"] = ANY_JSON


def openai_responses(body):
    body, params = dict(body), {}
    given = body.pop("input")
    params.update({"prompt": given} if isinstance(given, str) else {"messages": responses_messages(given)})
    put(params, "system", body.pop("instructions", None))
    tools = body.pop("tools", None)
    if tools:
        params["tools"] = [tool(t) for t in tools]
    put(params, "tool_choice", responses_tool_choice(body.pop("tool_choice", None)))
    put_responses_text(params, body.pop("text", None))
    put_sampling(params, body, max_tokens="max_output_tokens")
    put_responses_reasoning(params, body.pop("reasoning", None))
    # The builder asks for the encrypted reasoning itself; what else may be included is the asker's wish.
    include = [i for i in body.pop("include", None) or [] if i != "reasoning.encrypted_content"]
    put_rest(params, {**body, "include": include or None})
    return params


# -- anthropic


def anthropic_source(kind, block):
    source, name = block["source"], block.get("title")
    if source["type"] == "url":
        return media(kind, url=source["url"], name=name)
    data = source["data"]
    if source["type"] == "text":
        data = base64.b64encode(data.encode()).decode()
    return media(kind, data=data, mime=source["media_type"], name=name)


def anthropic_block(block):
    kind = block["type"]
    if kind == "text":
        return text(block["text"])
    if kind == "thinking":
        return {"type": "reasoning", "text": block["thinking"], "signature": block["signature"]}
    if kind == "redacted_thinking":
        return {"type": "reasoning", "text": "", "opaque": block}
    if kind == "tool_use":
        return call(block["id"], block["name"], block["input"])
    if kind == "tool_result":
        part = result(block["tool_use_id"], joined(block.get("content")))
        put(part, "is_error", block.get("is_error"))
        return part
    return anthropic_source({"document": "file"}.get(kind, kind), block)


def split_results(role, parts):
    """The messages for a turn of the user: results of tools first, each grammar puts them into the user's turn."""
    results = [p for p in parts if p["type"] == "tool_result"]
    others = [p for p in parts if p["type"] != "tool_result"]
    made = [{"role": "tool", "content": results}] if results else []
    return made + ([message(role, others)] if others else [])


def anthropic_messages(messages):
    made = []
    for m in messages:
        content = m["content"]
        parts = [text(content)] if isinstance(content, str) else [anthropic_block(b) for b in content]
        made += split_results(m["role"], parts)
    return made


def put_anthropic_system(params, system):
    """Blocks are kept apart by messages of the system, which stand before all others."""
    if isinstance(system, str):
        put(params, "system", system or None)
    elif system:
        blocks = [message("system", [text(b["text"])]) for b in system]
        params["messages"] = blocks + params["messages"]


def put_anthropic_thinking(params, thinking, config):
    thinking, config = dict(thinking or {}), dict(config or {})
    schema = config.pop("format", None)
    if schema:
        params["schema"] = schema["schema"]
    kind = thinking.get("type")
    if kind == "disabled":
        params["reasoning"] = "off"
        thinking = {}
    elif kind == "enabled":
        params["reasoning"] = thinking["budget_tokens"]
        thinking = {k: v for k, v in thinking.items() if k not in ("type", "budget_tokens")}
    elif config.get("effort") in EFFORTS:
        params["reasoning"] = EFFORTS[config.pop("effort")]
        thinking.pop("type", None)
    put_rest(params, {"thinking": thinking or None, "output_config": config or None})


def anthropic(body):
    body = dict(body)
    params = {"messages": anthropic_messages(body.pop("messages"))}
    put_anthropic_system(params, body.pop("system", None))
    tools = body.pop("tools", None)
    if tools:
        params["tools"] = [tool(t, "input_schema") for t in tools]
    choice = body.pop("tool_choice", None) or {}
    put(params, "tool_choice", choice.get("name") or {"any": "required"}.get(choice.get("type"), choice.get("type")))
    put_sampling(params, body, stop="stop_sequences")
    put_anthropic_thinking(params, body.pop("thinking", None), body.pop("output_config", None))
    put_rest(params, body)
    return params


# -- gemini


LEFT_ALONE = "args response parameters parametersJsonSchema responseSchema responseJsonSchema".split()


def camel(value):
    """The grammar takes both camelCase and snake_case. What stands inside of schemas and arguments is the asker's."""
    if isinstance(value, list):
        return [camel(v) for v in value]
    if not isinstance(value, dict):
        return value
    made = {}
    for key, v in value.items():
        head, *tail = key.split("_")
        key = head + "".join(t.capitalize() for t in tail)
        made[key] = v if key in LEFT_ALONE else camel(v)
    return made


def gemini_part(part, ids):
    rest = dict(part)
    if "functionCall" in part:
        f = rest.pop("functionCall")
        made = call(ids.of_call(f["name"], f.get("id")), f["name"], f.get("args", {}))
    elif "functionResponse" in part:
        f = rest.pop("functionResponse")
        content = json.dumps(f["response"], ensure_ascii=False)
        made = result(ids.of_result(f["name"], f.get("id")), content, f["name"])
    elif "inlineData" in part:
        inline = rest.pop("inlineData")
        made = media(kind_of(inline["mimeType"]), data=inline["data"], mime=inline["mimeType"])
    elif "fileData" in part:
        there = rest.pop("fileData")
        made = media(kind_of(there.get("mimeType")), url=there["fileUri"], mime=there.get("mimeType"))
    else:
        made = {"type": "reasoning" if rest.pop("thought", False) else "text", "text": rest.pop("text")}
    if rest:
        made["opaque"] = rest
    return made


def gemini_messages(contents):
    made, ids = [], Ids()
    for turn in contents:
        parts = [gemini_part(p, ids) for p in turn["parts"]]
        role = {"model": "assistant"}.get(turn.get("role"), "user")
        made += split_results(role, parts) if role == "user" else [message(role, parts)]
    return made


def json_schema(value):
    """The JSON schema that one in the manner of OpenAPI stands for: its types are in capitals."""
    if isinstance(value, list):
        return [json_schema(v) for v in value]
    if not isinstance(value, dict):
        return value
    return {k: v.lower() if k == "type" and isinstance(v, str) else json_schema(v) for k, v in value.items()}


def put_gemini_tools(params, tools, config):
    functions = [f for t in tools for f in t.get("functionDeclarations") or []]
    if functions:
        schemas = (f.get("parametersJsonSchema") or json_schema(f.get("parameters")) for f in functions)
        params["tools"] = [tool({**f, "parameters": schema}) for f, schema in zip(functions, schemas)]
    config = dict(config or {})
    calling = config.pop("functionCallingConfig", None) or {}
    mode, allowed = calling.get("mode"), calling.get("allowedFunctionNames") or []
    words = {"AUTO": "auto", "NONE": "none", "ANY": "required"}
    if len(allowed) == 1:
        params["tool_choice"] = allowed[0]
    else:
        put(params, "tool_choice", words.get(mode))


def put_gemini_generation(params, config):
    config = dict(config or {})
    names = {"top_p": "topP", "max_tokens": "maxOutputTokens", "stop": "stopSequences"}
    put_sampling(params, config, **names)
    schema = config.pop("responseJsonSchema", None) or json_schema(config.pop("responseSchema", None))
    mime = config.pop("responseMimeType", None)
    put(params, "schema", schema or (ANY_JSON if mime == "application/json" else None))
    thinking = config.get("thinkingConfig") or {}
    if thinking.keys() & {"thinkingBudget", "thinkingLevel"}:
        params["reasoning"] = thinking.get("thinkingBudget", thinking.get("thinkingLevel"))
        del config["thinkingConfig"]
    put_rest(params, {"generationConfig": config or None})


def gemini(body):
    body = camel(body)
    params = {"messages": gemini_messages(body.pop("contents"))}
    system = body.pop("systemInstruction", None)
    if system:
        params["system"] = "\n\n".join(p["text"] for p in system["parts"])
    put_gemini_tools(params, body.pop("tools", None) or [], body.pop("toolConfig", None))
    put_gemini_generation(params, body.pop("generationConfig", None))
    put_rest(params, body)
    return params


# -- ollama


def ollama_message(turn, ids):
    if turn["role"] == "tool":
        return {"role": "tool", "content": [result(ids.of_result(turn.get("tool_name")), turn["content"])]}
    calls = [c["function"] for c in turn.get("tool_calls") or []]
    parts = [text(turn["content"])] if turn["content"] or not calls else []
    parts += [media("image", data=i) for i in turn.get("images") or []]
    if turn.get("thinking"):
        parts.insert(0, {"type": "reasoning", "text": turn["thinking"]})
    return message(turn["role"], parts + [call(ids.of_call(f["name"]), f["name"], f["arguments"]) for f in calls])


def ollama_chat(body):
    body, params, ids = dict(body), {}, Ids()
    put_turns(params, [ollama_message(m, ids) for m in body.pop("messages")])
    tools = body.pop("tools", None)
    if tools:
        params["tools"] = [tool(t["function"]) for t in tools]
    form = body.pop("format", None)
    put(params, "schema", ANY_JSON if form == "json" else form or None)
    options = dict(body.pop("options", None) or {})
    put_sampling(params, options, max_tokens="num_predict")
    think = body.pop("think", None)
    put(params, "reasoning", {False: "off", True: "high"}.get(think, think))
    put_rest(params, {**body, "options": options or None})
    return params


# -- cohere


def cohere_v2(body):
    body, params = dict(body), {}
    put_turns(params, [openai_chat_message(m) for m in body.pop("messages")])
    tools = body.pop("tools", None)
    if tools:
        params["tools"] = [tool(t["function"]) for t in tools]
    choice = body.pop("tool_choice", None)
    put(params, "tool_choice", choice.lower() if choice else None)
    form = body.pop("response_format", None) or {}
    put(params, "schema", form.get("json_schema") or (ANY_JSON if form.get("type") == "json_object" else None))
    put_sampling(params, body, top_p="p", stop="stop_sequences")
    thinking = body.pop("thinking", None) or {}
    if thinking.get("type") == "disabled":
        params["reasoning"] = "off"
    elif thinking:
        params["reasoning"] = thinking.get("token_budget", "high")
    put_rest(params, body)
    return params


# -- dashscope


def schema_of_list(described):
    """Parameters in the manner of Qwen-Agent: a list of {name, type, description, required}."""
    if not isinstance(described, list):
        return described
    named = {p["name"]: {k: v for k, v in p.items() if k not in ("name", "required")} for p in described}
    return {"type": "object", "properties": named, "required": [p["name"] for p in described if p.get("required")]}


def dashscope_part(part):
    if "image" in part:
        return media("image", url=part["image"])
    if "audio" in part:
        return media("audio", url=part["audio"])
    return text(part["text"])


def dashscope_message(turn):
    if turn["role"] == "tool":
        return {"role": "tool", "content": [result(turn.get("tool_call_id") or turn["id"], joined(turn["content"]))]}
    if isinstance(turn.get("content"), list):
        return message(turn["role"], [dashscope_part(p) for p in turn["content"]])
    return openai_chat_message(turn)


def dashscope(body):
    asked, options, params = body["input"], dict(body["parameters"]), {}
    if "prompt" in asked:
        params["prompt"] = asked["prompt"]
    else:
        put_turns(params, [dashscope_message(m) for m in asked["messages"]])
    functions = [t["function"] for t in options.pop("tools", None) or []]
    if functions:
        params["tools"] = [tool({**f, "parameters": schema_of_list(f["parameters"])}) for f in functions]
    put(params, "tool_choice", openai_chat_tool_choice(options.pop("tool_choice", None)))
    put(params, "schema", openai_chat_schema(options.pop("response_format", None)))
    put_sampling(params, options)
    wish, rest = openai_chat_reasoning_wish(options)
    put(params, "reasoning", wish)
    # How the answer comes is the builder's to say.
    for name in ("result_format", "incremental_output"):
        options.pop(name, None)
    put_rest(params, {"parameters": {k: v for k, v in {**options, **rest}.items() if v is not None} or None})
    return params


TURNS = {
    "openai-chat": openai_chat,
    "openai-responses": openai_responses,
    "anthropic": anthropic,
    "gemini": gemini,
    "ollama-chat": ollama_chat,
    "cohere-v2": cohere_v2,
    "dashscope": dashscope,
}
