"""A provider over TLS and HTTP/1.1, in a process of its own: tls_provider.py CERT KEY PORTS_FILE VERSION HOLD.

VERSION is the TLS it speaks, 1.2 or 1.3; HOLD the seconds until it answers a question. A model named "close" has the
connection closed after its answer. PORTS_FILE gets two ports: the one for TLS, and one that tells over plain HTTP what
came: {"connections": N, "resumed": N, "requests": [[connection, method, with a key], …]}.
"""

import http.server
import json
import os
import ssl
import sys
import threading
import time

ANSWER = {"choices": [{"index": 0, "message": {"role": "assistant", "content": "over TLS"}, "finish_reason": "stop"}]}
VERSIONS = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}

lock = threading.Lock()
seen = {"connections": 0, "resumed": 0, "requests": []}
hold = 0.0


class Quiet(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def reply(self, value, *headers):
        body = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        for name, text in headers:
            self.send_header(name, text)
        self.end_headers()
        return body

    def log_message(self, *args):
        pass


class Questions(Quiet):
    def note(self):
        with lock:
            seen["requests"].append([self.server.number[self.client_address], self.command,
                                     "Authorization" in self.headers])

    def do_HEAD(self):
        self.note()
        self.reply({})

    def do_POST(self):
        self.note()
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        time.sleep(hold)
        last = asked["model"] == "close"
        self.wfile.write(self.reply(ANSWER, *[("Connection", "close")] * last))


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 512

    def __init__(self, context):
        super().__init__(("127.0.0.1", 0), Questions)
        self.context = context
        self.number = {}

    def finish_request(self, request, client_address):
        wrapped = self.context.wrap_socket(request, server_side=True)
        with lock:
            seen["connections"] += 1
            seen["resumed"] += wrapped.session_reused
            self.number[client_address] = seen["connections"]
        self.RequestHandlerClass(wrapped, client_address, self)
        wrapped.unwrap()  # a session that did not end well is not resumed, with TLS 1.2

    def handle_error(self, request, client_address):
        pass  # a client that hangs up


class Told(Quiet):
    def do_GET(self):
        with lock:
            body = self.reply(seen)
        self.wfile.write(body)


def main(cert, key, ports_file, version, seconds):
    global hold
    hold = float(seconds)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = context.maximum_version = VERSIONS[version]
    context.load_cert_chain(cert, key)
    questions, told = Server(context), http.server.ThreadingHTTPServer(("127.0.0.1", 0), Told)
    with open(ports_file + ".new", "w") as f:
        f.write(f"{questions.server_address[1]} {told.server_address[1]}")
    os.rename(ports_file + ".new", ports_file)
    threading.Thread(target=told.serve_forever, daemon=True).start()
    questions.serve_forever()


main(*sys.argv[1:])
