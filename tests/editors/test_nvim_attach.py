"""Neovim: what goes along with a question, :AskApply, :AskCommit."""

import shutil
import subprocess

import pytest

from conftest import wait_until
from helpers_nvim import Nvim
from helpers_chat import ask, conversation_of, idle, messages, open_chat


@pytest.fixture
def nvim(daemon, home):
    with Nvim(home) as n:
        yield n


@pytest.fixture
def source(nvim, tmp_path):
    """A file in the current window, with 200 lines."""
    nvim.command(f"cd {tmp_path}")
    nvim.edit(tmp_path / "main.c", "".join(f"int line_{i};\n" for i in range(1, 201)))
    return tmp_path


def question(provider, n=1):
    """The last message that the provider was sent, as text."""
    provider.wait_requests(n)
    return str(provider.bodies()[n - 1]["messages"][-1]["content"])


def below_draft(n):
    """The lines that are shown below the draft's heading."""
    return [chunk[0][0] for _, _, d in n.marks("askd.page.remarks") for chunk in d.get("virt_lines", [])]


def attached(n, text):
    wait_until(lambda: any(text in line for line in below_draft(n)), f"{text} is shown as attached")


def test_what_is_attached_goes_with_the_next_question_of_a_chat(nvim, provider, source, client):
    (source / "notes.txt").write_text("a note\n")
    open_chat(nvim)
    nvim.command("AskAttach notes.txt visible")
    attached(nvim, "attached: notes.txt")
    attached(nvim, "attached: main.c:1-")
    ask(nvim, "what is this?")
    text = question(provider)
    assert "a note" in text and "line_1;" in text and "what is this?" in text
    assert "line_200;" not in text, "that is not visible"
    wait_until(lambda: idle(nvim) and nvim.lines()[-1] == "", "it ends")
    assert below_draft(nvim) == []
    assert any('"name":"notes.txt"' in line for line in nvim.lines()), "it can be seen what went along"
    ask(nvim, "and now?")
    assert "and now?" in question(provider, 2)
    assert len(messages(client, conversation_of(nvim))[2]["content"]) == len("and now?")


def test_an_edited_question_keeps_its_attachments(nvim, provider, source):
    open_chat(nvim)
    (source / "data.bin").write_bytes(b"a\0b text")
    (source / "notes.txt").write_text("a note\n")
    nvim.command("AskAttach notes.txt")
    attached(nvim, "notes.txt")
    ask(nvim, "what is this?")
    wait_until(lambda: idle(nvim) and "## assistant (fake/echo)" in nvim.lines(), "it ends")
    row = nvim.lines().index("what is this?")
    nvim.call("nvim_buf_set_lines", 0, row, row + 1, False, ["who wrote this?"])
    nvim.command("write")
    assert "a note" in question(provider, 2) and "who wrote this?" in question(provider, 2)
    wait_until(lambda: idle(nvim) and "who wrote this?" in nvim.lines(), "it ends")


def test_a_prompt_without_a_word_asks_about_what_is_attached(nvim, provider, source, client):
    open_chat(nvim)
    nvim.command("write")
    nvim.wait_told("nothing to send")
    nvim.command("AskAttach buffer")
    nvim.command("AskPrompt review")
    attached(nvim, "prompt: review")
    nvim.command("write")
    text = question(provider)
    assert "line_200;" in text and client.call("prompt.get", {"name": "review"})["prompt"][:40] in text
    wait_until(lambda: idle(nvim) and "## assistant (fake/echo)" in nvim.lines(), "it ends")
    assert nvim.lines()[-3:] == ["## user", "", ""] and below_draft(nvim) == []
    assert len(messages(client, conversation_of(nvim))) == 2


def test_attachments_can_be_taken_off(nvim, provider, source):
    open_chat(nvim)
    nvim.command("AskAttach buffer")
    attached(nvim, "main.c")
    (source / "notes.txt").write_text("a note\n")
    nvim.command("AskAttach notes.txt")
    attached(nvim, "notes.txt")
    nvim.command("AskDetach main")
    assert below_draft(nvim) == ["attached: notes.txt"]
    nvim.command("AskDetach")
    ask(nvim, "bare")
    assert question(provider) == "bare"


def test_outside_of_a_chat_they_go_with_the_next_ask_of_the_window(nvim, provider, source):
    (source / "notes.txt").write_text("a note\n")
    nvim.command("5,6AskAttach")
    nvim.command("AskAttach notes.txt")
    nvim.wait_told("notes.txt goes with the next question")
    nvim.command("Ask about these")
    text = question(provider)
    assert "line_5;" in text and "line_6;" in text and "line_7;" not in text and "a note" in text
    nvim.command("Ask -c new nothing more")
    assert question(provider, 2) == "nothing more"


