"""Nothing lost: a daemon under load is killed, again and again, and the next one knows all that clients were told.

$ASKD_KILL_SEED repeats a run's choices, though not the scheduling of the machine.
"""

import os
import random
import shutil
import sqlite3
import time

import pytest

from conftest import KEY
from helpers_crowd import TEXTS, Caller, Crowd, vector_of
from helpers_told import INTERVAL, SECRET, Told
from list_server import ListServer

SEED = os.environ.get("ASKD_KILL_SEED") or f"{random.SystemRandom().randrange(1 << 32):08x}"
BLOCKS, ROUNDS = 10, 20  # each block has a home of its own
CLIENTS = 50
REQUESTS = 400  # in one round
SLACK = 1.5  # seconds beyond the writing interval for a busy machine, and three times as long as a write has taken
LONG = 4.0  # seconds of the one round in a block that outlives the writing interval
STORE, CACHE = "askd.db", "cache.db"
AGAIN = 20  # settled answers and conversations that each round looks at again


def check_files(home, folder, name, n, whole):
    """As the kill has left them; the first one may come before there is any."""
    files = sorted((folder / "askd").glob(f"{name}*"))
    assert files or n == 0, f"there is no {name}"
    for f in files:
        assert SECRET.encode() not in f.read_bytes(), f"{f} holds what was not to be stored"
    if not files or not whole:
        return
    copy = home.path / "copy"
    copy.mkdir()
    for f in files:
        if not f.name.endswith("-shm"):
            shutil.copy(f, copy)
    db = sqlite3.connect(copy / name)
    try:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        wal = db.execute("PRAGMA journal_mode").fetchall() == [("wal",)]
        assert wal == (name == STORE)
    finally:
        db.close()
        shutil.rmtree(copy)


def kill_at_start(start_daemon, rng):
    """It may die while it opens the database, too."""
    d = start_daemon(wait=False)
    time.sleep(rng.uniform(0, 0.05))
    d.kill()


def load(d, home, told, rng, seconds):
    """Until it is killed; -> the horizon (helpers_told.py)."""
    crowd = Crowd(home.socket, told, rng, CLIENTS, REQUESTS)
    try:
        crowd.run(seconds)
        d.kill()
        now = time.monotonic()
        slack = max(SLACK, 3 * crowd.longest_write(now))
        crowd.drain()
    finally:
        crowd.close()
    return now - INTERVAL - slack


@pytest.fixture
def vectors():
    server = ListServer()
    server.replies["/embeddings"] = lambda asked: {
        "data": [{"index": i, "embedding": vector_of(t)} for i, t in enumerate(asked.body["input"])]
    }
    yield server
    server.stop()


def check_vectors(caller):
    texts = [f"text {i}" for i in range(TEXTS)]
    found = caller.ask("embed", {"model": "vectors/m", "input": texts})["vectors"]
    assert found == [vector_of(t) for t in texts]


@pytest.mark.parametrize("block", range(BLOCKS))
def test_kill(home, provider, vectors, start_daemon, block):
    seed = f"{SEED}-{block}"
    print("ASKD_KILL_SEED", SEED)
    rng = random.Random(seed)
    told = Told()
    more = f'[provider "vectors"]\nbase_url = {vectors.url()}\nkey = {KEY}\nmax_connections = 64\n'
    home.write_config(provider.base_url, provider={"max_connections": "256"}, extra=more)
    long_round = rng.randrange(ROUNDS)
    d = start_daemon()
    for n in range(ROUNDS):
        horizon = load(d, home, told, rng, LONG if n == long_round else rng.uniform(0.005, 0.25))
        check_files(home, home.state, STORE, n, whole=n == ROUNDS - 1)
        check_files(home, home.path / "cache", CACHE, n, whole=True)
        if rng.random() < 0.25:
            kill_at_start(start_daemon, rng)
        d = start_daemon()
        caller = Caller(home.socket)
        told.check(caller, horizon, rng, 1 << 30 if n == ROUNDS - 1 else AGAIN)
        if n % 5 == 4:
            check_vectors(caller)
        assert n < ROUNDS - 1 or told.check_cached(caller, 1 << 30) > 0, "nothing has stayed in the cache"
        caller.close()
        assert d.connect().call("status")["store"]["state"] == "ok"
    assert any(q.free and q.settled for q in told.old), "no answer that was joined or cached has stayed"
