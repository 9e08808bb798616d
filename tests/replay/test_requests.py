"""Recorded requests against ours: the body that we make for the same turn, compared field by field.

A recorded body is read as `chat` params (turns.py), these are put to the daemon, and what reaches the provider is held
against what was recorded, with method, path, query and the headers that a provider acts upon. The two are walked
together; where they part, a row of ACCEPTED (accepted.py) has to say why that is right, else the test fails. A row that
nothing needs any more fails too.
"""

import collections
import functools
import http.client
import json
import re
import urllib.parse

import pytest

from accepted import ABSENT, ACCEPTED, NOT_OURS, READINGS, same
from conftest import PATIENCE
from replayed import APIS, DIALECTS, FOLDER, INDEX, NONE, RECORDINGS, WITH_DIALECTS, read, start
from replayed import replay_port  # noqa: F401 (a fixture)
from turns import TURNS

# What stands behind the base URL, by the grammar; of Vertex it is /models/.
PATHS = {
    "openai-chat": "/chat/completions",
    "openai-responses": "/responses",
    "anthropic": "/v1/messages",
    "gemini": "/v1beta/models/",
    "ollama-chat": "/api/chat",
    "cohere-v2": "/v2/chat",
    "dashscope": "/api/v1/services/",
}
KEY_HEADERS = ("authorization", "api-key", "x-api-key", "x-goog-api-key")
HEADERS = (*KEY_HEADERS, "content-type", "anthropic-version", "anthropic-beta", "x-dashscope-sse")
LOG_MAX = 5000  # what the replay keeps


@functools.cache
def recordings():
    """{name: recording} of those that hold their request."""
    found = {name: read(name) for name in RECORDINGS}
    return {n: r for n, r in found.items() if r["request"].get("known", True) and r["request"]["body_kind"] == "json"}


def api_of(name):
    return INDEX[name][0]


def dialect_of(name):
    return DIALECTS.get(INDEX[name][1], INDEX[name][1])


# -- two requests side by side


@functools.cache
def path_regex(pattern):
    """[*] is any index, * one name, ** whatever follows."""
    meaning = {"[*]": r"\[\d+\]", "**": ".*", "*": r"[^.\[]+"}
    pieces = re.split(r"(\[\*\]|\*\*|\*)", pattern)
    return re.compile("".join(meaning.get(p) or re.escape(p) for p in pieces))


def walk(value, path=""):
    """(path, value) of every node."""
    yield path, value
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from walk(inner, f"{path}.{key}" if path else key)
    elif isinstance(value, list):
        for i, inner in enumerate(value):
            yield from walk(inner, f"{path}[{i}]")


def differences(recorded, ours, path="", beside=()):
    """(path, recorded, ours, beside) where the two part: at the deepest node that both still have in common. beside:
    the objects of both that the node stands in."""
    if isinstance(recorded, dict) and isinstance(ours, dict):
        for key in sorted(recorded.keys() | ours.keys()):
            inner = f"{path}.{key}" if path else key
            yield from differences(recorded.get(key, ABSENT), ours.get(key, ABSENT), inner, (recorded, ours))
    elif isinstance(recorded, list) and isinstance(ours, list) and len(recorded) == len(ours):
        for i, (a, b) in enumerate(zip(recorded, ours)):
            yield from differences(a, b, f"{path}[{i}]", beside)
    elif not same(recorded, ours):
        yield path, recorded, ours, beside


def why_not_ours(name):
    """The row of NOT_OURS that leaves it out, or None."""
    for row in NOT_OURS:
        api, pattern, beyond, _ = row
        nodes = walk(recordings()[name]["request"]["body"]) if api == api_of(name) else ()
        if any(path_regex(pattern).fullmatch(path) and beyond(value) for path, value in nodes):
            return row
    return None


def accepting(name, difference):
    """The row that accepts it, or None."""
    path, recorded, ours, beside = difference
    for row in ACCEPTED:
        fits = row.api in ("*", api_of(name)) and row.dialect in ("*", dialect_of(name))
        if fits and path_regex(row.path).fullmatch(path) and row.accepts(recorded, ours, beside):
            return row
    return None


# -- the requests


def split_url(url):
    parts = urllib.parse.urlsplit(url)
    return urllib.parse.unquote(parts.path), dict(urllib.parse.parse_qsl(parts.query, keep_blank_values=True))


def readings(name):
    """The recorded body as READINGS read it, and [(reading, whether it changed anything)]."""
    body, steps = recordings()[name]["request"]["body"], []
    for reading in READINGS:
        if reading.api == api_of(name):
            after = reading.read(body)
            steps.append((reading, after != body))
            body = after
    return body, steps


def recorded_request(name):
    request = recordings()[name]["request"]
    path, query = split_url(request["url"])
    headers = {k.lower(): v for k, v in request["headers"].items() if k.lower() in HEADERS}
    return {"method": request["method"], "path": path, "query": query, "headers": headers, "body": readings(name)[0]}


