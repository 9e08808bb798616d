"""models.refresh: what the providers' own lists tell, in every API's form, kept over restarts.

OpenRouter's list needs no key, so a refresh of all asks it anyway: every daemon here has a section of that name whose
address is the test's own.
"""

import json
import stat
import threading
import time

import pytest

from client import failure
from conftest import KEY, PATIENCE, wait_until
from list_server import HELD, ListServer, Reply

LIST_MODELS_MAX = 4096  # daemon/catalog/lists.h
PAGES_MAX = 64  # daemon/engine/refresh.c


def ids(*names):
    return {"data": [{"id": n} for n in names]}


OPENROUTER = {
    "data": [
        {
            "id": "maker/plain",
            "name": "Maker: Plain",
            "context_length": 131072,
            "architecture": {"input_modalities": ["text", "image"], "output_modalities": ["text"]},
            "pricing": {"prompt": "0.00000125", "completion": "0.00001", "input_cache_read": "0.000000125", "request": "0"},
            "top_provider": {"max_completion_tokens": 8192},
            "supported_parameters": ["tools", "reasoning"],
        },
        {
            "id": "maker/long",
            "pricing": {
                "prompt": "0.000001",
                "completion": "0.000002",
                "overrides": [{"min_prompt_tokens": 200000, "prompt": "0.000003", "completion": "0.000004"}],
            },
        },
        {
            "id": "maker/night",
            "pricing": {
                "prompt": "0.000001",
                "completion": "0.000002",
                "overrides": [{"utc_start": 1630, "utc_end": 30, "prompt": "0.0000005"}],
            },
        },
        {"id": "maker/varies", "pricing": {"prompt": "-1", "completion": "-1"}},
    ]
}
ANTHROPIC = {
    "/v1/models?limit=1000": {
        "data": [{"id": "c-one", "display_name": "C One", "max_input_tokens": 200000, "max_tokens": 64000}],
        "has_more": True,
        "last_id": "c-one",
    },
    "/v1/models?limit=1000&after_id=c-one": {"data": [{"id": "c-two"}], "has_more": False, "last_id": "c-two"},
}
GEMINI = {
    "/v1beta/models?pageSize=1000": {
        "models": [
            {
                "name": "models/g-one",
                "displayName": "G One",
                "inputTokenLimit": 1048576,
                "outputTokenLimit": 65536,
                "supportedGenerationMethods": ["generateContent"],
                "thinking": True,
            }
        ],
        "nextPageToken": "more please/+",
    },
    "/v1beta/models?pageSize=1000&pageToken=more%20please%2F%2B": {
        "models": [{"name": "models/g-embed", "supportedGenerationMethods": ["embedContent"]}]
    },
}
OLLAMA = {"models": [{"name": "llama3.2:3b", "capabilities": ["completion", "tools"]}]}
COHERE = {
    "models": [
        {"name": "command-x", "endpoints": ["chat"], "context_length": 256000, "features": ["tools"]},
        {"name": "embed-x", "endpoints": ["embed"]},
    ]
}


@pytest.fixture
def server():
    s = ListServer()
    yield s
    s.stop()


@pytest.fixture
def asked(home, server, start_daemon):
    """asked({name: {key: value}}, daemon=) -> (daemon, client). What `base` tells is under the server's address."""

    def start(sections, env=None):
        lines = ["[daemon]", "drain_timeout = 2", "log_level = debug"]
        for name, keys in {"openrouter": {"base": "/openrouter"}, **sections}.items():
            keys = dict(keys)
            lines += [f'[provider "{name}"]', f"base_url = {server.url(keys.pop('base', '/' + name))}"]
            lines += [f"{k} = {v}" for k, v in keys.items()]
        home.config.write_text("\n".join([*lines, ""]))
        home.config.chmod(0o600)
        server.replies.setdefault("/openrouter/models", ids())
        daemon = start_daemon(env=env)
        return daemon, daemon.connect()

    return start


def refresh(client, provider=None):
    """{provider: its number of models, or the error's code}"""
    found = client.call("models.refresh", {"provider": provider} if provider else {})["providers"]
    assert all(p["models"] == 0 for p in found if "error" in p)
    return {p["provider"]: p["error"]["code"] if "error" in p else p["models"] for p in found}


