"""The configuration read anew: by SIGHUP and by config.reload, whole or not at all."""

import os
import signal

import pytest

from client import RpcError, text_of
from conftest import KEY, wait_until
from fault_provider import words_text

SECRET = "sk-very-secret-9f8e7d6c"
FAILED = "the old configuration stays in force"


def default_model(client):
    return client.call("status")["default_model"]


def provider_names(client):
    return [p["name"] for p in client.call("status")["providers"]]


def authorization(provider):
    return provider.stats()["last"][-1]["headers"]["authorization"]


def environ_of(daemon):
    with open(f"/proc/{daemon.pid}/environ", "rb") as f:
        return f.read()


def test_of_the_cache(home, client, provider):
    """What its backend is opened with stays as it was until the next start."""
    now = {"memory": "1 MiB", "ttl": "1 d", "max_entry": "64 KiB"}
    later = {"backend": "none", "size": "2 GiB", "timeout": "50 ms", "namespace": "team", "url": "redis://x"}
    rows = "".join(f"{key} = {value}\n" for key, value in (now | later).items())
    home.write_config(provider.base_url, extra="[cache]\n" + rows)
    r = client.call("config.reload")
    assert sorted(r["changed"]) == sorted(f"cache.{key}" for key in now | later)
    assert sorted(r["restart"]) == sorted(f"cache.{key}" for key in later)


def test_sighup(daemon, home, client, provider):
    home.write_config(provider.base_url, daemon={"default_model": "fake/other"})
    daemon.signal(signal.SIGHUP)
    wait_until(lambda: default_model(client) == "fake/other", "the new default is in force")
    assert FAILED not in daemon.stderr()


def test_method_tells_what_changed(home, client, provider):
    assert client.call("config.reload") == {"changed": [], "restart": []}
    home.write_config(
        provider.base_url,
        daemon={"default_model": "fake/other", "retain": "7200"},
        provider={"retries": "5", "key": "sk-another"},
        extra='[provider "second"]\nbase_url = http://127.0.0.1:9/v1\n',
    )
    r = client.call("config.reload")
    assert sorted(r["changed"]) == [
        "daemon.default_model",
        "daemon.retain",
        "provider.fake.key",
        "provider.fake.retries",
        "provider.second",
    ]
    assert r["restart"] == []
    assert default_model(client) == "fake/other"
    assert "second" in provider_names(client)
    assert client.call("config.reload") == {"changed": [], "restart": []}
    home.write_config(provider.base_url)
    assert "provider.second" in client.call("config.reload")["changed"]
    assert "second" not in provider_names(client)


def test_notification(home, client, provider):
    home.write_config(provider.base_url, daemon={"default_model": "fake/other"})
    client.notify("config.reload")
    wait_until(lambda: default_model(client) == "fake/other", "the new default is in force")


def test_values_that_only_look_different(home, client, provider):
    home.write_config(provider.base_url, daemon={"drain_timeout": "2000 ms", "retain": "60 min"})
    assert client.call("config.reload")["changed"] == []


@pytest.mark.parametrize(
    "text, line, part",
    [
        ("[daemon]\nno_such_key = 1\n", 2, "no_such_key"),
        ("[daemon]\n\ndefault_model = fake/other\nretain_max = many\n", 4, "retain_max"),
        ('[provider "fake"]\napi = telepathy\n', 2, "telepathy"),
        ('[provider "fake"]\nbase_url = http://example.org/v1\nkey = ' + SECRET + "\n", 2, "cleartext"),
    ],
    ids=["key", "value", "provider", "cleartext"],
)
def test_bad_file_changes_nothing(daemon, home, client, provider, text, line, part):
    home.config.write_text(text)
    with pytest.raises(RpcError) as e:
        client.call("config.reload")
    assert e.value.code == "invalid_request"
    assert f"askd.conf:{line}: " in e.value.error["message"] and part in e.value.error["message"]
    assert SECRET not in e.value.error["message"]
    assert daemon.stderr().count(FAILED) == 1
    assert default_model(client) == "fake/echo"
    assert client.result(client.chat("echo", "still there"))["text"] == "still there"
    assert authorization(provider) == f"Bearer {KEY}"

    daemon.signal(signal.SIGHUP)
    wait_until(lambda: daemon.stderr().count(FAILED) == 2, "the second attempt is logged")
    assert daemon.stderr().count(f"askd.conf:{line}: ") == 2
    assert SECRET not in daemon.stderr()

    home.write_config(provider.base_url, daemon={"default_model": "fake/mended"})
    client.call("config.reload")
    assert default_model(client) == "fake/mended"


def test_key_that_others_can_read_changes_nothing(home, client):
    home.config.chmod(0o644)
    with pytest.raises(RpcError) as e:
        client.call("config.reload")
    assert e.value.code == "invalid_request" and "askd.conf" in e.value.error["message"]


