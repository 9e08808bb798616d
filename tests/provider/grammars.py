"""The wire of each API that the fault provider speaks: how it says a piece of text, an end, an error.

One object of these classes is made for each request. What it returns are bytes of the body, or values that become a
JSON body; what is done with them, and what goes wrong on the way, is the business of fault_provider.py.

  base, path          of a base URL, and of the request under it
  text(piece)         a piece of the answer, with what must stand before the first
  end(finish, words)  why it ended, and the usage
  last()              the terminator, where the API has one
  fault(message)      an error within the stream; fault_has_code: a code or type tells its kind, fault_status: a number
  error(...)          the body of an error status; context(), bad_key() and no_credit() tell the status too, for it is
                      the API's choice
  whole(text, words)  the same answer, not streamed
  broken, keep_alive  an event that is no JSON; what an idle stream says
"""

import json
import re
import urllib.parse


def dump(value):
    return json.dumps(value, ensure_ascii=False).encode()


def sse(value, event=None):
    return (b"event: %s\n" % event.encode() if event else b"") + b"data: " + dump(value) + b"\n\n"


def text_of(content):
    return content if isinstance(content, str) else "".join(p.get("text", "") for p in content or [])


class Api:
    content_type = "text/event-stream"
    keep_alive = b": keep-alive\n\n"
    broken = b'data: {"choices": [\n\n'
    key_header = "authorization"
    retry_header = True  # an error says in a header when to come again
    fault_has_code = True
    fault_status = None
    base = ""
    finishes = {}

    def __init__(self, request=None, match=None):
        request = request or {}
        self.model = request.get("model", "")
        self.prompt = ""
        self.questions = 0
        for message in self.messages(request):
            if message.get("role") == "user":
                self.prompt = text_of(message.get("content") or message.get("parts"))
                self.questions += 1
        self.n_in = len(self.prompt.split())
        self.begun = False

    def messages(self, request):
        return request.get("messages", [])

    def start(self):
        return b""

    def text(self, piece):
        return self.opening() + self.delta(piece)

    def end(self, finish, words):
        return self.opening() + self.close(self.finishes.get(finish, finish), words)

    def opening(self):
        begun, self.begun = self.begun, True
        return b"" if begun else self.start()

    def last(self):
        return b""

    def key(self, headers):
        return headers.get(self.key_header, "").removeprefix("Bearer ")

    def bad_key(self, message):
        return 401, self.error(401, message)

    def no_credit(self):
        return 402, self.error(402, "There is no credit left")


class OpenaiChat(Api):
    base = "/v1"
    path = r"/v1/chat/completions"

    def event(self, delta=None, finish=None, usage=None):
        choices = [] if delta is None else [{"index": 0, "delta": delta, "finish_reason": finish}]
        value = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": self.model}
        return sse({**value, "choices": choices, "usage": usage})

    def usage(self, words):
        return {"prompt_tokens": self.n_in, "completion_tokens": words, "total_tokens": self.n_in + words}

    def delta(self, piece):
        return self.event({"content": piece})

    def close(self, finish, words):
        return self.event({}, finish) + self.event(usage=self.usage(words))

    def last(self):
        return b"data: [DONE]\n\n"

    def whole(self, text, words):
        choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
        return {"id": "chatcmpl-1", "object": "chat.completion", "choices": [choice], "usage": self.usage(words)}

    def error(self, status, message, retry_after=None, code=None, param=None):
        codes = {401: "invalid_api_key", 404: "model_not_found", 429: "rate_limit_exceeded"}
        kind = "server_error" if status >= 500 else "invalid_request_error"
        return {"error": {"message": message, "type": kind, "param": param, "code": code or codes.get(status)}}

    def fault(self, message):
        return sse(self.error(500, message))

    def context(self):
        message = "This model's maximum context length is 8 tokens. However, your messages resulted in 9 tokens."
        return 400, self.error(400, message, code="context_length_exceeded", param="messages")

    def no_credit(self):
        body = self.error(429, "You exceeded your current quota", code="insufficient_quota")
        body["error"]["type"] = "insufficient_quota"
        return 429, body


