"""Emacs: the connection to the daemon, and what becomes of questions when it goes."""

import signal

import pytest

from client import Client
from conftest import askd_path, wait_until
from helpers_emacs import Emacs


@pytest.fixture
def emacs(home, daemon):
    with Emacs(home) as e:
        yield e


def phase(e):
    return e.eval("(plist-get (askd-state) :phase)")


def ask(e, words, options="", but=()):
    """Asks; the buffer of the answer."""
    e.eval(f'(require \'askd-ask) (askd-ask-about (list :words "{words}" {options}) (current-buffer) nil) nil')
    return e.answer_buffer(but)


def label(e, buffer):
    """What is shown behind the text of an answer."""
    return " ".join(text for _, _, text in e.overlays("after-string", buffer))


def request(e, method, params=""):
    e.eval(f"""(require 'askd-client) (setq got nil)
        (askd-request "{method}" (askd-map {params}) (lambda (err result) (setq got (list (or err result))))) nil""")
    return e.wait("got")[0]


HELD = "(progn (require 'askd-client) (askd-held))"
IDLE = {"calls": 0, "queue": 0, "streams": 0}


def test_it_says_who_it_is(emacs, client):
    request(emacs, "status")
    ask(emacs, "hello")
    assert emacs.eval('(askd-get (plist-get (askd-state) :server) "server")') == "askd"
    (row,) = client.call("usage.report", {"by": ["client"]})["rows"]
    assert row["client"] == "emacs"


def test_a_daemon_that_is_not_there_is_told(home, provider):
    home.write_config(provider.base_url)
    with Emacs(home) as e:
        e.keys("M-x askd-ask RET hello RET")
        line = e.wait_told("unavailable")
        assert str(home.socket) in line and "start askd" in line
        assert phase(e) == "down"


@pytest.fixture
def daemon_of_home(home):
    """The environment in which a client starts the daemon; it is ended behind the test."""
    yield {"ASKD_AUTOSTART": "1", "ASKD_DAEMON": str(askd_path())}
    if home.socket.exists():
        with Client(home.socket) as c:
            c.call("shutdown")
            c.wait_closed()


def test_a_daemon_that_is_not_there_is_started(home, provider, daemon_of_home):
    home.write_config(provider.base_url)
    with Emacs(home, env=daemon_of_home) as e:
        e.wait_text("hello", ask(e, "hello"))


def test_one_that_left_its_socket_behind_is_started_anew(home, provider, daemon_of_home, start_daemon):
    home.write_config(provider.base_url)
    start_daemon().kill()
    assert home.socket.exists()
    with Emacs(home, env=daemon_of_home) as e:
        e.wait_text("hello", ask(e, "hello"))


def test_what_cannot_start_a_daemon_is_named(home, provider):
    home.write_config(provider.base_url)
    with Emacs(home, setup='(setq askd-askctl "/no/askctl")', env={"ASKD_AUTOSTART": "1"}) as e:
        request(e, "status")
        line = e.eval('(askd-get (car got) "message")')
        assert "there is no /no/askctl to start one" in line and phase(e) == "down"


def test_a_folder_that_others_write_to_is_refused(emacs, daemon, home):
    home.socket.parent.chmod(0o770)
    emacs.keys("M-x askd-ask RET hello RET")
    assert "open to others" in emacs.wait_told("permission_denied")
    home.socket.parent.chmod(0o700)


def test_a_frozen_daemon_holds_nobody_up(emacs, daemon):
    request(emacs, "status")
    daemon.signal(signal.SIGSTOP)
    try:
        emacs.keys("M-x askd-ask RET hello RET")
        emacs.keys("typed SPC meanwhile")
        emacs.wait_text("typed meanwhile")
    finally:
        daemon.signal(signal.SIGCONT)
    emacs.wait_text("hello", emacs.answer_buffer())


def test_what_a_frozen_daemon_does_not_read_waits(emacs, daemon):
    """More than the socket has room for, in pieces of any size: Emacs would wait within `process-send-string'."""
    request(emacs, "status")
    daemon.signal(signal.SIGSTOP)
    try:
        emacs.eval("""
            (setq answered 0)
            (dolist (size '(10 100000 300 60000 1000000 20 5000000))
              (askd-request "embed" (askd-map "prompt" (make-string size ?x)) (lambda (&rest _) (cl-incf answered))))
            (dotimes (_ 200)
              (askd-request "models.aliases" (askd-map) (lambda (&rest _) (cl-incf answered))))
            nil""")
        emacs.keys("typed SPC meanwhile")
        emacs.wait_text("typed meanwhile")
        assert emacs.eval("(askd-congested-p)") and emacs.eval("answered") == 0
    finally:
        daemon.signal(signal.SIGCONT)
    emacs.wait("(= answered 207)")
    assert emacs.eval(HELD) == IDLE


