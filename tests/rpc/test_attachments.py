"""What the daemon makes of attachments: types, text, addresses, and what a model cannot take."""

import base64
import contextlib
import gzip
import json
import random
import signal
import socket
import sqlite3
import struct
import threading
import zlib

import pytest

from client import RpcError, is_event
from conftest import wait_until
from helpers_web import Web

MIB = 1 << 20
OPEN = pytest.mark.askd(daemon={"allow_private_urls": "yes"}, provider={"dialect": "llama.cpp"})
CLOSED = pytest.mark.askd(provider={"dialect": "llama.cpp"})


def png(width=2, height=2):
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = zlib.compress(b"".join(b"\0" + b"\xff\0\0" * width for _ in range(height)))
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


PNG = png()
WAV = b"RIFF" + struct.pack("<I", 36 + 16) + b"WAVEfmt " + struct.pack("<IHHIIHH", 16, 1, 1, 8000, 16000, 2, 16) + (
    b"data" + struct.pack("<I", 16) + bytes(16)
)
PDF = b"%PDF-1.4\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer\n<< /Root 1 0 R >>\n%%EOF\n"


@pytest.fixture
def web():
    web = Web()
    yield web
    web.stop()


def ask(client, *attachments, **more):
    return client.call("chat", {"prompt": "what?", "attachments": list(attachments), **more})


def data_of(data, **more):
    return {"type": "file", "data": data, **more}


def url_of(url, **more):
    return {"type": "file", "url": url, **more}


def sent(provider):
    """The content of the last message that the provider was sent."""
    return provider.bodies()[-1]["messages"][-1]["content"]


def refused(client, *attachments, **more):
    with pytest.raises(RpcError) as e:
        ask(client, *attachments, **more)
    return e.value.error


# -- types


@pytest.mark.parametrize(
    "part, begins",
    [
        (data_of(PNG), {"type": "image_url", "image_url": {"url": "data:image/png;base64,"}}),
        (data_of(PNG, mime="application/octet-stream"), {"type": "image_url", "image_url": {"url": "data:image/png;"}}),
        ({"type": "image", "data": PNG, "mime": "text/plain"}, {"type": "image_url", "image_url": {"url": "data:image/png;"}}),
        (data_of(WAV), {"type": "input_audio", "input_audio": {"format": "wav"}}),
        (data_of(PDF, name="a.pdf"), {"type": "file", "file": {"filename": "a.pdf", "file_data": "data:application/pdf;"}}),
    ],
)
def test_type_is_found(client, provider, part, begins):
    ask(client, part)
    got = sent(provider)[0]
    key = begins["type"]
    assert got["type"] == key
    for field, start in begins[key].items():
        assert got[key][field].startswith(start), got


@pytest.mark.parametrize(
    "name, data, text",
    [
        ("a.c", b"int x;\n", 'File "a.c":\n```\nint x;\n```'),
        ("a.json", b'{"a": 1}', 'File "a.json":\n```\n{"a": 1}\n```'),
        ("a.md", b"```\ncode\n```\n````x\n", 'File "a.md":\n`````\n```\ncode\n```\n````x\n`````'),
        ("u16.txt", "h\u00e9!\n".encode("utf-16"), 'File "u16.txt":\n```\nh\u00e9!\n```'),
        ("bom.txt", b"\xef\xbb\xbfhi", 'File "bom.txt":\n```\nhi\n```'),
        ("latin.txt", "d\u00e9j\u00e0 vu, gar\u00e7on: caf\u00e9\n".encode("latin-1"),
         'File "latin.txt":\n```\nd\u00e9j\u00e0 vu, gar\u00e7on: caf\u00e9\n```'),
        ("d.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>", "File \"d.svg\":\n```\n<svg xmlns='http://www.w3.org/2000/svg'/>\n```"),
    ],
)
def test_text_goes_as_text_that_cannot_leave_its_marks(client, provider, name, data, text):
    ask(client, data_of(data, name=name))
    assert sent(provider)[0] == {"type": "text", "text": text}


