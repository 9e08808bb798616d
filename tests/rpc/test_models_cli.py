"""askctl models against a scripted daemon: what it asks, what it lets pass, and what it shows where."""

import json
import os
import re
import shlex
import shutil
import subprocess

import msgpack
import pytest

from conftest import askctl_path, build_dir, wait_until
from helpers_scripted import Scripted
from helpers_terminal import cells, on_terminal, starts

OTHER, USAGE, DATA = 1, 64, 65
ASK_TTY = build_dir() / "client" / "tty" / "ask-tty"
BOLD = "\x1b[1m"

with_ask_tty = pytest.mark.skipif(not ASK_TTY.exists(), reason="built without libsmartcols")


def model(name, **facts):
    provider, own = name.split("/", 1)
    return {
        "id": own,
        "provider": provider,
        "name": own,
        "model": name,
        "title": own,
        "modalities_in": ["text"],
        "modalities_out": ["text"],
        "scores": {},
        "aliases": [],
        "tags": [],
        "available": False,
        **facts,
    }


MODELS = [
    model(
        "openai/gpt-4.1",
        context_window=1047576,
        max_output=32768,
        modalities_in=["text", "image", "file"],
        price_input=2.0,
        price_output=8.0,
        currency="USD",
        tools=True,
        reasoning=False,
        scores={"aider": 52.4, "lmarena": 1413.0},
        available=True,
    ),
    model(
        "qwen/通义千问-最新",
        context_window=131072,
        max_output=8192,
        price_input=0.35,
        price_output=1.4,
        currency="CNY",
        tools=True,
        reasoning=True,
        scores={"aider": 61.8},
    ),
    model(
        "local/embed",
        context_window=8192,
        modalities_out=["embedding"],
        price_input=0,
        currency="USD",
        available=True,
    ),
    model("paint/brush", modalities_out=["text", "image"]),
    model("local/unknown"),
]
NAMES = [m["model"] for m in MODELS]


@pytest.fixture
def scripted(home):
    s = Scripted(home)
    s.replies["models.list"] = MODELS
    yield s
    s.stop()


@pytest.fixture
def shown(home):
    """shown(*args, columns=, **env) -> what askctl shows on a terminal"""

    def show(*args, columns=100, **env):
        env = home.env(**{"ASKD_AUTOSTART": "0", "TERM": "xterm", "LC_ALL": "C.UTF-8", **env})
        status, text = on_terminal([askctl_path(), *args], env, columns)
        assert status == 0, text
        return text

    return show


def first_cells(text):
    return [line.split("\t")[0] for line in text.splitlines()]


# -- list, in a pipe


def test_a_line_for_each_with_tabs_between(scripted, askctl):
    r = askctl("models", "list")
    assert (r.returncode, r.stderr) == (0, "")
    assert [line.split("\t") for line in r.stdout.splitlines()] == [
        "openai/gpt-4.1 openai 1047576 32768 2.00 8.00 USD tools,image,file".split() + ["lmarena 1413", "yes"],
        "qwen/通义千问-最新 qwen 131072 8192 0.35 1.40 CNY tools,reasoning".split() + ["aider 61.8", "no"],
        "local/embed local 8192 - 0.00 - USD embedding - yes".split(),
        "paint/brush paint - - - - - image-out - no".split(),
        "local/unknown local - - - - - - - no".split(),
    ]
    assert scripted.asked("models.list") == [{}]


@pytest.mark.parametrize("price, text", [(0.075, "0.075"), (12.5, "12.50"), (1e-7, "0.0000001"), (-1, "-"), ("x", "-")])
def test_prices(scripted, askctl, price, text):
    scripted.replies["models.list"] = [model("a/b", price_input=price)]
    assert askctl("models").stdout.split("\t")[4] == text


def test_list_is_what_is_done_without_a_verb(scripted, askctl):
    assert askctl("models").stdout == askctl("models", "list").stdout
    assert askctl("models", "--available").stdout == askctl("models", "list", "--available").stdout


