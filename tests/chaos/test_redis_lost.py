"""Redis holds nothing: emptied, killed or restarted in the middle of renewals, all is done once, and desks go on."""

import os
import signal
from datetime import UTC, datetime, timedelta

import pytest
from redis.asyncio import Redis

from api.doorbell import Doorbell
from tests.chaos.house import Due, House, sell_long_ago


async def _empty_redis(house: House) -> None:
    async with Redis.from_url(house.redis.url) as redis:
        await redis.flushall()


async def _desk_goes_on(due: Due) -> None:
    """Read, sell and book while something is away, ringing the doorbell as the API does."""
    studio = due.studio
    doorbell = Doorbell(due.house.redis.url)
    studio.runtime.ring = doorbell.ring
    try:
        sold = await studio.sell()
        await studio.book([datetime.now(UTC) + timedelta(days=1)], pass_id=sold)
        assert (await studio.balances(sold))["booked"] == 1
        await doorbell.ring(studio.business_id)
    finally:
        await doorbell.close()


async def test_redis_emptied_in_the_middle_of_renewals_loses_none_and_repeats_none(house: House) -> None:
    due = await sell_long_ago(house, 100)
    house.hire()
    for done in (1, 20, 40, 60):
        await due.some_renewed(done)
        await _empty_redis(house)
    await house.until(due.settled)
    await due.assert_renewed_once()


@pytest.mark.long
async def test_redis_emptied_fifty_times_during_a_thousand_renewals_loses_none_and_repeats_none(house: House) -> None:
    due = await sell_long_ago(house, 1_000)
    house.hire()
    for done in range(1, 1_000, 20):
        await due.some_renewed(done)
        await _empty_redis(house)
    await house.until(due.settled)
    await due.assert_renewed_once()


async def test_with_redis_killed_and_away_the_desk_goes_on_and_the_sweep_does_the_renewals(house: House) -> None:
    due = await sell_long_ago(house, 60)
    worker = house.hire()
    await due.some_renewed()
    os.kill(house.redis.pid, signal.SIGKILL)
    await _desk_goes_on(due)
    await house.until(due.settled)
    await due.assert_renewed_once()
    assert worker.poll() is None, house.tail()


async def test_with_redis_hanging_the_desk_goes_on_and_the_sweep_does_the_renewals(house: House) -> None:
    due = await sell_long_ago(house, 60)
    worker = house.hire()
    await due.some_renewed()
    os.kill(house.redis.pid, signal.SIGSTOP)
    try:
        await _desk_goes_on(due)
        await house.until(due.settled)
        await due.assert_renewed_once()
    finally:
        os.kill(house.redis.pid, signal.SIGCONT)
    assert worker.poll() is None, house.tail()


async def test_a_worker_started_while_redis_is_away_works_and_takes_jobs_once_it_is_back(house: House) -> None:
    due = await sell_long_ago(house, 5)
    house.redis.stop()
    worker = house.hire()
    await house.until(due.settled)
    await due.assert_renewed_once()
    house.redis.start()
    await house.until(lambda: _somebody_takes_jobs(house))
    assert worker.poll() is None, house.tail()


async def test_a_worker_outlives_redis_restarting_again_and_again(house: House) -> None:
    worker = house.hire()
    await house.until(lambda: _somebody_takes_jobs(house))
    for _ in range(3):
        due = await sell_long_ago(house, 10)
        house.redis.kill()
        await house.until(due.settled)
        await due.assert_renewed_once()
        await house.until(lambda: _somebody_takes_jobs(house))
    assert worker.poll() is None, house.tail()


async def _somebody_takes_jobs(house: House) -> bool:
    """Say whether arq has noted in Redis that it is well, which it does while it takes jobs."""
    async with Redis.from_url(house.redis.url) as redis:
        return bool(await redis.exists("sessionpass:health-check"))
