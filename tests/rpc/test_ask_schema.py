"""ask --schema: what is sent, what is printed, and what comes of an answer that does not fit."""

import json

import pytest

from conftest import ask_path
from fault_provider import FIT, MISFIT
from helpers_terminal import on_terminal
from helpers_tmux import Tmux

USAGE, DATA, DOES_NOT_FIT = 64, 65, 2
SHORT = "age:int"
SCHEMA = {
    "type": "object",
    "properties": {"age": {"type": "integer"}},
    "required": ["age"],
    "additionalProperties": False,
}
WHY = "the answer does not fit the schema: $.age: is a string, not an integer"
AGAIN = (
    "Your answer does not fit the JSON schema that was asked for. $.age: is a string, not an integer\n"
    "Answer again, with the whole JSON and nothing else: no code fence, no words around it."
)


def sent(provider):
    """What the provider was asked for, and the messages."""
    return [(b["response_format"]["json_schema"]["schema"], b["messages"]) for b in provider.bodies()]


def in_file(home, text):
    path = home.path / "person"
    path.write_text(text)
    return str(path)


@pytest.mark.parametrize("form", ["short", "json", "file", "short in a file"])
def test_forms(daemon, ask, home, provider, form):
    given = {
        "short": lambda: SHORT,
        "json": lambda: json.dumps(SCHEMA),
        "file": lambda: in_file(home, "\n " + json.dumps(SCHEMA, indent=2)),
        "short in a file": lambda: in_file(home, SHORT + "\n"),
    }[form]()
    r = ask("--schema", given, "-m", "fake/misfit-0", "how old?")
    assert (r.returncode, r.stdout, r.stderr) == (0, FIT, "")
    assert [schema for schema, _ in sent(provider)] == [SCHEMA]


@pytest.mark.parametrize(
    "given, status, says",
    [
        ("person.json", DATA, "--schema 'person.json' is no file that is there, and no short form: write"),
        ("age:integer", DATA, "--schema at character 5, 'integer': no type: str, int, num, bool, (a|b) or {…}"),
        ('{"type": }', DATA, "cannot read --schema as a JSON object (line 1, column "),
        ("/", DATA, "/ is no"),
    ],
)
def test_what_is_no_schema(daemon, ask, provider, given, status, says):
    r = ask("--schema", given, "hello")
    assert (r.returncode, r.stdout) == (status, "") and r.stderr.startswith(f"ask: {says}"), r.stderr
    assert provider.stats()["requests"] == 0


@pytest.mark.parametrize("over", [0, 1])
def test_the_largest_file(daemon, ask, home, over):
    text = json.dumps(SCHEMA)
    r = ask("--schema", in_file(home, text + " " * ((1 << 20) + over - len(text))), "-m", "fake/misfit-0", "hello")
    assert (r.returncode, "larger than 1048576 bytes" in r.stderr) == ((DATA, True) if over else (0, False))


def test_options_that_need_each_other(ask):
    r = ask("--schema-retry", "hello")
    assert (r.returncode, r.stderr) == (USAGE, "ask: --schema-retry needs --schema: see ask --help\n")
    r = ask("--schema", SHORT, "--schema-retry", "--detach", "hello")
    assert (r.returncode, r.stderr) == (USAGE, "ask: --detach and --schema-retry exclude each other: see ask --help\n")


@pytest.mark.parametrize("more", [(), ("--no-store",), ("--no-stream",)])
def test_a_misfit_is_printed_and_told(daemon, ask, more):
    r = ask("--schema", SHORT, "-m", "fake/misfit-1", *more, "how old?")
    assert (r.returncode, r.stdout, r.stderr) == (DOES_NOT_FIT, MISFIT, f"ask: {WHY}\n")


def test_json_shows_it(daemon, ask):
    r = ask("--json", "--schema", SHORT, "-m", "fake/misfit-1", "how old?")
    answer = json.loads(r.stdout)
    assert (r.returncode, answer["text"], r.stderr) == (DOES_NOT_FIT, MISFIT, "")
    assert WHY.endswith(answer["schema_error"])