def sent_request(name, record):
    """As the replay logged it. Of the headers those that the cassette kept: most were cleaned of some."""
    path, query = split_url(record["path"])
    kept = recorded_request(name)["headers"]
    headers = {k: v for k, v in record["headers"].items() if k in kept}
    return {"method": record["method"], "path": path, "query": query, "headers": headers, "body": record["body"]}


def model_of(name):
    request = recordings()[name]["request"]
    return request["body"].get("model") or re.search(r"/models/([^:]+):", split_url(request["url"])[0])[1]


def base_url(name, port):
    """Of the recorded URL what stands before the grammar's own path; an Azure resource has its version behind it."""
    path, query = split_url(recordings()[name]["request"]["url"])
    behind = "/models/" if "/publishers/" in path else PATHS[api_of(name)]
    prefix, found, _ = path.rpartition(behind)
    assert found, path
    version = {k: v for k, v in query.items() if k == "api-version"}
    url = f"http://127.0.0.1:{port}{urllib.parse.quote(prefix)}"
    return f"{url}?{urllib.parse.urlencode(version)}" if version else url


def title(name):
    return f"r{RECORDINGS.index(name)}"


def section(name, port):
    """A provider for one recording, which a header names to the replay. It has a key where one was recorded."""
    lines = [f'[provider "{title(name)}"]', f"api = {APIS[api_of(name)][0]}", "retries = 0"]
    lines += [f"base_url = {base_url(name, port)}", f"header = X-Replay-Id: {name}"]
    if api_of(name) in WITH_DIALECTS:
        lines.append(f"dialect = {dialect_of(name)}")
    if set(KEY_HEADERS) & set(recorded_request(name)["headers"]):
        lines.append("key = REDACTED")
    return lines


def ask_all(daemon, names):
    """{name: error}, which is there where the recorded answer is one, or where the daemon refused to ask."""
    said = {}
    with daemon.connect() as client:
        for name in names:
            params = TURNS[api_of(name)](recordings()[name]["request"]["body"])
            params.update(model=f"{title(name)}/{model_of(name)}", cache="off")
            said[name] = client.response(client.request("chat", params))[0]
            client.log.clear()
    return said


def logged(port):
    """{name: [record]} of the requests that reached the replay."""
    conn = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    conn.request("GET", f"/_log?n={LOG_MAX}")
    records = collections.defaultdict(list)
    for record in json.loads(conn.getresponse().read()):
        if record["event"] == "request":
            records[record["id"]].append(record)
    conn.close()
    return records


@pytest.fixture(scope="module")
def sent(replay_port):  # noqa: F811
    """{name: (what the daemon said, [log records])}, each recording asked once."""
    names = [name for name in recordings() if not why_not_ours(name)]
    lines = []
    for name in names:
        lines += section(name, replay_port)
    for daemon in start(lines):
        said = ask_all(daemon, names)
    records = logged(replay_port)
    return {name: (error, records[name]) for name, error in said.items()}


@pytest.fixture(scope="module")
def compared(sent):
    """{name: [(difference, the row that accepts it or None)]}"""
    found = {}
    for name, (_, records) in sent.items():
        pairs = [(recorded_request(name), sent_request(name, record)) for record in records]
        found[name] = [(d, accepting(name, d)) for pair in pairs for d in differences(*pair)]
    return found


# -- tests


def cases():
    """Every recording; those beyond our protocol are skipped with what puts them there."""
    made = []
    for name in recordings():
        row = why_not_ours(name)
        made.append(pytest.param(name, marks=[pytest.mark.skip(reason=f"not ours to say: {row[3]}")] if row else []))
    return made or NONE


def short(value):
    text = repr(value)
    return text if len(text) < 400 else f"{text[:300]} … {text[-60:]}"


@pytest.mark.parametrize("name", cases())
def test_request(sent, compared, name):
    error, records = sent[name]
    assert len(records) == 1, f"{len(records)} requests reached the provider; the daemon says {error}"
    unexplained = [
        f"{path}\n    recorded {short(recorded)}\n    ours     {short(ours)}"
        for (path, recorded, ours, _), row in compared[name]
        if row is None
    ]
    assert not unexplained, "\n".join(["these differ:"] + unexplained)


needs_recordings = pytest.mark.skipif(not RECORDINGS, reason=f"there are no recordings in {FOLDER}")


@needs_recordings
@pytest.mark.parametrize("row", ACCEPTED, ids=lambda r: f"{r.api} {r.dialect} {r.path}: {r.reason}")
def test_accepted_row_is_needed(compared, row):
    assert any(used is row for found in compared.values() for _, used in found), "no recording differs so"


@needs_recordings
@pytest.mark.parametrize("reading", READINGS, ids=lambda r: f"{r.api}: {r.reason}")
def test_reading_is_needed(reading):
    steps = (step for name in recordings() for step in readings(name)[1])
    assert any(used is reading and changed for used, changed in steps), "it changes no recorded body"


@needs_recordings
@pytest.mark.parametrize("row", NOT_OURS, ids=lambda r: f"{r[0]} {r[1]}: {r[3]}")
def test_row_beyond_us_is_needed(row):
    assert any(why_not_ours(name) is row for name in recordings()), "it leaves out no recording"
