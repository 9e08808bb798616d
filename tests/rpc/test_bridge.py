"""askctl bridge: JSON lines for programs without MessagePack."""

import base64
import json
import os
import signal
import subprocess
import threading

import pytest

from conftest import PATIENCE, wait_until
from helpers_bridge import Bridge

MIB = 1 << 20
TERMINATED, PIPE = 143, 141

pytestmark = pytest.mark.askd(provider={"retries": "0"})


@pytest.fixture
def bridge(daemon, askctl):
    with Bridge(askctl) as b:
        yield b


def test_a_request_and_its_reply(daemon, bridge):
    bridge.call(1, "status")
    assert bridge.reply(1)["result"]["pid"] == daemon.pid
    assert bridge.end() == (0, [])


def test_a_shell_speaks_it(daemon, askctl):
    r = askctl("bridge", input='{"id": 1, "method": "chat", "params": {"prompt": "hello there"}}\n')
    assert r.returncode == 0 and r.stderr == "" and json.loads(r.stdout)["result"]["text"] == "hello there"


def test_the_last_line_needs_no_end(daemon, askctl):
    r = askctl("bridge", input='\n  \n{"id": 1, "method": "answer.list"}')
    assert json.loads(r.stdout) == {"id": 1, "result": []}


@pytest.mark.parametrize("id", [0, -7, 2**53, 1.5, "a \"word\"\n", True, [1, "x"], {"a": {"b": None}}, {"$bin": "AAH/"}], ids=repr)
def test_any_value_is_an_id(bridge, id):
    bridge.call(id, "answer.list")
    assert bridge.receive() == {"id": id, "result": []}


def test_an_error_is_a_map(bridge):
    bridge.call(1, "answer.get", {"answer": "none"})
    error = bridge.reply(1)["error"]
    assert error["code"] == "not_found" and error["message"]
    bridge.call(2, "no.such")
    assert bridge.reply(2)["error"]["code"] == "unknown_method"


def test_errors_as_text_where_they_are_asked_for(bridge):
    bridge.call(1, "hello", {"client": "mine", "version": "1", "protocol": 1, "errors": "text"})
    assert bridge.reply(1)["result"]["protocol"] == 1
    bridge.call(2, "no.such")
    assert bridge.reply(2)["error"].startswith("unknown_method: ")


def test_events_come_before_the_reply(bridge):
    bridge.call("q", "chat", {"model": "fake/words-3", "prompt": "x", "stream": True})
    result = bridge.reply("q")["result"]
    events = [line["params"] for line in bridge.kept]
    assert {line["method"] for line in bridge.kept} == {"answer.event"}
    assert [seq for _, seq, _ in events] == list(range(len(events)))
    assert {answer for answer, _, _ in events} == {result["answer"]}
    assert "".join(e["text"] for _, _, e in events if e["type"] == "text") == result["text"] == "w0 w1 w2 "


def test_requests_run_at_once(bridge):
    bridge.call("long", "chat", {"model": "fake/hang-after-2", "prompt": "x", "stream": True})
    answer = bridge.pushed(lambda line: line["params"][2]["type"] == "text")["params"][0]
    bridge.call("short", "answer.list")
    assert bridge.reply("short")["result"][0]["answer"] == answer
    bridge.call("end", "answer.cancel", {"answer": answer})
    assert bridge.reply("long")["error"]["code"] == "cancelled"


def start_of(bridge, *answer):
    """The event that begins an answer, that one if it is told."""
    return bridge.pushed(lambda line: line["params"][2]["type"] == "start" and line["params"][0] in (answer or line["params"]))["params"]


def test_an_answer_is_told_by_the_programs_own_id(bridge):
    for id in ("one", {"two": 2}):
        bridge.call(id, "chat", {"model": "fake/hang-after-2", "prompt": str(id), "stream": True})
    starts = [start_of(bridge) for _ in range(2)]
    assert sorted((str(s[2]["request"]) for s in starts)) == ["one", "{'two': 2}"]
    bridge.call("end", "answer.cancel", {"request": {"two": 2}})
    assert bridge.reply({"two": 2})["error"]["code"] == "cancelled"
    bridge.call("again", "answer.cancel", {"request": {"two": 2}})
    assert bridge.reply("again")["error"]["code"] == "not_found"
    one = next(s[0] for s in starts if s[2]["request"] == "one")
    bridge.call("list", "answer.list", {"state": "running"})
    assert [a["answer"] for a in bridge.reply("list")["result"]] == [one]


