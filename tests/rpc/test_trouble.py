"""What each verb prints, and how it exits, when something is wrong with the daemon; and doc/trouble.md, whose tables are
made by this: `ASKD_WRITE_TROUBLE=1 pytest tests/rpc/test_trouble.py`. Verbs are those that askctl's help has."""

import concurrent.futures
import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys

import pytest

from client import Closed, RpcError
from conftest import HERE, Daemon, Home, Runner, ask_path, askctl_path, wait_until
from helpers_scripted import Scripted
from test_help import verbs_told
from test_store_trouble import LONG, fail_to_store, fill_up, small_disk  # noqa: F401

PAGE = HERE.parent / "doc" / "trouble.md"
SOMEBODY = 64012  # a uid that no distribution gives away
ID = "01890000-0000-7000-8000-000000000001"
HUNG = 40  # seconds after which a verb is taken for waiting for ever

# Arguments with which each is tried. A chain shares what it changes, so its verbs follow each other.
ARGS = {
    "ask": ["--no-store", "hello"],
    "aliases": [],
    "answers": [],
    "attach": [ID],
    "bridge": [],  # puts what it says into its reply
    "budget": [],
    "cache stats": [],
    "cache lookup": ["0" * 64],
    "cache clear": ["--yes"],
    "cache export": [],
    "call": ["status"],
    "cancel": [ID],
    "conv list": [],
    "conv search": ["hello"],
    "conv show": [ID],
    "conv rename": [ID, "title"],
    "conv head": [ID, ID],
    "conv pin": [ID],
    "conv unpin": [ID],
    "conv tag": [ID, "tag"],
    "conv untag": [ID, "tag"],
    "conv rm": [ID],
    "conv undo": [ID],
    "conv fork": [ID, ID],
    "conv export": [ID],
    "conv import": ["conversation.json"],
    "keys import": ["openai"],
    "keys list": [],
    "keys test": [],
    "keys rm": ["openai"],
    "log": [],
    "metrics": [],
    "models list": [],
    "models show": ["fake/echo"],
    "models refresh": [],
    "prompts list": [],
    "prompts show": ["explain"],
    "prompts path": ["explain"],
    "providers list": [],
    "providers test": [],
    "status": [],
    "usage": [],
    "wait": [ID],
}
CHAINS = [["keys import", "keys rm"]]
INPUT = {"bridge": b'{"id": 1, "method": "status"}\n'}
LOCAL = {"doctor", "setup", "trust", "untrust"}  # these go on without a daemon, or look for what is wrong themselves


# -- what there is


def verbs_of(askctl):
    """All, as "conv list": by the help, which is made of the rows."""
    found = set()
    for verb in verbs_told(askctl("--help").stdout):
        usage = askctl(verb, "--help").stdout
        first, _, body = usage.partition("\n\n")
        group = re.match(r"Usage: askctl \S+ \[?VERB", first) is not None
        names = re.findall(r"^  ([a-z]+)", body.partition("\n\n")[0], re.M) if group else []
        found |= {f"{verb} {n}" for n in names} if group else {verb}
    return found


def test_each_verb_is_tried(askctl):
    assert verbs_of(askctl) <= set(ARGS) | LOCAL


@pytest.fixture(scope="module")
def verbs():
    """What is tried: ask, and each verb that goes to the daemon."""
    with Home.made() as home:
        found = verbs_of(Runner(askctl_path(), home)) | {"ask"}
    return {name: args for name, args in ARGS.items() if name in found}


# -- looking


