"""Twenty writers with every verb, and a reader who checks the books in one snapshot after another."""

import asyncio
import random
from collections.abc import Callable

import asyncpg
import pytest

from models.database import connection_options
from models.queries.invariants import check_business
from models.runtime import Runtime
from models.settings import Settings
from tests.conftest import NOON
from tests.races.everything import EVERYTHING
from tests.races.hustle import Hustle
from tests.simulation.shop import furnish
from tests.studio import Studio, open_studio

WRITERS = 20
SHIFT_SECONDS = 20.0
LONG_SECONDS, LONG_READS = 3_600.0, 10_000


async def shift(runtime: Runtime, seed: int, seconds: float) -> tuple[int, Hustle]:
    """Let the writers work for a while on a studio of their own; return how often its books were read in order."""
    hustle = Hustle(await open_studio(runtime, NOON), more=EVERYTHING)
    await hustle.open()
    await furnish(hustle)
    until = asyncio.get_running_loop().time() + seconds
    reads = 0

    def going() -> bool:
        return asyncio.get_running_loop().time() < until

    async def write(number: int) -> None:
        rng = random.Random(f"{seed}:{number}")
        while going():
            await hustle.act(rng)

    async def read() -> None:
        nonlocal reads
        while going():
            async with runtime.database.reading(hustle.studio.business_id) as reader:
                assert await check_business(reader) == []
            reads += 1

    async with asyncio.TaskGroup() as group:
        for number in range(WRITERS):
            group.create_task(write(number))
        group.create_task(read())
    async with runtime.database.reading(hustle.studio.business_id) as reader:
        assert await check_business(reader) == []
    return reads, hustle


async def deadlocks(runtime: Runtime, studio: Studio) -> int:
    """Count the deadlocks the store has had to break so far."""
    async with runtime.database.reading(studio.business_id) as reader:
        return int(await reader.fetchval("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"))


async def test_the_books_balance_in_every_snapshot_while_twenty_writers_work(
    runtime: Runtime, studio: Studio, record_property: Callable[[str, object], None]
) -> None:
    before = await deadlocks(runtime, studio)

    reads, hustle = await shift(runtime, seed=1, seconds=SHIFT_SECONDS)

    record_property("snapshots", reads)
    record_property("changes", hustle.done.total())
    # A crossing that the store breaks is tried again and nobody hears of it; the long proof allows none at all.
    record_property("deadlocks", await deadlocks(runtime, studio) - before)
    assert reads > 0
    assert hustle.refused["TRY_AGAIN"] == 0


@pytest.mark.long
async def test_the_books_balance_in_ten_thousand_snapshots_of_an_hour(
    runtime: Runtime, studio: Studio, record_property: Callable[[str, object], None]
) -> None:
    """A new studio each shift, so that reading the whole of its books stays quick.

    On a machine that does other work as well, a caller who waited for a lock as long as may be is told to come back.
    """
    ends = asyncio.get_running_loop().time() + LONG_SECONDS
    reads, seed, told_to_come_back = 0, 100, 0
    before = await deadlocks(runtime, studio)
    while asyncio.get_running_loop().time() < ends or reads < LONG_READS:
        more, hustle = await shift(runtime, seed, SHIFT_SECONDS)
        assert await deadlocks(runtime, studio) == before, f"writers waited for each other in shift {seed}"
        reads, seed, told_to_come_back = reads + more, seed + 1, told_to_come_back + hustle.refused["TRY_AGAIN"]
    record_property("snapshots", reads)
    record_property("told to come back", told_to_come_back)
    assert reads >= LONG_READS


@pytest.mark.parametrize(
    ("table", "change"),
    [
        ("transfers", "UPDATE transfers SET quantity = quantity + 1"),
        ("transfers", "DELETE FROM transfers"),
        ("successions", "UPDATE successions SET kind = 'CONVERSION'"),
        ("successions", "DELETE FROM successions"),
        ("client_credits", "UPDATE client_credits SET amount_minor = 1"),
        ("client_credits", "DELETE FROM client_credits"),
        ("events", "DELETE FROM events"),
        ("operations", "DELETE FROM operations"),
        ("lots", "DELETE FROM lots"),
        ("claims", "DELETE FROM claims"),
        ("orders", "TRUNCATE orders CASCADE"),
    ],
)
async def test_the_application_cannot_rewrite_history(
    settings: Settings, studio: Studio, table: str, change: str
) -> None:
    await studio.sell()
    before = await studio.fingerprint()
    url, options = connection_options(settings)
    connection = await asyncpg.connect(url, **options)
    try:
        await connection.execute("SELECT set_config('app.business_id', $1, false)", str(studio.business_id))
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match=table):
            await connection.execute(change)
    finally:
        await connection.close()
    assert await studio.fingerprint() == before