@pytest.mark.parametrize(
    "name, said",
    [
        ("/etc/passwd", "passwd"),
        ("../../x", "x"),
        ("a/../../b/c", "b/c"),
        ("src/a.c", "src/a.c"),
        ('a"`\n\x1b[31m.c', "a___[31m.c"),
        ("..", "_"),
        ("//", "_"),
    ],
)
def test_name_tells_nothing_of_where_it_lay(client, provider, name, said):
    ask(client, data_of(b"x", name=name))
    assert sent(provider)[0]["text"].replace("____", "___").startswith(f'File "{said}":\n')


@pytest.mark.parametrize("data, said", [(bytes(range(128, 256)) * 4, "convert it to UTF-8"), (b"\xff\xfe\0\xd8", "UTF-16LE")])
def test_text_that_cannot_be_read_is_refused(client, provider, data, said):
    error = refused(client, data_of(data, mime="text/plain"))
    assert error["code"] == "invalid_request" and said in error["message"]
    assert provider.stats()["requests"] == 0


@pytest.mark.parametrize("size, good", [(32 * MIB, True), (32 * MIB + 1, False)])
def test_attachment_has_a_bound(client, provider, size, good):
    if good:
        assert ask(client, data_of(b"x" * size), model="fake/words-2")["state"] == "done"
        return
    error = refused(client, data_of(b"x" * size))
    assert error["code"] == "too_large" and "may have 32 MiB" in error["message"]
    assert provider.stats()["requests"] == 0


# -- what cannot be taken


@pytest.mark.askd(provider={"dialect": "deepseek"})
def test_what_the_model_cannot_take_is_refused_before_it_is_sent(client, provider):
    error = refused(client, data_of(PNG, name="p.png"))
    assert error["code"] == "invalid_request" and error["param"] == "attachments"
    assert "fake/echo does not take p.png (image/png)" in error["message"]
    assert provider.stats()["requests"] == 0


def test_another_of_the_alias_takes_it(home, provider, start_daemon):
    home.write_config(provider.base_url, provider={"dialect": "deepseek"},
                      extra=f'[alias "any"]\nmodels = fake/echo, sees/echo\n\n[provider "sees"]\napi = openai-chat\n'
                            f"base_url = {provider.base_url}\nkey = k\n")
    client = start_daemon().connect()
    assert ask(client, data_of(PNG), model="any")["provider"] == "sees"


@pytest.mark.askd(provider={"dialect": "groq"})
def test_limit_of_a_provider_is_named(client, provider):
    error = refused(client, *[data_of(png(i + 1)) for i in range(6)])
    assert error["code"] == "too_large" and "6 pictures" in error["message"] and "at most 5" in error["message"]
    assert ask(client, *[data_of(png(i + 1)) for i in range(5)])["state"] == "done"


# -- addresses


@pytest.mark.askd(provider={"dialect": "openai"})
def test_address_goes_to_who_takes_it(client, provider):
    ask(client, url_of("https://example.org/a.png"))
    assert sent(provider)[0] == {"type": "image_url", "image_url": {"url": "https://example.org/a.png"}}


@OPEN
def test_address_is_fetched_for_who_does_not(client, provider, web):
    web.pages["/d/a.png"] = PNG
    ask(client, url_of(web.url("/d/a.png")))
    assert sent(provider)[0]["image_url"]["url"] == "data:image/png;base64," + base64.b64encode(PNG).decode()
    (path, head), = web.heads
    assert path == "/d/a.png" and not {"Authorization", "Cookie", "Referer"} & set(head)


@OPEN
def test_what_is_fetched_is_cached_by_its_content(client, provider, web):
    web.pages["/a"] = web.pages["/b"] = PNG
    first = ask(client, url_of(web.url("/a"), name="x"))
    assert not first["cached"] and ask(client, url_of(web.url("/b"), name="x"))["cached"]
    web.pages["/a"] = png(3)
    assert not ask(client, url_of(web.url("/a"), name="x"))["cached"]


@OPEN
def test_type_that_a_server_tells_is_used(client, provider, web):
    web.pages["/x"], web.types["/x"] = b"a,b\n", "text/csv; charset=utf-8"
    ask(client, url_of(web.url("/x")))
    assert sent(provider)[0]["text"] == 'File "x":\n```\na,b\n```'


