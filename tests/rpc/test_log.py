"""The daemon's log over the socket: log.read, log.line, log.unwatch, and what its lines are about."""

import re
import shutil
import socket
import subprocess
import time

import pytest

from client import failure, say
from conftest import PATIENCE, askd_path, wait_until


def lines(client, /, **params):
    return client.call("log.read", params)["lines"]


def told(client, watch):
    """The lines that this watch has brought so far: what comes after the reply to this was told before it."""
    client.call("status")
    return [m[2][1] for m in client.log if m[0] == 2 and m[1] == "log.line" and m[2][0] == watch]


def wait_line(client, **fields):
    return client.wait_for(lambda m: m[0] == 2 and m[1] == "log.line" and fields.items() <= m[2][1].items())[2][1]


@pytest.mark.askd(daemon={"log_level": "notice"})
def test_the_end_of_each_answer_is_a_line(daemon, client):
    before = time.time()
    client.call("hello", {"client": "tester"})
    a = client.call("chat", {"model": "fake/words-2", "prompt": "secret words"})
    again = client.call("chat", {"model": "fake/words-2", "prompt": "secret words"})
    assert again["cached"]
    fresh, cached = lines(client, level="info", client="tester")[-2:]
    usage = a["usage"]
    assert before <= fresh["time"] <= cached["time"] <= time.time()
    assert {k: fresh[k] for k in ("level", "answer", "provider", "model", "client")} == {
        "level": "info",
        "answer": a["answer"],
        "provider": "fake",
        "model": "words-2",
        "client": "tester",
    }
    assert re.fullmatch(
        rf"answer {a['answer']}: done, {usage['input_tokens']} \+ {usage['output_tokens']} tokens"
        r"(, asked after \d+ ms)?, first token after \d+ ms, in all \d+ ms",
        fresh["message"],
    )
    assert re.fullmatch(rf"answer {again['answer']}: from the cache, 0 s old, in all \d+ ms", cached["message"])
    assert cached["answer"] == again["answer"]
    assert "secret" not in str(lines(client, limit=1000))
    assert "info" not in daemon.stderr(), "it is kept, and not written"


def test_a_failure_is_a_notice(daemon, client):
    c = say(client, "begin")["conversation"]
    error, _ = client.response(client.chat("status-500", conversation=c))
    (line,) = lines(client, answer=error["answer"])
    assert (line["level"], line["code"], line["conversation"]) == ("notice", error["code"], c)
    assert f"answer {error['answer']}: {error['code']} from fake (HTTP 500)" == line["message"]
    written = next(t for t in daemon.stderr().splitlines() if error["answer"] in t)
    assert written.endswith(f"{line['message']} [conversation={c} model=status-500]"), "no field is lost in text"


def test_what_is_read(daemon, client):
    for n in range(5):
        client.call("chat", {"model": "fake/words-2", "prompt": f"question {n}"})
    everything = lines(client, limit=1000)
    assert [x["seq"] for x in everything] == list(range(everything[0]["seq"], everything[-1]["seq"] + 1))
    assert lines(client, limit=2) == everything[-2:], "the latest, the oldest of them first"
    assert lines(client, level="notice", limit=1000) == [x for x in everything if x["level"] != "info"]
    assert lines(client, provider="fake", limit=2) == everything[-2:] and not lines(client, provider="other")
    assert not lines(client, model="x" * 300), "longer than any"
    third = everything[-3]
    assert lines(client, after=third["seq"]) == everything[-2:]
    assert lines(client, after=third["seq"], limit=1) == everything[-2:-1], "the oldest that follow"
    assert lines(client, after=everything[-1]["seq"]) == []
    for other in (0, -5, everything[-1]["seq"] + 10):  # another daemon's
        assert lines(client, after=other, limit=1000) == everything
    for params, at in (({"level": "loud"}, "level"), ({"limit": 0}, "limit"), ({"limit": 1001}, "limit")):
        assert failure(client, "log.read", params)["param"] == at


def test_follow(daemon, client):
    reader, other = daemon.connect(), daemon.connect()
    watch = reader.call("log.read", {"follow": True, "limit": 1})["watch"]
    mine = other.call("log.read", {"follow": True, "limit": 1, "model": "slow-3-10"})["watch"]
    answers = [client.call("chat", {"model": f"fake/{m}", "prompt": "x"})["answer"] for m in ("words-2", "slow-3-10")]
    wait_line(reader, answer=answers[1])
    wait_line(other, answer=answers[1])
    assert [x["answer"] for x in told(reader, watch)] == answers
    assert [x["answer"] for x in told(other, mine)] == answers[1:]
    assert failure(other, "log.unwatch", {"watch": watch})["code"] == "not_found", "another connection's"
    assert failure(reader, "conversation.unwatch", {"watch": watch})["code"] == "not_found", "of another kind"
    reader.call("log.unwatch", {"watch": watch})
    last = client.call("chat", {"model": "fake/slow-3-10", "prompt": "y"})["answer"]
    wait_line(other, answer=last)
    assert [x["answer"] for x in told(reader, watch)] == answers
    assert failure(reader, "log.unwatch", {"watch": watch})["code"] == "not_found"


def test_follow_leaves_nothing_out(daemon, client):
    """Between the lines of the reply and the first that is told."""
    reader = daemon.connect()
    for n in range(3):
        client.call("chat", {"model": "fake/words-2", "prompt": f"question {n}"})
    first = lines(client, limit=1000)[0]["seq"]
    reply = reader.call("log.read", {"follow": True, "after": first - 1, "limit": 2})
    client.call("chat", {"model": "fake/words-2", "prompt": "last"})
    last = lines(client, limit=1)[0]
    wait_line(reader, seq=last["seq"])
    assert [x["seq"] for x in reply["lines"] + told(reader, reply["watch"])] == list(range(first, last["seq"] + 1))


