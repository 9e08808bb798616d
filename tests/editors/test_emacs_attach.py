"""Emacs: what goes along with a question, and askd-commit."""

import shutil
import subprocess

import pytest

from conftest import wait_until
from helpers_emacs import Emacs, EmacsError, quoted
from helpers_emacs_chat import (
    ask,
    below_draft,
    change,
    conversation_of,
    messages,
    open_chat,
    send,
    set_model,
    wait_idle,
)


@pytest.fixture
def emacs(daemon, home, tmp_path):
    with Emacs(home, cwd=tmp_path) as e:
        yield e


@pytest.fixture
def source(emacs, tmp_path):
    """A file in the selected window, with 200 lines."""
    emacs.edit(tmp_path / "main.c", "".join(f"int line_{i};\n" for i in range(1, 201)))
    return tmp_path


def question(provider, n=1):
    """The last message that the provider was sent, as text."""
    provider.wait_requests(n)
    return str(provider.bodies()[n - 1]["messages"][-1]["content"])


def region(e, first, last):
    """The lines from `first` to `last`."""
    e.eval(f"""
        (transient-mark-mode 1) (goto-char (point-min)) (forward-line {first - 1}) (push-mark (point) t t)
        (forward-line {last - first + 1}) nil
    """)


def ask_words(e, words):
    e.eval(f"(askd-ask-about (list :words {quoted(words)}) (current-buffer) nil) nil")


def test_what_is_attached_goes_with_the_next_question_of_a_chat(emacs, provider, source, client):
    (source / "notes.txt").write_text("a note\n")
    open_chat(emacs)
    emacs.eval('(askd-attach-file "notes.txt") (askd-attach-buffer) nil')
    assert below_draft(emacs) == ["attached: notes.txt", "attached: main.c"]
    ask(emacs, "what is this?")
    text = question(provider)
    assert "a note" in text and "line_1;" in text and "what is this?" in text
    wait_idle(emacs)
    assert below_draft(emacs) == []
    assert any('"name":"notes.txt"' in line for line in emacs.lines()), "it can be seen what went along"
    ask(emacs, "and now?")
    assert "and now?" in question(provider, 2)
    assert len(messages(client, conversation_of(emacs))[2]["content"]) == len("and now?")


def test_an_edited_question_keeps_its_attachments(emacs, provider, source):
    open_chat(emacs)
    (source / "notes.txt").write_text("a note\n")
    emacs.eval('(askd-attach-file "notes.txt") nil')
    ask(emacs, "what is this?")
    wait_until(lambda: "## assistant (fake/echo)" in emacs.lines(), "it begins")
    wait_idle(emacs)
    change(emacs, "what is this?", "who wrote this?")
    send(emacs)
    assert "a note" in question(provider, 2) and "who wrote this?" in question(provider, 2)
    wait_idle(emacs)


def test_bytes_that_are_no_text_go_as_they_are(emacs, provider, source, client):
    png = bytes.fromhex("89504e470d0a1a0a") + bytes(range(256))
    (source / "a.png").write_bytes(png)
    open_chat(emacs)
    emacs.eval('(askd-attach-file "a.png") nil')
    ask(emacs, "what is this?")
    provider.wait_requests(1)
    wait_idle(emacs)
    part = messages(client, conversation_of(emacs))[0]["content"][0]
    assert part["data"] == png and part["name"] == "a.png"
    assert '"bytes":264' in emacs.text()


def test_a_prompt_without_a_word_asks_about_what_is_attached(emacs, provider, source, client):
    open_chat(emacs)
    send(emacs)
    emacs.wait_told("nothing to send")
    emacs.eval('(askd-attach-buffer) (askd-next-set-prompt "review") nil')
    assert below_draft(emacs) == ["prompt: review", "attached: main.c"]
    send(emacs)
    text = question(provider)
    assert "line_200;" in text and client.call("prompt.get", {"name": "review"})["prompt"][:40] in text
    wait_until(lambda: "## assistant (fake/echo)" in emacs.lines(), "it begins")
    wait_idle(emacs)
    assert emacs.text().endswith("\n\n## user\n\n") and below_draft(emacs) == []
    assert len(messages(client, conversation_of(emacs))) == 2


def test_attachments_can_be_taken_off(emacs, provider, source):
    open_chat(emacs)
    (source / "notes.txt").write_text("a note\n")
    emacs.eval('(askd-attach-buffer) (askd-attach-file "notes.txt") (askd-next-set-prompt "review") nil')
    emacs.eval('(askd-detach "main.c") nil')
    assert below_draft(emacs) == ["prompt: review", "attached: notes.txt"]
    emacs.eval("(askd-detach) nil")
    ask(emacs, "bare")
    assert question(provider) == "bare"


def test_outside_of_a_chat_they_go_with_the_next_question(emacs, provider, source):
    (source / "notes.txt").write_text("a note\n")
    region(emacs, 5, 6)
    emacs.eval("(call-interactively #'askd-attach-region) (deactivate-mark) nil")
    emacs.eval('(askd-attach-file "notes.txt") nil')
    emacs.wait_told("main.c:5-6 goes with the next question")
    emacs.wait_told("notes.txt goes with the next question")
    ask_words(emacs, "about these")
    text = question(provider)
    assert "line_5;" in text and "line_6;" in text and "line_7;" not in text and "a note" in text
    assert "main.c, lines 5 to 6" in text
    ask_words(emacs, "nothing more")
    assert question(provider, 2) == "nothing more"