def test_so_it_is_where_events_go_elsewhere(bridge):
    notify = {"method": "told", "args": ["x"]}
    bridge.call("one", "chat", {"model": "fake/hang-after-2", "prompt": "x", "stream": True, "notify": notify})
    method = bridge.pushed(lambda line: True)
    assert method["method"] == "told" and method["params"][0] == "x" and method["params"][1][2]["request"] == "one"


def test_another_ones_answer_is_nobodys_request(bridge, client):
    """Both connections number their requests alike."""
    others = []
    for i in range(3):
        bridge.call(f"mine {i}", "chat", {"model": "fake/hang-first", "prompt": "x"})
        msgid = client.chat("hang-after-2", f"{i}", stream=True)
        others.append(client.wait_for(lambda m: m[0] == 2 and m[2][2]["type"] == "start" and m[2][2]["request"] == msgid)[2][0])
    for answer in others:
        bridge.call(answer, "answer.attach", {"answer": answer})
        assert start_of(bridge, answer)[2]["request"] is None


def test_without_an_id_nobody_is_answered(bridge, provider):
    bridge.send({"method": "chat", "params": {"prompt": "to nobody"}}, {"id": None, "method": "chat", "params": {"prompt": "nor to him"}})
    provider.wait_requests(2)
    status, left = bridge.end()
    assert (status, left) == (0, [])


BAD = [
    ("garbage", None),
    ("{\"id\": 1, \"id\": 2, \"method\": \"status\"}", None),
    ("\"\udcff\"", None),
    ("7", None),
    ("[1, {\"method\": \"status\"}]", None),
    ('{"id": 3}', 3),
    ('{"id": 3, "method": 5}', 3),
    ('{"id": 3, "method": "status", "params": [1]}', 3),
    ('{"id": 3, "method": "status", "params": "x"}', 3),
    ('{"id": 3, "method": "chat", "params": {"x": {"$bin": "*"}}}', 3),
    ('{"id": 3, "method": "chat", "params": {"extra": ' + "[" * 40 + "]" * 40 + "}}", 3),
    ('{"id": 3, "method": "chat", "params": {"extra": ' + "[" * 30 + "]" * 30 + "}}", 3),
    ('{"id": 3, "method": "chat", "params": {"extra": ' + "[" * 3000 + "]" * 3000 + "}}", None),
]


@pytest.mark.parametrize("line, id", BAD, ids=[line[:50] for line, _ in BAD])
def test_a_bad_line_is_told_of_and_passed_over(bridge, line, id):
    bridge.call("before", "answer.list")
    bridge.send_raw(line.encode(errors="surrogateescape") + b"\n")
    bridge.call("after", "answer.list")
    lines = [bridge.receive() for _ in range(3)]
    assert sorted(str(r["id"]) for r in lines) == sorted(["after", "before", str(id)])
    error = next(r["error"] for r in lines if "error" in r)
    assert error["code"] == "invalid_request" and error["message"]


@pytest.mark.parametrize("name", ["x" * 129, "a\0b", "x" * 128], ids=["129", "nul", "128"])
def test_a_name_that_no_method_has(bridge, name):
    bridge.call(1, name)
    assert bridge.reply(1)["error"]["code"] == "unknown_method"
    bridge.call(2, "answer.list")
    assert bridge.reply(2)["result"] == []


def test_nesting_up_to_the_bound_reaches_the_daemon(bridge, provider):
    deep = json.loads("[" * 27 + "]" * 27)
    bridge.call(1, "chat", {"prompt": "x", "extra": {"deep": deep}})
    assert "result" in bridge.reply(1) and provider.bodies()[-1]["deep"] == deep


def test_values_up_to_the_bound(bridge):
    """Beyond it the daemon would close the connection, with all that runs on it."""
    bridge.call("runs", "chat", {"model": "fake/hang-after-2", "prompt": "x", "stream": True})
    bridge.pushed(lambda line: line["params"][2]["type"] == "text")
    bridge.call("many", "embed", {"input": [0] * 262144})
    assert bridge.reply("many")["error"]["code"] == "too_large"
    bridge.call("fewer", "embed", {"input": [0] * 262000})
    assert bridge.reply("fewer")["error"]["code"] == "invalid_request"
    assert bridge.proc.poll() is None and all(line.get("id") != "runs" for line in bridge.kept)


