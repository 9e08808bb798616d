"""What the checks of the conformance suite play on: one daemon with two providers. "fake" is the fault provider; "hand"
says what the check has it say, when it has it say that. Each check has a folder and an editor of its own there.
"""

import collections
import contextlib
import pathlib
import subprocess
import tempfile

from conftest import Daemon, Home, Runner, ask_path, wait_until
from helpers_steered import Steered

HAND = "hand/any"
SOURCE = "int one;\nint two;\nint three;\nint four;\n"
QUIET = 0.15  # seconds in which nobody is to be asked

CONFIG = """
[alias "quick"]
models = fake/words-3

[provider "hand"]
api = openai-chat
base_url = {hand}
key = sk-hand
retries = 0
"""

MODELS = """
[model "words-5"]
names = fake/words-5
context_window = 131072
max_output = 1000
price = at fake, since 2020-01-01, input 20000, output 20000, currency USD, source test
"""


Check = collections.namedtuple("Check", "feature what run")


class Checks(list):
    """In the order in which they stand in the table."""

    def add(self, feature, what):
        def take(run):
            self.append(Check(feature, what, run))
            return run

        return take


class Stage:
    def __init__(self, provider):
        self.provider = provider
        self.hand = Steered()
        self.home = Home()
        options = {"complete_model": HAND}
        self.home.write_config(provider.base_url, options, {"retries": "0"}, CONFIG.format(hand=self.hand.base_url))
        (self.home.config_dir / "models.ini").write_text(MODELS)
        self.daemon = Daemon(self.home)
        self.client = self.daemon.connect()
        self.count = 0

    @classmethod
    @contextlib.contextmanager
    def set_up(cls, provider, keep=False):
        """keep: its home is left."""
        stage = cls(provider)
        try:
            yield stage
        finally:
            stage.hand.close()
            stage.daemon.finish()
            if not keep:
                stage.home.remove()

    def scene(self, title, driver):
        self.count += 1
        return Scene(self, title, driver, f"e{self.count}")

    def clear(self):
        """Nothing runs any more. What ends by itself meanwhile cannot be cancelled."""
        for a in self.client.call("answer.list", {"state": "running"}):
            self.client.response(self.client.request("answer.cancel", {"answer": a["answer"]}))
        self.hand.wait(lambda: all(r.over for r in self.hand.requests), "all questions have ended")


class Scene:
    """One check in one editor.

    word: in what is asked, so that no answer to it is known yet.
    """

    def __init__(self, stage, title, driver, name):
        self.stage, self.driver, self.name = stage, driver, name
        self.client, self.hand = stage.client, stage.hand
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="w", dir=stage.home.path))
        self.word = f"{name}word"
        self.editors, self.homes = [], []
        self.heard = len(self.hand.requests)
        stage.provider.reset()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        """From the last line to the first, each whatever becomes of the others."""
        with contextlib.ExitStack() as ends:
            ends.callback(self.stage.clear)
            for home in self.homes:
                ends.callback(home.remove)
            for e in self.editors:
                ends.callback(e.close)

    def editor(self, home=None):
        """Another one in this folder, or in another home."""
        name = self.name + "abc"[len(self.editors)]
        self.editors.append(self.driver(home or self.stage.home, self.folder, name))
        return self.editors[-1]

    def editor_without_daemon(self):
        self.homes.append(Home())
        return self.editor(self.homes[-1])

    def file(self, name, text):
        path = self.folder / name
        path.write_text(text)
        return path

    def git(self, *args):
        identity = ["-c", "user.name=t", "-c", "user.email=t@example.org"]
        subprocess.run(["git", "-C", str(self.folder), *identity, *args], check=True, capture_output=True)

    def shell(self, *args):
        """`ask` in this folder, in the background."""
        return Runner(ask_path(), self.stage.home).start(*args, cwd=self.folder)

    def say(self, prompt, **params):
        """Asked elsewhere, in a conversation of this folder."""
        context = {"cwd": str(self.folder)}
        return self.client.call("chat", {"prompt": prompt, "conversation": "new", "context": context, **params})

    def conversation(self):
        """The messages of the newest one of this folder."""
        found = self.client.call("conversation.list", {"directory": str(self.folder)})
        return self.client.call("conversation.get", {"conversation": found[0]["conversation"]})["messages"] if found else []

    # -- what is asked

    def asked(self):
        """The next question that comes to the hand."""
        self.hand.wait(lambda: len(self.hand.requests) > self.heard, "the model is asked")
        self.heard += 1
        return self.hand.requests[self.heard - 1]

    def nobody_is_asked(self):
        self.hand.look(QUIET)
        self.hand.look(QUIET)
        assert len(self.hand.requests) == self.heard, "somebody was asked"

    def sent(self, number=1):
        """All that the fault provider was told with that question, the first one by default."""
        self.stage.provider.wait_requests(number)
        return str(self.stage.provider.bodies()[number - 1]["messages"])

    # -- what is seen

    def until(self, check, what):
        return wait_until(check, what)

    def sees(self, e, text, *not_yet):
        """In one of the windows. not_yet: what is not there with it."""
        wait_until(lambda: any(text in window for window in e.shown()), f"{text!r} is shown")
        seen = "\n".join(e.shown())
        assert not any(other in seen for other in not_yet), seen

    def is_told(self, e, text):
        line = wait_until(lambda: next((t for t in e.told() if text in t), None), f"{text!r} is told")
        assert "\n" not in line and "raceback" not in line, line
        return line
