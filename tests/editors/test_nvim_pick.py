"""Neovim: pickers, comparisons, answers shown again, status line and health."""

import signal

import pytest

from client import detached, say
from conftest import wait_until
from helpers_chat import HAND, hand_section, open_chat, steered_answer, write_question
from helpers_nvim import Nvim

EXTRA = """
[alias "quick"]
models = fake/words-3
"""


@pytest.fixture
def daemon(home, provider, steered, start_daemon):
    home.write_config(provider.base_url, extra=hand_section(steered) + EXTRA)
    return start_daemon()


@pytest.fixture
def nvim(daemon, home):
    with Nvim(home) as n:
        n.lua("""
            vim.ui.select = function(items, how, chosen)
                lines = vim.tbl_map(how.format_item, items)
                picker = how
                choose = function(i) chosen(items[i], i) end
            end
        """)
        yield n


def offered(n):
    """The lines of the picker that was opened."""
    lines = wait_until(lambda: n.lua("return lines"), "a picker")
    n.lua("lines = nil")
    return lines


def pick(n, text):
    lines = offered(n)
    at = next((i for i, line in enumerate(lines) if text in line), None)
    assert at is not None, lines
    n.lua("choose(...)", at + 1)


def test_models(nvim, provider):
    nvim.command("AskModel")
    pick(nvim, "quick")
    nvim.wait_told("asking quick")
    nvim.command("Ask hello")
    nvim.wait_lines("w2", nvim.answer_buffer())
    nvim.command("AskModel")
    lines = offered(nvim)
    assert lines[0].startswith("default")
    assert any(line.startswith("quick") and "alias: fake/words-3" in line for line in lines)
    nvim.lua("choose(1)")
    nvim.command("Ask again")
    provider.wait_requests(2)
    assert provider.bodies()[1]["model"] == "echo"


def test_the_model_of_a_chat_is_its_own(nvim, provider):
    open_chat(nvim)
    nvim.command("AskModel fake/words-4")
    write_question(nvim, "x")
    nvim.command("write")
    nvim.wait_lines("w3")
    assert nvim.lua("return require('askd.options').model") is False


def test_prompts(nvim, provider):
    nvim.command("AskPrompt")
    pick(nvim, "explain ")
    nvim.wait_told("the prompt explain")
    nvim.command("Ask some words")
    provider.wait_requests(1)
    text = str(provider.bodies()[0]["messages"])
    assert "some words" in text and len(text) > 300
    nvim.command("new")
    nvim.set_lines(["monday", "tuesday", "wednesday"])
    nvim.command("2AskPrompt")
    pick(nvim, "summarize")
    provider.wait_requests(2)
    text = str(provider.bodies()[1]["messages"])
    assert "tuesday" in text and "wednesday" not in text


def test_conversations(nvim, client):
    client.call("chat", {"prompt": "about tea", "conversation": "new"})
    client.call("chat", {"prompt": "about coffee", "conversation": "new"})
    nvim.command("AskConversations!")
    pick(nvim, "about tea")
    nvim.wait_lines(lambda lines: lines.count("about tea") == 2)
    nvim.command("AskConversations! coffee")
    lines = offered(nvim)
    assert len(lines) == 1 and "about coffee" in lines[0]
    nvim.lua("choose(1)")
    nvim.wait_lines(lambda lines: lines.count("about coffee") == 2)
    nvim.command("AskConversations! nowhere")
    nvim.wait_told("there is no conversation")


def test_conversations_are_those_of_this_folder(nvim, client, tmp_path):
    nvim.command(f"cd {tmp_path}")
    nvim.command("AskConversations")
    nvim.wait_told("of this folder: :AskConversations!")
    say(client, "tea there", context={"cwd": "/elsewhere"})
    say(client, "tea here", context={"cwd": str(tmp_path)})
    for words in ("", " tea"):
        nvim.command("AskConversations" + words)
        (line,) = offered(nvim)
        assert "tea here" in line
        nvim.command("AskConversations!" + words)
        assert len(offered(nvim)) == 2


def test_branches(nvim, client):
    m = client.call("chat", {"prompt": "a tea", "conversation": "new"})
    question = client.call("conversation.get", {"conversation": m["conversation"]})["messages"][0]["id"]
    client.call("chat", {"prompt": "a coffee", "edit": question})
    open_chat(nvim, m["conversation"])
    nvim.wait_lines(lambda lines: lines.count("a coffee") == 2)
    nvim.command("AskBranch")
    lines = wait_until(lambda: nvim.lua("return lines"), "a picker")
    assert [line[:10] for line in lines] == ["* a coffee", "  a tea  ("]
    pick(nvim, "a tea")
    nvim.wait_lines(lambda lines: lines.count("a tea") == 2)
    nvim.command("AskBranch next")
    nvim.wait_lines(lambda lines: lines.count("a coffee") == 2)


