"""Neovim: the connection. A daemon that is not there, is frozen, ends or comes back: nothing waits, nothing is lost."""

import signal

import pytest

from client import Client
from conftest import askd_path, wait_until
from helpers_nvim import Nvim


@pytest.fixture
def nvim(daemon, home):
    with Nvim(home) as n:
        yield n


def request(nvim, method, params=None):
    """(error, result) of a call of the client's."""
    nvim.lua(
        "local method, params = ... got = nil; require('askd.client').request(method, params or vim.empty_dict(),"
        " function(err, result) got = {err or false, result or false} end)",
        method, params,
    )  # fmt: skip
    return nvim.wait_lua("return got")


def phase(nvim):
    return nvim.lua("return require('askd.client').state().phase")


def break_connection(nvim):
    """What we send is shut, whereupon the daemon hangs up."""
    code = """
        local name, link = debug.getupvalue(require('askd.client').is_congested, 1)
        assert(name == 'link')
        link.pipe:shutdown()
    """
    nvim.lua(code)


def answer_text(nvim, buf):
    return "\n".join(nvim.lines(buf))


def test_requests_are_answered(nvim):
    err, status = request(nvim, "status")
    assert not err and status["default_model"] == "fake/echo"
    err, result = request(nvim, "no.such")
    assert err["code"] == "unknown_method" and not result
    assert nvim.lua("return require('askd.client').state().server.protocol") == 1


def test_bytes_are_sent_as_binary_and_strings_as_strings(nvim, provider):
    nvim.lua("""
        local wire = require('askd.wire')
        local part = {type = 'file', name = 'x.bin.txt', data = wire.binary(('0123456789'):rep(7000) .. 'the end')}
        local params = {prompt = 'Größe', attachments = {part}}
        require('askd.client').request('chat', params, function(err, result) got = {err or result} end)
    """)
    nvim.wait_lua("return got")
    assert "the end" in str(provider.bodies()[-1]["messages"]) and "Größe" in str(provider.bodies()[-1]["messages"])


@pytest.mark.parametrize(
    "data",
    [b"plain", "Größe 漢字 👩".encode(), b"a\xe4b", b"\xe4\xc3\xa4\xb8\x80", b"\xc0\xaf\xed\xa0\x80",
     b"\xf4\x90\x80\x80", b"nul\0"],
)  # fmt: skip
def test_what_is_no_utf8_is_replaced(nvim, data):
    nvim.lua("bytes = vim.fn.eval(...)", "0z" + data.hex())
    fixed = nvim.lua("return require('askd.wire').utf8(bytes)")
    if "\N{REPLACEMENT CHARACTER}" not in data.decode(errors="replace"):
        assert fixed.encode() == data
    else:
        ours, theirs = fixed.replace("\ufffd", ""), data.decode(errors="ignore")
        assert ours == theirs and fixed.count("\ufffd") == len(data) - len(theirs.encode())


def test_a_buffer_in_another_encoding_can_be_asked_about(nvim, provider, tmp_path):
    (tmp_path / "latin.txt").write_bytes(b"na\xefve\n")
    nvim.command(f"edit ++enc=utf-8 ++bad=keep {tmp_path}/latin.txt")
    nvim.command("%Ask -p explain")
    provider.wait_requests(1)
    assert "na\ufffdve" in str(provider.bodies()[0]["messages"])


def test_whatever_way_messages_are_cut_they_are_read(nvim):
    """An absent field is absent, too."""
    got = nvim.lua("""
        local wire = require('askd.wire')
        local bytes = vim.mpack.encode({1, 70000, vim.NIL, {text = ('ä'):rep(300), none = vim.NIL, list = {1, 2}}})
          .. wire.notification('x', {5, {a = {}}}) .. wire.request(9, 'm', nil)
        local out = {}
        for size = 1, 400, 3 do
          local seen = {}
          local read = wire.reader(function(...) seen[#seen + 1] = {...} end)
          for at = 1, #bytes, size do read(bytes:sub(at, at + size - 1)) end
          if #seen ~= 3 or seen[1][2] ~= 70000 or seen[1][3] ~= nil or seen[1][4].none ~= nil
             or #seen[1][4].text ~= 600 or seen[2][2] ~= 'x' or seen[3][3] ~= 'm' then
            out[#out + 1] = size
          end
        end
        return out
    """)
    assert got == []


def test_a_daemon_that_is_not_there_is_told(home, provider):
    home.write_config(provider.base_url)
    with Nvim(home) as n:
        n.command("Ask hello")
        line = n.wait_told("unavailable")
        assert str(home.socket) in line and "start askd" in line
        assert phase(n) == "down"


def test_a_daemon_that_is_not_there_is_started(home, provider, daemon_of_home):
    home.write_config(provider.base_url)
    with Nvim(home, env=daemon_of_home) as n:
        n.command("Ask hello")
        n.wait_lines("hello", n.answer_buffer())


