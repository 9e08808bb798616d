"""Where our requests may differ from recorded ones, and why: the tables that test_requests.py goes by.

A path is that of the node where the two part; in it [*] is any index, * one name, ** whatever follows.
"""

import base64
import collections
import re

from turns import camel, json_schema, schema_of_list

JSON_WISH = "that an answer be JSON of any form is said by a schema of any object, told in words where none is taken"
SCHEMA_WORDS = 'Answer with JSON only, by this JSON schema: {"type":"object"}'
MARK = {"type": "ephemeral"}
ENCRYPTED = ["reasoning.encrypted_content"]
ABSENT = type("Absent", (), {"__repr__": lambda self: "absent"})()

# (api, path, whether this value there puts the turn beyond our protocol, why): such a recording is not compared.
NOT_OURS = [
    ("openai-chat", "tools[*].type", lambda v: v != "function", "tools that the provider runs"),
    ("openai-responses", "tools[*].type", lambda v: v != "function", "tools that the provider runs"),
    ("openai-responses", "input[*].output[*].type", lambda v: v != "input_text", "a tool's result that is not text"),
    ("openai-responses", "temperature", lambda v: v < 0, "a temperature that the daemon refuses"),
    (
        "openai-responses",
        "input[*].content[*].file_data",
        lambda v: v.startswith("data:audio/"),
        "sound for a model that takes none, which the daemon refuses",
    ),
    ("anthropic", "tools[*].type", lambda v: v != "custom", "tools that the provider runs"),
    ("anthropic", "mcp_servers", bool, "tools that the provider asks others to run"),
    ("gemini", "tools[*].googleSearch", lambda v: True, "tools that the provider runs"),
    ("gemini", "tools[*].codeExecution", lambda v: True, "tools that the provider runs"),
    ("gemini", "tools[*].code_execution", lambda v: True, "tools that the provider runs"),
    ("gemini", "contents[*].parts[*].functionResponse.parts", bool, "a tool's result that is not text"),
    ("gemini", "generationConfig.temperature", lambda v: v > 2, "a temperature that the daemon refuses"),
]

# A recorded body that says the same in another form throughout is read into ours before the two are compared.
Reading = collections.namedtuple("Reading", "api read reason")


def merged_turns(body):
    """Neighbours of one role."""
    made = []
    for turn in body["contents"]:
        if made and made[-1].get("role") == turn.get("role"):
            made[-1] = {**turn, "parts": made[-1]["parts"] + turn["parts"]}
        else:
            made.append(turn)
    return {**body, "contents": made}


def without_empty_texts(body):
    """Of parts that stand beside others."""
    turns = []
    for turn in body["contents"]:
        filled = [p for p in turn["parts"] if p != {"text": ""}]
        turns.append({**turn, "parts": filled or turn["parts"]})
    return {**body, "contents": turns}


def with_json_schemas(body):
    """In place of those in the manner of OpenAPI."""
    names = {"parameters": "parametersJsonSchema", "responseSchema": "responseJsonSchema"}

    def read(value):
        if isinstance(value, list):
            return [read(v) for v in value]
        if not isinstance(value, dict):
            return value
        return {names.get(k, k): json_schema(v) if k in names else read(v) for k, v in value.items()}

    return {**body, **{k: read(body[k]) for k in ("tools", "generationConfig") if k in body}}


def without_stored_ids(body):
    """Of calls, and of reasoning that is sealed; what is told in words keeps its own."""
    if isinstance(body["input"], str):
        return body
    items = []
    for item in body["input"]:
        stored = item.get("type") == "function_call" or item.get("encrypted_content")
        items.append({k: v for k, v in item.items() if k != "id" or not stored})
    return {**body, "input": items}


READINGS = [
    Reading("openai-responses", without_stored_ids, "an id is looked up in a store, where ours are not: 400"),
    Reading("gemini", camel, "both snake_case and camelCase are taken; ours is camelCase"),
    Reading("gemini", with_json_schemas, "a JSON schema is taken as it is and says more"),
    Reading("gemini", merged_turns, "neighbours of one role are one turn"),
    Reading("gemini", without_empty_texts, "an empty text beside other parts says nothing"),
]

# accepts(recorded, ours, beside): the values there; beside holds the recorded object and ours that they are fields of.
Row = collections.namedtuple("Row", "api dialect path accepts reason")


def same(a, b):
    """0 and false are equal in Python alone."""
    return a == b and isinstance(a, bool) == isinstance(b, bool)


def not_sent(*values):
    """Ours has no such field where the recorded one has one of these, or anything."""
    return lambda recorded, ours, beside: ours is ABSENT and (not values or any(same(recorded, v) for v in values))


