"""The shells, and what ask --shell proposes, as a test wants it: prompts of the user's own in the place of those that come
with askd, so that the provider's echo is the command."""

import pytest
from conftest import HERE
from helpers_prompts import Prompts

FILES = HERE.parent / "etc" / "shell"
SHELLS = {
    "bash": ["bash", "--norc", "--noprofile", "-i"],
    "zsh": ["zsh", "-f", "-i"],
    "fish": ["fish", "--private", "-i", "-C", "function fish_prompt; printf '$ '; end; function fish_greeting; end"],
}
EXPLAINED = "It is explained:"
QUESTION = "[n]o, [e]dit:"


class Proposed(Prompts):
    def __init__(self, home):
        super().__init__(home)
        self.write("explain-command.md", EXPLAINED + " for {{shell:?}} on {{system:?}}\n\n> {{input}}\n")
        self.propose("{{input}}")

    def propose(self, answer):
        """answer: a template; what --shell gets, if the provider echoes."""
        self.write("shell/system.md", "For {{shell:?}} on {{system:?}}")
        self.write("shell/user.md", answer)


@pytest.fixture
def proposed(home):
    return Proposed(home)
