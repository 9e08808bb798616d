"""How much the memory tier holds, what leaves it, what its figures say, and what changes when [cache] is read anew."""

import pytest

from conftest import wait_until
from helpers_cache import ask, asked, figures

KIB = 1024
MODELS = """
[model "priced"]
names = fake/echo
price = input 1000, output 2000, currency USD

[model "in-yuan"]
names = fake/words-3
price = input 1000, output 1000, currency CNY
"""


def memory_of(client):
    return client.call("cache.stats")["tiers"][0]


def cache_section(**keys):
    return "[cache]\n" + "".join(f"{k} = {v}\n" for k, v in {"backend": "none", **keys}.items())


def is_kept(client, prompt, model="text-1000"):
    return client.call("cache.lookup", {"model": f"fake/{model}", "prompt": prompt})["hit"]


# -- bounds


@pytest.mark.askd(extra=cache_section(memory="64 KiB"))
def test_memory_is_bounded(client):
    for i in range(100):
        ask(client, f"q{i}", "text-1000")
        memory = memory_of(client)
        assert memory["bytes"] <= 64 * KIB
    assert 10 < memory["entries"] < 100 and memory["evictions"] == 100 - memory["entries"]
    kept = [is_kept(client, f"q{i}") for i in range(100)]
    assert kept == [False] * memory["evictions"] + [True] * memory["entries"], "the oldest have left"


@pytest.mark.askd(extra=cache_section(memory="64 KiB"))
def test_what_is_used_stays(client):
    for i in range(100):
        ask(client, f"q{i}", "text-1000")
        assert i == 0 or ask(client, "q0", "text-1000")["cached"]
    assert is_kept(client, "q0") and not is_kept(client, "q1") and is_kept(client, "q99")


@pytest.mark.askd(daemon={"answer_memory": "1 MiB"}, extra="[cache]\nmemory = 256 KiB\n")
def test_what_left_and_is_retained_counts_as_an_answer(client):
    for i in range(100):
        ask(client, f"q{i}", "text-10000")
    answers = [ask(client, f"q{i}", "text-10000", store=False, detach=True)["answer"] for i in range(100)]
    retained = {a["answer"] for a in client.call("answer.list")}
    kept = [a in retained for a in answers]
    assert 10 < sum(kept) < 70 and kept == sorted(kept), "the oldest have left"
    assert client.call("answer.get", {"answer": answers[-1]})["cached"]


@pytest.mark.askd(daemon={"answer_memory": "64 KiB"}, extra=cache_section(memory="1 MiB"))
def test_what_is_cached_keeps_no_question_out(client):
    for i in range(600):
        ask(client, f"q{i}")
        assert ask(client, f"q{i}")["cached"]


@pytest.mark.askd(extra=cache_section(memory="64 KiB"))
def test_one_may_have_an_eighth(client):
    for n, kept in ((3000, True), (5000, False)):
        ask(client, model=f"text-{n}")
        assert is_kept(client, "hello", f"text-{n}") == kept
    assert memory_of(client)["evictions"] == 0


@pytest.mark.askd(extra=cache_section(memory="0"))
def test_no_memory_at_all(client, provider):
    assert [ask(client)["cached"] for _ in range(2)] == [False, False]
    assert asked(provider) == 2 and memory_of(client)["entries"] == 0


@pytest.mark.askd(extra=cache_section(memory="64 KiB"))
def test_who_reads_what_leaves_reads_on(daemon, client, provider):
    """What was given stays given, though its place is another's."""
    a = ask(client, model="text-3000")
    hit = ask(client, model="text-3000", detach=True)["answer"]
    for i in range(100):
        ask(client, f"q{i}", "text-1000")
    assert not is_kept(client, "hello", "text-3000")
    again = daemon.connect().call("answer.attach", {"answer": hit})
    assert again["cached"] and again["text"] == a["text"]


# -- figures


def test_figures(client, provider):
    assert figures(client) == (0, 0, 0)
    ask(client)
    ask(client)
    ask(client)
    ask(client, "other")
    ask(client, "other", cache="refresh")
    ask(client, "other", cache="off")
    stats = client.call("cache.stats")
    assert (stats["hits"], stats["misses"], stats["joins"], stats["entries"]) == (2, 2, 0, 2)
    assert stats["bytes"] > 0 and stats["evictions"] == 0
    status = client.call("status")["cache"]
    assert status.pop("hit_rate") == 0.5
    assert status == stats


def test_figures_of_only(client):
    client.response(client.chat("echo", cache="only"))
    assert figures(client) == (0, 1, 0)
    ask(client)
    ask(client, cache="only")
    assert figures(client) == (1, 2, 0)


