"""A strict reader of Prometheus' text format 0.0.4, after
https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format: what it lets pass, any collector takes."""

import math
import re

NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
NUMBER = re.compile(r"[+-]?(Inf|\d+(\.\d+)?([eE][+-]?\d+)?)|NaN")
TYPES = {"counter", "gauge", "histogram", "summary", "untyped"}
SUFFIXES = ("_bucket", "_sum", "_count")
ESCAPES = {"\\": "\\", "n": "\n", '"': '"'}


class Family:
    def __init__(self, name):
        self.name, self.help, self.type, self.samples = name, None, None, {}

    def value(self, **labels):
        return self.samples[self.name, frozenset(labels.items())]

    def of(self, suffix, **labels):
        return self.samples[self.name + suffix, frozenset(labels.items())]


def read_labels(text, line):
    """What stands between the braces, and what follows them."""
    labels, at = {}, 0
    while text[at] != "}":
        name = LABEL.match(text, at)
        assert name and text[name.end() : name.end() + 2] == '="', line
        assert name[0] not in labels and not name[0].startswith("__"), line
        value, at = "", name.end() + 2
        while text[at] != '"':
            if text[at] == "\\":
                at += 1
                value += ESCAPES[text[at]]
            else:
                value += text[at]
            at += 1
        labels[name[0]] = value
        at += 1
        assert text[at] in ",}", line
        at += text[at] == ","
        assert text[at] != "}" or text[at - 1] != ",", line
    return labels, text[at + 1 :]


def read_sample(line):
    name = NAME.match(line)
    assert name, line
    labels, rest = {}, line[name.end() :]
    if rest.startswith("{"):
        labels, rest = read_labels(rest[1:], line)
    assert re.fullmatch(r" " + f"({NUMBER.pattern})", rest), line
    return name[0], labels, float(rest)


def check_histogram(family):
    steps = {}
    for (name, labels), value in family.samples.items():
        labels = dict(labels)
        le = labels.pop("le", None)
        assert (le is not None) == (name == family.name + "_bucket"), name
        if le is not None:
            steps.setdefault(frozenset(labels.items()), []).append((float(le), value))
    for labels, series in steps.items():
        assert series == sorted(series) and len({le for le, _ in series}) == len(series), "bounds ascend"
        assert [n for _, n in series] == sorted(n for _, n in series), "each step has all below it"
        assert math.isinf(series[-1][0]), "the last one has all"
        assert series[-1][1] == family.samples[family.name + "_count", labels]
        assert family.samples[family.name + "_sum", labels] >= 0
    assert 3 * len(steps) <= len(family.samples)


def check(family):
    assert family.type and family.help, family.name
    if family.type == "histogram":
        check_histogram(family)
    if family.type == "counter":
        assert family.name.endswith("_total"), family.name
        assert all(v >= 0 for v in family.samples.values()), family.name


def families(text):
    """{name: Family} of a text in which nothing is wrong."""
    assert text.endswith("\n")
    found, current = {}, None
    for line in text[:-1].split("\n"):
        assert line and line == line.strip() and "\t" not in line, repr(line)
        if line.startswith("# "):
            _, word, name, rest = line.split(" ", 3)
            assert word in ("HELP", "TYPE") and NAME.fullmatch(name), line
            if not current or current.name != name:
                assert name not in found, f"{name} stands in two places"
                current = found[name] = Family(name)
            assert not current.samples and getattr(current, word.lower()) is None, line
            assert word == "HELP" or rest in TYPES, line
            setattr(current, word.lower(), rest)
            continue
        name, labels, value = read_sample(line)
        suffixes = SUFFIXES if current.type == "histogram" else ("",)
        assert name in [current.name + s for s in suffixes], line
        key = name, frozenset(labels.items())
        assert key not in current.samples, f"{line}: twice"
        current.samples[key] = value
    for family in found.values():
        check(family)
    return found
