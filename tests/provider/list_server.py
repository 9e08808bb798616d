"""A provider whose answers are canned, by path: lists of models, vectors. In a thread, on a port of its own.

`replies[PATH]` is what a request gets, with its query in PATH or without (the longer name wins): a value that goes out
as JSON; Reply(status, value, headers) where it is more than that; or a function of the request that returns either.
What was asked is kept in `asked`.
"""

import collections
import http.server
import json
import threading
import urllib.parse

Asked = collections.namedtuple("Asked", "method path query headers body")
Reply = collections.namedtuple("Reply", "status value headers", defaults=({},))

PATIENCE = 30


class ListServer:
    def __init__(self, replies=None):
        self.replies, self.asked = replies or {}, []
        self.gone = threading.Semaphore(0)  # one for each asker that did not wait for the reply that it was held for
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                outer._answer(self)

            do_POST = do_GET

            def log_message(self, *args):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 128

            def handle_error(self, request, client_address):
                pass  # an asker that hangs up is what some tests are about

        self.server = Server(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self.thread.start()

    def _answer(self, handler):
        path, _, query = handler.path.partition("?")
        body = handler.rfile.read(int(handler.headers.get("content-length", 0)))
        asked = Asked(handler.command, path, dict(urllib.parse.parse_qsl(query)), handler.headers, json.loads(body or b"null"))
        self.asked.append(asked)
        found = self.replies.get(handler.path, self.replies.get(path, Reply(404, {"error": {"message": "no such path"}})))
        found = found(asked) if callable(found) else found
        if found is HELD:
            return self._hold(handler)
        reply = found if isinstance(found, Reply) else Reply(200, found)
        data = reply.value if isinstance(reply.value, bytes) else json.dumps(reply.value).encode()
        handler.send_response(reply.status)
        for name, value in {"content-type": "application/json", "content-length": str(len(data)), **reply.headers}.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(data)

    def _hold(self, handler):
        handler.connection.settimeout(PATIENCE)
        if handler.connection.recv(1) == b"":
            self.gone.release()
        handler.close_connection = True

    def wait_gone(self):
        assert self.gone.acquire(timeout=PATIENCE), "the asker still waits"

    def url(self, base=""):
        return f"http://127.0.0.1:{self.server.server_address[1]}{base}"

    def paths(self):
        """[path?query] in the order in which they were asked for."""
        return [a.path + ("?" + urllib.parse.urlencode(a.query) if a.query else "") for a in self.asked]

    def stop(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join(PATIENCE)


HELD = object()  # as a reply: none comes, until the asker hangs up