class OpenaiResponses(OpenaiChat):
    path = r"/v1/responses"
    broken = b'event: response.output_text.delta\ndata: {"type": "response.output_text.delta", "delta": \n\n'
    finishes = {"stop": "completed", "length": "incomplete"}

    def __init__(self, request=None, match=None):
        super().__init__(request, match)
        self.sequence = 0
        self.said = ""

    def messages(self, request):
        said = request.get("input", "")
        return [{"role": "user", "content": said}] if isinstance(said, str) else said

    def event(self, kind, **fields):
        self.sequence += 1
        return sse({"type": kind, "sequence_number": self.sequence - 1, **fields}, kind)

    def part(self):
        return {"type": "output_text", "text": self.said, "annotations": []}

    def item(self, status):
        content = [self.part()] if status != "in_progress" else []
        return {"id": "msg_1", "type": "message", "status": status, "role": "assistant", "content": content}

    def response(self, status, words=None, error=None):
        usage = None
        if words is not None:
            usage = {"input_tokens": self.n_in, "output_tokens": words, "total_tokens": self.n_in + words}
        output = [self.item(status)] if status in ("completed", "incomplete") else []
        why = {"reason": "max_output_tokens"} if status == "incomplete" else None
        fields = {"id": "resp_1", "object": "response", "created_at": 1, "status": status, "model": self.model}
        return {**fields, "output": output, "usage": usage, "error": error, "incomplete_details": why}

    def start(self):
        place = {"output_index": 0, "item_id": "msg_1", "content_index": 0}
        return (
            self.event("response.created", response=self.response("in_progress"))
            + self.event("response.in_progress", response=self.response("in_progress"))
            + self.event("response.output_item.added", output_index=0, item=self.item("in_progress"))
            + self.event("response.content_part.added", **place, part=self.part())
        )

    def delta(self, piece):
        place = {"output_index": 0, "item_id": "msg_1", "content_index": 0}
        self.said += piece
        return self.event("response.output_text.delta", **place, delta=piece)

    def close(self, finish, words):
        place = {"output_index": 0, "item_id": "msg_1", "content_index": 0}
        self.ended = self.event("response." + finish, response=self.response(finish, words))
        return (
            self.event("response.output_text.done", **place, text=self.said)
            + self.event("response.content_part.done", **place, part=self.part())
            + self.event("response.output_item.done", output_index=0, item=self.item(finish))
        )

    def last(self):
        return self.ended

    def whole(self, text, words):
        self.said = text
        return self.response("completed", words)

    def fault(self, message):
        error = {"code": "server_error", "message": message}
        return self.event("error", **error, param=None) + self.event(
            "response.failed", response=self.response("failed", error=error)
        )

    def context(self):
        message = "Your input exceeds the context window of this model. Please adjust your input and try again."
        return 400, self.error(400, message, code="context_length_exceeded", param="input")


