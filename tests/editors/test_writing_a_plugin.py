"""doc/writing-a-plugin.md: its clients are run as they stand there."""

import os
import re
import select
import shutil
import signal
import socket
import subprocess
import sys
import threading

import pytest
from conftest import HERE, PATIENCE, wait_until
from fault_provider import words_text

PAGE = HERE.parent / "doc" / "writing-a-plugin.md"
CLIENT = re.compile(r"<!-- client: (\S+) -->\n```\w+\n(.*?)```\n", re.S)
LINES = 40

CLIENTS = dict(CLIENT.findall(PAGE.read_text()))


def command(name, path, question):
    """What runs the client: its arguments, and what its environment has besides."""
    if name.endswith(".py"):
        return [sys.executable, str(path), question], {}
    nvim = shutil.which("nvim")
    if nvim is None:
        pytest.skip("there is no Neovim")
    return [nvim, "--headless", "-u", "NONE", "-i", "NONE", "-c", f"luafile {path}"], {"QUESTION": question}


@pytest.fixture(params=sorted(CLIENTS))
def start(request, home):
    """start(question, socket=None) -> the page's client as a process."""
    path = home.path / request.param
    path.write_text(CLIENTS[request.param])
    running = []

    def begin(question, socket=None):
        argv, env = command(request.param, path, question)
        running.append(
            subprocess.Popen(
                argv,
                env=home.env(ASKD_SOCKET=str(socket or home.socket), **env),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                cwd=home.path,
            )
        )
        return running[-1]

    yield begin
    for p in running:
        p.kill()
        p.communicate()


def end(process):
    out, err = process.communicate(timeout=PATIENCE)
    return process.returncode, out.decode().strip(), err.decode().strip()


class Cut(threading.Thread):
    """Passes connections on to the daemon, the first `cuts` that carry so many bytes of it no further."""

    def __init__(self, path, socket_path, cuts, after):
        super().__init__(daemon=True)
        self.target, self.cuts, self.after = str(socket_path), cuts, after
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(path))
        self.listener.listen()
        self.start()

    def run(self):
        while True:
            try:
                peer, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(peer,), daemon=True).start()

    def serve(self, peer):
        with peer, socket.socket(socket.AF_UNIX) as daemon:
            daemon.connect(self.target)
            carried = 0
            while True:
                for ready in select.select([peer, daemon], [], [])[0]:
                    data = ready.recv(100)
                    if not data:
                        return
                    (daemon if ready is peer else peer).sendall(data)
                    carried += len(data) if ready is daemon else 0
                if carried > self.after and self.cuts:
                    self.cuts -= 1
                    return

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()


def test_the_page_has_both():
    assert sorted(CLIENTS) == ["ask.lua", "ask.py"]


@pytest.mark.parametrize("name", sorted(CLIENTS))
def test_a_client_is_short(name):
    assert len(CLIENTS[name].splitlines()) <= LINES


def test_streams(daemon, start):
    assert end(start("Größe 你好")) == (0, "Größe 你好", "")


@pytest.mark.askd(daemon={"default_model": "fake/slow-8-100"})
def test_it_is_shown_while_it_is_made(daemon, provider, start):
    process = start("x")
    first = os.read(process.stdout.fileno(), 100)
    assert first.startswith(b"w0 ") and b"w7" not in first
    assert end(process) == (0, words_text(8).removeprefix(first.decode()).strip(), "")


@pytest.mark.askd(daemon={"default_model": "fake/words-200"})
def test_lost_connections_lose_nothing(daemon, home, start):
    cut = Cut(home.path / "cut", home.socket, cuts=3, after=2000)
    try:
        assert end(start("x", socket=home.path / "cut")) == (0, words_text(200).strip(), "")
        assert cut.cuts == 0
    finally:
        cut.close()


@pytest.mark.askd(daemon={"default_model": "fake/hang-after-3"})
def test_a_daemon_that_is_killed_in_the_middle(daemon, provider, start, start_daemon):
    process = start("x")
    assert os.read(process.stdout.fileno(), 100).startswith(b"w0 ")
    daemon.kill()
    start_daemon()
    status, out, err = end(process)
    assert status == 1 and err.startswith("interrupted: ")


@pytest.mark.askd(daemon={"default_model": "fake/status-401"})
def test_an_error_is_told(daemon, start):
    status, out, err = end(start("x"))
    assert (status, out) == (1, "") and err.startswith("unauthenticated: ")


@pytest.mark.askd(daemon={"default_model": "fake/hang-after-3"})
def test_the_end_of_an_editor_is_not_that_of_the_answer(daemon, client, start):
    process = start("x")
    assert os.read(process.stdout.fileno(), 100).startswith(b"w0 ")
    process.kill()
    process.wait()
    (answer,) = wait_until(lambda: [a for a in client.call("answer.list") if not a["readers"]], "nobody reads it")
    assert answer["state"] == "running" and answer["conversation"]
    client.call("answer.cancel", {"answer": answer["answer"]})


@pytest.mark.askd(daemon={"default_model": "fake/hang-after-3"})
def test_ctrl_c_stops_the_answer(daemon, client, home):
    path = home.path / "ask.py"
    path.write_text(CLIENTS["ask.py"])
    process = subprocess.Popen(
        [sys.executable, str(path), "x"],
        env=home.env(ASKD_SOCKET=str(home.socket)),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert os.read(process.stdout.fileno(), 100).startswith(b"w0 ")
    process.send_signal(signal.SIGINT)
    assert end(process)[2].startswith("cancelled: ")
    assert [a["state"] for a in client.call("answer.list")] == ["cancelled"]
