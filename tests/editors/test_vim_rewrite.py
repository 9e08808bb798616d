""":AskRewrite in a real Vim: the change is shown, and made or dropped as a whole."""

import pytest
from conftest import wait_until
from helpers_vim import Vim

pytestmark = pytest.mark.askd(provider={"retries": "0"})

FILE = ["int main(void)", "{", "\treturn 1;", "}", "", "int last;"]
NEW = ["int main(void)", "{", '\tputs("Größe");', "\treturn 0;", "}"]
PROMPTS = {
    "new": "```c\n" + "\n".join(NEW) + "\n```\n{{input}}\n",
    "same": "{{input}}",
    "above": "// one\n// two\n{{input}}",
    "without": "```\n" + FILE[0] + "\n```\n{{input}}",
    "long": "```\n" + "\n".join(f"{i:03}" for i in range(250)) + "\n```\n{{input}}",
}


@pytest.fixture
def file(home, daemon, askctl):
    """A C file; of the prompt `new` echo makes what its function should be, of `same` what it is."""
    folder = home.config_dir / "prompts"
    folder.mkdir()
    for name, text in PROMPTS.items():
        (folder / f"{name}.md").write_text(text)
    wait_until(lambda: all(name in askctl("prompts", "list").stdout for name in PROMPTS), "the prompts are found")
    path = home.path / "main.c"
    path.write_text("\n".join(FILE) + "\n")
    return path


def proposed(v):
    v.wait_eval("get(askd#diff#Of(bufnr()), 'coming', 1) == 0")


def settled(v):
    v.wait_eval("empty(askd#diff#Of(bufnr()))")
    assert v.eval("len(filter(range(1, line('$')), {_, l -> !empty(prop_list(l))}))") == 0


def test_it_is_shown_and_then_put_in_as_one_step(home, file):
    with Vim(home, file) as v:
        v.type(":1,4AskRewrite -p new", "Enter")
        proposed(v)
        assert v.lines() == FILE and not v.eval("&modified")
        v.wait_for(lambda s: s.split("\n")[:8] == [line.expandtabs(8) for line in FILE[:3] + NEW[2:4] + FILE[3:]])
        assert [n for n in range(1, 7) if "askd_delete" in v.properties(n)] == [3]
        v.type(":AskAccept", "Enter")
        settled(v)
        assert v.lines() == NEW + FILE[4:]
        v.wait_for(lambda s: s.split("\n")[:7] == [line.expandtabs(8) for line in NEW + FILE[4:]])
        v.type("u")
        v.wait_eval("getline(1, '$')", FILE)
        assert not v.eval("&modified")


def test_rejected(home, file):
    with Vim(home, file) as v:
        v.type(":1,4AskRewrite -p new", "Enter")
        proposed(v)
        v.type(":AskReject", "Enter")
        settled(v)
        v.wait_for(lambda s: s.split("\n")[:6] == [line.expandtabs(8) for line in FILE])
        assert v.lines() == FILE and not v.eval("&modified") and v.eval("undotree().entries") == []


def test_edits_elsewhere_do_not_matter(home, file):
    with Vim(home, file) as v:
        v.type(":1,4AskRewrite -p new", "Enter")
        proposed(v)
        v.type("ggO// above", "Escape")
        v.type("Go// below", "Escape")
        v.wait_eval("line('$')", 8)
        v.type(":AskAccept", "Enter")
        settled(v)
        assert v.lines() == ["// above", *NEW, *FILE[4:], "// below"]


@pytest.mark.parametrize("edit", ["3Gdd", "3GAx\x1b", "1Gdd", "4Gdd", "2Gox\x1b", "ggdG"])
def test_edits_within_are_not_lost(home, file, edit):
    with Vim(home, file) as v:
        v.type(":1,4AskRewrite -p new", "Enter")
        proposed(v)
        v.type(edit)
        v.wait_eval("&modified")
        mine = v.lines()
        assert mine != FILE
        v.type(":AskAccept", "Enter")
        v.wait_eval("execute('messages') =~ 'the lines were edited meanwhile'")
        assert v.lines() == mine
        v.type(":AskDiff", "Enter")
        v.wait_eval("tabpagenr('$')", 2)
        assert v.eval("map(tabpagebuflist(), 'getbufline(v:val, 1, \"$\")')") == [FILE[:4], NEW]
        v.type(":tabclose", "Enter")
        v.type(":AskReject", "Enter")
        settled(v)
        assert v.lines() == mine


