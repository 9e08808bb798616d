"""What stands beside chats and answers in a real Vim: pickers, comparison, attachments, code blocks, commit messages, the
status line and the health check."""

import base64
import json
import subprocess

import pytest
from conftest import wait_until
from helpers_vim import Vim
from helpers_vim_chat import ask, begin, turns, wait_turns

pytestmark = pytest.mark.askd(provider={"retries": "0"}, extra='[alias "quick"]\nmodels = fake/echo, fake/words-3')


def last_content(provider):
    return json.dumps(provider.bodies()[-1]["messages"][-1]["content"], ensure_ascii=False)


# -- side by side


def test_models_are_compared_side_by_side(daemon, home, client):
    with Vim(home) as v:
        v.type(":AskCompare fake/words-9,fake/slow-40-50,fake/echo both of you", "Enter")
        v.wait_for("slow-40-50 · running")

        def rows(screen):
            return [r for r in screen.split("\n") if r.startswith("w0 w1 w2") and r.count("|") == 2 and "both of you" in r]

        v.wait_for(lambda s: len(rows(s)) == 1 and "words-9 · done" in s)
        v.wait_for("slow-40-50 · done")
        (told,) = client.call("conversation.list", {})
        messages = client.call("conversation.get", {"conversation": told["conversation"]})["messages"]
        assert [m["role"] for m in messages].count("user") == 1 and len(messages) == 4
        v.type(":AskCompare fake/echo alone", "Enter")
        v.wait_for("which models")


# -- pickers


def test_the_picker_of_models(daemon, home, provider):
    with Vim(home) as v:
        v.type(":AskModel", "Enter")
        v.wait_for("quick")
        first = v.wait_for("fallback: fake/echo, fake/words-3")
        assert "131k" in first and "no key" in first
        v.type("QUICK fallb")
        v.wait_for(lambda s: "no key" not in s and "Model: QUICK fallb" in s)
        v.type("x")
        v.wait_for("nothing fits")
        v.type("", "BSpace", "Enter")
        v.wait_eval("get(g:, 'askd_model', '')", "quick")
        v.type(":AskModel", "Enter")
        v.wait_for("type to narrow")
        v.type("", "Escape")
        v.wait_for(lambda s: "type to narrow" not in s)
        assert v.eval("g:askd_model") == "quick"
        v.type(":AskModel fake/words-3", "Enter")
        v.type(":Ask go", "Enter")
        b = v.buffer("askd://answer/")
        v.wait_eval(f"getbufvar({b}, 'askd').state", "done")
        assert v.lines(b) == ["w0 w1 w2 "]
        v.type(":AskModel default", "Enter")
        v.wait_eval("g:askd_model", "")


def test_the_picker_of_prompts_asks_about_a_range(daemon, home, provider):
    with Vim(home) as v:
        v.eval("setline(1, ['int x;', 'int y;'])")
        v.type(":%AskPrompt", "Enter")
        v.wait_for("What code, a command")
        v.type("explain a", "Enter")
        provider.wait_requests(1)
        assert "int x;\\nint y;" in last_content(provider).replace("\\\\n", "\\n")


def test_a_prompt_is_kept_for_the_next_question(daemon, home, provider):
    """Of this window, and of it only; a question that was refused leaves it, and what is attached, where they are."""
    with Vim(home) as v:
        v.type(":AskPrompt explain", "Enter")
        v.wait_for("attached to the next question: the prompt explain")
        v.eval("setline(1, 'int x;')")
        v.type(":AskAttach buffer", "Enter")
        v.wait_for("the prompt explain, buffer 1")
        v.type(":Ask -m nobody/has what is this", "Enter")
        v.wait_for("not_found")
        assert provider.bodies() == []
        v.type(":Ask what is that", "Enter")
        provider.wait_requests(1)
        asked = last_content(provider)
        assert "Explain what stands" in asked and "int x;" in asked and "what is that" in asked
        v.type(":Ask and now", "Enter")
        provider.wait_requests(2)
        assert "Explain what stands" not in last_content(provider) and "int x;" not in last_content(provider)
        v.type(":AskPrompt explain", "Enter")
        v.wait_for("the prompt explain")
        v.type(":AskDetach", "Enter")
        v.wait_for("nothing is attached")


