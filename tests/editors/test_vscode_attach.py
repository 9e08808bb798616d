"""VS Code: what goes along with a question, and code blocks that are applied."""

import pytest

from conftest import wait_until
from helpers_vscode import VsCode
from helpers_vscode_chat import (
    DRAFT,
    ask,
    chat_page,
    conversation_of,
    idle,
    messages,
    open_chat,
    remarks,
    replace,
    wait_answered,
)


@pytest.fixture
def code(daemon, home):
    with VsCode(home) as v:
        yield v


@pytest.fixture
def source(code, home):
    """A file in an editor, with 200 lines."""
    return code.open(home.path / "main.c", "".join(f"int line_{i};\n" for i in range(1, 201)))


def question(provider, n=1):
    """The last message that the provider was sent, as text."""
    provider.wait_requests(n)
    return str(provider.bodies()[n - 1]["messages"][-1]["content"])


def beside_draft(v, uri):
    return remarks(v, uri).get(v.text(uri).split("\n").index("## user"), "") if v.text(uri).count("## user") == 1 else ""


def test_what_is_attached_goes_with_the_next_question_of_a_chat(code, provider, source, client, home):
    (home.path / "notes.txt").write_text("a note\n")
    new = open_chat(code)
    code.command("askd.attachFile", str(home.path / "notes.txt"))
    code.command("askd.attachVisible")
    assert beside_draft(code, new) == "attached: notes.txt · attached: main.c:1-201"
    page = ask(code, new, "what is this?")
    text = question(provider)
    assert "a note" in text and "line_1;" in text and "what is this?" in text
    wait_until(lambda: idle(code) and "## assistant" in code.text(page), "it ends")
    assert '"name":"notes.txt"' in code.text(page), "it can be seen what went along"
    ask(code, page, "and now?")
    assert question(provider, 2) == "and now?"
    replace(code, page, "what is this?", "who wrote this?")
    code.do("save", page)
    assert "a note" in question(provider, 3) and "who wrote this?" in question(provider, 3)
    wait_until(lambda: len(messages(client, conversation_of(page))) == 6, "the branch is answered")


def test_a_prompt_without_a_word_asks_about_what_is_attached(code, provider, source, client):
    new = open_chat(code)
    code.command("askd.attachDocument")
    code.command("askd.prompt", "review")
    wait_until(lambda: "prompt: review" in beside_draft(code, new), "it is shown")
    code.do("save", new)
    text = question(provider)
    assert "line_200;" in text and client.call("prompt.get", {"name": "review"})["prompt"][:40] in text
    page = chat_page(code)
    wait_until(lambda: idle(code) and "## assistant (fake/echo)" in code.text(page), "it ends")
    assert code.text(page).endswith(DRAFT) and len(messages(client, conversation_of(page))) == 2


def test_attachments_can_be_taken_off(code, provider, source, home):
    (home.path / "notes.txt").write_text("a note\n")
    new = open_chat(code)
    code.command("askd.attachDocument")
    code.command("askd.attachFile", str(home.path / "notes.txt"))
    code.begin("command", "askd.detach")
    choices = wait_until(lambda: code.do("offered"), "what is attached is offered")[0]["choices"]
    assert [c["label"] for c in choices] == ["All of it", "main.c", "notes.txt"]
    code.do("choose", "main.c")
    wait_until(lambda: beside_draft(code, new) == "attached: notes.txt", "it is off")
    code.command("askd.detach", "all")
    ask(code, new, "bare")
    assert question(provider) == "bare"


def test_outside_of_a_chat_they_go_with_the_next_question_of_the_window(code, provider, source, home):
    (home.path / "notes.txt").write_text("a note\n")
    code.select(5, 6)
    code.command("askd.attachSelection")
    code.do("files", str(home.path / "notes.txt"))
    code.command("askd.attachFile")
    code.command("askd.attachFile", "https://example.org/a.png")
    assert "askd: notes.txt goes with the next question" in code.do("hints")
    code.command("askd.ask", {"words": "about these", "about": "nothing"})
    text = question(provider)
    assert "line_5;" in text and "line_6;" in text and "line_7;" not in text and "a note" in text
    assert "https://example.org/a.png" in text
    code.command("askd.ask", {"words": "nothing more", "about": "nothing", "conversation": "new"})
    assert question(provider, 2) == "nothing more"


def test_diagnostics(code, provider, source):
    code.command("askd.attachDiagnostics")
    code.wait_told("has no diagnostics")
    one = {"line": 2, "character": 4, "severity": "error", "message": "no such type", "source": "cc"}
    code.do("diagnose", source, [one])
    code.command("askd.attachDiagnostics")
    code.command("askd.ask", {"words": "mend this", "about": "nothing"})
    assert "main.c:3:5: error: no such type [cc]" in question(provider)