def test_what_cannot_start_a_daemon_is_named(home, provider):
    home.write_config(provider.base_url)
    with Nvim(home, setup="askctl = '/no/askctl'", env={"ASKD_AUTOSTART": "1"}) as n:
        n.command("Ask hello")
        line = n.wait_told("unavailable")
        assert "/no/askctl cannot be run: ENOENT" in line and phase(n) == "down"


@pytest.fixture
def daemon_of_home(home):
    """The environment in which a client starts the daemon; it is ended behind the test."""
    yield {"ASKD_AUTOSTART": "1", "ASKD_DAEMON": str(askd_path())}
    if home.socket.exists():
        with Client(home.socket) as c:
            c.call("shutdown")
            c.wait_closed()


@pytest.mark.parametrize("stored", [True, False])
def test_the_buffer_tells_that_the_daemon_ended_the_answer(nvim, daemon, home, start_daemon, stored):
    """What came stays, and the next question is answered. Of the last second the new daemon may know nothing."""
    nvim.command("Ask -m fake/hang-after-5 hello")
    b = nvim.answer_buffer()
    nvim.wait_lines("w4", b)
    if stored:
        wait_until(lambda: any(b"w4 " in f.read_bytes() for f in home.state.rglob("askd.db*")), "it is stored")
    daemon.kill()
    wait_until(lambda: "daemon is gone" in str(nvim.marks("askd-answer", b)), "the buffer tells of it")
    start_daemon()
    nvim.wait_told("interrupted")
    assert answer_text(nvim, b).startswith("w0 w1 w2 w3 w4")
    nvim.command("Ask again")
    wait_until(lambda: nvim.answer_buffer() != b and "again" in answer_text(nvim, nvim.answer_buffer()), "an answer")


def test_an_answer_that_runs_on_is_attached_to_where_it_was(nvim):
    nvim.command("Ask -m fake/slow-40-30 hello")
    b = nvim.answer_buffer()
    nvim.wait_lines("w5", b)
    break_connection(nvim)
    nvim.wait_lines("w39", b)
    assert answer_text(nvim, b).split() == [f"w{i}" for i in range(40)], "each piece once"


def test_a_frozen_daemon_holds_nobody_up(nvim, daemon):
    request(nvim, "status")
    daemon.signal(signal.SIGSTOP)
    try:
        nvim.command("Ask hello")
        nvim.keys("ityped meanwhile<Esc>")
        nvim.wait_lines("typed meanwhile")
    finally:
        daemon.signal(signal.SIGCONT)
    nvim.wait_lines("hello", nvim.answer_buffer())


def test_what_waits_for_the_daemon_has_a_bound(home, provider):
    home.write_config(provider.base_url)
    with Nvim(home) as n:
        codes = n.lua("""
            codes = {}
            for i = 1, 300 do
              require('askd.client').request('status', vim.empty_dict(), function(err)
                codes[err.code] = (codes[err.code] or 0) + 1
              end)
            end
        """) or n.wait_lua("return (codes.unavailable or 0) + (codes.overloaded or 0) == 300 and codes")
        assert codes == {"overloaded": 44, "unavailable": 256}
        assert n.lua("return require('askd.client').held()") == {"calls": 0, "queue": 0, "streams": 0, "inbox": 0}


def test_a_folder_that_others_write_to_is_refused(nvim, daemon, home):
    home.socket.parent.chmod(0o770)
    nvim.command("Ask hello")
    assert "open to others" in nvim.wait_told("permission_denied")
    home.socket.parent.chmod(0o700)


def test_stopping_ends_it_at_the_provider(nvim, provider):
    nvim.command("Ask -m fake/hang-after-2 hello")
    b = nvim.answer_buffer()
    nvim.wait_lines("w1", b)
    nvim.command(f"call win_gotoid(win_findbuf({b})[0])")
    nvim.command("AskStop")
    provider.wait_aborted()
    wait_until(lambda: "cancelled" in str(nvim.marks("askd-answer", b)), "the buffer tells of it")
    nvim.command("AskStop")
    assert "nothing runs" in nvim.told()[-1]


def test_changes_are_watched_and_after_a_new_daemon_too(nvim, daemon, client, start_daemon):
    nvim.lua("seen = {} require('askd.client').watch(nil, function(change) seen[change.type] = true end)")
    wait_until(lambda: phase(nvim) == "ready", "it is connected")
    request(nvim, "status")
    client.call("conversation.create", {"title": "first"})
    nvim.wait_lua("return seen.created")
    daemon.end()
    nvim.lua("seen = {}")
    other = start_daemon().connect()
    nvim.wait_lua("return seen.lost")
    other.call("conversation.create", {"title": "second"})
    nvim.wait_lua("return seen.created")
