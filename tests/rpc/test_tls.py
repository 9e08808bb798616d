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
