"""Claims that nobody pinned move where that pays for one more visit to come, and only then."""

from dataclasses import replace
from uuid import UUID

from models.operations.base import Changed
from models.operations.book_visits import PayBy
from models.operations.change_pass import AdjustPass, adjust_pass
from models.operations.holds import PlaceHold, place_hold
from models.rules.terms import Terms, Validity
from models.rules.values import PassKind, PeriodUnit, ValidityRule
from models.tables.visits import visits
from tests.operations.acts import DAY, HOUR, books, cancel, pay, record, seen
from tests.studio import TEN_CLASSES, Studio

ONE = replace(TEN_CLASSES, quantity=1)


def days(count: int) -> Validity:
    """Validity of so many days."""
    return Validity(ValidityRule.PERIOD, count, PeriodUnit.DAY)


SHORT = replace(ONE, validity=days(9))
LONG = replace(ONE, validity=days(60))


def moved(changed: Changed) -> list[tuple[str, str | None, str]]:
    """What moved: the visit, from which pass, to which."""
    return [(each["visitId"], each["fromPassId"], each["toPassId"]) for each in changed.figures.get("moved", [])]


async def payer(studio: Studio, visit: UUID) -> UUID | None:
    return (await seen(studio, visit)).pass_id


async def test_a_booking_moves_a_claim_where_that_pays_for_one_more_visit(studio: Studio) -> None:
    """A visit to come holds the only unit of a pass that another visit needs: it goes over to a second pass."""
    long = await studio.sell(LONG)
    (late,) = (await studio.book([studio.began + 5 * DAY])).visits
    assert await payer(studio, late) == long
    short = await studio.sell(SHORT)

    booked = await studio.book([studio.began + 30 * DAY])

    assert booked.figures["paid"] == 1
    assert booked.figures["unpaid"] == []
    assert await payer(studio, late) == short
    assert await payer(studio, booked.visits[0]) == long
    assert moved(booked) == [(str(late), str(long), str(short)), (str(booked.visits[0]), None, str(long))]
    assert await books(studio, long) == (0, 1, 0, 0, 0)
    assert await books(studio, short) == (0, 1, 0, 0, 0)
    events = await studio.fetch("SELECT visit_id, pass_id, data FROM events WHERE type = 'claim.moved'")
    assert [(row["visit_id"], row["pass_id"]) for row in events] == [(late, short)]
    assert events[0]["data"]["madeRoomFor"] == [str(booked.visits[0])]


async def test_nothing_moves_where_no_more_visits_are_paid(studio: Studio) -> None:
    long = await studio.sell(LONG)
    (late,) = (await studio.book([studio.began + 5 * DAY])).visits
    await studio.sell(SHORT)

    booked = await studio.book([studio.began + 90 * DAY])

    assert (booked.figures["paid"], moved(booked)) == (0, [])
    assert await payer(studio, late) == long


async def test_a_claim_somebody_pinned_stays(studio: Studio) -> None:
    long = await studio.sell(LONG)
    (late,) = (await studio.book([studio.began + 5 * DAY], pass_id=long)).visits
    await studio.sell(SHORT)

    booked = await studio.book([studio.began + 30 * DAY])

    assert (booked.figures["paid"], moved(booked)) == (0, [])
    assert await payer(studio, late) == long


async def test_nothing_consumed_or_begun_moves(studio: Studio) -> None:
    long = await studio.sell(replace(LONG, quantity=2))
    used, begun = (await studio.book([studio.began + HOUR, studio.began + 3 * HOUR])).visits
    await studio.advance(studio.began + 4 * HOUR)
    await record(studio, used)
    await studio.sell(replace(SHORT, quantity=2))

    booked = await studio.book([studio.began + 30 * DAY])

    assert (booked.figures["paid"], moved(booked)) == (0, [])
    assert [await payer(studio, each) for each in (used, begun)] == [long, long]


async def test_paying_moves_claims_too(studio: Studio) -> None:
    long = await studio.sell(LONG)
    (late,) = (await studio.book([studio.began + 5 * DAY])).visits
    short = await studio.sell(SHORT)
    (open_one,) = (await studio.book([studio.began + 30 * DAY], pay_by=PayBy.NOTHING)).visits

    paid = await pay(studio, [open_one])

    assert paid.figures["paid"] == 1
    assert [await payer(studio, each) for each in (late, open_one)] == [short, long]
    assert len(moved(paid)) == 2