def test_joins_count(daemon, client, provider):
    first = client.chat("slow-2-300")
    provider.wait_requests(1)
    others = [daemon.connect() for _ in range(3)]
    ids = [c.chat("slow-2-300") for c in others]
    assert [c.result(i)["shared"] for c, i in zip(others, ids)] == [True] * 3
    client.result(first)
    assert figures(client) == (0, 1, 3)
    assert client.call("status")["cache"]["hit_rate"] == 0.75


@pytest.fixture
def priced(home, provider, start_daemon):
    (home.config_dir / "models.ini").write_text(MODELS)
    home.write_config(provider.base_url)
    return start_daemon().connect()


def saved(client):
    return {s["currency"]: s["cost_nano"] for s in client.call("cache.stats")["saved"]}


def test_money_saved(priced):
    ask(priced, "one two three")
    assert saved(priced) == {}
    for _ in range(2):
        usage = ask(priced, "one two three")["usage"]
    assert (usage["input_tokens"], usage["output_tokens"]) == (3, 3)
    assert saved(priced) == {"USD": 2 * (3 * 1000 + 3 * 2000) * 1000}
    (usd,) = priced.call("cache.stats")["saved"]
    assert usd["cost"] == pytest.approx(usd["cost_nano"] / 1e9)


def test_money_saved_in_two_currencies(priced):
    for _ in range(2):
        ask(priced, "x")
        ask(priced, "x", "words-3")
    assert saved(priced) == {"USD": 3_000_000, "CNY": 4_000_000}


def test_money_saved_by_models_without_a_price(priced):
    for _ in range(2):
        ask(priced, model="words-4")
    assert saved(priced) == {} and figures(priced) == (1, 1, 0)


def test_time_saved(client):
    ask(client, model="slow-3-100")
    assert client.call("cache.stats")["saved_ms"] == 0
    for _ in range(2):
        assert ask(client, model="slow-3-100")["cached"]
    assert 2 * 300 <= client.call("cache.stats")["saved_ms"] < 60000


# -- read anew


def rewrite(home, provider, client, **keys):
    home.write_config(provider.base_url, extra=cache_section(**keys))
    client.call("config.reload")


@pytest.fixture
def reloaded(home, provider, start_daemon):
    home.write_config(provider.base_url, extra=cache_section(memory="1 MiB"))
    return start_daemon().connect()


def test_less_memory(home, provider, reloaded):
    for i in range(100):
        ask(reloaded, f"q{i}", "text-1000")
    assert memory_of(reloaded)["entries"] == 100
    rewrite(home, provider, reloaded, memory="64 KiB")
    memory = memory_of(reloaded)
    assert 10 < memory["entries"] < 100 and memory["bytes"] <= 64 * KIB
    assert is_kept(reloaded, "q99") and not is_kept(reloaded, "q0")
    assert reloaded.call("cache.stats")["misses"] == 100, "the figures go on"


def test_more_memory(home, provider, reloaded):
    ask(reloaded, model="text-100000")
    assert memory_of(reloaded)["entries"] == 0, "it is more than an eighth of it"
    rewrite(home, provider, reloaded, memory="8 MiB")
    ask(reloaded, model="text-100000")
    assert ask(reloaded, model="text-100000")["cached"]


def test_another_ttl_is_for_what_is_kept_from_then_on(home, provider, reloaded):
    ask(reloaded, "before")
    rewrite(home, provider, reloaded, memory="1 MiB", ttl="1 s")
    ask(reloaded, "after")
    expires = {i["created"]: i["expires"] - i["created"] for i in reloaded.call("cache.list")["items"]}
    assert [round(expires[c]) for c in sorted(expires)] == [7 * 86400, 1]
    wait_until(lambda: not is_kept(reloaded, "after", "echo"), "it goes")
    assert is_kept(reloaded, "before", "echo")


def test_another_max_entry(home, provider, reloaded):
    ask(reloaded, "before", "text-4000")
    rewrite(home, provider, reloaded, memory="1 MiB", max_entry="2 KiB")
    ask(reloaded, "after", "text-4000")
    assert not is_kept(reloaded, "after", "text-4000")
    rewrite(home, provider, reloaded, memory="1 MiB")
    ask(reloaded, "after", "text-4000")
    assert is_kept(reloaded, "after", "text-4000")


def test_another_provider_of_the_same_name_is_another_question(home, provider, reloaded):
    """Its base URL is part of the question; so is the name of its section."""
    first = ask(reloaded)
    home.write_config(provider.base_of("openai-chat").replace("127.0.0.1", "localhost"), extra=cache_section())
    reloaded.call("config.reload")
    second = ask(reloaded)
    assert not second["cached"] and second["key"] != first["key"]
    home.write_config(provider.base_url, provider={"key": "sk-another-key"}, extra=cache_section())
    reloaded.call("config.reload")
    third = ask(reloaded)
    assert third["cached"] and third["key"] == first["key"], "a key is no part of it"
