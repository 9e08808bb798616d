"""Folders of prompts."""

import pathlib

import pytest

from conftest import HERE

SHIPPED = HERE.parent / "etc" / "prompts"


class Prompts:
    """The user's folder. Its parent is there, it itself only once something is written."""

    def __init__(self, home):
        self.path = home.config_dir / "prompts"

    def write(self, name, text):
        """name: a path below the folder."""
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path


@pytest.fixture
def prompts(home):
    return Prompts(home)


def names(client):
    return [p["name"] for p in client.call("prompt.list")]


def own(client, prompts):
    """What the user's folder holds, by name."""
    return {p["name"]: p for p in client.call("prompt.list") if pathlib.Path(p["path"]).is_relative_to(prompts.path)}


def render(client, name, input=None, **vars):
    params = {"name": name, "vars": vars}
    return client.call("prompt.render", params if input is None else {**params, "input": input})