def test_nothing_to_list(scripted, askctl):
    scripted.replies["models.list"] = []
    r = askctl("models")
    assert (r.returncode, r.stdout, r.stderr) == (0, "", "")


def test_a_cell_stays_within_its_line_and_column(scripted, askctl):
    scripted.replies["models.list"] = [model("a/b", currency="U\tS\nD\x1b[31m")]
    (line,) = askctl("models").stdout.splitlines()
    assert line.split("\t")[6] == "U S D [31m"


# -- list: which of them


@pytest.mark.parametrize(
    "args, params",
    [
        (("--provider", "openai"), {"provider": "openai"}),
        (("--tag=fast",), {"tag": "fast"}),
        (("--tag", "fast", "--provider", "groq"), {"tag": "fast", "provider": "groq"}),
    ],
    ids=str,
)
def test_what_the_daemon_sorts_out(scripted, askctl, args, params):
    assert askctl("models", *args).returncode == 0
    assert scripted.asked("models.list") == [params]


@pytest.mark.parametrize(
    "args, wanted",
    [
        (("--capability", "tools"), [0, 1]),
        (("--capability", "tools,reasoning"), [1]),
        (("--capability", "tools", "--capability", "image"), [0]),
        (("--capability", "file"), [0]),
        (("--capability", "audio"), []),
        (("--capability", "image-out"), [3]),
        (("--capability", "embedding"), [2]),
        (("--max-price", "2"), [0, 1, 2]),
        (("--max-price", "1.99"), [1, 2]),
        (("--max-price", "0"), [2]),
        (("--min-context", "131072"), [0, 1]),
        (("--min-context", "131073"), [0]),
        (("--min-context", "128k"), [0, 1]),
        (("--min-context", "1M"), [0]),
        (("--min-context", "1.5M"), []),
        (("--min-context", "8192"), [0, 1, 2]),
        (("--available",), [0, 2]),
        (("--available", "--capability", "tools", "--max-price", "5"), [0]),
    ],
    ids=str,
)
def test_filters(scripted, askctl, args, wanted):
    wanted = [NAMES[i] for i in wanted]
    assert first_cells(askctl("models", *args).stdout) == wanted
    assert [m["model"] for m in json.loads(askctl("models", "list", "--json", *args).stdout)] == wanted


def test_json_is_the_reply(scripted, askctl):
    assert json.loads(askctl("models", "--json").stdout) == MODELS


@pytest.mark.parametrize(
    "args, says",
    [
        (("models", "foo"), "'foo' is no verb"),
        (("models", "show"), "'show' needs MODEL: see askctl models show --help"),
        (("wait",), "'wait' needs ANSWER...: see askctl wait --help"),
        (("models", "show", "a", "b"), "too many arguments"),
        (("models", "list", "a"), "too many arguments"),
        (("models", "refresh", "a", "b"), "too many arguments"),
        (("models", "--capability", "telepathy"), "'telepathy' is none of tools, reasoning, image"),
        (("models", "--capability", "tools,"), "is none of"),
        (("models", "--max-price", "cheap"), "'cheap' is no price"),
        (("models", "--max-price", "-1"), "is no price"),
        (("models", "--max-price", "0x1"), "is no price"),
        (("models", "--max-price", "1k"), "is no price"),
        (("models", "--max-price", "1e3"), "is no price"),
        (("models", "--min-context", "128g"), "is no number of tokens"),
        (("models", "--min-context", "128kk"), "is no number of tokens"),
        (("models", "--min-context"), "needs a value"),
        (("models", "--provider", ""), "is no provider's name"),
        (("models", "show", "a", "--available"), "takes no --available"),
        (("models", "--limit", "3"), "takes no --limit"),
        (("status", "--tag", "x"), "takes no --tag"),
    ],
    ids=str,
)
def test_usage(scripted, askctl, args, says):
    r = askctl(*args)
    assert r.returncode == USAGE and r.stdout == "" and scripted.calls == []
    assert r.stderr.startswith("askctl: ") and says in r.stderr


