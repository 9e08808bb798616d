"""conversation.export and conversation.import: what goes out comes back as it was, and what others wrote comes in."""

import base64
import contextlib
import json
import os
import pathlib
import random
import signal
import time

import pytest

from client import RpcError
from conftest import Daemon, Home, wait_until
from helpers_archive import (LLM_OLD, LLM_TABLES, T0, chain, chat_message, chatgpt, insert, llm_db, llm_turns,
                             many_chats)


@contextlib.contextmanager
def failure(code, param=None):
    with pytest.raises(RpcError) as e:
        yield e
    assert (e.value.code, e.value.param) == (code, param), e.value.error


@pytest.fixture
def elsewhere(provider):
    """A client of another daemon, with a store of its own."""
    with Home.made() as home:
        home.write_config(provider.base_url)
        daemon = Daemon(home)
        yield daemon.connect()
        daemon.finish()


def get(client, conversation):
    return client.call("conversation.get", {"conversation": conversation})


def export(client, conversation, format):
    return client.call("conversation.export", {"conversation": conversation, "format": format})["data"]


def bring(client, format, data, **more):
    return client.call("conversation.import", {"format": format, "data": data, **more})


def one(reply):
    assert reply["skipped"] == []
    (conversation,) = reply["conversations"]
    return conversation


def reasons(reply):
    return [s["reason"] for s in reply["skipped"]]


def said(conversation):
    return [(m["role"], m["content"]) for m in conversation["messages"]]


def in_pieces(client, format, data, cuts):
    """The reply to the last of the pieces that the data is cut into."""
    import_ = None
    edges = [0, *sorted(cuts), len(data)]
    for at, end in zip(edges, edges[1:]):
        more = end < len(data)
        params = {"format": format, "data": data[at:end], "more": more}
        if import_:
            params["import"] = import_
        reply = client.call("conversation.import", params)
        import_ = reply.get("import")
    return reply


# -- there and back

ODD_TEXTS = [
    "",
    "\n",
    "\n\n",
    "one\n\ntwo\n",
    "  leading and trailing  \n\n\n",
    "a\r\nb\r\n",
    "lone \r return",
    "\r\n",
    "## user\n\nI am no heading",
    "\\## user\n\\\\## assistant (a/b)",
    "## assistant (openai/gpt-4.1)   \r\nno",
    "### reasoning\n### answer\n### part text",
    "<!-- askd {} -->",
    "<!-- askd next -->\n---\naskd: 1\n---\n",
    "---\ntitle: x\n---",
    "```python\n## user\nprint('<!-- askd {} -->')\n```",
    "## users are not a heading",
    "tabs\tand \u0000 NUL and \u2028 and \U0001f980",
    "## instructions",
    "-->",
]


def test_markdown_keeps_every_text(client):
    made = one(bring(client, "json", json.dumps({
        "format": "askd-conversation", "version": 1, "title": "Odd", "system": "## user\nbe brief\n",
        "messages": [{"role": ("user", "assistant")[i % 2], "content": t} for i, t in enumerate(ODD_TEXTS)],
    })))
    before = get(client, made)
    assert [m["content"] for m in before["messages"]] == ODD_TEXTS
    page = export(client, made, "markdown")
    client.call("conversation.delete", {"conversation": made})
    again = get(client, one(bring(client, "markdown", page)))
    assert said(again) == said(before)
    assert again["system"] == before["system"] and again["title"] == "Odd"
    assert [m["created"] for m in again["messages"]] == [m["created"] for m in before["messages"]]


PARTS = [
    {"type": "text", "text": "look:\n## user"},
    {"type": "image", "mime": "image/png", "name": "-->.png", "data": b"\x89PNG\x00\xff"},
    {"type": "file", "url": "https://example.org/a_b?c=d"},
    {"type": "text", "text": ""},
]