def test_an_address_goes_as_it_is(emacs, provider, source):
    with pytest.raises(EmacsError, match="no address"):
        emacs.eval('(askd-attach-url "file:///etc/passwd")')
    emacs.eval('(askd-attach-url "https://example.org/a.png") nil')
    ask_words(emacs, "what is this?")
    assert "https://example.org/a.png" in question(provider)


def test_diagnostics(emacs, provider, source):
    with pytest.raises(EmacsError, match="has no diagnostics"):
        emacs.eval("(askd-attach-diagnostics)")
    emacs.eval("""
        (require 'flymake)
        (setq-local flymake-diagnostic-functions
                    (list (lambda (report &rest _)
                            (goto-char (point-min)) (forward-line 2)
                            (funcall report (list (flymake-make-diagnostic
                                                   (current-buffer) (+ 4 (point)) (+ 8 (point)) :error "no such type"))))))
        (flymake-mode 1) (flymake-start) nil
    """)
    emacs.wait("(flymake-diagnostics)")
    open_chat(emacs)
    emacs.eval("(askd-attach-diagnostics) nil")
    assert below_draft(emacs) == ["attached: diagnostics of main.c (1)"]
    ask(emacs, "mend this")
    assert "main.c:3:5: error: no such type" in question(provider)


def test_a_file_of_the_project(emacs, provider, source):
    if not shutil.which("git"):
        pytest.skip("there is no git")
    subprocess.run(["git", "-C", str(source), "init"], check=True, capture_output=True)
    (source / "lib").mkdir()
    (source / "lib" / "deep.c").write_text("int deep;\n")
    emacs.eval("""
        (cl-letf (((symbol-function 'completing-read)
                   (lambda (_ files &rest _) (cl-find-if (lambda (f) (string-suffix-p "deep.c" f)) files))))
          (askd-attach-project-file))
        nil
    """)
    ask_words(emacs, "what is this?")
    assert "int deep;" in question(provider) and "lib/deep.c" in question(provider)


def test_a_region_goes_into_a_new_chat(emacs, provider, source):
    region(emacs, 3, 4)
    emacs.eval("(askd-chat) nil")
    assert below_draft(emacs) == ["attached: main.c:3-4"]
    ask(emacs, "well?")
    assert "line_3;" in question(provider) and "line_5;" not in question(provider)


def test_what_cannot_be_attached_is_told(emacs, source):
    (source / "empty").write_text("")
    (source / "folder").mkdir()
    for name, why in (("nowhere.c", "is no file"), ("empty", "is empty"), ("folder", "is no file")):
        with pytest.raises(EmacsError, match=f"{name} {why}"):
            emacs.eval(f"(askd-attach-file {quoted(name)})")


def test_a_refused_question_keeps_its_attachments(emacs, provider, source):
    open_chat(emacs)
    emacs.eval("(askd-attach-buffer) nil")
    set_model(emacs, "nobody/nothing")
    ask(emacs, "first")
    emacs.wait_told("askd: not_found")
    assert below_draft(emacs) == ["attached: main.c"]
    set_model(emacs, "fake/echo")
    send(emacs)
    assert "line_200;" in question(provider)


# -- askd-commit


@pytest.fixture
def repository(emacs, tmp_path):
    if not shutil.which("git"):
        pytest.skip("there is no git")

    def git(*args):
        identity = ["-c", "user.name=t", "-c", "user.email=t@example.org"]
        subprocess.run(["git", "-C", str(tmp_path), *identity, *args], check=True, capture_output=True)

    git("init")
    (tmp_path / "staged.txt").write_text("a staged line\n")
    git("add", "staged.txt")
    (tmp_path / "other.txt").write_text("not staged\n")
    emacs.eval(f"(setq default-directory {quoted(f'{tmp_path}/')} vc-handled-backends nil) nil")
    return tmp_path


def test_the_message_stands_above_the_comments(emacs, provider, repository):
    emacs.edit(repository / ".git" / "COMMIT_EDITMSG", "\n# Please enter the commit message\n")
    emacs.eval('(setq askd-model "fake/words-5") (askd-commit "and say why") nil')
    emacs.wait_text("w4")
    emacs.wait("(not (askd-running))")
    assert [line.strip() for line in emacs.lines()] == ["w0 w1 w2 w3 w4", "# Please enter the commit message", ""]
    text = question(provider)
    assert "a staged line" in text and "not staged" not in text and "Write the commit message" in text
    assert "and say why" in str(provider.bodies()[0]["messages"][0]["content"])
    emacs.eval("(undo-boundary) (setq last-command nil) (undo) nil")
    assert "w0" not in emacs.text(), "it is one step of undo"


def test_elsewhere_it_comes_into_a_buffer_and_needs_something_staged(emacs, provider, repository):
    emacs.eval('(setq askd-model "fake/words-5") (askd-commit) nil')
    emacs.wait_text("w4", emacs.answer_buffer())
    subprocess.run(["git", "-C", str(repository), "rm", "--cached", "-q", "staged.txt"], check=True)
    emacs.eval("(askd-commit) nil")
    emacs.wait_told("nothing is staged")
    emacs.eval('(setq default-directory "/") (askd-commit) nil')
    emacs.wait_told("is in no repository of git")
    assert not [name for name in emacs.eval("(vconcat (mapcar #'process-name (process-list)))") if "askd git" in name]
