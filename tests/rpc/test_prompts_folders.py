"""The folders of the prompt library: what changes while askd runs, what links lead to, whose they are, how much there may be."""

import os
import pathlib
import shutil
import threading

import pytest

from client import failure
from conftest import Daemon, wait_until
from helpers_prompts import SHIPPED, Prompts, names, own, prompts, render  # noqa: F401
from helpers_system import DAEMON, system_home  # noqa: F401

PROMPTS_MAX, DEPTH_MAX, WATCHES_MAX = 2048, 4, 512


def text(client, name="p"):
    return render(client, name)["prompt"]


def replace(path, content):
    """As editors write: a new file takes the old one's place."""
    new = path.with_name(f".{path.name}.new")
    new.write_text(content)
    new.rename(path)


# -- changes: who asks after one gets what is there


def test_file_written_over(client, prompts):
    path = prompts.write("p.md", "one")
    for i in range(50):
        assert text(client) == ("one" if i == 0 else f"{i}")
        path.write_text(f"{i + 1}")


def test_file_replaced_by_rename(client, prompts):
    path = prompts.write("p.md", "one")
    for i in range(50):
        assert text(client) == ("one" if i == 0 else f"{i}")
        replace(path, f"{i + 1}")


def test_file_removed_and_there_again(client, prompts):
    path = prompts.write("p.md", "one")
    assert text(client) == "one"
    path.unlink()
    assert failure(client, "prompt.get", {"name": "p"})["code"] == "not_found"
    prompts.write("p.md", "two")
    assert text(client) == "two"


def test_own_one_uncovers_the_shipped_one_when_it_goes(client, prompts):
    path = prompts.write("commit.md", "mine")
    assert text(client, "commit") == "mine"
    path.unlink()
    assert pathlib.Path(client.call("prompt.get", {"name": "commit"})["path"]).name == "commit.md"
    assert own(client, prompts) == {}


def test_folder_appears_later(client, prompts):
    assert own(client, prompts) == {}
    prompts.write("p.md", "one")
    assert text(client) == "one"


def test_all_of_the_way_to_it_appears_later(home, client, prompts):
    home.config.rename(home.path / "kept")
    home.config_dir.rmdir()
    assert own(client, prompts) == {}
    prompts.write("group/p.md", "one")
    assert text(client, "group/p") == "one"
    shutil.rmtree(home.config_dir)
    assert own(client, prompts) == {}
    prompts.write("group/p.md", "two")
    assert text(client, "group/p") == "two"


def test_folder_replaced_by_another(client, prompts):
    prompts.write("p.md", "one")
    assert text(client) == "one"
    new = prompts.path.with_name("new")
    shutil.copytree(prompts.path, new)
    (new / "p.md").write_text("two")
    prompts.path.rename(prompts.path.with_name("old"))
    new.rename(prompts.path)
    assert text(client) == "two"
    prompts.write("p.md", "three")
    assert text(client) == "three"


def test_link_to_another_collection(home, client, prompts):
    """The folder itself may be a link, and be turned to another place."""
    for name in ("a", "b"):
        (home.path / name).mkdir()
        (home.path / name / "p.md").write_text(name)
    prompts.path.symlink_to(home.path / "a")
    assert text(client) == "a"
    new = prompts.path.with_name("new")
    new.symlink_to(home.path / "b")
    new.rename(prompts.path)
    assert text(client) == "b"
    (home.path / "b" / "p.md").write_text("c")
    assert text(client) == "c"


def test_groups_and_folders_come_and_go(client, prompts):
    prompts.write("a/b/p.md", "one")
    assert text(client, "a/b/p") == "one"
    prompts.write("a/b/c/system.md", "{{input:x}}")
    assert text(client, "a/b/c") == "x"
    prompts.write("a/b/c/user.md", "user")
    assert text(client, "a/b/c") == "x\n\nuser"
    (prompts.path / "a").rename(prompts.path / "z")
    assert sorted(own(client, prompts)) == ["z/b/c", "z/b/p"]
    shutil.rmtree(prompts.path / "z" / "b")
    assert own(client, prompts) == {}
    prompts.write("z/b/p.md", "two")
    assert text(client, "z/b/p") == "two"


