"""Named sets of context: what -x NAME sends along, where sets stand, and what becomes of a command in one."""

import os
import signal
import subprocess
import time

import pytest

from conftest import PATIENCE, ask_path, askctl_path, run_askd, wait_until
from helpers_scripted import Scripted

DONE = {"answer": "a", "state": "done", "text": "ok", "model": "m", "provider": "p"}
MIB = 1 << 20


class Asker:
    """A folder in which ask runs, against a daemon that answers anything."""

    def __init__(self, home):
        self.home, self.daemon, self.folder = home, Scripted(home), home.path / "work"
        self.daemon.replies["chat"] = DONE
        self.folder.mkdir()
        self.config = home.config_dir / "askd.conf"
        self.config.parent.mkdir(parents=True, exist_ok=True)

    def start(self, *args, cwd=None):
        return subprocess.Popen(
            [str(ask_path()), *args, "hi"], cwd=cwd or self.folder, env=self.home.env(ASKD_AUTOSTART="0"),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip

    def __call__(self, *args, **kw):
        """(status, what it said, the attachments as {name: text}, None where nothing was asked)."""
        before = len(self.daemon.asked("chat"))
        p = self.start(*args, **kw)
        _, err = p.communicate(timeout=PATIENCE)
        sent = self.daemon.asked("chat")[before:]
        parts = {a["name"]: a["data"].decode() for a in sent[0].get("attachments", [])} if sent else None
        return p.returncode, err, parts

    def project(self, text):
        (self.folder / ".askd").write_text(text)
        r = subprocess.run(
            [str(askctl_path()), "trust", "--yes"], cwd=self.folder, env=self.home.env(), capture_output=True, text=True
        )
        assert r.returncode == 0, r.stderr


@pytest.fixture
def asker(home):
    a = Asker(home)
    yield a
    a.daemon.stop()


def test_a_set_brings_text_files_and_what_commands_print(asker):
    (asker.folder / "src").mkdir()
    (asker.folder / "src/a.c").write_text("int a;\n")
    (asker.folder / "src/b.c").write_text("int b;\n")
    (asker.folder / "notes").write_text("note\n")
    asker.config.write_text(
        '[context "code"]\ntext = mind the style\nfiles = src/*.c\nfiles = notes\n'
        "command = echo out; echo err >&2\ncommand = pwd\n"
    )
    assert asker("-x", "code") == (0, "", {
        "code": "mind the style", "src/a.c": "int a;\n", "src/b.c": "int b;\n", "notes": "note\n",
        "code: command 1": "$ echo out; echo err >&2\nout\nerr\n",
        "code: command 2": f"$ pwd\n{asker.folder}\n",
    })  # fmt: skip


def test_it_is_read_anew_each_time(asker):
    asker.config.write_text('[context "n"]\nfiles = n\n')
    for text in ("one", "two"):
        (asker.folder / "n").write_text(text)
        assert asker("-x", "n")[2] == {"n": text}


def test_a_set_named_twice_is_sent_once_and_two_in_their_order(asker):
    asker.config.write_text('[context "a"]\ntext = A\n[context "b"]\ntext = B\n')
    assert list(asker("-x", "b", "-x", "a", "--context", "b")[2].items()) == [("b", "B"), ("a", "A")]


def test_files_may_be_anywhere_in_the_configuration(asker):
    (asker.home.path / "far").write_text("far")
    asker.config.write_text(f'[context "far"]\nfiles = {asker.home.path}/f*r\n[context "home"]\nfiles = ~/far\n')
    path = f"{asker.home.path}/far"
    assert asker("-x", "far")[2] == {path: "far"}
    assert asker("-x", "home")[2] == {path: "far"}


# -- where they stand


def test_drop_ins_go_over_the_file_key_by_key(asker):
    asker.config.write_text('[context "c"]\ntext = old\ncommand = echo 1\ncommand = echo 2\n[daemon]\nlog_level = info\n')
    folder = asker.config.parent / "askd.conf.d"
    folder.mkdir()
    (folder / "10.conf").write_text('[context "c"]\ncommand = echo 3\n')
    (folder / "20.conf.bak").write_text('[context "c"]\ntext = not read\n')
    (folder / ".20.conf").write_text('[context "c"]\ntext = not read\n')
    assert asker("-x", "c")[2] == {"c": "old", "c: command 1": "$ echo 3\n3\n"}


def test_the_daemon_knows_the_section(home):
    home.write_config("http://127.0.0.1:1/v1", extra='[context "c"]\nfiles = a\nfiles = b\ncommand = make\ndescription = x\n')
    r = run_askd(home, "--check-config")
    assert r.returncode == 0, r.stderr
    shown = run_askd(home, "--print-config").stdout
    assert '[context "c"]' in shown and "files = a" in shown and "files = b" in shown and "command = make" in shown
    home.write_config("http://127.0.0.1:1/v1", extra='[context "c"]\nfile = a\n')
    assert "file" in run_askd(home, "--check-config").stderr


def test_that_of_a_project_goes_before_and_runs_in_its_folder(asker):
    asker.config.write_text('[context "c"]\ntext = mine\n[context "own"]\ntext = own\n')
    asker.project('model = m\n[context "c"]\nfiles = sub/x\ncommand = pwd\n')
    (asker.folder / "sub").mkdir()
    (asker.folder / "sub/x").write_text("x")
    expected = {"sub/x": "x", "c: command 1": f"$ pwd\n{asker.folder}\n"}
    assert asker("-x", "c", cwd=asker.folder / "sub")[2] == expected
    assert asker("-x", "c", "--no-project")[2] == {"c": "mine"}
    assert asker("-x", "own")[2] == {"own": "own"}


def test_that_of_a_project_file_needs_trust(asker):
    mark = asker.folder / "ran"
    (asker.folder / ".askd").write_text(f'[context "c"]\ncommand = touch {mark}\n')
    code, err, parts = asker("-x", "c")
    assert code == 78 and "not trusted: askctl trust shows" in err and parts is None and not mark.exists()
    asker.project(f'[context "c"]\ncommand = touch {mark}\n')
    assert asker("-x", "c")[2] == {"c: command 1": f"$ touch {mark}\n[no output]\n"} and mark.exists()
    (asker.folder / ".askd").write_text(f'[context "c"]\ncommand = rm {mark}\n')
    assert asker("-x", "c")[0] == 78 and mark.exists()


def test_trust_shows_what_it_would_run(asker):
    (asker.folder / ".askd").write_text('[context "c"]\ncommand = rm -rf \u202eevil\n')
    r = subprocess.run(
        ["script", "-qec", f"{askctl_path()} trust", "/dev/null"], cwd=asker.folder, env=asker.home.env(), input="n\n",
        capture_output=True, text=True, timeout=PATIENCE,
    )  # fmt: skip
    assert "command = rm -rf \\u{202e}evil" in r.stdout


@pytest.mark.parametrize("files", ["/etc/passwd", "../x", "a/../../x", "~/x"])
def test_files_of_a_project_do_not_leave_its_folder(asker, files):
    (asker.folder / ".askd").write_text(f'[context "c"]\nfiles = {files}\n')
    r = subprocess.run(
        [str(askctl_path()), "trust", "--yes"], cwd=asker.folder, env=asker.home.env(), capture_output=True, text=True
    )
    assert r.returncode == 65 and f":2: {files} is not in the folder of this file" in r.stderr


def test_a_link_does_not_leave_it_either(asker):
    (asker.home.path / "secret").write_text("secret")
    (asker.folder / "link").symlink_to(asker.home.path / "secret")
    asker.project('[context "c"]\nfiles = li*\n')
    code, err, parts = asker("-x", "c")
    assert code == 77 and "leads out of the folder" in err and parts is None


# -- what is refused


def test_a_name_that_is_not_there_tells_those_that_are(asker):
    code, err, parts = asker("-x", "nope")
    assert code == 78 and 'write [context "nope"]' in err and parts is None
    asker.config.write_text('[context "a"]\ntext = A\ndescription = all of it\n[context "b"]\ntext = B\n')
    code, err, _ = asker("-x", "nope")
    assert code == 78 and "there is no set of context 'nope': there are a (all of it), b" in err
    asker.project('[context "p"]\ntext = P\n')
    assert "there are p, a (all of it), b" in asker("-x", "nope")[1]


@pytest.mark.parametrize(
    "text, wrong",
    [
        ('[context "c"]\nfile = x\n', ":2: file is no key of a set: files, command, text and description are"),
        ('[context "c"]\ntext = a\ntext = b\n', ":3: text stands here twice"),
        ('[context "c"]\ntext =\n', ":2: the value above is empty"),
        ('[context "c d"]\ntext = a\n', ":1: the name of a set is 1 to 40 letters"),
        (f'[context "{41 * "c"}"]\ntext = a\n', ":1: the name of a set is 1 to 40 letters"),
        ('[context "c"]\n' + "files = x\n" * 33, ":34: there are too many files lines: 32 are read"),
        ('[context "c"]\n' + "command = x\n" * 17, ":18: there are too many command lines: 16 are read"),
        ('[context "c"]\ndescription = d\n', ' [context "c"] brings nothing'),
    ],
)
def test_a_section_that_is_wrong_is_named(asker, text, wrong):
    asker.config.write_text(text)
    code, err, parts = asker("-x", "c")
    assert code == 78 and f"{asker.config}{':' if wrong[0] == ' ' else ''}{wrong}" in err and parts is None


def test_bounds_of_lists_can_be_reached(asker):
    (asker.folder / "x").write_text("x")
    asker.config.write_text('[context "c"]\n' + "files = x\n" * 32 + "command = echo x\n" * 16)
    code, err, parts = asker("-x", "c")
    assert code == 0 and len(parts) == 1 + 16


def test_a_file_that_others_may_write_runs_nothing(asker):
    asker.config.write_text('[context "c"]\ncommand = touch ran\n')
    asker.config.chmod(0o666)
    code, err, parts = asker("-x", "c")
    assert code == 78 and "others may write to this file" in err and parts is None
    assert not (asker.folder / "ran").exists()


def test_keys_in_the_same_file_are_not_looked_at(asker):
    asker.config.write_text('[provider "p"]\nkey = sk-secret\nnonsense here = x\n[context "c"]\ntext = t\n')
    asker.config.chmod(0o600)
    assert asker("-x", "c") == (0, "", {"c": "t"})


def test_too_many_files(asker):
    for i in range(257):
        (asker.folder / f"f{i}").write_text("x")
    asker.config.write_text('[context "c"]\nfiles = f*\n')
    code, err, _ = asker("-x", "c")
    assert code == 65 and "attaches over 256 files" in err
    (asker.folder / "f0").unlink()
    assert len(asker("-x", "c")[2]) == 256


def test_a_pattern_without_a_file_is_told(asker):
    asker.config.write_text('[context "c"]\nfiles = nothing*\ntext = t\n')
    code, err, parts = asker("-x", "c")
    assert code == 0 and "files = nothing* names no file" in err and parts == {"c": "t"}


# -- commands


@pytest.mark.parametrize("command, end", [("echo x; exit 3", "x\n[exit status 3]\n"), ("kill -9 $$", "[exit status 137]\n")])
def test_how_a_command_ended_is_told_to_both(asker, command, end):
    asker.config.write_text(f'[context "c"]\ncommand = {command}\n')
    code, err, parts = asker("-x", "c")
    assert code == 0 and f"context c: '{command}' ended with status" in err
    assert parts == {"c: command 1": f"$ {command}\n{end}"}


def test_a_command_has_no_terminal_and_nothing_to_read(asker):
    asker.config.write_text('[context "c"]\ncommand = cat; (: </dev/tty) 2>/dev/null || echo none\n')
    assert asker("-x", "c")[2]["c: command 1"].endswith("\nnone\n")


def test_a_pipeline_ends_by_its_reader(asker):
    asker.config.write_text('[context "c"]\ncommand = yes | head -n 1\n')
    assert asker("-x", "c")[2] == {"c: command 1": "$ yes | head -n 1\ny\n"}


@pytest.mark.parametrize("size, sent", [(MIB, True), (MIB + 1, False)])
def test_what_it_prints_has_a_bound(asker, size, sent):
    asker.config.write_text(f'[context "c"]\ncommand = head -c {size} /dev/zero | tr "\\0" x\n')
    code, err, parts = asker("-x", "c")
    assert (code, parts is not None) == ((0, True) if sent else (65, False))
    assert sent or "prints over 1 MiB" in err


def test_the_time_has_a_bound_and_its_children_end_with_it(asker):
    mark = asker.folder / "late"
    asker.config.write_text(f'[context "c"]\ncommand = (sleep 11 && touch {mark}) & sleep 20\n')
    begin = time.monotonic()
    code, err, parts = asker("-x", "c")
    assert code == 75 and "did not end within 10 s" in err and parts is None
    assert 9.5 < time.monotonic() - begin < 20
    time.sleep(1.5)
    assert not mark.exists()


def test_an_interrupt_ends_it(asker):
    asker.config.write_text('[context "c"]\ncommand = echo $$ >pid; sleep 20\n')
    p = asker.start("-x", "c")
    pid = int(wait_until(lambda: (asker.folder / "pid").exists() and (asker.folder / "pid").read_text(), "it runs"))
    p.send_signal(signal.SIGINT)
    _, err = p.communicate(timeout=PATIENCE)
    assert p.returncode == 130 and err == "" and asker.daemon.asked("chat") == []
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