@OPEN
def test_gzip_is_unpacked_and_its_bound_is_of_what_comes_out(client, provider, web):
    def packed(data):
        def page(handler):
            body = gzip.compress(data)
            handler.send_response(200)
            handler.send_header("Content-Encoding", "gzip")
            handler.send_header("Content-Length", str(len(body)))
            handler.end_headers()
            handler.wfile.write(body)

        return page

    web.pages["/t"], web.pages["/bomb"] = packed(b"hello"), packed(bytes(33 * MIB))
    ask(client, url_of(web.url("/t")))
    assert "hello" in sent(provider)[0]["text"]
    assert refused(client, url_of(web.url("/bomb")))["code"] == "too_large"


@OPEN
@pytest.mark.parametrize("told", [True, False])
def test_fetched_one_has_a_bound(client, provider, web, told):
    def page(handler):
        handler.send_response(200)
        if told:
            handler.send_header("Content-Length", str(64 * MIB))
        handler.send_header("Connection", "close")
        handler.end_headers()
        try:
            for _ in range(64):
                handler.wfile.write(bytes(MIB))
        except OSError:
            pass  # it was cut off, as it should be

    web.pages["/big"] = page
    error = refused(client, url_of(web.url("/big")))
    assert error["code"] == "too_large" and error["param"] == "attachments"
    assert provider.stats()["requests"] == 0


@OPEN
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_followed(client, provider, web, status):
    web.redirect("/a", "/b/c", status)
    web.redirect("/b/c", "d.png")
    web.pages["/b/d.png"] = PNG
    ask(client, url_of(web.url("/a")))
    assert sent(provider)[0]["type"] == "image_url"


@OPEN
def test_redirects_have_a_bound(client, web):
    for i in range(7):
        web.redirect(f"/{i}", f"/{i + 1}")
    web.pages["/5"] = web.pages["/6"] = b"x"
    assert ask(client, url_of(web.url("/0")))["state"] == "done"
    web.redirect("/5", "/6")
    assert "more than 5 times" in refused(client, url_of(web.url("/0")))["message"]


@OPEN
@pytest.mark.parametrize("to", ["file:///etc/passwd", "ftp://127.0.0.1/x", "gopher://127.0.0.1/", "http://u:p@127.0.0.1/"])
def test_redirect_to_what_is_not_asked(client, provider, web, to):
    web.redirect("/a", to)
    assert refused(client, url_of(web.url("/a")))["code"] in ("permission_denied", "invalid_request", "bad_response")
    assert provider.stats()["requests"] == 0


@OPEN
@pytest.mark.parametrize("path, code", [("/none", "not_found"), ("/empty", "invalid_request")])
def test_nothing_there(client, web, path, code):
    web.pages["/empty"] = b""
    assert refused(client, url_of(web.url(path)))["code"] == code


@pytest.mark.askd(daemon={"allow_private_urls": "yes", "max_answers": "2"}, provider={"dialect": "llama.cpp"})
def test_questions_that_wait_for_what_they_bring_along_count(daemon, client, web):
    """Whichever connection they came on: the address is slow, and each holds what it has."""
    release = threading.Event()
    web.pages["/slow"] = lambda handler: release.wait()
    waiting = [daemon.connect() for _ in range(2)]
    for c in waiting:
        c.request("chat", {"prompt": "x", "attachments": [url_of(web.url("/slow")), data_of(PNG)]})
    wait_until(lambda: len(web.heads) == 2, "both are fetched")
    for attachments in ([url_of(web.url("/slow"))], [data_of(PNG)], []):
        error = refused(client, *attachments)
        assert error["code"] == "overloaded" and "max_answers" in error["message"]
    waiting[0].close()
    wait_until(lambda: client.call("status")["answers"] == 1, "its place is free")
    assert ask(client, data_of(PNG))["text"]
    release.set()


@pytest.mark.askd(daemon={"max_answers": "2"}, provider={"dialect": "llama.cpp"})
def test_one_that_reads_what_another_asked_for_counts_no_longer(daemon, client):
    same = [daemon.connect() for _ in range(2)]
    ids = []
    for c in same:
        ids.append(c.request("chat", {"prompt": "x", "model": "fake/slow-20-50", "attachments": [data_of(PNG)], "stream": True}))
        c.wait_for(lambda m: is_event(m) and m[2][2]["type"] == "text")
    assert ask(client, data_of(WAV), model="fake/words-2")["text"]
    assert {c.result(id)["shared"] for c, id in zip(same, ids)} == {False, True}