def test_bad_file_mended_and_spoilt(daemon, client, prompts):
    told = "a prompt cannot be used"
    for i, bad in enumerate(["temperature: hot", "temperature: cold", "temperature: cold"]):
        prompts.write("p.md", f"---\n{bad}\n---\nx{i}")
        assert "error" in own(client, prompts)["p"]
    assert daemon.stderr().count(told) == 1  # it is the same fault
    prompts.write("p.md", "---\nreasoning: much\n---\nx")
    assert "error" in own(client, prompts)["p"]
    assert daemon.stderr().count(told) == 2
    prompts.write("p.md", "mended")
    assert text(client) == "mended"


def test_changes_never_stop(client, prompts):
    """Whoever asks is answered, with one of the texts that were there."""
    path = prompts.write("p.md", "0")
    end = threading.Event()

    def write():
        i = 0
        while not end.is_set():
            i += 1
            replace(path, str(i % 10))

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for _ in range(100):
            assert text(client) in "0123456789"
    finally:
        end.set()
        writer.join()
    replace(path, "last")
    assert text(client) == "last"


def readings(daemon):
    """How often the process has opened files: each reading opens some."""
    return int(next(l for l in open(f"/proc/{daemon.pid}/io") if l.startswith("syscr")).split()[1])


def test_nothing_is_read_where_nothing_changes(daemon, client, prompts):
    prompts.write("p.md", "one")
    names(client)
    prompts.write("p.md", "two")
    before = readings(daemon)
    names(client)
    reading = readings(daemon) - before
    before = readings(daemon)
    for _ in range(20):
        names(client)
    assert readings(daemon) - before < 20 * reading


def test_more_folders_than_are_watched(client, prompts):
    for i in range(WATCHES_MAX + 1):
        prompts.write(f"g{i}/p.md", "one")
    assert len(own(client, prompts)) == WATCHES_MAX + 1
    for i in (0, WATCHES_MAX):
        prompts.write(f"g{i}/p.md", "two")
        assert text(client, f"g{i}/p") == "two"


# -- what cannot lead out


@pytest.mark.parametrize(
    "name, code",
    [
        ("../p", "invalid_request"),
        ("group/../p", "invalid_request"),
        ("./p", "invalid_request"),
        ("/etc/passwd", "invalid_request"),
        ("group//p", "invalid_request"),
        ("p/", "invalid_request"),
        (".git/config", "invalid_request"),
        ("", "invalid_request"),
        ("a" * 201, "invalid_request"),
        ("a\0b", "invalid_request"),
        ("a\nb", "invalid_request"),
        ("a\x1b[2Jb", "invalid_request"),
        ("a\x85b", "invalid_request"),
        ("p.md", "not_found"),
        ("group", "not_found"),
        ("group\\..\\p", "not_found"),
        ("%2e%2e/p", "not_found"),
        ("a" * 200, "not_found"),
    ],
    ids=ascii,
)
def test_names(client, prompts, name, code):
    prompts.write("p.md", "one")
    prompts.write("group/p.md", "one")
    (prompts.path.parent / "p.md").write_text("outside")
    for method, field in [("prompt.get", "name"), ("prompt.render", "name"), ("chat", "template")]:
        error = failure(client, method, {field: name})
        assert (error["code"], error["param"]) == (code, field)


@pytest.fixture
def outside(home):
    """Files that are nobody's prompts."""
    folder = home.path / "outside"
    (folder / "deep").mkdir(parents=True)
    for name in ("secret", "secret.md", "system.md", "deep/secret.md"):
        (folder / name).write_text("secret")
    return folder


