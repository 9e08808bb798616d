"""The project file: found, trusted, and used for what the command line leaves open. Of what is not trusted nothing is used."""

import base64
import fcntl
import os
import subprocess

import pytest

from conftest import PATIENCE, ask_path, askctl_path
from helpers_terminal import asked_on_terminal, on_terminal

OTHER, USAGE, DATA, DENIED = 1, 64, 65, 77
MODEL = "model = fake/words-2\n"


class Project:
    """A folder with a project file, in which ask and askctl run."""

    def __init__(self, home):
        self.home, self.folder = home, home.path / "project"
        self.folder.mkdir()
        self.file = self.folder / ".askd"

    def write(self, text):
        self.file.write_text(text)
        return self

    def add(self, name, text):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def run(self, program, *args, cwd=None, input=""):
        return subprocess.run(
            [str(program), *args], cwd=cwd or self.folder, env=self.home.env(ASKD_AUTOSTART="0"), input=input,
            capture_output=True, text=True, timeout=PATIENCE,
        )

    def ask(self, *args, **kw):
        return self.run(ask_path(), *args, "hi", **kw)

    def trust(self, *args, **kw):
        return self.run(askctl_path(), "trust", *args, **kw)

    def trusted(self):
        r = self.trust("--yes")
        assert (r.returncode, r.stdout, r.stderr) == (0, "", "")
        return self

    def shown(self, *argv):
        """(status, what a terminal shows) of ask or askctl in the folder."""
        line = 'cd "$1" && shift && exec "$@"'
        status, text = on_terminal(["sh", "-c", line, "sh", str(self.folder), *map(str, argv)], self.home.env(ASKD_AUTOSTART="0"))
        return status, text.replace("\r\n", "\n")


@pytest.fixture
def project(home, daemon):
    return Project(home)


def said(body):
    """All that a question says, whether its files were sent as text or as files."""
    texts = []
    for message in body["messages"]:
        content = message["content"]
        for part in [{"text": content}] if isinstance(content, str) else content:
            data = part.get("file", {}).get("file_data", "").partition(",")[2]
            texts.append(part.get("text") or base64.b64decode(data).decode())
    return "\n".join(texts)


def models(provider):
    return [b["model"] for b in provider.bodies()]


def test_what_is_trusted_goes_for_what_is_not_told(project, provider):
    project.write(MODEL + "system = be brief\n  and kind ; to all\nbudget = team-x\n").trusted()
    assert project.ask().returncode == 0
    assert project.ask("-m", "fake/echo", "-s", "be long").returncode == 0
    told = [(b["model"], b["messages"][0]["content"]) for b in provider.bodies()]
    assert told == [("words-2", "be brief and kind"), ("echo", "be long")]


@pytest.mark.parametrize("more", [("--no-project",), ("--no-project", "--no-store")])
def test_no_project(project, provider, more):
    project.write(MODEL).trusted()
    assert project.ask(*more).returncode == 0
    assert models(provider) == ["echo"]


def test_untrusted_is_not_used_and_not_told_in_a_pipe(project, provider):
    project.write(MODEL)
    r = project.ask()
    assert (r.returncode, r.stderr) == (0, "") and models(provider) == ["echo"]


def test_untrusted_is_told_on_a_terminal(project):
    project.write(MODEL + "attach = x\n")
    status, text = project.shown(ask_path(), "hi")
    assert status == 0
    assert f"ask: {project.file} is not trusted, and is not used (it would set model, attach): askctl trust shows it" in text


def test_what_has_changed_is_not_trusted(project, provider):
    project.write(MODEL).trusted()
    project.write(MODEL + "# as before\n")
    assert project.ask().returncode == 0 and models(provider) == ["echo"]
    assert "has changed since it was trusted" in project.shown(ask_path(), "hi")[1]
    assert project.trust("--list").stdout == f"changed\t{project.file}\n"
    project.write(MODEL)
    assert project.ask().returncode == 0 and models(provider)[-1] == "words-2"


