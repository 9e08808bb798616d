"""A database that cannot be used, and a disk that is full: answers go on, and whoever looks learns that nothing is
stored."""

import errno
import signal
import sqlite3
import subprocess

import pytest

from conftest import wait_until
from fault_provider import words_text

OFF = "error: nothing is stored"  # in the log, once
AGAIN = "stored again"
RETRY = "[store]\nretry = 20 ms"  # what cannot be opened is tried again
LONG = "word " * 12000


def database(home):
    return home.state / "askd" / "askd.db"


def stored(client):
    return client.call("status")["store"]


def wait_opened(client):
    return wait_until(lambda: (s := stored(client))["state"] != "opening" and s, "the database is opened, or refused")


def stop(d):
    d.signal(signal.SIGTERM)
    assert d.wait() == 0


def check_stored_again(d, c):
    wait_until(lambda: stored(c)["state"] == "ok", "the database is opened")
    assert "error" not in stored(c) and d.stderr().count(AGAIN) == 1
    a = c.result(c.chat("echo", "after", conversation="new"))
    assert c.call("conversation.get", {"conversation": a["conversation"]})["head"] == a["message"]


def make_database(start_daemon, text="hello"):
    """-> its one conversation"""
    d = start_daemon()
    with d.connect() as c:
        id = c.result(c.chat("echo", text, conversation="new"))["conversation"]
    stop(d)
    return id


def put_garbage(path):
    path.write_bytes(b"this is no database " * 1000)


def put_schema_garbage(path):
    data = bytearray(path.read_bytes())
    data[100:4096] = b"\xff" * 3996
    path.write_bytes(data)


def put_newer_version(path):
    db = sqlite3.connect(path)
    db.execute("PRAGMA user_version = 1000000")
    db.close()


@pytest.mark.parametrize(
    "harm, word",
    [(put_garbage, "damaged"), (put_schema_garbage, "damaged"), (put_newer_version, "newer")],
)
def test_unusable_database(home, provider, start_daemon, harm, word):
    home.write_config(provider.base_url, extra=RETRY)
    make_database(start_daemon)
    path = database(home)
    harm(path)
    before = path.read_bytes()
    d = start_daemon()
    c = d.connect()
    s = wait_opened(c)
    assert s["state"] == "off"
    assert word in s["error"] and str(path) in s["error"]
    for _ in range(3):
        assert c.result(c.chat("echo", "and yet", cache="off"))["text"] == "and yet"
    error, _ = c.response(c.request("conversation.list"))
    assert error["code"] == "unavailable" and word in error["message"]
    log = d.stderr()
    assert log.count(OFF) == 1 and s["error"] in log
    assert path.read_bytes() == before, "it was touched"
    for f in path.parent.glob(path.name + "*"):
        f.unlink()
    check_stored_again(d, c)


def test_damaged_page(home, provider, start_daemon):
    """Found only when it is read. What asks for it fails, the rest goes on."""
    home.write_config(provider.base_url)
    id = make_database(start_daemon, LONG)
    path = database(home)
    text = LONG.encode()[:1000]
    data = bytearray(path.read_bytes())
    assert text in data
    # A page of a long text begins with the number of the next one; one that holds rows, with a byte that is not 0.
    for page in range(4096, len(data), 4096):
        if text in data[page : page + 4096] and data[page] == 0:
            data[page : page + 4] = b"\x7f\xff\xff\xff"
    path.write_bytes(data)
    d = start_daemon()
    c = d.connect()
    error, _ = c.response(c.request("conversation.get", {"conversation": id}))
    assert error["code"] == "unavailable" and "damaged" in error["message"]
    a = c.result(c.chat("echo", "and yet", conversation="new"))
    assert c.call("conversation.get", {"conversation": a["conversation"]})["head"] == a["message"]


# -- no room


def fail_to_store(c):
    """Asks until something could not be stored. -> status.store"""

    def failing():
        assert c.result(c.chat("echo", LONG, conversation="new", cache="off"))["state"] == "done"
        s = stored(c)
        return s["state"] == "failing" and s

    return wait_until(failing, "the store is full")


