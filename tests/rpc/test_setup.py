"""askctl setup: by options."""

import json
import os
import re

import pytest

from conftest import askd_path
from helpers_keys import UNUSED, put_key, sent

GOOD = "key.good"
NEVER = ["--question", "none"]


def only(provider, key=GOOD):
    """A provider that takes that key alone."""
    return provider.behave(f"only-{key}")


@pytest.fixture
def two(home, provider, start_daemon):
    """A daemon that knows "right" and "wrong", which has no key yet that is good."""
    home.write_config(
        only(provider),
        daemon={"default_model": None},
        provider=UNUSED,
        extra=f'[provider "wrong"]\nbase_url = {only(provider, "key.other")}\n',
    )
    return start_daemon()


def keys_in(home):
    folder = home.config_dir / "keys"
    return {p.name: p.read_text() for p in folder.iterdir()} if folder.exists() else {}


def test_a_key_is_stored_and_tried(home, two, askctl):
    r = askctl("setup", "fake", "--keys-from", "-", *NEVER, input=f" {GOOD}\n")
    assert (r.returncode, r.stderr) == (0, "")
    lines = r.stdout.splitlines()
    assert lines[0] == f"fake: stored in {home.config_dir}/keys/fake"
    assert re.fullmatch(r"fake: fake/\S+ is asked for one token \.\.\. it works \(.*\)", lines[1])
    assert keys_in(home) == {"fake": GOOD + "\n"}
    assert (home.config_dir / "keys" / "fake").stat().st_mode & 0o777 == 0o600


def test_what_is_asked_costs_one_token_and_leaves_nothing(two, provider, askctl):
    assert askctl("setup", "fake", "--keys-from", "-", *NEVER, input=GOOD).returncode == 0
    assert [b["max_tokens"] for b in provider.bodies()] == [1]
    assert two.connect().call("conversation.list") == []


def test_a_second_run_changes_nothing(home, two, askctl):
    args = ("setup", "fake", "--keys-from", "-", "--default-model", "fake/echo", *NEVER)
    assert askctl(*args, input=GOOD).returncode == 0
    before = {p: (p.stat().st_mtime_ns, p.stat().st_ino) for p in (home.config, home.config_dir / "keys" / "fake")}
    r = askctl(*args, input=GOOD)
    assert r.returncode == 0 and "fake: that key is stored already" in r.stdout
    assert "fake/echo is the default model\n" in r.stdout
    assert before == {p: (p.stat().st_mtime_ns, p.stat().st_ino) for p in before}


def test_a_refused_key_is_taken_back(home, two, askctl):
    r = askctl("setup", "wrong", "--keys-from", "-", *NEVER, input="key.bad")
    assert r.returncode == 1 and "401" in r.stderr
    assert "wrong: that key is not kept\n" in r.stdout
    assert keys_in(home) == {} and "key.bad" not in r.stdout + r.stderr


def test_a_refused_key_gives_way_to_the_one_before(home, two, askctl):
    put_key(home, "fake", GOOD + "\n")
    r = askctl("setup", "fake", "--keys-from", "-", *NEVER, input="key.bad")
    assert r.returncode == 1 and "that key is not kept, the one before is" in r.stdout
    assert keys_in(home) == {"fake": GOOD + "\n"}
    r = askctl("setup", "fake", *NEVER)
    assert r.returncode == 0 and "it works" in r.stdout


def test_a_fault_that_is_not_the_keys_keeps_it(home, provider, start_daemon, askctl):
    home.write_config(provider.behave("status-503"), daemon={"default_model": "fake/m"}, provider=UNUSED)
    start_daemon()
    r = askctl("setup", "fake", "--keys-from", "-", *NEVER, input=GOOD)
    assert r.returncode == 1 and "503" in r.stderr and "failed" in r.stdout
    assert keys_in(home) == {"fake": GOOD + "\n"}


def test_several_from_a_file(home, two, provider, askctl):
    path = home.path / "keys.env"
    path.write_text(f"# mine\n\nfake {GOOD}\n  wrong\tkey.other\r\n")
    path.chmod(0o600)
    r = askctl("setup", "--keys-from", str(path), *NEVER)
    assert (r.returncode, r.stderr) == (0, "")
    assert keys_in(home) == {"fake": GOOD + "\n", "wrong": "key.other\n"}
    assert set(sent(provider)) == {GOOD, "key.other"}


