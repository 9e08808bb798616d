"""hello, status, models.list."""

import os

import pytest

from client import RpcError

METHODS = {
    "hello",
    "status",
    "models.list",
    "chat",
    "answer.get",
    "answer.attach",
    "answer.cancel",
    "answer.list",
    "shutdown",
}


def test_hello(client):
    r = client.call("hello", {"client": "pytest", "version": "1", "protocol": 1})
    assert r["server"] == "askd"
    assert r["protocol"] == 1
    assert r["uid"] == os.getuid()
    assert r["autostarted"] is False
    assert METHODS <= set(r["methods"])
    assert r["version"] == client.call("status")["version"]


def test_every_method_of_hello_is_there(daemon, client):
    for method in client.call("hello", {"client": "pytest"})["methods"]:
        if method == "shutdown":
            continue
        error, _ = client.response(client.request(method, {}))
        assert error is None or error["code"] != "unknown_method", method


def test_hello_takes_integral_floats(client):
    assert client.call("hello", {"client": "pytest", "protocol": 1.0})["protocol"] == 1


def test_hello_errors_as_text(client):
    client.call("hello", {"client": "pytest", "errors": "text"})
    error, _ = client.response(client.request("answer.get", {"answer": "none such"}))
    assert error.startswith("not_found: ")


def test_hello_errors_as_text_is_for_this_connection(daemon, client):
    client.call("hello", {"client": "pytest", "errors": "text"})
    other = daemon.connect()
    error, _ = other.response(other.request("answer.get", {"answer": "none such"}))
    assert error["code"] == "not_found"


def test_hello_errors_of_another_kind(client):
    with pytest.raises(RpcError) as e:
        client.call("hello", {"client": "pytest", "errors": "loud"})
    assert (e.value.code, e.value.param) == ("invalid_request", "errors")


def test_status(daemon, client):
    s = client.call("status")
    assert s["pid"] == daemon.pid
    assert s["uptime"] >= 0
    assert s["default_model"] == "fake/echo"
    assert "answers" in s
    assert [p["name"] for p in s["providers"]][0] == "fake"


def test_status_counts_connections(daemon, client):
    before = client.call("status")["connections"]
    other = daemon.connect()
    other.call("status")
    assert client.call("status")["connections"] == before + 1


def test_status_asks_no_provider(client, provider):
    client.call("status")
    assert provider.stats()["requests"] == 0


def test_models_list(client):
    rows = client.call("models.list")
    assert any(r["provider"] == "fake" for r in rows)
    assert all(isinstance(r["id"], str) and r["id"] for r in rows)


def test_models_list_of_one_provider(client):
    rows = client.call("models.list", {"provider": "fake"})
    assert rows and {r["provider"] for r in rows} == {"fake"}
