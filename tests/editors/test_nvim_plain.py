"""Neovim without the plugin: its own RPC speaks with the daemon, as doc/editors.md shows."""

import re

import pytest

from conftest import HERE, wait_until
from helpers_nvim import Nvim

PAGE = (HERE.parent / "doc" / "editors.md").read_text()


@pytest.fixture
def nvim(daemon, home):
    with Nvim(home) as n:
        yield n


def lines_of_page():
    """The two commands that the page shows."""
    found = re.findall(r"^ +:lua (.*(?:sockconnect|rpcrequest).*)$", PAGE, re.M)
    assert len(found) == 2, PAGE
    return found


def test_what_the_page_shows_works(nvim):
    connect, ask = lines_of_page()
    nvim.lua(connect)
    text = nvim.lua("local print = function(text) shown = text end " + ask + " return shown")
    assert text == "What does a daemon do?"


def test_events_come_by_notify(nvim):
    """Into a function of one's own, with nothing of the plugin in between, before the reply."""
    nvim.lua(lines_of_page()[0])
    assert 'notify = {method = "nvim_exec_lua", args = {"require(\'mine\').on_event(...)"}}' in PAGE
    nvim.lua("""
        got, order = {}, {}
        package.loaded.mine = {on_event = function(answer, seq, event)
          table.insert(got, event.text)
          table.insert(order, seq .. event.type)
        end}
        reply = vim.rpcrequest(askd, 'chat', {
          model = 'fake/words-3', prompt = 'x', stream = true,
          notify = {method = 'nvim_exec_lua', args = {"require('mine').on_event(...)"}},
        })
    """)
    wait_until(lambda: nvim.lua("return #got") == 3, "three pieces")
    assert nvim.lua("return table.concat(got)") == nvim.lua("return reply.text") == "w0 w1 w2 "
    assert nvim.lua("return order[1]") == "0start" and nvim.lua("return package.loaded['askd.client']") is None


def test_errors_are_shown_as_text(nvim):
    """Where hello asks for it; of a map Neovim would say `unknown error`."""
    nvim.lua(lines_of_page()[0])
    nvim.lua("vim.rpcrequest(askd, 'hello', {client = 'mine', errors = 'text'})")
    asked = "{prompt = 'x', model = 'fake/status-400'}"
    message = nvim.lua(f"return select(2, pcall(vim.rpcrequest, askd, 'chat', {asked}))")
    assert "invalid_request: " in message and "injected 400" in message


def test_changes_come_by_notify(nvim, client):
    nvim.lua(lines_of_page()[0])
    nvim.lua("""
        package.loaded.mine = {on_change = function(watch, conversation, change) got = change.type end}
        vim.rpcrequest(askd, 'conversation.watch',
          {notify = {method = 'nvim_exec_lua', args = {"require('mine').on_change(...)"}}})
    """)
    client.call("conversation.create", {"title": "x"})
    assert nvim.wait_lua("return got") == "created"
