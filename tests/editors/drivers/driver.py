"""What a check of the conformance suite does in an editor, whichever it is. Each editor has a class that does it there as
its user would: by a command, a key, the editor's own picker; and that looks at what its user sees.

Lines are numbered from 1. What a method asks the editor to do may come later: a check waits for what is to be seen.
"""

import collections

# A change that is proposed: lines that would go, lines that would come, and whether all of it is there.
Change = collections.namedtuple("Change", "going coming whole")


def turns_of(lines):
    """[(role, text)] of a conversation as a page of Markdown. The draft at the end is the last one, empty or not."""
    turns = []
    for line in lines:
        if line.startswith("## "):
            turns.append([line[3:].split()[0], []])
        elif turns and not line.startswith("<!-- askd"):
            turns[-1][1].append(line)
    return [(role, "\n".join(text).strip()) for role, text in turns]


def reach(lines):
    """Before a command of Neovim's or Vim's."""
    return "" if lines is None else "%" if lines == "all" else f"{lines[0]},{lines[1]}"


class Driver:
    """An editor with its plugin, started in a folder. Where the editor is not to be had, starting it skips.

    name: of this one among several. It asks for suggestions only once `suggest` was called.
    """

    title = None
    shows_suggestions_early = True  # while they come; False: the editor wants all of one at once

    def __init__(self, home, folder, name):
        raise NotImplementedError

    def close(self):
        raise NotImplementedError

    def kill(self):
        """As by SIGKILL: nothing is said to anybody. `close` still has to be called."""
        raise NotImplementedError

    def told(self):
        """The messages that the user was told, oldest first."""
        raise NotImplementedError

    def shown(self):
        """The texts in sight beside each other, from left to right or from above: one of each window."""
        raise NotImplementedError

    # -- text

    def open(self, path):
        """A file in front."""
        raise NotImplementedError

    def lines(self, path=None):
        """Of the text in front, or of a file that is open."""
        raise NotImplementedError

    def set_line(self, number, text):
        """In the text in front, as by the user's hand."""
        raise NotImplementedError

    def go(self, number):
        """To that line of the text in front."""
        raise NotImplementedError

    def undo(self):
        """One step."""
        raise NotImplementedError

    def diagnose(self, number, message):
        """Some other plugin finds an error in that line of the text in front."""
        raise NotImplementedError

    # -- asking

    def ask(self, words, lines=None, model=None, prompt=None, conversation=None):
        """lines: (first, last) of the text in front, or "all"."""
        raise NotImplementedError

    def stop(self):
        """What streams into the newest answer."""
        raise NotImplementedError

    # -- rewriting

    def rewrite(self, words, first, last, model):
        raise NotImplementedError

    def change(self):
        """The Change that is shown for the text in front; None where none is."""
        raise NotImplementedError

    def proposed(self):
        """The lines that would stand there, also where they cannot be put in any more."""
        raise NotImplementedError

    def accept(self):
        raise NotImplementedError

    def reject(self):
        raise NotImplementedError

    # -- completion

    def suggest(self, delay):
        """Turned on; milliseconds without a key before one is asked for."""
        raise NotImplementedError

    def insert(self, number):
        """To the end of that line, where `type` types."""
        raise NotImplementedError

    def type(self, text):
        """Key by key; returns once it stands there."""
        raise NotImplementedError

    def suggestion(self):
        """What is shown at the cursor, with line breaks; "" where nothing is."""
        raise NotImplementedError

    def take(self, what):
        """"all", "line" or "word" of it."""
        raise NotImplementedError

    def dismiss(self):
        raise NotImplementedError

    # -- chats

    def chat(self, conversation=None):
        """In front; without an id a new one."""
        raise NotImplementedError

    def write(self, text):
        """A line, into the draft at the end of the chat in front."""
        raise NotImplementedError

    def send(self, model=None):
        raise NotImplementedError

    def busy(self):
        """Whether the chat in front would not take a question yet, though all of the answer stands there."""
        raise NotImplementedError

    def branch(self, where):
        """"next" or "prev" of the turn where the cursor is."""
        raise NotImplementedError

    def apply(self, number):
        """The code block in that line of the text in front, whose file then is in front, with a change."""
        raise NotImplementedError

    def turns(self):
        return turns_of(self.lines())

    def change_line(self, old, new):
        """The first line that is `old` becomes `new`."""
        self.set_line(self.lines().index(old) + 1, new)

    # -- the rest

    def commit(self, model):
        """The message of what is staged in the folder."""
        raise NotImplementedError

    def commit_message(self):
        """What stands where the user writes it."""
        raise NotImplementedError

    def pick(self, kind):
        """Opens the picker of "model", "prompt" or "conversation"."""
        raise NotImplementedError

    def offered(self):
        """Its lines; [] while none is open."""
        raise NotImplementedError

    def choose(self, text):
        """The first line that has this text."""
        raise NotImplementedError

    def attach(self, what):
        """To the next question: "buffer", "visible", "diagnostics", or a file's name."""
        raise NotImplementedError

    def attached(self):
        """The names of what goes with the next question."""
        raise NotImplementedError

    def detach(self):
        raise NotImplementedError

    def compare(self, models, words):
        raise NotImplementedError

    def resume(self):
        """What runs, or ran, in this folder, into sight; where that is several, the first that is offered."""
        raise NotImplementedError

    def status(self):
        """The line as it is now. It is in sight, so that it is kept up to date."""
        raise NotImplementedError

    def health(self):
        """The whole text; called again until it says what is waited for."""
        raise NotImplementedError

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