@pytest.mark.parametrize(
    "link, target",
    [
        ("p.md", "{outside}/secret"),
        ("p.md", "../../../outside/secret.md"),
        ("p.md", "{outside}"),
        ("p", "{outside}"),
        ("group/p.md", "{outside}/secret.md"),
        ("p/system.md", "{outside}/system.md"),
        ("p.md", "{prompts}/../../../outside/secret"),
        ("p.md", "{sibling}/p.md"),
        ("p.md", "/proc/self/environ"),
    ],
)
def test_links_that_lead_out(home, client, prompts, outside, link, target):
    sibling = prompts.path.with_name("prompts-too")  # begins as the folder does
    sibling.mkdir()
    (sibling / "p.md").write_text("secret")
    path = prompts.path / link
    path.parent.mkdir(parents=True, exist_ok=True)
    path.symlink_to(target.format(outside=outside, prompts=prompts.path, sibling=sibling))
    name = link.removesuffix(".md").removesuffix("/system")
    p = own(client, prompts)[name]
    assert "leads out" in p["error"]["message"] and str(prompts.path) in p["error"]["message"]
    assert failure(client, "prompt.render", {"name": name, "input": "x"})["code"] == "invalid_request"
    assert "prompt" not in client.call("prompt.get", {"name": name})


def test_user_file_that_leads_out(client, prompts, outside):
    prompts.write("p/system.md", "Be")
    (prompts.path / "p" / "user.md").symlink_to(outside / "secret")
    assert "leads out" in own(client, prompts)["p"]["error"]["message"]


def test_group_that_leads_out_is_none(client, prompts, outside):
    prompts.write("p.md", "one")
    (prompts.path / "group").symlink_to(outside / "deep")
    got = own(client, prompts)
    assert sorted(got) == ["group", "p"] and "leads out" in got["group"]["error"]["message"]


def test_links_within(client, prompts):
    prompts.write("deep/collection/say/system.md", "Be")
    prompts.write("one.md", "one")
    (prompts.path / "say").symlink_to("deep/collection/say")
    (prompts.path / "two.md").symlink_to("one.md")
    (prompts.path / "deep" / "up.md").symlink_to("../one.md")
    assert sorted(own(client, prompts)) == ["deep/collection/say", "deep/up", "one", "say", "two"]
    assert render(client, "say", "x") == {"system": "Be", "prompt": "x"}
    assert (text(client, "two"), text(client, "deep/up")) == ("one", "one")
    prompts.write("one.md", "another")
    assert text(client, "two") == "another"


def test_links_in_a_circle(client, prompts):
    prompts.write("a/p.md", "one")
    (prompts.path / "a" / "up").symlink_to("..")
    (prompts.path / "a" / "self").symlink_to("self")
    (prompts.path / "a" / "self.md").symlink_to("self.md")
    (prompts.path / "gone.md").symlink_to("nowhere")
    got = own(client, prompts)
    assert sorted(got) == ["a/p", "a/self", "gone"]
    assert [n for n, p in got.items() if "error" not in p] == ["a/p"]


def test_what_is_no_file(client, prompts):
    prompts.write("p.md", "one")
    os.mkfifo(prompts.path / "pipe.md")
    (prompts.path / "zero.md").symlink_to("/dev/zero")
    got = own(client, prompts)
    assert "no regular file" in got["pipe"]["error"]["message"]
    assert "leads out" in got["zero"]["error"]["message"]
    assert text(client) == "one"


def test_what_may_not_be_read(home, provider, prompts, start_daemon):
    """To root as well, without the right to read everything."""
    prompts.write("p.md", "one").chmod(0)
    home.write_config(provider.base_url)
    bounded = ["setpriv", "--bounding-set=-dac_override,-dac_read_search", "--"] if os.geteuid() == 0 else []
    client = start_daemon(via=bounded).connect()
    assert "Permission denied" in own(client, prompts)["p"]["error"]["message"]