def check_still_answers(d, c):
    for _ in range(5):
        assert c.result(c.chat("echo", "and yet", stream=True, cache="off"))["text"] == "and yet"
        assert c.result(c.chat("echo", "and yet", conversation="new", cache="off"))["text"] == "and yet"
    assert d.stderr().count(OFF) == 1


@pytest.mark.askd(extra="[store]\nmax_size = 400000")
def test_max_size(daemon, client):
    s = fail_to_store(client)
    assert "max_size" in s["error"] and s["failed"] > 0
    check_still_answers(daemon, client)
    assert client.call("conversation.list"), "what was stored before can be read"


UNSTORED = "ask: this is not stored yet, and lost if the daemon ends before it is: askctl status tells why\n"


@pytest.mark.askd(extra="[store]\nmax_size = 400000")
def test_who_asked_is_told(daemon, client, ask):
    assert ask("x").stderr == ""
    fail_to_store(client)
    for options in ((), ("--json",)):
        answer = ask(*options, input=LONG)
        assert answer.returncode == 0 and answer.stderr == UNSTORED, options
    assert ask("-m", "fake/echo", "-m", "fake/no-done", input=LONG).stderr.count(UNSTORED) == 1
    assert ask("--no-store", input=LONG).stderr == ""


@pytest.fixture
def small_disk(home):
    """The state folder on a file system of its own."""
    command = ["mount", "-t", "tmpfs", "-o", "size=2m,mode=700", "tmpfs", str(home.state)]
    if subprocess.run(command, stderr=subprocess.DEVNULL).returncode != 0:
        pytest.skip("no file system can be mounted here")
    yield home.state
    subprocess.run(["umount", "-l", str(home.state)], check=True)


def fill_up(path):
    with open(path, "wb", buffering=0) as f:
        try:
            while True:
                f.write(b"x" * 4096)
        except OSError as e:
            assert e.errno == errno.ENOSPC


def test_full_disk(home, small_disk, provider, start_daemon):
    home.write_config(provider.base_url)
    d = start_daemon()
    c = d.connect()
    before = c.result(c.chat("echo", "before", conversation="new"))
    filler = small_disk / "filler"
    fill_up(filler)
    s = fail_to_store(c)
    assert "full" in s["error"] and str(database(home)) in s["error"]
    check_still_answers(d, c)
    assert c.call("conversation.get", {"conversation": before["conversation"]})["head"] == before["message"]

    filler.unlink()
    after = c.result(c.chat("echo", "after", conversation="new"))
    assert stored(c)["state"] == "ok" and "error" not in stored(c)
    assert d.stderr().count(OFF) == 1 and d.stderr().count(AGAIN) == 1
    d.kill()
    c = start_daemon().connect()
    for a in (before, after):
        assert c.call("conversation.get", {"conversation": a["conversation"]})["head"] == a["message"]
        assert c.call("answer.get", {"answer": a["answer"]}) == a


def test_disk_full_from_the_start(home, small_disk, provider, start_daemon):
    home.write_config(provider.base_url, extra=RETRY)
    filler = small_disk / "filler"
    fill_up(filler)
    d = start_daemon()
    c = d.connect()
    s = wait_opened(c)
    assert s["state"] in ("failing", "off") and "full" in s["error"]
    check_still_answers(d, c)
    filler.unlink()
    check_stored_again(d, c)


