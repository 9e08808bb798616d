"""What ask -a sends: files, pipes, trees and addresses, as parts with names."""

import os
import subprocess
import threading

import pytest

from conftest import PATIENCE
from helpers_scripted import Scripted

DONE = {"answer": "a", "state": "done", "text": "ok", "model": "m", "provider": "p"}
MIB = 1 << 20


@pytest.fixture
def asked(home, ask):
    """Runs ask against a daemon that answers anything: (its status, what it said, the parts that were sent)."""
    daemon = Scripted(home)
    daemon.replies["chat"] = DONE

    def run(*args, **kwargs):
        before = len(daemon.asked("chat"))
        r = ask(*args, **kwargs)
        sent = daemon.asked("chat")[before:]
        return r.returncode, r.stderr, sent[0].get("attachments") if sent else None

    yield run
    daemon.stop()


def git(tree, *args):
    subprocess.run(["git", "-C", tree, "-c", "user.name=t", "-c", "user.email=t@t", *args], check=True,
                   capture_output=True)


@pytest.fixture
def tree(tmp_path):
    tree = tmp_path / "tree"
    (tree / "src").mkdir(parents=True)
    (tree / "src/a.c").write_text("int a;\n")
    (tree / "b.txt").write_text("b")
    git(tree, "init", "-q")
    return tree


def test_file_goes_as_bytes_with_its_last_name(asked, tmp_path):
    (tmp_path / "d").mkdir()
    (tmp_path / "d/x.bin").write_bytes(b"\0\1")
    (tmp_path / "link").symlink_to("d/x.bin")
    assert asked("-a", str(tmp_path / "d/x.bin"), "--attach", str(tmp_path / "link"), "hi")[2] == [
        {"type": "file", "data": b"\0\1", "name": "x.bin"},
        {"type": "file", "data": b"\0\1", "name": "link"},
    ]


def test_url_goes_as_it_is(asked):
    assert asked("-a", "https://example.org/a?b=1", "hi")[2] == [{"type": "file", "url": "https://example.org/a?b=1"}]


def test_stdin_is_attached_and_is_no_prompt_then(asked):
    code, _, parts = asked("-a", "-", "what is this?", input="data\n")
    assert code == 0 and parts == [{"type": "file", "data": b"data\n", "name": "stdin"}]
    code, err, parts = asked("-a", "-", input="data\n")
    assert code == 64 and "no prompt" in err and parts is None
    code, err, parts = asked("-a", "-", "-a", "-", "hi", input="data\n")
    assert code == 65 and "once only" in err and parts is None


def test_pipe_is_read_to_its_end(asked, tmp_path):
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    writer = threading.Thread(target=lambda: fifo.write_bytes(b"x" * 100000))
    writer.start()
    assert asked("-a", str(fifo), "hi")[2] == [{"type": "file", "data": b"x" * 100000, "name": "fifo"}]
    writer.join()


@pytest.mark.parametrize("size, sent", [(32 * MIB, True), (32 * MIB + 1, False)])
def test_file_has_a_bound(asked, tmp_path, size, sent):
    with open(tmp_path / "big", "wb") as f:
        f.truncate(size)
    code, err, parts = asked("-a", str(tmp_path / "big"), "hi")
    assert (code == 0) == sent and (parts is not None) == sent
    assert sent or "larger than the 32 MiB that an attachment may be" in err


def test_pipe_without_end_has_the_same_bound(ask):
    """As a file that grows while it is read: nothing tells its size before."""
    with subprocess.Popen(["cat", "/dev/zero"], stdout=subprocess.PIPE) as endless:
        proc = ask.start("-a", "-", "hi", stdin=endless.stdout)
        _, err = proc.communicate(timeout=PATIENCE)
        endless.terminate()
    assert proc.returncode == 65 and b"larger than the 32 MiB" in err


def test_all_together_have_a_bound(asked, tmp_path):
    with open(tmp_path / "big", "wb") as f:
        f.truncate(30 * MIB)
    big = str(tmp_path / "big")
    assert asked("-a", big, "-a", big, "hi")[0] == 0
    code, err, parts = asked("-a", big, "-a", big, "-a", big, "hi")
    assert code == 65 and "all attachments together are larger than the 64 MiB" in err and parts is None


