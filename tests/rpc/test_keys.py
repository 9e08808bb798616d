"""Keys: where they come from, several in turn, the folder of imported ones, and keys.test."""

import os
import shutil

import pytest

from client import failure
from conftest import run_askd
from helpers_keys import SECRET, UNUSED, ask_times, private, provider_of, put_key, sent

# -- several keys


def three_files(home):
    return ", ".join(str(private(home.path / f"key{i}", f"key.{i}\n")) for i in range(3))


def test_files_in_turn(home, provider, start_daemon):
    home.write_config(provider.base_url, provider={**UNUSED, "key_file": three_files(home)})
    c = start_daemon().connect()
    assert ask_times(c, 6) == [None] * 6
    assert sent(provider) == [f"key.{i % 3}" for i in range(6)]
    assert provider_of(c)["key_source"] == ", ".join(f"file {home.path}/key{i}" for i in range(3))


@pytest.mark.askd(provider={**UNUSED, "key_env": "KEY_A, KEY_B, KEY_NONE"}, env={"KEY_A": "key.a", "KEY_B": "key.b"})
def test_variables_in_turn(client, provider):
    assert ask_times(client, 3) == [None] * 3
    assert sent(provider) == ["key.a", "key.b", "key.a"]
    assert provider_of(client)["key_source"] == "environment KEY_A, environment KEY_B"


def test_credentials_in_turn(home, provider, start_daemon):
    for name in ("one", "two"):
        private(home.path / name, f"key.{name}\n")
    home.write_config(provider.base_url, provider={**UNUSED, "key_credential": "one,two"})
    c = start_daemon(env={"CREDENTIALS_DIRECTORY": str(home.path)}).connect()
    assert ask_times(c, 2) == [None] * 2
    assert sent(provider) == ["key.one", "key.two"]


@pytest.mark.parametrize("status", [401, 402, 429])
def test_refused_key_is_set_aside(home, provider, start_daemon, status):
    home.write_config(provider.behave(f"only-key.1-{status}"), provider={**UNUSED, "key_file": three_files(home)})
    c = start_daemon().connect()
    assert ask_times(c, 4) == [None] * 4, "another key takes over within the question"
    assert sent(provider) == ["key.0", "key.1", "key.2", "key.1", "key.1", "key.1"]


def test_refused_keys_and_no_other(home, provider, start_daemon):
    home.write_config(provider.behave("only-nobody"), provider={**UNUSED, "key_file": three_files(home)})
    c = start_daemon().connect()
    errors = ask_times(c, 2)
    assert [e["code"] for e in errors] == ["unauthenticated"] * 2
    assert sent(provider)[:3] == ["key.0", "key.1", "key.2"] and len(sent(provider)) == 4


def test_reload_gives_a_refused_key_another_chance(home, provider, start_daemon):
    home.write_config(provider.behave("only-key.1"), provider={**UNUSED, "key_file": three_files(home)})
    c = start_daemon().connect()
    ask_times(c, 2)
    assert sent(provider) == ["key.0", "key.1", "key.2", "key.1"]
    c.call("config.reload")
    ask_times(c, 1)
    assert sent(provider)[4:] == ["key.2", "key.0", "key.1"]


def test_reload_keeps_a_key_without_credit_aside(home, provider, start_daemon):
    home.write_config(provider.behave("only-key.1-402"), provider={**UNUSED, "key_file": three_files(home)})
    c = start_daemon().connect()
    ask_times(c, 2)
    c.call("config.reload")
    ask_times(c, 1)
    assert sent(provider) == ["key.0", "key.1", "key.2", "key.1", "key.1"]


# -- what is wrong with one


@pytest.mark.parametrize(
    "key, where",
    [
        ("key_file = {}/key", "file {}/key"),
        ("key_env = ASKD_TEST_KEY", "environment ASKD_TEST_KEY"),
        ("key_command = cat {}/key", "command cat"),
        ("key = key.wrong", "configuration"),
    ],
)
def test_refused_key_is_named_by_its_source(home, provider, start_daemon, key, where):
    private(home.path / "key", "key.wrong\n")
    name, value = key.format(home.path).split(" = ")
    home.write_config(provider.behave("only-key.right"), provider={**UNUSED, name: value})
    c = start_daemon(env={"ASKD_TEST_KEY": "key.wrong"}).connect()
    error = failure(c, "chat", {"prompt": "hello"})
    assert (error["code"], error["provider"], error["status"]) == ("unauthenticated", "fake", 401)
    assert error["message"].endswith(f"(key from {where.format(home.path)})")
    assert sent(provider) == ["key.wrong"]


@pytest.mark.parametrize("keys", [{"key": "a", "key_command": "b"}, {"key_env": "a", "key_command": "b"}])
def test_two_ways_to_a_key(home, provider, keys):
    home.write_config(provider.base_url, provider={"key": None, **keys})
    r = run_askd(home, "--check-config")
    assert r.returncode == os.EX_CONFIG
    assert "give one of key, key_file, key_env, key_command, key_credential" in r.stderr


def test_key_of_a_command_in_cleartext(home):
    home.write_config("http://models.example.org/v1", provider={"key": None, "key_command": "true"})
    r = run_askd(home, "--check-config")
    assert r.returncode == os.EX_CONFIG and "in cleartext" in r.stderr


# -- the folder of keys


