"""VS Code: the connection. A daemon that is not there, is frozen, ends or comes back: nothing waits, nothing is lost."""

import signal

import pytest

from client import Client, say
from conftest import askd_path, wait_until
from helpers_vscode import VsCode, VsCodeError


@pytest.fixture
def code(daemon, home):
    with VsCode(home) as v:
        yield v


def request(code, method, params=None):
    return code.do("request", method, params or {})


def test_requests_are_answered(code):
    assert request(code, "status")["default_model"] == "fake/echo"
    with pytest.raises(VsCodeError, match="unknown_method"):
        request(code, "no.such")
    wait_until(lambda: (code.do("server") or {}).get("protocol") == 1, "hello is answered")


def test_a_daemon_that_is_not_there_is_told(home, provider):
    home.write_config(provider.base_url)
    with VsCode(home) as v:
        v.command("askd.ask", {"words": "hello"})
        line = v.wait_told("unavailable")
        assert str(home.socket) in line and "start askd" in line
        assert v.do("phase") == "down"


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
    with VsCode(home, env=daemon_of_home) as v:
        v.command("askd.ask", {"words": "hello"})
        v.wait_text(v.answer_page(), "hello")


def test_none_is_started_for_a_list_that_nobody_asked_for(home, provider, daemon_of_home):
    """The editor asks for models by itself when a window opens."""
    home.write_config(provider.base_url)
    with VsCode(home, env=daemon_of_home) as v:
        assert v.do("modelList", True) == [] and v.do("phase") == "idle"
        assert "fake/echo" in [m["id"] for m in v.do("modelList")]


def test_what_cannot_start_a_daemon_is_named(home, provider):
    home.write_config(provider.base_url)
    with VsCode(home, settings={"askctl": "/no/askctl"}, env={"ASKD_AUTOSTART": "1"}) as v:
        v.command("askd.ask", {"words": "hello"})
        assert "/no/askctl cannot be run: ENOENT" in v.wait_told("unavailable")
        assert v.do("phase") == "down"


@pytest.mark.parametrize("stored", [True, False])
def test_the_document_tells_that_the_daemon_ended_the_answer(code, daemon, home, start_daemon, stored):
    """What came stays, and the next question is answered. Of the last second the new daemon may know nothing."""
    code.command("askd.ask", {"words": "hello", "model": "fake/hang-after-5"})
    page = code.answer_page()
    code.wait_text(page, "w4")
    if stored:
        wait_until(lambda: any(b"w4 " in f.read_bytes() for f in home.state.rglob("askd.db*")), "it is stored")
    daemon.kill()
    wait_until(lambda: "daemon is gone" in str(code.words_beside(page)), "the document tells of it")
    start_daemon()
    code.wait_told("interrupted")
    assert code.text(page).startswith("w0 w1 w2 w3 w4") and "interrupted" in str(code.words_beside(page))
    code.command("askd.ask", {"words": "again"})
    wait_until(lambda: code.answer_page() != page, "another document")
    code.wait_text(code.answer_page(), "again")


def test_an_answer_that_runs_on_is_attached_to_where_it_was(code):
    code.command("askd.ask", {"words": "hello", "model": "fake/slow-40-30"})
    page = code.answer_page()
    code.wait_text(page, "w5")
    code.do("breakConnection")
    code.wait_text(page, "w39")
    assert code.text(page).split() == [f"w{i}" for i in range(40)], "each piece once"


def test_a_question_under_way_when_the_connection_breaks_is_not_asked_again(code, daemon, provider):
    number = code.begin("request", "chat", {"prompt": "once", "model": "fake/hang-headers"})
    provider.wait_requests(1)
    code.do("breakConnection")
    with pytest.raises(VsCodeError, match="lost before it had answered"):
        code.result(number)
    request(code, "status")
    assert provider.stats()["requests"] == 1


def test_a_frozen_daemon_holds_nobody_up(code, daemon):
    request(code, "status")
    daemon.signal(signal.SIGSTOP)
    try:
        number = code.begin("command", "askd.ask", {"words": "hello"})
        code.do("untitled", "", "")
        code.do("type", "typed meanwhile")
        assert code.text(code.do("active")) == "typed meanwhile"
    finally:
        daemon.signal(signal.SIGCONT)
    code.result(number)
    code.wait_text(code.answer_page(), "hello")


