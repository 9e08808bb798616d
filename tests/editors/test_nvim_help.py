"""Neovim: the help page names all that there is, and the README all commands."""

import re

import pytest

from helpers_nvim import PLUGIN, Nvim

PAGE = (PLUGIN / "doc" / "askd.txt").read_text()


@pytest.fixture
def nvim(home):
    with Nvim(home) as n:
        yield n


def commands(n):
    return sorted(name for name in n.call("nvim_get_commands", {}) if name.startswith("Ask"))


def test_every_command_and_mapping_has_a_tag(nvim):
    tags = set(re.findall(r"\*(\S+)\*(?=\s)", PAGE))
    assert len(commands(nvim)) >= 15
    assert {f":{name}" for name in commands(nvim)} == {t for t in tags if t.startswith(":")}
    plugs = {m["lhs"] for m in nvim.call("nvim_get_keymap", "i") if m["lhs"].startswith("<Plug>(askd")}
    assert plugs == {t for t in tags if t.startswith("<Plug>")}


def test_every_option_is_told(nvim):
    options = nvim.lua("return require('askd.options').names()")
    section = PAGE[PAGE.index("*askd-options*") : PAGE.index("*askd-mappings*")]
    assert set(re.findall(r"^\t`(\w+)`", section, re.M)) == set(options)


def test_the_page_is_found_and_its_links_lead_somewhere(nvim, tmp_path):
    copy = tmp_path / "askd"
    (copy / "doc").mkdir(parents=True)
    (copy / "doc" / "askd.txt").write_text(PAGE)
    nvim.command(f"helptags {copy}/doc")
    nvim.command(f"set rtp^={copy}")
    for link in sorted(set(re.findall(r"(?<![\w|])\|([^|\s]+)\|", PAGE))):
        nvim.command(f"help {link}")
    nvim.command("help askd")
    assert nvim.lines()[0].startswith("*askd.txt*")


def test_the_page_fits_into_a_window():
    wide = [line for line in PAGE.splitlines() if len(line.expandtabs(8)) > 78]
    assert not wide


def test_the_readme_names_every_command(nvim):
    readme = (PLUGIN / "README.md").read_text()
    assert not [name for name in commands(nvim) if not re.search(rf"[:\]]{name}\b", readme)]
