"""embed: texts to vectors in every API's form, with the retries, aliases and bounds of a question."""

import base64
import json
import random
import select
import socket
import struct
import time

import pytest

from client import failure
from conftest import KEY, wait_until
from list_server import HELD, ListServer, Reply

TEXTS = ["one", "two ä", "three"]
VECTORS = [[0.5, -1, 2e-3], [1, 0, 0], [-0.25, 3, 1e10]]
OPENAI = "/fake/embeddings"


def openai(vectors, order=None, **more):
    data = [{"object": "embedding", "index": i, "embedding": v} for i, v in enumerate(vectors)]
    return {"object": "list", "data": [data[i] for i in order or range(len(data))], **more}


def packed(vector, form="f"):
    return base64.b64encode(struct.pack(f"<{len(vector)}{form}", *vector)).decode()


@pytest.fixture
def server():
    s = ListServer()
    yield s
    s.stop()


@pytest.fixture
def start(home, server, start_daemon):
    """start({section: {key: value}}, daemon={}, aliases={}) -> the daemon"""

    def started(sections=None, daemon=None, aliases=None):
        lines = ["[daemon]", *(f"{k} = {v}" for k, v in {"drain_timeout": 2, **(daemon or {})}.items())]
        for name, keys in (sections or {"fake": {}}).items():
            lines += [f'[provider "{name}"]', f"base_url = {server.url('/' + name)}", "retries = 1"]
            lines += [f"{k} = {v}" for k, v in keys.items()]
        for name, models in (aliases or {}).items():
            lines += [f'[alias "{name}"]', f"models = {models}"]
        home.config.write_text("\n".join([*lines, ""]))
        home.config.chmod(0o600)
        return start_daemon()

    return started


def embed(client, model="fake/m", texts=TEXTS, **params):
    return client.call("embed", {"model": model, "input": texts, **params})


def fails(client, model="fake/m", texts=TEXTS, **params):
    return failure(client, "embed", {"model": model, "input": texts, **params})


# -- each one's form


def test_the_form_of_openai(start, server):
    server.replies[OPENAI] = openai(VECTORS, usage={"prompt_tokens": 7, "total_tokens": 7})
    reply = embed(start({"fake": {"key": KEY}}).connect())
    assert reply == {
        "vectors": VECTORS,
        "usage": {"input_tokens": 7, "estimated": False},
        "cached": 0,
        "model": "m",
        "provider": "fake",
    }
    (asked,) = server.asked
    assert asked.body == {"model": "m", "input": TEXTS, "encoding_format": "float"}
    assert asked.headers["authorization"] == f"Bearer {KEY}"


@pytest.mark.parametrize("order", [[2, 1, 0], [1, 2, 0]], ids=str)
def test_they_come_in_the_order_of_the_texts(start, server, order):
    server.replies[OPENAI] = openai(VECTORS, order)
    assert embed(start().connect())["vectors"] == VECTORS


def test_vectors_in_base64(start, server):
    server.replies[OPENAI] = openai([packed(v) for v in VECTORS])
    expected = [list(struct.unpack("<3f", struct.pack("<3f", *v))) for v in VECTORS]
    assert embed(start().connect())["vectors"] == expected


def test_perplexity_s_are_of_bytes(start, server):
    server.replies["/fake/v1/embeddings"] = openai([packed([1, -128, 127], "b")])
    assert embed(start({"fake": {"dialect": "perplexity"}}).connect(), texts=["x"])["vectors"] == [[1, -128, 127]]


def test_the_form_of_gemini(start, server):
    path = "/fake/v1beta/models/g-1:batchEmbedContents"
    server.replies[path] = {"embeddings": [{"values": v} for v in VECTORS], "usageMetadata": {"promptTokenCount": 9}}
    reply = embed(start({"fake": {"api": "gemini", "key": KEY}}).connect(), "fake/g-1")
    assert reply["vectors"] == VECTORS and reply["usage"]["input_tokens"] == 9
    assert server.asked[0].body["requests"][1] == {"model": "models/g-1", "content": {"parts": [{"text": TEXTS[1]}]}}
    assert server.asked[0].headers["x-goog-api-key"] == KEY


def test_the_form_of_ollama(start, server):
    server.replies["/fake/api/embed"] = {"model": "m", "embeddings": VECTORS, "prompt_eval_count": 5}
    reply = embed(start({"fake": {"api": "ollama"}}).connect())
    assert reply["vectors"] == VECTORS and reply["usage"]["input_tokens"] == 5
    assert server.asked[0].body == {"model": "m", "input": TEXTS}


def test_the_form_of_cohere(start, server):
    billed = {"billed_units": {"input_tokens": 4}}
    server.replies["/fake/v2/embed"] = {"id": "1", "embeddings": {"float": VECTORS}, "texts": TEXTS, "meta": billed}
    reply = embed(start({"fake": {"api": "cohere", "key": KEY}}).connect())
    assert reply["vectors"] == VECTORS and reply["usage"]["input_tokens"] == 4
    assert server.asked[0].body["texts"] == TEXTS


