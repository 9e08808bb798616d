"""One daemon, several users: nobody sees, reads or touches what is another's. With real uids, so for root only."""
# ruff: noqa: F811 -- fixtures are imported

import os
import pathlib
import shutil
import stat

import pytest

from client import RESPONSE, Closed, RpcError, failure
from conftest import wait_until
from helpers_system import ALICE, BOB, DAEMON, alice, bob, daemon, home, system_home, user_client  # noqa: F401

NEVER = "01890000-0000-7000-8000-000000000000"  # an id as ours are, that never was


@pytest.fixture
def root(daemon):
    return daemon.connect()


def assert_not_found(client, method, params, secret):
    """As for an id that never was: the same error but for the id, so that nothing tells whether `secret` is there."""
    with_secret = failure(client, method, params)
    assert with_secret["code"] == "not_found", with_secret
    never = failure(client, method, {k: NEVER if v == secret else v for k, v in params.items()})
    assert with_secret == {k: v.replace(NEVER, secret) if isinstance(v, str) else v for k, v in never.items()}


def is_id(value):
    return isinstance(value, str) and len(value) == len(NEVER)


# -- who may come


def test_runs_as_its_own_user(daemon, home):
    status = pathlib.Path(f"/proc/{daemon.pid}/status").read_text()
    ids = [line.split()[1:] for line in status.splitlines() if line.startswith(("Uid:", "Gid:"))]
    assert ids == [[str(DAEMON)] * 4] * 2
    st = os.stat(home.socket)
    assert (stat.S_IMODE(st.st_mode), st.st_uid, st.st_gid) == (0o660, DAEMON, DAEMON)


def test_everybody_is_known_by_uid(alice, bob, root):
    assert [c.call("hello")["uid"] for c in (alice, bob, root)] == [ALICE, BOB, 0]


def test_group_decides_who_may_connect(daemon, user_client):
    with pytest.raises(PermissionError):
        user_client(ALICE, groups=[])


def test_socket_of_the_service_manager(home, provider, start_daemon, user_client):
    """As askd.socket has it: bound by root, given to the daemon, which leaves it there."""
    activate = shutil.which("systemd-socket-activate")
    if not activate:
        pytest.skip("no systemd-socket-activate (Debian: systemd)")
    if b"sd_listen_fds" not in home.askd.read_bytes():
        pytest.skip("askd was built without libsystemd")
    home.write_config(provider.base_url)
    how = home.daemon_args()
    passed = [a for name in home.env() for a in ("-E", name)]
    d = start_daemon(args=how["args"], via=[activate, "-l", str(home.socket), *passed, *how["via"]])
    os.chown(home.socket, DAEMON, DAEMON)
    home.socket.chmod(0o660)
    made = home.socket.stat().st_ino
    alice, bob = user_client(ALICE), user_client(BOB)
    assert [c.call("hello")["uid"] for c in (alice, bob)] == [ALICE, BOB]
    assert alice.result(alice.chat("echo", "hello"))["state"] == "done"
    d.signal(15)
    assert d.wait() == 0
    assert home.socket.stat().st_ino == made


def test_state_is_the_daemons_alone(daemon, home, alice):
    alice.result(alice.chat("echo", detach=False))
    for folder in (home.state, home.cache):
        st = folder.stat()
        assert (stat.S_IMODE(st.st_mode), st.st_uid) == (0o700, DAEMON)
        for path in folder.rglob("*"):
            assert (stat.S_IMODE(path.stat().st_mode) & 0o077, path.stat().st_uid) == (0, DAEMON), path


@pytest.mark.parametrize("method", ["shutdown", "config.reload", "log.read"])
def test_users_do_not_rule(daemon, alice, bob, root, method):
    for user in (alice, bob):
        error = failure(user, method, {})
        assert error["code"] == "permission_denied"
        user.notify(method)
        assert user.call("status")["pid"] == daemon.pid
    assert daemon.proc.poll() is None


def test_root_rules(daemon, root):
    assert root.call("shutdown") == {}
    assert daemon.wait() == 0