def test_what_is_trusted_elsewhere_is_not_here(project, provider):
    project.write(MODEL).trusted()
    there = project.folder / "deeper"
    there.mkdir()
    (there / ".askd").write_text(MODEL)
    assert project.ask(cwd=there).returncode == 0
    assert models(provider) == ["echo"]


def test_untrust(project, provider):
    project.write(MODEL).trusted()
    assert project.run(askctl_path(), "untrust").returncode == 0
    assert project.ask().returncode == 0 and models(provider) == ["echo"]
    r = project.run(askctl_path(), "untrust")
    assert (r.returncode, r.stderr) == (OTHER, f"askctl: {project.file} was not trusted\n")


def test_untrust_what_is_gone(project):
    project.write(MODEL).trusted()
    project.file.unlink()
    assert project.trust("--list").stdout == f"gone\t{project.file}\n"
    assert project.run(askctl_path(), "untrust", ".askd").returncode == 0
    assert project.trust("--list").stdout == ""


# -- trust


def test_trust_shows_the_file_and_asks(project):
    project.write("system = \u202eevil\u2066 and \x1b[31m\n".replace("\x1b", "") + "# \u200b\n")
    for word, status, listed in (("n", OTHER, ""), ("y", 0, f"trusted\t{project.file}\n")):
        got, shown = asked_on_terminal([askctl_path(), "trust"], project.home.env(), "[y/N] ", f"{word}\n", project.folder)
        assert got == status, shown
        assert "system = \\u{202e}evil\\u{2066} and [31m" in shown and "# \\u{200b}" in shown
        assert "\u202e" not in shown
        assert project.trust("--list").stdout == listed


def test_trust_without_anybody_there(project):
    project.write(MODEL)
    r = project.trust()
    assert (r.returncode, r.stdout) == (USAGE, "") and "give --yes" in r.stderr
    assert project.trust("--list").stdout == ""


@pytest.mark.parametrize(
    "text, says",
    [
        ("modle = x\n", ":1: modle is no key: model, system, prompt, attach and budget are"),
        ("\nmodel = a\nmodel = b\n", ":3: model stands here twice"),
        ("[ask]\n", ":1: the only sections here are sets"),
        ("model\n", ":1: no key = value"),
        ("model =\n", ":1: the value above is empty"),
        ("budget = a b\n", ":1: a budget is a name of letters"),
        ("budget = " + 65 * "b", ":1: a budget is a name of letters"),
        ("attach = /etc/passwd\n", ":1: /etc/passwd is not in the folder of this file"),
        ("attach = ../x\n", ":1: ../x is not in the folder of this file"),
        ("attach = a/../../x\n", ":1: a/../../x is not in the folder of this file"),
        ("attach = ~/x\n", ":1: ~/x is not in the folder of this file"),
        ("system = " + 200 * "s" + "\n", ":1: a line is too long"),
        ("system = a\0b\n", ":1: the line holds a NUL"),
        ("attach = x\n" * 33, ":33: there are too many attach lines"),
    ],
)
def test_what_is_not_understood_is_not_trusted(project, text, says):
    r = project.write(text).trust("--yes")
    assert (r.returncode, r.stdout) == (DATA, "") and r.stderr.startswith(f"askctl: {project.file}{says}"), r.stderr


def test_bytes_that_are_no_text(project):
    project.file.write_bytes(b"model = \xff\n")
    assert "the line is not UTF-8" in project.trust("--yes").stderr


@pytest.mark.parametrize("over", [0, 1])
def test_the_largest_file(project, over):
    line = "#" + 62 * "x" + "\n"
    r = project.write(line * 1024 + "#" * over).trust("--yes")
    assert (r.returncode, "larger than" in r.stderr) == ((DATA, True) if over else (0, False))


def test_thirty_two_patterns(project, provider):
    project.add("x", "CONTENT")
    project.write("attach = x\n" * 32).trusted()
    assert project.ask().returncode == 0
    assert said(provider.bodies()[0]).count("CONTENT") == 32


