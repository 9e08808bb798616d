"""Vim in a terminal: what is shown beside a text is looked for on the screen."""

import json
import os
import signal

from conftest import wait_until
from drivers.driver import Change, Driver, reach
from helpers_vim import Vim

TAKE = {"all": "Tab", "line": "M-Down", "word": "M-Right"}
PICKERS = {"model": "AskModel", "prompt": "AskPrompt", "conversation": "AskConversations"}
SETTINGS = ("let g:askd_suggest_keys = 1", "set laststatus=2 statusline=%{askd#Status()}")


class Vim9(Driver):
    title = "Vim"

    def __init__(self, home, folder, name):
        self.vim = Vim(home, set=[f"cd {folder}", *SETTINGS], socket=name)

    def close(self):
        self.vim.close()

    def kill(self):
        os.kill(self.vim.eval("getpid()"), signal.SIGKILL)
        wait_until(lambda: self.vim.channel.recv(1 << 16) == b"", "Vim is gone")

    def run(self, command):
        """As typed; what it changes is a step of undo of its own."""
        self.vim.type(f":{command}", "Enter")

    def told(self):
        """Beside messages, notes below an answer."""
        notes = [row[row.index("askd: ") :] for row in self.vim.screen().split("\n") if "askd: " in row]
        return self.vim.messages().split("\n") + notes

    def shown(self):
        return self.vim.eval("map(range(1, winnr('$')), {_, w -> join(getbufline(winbufnr(w), 1, '$'), \"\\n\")})")

    def rows(self):
        """What is on the screen of the window in front."""
        top, left, width, height = self.vim.eval("win_screenpos(0) + [winwidth(0), winheight(0)]")
        screen = self.vim.screen().split("\n")[top - 1 : top - 1 + height]
        return [row[left - 1 : left - 1 + width].rstrip() for row in screen]

    # -- text

    def open(self, path):
        self.run(f"edit {path}")
        self.vim.wait_eval("expand('%:p')", str(path))

    def lines(self, path=None):
        return self.vim.lines(str(path) if path else "%")

    def set_line(self, number, text):
        self.vim.eval(f"setline({number}, {json.dumps(text)})")

    def go(self, number):
        self.vim.ex(str(number))
        self.vim.wait_eval("line('.')", number)

    def undo(self):
        self.vim.type("u")

    def diagnose(self, number, message):
        error = {"lnum": number, "col": 1, "type": "E", "text": message}
        self.vim.eval(f"setqflist([extend({json.dumps(error)}, {{'bufnr': bufnr()}})])")

    # -- asking

    def ask(self, words, lines=None, model=None, prompt=None, conversation=None):
        chosen = {"-m": model, "-p": prompt, "-c": conversation}
        options = " ".join(f"{option} {value}" for option, value in chosen.items() if value)
        self.run(f"{reach(lines)}Ask {options} {words}")

    def stop(self):
        self.vim.eval(f"win_gotoid(win_findbuf({self.vim.buffer('askd://answer/')})[0])")
        self.run("AskStop")

    # -- rewriting

    def rewrite(self, words, first, last, model):
        self.run(f"{first},{last}AskRewrite -m {model} {words}")

    def change(self):
        proposal = self.vim.eval("get(askd#diff#Of(bufnr()), 'coming', -1)")
        if proposal < 0:
            return None
        lines, coming = self.lines(), []
        going = [line for n, line in enumerate(lines, 1) if "askd_delete" in self.vim.properties(n)]
        for row in self.rows():
            if lines and row == lines[0]:
                lines.pop(0)
            elif row == "~":
                break
            else:
                coming.append(row)
        return Change(going, coming, not proposal)

    def proposed(self):
        tabs = self.vim.eval("tabpagenr('$')")
        self.run("AskDiff")
        self.vim.wait_eval("tabpagenr('$')", tabs + 1)
        lines = self.lines()
        self.run("tabclose")
        self.vim.wait_eval("tabpagenr('$')", tabs)
        return lines

    def accept(self):
        self.run("AskAccept")

    def reject(self):
        self.run("AskReject")

    # -- completion

    def suggest(self, delay):
        self.vim.ex(f"let g:askd_suggest_delay = {delay}")
        self.run("AskSuggest on")

    def insert(self, number):
        self.vim.type(f"{number}GA")
        self.vim.wait_eval("mode() .. line('.')", f"i{number}")

    def type(self, text):
        for key in text:
            before = self.vim.eval("b:changedtick")
            self.vim.type(key)
            self.vim.wait_eval("b:changedtick", lambda tick: tick > before)

    def suggestion(self):
        row, line, next_line = self.vim.eval("[winline(), getline('.'), getline(line('.') + 1)]")
        rows = self.rows()[row - 1 :]
        behind = next((i for i, r in enumerate(rows[1:], 1) if r in (next_line, "~")), len(rows))
        return "\n".join([rows[0].removeprefix(line.rstrip()).lstrip(), *rows[1:behind]])

    def take(self, what):
        self.vim.type("", TAKE[what])

    def dismiss(self):
        self.vim.type("", "C-]")

    # -- chats

    def chat(self, conversation=None):
        self.run(f"AskChat {conversation or ''}")
        self.vim.wait_eval("bufname()", lambda name: name.startswith("askd://conversation/"))

    def write(self, text):
        self.vim.eval(f"append(line('$') - 1, {json.dumps(text)})")

    def send(self, model=None):
        self.run(f"AskSend -m {model}" if model else "write")

    def busy(self):
        return self.vim.eval("get(get(b:, 'askd', {}), 'state', '')") == "running"

    def branch(self, where):
        self.run(f"AskBranch {where}")

    def apply(self, number):
        self.go(number)
        self.run("AskApply")

    # -- the rest

    def commit(self, model):
        self.run("edit .git/COMMIT_EDITMSG")
        self.run("set filetype=gitcommit")
        self.run(f"AskCommit -m {model}")

    def commit_message(self):
        return "\n".join(self.lines())

    def pick(self, kind):
        self.run(PICKERS[kind])

    def offered(self):
        return self.vim.eval("empty(popup_list()) ? [] : getbufline(winbufnr(popup_list()[-1]), 1, '$')")

    def choose(self, text):
        self.vim.type(text.strip(), "Enter")

    def attach(self, what):
        self.run(f"AskAttach {what}")

    def attached(self):
        return self.vim.eval("map(copy(get(w:, 'askd_attached', [])), {_, part -> part.name})")

    def detach(self):
        self.run("AskDetach")

    def compare(self, models, words):
        self.run(f"AskCompare {','.join(models)} {words}")

    def resume(self):
        self.run("AskResume")
        self.vim.wait_eval("!empty(popup_list()) || winnr('$') > 1")
        if self.offered():
            self.vim.type("", "Enter")

    def status(self):
        return self.vim.eval("askd#Status()")

    def health(self):
        self.run("AskHealth")
        self.vim.wait_eval("getline(1)", "# askd: health")
        return "\n".join(self.lines())
