""":Ask in a real Vim: answers stream into a split, by their daemon's account."""

import pytest
from helpers_vim import Vim

pytestmark = pytest.mark.askd(provider={"retries": "0"})


def test_an_answer_streams_into_a_split(daemon, home):
    with Vim(home) as v:
        v.type(":Ask -m fake/words-40 tell me", "Enter")
        b = v.buffer("askd://answer/")
        v.wait_eval(f"getbufvar({b}, 'askd').state", "done")
        assert "".join(v.lines(b)) == "".join(f"w{i} " for i in range(40))
        assert "w39" in v.screen() and v.eval("bufname('%')") == ""
