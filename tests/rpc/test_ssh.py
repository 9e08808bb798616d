"""Over ssh: the daemon of this machine, asked on another one to which ssh forwards its socket."""

import json
import os
import pathlib
import select
import signal
import socket
import stat
import threading

import pytest

from conftest import KEY, PATIENCE, ask_path, askctl_path, build_dir, wait_until
from helpers_sshd import HOST, end, other_machine

UNAVAILABLE, DENIED, OTHER = 69, 77, 1
OLD = build_dir() / "tests" / "old" / "askd-old"


@pytest.fixture
def far():
    with other_machine() as remote:
        yield remote


@pytest.fixture
def forwarded(far, daemon, home):
    with far.sshd.forward(far.socket, home.socket):
        yield far


class Ear:
    """Stands between a daemon and whoever connects, and keeps what the daemon says."""

    def __init__(self, path, daemon_socket):
        self.heard = []
        self.path, self.daemon_socket = path, daemon_socket
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(path))
        self.listener.listen(16)
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.carry, args=(client,), daemon=True).start()

    def carry(self, client):
        with client, socket.socket(socket.AF_UNIX) as server:
            server.connect(str(self.daemon_socket))
            while True:
                for s in select.select([client, server], [], [])[0]:
                    data = s.recv(65536)
                    if not data:
                        return
                    if s is server:
                        self.heard.append(data)
                    (server if s is client else client).sendall(data)

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()


def files_below(folder):
    return [p for p in pathlib.Path(folder).rglob("*") if p.is_file()]


# -- asking


def test_asked_from_there(forwarded, ask, askctl):
    r = forwarded(ask_path(), "hello")
    assert (r.returncode, r.stdout, r.stderr) == (0, "hello", "")
    assert forwarded(ask_path(), "--no-store", input="piped").stdout == "piped"
    assert ask("here").stdout == "here"
    hosts = {c["title"]: c.get("host") for c in json.loads(askctl("conv", "list", "--json").stdout)}
    assert hosts == {"hello": HOST, "here": None}


def test_files_are_read_there(forwarded, provider):
    """By the client: the daemon never sees a path."""
    note = forwarded.home.path / "note.txt"
    note.write_text("only on the other machine")
    assert forwarded(ask_path(), "--no-store", "-a", str(note), "what is this?").returncode == 0
    assert "only on the other machine" in json.dumps(provider.bodies())


def test_verbs_work_there(forwarded):
    assert forwarded(ask_path(), "hello").returncode == 0
    for args in (["status"], ["conv", "list"], ["models"], ["usage"], ["answers"], ["call", "status"]):
        r = forwarded(askctl_path(), *args)
        assert (r.returncode, r.stderr) == (0, ""), args


# -- what is whose


def test_last_does_not_mix_hosts(forwarded, ask):
    """In the same folder, which both have."""
    here = str(forwarded.home.path)
    assert ask.start("laptop", cwd=here).wait(PATIENCE) == 0
    r = forwarded(ask_path(), "-c", "far", cwd=here)
    assert r.returncode == OTHER and "no conversation" in r.stderr
    assert forwarded(ask_path(), "far", cwd=here).returncode == 0

    assert ask.start("-c", "laptop again", cwd=here).wait(PATIENCE) == 0
    assert forwarded(ask_path(), "-c", "far again", cwd=here).returncode == 0
    listed = json.loads(forwarded(askctl_path(), "conv", "list", "--json").stdout)
    assert {(c["title"], c.get("host"), c["messages"]) for c in listed} == {("laptop", None, 4), ("far", HOST, 4)}


def test_a_folder_is_one_of_a_host(forwarded, ask, askctl, home):
    here = str(forwarded.home.path)
    assert ask.start("laptop", cwd=here).wait(PATIENCE) == 0
    assert forwarded(ask_path(), "far", cwd=here).returncode == 0

    def titles(run, *args):
        return [c["title"] for c in json.loads(run("conv", "list", "--json", *args).stdout)]

    def there(*args):
        return forwarded(askctl_path(), *args)

    assert titles(askctl, "--directory", here) == ["laptop"]
    assert titles(there, "--directory", here) == ["far"]
    assert titles(askctl, "--directory", here, "--host", HOST) == ["far"]
    assert titles(there, "--directory", here, "--host", os.uname().nodename) == ["laptop"]
    assert titles(askctl, "--host", HOST) == ["far"]
    assert titles(askctl) == ["far", "laptop"]
    found = askctl("conv", "search", "--json", "far", "--directory", here)
    assert json.loads(found.stdout) == []
    found = there("conv", "search", "--json", "far", "--directory", here)
    assert [h["title"] for h in json.loads(found.stdout)] == ["far"]