def test_names_of_files_that_are_no_names(client, prompts):
    prompts.path.mkdir()
    for name in (b"caf\xe9.md", b"a\nb.md", b"a" * 201 + b".md", b".md", b".hidden.md", b"fine one.md"):
        with open(os.fsencode(prompts.path) + b"/" + name, "w") as f:
            f.write("x")
    got = own(client, prompts)
    assert len(got) == 4
    assert [n for n, p in got.items() if "error" not in p] == ["fine one"]
    assert text(client, "fine one") == "x"


# -- how much there may be


def test_most_prompts(daemon, client, prompts):
    shipped = len(list(SHIPPED.glob("*.md")))
    for i in range(PROMPTS_MAX - shipped):
        prompts.write(f"p{i}.md", "x")
    assert len(names(client)) == PROMPTS_MAX
    assert "left out" not in daemon.stderr()
    prompts.write("one-more.md", "x")
    assert len(names(client)) == PROMPTS_MAX
    assert f"more prompts than {PROMPTS_MAX}" in daemon.stderr()
    assert "left out" in failure(client, "prompt.get", {"name": "nothing"})["message"]


def test_deepest_group(daemon, client, prompts):
    deepest = "/".join("g" * DEPTH_MAX)
    prompts.write(f"{deepest}/p.md", "deep")
    assert text(client, f"{deepest}/p") == "deep"
    assert "left out" not in daemon.stderr()
    prompts.write(f"{deepest}/g/p.md", "deeper")
    assert failure(client, "prompt.get", {"name": f"{deepest}/g/p"})["code"] == "not_found"
    assert f"deeper than {DEPTH_MAX}" in daemon.stderr()


def test_most_bytes(daemon, client, prompts):
    """16 MiB of files, of which none may have more than 256 KiB."""
    for i in range(64):
        prompts.write(f"p{i:02}.md", "x" * (256 << 10))
    assert len(own(client, prompts)) == 64
    prompts.write("q0.md", "x" * (256 << 10))
    prompts.write("q1.md", "x")
    assert len(own(client, prompts)) < 66
    assert "more bytes than" in daemon.stderr()


# -- whose they are


def test_with_a_configuration_of_its_own(home, provider, start_daemon):
    """What lies beside the file counts, and the user's folder does not."""
    home.write_config(provider.base_url)
    other = home.path / "other"
    other.mkdir()
    shutil.move(home.config, other / "askd.conf")
    Prompts(home).write("mine.md", "x")
    (other / "prompts").mkdir()
    (other / "prompts" / "beside.md").write_text("x")
    client = start_daemon(args=["--config", str(other / "askd.conf")]).connect()
    assert "beside" in names(client) and "mine" not in names(client)


def test_system_daemon(system_home, provider):
    """It has those beside its configuration, and those of nobody's home."""
    home = system_home
    home.write_config(provider.base_url)
    folder = home.config_dir / "prompts"
    folder.mkdir()
    folder.chmod(0o755)
    (folder / "machine.md").write_text("x")
    (folder / "machine.md").chmod(0o644)
    own_home = home.state / ".config" / "askd" / "prompts"
    own_home.mkdir(parents=True)
    (own_home / "mine.md").write_text("x")
    for path in [own_home, *own_home.parents[:2], own_home / "mine.md"]:
        os.chown(path, DAEMON, DAEMON)
    shipped = home.path / "share" / "prompts"
    shutil.copytree(SHIPPED, shipped)
    shipped.parent.chmod(0o755)
    daemon = Daemon(home, env={"ASKD_DATADIR": str(shipped.parent)}, **home.daemon_args())
    try:
        got = names(daemon.connect())
        assert "machine" in got and "mine" not in got and "commit" in got
    finally:
        daemon.finish()


def test_end_while_it_is_read(daemon, client, prompts):
    for i in range(500):
        prompts.write(f"g{i}/p.md", "x")
    for _ in range(10):
        client.request("prompt.list", {})
    daemon.end()


def test_end_before_anything_was_read(daemon):
    daemon.end()
    wait_until(lambda: daemon.proc.poll() is not None, "it has ended")
