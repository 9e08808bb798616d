"""metrics.get and askctl metrics: strictly Prometheus' format, and true."""

import re
import time

import pytest

from client import failure
from conftest import wait_until
from helpers_prometheus import families


def metrics(client):
    return families(client.call("metrics.get")["text"])


@pytest.mark.parametrize(
    "text",
    [
        "askd_up 1\n",
        "# HELP x a\n# TYPE x gauge\nx 1",
        "# HELP x a\n# TYPE x gauge\nx 1\nx 2\n",
        "# HELP x a\n# TYPE x gauge\nx{a=\"1\",} 1\n",
        "# HELP x a\n# TYPE x gauge\nx{a=\"\\q\"} 1\n",
        "# HELP x a\n# TYPE x counter\nx 1\n",
        "# HELP x a\n# TYPE x gauge\ny 1\n",
        "# HELP x a\n# TYPE x gauge\nx 1,5\n",
        "# HELP x a\n# TYPE x histogram\nx_bucket{le=\"+Inf\"} 2\nx_sum 1\nx_count 3\n",
        "# HELP x a\n# TYPE x histogram\nx_bucket{le=\"1\"} 2\nx_bucket{le=\"+Inf\"} 1\nx_sum 1\nx_count 1\n",
    ],
)
def test_the_reader_is_strict(text):
    with pytest.raises((AssertionError, AttributeError, KeyError, IndexError)):
        families(text)


def test_a_new_daemon(client):
    m = metrics(client)
    assert m["askd_up"].value() == 1
    assert m["askd_build_info"].value(version=client.call("status")["version"]) == 1
    assert m["askd_connections"].value() == 1
    assert m["askd_answers_total"].value(state="done") == 0
    assert m["askd_questions_total"].samples == {}
    status = client.call("status")
    assert abs(m["process_start_time_seconds"].value() + status["uptime"] - time.time()) < 5
    assert 1e6 < m["process_resident_memory_bytes"].value() < 1e9
    assert 5 < m["process_open_fds"].value() < m["process_max_fds"].value()


MODELS = """
[model "priced"]
names = fake/echo
price = input 1000, output 2000, currency USD
"""
ECHO = {"provider": "fake", "model": "echo"}


def ask(client, prompt, model="fake/echo", **params):
    return client.call("chat", {"model": model, "prompt": prompt, **params})


def test_what_was_asked_is_counted(home, provider, start_daemon):
    (home.config_dir / "models.ini").write_text(MODELS)
    home.write_config(provider.base_url)
    c = start_daemon().connect()
    for _ in range(3):
        usage = ask(c, "one two three", cache="off")["usage"]
    assert ask(c, "again")["cached"] is False and ask(c, "again")["cached"] is True
    m = metrics(c)
    assert m["askd_questions_total"].value(**ECHO, outcome="done") == 4
    assert m["askd_questions_total"].value(**ECHO, outcome="failed") == 0
    assert m["askd_provider_requests_total"].value(**ECHO) == 4
    assert m["askd_retries_total"].value(**ECHO) == 0
    assert m["askd_tokens_total"].value(**ECHO, kind="input") == 3 * usage["input_tokens"] + 1
    assert m["askd_tokens_total"].value(**ECHO, kind="output") == 3 * usage["output_tokens"] + 1
    assert m["askd_cost_total"].value(**ECHO, currency="USD") == pytest.approx(3 * usage["cost"] + 0.003)
    assert m["askd_answers_total"].value(state="done") == 5
    assert m["askd_cache_questions_total"].value(result="hit") == 1
    assert m["askd_cache_questions_total"].value(result="miss") == 1
    assert m["askd_cache_entries"].value(tier="memory") == 1
    assert m["askd_answer_seconds"].of("_count", **ECHO) == 4
    assert 0 < m["askd_first_token_seconds"].of("_sum", **ECHO) <= m["askd_answer_seconds"].of("_sum", **ECHO)
    http = c.call("status")["http"]
    assert m["askd_http_connections_total"].value(how="opened") == http["opened"]
    assert m["askd_http_connections_total"].value(how="reused") == http["reused"] > 0
    assert m["askd_http_responses_total"].value(protocol="http/1") == 4
    assert m["askd_store_state"].value(state="ok") == 1
    assert m["askd_store_commit_seconds"].of("_count") >= 4
    assert m["askd_breaker_state"].value(**ECHO) == 0


@pytest.mark.askd(daemon={"breaker_failures": 2}, provider={"retries": 2})
def test_what_fails_is_counted(client):
    assert ask(client, "x", "fake/fail-1-then-ok")["text"] == "x"
    failure(client, "chat", {"model": "fake/status-500", "prompt": "y"})
    m = metrics(client)
    once, never = ({"provider": "fake", "model": model} for model in ("fail-1-then-ok", "status-500"))
    assert m["askd_questions_total"].value(**once, outcome="done") == 1
    assert m["askd_retries_total"].value(**once) == 1 and m["askd_provider_requests_total"].value(**once) == 2
    assert m["askd_questions_total"].value(**never, outcome="failed") == 1
    assert m["askd_answers_total"].value(state="failed") == 1
    assert m["askd_answer_seconds"].of("_count", **never) == 0
    assert m["askd_breaker_state"].value(**never) == 2 and m["askd_breaker_state"].value(**once) == 0
    assert m["askd_provider_tripped"].value(provider="fake") == 1


@pytest.mark.askd(provider={"max_connections": 1})
def test_who_waits_is_counted(client):
    for i in range(3):
        client.request("chat", {"model": "fake/hold-5", "prompt": str(i)})
    wait_until(lambda: metrics(client)["askd_provider_queue"].value(provider="fake") == 2, "two that wait")
    m = metrics(client)
    assert m["askd_provider_active"].value(provider="fake") == 1
    assert m["askd_answers_running"].value() == 3 and m["askd_answer_memory_bytes"].value() > 0


def test_names_of_models_beyond_the_bound_are_other(client):
    for i in range(70):
        ask(client, str(i), f"fake/words-{i + 1}")
    questions = metrics(client)["askd_questions_total"]
    assert len({dict(labels)["model"] for _, labels in questions.samples}) == 65
    assert questions.value(provider="other", model="other", outcome="done") == 6
    ask(client, "known", "fake/words-3", cache="off")
    assert metrics(client)["askd_questions_total"].value(provider="fake", model="words-3", outcome="done") == 2


def test_a_hostile_name_is_escaped(home, provider, start_daemon):
    home.write_config(provider.behave("echo"))
    c = start_daemon().connect()
    ask(c, "x", 'fake/ev"il\\\n}')
    at = {"provider": "fake", "model": 'ev"il\\ }'}
    assert metrics(c)["askd_questions_total"].value(**at, outcome="done") == 1


def test_askctl_prints_it(daemon, askctl):
    r = askctl("metrics")
    assert r.returncode == 0 and families(r.stdout)["askd_up"].value() == 1
    r = askctl("metrics", "--json")
    assert r.returncode == 0 and r.stdout.startswith('{"text":')


def test_each_family_is_named_as_such_things_are(client):
    for name, family in metrics(client).items():
        assert name.startswith(("askd_", "process_")) and family.help.endswith("."), name
        assert re.fullmatch(r"[a-z_]+", name)