def test_an_id_has_a_bound(bridge):
    bridge.call("x" * 4093, "answer.list")
    assert bridge.receive()["id"] == "x" * 4093
    bridge.call("x" * 4094, "answer.list")
    line = bridge.receive()
    assert line["id"] is None and line["error"]["code"] == "too_large"


def test_a_line_has_a_bound(bridge):
    fits = '{"id": 1, "method": "answer.list"}'
    bridge.send_raw(b" " * (64 * MIB - len(fits)) + fits.encode() + b"\n")
    assert bridge.receive() == {"id": 1, "result": []}
    bridge.send_raw(b"x" * (70 * MIB) + b"\n")
    line = bridge.receive()
    assert line["id"] is None and line["error"]["code"] == "too_large"
    bridge.call(2, "answer.list")
    assert bridge.receive() == {"id": 2, "result": []}


# -- bytes


def test_bytes_go_out(bridge, provider):
    png = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")
    part = {"type": "image", "data": {"$bin": base64.b64encode(png).decode()}}
    bridge.call(1, "chat", {"prompt": "what is this", "attachments": [part]})
    assert "result" in bridge.reply(1)
    assert base64.b64encode(png).decode() in json.dumps(provider.bodies()[-1])


def test_bytes_come_in(bridge):
    """A question's attachment, from where it is kept."""
    part = {"type": "file", "name": "a.bin", "mime": "application/pdf", "data": {"$bin": base64.b64encode(b"%PDF-1.4\0\xff\xfe").decode()}}
    bridge.call(1, "chat", {"prompt": "x", "conversation": "new", "attachments": [part]})
    result = bridge.reply(1)
    assert "result" in result, result
    bridge.call(2, "conversation.get", {"conversation": result["result"]["conversation"]})
    assert "$bin" in json.dumps(bridge.reply(2)["result"])


def test_a_path_is_refused_in_words(bridge):
    bridge.call(1, "chat", {"prompt": "x", "attachments": [{"type": "file", "path": "/etc/hostname"}]})
    error = bridge.reply(1)["error"]
    assert error["code"] == "invalid_request" and error["param"] == "attachments[0].path"


# -- ends


def test_at_the_end_of_input_what_runs_is_waited_for(bridge, provider):
    bridge.call(1, "chat", {"model": "fake/slow-3-200", "prompt": "x", "stream": True})
    status, lines = bridge.end()
    assert status == 0 and lines[-1]["id"] == 1 and lines[-1]["result"]["text"] == "w0 w1 w2 "


@pytest.mark.parametrize("number, status", [(signal.SIGTERM, TERMINATED), (signal.SIGINT, 130)])
def test_a_signal_ends_it_at_once(bridge, provider, number, status):
    bridge.call(1, "chat", {"model": "fake/hang-after-2", "prompt": "x", "stream": True})
    bridge.pushed(lambda line: line["params"][2]["type"] == "text")
    assert bridge.signal(number) == status
    provider.wait_aborted()


def test_nobody_reads_any_more(bridge, provider):
    bridge.call(1, "chat", {"model": "fake/hang-first", "prompt": "x"})
    provider.wait_requests(1)
    bridge.proc.stdout.close()
    assert bridge.proc.wait(PATIENCE) == PIPE
    provider.wait_aborted()


def test_an_output_that_cannot_be_written(daemon, askctl):
    with open("/dev/full", "wb") as full:
        proc = askctl.start("bridge", stdin=subprocess.PIPE, stdout=full)
        _, err = proc.communicate(b'{"id": 1, "method": "status"}\n', timeout=PATIENCE)
    assert proc.returncode == 74 and err.decode().startswith("askctl: cannot write the replies: ")


# -- the daemon comes and goes


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_the_daemon_comes_back(daemon, start_daemon, bridge, how):
    bridge.call("lost", "chat", {"model": "fake/hang-first", "prompt": "x", "conversation": "new"})
    bridge.call("there", "answer.list")
    bridge.reply("there")
    daemon.end(how)
    error = bridge.reply("lost")["error"]
    assert error["code"] in ("unavailable", "interrupted") and error["message"]
    assert bridge.pushed(lambda line: line["method"] == "bridge.closed")["params"][0]
    bridge.call("nobody", "answer.list")
    assert bridge.reply("nobody")["error"]["code"] == "unavailable"
    again = start_daemon()
    bridge.call("new", "status")
    assert bridge.reply("new")["result"]["pid"] == again.pid


