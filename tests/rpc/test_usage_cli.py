"""askctl usage and askctl budget against a scripted daemon: what they ask, and what they show where."""

import csv
import io
import json
import re
import signal
import subprocess
import time

import pytest

from conftest import PATIENCE, askctl_path, build_dir
from helpers_scripted import Scripted
from helpers_terminal import cells, on_terminal

USAGE = 64
DAY = 86400
ASK_TTY = build_dir() / "client" / "tty" / "ask-tty"
NANO = 10**9

with_ask_tty = pytest.mark.skipif(not ASK_TTY.exists(), reason="built without libsmartcols")


@pytest.fixture
def scripted(home):
    s = Scripted(home)
    yield s
    s.stop()


@pytest.fixture
def shown(home):
    """shown(*args, columns=) -> (exit status, what askctl shows on a terminal)"""

    def show(*args, columns=100):
        env = home.env(ASKD_AUTOSTART="0", TERM="xterm", LC_ALL="C.UTF-8")
        status, text = on_terminal([askctl_path(), *args], env, columns)
        return status, re.sub("\x1b\\[[0-9;]*m", "", text)

    return show


def row(currency="USD", cost=0, **figures):
    """A row of usage.report; cost in billionths."""
    r = {
        "requests": 1,
        "answers": 1,
        "errors": 0,
        "cache_hits": 0,
        "shared": 0,
        "input_tokens": 10,
        "cached_input_tokens": 0,
        "cache_write_tokens": 0,
        "output_tokens": 5,
        "reasoning_tokens": 0,
        "currency": currency,
        "premium_requests": 0.0,
        "premium_nano": 0,
        "provider_cost_nano": 0,
        "compared_nano": 0,
    }
    if currency:
        r |= {"cost": cost / NANO, "cost_nano": cost, "saved": 0.0, "saved_nano": 0}
    return r | figures


ROWS = [
    row(cost=1_302_658_532, model="gpt-4.1", requests=61, input_tokens=93330, output_tokens=12810),
    row(cost=200, model="gpt, \"mini\"\nx", requests=2),
    row("CNY", cost=665_601_858, model="通义千问", requests=123, cache_hits=12, saved_nano=33_280_092),
    row(None, model="llama3.3", requests=24, premium_nano=330_000_000, errors=1),
]


@pytest.fixture
def used(scripted):
    scripted.replies["usage.report"] = {"rows": ROWS}
    return scripted


# -- what is asked


def test_by_model_and_of_thirty_days_unless_told_otherwise(used, askctl):
    before = time.time()
    assert askctl("usage").returncode == 0
    (params,) = used.asked("usage.report")
    assert params["by"] == ["model"] and "until" not in params and "uid" not in params
    assert params["since"] % DAY == 0 and before - 31 * DAY <= params["since"] <= before - 30 * DAY + 2


@pytest.mark.parametrize(
    "words, by",
    [
        ("model,day", ["model", "day"]),
        ("day,day", ["day"]),
        ("none", None),
        (
            "hour,uid,client,provider,directory,host,conversation,label,model,day",
            ["hour", "uid", "client", "provider", "directory", "host", "conversation", "label", "model", "day"],
        ),
    ],
)
def test_by(used, askctl, words, by):
    assert askctl("usage", "--by", words).returncode == 0
    assert used.asked("usage.report")[0].get("by") == by


def test_by_each_word_that_is_told(used, askctl):
    told = askctl("usage", "--by", "x").stderr.rsplit(": ", 1)[1].strip().split(", ")
    assert {"host", "none"} <= set(told)
    for word in told:
        assert askctl("usage", "--by", word).returncode == 0, word


@pytest.mark.parametrize("words", ["", "models", "model,,day", "model;day", "none,model"])
def test_no_such_groups(used, askctl, words):
    r = askctl("usage", "--by", words)
    assert (r.returncode, r.stdout) == (USAGE, "") and not used.asked("usage.report")
    assert r.stderr.startswith("askctl: ")


@pytest.mark.parametrize(
    "since, until, wanted",
    [
        ("2026-11-01", "2026-11-30", (1793491200, 1796083200)),  # a day counts to its end
        ("2024-02-29", "2024-02-29", (1709164800, 1709251200)),
        ("1970-01-01", "1970-01-01", (1, DAY)),
    ],
)
def test_days(used, askctl, since, until, wanted):
    assert askctl("usage", "--since", since, "--until", until).returncode == 0
    (params,) = used.asked("usage.report")
    assert (params["since"], params["until"]) == wanted