def rich():
    """A conversation with branches, parts and all that an answer has."""
    id = lambda n: f"01890000-0000-7000-8000-00000000000{n}"
    message = lambda n, parent, role, content, **more: {
        "id": id(n), "role": role, "content": content, "created": T0 + n, **({"parent": id(parent)} if parent else {}),
        **more}
    answer = {"provider": "openai", "model": "gpt-4.1", "state": "done", "finish_reason": "stop",
              "usage": {"input_tokens": 3, "output_tokens": 5, "cost": 0.125, "estimated": False}, "tool_calls": []}
    parts = [dict(p) for p in PARTS]
    parts[1]["data"] = {"$bin": "iVBORwD/"}
    calls = [{"id": "c1", "name": "weather", "arguments": "{\"city\": \"Kiel\"}"}]
    return json.dumps({
        "format": "askd-conversation", "version": 1, "conversation": "01890000-0000-7000-8000-0000000000ff",
        "title": "Rich \"quoted\" --> # title", "system": "", "created": T0, "updated": T0 + 100.000001, "head": id(4),
        "tags": ["a", "b c"], "pinned": True, "directory": "/home/\"me\"", "host": "far",
        "messages": [
            message(1, None, "user", parts),
            message(2, 1, "assistant", "no", **{**answer, "state": "interrupted", "reasoning": "hm\n### answer\n"}),
            message(3, 1, "assistant", [{"type": "reasoning", "text": "t", "signature": "s",
                                         "opaque": {"$$odd": {"$bin": "AAE="}, "b": [1, 2.5, None, True]}},
                                        {"type": "tool_call", **calls[0]}],
                    **{**answer, "finish_reason": "tool_calls", "tool_calls": calls, "reasoning": "t",
                       "model": "a (b) / c", "provider": "x/y"}),
            message(4, 3, "tool", [{"type": "tool_result", "id": "c1", "content": "rain\n", "is_error": True}]),
            message(5, 2, "user", "another branch"),
            message(6, None, "user", "another root"),
        ],
    })


@pytest.mark.parametrize("format", ["json", "markdown"])
def test_round_trip(client, format):
    made = one(bring(client, "json", rich()))
    before = get(client, made)
    assert made == "01890000-0000-7000-8000-0000000000ff"  # it keeps its id where that is free
    assert before["messages"][0]["content"] == PARTS
    assert before["head"].endswith("4") and before["updated"] == T0 + 100.000001
    (listed,) = client.call("conversation.list", {})
    assert listed["tags"] == ["a", "b c"] and listed["updated"] == before["updated"]
    page = export(client, made, format)
    assert reasons(bring(client, format, page)) == [f'Rich "quoted" --> # title: is there already, as {made}']
    client.call("conversation.delete", {"conversation": made})
    again = one(bring(client, format, page))
    assert again != made  # what is deleted keeps its id until it is taken away
    places = lambda c: [[m["id"] for m in c["messages"]].index(m["parent"]) if "parent" in m else None
                        for m in c["messages"]]
    after = get(client, again)
    assert places(after) == places(before)
    assert places({"messages": after["messages"]})[3] == 2
    strip = lambda c: [{k: v for k, v in m.items() if k not in ("id", "parent")} for m in c["messages"]]
    assert strip(after) == strip(before)
    assert (after["tags"], after["pinned"]) == (["a", "b c"], True)
    assert (after["directory"], after["host"]) == ("/home/\"me\"", "far")
    (listed,) = [c for c in client.call("conversation.list", {}) if c["conversation"] == again]
    assert client.call("conversation.list", {"directory": "/home/\"me\"", "host": "far"}) == [listed]
    assert listed["updated"] == before["updated"]


@pytest.mark.parametrize("format", ["json", "markdown"])
def test_export_of_an_import_is_the_export(client, elsewhere, format):
    page = export(client, one(bring(client, "json", rich())), format)
    assert export(elsewhere, one(bring(elsewhere, format, page)), format) == page


def test_random_texts_come_back(client):
    rnd = random.Random(7)
    words = ["## user", "\\", "### part text", "<!-- askd ", "-->", "\n", "\r\n", " ", "\n\n", "x", "```", "---", "é",
             "## assistant (a/b)", "## instructions", "### answer", "### reasoning", "next"]
    texts = ["".join(rnd.choices(words, k=rnd.randint(0, 12))) for _ in range(400)]
    made = one(bring(client, "json", json.dumps({
        "format": "askd-conversation", "version": 1,
        "messages": [{"role": "user", "content": t} for t in texts]})))
    page = export(client, made, "markdown")
    client.call("conversation.delete", {"conversation": made})
    cuts = sorted(rnd.sample(range(1, len(page.encode())), 20))
    again = get(client, one(in_pieces(client, "markdown", page.encode(), cuts)))
    assert [m["content"] for m in again["messages"]] == texts


