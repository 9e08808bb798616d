"""What is estimated of recorded questions against what their providers counted: as far off as doc/tokens.md says, and
no further.

Left out are turns that are beyond our protocol (accepted.py), with what providers put in for tools that they run.
"""

import collections
import functools
import math
import re
import statistics
import struct
import subprocess

import pytest

from client import pack
from conftest import HERE, PATIENCE, build_dir
from replayed import FOLDER, RECORDINGS
from test_requests import api_of, model_of, recordings, why_not_ours
from turns import TURNS

PAGE = HERE.parent / "doc" / "tokens.md"
# A line of the page's table: family, n, median and 90th percentile of the error without its sign, median with it.
LINE = re.compile(r"^\| (\w+) \| (\d+) \| (\d+) % \| (\d+) % \| ([+−-]?\d+) % \|$", re.M)

pytestmark = pytest.mark.skipif(not RECORDINGS, reason=f"there are no recordings in {FOLDER}")


def counted(name):
    """The tokens of the question as its provider counted them, None if it did not."""
    return (recordings()[name].get("expect", {}).get("usage") or {}).get("input_total")


def params_of(name):
    params = TURNS[api_of(name)](recordings()[name]["request"]["body"])
    return {**params, "model": model_of(name)}


def estimates(names):
    """[(family, tokens)]"""
    packed = [pack(params_of(name)) for name in names]
    asked = b"".join(struct.pack(">I", len(p)) + p for p in packed)
    command = [build_dir() / "tests" / "replay" / "estimate"]
    done = subprocess.run(command, input=asked, stdout=subprocess.PIPE, timeout=PATIENCE, check=True)
    lines = [line.split() for line in done.stdout.decode().splitlines()]
    return [(family, int(tokens)) for family, tokens in lines]


@functools.cache
def errors():
    """{family: [error]} as a share of what was counted."""
    names = [n for n in recordings() if counted(n) and not why_not_ours(n)]
    found = collections.defaultdict(list)
    for name, (family, tokens) in zip(names, estimates(names), strict=True):
        found[family].append((tokens - counted(name)) / counted(name))
    return found


def measured():
    """{family: (n, median, 90th percentile, bias)}, in per cent where they are shares."""
    table = {}
    for family, found in errors().items():
        sizes = sorted(abs(e) for e in found)
        ninth = sizes[math.ceil(0.9 * len(sizes)) - 1]
        shares = (statistics.median(sizes), ninth, statistics.median(found))
        table[family] = (len(found), *(round(100 * s) for s in shares))
    return table


def stated():
    """{family: (median, 90th percentile)}"""
    return {m[1]: (int(m[3]), int(m[4])) for m in LINE.finditer(PAGE.read_text())}


@pytest.mark.parametrize("family", sorted(stated()))
def test_estimates_are_as_near_as_the_page_says(family):
    _, median, ninth, _ = measured()[family]
    assert (median <= stated()[family][0], ninth <= stated()[family][1]) == (True, True), measured()[family]


def test_page_has_all_families():
    assert stated().keys() == measured().keys()