# -- which file


def test_it_is_found_above(project, provider):
    project.write(MODEL).trusted()
    below = project.folder / "a" / "b"
    below.mkdir(parents=True)
    assert project.ask(cwd=below).returncode == 0 and models(provider) == ["words-2"]


def test_it_is_not_looked_for_above_the_home_folder(project, provider):
    project.write(MODEL).trusted()
    inner = project.folder / "inner"
    inner.mkdir()
    env = project.home.env(ASKD_AUTOSTART="0", HOME=str(inner))
    subprocess.run([str(ask_path()), "hi"], cwd=inner, env=env, input="", text=True, check=True, capture_output=True)
    assert models(provider) == ["echo"]


def test_the_nearest_one_counts_also_where_it_is_not_trusted(project, provider):
    project.write(MODEL).trusted()
    inner = project.folder / "inner"
    inner.mkdir()
    (inner / ".askd").write_text("system = x\n")
    assert project.ask(cwd=inner).returncode == 0 and models(provider) == ["echo"]


@pytest.mark.parametrize("how", ["link", "fifo", "folder", "world"])
def test_what_is_no_file_of_ours_is_refused(project, provider, how):
    project.write(MODEL).trusted()
    if how == "world":
        project.file.chmod(0o646)
    else:
        project.file.rename(project.folder / "elsewhere")
        {"link": lambda: project.file.symlink_to("elsewhere"), "fifo": lambda: os.mkfifo(project.file), "folder": project.file.mkdir}[how]()
    r = project.ask()
    assert (r.returncode, r.stderr) == (0, "") and models(provider) == ["echo"]
    says = {"link": "is a symbolic link", "world": "can be written by everybody"}.get(how, "is no regular file")
    assert f"{project.file} {says}" in project.shown(ask_path(), "hi")[1]
    assert says in project.trust("--yes").stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file to another user")
def test_another_users_file_in_a_parent_folder(project, provider):
    project.write(MODEL).trusted()
    os.chown(project.file, 1234, 1234)
    below = project.folder / "below"
    below.mkdir()
    r = project.ask(cwd=below)
    assert (r.returncode, r.stderr) == (0, "") and models(provider) == ["echo"]
    r = project.trust("--yes", cwd=below)
    assert (r.returncode, r.stderr) == (DENIED, f"askctl: {project.file} belongs to another user\n")


@pytest.mark.parametrize("mode", [0o620, 0o602])
def test_a_list_that_others_can_write_is_not_believed(project, provider, mode):
    project.write(MODEL).trusted()
    (project.home.state / "askd" / "trusted").chmod(mode)
    r = project.ask()
    assert (r.returncode, r.stderr) == (0, "") and models(provider) == ["echo"]
    assert project.trust("--list").returncode == DENIED


