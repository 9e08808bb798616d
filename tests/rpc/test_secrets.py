"""No key gets out: not in a log, an error or a child's environment, not in a provider's own words, not by a header that
carries one."""

import glob
import os
import re
import resource
import subprocess

import pytest

from client import failure
from conftest import askd_path, run_askd
from helpers_acts import Acts
from helpers_keys import SECRET, private, program, provider_of, sent

KEY_OF_NO_KIND = "zz9-plural-z-alpha-42"
ECHOED = f"Incorrect API key provided: {KEY_OF_NO_KIND}. You can find your key in your account."


@pytest.fixture
def refusing(home):
    """A provider that says which key it does not take."""
    acts = Acts(lambda asked: asked.whole(401, {"error": {"message": ECHOED, "type": None, "code": None}}))
    home.write_config(acts.base_url("fake"), provider={"key": KEY_OF_NO_KIND, "retries": "0"})
    yield acts
    acts.stop()


@pytest.mark.parametrize("stream", [False, True])
def test_key_in_the_words_of_a_provider(home, refusing, start_daemon, stream):
    daemon = start_daemon()
    client = daemon.connect()
    error, _ = client.response(client.request("chat", {"model": "fake/m", "prompt": "Hi", "stream": stream}))
    assert error["code"] == "unauthenticated" and "Incorrect API key provided: ..." in error["message"]
    assert KEY_OF_NO_KIND not in str(error)
    assert KEY_OF_NO_KIND not in daemon.stderr()


@pytest.mark.parametrize("name", ["Authorization", "x-api-key", "api-key"])
def test_header_that_carries_a_key(home, provider, name):
    header = f"{name}: {KEY_OF_NO_KIND}"
    home.write_config(provider.base_url, provider={"key": None, "header": header})
    shown = run_askd(home, "--print-config")
    assert shown.returncode == 0, shown.stderr
    assert f"{name}: (hidden)" in shown.stdout and KEY_OF_NO_KIND not in shown.stdout + shown.stderr

    home.config.chmod(0o644)
    refused = run_askd(home, "--check-config")
    assert refused.returncode > 0 and "'header' carries a secret" in refused.stderr
    assert KEY_OF_NO_KIND not in refused.stdout + refused.stderr


def test_header_that_carries_none(home, provider):
    home.write_config(provider.base_url, provider={"key": None, "header": "X-Title: notes"})
    home.config.chmod(0o644)
    shown = run_askd(home, "--print-config")
    assert shown.returncode == 0 and "X-Title: notes" in shown.stdout


# -- nothing gets out


def readable(path):
    try:
        with open(path, "rb") as f:
            return f.read()
    except OSError:
        return b""


class Watch:
    """Looks for the keys in whatever can be read."""

    def __init__(self, *keys):
        self.keys = [k.encode() for k in keys]

    def look(self, data, where):
        data = data if isinstance(data, bytes) else repr(data).encode()
        for key in self.keys:
            assert key not in data and key[3:] not in data, where

    def look_at_process(self, pid):
        for name in ("environ", "cmdline", "comm"):
            self.look(readable(f"/proc/{pid}/{name}"), f"{name} of {pid}")

    def look_at_files(self, *patterns):
        for pattern in patterns:
            for path in glob.glob(str(pattern), recursive=True, include_hidden=True):
                if os.path.isfile(path):
                    self.look(readable(path), path)


LEAKY = """
env >{0}/seen/environ; tr '\\0' '\\n' </proc/$PPID/environ >{0}/seen/parent; cat /proc/$PPID/cmdline >{0}/seen/cmdline
[ -e {0}/fail ] && {{ set -x; : "$(cat {0}/store/key)"; cat {0}/store/key >&2; cat {0}/store/key; exit 1; }}
cat {0}/store/key
"""