def test_ages(used, askctl):
    before = time.time()
    assert askctl("usage", "--since", "2d", "--until", "12h").returncode == 0
    assert askctl("usage", "--since", "2d", "--by", "day").returncode == 0
    assert askctl("usage", "--since", "2d", "--by", "hour").returncode == 0
    exact, by_day, by_hour = used.asked("usage.report")
    assert before - 2 * DAY <= exact["since"] <= time.time() - 2 * DAY
    assert before - DAY / 2 <= exact["until"] <= time.time() - DAY / 2
    assert by_day["since"] == exact["since"] // DAY * DAY and by_hour["since"] == exact["since"] // 3600 * 3600


@pytest.mark.parametrize("word", ["", "2026-02-29", "2026-13-01", "2026-11-1", "2026-11-01x", "x", "-1d", "2026-00-10"])
@pytest.mark.parametrize("option", ["--since", "--until"])
def test_no_such_times(used, askctl, option, word):
    r = askctl("usage", f"{option}={word}")
    assert (r.returncode, r.stdout) == (USAGE, "") and "no day such as" in r.stderr and not used.calls


def test_thirty_days_before_the_end(used, askctl):
    assert askctl("usage", "--until", "2026-11-30").returncode == 0
    assert askctl("usage", "--until", "1970-01-20").returncode == 0
    params, first_days = used.asked("usage.report")
    assert (params["since"], params["until"]) == (1796083200 - 30 * DAY, 1796083200)
    assert "since" not in first_days and first_days["until"] == 20 * DAY


@pytest.mark.parametrize("since, until", [("2026-11-27", "2026-11-26"), ("2d", "3d")])
@pytest.mark.parametrize("more", ["--plot", "--reprice"])
def test_an_end_before_its_beginning(used, askctl, since, until, more):
    r = askctl("usage", more, "--since", since, "--until", until)
    assert (r.returncode, r.stdout) == (USAGE, "") and "--until ends before --since begins" in r.stderr and not used.calls


def test_all_users(used, askctl):
    assert askctl("usage", "--all").returncode == 0
    assert used.asked("usage.report")[0]["uid"] == "all"


@pytest.mark.parametrize(
    "options",
    ["--plot --by=model", "--plot --csv", "--plot --json", "--csv --json", "--csv --watch", "--reprice --by=model", "--reprice --plot", "--reprice --csv", "--reprice --watch"],
)
def test_what_excludes_each_other(used, askctl, options):
    r = askctl("usage", *options.split())
    assert r.returncode == USAGE and not used.calls
    assert f"askctl: {' and '.join(o.split('=')[0] for o in options.split())} exclude each other" in r.stderr


# -- for programs


def test_columns_in_a_pipe(used, askctl):
    lines = askctl("usage").stdout.splitlines()
    assert [line.split("\t") for line in lines] == [
        ["gpt-4.1", "61", "0", "0", "0", "93330", "0", "12810", "1.302658532", "USD", "0.00", "0", "-"],
        ['gpt, "mini" x', "2", "0", "0", "0", "10", "0", "5", "0.0000002", "USD", "0.00", "0", "-"],
        ["通义千问", "123", "0", "12", "0", "10", "0", "5", "0.665601858", "CNY", "0.033280092", "0", "-"],
        ["llama3.3", "24", "1", "0", "0", "10", "0", "5", "-", "-", "-", "0.33", "-"],
    ]


def test_json_is_the_reply(used, askctl):
    assert json.loads(askctl("usage", "--json").stdout) == {"rows": ROWS}


def test_csv(used, home):
    command = [askctl_path(), "usage", "--csv"]
    text = subprocess.run(command, env=home.env(), capture_output=True, timeout=PATIENCE, check=True).stdout.decode()
    head, *records = csv.reader(io.StringIO(text, newline=""), strict=True)
    assert text.count("\r\n") == 1 + len(ROWS) and text.endswith("\r\n")
    told = [dict(zip(head, r, strict=True)) for r in records]
    assert [t["model"] for t in told] == [r["model"] for r in ROWS]
    assert [t["cost"] for t in told] == ["1.302658532", "0.0000002", "0.665601858", ""]
    assert [t["currency"] for t in told] == ["USD", "USD", "CNY", ""]
    assert [t["requests"] for t in told] == ["61", "2", "123", "24"]
    assert told[3]["premium_requests"] == "0.33" and told[2]["saved"] == "0.033280092"


def test_nothing_used(scripted, askctl):
    scripted.replies["usage.report"] = {"rows": []}
    assert askctl("usage").stdout == ""
    assert askctl("usage", "--csv").stdout.startswith("model,currency,requests,")
    assert askctl("usage", "--plot").stdout.endswith("UTC; days are UTC's: nothing was used\n")


