"""What an answer costs, worked out a second time: models.ini read by a parser of its own, the row that holds picked by
what the file's head and doc/askd.conf.5 say, and whole billionths or fractions throughout."""

import datetime
import decimal
import fractions
import math
import re

RATES = ("input", "cached_input", "cache_write", "output", "input_audio", "output_audio", "request", "image")
FIGURES = (
    "input_tokens",
    "output_tokens",
    "cached_input_tokens",
    "cache_write_tokens",
    "reasoning_tokens",
    "input_audio_tokens",
    "output_audio_tokens",
    "images",
)
DAY_US = 86400 * 10**6
MINUTE_US = 60 * 10**6


def settings(text):
    """[(section, key, value)] in the order of the file; an indented line goes on with the value above."""
    found, section = [], None
    for line in text.splitlines():
        line = re.sub(r"(^|\s);.*", "", line).rstrip()
        if not line:
            continue
        if line[0] == "[":
            section = re.fullmatch(r'\[model "(.+)"\]', line)[1]
        elif line[0].isspace():
            found[-1][2] += " " + line.strip()
        else:
            key, value = line.split("=", 1)
            found.append([section, key.strip(), value.strip()])
    return found


def midnight(day):
    return int(datetime.datetime.fromisoformat(day + "T00:00:00+00:00").timestamp()) * 10**6


def minutes(clock):
    hours, minute = clock.split(":")
    return int(hours) * 60 + int(minute)


def nano(amount):
    whole = decimal.Decimal(amount).scaleb(9)
    assert whole == int(whole), amount
    return int(whole)


def price_row(text):
    row = {"at": None, "since": 0, "until": math.inf, "above": 0, "hours": None}
    for piece in text.split(","):
        word, value = piece.strip().split(None, 1)
        if word in RATES:
            row[word] = nano(value)
        elif word in ("since", "until"):
            row[word] = midnight(value)
        elif word == "hours":
            row[word] = tuple(minutes(clock) for clock in value.split("-"))
        else:
            row[word] = int(value) if word == "above" else value
    return row


def read_models(path):
    """{(kind, name): (the kind of the model's first name, its price rows)}"""
    names, rows = {}, {}
    for section, key, value in settings(path.read_text()):
        if key == "names":
            names[section] = [tuple(name.strip().split("/", 1)) for name in value.split(",")]
        elif key == "price":
            rows.setdefault(section, []).append(price_row(value))
    return {name: (them[0][0], rows.get(model, [])) for model, them in names.items() for name in them}


def holds(row, now_us, tokens):
    if not row["since"] <= now_us < row["until"] or (row["above"] and tokens <= row["above"]):
        return False
    if not row["hours"]:
        return True
    begins, ends = row["hours"]
    minute = now_us % DAY_US // MINUTE_US
    return begins <= minute < ends if begins < ends else minute >= begins or minute < ends


def pick(models, kind, name, now_us, tokens):
    """The row that holds, None where none does. Of equals the first."""
    first, rows = models.get((kind, name), (None, []))
    best = None
    for row in rows:
        rank = (row["hours"] is not None, row["above"], row["since"])
        if (row["at"] or first) == kind and holds(row, now_us, tokens) and (best is None or rank > best[0]):
            best = rank, row
    return best and best[1]


def cost(row, usage):
    """(billionths, currency), or None where a rate that is needed is not told."""
    told = {figure: max(usage.get(figure) or 0, 0) for figure in FIGURES}
    cached, written = told["cached_input_tokens"], told["cache_write_tokens"]
    fresh = max(max(told["input_tokens"] - cached, 0) - written, 0)
    heard = min(told["input_audio_tokens"], fresh)
    said = min(told["output_audio_tokens"], told["output_tokens"])
    text_in, text_out = row.get("input"), row.get("output")
    total = fractions.Fraction(0)
    for tokens, rate in (
        (fresh - heard, text_in),
        (heard, row.get("input_audio", text_in)),
        (cached, row.get("cached_input", text_in)),
        (written, row.get("cache_write", text_in)),
        (told["output_tokens"] - said, text_out),
        (said, row.get("output_audio", text_out)),
    ):
        if tokens and rate is None:
            return None
        total += fractions.Fraction(tokens * (rate or 0), 10**6)
    return math.ceil(total) + row.get("request", 0) + told["images"] * row.get("image", 0), row["currency"]


def price(models, kind, name, now_us, usage):
    row = pick(models, kind, name, now_us, max(usage.get("input_tokens") or 0, 0))
    return row and cost(row, usage)