def test_key_in_the_folder(home, provider, start_daemon):
    home.write_config(provider.base_url, provider=UNUSED)
    path = put_key(home, "fake", "key.imported\n")
    c = start_daemon().connect()
    assert provider_of(c)["key_source"] == f"file {path}"
    assert ask_times(c, 1) == [None] and sent(provider) == ["key.imported"]


def test_key_in_the_folder_comes_last(home, provider, start_daemon):
    """Behind what the section says, and behind the usual variable."""
    home.write_config(provider.base_url, provider={**UNUSED, "key": "key.configured"})
    put_key(home, "fake", "key.imported\n")
    put_key(home, "openai", "key.imported\n")
    c = start_daemon(env={"OPENAI_API_KEY": "key.environment"}).connect()
    assert provider_of(c)["key_source"] == "configuration"
    assert provider_of(c, "openai")["key_source"] == "environment OPENAI_API_KEY"


def test_key_in_the_folder_of_a_provider_without_section(home, start_daemon):
    path = put_key(home, "mistral", "key.imported\n")
    c = start_daemon().connect()
    assert provider_of(c, "mistral")["key_source"] == f"file {path}"
    assert provider_of(c, "openai") is None
    other = put_key(home, "openai", "key.imported\n")
    c.call("config.reload")
    assert provider_of(c, "openai")["key_source"] == f"file {other}"
    path.unlink()
    c.call("config.reload")
    assert provider_of(c, "mistral") is None


def test_folder_beside_the_file_that_is_named(home, provider, start_daemon):
    home.write_config(provider.base_url, provider=UNUSED)
    other = home.path / "other"
    (other / "keys").mkdir(parents=True, mode=0o700)
    shutil.move(home.config, other / "my.conf")
    private(other / "keys" / "fake", "key.other\n")
    put_key(home, "fake", "key.imported\n")
    c = start_daemon(args=("--config", str(other / "my.conf"))).connect()
    assert provider_of(c)["key_source"] == f"file {other}/keys/fake"


def test_key_in_the_folder_that_others_can_read(home, provider, start_daemon):
    home.write_config(provider.base_url, provider=UNUSED)
    c = start_daemon().connect()
    path = put_key(home, "openai", SECRET, mode=0o644)
    error = failure(c, "config.reload", {})
    assert error["code"] == "invalid_request" and str(path) in error["message"] and SECRET not in repr(error)
    assert ask_times(c, 1) == [None]
    r = run_askd(home, "--check-config")
    assert r.returncode == os.EX_CONFIG and str(path) in r.stderr and SECRET not in r.stderr


# -- keys.test


def test_keys_are_tried(home, provider, start_daemon):
    files = ", ".join(str(private(home.path / f"key{i}", f"key.{i}\n")) for i in range(2))
    lan = f'[provider "lan"]\nbase_url = {provider.base_url}\nkey_command = echo key.lan\n'
    keyless = f'[provider "open"]\nbase_url = {provider.base_url}\n'
    extra = lan + keyless + '[provider "xai"]\n[provider "bad"]\nkey_command = false\nbase_url = http://127.0.0.1:9/v1\n'
    home.write_config(provider.behave("only-key.1"), provider={**UNUSED, "key_file": files}, extra=extra)
    c = start_daemon().connect()
    tested = c.call("keys.test")
    assert [(k["provider"], k["ok"], k["source"]) for k in tested] == [
        ("fake", False, f"file {home.path}/key0"),
        ("fake", True, f"file {home.path}/key1"),
        ("lan", True, "command echo"),
        ("bad", False, "command false"),
    ]
    assert [k["latency_ms"] is None for k in tested] == [False, False, False, True]
    error = tested[0]["error"]
    assert (error["code"], error["provider"]) == ("unauthenticated", "fake")
    assert error["message"].endswith(f"(key from file {home.path}/key0)")
    assert tested[3]["error"]["message"] == "command false ended with status 1"
    assert sorted(sent(provider, "GET")) == ["key.0", "key.1", "key.lan"]
    [one] = c.call("keys.test", {"provider": "open"})
    assert (one["ok"], one["source"]) == (True, None)
    [one] = c.call("keys.test", {"provider": "xai"})
    assert (one["ok"], one["error"]["code"]) == (False, "no_provider")
    assert failure(c, "keys.test", {"provider": "nobody"})["param"] == "provider"


@pytest.mark.parametrize("status, code", [(401, "unauthenticated"), (403, "permission_denied"), (500, "unavailable")])
def test_key_that_is_refused_a_list(home, provider, start_daemon, status, code):
    home.write_config(provider.behave(f"status-{status}"))
    [k] = start_daemon().connect().call("keys.test")
    assert (k["ok"], k["error"]["code"]) == (False, code)
    assert ("(key from configuration)" in k["error"]["message"]) == (code == "unauthenticated")


def test_providers_that_want_no_key_are_tried_where_that_is_asked_for(home, provider, start_daemon):
    home.write_config(provider.base_url, extra=f'[provider "open"]\nbase_url = {provider.base_url}\n[provider "xai"]\n')
    c = start_daemon().connect()
    assert [k["provider"] for k in c.call("keys.test")] == ["fake"]
    tested = {k["provider"]: k for k in c.call("keys.test", {"local": True})}
    assert tested["fake"]["ok"] and tested["open"]["ok"] and tested["open"]["source"] is None
    assert "xai" not in tested  # it wants one
    [one] = c.call("keys.test", {"provider": "ollama", "local": True})
    assert one["ok"] or one["error"]["code"] == "no_provider" and "start it" in one["error"]["message"]
