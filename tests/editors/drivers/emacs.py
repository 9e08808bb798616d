"""Emacs in a terminal: keys typed, commands given, buffers and overlays looked at."""

import os
import signal

from conftest import wait_until
from drivers.driver import Change, Driver
from helpers_emacs import ScreenEmacs, quoted
from helpers_emacs_chat import idle

TAKE = {"all": "TAB", "line": "M-e", "word": "M-f"}
PICKERS = {"model": "askd-model", "prompt": "askd-prompt", "conversation": "askd-conversations"}
ATTACH = {"buffer": "askd-attach-buffer", "visible": "askd-attach-visible", "diagnostics": "askd-attach-diagnostics"}
BRANCH = {"next": "askd-branch-next", "prev": "askd-branch-previous"}

# What the driver looks at.
LOOKS = """
    (require 'cl-lib)
    (setq require-final-newline nil make-backup-files nil auto-save-default nil vc-handled-backends nil)
    (defun askd-test-marks ()
      "Of each overlay of a change: where it begins and ends, its face, and the texts beside it."
      (vconcat (mapcar (lambda (o)
                         (vector (line-number-at-pos (overlay-start o)) (line-number-at-pos (overlay-end o))
                                 (and (overlay-get o 'face) t)
                                 (substring-no-properties (or (overlay-get o 'before-string) ""))
                                 (substring-no-properties (or (overlay-get o 'after-string) ""))))
                       (cl-remove-if-not (lambda (o) (overlay-get o 'askd-change))
                                         (overlays-in (point-min) (1+ (point-max)))))))
    (defun askd-test-offered ()
      "The lines of the minibuffer's completions, as they are shown."
      (when (and (active-minibuffer-window) minibuffer-completion-table)
        (let* ((table minibuffer-completion-table)
               (names (all-completions "" table))
               (affix (alist-get 'affixation-function (cdr (completion-metadata "" table nil)))))
          (vconcat (mapcar (lambda (row) (vector (car row) (substring-no-properties (nth 2 row))))
                           (if affix (funcall affix names) (mapcar (lambda (name) (list name "" "")) names)))))))
    nil
"""


def kbd(text):
    return " ".join({" ": "SPC", "\n": "RET"}.get(c, c) for c in text)