def test_an_api_without_vectors(start, server):
    error = fails(start({"fake": {"api": "anthropic", "key": KEY}}).connect())
    assert error["code"] == "invalid_request" and "anthropic has no embeddings" in error["message"]
    assert server.asked == []


# -- which texts


@pytest.mark.parametrize("texts", [[""], ["x" * 100000], ["a\0b"], ["\N{PILE OF POO}\n\u202e"], ["x"] * 2000], ids=lambda t: repr(t)[:20])
def test_texts_of_any_kind(start, server, texts):
    server.replies[OPENAI] = lambda asked: openai([[len(t)] for t in asked.body["input"]])
    assert embed(start().connect(), texts=texts)["vectors"] == [[len(t)] for t in texts]
    assert server.asked[0].body["input"] == texts


@pytest.mark.parametrize(
    "params, param",
    [
        ({"input": []}, "input"),
        ({"input": "x"}, "input"),
        ({"input": ["x", 3]}, "input"),
        ({"input": {}}, "input"),
        ({"input": ["x"], "model": 3}, "model"),
        ({"input": ["x"], "timeout": 0}, "timeout"),
        ({"input": ["x"], "timeout": "soon"}, "timeout"),
        ({}, "input"),
    ],
    ids=str,
)
def test_bad_parameters(start, server, params, param):
    error = failure(start().connect(), "embed", {"model": "fake/m", **params})
    assert (error["code"], error["param"]) == ("invalid_request", param) and server.asked == []


def test_a_model_that_is_not_there(start):
    client = start().connect()
    assert fails(client, "nothing")["code"] == fails(client, "nobody/m")["code"] == "not_found"


# -- again, and somebody else


def test_again_where_it_is_overloaded(start, server):
    replies = [Reply(503, {"error": {"message": "later"}}, {"retry-after": "0"}), openai(VECTORS)]
    server.replies[OPENAI] = lambda _: replies.pop(0)
    assert embed(start().connect())["vectors"] == VECTORS and len(server.asked) == 2


def test_not_more_often_than_retries(start, server):
    server.replies[OPENAI] = Reply(503, {"error": {"message": "later"}}, {"retry-after": "0"})
    error = fails(start().connect())
    assert (error["code"], error["status"], len(server.asked)) == ("overloaded", 503, 2)


@pytest.mark.parametrize(
    "reply", [Reply(401, {"error": {"message": "no"}}), Reply(404, {}), Reply(503, {}, {"retry-after": "0"})], ids=str
)
def test_the_next_of_an_alias(start, server, reply):
    server.replies.update({"/bad/embeddings": reply, OPENAI: openai(VECTORS)})
    reply = embed(start({"bad": {"key": KEY}, "fake": {}}, aliases={"both": "bad/a, fake/b"}).connect(), "both")
    assert (reply["provider"], reply["model"], reply["vectors"]) == ("fake", "b", VECTORS)


def test_an_alias_of_which_all_fail(start, server):
    daemon = start({"bad": {}, "fake": {}}, aliases={"both": "bad/a, fake/b"})
    server.replies.update({"/bad/embeddings": Reply(404, {}), OPENAI: Reply(402, {})})
    assert fails(daemon.connect(), "both")["code"] == "budget_exceeded" and len(server.asked) == 2


# -- what goes wrong


@pytest.mark.parametrize(
    "reply, code",
    [
        (Reply(400, {"error": {"message": "bad"}}), "invalid_request"),
        (Reply(404, {}), "not_found"),
        (Reply(413, {}), "too_large"),
        (Reply(302, {}, {"location": "/elsewhere"}), "bad_response"),
        ({"error": {"message": "no", "code": 404}}, "not_found"),
        (b"<html>", "bad_response"),
        (b"", "bad_response"),
        ({}, "bad_response"),
        ({"data": []}, "bad_response"),
        (openai(VECTORS[:2]), "bad_response"),
        (openai(VECTORS + VECTORS[:1]), "bad_response"),
        (openai([[1, 2], [1], [1, 2]]), "bad_response"),
        (openai([[], [], []]), "bad_response"),
        (openai([[1, "x"], [1, 2], [1, 2]]), "bad_response"),
        (openai(["no base64!", "", ""]), "bad_response"),
        (openai([packed([float("nan")])] * 3), "bad_response"),
        ({"data": [{"index": 0, "embedding": [1]}] * 3}, "bad_response"),
        ({"data": [{"index": 3, "embedding": [1]}] * 3}, "bad_response"),
    ],
    ids=lambda v: str(v)[:60],
)
def test_what_is_wrong_is_told(start, server, reply, code):
    server.replies[OPENAI] = Reply(200, reply) if isinstance(reply, bytes) else reply
    client = start().connect()
    error = fails(client)
    assert (error["code"], error["provider"], error["model"]) == (code, "fake", "m")
    server.replies[OPENAI] = openai(VECTORS)
    assert embed(client)["vectors"] == VECTORS