def test_a_list_that_is_being_changed(project):
    project.write(MODEL).trusted()
    with open(project.home.state / "askd" / "trusted.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert project.trust("--yes").returncode == 75


def test_many_are_trusted(project):
    folders = [project.folder / f"f{i}" for i in range(20)]
    for f in folders:
        f.mkdir()
        (f / ".askd").write_text(MODEL)
        assert project.trust("--yes", cwd=f).returncode == 0
    assert project.trust("--yes", cwd=folders[3]).returncode == 0
    assert sorted(project.trust("--list").stdout.splitlines()) == sorted(f"trusted\t{f}/.askd" for f in folders)


# -- what it attaches


def test_attachments(project, provider):
    for name in ("docs/b.md", "docs/a.md", "docs/.hidden.md", "docs/c.txt", "[x]/*.md"):
        project.add(name, f"<{name}>")
    (project.folder / "docs" / "sub.md").mkdir()
    project.write("attach = docs/*.md\nattach = docs/c.txt\n").trusted()
    assert project.ask().returncode == 0
    sent = said(provider.bodies()[0])
    assert [sent.find(f"<{n}>") >= 0 for n in ("docs/a.md", "docs/b.md", "docs/c.txt")] == [True] * 3
    assert sent.index("<docs/a.md>") < sent.index("<docs/b.md>") < sent.index("<docs/c.txt>")
    assert "hidden" not in sent and "[x]" not in sent


def test_a_folder_whose_name_is_a_pattern(project, provider):
    odd = project.folder / "a[bc]*\\d"
    odd.mkdir()
    (odd / ".askd").write_text("attach = *.md\n")
    (odd / "x.md").write_text("CONTENT")
    assert project.trust("--yes", cwd=odd).returncode == 0
    assert project.ask(cwd=odd).returncode == 0 and "CONTENT" in said(provider.bodies()[0])


@pytest.mark.parametrize("target", ["/etc/passwd", "../outside"])
def test_a_link_that_leads_out(project, provider, target):
    (project.folder.parent / "outside").write_text("SECRET")
    (project.folder / "x.md").symlink_to(target)
    project.write("attach = *.md\n").trusted()
    r = project.ask()
    assert (r.returncode, r.stderr) == (DENIED, f"ask: {project.file}: attach = x.md leads out of the folder\n")
    assert models(provider) == []


def test_a_folder_on_the_way_that_leads_out(project, provider):
    outside = project.folder.parent / "outside"
    outside.mkdir()
    (outside / "x").write_text("SECRET")
    (project.folder / "docs").symlink_to(outside)
    project.write("attach = docs/x\n").trusted()
    assert project.ask().returncode == DENIED and models(provider) == []


def test_a_link_that_stays_within(project, provider):
    project.add("docs/a", "CONTENT")
    (project.folder / "x.md").symlink_to("docs/a")
    project.write("attach = *.md\n").trusted()
    assert project.ask().returncode == 0 and "CONTENT" in said(provider.bodies()[0])


def test_a_pattern_that_names_nothing(project, provider):
    project.write("attach = *.md\n").trusted()
    r = project.ask()
    assert (r.returncode, r.stderr) == (0, f"ask: {project.file}: attach = *.md names no file\n")


@pytest.mark.parametrize("over", [0, 1])
def test_the_most_files(project, over):
    for i in range(256 + over):
        project.add(f"d/{i}", "x")
    r = project.write("attach = d/*\n").trusted().ask()
    assert (r.returncode, "attaches over 256 files" in r.stderr) == ((DATA, True) if over else (0, False))


def test_what_is_gone_on_with_has_them_already(project, provider):
    project.add("x", "CONTENT")
    project.write("attach = x\nsystem = be brief\n").trusted()
    assert project.ask().returncode == 0
    assert project.ask("-c").returncode == 0
    asked = [m for m in provider.bodies()[1]["messages"] if m["role"] != "assistant"]  # the echo has it, too
    sent = said({"messages": asked})
    assert (sent.count("CONTENT"), sent.count("be brief")) == (1, 1)


@pytest.mark.parametrize("more", [(), ("--no-store",)])
def test_retry_of_a_schema_has_them_once(project, provider, more):
    project.add("x", "CONTENT")
    project.write("attach = x\n").trusted()
    assert project.ask("--schema", "age:int", "--schema-retry", "-m", "fake/misfit-1", *more).returncode == 0
    sent = provider.bodies()[-1]
    assert [m["role"] for m in sent["messages"]] == ["user", "assistant", "user"]
    assert said(sent).count("CONTENT") == 1


def test_a_prompt_of_the_library(project, provider):
    (project.home.config_dir / "prompts").mkdir()
    (project.home.config_dir / "prompts" / "loud.md").write_text("SHOUT {{input}}\n")
    project.write("prompt = loud\n").trusted()
    assert project.ask().returncode == 0
    assert project.ask("-c").returncode == 0
    first, second = (said(b) for b in provider.bodies())
    assert (first, second) == ("SHOUT hi", "SHOUT hi\nSHOUT hi\nhi")  # the second one is what was answered