def test_what_waits_for_the_daemon_has_a_bound(home, provider):
    home.write_config(provider.base_url)
    with VsCode(home) as v:
        codes = v.do("crowd", 300)
        assert codes == {"overloaded": 44, "unavailable": 256}
        assert v.do("held") == {"calls": 0, "queue": 0, "streams": 0, "inbox": 0}


@pytest.mark.parametrize("mode", [0o770, 0o777])
def test_a_folder_that_others_write_to_is_refused(home, daemon, mode):
    home.socket.parent.chmod(mode)
    with VsCode(home) as v:
        v.command("askd.ask", {"words": "hello"})
        assert "open to others" in v.wait_told("permission_denied")
    home.socket.parent.chmod(0o700)


def test_another_socket_is_taken_once_it_is_named(code, daemon, home):
    assert request(code, "status")["pid"] == daemon.pid
    code.do("set", "socket", str(home.path / "none.sock"))
    with pytest.raises(VsCodeError, match="no daemon listens on .*none.sock"):
        request(code, "status")
    code.do("set", "socket", "")
    assert request(code, "status")["pid"] == daemon.pid


def test_a_named_socket_in_a_folder_of_others_is_refused(code, home, tmp_path):
    open_folder = home.path / "open"
    open_folder.mkdir(mode=0o777)
    open_folder.chmod(0o777)
    code.do("set", "socket", str(open_folder / "askd.sock"))
    code.command("askd.ask", {"words": "hello"})
    assert "others can write" in code.wait_told("permission_denied")


def test_a_path_that_no_socket_can_have_is_told(code, home):
    code.do("set", "socket", f"{home.path}/{'x' * 120}/askd.sock")
    code.command("askd.ask", {"words": "hello"})
    assert "too long" in code.wait_told("unavailable")


@pytest.mark.parametrize("settings", [{"socket": 5}, {"socket": "/x\0y"}, {"askctl": 5}, {"askctl": "x\0y"}])
def test_settings_that_cannot_be_are_told(home, provider, settings):
    home.write_config(provider.base_url)
    with VsCode(home, settings=settings, env={"ASKD_AUTOSTART": "1"}) as v:
        v.command("askd.ask", {"words": "hello"})
        assert "cannot be used" in v.wait_told("unavailable")


def test_what_others_say_is_no_link(code):
    """In what the editor tells, a link can give commands."""
    code.command("askd.ask", {"words": "hello", "model": "fake/[the_manual](command:workbench.action.quit)"})
    assert "[the_manual] (command:" in code.wait_told("the_manual")


@pytest.mark.askd(daemon={"max_answer": "8M"})
def test_a_large_answer_is_whole(code, client):
    text = "".join(f"Zeile {i} größer als die vorige\n" for i in range(20000))
    say(client, text)
    cached = say(client, text)
    page = code.do("open", f"askd:/answer/{cached['answer']}.md")
    code.wait_text(page, lambda shown: len(shown) == len(text))
    assert code.text(page) == text


def test_ended_it_holds_nothing(code):
    code.command("askd.ask", {"words": "hello", "model": "fake/hang-after-5"})
    code.wait_text(code.answer_page(), "w4")
    assert code.do("dispose") == 0
    assert code.do("held") == {"calls": 0, "queue": 0, "streams": 0, "inbox": 0}
    assert code.do("commands") == []


def test_that_it_ends_is_told_nobody(code, provider):
    model = "fake/hang-after-2"
    code.command("askd.ask", {"words": "hello", "model": model})
    code.open(code.folder / "a.c", "int a;\n")
    code.select(1, 1)
    code.command("askd.rewrite", {"words": "shorter", "model": model})
    asking = code.begin("thread", {"words": "and this?", "model": {"vendor": "askd", "id": model}})
    provider.wait_requests(3)
    assert code.do("dispose") == 0
    assert "fault" not in code.result(asking)
    assert code.told() == [] and code.do("held") == {"calls": 0, "queue": 0, "streams": 0, "inbox": 0}
