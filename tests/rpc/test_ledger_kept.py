"""What the store keeps of the ledger: rows for as long as `ledger` says, their sums for good."""

import contextlib
import os
import sqlite3
import time
import uuid

import pytest
from conftest import wait_until

HOUR = 3600 * 10**6
DAY = 24 * HOUR


def insert(db, table, **values):
    """A row that has 0 wherever nothing is told."""
    columns = [c[1] for c in db.execute(f"PRAGMA table_info({table})")]
    marks = ", ".join("?" * len(columns))
    db.execute(f"INSERT INTO {table} VALUES({marks})", [values.get(c, 0) for c in columns])


def spend(db, at):
    """One answer as the daemon would have stored it then: 7 billionths of a dollar."""
    about = {"uid": os.getuid(), "provider": 1, "model": 2, "currency": 3, "cost": 7, "answers": 1, "requests": 1}
    insert(db, "ledger", at=at, answer=uuid.uuid4().bytes, outcome=1, **about)
    insert(db, "ledger_hour", hour=at // HOUR, entries=1, **about)


def report(client, *by):
    return client.call("usage.report", {"by": list(by)})["rows"]


@pytest.mark.askd(extra="[store]\nledger = 2 d")
def test_rows_leave_and_their_sums_stay(home, client, restart):
    now = int(time.time() * 10**6)
    old = (now // DAY - 3) * DAY
    assert report(client) == []
    with contextlib.closing(sqlite3.connect(home.state / "askd" / "askd.db", timeout=10)) as db, db:
        db.executemany("INSERT INTO ledger_text VALUES(?, ?)", ((1, "fake"), (2, "words"), (3, "USD")))
        for at in (old, old + HOUR, now - HOUR):
            spend(db, at)
    client = restart()
    wait_until(lambda: [r["answers"] for r in report(client, "conversation")] == [1], "two of the rows have left")
    days = [(r["day"] * 10**6, r["model"], r["answers"], r["cost_nano"]) for r in report(client, "day", "model")]
    assert days == [(old, "words", 2, 14), ((now - HOUR) // DAY * DAY, "words", 1, 7)]
    assert [(r["hour"] * 10**6, r["cost_nano"]) for r in report(client, "hour")][:2] == [(old, 7), (old + HOUR, 7)]
    with contextlib.closing(sqlite3.connect(f"file:{home.state}/askd/askd.db?mode=ro", uri=True)) as db:
        day = "SELECT cost FROM ledger_day WHERE day = ?"
        wait_until(lambda: db.execute(day, (old // DAY,)).fetchone() == (14,), "the day is summed up")
    assert [r["cost_nano"] for r in report(client, "model")] == [21]