def test_markdown_that_people_wrote(client):
    c = get(client, one(bring(client, "markdown", "# Tea\n\n## user\nHow long?\n## assistant (x/y)\n\nFour minutes.\n")))
    assert c["title"] == "Tea"
    assert said(c) == [("user", "How long?"), ("assistant", "Four minutes.")]
    assert (c["messages"][1]["provider"], c["messages"][1]["model"]) == ("x", "y")


def test_markdown_of_windows(client):
    page = "---\ntitle: \"Tea\"\n---\n\n## user\n\none\ntwo\n".replace("\n", "\r\n")
    c = get(client, one(bring(client, "markdown", page)))
    assert (c["title"], said(c)) == ("Tea", [("user", "one\ntwo")])


def test_several_pages(client):
    pages = [f"---\naskd: 1\ntitle: \"{n}\"\n---\n\n## user\n\nq{n}\n" for n in range(3)]
    reply = bring(client, "markdown", "<!-- askd next -->\n".join(pages))
    assert [get(client, c)["title"] for c in reply["conversations"]] == ["0", "1", "2"]
    assert said(get(client, reply["conversations"][0])) == [("user", "q0")]


@pytest.mark.parametrize("page, why", [
    ("hello\n", "line 1: this stands before the first heading"),
    ("---\naskd: 1\n", "the front block has no end"),
    ("---\naskd: 2\n---\n", "line 2: its version"),
    ("## user\n<!-- askd {\"parent\":\"x\"} -->\n\nq\n", "the message that it follows"),
    ("## user\n<!-- askd {bad} -->\n\nq\n", "the comment behind the heading"),
    ("## user\n<!-- askd " + "[" * 60 + " -->\n\nq\n", "the comment behind the heading"),
    ("### reasoning\n\nq\n", "there is no message"),
    ("## user\n<!-- askd {\"parts\":2} -->\n\n### part text\n\nq\n", "fewer parts"),
    ("## user\n\nq\n\n### part image\n\n", "no more parts"),
    ("## user\n<!-- askd {\"parts\":1} -->\n\n### part image\n\n", "no such part"),
    ("## user\n<!-- askd {\"parts\":1} -->\n\n### part image\n<!-- askd {\"hash\":{\"$bin\":\"" + "A" * 43 + "=\"}} -->\n",
     "no such part"),
    ("---\ntags: [\"two\\nlines\"]\n---\n## user\n\nq\n", "1 to 64 characters"),
    ("\n\n", "no heading"),
])
def test_bad_markdown(client, page, why):
    reply = bring(client, "markdown", page)
    assert reply["conversations"] == [] and why in reasons(reply)[0]


def with_part(**part):
    return {"messages": [{"role": "user", "content": [{"type": "image", **part}]}]}


BAD_JSON = [
    (with_part(data={"$bin": "    AAAA"}), "base64"),  # space at its ends is none of it
    (with_part(data={"$bin": "AAAA    "}), "base64"),
    (with_part(data={"$bin": "AAA"}), "base64"),
    (with_part(hash={"$bin": "A" * 43 + "="}), "none that askd knows"),  # so does the store alone name data
    ({"tags": ["x" * 65]}, "1 to 64 characters"),
    ({"tags": ["two\nlines"]}, "1 to 64 characters"),
    ({"tags": [""]}, "1 to 64 characters"),
]


@pytest.mark.parametrize("fields, why", BAD_JSON)
def test_bad_json(client, fields, why):
    page = {"format": "askd-conversation", "version": 1, "messages": [], **fields}
    (reason,) = reasons(bring(client, "json", json.dumps(page)))
    assert why in reason
    one(bring(client, "json", json.dumps({**page, "messages": [], "tags": ["x" * 64]})))


def test_data_is_stored_once_however_often_it_comes(client, home):
    data = base64.b64encode(random.Random(1).randbytes(1 << 20)).decode()
    page = {"format": "askd-conversation", "version": 1, **with_part(mime="image/png", data={"$bin": data})}
    made = [one(bring(client, "json", json.dumps(page))) for _ in range(5)]
    assert sum(f.stat().st_size for f in home.state.rglob("askd.db*")) < 4 << 20
    for c in made[1:]:
        client.call("conversation.delete", {"conversation": c, "purge": True})
    (m,) = get(client, made[0])["messages"]
    assert base64.b64encode(m["content"][0]["data"]).decode() == data


# -- ChatGPT


