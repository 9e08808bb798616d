"""models.list and models.get: what is known of models, from the catalogue, the user's rows and the configuration.

What the providers' own lists add is in test_refresh.py.
"""

import datetime
import time

import pytest

from client import RpcError, failure
from conftest import KEY
from list_server import ListServer

DAY = 86400
OPENAI = "https://api.openai.com/v1"  # never asked here


def day(offset):
    """A day from today, as models.ini writes it."""
    return (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=offset)).strftime("%Y-%m-%d")


def midnight(text):
    return datetime.datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=datetime.timezone.utc).timestamp()


def section(kind, name, **keys):
    return "\n".join([f'[{kind} "{name}"]', *(f"{k} = {v}" for k, v in keys.items()), ""])


def model(id, *rows, **keys):
    return "\n".join([f'[model "{id}"]', *(f"{k} = {v}" for k, v in keys.items()), *rows, ""])


@pytest.fixture
def asked(home, start_daemon):
    """asked(config, models=, env=) -> a client of a daemon with this configuration, and models.ini beside it"""

    def start(*config, models=None, env=None):
        home.config.write_text("\n".join(["[daemon]", "drain_timeout = 2", *config, ""]))
        home.config.chmod(0o600)
        if models is not None:
            (home.config_dir / "models.ini").write_text("\n".join(models))
        return start_daemon(env=env).connect()

    return start


def by_name(client, **params):
    listed = client.call("models.list", params)
    names = [m["model"] for m in listed]
    assert len(names) == len(set(names)), "a model is listed twice"
    return {m["model"]: m for m in listed}


def get(client, name):
    return client.call("models.get", {"model": name})


# -- the shipped catalogue


def test_without_keys_all_is_known_and_nothing_available(asked):
    models = by_name(asked())
    assert len(models) > 100 and not any(m["available"] for m in models.values())
    m = models["openai/gpt-4o-mini"]
    assert (m["id"], m["provider"], m["name"]) == ("gpt-4o-mini", "openai", "gpt-4o-mini")
    assert m["context_window"] == 128000 and m["max_output"] == 16384
    assert m["modalities_in"] == ["text", "image"] and m["modalities_out"] == ["text"]
    assert (m["price_input"], m["price_cached_input"], m["price_output"], m["currency"]) == (0.15, 0.075, 0.6, "USD")
    assert m["since"] == midnight("2024-07-18") and m["tools"] and not m["reasoning"]
    assert m["scores"]["aider"] == 3.6 and {"default", "small"} <= set(m["tags"])


def test_what_is_listed_is_what_is_got(asked):
    """Each by the name that chat takes; more is told there, and nothing else."""
    client = asked(env={"OPENAI_API_KEY": KEY})
    for name, m in by_name(client).items():
        found = get(client, name)
        assert {**found, **m} == found


def test_an_id_is_that_of_the_first_place_where_it_is_available(asked):
    client = asked(env={"OPENROUTER_API_KEY": KEY})
    m = get(client, "gpt-4o-mini")
    assert m["model"] == "openrouter/openai/gpt-4o-mini" and m["available"]
    assert "openai/gpt-4o-mini" in m["names"]


@pytest.mark.parametrize("variable, kind", [("OPENAI_API_KEY", "openai"), ("ANTHROPIC_API_KEY", "anthropic")])
def test_a_key_makes_its_provider_s_models_available(asked, variable, kind):
    models = by_name(asked(env={variable: KEY}))
    for m in models.values():
        assert m["available"] == (m["provider"] == kind and "retired" not in m["tags"]), m
    assert any(m["available"] for m in models.values())


def test_a_local_server_s_models_are_not_available_before_it_was_seen(asked):
    models = by_name(asked(), provider="ollama")
    assert models and not any(m["available"] for m in models.values())


def test_every_price_has_a_source_and_every_id_is_got(asked):
    client = asked()
    for id in {m["id"] for m in by_name(client).values()}:
        m = get(client, id)
        assert m["id"] == id and all(row["source"] for row in m["prices"] + m["premiums"] + m["score_rows"]), m


# -- sections of other names


def test_a_section_is_known_by_its_address(asked):
    models = by_name(asked(section("provider", "work", base_url=OPENAI, key=KEY)))
    m = models["work/gpt-4o-mini"]
    assert m["available"] and m["id"] == "gpt-4o-mini" and m["price_input"] == 0.15
    assert "openai/gpt-4o-mini" not in models and not models["openrouter/openai/gpt-4o-mini"]["available"]


