"""What is written for people says what the daemon does: doc/protocol.md its methods, codes, options, and an example that
runs; the sample file and askd.conf(5) its options. And tests/rpc/schema.py, to which the page's tables are known too."""

import pathlib
import re
import shutil
import subprocess
import sys

import pytest
import schema

from conftest import PATIENCE, askd_path, build_dir

SOURCE = pathlib.Path(__file__).resolve().parents[2]
PAGE = (SOURCE / "doc" / "protocol.md").read_text(encoding="utf-8")


def chapter(title):
    """The text of a `## title`."""
    found = re.search(rf"^## {re.escape(title)}$(.*?)(?=^## |\Z)", PAGE, re.M | re.S)
    assert found, f"the page has no chapter {title}"
    return found[1]


def first_cells(text):
    """The names in the first column of the table's rows."""
    return re.findall(r"^\| `([a-z_]+)` \|", text, re.M)


def example():
    found = re.findall(r"^```python$(.*?)^```$", PAGE, re.M | re.S)
    assert len(found) == 1
    return found[0]


@pytest.fixture
def run_example(home, daemon):
    def run(*args):
        return subprocess.run(
            [sys.executable, "-c", example(), *args], env=home.env(), capture_output=True, text=True, timeout=PATIENCE
        )

    return run


def test_page_is_made_from_the_rows():
    page = SOURCE / "doc" / "protocol.md"
    r = subprocess.run([schema.rows_path(), "fill", page], capture_output=True, text=True)
    assert (r.returncode, r.stderr) == (0, "")
    assert r.stdout == PAGE, "doc/protocol.md is stale: make docs"


@pytest.mark.parametrize(
    "text",
    [
        "<!-- made from rows: nothing -->\n<!-- end of rows -->\n",
        "<!-- made from rows: events -->\n",
        "<!-- made from rows: events -->\n<!-- made from rows: methods -->\n<!-- end of rows -->\n",
    ],
)
def test_page_with_wrong_marks(tmp_path, text):
    page = tmp_path / "page"
    page.write_text(text)
    r = subprocess.run([schema.rows_path(), "fill", page], capture_output=True, text=True)
    assert r.returncode == 65 and str(page) in r.stderr


def test_methods(client):
    described = re.findall(r"^### `([^`]+)`$", chapter("Methods"), re.M)
    assert sorted(described) == sorted(client.call("hello")["methods"])


def test_error_codes():
    header = (SOURCE / "lib" / "base" / "error.h").read_text()
    codes = set(re.findall(r'X\(ERR_\w+, "(\w+)"\)', header)) - {"none"}
    assert codes and sorted(first_cells(chapter("Errors"))) == sorted(codes)


def test_bounds(home):
    r = subprocess.run([str(askd_path()), "--print-config"], env=home.env(), capture_output=True, text=True)
    assert r.returncode == 0, r.stderr
    defaults = dict(re.findall(r"^(\w+) = (.*) ; default$", r.stdout, re.M))
    told = dict(re.findall(r"^\| `(\w+)` \| ([^|]+) \|", chapter("Bounds"), re.M))
    assert told and told == {name: defaults.get(name) for name in told}


def config(home, what, path):
    r = subprocess.run([str(askd_path()), what, "--config", path], env=home.env(LAN_API_KEY="x"), capture_output=True, text=True)
    assert (r.returncode, r.stderr) == (0, "")
    return r.stdout


@pytest.fixture
def defaults(home, tmp_path):
    """What --print-config shows where nothing is configured but that there is one of each named section."""
    path = tmp_path / "empty.conf"
    path.write_text(
        '[provider "openai"]\n[alias "smart"]\nmodels = claude-sonnet-4-5, gpt-4.1, deepseek/deepseek-chat\n'
        '[budget "month"]\nlimit = 20 usd\n[context "build"]\ncommand = make 2>&1 | tail -n 200\n'
    )
    return config(home, "--print-config", path)


