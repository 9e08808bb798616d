"""What the tests of keys have in common."""

SECRET = "sk-do.not.show.0123456789abcdefghij"
UNUSED = {"key": None, "retries": "0"}


def private(path, text):
    path.write_text(text)
    path.chmod(0o600)
    return path


def sent(provider, method="POST"):
    """The keys that came with the last requests, in order."""
    last = [r for r in provider.stats()["last"] if r["method"] == method]
    return [r["headers"].get("authorization", "").removeprefix("Bearer ") for r in last]


def ask_times(client, n, model="echo"):
    """One after the other; each prompt is another one, and each is asked of the provider."""
    return [client.response(client.chat(model, f"question {i}", cache="off"))[0] for i in range(n)]


def provider_of(client, name="fake"):
    return {p["name"]: p for p in client.call("status")["providers"]}.get(name)


def program(path, text):
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o700)
    return path


def put_key(home, name, text, mode=0o600):
    folder = home.config_dir / "keys"
    folder.mkdir(mode=0o700, exist_ok=True)
    path = private(folder / name, text)
    path.chmod(mode)
    return path