def test_a_prompt_is_kept_for_the_next_question_of_a_chat(daemon, home, provider):
    with Vim(home) as v:
        begin(v, "one")
        wait_turns(v, ("user", "one"), ("assistant (fake/echo)", "one"), ("user", ""))
        v.type(":AskPrompt explain", "Enter")
        v.wait_for("attached to the next question: the prompt explain")
        assert len(provider.bodies()) == 1
        v.type("Gotwo", "Escape")
        v.type(":w", "Enter")
        provider.wait_requests(2)
        assert "Explain what stands" in last_content(provider) and "two" in last_content(provider)
        v.wait_eval("b:askd_prompt", "")


def test_the_picker_of_conversations(daemon, home, client):
    here = {"cwd": str(home.path)}
    for words in ("about tea", "about coffee"):
        client.call("chat", {"prompt": words, "conversation": "new", "context": here})
    client.call("chat", {"prompt": "elsewhere", "conversation": "new", "context": {"cwd": "/"}})
    with Vim(home, set=[f"cd {home.path}"]) as v:
        v.type(":AskConversations", "Enter")
        v.wait_for("about tea")
        assert "2 messages" in v.screen() and "elsewhere" not in v.screen()
        v.type("tea", "Enter")
        v.wait_for("## assistant (fake/echo)")
        assert turns(v)[:2] == [("user", "about tea"), ("assistant (fake/echo)", "about tea")]
        v.type(":AskConversations!", "Enter")
        v.wait_for("elsewhere")
        v.type("", "Escape")
        v.type(":AskConversations coffee", "Enter")
        v.wait_for(lambda s: "Conversation with coffee" in s and "about coffee" in s)
        v.type("", "Enter")
        v.wait_for("## user")
        wait_until(lambda: turns(v)[:1] == [("user", "about coffee")], f"{turns(v)}")
        v.type(":AskConversations nothing_of_this", "Enter")
        v.wait_for("no conversation of this folder holds")


def test_typing_goes_on_under_a_picker_that_streams_pass(daemon, home):
    """An answer streams on while a popup is open."""
    with Vim(home) as v:
        v.type(":Ask -m fake/slow-60-50 go", "Enter")
        v.wait_for("w2")
        v.type(":AskModel", "Enter")
        v.wait_for("type to narrow")
        v.wait_eval(f"getbufvar({v.buffer('askd://answer/')}, 'askd').state", "done")
        assert "type to narrow" in v.screen()


# -- Tab


def test_tab_offers_what_there_is(daemon, home, client):
    conversation = client.call("chat", {"prompt": "x", "conversation": "new"})["conversation"]
    (home.path / "notes.txt").write_text("x")
    with Vim(home, set=[f"cd {home.path}"]) as v:
        offered = lambda line: v.eval(f"getcompletion('{line}', 'cmdline')")  # noqa: E731
        v.type(":AskCompare ")  # what is typed has the lists asked for
        v.wait_eval("getcompletion('AskModel qui', 'cmdline')", ["quick"])
        v.type("", "C-c")
        assert offered("AskCompare fake/echo,qui") == ["fake/echo,quick"]
        assert offered("AskModel def") == ["default"]
        v.wait_eval("getcompletion('AskPrompt com', 'cmdline')", ["commit"])
        v.wait_eval(f"getcompletion('AskChat {conversation[:9]}', 'cmdline')", [conversation])
        assert offered("AskAttach n") == ["notes.txt"] and offered("AskAttach b") == ["buffer", "bin/"]
        assert offered("AskBranch ") == ["next", "prev"]


# -- answers, again