def test_sample(home, tmp_path, defaults):
    """Every option is in it, each default is the one in force, and none of its lines is refused."""
    sample = (build_dir() / "etc" / "askd.conf.sample").read_text()
    taken = tmp_path / "askd.conf"
    taken.write_text(re.sub(r"^#(?=[a-z[])", "", sample, flags=re.M))
    taken.chmod(0o600)
    config(home, "--check-config", taken)
    told = config(home, "--print-config", taken)
    told = re.sub(r'^\[provider "lan"\]\n(?:(?!\[).*\n)*', "", told, flags=re.M)
    without_source = [re.sub(r" ; .*", "", text, flags=re.M) for text in (defaults, told)]
    assert without_source[1].startswith(without_source[0])
    assert set(re.findall(r"^(\w+) = ", defaults, re.M)) == set(re.findall(r"^# ?(\w+) = ", sample, re.M))
    unset = set(re.findall(r"^(\w+) = \(unset\) ;", defaults, re.M))
    assert unset == set(re.findall(r"^# (\w+) = \.\.\.$", sample, re.M))


def test_manual_page(defaults):
    page = build_dir() / "doc" / "askd.conf.5"
    options = page.read_text().partition("\n.Sh OPTIONS\n")[2].partition("\n.Sh ")[0]
    assert re.findall(r"^\.It Ic (\w+)$", options, re.M) == re.findall(r"^(\w+) = ", defaults, re.M)
    check_form(page)


def check_form(page):
    for linter in (["mandoc", "-T", "lint", "-W", "warning"], ["groff", "-mandoc", "-ww", "-z"]):
        if shutil.which(linter[0]):
            r = subprocess.run([*linter, page], capture_output=True, text=True)
            assert (r.returncode, r.stdout, r.stderr) == (0, "", "")


def test_page_of_ask(ask):
    page = SOURCE / "doc" / "ask.1"
    told = set(re.findall(r"Fl -([a-z-]+)", page.read_text()))
    assert told == set(re.findall(r" --([a-z-]+)", ask("--help=all").stdout))
    check_form(page)


def options_of(askctl, verbs):
    return {option for verb in verbs for option in re.findall(r" --([a-z-]+)", askctl(*verb, "--help").stdout)}


def verbs_of(askctl, *group):
    """Those of askctl, or of a group, by name, each with whether it has verbs of its own."""
    usage = askctl(*group, "--help").stdout
    names = re.findall(r"^  ([a-z]+) ", usage, re.M) if group else [v for line in re.findall(r"^  ([a-z]+(?:, [a-z]+)*)  ", usage, re.M) for v in line.split(", ")]
    return {v: not group and "VERB" in askctl(v, "--help").stdout.splitlines()[0] for v in names}


def test_page_of_askctl(askctl):
    """Its verbs, the options of those that have no help of their own, and no option that none has."""
    page = SOURCE / "doc" / "askctl.1"
    text, verbs = page.read_text(), verbs_of(askctl)
    assert set(re.findall(r"^\.It Cm (\w+)", text, re.M)) == set(verbs)
    alone = [(v,) for v, has_verbs in verbs.items() if not has_verbs]
    owned = [(v, own) for v, has_verbs in verbs.items() if has_verbs for own in verbs_of(askctl, v)]
    told = set(re.findall(r"Fl -([a-z-]+)", text))
    assert options_of(askctl, alone) <= told <= options_of(askctl, alone + owned)
    check_form(page)


# -- the schema


ROW = {
    "types": ["map"],
    "fields": {
        "id": {"types": ["str"], "required": True},
        "n": {"types": ["int", "nil"]},
        "list": {"types": ["array"], "items": ["map"], "fields": {"x": {"types": ["number"], "required": True}}},
        "words": {"types": ["str", "array"], "items": ["str"]},
    },
}


@pytest.mark.parametrize(
    "value",
    [{"id": ""}, {"id": "a", "n": None}, {"id": "a", "list": []}, {"id": "a", "list": [{"x": 1}, {"x": 1.5}]}]
    + [{"id": "a", "words": w} for w in ("w", [], ["w"])],
)
def test_schema_takes(value):
    assert schema.fault(value, ROW, "v") is None