# -- :AskCompare


def panes(n):
    """The lines of the windows of this tab, from left to right."""
    return n.lua("""
        return vim.tbl_map(function(win)
            return vim.api.nvim_buf_get_lines(vim.api.nvim_win_get_buf(win), 0, -1, false)
        end, vim.api.nvim_tabpage_list_wins(0))
    """)


def test_models_side_by_side(nvim, client):
    nvim.command("AskCompare fake/hang-after-2,fake/words-3,fake/status-400 hello")
    wait_until(lambda: len(panes(nvim)) == 3 and "w2" in panes(nvim)[1][0], "the second answers")
    wait_until(lambda: "w1" in panes(nvim)[0][0], "the first streams")
    second = nvim.call("nvim_win_get_buf", nvim.lua("return vim.api.nvim_tabpage_list_wins(0)")[1])
    wait_until(lambda: "3 tokens" in nvim.lua("return vim.b[...].askd_remark or ''", second), "the second has ended")
    marks = nvim.lua("return vim.api.nvim_tabpage_list_wins(0)")
    third = nvim.call("nvim_win_get_buf", marks[2])
    wait_until(lambda: "invalid_request" in str(nvim.marks("askd-answer", third)), "the third failed")
    widths = [nvim.call("nvim_win_get_width", w) for w in marks]
    assert max(widths) - min(widths) <= 2 and nvim.lua("return #vim.api.nvim_list_tabpages()") == 2
    conversation = nvim.lua("return vim.b.askd_conversation")
    found = client.call("conversation.get", {"conversation": conversation})["messages"]
    assert [m["role"] for m in found].count("assistant") == 3


def test_one_of_them_is_stopped_alone(nvim, provider, client):
    nvim.command("AskCompare fake/hang-after-2,fake/hang-after-3 hello")
    wait_until(lambda: "w1" in panes(nvim)[0][0] and "w2" in panes(nvim)[1][0], "both answer")
    nvim.command("AskStop")
    provider.wait_aborted()
    running = client.call("answer.list", {"state": "running"})
    assert [a["model"] for a in running] == ["hang-after-3"]


@pytest.mark.parametrize("words", ["fake/echo hello", "hello", "fake/echo,fake/count"])
def test_a_comparison_wants_models_and_a_question(nvim, words):
    nvim.command(f"AskCompare {words}")
    wait_until(nvim.told, "it is told")
    assert nvim.lua("return #vim.api.nvim_list_wins()") == 1


# -- :AskResume


def test_the_running_answer_of_this_folder_is_shown_again(nvim, steered, home, client, tmp_path):
    client.call("chat", {"prompt": "elsewhere", "conversation": "new", "context": {"cwd": "/elsewhere"}})
    nvim.command(f"cd {tmp_path}")
    nvim.command(f"Ask -m {HAND} long")
    answer = steered_answer(steered)
    answer.say("before ")
    nvim.wait_lines("before", nvim.answer_buffer())
    nvim.kill()
    answer.say("meanwhile ")
    with Nvim(home, name="after", cwd=str(tmp_path)) as after:
        after.command("AskResume")
        b = after.answer_buffer()
        after.wait_lines("before meanwhile", b)
        answer.say("after")
        after.wait_lines("before meanwhile after", b)
        answer.end("stop")
        wait_until(lambda: not client.call("answer.list", {"state": "running"}), "it has ended")
    with Nvim(home, name="later", cwd=str(tmp_path)) as later:
        later.lua("""
            vim.ui.select = function(items, how, chosen)
                lines = vim.tbl_map(how.format_item, items)
                chosen(items[1])
            end
        """)
        later.command("AskResume")
        b = later.answer_buffer()
        later.wait_lines("before meanwhile after", b)
        lines = later.lua("return lines")
        assert len(lines) == 1 and lines[0].startswith("done") and "long" in lines[0]


def test_where_this_folder_has_none_all_are_offered_by_a_bang(nvim, client, tmp_path):
    nvim.command("AskResume!")
    nvim.wait_told("no answer runs, or is still kept, anywhere")
    say(client, "elsewhere", context={"cwd": "/elsewhere"})
    nvim.command("AskResume")
    nvim.wait_told("in this folder: :AskResume!")
    nvim.command("AskResume!")
    pick(nvim, "elsewhere")
    nvim.wait_lines("elsewhere", nvim.answer_buffer())


