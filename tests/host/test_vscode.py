"""The extension in VS Code itself, whose window is used by keys and looked at. `make check-vscode-host` runs it."""

import os
import pathlib
import zipfile

import pytest
from conftest import Daemon, Home, build_dir, wait_until
from helpers_window import ANSWER, EDITOR, Window

HERE = pathlib.Path(__file__).resolve().parent
FILE = ["before", "x = ", "behind"]
LIST = ".pane-body .monaco-list-row"
WORDS = "w0 w1 w2"
SETTINGS = {"askd.suggestModel": "fake/words-3", "askd.suggestDelay": 20}


def our_extension():
    path = os.environ.get("ASKD_VSIX")
    found = [pathlib.Path(path)] if path else sorted(build_dir().glob("askd-*.vsix"))
    if not found:
        pytest.skip("the extension is not packed: make vsix does it")
    return found[-1]


def packed(folder, to):
    """A .vsix of an extension that needs no build."""
    with zipfile.ZipFile(to, "w") as z:
        for path in folder.iterdir():
            z.write(path, f"extension/{path.name}")
    return to


class Work:
    """The folder that the window shows, and the daemon that its extension reaches."""

    def __init__(self, home, provider):
        self.home, self.provider = home, provider
        self.folder = home.path / "work"
        self.folder.mkdir()
        self.daemon = Daemon(home)

    def file(self, name, lines=FILE):
        path = self.folder / name
        path.write_text("".join(f"{line}\n" for line in lines))
        return path

    def kill_daemon(self):
        self.daemon.kill()
        self.daemon.finish()

    def start_daemon(self):
        self.daemon = Daemon(self.home)


@pytest.fixture(scope="module")
def work(provider_process):
    with Home.made() as home:
        home.write_config(provider_process.base_url, provider={"retries": "0"})
        work = Work(home, provider_process)
        yield work
        work.daemon.finish()


@pytest.fixture(scope="module")
def host(work):
    extensions = [our_extension(), packed(HERE / "standin", work.home.path / "standin.vsix")]
    with Window(work.home, extensions, work.folder, SETTINGS) as w:
        yield w


@pytest.fixture
def window(request, host):
    yield host
    host.screenshot(request.node.name)
    host.close_all()


def said(text):
    """A model that says that."""
    return f"fake/say-x{text.encode().hex()}"


def lines_of(name):
    return f"{EDITOR}[data-uri$='/{name}']"


def test_an_answer_streams_into_a_document_beside(window, work):
    window.open_file(work.file("ask.c"))
    window.command("askd: Ask About the Selection")
    window.answer_box("-m fake/slow-20-100 hello there")
    window.wait_lines(lambda lines: lines and lines[0].startswith("w0 w1"), ANSWER)
    window.screenshot("streaming")
    window.wait_lines([" ".join(f"w{i}" for i in range(20))], ANSWER)
    assert not window.texts(".tab.dirty") and window.lines(lines_of("ask.c"))[:3] == [line.rstrip() for line in FILE]


def test_a_rewrite_is_a_diff_and_one_step_of_undo(window, work):
    before = ["int one(void);", "int two(void);", "int three(void);", ""]
    after = [before[0], "long two(void);", *before[2:]]
    window.open_file(work.file("rewrite.c", before[:-1]))
    window.key("ArrowDown")
    window.command("askd: Rewrite the Selected Lines")
    window.answer_box(f"-m {said(after[1])} make it long")
    window.wait_lines(after, ".modified-in-monaco-diff-editor")
    window.wait_lines(before, ".original-in-monaco-diff-editor")
    window.wait_beside("rewrite: accept or reject it", ".original-in-monaco-diff-editor")
    window.screenshot("diff")
    window.click("[aria-label^='Accept the Change']")
    window.wait_lines(after, lines_of("rewrite.c"))
    window.open_file(work.folder / "rewrite.c")
    window.key("Control+z")
    window.wait_lines(before, lines_of("rewrite.c"))


