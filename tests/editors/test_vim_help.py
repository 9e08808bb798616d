"""The help of Vim's plugin against what the plugin has: each command, option and mapping has its entry."""

import re
import subprocess

from conftest import PATIENCE
from helpers_vim import PLUGIN, need_vim

HELP = (PLUGIN / "doc" / "askd.txt").read_text()
COMMANDS = (PLUGIN / "plugin" / "askd.vim").read_text()
README = (PLUGIN / "README.md").read_text()


def tags():
    return set(re.findall(r"\*(\S+)\*", HELP))


def test_each_command_is_told():
    names = set(re.findall(r"^command! (?:-\S+ )*(Ask\w*)", COMMANDS, re.M))
    assert len(names) > 15
    assert {f":{name}" for name in names} == {tag for tag in tags() if tag.startswith(":")}
    assert not [name for name in names if f":{name}" not in README and f"]{name}" not in README]


def test_each_option_is_told():
    table = (PLUGIN / "autoload" / "askd" / "options.vim").read_text()
    names = set(re.findall(r"^  (\w+): .*#", table, re.M))
    assert len(names) > 5 and {f"g:askd_{name}" for name in names} == {tag for tag in tags() if tag.startswith("g:")}


def test_each_mapping_is_told():
    names = set(re.findall(r"<Plug>\(askd-[\w-]+\)", COMMANDS))
    assert names and names == {tag for tag in tags() if tag.startswith("<Plug>")}


def test_its_links_lead_somewhere(tmp_path):
    """And Vim takes its tags."""
    (tmp_path / "doc").mkdir()
    (tmp_path / "doc" / "askd.txt").write_text(HELP)
    r = subprocess.run(
        [need_vim(), "-N", "-u", "NONE", "-i", "NONE", "-n", "-es", "-c", f"helptags {tmp_path}/doc", "-c", "qall!"],
        stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE,
    )  # fmt: skip
    found = {line.split("\t")[0] for line in (tmp_path / "doc" / "tags").read_text().splitlines()}
    assert r.returncode == 0 and found == tags()
    ours = {link for link in re.findall(r"\|([^|\s]+)\|", HELP) if "askd" in link.lower() or link.startswith(":Ask")}
    assert ours <= found, ours - found


def test_its_lines_fit():
    assert not [line for line in HELP.expandtabs(8).split("\n") if len(line) > 79]