def test_chatgpt(client):
    text = lambda *parts: {"content_type": "multimodal_text", "parts": list(parts)}
    reply = bring(client, "chatgpt", json.dumps([chatgpt("Kiel", [
        ("root", None, None),
        ("s", "root", chat_message("system", "", weight=0, time=None)),
        ("i", "s", chat_message("user", {"content_type": "user_editable_context", "user_profile": "I sail.",
                                         "user_instructions": "Be brief."},
                                metadata={"is_visually_hidden_from_conversation": True})),
        ("u", "i", chat_message("user", text({"content_type": "image_asset_pointer", "asset_pointer":
                                              "file-service://file-1", "size_bytes": 1}, "what is this?"))),
        ("a1", "u", chat_message("assistant", "a boat", time=None, metadata={"model_slug": "gpt-4o"})),
        ("t", "u", chat_message("assistant", {"content_type": "thoughts", "thoughts": [
            {"summary": "Looking", "content": "It floats."}]})),
        ("c", "t", chat_message("assistant", {"content_type": "code", "language": "python", "text": "print(1)"},
                                recipient="python", metadata={"model_slug": "o3"})),
        ("o", "c", chat_message("tool", {"content_type": "execution_output", "text": "1\n```"})),
        ("q", "o", chat_message("assistant", {"content_type": "tether_quote", "url": "https://x.org", "title": "X",
                                              "text": "words"}, status="in_progress")),
    ], head="a1")]))
    c = get(client, one(reply))
    assert (c["title"], c["system"]) == ("Kiel", "I sail.\n\nBe brief.")
    assert said(c) == [
        ("user", "[image_asset_pointer file-service://file-1]\nwhat is this?"),
        ("assistant", "a boat"),
        ("assistant", "```python\nprint(1)\n```"),
        ("assistant", "````\n1\n```\n````"),
        ("assistant", "X\nhttps://x.org\nwords"),
    ]
    u, a1, code, out, quote = c["messages"]
    assert a1["parent"] == code["parent"] == u["id"] and c["head"] == a1["id"]
    assert code["reasoning"] == "Looking\nIt floats." and out.get("reasoning") is None
    assert (code["provider"], code["model"]) == ("chatgpt", "o3") and quote["state"] == "interrupted"
    assert a1["created"] == u["created"] == T0 and (c["created"], c["updated"]) == (T0, T0 + 60)


def test_a_second_import_does_no_harm(client):
    data = b"".join(many_chats(5))
    first = bring(client, "chatgpt", data)
    assert len(first["conversations"]) == 5
    again = bring(client, "chatgpt", data)
    assert again["conversations"] == [] and all("is there already" in r for r in reasons(again))
    gone = first["conversations"][2]
    client.call("conversation.delete", {"conversation": gone})
    third = bring(client, "chatgpt", data)
    assert len(third["conversations"]) == 1 and len(third["skipped"]) == 4


def nested(n):
    return "[" * n + "]" * n


BAD_ENTRIES = [
    ("1", "it has no mapping"),
    ("null", "it has no mapping"),
    ('"text"', "it has no mapping"),
    ("{}", "it has no mapping"),
    ('{"mapping": 1}', "it has no mapping"),
    ('{"mapping": {"a": 1}}', "a node of its mapping is no object"),
    ('{"mapping": {}}', "it holds no message"),
    ('{"title": "T", "mapping": {"a": {"parent": "b"}, "b": {"parent": "a"}}}', "(T): its messages follow each other"),
    ('{"mapping": {"a": {"parent": "a"}}}', "in a circle"),
    ('{"mapping": {"a": {}, "a": {}}}', "duplicate"),
    ("{]", "it is no JSON"),
    ('{"a": ' + nested(40) + "}", "its nesting is deeper than"),
    ('{"a": "\\u0000", "b": "\\ud800"}', "it is no JSON"),
    ('{"format": "askd-conversation"}', "its format may be json"),
]


@pytest.mark.parametrize("entry, why", BAD_ENTRIES)
def test_a_bad_entry_is_skipped_alone(client, entry, why):
    good = json.dumps(chain("Good", ["q", "a"]))
    reply = bring(client, "chatgpt", f"[{entry}, {good}]")
    assert len(reply["conversations"]) == 1
    (reason,) = reasons(reply)
    assert reason.startswith("entry 1") and why in reason


def test_a_parent_that_is_missing_is_none(client):
    c = get(client, one(bring(client, "chatgpt", json.dumps([chatgpt("Cut", [
        ("a", "gone", chat_message("user", "q")), ("b", "a", chat_message("assistant", "a"))])]))))
    assert said(c) == [("user", "q"), ("assistant", "a")] and "parent" not in c["messages"][0]


