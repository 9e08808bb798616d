"""VS Code: the tests of the extension's own modules (editors/vscode/test/*.test.ts), each as one of these."""

import re
import subprocess

import pytest

from helpers_vscode import SOURCES, built, node_path

BEGINS = re.compile(r"""^test\("([^"]+)",""", re.M)
TESTS = [(path.stem, name) for path in sorted((SOURCES / "test").glob("*.test.ts")) for name in BEGINS.findall(path.read_text())]


@pytest.fixture(scope="module")
def said():
    """What node says of each file's tests: {(file, test): (passed, all that was said)}."""
    found = {}
    for file in {file for file, _ in TESTS}:
        args = [node_path(), "--test", "--test-reporter=tap", str(built() / "out" / "test" / f"{file}.js")]
        done = subprocess.run(args, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300)
        for no, name in re.findall(r"^ *(not )?ok \d+ - (.*)$", done.stdout, re.M):
            found[file, name] = (not no, done.stdout)
        found[file] = done.stdout + done.stderr
    return found


@pytest.mark.parametrize(("file", "name"), TESTS)
def test_unit(said, file, name):
    passed, text = said.get((file, name), (False, said[file]))
    assert passed, text