def only_ours(*values):
    return lambda recorded, ours, beside: recorded is ABSENT and (not values or any(same(ours, v) for v in values))


def becomes(before, after):
    return lambda recorded, ours, beside: same(recorded, before) and same(ours, after)


def words(content, also=()):
    """The texts of a list whose parts are nothing but text, else None. also: fields that may stand beside it."""
    allowed = {"type", "text", *also}
    plain = isinstance(content, list) and all(p.get("type") == "text" and set(p) <= allowed for p in content)
    return [p["text"] for p in content] if plain else None


def one_text(recorded, ours, beside):
    return isinstance(ours, str) and words(recorded) == [ours]


def one_marked_text(recorded, ours, beside):
    return isinstance(ours, str) and words(recorded, also=["cache_control"]) == [ours]


def no_text(recorded, ours, beside):
    """Empty in any manner of writing it."""
    return (recorded in ("", [], None, ABSENT) or words(recorded) == [""]) and ours in ("", None, ABSENT)


def as_tools(recorded, ours, beside):
    return recorded is ABSENT and [t["function"] for t in ours] == beside[0].get("functions")


def without_tools(recorded, ours, beside):
    return ours is ABSENT and not beside[0].get("tools")


def same_as(name):
    """The recorded one has it under that name."""
    return lambda recorded, ours, beside: recorded is ABSENT and same(ours, beside[0].get(name))


def under(name):
    """Ours has it under that name."""
    return lambda recorded, ours, beside: ours is ABSENT and same(recorded, beside[1].get(name))


def under_tools(recorded, ours, beside):
    return ours is ABSENT and recorded == [t["function"] for t in beside[1].get("tools", [])]


def any_name(recorded, ours, beside):
    return ours == "answer" and (recorded is ABSENT or isinstance(recorded, str))


def with_schema_words(recorded, ours, beside):
    return isinstance(ours, str) and ours == f"{recorded}\n\n{SCHEMA_WORDS}"


def after_schema_words(recorded, ours, beside):
    return ours == [{"role": "system", "content": SCHEMA_WORDS}, *recorded]


def marked_by_us(recorded, ours, beside):
    return isinstance(recorded, str) and ours == [{"type": "text", "text": recorded, "cache_control": MARK}]


def audio_string(recorded, ours, beside):
    return isinstance(recorded, dict) and recorded["data"] == ours


def one_message(recorded, ours, beside):
    """In place of a string, or of a field `prompt`."""
    asked = beside[0]["prompt"] if recorded is ABSENT else recorded
    return ours == [{"role": "user", "content": asked}]


def first_message(recorded, ours, beside):
    return ours is ABSENT and recorded == beside[1]["messages"][0]["content"]


def one_block(kind):
    return lambda recorded, ours, beside: isinstance(recorded, str) and ours == [{"type": kind, "text": recorded}]


def system_block(recorded, ours, beside):
    """One block, with our mark for the cache, that holds all of them."""
    texts = [recorded] if isinstance(recorded, str) else [b["text"] for b in recorded]
    return ours == [{"type": "text", "text": "\n\n".join(texts), "cache_control": MARK}]


def text_of_file(beside):
    """Of a file that was recorded as such: between marks, as all files of text are sent."""
    source = beside[0].get("source") or {}
    inline = beside[0].get("inlineData") or {}
    text = source.get("data") or base64.b64decode(inline.get("data", "")).decode()
    name = beside[0].get("title")
    end = "" if text.endswith("\n") else "\n"
    return (f'File "{name}":\n' if name else "") + f"```\n{text}{end}```"


def told_as_text(recorded, ours, beside):
    """A field of such a file, which ours has as a text."""
    return beside[1].get("text") == text_of_file(beside) and (recorded is ABSENT or ours in (ABSENT, "text"))


def made_id(recorded, ours, beside):
    return recorded is ABSENT and re.fullmatch(r"call-\d+", ours) is not None


def listed_parameters(recorded, ours, beside):
    return isinstance(recorded, list) and ours == schema_of_list(recorded)


def streaming(recorded, ours, beside):
    return ours == recorded.replace(":generateContent", ":streamGenerateContent")