def listed(client, provider):
    return {m["name"]: m for m in client.call("models.list", {"provider": provider})}


def get(client, name):
    return client.call("models.get", {"model": name})


# -- each one's form


def test_the_form_of_openai(asked, server):
    server.replies["/fake/models"] = {"data": [{"id": "a", "context_window": 4096}, {"id": "b/c:d"}, {"id": ""}, {"x": 1}]}
    _, client = asked({"fake": {"key": KEY}})
    assert refresh(client, "fake") == {"fake": 2}
    assert server.asked[0].headers["authorization"] == f"Bearer {KEY}"
    models = listed(client, "fake")
    assert set(models) == {"a", "b/c:d"} and all(m["available"] for m in models.values())
    assert models["a"]["id"] == models["a"]["model"] == "fake/a" and models["a"]["context_window"] == 4096
    assert get(client, "fake/b/c:d")["name"] == "b/c:d"


def test_the_form_of_openrouter(asked, server):
    server.replies["/openrouter/models"] = OPENROUTER
    _, client = asked({})
    assert refresh(client) == {"openrouter": 4}
    m = get(client, "openrouter/maker/plain")
    assert (m["title"], m["context_window"], m["max_output"]) == ("Maker: Plain", 131072, 8192)
    assert (m["price_input"], m["price_output"], m["price_cached_input"], m["currency"]) == (1.25, 10, 0.125, "USD")
    assert m["tools"] and m["reasoning"] and m["modalities_in"] == ["text", "image"]
    assert "price_input" not in get(client, "openrouter/maker/varies")
    prices = {row.get("above_tokens", 0): row for row in get(client, "openrouter/maker/long")["prices"]}
    assert [(prices[n]["input"], prices[n]["output"]) for n in (0, 200000)] == [(1, 2), (3, 4)]
    night = {row.get("hours"): row for row in get(client, "openrouter/maker/night")["prices"]}
    assert [(night[h]["input"], night[h]["output"]) for h in (None, "16:30-00:30")] == [(1, 2), (0.5, 2)]


def test_the_form_of_anthropic_with_two_pages(asked, server):
    server.replies.update({f"/anthropic{path}": page for path, page in ANTHROPIC.items()})
    _, client = asked({"anthropic": {"key": KEY}})
    assert refresh(client, "anthropic") == {"anthropic": 2}
    assert [a.headers["x-api-key"] for a in server.asked] == [KEY, KEY]
    assert get(client, "anthropic/c-one")["context_window"] == 200000 and get(client, "c-two")["available"]


def test_the_form_of_gemini_with_two_pages(asked, server):
    server.replies.update({f"/gemini{path}": page for path, page in GEMINI.items()})
    _, client = asked({"gemini": {"key": KEY}})
    assert refresh(client, "gemini") == {"gemini": 2}
    m = get(client, "gemini/g-one")
    assert (m["title"], m["max_output"], m["reasoning"], m["modalities_out"]) == ("G One", 65536, True, ["text"])
    assert get(client, "gemini/g-embed")["modalities_out"] == ["embedding"]


def test_the_form_of_ollama(asked, server):
    server.replies["/ollama/api/tags"] = OLLAMA
    _, client = asked({"ollama": {}})
    assert refresh(client, "ollama") == {"ollama": 1}
    m = get(client, "ollama/llama3.2:3b")
    assert m["tools"] and m["modalities_out"] == ["text"] and m["available"]


def test_the_form_of_cohere(asked, server):
    server.replies["/cohere/v1/models?page_size=1000"] = COHERE
    _, client = asked({"cohere": {"key": KEY}})
    assert refresh(client, "cohere") == {"cohere": 2}
    assert get(client, "cohere/command-x")["context_window"] == 256000
    assert get(client, "embed-x")["modalities_out"] == ["embedding"]


# -- over the catalogue