# -- answers


@pytest.fixture
def answers(alice, provider):
    """Of Alice: one that runs, one that is done."""
    running = alice.call("chat", {"model": "fake/hang-after-1", "prompt": "alice's secret question", "detach": True})
    done = alice.call("chat", {"model": "fake/echo", "prompt": "alice's other secret", "detach": True})
    provider.wait_requests(2)
    wait_until(lambda: alice.call("answer.get", done)["state"] == "done", "the answer is done")
    return {"running": running["answer"], "done": done["answer"]}


@pytest.mark.parametrize("state", ["running", "done"])
@pytest.mark.parametrize("method", ["answer.get", "answer.attach", "answer.cancel"])
def test_answer_is_its_askers_alone(alice, bob, root, answers, method, state):
    answer = answers[state]
    for other in (bob, root):
        assert_not_found(other, method, {"answer": answer}, answer)
        other.notify(method, {"answer": answer})
    assert [bob.call("answer.list"), root.call("answer.list")] == [[], []]
    assert {a["answer"]: a["state"] for a in alice.call("answer.list")} == {answers[s]: s for s in ("running", "done")}
    assert alice.call("answer.get", {"answer": answer})["state"] == state


def test_each_lists_its_own(alice, bob, root, answers):
    mine = bob.call("chat", {"model": "fake/echo", "prompt": "bob's", "detach": True})["answer"]
    assert [a["answer"] for a in bob.call("answer.list")] == [mine]
    assert {a["answer"] for a in alice.call("answer.list")} == set(answers.values())
    assert root.call("answer.list") == []
    assert_not_found(alice, "answer.get", {"answer": mine}, mine)


def test_plain_question_is_nobody_elses(alice, bob):
    a = alice.result(alice.chat("echo", "alice's"))
    assert_not_found(bob, "answer.get", {"answer": a["answer"]}, a["answer"])
    assert bob.call("answer.list") == []


def test_all_of_a_user_may_attach(alice, answers, user_client):
    second = user_client(ALICE)
    msgid = second.request("answer.attach", {"answer": answers["running"]})
    assert second.wait_event("text")[0] == answers["running"]
    assert second.call("answer.cancel", {"answer": answers["running"]}) == {}
    assert second.response(msgid)[0]["code"] == "cancelled"


def test_status_tells_no_questions(bob, root, answers):
    for other in (bob, root):
        assert "secret" not in repr(other.call("status")) and answers["running"] not in repr(other.call("status"))


# -- conversations


@pytest.fixture
def conversation(alice, root):
    """Of Alice, with one turn: (conversation, message)."""
    a = alice.result(alice.chat("echo", "alice's secret question", conversation="new"))
    assert is_id(a["conversation"]) and is_id(a["message"])
    return a["conversation"], a["message"]


def test_conversation_is_its_owners_alone(alice, bob, root, conversation):
    conv, message = conversation
    before = alice.call("conversation.get", {"conversation": conv})
    for other in (bob, root):
        for method, more in (
            ("conversation.get", {}),
            ("conversation.get", {"branch": message}),
            ("conversation.fork", {"message": message}),
            ("conversation.rename", {"title": "taken"}),
            ("conversation.delete", {}),
            ("conversation.restore", {}),
            ("conversation.pin", {"pinned": True}),
            ("conversation.tag", {"add": ["taken"]}),
            ("conversation.head", {"message": message}),
            ("conversation.export", {"format": "json"}),
            ("conversation.watch", {}),
            ("chat", {"model": "fake/echo", "prompt": "and?"}),
            ("chat", {"model": "fake/echo", "prompt": "and?", "parent": message}),
            ("chat", {"model": "fake/echo", "prompt": "and?", "edit": message}),
            ("chat", {"model": "fake/echo", "regenerate": message}),
        ):
            assert_not_found(other, method, {"conversation": conv, **more}, conv)
        assert other.call("conversation.list") == []
        assert other.call("conversation.search", {"query": "secret"}) == []
    assert [h["conversation"] for h in alice.call("conversation.search", {"query": "secret"})] == [conv]
    assert alice.call("conversation.get", {"conversation": conv}) == before
    assert [c["conversation"] for c in alice.call("conversation.list")] == [conv]