def test_an_address_goes_as_it_is(nvim, provider, source):
    nvim.command("AskAttach https://example.org/a.png")
    nvim.wait_told("https://example.org/a.png goes with")
    nvim.command("Ask what is this?")
    assert "https://example.org/a.png" in question(provider)


def test_diagnostics(nvim, provider, source):
    nvim.command("AskAttach diagnostics")
    nvim.wait_told("has no diagnostics")
    nvim.lua("""
        vim.diagnostic.set(vim.api.nvim_create_namespace("test"), 0, {
            {lnum = 2, col = 4, severity = vim.diagnostic.severity.ERROR, message = "no such type", source = "cc"},
        })
    """)
    nvim.command("AskAttach diagnostics")
    nvim.command("Ask mend this")
    assert "main.c:3:5: error: no such type [cc]" in question(provider)


def test_a_range_goes_into_a_new_chat(nvim, provider, source):
    nvim.command("3,4AskChat")
    attached(nvim, "attached: main.c:3-4")
    ask(nvim, "well?")
    assert "line_3;" in question(provider) and "line_5;" not in question(provider)


def test_what_cannot_be_attached_is_told(nvim, source):
    (source / "empty").write_text("")
    (source / "folder").mkdir()
    nvim.command("AskAttach nowhere.c")
    nvim.wait_told("cannot read nowhere.c")
    nvim.command("AskAttach empty")
    nvim.wait_told("empty is empty")
    nvim.command("AskAttach folder")
    nvim.wait_told("neither a file nor a buffer")


def test_a_refused_question_keeps_its_attachments(nvim, provider, source):
    open_chat(nvim)
    nvim.command("AskAttach buffer")
    attached(nvim, "main.c")
    nvim.command("AskModel nobody/nothing")
    ask(nvim, "first")
    nvim.wait_told("askd: not_found")
    assert below_draft(nvim) == ["attached: main.c"]
    nvim.command("AskModel fake/echo")
    nvim.command("write")
    assert "line_200;" in question(provider)


# -- :AskApply


def apply_block(n, block, at=2):
    n.command("new")
    n.set_lines(block)
    n.call("nvim_win_set_cursor", 0, [at, 0])


def test_a_block_is_shown_as_a_diff_and_put_in(nvim, source):
    text = (source / "main.c").read_text()
    wanted = text.replace("int line_2;", "long line_2;")
    main = nvim.call("nvim_get_current_buf")
    apply_block(nvim, ["Here:", "```c main.c", *wanted.splitlines(), "```"])
    nvim.command("AskApply")
    assert nvim.call("nvim_get_current_buf") == main
    assert nvim.lines() == text.splitlines(), "not before it was accepted"
    marks = nvim.marks("askd-diff")
    assert any("long line_2;" in str(d.get("virt_lines")) for _, _, d in marks)
    nvim.command("AskAccept")
    assert nvim.lines() == wanted.splitlines()
    nvim.command("undo")
    assert nvim.lines() == text.splitlines()
    assert (source / "main.c").read_text() == text, "nothing is written"


def test_a_diff_in_a_block_changes_what_it_names(nvim, source):
    block = ["```diff", "--- a/main.c", "+++ b/main.c", "@@ -9,2 +9,2 @@", " int line_9;", "-int line_10;", "+X", "```"]
    apply_block(nvim, block)
    nvim.command("AskApply")
    nvim.command("AskAccept")
    assert nvim.lines()[8:11] == ["int line_9;", "X", "int line_11;"] and len(nvim.lines()) == 200


def test_of_a_diff_about_several_files_one_is_changed(nvim, source):
    block = [
        "```diff", "diff --git a/other.c b/other.c", "--- a/other.c", "+++ b/other.c", "@@ -0,0 +1 @@", "+int other;",
        "diff --git a/main.c b/main.c", "--- a/main.c", "+++ b/main.c", "@@ -9,2 +9,2 @@", " int line_9;", "-int line_10;",
        "+X", "```",
    ]  # fmt: skip
    for at, command in ((10, "AskApply"), (3, "AskApply main.c")):
        apply_block(nvim, block, at)
        nvim.command(command)
        nvim.command("AskAccept")
        assert nvim.eval("expand('%:t')") == "main.c" and nvim.lines()[8:11] == ["int line_9;", "X", "int line_11;"]
        nvim.command("undo")
    apply_block(nvim, block, 4)
    nvim.command("AskApply")
    nvim.command("AskAccept")
    assert nvim.eval("expand('%:t')") == "other.c" and nvim.lines()[0] == "int other;"
    apply_block(nvim, block, 1)
    nvim.command("AskApply")
    nvim.wait_told("about several files")


