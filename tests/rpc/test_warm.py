"""Connections to providers: opened ahead, kept, resumed, counted. Against servers that speak real TLS."""

import json
import pathlib
import shutil
import socket
import subprocess
import sys
import time
import urllib.request

import pytest

from client import REQUEST, pack
from conftest import KEY, wait_until
from helpers_tls import make_certificate

SCRIPT = pathlib.Path(__file__).resolve().parent.parent / "provider" / "tls_provider.py"
MANY = 100
QUIET = 60  # seconds: some servers, proxies and routers forget sooner, a reader's pause lasts longer


class TlsProvider:
    def __init__(self, folder, version="1.3", hold=0.0):
        self.cert, key = make_certificate(folder)
        ports = folder / "ports"
        self.proc = subprocess.Popen([sys.executable, SCRIPT, self.cert, key, ports, version, str(hold)])
        wait_until(ports.exists, "the provider listens")
        self.port, self._told = ports.read_text().split()

    def seen(self):
        with urllib.request.urlopen(f"http://127.0.0.1:{self._told}/", timeout=30) as reply:
            return json.load(reply)

    def requests(self):
        """["HEAD 1", "POST 1", …]: each with the number of its connection."""
        return [f"{method} {connection}" for connection, method, _ in self.seen()["requests"]]

    def stop(self):
        self.proc.terminate()
        self.proc.wait()


@pytest.fixture
def tls(tmp_path):
    """tls(version=, hold=): the provider, ended at teardown."""
    started = []

    def start(**kw):
        started.append(TlsProvider(tmp_path, **kw))
        return started[-1]

    yield start
    for server in started:
        server.stop()


@pytest.fixture
def ask(home, start_daemon):
    """ask(port, cert): a client of an askd whose default provider is there."""

    def start(port, cert):
        home.write_config(
            f"https://localhost:{port}/v1",
            daemon={"default_model": "fake/m"},
            provider={"ca_file": cert, "retries": 0, "max_connections": MANY},
        )
        return start_daemon().connect()

    return start


def http_of(client):
    status = client.call("status")
    return status["http"], next(p for p in status["providers"] if p["name"] == "fake")


def test_hello_opens_a_connection(tls, ask):
    server = tls()
    client = ask(server.port, server.cert)
    client.call("hello", {"client": "pytest"})
    wait_until(lambda: server.requests() == ["HEAD 1"], "a connection is opened ahead")
    wait_until(lambda: http_of(client)[0]["active"] == 0, "the connection is idle")
    assert client.call("chat", {"prompt": "x"})["text"] == "over TLS"
    assert server.requests() == ["HEAD 1", "POST 1"]
    assert [with_key for _, _, with_key in server.seen()["requests"]] == [False, True]
    http, provider = http_of(client)
    assert (http["warmed"], http["opened"], http["handshakes"], http["reused"]) == (1, 1, 1, 1)
    assert (http["http1"], http["http2"], http["resumed"]) == (2, 0, 0)
    assert (provider["protocol"], provider["opened"], provider["reused"]) == ("http/1.1", 1, 1)


def test_a_question_at_once_opens_its_own(tls, ask):
    server = tls(hold=0.3)  # the moment after hello passes meanwhile
    client = ask(server.port, server.cert)
    asked = [(101, "hello", {"client": "pytest"}), (102, "chat", {"prompt": "x"})]
    client.send_raw(b"".join(pack([REQUEST, msgid, method, [params]]) for msgid, method, params in asked))
    assert client.result(102)["text"] == "over TLS"
    assert client.result(101)["server"] == "askd"
    assert server.requests() == ["POST 1"]
    assert http_of(client)[0]["warmed"] == 0


def test_without_hello_nothing_is_opened(tls, ask):
    server = tls()
    client = ask(server.port, server.cert)
    assert http_of(client)[1]["protocol"] is None
    assert client.call("chat", {"prompt": "x"})["text"] == "over TLS"
    assert server.requests() == ["POST 1"]


def test_a_provider_that_is_not_there(home, start_daemon, provider):
    home.write_config("https://localhost:1/v1")
    daemon = start_daemon()
    client = daemon.connect()
    client.call("hello", {"client": "pytest"})
    wait_until(lambda: "no connection opened ahead: cannot connect to localhost:1" in daemon.stderr(), "a line of debug")
    assert http_of(client)[0]["warmed"] == 1
    assert KEY not in daemon.stderr()