def test_a_suggestion_is_shown_and_taken(window, work):
    window.open_file(work.file("suggest.c"))
    window.key("ArrowDown", "End")
    window.command("askd: Suggestions On or Off")
    window.wait_told("suggestions are on")
    window.type("v")
    window.wait_text(".ghost-text-decoration", WORDS)
    window.wait_lines(["before", f"x = v{WORDS}", "behind", ""], lines_of("suggest.c"))
    window.screenshot("suggestion")
    window.key("Control+ArrowRight")
    window.wait_text(".ghost-text-decoration", "w1 w2")
    window.key("Escape")
    window.wait_lines(["before", "x = vw0", "behind", ""], lines_of("suggest.c"))
    window.type("v")
    window.wait_text(".ghost-text-decoration", WORDS)
    window.command("askd: Suggestions On or Off")
    window.wait_told("suggestions are off")


def test_a_conversation_is_a_document_that_saving_sends(window):
    window.command("askd: New Chat")
    window.wait_lines(["## user", "", ""], lines_of("new.md"))
    window.wait_text(".statusbar-item", "Ln 3, Col 1")
    window.type("hello in a chat")
    window.key("Control+s")
    question, answer = ["## user", "", "hello in a chat", ""], ["## assistant (fake/echo)", "", "hello in a chat", ""]
    window.wait_lines([*question, *answer, "## user", "", ""])
    window.wait_beside("tokens")
    wait_until(lambda: not window.texts(".tab.dirty"), "nothing is left to be sent")
    window.command("askd: Focus on Conversations View")
    window.wait_text(LIST, "hello in a chat")
    window.wait_text(".statusbar-item", "tokens")


def test_a_conversation_is_opened_from_the_list(window, work):
    window.command("askd: Focus on Conversations View")
    with work.daemon.connect() as client:
        client.call("chat", {"prompt": "from a shell", "conversation": "new", "context": {"cwd": str(work.folder)}})
    assert "echo" in window.wait_text(LIST, "from a shell")
    window.click(LIST)
    page = f"{EDITOR}[data-uri^='askd:/conversation/']"
    window.wait_lines(lambda lines: "from a shell" in lines and lines[0] == "## user", page)


def test_the_chat_view_has_our_participant(window):
    window.key("Control+Alt+i")
    window.click(".interactive-input-editor .view-lines")
    window.type("@askd how are you")
    window.wait_text(".interactive-input-editor .view-lines", "@askd how are you")
    window.key("Escape", "Enter")
    window.wait_text(".interactive-item-container.interactive-response", "how are you")
    window.wait_text(".interactive-item-container", "Open as a Document")
    window.screenshot("participant")
    window.key("Control+Alt+b")


def test_other_extensions_can_ask_our_models(window):
    window.command("Stand-in: Ask Each Model")
    window.answer_box("askd fake/echo ping pong")
    window.wait_told("1 models: ping pong")


def test_health_tells_what_this_host_has(window):
    window.command("askd: Health")
    page = f"{EDITOR}[data-uri^='askd:/health/']"
    window.wait_lines(lambda lines: "- ok: the chat view has @askd" in lines and "## Providers" in lines, page)
    assert not [line for line in window.lines(page) if "warning" in line or "error" in line]


def test_a_daemon_that_was_killed_is_reached_again(window, work):
    window.open_file(work.file("killed.c"))
    work.kill_daemon()
    window.wait_text(".statusbar-item", "no daemon")
    window.screenshot("no-daemon")
    work.start_daemon()
    window.command("askd: Ask About the Selection")
    window.answer_box(f"-m {said('here again')} hello")
    window.wait_lines(["here again"], ANSWER)
    wait_until(lambda: not any("no daemon" in text for text in window.texts(".statusbar-item")), "the daemon is there")


def test_an_answer_outlives_the_window_that_asked_for_it(window, work):
    window.open_file(work.file("outlives.c"))
    window.command("askd: Ask About the Selection")
    window.answer_box("-m fake/slow-1000-500 hello")
    window.wait_lines(lambda lines: lines and lines[0].startswith("w0 w1"), ANSWER)
    window.kill()
    window.close_all()
    window.command("askd: Resume an Answer of This Folder")
    window.wait_lines(lambda lines: lines and lines[0].startswith("w0 w1"), ANSWER)
    seen = len(window.lines(ANSWER)[0])
    window.wait_lines(lambda lines: len(lines[0]) > seen, ANSWER)
    window.click(f"{ANSWER} .view-line")
    window.command("askd: Stop What Runs in This Document")
    window.wait_beside("cancelled", ANSWER)