@pytest.mark.parametrize(
    "value, at",
    [
        ([], "v must"),
        ({}, "v.id is missing"),
        ({"id": None}, "v.id must"),
        ({"id": "a", "n": True}, "v.n must"),
        ({"id": "a", "n": 1.0}, "v.n must"),
        ({"id": "a", "other": 1}, "v.other stands"),
        ({"id": "a", "list": ["x"]}, "v.list[0] must"),
        ({"id": "a", "list": [{"x": 1}, {}]}, "v.list[1].x is missing"),
        ({"id": "a", "words": ["w", b"w"]}, "v.words[1] must"),
    ],
)
def test_schema_refuses(value, at):
    assert schema.fault(value, ROW, "v").startswith(at)


def test_events():
    assert set(first_cells(chapter("Events"))) == set(schema.rows()["events"])


def test_example(run_example):
    r = run_example("one", "two", "three")
    assert (r.returncode, r.stdout, r.stderr) == (0, "one two three\n", "")


@pytest.mark.askd(daemon={"default_model": "fake/status-401"})
def test_example_fails_as_it_should(run_example):
    r = run_example("hello")
    assert r.returncode == 1 and r.stderr.startswith("unauthenticated: ")


def test_the_page_of_providers_names_every_row():
    """Its list of dialects is that of the table, and each API has a row."""
    text = (SOURCE / "doc" / "providers.md").read_text(encoding="utf-8")
    rows = (SOURCE / "daemon" / "provider" / "openai_dialects.c").read_text(encoding="utf-8")
    listed = re.search(r"^openai, azure, .*?\.$", text, re.M | re.S)[0]
    words = set(re.findall(r"[\w.-]*\w", listed)) - set("and for the layers of these two that speak like OpenAI".split())
    assert words == set(re.findall(r'\.name = "([^"]+)"', rows))
    table = re.search(r"^## APIs$(.*?)^## ", text, re.M | re.S)[1]
    assert apis() == set(re.findall(r"^\| `([a-z-]+)` \|", table, re.M))
    columns = re.search(r"^## What is told, and what is not$\s*^\|(.*)\|$", text, re.M)[1]
    assert apis() == set(columns.replace("|", " ").split())


def apis():
    found = set()
    for path in (SOURCE / "daemon" / "provider").glob("*.c"):
        found |= set(re.findall(r'\.api = "([^"]+)"', path.read_text(encoding="utf-8")))
    return found


def test_who_writes_an_api_finds_its_name():
    """In the manual's sentence of the option `api`, and on the page of providers and models."""
    rows = (SOURCE / "daemon" / "engine" / "providers.c").read_text(encoding="utf-8")
    sentence = re.search(r'"The API it speaks: (.*?)\."', rows)[1]
    assert apis() == set(re.split(r", | or ", sentence))
    page = (SOURCE / "doc" / "models.md").read_text(encoding="utf-8")
    paragraph = re.search(r"^`api` is one of .*?\n\n", page, re.M | re.S)[0]
    assert apis() | {"api", "dialect"} == set(re.findall(r"`([a-z-]+)`", paragraph))


def test_the_usual_keys_are_known_to_all_who_look_for_one():
    """The demonstration steps aside for any."""
    rows = (SOURCE / "lib" / "base" / "usual_keys.h").read_text(encoding="utf-8")
    named = set(re.findall(r"define (USUAL_KEY_\w+) ", rows))
    for table in ("lib/base/usual_keys.c", "daemon/provider/builtins.c"):
        text = (SOURCE / table).read_text(encoding="utf-8")
        assert named == set(re.findall(r"\{(USUAL_KEY_\w+)", text)), table
    keys = set(re.findall(r'"(\w+_API_KEY)"', rows))
    demo = (SOURCE / "etc" / "demo" / "try").read_text(encoding="utf-8")
    assert keys == set(re.search(r"^for key in (.*?); do", demo, re.M | re.S)[1].replace("\\", " ").split())