def test_the_picker_of_answers(daemon, home, client):
    here, there = {"cwd": str(home.path)}, {"cwd": "/"}
    hangs = {"model": "fake/hang-after-3", "detach": True, "cache": "off"}
    for words in ("first of two", "second of two"):
        client.call("chat", {"prompt": words, "conversation": "new", "context": here, **hangs})
    client.call("chat", {"prompt": "ended here", "conversation": "new", "context": here})
    elsewhere = client.call("chat", {"prompt": "elsewhere", "conversation": "new", "context": there, **hangs})["answer"]
    with Vim(home, set=[f"cd {home.path}"]) as v:
        v.type(":AskResume", "Enter")
        screen = v.wait_for("second of two")
        assert screen.count("running") == 2 and "elsewhere" not in screen
        assert screen.index("second of two") < screen.index("first of two") < screen.index("ended here")
        v.type("first", "Enter")
        v.wait_for("w2")
        assert turns(v)[0] == ("user", "first of two") and v.eval("b:askd.state") == "running"
        v.type(":AskResume!", "Enter")
        v.wait_for("elsewhere")
        v.type("", "Escape")
        v.type(f":AskResume {elsewhere}", "Enter")
        assert v.lines(v.buffer(f"askd://answer/{elsewhere}"))
    with Vim(home, set=["cd /usr"], socket="other") as v:
        v.type(":AskResume", "Enter")
        v.wait_for("nothing of this folder runs")


# -- attachments


def test_what_is_attached_to_a_chat(daemon, home, provider):
    (home.path / "a.txt").write_text("first file\n")
    (home.path / "blob").write_bytes(b"\x89PNG\r\n\x1a\n\0\0\xff")
    with Vim(home, home.path / "code.c", set=[f"cd {home.path}"]) as v:
        v.eval("setline(1, ['int x;'])")
        v.eval("setqflist([#{filename: 'code.c', lnum: 1, col: 5, type: 'E', text: 'x is bad'}])")
        v.type(":AskChat", "Enter")
        v.wait_eval("bufname()", lambda name: name.startswith("askd://"))
        v.type(":AskAttach a.txt buffer diagnostics", "Enter")
        wait_until(lambda: sum("attached" in line for line in v.lines()) == 3, f"{v.lines()}")
        assert v.eval("&modified") == 1
        v.type(":AskDetach a.txt", "Enter")
        wait_until(lambda: not any("a.txt" in line for line in v.lines()), "it is gone")
        v.type(":AskAttach nowhere.txt", "Enter")
        v.wait_for("there is no file nowhere.txt")
        ask(v, "look")
        provider.wait_requests(1)
        wait_until(lambda: len(turns(v)) == 3, f"{v.lines()}")
        content = last_content(provider)
        assert "int x;" in content and "code.c:1:5: error: x is bad" in content and "first file" not in content
        parts = [line for line in v.lines() if '"part":' in line]
        assert len(parts) == 2 and "code.c" in parts[0] + parts[1] and not any('"attached"' in line for line in v.lines())
        # An earlier question that is asked otherwise takes with it what still stands there.
        v.eval(f"deletebufline('%', {v.lines().index(next(p for p in parts if 'diagnostics' in p)) + 1})")
        v.type(":w", "Enter")
        provider.wait_requests(2)
        assert "int x;" in last_content(provider) and "x is bad" not in last_content(provider)
        wait_until(lambda: len(turns(v)) == 3, f"{v.lines()}")


def test_bytes_of_a_file_arrive_as_they_are(daemon, home, client):
    data = bytes(range(256)) * 3
    (home.path / "b.pdf").write_bytes(b"%PDF-1.4\n" + data)
    with Vim(home, set=[f"cd {home.path}"]) as v:
        v.type(":AskAttach b.pdf", "Enter")
        v.wait_for("attached to the next question: b.pdf")
        part = v.eval("w:askd_attached")[0]
        assert base64.b64decode(part["data"]["$bin"]) == b"%PDF-1.4\n" + data


def test_what_is_attached_to_the_next_question_of_a_window(daemon, home, provider):
    with Vim(home, home.path / "x.py", columns=80, rows=12) as v:
        v.eval("setline(1, map(range(1, 100), '\"line \" .. v:val'))")
        v.type("50Gzt", "Escape")
        v.type(":AskAttach visible", "Enter")
        v.wait_for("lines 50 to")
        v.type(":Ask see", "Enter")
        provider.wait_requests(1)
        assert "line 50" in last_content(provider) and "line 40" not in last_content(provider)
        v.type(":Ask again", "Enter")
        provider.wait_requests(2)
        assert "line 50" not in last_content(provider)


# -- code blocks