class Anthropic(Api):
    path = r"/v1/messages"
    keep_alive = b'event: ping\ndata: {"type": "ping"}\n\n'
    broken = b'event: content_block_delta\ndata: {"type": "content_block_delta", "index": \n\n'
    key_header = "x-api-key"
    finishes = {"stop": "end_turn", "length": "max_tokens"}

    def event(self, kind, **fields):
        return sse({"type": kind, **fields}, kind)

    def message(self, content, stop, words):
        usage = {"input_tokens": self.n_in, "output_tokens": words}
        fields = {"id": "msg_1", "type": "message", "role": "assistant", "model": self.model, "content": content}
        return {**fields, "stop_reason": stop, "stop_sequence": None, "usage": usage}

    def start(self):
        block = {"type": "text", "text": ""}
        return self.event("message_start", message=self.message([], None, 1)) + self.event(
            "content_block_start", index=0, content_block=block
        )

    def delta(self, piece):
        return self.event("content_block_delta", index=0, delta={"type": "text_delta", "text": piece})

    def close(self, finish, words):
        delta = {"stop_reason": finish, "stop_sequence": None}
        return self.event("content_block_stop", index=0) + self.event(
            "message_delta", delta=delta, usage={"output_tokens": words}
        )

    def last(self):
        return self.event("message_stop")

    def whole(self, text, words):
        return self.message([{"type": "text", "text": text}], "end_turn", words)

    def error(self, status, message, retry_after=None):
        kinds = {
            401: "authentication_error", 402: "billing_error", 403: "permission_error", 404: "not_found_error",
            413: "request_too_large", 429: "rate_limit_error", 504: "timeout_error", 529: "overloaded_error",
        }  # fmt: skip
        kind = kinds.get(status, "api_error" if status >= 500 else "invalid_request_error")
        return {"type": "error", "error": {"type": kind, "message": message}, "request_id": "req_1"}

    def fault(self, message):
        return sse(self.error(500, message), "error")

    def context(self):
        return 400, self.error(400, "prompt is too long: 208310 tokens > 200000 maximum")

    def no_credit(self):
        return 400, self.error(400, "Your credit balance is too low to access the Anthropic API.")


class Gemini(Api):
    path = r"/v1beta/models/([^/:]+):streamGenerateContent\?alt=sse"
    key_header = "x-goog-api-key"
    retry_header = False
    fault_status = 500
    finishes = {"stop": "STOP", "length": "MAX_TOKENS"}
    broken = b'data: {"candidates": [\r\n\r\n'

    def __init__(self, request=None, match=None):
        super().__init__(request, match)
        self.model = urllib.parse.unquote(match.group(1)) if match else ""

    def messages(self, request):
        return request.get("contents", [])

    def answer(self, text, words=None, finish=None):
        candidate = {"content": {"role": "model", "parts": [{"text": text}]}, "index": 0}
        usage = {"promptTokenCount": self.n_in, "totalTokenCount": self.n_in + (words or 0)}
        if finish:
            candidate["finishReason"] = finish
        if words is not None:
            usage["candidatesTokenCount"] = words
        return {"candidates": [candidate], "usageMetadata": usage, "modelVersion": self.model, "responseId": "r1"}

    def event(self, value):
        return b"data: " + dump(value) + b"\r\n\r\n"

    def delta(self, piece):
        return self.event(self.answer(piece))

    def close(self, finish, words):
        return self.event(self.answer("", words, finish))

    def whole(self, text, words):
        return self.answer(text, words, "STOP")

    def error(self, status, message, retry_after=None, reason=None):
        names = {
            400: "INVALID_ARGUMENT", 401: "UNAUTHENTICATED", 403: "PERMISSION_DENIED", 404: "NOT_FOUND",
            409: "ABORTED", 429: "RESOURCE_EXHAUSTED", 500: "INTERNAL", 503: "UNAVAILABLE", 504: "DEADLINE_EXCEEDED",
        }  # fmt: skip
        details = []
        if retry_after is not None:
            details.append({"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": f"{retry_after}s"})
        if reason:
            details.append({"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": reason})
        error = {"code": status, "message": message, "status": names.get(status, "UNKNOWN")}
        return {"error": {**error, "details": details} if details else error}

    def fault(self, message):
        return self.event(self.error(500, message))

    def context(self):
        message = "The input token count (1200293) exceeds the maximum number of tokens allowed (1048576)."
        return 400, self.error(400, message)

    def bad_key(self, message):
        return 400, self.error(400, f"API key not valid. {message}", reason="API_KEY_INVALID")

    def no_credit(self):
        return 429, self.error(429, "Your prepayment credits are depleted. Please go to AI Studio.")


