"""Vectors in the cache: each text by itself, the missing ones asked for at once, and never those of two models mixed."""

import pytest

from client import failure
from helpers_cache import figures
from list_server import ListServer, Reply

TEXTS = ["one", "two", "three"]


def vector_of(text, model="m"):
    return [float(len(text)), float(sum(map(ord, text))), 0.1 * len(model)]


def vectors_by(make=vector_of, **more):
    """The form of OpenAI; make(text, model): the vector."""

    def reply(asked):
        made = [make(t, asked.body["model"]) for t in asked.body["input"]]
        data = [{"object": "embedding", "index": i, "embedding": v} for i, v in enumerate(made)]
        return {"object": "list", "data": data, "usage": {"prompt_tokens": len(made), "total_tokens": len(made)}, **more}

    return reply


@pytest.fixture
def server():
    s = ListServer({f"/{name}/embeddings": vectors_by() for name in ("fake", "other")})
    yield s
    s.stop()


@pytest.fixture
def daemon(home, server, start_daemon):
    text = "[daemon]\ndrain_timeout = 2\n"
    for name in ("fake", "other"):
        text += f'[provider "{name}"]\nbase_url = {server.url("/" + name)}\nretries = 0\n'
    text += '[alias "both"]\nmodels = fake/a, other/b\n'
    home.config.write_text(text)
    home.config.chmod(0o600)
    return start_daemon()


@pytest.fixture
def client(daemon):
    return daemon.connect()


def embed(client, *texts, model="fake/m"):
    return client.call("embed", {"model": model, "input": list(texts)})


def inputs(server):
    return [a.body["input"] for a in server.asked]


def test_the_same_again_asks_nobody(client, server):
    first, second = embed(client, *TEXTS), embed(client, *TEXTS)
    assert first["vectors"] == second["vectors"] == [vector_of(t) for t in TEXTS]
    assert (first["cached"], second["cached"]) == (0, 3) and inputs(server) == [TEXTS]
    assert first["usage"]["input_tokens"] == 3 and second["usage"]["input_tokens"] == 0
    assert (second["provider"], second["model"]) == ("fake", "m")
    assert figures(client) == (3, 3, 0)


def test_only_the_missing_are_asked_for(client, server):
    embed(client, "two", "four")
    reply = embed(client, "one", "two", "three", "four", "five")
    assert reply["vectors"] == [vector_of(t) for t in ("one", "two", "three", "four", "five")]
    assert reply["cached"] == 2 and reply["usage"]["input_tokens"] == 3
    assert inputs(server) == [["two", "four"], ["one", "three", "five"]]


@pytest.mark.parametrize("texts", [["b", "a", "c"], ["new", "c", "new2", "a"], ["a", "a", "new", "a"], ["c", "b", "a"]], ids=str)
def test_in_any_order(client, server, texts):
    embed(client, "a", "b", "c")
    assert embed(client, *texts)["vectors"] == [vector_of(t) for t in texts]


def test_many_from_disk(client, server, daemon, start_daemon):
    """More than are looked for at once, some of them there."""
    texts = [f"t{i}" for i in range(1600)]
    known = texts[:700] + texts[900::3]
    embed(client, *known)
    client.call("shutdown")
    daemon.wait()
    again = start_daemon().connect()
    reply = embed(again, *texts)
    assert reply["vectors"] == [vector_of(t) for t in texts] and reply["cached"] == len(known)
    assert inputs(server)[1:] == [[t for t in texts if t not in known]]


def test_numbers_are_kept_to_the_last_bit(client, server):
    odd = [0.1, -1e-300, 1.7976931348623157e308, 2**53 + 1.0, -0.0, 5e-324]
    server.replies["/fake/embeddings"] = vectors_by(lambda text, model: odd)
    first, second = embed(client, "x"), embed(client, "x")
    assert second["cached"] == 1
    assert [v.hex() for v in map(float, second["vectors"][0])] == [v.hex() for v in map(float, first["vectors"][0])]


def test_another_model_or_provider_is_another_vector(client, server):
    embed(client, "x")
    for model in ("fake/n", "other/m"):
        assert embed(client, "x", model=model)["cached"] == 0
    assert len(server.asked) == 3


def test_an_answer_is_no_vector(client, server):
    """The key of a text is none of a question's, and cache.lookup tells of answers alone."""
    embed(client, "hello")
    (item,) = client.call("cache.list")["items"]
    assert item["kind"] == "vector" and "answer" not in item
    error = failure(client, "cache.lookup", {"key": item["key"]})
    assert error["code"] == "not_found" and error["message"].startswith("no answer is kept under this key")
    assert client.call("cache.lookup", {"model": "fake/m", "prompt": "hello"})["hit"] is False


def test_failures_are_not_kept(client, server):
    server.replies["/fake/embeddings"] = Reply(500, {"error": {"message": "no"}})
    failure(client, "embed", {"model": "fake/m", "input": ["x"]})
    server.replies["/fake/embeddings"] = vectors_by()
    assert embed(client, "x")["cached"] == 0 and embed(client, "x")["cached"] == 1


# -- an alias


def test_what_the_second_made_is_its_own(client, server):
    server.replies["/fake/embeddings"] = Reply(404, {})
    first = embed(client, "x", model="both")
    assert (first["provider"], first["vectors"]) == ("other", [vector_of("x", "b")])
    assert embed(client, "x", model="other/b")["cached"] == 1
    server.replies["/fake/embeddings"] = vectors_by()
    again = embed(client, "x", model="both")
    assert (again["provider"], again["cached"]) == ("fake", 0), "by the first of an alias alone"


def test_two_models_are_never_mixed(client, server):
    """Some are cached of the first, which fails for the rest: all are asked of the second."""
    server.replies["/other/embeddings"] = vectors_by(lambda text, model: [-float(len(text)), 0.0, 0.0])
    embed(client, "one", "two", model="both")
    server.replies["/fake/embeddings"] = Reply(404, {})
    reply = embed(client, "three", "one", "four", "two", model="both")
    assert reply["provider"] == "other" and reply["cached"] == 0
    assert [v[0] for v in reply["vectors"]] == [-5.0, -3.0, -4.0, -3.0]
    assert inputs(server)[-1] == ["three", "one", "four", "two"]
    assert reply["usage"]["input_tokens"] == 4


def test_vectors_of_another_length_are_not_mixed(client, server):
    """A model that was changed behind its name: what is cached is of no use beside what it makes now."""
    embed(client, "one")
    server.replies["/fake/embeddings"] = vectors_by(lambda text, model: [1.0, 2.0])
    reply = embed(client, "two", "one")
    assert reply["vectors"] == [[1.0, 2.0]] * 2 and reply["cached"] == 0
    assert inputs(server) == [["one"], ["two"], ["two", "one"]]
    assert embed(client, "one", "two")["vectors"] == [[1.0, 2.0]] * 2 and len(server.asked) == 3


def test_known_vectors_are_bounded_in_bytes(home, start_daemon):
    """One text that is known, asked for as often as a message holds it, is not a way to take all memory."""
    server = ListServer({"/fake/embeddings": vectors_by(lambda text, model: [0.5] * 1024)})
    home.config.write_text(f'[provider "fake"]\nbase_url = {server.url("/fake")}\n')
    home.config.chmod(0o600)
    client = start_daemon().connect()
    embed(client, "x")
    error = failure(client, "embed", {"model": "fake/m", "input": ["x"] * 40000})
    assert error["code"] == "too_large" and "fewer texts" in error["message"]
    assert embed(client, "x")["cached"] == 1
    server.stop()