def test_a_diff_for_some_lines_changes_those(nvim, source):
    diff = ["```diff", "@@ -1,2 +1,2 @@", " int line_9;", "-int line_10;", "+X", "```"]
    apply_block(nvim, diff)
    nvim.command("AskApply main.c:9-12")
    nvim.command("AskAccept")
    assert nvim.lines()[8:11] == ["int line_9;", "X", "int line_11;"] and len(nvim.lines()) == 200


@pytest.mark.parametrize("lines", ["0", "201", "20-12", "199-201"])
def test_lines_that_are_not_there_are_told(nvim, source, lines):
    apply_block(nvim, ["```c", "int x;", "```"])
    nvim.command(f"AskApply main.c:{lines}")
    nvim.wait_told("main.c has 200 lines")


def test_a_tilde_is_the_home(nvim, source):
    apply_block(nvim, ["```c", "int x;", "```"])
    nvim.command("AskApply ~/new.c")
    assert nvim.eval("expand('%:p')") == nvim.eval("$HOME") + "/new.c"


def test_a_new_file_some_lines_and_a_name_that_leads_elsewhere(nvim, source):
    apply_block(nvim, ["`new.c`:", "```c", "int x;", "```"])
    nvim.command("AskApply")
    nvim.command("AskAccept")
    assert nvim.lines() == ["int x;"] and nvim.eval("expand('%:t')") == "new.c"
    apply_block(nvim, ["```c", "int x;", "```"])
    nvim.command("AskApply main.c:1-199")
    nvim.command("AskAccept")
    assert nvim.lines() == ["int x;", "int line_200;"]
    asked = "vim.ui.input = function(o, cb) asked = o.default end"
    nvim.lua(asked)
    for name in ("/etc/passwd.txt", "../x.c", "a/../../x.c"):
        apply_block(nvim, [f"```c {name}", "int x;", "```"])
        nvim.command("AskApply")
        assert nvim.lua("return asked") == name, "it is asked first"
    apply_block(nvim, ["```diff", "+++ ~/x.c", "@@ -0,0 +1 @@", "+int x;", "```"])
    nvim.command("AskApply")
    assert nvim.lua("return asked") == "~/x.c", "it is asked first"
    apply_block(nvim, ["nothing here"], 1)
    nvim.command("AskApply")
    nvim.wait_told("no code block under the cursor")


# -- :AskCommit


@pytest.fixture
def repository(nvim, tmp_path):
    if not shutil.which("git"):
        pytest.skip("there is no git")

    def git(*args):
        identity = ["-c", "user.name=t", "-c", "user.email=t@example.org"]
        subprocess.run(["git", "-C", str(tmp_path), *identity, *args], check=True, capture_output=True)

    git("init")
    (tmp_path / "staged.txt").write_text("a staged line\n")
    git("add", "staged.txt")
    (tmp_path / "other.txt").write_text("not staged\n")
    nvim.command(f"cd {tmp_path}")
    return tmp_path


def test_the_message_stands_above_the_comments(nvim, provider, repository):
    (repository / ".git" / "COMMIT_EDITMSG").write_text("\n# Please enter the commit message\n")
    nvim.command("edit .git/COMMIT_EDITMSG | set filetype=gitcommit")
    nvim.command("AskCommit -m fake/words-5 and say why")
    nvim.wait_lines("w4")
    assert [line.strip() for line in nvim.lines()] == ["w0 w1 w2 w3 w4", "# Please enter the commit message"]
    text = question(provider)
    assert "a staged line" in text and "not staged" not in text and "Write the commit message" in text
    assert "and say why" in str(provider.bodies()[0]["messages"][0]["content"])
    nvim.command("undo")
    assert "w0" not in "".join(nvim.lines()), "it is one step of undo"


def test_elsewhere_it_comes_into_a_split_and_needs_something_staged(nvim, provider, repository):
    nvim.command("AskCommit -m fake/words-5")
    nvim.wait_lines("w4", nvim.answer_buffer())
    subprocess.run(["git", "-C", str(repository), "rm", "--cached", "-q", "staged.txt"], check=True)
    nvim.command("AskCommit")
    nvim.wait_told("nothing is staged")
    nvim.command("cd /")
    nvim.command("new")
    nvim.command("AskCommit")
    nvim.wait_told("is in no repository of git")