class Ollama(Api):
    path = r"/api/chat"
    content_type = "application/x-ndjson"
    fault_has_code = False
    keep_alive = b"\n"
    broken = b'{"model": "m", "message": {\n'

    def line(self, text, **fields):
        message = {"role": "assistant", "content": text}
        return {"model": self.model, "created_at": "2026-01-01T00:00:00Z", "message": message, **fields}

    def final(self, text, finish, words):
        counts = {"total_duration": 3, "prompt_eval_count": self.n_in, "eval_count": words}
        return self.line(text, done=True, done_reason=finish, **counts)

    def delta(self, piece):
        return dump(self.line(piece, done=False)) + b"\n"

    def close(self, finish, words):
        return dump(self.final("", finish, words)) + b"\n"

    def whole(self, text, words):
        return self.final(text, "stop", words)

    def error(self, status, message, retry_after=None):
        return {"error": message}

    def fault(self, message):
        return dump({"error": message}) + b"\n"

    def context(self):
        return 400, self.error(400, "the input length exceeds the context length")


class Cohere(Api):
    path = r"/v2/chat"
    fault_has_code = False
    broken = b'event: content-delta\ndata: {"type": "content-delta", "delta": \n\n'
    finishes = {"stop": "COMPLETE", "length": "MAX_TOKENS"}

    def event(self, kind, **fields):
        return sse({"type": kind, **fields}, kind)

    def usage(self, words):
        tokens = {"input_tokens": self.n_in, "output_tokens": words}
        return {"billed_units": tokens, "tokens": tokens}

    def start(self):
        message = {"role": "assistant", "content": [], "tool_plan": "", "tool_calls": [], "citations": []}
        content = {"type": "text", "text": ""}
        return self.event("message-start", id="1", delta={"message": message}) + self.event(
            "content-start", index=0, delta={"message": {"content": content}}
        )

    def delta(self, piece):
        return self.event("content-delta", index=0, delta={"message": {"content": {"text": piece}}})

    def close(self, finish, words):
        delta = {"finish_reason": finish, "usage": self.usage(words)}
        return self.event("content-end", index=0) + self.event("message-end", id="1", delta=delta)

    def last(self):
        return b"data: [DONE]\n\n"

    def whole(self, text, words):
        message = {"role": "assistant", "content": [{"type": "text", "text": text}]}
        return {"id": "1", "message": message, "finish_reason": "COMPLETE", "usage": self.usage(words)}

    def error(self, status, message, retry_after=None):
        return {"id": "1", "message": message}

    def fault(self, message):
        return self.event("message-end", id="1", delta={"finish_reason": "ERROR", "error": message})

    def context(self):
        message = "too many tokens: total number of tokens in the prompt cannot exceed 4081 - received 4292."
        return 400, self.error(400, message)


class Dashscope(Api):
    path = r"/api/v1/services/aigc/(?:text|multimodal)-generation/generation"
    keep_alive = b": keep-alive\n\n"
    broken = b'id:1\nevent:result\n:HTTP_STATUS/200\ndata:{"output":{"choices":[\n\n'

    def __init__(self, request=None, match=None):
        super().__init__(request, match)
        self.id = 0

    def messages(self, request):
        return request.get("input", {}).get("messages", [])

    def event(self, value, kind="result", status=200):
        self.id += 1
        head = f"id:{self.id}\nevent:{kind}\n:HTTP_STATUS/{status}\ndata:"
        return head.encode() + dump(value) + b"\n\n"

    def answer(self, text, words=0, finish="null"):
        choice = {"message": {"role": "assistant", "content": text}, "finish_reason": finish}
        usage = {"input_tokens": self.n_in, "output_tokens": words, "total_tokens": self.n_in + words}
        return {"output": {"choices": [choice]}, "usage": usage, "request_id": "r1"}

    def delta(self, piece):
        return self.event(self.answer(piece))

    def close(self, finish, words):
        return self.event(self.answer("", words, finish))

    def whole(self, text, words):
        return self.answer(text, words, "stop")

    def error(self, status, message, retry_after=None):
        codes = {
            401: "InvalidApiKey", 402: "Arrearage", 403: "AccessDenied", 404: "ModelNotFound",
            408: "RequestTimeOut", 429: "Throttling.RateQuota", 500: "InternalError", 503: "ServiceUnavailable",
        }  # fmt: skip
        code = codes.get(status, "InternalError" if status >= 500 else "InvalidParameter")
        return {"code": code, "message": message, "request_id": "r1"}

    def fault(self, message):
        return self.event(self.error(500, message), "error", 500)

    def context(self):
        return 400, self.error(400, "Range of input length should be [1, 30720]")

    def no_credit(self):
        message = "Access denied, please make sure your account is in good standing."
        return 400, {**self.error(400, message), "code": "Arrearage"}


