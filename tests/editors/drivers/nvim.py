"""Neovim, over its own MessagePack-RPC."""

from drivers.driver import Change, Driver, reach
from helpers_chat import idle
from helpers_nvim import Nvim

KEYS = "suggest_keys = {accept = '<Tab>', accept_word = '<C-f>', accept_line = '<C-l>', dismiss = '<C-g>'}"
TAKE = {"all": "<Tab>", "line": "<C-l>", "word": "<C-f>"}
PICKERS = {"model": "AskModel", "prompt": "AskPrompt", "conversation": "AskConversations"}

# vim.ui.select is for plugins of the user's to make their own, and so it is for the tests.
SELECT = """
    offered = {}
    vim.ui.select = function(items, how, chosen)
      offered = vim.tbl_map(how.format_item, items)
      choose = function(i)
        offered = {}
        chosen(items[i], i)
      end
    end
"""


class Neovim(Driver):
    title = "Neovim"

    def __init__(self, home, folder, name):
        self.nvim = Nvim(home, setup=KEYS, name=name, cwd=folder)
        self.nvim.lua(SELECT)
        self.nvim.command("set noautoindent indentexpr= indentkeys=")

    def close(self):
        self.nvim.close()

    def kill(self):
        self.nvim.kill()

    def told(self):
        return self.nvim.told()

    def shown(self):
        return self.nvim.lua("""
            return vim.tbl_map(function(win)
              return table.concat(vim.api.nvim_buf_get_lines(vim.api.nvim_win_get_buf(win), 0, -1, false), '\\n')
            end, vim.api.nvim_tabpage_list_wins(0))
        """)

    # -- text

    def open(self, path):
        self.nvim.command(f"edit {path}")

    def lines(self, path=None):
        return self.nvim.lines(self.nvim.call("nvim_call_function", "bufnr", [str(path)]) if path else 0)

    def set_line(self, number, text):
        self.nvim.call("nvim_buf_set_lines", 0, number - 1, number, True, [text])

    def go(self, number):
        self.nvim.command(str(number))

    def undo(self):
        self.nvim.command("undo")

    def diagnose(self, number, message):
        code = """
            local row, message = ...
            vim.diagnostic.set(vim.api.nvim_create_namespace('compiler'), 0, {
              {lnum = row, col = 0, severity = vim.diagnostic.severity.ERROR, message = message},
            })
        """
        self.nvim.lua(code, number - 1, message)

    # -- asking

    def ask(self, words, lines=None, model=None, prompt=None, conversation=None):
        chosen = {"-m": model, "-p": prompt, "-c": conversation}
        options = " ".join(f"{option} {value}" for option, value in chosen.items() if value)
        self.nvim.command(f"{reach(lines)}Ask {options} {words}")

    def stop(self):
        self.nvim.command(f"call win_gotoid(win_findbuf({self.nvim.answer_buffer()})[0])")
        self.nvim.command("AskStop")

    # -- rewriting

    def rewrite(self, words, first, last, model):
        self.nvim.command(f"{first},{last}AskRewrite -m {model} {words}")

    def change(self):
        marks = self.nvim.marks("askd-diff")
        head = "".join(d["virt_text"][0][0] for _, _, d in marks if "virt_text" in d)
        if not head:
            return None
        lines = self.lines()
        going = [lines[row] for first, _, d in marks if d.get("hl_group") for row in range(first, d["end_row"])]
        coming = [line[0][0].rstrip() for _, _, d in marks for line in d.get("virt_lines", [])]
        return Change(going, coming, ":AskAccept" in head)

    def proposed(self):
        return self.change().coming

    def accept(self):
        self.nvim.command("AskAccept")

    def reject(self):
        self.nvim.command("AskReject")

    # -- completion

    def suggest(self, delay):
        self.nvim.lua(f"require('askd').setup({{suggest_delay = {delay}}})")
        self.nvim.command("AskSuggest on")

    def insert(self, number):
        self.go(number)
        self.nvim.keys("A")
        self.nvim.wait("mode() == 'i'")

    def type(self, text):
        for key in text:
            before = self.nvim.eval("b:changedtick")
            self.nvim.keys({"\n": "<CR>", "<": "<lt>"}.get(key, key))
            self.nvim.wait(f"b:changedtick > {before}")

    def suggestion(self):
        for _, _, d in self.nvim.marks("askd-ghost"):
            below = ["".join(c[0] for c in line if c[1] == "AskdGhost") for line in d.get("virt_lines", [])]
            return "\n".join(["".join(c[0] for c in d["virt_text"][:1]), *below])
        return ""

    def take(self, what):
        self.nvim.keys(TAKE[what])

    def dismiss(self):
        self.nvim.keys("<C-g>")

    # -- chats

    def chat(self, conversation=None):
        self.nvim.command(f"AskChat {conversation or ''}")

    def write(self, text):
        self.nvim.call("nvim_buf_set_lines", 0, -2, -1, False, [text])

    def send(self, model=None):
        self.nvim.command(f"AskSend -m {model}" if model else "write")

    def busy(self):
        return not idle(self.nvim)

    def branch(self, where):
        self.nvim.command(f"AskBranch {where}")

    def apply(self, number):
        self.go(number)
        self.nvim.command("AskApply")

    # -- the rest

    def commit(self, model):
        self.nvim.command("edit .git/COMMIT_EDITMSG | set filetype=gitcommit")
        self.nvim.command(f"AskCommit -m {model}")

    def commit_message(self):
        return "\n".join(self.lines())

    def pick(self, kind):
        self.nvim.command(PICKERS[kind])

    def offered(self):
        return self.nvim.lua("return offered")

    def choose(self, text):
        at = next(i for i, line in enumerate(self.offered(), 1) if text in line)
        self.nvim.lua("choose(...)", at)

    def attach(self, what):
        self.nvim.command(f"AskAttach {what}")

    def attached(self):
        return self.nvim.lua("return require('askd.next').labels()")

    def detach(self):
        self.nvim.command("AskDetach")

    def compare(self, models, words):
        self.nvim.command(f"AskCompare {','.join(models)} {words}")

    def resume(self):
        self.nvim.command("AskResume")
        self.nvim.wait_lua("return #offered > 0 or #vim.api.nvim_list_wins() > 1")
        self.nvim.lua("if #offered > 0 then choose(1) end")

    def status(self):
        return self.nvim.lua("return require('askd').statusline()")

    def health(self):
        self.nvim.command("checkhealth askd")
        return "\n".join(self.lines())