def test_a_file_that_others_can_read_is_refused(home, two, askctl):
    path = home.path / "keys.env"
    path.write_text(f"fake {GOOD}\n")
    path.chmod(0o644)
    r = askctl("setup", "--keys-from", str(path), *NEVER)
    assert r.returncode != 0 and str(path) in r.stderr and keys_in(home) == {}


@pytest.mark.parametrize(
    "text, why",
    [
        ("secret.one\n", "1: it has to be"),
        ("\nfake key one\n", "2: what stands there is no key"),
        ("NO_VARIABLE=secret.one\n", "1: that is no usual variable"),
        ("../x secret.one\n", "1: that is no name"),
        ("fake secret.one\nfake secret.two\n", "2: its provider has a key already"),
    ],
)
def test_a_line_that_is_none_is_told_by_its_number(home, two, askctl, text, why):
    r = askctl("setup", "--keys-from", "-", *NEVER, input=text)
    assert r.returncode == os.EX_USAGE or r.returncode == os.EX_DATAERR
    assert f"standard input:{why}" in r.stderr and "secret" not in r.stderr and keys_in(home) == {}


def test_keys_of_the_environment(home, provider, start_daemon, askctl):
    section = f'[provider "openai"]\nbase_url = {only(provider)}\n'
    home.write_config(provider.base_url, daemon={"default_model": "openai/m"}, provider=UNUSED, extra=section)
    start_daemon()
    r = askctl("setup", *NEVER, env={"OPENAI_API_KEY": GOOD})
    assert (r.returncode, r.stderr) == (0, "")
    assert keys_in(home) == {"openai": GOOD + "\n"} and GOOD not in r.stdout


def test_a_key_from_elsewhere_is_left_there(home, provider, start_daemon, askctl):
    home.write_config(provider.base_url)
    start_daemon()
    r = askctl("setup", "fake", "--keys-from", "-", *NEVER, input=GOOD)
    assert r.returncode == 0 and "fake: has a key: configuration" in r.stdout and keys_in(home) == {}


def test_a_provider_without_a_list_is_tried_by_a_model_that_is_named(home, provider, start_daemon, askctl):
    home.write_config(provider.behave("words-3"), daemon={"default_model": None}, provider=UNUSED)
    start_daemon()
    r = askctl("setup", "fake", "--keys-from", "-", *NEVER, input=GOOD)
    assert r.returncode == 1 and "404" in r.stderr and "--default-model" in r.stderr
    r = askctl("setup", "fake", "--default-model", "fake/m", *NEVER)
    assert (r.returncode, r.stderr) == (0, "") and "fake/m is the default model now" in r.stdout


# -- the default model


def test_the_default_is_written_beside_what_is_there(home, two, askctl):
    before = "; mine\n[daemon]\nlog_level = debug ; loud\n" + home.config.read_text().split("\n", 1)[1].replace("[daemon]\n", "").replace("log_level = debug\n", "")
    home.config.write_text(before)
    r = askctl("setup", "fake", "--keys-from", "-", "--default-model", "fake/echo", *NEVER, input=GOOD)
    assert r.returncode == 0, r.stderr
    assert f"fake/echo is the default model now, in {home.config}" in r.stdout
    assert home.config.read_text() == before.replace("[daemon]\n", "[daemon]\ndefault_model = fake/echo\n")
    assert home.config.stat().st_mode & 0o777 == 0o600
    assert two.connect().call("status")["default_model"] == "fake/echo"


def test_a_default_that_cannot_be_asked_is_not_written(home, two, askctl):
    before = home.config.read_text()
    r = askctl("setup", "fake", "--keys-from", "-", "--default-model", "no-such-model", *NEVER, input=GOOD)
    assert r.returncode == os.EX_DATAERR and "no-such-model" in r.stderr and home.config.read_text() == before


def test_yes_takes_what_works_as_the_default(home, two, askctl):
    r = askctl("setup", "fake", "--keys-from", "-", "--yes", "--units", "no", input=GOOD)
    assert r.returncode == 0, r.stderr
    assert re.search(r"^default_model = fake/\S+$", home.config.read_text(), re.M)


# -- the end


def test_a_first_question(home, two, askctl):
    r = askctl("setup", "fake", "--keys-from", "-", "--default-model", "fake/echo", "--question", "hello there", input=GOOD)
    assert r.returncode == 0, r.stderr
    assert '$ ask "hello there"\n' in r.stdout and r.stdout.endswith("\nhello there")


