"""Neovim: the parts of chats that need neither a buffer nor a daemon, run by its Lua."""

import pytest

from conftest import Home
from helpers_nvim import Nvim


@pytest.fixture(scope="module")
def lua():
    with Home.made() as home, Nvim(home) as n:
        yield n.lua


def message(id, parent, role, content, **more):
    return {"id": id, "role": role, "content": content, "state": "done", **({"parent": parent} if parent else {}), **more}


PATH = [
    message("1", None, "user", "first"),
    message("2", "1", "assistant", "one", provider="p", model="m"),
    message("3", "2", "user", "second"),
    message("4", "3", "assistant", "two", provider="p", model="m"),
]
PAGE = """## user

first

## assistant (p/m)

one

## user

second

## assistant (p/m)

two

## user

"""


def decide(lua, page, path=PATH):
    code = "local p, t = ... return require('askd.branch').decide(p, (require('askd.turns').read(t)))"
    return lua(code, path, page.split("\n"))


def test_a_page_as_it_is_asks_for_nothing(lua):
    assert decide(lua, PAGE) == {"kind": "nothing"}
    assert decide(lua, PAGE.replace("\n\n", "\n\n\n")) == {"kind": "nothing"}, "blank lines mean nothing"
    assert decide(lua, PAGE.replace("one", "one  ")) == {"kind": "nothing"}, "nor do blanks at the ends of lines"
    assert decide(lua, "") == {"kind": "nothing"}


def test_a_new_question_goes_behind_what_is_there(lua):
    wish = decide(lua, PAGE + "third\n\nin two paragraphs\n")
    assert (wish["kind"], wish["parent"], wish["at"]) == ("ask", "4", 5)
    assert wish["prompt"] == "third\n\nin two paragraphs"
    assert "parent" not in decide(lua, "a first one", [])


@pytest.mark.parametrize("page", [PAGE, PAGE + "third"])
def test_the_first_question_that_differs_becomes_a_branch(lua, page):
    wish = decide(lua, page.replace("first", "another"))
    assert (wish["kind"], wish["edit"], wish["prompt"], wish["at"]) == ("edit", "1", "another", 1)
    wish = decide(lua, page.replace("second", "another"))
    assert (wish["kind"], wish["edit"], wish["at"]) == ("edit", "3", 3)


def test_a_question_in_the_place_of_what_was_taken_out(lua):
    wish = decide(lua, PAGE[: PAGE.index("## user\n\nsecond")] + "## user\n\ninstead")
    assert (wish["kind"], wish["edit"]) == ("edit", "3")


def test_an_answer_taken_out_is_asked_for_again(lua):
    wish = decide(lua, PAGE[: PAGE.index("## assistant (p/m)\n\ntwo")])
    assert (wish["kind"], wish["regenerate"], wish["at"]) == ("regenerate", "3", 3)


@pytest.mark.parametrize(
    "page,row",
    [
        (PAGE.replace("one", "won"), 5),
        (PAGE.replace("first", ""), 1),
        (PAGE.replace("first\n\n## assistant", "first\n\n## tool"), 5),
    ],
)
def test_what_cannot_be_asked_is_refused_with_its_line(lua, page, row):
    wish = decide(lua, page)
    assert (wish["kind"], wish["row"]) == ("refused", row)


def test_what_else_was_written_is_kept(lua):
    code = """local p, t = ... return require('askd.branch').unsent(p, (require('askd.turns').read(t)), 2)"""
    assert lua(code, PATH, (PAGE + "third\n\n## user\n\nfourth").split("\n")) == "third\n\nfourth"
    assert lua(code, PATH, PAGE.split("\n")) == ""