def test_changes_are_told_to_their_owner_alone(alice, bob, root, conversation):
    conv, _ = conversation
    for watcher in (alice, bob, root):
        watcher.call("conversation.watch")
    alice.call("conversation.rename", {"conversation": conv, "title": "mine"})
    for other in (bob, root):
        asked = other.request("hello", {"client": "pytest"})
        assert list(other.recv()[:2]) == [RESPONSE, asked], "a change was told before"
    assert alice.call("conversation.get", {"conversation": conv})["title"] == "mine"


def test_message_is_its_owners_alone(alice, bob, conversation):
    """Another's message in a conversation of one's own."""
    _, message = conversation
    mine = bob.result(bob.chat("echo", "bob's", conversation="new"))["conversation"]
    for method, more in (
        ("chat", {"model": "fake/echo", "prompt": "and?", "parent": message}),
        ("conversation.fork", {"message": message}),
        ("conversation.get", {"branch": message}),
    ):
        assert_not_found(bob, method, {"conversation": mine, **more}, message)
    assert len(bob.call("conversation.get", {"conversation": mine})["messages"]) == 2


def test_last_is_ones_own(alice, bob, conversation):
    """In the same terminal and directory, as after su."""
    here = {"cwd": "/tmp", "terminal": "pts/7:1"}
    mine = alice.result(alice.chat("echo", "x", conversation="new", context=here))["conversation"]
    error, _ = bob.response(bob.chat("echo", "x", conversation="last", context=here))
    assert error["code"] == "not_found"
    assert alice.result(alice.chat("echo", "x", conversation="last", context=here))["conversation"] == mine


def test_nothing_changes_hands_over_a_restart(daemon, home, start_daemon, conversation, user_client):
    conv, _ = conversation
    daemon.signal(15)
    assert daemon.wait() == 0
    start_daemon(**home.daemon_args())
    alice, bob = user_client(ALICE), user_client(BOB)
    assert [c["conversation"] for c in alice.call("conversation.list")] == [conv]
    assert bob.call("conversation.list") == []
    assert_not_found(bob, "conversation.get", {"conversation": conv}, conv)
    for a in alice.call("answer.list"):
        assert_not_found(bob, "answer.attach", {"answer": a["answer"]}, a["answer"])
    assert bob.call("answer.list") == []


# -- a quarter each


@pytest.mark.askd(daemon={"max_answers": "8"})
def test_a_user_has_a_quarter_of_max_answers(alice, bob, provider):
    def ask(client):
        return client.response(client.chat("hang-after-1", detach=True, cache="off"))

    mine = [ask(alice) for _ in range(2)]
    assert [error for error, _ in mine] == [None, None]
    error, _ = ask(alice)
    assert error["code"] == "overloaded" and "max_answers" in error["message"]
    assert [ask(bob)[0] for _ in range(2)] == [None, None]
    alice.call("answer.cancel", mine[0][1])
    wait_until(lambda: ask(alice)[0] is None, "a place is free again")


@pytest.mark.askd(daemon={"max_connections": "16"})
def test_a_user_has_a_quarter_of_max_connections(alice, bob, user_client):
    mine = [alice, *(user_client(ALICE) for _ in range(3))]
    assert all(c.call("hello")["uid"] == ALICE for c in mine)
    refused = user_client(ALICE)
    error = refused.recv()[2]
    assert error["code"] == "overloaded" and "max_connections" in error["message"]
    assert refused.wait_closed()
    others = [bob, *(user_client(BOB) for _ in range(3))]
    assert all(c.call("hello")["uid"] == BOB for c in others)
    mine.pop().end()

    def let_in():
        c = user_client(ALICE)
        try:
            return c.call("hello")["uid"] == ALICE
        except (RpcError, Closed, BrokenPipeError):
            c.end()
            return False

    wait_until(let_in, "a place is free again")
