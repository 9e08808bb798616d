"""An sshd of the test's own on loopback, and a second HOME behind it: "the other machine". It has a name of its own, by a
UTS namespace, so that what runs there sees another host as it would on one."""

import contextlib
import getpass
import os
import pathlib
import pwd
import shlex
import shutil
import socket
import subprocess
import tempfile

import pytest

from conftest import PATIENCE, Home, wait_until

HOST = "far"
SSHD = shutil.which("sshd", path="/usr/sbin:/usr/local/sbin:/sbin:/usr/bin")


def namespace():
    """What a command begins with that is to see another host's name; skips where the system lets us have none."""
    name = f"echo {HOST} > /proc/sys/kernel/hostname"
    if os.geteuid() == 0:  # sshd wants a folder below /run, which is none of ours
        ways = [["unshare", "--uts", "--mount"], f"{name} && mount -t tmpfs none /run && mkdir -m 0755 /run/sshd"]
    else:
        ways = [["unshare", "--user", "--map-current-user", "--keep-caps", "--uts"], name]
    way, first = ways
    command = [*way, "sh", "-c", f'{first} && exec "$@"', "sh"]
    tried = subprocess.run([*command, "uname", "-n"], capture_output=True, text=True, timeout=PATIENCE)
    if tried.returncode != 0 or tried.stdout.strip() != HOST:
        pytest.skip(f"no UTS namespace can be had here: {tried.stderr.strip()}")
    return command


def needs_ssh():
    missing = [p for p in ("ssh", "ssh-keygen", "unshare") if shutil.which(p) is None] + ["sshd"] * (SSHD is None)
    if missing:
        pytest.skip(f"{', '.join(missing)} cannot be found")
    if pwd.getpwuid(os.geteuid()).pw_shell.endswith(("nologin", "false")):
        pytest.skip("this user has no shell to log in with")


class Sshd:
    """The other machine."""

    def __init__(self, folder, unlink=False):
        self.folder = folder
        self.unlink = unlink
        self.sessions = []
        for name in ("host", "user"):
            subprocess.run(
                ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name)], check=True, timeout=PATIENCE
            )
        self.log = open(folder / "log", "wb")
        self.command = namespace()
        self.start()

    def start(self):
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            self.port = s.getsockname()[1]
        (self.folder / "sshd_config").write_text(
            f"""Port {self.port}
ListenAddress 127.0.0.1
HostKey {self.folder}/host
AuthorizedKeysFile {self.folder}/user.pub
PidFile none
StrictModes no
UsePAM no
PermitRootLogin yes
PasswordAuthentication no
KbdInteractiveAuthentication no
PrintMotd no
PrintLastLog no
StreamLocalBindUnlink {"yes" if self.unlink else "no"}
"""
        )
        (self.folder / "config").write_text(
            f"""Host {HOST}
    HostName 127.0.0.1
    Port {self.port}
    User {getpass.getuser()}
    IdentityFile {self.folder}/user
    IdentitiesOnly yes
    IdentityAgent none
    StrictHostKeyChecking no
    UserKnownHostsFile /dev/null
    ExitOnForwardFailure yes
    LogLevel ERROR
    ControlPath {self.folder}/control
"""
        )
        self.proc = subprocess.Popen(
            [*self.command, SSHD, "-D", "-e", "-f", str(self.folder / "sshd_config")],
            stdin=subprocess.DEVNULL,
            stdout=self.log,
            stderr=self.log,
        )
        wait_until(self._listens, "sshd listens")

    def _listens(self):
        assert self.proc.poll() is None, (self.folder / "log").read_text()
        with socket.socket() as s:
            return s.connect_ex(("127.0.0.1", self.port)) == 0

    def ssh(self, *args, **kw):
        """`ssh far` with these options and this command, in its own process group."""
        kw = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **kw}
        proc = subprocess.Popen(["ssh", "-F", str(self.folder / "config"), *args], start_new_session=True, **kw)
        self.sessions.append(proc)
        return proc

    @contextlib.contextmanager
    def forward(self, there, here):
        """ssh -N -R: the socket `here` of this machine as `there` on the other one."""
        proc = self.ssh("-N", "-R", f"{there}:{here}", HOST)

        def up():
            assert proc.poll() is None, proc.communicate()[1].decode()
            return there.exists() and self.answers(there)

        wait_until(up, "ssh forwards the socket")
        try:
            yield proc
        finally:
            end(proc)

    @staticmethod
    def answers(path):
        with socket.socket(socket.AF_UNIX) as s:
            return s.connect_ex(str(path)) == 0

    def stop(self):
        for proc in self.sessions:
            end(proc)
        end(self.proc)
        self.log.close()


def end(proc):
    if proc.poll() is None:
        proc.terminate()
    proc.communicate(timeout=PATIENCE)


class Remote:
    """Runs programs on the other machine, in a HOME there."""

    def __init__(self, sshd, home, socket_path):
        self.sshd, self.home, self.socket = sshd, home, socket_path

    def __call__(self, program, *args, cwd=None, env=None, input=None, ssh=()):
        words = {**self.home.env(), "ASKD_SOCKET": str(self.socket), **(env or {})}
        words = " ".join(f"{k}={shlex.quote(v)}" for k, v in words.items())
        line = f"cd {shlex.quote(str(cwd or self.home.path))} && exec env {words} {shlex.join([str(program), *args])}"
        proc = self.sshd.ssh(*ssh, HOST, line, stdin=subprocess.DEVNULL if input is None else subprocess.PIPE)
        out, err = proc.communicate(None if input is None else input.encode(), timeout=PATIENCE)
        return subprocess.CompletedProcess(args, proc.returncode, out.decode(), err.decode())


@contextlib.contextmanager
def other_machine(unlink=False):
    needs_ssh()
    with tempfile.TemporaryDirectory(prefix="askd-s-", dir="/tmp") as folder:
        sshd = Sshd(pathlib.Path(folder), unlink)
        try:
            with Home.made() as home:
                yield Remote(sshd, home, home.runtime / "laptop.sock")
        finally:
            sshd.stop()