def test_what_a_list_says_stands_over_the_catalogue(asked, server):
    server.replies["/openrouter/models"] = {
        "data": [
            {
                "id": "openai/gpt-4o-mini",
                "context_length": 12345,
                "pricing": {"prompt": "0.000009", "completion": "0.00001"},
            }
        ]
    }
    _, client = asked({})
    before = get(client, "openrouter/openai/gpt-4o-mini")
    refresh(client)
    m = get(client, "openrouter/openai/gpt-4o-mini")
    assert m["id"] == before["id"] == "gpt-4o-mini" and m["scores"] == before["scores"]
    assert (m["context_window"], m["max_output"]) == (12345, before["max_output"])
    assert (m["price_input"], m["price_output"]) == (9, 10) and "since" not in m
    # All rows are told: also the one that holds.
    assert {"at": "openrouter", "input": 9, "output": 10, "currency": "USD"} in m["prices"]
    assert all(row in m["prices"] for row in before["prices"])


def test_a_listed_model_is_asked_by_every_name(asked, server):
    server.replies["/fake/models"] = ids("new-model")
    server.replies["/fake/chat/completions"] = {
        "choices": [{"index": 0, "message": {"role": "assistant", "content": "hi"}, "finish_reason": "stop"}]
    }
    _, client = asked({"fake": {}})
    assert failure(client, "chat", {"model": "new-model", "prompt": "x"})["code"] == "not_found"
    assert failure(client, "models.get", {"model": "new-model"})["code"] == "not_found"
    refresh(client, "fake")
    for name in ("new-model", "fake/new-model"):
        answer = client.call("chat", {"model": name, "prompt": "x"})
        assert (answer["provider"], answer["model"]) == ("fake", "new-model")
        assert client.call("answer.estimate", {"model": name, "prompt": "x"})["model"] == "new-model"
        assert get(client, name)["model"] == "fake/new-model"


def test_names_of_any_length_stay_whole(asked, server):
    longest = "é" * 128
    server.replies["/fake/models"] = ids(longest, "é" * 129, "x" * 256)
    _, client = asked({"fake": {}})
    assert refresh(client, "fake") == {"fake": 2}
    assert {m["model"] for m in listed(client, "fake").values()} == {f"fake/{longest}", "fake/" + "x" * 256}
    assert get(client, f"fake/{longest}")["name"] == longest


# -- all of them, and one that fails


def test_all_that_are_ready_are_asked(asked, server):
    server.replies.update({"/one/models": ids("a"), "/two/models": ids("b", "c"), "/openrouter/models": ids("d")})
    _, client = asked({"one": {}, "two": {"key": KEY}, "openai": {"base": "/openai"}, "mistral": {"base": "/m"}})
    server.replies.update({"/openai/models": ids(), "/m/models": ids("x")})
    assert refresh(client) == {"openrouter": 1, "one": 1, "two": 2, "openai": 0, "mistral": 1}


def test_one_that_fails_leaves_the_rest(asked, server):
    server.replies.update({"/good/models": ids("a"), "/bad/models": ids("b")})
    _, client = asked({"good": {}, "bad": {"key": KEY}})
    assert refresh(client) == {"openrouter": 0, "good": 1, "bad": 1}
    server.replies.update({"/good/models": ids("c"), "/bad/models": Reply(500, {"error": {"message": "down"}})})
    assert refresh(client) == {"openrouter": 0, "good": 1, "bad": "unavailable"}
    assert set(listed(client, "good")) == {"c"} and set(listed(client, "bad")) == {"b"}


@pytest.mark.parametrize(
    "reply, code",
    [
        (Reply(401, {"error": {"message": "bad key"}}), "unauthenticated"),
        (Reply(403, {"error": {"message": "no"}}), "permission_denied"),
        (Reply(404, {"error": {"message": "no"}}), "not_found"),
        (Reply(302, {}, {"location": "/elsewhere"}), "bad_response"),
        (Reply(200, b"<html>"), "bad_response"),
        (Reply(200, b""), "bad_response"),
        ({"data": 3}, "bad_response"),
        ({"error": {"message": "no", "code": 429}}, "rate_limited"),
        (Reply(200, b" " * (9 << 20)), "too_large"),
    ],
    ids=["key", "forbidden", "absent", "redirect", "html", "empty", "number", "error-inside", "large"],
)
def test_how_a_list_fails(asked, server, reply, code):
    server.replies["/fake/models"] = reply
    _, client = asked({"fake": {"key": KEY}})
    (found,) = client.call("models.refresh", {"provider": "fake"})["providers"]
    assert found["error"]["code"] == code and found["error"]["message"] and KEY not in str(found)
    assert listed(client, "fake") == {}