def test_cut_at_every_place(client):
    """Also within characters, escapes and numbers; the daemon cannot tell."""
    data = json.dumps([chain("é\"\\[", ["q\u00e9\\\"", "a]}{"]), 12], ensure_ascii=False, separators=(",", ":")).encode()
    first = None
    for at in range(1, len(data)):
        reply = in_pieces(client, "chatgpt", data, [at])
        if first is None:
            (first,) = reply["conversations"]
            assert said(get(client, first)) == [("user", "qé\\\""), ("assistant", "a]}{")]
            assert len(reply["skipped"]) == 1
        else:
            assert [r.startswith("entry 2") for r in reasons(reply)].count(True) == 1
            assert sum("is there already" in r for r in reasons(reply)) == 1


@pytest.mark.parametrize("keep", range(1, 60, 7))
def test_a_file_that_was_cut_off(client, keep):
    data = json.dumps([chain("Whole", ["q", "a"])]).encode()
    reply = bring(client, "chatgpt", data[:-1] + b", " + data[1:1 + keep])
    assert len(reply["conversations"]) == 1 and "it was cut off" in reasons(reply)[0]


@pytest.mark.parametrize("data, why", [
    (b"PK\x03\x04....", "unpack it and import the conversations.json"),
    (b"\x1f\x8b\x08", "compressed (gzip)"),
    (b"%PDF-1.7", "a PDF"),
    (b"<!doctype HTML><html>", "a web page"),
    (b"SQLite format 3\x00", "its format is llm"),
    (b"x" * 257 + b"ustar", "a tar archive"),
    (b"", "the file is empty"),
    (b"]", "this is no JSON: byte 0"),
    (b"[1} ", "this is no JSON: byte 2"),
    (b"[] x", "the file's end is due"),
])
def test_not_a_file_of_that_kind(client, data, why):
    with failure("invalid_request") as e:
        bring(client, "chatgpt", data)
    assert why in e.value.error["message"]


def test_import_in_pieces_has_its_rules(client, daemon):
    begun = bring(client, "chatgpt", b"[", more=True)["import"]
    with failure("invalid_request", "format"):
        bring(client, "json", b"1", **{"import": begun})
    with failure("not_found", "import"):
        bring(daemon.connect(), "chatgpt", b"]", **{"import": begun})
    assert bring(client, "chatgpt", b"]", **{"import": begun}) == {"conversations": [], "skipped": []}
    with failure("not_found", "import"):
        bring(client, "chatgpt", b"]", **{"import": begun})
    with failure("invalid_request", "format"):
        bring(client, "pdf", b"1")
    with failure("invalid_request", "format"):
        client.call("conversation.export", {"conversation": begun, "format": "llm"})


BOUNDS = {"max_import": "4096", "max_import_entry": "2048", "max_imports": "2"}


@pytest.mark.askd(daemon=BOUNDS)
def test_bounds(client):
    with failure("too_large"):
        bring(client, "chatgpt", b" " * 4097)
    begun = bring(client, "chatgpt", b"[" + b" " * 4095, more=True)["import"]
    with failure("too_large"):
        bring(client, "chatgpt", b"]", **{"import": begun})
    fits, over = ({"mapping": {}, "x": "y" * n} for n in (2048 - 24, 2049 - 24))
    assert len(json.dumps(fits)) == 2048
    reply = bring(client, "chatgpt", json.dumps([fits]))
    assert reasons(reply) == ["entry 1: it holds no message"]
    reply = bring(client, "chatgpt", json.dumps([over]))
    assert reasons(reply) == ["entry 1: it is over 2048 bytes (max_import_entry)"]
    page = "## user\n\n" + "x" * (2048 - 10) + "\n"
    assert len(bring(client, "markdown", page)["conversations"]) == 1
    assert "is over 2048 bytes" in reasons(bring(client, "markdown", page + "\n"))[0]
    for _ in range(2):
        bring(client, "chatgpt", b"[", more=True)
    with failure("overloaded"):
        bring(client, "chatgpt", b"[", more=True)


@pytest.mark.askd(daemon={"max_imports": "1", "import_timeout": "300 ms"})
def test_an_import_without_pieces_ends(client):
    begun = bring(client, "chatgpt", b"[", more=True)["import"]
    time.sleep(0.6)
    with failure("not_found", "import"):
        bring(client, "chatgpt", b"]", **{"import": begun})
    assert bring(client, "chatgpt", b"[]")["skipped"] == []