ACCEPTED = [
    # How an answer comes is ours to say.
    Row("*", "*", "body.stream", becomes(False, True), "we always ask for a stream; what comes is read either way"),
    Row("*", "*", "body.stream", only_ours(True), "likewise, where a plain answer is the default"),
    Row("openai-chat", "*", "body.stream_options", only_ours({"include_usage": True}), "usage in every stream"),
    Row("openai-chat", "openrouter", "body.usage", only_ours({"include": True}), "what it cost, in every answer"),
    Row("openai-chat", "*", "body.n", not_sent(1), "one answer is the default"),
    Row("openai-chat", "*", "body.n", not_sent(2), "a question has one answer; `compare` asks for several"),
    Row("*", "*", "body.store", not_sent(False), "the protocol leaves it to the provider's default; refused in extra"),
    Row("openai-chat", "*", "body.service_tier", not_sent("priority"), "evades accounting, refused in extra"),
    # Two ways to write the same.
    Row("*", "*", "**", not_sent(None), "null is how some clients write that a field is not there"),
    Row("openai-chat", "*", "body.messages[*].content", one_text, "one text is a string, which all servers understand"),
    Row("openai-chat", "*", "body.messages[*].content", no_text, "no text beside calls: null, as the grammar has it"),
    Row("openai-chat", "*", "body.messages[*].role", becomes("developer", "system"), "taken for the same; all know it"),
    Row("openai-chat", "*", "body.tools", not_sent([]), "no tools"),
    Row("openai-chat", "*", "body.tool_choice", without_tools, "without tools there is nothing to choose"),
    Row("openai-chat", "mistral", "body.tools[*].type", only_ours("function"), "the grammar has it"),
    Row("openai-chat", "mistral", "body.messages[*].tool_calls", not_sent([]), "no calls"),
    Row("openai-chat", "mistral", "body.messages[*].tool_calls[*].index", not_sent(0), "a stream's field, sent back"),
    Row("openai-chat", "mistral", "body.messages[*].prefix", not_sent(False), "the default"),
    Row("openai-chat", "mistral", "body.messages[*].content[*].input_audio", audio_string, "as Mistral documents it"),
    Row("openai-chat", "openai", "body.messages[*].annotations", not_sent([]), "a field of answers, sent back empty"),
    Row("openai-chat", "openai", "body.functions", under_tools, "the deprecated form of tools"),
    Row("openai-chat", "openai", "body.tools", as_tools, "what functions is called now"),
    Row("openai-chat", "openai", "body.function_call", under("tool_choice"), "the deprecated form of tool_choice"),
    Row("openai-chat", "openai", "body.tool_choice", same_as("function_call"), "what function_call is called now"),
    Row("openai-chat", "openrouter", "body.max_completion_tokens", under("max_tokens"), "OpenRouter takes both names"),
    Row("openai-chat", "openrouter", "body.max_tokens", same_as("max_completion_tokens"), "likewise"),
    Row("openai-chat", "ollama", "body.messages[*].reasoning_content", under("reasoning"), "Ollama reads that one"),
    Row(
        "openai-chat",
        "deepseek",
        "body.thinking",
        only_ours({"type": "enabled"}),
        "who asks for an effort wants it to think: the default of newer models, said for the others",
    ),
    Row(
        "openai-chat",
        "deepseek",
        "body.messages[*].reasoning_content",
        only_ours(""),
        "a turn with calls must have it while it thinks, and whether it does is the server's to know",
    ),
    # What the protocol has no name for.
    Row("openai-chat", "*", "body.response_format.json_schema.name", any_name, "a label of the asker's choice"),
    Row("openai-chat", "qwen", "body.messages[*].content", with_schema_words, JSON_WISH),
    Row("openai-chat", "qwen", "body.messages", after_schema_words, JSON_WISH),
    Row("openai-chat", "openai", "body.messages[*].name", not_sent("user"), "speakers have roles, not names"),
    Row("openai-chat", "*", "body.tools[*].function.strict", not_sent(True, False), "tools have no strict mode"),
    Row("openai-chat", "openrouter", "body.tools[*].cache_control", not_sent(), "marks for the provider's cache"),
    Row("openai-chat", "openrouter", "body.messages[*].content", one_marked_text, "marks for the provider's cache"),
    Row("openai-chat", "openrouter", "body.messages[*].content", marked_by_us, "we mark what stays the same"),
    Row("openai-chat", "openrouter", "body.**.cache_control.ttl", not_sent("5m"), "the default"),
    # -- openai-responses
    Row("openai-responses", "*", "body.input", one_message, "a string is the short form of one message"),
    Row("openai-responses", "*", "body.input[*].content", one_block("output_text"), "likewise"),
    Row("openai-responses", "*", "body.store", only_ours(False), "nothing is kept there: what it wants back is sent"),
    Row("openai-responses", "*", "body.include", only_ours(ENCRYPTED), "likewise"),
    Row("openai-responses", "*", "body.include", not_sent([]), "nothing"),
    Row("openai-responses", "*", "body.tools", not_sent([]), "no tools"),
    Row("openai-responses", "*", "body.text", not_sent({"format": {"type": "text"}}), "the default"),
    Row("openai-responses", "*", "body.service_tier", not_sent("flex", "default"), "evades accounting"),
    Row("openai-responses", "*", "body.input[*].status", not_sent("completed"), "a field of answers, sent back"),
    Row("openai-responses", "*", "body.input[*].content[*].prompt_cache_breakpoint", not_sent(), "cache marks"),
    Row("openai-responses", "*", "body.text.format.name", any_name, "a label of the asker's choice"),
    Row("openai-responses", "*", "body.tools[*].strict", becomes(True, False), "tools have no strict mode"),
    Row("openai-responses", "*", "body.tools[*].strict", only_ours(False), "likewise, as strict is the default there"),
    # -- anthropic
    Row("anthropic", "*", "query.beta", not_sent("true"), "a mark of a client library; the header tells it"),
    Row("anthropic", "*", "body.messages[*].content", one_block("text"), "a string is the short form of one block"),
    Row("anthropic", "*", "body.system", not_sent("", []), "no instructions"),
    Row("anthropic", "*", "body.system", system_block, "instructions are one block, so that one mark does"),
    Row("anthropic", "*", "body.**.cache_control", only_ours(MARK), "we mark what stays the same for its cache"),
    Row("anthropic", "*", "body.messages[*].content[*].cache_control", not_sent(), "and the asker has no marks"),
    Row("anthropic", "*", "body.messages[*].content[*].citations", not_sent(), "citations cannot be asked for"),
    Row("anthropic", "*", "body.tool_choice.disable_parallel_tool_use", not_sent(True), "nor one call at a time"),
    Row("anthropic", "*", "body.messages[*].content[*].*", told_as_text, "a file of text is told as text, to everybody"),
    # -- gemini
    Row("gemini", "*", "body.contents[*].parts[*].*", told_as_text, "a file of text is told as text, to everybody"),
    Row("gemini", "*", "path", streaming, "we always ask for a stream"),
    Row("gemini", "*", "query.alt", only_ours("sse"), "as events, not as a JSON list in pieces"),
    Row("gemini", "vertex", "query.$alt", not_sent("json;enum-encoding=int"), "a mark of a client library"),
    Row("gemini", "*", "body.generationConfig", not_sent({}), "nothing"),
    Row("gemini", "*", "body.contents[*].parts[*].functionCall.id", made_id, "all calls have ids here; any is taken"),
    Row("gemini", "*", "body.contents[*].parts[*].functionResponse.id", made_id, "likewise"),
    Row("gemini", "*", "body.systemInstruction.role", not_sent("user"), "is ignored"),
    Row("gemini", "*", "body.toolConfig", not_sent({"functionCallingConfig": {"mode": "VALIDATED"}}), "no word"),
    Row("gemini", "*", "body.toolConfig.functionCallingConfig.allowedFunctionNames", not_sent(), "one tool or all"),
    # -- ollama-chat
    Row("ollama-chat", "*", "body.format", not_sent(""), "none"),
    Row("ollama-chat", "*", "body.options", not_sent({}), "none"),
    Row("ollama-chat", "*", "body.tools", not_sent([]), "none"),
    Row("ollama-chat", "*", "body.messages[*].tool_name", only_ours("get_current_weather"), "which is answered"),
    # -- cohere-v2
    Row("cohere-v2", "*", "body.messages[*].content", one_text, "a string is the short form of one text"),
    Row("cohere-v2", "*", "body.messages[*].content", no_text, "no text beside calls"),
    Row("cohere-v2", "*", "body.thinking.token_budget", only_ours(24576), "a wish without a number gets ours"),
    # -- dashscope
    Row("dashscope", "*", "body.input.prompt", first_message, "the short form of one message"),
    Row("dashscope", "*", "body.input.messages", one_message, "likewise"),
    Row("dashscope", "*", "body.input.messages[*].content", no_text, "null or none is refused by some models"),
    Row("dashscope", "*", "body.input.messages[*].id", under("tool_call_id"), "a client's own name for tool_call_id"),
    Row("dashscope", "*", "body.input.messages[*].tool_call_id", same_as("id"), "likewise"),
    Row("dashscope", "*", "body.input.messages[*].extra", not_sent(), "a client's own notes"),
    Row("dashscope", "*", "body.input.messages[*].name", only_ours("get_current_weather"), "the tool's"),
    Row("dashscope", "*", "body.parameters.incremental_output", only_ours(True), "else each event repeats the text"),
    Row("dashscope", "*", "body.parameters.result_format", only_ours("message"), "else there are no calls in it"),
    Row("dashscope", "*", "body.parameters.tools[*].function.parameters", listed_parameters, "a client's own form"),
]
