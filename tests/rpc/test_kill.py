"""Nothing lost: a daemon under load is killed, again and again, and the next one knows all that clients were told.

$ASKD_KILL_SEED repeats a run's choices, though not the scheduling of the machine.
"""

import os
import random
import shutil
import sqlite3
import time

import pytest

from helpers_crowd import Caller, Crowd
from helpers_told import INTERVAL, SECRET, Told

SEED = os.environ.get("ASKD_KILL_SEED") or f"{random.SystemRandom().randrange(1 << 32):08x}"
BLOCKS, ROUNDS = 10, 20  # each block has a home of its own
CLIENTS = 50
REQUESTS = 400  # in one round
SLACK = 1.5  # seconds beyond the writing interval for a busy machine, and three times as long as a write has taken
LONG = 4.0  # seconds of the one round in a block that outlives the writing interval
AGAIN = 20  # settled answers and conversations that each round looks at again


def database_files(home):
    return sorted((home.state / "askd").glob("askd.db*"))


def check_files(home, whole):
    """As the kill has left them."""
    files = database_files(home)
    assert files, "there is no database"
    for f in files:
        assert SECRET.encode() not in f.read_bytes(), f"{f} holds what was not to be stored"
    if not whole:
        return
    copy = home.path / "copy"
    copy.mkdir()
    for f in files:
        if not f.name.endswith("-shm"):
            shutil.copy(f, copy)
    db = sqlite3.connect(copy / "askd.db")
    try:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert db.execute("PRAGMA journal_mode").fetchall() == [("wal",)]
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


@pytest.mark.parametrize("block", range(BLOCKS))
def test_kill(home, provider, start_daemon, block):
    seed = f"{SEED}-{block}"
    print("ASKD_KILL_SEED", SEED)
    rng = random.Random(seed)
    told = Told()
    home.write_config(provider.base_url, provider={"max_connections": "256"})
    long_round = rng.randrange(ROUNDS)
    d = start_daemon()
    for n in range(ROUNDS):
        horizon = load(d, home, told, rng, LONG if n == long_round else rng.uniform(0.005, 0.25))
        check_files(home, n == ROUNDS - 1)
        if rng.random() < 0.25:
            kill_at_start(start_daemon, rng)
        d = start_daemon()
        caller = Caller(home.socket)
        told.check(caller, horizon, rng, 1 << 30 if n == ROUNDS - 1 else AGAIN)
        caller.close()
        assert d.connect().call("status")["store"]["state"] == "ok"