def test_what_is_taken_back_can_be_accepted(home, file):
    with Vim(home, file) as v:
        v.type(":1,4AskRewrite -p new", "Enter")
        proposed(v)
        v.type("3GAx", "Escape")
        v.wait_eval("getline(3)", "\treturn 1;x")
        v.type("u:AskAccept", "Enter")
        settled(v)
        assert v.lines() == NEW + FILE[4:]


def test_nothing_to_change(home, file):
    with Vim(home, file) as v:
        v.type(":1,4AskRewrite -p same", "Enter")
        v.wait_for("nothing to change")
        settled(v)
        assert v.lines() == FILE


def test_what_the_model_is_told(home, file, provider):
    with Vim(home, file) as v:
        v.type(":2,3AskRewrite -m fake/words-3 say it louder", "Enter")
        proposed(v)
        (body,) = provider.bodies()
        parts = [m["content"] if isinstance(m["content"], list) else [{"text": m["content"]}] for m in body["messages"]]
        told = ["".join(part["text"] for part in content) for content in parts]
        assert "Reply with what takes the part's place" in told[0]
        assert told[1].endswith("say it louder") and "{\n\treturn 1;\n" in told[1] and "}\n\nint last;\n" in told[1]
        assert "the part to rewrite" in told[1] and "main.c" in told[1]
        v.type(":AskAccept", "Enter")
        settled(v)
        assert v.lines() == [FILE[0], "w0 w1 w2 ", *FILE[3:]]


def test_it_can_be_stopped(home, file, provider):
    with Vim(home, file) as v:
        v.type(":1,4AskRewrite -m fake/hang-after-3 go on", "Enter")
        provider.wait_requests(1)
        v.type(":AskAccept", "Enter")
        v.wait_for("it is still coming")
        v.type(":AskStop", "Enter")
        provider.wait_aborted()
        settled(v)
        assert v.lines() == FILE


def test_a_fault_is_told_and_nothing_is_changed(home, file):
    with Vim(home, file) as v:
        v.type(":1,4AskRewrite -m fake/status-500 go on", "Enter")
        v.wait_for("askd: unavailable: the provider answered 500")
        settled(v)
        assert v.lines() == FILE


def test_what_was_cut_is_not_taken(home, file):
    with Vim(home, file) as v:
        v.type(":1,4AskRewrite -m fake/finish-length go on", "Enter")
        v.wait_for("the rewrite ended before it was whole: length")
        settled(v)
        assert v.lines() == FILE


def test_what_comes_is_shown_while_it_comes(home, file, provider):
    with Vim(home, file) as v:
        v.type(":1,4AskRewrite -m fake/hold-64 go on", "Enter")
        v.wait_for("0000006")
        assert v.lines() == FILE and v.eval("askd#diff#Of(bufnr()).coming")
        # What it has not got to yet is not marked as going.
        assert not any("askd_delete" in v.properties(n) for n in range(1, 7))
        v.type(":AskReject", "Enter")
        provider.wait_aborted()
        settled(v)


@pytest.mark.parametrize(
    "model, lines, want",
    [
        ("above", "1,4", ["// one", "// two", *FILE]),
        ("without", "1,4", [FILE[0], *FILE[4:]]),
        ("same", "3,5", FILE),
        ("long", "3,3", [*FILE[:2], *(f"{i:03}" for i in range(250)), *FILE[3:]]),
    ],
)
def test_kinds_of_changes(home, file, model, lines, want):
    """Lines before all others, lines that only go, empty ones around, more than is shown within the text."""
    with Vim(home, file) as v:
        v.type(f":{lines}AskRewrite -p {model}", "Enter")
        v.wait_eval("execute('messages') =~ 'AskAccept makes\\|nothing to change'")
        if model == "above":
            v.wait_for(lambda s: s.split("\n")[:4] == ["// one", "// two", *FILE[:2]])
        if model == "long":
            v.wait_for("024")
            v.wait_for("… 225 lines more; :AskDiff shows all")
        assert v.lines() == FILE
        if model != "same":
            v.type(":AskAccept", "Enter")
        settled(v)
        assert v.lines() == want