def test_a_code_block_is_applied_to_its_file(daemon, home):
    (home.path / "main.c").write_text("int a;\nint b;\nint c;\n")
    with Vim(home, home.path / "main.c", set=[f"cd {home.path}"]) as v:
        v.type(":AskChat", "Enter")
        v.wait_eval("bufname()", lambda name: name.startswith("askd://"))
        v.eval("append('$', ['```c main.c', 'int a;', 'int B;', 'int c;', '```'])")
        v.type(":w", "Enter")
        wait_until(lambda: len(turns(v)) == 3, f"{v.lines()}")
        v.eval("search('int B', 'w')")
        v.type(":AskApply", "Enter")
        v.wait_for(":AskAccept puts it into main.c")
        screen = v.screen()
        assert v.eval("expand('%:t')") == "main.c" and v.lines() == ["int a;", "int b;", "int c;"]
        assert screen.count("int B;") >= 3  # question, answer and proposal
        v.type(":AskAccept", "Enter")
        v.wait_eval("getline(1, '$')", ["int a;", "int B;", "int c;"])
        assert (home.path / "main.c").read_text() == "int a;\nint b;\nint c;\n"
        v.type("u")
        v.wait_eval("getline(1, '$')", ["int a;", "int b;", "int c;"])


def test_a_diff_is_applied_to_its_file(daemon, home):
    (home.path / "main.c").write_text("".join(f"int v{i};\n" for i in range(9)))
    with Vim(home, set=[f"cd {home.path}"]) as v:
        begin(v, "x")
        wait_turns(v, ("user", "x"), ("assistant (fake/echo)", "x"), ("user", ""))
        v.eval("append('$', ['```diff', '+++ b/main.c', '@@ -1,2 +1,2 @@', ' int v4;', '-int v5;', '+long v5;', '```'])")
        v.type("G")
        v.type(":AskApply", "Enter")
        v.wait_for(":AskAccept puts it into main.c")
        v.type(":AskAccept", "Enter")
        v.wait_eval("getline(6)", "long v5;")
        assert len(v.lines()) == 9


def test_a_diff_about_several_files(daemon, home):
    """One of them at a time: that under the cursor, or the one that is named."""
    diff = [
        "```diff", "diff --git a/a.c b/a.c", "--- a/a.c", "+++ b/a.c", "@@ -1 +1 @@", "-int a;", "+long a;",
        "diff --git a/b.c b/b.c", "--- a/b.c", "+++ b/b.c", "@@ -1 +1 @@", "-int b;", "+long b;", "```",
    ]  # fmt: skip
    for name in "ab":
        (home.path / f"{name}.c").write_text(f"int {name};\n")
    answer = home.path / "answer.md"
    answer.write_text("\n".join(diff) + "\n")
    with Vim(home, answer, set=[f"cd {home.path}"]) as v:
        v.type(":AskApply", "Enter")
        v.wait_for("several files")
        v.type(":13 | AskApply", "Enter")
        v.wait_for("AskAccept puts it into b.c")
        v.type(":AskAccept", "Enter")
        v.wait_eval("getline(1, '$')", ["long b;"])
        v.type(":buffer answer.md | 1 | AskApply a.c", "Enter")
        v.wait_for("AskAccept puts it into a.c")
        v.type(":AskAccept", "Enter")
        v.wait_eval("[expand('%:t'), getline(1, '$')]", ["a.c", ["long a;"]])


def test_a_code_block_without_a_name_is_asked_for_one(daemon, home):
    with Vim(home, set=[f"cd {home.path}"]) as v:
        begin(v, "x")
        wait_turns(v, ("user", "x"), ("assistant (fake/echo)", "x"), ("user", ""))
        v.eval("append('$', ['```', 'new', '```'])")
        v.type("G")
        v.type(":AskApply", "Enter")
        v.wait_for("Apply to:")
        v.type("fresh.txt", "Enter")
        v.wait_for(":AskAccept")
        v.type(":AskReject", "Enter")
        assert v.eval("expand('%:t')") == "fresh.txt" and v.lines() == [""]
        v.type(":wincmd p", "Enter")
        v.type(":1 | AskApply", "Enter")
        v.wait_for("no code block under the cursor")