def test_a_key_that_is_refused_is_told_with_its_source(start, server):
    server.replies[OPENAI] = Reply(401, {"error": {"message": "bad key"}})
    error = fails(start({"fake": {"key": KEY}}).connect())
    assert error["code"] == "unauthenticated" and KEY not in error["message"]
    assert "bad key (key from configuration)" in error["message"]


def test_a_response_that_is_too_large(start, server):
    server.replies[OPENAI] = Reply(200, b" " * ((64 << 20) + 1))
    error = fails(start().connect())
    assert error["code"] == "too_large" and "67108864 bytes of vectors" in error["message"]


def test_vectors_that_are_too_many_together(start, server):
    """A short answer could take gigabytes: the first vector's length times the number of texts."""
    n = 60000
    server.replies[OPENAI] = openai([[0] * 65536] + [[]] * (n - 1))
    daemon = start()
    error = fails(daemon.connect(), texts=[""] * n)
    assert error["code"] == "too_large" and "ask for fewer texts" in error["message"]


# -- time, and ends


def test_the_time_that_it_has(start, server):
    server.replies[OPENAI] = HELD
    begun = time.monotonic()
    error = fails(start().connect(), timeout=0.3)
    assert error["code"] == "timeout" and "0.3 s" in error["message"] and time.monotonic() - begun < 10
    server.wait_gone()


@pytest.mark.parametrize("how", ["close", "half-close"])
def test_a_hang_up_cancels_it(start, server, how):
    server.replies[OPENAI] = HELD
    daemon = start()
    client, other = daemon.connect(), daemon.connect()
    client.request("embed", {"model": "fake/m", "input": TEXTS})
    wait_until(lambda: server.asked, "it is asked for")
    if how == "close":
        client.close()
    else:
        client.sock.shutdown(socket.SHUT_WR)
    server.wait_gone()
    wait_until(lambda: other.call("status")["http"]["active"] == 0, "nothing is under way")


def test_the_end_of_the_daemon_interrupts_it(start, server):
    server.replies[OPENAI] = HELD
    client = start(daemon={"drain_timeout": "300 ms"}).connect()
    msgid = client.request("embed", {"model": "fake/m", "input": TEXTS})
    wait_until(lambda: server.asked, "it is asked for")
    client.notify("shutdown")
    assert fails(client)["code"] == "overloaded"
    assert client.response(msgid)[0]["code"] == "interrupted"
    server.wait_gone()


# -- much


def test_a_thousand_vectors(start, server):
    rng = random.Random(1)
    vectors = [[rng.uniform(-0.1, 0.1) for _ in range(1536)] for _ in range(1000)]
    server.replies[OPENAI] = openai(vectors)
    client = start().connect()
    begun = time.monotonic()
    assert embed(client, texts=["text"] * 1000)["vectors"] == vectors
    assert time.monotonic() - begun < 20


def test_others_are_served_while_many_vectors_are_read(start, server):
    """To read 60 MB of JSON takes a second or more, most of which one wait would be if the loop did it."""
    n = 2000
    vector = json.dumps({"embedding": [0.01234567890123456] * 1536}).encode()
    server.replies[OPENAI] = Reply(200, b'{"data": [' + b", ".join([vector] * n) + b"]}")
    daemon = start()
    client, other = daemon.connect(), daemon.connect()
    client.request("embed", {"model": "fake/m", "input": ["text"] * n})
    waits = []
    while not select.select([client.sock], [], [], 0)[0]:
        begun = time.monotonic()
        other.call("status")
        waits.append(time.monotonic() - begun)
    assert max(waits) < sum(waits) / 2


def test_those_who_do_not_read_are_told_so(start, server):
    """What one asks for beyond what its connection may hold is refused; others are served on."""
    server.replies[OPENAI] = openai([[0.5] * 50000] * 3)
    daemon = start(daemon={"max_output": "4M"})
    client, other = daemon.connect(receive_buffer=4096), daemon.connect()
    for _ in range(8):
        client.request("embed", {"model": "fake/m", "input": TEXTS})
    wait_until(lambda: len(server.asked) == 8, "all are asked for")
    wait_until(lambda: other.call("status")["http"]["active"] == 0, "all have been answered")
    assert other.call("status")["pid"] == daemon.pid
    codes = [error["code"] if error else None for error, _ in map(client.response, range(1, 9))]
    assert set(codes) == {None, "overloaded"} and codes.count(None) >= 2
    assert len(embed(client)["vectors"]) == 3


def test_many_at_once(start, server):
    server.replies[OPENAI] = lambda asked: openai([[int(t)] for t in asked.body["input"]])
    client = start().connect()
    ids = [client.request("embed", {"model": "fake/m", "input": [str(i), "7"]}) for i in range(200)]
    assert [client.result(i)["vectors"] for i in ids] == [[[i], [7]] for i in range(200)]