def test_an_import_ends_with_its_connection(daemon, home):
    first = daemon.connect()
    for _ in range(4):  # max_imports
        bring(first, "llm", b"SQLite format 3\x00", more=True)
    assert len(list(home.state.glob("askd/import-*"))) == 4
    first.close()
    c = daemon.connect()
    wait_until(lambda: not list(home.state.glob("askd/import-*")), "nothing is left of them")
    for _ in range(4):
        assert bring(c, "chatgpt", b"[", more=True)["import"]


@pytest.mark.parametrize("format", ["json", "markdown"])
@pytest.mark.askd(extra="[store]\nmax_result = 64 KiB\n")
def test_an_export_is_bounded_as_any_result_is(client, format):
    """Data is a third longer in an export than it is in conversation.get."""
    data = lambda n: [{"type": "file", "data": random.Random(1).randbytes(n), "mime": "application/zip"}]
    fits, over = (client.call("conversation.create", {"messages": [{"role": "user", "content": data(n)}]})["conversation"]
                  for n in (40 << 10, 60 << 10))
    assert len(export(client, fits, format)) > 50 << 10
    assert get(client, over)["messages"]
    with failure("too_large") as e:
        export(client, over, format)
    assert e.value.error["message"] == "the export is over 65536 bytes, max_result in [store]"


