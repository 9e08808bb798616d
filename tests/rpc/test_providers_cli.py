"""askctl providers: who can be asked, and how each is reached."""

import json

import pytest

from client import failure
from helpers_tls import tls_server
from helpers_tmux import Tmux


@pytest.fixture
def tls(tmp_path):
    with tls_server(tmp_path) as server:
        yield server


def sections(tls, provider):
    """A provider over TLS, one that refuses the key, one whose certificate nobody signed, one that nobody listens for."""
    port, cert, _ = tls
    return (
        f'[provider "safe"]\napi = openai-chat\nbase_url = https://localhost:{port}/v1\nkey = k\nca_file = {cert}\n'
        f'[provider "refuses"]\nbase_url = {provider.behave("status-401")}\nkey = k\n'
        f'[provider "unsigned"]\napi = openai-chat\nbase_url = https://localhost:{port}/v1\nkey = k\n'
        '[provider "absent"]\nbase_url = http://127.0.0.1:9/v1\nkey = k\n'
        f'[provider "open"]\nbase_url = {provider.base_url}\n'
        '[provider "xai"]\n'
    )


@pytest.fixture
def several(home, provider, tls, start_daemon):
    home.write_config(provider.base_url, extra=sections(tls, provider))
    return start_daemon()


def rows(text):
    return {line.split("\t")[0]: line.split("\t") for line in text.splitlines()}


def test_list(several, askctl):
    c = several.connect()
    c.call("chat", {"model": "fake/echo", "prompt": "x"})
    for _ in range(10):
        failure(c, "chat", {"model": "refuses/m", "prompt": "x"})
    listed = rows(askctl("providers").stdout)
    assert listed == rows(askctl("providers", "list").stdout)
    name, state, latency, protocol, active, waiting, opened, reused, resting, key = listed["fake"]
    assert (state, protocol, active, waiting, opened, resting) == ("ready", "http/1.1", "0", "0", "1", "-")
    assert float(latency) >= 0 and key == "configuration"
    assert listed["safe"][1] == "ready" and listed["safe"][2:4] == ["-", "-"]
    assert listed["xai"][1] == "no_key" and listed["xai"][-1] == "-"
    names = [p["name"] for p in json.loads(askctl("providers", "--json").stdout)]
    assert names == [p["name"] for p in c.call("status")["providers"]]


def test_test(several, askctl, tls):
    r = askctl("providers", "test")
    assert r.returncode == 1
    tested = rows(r.stdout)
    assert list(tested)[:6] == ["fake", "safe", "refuses", "unsigned", "absent", "open"] and "xai" not in tested
    name, result, latency, connect, handshake, version, protocol, address, key, error, mend = tested["safe"]
    assert (result, version, protocol, address) == ("ok", "TLSv1.3", "http/1.1", f"127.0.0.1:{tls[0]}")
    assert 0 < float(connect) <= float(latency) + 1 and 0 < float(handshake) <= float(latency) + 1
    assert (key, error, mend) == ("configuration", "-", "-")
    assert tested["fake"][1] == "ok" and tested["fake"][5] == "-" and tested["open"][8] == "-"
    assert tested["refuses"][1] == "unauthenticated" and tested["refuses"][-1] == "askctl keys import refuses"
    assert tested["unsigned"][1] == "unavailable" and "certificate" in tested["unsigned"][-2]
    assert tested["unsigned"][-1].startswith(f"openssl s_client -connect 127.0.0.1:{tls[0]} ")
    assert tested["absent"][1] == "unavailable" and "base_url and proxy of absent" in tested["absent"][-1]


def test_test_of_one(several, askctl):
    r = askctl("providers", "test", "safe")
    assert r.returncode == 0 and list(rows(r.stdout)) == ["safe"]
    r = askctl("providers", "test", "xai")
    assert r.returncode == 1 and rows(r.stdout)["xai"][-1] == "askctl keys import xai"
    r = askctl("providers", "test", "nobody")
    assert r.returncode != 0 and "no provider nobody" in r.stderr
    r = askctl("providers", "test", "x" * 5000)
    assert r.returncode == 64
    [one] = json.loads(askctl("providers", "test", "safe", "--json").stdout)
    assert one["ok"] and one["tls"] == "TLSv1.3"


@pytest.mark.parametrize("columns", [80, 200])
def test_on_a_terminal(home, several, columns):
    with Tmux(home, columns=columns, rows=60) as t:
        t.type("askctl providers test; askctl providers list; echo end", "Enter")
        screen = t.wait_for("\nend")
    lines = screen.splitlines()
    assert all(len(line) <= columns for line in lines)
    assert any("safe" in line and "TLSv1.3" in line for line in lines)
    at = next(i for i, line in enumerate(lines) if line.startswith("refuses: "))
    assert "    askctl keys import refuses" in lines[at + 1 : at + 4]


def test_names_of_models_are_harmless(home, several, askctl):
    c = several.connect()
    for _ in range(10):
        failure(c, "chat", {"model": "absent/\x1b[2Jx", "prompt": "x"})
    shown = askctl("providers").stdout
    assert "\x1b" not in shown and "[2Jx" in rows(shown)["absent"][8]
