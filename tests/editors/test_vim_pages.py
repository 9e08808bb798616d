"""Conversations as pages of Markdown in Vim, and pages read back: texts that look like headings, fences or comments come
back as they were, what was edited is what is asked, and code blocks are found with their files' names."""

import json
import random
import subprocess

import pytest
from conftest import PATIENCE
from helpers_vim import PLUGIN, need_vim

SCRIPT = """vim9script
import autoload 'askd/turns.vim'
import autoload 'askd/branch.vim'
import autoload 'askd/apply.vim'
import autoload 'askd/patch.vim'
import autoload 'askd/words.vim'

def Page(texts: list<string>): list<string>
  var lines = turns.OpeningLines('A title', texts[0])
  var i = 0
  for text in texts
    var turn = turns.New(i % 2 == 0 ? 'user' : 'assistant', text, i % 2 == 0 ? '' : 'fake/echo')
    turn.reasoning = i % 2 == 1 ? texts[0] : ''
    lines += turns.Lines(turn)
    i += 1
  endfor
  return lines
enddef

const CALLS: dict<func> = {
  page: (texts) => Page(texts),
  read: (lines) => turns.Read(lines),
  known: (messages) => mapnew(branch.Path(messages, messages[-1].id), (_, m) => branch.Turn(m)),
  lines: (messages) => mapnew(branch.Path(messages, messages[-1].id), (_, m) => turns.Lines(branch.Turn(m)))->flattennew(1),
  asked: (given) => branch.Asked(mapnew(given[0], (_, m) => branch.Turn(m)), turns.Read(given[1]).turns),
  unsent: (given) => branch.Unsent(mapnew(given[0], (_, m) => branch.Turn(m)), turns.Read(given[1]).turns),
  block: (given) => apply.Block(given[0], given[1], given[2]),
  file: (block) => apply.FileName(block),
  patch: (given) => patch.Apply(given[0], given[1]),
  count: (n) => words.Count(n),
  age: (n) => words.Age(n),
  money: (n) => words.Money(n, 'USD'),
}
var out: list<any> = []
for [name, given] in json_decode(readfile($GIVEN)->join("\\n"))
  try
    out->add(call(CALLS[name], [given]))
  catch
    out->add('exception: ' .. v:exception .. ' at ' .. v:throwpoint)
  endtry
endfor
writefile([json_encode(out)], $OUT)
qall!
"""


@pytest.fixture
def pure(home, tmp_path):
    """pure([name, given], ...) -> what those functions of the script return, all in one Vim."""

    def run(*calls):
        script, given, out = tmp_path / "t.vim", tmp_path / "given", tmp_path / "out"
        script.write_text(SCRIPT)
        given.write_text(json.dumps(calls))
        r = subprocess.run(
            [need_vim(), "-N", "-u", "NONE", "-i", "NONE", "-n", "--cmd", f"set runtimepath^={PLUGIN}", "-es", "-S", str(script)],
            env=home.env(GIVEN=str(given), OUT=str(out), LANG="C.UTF-8", TERM="dumb"),
            stdin=subprocess.DEVNULL, capture_output=True, timeout=2 * PATIENCE,
        )  # fmt: skip
        assert out.exists(), r.stderr
        return json.loads(out.read_text())

    return run


PIECES = [
    "## user", "## assistant (a/b)", "## assistant", "## instructions", "### reasoning", "### answer", "## tool",
    "<!-- askd {} -->", '<!-- askd {"part":1} -->', "\\## user", "\\\\## user", "# A title", "```", "```c", "~~~", "---",
    "## users are", "text", "größe 你好", "", " indented", "trailing \\", "\ttab", "## user\t", "\\", "<!-- other -->", "'", '"',
]  # fmt: skip


def texts_at_random(seed):
    rng = random.Random(seed)
    texts = []
    while len(texts) < 12:
        text = "\n".join(rng.choice(PIECES) for _ in range(rng.randint(1, 8)))
        if text.strip():
            texts.append(text)
    return texts


def bare(text):
    """Without the empty lines at its ends, which say nothing in a page."""
    lines = text.split("\n")
    while lines and not lines[0].strip():
        lines.pop(0)
    while lines and not lines[-1].strip():
        lines.pop()
    return "\n".join(lines)