def test_figures_too_great_to_add_up(scripted, shown):
    """Stay at the greatest instead of turning over."""
    scripted.replies["usage.report"] = {"rows": [row(cost=2**63 - 1, model=m) for m in "ab"]}
    _, text = shown("usage")
    assert text.splitlines()[-1].split()[4] == "9223372036.8548"


# -- on a terminal


@with_ask_tty
@pytest.mark.parametrize("columns", [80, 200])
def test_table_with_totals(used, shown, columns):
    status, text = shown("usage", columns=columns)
    heading, head, *lines = text.splitlines()
    assert status == 0 and max(cells(line) for line in lines) <= columns
    assert re.fullmatch(r"\d{4}-\d\d-\d\d 00:00 to \d{4}-\d\d-\d\d \d\d:\d\d UTC", heading)
    assert head.split()[:2] == ["MODEL", "REQUESTS"] and "BILLED" not in head
    totals = [line.split() for line in lines if line.startswith("total")]
    assert [t[1] for t in totals] == ["63", "123", "24"]
    assert "1.3027" in totals[0] and "USD" in totals[0] and "0.6656" in totals[1] and "CNY" in totals[1]
    assert "<0.0001" in lines[1]


@with_ask_tty
def test_an_hour_is_whole_beside_a_folder_and_an_id(scripted, shown):
    where = {"directory": "/home/somebody/src/project", "conversation": "01a21c2b-4162-765a-a74a-bf69f1c27e5e"}
    many = {"errors": 3, "cache_hits": 2, "shared": 1, "cached_input_tokens": 7, "saved_nano": 9, "premium_nano": NANO}
    scripted.replies["usage.report"] = {"rows": [row(cost=NANO, hour=1793491200, **where, **many)]}
    status, text = shown("usage", "--by", "hour,directory,conversation", columns=80)
    head, line = text.splitlines()[1:3]
    assert status == 0 and head.split() == ["HOUR", "DIRECTORY", "CONVERSATION", "REQUESTS", "IN", "OUT", "COST", "CUR"]
    assert "2026-11-01 00:00" in line and "01a21c2b-4162" in line and cells(line) <= 80


def test_one_row_is_its_own_total(scripted, shown):
    scripted.replies["usage.report"] = {"rows": ROWS[:1]}
    _, text = shown("usage")
    assert "total" not in text


@with_ask_tty
@pytest.mark.parametrize(
    "theirs, ours, told",
    [(1_010_000_000, 1_000_000_000, False), (1_010_000_001, 1_000_000_000, True), (989_999_999, 1_000_000_000, True), (5, 0, True), (0, 0, False)],
)
def test_a_provider_that_counts_otherwise(scripted, shown, theirs, ours, told):
    """More than one per cent of ours away."""
    scripted.replies["usage.report"] = {"rows": [row(cost=ours, model="m", provider_cost_nano=theirs, compared_nano=ours)]}
    _, text = shown("usage")
    assert ("BILLED" in text) == told
    assert ("(+1 %)" in text) == (told and theirs > ours > 0)


def days(n, today):
    return [row(cost=(i + 1) * NANO, day=today - (n - 1 - i) * DAY) for i in range(n) if i != 2]


@pytest.mark.parametrize("columns", [40, 80, 200])
def test_bars_fit_the_terminal(scripted, shown, columns):
    today = int(time.time()) // DAY * DAY
    scripted.replies["usage.report"] = {"rows": days(5, today)}
    status, text = shown("usage", "--plot", columns=columns)
    lines = text.splitlines()[3:]
    assert status == 0 and scripted.asked("usage.report")[0]["by"] == ["day"]
    assert [line.split()[0] for line in lines] == [time.strftime("%Y-%m-%d", time.gmtime(today - i * DAY)) for i in (4, 3, 2, 1, 0)]
    assert len(lines[2].split()) == 1  # the day without use
    longest = lines[4].count("█")
    assert cells(lines[4]) <= columns and "5.0000 USD" in lines[4]
    assert cells(lines[4]) == columns and lines[4][12 : 12 + longest] == "█" * longest
    assert abs(lines[0].count("█") - longest / 5) <= 1 and ("tokens" in lines[4]) == (columns > 40)


def test_bars_of_each_currency_and_of_tokens(scripted, askctl):
    today = int(time.time()) // DAY * DAY
    scripted.replies["usage.report"] = {"rows": [row(cost=3, day=today), row("CNY", cost=NANO, day=today), row(None, day=today)]}
    text = askctl("usage", "--plot").stdout
    usd, cny, tokens = text.split("\n\n")[1:]
    assert usd.startswith("cost in USD\n") and "<0.0001 USD" in usd
    assert cny.startswith("cost in CNY\n") and "1.0000 CNY" in cny
    assert tokens.startswith("tokens of models whose price is not known\n") and " 15 tokens" in tokens
    assert all(cells(line) <= 80 for line in text.splitlines())


