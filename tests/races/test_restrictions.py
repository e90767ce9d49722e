"""Never more than a restriction allows: fifty bookings of one week at once, on connections of their own."""

import asyncio
from collections import Counter
from datetime import timedelta

import pytest

from models.queries.invariants import check_business
from models.rules.policies import Restriction, Rollover
from models.rules.restrictions import exceeding
from models.rules.terms import Terms
from models.rules.values import PassKind, RestrictionPer
from tests.races.test_bookings import book
from tests.studio import Studio

BOOKINGS = 50
TWICE = Restriction(2, RestrictionPer.WEEK)
CARRIES = Restriction(2, RestrictionPer.WEEK, rollover=Rollover(1))


@pytest.mark.parametrize("kind", [PassKind.UNLIMITED, PassKind.SESSION])
async def test_fifty_bookings_of_one_week_at_once_and_two_are_paid(studio: Studio, kind: PassKind) -> None:
    terms = Terms(kind, 9_000, BOOKINGS if kind.metered else None, restrictions=(TWICE,))
    pass_id = await studio.sell(terms)
    starts = [studio.began + timedelta(days=3, minutes=minute) for minute in range(BOOKINGS)]

    answers = await asyncio.gather(*(book(studio, at, pass_id, studio.client) for at in starts))

    assert sum(answer.figures["paid"] for answer in answers) == 2
    refusals = [refused for answer in answers for refused in answer.figures["unpaid"]]
    codes = Counter(reason["code"] for each in refusals for by in each["refusals"] for reason in by["reasons"])
    assert codes == Counter(RESTRICTION_REACHED=BOOKINGS - 2)
    rows = await studio.fetch("SELECT count(*) AS paid FROM visits WHERE pass_id = $1", pass_id)
    assert rows[0]["paid"] == 2


async def test_two_weeks_at_once_share_what_the_first_leaves(studio: Studio) -> None:
    """The pass is sold on a Saturday: three weeks' allowance is six, and no order of arrival makes it more."""
    pass_id = await studio.sell(Terms(PassKind.UNLIMITED, 9_000, restrictions=(CARRIES,)))
    starts = [studio.began + timedelta(days=2 + 7 * (n % 2), minutes=n) for n in range(BOOKINGS)]

    answers = await asyncio.gather(*(book(studio, at, pass_id, studio.client) for at in starts))

    # The week of the sale leaves one, the next two allow four: whichever comes first, five are paid.
    assert sum(answer.figures["paid"] for answer in answers) == 5
    assert exceeding(await studio.facts(pass_id)) == ()
    async with studio.runtime.database.reading(studio.business_id) as reader:
        assert await check_business(reader) == []