def test_whatever_a_turn_holds_is_read_back(pure):
    many = [texts_at_random(seed) for seed in range(40)]
    pages = pure(*(["page", texts] for texts in many))
    for texts, read in zip(many, pure(*(["read", page] for page in pages))):
        assert read["title"] == "A title" and read["instructions"] == bare(texts[0])
        assert [t["text"] for t in read["turns"]] == [bare(t) for t in texts]
        assert [t["role"] for t in read["turns"]] == ["user", "assistant"] * 6
        assert [t["reasoning"] for t in read["turns"]] == ["", bare(texts[0])] * 6
        assert [t["origin"] for t in read["turns"]] == ["", "fake/echo"] * 6


def test_the_daemons_own_export_is_read_alike(daemon, client, pure):
    """Both forms put the same backslashes before the same lines."""
    texts = texts_at_random(99)
    messages = [{"role": ("user", "assistant")[i % 2], "content": text} for i, text in enumerate(texts)]
    conversation = client.call("conversation.create", {"messages": messages, "system": texts[3]})["conversation"]
    page = client.call("conversation.export", {"conversation": conversation, "format": "markdown"})["data"]
    (read,) = pure(["read", page.split("\n")])
    assert [t["text"] for t in read["turns"]] == [bare(t) for t in texts] and read["instructions"] == bare(texts[3])


# -- what is asked


def message(id, role, content, **more):
    return {"id": id, "role": role, "content": content, "created": 1, **more}


TALK = [
    message("q1", "user", "one"),
    message("a1", "assistant", "eins  ", parent="q1", provider="fake", model="echo"),
    message("q2", "user", [{"type": "file", "name": "a > b", "data": {"$bin": "YWI="}}, {"type": "text", "text": "see"}, {"type": "text", "text": "two"}], parent="a1"),
    message("a2", "assistant", "zwei\n", parent="q2", provider="fake", model="echo", state="failed"),
]  # fmt: skip


@pytest.fixture
def page(pure):
    return pure(["lines", TALK])[0] + ["## user", "", ""]


def test_a_message_as_lines(page):
    assert page[:3] == ["## user", "", "one"] and "## assistant (fake/echo)" in page
    at = page.index("two")
    assert page[at - 4 : at] == [
        "## user",
        '<!-- askd {"part":1,"type":"file","name":"a \\u003e b","bytes":2} -->',
        '<!-- askd {"part":2,"type":"text","begins":"see"} -->',
        "",
    ]
    assert '<!-- askd {"state":"failed"} -->' in page[at:]


def changed(page, old, new):
    i = page.index(old)
    return page[:i] + new + page[i + 1 :]


def test_what_a_page_asks_for(pure, page):
    end = page[:-2]
    cases = {
        "nothing": page,
        "blanks": [line + "  " for line in page[:2]] + ["", *page[2:], "", ""],
        "next": [*end, "", "three", ""],
        "edit": changed(page, "two", ["zwo"]),
        "part out": [line for line in page if '"part":2' not in line],
        "edit with more": changed(page, "one", ["uno"]) + ["draft"],
        "regenerate": page[: page.index('<!-- askd {"state":"failed"} -->') - 1],
        "an answer": changed(page, "eins  ", ["uno"]),
        "emptied": changed(page, "two", []),
        "two at once": [*end, "", "three", "", "## user", "", "four"],
        "no question": [*end[:-1], "## assistant", "", "I say"],
    }
    known = TALK
    got = dict(zip(cases, pure(*(["asked", [known, lines]] for lines in cases.values()))))
    assert got["nothing"] == got["blanks"] == {"kind": "none"}
    assert got["next"]["kind"] == "next" and got["next"]["turn"]["text"] == "three"
    assert (got["edit"]["kind"], got["edit"]["at"], got["edit"]["turn"]["text"]) == ("edit", 2, "zwo")
    assert (got["part out"]["kind"], got["part out"]["at"]) == ("edit", 2)
    assert [c["part"] for c in got["part out"]["turn"]["comments"]] == [1]
    assert got["edit with more"]["at"] == 0 and [t["text"] for t in got["edit with more"]["rest"]] == ["draft"]
    assert got["regenerate"] == {"kind": "regenerate", "at": 2}
    for case in ("an answer", "emptied", "two at once", "no question"):
        assert got[case]["kind"] == "refused" and got[case]["why"], case
    unsent = dict(zip(cases, pure(*(["unsent", [known, lines]] for lines in cases.values()))))
    assert {case for case, is_so in unsent.items() if not is_so} == {"nothing", "blanks"}


# -- code blocks


ANSWER = """Here it is.
**`src/main.c`**:
```c
int main(void)
\\## user
```
Then, in a list:
  1. so
     ~~~python title="tools/run it.py"
     def f():
         pass
     ~~~
````md
```
inner
```
````
```sh
open""".split("\n")