def test_a_section_is_known_by_its_name(asked):
    models = by_name(asked(section("provider", "openai", base_url="http://127.0.0.1:9/v1", key=KEY)))
    assert models["openai/gpt-4o-mini"]["available"]


def test_of_a_section_that_is_neither_nothing_is_known(asked):
    client = asked(section("provider", "work", base_url="http://127.0.0.1:9/v1", key=KEY))
    assert by_name(client, provider="work") == {}
    assert failure(client, "models.get", {"model": "work/gpt-4o-mini"})["code"] == "not_found"


def test_two_sections_of_a_kind_each_have_its_models(asked):
    client = asked(
        section("provider", "work", base_url=OPENAI, key=KEY), section("provider", "home", base_url=OPENAI, key=KEY)
    )
    models = by_name(client)
    assert models["work/gpt-4o-mini"]["available"] and models["home/gpt-4o-mini"]["available"]
    assert get(client, "gpt-4o-mini")["model"] == "work/gpt-4o-mini"


# -- which of them


def test_only_a_provider_s(asked):
    client = asked()
    everything = by_name(client)
    for kind in ("openai", "anthropic", "ollama"):
        found = by_name(client, provider=kind)
        assert found and all(m["provider"] == kind for m in found.values())
        assert {n for n, m in everything.items() if m["provider"] == kind} <= set(found)
    assert by_name(client, provider="nobody") == by_name(client, provider="") == {}


def test_only_those_with_a_tag(asked):
    client = asked()
    wanted = {n for n, m in by_name(client).items() if "vision" in m["tags"]}
    assert wanted and set(by_name(client, tag="vision")) == wanted
    assert set(by_name(client, tag="vision", provider="openai")) <= wanted
    assert by_name(client, tag="no such word") == {}


def test_retired_is_a_tag(asked):
    client = asked(env={"OPENAI_API_KEY": KEY})
    retired = by_name(client, tag="retired")
    assert retired and not any(m["available"] for m in retired.values())


@pytest.mark.parametrize(
    "method, params, param",
    [
        ("models.list", {"provider": 3}, "provider"),
        ("models.list", {"tag": ["a"]}, "tag"),
        ("models.get", {}, "model"),
        ("models.get", {"model": 1}, "model"),
        ("models.refresh", {"provider": True}, "provider"),
    ],
    ids=str,
)
def test_bad_parameters(asked, method, params, param):
    error = failure(asked(), method, params)
    assert (error["code"], error["param"]) == ("invalid_request", param)


@pytest.mark.parametrize("name", ["", "nothing", "nobody/gpt-4o-mini", "openai/", "openai/nothing", "/", "x" * 5000], ids=lambda name: name[:20])
def test_a_model_that_is_not_known(asked, name):
    error = failure(asked(env={"OPENAI_API_KEY": KEY}), "models.get", {"model": name})
    assert (error["code"], error["param"]) == ("not_found", "model")


def test_a_provider_s_own_name_will_do(asked):
    client = asked(env={"OPENROUTER_API_KEY": KEY})
    m = get(client, "openai/gpt-4o-mini")  # there is no section openai
    assert m["model"] == "openrouter/openai/gpt-4o-mini" and m["available"]
    assert m == get(client, "openrouter/openai/gpt-4o-mini") == get(client, "gpt-4o-mini")


def test_a_local_server_s_own_name_has_it_looked_for(asked):
    client = asked()
    assert get(client, "gpt-oss:20b")["model"] == "ollama/gpt-oss:20b"
    assert client.call("answer.estimate", {"model": "gpt-oss:20b", "prompt": "x"})["provider"] == "ollama"


# -- aliases


def test_aliases_are_named_and_got(asked):
    client = asked(
        section("provider", "fake", base_url="http://127.0.0.1:9/v1"),
        section("alias", "smart", models="gpt-4o-mini, fake/mine"),
        section("alias", "mine", models="fake/mine"),
    )
    models = by_name(client)
    # By its id a model is in it wherever it is, by provider/name at that one alone.
    assert {n for n, m in models.items() if "smart" in m["aliases"]} == {
        "fake/mine",
        *(n for n, m in models.items() if m["id"] == "gpt-4o-mini"),
    }
    assert models["fake/mine"]["aliases"] == ["smart", "mine"] and models["fake/mine"]["available"]
    assert get(client, "smart")["id"] == "gpt-4o-mini"
    assert get(client, "mine")["model"] == "fake/mine"
    assert get(client, "fake/mine")["aliases"] == ["smart", "mine"]


