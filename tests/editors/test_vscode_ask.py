"""VS Code: questions, and answers that stream into documents."""

import pytest

from conftest import wait_until
from helpers_vscode import VsCode


@pytest.fixture
def code(daemon, home):
    with VsCode(home) as v:
        yield v


def test_the_answer_streams_into_a_document(code, provider):
    code.command("askd.ask", {"words": "hello there", "model": "fake/slow-20-20"})
    page = code.answer_page()
    code.wait_text(page, "w1 ")
    assert code.words_beside(page) == ["…"] and code.do("running") == 1
    assert code.wait_text(page, "w19").split() == [f"w{i}" for i in range(20)]
    wait_until(lambda: code.words_beside(page) == [], "it has ended")
    assert code.do("running") == 0 and code.told() == []