def test_json(home, two, askctl):
    r = askctl("setup", "fake", "wrong", "--keys-from", "-", "--json", input=f"fake {GOOD}\nwrong key.bad\n")
    assert r.returncode == 1
    told = json.loads(r.stdout)
    assert [(p["provider"], p["outcome"], p["stored"]) for p in told["providers"]] == [
        ("fake", "works", True), ("wrong", "refused", False)]  # fmt: skip
    assert "401" in told["providers"][1]["error"] and told["units"] is None
    assert askctl("setup", "--json", "--question", "x").returncode == os.EX_USAGE


def test_nothing_to_set_up(home, start_daemon, askctl):
    start_daemon()
    r = askctl("setup")
    assert r.returncode == os.EX_UNAVAILABLE and "--keys-from" in r.stderr
    assert askctl("setup", "nobody").returncode == os.EX_USAGE
    r = askctl("setup", "openai", *NEVER)
    assert r.returncode == 1 and "no key of it is given" in r.stderr


# -- systemd


class Systemd:
    """systemctl and loginctl as programs that note what they are asked."""

    def __init__(self, home, load="loaded", enabled=False, linger="no"):
        self.bin = home.path / "systemd"
        self.bin.mkdir()
        self.notes = home.path / "systemd.notes"
        state = "UnitFileState=enabled\\nActiveState=active" if enabled else "UnitFileState=disabled\\nActiveState=inactive"
        self.program("systemctl", f'case "$*" in *show*) printf "LoadState={load}\\n{state}\\n";; esac')
        self.program("loginctl", f'case "$*" in *show-user*) echo Linger={linger};; esac')

    def program(self, name, text):
        path = self.bin / name
        path.write_text(f'#!/bin/sh\necho {name} "$@" >>{self.notes}\n{text}\n')
        path.chmod(0o700)

    def env(self):
        return {"PATH": f"{self.bin}:{os.environ['PATH']}", "ASKD_AUTOSTART": "1", "ASKD_DAEMON": str(askd_path())}

    def done(self):
        return [n for n in self.notes.read_text().splitlines() if " show" not in n]


@pytest.fixture
def autostarted(home, provider, two, askctl):
    """None runs, so that askctl starts one, which ends with the test."""
    two.end()
    yield
    askctl("call", "shutdown")


def test_units_and_lingering(home, autostarted, askctl):
    systemd = Systemd(home)
    r = askctl("setup", "fake", "--keys-from", "-", "--units", "yes", "--linger", "yes", *NEVER, input=GOOD, env=systemd.env())
    assert (r.returncode, r.stderr) == (0, "")
    assert [n.rpartition(" ")[0] if "linger" in n else n for n in systemd.done()] == [
        "systemctl --user enable --now askd.socket", "loginctl enable-linger"]  # fmt: skip


def test_units_that_are_on_stay(home, autostarted, askctl):
    systemd = Systemd(home, enabled=True, linger="yes")
    r = askctl("setup", "fake", "--keys-from", "-", "--units", "yes", "--linger", "yes", *NEVER, input=GOOD, env=systemd.env())
    assert r.returncode == 0 and systemd.done() == []
    assert "systemd starts the daemon already" in r.stdout


def test_units_that_are_not_installed(home, autostarted, askctl):
    systemd = Systemd(home, load="not-found")
    r = askctl("setup", "fake", "--keys-from", "-", "--units", "yes", *NEVER, input=GOOD, env=systemd.env())
    assert r.returncode == 1 and "askd.socket is not installed" in r.stderr and systemd.done() == []
    r = askctl("setup", "fake", "--yes", *NEVER, env=systemd.env())
    assert r.returncode == 0, "what was not asked for is no fault"


def test_a_daemon_that_somebody_started_is_left_alone(home, two, askctl):
    systemd = Systemd(home)
    r = askctl("setup", "fake", "--keys-from", "-", "--units", "yes", *NEVER, input=GOOD, env=systemd.env())
    assert r.returncode == 1 and "systemctl --user enable --now askd.socket" in r.stderr and systemd.done() == []


def test_systemd_that_cannot_be_reached(home, autostarted, askctl):
    systemd = Systemd(home)
    systemd.program("systemctl", "echo 'Failed to connect to bus: No medium found' >&2; exit 1")
    r = askctl("setup", "fake", "--keys-from", "-", "--units", "yes", *NEVER, input=GOOD, env=systemd.env())
    assert r.returncode == 1 and "Failed to connect to bus" in r.stderr and systemd.done() == []
