"""ERT's tests in tests/editors/emacs/*.el, each of which is told as one of pytest's.

    @pytest.mark.parametrize("name", names("test-turns"))
    def test_pure(name):
        run(name)

A file is run once, in an Emacs in batch that has nothing of the tester's.
"""

import functools
import os
import re
import shutil
import subprocess

import pytest

from conftest import HERE

PLUGIN = HERE.parent / "editors" / "emacs"
TESTS = HERE / "editors" / "emacs"
PATIENCE = 120
OLDEST = 28


@functools.lru_cache(maxsize=None)
def major(path):
    """Of the version that a program tells of itself; 0: it tells none."""
    said = subprocess.run([path, "--version"], capture_output=True, text=True).stdout
    found = re.search(r"(\d+)\.\d+", said)
    return int(found[1]) if found else 0


def emacs_path():
    path = os.environ.get("EMACS_PROGRAM") or shutil.which("emacs")
    if not path:
        pytest.skip("there is no emacs")
    if major(path) < OLDEST:
        pytest.skip(f"Emacs {OLDEST} or later is needed: {path} is {major(path)}")
    return path


def batch(*args, env=None):
    """A run of Emacs in batch that can load the plugin; what it says on both outputs, and its status."""
    done = subprocess.run(
        [emacs_path(), "-Q", "--batch", "-L", str(PLUGIN), "-L", str(TESTS), *args],
        env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=PATIENCE,
    )  # fmt: skip
    return done.stdout.decode(errors="replace"), done.returncode


def names(file):
    """The tests of a file, as FILE/TEST."""
    text = (TESTS / f"{file}.el").read_text()
    return [f"{file}/{name}" for name in re.findall(r"^\(ert-deftest (\S+)", text, re.M)]


@functools.lru_cache(maxsize=None)
def _results(file):
    return batch("-l", f"{file}.el", "-f", "ert-run-tests-batch-and-exit")


def run(name):
    """Fails as the test FILE/TEST did, with what ERT told."""
    file, test = name.split("/")
    said, _ = _results(file)
    found = re.search(rf"^ +(passed|FAILED|SKIPPED|ABORTED) .* {re.escape(test)}\b", said, re.M)
    if found and found.group(1) == "SKIPPED":
        pytest.skip(f"{test} skips itself")
    assert found and found.group(1) == "passed", said