def test_what_cannot_be_attached_is_told(code, source, home):
    (home.path / "empty").write_text("")
    (home.path / "folder").mkdir()
    for name, word in (("nowhere.c", "ENOENT"), ("empty", "empty is empty"), ("folder", "is no file")):
        code.command("askd.attachFile", str(home.path / name))
        code.wait_told(word)


def test_a_refused_question_keeps_its_attachments(code, provider, source):
    new = open_chat(code)
    code.command("askd.attachDocument")
    code.command("askd.model", "nobody/nothing")
    replace(code, new, DRAFT, DRAFT + "first")
    code.do("save", new)
    code.wait_told("nobody")
    assert beside_draft(code, new) == "attached: main.c"
    code.command("askd.model", "fake/echo")
    code.do("save", new)
    assert "line_200;" in question(provider)
    wait_answered(code, chat_page(code), "first", times=1)


# -- askd.apply


def apply_block(v, lines, at=1, name=None):
    """The block at a line, from 0, of a document that is no chat."""
    v.do("untitled", "\n".join(lines), "markdown")
    v.do("select", {"line": at, "character": 0})
    v.command("askd.apply", {"file": name} if name else {})


def test_a_block_is_shown_as_a_change_and_put_in(code, source, home):
    text = (home.path / "main.c").read_text()
    wanted = text.replace("int line_2;", "long line_2;")
    apply_block(code, ["Here:", "```c main.c", *wanted.splitlines(), "```"])
    assert code.text(source) == text, "not before it was accepted"
    assert any("long line_2;" in code.text(d["right"]) for d in code.do("diffs"))
    code.command("askd.accept")
    assert code.text(source) == wanted
    code.do("undo", source)
    assert code.text(source) == text and (home.path / "main.c").read_text() == text, "nothing is written"


def test_a_diff_in_a_block_changes_what_it_names(code, source):
    block = ["```diff", "--- a/main.c", "+++ b/main.c", "@@ -9,2 +9,2 @@", " int line_9;", "-int line_10;", "+X", "```"]
    apply_block(code, block)
    code.command("askd.accept")
    lines = code.text(source).split("\n")
    assert lines[8:11] == ["int line_9;", "X", "int line_11;"] and len(lines) == 201


SEVERAL = [
    "```diff", "diff --git a/other.c b/other.c", "--- a/other.c", "+++ b/other.c", "@@ -0,0 +1 @@", "+int other;",
    "diff --git a/main.c b/main.c", "--- a/main.c", "+++ b/main.c", "@@ -9,2 +9,2 @@", " int line_9;", "-int line_10;",
    "+X", "```",
]  # fmt: skip


@pytest.mark.parametrize(("at", "name"), [(10, None), (3, "main.c")])
def test_of_a_diff_about_several_files_one_is_changed(code, source, at, name):
    apply_block(code, SEVERAL, at, name)
    code.command("askd.accept")
    assert code.text(source).split("\n")[8:11] == ["int line_9;", "X", "int line_11;"]


def test_of_a_diff_about_several_files_one_has_to_be_meant(code, source, home):
    apply_block(code, SEVERAL, 4)
    code.command("askd.accept")
    assert code.text(f"untitled://{home.path}/other.c").startswith("int other;"), "it is a new file"
    apply_block(code, SEVERAL, 0)
    code.wait_told("about several files")


def test_a_block_for_some_lines_changes_those(code, source):
    apply_block(code, ["```c", "int x;", "```"], name="main.c:1-199")
    code.command("askd.accept")
    assert code.text(source) == "int x;\nint line_200;\n"


@pytest.mark.parametrize("lines", ["0", "202", "20-12", "199-202"])
def test_lines_that_are_not_there_are_told(code, source, lines):
    apply_block(code, ["```c", "int x;", "```"], name=f"main.c:{lines}")
    code.wait_told("main.c has 201 lines")


@pytest.mark.parametrize("name", ["/etc/passwd.txt", "../x.c", "a/../../x.c"])
def test_a_name_that_leads_elsewhere_is_asked_first(code, source, name):
    code.do("untitled", f"```c {name}\nint x;\n```", "markdown")
    code.do("select", {"line": 1, "character": 0})
    applying = code.begin("command", "askd.apply")
    wait_until(lambda: code.do("inputs"), "it is asked")
    assert code.do("inputs")[0]["value"] == name
    code.do("answer", "new.c")
    code.result(applying)
    code.command("askd.accept")
    assert code.text(code.do("active")) == "int x;\n"


def test_blocks_of_an_answer_offer_to_be_applied(code, source):
    page = ask(code, open_chat(code), "```c main.c\nint x;\n```")
    wait_until(lambda: idle(code) and code.text(page).count("```c main.c") == 2, "it is answered")
    lenses = code.do("lenses", page)
    assert [lens["title"] for lens in lenses] == ["Apply to main.c"] * 2
    code.command(lenses[1]["command"], *lenses[1]["args"])
    code.command("askd.accept")
    assert code.text(source) == "int x;\n"