def test_a_plot_has_a_bound(scripted, askctl):
    scripted.replies["usage.report"] = {"rows": [row(day=DAY)]}
    r = askctl("usage", "--plot", "--since", "3700d")  # and today
    assert (r.returncode, r.stdout) == (USAGE, "") and "room for 3700 days" in r.stderr
    assert askctl("usage", "--plot", "--since", "3699d").stdout.count("\n") == 3 + 3700


# -- watching


def test_watch_until_interrupted(used, home):
    proc = subprocess.Popen([askctl_path(), "usage", "--watch", "--json"], env=home.env(), stdout=subprocess.PIPE, text=True)
    first, second = (json.loads(proc.stdout.readline()) for _ in range(2))
    assert first == second == {"rows": ROWS} and proc.poll() is None
    proc.send_signal(signal.SIGINT)
    assert proc.wait(PATIENCE) == 0


def test_watch_ends_with_a_failure(scripted, home):
    def reply(_params):
        return {"rows": ROWS} if len(scripted.asked("usage.report")) < 2 else Exception({"code": "overloaded", "message": "too much"})

    scripted.replies["usage.report"] = reply
    r = subprocess.run([askctl_path(), "usage", "--watch"], env=home.env(), capture_output=True, text=True, timeout=PATIENCE)
    assert r.returncode == 75 and r.stdout.startswith("gpt-4.1\t") and "too much" in r.stderr


def test_watch_redraws(used, home):
    command = [askctl_path(), "usage", "--watch"]
    status, text = on_terminal(["timeout", "-s", "INT", "3", *command], home.env(TERM="xterm"))
    assert text.startswith("\x1b[2J") and text.count("\x1b[H") == 2 and text.count(" UTC\x1b[K\n") == 2


# -- --reprice


def test_reprice(scripted, askctl):
    scripted.replies["usage.reprice"] = {
        "rows": 1200,
        "changed": 31,
        "before": [{"currency": "USD", "cost": 1.2, "cost_nano": 1_200_000_000}],
        "after": [{"currency": "USD", "cost": 1.35, "cost_nano": 1_350_000_001}, {"currency": "CNY", "cost": 0.0, "cost_nano": 1}],
    }
    r = askctl("usage", "--reprice", "--since", "2026-11-01")
    assert r.stdout.splitlines() == [
        "1200 rows of the ledger, 31 of them at another cost than before",
        "before   1.20 USD",
        "after    1.350000001 USD, 0.000000001 CNY",
    ]
    assert askctl("usage", "--reprice").returncode == 0
    assert scripted.asked("usage.reprice") == [{"since": 1793491200}, {}]


# -- budget


def budgets(now):
    return [
        {"name": "copilot", "unit": "premium", "limit": 300.0, "used": 12.33, "reserved": 0.0, "left": 287.67, "per": "month", "resets": now + 3 * DAY + 60, "near": False},
        {"name": "pocket money", "unit": "USD", "limit": 20.0, "used": 17.23456789, "reserved": 0.5, "left": 2.26543211, "per": "day", "resets": now + 3058, "near": True},
    ]


def test_budget_in_a_pipe(scripted, askctl):
    scripted.replies["budget.get"] = budgets(time.time())
    r = askctl("budget")
    assert [line.split("\t") for line in r.stdout.splitlines()] == [
        ["copilot", "300", "12.33", "0", "287.67", "premium", "month", "3.0 d", "-"],
        ["pocket money", "20", "17.23456789", "0.50", "2.26543211", "USD", "day", "51.0 min", "near"],
    ]


def test_budget_as_json(scripted, askctl):
    scripted.replies["budget.get"] = wanted = budgets(1.5e9)
    assert json.loads(askctl("budget", "--json").stdout) == wanted


@with_ask_tty
@pytest.mark.parametrize("columns", [80, 200])
def test_budget_on_a_terminal(scripted, shown, columns):
    scripted.replies["budget.get"] = budgets(time.time())
    _, text = shown("budget", columns=columns)
    assert all(cells(line) <= columns for line in text.splitlines())
    assert "17.2346" in text and "near" in text and "BUDGET" in text


def test_no_budget(scripted, shown, askctl):
    scripted.replies["budget.get"] = []
    assert askctl("budget").stdout == ""
    assert "no budget is configured" in shown("budget")[1]
