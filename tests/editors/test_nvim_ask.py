"""Neovim: :Ask, answers that stream into a split."""

import pytest

from client import say
from conftest import wait_until
from helpers_nvim import Nvim


@pytest.fixture
def nvim(daemon, home):
    with Nvim(home) as n:
        yield n


def buffer_variables(n, buf):
    return n.lua("return vim.fn.getbufvar(..., '')", buf)


def test_the_answer_streams_into_a_split(nvim, client):
    nvim.command("Ask -m fake/slow-12-30 hello")
    b = nvim.answer_buffer()
    assert nvim.lua("return #vim.fn.win_findbuf(...)", b) == 1
    part = nvim.wait_lines(lambda lines: lines[0].startswith("w0 w1"), b)
    assert "w11" not in part[0], "it is shown while it comes"
    nvim.wait_lines("w11", b)
    assert nvim.call("nvim_buf_get_option", b, "filetype") == "markdown"
    answer = nvim.call("nvim_buf_get_name", b).removeprefix("askd://answer/")
    assert client.call("answer.get", {"answer": answer})["text"].strip() == nvim.lines(b)[0].strip()


def test_the_range_goes_along_with_its_name_and_lines(nvim, provider, tmp_path):
    nvim.edit(tmp_path / "x.c", "int a;\nint b;\nint c;\n")
    nvim.command(f"cd {tmp_path}")
    nvim.command("2,3Ask what is this?")
    provider.wait_requests(1)
    text = str(provider.bodies()[0]["messages"][-1]["content"])
    assert "x.c, lines 2 to 3" in text and "int b;" in text and "int c;" in text and "what is this?" in text
    assert "int a;" not in text


def test_from_within_the_split_its_conversation_goes_on(nvim, client):
    nvim.command("Ask first")
    b = nvim.answer_buffer()
    nvim.wait_lines("first", b)
    wait_until(lambda: not nvim.lua("return require('askd.split').running(...) ~= nil", b), "the answer ends")
    conversation = nvim.lua("return vim.b[...].askd_conversation", b)
    nvim.command(f"call win_gotoid(win_findbuf({b})[0])")
    nvim.command("Ask second")
    wait_until(lambda: nvim.answer_buffer() != b, "a second answer")
    nvim.wait_lines("second", nvim.answer_buffer())
    wait_until(
        lambda: len(client.call("conversation.get", {"conversation": conversation})["messages"]) == 4, "four messages"
    )


def test_an_error_is_one_line(nvim):
    nvim.command("Ask -m fake/status-400 hello")
    line = nvim.wait_told("invalid_request")
    assert line.startswith("askd: invalid_request: ") and "\n" not in line and "traceback" not in line


def test_an_answer_that_was_cut_says_so(nvim):
    nvim.command("Ask -m fake/finish-length hello")
    b = nvim.answer_buffer()
    wait_until(lambda: "[ended: length]" in str(nvim.marks("askd-answer", b)), "it is told")


def test_a_buffer_with_an_answers_name_is_filled_from_the_daemon(nvim, client):
    a = say(client, "one two three")
    nvim.command(f"edit askd://answer/{a['answer']}")
    nvim.wait_lines("one two three")


def test_read_again_while_it_streams_each_piece_is_there_once(nvim):
    nvim.command("Ask -m fake/slow-30-20 hello")
    b = nvim.answer_buffer()
    nvim.command(f"call win_gotoid(win_findbuf({b})[0])")
    for seen in ("w3 ", "w9 ", "w12 "):
        nvim.wait_lines(seen, b)
        nvim.command("edit")
    nvim.wait_lines("w29", b)
    assert " ".join(nvim.lines(b)).split() == [f"w{i}" for i in range(30)]


@pytest.mark.askd(daemon={"max_answer": "8M"})
def test_a_large_answer_is_whole(nvim, client):
    """In pieces that are cut between characters, of a text that comes in one event."""
    text = "".join(f"Zeile {i} größer als die vorige\n" for i in range(20000))
    a = say(client, text)
    cached = say(client, text)
    assert cached["cached"] and a["text"] == text
    nvim.command(f"edit askd://answer/{cached['answer']}")
    b = nvim.eval("bufnr('%')")
    wait_until(lambda: not nvim.lua("return require('askd.split').running(...) ~= nil", b), "it ends")
    assert "\n".join(nvim.lines()) == text


def test_a_question_asked_once_more_voids_what_was_shown(nvim, client):
    nvim.lua("""
        local sink = require('askd.answer').into(0, 'end', {})
        local on = sink:handlers()
        on.on_event({type = 'start', model = 'a'}, 0, 'id')
        on.on_event({type = 'text', text = 'half of it\\nand'}, 1, 'id')
        vim.defer_fn(function()
          on.on_event({type = 'retry', model = 'b', error = {message = 'broke'}}, 2, 'id')
          on.on_event({type = 'text', text = 'all\\r'}, 3, 'id')
          on.on_event({type = 'text', text = '\\nof it'}, 4, 'id')
          on.done(nil, {text = 'all\\nof it'})
        end, 100)
    """)
    nvim.wait_lines("half of it")
    nvim.wait_lines(lambda lines: lines == ["all", "of it"])


def test_where_no_window_can_be_opened_that_is_one_line(nvim):
    """In the window of the command line."""
    nvim.keys("q:")
    nvim.wait("win_gettype() == 'command'")
    nvim.lua("vim.schedule(function() vim.cmd('Ask hello') end)")
    assert nvim.wait_told("askd: ").startswith("askd: invalid_request: E11: ")


@pytest.mark.parametrize("command", ["Ask hi", "AskChat"])
def test_where_no_window_has_room_nothing_is_left_behind(nvim, client, command):
    nvim.lua("while pcall(vim.cmd, 'split') do end")
    nvim.command(command)
    assert nvim.told()[-1].startswith("askd: invalid_request: E36: ")
    assert nvim.eval("len(getbufinfo({'buflisted': 1}))") == 1 and client.call("answer.list") == []


def test_where_no_window_may_open_it_is_told_in_one_line(nvim):
    nvim.keys("q:")
    nvim.wait("getcmdwintype() == ':'")
    nvim.command("Ask hi")
    assert nvim.told()[-1].startswith("askd: invalid_request: E11: ")


def test_an_answer_goes_on_where_its_text_was_deleted(nvim):
    nvim.command("Ask -m fake/slow-40-30 hello")
    b = nvim.answer_buffer()
    nvim.wait_lines("w3", b)
    nvim.call("nvim_buf_set_lines", b, 0, -1, False, ["mine"])
    nvim.wait_lines("w39", b)
    nvim.wait_lua("return require('askd.split').running(...) == nil", b)
    assert nvim.lines(b)[0].startswith("mine")