def files_of_imports(daemon):
    names = []
    for fd in pathlib.Path(f"/proc/{daemon.pid}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):
            names.append(os.readlink(fd))
    return [n for n in names if "/import-" in n]


@pytest.mark.askd(daemon={"import_timeout": "300 ms"}, extra="[store]\nmax_waiting = 1\n")
def test_the_file_of_an_import_is_closed_however_it_ends(daemon, client, tmp_path):
    data = llm_db(tmp_path / "logs.db", fill=lambda db: [llm_turns(db, f"c{i}", f"T{i}") for i in range(200)])
    bring(client, "llm", data[:5000], more=True)
    assert files_of_imports(daemon)
    wait_until(lambda: not files_of_imports(daemon), "no piece came")
    gone = daemon.connect()
    begun = bring(gone, "llm", data[:5000], more=True)["import"]
    assert files_of_imports(daemon)
    gone.request("conversation.import", {"format": "llm", "data": data[5000:], "import": begun})
    gone.close()
    wait_until(lambda: not files_of_imports(daemon), "its peer went away while it was read")

    def brought():
        """What came before may be waiting for the store still."""
        try:
            return bring(client, "llm", data)
        except RpcError as e:
            assert e.code == "overloaded"

    reply = wait_until(brought, "it is imported")
    assert len(reply["conversations"]) + len(reply["skipped"]) == 200
    assert not files_of_imports(daemon)


def test_what_a_dead_daemon_left_is_removed(daemon, client, home, restart):
    bring(client, "llm", b"SQLite format 3\x00", more=True)
    assert list(home.state.glob("askd/import-*"))
    restart(signal.SIGKILL)
    assert not list(home.state.glob("askd/import-*"))


# -- llm


def test_llm(client, tmp_path):
    def fill(db):
        llm_turns(db, n=1, input_tokens=3, output_tokens=4, resolved_model="gpt-4o-mini-2024")
        insert(db, "attachments", id="p", type="image/png", content=b"\x89PNG")
        insert(db, "attachments", id="l", type="application/pdf", path="/home/me/a.pdf")
        insert(db, "prompt_attachments", response_id="01h-0", attachment_id="p", **{'"order"': 0})
        insert(db, "prompt_attachments", response_id="01h-0", attachment_id="l", **{'"order"': 1})
        insert(db, "fragments", id=1, hash="h", content="a fragment")
        insert(db, "prompt_fragments", response_id="01h-0", fragment_id=1, **{'"order"': 0})
        insert(db, "tool_calls", response_id="01h-0", name="weather", arguments="{}", tool_call_id="c1")
        insert(db, "responses", id="01h-1", model="m", prompt="", response="it rains", conversation_id="01h",
               datetime_utc="2024-05-06T08:00:00+00:00")
        insert(db, "tool_results", response_id="01h-1", name="weather", output="rain", tool_call_id="c1")
        insert(db, "responses", id="alone", model="m", prompt="p", response="r", datetime_utc="2024-01-01T00:00:00")

    reply = bring(client, "llm", llm_db(tmp_path / "logs.db", fill=fill))
    assert reply["skipped"] == []
    tea, alone = [get(client, c) for c in reply["conversations"]]
    assert (tea["title"], tea["system"]) == ("Tea", "be brief")
    assert said(tea) == [
        ("user", [{"type": "image", "mime": "image/png", "data": b"\x89PNG"},
                  {"type": "text", "text": "[file /home/me/a.pdf]"},
                  {"type": "text", "text": "a fragment\nquestion 0"}]),
        ("assistant", [{"type": "text", "text": "answer 0"},
                       {"type": "tool_call", "id": "c1", "name": "weather", "arguments": "{}"}]),
        ("tool", [{"type": "tool_result", "id": "c1", "name": "weather", "content": "rain"}]),
        ("assistant", "it rains"),
    ]
    a = tea["messages"][1]
    assert (a["provider"], a["model"]) == ("llm", "gpt-4o-mini-2024") and a["created"] == 1714979280.123456
    assert a["usage"] == {"input_tokens": 3, "output_tokens": 4, "estimated": False} and a["tool_calls"][0]["name"] == "weather"
    assert said(alone) == [("user", "p"), ("assistant", "r")]


def test_llm_of_older_versions(client, tmp_path):
    early = get(client, one(bring(client, "llm", llm_db(tmp_path / "a.db", LLM_TABLES, llm_turns))))
    assert said(early) == [("user", "question 0"), ("assistant", "answer 0"), ("user", "question 1"),
                           ("assistant", "answer 1")]

    def fill(db):
        for i, chat in ((1, None), (2, 1), (3, None)):
            insert(db, "logs", id=i, model="m", prompt=f"p{i}", response=f"r{i}", chat_id=chat,
                   datetime_utc=f"2023-06-0{i} 07:08:09")

    reply = bring(client, "llm", llm_db(tmp_path / "b.db", LLM_OLD, fill))
    assert [len(get(client, c)["messages"]) for c in reply["conversations"]] == [4, 2]


def test_llm_in_pieces_and_twice(client, tmp_path):
    data = llm_db(tmp_path / "logs.db", fill=lambda db: [llm_turns(db, f"c{i}", f"T{i}") for i in range(50)])
    reply = in_pieces(client, "llm", data, range(1000, len(data), 4097))
    assert len(reply["conversations"]) == 50
    again = bring(client, "llm", data)
    assert again["conversations"] == [] and len(again["skipped"]) == 50


def test_llm_in_wal_mode(client, tmp_path):
    def fill(db):
        db.execute("PRAGMA journal_mode = wal")
        llm_turns(db)

    assert bring(client, "llm", llm_db(tmp_path / "logs.db", fill=fill))["conversations"]


HOSTILE = [
    ("CREATE VIEW responses AS SELECT 1 AS id", "responses in it is no plain table"),
    (LLM_TABLES + "CREATE VIEW tool_calls AS SELECT 1", "tool_calls in it is no plain table"),
    ("CREATE VIRTUAL TABLE responses USING fts5(id, prompt)", "responses in it is no plain table"),
    ("CREATE TABLE t(x)", "it has no table responses"),
    ("CREATE TABLE responses(id TEXT PRIMARY KEY, prompt) WITHOUT ROWID", "cannot be read"),
]


@pytest.mark.parametrize("script, why", HOSTILE)
def test_hostile_databases(client, tmp_path, script, why):
    with failure("invalid_request") as e:
        bring(client, "llm", llm_db(tmp_path / "logs.db", script))
    assert why in e.value.error["message"]


def test_damaged_databases(client, daemon, tmp_path):
    """Whatever is wrong with it, the daemon says so or reads what can be read, and lives on."""
    data = llm_db(tmp_path / "logs.db", fill=lambda db: [llm_turns(db, f"c{i}", f"T{i}") for i in range(200)])
    rnd = random.Random(3)
    told = 0
    for i in range(40):
        bad = bytearray(data[: rnd.choice([len(data), len(data) // 2, 100])] if i % 4 == 0 else data)
        for _ in range(rnd.randint(1, 200)):
            bad[rnd.randrange(100 if len(bad) > 100 else 0, len(bad))] = rnd.randrange(256)
        try:
            bring(client, "llm", bytes(bad))
        except Exception as e:
            told += 1
            assert e.code in ("invalid_request", "timeout", "too_large")
    assert told > 0 and client.call("status", {})
    with failure("invalid_request"):
        bring(client, "llm", b"SQLite format 3\x00" + b"\0" * 4080)
    with failure("invalid_request"):
        bring(client, "llm", b"hello, this is no database at all")


# -- askctl conv export, import


def test_askctl_there_and_back(client, askctl, elsewhere, tmp_path):
    made = one(bring(client, "json", rich()))
    other = one(bring(client, "markdown", "# Tea\n\n## user\n\nq\n"))
    page = askctl("conv", "export", made).stdout
    assert page == export(client, made, "markdown")
    folder = tmp_path / "all"
    folder.mkdir()
    (folder / f"{other}.md").symlink_to(tmp_path / "elsewhere")  # replaced, not followed
    assert askctl("conv", "export", "--all", "-o", str(folder)).returncode == 0
    assert sorted(p.name for p in folder.iterdir()) == sorted([f"{made}.md", f"{other}.md"])
    assert not (tmp_path / "elsewhere").exists() and (folder / f"{other}.md").stat().st_mode & 0o777 == 0o600
    for format, name in (("json", "all.json"), ("markdown", "all.md")):
        path = tmp_path / name
        assert askctl("conv", "export", "--all", "--format", format, "-o", str(path)).returncode == 0
        again = askctl("conv", "import", str(path))
        assert (again.returncode, again.stdout) == (0, "0 conversations, 2 skipped\n")
        assert again.stderr.count("is there already") == 2
        for c in (made, other):
            client.call("conversation.delete", {"conversation": c, "purge": True})
        back = askctl("conv", "import", str(path))
        assert (back.returncode, back.stdout, back.stderr) == (0, "2 conversations, 0 skipped\n", "")
        made, other = (c["conversation"] for c in client.call("conversation.list", {}))


@pytest.mark.askd(extra="[store]\nmax_result = 64 KiB")
def test_askctl_exports_all_that_can_be(client, askctl, tmp_path):
    text = "\x01" * 20000  # six times as long in JSON
    page = {"format": "askd-conversation", "version": 1, "messages": [{"role": "user", "content": "q"}]}
    first = one(bring(client, "json", json.dumps(page)))
    large = one(bring(client, "json", json.dumps({**page, "messages": [{"role": "user", "content": text}]})))
    last = one(bring(client, "json", json.dumps(page)))
    r = askctl("conv", "export", "--all", "--format", "json", "-o", str(tmp_path))
    assert r.returncode == 65 and "max_result" in r.stderr and large not in str(list(tmp_path.iterdir()))
    assert {f"{first}.json", f"{last}.json"} <= {p.name for p in tmp_path.iterdir()}


def test_askctl_imports_in_pieces(client, askctl, tmp_path):
    path = tmp_path / "conversations.json"
    path.write_bytes(b"".join(many_chats(300)))
    assert path.stat().st_size > 1 << 20
    link = tmp_path / "link"
    link.symlink_to(path)
    done = askctl("conv", "import", str(link))
    assert (done.returncode, done.stdout, done.stderr) == (0, "300 conversations, 0 skipped\n", "")
    shown = json.loads(askctl("conv", "import", "--json", str(path)).stdout)
    assert shown["conversations"] == [] and len(shown["skipped"]) == 300


def test_askctl_says_what_is_wrong(client, askctl, tmp_path):
    bad = tmp_path / "bad.json"
    bad.write_text(json.dumps([chain("Good", ["q", "a"]), {"title": "Bad", "mapping": 1}]))
    r = askctl("conv", "import", str(bad))
    assert (r.returncode, r.stdout) == (65, "1 conversations, 1 skipped\n")
    assert "skipped entry 2 (Bad): it has no mapping" in r.stderr
    zipped = tmp_path / "export.zip"
    zipped.write_bytes(b"PK\x03\x04" + b"\0" * 100)
    r = askctl("conv", "import", str(zipped))
    assert r.returncode == 65 and "unpack it and import the conversations.json" in r.stderr
    (tmp_path / "what").write_text("hello")
    assert "say --format" in askctl("conv", "import", str(tmp_path / "what")).stderr
    assert "is a folder" in askctl("conv", "import", str(tmp_path)).stderr
    assert "cannot open" in askctl("conv", "import", str(tmp_path / "none")).stderr
    assert askctl("conv", "export").returncode == 64
    assert askctl("conv", "export", "--format", "llm", "--all").returncode == 64
