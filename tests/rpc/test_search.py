"""conversation.search: words in what was said and in titles, in any script, of the caller's own live conversations."""

import json
import time

import pytest

from client import failure, say
from conftest import askctl_path
from helpers_terminal import on_terminal


def create(client, *contents, **params):
    messages = [{"role": ("user", "assistant")[i % 2], "content": c} for i, c in enumerate(contents)]
    return client.call("conversation.create", {"messages": messages, **params})["conversation"]


def search(client, query, **params):
    return client.call("conversation.search", {"query": query, **params})


def found(client, query, **params):
    return [hit["conversation"] for hit in search(client, query, **params)]


def snippet(client, query):
    (hit,) = search(client, query)
    return hit["snippet"].replace("\x02", "[").replace("\x03", "]")


# -- words


def test_a_hit_tells_where_and_what(client):
    c = create(client, "How do I knead bread?", "Push it with the heel of your hand.", title="Baking")
    (hit,) = search(client, "heel")
    reply = client.call("conversation.get", {"conversation": c})["messages"][1]
    assert (hit["conversation"], hit["message"], hit["title"]) == (c, reply["id"], "Baking")
    assert hit["snippet"] == "Push it with the \x02heel\x03 of your hand."
    assert hit["score"] > 0 and hit["created"] == pytest.approx(reply["created"], abs=0.001)


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("Ein CAFÉ in Zürich", "café"),
        ("Ein CAFÉ in Zürich", "zurich"),
        ("ΑΘΗΝΑ", "αθηνα"),
        ("我们在北京大学学习", "北京"),
        ("我们在北京大学学习", "大学"),
        ("我们在北京大学学习", "学"),
        ("我们在北京大学学习", "习"),
        ("我们在北京大学学习", "我"),
        ("我们在北京大学学习", "北京大学"),
        ("我们在北京大学学习", "北京 学习"),
        ("用Python写代码", "Python写"),
        ("用Python写代码", "用python"),
        ("用Python写代码", "代码"),
        ("東京タワーへ行く", "タワー"),
        ("한국어를 배우다", "한국"),
        ("生僻字𠮷野家", "𠮷野"),
        ("生僻字𠮷野家", "𠮷"),
        ("ＡＳＫＤ４２ を起動", "askd42"),
        ("see foo-bar_baz.c", "foo-bar_baz.c"),
        ("party 🎉 tonight", "party🎉"),
    ],
)
def test_found(client, text, query):
    c = create(client, text)
    create(client, "something else altogether")
    assert found(client, query) == [c]


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("我们在北京大学学习", "京北"),
        ("我们在北京大学学习", "北大"),
        ("one two three", "one three four"),
        ("one two three", '"one three"'),
        ("one two three", "thre"),
        ("用Python写代码", "写python"),
    ],
)
def test_not_found(client, text, query):
    create(client, text)
    assert found(client, query) == []


def test_quotes_are_a_phrase(client):
    near, far = create(client, "a red green blue flag"), create(client, "red and blue and green")
    assert sorted(found(client, "green red")) == sorted([near, far])
    assert found(client, '"red green"') == [near]
    assert found(client, 'flag "green blue"') == [near]
    assert found(client, '"red green') == [near]


# -- queries of which none is a fault


NASTY = [
    "", " ", '"', '""', '"""', "'", "*", "a*", "*a", "^a", "a^", "text:a", "text : a", ":", "-", "-a", "--", "a - b", "(", ")", "()", "(a",
    "a)", "NEAR", "NEAR(a b)", "NEAR(a, 2)", "AND", "a AND", "OR", "NOT a", "a NOT", "a OR b", "{a b}:c", "+", "a + b", "a\0b", "\0", ";",
    "a; DROP TABLE message", "\\", "\\\"", "?1", "🎉", "。", "\u200b", "\ufeff", "\x02a\x03", "\u0301", "a" * 1024, "中" * 341, '"' * 1024,
    "a " * 32, '"a"b"c"',
]  # fmt: skip


@pytest.mark.parametrize("query", NASTY)
def test_no_query_is_a_fault(client, query):
    create(client, "nothing of that kind")
    assert found(client, query) == []


@pytest.mark.parametrize("query", ["a NOT b", "NEAR(a b)", "{a b}:c", "a + b", "^a", "-a", "a*", "near:b", "a\0near", "(a OR b"])
def test_what_fts5_would_read_is_text(client, query):
    c = create(client, "a near b or not c", "NEAR a b c")
    assert found(client, query) == [c]


@pytest.mark.parametrize(
    ("params", "param"),
    [
        ({"query": "a" * 1025}, "query"),
        ({"query": "a" * 10240}, "query"),
        ({"query": "a " * 33}, "query"),
        ({"query": 1}, "query"),
        ({}, "query"),
        ({"query": "a", "limit": 0}, "limit"),
        ({"query": "a", "limit": 1001}, "limit"),
        ({"query": "a", "since": -1}, "since"),
        ({"query": "a", "since": float("nan")}, "since"),
        ({"query": "a", "model": "a\0"}, "model"),
    ],
)
def test_refused(client, params, param):
    error = failure(client, "conversation.search", params)
    assert (error["code"], error["param"]) == ("invalid_request", param)


# -- what is shown


def test_a_snippet_is_one_line_around_what_was_found(client):
    create(client, "start " + "x " * 500 + "here\tthe\nneedle\x02 lies\x03 " + "y " * 500)
    line = snippet(client, "needle lies")
    assert "here the [needle] [lies] y" in line
    assert line.startswith("…") and line.endswith("…") and len(line) <= 160 + 2 + 4