def test_attachments_are_lines_that_can_be_taken_out(lua):
    parts = [
        {"type": "file", "name": "a-->b.c", "data": "xyz"},
        {"type": "text", "text": "## user\nline"},
        {"type": "text", "text": "what is this?"},
    ]
    path = [message("1", None, "user", parts)]
    lines = lua("return require('askd.turns').of_message(...)", path[0])
    assert lines == [
        "## user", "", "### part file", '<!-- askd {"part":1,"name":"a--\\u003eb.c","bytes":3} -->', "",
        "### part text", '<!-- askd {"part":2,"lines":2,"begins":"## user"} -->', "", "### part text", "", "what is this?",
    ]  # fmt: skip
    page = "\n".join(lines)
    assert decide(lua, page, path) == {"kind": "regenerate", "regenerate": "1", "at": 1}
    wish = decide(lua, page.replace("what is", "who is"), path)
    assert wish["parts"] == parts[:2] and wish["prompt"] == "who is this?"
    wish = decide(lua, "\n".join(lines[:1] + lines[5:]), path)
    assert wish["kind"] == "edit" and wish["parts"] == parts[1:2]


@pytest.mark.parametrize(
    "text",
    ["", "plain", "## user", "\\## user", "\\\\### part text", "```\n## assistant (a/b)\n```", "<!-- askd {} -->",
     "nul\0byte", "cr\rwithin", "### reasoning\n\nx", "## users", " ## user", "a\n\n\nb", "<!-- askd {}", "## user \t"],
)  # fmt: skip
def test_every_text_is_read_back(lua, text):
    code = """
        local turns = require('askd.turns')
        local lines = turns.of_message({role = ..., content = select(2, ...)})
        vim.list_extend(lines, {'', '## user', '', 'behind'})
        return turns.read(lines)
    """
    for role in ("user", "assistant"):
        read = lua(code, role, text)
        assert [t["role"] for t in read] == [role, "user"]
        assert read[0]["text"] == text


def test_line_ends_of_dos_are_not_shown(lua):
    lines = lua("return require('askd.turns').of_message(...)", message("1", None, "user", "one\r\n\r\ntwo\r\n"))
    assert lines == ["## user", "", "one", "", "two"]


# -- :AskApply


@pytest.mark.parametrize(
    "info,first,before,name",
    [
        ("lua src/x.lua", "", "", "src/x.lua"),
        ("lua:src/x.lua", "", "", "src/x.lua"),
        ('python title="a_b.py"', "", "", "a_b.py"),
        ("c", "// src/main.c", "", "src/main.c"),
        ("c", "/* src/main.c */", "", "src/main.c"),
        ("html", "<!-- index.html -->", "", "index.html"),
        ("sh", "", "Put this into `bin/run.sh`:", "bin/run.sh"),
        ("diff", "+++ b/lib/x.c", "", "lib/x.c"),
        ("lua", "local x = 1", "Here it is:", None),
        ("", "# a comment", "", None),
    ],
)
def test_the_name_of_a_block(lua, info, first, before, name):
    block = {"info": info, "lines": [first], "before": before}
    assert lua("return require('askd.apply').name_of(...)", block) == name


def test_the_block_at_a_line(lua):
    page = ["x", "````md", "```", "inner", "```", "````", "y", "~~~sh", "z"]
    code = "return require('askd.apply').block_at(...)"
    for row in range(2, 7):
        assert lua(code, page, row)["lines"] == ["```", "inner", "```"]
    assert lua(code, page, 1) is None and lua(code, page, 7) is None
    assert lua(code, page, 9)["lines"] == ["z"], "one that has no end yet"


FILE = ["a", "b", "c", "d", "", "a", "b"]


@pytest.mark.parametrize(
    "diff,result",
    [
        (["--- a/x", "+++ b/x", "@@ -1,3 +1,3 @@", " a", "-b", "+B", " c"], ["a", "B", "c", "d", "", "a", "b"]),
        (["@@ -6,2 +6,2 @@", " a", "-b", "+B"], ["a", "b", "c", "d", "", "a", "B"]),
        (["@@", " c", "+new", " d"], ["a", "b", "c", "new", "d", "", "a", "b"]),
        (["@@ -2,1 +2,2 @@", " b", "+x", "@@ -6,1 +7,1 @@", "-a", "+A"], ["a", "b", "x", "c", "d", "", "A", "b"]),
        (["@@ -3,1 +3,1 @@", "-d", "+D", ""], ["a", "b", "c", "D", "", "a", "b"]),
        (["@@ -1,1 +1,1 @@", "-nowhere", "+x"], None),
    ],
)
def test_a_diff_goes_where_its_lines_are(lua, diff, result):
    assert lua("return (require('askd.patch').apply(...))", FILE, diff) == result