def test_the_default_that_nobody_else_names_is_listed(asked):
    client = asked("default_model = fake/mine", section("provider", "fake", base_url="http://127.0.0.1:9/v1"))
    m = by_name(client)["fake/mine"]
    assert m["available"] and m["id"] == "fake/mine" and "context_window" not in m


# -- the user's models.ini

FAKE = section("provider", "fake", base_url="http://127.0.0.1:9/v1")


def test_it_adds_a_model(asked):
    client = asked(
        FAKE,
        models=[
            model(
                "mine",
                "tag = own",
                "tag = small",
                "price = input 1, output 2.5, cached_input 0.1, cache_write 1.25, currency CHF",
                "score = aider 50, on 2025-01-01",
                "speed = 123, on 2025-02-02",
                title="Mine",
                names="fake/mine-1, openai/theirs",
                family="llama",
                context_window=4096,
                max_output=1024,
                input="text, audio",
                output="text",
                tools="yes",
                reasoning="no",
                released="2025-03-04",
                serve="make it run",
            )
        ],
    )
    m = get(client, "mine")
    assert m == get(client, "fake/mine-1") and m["model"] == "fake/mine-1" and m["available"]
    assert (m["title"], m["family"], m["context_window"], m["max_output"]) == ("Mine", "llama", 4096, 1024)
    assert (m["price_input"], m["price_output"], m["price_cached_input"], m["price_cache_write"]) == (1, 2.5, 0.1, 1.25)
    assert m["currency"] == "CHF" and m["modalities_in"] == ["text", "audio"] and m["tags"] == ["own", "small"]
    assert m["tools"] is True and m["reasoning"] is False and m["names"] == ["fake/mine-1", "openai/theirs"]
    assert (m["released"], m["serve"], m["scores"]) == ("2025-03-04", "make it run", {"aider": 50})
    assert m["speeds"] == [{"tokens_per_second": 123, "on": "2025-02-02"}]
    assert [x["model"] for x in client.call("models.list", {"tag": "own"})] == ["fake/mine-1", "openai/theirs"]


def test_its_prices_take_the_place_of_the_shipped_ones(asked):
    client = asked(models=[model("gpt-4o-mini", "price = input 7, output 8, currency EUR")])
    m = get(client, "gpt-4o-mini")
    assert (m["price_input"], m["price_output"], m["currency"]) == (7, 8, "EUR") and len(m["prices"]) == 1
    assert m["context_window"] == 128000 and m["scores"]["aider"] == 3.6


@pytest.mark.parametrize("offset, retired", [(-400, True), (-1, True), (0, True), (1, False), (400, False)])
def test_it_retires_a_model(asked, offset, retired):
    client = asked(models=[model("gpt-4o-mini", retired=day(offset))], env={"OPENAI_API_KEY": KEY})
    m = get(client, "gpt-4o-mini")
    assert m["retired"] == day(offset) and ("retired" in m["tags"]) == retired and m["available"] == (not retired)


@pytest.mark.parametrize(
    "rows, now",
    [
        ([f"since {day(-10)}, input 1", f"since {day(-3)}, input 2", f"since {day(2)}, input 3"], 2),
        ([f"until {day(-3)}, input 1", f"since {day(-3)}, input 2"], 2),
        ([f"until {day(0)}, input 1", f"since {day(0)}, input 2"], 2),
        ([f"until {day(1)}, input 1", f"since {day(1)}, input 2"], 1),
        ([f"until {day(-3)}, input 1"], None),
        ([f"since {day(3)}, input 1"], None),
        (["input 1", "above 1000, input 5"], 1),
        (["at openai, input 9", "input 1"], 1),
        (["at openai, input 9"], None),
    ],
    ids=str,
)
def test_the_price_is_that_of_today(asked, rows, now):
    rows = [f"price = {row}, currency USD" for row in rows]
    client = asked(FAKE, models=[model("mine", *rows, names="fake/mine, openai/theirs")])
    m = get(client, "mine")
    assert m.get("price_input") == now and ("currency" in m) == (now is not None)
    assert len(m["prices"]) == len(rows)


def test_rows_of_prices_are_told_in_full(asked):
    row = f"price = since 2025-01-02, until {day(5)}, at fake, above 2000, hours 16:30-00:30, input 1, request 0.001, "
    m = get(
        asked(FAKE, models=[model("mine", row + "image 0.02, currency USD, source https://example.org/p", names="fake/mine")]),
        "mine",
    )
    assert m["prices"] == [
        {
            "at": "fake",
            "since": midnight("2025-01-02"),
            "until": midnight(day(5)),
            "above_tokens": 2000,
            "hours": "16:30-00:30",
            "input": 1,
            "request": 0.001,
            "image": 0.02,
            "currency": "USD",
            "source": "https://example.org/p",
        }
    ]