def test_dropins_are_read_too(home, client):
    folder = home.config_dir / "askd.conf.d"
    folder.mkdir()
    (folder / "10.conf").write_text("[daemon]\ndefault_model = fake/dropped\n")
    assert client.call("config.reload")["changed"] == ["daemon.default_model"]
    assert default_model(client) == "fake/dropped"


def test_one_file_alone(home, provider, start_daemon, tmp_path):
    home.config.write_text("nonsense")
    other = tmp_path / "other.conf"
    other.write_text("[daemon]\ndefault_model = openai/b\n")
    c = start_daemon(args=["--config", str(other)]).connect()
    other.write_text("[daemon]\ndefault_model = openai/c\n")
    assert c.call("config.reload")["changed"] == ["daemon.default_model"]
    other.unlink()
    with pytest.raises(RpcError) as e:
        c.call("config.reload")
    assert "other.conf" in e.value.error["message"]
    assert default_model(c) == "openai/c"


def test_default_model_of_nobody(home, client):
    text = home.config.read_text()
    home.config.write_text(text.replace("default_model = fake/echo", "default_model = nosuch/m"))
    with pytest.raises(RpcError) as e:
        client.call("config.reload")
    line = text.splitlines().index("default_model = fake/echo") + 1
    assert f"askd.conf:{line}: " in e.value.error["message"] and "nosuch" in e.value.error["message"]
    assert default_model(client) == "fake/echo"


# -- what runs


def test_running_answer_keeps_its_provider(home, client, provider):
    msgid = client.chat("slow-30-50", stream=True)
    client.wait_event("text")
    home.write_config(provider.behave("status-500"), provider={"key": "sk-another", "retries": "0"})
    assert "provider.fake.base_url" in client.call("config.reload")["changed"]
    error, _ = client.response(client.chat("echo"))
    assert error["code"] == "unavailable", "what is asked now goes to the new place"
    a = client.result(msgid)
    assert (a["state"], a["text"]) == ("done", words_text(30))


def test_running_answer_survives_its_provider(home, client, provider):
    msgid = client.chat("slow-30-50", stream=True)
    client.wait_event("text")
    home.config.write_text("[daemon]\n")
    assert "provider.fake" in client.call("config.reload")["changed"]
    assert "fake" not in provider_names(client)
    error, _ = client.response(client.chat("echo"))
    assert error["code"] in ("not_found", "no_provider")
    assert client.result(msgid)["text"] == words_text(30)
    assert text_of(client.events()) == words_text(30)


def test_latency_is_kept(home, client, provider):
    client.result(client.chat("slow-2-20"))
    known = client.call("status")["providers"][0]["latency_ms"]
    assert known is not None
    home.write_config(provider.base_url, provider={"retries": "7"})
    client.call("config.reload")
    assert client.call("status")["providers"][0]["latency_ms"] == known


# -- the rooms


def test_bounds_of_answers(home, client, provider):
    msgid = client.chat("hang-after-1", stream=True)
    client.wait_event("text")
    home.write_config(provider.base_url, daemon={"max_answers": "1"})
    client.call("config.reload")
    error, _ = client.response(client.chat("echo"))
    assert error["code"] == "overloaded" and "max_answers" in error["message"]
    home.write_config(provider.base_url, daemon={"max_answers": "2"})
    client.call("config.reload")
    assert client.result(client.chat("echo"))["state"] == "done"
    client.call("answer.cancel", {"answer": client.wait_event("text")[0]})
    client.response(msgid)


def test_lower_retain_lets_go(home, client, provider):
    for _ in range(3):
        client.result(client.chat("echo", cache="off"))
    assert client.call("status")["retained"] == 3
    home.write_config(provider.base_url, daemon={"retain_max": "2"})
    client.call("config.reload")
    assert client.call("status")["retained"] == 2
    home.write_config(provider.base_url, daemon={"retain": "0"})
    client.call("config.reload")
    assert client.call("status")["retained"] == 0


def test_bounds_of_the_server(home, client, provider):
    home.write_config(provider.base_url, daemon={"max_requests": "1"})
    client.call("config.reload")
    client.chat("hang-after-1", stream=True)
    client.wait_event("text")
    error, _ = client.response(client.chat("echo"))
    assert error["code"] == "overloaded" and "max_requests" in error["message"]


def test_log_level(daemon, home, client, provider):
    home.write_config(provider.base_url, daemon={"log_level": "error"})
    client.call("config.reload")
    before = daemon.stderr()
    client.call("config.reload")
    assert daemon.stderr() == before


@pytest.mark.askd(daemon={"idle_exit": "1 h"}, env={"ASKD_AUTOSTARTED": "1"})
def test_idle_exit(daemon, home, client, provider):
    home.write_config(provider.base_url, daemon={"idle_exit": "100 ms"})
    client.call("config.reload")
    client.close()
    assert daemon.wait() == 0