@OPEN
def test_slow_one_ends_with_the_question(client, web):
    release = threading.Event()
    web.pages["/slow"] = lambda handler: release.wait()
    error = refused(client, url_of(web.url("/slow")), timeout=0.3)
    release.set()
    assert error["code"] == "timeout"


PRIVATE = [
    "127.0.0.1", "localhost", "127.1", "2130706433", "0x7f.0.0.1", "0177.0.0.1", "0.0.0.0", "0", "[::1]", "[::]",
    "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[64:ff9b::7f00:1]", "169.254.169.254", "10.0.0.1", "172.16.0.1",
    "192.168.0.1", "100.64.0.1", "[fe80::1]", "[fd00::1]", "224.0.0.1", "localhost.", "LOCALHOST",
]


@CLOSED
@pytest.mark.parametrize("host", PRIVATE)
def test_private_address_is_not_asked(client, provider, web, host):
    web.pages["/x"] = b"secret"
    error = refused(client, url_of(web.url("/x", host)))
    assert error["code"] in ("permission_denied", "unavailable", "invalid_request"), error
    assert host not in ("127.0.0.1", "localhost", "127.1", "[::1]") or "no public address" in error["message"]
    assert web.heads == [] and provider.stats()["requests"] == 0


@CLOSED
def test_name_that_leads_to_this_machine_is_not_asked(client, web):
    name = socket.gethostname()
    error = refused(client, url_of(web.url("/x", name)))
    assert error["code"] in ("permission_denied", "unavailable") and web.heads == []


@CLOSED
def test_proxy_of_the_environment_is_not_asked(home, provider, start_daemon, web):
    home.write_config(provider.base_url, provider={"dialect": "llama.cpp"})
    client = start_daemon(env={"http_proxy": web.url(""), "no_proxy": "127.0.0.1"}).connect()
    assert refused(client, url_of("http://192.0.2.1/x"))["code"] == "permission_denied" and web.heads == []


def test_other_schemes_are_not_asked(client, provider):
    for url in ("file:///etc/passwd", "ftp://example.org/x", "data:text/plain,x", "/etc/passwd", "http://u:p@192.0.2.1/"):
        assert refused(client, url_of(url))["code"] in ("permission_denied", "invalid_request"), url
    assert provider.stats()["requests"] == 0


# -- questions that are not asked


@pytest.mark.parametrize("part", [data_of(PNG, name="/tmp/a.png"), data_of("grüße".encode("latin-1"), name="a.txt")])
def test_what_is_looked_up_is_what_would_be_sent(client, provider, part):
    question = {"prompt": "what?", "attachments": [part], "conversation": "new"}
    before = client.call("cache.lookup", question)
    assert not before["hit"] and not client.call("answer.estimate", question)["cached"]
    first = client.call("chat", question)
    after = client.call("cache.lookup", question)
    assert after["hit"] and before["key"] == after["key"] == first["key"]
    assert client.call("answer.estimate", question)["cached"]
    more = {**question, "conversation": first["conversation"]}
    before = client.call("cache.lookup", more)
    assert not before["hit"] and client.call("chat", more)["key"] == before["key"]
    assert provider.stats()["requests"] == 2


@pytest.mark.askd(provider={"dialect": "deepseek"})
@pytest.mark.parametrize("method", ["cache.lookup", "answer.estimate"])
def test_what_could_not_be_asked_is_refused_there_too(client, method):
    with pytest.raises(RpcError) as e:
        client.call(method, {"prompt": "what?", "attachments": [data_of(PNG, name="p.png")]})
    assert e.value.error["code"] == "invalid_request" and "does not take p.png" in e.value.error["message"]


@OPEN
@pytest.mark.parametrize("path", ["/a.png", "/a"])
def test_nothing_is_fetched_to_look_it_up(client, provider, web, path):
    web.pages[path] = PNG
    question = {"prompt": "what?", "attachments": [url_of(web.url(path))]}
    assert client.call("cache.lookup", question) == {"hit": False}
    assert not client.call("answer.estimate", question)["cached"] and web.heads == []
    assert client.call("chat", question)["state"] == "done"


