"""VS Code: the extension on the host in memory, whose documents and views are looked at."""

import difflib

from conftest import wait_until
from drivers.driver import Change, Driver
from helpers_vscode import VsCode

PICKERS = {"model": "askd.model", "prompt": "askd.prompt", "conversation": "askd.conversations"}
ATTACH = {"buffer": "askd.attachDocument", "visible": "askd.attachVisible", "diagnostics": "askd.attachDiagnostics"}
BRANCH = {"next": "askd.branchNext", "prev": "askd.branchPrevious"}
ROWS = 24  # of a text that are in sight


class Code(Driver):
    title = "VS Code"
    shows_suggestions_early = False

    def __init__(self, home, folder, name):
        self.folder = folder
        self.code = VsCode(home, folder)

    def close(self):
        if self.code.proc.poll() is None:
            self.code.close()

    def kill(self):
        self.code.kill()

    def run(self, command, *args):
        """As by a key: what comes of it, is seen."""
        self.code.begin("command", command, *args)

    def told(self):
        return self.code.told() + self.code.do("hints")

    def shown(self):
        return [self.code.text(uri) for uri in self.code.do("documents")]

    # -- text

    def open(self, path):
        self.code.open(path)
        self.see(1)

    def front(self):
        """The document that the user is in; of a diff, that which is changed by it."""
        active = self.code.do("active")
        return next((diff["left"] for diff in self.code.do("diffs") if diff["right"] == active), active)

    def lines(self, path=None):
        text = self.code.text(self.code.uri(path) if path else self.front()) or ""
        return text.removesuffix("\n").split("\n")

    def set_line(self, number, text):
        line = self.lines()[number - 1]
        place = {"start": {"line": number - 1, "character": 0}, "end": {"line": number - 1, "character": len(line)}}
        self.code.do("edit", self.front(), place, text)

    def go(self, number):
        self.code.cursor(number - 1, 0)
        self.see(number)

    def see(self, number):
        """The window is scrolled so that this line is its first one."""
        self.code.do("see", number - 1, number + ROWS - 2)

    def undo(self):
        self.code.do("undo", self.front())

    def diagnose(self, number, message):
        found = {"line": number - 1, "character": 0, "severity": "error", "message": message}
        self.code.do("diagnose", self.front(), [found])

    # -- asking

    def ask(self, words, lines=None, model=None, prompt=None, conversation=None):
        chosen = {"words": words, "model": model, "prompt": prompt, "conversation": conversation}
        args = {name: value for name, value in chosen.items() if value}
        if lines == "all":
            args["about"] = "document"
        elif lines:
            self.code.select(*lines)
        self.run("askd.ask", args)

    def stop(self):
        self.code.do("focus", self.code.answer_page())
        self.run("askd.stop")

    # -- rewriting

    def rewrite(self, words, first, last, model):
        self.code.select(first, last)
        self.run("askd.rewrite", {"words": words, "model": model})

    def change(self):
        diffs = self.code.do("diffs")
        if not diffs:
            return None
        uri = diffs[-1]["left"]
        lines = self.code.text(uri).split("\n")
        marks = [m for m in self.code.do("marks", uri) if m["look"] == "going"]
        rows = [n for m in marks for n in range(m["range"]["start"]["line"], m["range"]["end"]["line"] + 1)]
        would_be = (self.code.text(diffs[-1]["right"]) or "").split("\n")  # None: it was closed meanwhile
        coming = [line[2:] for line in difflib.ndiff(lines, would_be) if line.startswith("+ ")]
        return Change([lines[n] for n in rows], coming, "accept or reject" in " ".join(self.code.words_beside(uri)))

    def proposed(self):
        return self.code.text(self.code.do("diffs")[-1]["right"]).split("\n")

    def accept(self):
        self.run("askd.accept")

    def reject(self):
        self.run("askd.reject")

    # -- completion

    def suggest(self, delay):
        self.code.do("set", "suggestDelay", delay)
        self.code.do("set", "suggest", True)

    def insert(self, number):
        self.code.cursor(number - 1, len(self.lines()[number - 1]))

    def type(self, text):
        for key in text:
            self.code.do("type", key)

    def suggestion(self):
        return self.code.do("suggestion")

    def take(self, what):
        self.code.do("accept", what)

    def dismiss(self):
        self.code.do("hide")

    # -- chats

    def chat(self, conversation=None):
        self.code.command("askd.chat", *([conversation] if conversation else []))

    def write(self, text):
        lines = self.code.text(self.code.do("active")).split("\n")
        self.code.cursor(len(lines) - 1, len(lines[-1]))
        self.code.do("type", text)

    def send(self, model=None):
        self.run("askd.send", {"model": model} if model else {})

    def busy(self):
        return self.code.do("running") > 0

    def branch(self, where):
        self.run(BRANCH[where])

    def apply(self, number):
        self.go(number)
        self.run("askd.apply")

    # -- the rest

    def commit(self, model):
        self.code.do("repository", str(self.folder))
        self.run("askd.commit", None, {"words": "", "model": model})

    def commit_message(self):
        return self.code.do("message", str(self.folder))

    def pick(self, kind):
        self.run(PICKERS[kind])

    def offered(self):
        lists = self.code.do("offered")
        return [f"{c['label']} {c['description']}" for c in lists[0]["choices"]] if lists else []

    def choose(self, text):
        choices = self.code.do("offered")[0]["choices"]
        label = next(c["label"] for c in choices if text in f"{c['label']} {c['description']}")
        hints = len(self.code.do("hints"))
        active = self.code.do("active")
        self.code.do("choose", label)
        wait_until(
            lambda: len(self.code.do("hints")) > hints or self.code.do("active") != active, "what was chosen is taken"
        )

    def attach(self, what):
        if what in ATTACH:
            self.run(ATTACH[what])
        else:
            self.run("askd.attachFile", str(self.folder / what))

    def attached(self):
        names = []
        for hint in self.code.do("hints"):
            if "goes with the next question" in hint:
                names.append(hint)
            elif "taken off" in hint:
                names = []
        return names

    def detach(self):
        self.run("askd.detach", "all")

    def compare(self, models, words):
        self.run("askd.compare", {"models": models, "words": words})

    def resume(self):
        self.run("askd.resume")
        wait_until(lambda: self.offered() or self.code.answer_pages(), "answers are offered, or one is shown")
        if self.offered():
            self.code.do("choose", self.code.do("offered")[0]["choices"][0]["label"])

    def status(self):
        return self.code.do("status")["text"]

    def health(self):
        self.code.command("askd.health")
        return "\n".join(self.lines())