@pytest.mark.askd(daemon={"drain_timeout": "1 h"})
def test_drain_timeout(daemon, home, client, provider):
    msgid = client.chat("hang-after-1", stream=True)
    client.wait_event("text")
    home.write_config(provider.base_url, daemon={"drain_timeout": "0"})
    client.call("config.reload")
    daemon.signal(signal.SIGTERM)
    assert client.response(msgid)[0]["code"] == "interrupted"
    assert daemon.wait() == 0


def test_what_takes_effect_at_the_next_start_only(daemon, home, client, provider):
    home.write_config(provider.base_url, extra="[store]\nkeep = none\nmax_size = 64 MiB\nlocking = exclusive\nslice = 20 ms\n")
    r = client.call("config.reload")
    assert sorted(r["changed"]) == ["store.keep", "store.locking", "store.max_size", "store.slice"]
    assert sorted(r["restart"]) == ["store.keep", "store.locking", "store.max_size"]
    for name in r["restart"]:
        assert daemon.stderr().count(f"{name} has changed") == 1
    home.write_config(provider.base_url, extra="[store]\nkeep = 30 d\n")
    assert "store.keep" not in client.call("config.reload")["restart"], "the daemon began with a database"
    home.write_config(provider.base_url)
    assert client.call("config.reload") == {"changed": ["store.keep"], "restart": []}


# -- keys


@pytest.mark.askd(provider={"key": None, "key_env": "ASKD_TEST_KEY"}, env={"ASKD_TEST_KEY": SECRET})
def test_key_of_the_environment_is_found_again(daemon, home, client, provider):
    for retries in ("1", "3"):
        home.write_config(
            provider.base_url, provider={"key": None, "key_env": "ASKD_TEST_KEY", "retries": retries}
        )
        client.call("config.reload")
        client.result(client.chat("echo"))
        assert authorization(provider) == f"Bearer {SECRET}"
    assert SECRET.encode() not in environ_of(daemon)


@pytest.mark.askd(env={"ASKD_LATE_KEY": SECRET, "ASKD_OTHER": "stays"})
def test_key_of_the_environment_that_is_named_later(daemon, home, client, provider):
    assert SECRET.encode() in environ_of(daemon), "nobody has asked for it yet"
    different = {"key": None, "key_env": "ASKD_LATE_KEY"}
    home.write_config(provider.base_url, provider=different)
    client.call("config.reload")
    client.result(client.chat("echo"))
    assert authorization(provider) == f"Bearer {SECRET}"
    environ = environ_of(daemon)
    assert SECRET.encode() not in environ and b"ASKD_OTHER=stays" in environ
    home.write_config(provider.base_url)
    client.call("config.reload")
    home.write_config(provider.base_url, provider=different)
    client.call("config.reload")
    client.result(client.chat("echo"))
    assert authorization(provider) == f"Bearer {SECRET}"


@pytest.mark.askd(env={"OPENAI_API_KEY": SECRET})
def test_usual_key_of_the_environment_is_found_again(home, client):
    client.call("config.reload")
    assert "openai" in provider_names(client)


def test_key_file_is_read_again(home, provider, start_daemon):
    key_file = home.path / "key"
    key_file.write_text("sk-first\n")
    key_file.chmod(0o600)
    home.write_config(provider.base_url, provider={"key": None, "key_file": str(key_file)})
    c = start_daemon().connect()
    key_file.write_text("sk-second\n")
    assert c.call("config.reload")["changed"] == []
    c.result(c.chat("echo"))
    assert authorization(provider) == "Bearer sk-second"


# -- several at once


def test_who_asks_during_a_reload_gets_what_is_there_then(home, client, provider):
    """Each is answered, and after any answer what stood in the file when it was asked for is in force."""
    for i in range(20):
        home.write_config(provider.base_url, daemon={"default_model": f"fake/first-{i}"})
        first = client.request("config.reload")
        home.write_config(provider.base_url, daemon={"default_model": f"fake/second-{i}"})
        second = [client.request("config.reload") for _ in range(5)]
        client.result(first)
        for msgid in second:
            client.result(msgid)
        assert default_model(client) == f"fake/second-{i}"


def test_many_signals(daemon, home, client, provider):
    for i in range(50):
        daemon.signal(signal.SIGHUP)
    home.write_config(provider.base_url, daemon={"default_model": "fake/last"})
    daemon.signal(signal.SIGHUP)
    wait_until(lambda: default_model(client) == "fake/last", "the last state of the file is in force")


def test_client_that_does_not_wait(daemon, client):
    for _ in range(20):
        with daemon.connect() as c:
            c.request("config.reload")
    assert client.call("config.reload") == {"changed": [], "restart": []}


def test_end_while_it_loads(daemon, client):
    for _ in range(10):
        client.request("config.reload")
    daemon.signal(signal.SIGTERM)
    daemon.signal(signal.SIGTERM)
    assert daemon.wait() == 0
    assert os.path.exists(f"/proc/{daemon.pid}") is False