def test_lines_and_the_buffer_are_attached(daemon, home):
    """As in Neovim: a range, or without any word the buffer; and taken off by a part of the name."""
    with Vim(home) as v:
        v.eval("setline(1, ['int x;', 'int y;', 'int z;'])")
        v.type(":2,3AskAttach", "Enter")
        v.wait_for("attached to the next question: buffer 1, lines 2 to 3")
        v.type(":AskAttach", "Enter")
        v.wait_eval("map(copy(w:askd_attached), 'v:val.name')", ["buffer 1, lines 2 to 3", "buffer 1"])
        v.type(":AskDetach lines 2", "Enter")
        v.wait_eval("map(copy(w:askd_attached), 'v:val.name')", ["buffer 1"])


# -- commits


def git(folder, *args):
    subprocess.run(["git", "-C", str(folder), *args], check=True, capture_output=True)


@pytest.fixture
def repository(home):
    folder = home.path / "repo"
    folder.mkdir()
    git(folder, "init", "-q")
    (folder / "a.txt").write_text("a new line\n")
    git(folder, "add", "a.txt")
    return folder


def test_the_commit_message_stands_above_gits_own(daemon, home, repository, provider):
    message = repository / ".git" / "COMMIT_EDITMSG"
    message.write_text("\n# Please enter the commit message\n# On branch main\n")
    with Vim(home, message, set=[f"cd {repository}", "filetype on"]) as v:
        v.type(":set ft=gitcommit", "Enter")
        v.type(":AskCommit -m fake/words-5 as a haiku", "Enter")
        v.wait_eval("getline(1)", "w0 w1 w2 w3 w4 ")
        assert "Form: as a haiku" in last_content(provider)
        assert v.lines()[1:] == ["", "# Please enter the commit message", "# On branch main"]
        assert "a new line" in last_content(provider) and "<diff>" in last_content(provider)
        assert v.eval("&modified") == 1


def test_a_commit_message_elsewhere_has_a_window_of_its_own(daemon, home, repository, provider):
    with Vim(home, repository / "a.txt") as v:
        v.type(":AskCommit -m fake/words-5", "Enter")
        v.wait_eval("&filetype", "gitcommit")
        v.wait_eval("getline(1)", "w0 w1 w2 w3 w4 ")
        git(repository, "rm", "-qf", "--cached", "a.txt")
        v.type(":q", "Enter")
        v.type(":AskCommit", "Enter")
        v.wait_for("nothing is staged")


def test_no_commit_message_outside_of_git(daemon, home):
    with Vim(home, set=[f"cd {home.path}"]) as v:
        v.type(":AskCommit", "Enter")
        v.wait_for("askd: git: ")


# -- the status line, and health


def test_the_status_line(daemon, home, client):
    with Vim(home, set=["set laststatus=2", "set statusline=%f%=[%{askd#Status()}]"]) as v:
        assert v.wait_for("[]")  # nothing was asked, and nothing is started for it
        v.type(":Ask -m fake/slow-60-50 go", "Enter")
        v.wait_for("fake/echo · 1 running")
        v.wait_for("tokens")
        v.wait_for(lambda s: "running" not in s and "61 tokens" in s)
        # What others ask is seen too.
        client.call("chat", {"prompt": "more words", "model": "fake/words-100", "conversation": "new"})
        v.wait_for("163 tokens")


def test_the_status_line_starts_no_daemon(home):
    with Vim(home, set=["set laststatus=2", "set statusline=%f%=[%{askd#Status()}]"]) as v:
        v.type("ix", "Escape")
        v.wait_for("[]")
        assert v.eval("len(job_info())") == 0


def test_health(daemon, home):
    with Vim(home, rows=50) as v:
        v.type(":AskHealth", "Enter")
        v.wait_for("asked by default: fake/echo")
        text = "\n".join(v.lines())
        assert "OK: askctl" in text and "OK: protocol 1" in text and "provider fake: ready" in text
        assert "ERROR" not in text


def test_health_without_a_daemon(home):
    with Vim(home, rows=50) as v:
        v.type(":AskHealth", "Enter")
        v.wait_for("ERROR: no daemon: unavailable")
        assert "  - mend: askctl doctor" in v.lines()
        v.type(":q | let g:askd_askctl = '/nowhere/askctl' | AskHealth", "Enter")
        v.wait_for("/nowhere/askctl is not found")
