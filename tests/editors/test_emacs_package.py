"""Emacs: the package is as archives want it, and its README names all that there is."""

import os
import re
import shutil
import time

import pytest

import helpers_emacs
from helpers_ert import PLUGIN, batch

FILES = sorted(p.name for p in PLUGIN.glob("*.el"))
README = (PLUGIN / "README.md").read_text()
SKIPPED = 77
# Commands that are no feature: a mode whose command sets it up, and what a mode's own keys do.
INNER = {"askd-chat-mode", "askd-answer-mode", "askd-health-mode"}


@pytest.fixture
def copy(tmp_path):
    """The package in a folder that may be written to."""
    return shutil.copytree(PLUGIN, tmp_path / "askd")


def check(copy, what):
    """What check-package.el says of each file, and how it ended."""
    files = [str(copy / name) for name in FILES]
    return batch("-L", str(copy), "-l", "check-package.el", "-f", f"check-package-{what}", *files)


def test_it_compiles_without_a_warning(copy):
    said, status = check(copy, "compile")
    assert status == 0 and not re.search(r"Warning|Error", said), said
    assert sorted(p.name for p in copy.glob("*.elc")) == [f"{name}c" for name in FILES]


def test_checkdoc_finds_nothing(copy):
    said, status = check(copy, "checkdoc")
    assert (said.strip(), status) == ("", 0)


def test_package_lint_finds_nothing(copy):
    said, status = check(copy, "lint")
    if status == SKIPPED:
        pytest.skip("there is no package-lint")
    assert (said.strip(), status) == ("", 0)


def defined(copy, what="names"):
    """The commands and options of all files."""
    said, status = check(copy, what)
    assert status == 0, said
    return set(re.findall(r"^command (\S+)", said, re.M)) - INNER, set(re.findall(r"^option (\S+)", said, re.M))


def named(section):
    return set(re.findall(r"`((?:global-)?askd-[a-z-]+)`", section))


def test_the_readme_names_all_commands_and_options(copy):
    commands, options = defined(copy)
    table, behind = README.split("| option | |")
    assert len(commands) > 20 and len(options) > 5
    assert named(table) & commands == commands
    assert named("\n".join(row.split("|")[1] for row in table.splitlines() if row.startswith("| `"))) <= commands
    listed = {row.split("`")[1] for row in behind.splitlines() if row.startswith("| `")}
    assert listed == {name for name in options if not re.search("-mode(-hook)?$", name)}


def test_the_head_alone_has_all_commands(copy):
    """Who has no package manager loads askd.el, and the rest comes when it is asked for."""
    commands, _ = defined(copy)
    said, status = batch("-L", str(copy), "-l", "check-package.el", "-f", "check-package-head")
    assert status == 0, said
    assert commands <= set(re.findall(r"^command (\S+)", said, re.M))


INSTALL = """(progn (require 'package) (setq package-archives nil) (package-initialize)
    (package-install-file (car command-line-args-left)) (setq command-line-args-left nil))"""
GROUP = """(progn (package-initialize) (customize-group 'askd)
    (dolist (symbol (mapcar #'car (get 'askd 'custom-group))) (message "option %s" symbol)))"""


def test_an_installed_package_is_customized_before_it_is_used(copy, monkeypatch, tmp_path):
    """As package.el installs a folder; nothing of askd is loaded but what it made of the autoload cookies."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    (tmp_path / "home").mkdir()
    said, status = batch("--eval", INSTALL, str(copy))
    assert status == 0 and not re.search("Warning|Error", said), said
    said, status = batch("--eval", GROUP)
    assert status == 0 and "definition missing" not in said, said
    _, options = defined(copy)
    options = {name for name in options if not re.search("-mode(-hook)?$", name)}
    assert options <= set(re.findall(r"^option (\S+)", said, re.M))


def test_what_is_compiled_stays_as_long_as_it_is_used(monkeypatch, tmp_path):
    """Runs with other sources, on the same build tree, take away what nobody has used for long, and nothing else."""
    monkeypatch.setattr(helpers_emacs, "build_dir", lambda: tmp_path)
    monkeypatch.setattr(helpers_emacs, "compile_into", lambda folder: (folder / "x.elc").touch())
    used, unused = helpers_emacs.package(), tmp_path / helpers_emacs.COMPILED / "unused"
    unused.mkdir()
    old = time.time() - 2 * helpers_emacs.OLD
    for folder in (used, unused):
        os.utime(folder, (old, old))
    assert helpers_emacs.package() == used
    monkeypatch.setattr(helpers_emacs, "emacs_path", lambda: "another")
    assert helpers_emacs.package() != used
    assert (used / "x.elc").exists() and not unused.exists()