def test_a_page_that_fails_leaves_the_old_list(asked, server):
    server.replies.update({f"/anthropic{path}": page for path, page in ANTHROPIC.items()})
    _, client = asked({"anthropic": {"key": KEY}})
    refresh(client, "anthropic")
    server.replies["/anthropic/v1/models?limit=1000"] = {"data": [{"id": "x"}], "has_more": True, "last_id": "x"}
    assert refresh(client, "anthropic") == {"anthropic": "not_found"}
    assert get(client, "anthropic/c-one")["available"]
    assert failure(client, "models.get", {"model": "anthropic/x"})["code"] == "not_found"


def test_a_provider_that_is_not_there(asked):
    _, client = asked({})
    error = failure(client, "models.refresh", {"provider": "nobody"})
    assert (error["code"], error["param"]) == ("not_found", "provider")


def test_without_a_key_nobody_is_asked(home, asked):
    """Its address is the usual one: were it asked, it would be over the network."""
    daemon, client = asked({})
    home.config.write_text(home.config.read_text() + '[provider "openai"]\nretries = 1\n')
    client.call("config.reload")
    (found,) = client.call("models.refresh", {"provider": "openai"})["providers"]
    assert found["error"]["code"] == "no_provider" and "OPENAI_API_KEY" in found["error"]["message"]


# -- bounds


def test_pages_without_an_end_are_ended_and_told(asked, server):
    def page(asked):
        n = int(asked.query.get("after_id", "0")) + 1
        return {"data": [{"id": f"m{n}"}], "has_more": True, "last_id": str(n)}

    server.replies["/anthropic/v1/models"] = page
    daemon, client = asked({"anthropic": {"key": KEY}})
    assert refresh(client, "anthropic") == {"anthropic": PAGES_MAX} and len(server.asked) == PAGES_MAX
    assert "anthropic has a longer list of models" in daemon.stderr()


def test_what_is_told_of_twice_is_listed_once(asked, server):
    """Here by a page that names itself as the next."""
    server.replies["/anthropic/v1/models"] = {"data": [{"id": "m"}], "has_more": True, "last_id": "m"}
    _, client = asked({"anthropic": {"key": KEY}})
    (found,) = client.call("models.refresh", {"provider": "anthropic"})["providers"]
    assert found["cut"] and len(server.asked) == PAGES_MAX
    assert [m["name"] for m in client.call("models.list", {"provider": "anthropic"})].count("m") == 1


@pytest.mark.parametrize("n", [LIST_MODELS_MAX, LIST_MODELS_MAX + 1, 5000])
def test_a_long_list_is_cut_and_that_is_told(asked, server, n):
    server.replies["/fake/models"] = ids(*(f"m{i}" for i in range(n)))
    daemon, client = asked({"fake": {}})
    (found,) = client.call("models.refresh", {"provider": "fake"})["providers"]
    assert found["models"] == min(n, LIST_MODELS_MAX) == len(listed(client, "fake"))
    assert found["cut"] == ("has a longer list of models" in daemon.stderr()) == (n > LIST_MODELS_MAX)


# -- kept


def test_lists_outlive_the_daemon(home, asked, server, start_daemon):
    server.replies["/openrouter/models"] = OPENROUTER
    server.replies.update({f"/gemini{path}": page for path, page in GEMINI.items()})
    daemon, client = asked({"gemini": {"key": KEY}})
    refresh(client)
    before = client.call("models.list")
    path = home.state / "askd" / "models.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600 and KEY not in path.read_text()
    client.call("shutdown")
    daemon.wait()
    server.asked.clear()
    again = start_daemon().connect()
    assert again.call("models.list") == before and server.asked == []
    for name in ("openrouter/maker/night", "openrouter/maker/long", "gemini/g-one"):
        assert get(again, name)["available"]


