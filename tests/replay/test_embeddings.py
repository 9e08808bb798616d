"""Recorded exchanges with vectors through the whole daemon, at any chunking."""

import pytest

from replayed import DIALECTS, FOLDER, NONE, SHARED, read, replay_port, start  # noqa: F401 (a fixture)

CUTS = {"whole": "chunk=all", "random": "chunk=1-5000;seed=1", "disguised": "chunk=1-900;seed=3;gzip=1;split=1;close=1"}
APIS = {"cohere": "cohere", "gemini": "gemini"}  # of all others it is openai-chat
# What `expect` takes for floats are bytes there.
BYTES = "perplexity"


def index():
    """{name: provider}"""
    table = FOLDER.parent / "open.tsv"
    if not (SHARED / "replay.py").is_file() or not table.is_file():
        return {}
    rows = [line.split("\t")[:3] for line in table.read_text().splitlines()[1:]]
    return {name: provider for name, provider, api in rows if api == "embeddings"}


INDEX = index()
NAMES = sorted(INDEX)


def section(name, port, options):
    provider = INDEX[name]
    lines = [
        f'[provider "r{NAMES.index(name)}"]',
        f"base_url = http://127.0.0.1:{port}",
        f"header = X-Replay-Id: {name}",
        f"header = X-Replay-Opt: {options}",
        "retries = 0",
    ]
    if provider in APIS:
        return [*lines, f"api = {APIS[provider]}"]
    dialect = provider.removesuffix("-embeddings")
    return [*lines, f"dialect = {DIALECTS.get(dialect, dialect)}"]


@pytest.fixture(scope="module", params=CUTS)
def replay_daemon(request, replay_port):  # noqa: F811
    lines = []
    for name in NAMES:
        lines += section(name, replay_port, CUTS[request.param])
    yield from start(lines)


@pytest.mark.parametrize("name", NAMES or NONE)
def test_recording(name, replay_daemon):
    expect = read(name)["expect"]
    client = replay_daemon.connect()
    params = {"model": f"r{NAMES.index(name)}/m", "input": ["text"] * (expect.get("count") or 1)}
    error, reply = client.response(client.request("embed", params))
    client.close()
    if expect["outcome"] != "ok":
        assert error["code"] == {401: "unauthenticated", 404: "not_found"}[expect["error"]["status"]]
        return
    assert error is None, error
    size = 4 * expect["dim"] if INDEX[name] == BYTES else expect["dim"]
    assert [len(v) for v in reply["vectors"]] == [size] * expect["count"]
    if INDEX[name] == BYTES:
        assert all(v in range(-128, 128) for vector in reply["vectors"] for v in vector)
    else:
        assert reply["vectors"][0][:3] == pytest.approx(expect["first3"], abs=1e-6)
    if expect["input_tokens"] is not None:
        assert reply["usage"]["input_tokens"] == expect["input_tokens"]