class GnuEmacs(Driver):
    title = "Emacs"

    def __init__(self, home, folder, name):
        self.folder = folder
        self.emacs = ScreenEmacs(home, name=name, cwd=folder)
        self.emacs.eval(LOOKS)
        self.emacs.eval(f"(setq default-directory {quoted(f'{folder}/')}) (askd-mode-line-mode 1)")

    def close(self):
        self.emacs.close()

    def kill(self):
        os.kill(self.emacs.eval("(emacs-pid)"), signal.SIGKILL)
        wait_until(lambda: self.emacs.sock.recv(1 << 16) == b"", "Emacs is gone")

    def run(self, command):
        self.emacs.keys(f"M-x {command} RET")

    def told(self):
        return self.emacs.messages().split("\n")

    def shown(self):
        windows = "(sort (window-list nil 'no-minibuffer) (lambda (a b) (< (car (window-edges a)) (car (window-edges b)))))"
        return self.emacs.eval(f"""
            (vconcat (mapcar (lambda (window)
                               (with-current-buffer (window-buffer window)
                                 (buffer-substring-no-properties (point-min) (point-max))))
                             {windows}))
        """)

    # -- text

    def open(self, path):
        self.emacs.eval(f"(switch-to-buffer (find-file-noselect {quoted(path)})) (goto-char (point-min)) nil")

    def lines(self, path=None):
        buffer = self.emacs.eval(f"(buffer-name (find-buffer-visiting {quoted(path)}))") if path else None
        return self.emacs.text(buffer).removesuffix("\n").split("\n")

    def set_line(self, number, text):
        self.go(number)
        self.emacs.eval(f"""
            (undo-boundary)
            (delete-region (line-beginning-position) (line-end-position))
            (insert {quoted(text)})
            (undo-boundary)
        """)

    def go(self, number):
        self.emacs.eval(f"(goto-char (point-min)) (forward-line {number - 1}) nil")

    def select(self, first, last):
        self.go(first)
        self.emacs.eval(f"(push-mark (line-beginning-position {last - first + 2}) t t) nil")

    def undo(self):
        self.emacs.eval("(undo-boundary) (setq last-command nil) (undo) nil")

    def diagnose(self, number, message):
        self.go(number)
        self.emacs.eval(f"""
            (require 'flymake)
            (let* ((found (flymake-make-diagnostic (current-buffer) (line-beginning-position) (line-end-position)
                                                   :error {quoted(message)}))
                   (backend (lambda (report &rest _) (funcall report (list found)))))
              (setq-local flymake-diagnostic-functions (list backend))
              (flymake-mode 1)
              (flymake-start))
            nil
        """)
        self.emacs.wait("(and (flymake-diagnostics) t)")

    # -- asking

    def ask(self, words, lines=None, model=None, prompt=None, conversation=None):
        if lines == "all":
            self.run("mark-whole-buffer")
            self.emacs.wait("(use-region-p)")
        elif lines:
            self.select(*lines)
        if model or prompt or conversation:
            # What is read in the minibuffer with a prefix argument.
            chosen = {":words": words, ":model": model, ":prompt": prompt, ":conversation": conversation}
            asked = " ".join(f"{key} {quoted(value)}" for key, value in chosen.items() if value)
            self.emacs.eval(f"(askd-ask-about (list {asked}) (current-buffer) (askd-region)) nil")
        else:
            self.emacs.keys(f"M-x askd-ask RET {kbd(words)} RET")

    def stop(self):
        self.emacs.eval(f"(select-window (get-buffer-window {quoted(self.emacs.answer_buffer())})) nil")
        self.run("askd-stop")

    # -- rewriting

    def rewrite(self, words, first, last, model):
        self.select(first, last)
        self.emacs.eval(f"(setq askd-model {quoted(model)})")
        self.emacs.keys(f"M-x askd-rewrite RET {kbd(words)} RET")

    def change(self):
        marks = self.emacs.eval("(askd-test-marks)")
        head = "".join(after for *_, after in marks)
        if not head:
            return None
        lines = self.lines()
        going = [line for first, end, marked, *_ in marks if marked for line in lines[first - 1 : end - 1]]
        coming = [line for *_, before, _ in marks if before for line in before.removesuffix("\n").split("\n")]
        return Change(going, coming, "askd-accept" in head)

    def proposed(self):
        return self.change().coming

    def accept(self):
        self.run("askd-accept")

    def reject(self):
        self.run("askd-reject")

    # -- completion

    def suggest(self, delay):
        self.emacs.eval(f"(require 'askd-suggest) (setq askd-suggest-delay {delay / 1000}) (askd-suggest-mode 1) nil")

    def insert(self, number):
        self.go(number)
        self.emacs.eval("(end-of-line) nil")

    def type(self, text):
        for key in text:
            before = self.emacs.eval("(buffer-chars-modified-tick)")
            self.emacs.keys(kbd(key))
            self.emacs.wait(f"(> (buffer-chars-modified-tick) {before})")

    def suggestion(self):
        return self.emacs.eval("""
            (mapconcat (lambda (o) (substring-no-properties (or (overlay-get o 'askd-suggestion) "")))
                       (overlays-in (point-min) (1+ (point-max))) "")
        """)

    def take(self, what):
        self.emacs.keys(TAKE[what])

    def dismiss(self):
        self.emacs.keys("C-g")

    # -- chats

    def chat(self, conversation=None):
        if conversation == "last":
            self.emacs.eval("(askd-chat t) nil")
        elif conversation:
            self.emacs.eval(f"(require 'askd-chat) (askd-chat-open {quoted(conversation)}) nil")
        else:
            self.emacs.eval("(askd-chat) nil")
        self.emacs.wait("(derived-mode-p 'askd-chat-mode)", "a chat")

    def write(self, text):
        self.emacs.eval(f"(goto-char (point-max)) (insert {quoted(text)}) nil")

    def send(self, model=None):
        if model:
            self.emacs.eval(f"(setq askd-chat-model {quoted(model)})")
        self.emacs.keys("C-c C-c")

    def busy(self):
        return not idle(self.emacs)

    def branch(self, where):
        self.run(BRANCH[where])

    def apply(self, number):
        self.go(number)
        self.run("askd-apply")

    # -- the rest

    def commit(self, model):
        self.open(self.folder / ".git" / "COMMIT_EDITMSG")
        self.emacs.eval(f"(setq askd-model {quoted(model)})")
        self.run("askd-commit")

    def commit_message(self):
        return self.emacs.text()

    def pick(self, kind):
        self.run(PICKERS[kind])

    def offered(self):
        rows = self.emacs.eval("(askd-test-offered)") or []
        return ["".join(row) for row in rows]

    def choose(self, text):
        rows = self.emacs.eval("(askd-test-offered)")
        name = next(name for name, note in rows if text in name + note)
        self.emacs.keys(f"{kbd(name)} RET")
        self.emacs.wait("(not (active-minibuffer-window))")

    def attach(self, what):
        if what in ATTACH:
            self.run(ATTACH[what])
        else:
            self.emacs.keys(f"M-x askd-attach-file RET {kbd(what)} RET")

    def attached(self):
        return self.emacs.eval("(and (featurep 'askd-next) (vconcat (askd-next-attached)))") or []

    def detach(self):
        self.run("askd-detach")

    def compare(self, models, words):
        names = " ".join(map(quoted, models))
        asked = f"(list :words {quoted(words)} :conversation \"new\")"
        self.emacs.eval(f"(require 'askd-compare) (askd-compare-about (list {names}) {asked} (current-buffer) nil) nil")

    def resume(self):
        self.run("askd-resume")
        wait_until(lambda: self.offered() or len(self.shown()) > 1, "answers are offered, or one is shown")
        if self.offered():
            self.emacs.keys("RET")

    def status(self):
        return self.emacs.eval("(askd-status-text)")

    def health(self):
        if "*askd health*" not in self.emacs.buffers():
            self.run("askd-health")
        return "\n".join(self.shown())
