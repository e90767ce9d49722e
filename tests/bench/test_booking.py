"""Booking a visit, spread over passes: the operation against its statements alone."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import islice
from uuid import UUID, uuid4

import asyncpg
import pytest

from models.operations.base import Actor
from models.operations.book_visits import BookVisits, NewVisit, book_visits
from models.operations.run import run
from models.rules.values import Role
from models.runtime import Runtime, open_runtime
from tests.bench.bare_booking import book_bare
from tests.bench.report import Report
from tests.bench.rounds import at_once, run_fast, timed
from tests.bench.store import STUDIO_CLIENTS, Store

CONCURRENCY, BOOKINGS, ROUNDS = 12, 300, 7
STAFF = Actor(Role.STAFF)


@pytest.mark.bench
def test_booking(store: Store, report: Report) -> None:
    async def measure() -> None:
        runtime = open_runtime(store.settings)
        idle = [await asyncpg.connect(store.server.url) for _ in range(CONCURRENCY)]
        wanted = _wanted()
        try:
            before = await _bookings(idle[0])
            floor, ours = [], []
            for _ in range(ROUNDS + 1):
                floor.append(BOOKINGS / await timed(_bare(idle, store, wanted)))
                ours.append(BOOKINGS / await timed(_product(runtime, store, wanted)))
            # The first round is for connections and prepared statements.
            report.add("book a visit, spread over passes", "its statements alone (floor)", floor[1:])
            report.add("book a visit, spread over passes", "book_visits", ours[1:], floor[1:])
            made = [after - then for after, then in zip(await _bookings(idle[0]), before, strict=True)]
            assert made == [2 * BOOKINGS * (ROUNDS + 1)] * 3, "a variant did not do its work"
        finally:
            for connection in idle:
                await connection.close()
            await runtime.close()

    run_fast(measure())


def _wanted() -> Iterator[tuple[int, datetime]]:
    """Yield clients at random, each with an instant at which nobody else starts."""
    chance = random.Random(7)
    first = datetime.now(UTC).replace(microsecond=0) + timedelta(days=2)
    number = 0
    while True:
        yield chance.randrange(STUDIO_CLIENTS), first + timedelta(seconds=number)
        number += 1


async def _bare(idle: list[asyncpg.Connection], store: Store, wanted: Iterator[tuple[int, datetime]]) -> None:
    async def one(client: UUID, starts_at: datetime) -> None:
        connection = idle.pop()
        await book_bare(connection, store, client, starts_at, str(uuid4()))
        idle.append(connection)

    calls = [partial(one, store.client(client), at) for client, at in islice(wanted, BOOKINGS)]
    await at_once(CONCURRENCY, calls)


async def _product(runtime: Runtime, store: Store, wanted: Iterator[tuple[int, datetime]]) -> None:
    async def one(client: UUID, starts_at: datetime) -> None:
        visit = NewVisit(store.service, store.location, starts_at, starts_at + timedelta(hours=1))
        command = BookVisits(client, (visit,))
        answer = await run(runtime, store.studio, STAFF, book_visits, command, key=str(uuid4()))
        assert answer is not None
        assert answer.changed.figures["paid"] == 1

    calls = [partial(one, store.client(client), at) for client, at in islice(wanted, BOOKINGS)]
    await at_once(CONCURRENCY, calls)


async def _bookings(connection: asyncpg.Connection) -> list[int]:
    return [
        int(await connection.fetchval(f"SELECT count(*) FROM {table} WHERE {where}"))
        for table, where in (
            ("visits", "pass_id IS NOT NULL"),
            ("claims", "account = 'BOOKED'"),
            ("transfers", "to_account = 'BOOKED'"),
        )
    ]