def test_all_who_wait_are_told(daemon, bridge):
    for i in range(20):
        bridge.call(i, "chat", {"model": "fake/hang-first", "prompt": f"{i}"})
    bridge.call("there", "answer.list")
    bridge.reply("there")
    daemon.kill()
    told = [bridge.receive() for _ in range(21)]
    assert sorted(line["id"] for line in told[:20]) == list(range(20))
    assert {line["error"]["code"] for line in told[:20]} == {"unavailable"} and told[20]["method"] == "bridge.closed"
    assert bridge.end() == (0, [])


def test_it_waits_for_its_first_request_to_connect(home, askctl, provider, start_daemon):
    home.write_config(provider.base_url)
    with Bridge(askctl) as bridge:
        bridge.call(1, "status")
        error = bridge.reply(1)["error"]
        assert error["code"] == "unavailable" and "askd" in error["message"]
        pid = start_daemon().pid
        bridge.call(2, "status")
        assert bridge.reply(2)["result"]["pid"] == pid


# -- many


def test_ten_thousand_requests_before_one_reply_is_read(bridge):
    n = 10000
    bridge.send(*({"id": i, "method": "answer.list"} for i in range(n)))
    assert sorted(bridge.receive()["id"] for _ in range(n)) == list(range(n))
    assert bridge.end() == (0, [])


def test_more_questions_than_the_daemon_takes_at_once(daemon, bridge):
    """They wait for their turn, and none is refused."""
    n = 1500
    bridge.send(*({"id": i, "method": "chat", "params": {"prompt": f"{i}", "model": "fake/slow-2-5"}} for i in range(n)))
    assert all("result" in bridge.receive() for _ in range(n))


@pytest.fixture
def bridge_without_waste(daemon, askctl):
    """Where it is built with sanitizers, these are not to keep what it has freed."""
    with Bridge(askctl, env={"ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":quarantine_size_mb=1"}) as b:
        yield b


def test_who_does_not_read_is_not_read(bridge_without_waste):
    """What waits for him stays bounded; once he reads, nothing is missing."""
    bridge = bridge_without_waste
    n, done = 40000, threading.Event()

    def write():
        for i in range(n):
            bridge.call(i, "status")
        done.set()

    writer = threading.Thread(target=write, daemon=True)
    writer.start()
    seen = [0]

    def stands_still():
        before, seen[0] = seen[0], bridge.memory()
        return seen[0] > 8 * MIB and before == seen[0]

    wait_until(stands_still, "the bridge reads no further", pause=0.5)
    assert not done.is_set() and seen[0] < 64 * MIB
    assert sorted(bridge.receive()["id"] for _ in range(n)) == list(range(n))
    writer.join(PATIENCE)
    assert done.is_set()


def test_a_large_request_while_the_daemon_is_full(bridge):
    """It reads nothing more before its replies are taken, which is done while the request waits."""
    lines = [json.dumps({"id": i, "method": "status"}) for i in range(900)]
    lines.append(json.dumps({"id": "large", "method": "answer.get", "params": {"answer": "x" * (16 * MIB)}}))
    writer = threading.Thread(target=bridge.send_raw, args=("\n".join(lines + [""]).encode(),), daemon=True)
    writer.start()
    got = [bridge.receive() for _ in range(901)]
    assert {line["id"] for line in got} == {"large", *range(900)}
    writer.join(PATIENCE)


def test_a_signal_ends_it_while_the_daemon_hangs(daemon, bridge):
    bridge.call(1, "status")
    bridge.reply(1)
    daemon.signal(signal.SIGSTOP)
    try:
        bridge.call("large", "answer.get", {"answer": "x" * (4 * MIB)})
        wait_until(bridge.sends, "it sends what the daemon does not take")
        assert bridge.signal(signal.SIGTERM) == TERMINATED
    finally:
        daemon.signal(signal.SIGCONT)


def test_a_large_reply(bridge):
    bridge.call(1, "chat", {"model": f"fake/text-{20 * MIB}-65536", "prompt": "x"})
    reply = bridge.reply(1)
    assert len(reply["result"]["text"]) == 20 * MIB