async def test_a_cancellation_pays_for_a_visit_that_waits(studio: Studio) -> None:
    """What comes back could not pay for the visit that waits; another visit goes over to it and makes room."""
    short, long = await studio.sell(SHORT), await studio.sell(LONG)
    first, second = (await studio.book([studio.began + 4 * DAY, studio.began + 5 * DAY])).visits
    waiting = await studio.book([studio.began + 30 * DAY])
    assert waiting.figures["paid"] == 0
    by_short = first if await payer(studio, first) == short else second
    by_long = second if by_short == first else first

    cancelled = await cancel(studio, by_short)

    assert await payer(studio, by_long) == short
    assert await payer(studio, waiting.visits[0]) == long
    assert {each[0] for each in moved(cancelled)} == {str(by_long), str(waiting.visits[0])}


async def test_a_sale_pays_for_the_visits_that_wait_and_for_none_booked_to_stay_unpaid(studio: Studio) -> None:
    waiting = (await studio.book([studio.began + n * DAY for n in (4, 3, 5)])).visits
    unpaid = (await studio.book([studio.began + 2 * DAY], pay_by=PayBy.NOTHING)).visits[0]

    pass_id = await studio.sell(replace(TEN_CLASSES, quantity=2))

    assert [await payer(studio, each) for each in waiting] == [pass_id, pass_id, None]
    assert await payer(studio, unpaid) is None
    assert await books(studio, pass_id) == (0, 2, 0, 0, 0)


async def test_a_day_moves_whole_or_not_at_all(studio: Studio) -> None:
    """Both visits of a claimed day go over to what counts nothing, and its unit pays for another day."""
    day_pass = await studio.sell(Terms(PassKind.DAY, 5_000, 1, validity=days(60)))
    morning, evening = (await studio.book([studio.began + 5 * DAY, studio.began + 5 * DAY + 8 * HOUR])).visits
    week = await studio.sell(Terms(PassKind.UNLIMITED, 9_000, validity=days(9)))

    booked = await studio.book([studio.began + 30 * DAY])

    assert [await payer(studio, each) for each in (morning, evening)] == [week, week]
    assert await payer(studio, booked.visits[0]) == day_pass
    assert await books(studio, day_pass) == (0, 1, 0, 0, 0)


async def test_an_earlier_visit_of_a_claimed_day_that_waited_shares_the_day(studio: Studio) -> None:
    """Solved together, the earlier visit would spend the day that the later one has spent already."""
    day_pass = await studio.sell(Terms(PassKind.DAY, 5_000, 1, validity=days(60)))
    (other,) = (await studio.book([studio.began + 3 * DAY])).visits
    (morning,) = (await studio.book([studio.began + 5 * DAY], pay_by=PayBy.NOTHING)).visits
    await studio.do(adjust_pass, AdjustPass(day_pass, 1, "A gift"))
    (evening,) = (await studio.book([studio.began + 5 * DAY + 8 * HOUR])).visits
    async with studio.runtime.database.transaction(studio.business_id) as connection:
        await connection.execute(visits.update().where(visits.c.id == morning).values(auto_pay=True))
    assert [await payer(studio, each) for each in (morning, evening)] == [None, day_pass]

    await cancel(studio, other)

    assert [await payer(studio, each) for each in (morning, evening)] == [day_pass, day_pass]
    assert await books(studio, day_pass) == (1, 1, 0, 0, 0)


async def test_a_hold_gives_its_visits_to_another_pass_that_may_pay(studio: Studio) -> None:
    """What the hold returns pays for the visit that waits behind it."""
    long = await studio.sell(LONG)
    (inside,) = (await studio.book([studio.began + 5 * DAY])).visits
    waiting = (await studio.book([studio.began + 30 * DAY])).visits[0]
    assert [await payer(studio, each) for each in (inside, waiting)] == [long, None]

    first = studio.began.date() + 4 * DAY
    held = await studio.do(place_hold, PlaceHold(long, first, first + 3 * DAY))

    assert await payer(studio, waiting) == long
    assert moved(held) == [(str(waiting), None, str(long))]
    assert await books(studio, long) == (0, 1, 0, 0, 0)
