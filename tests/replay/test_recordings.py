"""Recorded exchanges through the whole daemon, at any chunking: what comes out must be what others read in them.

The recordings are a folder beside the source tree; where it is not there, there is nothing to replay.
"""

import json
import pathlib
import subprocess
import sys
import tempfile

import pytest

from client import check_events, text_of
from conftest import PATIENCE, Daemon, Home, wait_until

SHARED = pathlib.Path(__file__).resolve().parents[3] / "shared"
FOLDER = SHARED / "recordings" / "open"
CUTS = {"whole": "chunk=all", "bytes": "chunk=1", "random 1": "chunk=1-40;seed=1", "random 2": "chunk=1-200;seed=2"}

STATUS_CODES = {
    400: "invalid_request",
    401: "unauthenticated",
    402: "budget_exceeded",
    403: "permission_denied",
    404: "not_found",
    408: "timeout",
    409: "unavailable",
    413: "too_large",
    429: "rate_limited",
    503: "overloaded",
    529: "overloaded",
}
BY_NAME = {
    "insufficient_quota": "budget_exceeded",
    "context_length_exceeded": "context_length_exceeded",
    "content_filter": "content_filtered",
    "invalid_api_key": "unauthenticated",
    "model_not_found": "not_found",
    "rate_limit_exceeded": "rate_limited",
    "server_error": "unavailable",
}
USAGE = {
    "input_tokens": "input_total",
    "output_tokens": "output_total",
    "cached_input_tokens": "cached_input",
    "cache_write_tokens": "cache_write",
    "reasoning_tokens": "reasoning",
}


def recordings():
    return sorted(p.stem for p in FOLDER.glob("openai-chat_*.json"))


RECORDINGS = recordings() if (SHARED / "replay.py").is_file() else []
NONE = [pytest.param(None, marks=pytest.mark.skip(reason=f"there are no recordings in {FOLDER}"))]


def section(name, cut):
    return f"r{RECORDINGS.index(name)}x{list(CUTS).index(cut)}"


def config(port):
    """A provider for each recording and cut, as the base URL decides what is replayed."""
    lines = ["[daemon]", "drain_timeout = 2"]
    for name in RECORDINGS:
        for cut, options in CUTS.items():
            url = f"http://127.0.0.1:{port}/x/{name};{options}/v1"
            lines += [f'[provider "{section(name, cut)}"]', "api = openai-chat", f"base_url = {url}", "retries = 0"]
    return "\n".join(lines) + "\n"


@pytest.fixture(scope="module")
def replay_port():
    with tempfile.TemporaryDirectory(prefix="askd-r-", dir="/tmp") as folder:
        port_file = pathlib.Path(folder) / "port"
        command = [sys.executable, SHARED / "replay.py", "--dir", FOLDER, "--portfile", port_file]
        proc = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        wait_until(lambda: port_file.exists() or proc.poll() is not None, "the replay listens")
        yield int(port_file.read_text())
        proc.terminate()
        proc.wait(PATIENCE)


@pytest.fixture(scope="module")
def replay_daemon(replay_port):
    home = Home()
    home.config.write_text(config(replay_port))
    d = Daemon(home)
    yield d
    d.finish()
    home.remove()


def expected_code(error):
    for name in (error.get("code"), error.get("type")):
        if name in BY_NAME:
            return BY_NAME[name]
    status = error.get("status")
    if status is None:
        return "bad_response"
    return STATUS_CODES.get(status, "unavailable" if status >= 500 else "invalid_request")


def expected_finish(expect):
    if expect["tool_calls"] and expect["finish_normalized"] in ("stop", None):
        return "tool_calls"
    return expect["finish_normalized"]


def compare_error(expect, error):
    assert error is not None, "the answer is good though the recording is an error"
    assert error["code"] == expected_code(expect["error"])
    if expect["error"].get("status"):
        assert error["status"] == expect["error"]["status"]
    message = expect["error"].get("message")
    if message:
        assert " ".join(message.split())[:100] in error["message"]


def calls_of(answer):
    """A legacy function call has no id."""
    return [(c.get("id") or "", c["name"], c["arguments"]) for c in answer.get("tool_calls") or []]


def compare_answer(expect, answer):
    assert answer["text"] == (expect["text"] or "") + (expect["refusal"] or "")
    assert (answer.get("reasoning") or "") == (expect["reasoning"] or "")
    assert calls_of(answer) == calls_of(expect)
    finish = expected_finish(expect)
    if finish not in (None, "error"):
        assert answer["finish_reason"] == finish
    usage = answer.get("usage") or {}
    if not usage.get("estimated"):
        assert {k: usage.get(k) for k in USAGE} == {k: (expect["usage"] or {}).get(v) for k, v in USAGE.items()}


@pytest.mark.parametrize("cut", CUTS)
@pytest.mark.parametrize("name", RECORDINGS or NONE)
def test_recording(replay_daemon, name, cut):
    expect = json.loads((FOLDER / f"{name}.json").read_text())["expect"]
    model = f"{section(name, cut)}/recorded"
    with replay_daemon.connect() as client:
        error, answer = client.response(client.request("chat", {"model": model, "prompt": "x", "stream": True}))
        events = client.events()
    check_events(events)
    if expect["outcome"] != "ok":
        compare_error(expect, error)
        return
    assert error is None, error
    compare_answer(expect, answer)
    assert text_of(events) == answer["text"]