def test_what_was_answered_on_a_full_disk_is_stored_once_there_is_room(home, small_disk, provider, start_daemon):
    """The question was stored, the end could not be; then a whole question and answer could not. Nothing is lost, and
    nobody has to ask again."""
    home.write_config(provider.base_url)
    d = start_daemon()
    c = d.connect()
    first = c.result(c.chat("echo", "first", conversation="new"))
    msgid = c.chat("slow-40-50", "half", conversation=first["conversation"], stream=True)
    wait_until(lambda: c.recv() and len(c.events()) > 20, "its question is stored, and some events")
    fill_up(small_disk / "filler")
    half = c.result(msgid)
    long = c.result(c.chat("echo", LONG, conversation="new"))
    assert half["text"] == words_text(40) and "conversation" not in half and "conversation" not in long
    assert stored(c)["state"] == "failing"

    (small_disk / "filler").unlink()
    wait_until(lambda: stored(c)["state"] == "ok", "it is tried again")

    def titles():
        return [i["title"] for i in c.call("conversation.list")]

    wait_until(lambda: len(titles()) == 2, "the second conversation is there")
    wait_until(
        lambda: c.call("conversation.get", {"conversation": first["conversation"]})["messages"][-1]["state"] == "done",
        "the first one has its answer",
    )
    d.kill()
    c = start_daemon().connect()
    assert c.call("conversation.get", {"conversation": first["conversation"]})["messages"][-1]["content"] == half["text"]
    for a in (half, long):
        got = c.call("answer.get", {"answer": a["answer"]})
        assert got["text"] == a["text"] and got["conversation"]


def test_held_by_another_program(daemon, client, home):
    """Answers wait commit_timeout at most, and are stored when the other lets go."""
    daemon.home.config.write_text(daemon.home.config.read_text() + "\n[store]\ncommit_timeout = 100 ms\n")
    client.call("config.reload")
    client.result(client.chat("echo", "before", conversation="new"))
    with sqlite3.connect(database(home), isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        answers = [client.result(m) for m in [client.chat("echo", f"{i}", conversation="new") for i in range(20)]]
        assert all(a["state"] == "done" and "conversation" not in a for a in answers)
        other.execute("ROLLBACK")
    other.close()
    wait_until(lambda: len(client.call("conversation.list")) == 21, "all is stored")


def hold(home):
    other = sqlite3.connect(database(home), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    return other


@pytest.mark.askd(extra="[store]\ncommit_timeout = 500 ms\n")
def test_an_end_that_is_stored_late_joins_its_conversation(daemon, client, home):
    first = client.result(client.chat("echo", "first", conversation="new"))
    c = first["conversation"]
    other = hold(home)
    late = client.result(client.chat("echo", "late", conversation=c))
    elsewhere = client.result(client.chat("echo", "elsewhere", conversation="new"))
    assert "conversation" not in late and "conversation" not in elsewhere and stored(client)["unstored"] == 2
    other.close()  # rolls back
    after = client.result(client.chat("echo", "after", conversation=c))
    wait_until(lambda: stored(client)["unstored"] == 0, "all is stored")
    got = client.call("conversation.get", {"conversation": c})
    assert got["head"] == after["message"] and "late" in [m["content"] for m in got["messages"]]
    assert {i["title"] for i in client.call("conversation.list")} == {"first", "elsewhere"}


@pytest.mark.askd(extra="[store]\ncommit_timeout = 500 ms\n")
def test_the_daemon_does_not_end_before_it_has_stored(daemon, client, home, start_daemon):
    client.result(client.chat("echo", "first", conversation="new"))
    other = hold(home)
    answers = [client.result(client.chat("echo", f"late {i}", conversation="new")) for i in range(3)]
    daemon.signal(signal.SIGTERM)
    wait_until(lambda: not home.socket.exists(), "it drains")
    assert daemon.proc.poll() is None
    other.close()
    assert daemon.wait() == 0, daemon.stderr()
    assert "given up" not in daemon.stderr()
    c = start_daemon().connect()
    for a in answers:
        assert c.call("answer.get", {"answer": a["answer"]})["text"] == a["text"]


@pytest.mark.askd(extra="[store]\ncommit_timeout = 500 ms\nmax_unstored = 64 KiB\n")
def test_what_is_too_large_to_wait_is_given_up_alone(daemon, client, home):
    client.result(client.chat("echo", "first", conversation="new"))
    other = hold(home)
    client.result(client.chat("echo", "small", conversation="new"))
    client.result(client.chat("echo", LONG, conversation="new"))
    wait_until(lambda: daemon.stderr().count("given up") == 1, "the large one is given up")
    other.close()
    wait_until(lambda: stored(client)["unstored"] == 0, "the other is stored")
    assert {i["title"] for i in client.call("conversation.list")} == {"first", "small"}
