"""A worker resolves what nobody recorded, in every business that wants it, however many workers look at once."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID

from models.clock import FixedClock
from models.queries.invariants import check_all
from tests.chaos.house import House
from tests.studio import Studio, open_studio
from workers.queue import Queue
from workers.resolve import resolve
from workers.work import Work

HOUR = timedelta(hours=1)


async def states(studio: Studio) -> set[str]:
    """Return the states of all visits."""
    return {row["state"] for row in await studio.fetch("SELECT DISTINCT state FROM visits")}


async def with_visits(house: House, hours: int | None, count: int) -> tuple[Studio, UUID]:
    """Open a business in real time with so many visits that are over."""
    studio = await open_studio(house.runtime(), None, resolve_after_hours=hours)
    pass_id = await studio.sell()
    starts = [studio.began - n * HOUR for n in range(2, count + 2)]
    await studio.book(starts, pass_id=pass_id)
    return studio, pass_id


async def test_two_workers_at_once_resolve_each_visit_once(house: House) -> None:
    wants, pass_id = await with_visits(house, 1, 3)
    not_yet, _ = await with_visits(house, 30, 2)
    never, _ = await with_visits(house, None, 2)
    works = [Work(house.runtime(), Queue(None)) for _ in range(2)]
    for work in works:
        work.runtime.clock = FixedClock(datetime.now(UTC) + 2 * HOUR)

    await asyncio.gather(*(resolve(work) for work in works))

    assert await states(wants) == {"ATTENDED"}
    assert (await wants.balances(pass_id))["used"] == 3
    assert len(await wants.fetch("SELECT id FROM visit_outcomes")) == 3
    assert await states(not_yet) == {"BOOKED"}
    assert await states(never) == {"BOOKED"}
    assert await check_all(house.runtime().database) == []