def test_daemon_ends_while_one_is_looked_at(home, provider, start_daemon):
    home.write_config(provider.base_url, daemon={"drain_timeout": "1 ms"})
    daemon = start_daemon()
    client = daemon.connect()
    large = data_of(("grüße " * (3 * MIB)).encode("latin-1"))
    client.request("answer.estimate", {"prompt": "x", "attachments": [large]})
    asked = client.request("chat", {"prompt": "x", "attachments": [large]})
    client.call("status")  # they are there
    daemon.signal(signal.SIGTERM)
    error = client.response(asked)[0]
    assert error is None or error["code"] == "interrupted"  # a fast machine has looked at it by then
    assert daemon.wait() == 0


# -- in conversations


def test_conversation_gives_it_back_and_sends_it_again(client, provider):
    first = ask(client, data_of(PNG, name="p.png"), conversation="new")
    got = client.call("conversation.get", {"conversation": first["conversation"]})["messages"]
    assert got[0]["content"][0] == {"type": "image", "mime": "image/png", "name": "p.png", "data": PNG}
    client.call("chat", {"prompt": "and?", "conversation": first["conversation"]})
    assert provider.bodies()[-1]["messages"][0]["content"][0]["type"] == "image_url"


def test_question_that_is_cancelled_while_it_is_fetched(home, provider, start_daemon, web):
    home.write_config(provider.base_url, daemon={"allow_private_urls": "yes"}, provider={"dialect": "llama.cpp"})
    client = start_daemon().connect()
    there, release = threading.Event(), threading.Event()
    web.pages["/slow"] = lambda handler: (there.set(), release.wait())
    id = client.request("chat", {"prompt": "x", "attachments": [url_of(web.url("/slow"))]})
    assert there.wait(10)
    running = client.call("answer.list", {"state": "running"})
    client.call("answer.cancel", {"answer": running[0]["answer"]})
    release.set()
    with pytest.raises(RpcError) as e:
        client.result(id)
    assert e.value.error["code"] == "cancelled"


def test_nobody_waits_for_one_that_is_fetched(home, provider, start_daemon, web):
    home.write_config(provider.base_url, daemon={"allow_private_urls": "yes"}, provider={"dialect": "llama.cpp"})
    daemon = start_daemon()
    client, other = daemon.connect(), daemon.connect()
    there, gone = threading.Event(), threading.Event()

    def hold(handler):
        there.set()
        gone.set() if handler.rfile.read(1) == b"" else None

    web.pages["/slow"] = hold
    client.request("chat", {"prompt": "x", "attachments": [url_of(web.url("/slow"))]})
    assert there.wait(10)
    client.close()
    assert gone.wait(10)
    assert other.call("answer.list", {"state": "running"}) == [] and provider.stats()["requests"] == 0


def size_of(home):
    return sum(f.stat().st_size for f in home.state.rglob("askd.db*"))


def test_file_is_stored_once_for_all_conversations(home, client):
    part = data_of(random.Random(1).randbytes(MIB), name="x.bin")
    said = [ask(client, part, conversation="new", model="fake/words-2")["conversation"] for _ in range(10)]
    assert MIB < size_of(home) < 3 * MIB
    first = client.call("conversation.get", {"conversation": said[0]})["messages"][0]
    assert first["content"][0]["data"] == part["data"]
    fork = client.call("conversation.fork", {"conversation": said[0], "message": first["id"]})["conversation"]
    for c in said:
        client.call("conversation.delete", {"conversation": c})
    copy = client.call("conversation.get", {"conversation": fork})["messages"][0]
    assert copy["content"] == first["content"] and size_of(home) < 3 * MIB


def test_conversation_that_was_brought_along_is_looked_at(client, provider):
    parts = [data_of("grüße".encode("latin-1"), name="/etc/a.txt"), data_of(PNG), {"type": "text", "text": "what?"}]
    said = [{"role": "user", "content": parts}, {"role": "assistant", "content": "that"}]
    made = client.call("conversation.create", {"messages": said})["conversation"]
    question = {"prompt": "and?", "conversation": made}
    before = client.call("cache.lookup", question)
    assert client.call("chat", question)["key"] == before["key"]
    text, picture, _ = provider.bodies()[-1]["messages"][0]["content"]
    assert text["text"] == 'File "a.txt":\n```\ngrüße\n```'
    assert picture["image_url"]["url"].startswith("data:image/png;base64,")


