"""No key gets out: not in a provider's own words, not by a header that carries one."""

import pytest

from conftest import run_askd
from helpers_acts import Acts

KEY_OF_NO_KIND = "zz9-plural-z-alpha-42"
ECHOED = f"Incorrect API key provided: {KEY_OF_NO_KIND}. You can find your key in your account."
HEADER = f"Authorization: Bearer {KEY_OF_NO_KIND}"


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
