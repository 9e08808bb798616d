"""A provider that speaks every API and says the same in each: it thinks, seals its thought with a word of its own, calls a
tool twice at once, and when it has the results, answers. What it was asked is kept."""

import http.server
import json
import threading

CALLS = [("weather", {"city": "Z\u00fcrich"}), ("weather", {"city": "Oslo"})]


def sse(events, named=False, done=False):
    body = ""
    for e in events:
        body += (f"event: {e['type']}\n" if named else "") + f"data: {json.dumps(e)}\n\n"
    return "text/event-stream", body + ("data: [DONE]\n\n" if done else "")


def chat(seal, text, field="reasoning_content", details=False):
    delta = {field: "hm"}
    if details:
        delta["reasoning_details"] = [{"type": "reasoning.encrypted", "data": seal, "index": 0}]
    if text:
        pieces, finish = [{"content": text}], "stop"
    else:
        calls = [
            {"index": i, "id": f"{seal}-{i}", "type": "function", "function": {"name": n, "arguments": json.dumps(a)}}
            for i, (n, a) in enumerate(CALLS)
        ]
        pieces, finish = [delta, {"tool_calls": calls}], "tool_calls"
    choices = [{"index": 0, "delta": d, "finish_reason": None} for d in pieces]
    choices.append({"index": 0, "delta": {}, "finish_reason": finish})
    return sse([{"choices": [c]} for c in choices], done=True)


def responses(seal, text):
    if text:
        items = [{"type": "message", "content": [{"type": "output_text", "text": text}]}]
    else:
        items = [{"type": "reasoning", "id": "rs_1", "summary": [{"text": "hm"}], "encrypted_content": seal}]
        for i, (n, a) in enumerate(CALLS):
            items.append({"type": "function_call", "call_id": f"{seal}-{i}", "name": n, "arguments": json.dumps(a)})
    done = [{"type": "response.output_item.done", "output_index": i, "item": item} for i, item in enumerate(items)]
    return sse([*done, {"type": "response.completed", "response": {"status": "completed"}}], named=True)


def anthropic(seal, text):
    if text:
        blocks = [{"type": "text", "text": text}]
    else:
        blocks = [{"type": "thinking", "thinking": "hm", "signature": seal}]
        blocks += [{"type": "redacted_thinking", "data": f"{seal}-redacted"}]
        for i, (n, a) in enumerate(CALLS):
            blocks.append({"type": "tool_use", "id": f"{seal}-{i}", "name": n, "input": a})
    events = [{"type": "message_start", "message": {"content": []}}]
    for i, block in enumerate(blocks):
        events.append({"type": "content_block_start", "index": i, "content_block": block})
        events.append({"type": "content_block_stop", "index": i})
    reason = "end_turn" if text else "tool_use"
    events.append({"type": "message_delta", "delta": {"stop_reason": reason}, "usage": {}})
    return sse([*events, {"type": "message_stop"}], named=True)


def gemini(seal, text):
    if text:
        parts = [{"text": text}, {"text": "", "thoughtSignature": f"{seal}-text"}]
    else:
        parts = [{"text": "hm", "thought": True}]
        parts += [{"functionCall": {"name": n, "args": a}} for n, a in CALLS]
        parts[1]["thoughtSignature"] = seal
    return sse([{"candidates": [{"content": {"parts": parts, "role": "model"}, "finishReason": "STOP"}]}])


def ollama(seal, text):
    if text:
        message = {"content": text}
    else:
        calls = [{"function": {"name": n, "arguments": a}} for n, a in CALLS]
        message = {"content": "", "thinking": "hm", "tool_calls": calls}
    lines = [{"message": message, "done": False}, {"message": {"content": ""}, "done": True, "done_reason": "stop"}]
    return "application/x-ndjson", "".join(json.dumps(line) + "\n" for line in lines)


def cohere(seal, text):
    def event(kind, index, **message):
        return {"type": kind, "index": index, "delta": {"message": message}}

    if text:
        events = [event("content-delta", 0, content={"text": text})]
    else:
        events = [event("tool-plan-delta", 0, tool_plan=seal)]
        for i, (n, a) in enumerate(CALLS):
            function = {"name": n, "arguments": json.dumps(a)}
            events.append(event("tool-call-start", i, tool_calls={"id": f"{seal}-{i}", "function": function}))
    end = {"type": "message-end", "delta": {"finish_reason": "COMPLETE" if text else "TOOL_CALL"}}
    return sse([*events, end], named=True)


def dashscope(seal, text):
    message = {"role": "assistant", "content": text or ""}
    if not text:
        message["reasoning_content"] = "hm"
        message["tool_calls"] = [
            {"index": i, "id": f"{seal}-{i}", "function": {"name": n, "arguments": json.dumps(a)}}
            for i, (n, a) in enumerate(CALLS)
        ]
    reason = "stop" if text else "tool_calls"
    return sse([{"output": {"choices": [{"message": message, "finish_reason": reason}]}}])


class Canned:
    """base_url(NAME) is a provider of its own, which answers by ways[NAME](seal, text)."""

    def __init__(self, ways):
        self.ways, self.asked = ways, []
        canned = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                name = self.path.split("/")[1]
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                canned.asked.append((name, self.path, body))
                # A tool's result at the end of what is said: it is answered.
                answered = "result of" in json.dumps(body)[-1200:] and canned.last_is_result(body)
                kind, text = canned.ways[name](f"seal-of-{name}", f"answer of {name}" if answered else None)
                data = text.encode()
                self.send_response(200)
                self.send_header("content-type", kind)
                self.send_header("content-length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *args):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    @staticmethod
    def last_is_result(body):
        body = body.get("input", body) if isinstance(body.get("input"), dict) else body
        last = (body.get("messages") or body.get("contents") or body.get("input"))[-1]
        return "result of" in json.dumps(last)

    def base_url(self, name, host="127.0.0.1"):
        return f"http://{host}:{self.server.server_address[1]}/{name}"

    def last(self, name):
        return next(body for n, _, body in reversed(self.asked) if n == name)

    def stop(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()