@pytest.mark.parametrize(
    "rows, now",
    [
        (["until 2026-01-01, multiplier 1", "since 2026-01-01, multiplier 0.33"], None),
        ([f"until {day(0)}, multiplier 1", f"since {day(0)}, multiplier 0.33"], 0.33),
        ([f"until {day(1)}, multiplier 1", f"since {day(1)}, multiplier 0.33"], 1),
        ([f"until {day(-5)}, multiplier 10"], "none"),
        (["multiplier 0"], 0),
        (["at fake, multiplier 3", "multiplier 1"], 3),
        (["at openai, multiplier 3"], "none"),
    ],
    ids=str,
)
def test_premium_requests_are_those_of_today(asked, rows, now):
    if now is None:
        now = 1 if time.time() < midnight("2026-01-01") else 0.33
    m = get(asked(FAKE, models=[model("mine", *(f"premium = {r}" for r in rows), names="fake/mine, openai/theirs")]), "mine")
    assert m.get("premium_multiplier", "none") == now
    assert [p["multiplier"] for p in m["premiums"]] == [float(r.split()[-1]) for r in rows]
    assert [p.get("at") for p in m["premiums"]] == [r.split(",")[0][3:] if r.startswith("at ") else None for r in rows]


# -- what is wrong with it

BAD = [
    (['[model "a"]', "names = fake/a", "context_window = many"], 3),
    (['[model "a"]', "names = fake/a", "price = input 1"], 3),
    (['[model "a"]', "names = fake/a", "retired = soon"], 3),
    (['[model "a"]', "names = fake"], 2),
    (['[model "a"]', "names = fake/a", "", '[model "b"]', "names = fake/a"], 5),
    (['[model "a"]', "colour = red"], 2),
    (["[provider]"], 1),
]


@pytest.mark.parametrize("lines, number", BAD, ids=str)
def test_a_bad_one_ends_the_start(home, start_daemon, lines, number):
    home.config.write_text(FAKE)
    (home.config_dir / "models.ini").write_text("\n".join(lines))
    daemon = start_daemon(wait=False)
    daemon.expect_status = daemon.wait()
    assert daemon.expect_status != 0 and f"{home.config_dir}/models.ini:{number}: " in daemon.stderr()


@pytest.mark.parametrize("lines, number", BAD[:2], ids=str)
def test_a_bad_one_leaves_what_is_in_force(home, asked, lines, number):
    client = asked(FAKE, models=[model("mine", names="fake/mine")])
    (home.config_dir / "models.ini").write_text("\n".join(lines))
    with pytest.raises(RpcError, match=f"{home.config_dir}/models.ini:{number}: ") as e:
        client.call("config.reload")
    assert e.value.code == "invalid_request" and get(client, "mine")["available"]


def test_a_reload_reads_it_anew(home, asked):
    client = asked(FAKE, models=[model("mine", names="fake/mine", context_window=1000)])
    (home.config_dir / "models.ini").write_text(model("mine", names="fake/mine", context_window=2000))
    client.call("config.reload")
    assert get(client, "mine")["context_window"] == 2000
    (home.config_dir / "models.ini").unlink()
    client.call("config.reload")
    assert failure(client, "models.get", {"model": "mine"})["code"] == "not_found"


# -- without a catalogue


def answer(text):
    return {"choices": [{"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}]}


def test_all_works_by_name_without_a_catalogue(asked, tmp_path):
    server = ListServer({"/v1/models": {"data": [{"id": "one"}, {"id": "two"}]}, "/v1/chat/completions": answer("hi")})
    client = asked(section("provider", "fake", base_url=server.url("/v1")), env={"ASKD_DATADIR": str(tmp_path)})
    assert client.call("models.list") == []
    assert client.call("chat", {"model": "fake/what-you-like", "prompt": "x"})["text"] == "hi"
    assert client.call("chat", {"prompt": "x"})["model"] == "one"
    assert client.call("answer.estimate", {"model": "fake/x", "prompt": "x"}).keys() == {
        *("model", "provider", "input_tokens", "cached", "budgets")
    }
    assert failure(client, "chat", {"model": "gpt-4o-mini", "prompt": "x"})["code"] == "not_found"
    server.stop()
