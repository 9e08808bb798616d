"""Emacs: the parts of chats that need no daemon, by ERT in batch."""

import pytest

from helpers_ert import names, run


@pytest.mark.parametrize("name", names("test-turns") + names("test-page"))
def test_pure(name):
    run(name)
