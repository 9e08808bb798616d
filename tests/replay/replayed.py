"""The recorded exchanges, a server that replays them, and a daemon that asks it. They are a folder beside the source tree;
where it is not there, there is nothing to replay."""

import json
import pathlib
import subprocess
import sys
import tempfile

import pytest

from conftest import PATIENCE, Daemon, Home, wait_until

SHARED = pathlib.Path(__file__).resolve().parents[3] / "shared"
FOLDER = SHARED / "recordings" / "open"

# How a recording's grammar is called here, and what stands before the adapter's own path.
APIS = {
    "openai-chat": ("openai-chat", "/v1"),
    "openai-responses": ("openai-responses", "/v1"),
    "anthropic": ("anthropic", ""),
    "gemini": ("gemini", ""),
    "ollama-chat": ("ollama", ""),
    "cohere-v2": ("cohere", ""),
    "dashscope": ("dashscope", ""),
}
# The dialect that one would configure for who recorded it; of the others it is the provider's own name.
DIALECTS = {
    "openai-chat": "openai",
    "openai-responses": "openai",
    "zai": "zhipu",
    "local-compat": "generic",
    "lmstudio": "lm-studio",
}
WITH_DIALECTS = ("openai-chat", "openai-responses")
NONE = [pytest.param(None, marks=pytest.mark.skip(reason=f"there are no recordings in {FOLDER}"))]


def read(name):
    return json.loads((FOLDER / f"{name}.json").read_text())


def index():
    """{name: (api, provider)} of the chat exchanges."""
    table = FOLDER.parent / "open.tsv"
    if not (SHARED / "replay.py").is_file() or not table.is_file():
        return {}
    rows = [line.split("\t") for line in table.read_text().splitlines()]
    columns = {name: i for i, name in enumerate(rows[0])}
    return {r[columns["id"]]: (r[columns["api"]], r[columns["provider"]]) for r in rows[1:] if r[columns["api"]] in APIS}


INDEX = index()
RECORDINGS = sorted(INDEX)


def vertex(name):
    """Addressed by /publishers/ it is asked in Vertex's way."""
    return INDEX[name][1] == "vertex"


def section(title, name, port, options="", prefix=None, extra=()):
    """A provider whose headers decide what is replayed."""
    api, provider = INDEX[name]
    ours, usual = APIS[api]
    prefix = prefix if prefix is not None else "/v1/publishers/google" if vertex(name) else usual
    lines = [
        f'[provider "{title}"]',
        f"api = {ours}",
        f"base_url = http://127.0.0.1:{port}{prefix}",
        f"header = X-Replay-Id: {name}",
        # A semicolon behind a blank begins a comment.
        f"header = X-Replay-Opt: {options}",
        "retries = 0",
        *extra,
    ]
    if api in WITH_DIALECTS:
        lines.append(f"dialect = {DIALECTS.get(provider, provider)}")
    return lines


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


def start(lines):
    """A daemon with these lines of configuration; generator for a fixture."""
    home = Home()
    home.config.write_text("\n".join(["[daemon]", "drain_timeout = 2", *lines]) + "\n")
    home.config.chmod(0o600)  # it may hold keys
    d = Daemon(home)
    yield d
    d.finish()
    home.remove()
