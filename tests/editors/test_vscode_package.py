"""VS Code: what package.json promises is what the extension does, and what is packed is all that it needs."""

import json
import re
import subprocess
import zipfile

import pytest

from conftest import PATIENCE
from helpers_vscode import BUILDS, FETCHING, SOURCES, VsCode, built, digest, made_once, node_path, refusal

MANIFEST = json.loads((SOURCES / "package.json").read_text())
CONTRIBUTES = MANIFEST["contributes"]
COMMANDS = sorted(c["command"] for c in CONTRIBUTES["commands"])
VERSION = "1.2.3"


def sources(folder="src"):
    return sorted((SOURCES / folder).glob("*.ts"))


@pytest.fixture
def code(daemon, home):
    with VsCode(home) as v:
        yield v


def test_the_commands_are_those_that_it_tells(code):
    assert sorted(code.do("commands")) == COMMANDS
    assert len(set(COMMANDS)) == len(COMMANDS)
    assert all(c["title"] and c["category"] == "askd" for c in CONTRIBUTES["commands"])


def test_menus_and_welcomes_name_commands_that_there_are():
    named = {item["command"] for menu in CONTRIBUTES["menus"].values() for item in menu}
    named |= set(re.findall(r"command:([\w.]+)", json.dumps(CONTRIBUTES.get("viewsWelcome", []))))
    assert named <= set(COMMANDS)


def test_no_key_is_bound():
    assert CONTRIBUTES.get("keybindings", []) == []


def test_the_settings_are_those_that_are_read():
    text = (SOURCES / "src" / "settings.ts").read_text()
    read = set(re.findall(r"^  (\w+): ", text, re.MULTILINE))
    told = {name.removeprefix("askd.") for name in CONTRIBUTES["configuration"]["properties"]}
    assert read == told
    used = {name for path in sources() for name in re.findall(r"setting\(\s*\"(\w+)\"", path.read_text())}
    assert used == told, "each of them is used"
    for row in CONTRIBUTES["configuration"]["properties"].values():
        assert "default" in row and row["markdownDescription"].endswith(".")


def test_what_comes_from_elsewhere_is_not_taken_for_a_program():
    """A folder that one opens must not say what is run."""
    for name in ("askd.socket", "askd.askctl"):
        assert CONTRIBUTES["configuration"]["properties"][name]["scope"] == "machine"


def test_a_folder_that_is_not_trusted_chooses_nobody_that_is_asked():
    """Nor does it have what is typed sent somewhere."""
    restricted = MANIFEST["capabilities"]["untrustedWorkspaces"]["restrictedConfigurations"]
    assert {"askd.model", "askd.suggest", "askd.suggestModel", "askd.suggestOff"} == set(restricted)
    assert set(restricted) <= set(CONTRIBUTES["configuration"]["properties"])


def test_only_the_host_knows_vscode():
    known = {p.name for p in sources() if re.search(r"^import (?!type).*\"vscode\"", p.read_text(), re.MULTILINE)}
    assert known <= {"host.ts", "host_chat.ts"} and "host.ts" in known


def test_nothing_is_any():
    found = [(p.name, line) for folder in ("src", "test") for p in sources(folder)
             for line in p.read_text().splitlines() if re.search(r": any\b|<any\b|\bas any[);,.\]]|@ts-ignore", line)]  # fmt: skip
    assert found == []


def test_it_starts_lazily(code):
    assert "*" not in MANIFEST["activationEvents"]
    loaded = {path.rsplit("/", 1)[-1] for path in code.do("loaded")}
    assert not loaded & {"change.js", "rewrite.js", "suggest.js", "compare.js", "commit.js", "resume.js", "apply.js"}
    code.command("askd.accept")
    assert "rewrite.js" in str(code.do("loaded"))


def test_the_lock_files_name_no_registry():
    for path in (SOURCES / "package-lock.json", SOURCES / "pack" / "package-lock.json"):
        lock = json.loads(path.read_text())
        assert not [name for name, package in lock["packages"].items() if "resolved" in package]
        assert all("integrity" in package for name, package in lock["packages"].items() if name)


def activated(folder):
    program = built() / "out" / "test" / "activate.js"
    done = subprocess.run([node_path(), str(program), str(folder)], capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_vscode_can_activate_it():
    """With a VS Code that takes all calls: what is registered is what it tells of, and it is not slow."""
    told = activated(built())
    assert sorted(told["registered"]["registerCommand"]) == COMMANDS
    assert told["registered"]["registerFileSystemProvider"] == ["askd"]
    assert told["disposed"] > 5
    print(f"activated within {told['took']:.0f} ms")


@pytest.fixture(scope="module")
def packed():
    """The .vsix, as `make vsix` makes it."""
    node_path("npm")
    files = sorted(p for p in SOURCES.rglob("*") if p.is_file())
    folder = BUILDS / f"packed-{digest(files)}"
    with made_once(folder) as new:
        if new:
            args = [str(SOURCES / "pack" / "pack"), str(SOURCES), str(BUILDS / "packing"), VERSION]
            try:
                done = subprocess.run(args, cwd=new, capture_output=True, text=True, timeout=2 * FETCHING)
            except subprocess.TimeoutExpired:
                pytest.skip("npm had not fetched the packages in time")
            if refusal(done.stderr):
                pytest.skip(refusal(done.stderr))
            assert done.returncode == 0, done.stdout + done.stderr
    return folder / f"askd-{VERSION}.vsix"


def test_what_is_packed_is_all_that_it_needs_and_no_more(packed, tmp_path):
    with zipfile.ZipFile(packed) as z:
        names = z.namelist()
        z.extractall(tmp_path)
    inside = [name.removeprefix("extension/") for name in names if name.startswith("extension/")]
    wanted = re.compile(
        r"package\.json|(readme|changelog)\.md|LICENSE\.txt|media/\w+\.(svg|png)|out/src/\w+\.js"
        r"|node_modules/@msgpack/msgpack/(package\.json|LICENSE|dist\.cjs/[\w/]+\.cjs)", re.IGNORECASE)  # fmt: skip
    assert [name for name in inside if not wanted.fullmatch(name)] == []
    assert {f"out/src/{p.stem}.js" for p in sources()} <= set(inside)
    assert json.loads((tmp_path / "extension" / "package.json").read_text())["version"] == VERSION
    told = activated(tmp_path / "extension")
    assert sorted(told["registered"]["registerCommand"]) == COMMANDS
    assert packed.stat().st_size < 512 * 1024
