"""Nothing is lost, doubled or told out of order: random schedules against a model of the log (helpers_model.py).

$ASKD_SCHEDULE=SEED repeats a run, $ASKD_SCHEDULE=SEED-N its Nth schedule alone; a failure prints both and the acts.
"""

import os
import random

import pytest

from helpers_schedule import Schedule
from helpers_steered import Steered

SEED, _, ONE = (os.environ.get("ASKD_SCHEDULE") or f"{random.SystemRandom().randrange(1 << 32):08x}").partition("-")
BLOCKS, SCHEDULES = 8, 40  # each block has a home of its own
LENGTH = (10, 60)  # acts of a schedule


def numbers(block):
    """Of the schedules of a block."""
    mine = range(block * SCHEDULES, (block + 1) * SCHEDULES)
    return [int(ONE)] if ONE and int(ONE) in mine else [] if ONE else mine


@pytest.fixture
def steered():
    provider = Steered()
    yield provider
    provider.close()


@pytest.mark.parametrize("block", range(BLOCKS))
def test_schedules(home, start_daemon, steered, block):
    if not numbers(block):
        pytest.skip("another schedule was asked for")
    home.write_config(
        steered.base_url,
        daemon={"drain_timeout": "0", "breaker_failures": "1000", "log_level": "info"},
        provider={"retries": "0", "max_connections": "256"},
    )
    d = start_daemon()
    for n in numbers(block):
        rng = random.Random(f"{SEED}-{n}")
        schedule = Schedule(home, start_daemon, steered, rng, f"{SEED}-{n}")
        try:
            d = schedule.run(d, rng.randint(*LENGTH))
        except BaseException:
            print(f"ASKD_SCHEDULE={SEED}-{n}", *schedule.steps, sep="\n")
            raise
