"""libask as a C program meets it: the header, the shared library, its symbols."""

import os
import pathlib
import shutil
import subprocess

import pytest

from conftest import build_dir

TOP = pathlib.Path(__file__).resolve().parents[2]
LIBRARY = build_dir() / ".libs" / "libask.so"

PROGRAM = r"""
#include "lib/ask/ask.h"
#include <stdio.h>
int main(int argc, char **argv)
{
    struct ask_options opt = {.socket = argv[argc - 1], .no_autostart = 1};
    struct ask_error err;
    struct ask_message m;
    struct ask *a = ask_open(&opt, &err);
    if (!a || ask_call(a, "status", NULL, 0, &m, &err) != ASK_OK) {
        fprintf(stderr, "%d %s\n", (int)err.status, err.message);
        return 1;
    }
    printf("%d\n", m.kind == ASK_RESPONSE && !m.error && m.body_len > 10);
    ask_close(a);
    return 0;
}
"""


@pytest.fixture
def example(tmp_path):
    if not shutil.which("gcc"):
        pytest.skip("no gcc to build a program with")
    if b"libasan" in subprocess.run(["readelf", "-d", LIBRARY], capture_output=True).stdout:
        pytest.skip("the library is built with sanitizers")
    source = tmp_path / "example.c"
    source.write_text(PROGRAM)
    out = tmp_path / "example"
    subprocess.run(
        ["gcc", "-Wall", "-Wextra", "-Werror", f"-I{TOP}", source, "-o", out, LIBRARY, f"-Wl,-rpath,{LIBRARY.parent}"],
        check=True,
    )
    return out


def test_exports_only_its_own_names():
    out = subprocess.run(["nm", "-D", "--defined-only", LIBRARY], capture_output=True, text=True, check=True).stdout
    names = [line.split()[-1] for line in out.splitlines()]
    assert "ask_open" in names and "ask_call" in names
    assert [n for n in names if not n.startswith("ask_")] == []


def test_header_declares_what_is_exported():
    out = subprocess.run(["nm", "-D", "--defined-only", LIBRARY], capture_output=True, text=True, check=True).stdout
    header = (TOP / "lib/ask/ask.h").read_text()
    for line in out.splitlines():
        assert line.split()[-1] + "(" in header


def test_a_program_calls_the_daemon(example, daemon, home):
    r = subprocess.run([example, home.socket], capture_output=True, text=True, timeout=30)
    assert r.stdout == "1\n", r.stderr


def test_a_program_is_told_that_nobody_is_there(example, tmp_path):
    folder = tmp_path / "empty"
    folder.mkdir(mode=0o700)
    r = subprocess.run([example, folder / "askd.sock"], capture_output=True, text=True, timeout=30,
                       env={**os.environ, "ASKD_AUTOSTART": "0"})
    assert r.returncode == 1 and r.stderr.startswith("1 ")