def test_help(askctl):
    r = askctl("models", "--help")
    assert r.returncode == 0 and r.stdout.startswith("Usage: askctl models [VERB] ")
    for word in ("list", "show MODEL", "refresh [PROVIDER]", "--capability WORD", "--json", "-h, --help"):
        assert word in r.stdout
    assert "--limit" not in r.stdout and max(map(len, r.stdout.splitlines())) <= 80
    assert "--capability" not in askctl("models", "show", "--help").stdout


# -- list, on a terminal


@with_ask_tty
def test_a_table(scripted, shown):
    head, *lines = shown("models", columns=120).splitlines()
    head = head.replace(BOLD, "").replace("\x1b[0m", "")
    assert head.split() == "MODEL PROVIDER CONTEXT MAX OUT IN/M OUT/M CUR CAPABILITIES SCORE READY".split()
    assert lines[0].split()[:4] == ["openai/gpt-4.1", "openai", "1.05M", "32.8k"]
    for line in (head, *lines):
        assert cells(line) <= 120
    for left in ("tools,image", "tools,reasoning"):
        (line,) = [x for x in lines if left in x]
        assert starts(line, left) == starts(head, "CAPABILITIES")
    for right in ("2.00", "0.35", "0.00"):
        (line,) = [x for x in lines if f" {right} " in x]
        assert starts(line, right) + len(right) == starts(head, "IN/M") + len("IN/M")


@with_ask_tty
@pytest.mark.parametrize("columns", [140, 80, 60, 45, 30, 20])
def test_a_table_is_no_wider_than_the_terminal(scripted, shown, columns):
    lines = shown("models", columns=columns, NO_COLOR="1").splitlines()
    assert len(lines) == 1 + len(MODELS) and all(cells(x) <= columns for x in lines)
    assert lines[0].startswith("M") and lines[1].startswith("o")
    assert ("PROVIDER" in lines[0]) == (columns == 140)
    if columns >= 60:  # no name is cut before other columns have given way
        assert all(x.split()[0] == name for x, name in zip(lines[1:], NAMES))


@with_ask_tty
def test_one_long_name_costs_no_columns(scripted, shown):
    scripted.replies["models.list"] = [*MODELS, model("a/" + "long" * 30)]
    *lines, last = shown("models", columns=100, NO_COLOR="1").splitlines()
    assert "CONTEXT" in lines[0] and "CAPABILITIES" in lines[0] and cells(last) <= 100
    assert re.match(r"a/long\S{20,}…  ", last)


@with_ask_tty
@pytest.mark.parametrize(
    "env, bold", [({}, True), ({"NO_COLOR": "1"}, False), ({"NO_COLOR": ""}, True), ({"TERM": "dumb"}, False)], ids=str
)
def test_the_head_is_bold(scripted, shown, env, bold):
    text = shown("models", **env)
    assert text.splitlines()[0].startswith(BOLD) == bold
    assert ("\x1b" in text) == bold
    assert "\x1b" not in "".join(text.splitlines()[1:])


@with_ask_tty
@pytest.mark.parametrize("locale", ["C", "C.UTF-8", "no_SUCH"])
def test_a_table_in_any_locale(scripted, shown, locale):
    assert "qwen/通义千问-最新  qwen" in shown("models", columns=140, LC_ALL=locale)


@pytest.mark.parametrize("folder", [pytest.param(None, marks=with_ask_tty), "/nonexistent"])
def test_a_table_of_hostile_text(scripted, shown, folder):
    scripted.replies["models.list"] = [model("a/\x1b]0;owned\x07\x9b2J\n\r\tz", currency="\x1b[31m")]
    text = shown("models", columns=200, NO_COLOR="1", **({"ASKD_LIBEXEC": folder} if folder else {}))
    assert len(text.splitlines()) == 2
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", text)


@with_ask_tty
def test_no_table_of_nothing(scripted, shown):
    scripted.replies["models.list"] = []
    assert shown("models") == ""


