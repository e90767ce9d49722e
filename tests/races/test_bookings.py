"""Never oversold: two hundred bookings at once, on as many connections as there are, and exactly k of them paid."""

import asyncio
from collections import Counter
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from models.errors import Refused
from models.operations.base import Changed
from models.operations.book_visits import PayBy
from models.operations.catalogue import CreateClient, create_client
from models.operations.change_pass import AdjustPass, adjust_pass
from models.queries.invariants import check_business
from models.rules.codes import Code
from models.rules.terms import Terms
from models.rules.values import PassKind
from tests.studio import Studio

BOOKINGS, CONNECTIONS = 200, 50
VISITS = (0, 1, 7, 50, 200)


async def race(studio: Studio, visits: int) -> None:
    """Let two hundred bookings of one client meet on a pass of so many visits."""
    client: UUID = (await studio.do(create_client, CreateClient("Ann"))).rows["client"]
    pass_id = await studio.sell(Terms(PassKind.SESSION, 10_000, visits or 1), client=client)
    if not visits:
        await studio.do(adjust_pass, AdjustPass(pass_id, -1, "A pass of none"))
    starts = [studio.began + timedelta(days=1, minutes=minute) for minute in range(BOOKINGS)]

    answers = await asyncio.gather(*(book(studio, at, pass_id, client) for at in starts))

    assert sum(answer.figures["paid"] for answer in answers) == visits
    refusals = [refused for answer in answers for refused in answer.figures["unpaid"]]
    codes = Counter(reason["code"] for each in refusals for by in each["refusals"] for reason in by["reasons"])
    assert codes == Counter(NO_SESSIONS_LEFT=BOOKINGS - visits)
    rows = await studio.fetch("SELECT pass_id, count(*) FROM visits WHERE client_id = $1 GROUP BY 1", client)
    expected = {pass_id: visits, None: BOOKINGS - visits}
    assert dict(rows) == {payer: count for payer, count in expected.items() if count}
    balances = await studio.balances(pass_id)
    assert (balances["available"], balances["booked"]) == (0, visits)


async def book(studio: Studio, at: datetime, pass_id: UUID, client: UUID) -> Changed:
    """Book one visit; who waited too long in the queue is told to come back, and does."""
    for _ in range(20):
        try:
            return await studio.book([at], pass_id=pass_id, client=client)
        except Refused as refused:
            if refused.code is not Code.TRY_AGAIN:
                raise
    raise AssertionError("twenty times the queue was too long")


async def connections(studio: Studio) -> int:
    """Count the connections that stand to the database, the one that asks left out."""
    rows = await studio.fetch(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    return int(rows[0]["count"])


async def in_order(studio: Studio) -> None:
    """Check every invariant."""
    async with studio.runtime.database.reading(studio.business_id) as reader:
        assert await check_business(reader) == []


@pytest.mark.parametrize("visits", VISITS)
async def test_of_two_hundred_bookings_at_once_exactly_as_many_are_paid_as_the_pass_holds(
    studio: Studio, visits: int
) -> None:
    for _ in range(15):
        await race(studio, visits)
    assert await connections(studio) >= CONNECTIONS
    await in_order(studio)


@pytest.mark.long
@pytest.mark.parametrize("visits", VISITS)
async def test_over_a_thousand_rounds_no_pass_is_oversold(studio: Studio, visits: int) -> None:
    for _ in range(1_000 // len(VISITS)):
        await race(studio, visits)
    assert await connections(studio) >= CONNECTIONS
    await in_order(studio)


async def test_two_passes_raced_for_by_their_own_client_pay_for_exactly_what_they_hold(studio: Studio) -> None:
    """Whichever may pay: all of a client's passes are locked in one order, and neither is overdrawn or forgotten."""
    passes = [await studio.sell(Terms(PassKind.SESSION, 10_000, held)) for held in (3, 5)]
    starts = [studio.began + timedelta(days=1, minutes=minute) for minute in range(40)]

    answers = await asyncio.gather(*(studio.book(starts[at : at + 2]) for at in range(0, 40, 2)))

    assert sum(answer.figures["paid"] for answer in answers) == 8
    assert [(await studio.balances(each))["booked"] for each in passes] == [3, 5]
    await in_order(studio)


async def test_two_who_book_the_same_visits_in_opposite_orders_never_wait_for_each_other_crosswise(
    studio: Studio,
) -> None:
    async def deadlocks() -> int:
        rows = await studio.fetch("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
        return int(rows[0]["deadlocks"])

    async def tried(starts: list[datetime]) -> str:
        try:
            return str((await studio.book(starts, pay_by=PayBy.NOTHING)).figures["paid"])
        except Refused as refused:
            return refused.code.name

    before = await deadlocks()
    for day in range(1, 11):
        starts = [studio.began + timedelta(days=day, minutes=minute) for minute in range(60)]
        answers = await asyncio.gather(tried(starts), tried(starts[::-1]), tried(starts), tried(starts[::-1]))
        assert sorted(answers) == ["0", "ALREADY_BOOKED", "ALREADY_BOOKED", "ALREADY_BOOKED"]
    assert await deadlocks() == before