@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_a_new_connection_resumes(tls, ask, version):
    server = tls(version=version)
    client = ask(server.port, server.cert)
    for i in range(4):
        assert client.call("chat", {"model": "fake/close", "prompt": f"question {i}"})["text"] == "over TLS"
    assert server.seen()["connections"] == 4
    assert server.seen()["resumed"] == 3
    http, _ = http_of(client)
    assert (http["opened"], http["handshakes"], http["resumed"]) == (4, 4, 3)


def ask_many(client, name):
    for message in [client.request("chat", {"prompt": f"{name} {i}"}) for i in range(MANY)]:
        assert client.result(message)["text"] == "over TLS"


def test_connections_outlast_a_minute(tls, ask):
    server = tls(hold=1)
    client = ask(server.port, server.cert)
    ask_many(client, "first")
    before, opened = server.seen(), http_of(client)[0]
    assert before["connections"] > MANY / 2
    time.sleep(QUIET)
    ask_many(client, "second")
    after, http = server.seen(), http_of(client)[0]
    used = {connection for connection, _, _ in before["requests"]}
    again = [connection in used for connection, _, _ in after["requests"][len(before["requests"]):]]
    assert (len(again), again.count(True) >= MANY - 1) == (MANY, True)
    assert http["reused"] - opened["reused"] >= MANY - 1
    assert after["connections"] - before["connections"] <= 1


# -- HTTP/2

NGINX = """
daemon off;
worker_processes 1;
pid {folder}/pid;
error_log stderr;
events {{ worker_connections 256; }}
http {{
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    log_format seen '$connection $server_protocol $request_method';
    access_log {folder}/access seen;
    ssl_certificate {cert};
    ssl_certificate_key {key};
    server {{
        listen 127.0.0.1:{port} ssl http2;
        # Whoever answers without having read the question resets its stream, and libcurl may take that for a fault.
        location / {{ proxy_pass http://127.0.0.1:{inner}; }}
    }}
    server {{
        listen 127.0.0.1:{inner};
        access_log off;
        location / {{
            default_type application/json;
            return 200 '{{"choices": [{{"index": 0, "message": {{"role": "assistant", "content": "over HTTP/2"}},
                         "finish_reason": "stop"}}]}}';
        }}
    }}
}}
"""


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def listens(port):
    with socket.socket() as s:
        return s.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture
def nginx(tmp_path):
    """(port, certificate, the lines of its log)"""
    program = shutil.which("nginx", path="/usr/sbin:/usr/bin:/sbin:/bin")
    if not program:
        pytest.skip("no nginx to speak HTTP/2 with")
    cert, key = make_certificate(tmp_path)
    port = free_port()
    config = tmp_path / "nginx.conf"
    config.write_text(NGINX.format(folder=tmp_path, cert=cert, key=key, port=port, inner=free_port()))
    proc = subprocess.Popen([program, "-e", "stderr", "-p", tmp_path, "-c", config], stderr=subprocess.PIPE, text=True)
    try:
        wait_until(lambda: listens(port) or proc.poll() is not None, "nginx listens")
        assert proc.poll() is None, proc.stderr.read()
        yield port, cert, lambda: (tmp_path / "access").read_text().splitlines()
    finally:
        proc.terminate()
        proc.wait()
        proc.stderr.close()


def test_http2_shares_one_connection(nginx, ask):
    port, cert, log = nginx
    client = ask(port, cert)
    client.call("hello", {"client": "pytest"})
    wait_until(lambda: http_of(client)[0]["http2"] == 1, "a connection is opened ahead")
    for message in [client.request("chat", {"prompt": f"question {i}"}) for i in range(20)]:
        assert client.result(message)["text"] == "over HTTP/2"
    http, provider = http_of(client)
    assert (http["http2"], http["http1"], http["opened"], http["reused"]) == (21, 0, 1, 20)
    assert provider["protocol"] == "http/2"
    wait_until(lambda: len(log()) == 21, "nginx has written its log")
    assert len({line.split()[0] for line in log()}) == 1
    assert [line.split(" ", 1)[1] for line in log()].count("HTTP/2.0 POST") == 20