class Situation:
    """Runs all verbs where something is wrong, and tells what each said."""

    def __init__(self, home, verbs, env=None, via=()):
        self.home, self.verbs, self.via = home, verbs, list(via)
        self.env = {"ASKD_AUTOSTART": "0", "OPENAI_API_KEY": "sk-none", **(env or {})}
        self.folder = home.path / "here"
        self.folder.mkdir(exist_ok=True)
        self.folder.chmod(0o755)
        (self.folder / "conversation.json").write_text(
            '{"format": "askd-conversation", "version": 1, "messages": [{"role": "user", "content": "hello"}]}'
        )
        (self.folder / "conversation.json").chmod(0o644)

    def run(self, name):
        program, words = (ask_path(), []) if name == "ask" else (askctl_path(), name.split())
        try:
            r = subprocess.run(
                [*self.via, str(program), *words, *self.verbs[name]],
                env=self.home.env(**self.env),
                cwd=self.folder,
                input=INPUT.get(name, b""),
                capture_output=True,
                timeout=HUNG,
            )
        except subprocess.TimeoutExpired:
            return "-", "waits for ever"
        if name == "bridge":  # which tells its program
            (reply,) = [m for m in map(json.loads, r.stdout.splitlines()) if m.get("id") == 1]
            return r.returncode, self.words(f"reply: {reply.get('error', {}).get('message', '')}")
        return r.returncode, self.words(r.stderr.decode())

    def words(self, text):
        """As on a usual machine, whatever this one has for names."""
        for path, usual in (
            (self.home.socket, "/run/user/1000/askd/askd.sock"),
            (self.home.socket.parent, "/run/user/1000/askd"),
            (self.home.state, "~/.local/state"),
            (self.home.path / "config", "~/.config"),
            (self.home.path, "~"),
        ):
            text = text.replace(str(path), usual)
        text = re.sub(r"\b6401\d\b", "1001", text)
        text = re.sub(r"no method [a-z.]+;", "no method …;", text)
        return " / ".join(line.partition(": ")[2] for line in text.splitlines())

    def look(self):
        alone = [n for n in self.verbs if not any(n in c for c in CHAINS)]
        chains = [[n] for n in alone] + [[n for n in c if n in self.verbs] for c in CHAINS]
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            ran = pool.map(lambda chain: [(n, self.run(n)) for n in chain], chains)
        return dict(pair for chain in ran for pair in chain)


# -- the page


def table(said):
    """{verb: (status, words)} as Markdown, what most say first."""
    groups = {}
    for name, outcome in said.items():
        groups.setdefault(outcome, []).append(name)
    lines = ["| exit | what is printed | by |", "| --- | --- | --- |"]
    order = sorted(groups.items(), key=lambda g: (-len(g[1]), str(g[0])))
    for i, ((status, words), names) in enumerate(order):
        by = ", ".join(f"`{n}`" for n in sorted(names))
        if i == 0 and len(names) > 6:
            by = "all others" if len(groups) > 1 else "all"
        words = words.replace("|", "\\|").replace("<", "&lt;")
        lines.append(f"| {status} | {words or ('as ever' if status == 0 else 'nothing')} | {by} |")
    return "\n".join(lines)


def sections():
    return dict(re.findall(r"<!-- (\w+) -->\n(.*?)\n?<!-- / -->", PAGE.read_text(), re.S))


def check_page(name, said):
    made = table(said)
    if os.environ.get("ASKD_WRITE_TROUBLE") == "1":
        text = PAGE.read_text()
        PAGE.write_text(
            re.sub(rf"(<!-- {name} -->\n).*?(<!-- / -->)", lambda m: f"{m[1]}{made}\n{m[2]}", text, flags=re.S)
        )
    assert sections()[name] == made, f"doc/trouble.md is stale: ASKD_WRITE_TROUBLE=1 pytest {__file__} writes it"


SITUATIONS = ("down", "older", "folder", "theirs", "hung", "connections", "answers", "full", "owner")


def test_the_page_has_each_situation():
    assert tuple(sections()) == SITUATIONS


def check_all_tell_what_to_do(said, *but):
    """Whoever fails says why, and what to do: behind a colon or a semicolon. Nobody waits for ever."""
    for name, (status, words) in said.items():
        assert status != "-", f"{name} waits for ever"
        if status != 0 and name not in but:
            assert re.search(r"[:;] ", words), f"{name}: {words}"
            assert " / " not in words, f"{name} says it in several lines: {words}"


# -- situations


def test_down(home, verbs):
    said = Situation(home, verbs).look()
    check_all_tell_what_to_do(said)
    check_page("down", said)


def test_older(home, verbs):
    """A daemon that has no such method, as one that was built before the client."""
    scripted = Scripted(home, refuse_others={"code": "unknown_method", "message": "no method {}; hello lists them"})
    scripted.replies["hello"] = {"server": "askd", "version": "0.0.1", "protocol": 1, "autostarted": False}
    try:
        said = Situation(home, verbs).look()
    finally:
        scripted.stop()
    check_all_tell_what_to_do(said)
    check_page("older", said)


def needs_root():
    if os.geteuid() != 0:
        pytest.skip("only root can be several users")
    if not shutil.which("setpriv"):
        pytest.skip("no setpriv (Debian: util-linux)")


def test_folder(home, verbs):
    needs_root()
    home.socket.parent.mkdir(mode=0o700)
    os.chown(home.socket.parent, SOMEBODY, SOMEBODY)
    said = Situation(home, verbs).look()
    check_all_tell_what_to_do(said)
    check_page("folder", said)


