"""A provider over TLS: certificates are checked, ca_file is trusted, the connection is used again."""

import pytest

from helpers_tls import tls_server


@pytest.fixture
def tls(tmp_path):
    with tls_server(tmp_path) as server:
        yield server


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


def test_what_the_wire_did_for_a_key_is_told(home, start_daemon, provider, tls):
    port, cert, connections = tls
    client = start(home, start_daemon, provider, port, f"ca_file = {cert}\nkey = k\n")
    for n in (1, 2):  # over a connection of its own each time
        [k] = client.call("keys.test", {"provider": "tls"})
        assert (k["ok"], k["http"], k["tls"], k["address"]) == (True, "http/1.1", "TLSv1.3", f"127.0.0.1:{port}")
        assert 0 < k["connect_ms"] and 0 < k["tls_ms"] and k["connect_ms"] + k["tls_ms"] <= k["latency_ms"] + 1
        assert len(connections) == n
    [plain] = client.call("keys.test", {"provider": "fake"})
    assert plain["http"] == "http/1.1" and plain["connect_ms"] > 0
    assert "tls" not in plain and "tls_ms" not in plain


def test_how_far_the_wire_came_is_told(home, start_daemon, provider, tls):
    port, _, _ = tls
    client = start(home, start_daemon, provider, port, "key = k\n")
    [k] = client.call("keys.test", {"provider": "tls"})
    assert not k["ok"] and "certificate" in k["error"]["message"]
    assert k["address"] == f"127.0.0.1:{port}"
    assert not {"http", "tls", "tls_ms"} & set(k)
    home.write_config("http://127.0.0.1:9/v1")
    client.call("config.reload")
    [k] = client.call("keys.test", {"provider": "fake"})
    assert not k["ok"] and not {"address", "connect_ms", "http"} & set(k)