def test_no_key_gets_out(home, provider, start_daemon, askctl, ask):
    keys = {n: f"sk-{n}.0123456789abcdefghijklmnop" for n in ("command", "file", "env", "config", "import", "usual")}
    watch = Watch(*keys.values())
    (home.path / "store").mkdir()
    (home.path / "seen").mkdir()
    private(home.path / "store" / "key", keys["command"] + "\n")
    private(home.path / "store" / "file", keys["file"] + "\n")
    command = program(home.path / "give-key", LEAKY.format(home.path))
    sources = {
        "cmd": f"key_command = {command}",
        "file": f"key_file = {home.path}/store/file",
        "env": "key_env = ASKD_TEST_KEY",
        "config": f"key = {keys['config']}",
        "imported": "",
    }
    sections = "".join(f'[provider "{n}"]\nbase_url = {provider.base_url}\n{s}\n' for n, s in sources.items())
    home.write_config(provider.base_url, extra=sections)
    env = {"ASKD_TEST_KEY": keys["env"], "OPENAI_API_KEY": keys["usual"]}
    d = start_daemon(env=env)
    c = d.connect()
    said = [askctl("keys", "import", "imported", input=keys["import"])]

    def everything():
        for name in sources:
            for model in ("echo", "status-401", "status-402", "status-429", "leak-key", "bad-json", "echo"):
                asked = {"model": f"{name}/{model}", "prompt": "hello", "conversation": "new", "stream": True}
                said.append(c.response(c.request("chat", asked)))
            said.append(ask("-m", f"{name}/leak-key", "hello", env=env))
        said.extend(c.call(m) for m in ("status", "models.list", "answer.list", "keys.test", "conversation.list"))
        said.extend(askctl("keys", verb, env=env) for verb in ("list", "test"))
        said.append(askctl("status"))

    everything()
    assert set(keys.values()) - {keys["usual"]} <= set(sent(provider)), "each was used"
    (home.path / "fail").touch()
    private(home.path / "store" / "key", keys["command"] + "\n")
    home.write_config(provider.base_url, extra=sections.replace(str(command), f"{command} again"))
    c.call("config.reload")
    everything()
    home.write_config(provider.base_url, extra=sections + "broken = yes\n")
    said.append(failure(c, "config.reload", {}))
    home.write_config(provider.base_url, extra=sections + f"[provider \"two\"]\nkey = {keys['config']}\nkey_env = A\n")
    said.append(failure(c, "config.reload", {}))
    for option in ("--check-config", "--print-config"):
        said.append(subprocess.run([askd_path(), option], env=home.env(**env), capture_output=True))
    said.append(askctl("keys", "rm", "imported"))

    assert "ended with status 1" in repr(said), "the command has failed"
    watch.look(said, "what was said")
    watch.look(c.log, "what came over the socket")
    watch.look(d.stderr(), "the log")
    watch.look_at_process(d.pid)
    watch.look_at_files(home.state / "**", home.path / "cache" / "**", home.runtime / "**", home.path / "seen" / "*")
    assert (home.path / "seen" / "environ").stat().st_size > 0


def test_no_dump_holds_a_key(daemon):
    with open(f"/proc/{daemon.pid}/limits") as f:
        assert re.search(r"^Max core file size +0 +0 ", f.read(), re.M)
    assert resource.prlimit(daemon.pid, resource.RLIMIT_CORE) == (0, 0)
    with open(f"/proc/{daemon.pid}/smaps") as f:
        flags = [line.split()[1:] for line in f if line.startswith("VmFlags:")]
    assert any("dd" in f for f in flags), "the key's mapping stays out of dumps"


@pytest.mark.askd(env={"OPENAI_API_KEY": SECRET}, extra='[provider "openai"]\nkey = key.configured\n')
def test_usual_key_that_is_not_used_leaves_the_environment_too(daemon, client):
    assert provider_of(client, "openai")["key_source"] == "configuration"
    assert SECRET.encode() not in readable(f"/proc/{daemon.pid}/environ")
