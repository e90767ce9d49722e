"""PostgreSQL killed with SIGKILL under a working worker: it recovers, and the worker does each thing once."""

import pytest

from tests.chaos.house import House, sell_long_ago


async def test_a_worker_outlives_postgres_killed_in_the_middle_of_renewals_and_does_each_once(house: House) -> None:
    due = await sell_long_ago(house, 60)
    worker = house.hire()
    for done in (1, 20, 40):
        await due.some_renewed(done)
        house.postgres.kill()
    await house.until(due.settled)
    await due.assert_renewed_once()
    assert worker.poll() is None, house.tail()


@pytest.mark.long
async def test_a_worker_outlives_postgres_killed_fifty_times_and_does_each_once(house: House) -> None:
    due = await sell_long_ago(house, 500)
    worker = house.hire()
    for done in range(1, 500, 10):
        await due.some_renewed(done)
        house.postgres.kill()
    await house.until(due.settled)
    await due.assert_renewed_once()
    assert worker.poll() is None, house.tail()