def test_a_large_question_arrives_whole(emacs, client):
    size = 3_000_000
    emacs.eval(f"""(require 'askd-client) (setq got nil)
        (askd-request "chat" (askd-map "prompt" (make-string {size} ?x) "model" "fake/echo" "conversation" "new")
                      (lambda (err result) (setq got (or result err)))) nil""")
    emacs.wait("got")
    assert emacs.eval('(length (askd-get got "text"))') == size


def test_what_waits_for_the_daemon_has_a_bound(home, provider):
    home.write_config(provider.base_url)
    with Emacs(home) as e:
        e.eval("""(require 'askd-client) (setq codes nil)
            (dotimes (_ 300)
              (askd-request "status" (askd-map) (lambda (err _) (push (askd-get err "code") codes)))) nil""")
        e.wait("(= 300 (length codes))")
        codes = e.eval("codes")
        assert codes.count("overloaded") == 44 and codes.count("unavailable") == 256
        assert e.eval(HELD) == IDLE


@pytest.mark.parametrize("stored", [True, False])
def test_the_buffer_tells_that_the_daemon_ended_the_answer(emacs, daemon, home, start_daemon, stored):
    """What came stays, and the next question is answered. Of the last second the new daemon may know nothing."""
    b = ask(emacs, "hello", ':model "fake/hang-after-5"')
    emacs.wait_text("w4", b)
    if stored:
        wait_until(lambda: any(b"w4 " in f.read_bytes() for f in home.state.rglob("askd.db*")), "it is stored")
    daemon.kill()
    wait_until(lambda: "daemon is gone" in label(emacs, b), "the buffer tells of it")
    start_daemon()
    emacs.wait_told("interrupted")
    assert emacs.text(b).startswith("w0 w1 w2 w3 w4") and "interrupted" in label(emacs, b)
    emacs.wait_text("again", ask(emacs, "again", but=[b]))


def test_an_answer_that_runs_on_is_attached_to_where_it_was(emacs):
    b = ask(emacs, "hello", ':model "fake/slow-40-30"')
    emacs.wait_text("w5", b)
    emacs.eval('(askd-link--broken askd-client--link "broken by the test")')
    emacs.wait_text("w39", b)
    assert emacs.text(b).split() == [f"w{i}" for i in range(40)], "each piece once"
    wait_until(lambda: label(emacs, b) == "", "the label is gone")


def test_what_is_no_message_ends_the_connection(emacs):
    request(emacs, "status")
    emacs.eval("""(let ((link askd-client--link)) (funcall (askd-link--filter link) nil "\\301")) nil""")
    assert phase(emacs) == "down"
    assert "no message" in emacs.eval('(askd-get (plist-get (askd-state) :error) "message")')
    assert request(emacs, "status"), "the next request has a new connection"


def test_stopping_ends_it_at_the_provider(emacs, provider):
    b = ask(emacs, "hello", ':model "fake/hang-after-2"')
    emacs.wait_text("w1", b)
    emacs.eval(f'(pop-to-buffer "{b}") nil')
    emacs.command("askd-stop")
    provider.wait_aborted()
    wait_until(lambda: "cancelled" in label(emacs, b), "the buffer tells of it")
    emacs.command("askd-stop")
    emacs.wait_told("Nothing runs")


def test_changes_are_watched_and_after_a_new_daemon_too(emacs, daemon, client, start_daemon):
    emacs.eval("""(require 'askd-client) (setq seen nil)
        (askd-watch nil (lambda (change _) (push (askd-get change "type") seen))) nil""")
    wait_until(lambda: phase(emacs) == "ready", "it is connected")
    request(emacs, "status")
    client.call("conversation.create", {"title": "first"})
    emacs.wait('(member "created" seen)')
    daemon.end()
    emacs.eval("(setq seen nil)")
    other = start_daemon().connect()
    emacs.wait('(member "lost" seen)')
    other.call("conversation.create", {"title": "second"})
    emacs.wait('(member "created" seen)')


def test_no_process_keeps_emacs_from_ending(emacs):
    request(emacs, "status")
    assert not emacs.eval("(process-query-on-exit-flag (get-process \"askd\"))")
