"""One cache for several daemons, in a real Redis: what one was answered another gives, whatever becomes of Redis."""

import contextlib
import itertools
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile

import pytest

from conftest import PATIENCE, Daemon, Home, run_askd, wait_until
from helpers_cache import ask, asked
from list_server import ListServer

SERVER = shutil.which("redis-server")
CLI = shutil.which("redis-cli")
pytestmark = pytest.mark.skipif(not (SERVER and CLI), reason="redis-server or redis-cli is not installed")

PASSWORD = "open-sesame"
SECRET = "the-same-on-all"


class Redis:
    """A redis-server of the test's own, on a Unix socket and without a port."""

    def __init__(self, folder):
        self.folder = folder
        self.path = folder / "r.sock"
        self.process = None
        self.start()

    def start(self, *more):
        rows = ["--port", "0", "--unixsocket", self.path, "--unixsocketperm", "700", "--save", "", "--appendonly", "no"]
        self.process = subprocess.Popen(
            [SERVER, *rows, "--requirepass", PASSWORD, "--dir", self.folder, *more],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        wait_until(lambda: self.cli("PING").strip() == "PONG", "Redis answers")

    def cli(self, *words, data=None):
        return subprocess.run(
            [CLI, "-s", self.path, "--no-auth-warning", "-a", PASSWORD, *(["-x"] if data else []), *words],
            input=data,
            capture_output=True,
            timeout=PATIENCE,
        ).stdout.decode(errors="replace")

    def keys(self):
        return self.cli("--raw", "KEYS", "*").split()

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        self.process.send_signal(signal.SIGCONT)
        self.kill()


@pytest.fixture(autouse=True)
def built_with_hiredis(home):
    home.config.write_text(f"[cache]\nbackend = redis\nurl = /x\nsecret = {SECRET}\n")
    home.config.chmod(0o600)
    if "built without Redis" in run_askd(home, "--check-config").stderr:
        pytest.skip("askd was built without hiredis")


@pytest.fixture
def redis():
    with tempfile.TemporaryDirectory(prefix="askd-r-", dir="/tmp") as folder:
        r = Redis(pathlib.Path(folder))
        yield r
        r.stop()


def section(redis, **more):
    rows = {"backend": "redis", "url": f"unix://:{PASSWORD}@{redis.path}", "secret": SECRET, "timeout": "500 ms", **more}
    return "[cache]\n" + "".join(f"{k} = {v}\n" for k, v in rows.items())


@pytest.fixture
def daemons(provider, redis):
    """daemons(n, OPTIONS of [cache]) -> clients of so many daemons, each with a home of its own."""
    with contextlib.ExitStack() as stack:

        def start(n=2, **more):
            clients = []
            for _ in range(n):
                home = stack.enter_context(Home.made())
                home.write_config(provider.base_url, extra=section(redis, **more))
                daemon = Daemon(home)
                stack.callback(daemon.finish)
                clients.append(stack.enter_context(daemon.connect()))
            return clients

        yield start


def tier(client):
    return next(t for t in client.call("cache.stats")["tiers"] if t["name"] == "redis")


def test_two_daemons_share_one_cache(daemons, redis, provider):
    a, b = daemons()
    first = ask(a)
    wait_until(redis.keys, "Redis has something")
    second = ask(b)
    assert (first["cached"], second["cached"]) == (False, True) and asked(provider) == 1
    assert second["text"] == first["text"] and second["key"] == first["key"] and second["age"] >= 0
    assert b.call("cache.lookup", {"key": first["key"]})["text"] == "hello"
    assert redis.keys() == [f"askd:uid:{os.geteuid()}:{first['key']}"]
    assert 0 < int(redis.cli("PTTL", redis.keys()[0])) <= 7 * 86400 * 1000
    assert tier(b)["hits"] == 1 and tier(a)["state"] == "ok"


def test_vectors_are_shared_too(redis):
    def vectors(asked):
        made = [[float(len(t)), 0.1] for t in asked.body["input"]]
        return {"data": [{"index": i, "embedding": v} for i, v in enumerate(made)], "usage": {"prompt_tokens": 1}}

    server = ListServer({"/fake/embeddings": vectors})
    with contextlib.ExitStack() as stack:
        stack.callback(server.stop)
        for texts, cached in ((["one", "three"], 0), (["three", "one"], 2)):
            home = stack.enter_context(Home.made())
            home.write_config(server.url("/fake"), extra=section(redis))
            daemon = Daemon(home)
            stack.callback(daemon.finish)
            result = daemon.connect().call("embed", {"model": "fake/m", "input": texts})
            assert result["cached"] == cached and result["vectors"] == [[float(len(t)), 0.1] for t in texts]
            wait_until(lambda: len(redis.keys()) == 2, "Redis has both")
        assert len(server.asked) == 1


def test_what_another_secret_signed_is_none(daemons, redis, provider):
    (a,) = daemons(1)
    ask(a)
    wait_until(redis.keys, "Redis has something")
    (b,) = daemons(1, secret="another")
    assert not ask(b)["cached"] and asked(provider) == 2


def test_a_planted_entry_is_none(daemons, redis, provider):
    a, b = daemons()
    ask(a, "first")
    wait_until(redis.keys, "Redis has something")
    (true,) = redis.keys()
    key = b.call("cache.lookup", {"model": "fake/echo", "prompt": "second"})["key"]
    planted = f"askd:uid:{os.geteuid()}:{key}"
    redis.cli("COPY", true, planted)  # a true entry, but of another question
    assert not ask(b, "second")["cached"]
    redis.cli("SET", planted.replace(key, b.call("cache.lookup", {"model": "fake/echo", "prompt": "third"})["key"]), "junk")
    assert not ask(b, "third")["cached"] and asked(provider) == 3


def test_redis_goes_and_comes_again(daemons, redis, provider):
    a, b = daemons()
    ask(a, "before")
    wait_until(redis.keys, "Redis has something")
    redis.kill()
    assert ask(b, "before")["text"] == "before" and asked(provider) == 2  # a miss, and no error
    wait_until(lambda: tier(b)["state"] == "failing", "the tier is down")
    assert tier(b)["error"]
    redis.start()
    n = itertools.count()

    def shared():
        prompt = f"after {next(n)}"
        ask(a, prompt)
        return ask(b, prompt)["cached"]

    wait_until(shared, "they share again")
    assert tier(b)["state"] == "ok"


def test_a_slow_redis_is_a_miss(daemons, redis, provider):
    (a,) = daemons(1, timeout="20 ms")
    ask(a, "before")
    redis.process.send_signal(signal.SIGSTOP)
    for i in range(5):
        assert ask(a, f"meanwhile {i}")["text"] == f"meanwhile {i}"
    redis.process.send_signal(signal.SIGCONT)
    n = itertools.count()
    wait_until(lambda: ask(a, f"again {next(n)}") and tier(a)["state"] == "ok", "the tier is up")


def test_a_full_redis_is_a_miss(daemons, redis, provider):
    redis.cli("CONFIG", "SET", "maxmemory", "1")
    (a,) = daemons(1)
    assert ask(a)["text"] == "hello"
    wait_until(lambda: tier(a)["failures"] > 0, "the tier has failed")
    assert redis.keys() == [] and ask(a)["cached"]  # memory has it
    redis.cli("CONFIG", "SET", "maxmemory", "0")
    n = itertools.count()
    wait_until(lambda: ask(a, f"again {next(n)}") and redis.keys(), "Redis has something")


def test_a_namespace_is_in_the_name(daemons, redis):
    a, b = daemons(namespace="team")
    key = ask(a)["key"]
    wait_until(redis.keys, "Redis has something")
    assert redis.keys() == [f"askd:namespace:team:{key}"] and ask(b)["cached"]


def test_clear_and_export(daemons, redis):
    a, b = daemons(memory="0")
    keys = {ask(a, prompt)["key"] for prompt in ("one", "two")}
    wait_until(lambda: len(redis.keys()) == 2, "Redis has both")
    redis.cli("SET", "somebody:elses", "1")
    listed, after = set(), None
    while after != "":
        page = b.call("cache.list", {} if after is None else {"after": after})
        listed |= {i["key"] for i in page["items"]}
        after = page.get("after", "")
    assert listed == keys
    assert b.call("cache.clear") == {"removed": 2} and redis.keys() == ["somebody:elses"]
    assert not ask(a, "one")["cached"]


def test_no_store_does_not_reach_it(daemons, redis):
    (a,) = daemons(1)
    assert ask(a, "unseen", store=False)["text"] == "unseen"
    ask(a, "seen")
    wait_until(redis.keys, "Redis has something")
    assert len(redis.keys()) == 1


def test_over_tcp_with_a_wrong_password_it_is_memory_alone(provider, redis, home, start_daemon):
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    redis.kill()
    redis.start("--port", str(port), "--bind", "127.0.0.1")
    for password, state in ((PASSWORD, "ok"), ("wrong", "failing")):
        home.write_config(provider.base_url, extra=section(redis, url=f"redis://:{password}@127.0.0.1:{port}/0"))
        daemon = start_daemon()
        with daemon.connect() as client:
            assert ask(client, password)["text"] == password and ask(client, password)["cached"]
            wait_until(lambda: tier(client)["state"] == state, state)
        assert PASSWORD not in daemon.stderr() and "wrong" not in daemon.stderr()
        daemon.signal(signal.SIGTERM)
        daemon.wait()


def test_its_password_and_secret_are_not_shown(provider, redis, home):
    home.write_config(provider.base_url, extra=section(redis))
    shown = run_askd(home, "--print-config").stdout
    assert "url = (hidden)" in shown and PASSWORD not in shown and SECRET not in shown


@pytest.mark.parametrize(
    "rows, says",
    [
        ({"url": "/tmp/redis.sock"}, "no secret"),
        ({"secret": "s"}, "no url"),
        ({"url": "rediss://localhost", "secret": "s"}, "TLS to Redis is not offered"),
        ({"url": "/tmp/redis.sock", "secret": "s"}, None),
    ],
    ids=["no secret", "no url", "TLS", "good"],
)
def test_a_check_says_what_keeps_it_from_redis(provider, home, rows, says):
    extra = "".join(f"{k} = {v}\n" for k, v in rows.items())
    home.write_config(provider.base_url, extra=f"[cache]\nbackend = redis\n{extra}")
    r = run_askd(home, "--check-config")
    assert r.returncode == 0, "it starts all the same"
    assert ("memory alone" in r.stderr and says in r.stderr) if says else r.stderr == ""


def test_without_a_secret_it_is_memory_alone(provider, redis, home, start_daemon):
    home.write_config(provider.base_url, extra=f"[cache]\nbackend = redis\nurl = {redis.path}\n")
    daemon = start_daemon()
    with daemon.connect() as client:
        ask(client)
        assert ask(client)["cached"]
        assert tier(client)["state"] == "off" and "secret" in tier(client)["error"]
    assert "secret" in daemon.stderr()