@pytest.mark.parametrize("script", [None, "exit 127"])
def test_without_ask_tty_columns_are_padded(scripted, shown, tmp_path, script):
    if script:  # as where a library of it is missing
        (tmp_path / "ask-tty").write_text(f"#!/bin/sh\n{script}\n")
        (tmp_path / "ask-tty").chmod(0o755)
    head, *lines = shown("models", ASKD_LIBEXEC=str(tmp_path)).splitlines()
    assert head.split()[0] == "MODEL" and len(lines) == len(MODELS)
    assert lines[0].index("tools") == lines[2].index("embedding") == head.index("CAPABILITIES")
    assert lines[0].index("2.00") + 4 == head.index("IN/M") + 4


def test_the_status_of_ask_tty_is_ours(scripted, home, tmp_path):
    (tmp_path / "ask-tty").write_text("#!/bin/sh\necho drawn; exit 74\n")
    (tmp_path / "ask-tty").chmod(0o755)
    env = home.env(ASKD_AUTOSTART="0", ASKD_LIBEXEC=str(tmp_path))
    assert on_terminal([askctl_path(), "models"], env) == (74, "drawn\n")


def test_ask_tty_is_found_beside_what_was_installed(scripted, home, tmp_path):
    for folder in ("bin", "libexec/askd"):
        (tmp_path / folder).mkdir(parents=True)
    installed = shutil.copy(askctl_path(), tmp_path / "bin" / "askctl")
    helper = tmp_path / "libexec" / "askd" / "ask-tty"
    helper.write_text("#!/bin/sh\necho drawn\n")
    helper.chmod(0o755)
    assert on_terminal([installed, "models"], home.env(ASKD_AUTOSTART="0")) == (0, "drawn\n")


@with_ask_tty
@pytest.mark.skipif(shutil.which("tmux") is None, reason="no tmux")
def test_what_a_terminal_makes_of_it(scripted, home):
    socket = str(home.path / "tmux")
    done = home.path / "done"
    env = home.env(ASKD_AUTOSTART="0", LC_ALL="C.UTF-8")

    def tmux(*args):
        command = ["tmux", "-u", "-S", socket, *args]
        return subprocess.run(command, env=env, check=True, capture_output=True, text=True).stdout

    command = f"{shlex.quote(str(askctl_path()))} models; touch {shlex.quote(str(done))}; exec sleep 600"
    tmux("-f", "/dev/null", "new-session", "-d", "-x", "100", "-y", "20", command)
    try:
        wait_until(done.exists, "askctl ends")
        wait_until(lambda: "local/unknown" in tmux("capture-pane", "-p"), "the table is there")
        lines = tmux("capture-pane", "-p").splitlines()[: 1 + len(MODELS)]
        assert lines[0].startswith("MODEL ") and [x.split()[0] for x in lines[1:]] == NAMES
        (wide,) = [x for x in lines if "通义" in x]
        assert starts(wide, "tools") == lines[0].index("CAPABILITIES")
        assert tmux("capture-pane", "-p", "-e").startswith(BOLD)
    finally:
        tmux("kill-server")


# -- ask-tty by itself


def draw(value, columns="80", **env):
    data = value if isinstance(value, bytes) else msgpack.packb(value)
    env = {k: v for k, v in os.environ.items() if k not in ("TERM", "NO_COLOR")} | {"COLUMNS": columns, **env}
    r = subprocess.run([ASK_TTY, "table"], input=data, env=env, capture_output=True, timeout=60)
    return r.returncode, r.stdout.decode(), r.stderr.decode()


@with_ask_tty
def test_cells_are_made_harmless():
    columns = [{"name": "\x1b[1mA"}, {"name": "B", "align": "right"}]
    rows = [["x\x1b[2J\n\u009b\x7f", "1"], ["\\x1b", None], ["é\u0301通", "10"], ["\u0378"]]
    status, text, err = draw({"columns": columns, "rows": rows})
    assert (status, err) == (0, "")
    assert [x.split() for x in text.splitlines()] == [
        ["\\x1b[1mA", "B"],
        ["x\\x1b[2J\\x0a\\x9b\\x7f", "1"],
        ["\\x1b", "-"],
        ["é\u0301通", "10"],
        ["\ufffd", "-"],
    ]
    assert len({cells(x) for x in text.splitlines()}) == 1


