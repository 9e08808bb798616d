"""Prices against a second computation (priced.py), to the last billionth: every row of models.ini at the edges of its
time, hours and length, and what every recorded exchange took."""

import collections
import fractions
import functools
import itertools
import json
import math
import subprocess
import time

import pytest

from conftest import HERE, PATIENCE, build_dir, wait_until
from priced import DAY_US, FIGURES, MINUTE_US, price, read_models
from replayed import DIALECTS, FOLDER, INDEX, RECORDINGS, read, section, start
from replayed import replay_port  # noqa: F401 (a fixture)
from test_recordings import WRONG_USAGE

MODELS = HERE.parent / "etc" / "models.ini"
SHORT = {"input_tokens": 1000, "output_tokens": 333, "cached_input_tokens": 301, "cache_write_tokens": 77}
SOUND = {**SHORT, "input_audio_tokens": 200, "output_audio_tokens": 33, "images": 3}
# A midnight after all that is in the file.
SOME_DAY = 20_800 * DAY_US

models = functools.cache(lambda: read_models(MODELS))
with_recordings = pytest.mark.skipif(not RECORDINGS, reason=f"there are no recordings in {FOLDER}")


def daemon_prices(asked):
    """What the daemon's code makes of [(time, kind, name, usage)]: [(billionths, currency) or None]."""
    lines = []
    for now_us, kind, name, usage in asked:
        figures = [usage.get(f) for f in FIGURES]
        lines.append(" ".join(map(str, [now_us, kind, name, *(-1 if n is None else n for n in figures), -1])))
    command = [build_dir() / "tests" / "replay" / "price", MODELS]
    given = "".join(line + "\n" for line in lines).encode()
    done = subprocess.run(command, input=given, stdout=subprocess.PIPE, timeout=PATIENCE, check=True)
    told = [line.split() for line in done.stdout.decode().splitlines()]
    assert len(told) == len(lines)
    return [(int(line[0]), line[1]) if len(line) == 2 else None for line in told]


# -- the rows


def day_of(row):
    """A midnight that it holds on, if it ever does."""
    return row["since"] or (SOME_DAY if row["until"] > SOME_DAY else row["until"] - DAY_US)


def moments(rows):
    """Where one of them begins or ends to hold, and just before."""
    edges = {0, SOME_DAY}
    for row in rows:
        edges |= {edge for edge in (row["since"], row["until"]) if edge != math.inf}
        edges |= {day_of(row) + minute * MINUTE_US for minute in row["hours"] or ()}
    return sorted(edges | {edge - 1 for edge in edges if edge})


def usages(rows):
    """A short one, one with sound, and those about as long as a row asks for."""
    lengths = {row["above"] + more for row in rows for more in (-1, 0, 1) if row["above"]}
    return [{}, SHORT, SOUND, {"input_tokens": 1}, {"output_tokens": 1}, *({**SHORT, "input_tokens": n} for n in lengths)]


def test_every_row_at_its_edges():
    asked = []
    for (kind, name), (_, rows) in models().items():
        for now_us, usage in itertools.product(moments(rows), usages(rows)):
            asked.append((now_us, kind, name, usage))
    want = [price(models(), kind, name, now_us, usage) for now_us, kind, name, usage in asked]
    wrong = [x for x in zip(asked, want, daemon_prices(asked), strict=True) if x[1] != x[2]]
    assert not wrong, f"{len(wrong)} of {len(asked)}: {wrong[:3]}"
    assert sum(w is not None for w in want) > 5000 and None in want


# -- the recordings


def documents(body):
    """All JSON in it, whether it is one document or a stream of them."""
    found = []
    for text in [body, *(line.removeprefix("data:") for line in body.split("\n"))]:
        try:
            found.append(json.loads(text))
        except ValueError:
            continue
        if text is body:
            break
    return found


def at(value, *path):
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def modality(usage, lists, name):
    """The tokens of that kind in Gemini's lists, None where there are none."""
    found = [row["tokenCount"] for key in lists for row in usage.get(key) or [] if row["modality"] == name]
    return sum(found) if found else None


def beside_text(name):
    """The figures of sound and images, by our own reading: `expect` has none."""
    found = {}
    for document in documents(read(name)["response"]["body"]):
        for piece in document if isinstance(document, list) else [document]:
            usage = at(piece, "usage") or at(piece, "response", "usage") or {}
            gemini = at(piece, "usageMetadata") or {}
            told = {
                "input_audio_tokens": at(usage, "prompt_tokens_details", "audio_tokens"),
                "output_audio_tokens": at(usage, "completion_tokens_details", "audio_tokens"),
                "images": at(usage, "server_side_tool_usage_details", "image_generation_calls"),
            }
            if gemini:
                told["input_audio_tokens"] = modality(
                    gemini, ("promptTokensDetails", "toolUsePromptTokensDetails"), "AUDIO"
                )
                told["output_audio_tokens"] = modality(gemini, ("candidatesTokensDetails",), "AUDIO")
            found.update({figure: n for figure, n in told.items() if n is not None})
    return found


