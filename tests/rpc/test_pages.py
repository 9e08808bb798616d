"""The pages for people: what they link to is there, and what they have one make."""

import re

import pytest

from conftest import HERE

SOURCE = HERE.parent
PAGES = sorted([SOURCE / "README.md", SOURCE / "HACKING.md", *(SOURCE / "doc").glob("*.md")])
OF_EDITORS = sorted([SOURCE / "editors" / "README.md", *(SOURCE / "editors").glob("*/README.md")])
AUTOMAKE = {"check", "dist", "install", "uninstall", "clean"}


def named(page):
    return str(page.relative_to(SOURCE))


@pytest.mark.parametrize("page", [*PAGES, *OF_EDITORS], ids=named)
def test_links(page):
    text = re.sub(r"^(    |```).*$", "", page.read_text(encoding="utf-8"), flags=re.M)
    for target in re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", text):
        if not target.startswith("https://"):
            assert (page.parent / target).exists(), target


@pytest.mark.parametrize("page", [*PAGES, *OF_EDITORS], ids=named)
def test_what_one_is_to_make_has_a_rule(page):
    files = [SOURCE / "Makefile.am", *SOURCE.glob("*/local.mk")]
    rules = set(re.findall(r"^([a-z][a-z-]*):", "".join(f.read_text() for f in files), re.M)) | AUTOMAKE
    asked = set(re.findall(r"`make ([a-z][a-z-]*)", page.read_text(encoding="utf-8").replace("`make\n", "`make ")))
    assert asked <= rules, asked - rules


def test_all_pages_come_with_a_release():
    listed = (SOURCE / "doc" / "local.mk").read_text()
    for page in (SOURCE / "doc").glob("*.md"):
        assert f"doc/{page.name}" in listed


def test_the_readme_leads_to_all_pages():
    """But to those that another page leads to: export from conversations, tokens from the way models are described."""
    readme = (SOURCE / "README.md").read_text(encoding="utf-8")
    others = "".join(p.read_text(encoding="utf-8") for p in PAGES)
    for page in (SOURCE / "doc").glob("*.md"):
        assert f"(doc/{page.name})" in readme or f"({page.name})" in others or f"(doc/{page.name})" in others, page.name
