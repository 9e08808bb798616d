"""VS Code: questions, and answers that stream into documents."""

import pytest

from client import say
from conftest import wait_until
from helpers_vscode import VsCode, VsCodeError


@pytest.fixture
def code(daemon, home):
    with VsCode(home) as v:
        yield v


def ended(code, page):
    wait_until(lambda: code.words_beside(page) == [] and code.do("running") == 0, "the answer has ended")


def test_the_answer_streams_into_a_document(code, client):
    code.command("askd.ask", {"words": "hello there", "model": "fake/slow-20-20"})
    page = code.answer_page()
    text = code.wait_text(page, "w1 ")
    assert "w19" not in text, "it is shown while it comes"
    assert code.words_beside(page) == ["…"] and code.do("running") == 1
    code.wait_text(page, "w19")
    ended(code, page)
    answer = page.removeprefix("askd:/answer/").removesuffix(".md")
    assert client.call("answer.get", {"answer": answer})["text"] == code.text(page)
    assert code.told() == []


def test_the_selected_lines_go_along_with_their_name(code, provider, home):
    code.open(home.path / "x.c", "int a;\nint b;\nint c;\n")
    code.select(2, 3)
    code.command("askd.ask", {"words": "what is this?"})
    provider.wait_requests(1)
    text = str(provider.bodies()[0]["messages"][-1]["content"])
    assert "x.c, lines 2 to 3, c" in text and "int b;" in text and "int c;" in text and "what is this?" in text
    assert "int a;" not in text


def test_all_of_a_document_may_be_asked_about_or_nothing(code, provider, home):
    code.open(home.path / "x.c", "int a;\nint b;")
    code.command("askd.ask", {"words": "what?", "about": "document"})
    provider.wait_requests(1)
    text = str(provider.bodies()[0]["messages"][-1]["content"])
    assert "x.c, c" in text and "int a;" in text and "int b;" in text
    code.command("askd.ask", {"words": "and now?"})
    provider.wait_requests(2)
    assert provider.bodies()[1]["messages"][-1]["content"] == "and now?", "nothing is selected"


def test_a_prompt_of_the_library_takes_the_lines_as_its_input(code, provider, home):
    code.open(home.path / "x.c", "int a;\n")
    code.select(1, 1)
    code.command("askd.ask", {"prompt": "explain"})
    provider.wait_requests(1)
    assert "int a;" in str(provider.bodies()[0]["messages"])


def test_words_are_asked_for_with_their_options(code, provider):
    number = code.begin("command", "askd.ask")
    (box,) = wait_until(lambda: code.do("inputs"), "the question for words")
    assert box["title"] == "Ask" and "-c CONVERSATION" in box["placeholder"]
    code.do("answer", "-m fake/words-3 -- -m is an option")
    code.result(number)
    assert provider.bodies()[0]["messages"][-1]["content"] == "-m is an option"
    code.wait_text(code.answer_page(), "w2")
    number = code.begin("command", "askd.ask")
    wait_until(lambda: code.do("inputs"), "the question for words")
    code.do("answer", "-m")
    code.result(number)
    assert "wants a model" in code.told()[-1]
    number = code.begin("command", "askd.ask")
    wait_until(lambda: code.do("inputs"), "the question for words")
    code.do("answer", None)
    code.result(number)
    assert len(code.told()) == 1 and provider.stats()["requests"] == 1, "who thinks better of it asks nothing"


def test_from_within_the_answer_its_conversation_goes_on(code, client):
    code.command("askd.ask", {"words": "first"})
    page = code.answer_page()
    code.wait_text(page, "first")
    ended(code, page)
    answer = page.removeprefix("askd:/answer/").removesuffix(".md")
    conversation = client.call("answer.get", {"answer": answer})["conversation"]
    code.do("focus", page)
    code.command("askd.ask", {"words": "second"})
    wait_until(lambda: code.answer_page() != page, "a second answer")
    code.wait_text(code.answer_page(), "second")
    wait_until(
        lambda: len(client.call("conversation.get", {"conversation": conversation})["messages"]) == 4, "four messages"
    )


def test_an_error_is_one_line(code):
    code.command("askd.ask", {"words": "hello", "model": "fake/status-400"})
    line = code.wait_told("invalid_request")
    assert line.startswith("askd: invalid_request: ") and "\n" not in line
    assert "invalid_request" in str(code.words_beside(code.answer_page())) and len(code.told()) == 1


def test_what_is_refused_at_once_opens_nothing(code):
    code.command("askd.ask", {"words": "hello", "conversation": "no such"})
    assert "askd: not_found" in code.wait_told("not_found") or "askd: invalid" in code.told()[-1]
    assert code.answer_pages() == []


def test_an_answer_that_was_cut_says_so(code):
    code.command("askd.ask", {"words": "hello", "model": "fake/finish-length"})
    page = code.answer_page()
    wait_until(lambda: code.words_beside(page) == ["[ended: length]"], "it is told")


def test_a_document_with_an_answers_name_is_filled_from_the_daemon(code, client):
    a = say(client, "one two three")
    page = code.do("open", f"askd:/answer/{a['answer']}.md")
    code.wait_text(page, "one two three")
    with pytest.raises(VsCodeError, match="not_found"):
        code.do("open", "askd:/answer/no-such.md")


def test_an_answer_is_there_again_in_a_window_that_was_opened_anew(code, home):
    code.command("askd.ask", {"words": "hello", "model": "fake/slow-40-30"})
    page = code.answer_page()
    code.wait_text(page, "w3 ")
    code.kill()
    with VsCode(home) as v:
        v.do("open", page)
        assert v.wait_text(page, "w39").split() == [f"w{i}" for i in range(40)]


def test_closed_its_answer_goes_on_and_opened_again_it_is_whole(code, client):
    code.command("askd.ask", {"words": "hello", "model": "fake/slow-30-20"})
    page = code.answer_page()
    code.wait_text(page, "w3 ")
    code.do("close", page)
    wait_until(lambda: client.call("status")["answers"] == 1, "it runs on")
    code.do("open", page)
    assert code.wait_text(page, "w29").split() == [f"w{i}" for i in range(30)]


def test_it_is_stopped(code, client):
    code.command("askd.ask", {"words": "hello", "model": "fake/hang-after-3"})
    page = code.answer_page()
    code.wait_text(page, "w2")
    code.do("focus", page)
    code.command("askd.stop")
    wait_until(lambda: "cancelled" in str(code.words_beside(page)), "it is cancelled")
    assert code.told() == [] and code.text(page) == "w0 w1 w2 " and code.do("running") == 0
    code.command("askd.stop")
    assert "nothing runs" in code.told()[-1]


def test_a_question_that_is_asked_once_more_voids_what_was_shown(code):
    code.command("askd.ask", {"words": "hello", "model": "fake/fail-1-then-ok"})
    page = code.answer_page()
    code.wait_text(page, lambda text: text.strip() == "hello")
    ended(code, page)


def test_text_of_a_model_is_shown_as_it_is(code):
    text = "a\r\nb\rc\0d\x1b[31m <script> ![x](command:askd.stop)"
    code.command("askd.ask", {"words": "x", "model": f"fake/say-x{text.encode().hex()}-3"})
    page = code.answer_page()
    ended(code, page)
    assert code.text(page) == text.replace("\r\n", "\n").replace("b\rc", "b\nc")