def test_lists_outlive_a_reload(asked, server):
    server.replies["/fake/models"] = ids("a")
    _, client = asked({"fake": {}})
    refresh(client, "fake")
    client.call("config.reload")
    assert get(client, "fake/a")["available"]


@pytest.mark.parametrize(
    "text",
    [b"", b"{", b"\xff\xfe", b'{"version": 2, "lists": {}}', b'{"version": 1, "lists": {"fake": {"models": 3}}}', b"x" * (17 << 20)],
    ids=lambda t: str(t[:30]),
)
def test_a_damaged_file_is_passed_over(home, asked, server, text):
    (home.state / "askd").mkdir(mode=0o700)
    path = home.state / "askd" / "models.json"
    path.write_bytes(text)
    path.chmod(0o600)
    server.replies["/fake/models"] = ids("a")
    daemon, client = asked({"fake": {}})
    assert "models.json" in daemon.stderr() and "WARN" in daemon.stderr().upper()
    assert listed(client, "fake") == {}
    assert refresh(client, "fake") == {"fake": 1}
    assert json.loads(path.read_bytes())["lists"]["fake"]["models"][0]["id"] == "a"


def test_where_it_cannot_be_kept_it_holds_for_now(home, asked, server):
    server.replies["/fake/models"] = ids("a")
    daemon, client = asked({"fake": {}})
    (home.state / "askd" / "models.json.new" / "in the way").mkdir(parents=True)
    assert refresh(client, "fake") == {"fake": 1} and get(client, "fake/a")["available"]
    assert "the lists of models hold until the daemon ends" in daemon.stderr()


# -- one at a time


def test_a_second_one_at_once_is_refused(asked, server):
    go = threading.Event()
    server.replies["/fake/models"] = lambda _: go.wait(PATIENCE) and ids("a")
    daemon, client = asked({"fake": {}})
    first = client.request("models.refresh", {"provider": "fake"})
    wait_until(lambda: server.asked, "the list is asked for")
    assert failure(daemon.connect(), "models.refresh", {})["code"] == "overloaded"
    assert failure(client, "models.refresh", {"provider": "openrouter"})["code"] == "overloaded"
    go.set()
    assert client.result(first)["providers"] == [{"provider": "fake", "models": 1, "cut": False}]
    assert refresh(client, "openrouter") == {"openrouter": 0}


def test_it_is_interrupted_where_the_daemon_ends(asked, server):
    server.replies["/fake/models"] = HELD
    daemon, client = asked({"fake": {}})
    msgid = client.request("models.refresh", {"provider": "fake"})
    wait_until(lambda: server.asked, "the list is asked for")
    other = daemon.connect()
    client.notify("shutdown")
    assert failure(other, "models.refresh", {})["code"] == "overloaded"
    begun = time.monotonic()
    assert client.response(msgid)[0]["code"] == "interrupted"
    assert time.monotonic() - begun < 8, "the bound is the list's, not that of the end"


def test_after_the_asker_has_gone_it_goes_on(asked, server):
    go = threading.Event()
    server.replies["/fake/models"] = lambda _: go.wait(PATIENCE) and ids("a")
    daemon, client = asked({"fake": {}})
    client.request("models.refresh", {"provider": "fake"})
    wait_until(lambda: server.asked, "the list is asked for")
    client.close()
    go.set()
    other = daemon.connect()
    wait_until(lambda: "a" in listed(other, "fake"), "the list is kept")


def test_while_a_reload_takes_the_provider_away(home, asked, server):
    go = threading.Event()
    server.replies["/fake/models"] = lambda _: go.wait(PATIENCE) and ids("a")
    daemon, client = asked({"fake": {}})
    msgid = client.request("models.refresh", {"provider": "fake"})
    wait_until(lambda: server.asked, "the list is asked for")
    home.config.write_text(home.config.read_text().replace('"fake"', '"other"'))
    client.call("config.reload")
    go.set()
    (found,) = client.result(msgid)["providers"]
    assert found["provider"] == "fake" and found["models"] == 1
    assert listed(client, "fake") == {} and failure(client, "models.get", {"model": "fake/a"})["code"] == "not_found"