@pytest.mark.parametrize("more", [(), ("--no-store",)])
def test_retry_asks_once_more(daemon, ask, provider, more):
    r = ask("--schema", SHORT, "--schema-retry", "-m", "fake/misfit-1", "-s", "be brief", *more, "how old?")
    assert (r.returncode, r.stdout, r.stderr) == (0, FIT, f"ask: {WHY}\nask: it is asked for once more\n")
    (_, first), (schema, second) = sent(provider)
    assert schema == SCHEMA
    assert second == first + [{"role": "assistant", "content": MISFIT}, {"role": "user", "content": AGAIN}]


def test_retry_goes_on_in_the_conversation(daemon, ask, client):
    assert ask("--schema", SHORT, "--schema-retry", "-m", "fake/misfit-1", "how old?").returncode == 0
    (conversation,) = client.call("conversation.list")
    found = client.call("conversation.get", {"conversation": conversation["conversation"]})
    assert [m["content"] for m in found["messages"]] == ["how old?", MISFIT, AGAIN, FIT]


def test_retry_asks_only_once(daemon, ask, provider):
    r = ask("--schema", SHORT, "--schema-retry", "-m", "fake/misfit-2", "how old?")
    told = f"ask: {WHY}\nask: it is asked for once more\nask: {WHY}\n"
    assert (r.returncode, r.stdout, r.stderr) == (DOES_NOT_FIT, MISFIT, told)
    assert provider.stats()["requests"] == 2


def test_retry_has_nothing_to_do_where_it_fits(daemon, ask, provider):
    r = ask("--schema", SHORT, "--schema-retry", "-m", "fake/misfit-0", "how old?")
    assert (r.returncode, r.stdout, r.stderr) == (0, FIT, "")
    assert provider.stats()["requests"] == 1


def test_both_answers_have_their_figures(daemon, ask):
    r = ask("--schema", SHORT, "--schema-retry", "--stats", "-m", "fake/misfit-1", "how old?")
    assert r.stderr.count("model=misfit-1 ") == 2


def test_on_a_terminal(daemon, home):
    status, text = on_terminal(
        [ask_path(), "--schema", SHORT, "-m", "fake/misfit-0", "how old?"], home.env(ASKD_AUTOSTART="0")
    )
    assert (status, text.replace("\r\n", "\n")) == (0, FIT + "\n")


def test_retry_of_a_prompt_of_the_library(daemon, ask, home, provider):
    """In a conversation it is known what the daemon made of it; without one it is not, and nothing is asked."""
    (home.config_dir / "prompts").mkdir()
    (home.config_dir / "prompts" / "old.md").write_text("How old is {{input}}?\n")
    args = ("--schema", SHORT, "--schema-retry", "-m", "fake/misfit-1", "-p", "old")
    assert ask(*args, "Ada").returncode == 0
    first, second = (b["messages"] for b in provider.bodies())
    assert second == first + [{"role": "assistant", "content": MISFIT}, {"role": "user", "content": AGAIN}]
    r = ask(*args, "--no-store", "Bob")
    assert (r.returncode, r.stdout, r.stderr) == (DOES_NOT_FIT, MISFIT, f"ask: {WHY}\n")
    assert provider.stats()["requests"] == 3


def test_what_is_not_there_is_told_with_a_prompt_of_the_library_too(ask, daemon):
    r = ask("-p", "explain", "--schema", "nofile", "hi")
    assert r.returncode == DATA and "nofile" in r.stderr


def test_json_on_a_screen_is_no_markdown(daemon, home):
    text = '{"a": "x*y* **z** _q_ `c` [l](http://a.b)"}'
    with Tmux(home) as t:
        t.type(f"ask --schema a:str '{text}'; echo e''nd", "Enter")
        shown = t.wait_for("\nend")
    assert shown.split("\n")[-3] == text
