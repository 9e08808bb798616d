"""Emacs: MessagePack, by ERT in batch."""

import pytest

from helpers_ert import names, run


@pytest.mark.parametrize("name", names("test-msgpack"))
def test_msgpack(name):
    run(name)
