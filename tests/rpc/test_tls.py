"""A provider over TLS: certificates are checked, ca_file is trusted, the connection is used again."""

import http.server
import json
import shutil
import ssl
import subprocess
import threading

import pytest

ANSWER = {"choices": [{"index": 0, "message": {"role": "assistant", "content": "over TLS"}, "finish_reason": "stop"}]}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        body = json.dumps(ANSWER).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


@pytest.fixture
def tls(tmp_path):
    """(port, certificate, connections)"""
    if not shutil.which("openssl"):
        pytest.skip("no openssl to make a certificate with")
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
         "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out", cert],
        check=True, capture_output=True,
    )
    connections = []

    class Server(http.server.ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request, client_address):
            pass  # a client that refuses the certificate hangs up

        def finish_request(self, request, client_address):
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(cert, key)
            wrapped = context.wrap_socket(request, server_side=True)
            connections.append(client_address)
            Handler(wrapped, client_address, self)

    server = Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server.server_address[1], cert, connections
    server.shutdown()
    server.server_close()


def start(home, start_daemon, provider, port, more=""):
    home.write_config(provider.base_url)
    with open(home.config, "a") as f:
        f.write(f'\n[provider "tls"]\napi = openai-chat\nbase_url = https://localhost:{port}/v1\nretries = 0\n{more}')
    return start_daemon().connect()


def test_trusted_and_reused(home, start_daemon, provider, tls):
    port, cert, connections = tls
    client = start(home, start_daemon, provider, port, f"ca_file = {cert}\n")
    for _ in range(3):
        assert client.call("chat", {"model": "tls/m", "prompt": "x"})["text"] == "over TLS"
    assert len(connections) == 1


def test_a_certificate_that_nobody_signed_is_refused(home, start_daemon, provider, tls):
    port, _, connections = tls
    client = start(home, start_daemon, provider, port)
    error, _ = client.response(client.request("chat", {"model": "tls/m", "prompt": "x"}))
    assert error["code"] == "unavailable" and "certificate" in error["message"]
    assert connections == []
