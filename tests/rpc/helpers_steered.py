"""A provider in the test's own thread, which does nothing but what it is told to: what came and what is gone is known
when `look` returns, so that a schedule of a test happens in one order.

It speaks OpenAI's grammar of chat.
"""

import json
import selectors
import socket

from conftest import wait_until
from helpers_acts import chunk_of, error_body


class Request:
    def __init__(self, conn, number, body):
        self.conn, self.number, self.body = conn, number, body
        self.begun = self.over = False
        self.aborted = False  # the daemon has hung up

    @property
    def messages(self):
        return tuple((m["role"], m["content"]) for m in self.body["messages"])

    def _event(self, data):
        if not self.begun:
            self.begun = True
            self.conn.send(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n")
        data = b"data: " + data + b"\n\n"
        self.conn.send(b"%x\r\n%s\r\n" % (len(data), data))

    def say(self, text):
        self._event(json.dumps(chunk_of({"content": text})).encode())

    def end(self, finish):
        self._event(json.dumps(chunk_of({}, finish)).encode())
        self._event(b"[DONE]")
        self.over = True
        self.conn.send(b"0\r\n\r\n")

    def cut(self):
        """The stream ends before its terminator."""
        self.over = True
        self.conn.close()

    def refuse(self, status):
        data = json.dumps(error_body(f"injected {status}")).encode()
        self.over = True
        self.conn.send(b"HTTP/1.1 %d X\r\ncontent-type: application/json\r\n" % status)
        self.conn.send(b"content-length: %d\r\n\r\n%s" % (len(data), data))


class Connection:
    def __init__(self, provider, sock):
        self.provider, self.sock = provider, sock
        self.held = b""
        self.request = None
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def send(self, data):
        try:
            self.sock.sendall(data)
        except ConnectionError:
            self.gone()

    def gone(self):
        if self.request and not self.request.over:
            self.request.aborted = self.request.over = True
        self.close()

    def close(self):
        if self.sock.fileno() >= 0:
            self.provider.selector.unregister(self.sock)
            self.sock.close()

    def read(self):
        try:
            data = self.sock.recv(1 << 18)
        except ConnectionError:
            data = b""
        if not data:
            return self.gone()
        self.held += data
        head, ends, rest = self.held.partition(b"\r\n\r\n")
        if not ends:
            return None
        method, path = head.decode().split(" ")[:2]
        lengths = [int(h.split(b":")[1]) for h in head.split(b"\r\n") if h.lower().startswith(b"content-length:")]
        size = lengths[0] if lengths else 0
        if len(rest) < size:
            return None
        assert (method, path) == ("POST", "/v1/chat/completions"), (method, path)
        self.held = rest[size:]
        self.request = self.provider.came(self, json.loads(rest[:size]))
        return None


class Steered:
    def __init__(self):
        self.selector = selectors.DefaultSelector()
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.selector.register(self.listener, selectors.EVENT_READ)
        self.base_url = f"http://127.0.0.1:{self.listener.getsockname()[1]}/v1"
        self.requests = []

    def came(self, conn, body):
        self.requests.append(Request(conn, len(self.requests), body))
        return self.requests[-1]

    def look(self, timeout=0):
        """Takes what has come."""
        for key, _ in self.selector.select(timeout):
            if key.data:
                key.data.read()
            else:
                sock, _ = self.listener.accept()
                self.selector.register(sock, selectors.EVENT_READ, Connection(self, sock))

    def wait(self, check, what):
        wait_until(lambda: check() or self.look(0.05), what, pause=0)

    def close(self):
        for key in list(self.selector.get_map().values()):
            key.fileobj.close()
        self.selector.close()
