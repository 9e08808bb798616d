"""Each check of the table of features, in each editor. `make conformance` prints them as a table."""

import pytest
from conformance import run_check
from drivers import DRIVERS
from helpers_checks import CHECKS
from helpers_stage import Stage


@pytest.fixture(scope="module")
def stage(provider_process):
    with Stage.set_up(provider_process) as s:
        yield s


@pytest.mark.parametrize("check", CHECKS, ids=[f"{c.feature.split(',')[0].split(':')[0]}: {c.what}" for c in CHECKS])
@pytest.mark.parametrize("editor", DRIVERS)
def test_feature(stage, editor, check):
    run_check(stage, DRIVERS[editor], check)


def test_no_two_checks_have_one_name():
    assert len({(c.feature, c.what) for c in CHECKS}) == len(CHECKS)
