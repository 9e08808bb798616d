"""Two editors and two shells on one daemon at once: what one asks the others have."""

import json

import pytest
from conftest import PATIENCE, wait_until
from fault_provider import words_text
from helpers_nvim import Nvim
from helpers_vim import Vim

pytestmark = pytest.mark.askd(provider={"retries": "0"})


@pytest.fixture
def work(home):
    """The folder that all of them are in."""
    path = home.path / "work"
    path.mkdir()
    return path


@pytest.fixture
def nvim(daemon, home, work):
    with Nvim(home, cwd=work) as n:
        yield n


@pytest.fixture
def vim(daemon, home, work):
    with Vim(home, set=[f"cd {work}"]) as v:
        yield v


def shell(ask, work, *args):
    return ask.start(*args, cwd=work)


def said(process):
    out, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, err) == (0, b""), err
    return out.decode()


def ask_all(work, nvim, vim, ask, model):
    """The same question in all four, at once; until each has the whole answer."""
    nvim.command(f"Ask -m {model} What is it?")
    vim.ex(f"Ask -m {model} What is it?")
    shells = [shell(ask, work, "-m", model, "What is it?") for _ in range(2)]
    whole = words_text(20)
    nvim.wait_lines(lambda lines: "".join(lines).strip() == whole.strip(), nvim.answer_buffer())
    b = vim.buffer("askd://answer/")
    vim.wait_eval(f"join(getbufline({b}, 1, '$'), '')", lambda text: text.strip() == whole.strip())
    assert [said(s).strip() for s in shells] == [whole.strip()] * 2


def test_one_answer_and_one_connection(client, provider, work, nvim, vim, ask):
    """Shared while it is made, then cached; whoever asks."""
    ask_all(work, nvim, vim, ask, "fake/slow-20-50")
    assert len(provider.bodies()) == 1
    ask_all(work, nvim, vim, ask, "fake/slow-20-50")
    assert len(provider.bodies()) == 1

    assert said(shell(ask, work, "another question")).strip() == "another question"
    last = [r for r in provider.stats()["last"] if r["method"] == "POST"]
    assert len(last) == 2 and len({r["connection"] for r in last}) == 1
    status = client.call("status")
    assert status["http"]["opened"] == 1 and status["answers"] == 0
    assert status["today"]["answers"] == 9 and status["today"]["requests"] == 2


def write_in_vim(vim, text):
    vim.eval(f"append(line('$') - 1, {json.dumps(text)})")
    vim.ex("write")


def test_one_conversation(client, work, nvim, vim, ask):
    """Begun in one shell, gone on with in another and in both editors; each shows all of it."""
    said(shell(ask, work, "from the first shell"))
    (conversation,) = [c["conversation"] for c in client.call("conversation.list")]
    nvim.command(f"AskChat {conversation}")
    vim.ex(f"AskChat {conversation}")
    asked = ["from the first shell"]

    def all_have(question):
        asked.append(question)
        turns = [line for q in asked for line in (q, q)]  # the model says what it is asked

        def texts(lines):
            return [line for line in lines if line and not line.startswith("#")]

        nvim.wait_lines(lambda lines: texts(lines) == turns)
        vim.wait_eval("getline(1, '$')", lambda lines: texts(lines) == turns)
        messages = client.call("conversation.get", {"conversation": conversation})["messages"]
        assert [m["content"] for m in messages] == turns
        parents = [m.get("parent") for m in messages]
        assert parents[1:] == [m["id"] for m in messages[:-1]], "no branch came of it"

    nvim.wait_lines("from the first shell")
    vim.wait_eval("index(getline(1, '$'), 'from the first shell') >= 0")
    said(shell(ask, work, "-c", "from the second shell"))
    all_have("from the second shell")
    nvim.call("nvim_buf_set_lines", 0, -2, -1, False, ["from Neovim"])
    nvim.command("write")
    all_have("from Neovim")
    write_in_vim(vim, "from Vim")
    all_have("from Vim")
    said(shell(ask, work, "-c", "from the shell again"))
    all_have("from the shell again")


@pytest.mark.askd(daemon={"default_model": "fake/slow-20-100"}, provider={"retries": "0"})
def test_an_answer_is_seen_to_be_made_in_each(client, work, nvim, vim, ask):
    running = shell(ask, work, "go")
    (conversation,) = wait_until(
        lambda: [c["conversation"] for c in client.call("conversation.list")], "the question is stored"
    )
    nvim.command(f"AskChat {conversation}")
    vim.ex(f"AskChat {conversation}")
    half = lambda lines: any(line.startswith("w0 w1") and "w19" not in line for line in lines)  # noqa: E731
    nvim.wait_lines(half)
    vim.wait_eval("getline(1, '$')", half)
    assert running.poll() is None
    nvim.wait_lines("w19")
    vim.wait_eval("getline(1, '$')", lambda lines: any("w19" in line for line in lines))
    assert said(running).strip() == words_text(20).strip()