class Choices(OpenaiChat):
    """A text that goes on with a prompt, and ends where a suffix begins."""

    path = r"(?:/v1|/beta)/completions"

    def __init__(self, request=None, match=None):
        super().__init__(request, match)
        self.prompt = (request or {}).get("prompt", "")

    def event(self, delta=None, finish=None, usage=None):
        choices = [] if delta is None else [{"index": 0, "text": delta.get("content", ""), "finish_reason": finish}]
        return sse({"id": "cmpl-1", "object": "text_completion", "model": self.model, "choices": choices, "usage": usage})

    def whole(self, text, words):
        choice = {"index": 0, "text": text, "finish_reason": "stop"}
        return {"id": "cmpl-1", "object": "text_completion", "choices": [choice], "usage": self.usage(words)}


class MistralGap(OpenaiChat):
    path = r"/v1/fim/completions"

    def __init__(self, request=None, match=None):
        super().__init__(request, match)
        self.prompt = (request or {}).get("prompt", "")


class OllamaGap(Ollama):
    path = r"/api/generate"

    def __init__(self, request=None, match=None):
        super().__init__(request, match)
        self.prompt = (request or {}).get("prompt", "")

    def line(self, text, **fields):
        return {"model": self.model, "created_at": "2026-01-01T00:00:00Z", "response": text, **fields}


class Infill(OpenaiChat):
    base = ""
    path = r"/infill"

    def __init__(self, request=None, match=None):
        super().__init__(request, match)
        self.prompt = (request or {}).get("input_prefix", "")

    def delta(self, piece):
        return sse({"index": 0, "content": piece, "stop": False, "tokens_predicted": 1})

    def final(self, text, finish, words):
        why = {"stop": "eos", "length": "limit"}.get(finish, finish)
        counts = {"tokens_predicted": words, "tokens_evaluated": self.n_in}
        return {"index": 0, "content": text, "stop": True, "stop_type": why, **counts}

    def close(self, finish, words):
        return sse(self.final("", finish, words))

    def last(self):
        return b""

    def whole(self, text, words):
        return self.final(text, "stop", words)


GAPS = (Choices, MistralGap, OllamaGap, Infill)  # what else some APIs have, for a gap in a text

APIS = {
    "openai-chat": OpenaiChat,
    "openai-responses": OpenaiResponses,
    "anthropic": Anthropic,
    "gemini": Gemini,
    "ollama": Ollama,
    "cohere": Cohere,
    "dashscope": Dashscope,
}


def api_of(path, request):
    """The object that answers a request to that path, None if no API has it."""
    for api in (*APIS.values(), *GAPS):
        match = re.fullmatch(api.path, path)
        if match:
            return api(request, match)
    return None


def list_of_models(path, ids):
    """The body of the list at that path, None if no API has one there. Two APIs have it at the same path."""
    path = path.partition("?")[0]
    if path == "/v1/models":
        data = [{"id": i, "object": "model", "created": 1, "owned_by": "test"} for i in ids]
        return {"object": "list", "data": data, "models": [{"name": i, "endpoints": ["chat"]} for i in ids]}
    if path == "/v1beta/models":
        return {"models": [{"name": f"models/{i}", "displayName": i} for i in ids]}
    if path == "/api/tags":
        return {"models": [{"name": i, "model": i, "size": 1} for i in ids]}
    return None
