"""doc/protocol.md says what the daemon does: its methods, codes, options, and an example that runs."""

import pathlib
import re
import subprocess
import sys

import pytest

from conftest import PATIENCE, askd_path

SOURCE = pathlib.Path(__file__).resolve().parents[2]
PAGE = (SOURCE / "doc" / "protocol.md").read_text(encoding="utf-8")


def chapter(title):
    """The text of a `## title`."""
    found = re.search(rf"^## {re.escape(title)}$(.*?)(?=^## |\Z)", PAGE, re.M | re.S)
    assert found, f"the page has no chapter {title}"
    return found[1]


def first_cells(text):
    """The names in the first column of the table's rows."""
    return re.findall(r"^\| `([a-z_]+)` \|", text, re.M)


def example():
    found = re.findall(r"^```python$(.*?)^```$", PAGE, re.M | re.S)
    assert len(found) == 1
    return found[0]


@pytest.fixture
def run_example(home, daemon):
    def run(*args):
        return subprocess.run(
            [sys.executable, "-c", example(), *args], env=home.env(), capture_output=True, text=True, timeout=PATIENCE
        )

    return run


def test_methods(client):
    described = re.findall(r"^### `([^`]+)`$", chapter("Methods"), re.M)
    assert sorted(described) == sorted(client.call("hello")["methods"])


def test_error_codes():
    header = (SOURCE / "lib" / "base" / "error.h").read_text()
    codes = set(re.findall(r'X\(ERR_\w+, "(\w+)"\)', header)) - {"none"}
    assert codes and sorted(first_cells(chapter("Errors"))) == sorted(codes)


def test_bounds(home):
    r = subprocess.run([str(askd_path()), "--print-config"], env=home.env(), capture_output=True, text=True)
    assert r.returncode == 0, r.stderr
    defaults = dict(re.findall(r"^(\w+) = (.*) ; default$", r.stdout, re.M))
    told = dict(re.findall(r"^\| `(\w+)` \| ([^|]+) \|", chapter("Bounds"), re.M))
    assert told and told == {name: defaults.get(name) for name in told}


def test_example(run_example):
    r = run_example("one", "two", "three")
    assert (r.returncode, r.stdout, r.stderr) == (0, "one two three\n", "")


@pytest.mark.askd(daemon={"default_model": "fake/status-401"})
def test_example_fails_as_it_should(run_example):
    r = run_example("hello")
    assert r.returncode == 1 and r.stderr.startswith("unauthenticated: ")
