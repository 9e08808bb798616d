"""A provider that says its answer at the test's word: what came before a joiner and what behind is no matter of time.

Its API is that of OpenAI's chat. `call(i)` is the i-th request, once it has come; what the call is told to say goes out
at once. In threads, on a port of its own.
"""

import http.server
import json
import queue
import select
import threading
import time

from grammars import OpenaiChat

PATIENCE = 30
POLL = 0.01  # seconds between two looks at whether the asker is still there


class Call:
    """One request. begin() sends the head of the response, say() a piece of text, end() the rest."""

    def __init__(self, body):
        self.body = body
        self.api = OpenaiChat(body)
        self.steps = queue.Queue()
        self.gone = threading.Event()  # the asker hung up before the end
        self.words = 0

    def begin(self):
        self.steps.put(b"")

    def say(self, text):
        self.words += 1
        self.steps.put(self.api.text(text))

    def reason(self, text):
        self.steps.put(self.api.event({"reasoning_content": text}))

    def end(self, finish="stop"):
        self.steps.put(self.api.end(finish, self.words) + self.api.last())
        self.steps.put(None)

    def break_off(self):
        """An error within the stream, which is its end."""
        self.steps.put(self.api.fault("The server had an error"))
        self.steps.put(None)

    def wait_gone(self):
        assert self.gone.wait(PATIENCE), "the request goes on"


class Stepped:
    def __init__(self):
        self.calls = []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                call = Call(json.loads(self.rfile.read(int(self.headers["content-length"]))))
                outer.calls.append(call)
                outer._answer(self, call)

            def log_message(self, *args):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 128

        self.server = Server(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self.thread.start()

    @staticmethod
    def _answer(handler, call):
        try:
            step = Stepped._next(handler, call)
            handler.send_response(200)
            handler.send_header("content-type", call.api.content_type)
            handler.send_header("transfer-encoding", "chunked")
            handler.end_headers()
            while step is not None:
                if step:
                    handler.wfile.write(b"%x\r\n%s\r\n" % (len(step), step))
                step = Stepped._next(handler, call)
            handler.wfile.write(b"0\r\n\r\n")
        except ConnectionError:
            call.gone.set()
            handler.close_connection = True

    @staticmethod
    def _next(handler, call):
        while True:
            try:
                return call.steps.get(timeout=POLL)
            except queue.Empty:
                if select.select([handler.connection], [], [], 0)[0]:
                    raise ConnectionResetError from None

    def call(self, i=0):
        end = time.monotonic() + PATIENCE
        while len(self.calls) <= i:
            assert time.monotonic() < end, f"request {i + 1} does not come"
            time.sleep(POLL)
        return self.calls[i]

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server.server_address[1]}/v1"

    def stop(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join(PATIENCE)
