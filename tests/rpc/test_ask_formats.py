"""How ask shows an answer to a pipe: bare, its reasoning, and its events as lines of JSON."""

import json

import pytest


def test_json_stream_is_an_event_a_line(daemon, ask):
    r = ask("--json-stream", "-m", "fake/words-3", "hi")
    assert r.returncode == 0 and r.stderr == ""
    lines = [json.loads(line) for line in r.stdout.splitlines()]
    assert [e["seq"] for e in lines] == list(range(len(lines)))
    assert len({e["answer"] for e in lines}) == 1 and all(set(e) == {"answer", "seq", "event"} for e in lines)
    kinds = [e["event"]["type"] for e in lines]
    assert kinds[0] == "start" and kinds[-1] == "done" and "text" in kinds
    start = lines[0]["event"]
    assert start["message"] and start["conversation"]
    assert "".join(e["event"].get("text", "") for e in lines) == ask("-m", "fake/words-3", "hi").stdout


def test_json_stream_of_an_answer_that_fails(daemon, ask):
    r = ask("--json-stream", "-m", "fake/status-400", "hi")
    assert r.returncode == 65 and r.stderr.startswith("ask: ")
    assert json.loads(r.stdout.splitlines()[-1])["event"]["type"] == "error"


def test_plain_in_a_pipe_is_what_it_is_without(daemon, ask):
    assert ask("--plain", "-m", "fake/words-3", "hi").stdout == ask("-m", "fake/words-3", "hi").stdout != ""


@pytest.mark.parametrize("how", [["-c"], ["--no-store"], ["--no-stream"], ["--json-stream"]])
def test_asking_anew_goes_with_others(daemon, ask, provider, how):
    assert ask("-m", "fake/words-3", "hi").returncode == 0
    before = provider.stats()["requests"]
    assert ask("-r", *how, "-m", "fake/words-3", "hi").returncode == 0
    assert provider.stats()["requests"] == before + 1