def test_notify_as_wished(daemon, client):
    reader = daemon.connect()
    reader.call("log.read", {"follow": True, "limit": 1, "notify": {"method": "mine", "args": ["a"]}})
    a = client.call("chat", {"model": "fake/words-2", "prompt": "x"})["answer"]
    _, _, (word, (watch, line)) = reader.wait_for(lambda m: m[0] == 2 and m[1] == "mine")
    assert (word, line["answer"]) == ("a", a)


@pytest.mark.askd(daemon={"max_watches": "2"})
def test_max_watches(client):
    client.call("conversation.watch")
    client.call("log.read", {"follow": True})
    assert "max_watches" in failure(client, "log.read", {"follow": True})["message"]
    lines(client)  # reading alone is none


@pytest.mark.askd(daemon={"log_lines": "20"})
def test_who_does_not_read_is_told_what_it_missed(daemon, client):
    deaf = daemon.connect(receive_buffer=4096)
    watch = deaf.call("log.read", {"follow": True, "limit": 1})["watch"]
    for _ in range(100):  # what lies in the sockets' and in our buffers, then 20, then some more
        for n in range(10):
            client.call("chat", {"model": "fake/words-2", "prompt": "x", "stop": [f"{n}" * 100]})
    last = lines(client, limit=1)[0]
    wait_line(deaf, seq=last["seq"])
    seen = told(deaf, watch)
    numbers = [x["seq"] for x in seen]
    gaps = [x for x in seen if "missed" in x["message"]]
    assert gaps and all(x["level"] == "warn" for x in gaps) and numbers == sorted(set(numbers))
    missed = sum(int(x["message"].split()[0]) for x in gaps)
    assert len(seen) - len(gaps) + missed == last["seq"] - numbers[0] + 1, "each is told or counted"
    a = client.call("chat", {"model": "fake/words-2", "prompt": "y"})["answer"]
    wait_line(deaf, answer=a)
    first = lines(client, limit=1000)[0]["seq"]
    reply = client.call("log.read", {"after": numbers[0], "limit": 1000})
    assert reply["missed"] == first - numbers[0] - 1 and reply["lines"][0]["seq"] == first


def test_numbers_grow_over_a_restart(daemon, client, restart):
    last = lines(client, limit=1)[0]["seq"]
    later = restart()
    everything = lines(later, limit=1000)
    assert everything[0]["seq"] > last
    assert later.call("log.read", {"after": last, "limit": 1000}) == {"lines": everything}


def test_a_hang_up_ends_its_watches(daemon, client):
    for _ in range(3):
        with daemon.connect() as reader:
            reader.call("log.read", {"follow": True})
            reader.call("log.read", {"follow": True})
    wait_until(lambda: client.call("status")["connections"] == 1, "they are gone")
    say(client, "nobody is told")


@pytest.mark.askd(daemon={"log_lines": "5", "log_memory": "8 KiB"})
def test_other_bounds_by_a_reload(daemon, client, home, provider):
    for n in range(9):
        client.call("chat", {"model": "fake/words-2", "prompt": f"{n}"})
    five = lines(client, limit=1000)
    assert len(five) == 5
    home.write_config(provider.base_url, daemon={"log_lines": "2000"})
    client.call("config.reload")
    assert lines(client, limit=1000)[:4] == five[1:], "what was there stays; that it was asked for is a line itself"
    for n in range(9):
        client.call("chat", {"model": "fake/words-2", "prompt": f"again {n}"})
    assert len(lines(client, limit=1000)) > 9


# -- the journal


@pytest.fixture
def journal(home):
    """(what runs askd under a journal of its own, the journal's socket)."""
    run = home.path / "run"
    (run / "systemd" / "journal").mkdir(parents=True)
    path = run / "systemd" / "journal" / "socket"
    what = 'mount --bind "$0" /run && JOURNAL_STREAM=$(stat -Lc %d:%i /proc/self/fd/2) && export JOURNAL_STREAM && exec "$@"'
    via = ("unshare", "-rm", "sh", "-c", what, str(run))
    if not shutil.which("unshare") or subprocess.run([*via, "true"], capture_output=True).returncode != 0:
        pytest.skip("no namespace of our own to be had")
    if "libsystemd" not in subprocess.run(["ldd", askd_path()], capture_output=True, text=True).stdout:
        pytest.skip("built without libsystemd")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
        s.bind(str(path))
        s.settimeout(PATIENCE)
        yield via, s


def entry(s):
    return dict(f.split("=", 1) for f in s.recv(1 << 16).decode().splitlines())


def test_journal_gets_fields(home, provider, start_daemon, journal):
    via, s = journal
    home.write_config(provider.base_url, daemon={"log_level": "notice"})
    daemon = start_daemon(via=via)
    client = daemon.connect()
    client.call("hello", {"client": "tester"})
    error, _ = client.response(client.chat("status-500"))
    said = entry(s)
    while "ASKD_ANSWER" not in said:
        said = entry(s)
    assert {k: v for k, v in said.items() if not k.startswith("_")} == {
        "MESSAGE": f"answer {error['answer']}: {error['code']} from fake (HTTP 500)",
        "PRIORITY": "5",
        "SYSLOG_IDENTIFIER": "askd",
        "ASKD_ANSWER": error["answer"],
        "ASKD_PROVIDER": "fake",
        "ASKD_MODEL": "status-500",
        "ASKD_CLIENT": "tester",
        "ASKD_CODE": error["code"],
    }
    assert daemon.stderr() == "", "a line goes one way"