def test_an_answer_by_its_id(nvim, client):
    answer = detached(client, "words-3")
    nvim.command(f"AskResume {answer}")
    nvim.wait_lines("w2", nvim.answer_buffer())
    nvim.command("AskResume 01900000-0000-7000-8000-000000000000")
    nvim.wait_told("askd: not_found")


# -- the status line


def status(n):
    return n.lua("return require('askd').statusline()")


def test_the_status_line(nvim, client):
    assert wait_until(lambda: "fake/echo" in status(nvim) and status(nvim), "the default model") == "fake/echo"
    nvim.command("AskModel fake/hang-after-1")
    nvim.command("Ask hello")
    wait_until(lambda: "1 running" in status(nvim), "it runs")
    b = nvim.answer_buffer()
    nvim.command(f"call win_gotoid(win_findbuf({b})[0])")
    assert status(nvim).startswith("hang-after-1 · … 1 running")
    nvim.command("AskStop")
    wait_until(lambda: "running" not in status(nvim), "it ended")
    client.call("chat", {"prompt": "hello"})
    wait_until(lambda: "tokens" in status(nvim), "the tokens of today")


def test_the_status_line_is_drawn_anew_while_it_is_shown(nvim, client):
    """Without a key or a redraw of anybody else: what the daemon tells makes it be drawn."""
    nvim.lua("""
        drawn = {}
        function Line()
            table.insert(drawn, require('askd').statusline())
            return drawn[#drawn]
        end
    """)
    nvim.command("set laststatus=2 statusline=%{v:lua.Line()}")
    nvim.command("redrawstatus")
    nvim.wait_lua("return #drawn >= 2")
    client.call("chat", {"prompt": "hello"})
    nvim.wait_lua("return drawn[#drawn]:find('tokens') ~= nil")


def test_without_a_daemon_none_is_started_for_it(nvim, daemon):
    status(nvim)
    daemon.end()
    wait_until(lambda: "no daemon" in status(nvim), "it is told")


# -- health


def health(n):
    n.command("checkhealth askd")
    return "\n".join(n.lines())


def test_health(nvim):
    text = health(nvim)
    assert "askd 0.1.0" in text and "fake is ready" in text and "asked by default: fake/echo" in text
    assert "ERROR" not in text and "lacks" not in text, text


def test_health_without_a_daemon(nvim, daemon):
    daemon.end()
    text = health(nvim)
    assert "ERROR unavailable" in text.replace("ERROR: ", "ERROR ") and "askctl doctor" in text


# -- Tab


@pytest.mark.parametrize(
    "line,offered",
    [
        ("AskModel qui", ["quick"]),
        ("AskModel fake/ec", ["fake/echo"]),
        ("AskPrompt expl", ["explain", "explain-command"]),
        ("AskChat la", ["last"]),
        ("AskBranch ", ["next", "prev"]),
        ("AskAttach vis", ["visible"]),
        ("AskCompare quick,fake/w", ["quick,fake/words-3"]),
        ("AskCompare -p expl", ["explain", "explain-command"]),
        ("AskCompare -p explain qui", ["quick"]),
        ("AskCompare -c last -p expl", ["explain", "explain-command"]),
        ("AskCompare -p explain -c last qui", ["quick"]),
        ("AskCompare quick,fake/echo qui", []),
        ("AskSend -m qui", ["quick"]),
        ("AskCommit -m qui", ["quick"]),
    ],
)
def test_tab_offers_what_the_daemon_has(nvim, client, line, offered):
    client.call("chat", {"prompt": "hello"})  # so that the model is known
    nvim.lua("vim.fn.getcompletion(..., 'cmdline')", line)  # has it asked for
    wait_until(lambda: nvim.lua("return vim.fn.getcompletion(..., 'cmdline')", line) == offered, f"Tab behind {line}")


@pytest.mark.parametrize("command", ["AskModel", "AskPrompt", "AskConversations!", "AskResume!"])
def test_what_comes_late_takes_no_keys_from_who_writes(nvim, daemon, client, command):
    say(client, "one")
    say(client, "two")
    nvim.lua("require('askd.client').request('status', vim.empty_dict(), function() up = true end)")
    nvim.wait_lua("return up")
    daemon.signal(signal.SIGSTOP)
    try:
        nvim.keys(f":{command}<CR>i")
        nvim.wait("mode() == 'i'")
    finally:
        daemon.signal(signal.SIGCONT)
    nvim.wait_told("came late")
    assert nvim.lua("return lines") is None