@pytest.mark.parametrize(
    "what, said",
    [
        ("/dev/zero", "neither a file nor a pipe"),
        ("/dev/null", "neither a file nor a pipe"),
        ("/nowhere/at/all", "cannot open /nowhere/at/all: No such file"),
        ("empty", "empty is empty"),
        ("folder", "is no git tree (or not yours): run git init there"),
    ],
)
def test_what_cannot_be_attached_is_said(asked, tmp_path, what, said):
    (tmp_path / "empty").touch()
    (tmp_path / "folder").mkdir()
    code, err, parts = asked("-a", str(tmp_path / what), "hi")
    assert code == (66 if "cannot open" in said else 65) and said in err and parts is None


def test_tree_is_what_git_lists(asked, tree):
    (tree / ".gitignore").write_text("*.log\n")
    (tree / "x.log").write_text("ignored")
    (tree / "gone.c").write_text("gone")
    git(tree, "add", ".")
    git(tree, "commit", "-qm", "x")
    (tree / "gone.c").unlink()
    (tree / "new\nline é.txt").write_text("new")
    (tree / "src/bin").write_bytes(b"ELF\0")
    (tree / "void").touch()
    (tree / "out").symlink_to("/etc/passwd")
    code, err, parts = asked("-a", str(tree), "hi")
    assert code == 0
    assert {p["name"]: p["data"] for p in parts} == {
        ".gitignore": b"*.log\n", "b.txt": b"b", "src/a.c": b"int a;\n", "new\nline é.txt": b"new"}
    assert "left out 1 binary file, 1 symbolic link, 1 empty file" in err


def test_a_folder_below_the_top_brings_its_own_files(asked, tree):
    assert [p["name"] for p in asked("-a", str(tree / "src"), "hi")[2]] == ["a.c"]


def test_link_that_takes_a_folders_place_is_not_followed(asked, tree, tmp_path):
    git(tree, "add", ".")
    (tmp_path / "else").mkdir()
    (tmp_path / "else/a.c").write_text("secret")
    (tree / "src/a.c").unlink()
    (tree / "src").rmdir()
    (tree / "src").symlink_to(tmp_path / "else")
    _, err, parts = asked("-a", str(tree), "hi")
    assert b"secret" not in [p["data"] for p in parts] and "symbolic link" in err


def test_submodule_is_left_out(asked, tree, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    (other / "o.c").write_text("o")
    git(other, "init", "-q")
    git(other, "add", ".")
    git(other, "commit", "-qm", "x")
    git(tree, "-c", "protocol.file.allow=always", "submodule", "add", "-q", str(other), "sub")
    _, err, parts = asked("-a", str(tree), "hi")
    assert {p["name"] for p in parts} == {".gitmodules", "b.txt", "src/a.c"} and "1 submodule" in err


def test_conflict_brings_a_file_once(asked, tree):
    git(tree, "add", ".")
    git(tree, "commit", "-qm", "base")
    git(tree, "checkout", "-qb", "one")
    (tree / "b.txt").write_text("one")
    git(tree, "commit", "-qam", "one")
    git(tree, "checkout", "-q", "-")
    (tree / "b.txt").write_text("two")
    git(tree, "commit", "-qam", "two")
    subprocess.run(["git", "-C", tree, "-c", "user.name=t", "-c", "user.email=t@t", "merge", "one"],
                   capture_output=True)
    assert [p["name"] for p in asked("-a", str(tree), "hi")[2]].count("b.txt") == 1


def test_tree_has_a_bound_and_nothing_is_sent_over_it(asked, tree):
    (tree / "large").write_text("l" * 5000)
    (tree / "small").write_text("s" * 92)
    assert asked("--max-bytes", "5100", "-a", str(tree), "hi")[0] == 0
    code, err, parts = asked("--max-bytes", "5099", "-a", str(tree), "hi")
    assert code == 65 and parts is None
    assert "have 5100 bytes and may have 5099 (--max-bytes); the largest: large (5000), small (92), src/a.c (7)" in err
    assert asked("--max-bytes", "8000", "-a", str(tree), "-a", str(tree), "hi")[0] == 65


def test_many_files_do(asked, tree):
    for i in range(3000):
        (tree / f"f{i}").write_text("x")
    assert len(asked("-a", str(tree), "hi")[2]) == 3002


def test_tree_runs_nothing_of_its_own(asked, tree, tmp_path):
    hook = tmp_path / "hook"
    hook.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
    hook.chmod(0o755)
    git(tree, "config", "core.fsmonitor", str(hook))
    assert asked("-a", str(tree), "hi")[0] == 0
    assert not (tmp_path / "ran").exists()


def test_git_that_is_missing_is_said(asked, tree):
    code, err, parts = asked("-a", str(tree), "hi", env={"PATH": "/nowhere"})
    assert code == 69 and "git cannot be run" in err and parts is None