def test_where_it_was_asked_is_shown(forwarded, askctl):
    assert forwarded(ask_path(), "far").returncode == 0
    conversation = json.loads(askctl("conv", "list", "--json").stdout)[0]["conversation"]
    assert f"\nAsked on {HOST}, in {forwarded.home.path}\n" in askctl("conv", "show", conversation).stdout
    assert json.loads(askctl("conv", "show", "--json", conversation).stdout)["host"] == HOST
    assert f'\nhost: "{HOST}"\n' in askctl("conv", "export", conversation).stdout
    assert json.loads(askctl("conv", "export", "--format", "json", conversation).stdout)["host"] == HOST


# -- keys


def test_keys_stay_here(far, daemon, home, provider):
    """Nothing of them is sent there, none of there is read, and what lies there would be an error to whoever reads it."""
    folder = far.home.config_dir
    far.home.config.write_text('[provider "fake"]\nkey = sk-of-the-other-machine\n')
    far.home.config.chmod(0o644)
    (folder / "keys").mkdir(mode=0o700)
    os.mkfifo(folder / "keys" / "fake", 0o600)  # to read it would be to wait for ever
    env = {"OPENAI_API_KEY": "sk-in-its-environment"}
    ear = Ear(home.path / "ear.sock", home.socket)
    try:
        with far.sshd.forward(far.socket, ear.path):
            for args in (["hello"], ["--no-store", "--stats", "hello"], ["--dry-run", "hello"]):
                r = far(ask_path(), *args, env=env)
                assert r.returncode == 0 and KEY not in r.stdout + r.stderr, r.stderr
            for args in (["status", "--json"], ["keys", "list"], ["keys", "test"], ["call", "status"], ["models"]):
                r = far(askctl_path(), *args, env=env)
                assert r.returncode == 0 and KEY not in r.stdout + r.stderr, (args, r.stderr)
    finally:
        ear.close()
    heard = b"".join(ear.heard)
    assert b"hello" in heard and KEY.encode() not in heard and KEY[8:].encode() not in heard
    assert {r["headers"].get("authorization") for r in provider.stats()["last"]} <= {f"Bearer {KEY}"}
    assert not [p for p in files_below(far.home.path) if KEY in p.read_text(errors="replace")]


# -- who may


def test_the_socket_is_its_user_s(forwarded):
    st = forwarded.socket.stat()
    assert stat.S_ISSOCK(st.st_mode) and st.st_uid == os.geteuid() and st.st_mode & 0o077 == 0


def test_a_folder_that_others_can_write_to_is_refused(far, daemon, home):
    shared = far.home.path / "shared"
    shared.mkdir()
    shared.chmod(0o777)
    with far.sshd.forward(shared / "laptop.sock", home.socket):
        r = far(ask_path(), "hello", env={"ASKD_SOCKET": str(shared / "laptop.sock")})
    assert r.returncode == DENIED and "chmod go-w" in r.stderr


# -- what can be wrong


def no_daemon_there(far):
    return not (far.home.runtime / "askd").exists() and not (far.home.state / "askd").exists()


def test_nothing_is_forwarded(far):
    """No daemon is started on the other machine where one of ours was named."""
    for run, args in ((ask_path(), ["hello"]), (askctl_path(), ["status"])):
        r = far(run, *args, env={"ASKD_AUTOSTART": "1"})
        assert r.returncode == UNAVAILABLE and r.stdout == ""
        assert str(far.socket) in r.stderr and "ssh -R" in r.stderr and "RemoteForward" in r.stderr
        assert "unset ASKD_SOCKET" in r.stderr and r.stderr.count("\n") == 1
    assert no_daemon_there(far)