def test_code_blocks(pure):
    at = {line: i + 1 for i, line in enumerate(ANSWER)}
    wanted = [at["int main(void)"], at["         pass"], at["inner"], at["open"], at["Here it is."], at["Then, in a list:"]]
    c, python, md, sh, none, between = pure(*(["block", [ANSWER, n, True]] for n in wanted))
    assert c["lines"] == ["int main(void)", "## user"] and c["info"] == "c" and c["closed"]
    assert python["lines"] == ["def f():", "    pass"]
    assert md["lines"] == ["```", "inner", "```"]
    assert sh["lines"] == ["open"] and not sh["closed"]
    assert none == between == {}
    # On its fences too; and in an answer's own buffer nothing was escaped.
    first, last, raw = pure(["block", [ANSWER, 3, True]], ["block", [ANSWER, 6, True]], ["block", [ANSWER, 4, False]])
    assert first == last == c and raw["lines"][1] == "\\## user"


def test_an_open_fence_ends_with_its_turn(pure):
    lines = ["## assistant", "", "```c", "int x;", "", "## user", "", "```", "y", "```"]
    a, b = pure(["block", [lines, 4, True]], ["block", [lines, 9, True]])
    assert a["lines"] == ["int x;", ""] and not a["closed"] and b["lines"] == ["y"]


@pytest.mark.parametrize(
    "info, above, want",
    [
        ("c src/main.c", "", "src/main.c"), ('c title="a b.c"', "", "a b.c"), ("python:app.py", "", "app.py"),
        ("Makefile.am", "", "Makefile.am"), ("c", "**`src/a.c`**", "src/a.c"), ("c", "### `a.c`:", "a.c"),
        ("c", "main.c:", "main.c"), ("c", "File: lib/x.h", "lib/x.h"), ("c", "This is how.", ""), ("c", "", ""),
        ("c {linenos=true}", "", ""), ("c ../../etc/passwd", "", ""), ("c /etc/passwd", "", ""), ("c ~/.bashrc", "", ""),
        ("c", "`/etc/passwd`", ""), ("c a/../../b.c", "", ""),
    ],
)  # fmt: skip
def test_what_a_block_calls_its_file(pure, info, above, want):
    assert pure(["file", {"info": info, "above": above, "lines": []}]) == [want]


def test_a_diff_is_found_by_its_lines(pure):
    old = [f"line {i}" for i in range(20)] + ["same", "x", "same", "y"]
    hunk = ["--- a/f.c", "+++ b/f.c", "@@ -900,3 +900,4 @@ f", " line 4", "-line 5", "+five", "+more", " line 6"]
    second = ["@@ -23 +23 @@", " same", "-y", "\\ No newline at end of file", "+z"]
    (made, why), (_, twice), (_, none), (same, missing), (_, several), (name,) = [
        *pure(
            ["patch", [old, hunk + second]], ["patch", [old, second + hunk[2:]]], ["patch", [old, hunk[:2]]],
            ["patch", [old, ["@@ -1 +1 @@", "-nowhere", "+x"]]], ["patch", [old, hunk + hunk]],
        ),
        pure(["file", {"info": "diff", "above": "", "lines": hunk}]),
    ]  # fmt: skip
    assert why == "" and made == [*old[:5], "five", "more", *old[6:23], "z"]
    assert "hunk 2 of 2 does not fit" in twice and "no hunk" in none
    assert same == old and "hunk 1 of 1" in missing and "several files" in several and name == "f.c"


def test_an_empty_line_behind_a_diff_is_none_of_it(pure):
    change = ["@@ -1 +1 @@", "-a", "+b"]
    cases = [(["a", "c"], [*change, ""]), (["a", "c"], [*change, "", ""]), (["a", "", "c"], [*change, ""])]
    assert pure(*(["patch", list(case)] for case in cases)) == [[["b", "c"], ""], [["b", "c"], ""], [["b", "", "c"], ""]]
    assert "does not fit" in pure(["patch", [["c"], [*change, ""]]])[0][1]


def test_figures(pure):
    counts = [0, 999, 1234, 131072, 999600, 1048576]
    assert pure(*(["count", n] for n in counts)) == ["0", "999", "1.2k", "131k", "1M", "1.05M"]
    assert pure(*(["age", n] for n in (-3, 59, 60, 3700, 90000.5))) == ["0s", "59s", "1min", "1h", "1d"]
    money = pure(*(["money", n] for n in (0, 0.00001, 0.0123, 12.5)))
    assert money == ["0.00 USD", "<0.0001 USD", "0.0123 USD", "12.50 USD"]