def kept(home):
    """In how many messages each attachment stands."""
    with contextlib.closing(sqlite3.connect(f"file:{home.state}/askd/askd.db?mode=ro", uri=True)) as db:
        db.execute("BEGIN")
        counted = db.execute("SELECT refs FROM attachment ORDER BY num").fetchall()
        rows = db.execute("SELECT count(*) FROM attached").fetchone()[0]
        data = db.execute("SELECT count(*) FROM attachment_data").fetchone()[0]
    assert sum(n for (n,) in counted) == rows and len(counted) == data
    return [n for (n,) in counted]


def said_with(*parts):
    return [{"role": "user", "content": [*parts, {"type": "text", "text": "what?"}]}, {"role": "assistant", "content": "that"}]


TEXT = data_of("grüße".encode("latin-1"), name="/etc/a.txt")
SETTLED = [{"type": "file", "mime": "text/plain", "name": "a.txt", "data": "grüße".encode()},
           {"type": "image", "mime": "image/png", "data": PNG}]


def test_a_conversation_that_is_made_is_kept_as_one_that_is_asked(home, client):
    for _ in range(2):
        made = client.call("conversation.create", {"messages": said_with(TEXT, data_of(PNG))})["conversation"]
        assert client.call("conversation.get", {"conversation": made})["messages"][0]["content"][:2] == SETTLED
    assert kept(home) == [2, 2]


@pytest.mark.parametrize("part, code", [(data_of(bytes(33 * MIB)), "too_large")])
def test_a_conversation_is_not_made_of_what_is_refused(client, part, code):
    with pytest.raises(RpcError) as e:
        client.call("conversation.create", {"messages": said_with(part)})
    assert e.value.code == code and client.call("conversation.list") == []


def test_a_hang_up_while_a_conversation_is_made(daemon, client):
    gone = daemon.connect()
    gone.request("conversation.create", {"messages": said_with(data_of(random.Random(1).randbytes(30 * MIB)))})
    gone.close()
    made = client.call("conversation.create", {"messages": said_with(TEXT)})["conversation"]
    assert made in [c["conversation"] for c in client.call("conversation.list")]


def test_a_conversation_that_is_imported_is_kept_likewise(home, client):
    made = client.call("conversation.create", {"messages": said_with({"type": "text", "text": "look:"})})["conversation"]
    page = json.loads(client.call("conversation.export", {"conversation": made, "format": "json"})["data"])
    in_json = lambda data: {"$bin": base64.b64encode(data).decode()}
    page["messages"][0]["content"][:1] = [data_of(in_json(TEXT["data"]), name="/etc/a.txt"), data_of(in_json(PNG))]
    for name in "ab":
        page["conversation"] = f"01890000-0000-7000-8000-00000000000{name}"
        (brought,) = client.call("conversation.import", {"format": "json", "data": json.dumps(page)})["conversations"]
        assert client.call("conversation.get", {"conversation": brought})["messages"][0]["content"][:2] == SETTLED
    assert kept(home) == [2, 2]


def test_data_leaves_with_the_last_message_that_has_it(home, client, restart):
    one, two = (data_of(text * 1000, name="x.bin") for text in (b"\x00a", b"\x00b"))
    said = [ask(client, part, conversation="new", model="fake/words-2")["conversation"] for part in (one, one, two)]
    first = client.call("conversation.get", {"conversation": said[0]})["messages"][0]
    fork = client.call("conversation.fork", {"conversation": said[0], "message": first["id"]})["conversation"]
    assert kept(home) == [3, 1]
    for c in (said[0], said[2]):
        client.call("conversation.delete", {"conversation": c, "purge": True})
    client = restart()  # what is to leave leaves at the start
    wait_until(lambda: kept(home) == [2], "what nobody has any more has left")
    for c in (said[1], fork):
        (content, *_) = client.call("conversation.get", {"conversation": c})["messages"][0]["content"]
        assert content["data"] == one["data"]


@OPEN
def test_fetched_one_is_remembered_with_its_data(client, provider, web):
    web.pages["/a"] = PNG
    said = ask(client, url_of(web.url("/a")), conversation="new")["conversation"]
    web.pages.clear()
    client.call("chat", {"prompt": "and?", "conversation": said})
    assert provider.bodies()[-1]["messages"][0]["content"][0]["type"] == "image_url"
