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


def check_form(page):
    for linter in (["mandoc", "-T", "lint", "-W", "warning"], ["groff", "-mandoc", "-ww", "-z"]):
        if shutil.which(linter[0]):
            r = subprocess.run([*linter, page], capture_output=True, text=True)
            assert (r.returncode, r.stdout, r.stderr) == (0, "", "")


# -- the manual pages

PAGES = ("ask.1", "askctl.1", "askd.8", "libask.3", "askd.conf.5", "askd-protocol.7")


def manual(name):
    return (build_dir() / "doc" / name).read_text(encoding="utf-8")


def section(name, title):
    return manual(name).partition(f"\n.Sh {title}\n")[2].partition("\n.Sh ")[0]


def items(text):
    """The long options that items of lists are about."""
    return re.findall(r"^\.It .*?Fl -([a-z-]+)", text, re.M)


def long_options(text):
    return re.findall(r"^  (?:-\w,|   ) --([a-z-]+)", text, re.M)


@pytest.mark.parametrize("name", PAGES)
def test_form_of_pages(name):
    check_form(build_dir() / "doc" / name)
    assert "made from rows" not in re.sub(r'^\.\\".*', "", manual(name), flags=re.M)


@pytest.mark.parametrize("name", PAGES)
def test_pages_refer_to_each_other(name):
    """By names of pages that there are; and each is referred to by another."""
    ours = {tuple(p.rsplit(".", 1)) for p in PAGES}
    told = {p: set(re.findall(r"^\.Xr (\S+) (\d)", manual(p), re.M)) for p in PAGES}
    assert {x for x in told[name] if x[0].startswith(("ask", "libask"))} <= ours
    assert tuple(name.rsplit(".", 1)) in set().union(*(told[p] for p in PAGES if p != name))
    assert re.search(r"^\.Xr ask", section(name, "SEE ALSO"), re.M)


def test_page_of_ask(ask):
    """Each option has its item, and no other is spoken of."""
    options = long_options(ask("--help=all").stdout)
    assert items(section("ask.1", "OPTIONS")) == options
    assert set(re.findall(r"Fl -([a-z-]+)", manual("ask.1"))) == set(options)


def verbs_of(askctl, *group):
    """The lists of words that lead to a verb, and what help says of it."""
    usage = askctl(*group, "--help").stdout
    names = re.findall(r"^  ([a-z]+) ", usage, re.M)
    if not group:
        names = [v for line in re.findall(r"^  ([a-z]+(?:, [a-z]+)*)  ", usage, re.M) for v in line.split(", ")]
    for verb in names:
        told = askctl(*group, verb, "--help").stdout
        if not group and "VERB" in told.splitlines()[0]:
            yield from verbs_of(askctl, verb)
        else:
            yield (*group, verb), told


def test_page_of_askctl(askctl):
    """Each verb has its item with its options, each option an item of its own; and there are no others."""
    text = manual("askctl.1")
    heads = re.findall(r"^\.It Xo\n\.Cm (.*?)\n\.Xc$", section("askctl.1", "VERBS"), re.M | re.S)
    told = {re.match(r"[a-z]+(?: [a-z]+)*", h)[0]: set(re.findall(r"Fl -([a-z-]+)", h)) for h in heads}
    verbs = {" ".join(words): set(long_options(usage)) for words, usage in verbs_of(askctl)}
    common = set.intersection(*verbs.values())
    assert {"json", "socket", "help", "version"} <= common
    assert told == {verb: options - common for verb, options in verbs.items()}
    listed = items(section("askctl.1", "OPTIONS"))
    assert len(listed) == len(set(listed)) and set(listed) == set().union(*verbs.values())
    assert set(re.findall(r"Fl -([a-z-]+)", text)) == set(listed)


def test_page_of_askd(home):
    r = subprocess.run([str(askd_path()), "--help"], env=home.env(), capture_output=True, text=True)
    assert r.returncode == 0 and max(map(len, r.stdout.splitlines())) <= 80
    options = long_options(r.stdout)
    assert options and items(section("askd.8", "OPTIONS")) == options


def test_page_of_the_protocol(client):
    """It is doc/protocol.md, whose tables are held above: each method, event, code and bound is there too."""
    text = manual("askd-protocol.7")
    assert re.findall(r"^\.Ss (\S+)$", section("askd-protocol.7", "METHODS"), re.M) == re.findall(r"^### `([^`]+)`$", chapter("Methods"), re.M)
    for title, told in (("ERROR CODES", "Errors"), ("BOUNDS", "Bounds"), ("EVENTS", "Events")):
        assert re.findall(r"^\.It Cm ([a-z_]+)", section("askd-protocol.7", title), re.M) == first_cells(chapter(told))
    fields = re.findall(r"^\| `([^`|]+)` \| [^|]+ \| ", chapter("Methods"), re.M)
    assert re.findall(r"^\.It \w+ (\S+) Pq", section("askd-protocol.7", "METHODS"), re.M) == fields
    assert text.count("\n.Bd -literal") == text.count("\n.Ed\n") == PAGE.count("\n```") // 2


def test_page_of_libask():
    """Each function, type and status of the header, and what is said of it."""
    header = (SOURCE / "lib" / "ask" / "ask.h").read_text(encoding="utf-8")
    functions = re.findall(r"^ASK_API .*?\b(ask_\w+)\(", header, re.M)
    assert functions and re.findall(r"^\.Fo (\w+)$", section("libask.3", "SYNOPSIS"), re.M) == functions
    assert re.findall(r"^\.It Fn (\w+)$", section("libask.3", "DESCRIPTION"), re.M) == functions
    statuses = re.findall(r"^    (ASK_\w+)", re.search(r"enum ask_status \{(.*?)\};", header, re.S)[1], re.M)
    told = re.findall(r"^\.It Dv (\w+)\n([A-Z].*\.)$", section("libask.3", "RETURN VALUES"), re.M)
    assert [name for name, _ in told] == statuses
    types = re.findall(r"^(?:struct|enum) (\w+) \{", header, re.M)
    page = section("libask.3", "TYPES")
    assert re.findall(r"^(?:struct|enum) (\w+) \{", page, re.M) == [t for t in types if t != "ask_status"]
    assert max(map(len, page.splitlines())) <= 75


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