def usage_of(name):
    """None where it carries none."""
    expect = read(name)["expect"]
    told = expect.get("usage") or {}
    if expect["outcome"] != "ok" or not any(told.get(k) for k in ("input_total", "output_total")):
        return None
    usage = {
        "input_tokens": told.get("input_total"),
        "output_tokens": told.get("output_total"),
        "cached_input_tokens": told.get("cached_input"),
        "cache_write_tokens": told.get("cache_write"),
        **beside_text(name),
        **WRONG_USAGE.get(name, {}),
    }
    # Grok on Azure reports more cached tokens than input, Voxtral at Mistral more tokens of sound.
    for share in ("cached_input_tokens", "input_audio_tokens"):
        if usage.get(share):
            usage[share] = min(usage[share], usage["input_tokens"])
    return usage


def kind_of(name):
    """Under which name the catalogue knows who answered, by the section that replayed.py makes."""
    api, provider = INDEX[name]
    if api == "gemini":
        return "gemini"
    dialect = DIALECTS.get(provider, provider)
    return "dashscope" if dialect == "qwen" else dialect


def model_of(name):
    """As it was asked for, or where the cassette does not tell, as it answered."""
    recording = read(name)
    body = recording["request"]["body"]
    asked = body.get("model") if isinstance(body, dict) else None
    if not asked and "/models/" in (recording["request"].get("url") or ""):
        asked = recording["request"]["url"].split("/models/")[1].split(":")[0]
    if asked:
        return asked
    for document in documents(recording["response"]["body"]):
        for piece in document if isinstance(document, list) else [document]:
            told = at(piece, "model") or at(piece, "response", "model") or at(piece, "message", "model")
            if told or at(piece, "modelVersion"):
                return told or piece["modelVersion"]
    return "unknown"


@functools.cache
def exchanges():
    """{name: (kind, model, usage)} of those with usage."""
    found = {name: (kind_of(name), model_of(name), usage_of(name)) for name in RECORDINGS}
    return {name: exchange for name, exchange in found.items() if exchange[2]}


def sums(costs):
    """{(kind, model, currency): billionths} of {name: (billionths, currency) or None}"""
    total = collections.Counter()
    for name, cost in costs.items():
        kind, model, _ = exchanges()[name]
        if cost:
            total[kind, model, cost[1]] += cost[0]
    return total


@with_recordings
@pytest.mark.parametrize("hours", [0, 2.5, 7, 17])
def test_every_exchange_by_the_code(hours):
    now_us = time.time_ns() // 1000 // DAY_US * DAY_US + int(hours * 60) * MINUTE_US
    asked = [(now_us, *exchanges()[name]) for name in exchanges()]
    want = [price(models(), kind, model, now_us, usage) for _, kind, model, usage in asked]
    assert sums(dict(zip(exchanges(), daemon_prices(asked), strict=True))) == sums(dict(zip(exchanges(), want, strict=True)))
    assert sum(w is not None for w in want) > len(want) / 2


# -- the daemon


def title(name):
    return f"r{RECORDINGS.index(name)}"


@pytest.fixture(scope="module")
def replay_daemon(replay_port):  # noqa: F811
    lines = []
    for name in exchanges():
        lines += section(title(name), name, replay_port)
    yield from start(lines)


def now():
    return time.time_ns() // 1000


def ask(client, name):
    """What it costs by our price before it was asked, and after."""
    kind, model, usage = exchanges()[name]
    before = price(models(), kind, model, now(), usage)
    client.call("chat", {"model": f"{title(name)}/{model}", "prompt": "x", "cache": "off"})
    return before, price(models(), kind, model, now(), usage)


def report(client):
    """{title: row} of the ledger, each section of which was asked once."""
    return {row["provider"]: row for row in client.call("usage.report", {"by": ["provider"]})["rows"]}


def billionths(row):
    return (row["cost_nano"], row["currency"]) if row.get("currency") else None


def own_cost(name):
    """What the provider says in billionths of a dollar, 0 where it does not."""
    told = 0
    for document in documents(read(name)["response"]["body"]):
        usage = at(document, "usage") or at(document, "response", "usage") or {}
        kind = exchanges()[name][0]
        if kind == "openrouter" and usage.get("cost"):
            told = round(fractions.Fraction(str(usage["cost"])) * 10**9)
        elif kind == "perplexity" and usage.get("cost"):
            told = round(fractions.Fraction(str(usage["cost"]["total_cost"])) * 10**9)
        elif kind == "xai" and usage.get("cost_in_usd_ticks"):
            told = round(fractions.Fraction(usage["cost_in_usd_ticks"], 10))
        elif kind == "generic" and at(usage, "pydantic_ai_gateway"):
            told = round(fractions.Fraction(str(usage["pydantic_ai_gateway"]["cost_estimate"])) * 10**9)
    return told


@with_recordings
def test_every_exchange_by_the_daemon(replay_daemon):
    with replay_daemon.connect() as client:
        prices = {name: ask(client, name) for name in exchanges()}
        wait_until(lambda: len(report(client)) == len(prices), "the ledger has them all")
        rows = report(client)
    got = {name: billionths(rows[title(name)]) for name in prices}
    # A row of models.ini may have ended between the two.
    want = {name: after if got[name] == after else before for name, (before, after) in prices.items()}
    assert sums(got) == sums(want)
    assert len(sums(want)) > 50
    kinds = [figure for figure in FIGURES if figure != "reasoning_tokens"]
    for name in prices:
        usage = exchanges()[name][2]
        assert {k: rows[title(name)][k] for k in kinds} == {k: usage.get(k) or 0 for k in kinds}, name
    told = {name: rows[title(name)]["provider_cost_nano"] for name in prices}
    assert told == {name: own_cost(name) for name in prices}
    assert sum(cost > 0 for cost in told.values()) > 40