def test_a_socket_that_was_left_behind(far, daemon, home):
    with far.sshd.forward(far.socket, home.socket) as ssh:
        os.kill(ssh.pid, signal.SIGKILL)
    wait_until(lambda: not far.sshd.answers(far.socket), "sshd lets the socket go")
    assert far.socket.exists()
    r = far(ask_path(), "hello", env={"ASKD_AUTOSTART": "1"})
    assert r.returncode == UNAVAILABLE and "remove that file" in r.stderr and "StreamLocalBindUnlink" in r.stderr
    assert no_daemon_there(far)

    again = far.sshd.ssh("-N", "-R", f"{far.socket}:{home.socket}", HOST)
    assert again.wait(PATIENCE) != 0, "ssh does not bind to a name that is taken"
    far.socket.unlink()
    with far.sshd.forward(far.socket, home.socket):
        assert far(ask_path(), "hello").stdout == "hello"


def test_with_unlink_nothing_is_in_the_way(daemon, home):
    with other_machine(unlink=True) as far:
        with far.sshd.forward(far.socket, home.socket) as ssh:
            os.kill(ssh.pid, signal.SIGKILL)
        wait_until(lambda: not far.sshd.answers(far.socket), "sshd lets the socket go")
        with far.sshd.forward(far.socket, home.socket):
            assert far(ask_path(), "hello").stdout == "hello"


def test_no_daemon_behind_the_socket(forwarded, daemon):
    """ssh accepts whatever there is at its other end."""
    assert forwarded(ask_path(), "hello").returncode == 0
    daemon.end()
    for run, args in ((ask_path(), ["hello"]), (askctl_path(), ["status"])):
        r = forwarded(run, *args, env={"ASKD_AUTOSTART": "1"})
        assert r.returncode == UNAVAILABLE and r.stdout == ""
        assert "no daemon runs where ssh forwards this socket from" in r.stderr and "askd.socket" in r.stderr
    assert no_daemon_there(forwarded)


def test_ssh_ends_amidst_an_answer(far, home, provider, start_daemon):
    home.write_config(provider.behave("hang-headers"))
    client = start_daemon().connect()
    with far.sshd.forward(far.socket, home.socket) as ssh:
        proc = far.sshd.ssh(HOST, f"ASKD_SOCKET={far.socket} exec {ask_path()} wait")
        wait_until(lambda: client.call("answer.list", {"state": "running"}), "it asks")
        end(ssh)
        out, err = proc.communicate(timeout=PATIENCE)
    assert proc.returncode == UNAVAILABLE and b"closed the connection" in err
    answer = client.call("answer.list", {"state": "running"})[0]["answer"]  # it goes on
    client.call("answer.cancel", {"answer": answer})


def test_an_older_daemon_stays(far, home, provider, askctl):
    """A newer client on the other machine does not end the daemon of this one."""
    home.write_config(provider.base_url)
    assert askctl("status", env={"ASKD_AUTOSTART": "1", "ASKD_DAEMON": str(OLD)}).returncode == 0
    pid = int((home.runtime / "askd" / "askd.lock").read_text().split()[0])
    try:
        with far.sshd.forward(far.socket, home.socket):
            r = far(ask_path(), "hello", env={"ASKD_AUTOSTART": "1"})
            assert (r.returncode, r.stdout, r.stderr) == (0, "hello", "")
            status = json.loads(far(askctl_path(), "status", "--json").stdout)
        assert (status["pid"], status["version"]) == (pid, "0.0.1")
    finally:
        os.kill(pid, signal.SIGTERM)
        wait_until(lambda: not pathlib.Path(f"/proc/{pid}/cwd").exists(), "the daemon ends")


# -- one connection for several


def test_by_a_control_master(far, daemon, home):
    """What a running connection can be told later, and what sessions over it share."""
    master = far.sshd.ssh("-N", "-M", HOST)
    wait_until(lambda: (far.sshd.folder / "control").exists(), "the master listens")
    added = far.sshd.ssh("-O", "forward", "-R", f"{far.socket}:{home.socket}", HOST)
    assert added.wait(PATIENCE) == 0, added.stderr.read()
    assert far(ask_path(), "hello").stdout == "hello"
    assert far(ask_path(), "-c", "again").stdout == "again"
    gone = far.sshd.ssh("-O", "cancel", "-R", f"{far.socket}:{home.socket}", HOST)
    assert gone.wait(PATIENCE) == 0
    wait_until(lambda: far(ask_path(), "hello").returncode == UNAVAILABLE, "the forwarding ends")
    end(master)