@with_ask_tty
@pytest.mark.parametrize(
    "columns, lines",
    [
        ("14", ["NAME      KIND", "通义千问  ab"]),
        ("13", ["NAME     KIND", "通义千…  ab"]),
        ("10", ["NAME  KIND", "通…   ab"]),
        ("9", ["NAME", "通义千问"]),
        ("7", ["NAME", "通义千…"]),
        ("6", ["NAME", "通义…"]),
        ("2", ["N…", "…"]),
    ],
)
def test_columns_are_cut_and_left_out(columns, lines):
    names = [{"name": "NAME", "trunc": True}, {"name": "KIND", "drop": 1}]
    status, text, _ = draw({"columns": names, "rows": [["通义千问", "ab"]]}, columns)
    assert status == 0 and [x.rstrip() for x in text.splitlines()] == lines


C, R = [{"name": "A"}], [["1"]]


@with_ask_tty
@pytest.mark.parametrize(
    "value",
    [
        b"",
        b"\xc1",
        msgpack.packb({"columns": C, "rows": R}) + b"\xc0",
        b"\x81\xa7columns\xdd\xff\xff\xff\xff",
        b"\x91" * 10000,
        b"\x81\xa4rows\xdd\x00\x80\x00\x00" + b"\xc0" * (8 << 20),
        [],
        {},
        {"columns": [], "rows": []},
        {"columns": C},
        {"columns": C * 65, "rows": []},
        {"columns": C, "rows": [["1", "2"]]},
        {"columns": C, "rows": [[1]]},
        {"columns": C, "rows": ["1"]},
        {"columns": ["A"], "rows": R},
        {"columns": C, "rows": [[]] * 100001},
        b"\xc4" * ((64 << 20) + 1),
    ],
    ids=range(17),
)
def test_what_is_no_table(value):
    status, text, err = draw(value)
    assert (status, text) == (DATA, "") and err.startswith("ask-tty: what to show is ")


@with_ask_tty
def test_ask_tty_is_not_for_hands():
    r = subprocess.run([ASK_TTY], capture_output=True, text=True, timeout=60)
    assert r.returncode == USAGE and r.stderr.startswith("ask-tty: ")


@with_ask_tty
def test_a_full_disk():
    table = msgpack.packb({"columns": C, "rows": R})
    with open("/dev/full", "w") as full:
        r = subprocess.run([ASK_TTY, "table"], input=table, stdout=full, stderr=subprocess.PIPE, timeout=60)
    assert r.returncode == 74 and b"No space left" in r.stderr


# -- show

SHOWN = {
    **MODELS[0],
    "family": "openai",
    "since": 1744588800.0,
    "price_cached_input": 0.5,
    "premium_multiplier": 0.33,
    "aliases": ["smart"],
    "tags": ["default", "fast"],
    "released": "2025-04-14",
    "serve": "no way\nat home",
    "names": ["openai/gpt-4.1", "openrouter/openai/gpt-4.1"],
    "prices": [
        {
            "since": 1744588800.0,
            "input": 2.0,
            "cached_input": 0.5,
            "output": 8.0,
            "currency": "USD",
            "source": "https://x.y",
        },
        {"at": "azure", "until": 1e9, "above_tokens": 200000, "hours": "16:30-00:30", "image": 0.01, "currency": "EUR"},
    ],
    "premiums": [{"multiplier": 1, "since": 0.0}, {"multiplier": 0.33, "source": "https://z"}],
    "score_rows": [{"board": "lmarena", "value": 1413.0, "on": "2025-06-01", "source": "https://b"}],
    "speeds": [{"tokens_per_second": 81.5, "at": "openai"}],
}
FACTS = """\
model          openai/gpt-4.1
id             gpt-4.1
title          gpt-4.1
family         openai
ready          yes
context        1047576 tokens
max output     32768 tokens
takes          text, image, file
gives          text
tools          yes
reasoning      no
aliases        smart
tags           default, fast
released       2025-04-14
run it with    no way at home
names          openai/gpt-4.1, openrouter/openai/gpt-4.1
price now      input 2.00/M, cached input 0.50/M, output 8.00/M, in USD, since 2025-04-14, premium requests 0.33
price          input 2.00/M, cached input 0.50/M, output 8.00/M, in USD, since 2025-04-14, from https://x.y
price          image 0.01, in EUR, at azure, until 2001-09-09, above 200000 tokens, 16:30-00:30 UTC
premium        1 a prompt, since 1970-01-01
premium        0.33 a prompt, from https://z
score          1413, at lmarena, on 2025-06-01, from https://b
speed          81.5 tokens/s, at openai
"""


