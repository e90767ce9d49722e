"""The sweep: what is leased, what is done here, what is handed on, and what a broken row costs the others."""

import asyncio
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import asyncpg
import pytest

from models.clock import FixedClock
from models.errors import StoreUnavailable
from models.queries.due import lease_due
from models.rules.terms import Terms
from tests.chaos.house import EXPIRING, RENEWING, Due, House, sell_long_ago
from workers.reconcile import reconcile
from workers.settings import build_worker
from workers.sweep import sweep, until_next
from workers.work import Work

BREAKS = """
CREATE FUNCTION broken() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'this row is broken'; END $$;
CREATE TRIGGER broken BEFORE UPDATE OF closed_reason, renewals_done ON passes FOR EACH ROW
WHEN (OLD.id = '{pass_id}') EXECUTE FUNCTION broken();
"""
MENDS = "DROP TRIGGER broken ON passes"


async def as_owner(house: House, statement: str) -> None:
    """Change the store in a way the application never could."""
    assert house.settings.database_url is not None
    assert urlsplit(house.settings.database_url).path.startswith("/house_")
    connection: asyncpg.Connection = await asyncpg.connect(house.settings.database_url, ssl=False)
    await connection.execute(statement)
    await connection.close()


async def lease_runs_out(house: House) -> None:
    """Let every lease have run out a while ago."""
    await as_owner(house, "UPDATE passes SET claimed_until = now() - interval '1 s' WHERE claimed_until IS NOT NULL")


async def test_without_redis_the_sweep_renews_everything_itself(house: House, lone_work: Work) -> None:
    due = await sell_long_ago(house, 10)
    await sweep(lone_work)
    assert await due.settled()
    await due.assert_renewed_once()


async def test_with_redis_the_sweep_queues_each_thing_once_and_the_jobs_do_it(house: House, work: Work) -> None:
    due = await sell_long_ago(house, 10)
    await sweep(work)
    assert await due.renewed() == 0, "the sweep hands on what moves money"
    await sweep(work)
    assert await due.renewed() == 0, "what is leased is left alone"

    jobs = await _work_off(house, work)
    assert (jobs.jobs_complete, jobs.jobs_failed) == (10, 0)
    assert await due.settled()
    await due.assert_renewed_once()


async def test_a_job_that_was_lost_is_done_by_the_sweep_once_its_lease_has_run_out(house: House, work: Work) -> None:
    due = await sell_long_ago(house, 5)
    await sweep(work)
    await lease_runs_out(house)
    await sweep(work)
    assert await due.settled()
    jobs = await _work_off(house, work)
    assert (jobs.jobs_complete, jobs.jobs_failed) == (5, 0), "the jobs find nothing to do and leave quietly"
    await due.assert_renewed_once()


async def _work_off(house: House, work: Work) -> Any:
    worker = build_worker(work, house.redis.url)
    worker.burst = True
    await worker.async_run()
    await worker.pool.aclose()
    return worker


@pytest.mark.parametrize("terms", [EXPIRING, RENEWING], ids=["expiring", "renewing"])
async def test_a_broken_pass_keeps_no_other_from_being_done_and_rests_until_it_is_mended(
    house: House, lone_work: Work, terms: Terms
) -> None:
    due = await sell_long_ago(house, 9, terms=terms)
    broken = due.passes[4]
    await as_owner(house, BREAKS.format(pass_id=broken))
    await sweep(lone_work)
    assert await _not_done(due) == [broken]
    assert lone_work.setbacks.rests(broken, lone_work.runtime.clock.now())

    await lease_runs_out(house)
    await sweep(lone_work)
    assert await _not_done(due) == [broken]

    await as_owner(house, MENDS)
    lone_work.runtime.clock = FixedClock(lone_work.runtime.clock.now() + timedelta(minutes=2))
    await sweep(lone_work)
    await reconcile(lone_work)
    assert await _not_done(due) == []
    if terms is RENEWING:
        await due.assert_renewed_once()


async def _not_done(due: Due) -> list[UUID]:
    rows = await due.fetch(
        "SELECT id FROM passes WHERE id = ANY($1) AND closed_reason IS NULL AND renewals_done = 0 ORDER BY id"
    )
    return [row["id"] for row in rows]


async def test_a_thing_is_leased_to_one_and_again_only_when_the_lease_has_run_out(house: House, work: Work) -> None:
    due = await sell_long_ago(house, 3)
    now = work.runtime.clock.now()
    taken = []
    for instant in (now, now, now + timedelta(seconds=61)):
        async with work.looking() as sweeper:
            taken.append(await lease_due(sweeper, instant, timedelta(seconds=60), 10))
    assert [len(each) for each in taken] == [3, 0, 3]
    first, again = ({each.thing for each in leased} for leased in (taken[0], taken[2]))
    assert first == again
    assert {each.key for each in taken[0]}.isdisjoint(each.key for each in taken[2])
    assert sorted(each.pass_id for each in taken[0]) == sorted(due.passes)


async def test_the_sweep_waits_no_longer_than_until_something_is_due_or_somebody_rings(
    house: House, work: Work
) -> None:
    due = await sell_long_ago(house, 1)
    await as_owner(house, "UPDATE passes SET next_due_at = now() + interval '1 s'")
    work.runtime.settings = work.runtime.settings.model_copy(update={"sweep_seconds": 3_600})
    async with asyncio.timeout(60):
        await until_next(work)
        await work.runtime.ring(due.studio.business_id)
        await as_owner(house, "UPDATE passes SET next_due_at = now() + interval '1 day'")
        await until_next(work)


async def test_with_the_store_away_the_sweep_says_so_and_the_row_is_not_blamed(house: House, work: Work) -> None:
    due = await sell_long_ago(house, 1)
    await sweep(work)
    house.postgres.stop()
    try:
        with pytest.raises(StoreUnavailable):
            await sweep(work)
        jobs = await _work_off(house, work)
        assert (jobs.jobs_complete, jobs.jobs_failed) == (1, 0)
    finally:
        house.postgres.start()
    assert not work.setbacks.rests(due.passes[0], work.runtime.clock.now())

    async def swept() -> bool:
        await lease_runs_out(house)
        await sweep(work)
        return await due.settled()

    await house.until(swept)
    await due.assert_renewed_once()
