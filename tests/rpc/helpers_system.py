"""A daemon in system mode that runs as a user of its own, and clients that are other users. For root only."""

import multiprocessing
import os
import shutil

import pytest

from client import Client
from conftest import PATIENCE, Home, askd_path

DAEMON, ALICE, BOB = 64011, 64012, 64013  # uids that no distribution gives away; the daemon's gid is its uid


class SystemHome(Home):
    """Folders as the unit, sysusers and tmpfiles make them: 0755 for the socket, state and cache the daemon's own."""

    def __init__(self):
        super().__init__()
        self.askd = self.path / "askd"  # where the daemon's user can read it, wherever the build tree is
        shutil.copy(askd_path(), self.askd)
        self.cache = self.path / "cache"
        self.path.chmod(0o755)
        self.config_dir.chmod(0o755)
        self.config_dir.parent.chmod(0o755)
        self.runtime.chmod(0o755)
        self.socket.parent.mkdir(mode=0o755)
        for folder in (self.socket.parent, self.state, self.cache):
            os.chown(folder, DAEMON, DAEMON)

    def env(self, **more):
        env = super().env(STATE_DIRECTORY=str(self.state), CACHE_DIRECTORY=str(self.cache))
        for name in [n for n in env if n.startswith("XDG_")]:
            del env[name]
        return {**env, "HOME": str(self.state), **more}

    def write_config(self, *args, **kw):
        super().write_config(*args, **kw)
        os.chown(self.config, DAEMON, DAEMON)

    def daemon_args(self):
        """For start_daemon."""
        return {
            "args": ["--system", "--config", str(self.config), "--socket", str(self.socket)],
            "via": ["setpriv", f"--reuid={DAEMON}", f"--regid={DAEMON}", "--clear-groups", "--"],
        }


@pytest.fixture
def system_home():
    if os.geteuid() != 0:
        pytest.skip("only root can be several users")
    if not shutil.which("setpriv"):
        pytest.skip("no setpriv (Debian: util-linux)")
    h = SystemHome()
    yield h
    h.remove()


def _serve(pipe, uid, groups, path):
    """In the child: becomes the user for good, connects, then does what it is told to the Client."""
    try:
        os.setgroups(groups)
        os.setgid(uid)
        os.setuid(uid)
        client = Client(path, timeout=PATIENCE)
        pipe.send((True, os.getresuid()))
        while (told := pipe.recv()) is not None:
            name, args, kw = told
            try:
                pipe.send((True, getattr(client, name)(*args, **kw)))
            except Exception as e:
                pipe.send((False, e))
    except Exception as e:
        pipe.send((False, e))


class UserClient:
    """A Client in a process of another user: each of its methods is called there. Its log stays there too."""

    def __init__(self, path, uid, groups=(DAEMON,)):
        context = multiprocessing.get_context("fork")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, uid, list(groups), path), daemon=True)
        self._process.start()
        theirs.close()
        try:
            assert self._result() == (uid, uid, uid)
        except BaseException:
            self.end()
            raise

    def _result(self):
        assert self._pipe.poll(2 * PATIENCE), "the user's process does not answer"
        good, value = self._pipe.recv()
        if not good:
            raise value
        return value

    def __getattr__(self, name):
        def call(*args, **kw):
            self._pipe.send((name, args, kw))
            return self._result()

        return call

    def end(self):
        """Hangs up. By a word: children that were forked later hold this end of the pipe too."""
        if self._pipe.closed:
            return
        try:
            self._pipe.send(None)
        except BrokenPipeError:
            pass  # it never got so far as to connect
        self._process.join(PATIENCE)
        self._pipe.close()


@pytest.fixture
def user_client(system_home):
    """user_client(uid, groups=) -> UserClient, ended at teardown."""
    users = []

    def connect(uid, **kw):
        users.append(UserClient(system_home.socket, uid, **kw))
        return users[-1]

    yield connect
    for u in users:
        u.end()


# -- for a file whose daemon is always one in system mode: its fixtures instead of the common ones


@pytest.fixture
def home(system_home):
    return system_home


@pytest.fixture
def daemon(request, home, provider, start_daemon):
    marker = request.node.get_closest_marker("askd")
    home.write_config(provider.base_url, **(dict(marker.kwargs) if marker else {}))
    return start_daemon(**home.daemon_args())


@pytest.fixture
def alice(daemon, user_client):
    return user_client(ALICE)


@pytest.fixture
def bob(daemon, user_client):
    return user_client(BOB)