def test_show(scripted, askctl):
    scripted.replies["models.get"] = SHOWN
    r = askctl("models", "show", "openai/gpt-4.1")
    assert (r.returncode, r.stdout, r.stderr) == (0, FACTS, "")
    assert scripted.asked("models.get") == [{"model": "openai/gpt-4.1"}]
    assert json.loads(askctl("models", "show", "x", "--json").stdout) == SHOWN


def test_show_what_little_is_known(scripted, askctl):
    little = {"model": "a/b", "id": "b", "tools": None, "prices": [], "aliases": [], "names": {}}
    scripted.replies["models.get"] = little
    assert askctl("models", "show", "b").stdout == "model          a/b\nid             b\n"


def test_show_what_is_not_there(scripted, askctl):
    scripted.replies["models.get"] = Exception({"code": "not_found", "message": "no model 'b'", "param": "model"})
    r = askctl("models", "show", "b")
    assert r.returncode == OTHER and r.stdout == "" and "no model 'b'" in r.stderr


@pytest.mark.parametrize("columns", [80, 60, 40])
def test_show_on_a_terminal_goes_on_below_the_value(scripted, shown, columns):
    scripted.replies["models.get"] = SHOWN
    lines = shown("models", "show", "x", columns=columns).splitlines()
    assert all(len(line) <= columns for line in lines)
    further = [line for line in lines if line.startswith(" ")]
    assert further and all(re.match(" {15}[^ ]", line) for line in further)
    assert re.sub(r",\n {15}", ", ", "\n".join(lines) + "\n") == FACTS


# -- refresh

GOOD = {"provider": "openai", "models": 142}
BAD = {"provider": "groq", "models": 0, "error": {"code": "unavailable", "message": "no\nroute"}}


@pytest.mark.parametrize(
    "providers, text, status",
    [
        ([GOOD, BAD], "openai         142 models\ngroq           failed: no route\n", 0),
        ([BAD, GOOD], "groq           failed: no route\nopenai         142 models\n", 0),
        ([{**GOOD, "models": 1, "cut": False}], "openai         1 model\n", 0),
        ([{**GOOD, "cut": True}], "openai         142 models, and more that are left out\n", 0),
        ([BAD], "groq           failed: no route\n", OTHER),
    ],
)
def test_refresh(scripted, askctl, providers, text, status):
    scripted.replies["models.refresh"] = {"providers": providers}
    r = askctl("models", "refresh")
    assert (r.stdout, r.stderr, r.returncode) == (text, "", status)
    r = askctl("models", "refresh", "--json")
    assert (json.loads(r.stdout), r.stderr, r.returncode) == ({"providers": providers}, "", status)
    assert scripted.asked("models.refresh") == [{}, {}]


def test_refresh_of_one(scripted, askctl):
    scripted.replies["models.refresh"] = {"providers": [GOOD]}
    assert askctl("models", "refresh", "openai").returncode == 0
    assert scripted.asked("models.refresh") == [{"provider": "openai"}]


def test_refresh_without_providers(scripted, askctl):
    scripted.replies["models.refresh"] = {"providers": []}
    r = askctl("models", "refresh")
    assert r.returncode == OTHER and r.stdout == "" and "no provider" in r.stderr
