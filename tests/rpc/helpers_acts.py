"""Several providers on one port, which do as the test says: base_url(NAME) is a provider of its own, and what it does
with a request is a function of the test's, told an Asked. What they were asked is kept, and how much at once.

They speak OpenAI's grammar of chat. A thread serves a connection, so that a function may wait as long as it likes.
"""

import contextlib
import http
import json
import socket
import socketserver
import struct
import threading
import time

from conftest import PATIENCE, wait_until


class Gone(Exception):
    """The client closed the connection, or we did on purpose."""


def error_body(message, code=None, kind=None):
    return {"error": {"message": message, "type": kind, "code": code, "param": None}}


def chunk_of(delta=None, finish=None, **more):
    choices = [] if delta is None else [{"index": 0, "delta": delta, "finish_reason": finish}]
    return {"id": "c-1", "object": "chat.completion.chunk", "created": 1, "choices": choices, **more}


def whole_answer(text):
    choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
    return {"id": "c-1", "object": "chat.completion", "created": 1, "choices": [choice]}


class Asked:
    """A request, and what may be done with it. Headers are named as in Python: retry_after_ms."""

    def __init__(self, acts, sock, provider, body):
        self.acts, self.sock, self.provider, self.body = acts, sock, provider, body
        self.model = body["model"]
        self.prompt = body["messages"][-1]["content"]
        self.at = time.monotonic()
        self.under_way = True

    def over(self):
        """Before the last bytes are sent: whoever has them may ask again at once."""
        if self.under_way:
            self.under_way = False
            self.acts.left(self)

    def send(self, data):
        try:
            self.sock.sendall(data)
        except OSError:
            raise Gone from None

    def head(self, status, ctype, headers):
        lines = [f"HTTP/1.1 {status} {http.HTTPStatus(status).phrase if status != 529 else 'X'}"]
        lines += [f"content-type: {ctype}"] + [f"{k.replace('_', '-')}: {v}" for k, v in headers.items()]
        self.send(("\r\n".join(lines) + "\r\n\r\n").encode())

    def whole(self, status, body, ctype="application/json", **headers):
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.over()
        self.head(status, ctype, {"content_length": len(data), **headers})
        self.send(data)

    def error(self, status, code=None, **headers):
        self.whole(status, error_body(f"injected {status}", code), **headers)

    def half(self, body):
        """A body that is cut, and the connection with it or not: that is for the caller to say."""
        data = json.dumps(body).encode()
        self.head(200, "application/json", {"content_length": len(data)})
        self.send(data[: len(data) // 2])

    def begin(self, **headers):
        self.head(200, "text/event-stream", {"transfer_encoding": "chunked", **headers})

    def event(self, value):
        data = value if isinstance(value, bytes) else b"data: " + json.dumps(value).encode() + b"\n\n"
        self.send(b"%x\r\n%s\r\n" % (len(data), data))

    def say(self, *words):
        for word in words:
            self.event(chunk_of({"content": word}))

    def last(self):
        self.over()
        self.send(b"0\r\n\r\n")

    def end(self):
        self.event(chunk_of({}, "stop"))
        self.event(b"data: [DONE]\n\n")
        self.last()

    def echo(self, streamed=True, **headers):
        if not streamed:
            return self.whole(200, whole_answer(self.prompt), **headers)
        self.begin(**headers)
        self.say(self.prompt)
        self.end()

    def hang(self):
        """Until the client has had enough."""
        self.sock.settimeout(PATIENCE)
        with contextlib.suppress(OSError):
            self.sock.recv(1)
        raise Gone

    def close(self):
        self.over()
        raise Gone

    def reset(self):
        time.sleep(0.05)  # lets what was sent arrive first
        self.over()
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        raise Gone


class Acts:
    """act(asked): what is done with every request."""

    def __init__(self, act):
        self.act = act
        self.lock = threading.Lock()
        self.asked = []  # in the order in which they came
        self.active, self.peak = {}, {}  # by provider
        acts = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self):
                with contextlib.suppress(Gone, ConnectionError):
                    acts.serve(self.request, self.rfile)

        class Server(socketserver.ThreadingTCPServer):
            daemon_threads = True
            allow_reuse_address = True
            request_queue_size = 1024

            def shutdown_request(self, request):
                self.close_request(request)  # what was to be a reset must not become an orderly end

        self.server = Server(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True)
        self.thread.start()

    def base_url(self, name):
        return f"http://127.0.0.1:{self.server.server_address[1]}/{name}/v1"

    def serve(self, sock, rfile):
        """The requests of a connection, one after the other."""
        while line := rfile.readline():
            self.serve_one(line, sock, rfile)

    def serve_one(self, line, sock, rfile):
        method, path, _ = line.decode().split(" ")
        headers = {}
        while (line := rfile.readline().decode().strip()) and ":" in line:
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        body = rfile.read(int(headers.get("content-length", 0)))
        assert method == "POST" and path.endswith("/v1/chat/completions"), (method, path)
        asked = Asked(self, sock, path.split("/")[1], json.loads(body))
        self.came(asked)
        try:
            self.act(asked)
        finally:
            asked.over()

    def came(self, asked):
        with self.lock:
            name = asked.provider
            self.asked.append(asked)
            self.active[name] = self.active.get(name, 0) + 1
            self.peak[name] = max(self.active[name], self.peak.get(name, 0))

    def left(self, asked):
        with self.lock:
            self.active[asked.provider] -= 1

    def requests(self, provider, model=None):
        with self.lock:
            return [a for a in self.asked if a.provider == provider and model in (None, a.model)]

    def count(self, provider, model=None):
        return len(self.requests(provider, model))

    def wait_count(self, n, provider, model=None):
        wait_until(lambda: self.count(provider, model) >= n, f"{n} requests reach {provider}")

    def wait_idle(self):
        wait_until(lambda: not any(self.active.values()), "no request is under way")

    def stop(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join(PATIENCE)


def section(name, **keys):
    return f'\n[provider "{name}"]\n' + "".join(f"{k} = {v}\n" for k, v in keys.items())


def alias(name, *models, **keys):
    keys = {"models": ", ".join(models), **keys}
    return f'\n[alias "{name}"]\n' + "".join(f"{k} = {v}\n" for k, v in keys.items())


def provider_status(client, name):
    return next(p for p in client.call("status")["providers"] if p["name"] == name)