def test_a_snippet_is_where_most_of_the_words_are(client):
    create(client, "alpha " + "x " * 300 + "alpha beta " + "y " * 300 + "beta")
    assert "[alpha] [beta]" in snippet(client, "beta alpha")


def test_a_snippet_marks_the_characters_that_were_asked_for(client):
    create(client, "我们在北京大学学习Python很久")
    assert snippet(client, "京大") == "我们在北[京大]学学习Python很久"
    assert snippet(client, "习python") == "我们在北京大学学[习Python]很久"
    assert snippet(client, "京") == "我们在北[京]大学学习Python很久"


def test_a_conversation_is_there_once_with_its_best_message(client):
    c = create(client, "apple", "a long text about many other things and one apple among them, " + "word " * 50, "apple apple apple")
    (hit,) = search(client, "apple")
    last = client.call("conversation.get", {"conversation": c})["messages"][2]
    assert hit["message"] == last["id"]


def test_titles(client):
    by_title = create(client, "what is said", title="Of quokkas")
    both = create(client, "a quokka among quokkas", title="More quokkas")
    hits = search(client, "quokkas")
    assert [h["conversation"] for h in hits] == [both, by_title]
    assert hits[1]["message"] is None and hits[1]["snippet"] == "Of \x02quokkas\x03"
    client.call("conversation.rename", {"conversation": by_title, "title": "Of wombats"})
    assert found(client, "quokkas") == [both] and found(client, "wombats") == [by_title]


def test_limit(client):
    made = [create(client, f"pear {i}") for i in range(25)]
    assert len(found(client, "pear")) == 20
    assert len(found(client, "pear", limit=1)) == 1
    assert sorted(found(client, "pear", limit=1000)) == sorted(made)


# -- which


def test_filters(client):
    before = time.time()
    here = say(client, "filtered words", context={"cwd": "/here"})
    there = say(client, "filtered words", model="words-3", context={"cwd": "/there"})
    all_ = {here["conversation"], there["conversation"]}
    assert set(found(client, "filtered")) == all_
    assert found(client, "filtered", directory="/here") == [here["conversation"]]
    assert found(client, "filtered", directory="/nowhere") == []
    assert found(client, "filtered", model=here["model"]) == [here["conversation"]]
    assert found(client, "filtered", model="fake/" + here["model"]) == [here["conversation"]]
    assert found(client, "filtered", model="nobody") == []
    assert set(found(client, "filtered", since=before - 1)) == all_
    assert found(client, "filtered", since=time.time() + 60) == []


def test_what_was_just_said_is_found(client):
    a = say(client, "freshly said")
    assert found(client, "freshly") == [a["conversation"]]
    say(client, "and marmalade too", conversation=a["conversation"])
    assert found(client, "marmalade") == [a["conversation"]]


def test_deleted_ones_are_not_found(client):
    c = create(client, "to be gone", title="gone title")
    assert found(client, "gone") == [c]
    client.call("conversation.delete", {"conversation": c})
    assert found(client, "gone") == []


def test_forks_are_found(client):
    c = create(client, "forked words", "reply")
    head = client.call("conversation.get", {"conversation": c})["head"]
    fork = client.call("conversation.fork", {"conversation": c, "message": head})["conversation"]
    assert sorted(found(client, "forked")) == sorted([c, fork])


def test_in_the_trash_and_back(client):
    c = create(client, "to be gone", title="gone title")
    client.call("conversation.delete", {"conversation": c})
    assert found(client, "gone") == []
    client.call("conversation.restore", {"conversation": c})
    assert found(client, "gone") == [c]


# -- askctl conv search


def test_two_lines_each(client, askctl):
    c = create(client, "a needle\x1b[31m in here", title="Sewing")
    (hit,) = search(client, "needle")
    when = time.strftime("%Y-%m-%d %H:%M", time.localtime(hit["created"]))
    r = askctl("conv", "search", "here", "needle")
    assert (r.returncode, r.stderr) == (0, "")
    assert r.stdout == f"{c}  {when}  Sewing\n    a needle [31m in here\n"


def test_bold_on_a_terminal(client, home):
    create(client, "a needle in here")
    status, text = on_terminal([askctl_path(), "conv", "search", "needle"], home.env(ASKD_AUTOSTART="0"))
    assert status == 0 and text.endswith("\n    a \x1b[1mneedle\x1b[22m in here\n")


def test_options_of_the_verb(client, askctl):
    here = say(client, "needle", context={"cwd": "/here"})["conversation"]
    there = say(client, "needle", context={"cwd": "/there"})["conversation"]

    def lines(*args):
        r = askctl("conv", "search", *args)
        assert (r.returncode, r.stderr) == (0, "")
        return {line.split()[0] for line in r.stdout.splitlines()[::2]}

    assert lines("needle") == {here, there}
    assert lines("--directory", "/here", "needle") == {here}
    assert lines("--model", "nobody", "needle") == set()
    assert lines("--since", "1h", "needle") == {here, there}
    assert len(lines("--limit", "1", "needle")) == 1
    assert lines('"needle needle"') == set()
    (hit,) = json.loads(askctl("conv", "search", "--json", "--directory", "/here", "needle").stdout)
    assert hit["conversation"] == here and hit["snippet"] == "\x02needle\x03"