LISTEN = "import socket, sys, time; s = socket.socket(socket.AF_UNIX); s.bind(sys.argv[1]); s.listen(); print(flush=True); time.sleep(3600)"


def test_theirs(home, verbs):
    """A socket that another user serves, in a folder where that can be: named by hand, say."""
    needs_root()
    home.path.chmod(0o755)
    shared = home.path / "shared"
    shared.mkdir()
    shared.chmod(0o1777)
    home.socket = shared / "askd.sock"
    ids = [f"--reuid={SOMEBODY}", f"--regid={SOMEBODY}", "--clear-groups"]
    other = subprocess.Popen(
        ["setpriv", *ids, sys.executable, "-c", LISTEN, str(home.socket)], stdout=subprocess.PIPE
    )
    try:
        assert other.stdout.readline() == b"\n"
        home.socket.chmod(0o777)
        said = Situation(home, verbs, env={"ASKD_SOCKET": str(home.socket)}).look()
    finally:
        other.kill()
        other.communicate()
    check_all_tell_what_to_do(said)
    check_page("theirs", said)


def test_hung(daemon, home, verbs):
    daemon.signal(signal.SIGSTOP)
    try:
        said = Situation(home, verbs).look()
    finally:
        daemon.signal(signal.SIGCONT)
    check_all_tell_what_to_do(said)
    check_page("hung", said)


def first_of_one(daemon):
    """The one connection that there may be; that of whoever looked whether the daemon listens may be there still."""
    with contextlib.suppress(Closed, RpcError):
        client = daemon.connect()
        client.call("hello")
        return client


@pytest.mark.askd(daemon={"max_connections": "1"})
def test_connections(daemon, home, verbs):
    with wait_until(lambda: first_of_one(daemon), "there is room for one"):
        said = Situation(home, verbs).look()
    check_all_tell_what_to_do(said)
    check_page("connections", said)


def test_answers(home, provider, start_daemon):
    """Others do not notice."""
    home.write_config(provider.behave("hang-headers"), daemon={"max_answers": "1"})
    client = start_daemon().connect()
    client.chat("echo", "wait", conversation="new")
    wait_until(lambda: client.call("answer.list", {"state": "running"}), "an answer runs")
    said = Situation(home, {"ask": ARGS["ask"]}).look()
    client.call("answer.cancel", {"answer": client.call("answer.list", {"state": "running"})[0]["answer"]})
    check_all_tell_what_to_do(said)
    check_page("answers", said)


def test_full(home, small_disk, provider, start_daemon):  # noqa: F811
    """What is asked is answered, and what was stored can be read; a change may still find room."""
    home.write_config(provider.base_url)
    client = start_daemon().connect()
    id = client.result(client.chat("echo", "before", conversation="new"))["conversation"]
    fill_up(small_disk / "filler")
    fail_to_store(client)
    situation = Situation(
        home,
        {
            "ask": [LONG[:60000]],
            "conv import": ["long.json"],
            "conv show": [id],
            "conv list": [],
            "status": [],
            "usage": [],
        },
    )
    (situation.folder / "long.json").write_text(
        '{"format": "askd-conversation", "version": 1, "messages": [{"role": "user", "content": "%s"}]}' % (LONG * 20)
    )
    said = situation.look()
    check_page("full", said)


def test_owner(provider, verbs):
    """The machine's daemon, and a client of somebody who is neither its owner nor root."""
    needs_root()
    with Home.made() as home:
        home.path.chmod(0o755)
        for folder in (home.runtime, home.config_dir, home.config_dir.parent):
            folder.chmod(0o755)
        home.socket.parent.mkdir(mode=0o755)
        home.write_config(provider.base_url)
        daemon = Daemon(home, args=["--system", "--config", str(home.config), "--socket", str(home.socket)])
        try:
            ids = [f"--reuid={SOMEBODY}", f"--regid={SOMEBODY}", "--groups=0", "--"]
            home.socket.chmod(0o666)
            theirs = home.path / "theirs"
            theirs.mkdir()
            os.chown(theirs, SOMEBODY, SOMEBODY)
            env = {"ASKD_SOCKET": str(home.socket), "HOME": str(theirs)}
            env |= {f"XDG_{n}_HOME": str(theirs / n.lower()) for n in ("CONFIG", "STATE", "CACHE")}
            said = Situation(home, verbs, env=env, via=["setpriv", *ids]).look()
        finally:
            daemon.finish()
    check_page("owner", said)
