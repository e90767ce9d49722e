"""How long a pass is good for: local days in its zone, half-open instants, and which instant of a visit counts."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from models.errors import Refused
from models.operations.catalogue import CreateLocation, create_location
from models.operations.sell_pass import SellPass, sell_pass
from models.queries.invariants import check_business
from models.rules.codes import Code
from models.rules.terms import Validity
from models.rules.values import CoveredBy, PassStatus, PaymentMethod, PeriodUnit, TestCard, ValidityRule
from models.runtime import Runtime
from tests.operations.acts import DAY, PARIS, at, days, jump, pay, status, unpaid
from tests.studio import MONTH, TEN_CLASSES, Studio, open_studio

SECOND = timedelta(seconds=1)
NEW_YORK, APIA, AUCKLAND = "America/New_York", "Pacific/Apia", "Pacific/Auckland"
MONTHLY = replace(TEN_CLASSES, validity=MONTH)


def days_of(count: int) -> Validity:
    """A validity of some days."""
    return Validity(ValidityRule.PERIOD, count, PeriodUnit.DAY)


@pytest.fixture
async def far(runtime: Runtime) -> AsyncIterator[list[Studio]]:
    """Studios in other zones, put here by the test; their books are checked at the end."""
    opened: list[Studio] = []
    yield opened
    for studio in opened:
        async with runtime.database.reading(studio.business_id) as reader:
            assert await check_business(reader) == []


async def test_a_pass_without_validity_never_ends(studio: Studio) -> None:
    pass_id = await studio.sell()
    facts = await studio.facts(pass_id)

    assert (facts.ends_at, facts.windows[0].last_day) == (None, None)
    await studio.advance(studio.began + 7000 * DAY)
    assert await status(studio, pass_id) is PassStatus.ACTIVE


@pytest.mark.parametrize(
    ("count", "unit", "last"),
    [
        (1, PeriodUnit.DAY, "2026-01-31"),
        (2, PeriodUnit.WEEK, "2026-02-13"),
        (1, PeriodUnit.MONTH, "2026-02-27"),
        (2, PeriodUnit.MONTH, "2026-03-30"),
        (1, PeriodUnit.YEAR, "2027-01-30"),
    ],
)
async def test_a_period_counts_its_first_day(studio: Studio, count: int, unit: PeriodUnit, last: str) -> None:
    pass_id = await studio.sell(replace(TEN_CLASSES, validity=Validity(ValidityRule.PERIOD, count, unit)))

    assert await days(studio, pass_id) == [("2026-01-31", last)]


async def test_the_last_day_is_whole_and_the_end_is_the_first_instant_after_it(studio: Studio) -> None:
    pass_id = await studio.sell(replace(TEN_CLASSES, validity=days_of(3)))
    facts = await studio.facts(pass_id)
    assert facts.windows[0].last_day == date(2026, 2, 2)
    assert facts.ends_at == datetime(2026, 2, 2, 23, tzinfo=UTC)

    booked = await studio.book([facts.ends_at - SECOND, facts.ends_at])

    assert unpaid(booked) == {str(booked.visits[1]): ["ENDS_BEFORE_VISIT"]}


async def test_a_reader_sees_the_end_at_its_instant_though_no_worker_has_run(studio: Studio) -> None:
    pass_id = await studio.sell(replace(TEN_CLASSES, validity=days_of(3)))
    ends_at = datetime(2026, 2, 2, 23, tzinfo=UTC)

    await jump(studio, ends_at - SECOND)
    assert await status(studio, pass_id) is PassStatus.ACTIVE
    await jump(studio, ends_at)
    assert await status(studio, pass_id) is PassStatus.EXPIRED
    refused = await studio.book([ends_at + DAY])
    assert unpaid(refused) == {str(refused.visits[0]): ["EXPIRED"]}

    assert await studio.fetch("SELECT id FROM passes WHERE closed_reason IS NOT NULL") == []
    await studio.advance(ends_at)
    assert len(await studio.fetch("SELECT id FROM passes WHERE closed_reason = 'EXPIRED'")) == 1
    again = await studio.book([ends_at + 2 * DAY], pass_id=pass_id)
    assert unpaid(again) == {str(again.visits[0]): ["EXPIRED"]}


@pytest.mark.parametrize(
    ("zone", "sold_at", "count", "first_instant", "end_instant"),
    [
        # The night on which the clock goes forward, and the one on which it goes back.
        (PARIS, "2026-03-28", 2, datetime(2026, 3, 27, 23, tzinfo=UTC), datetime(2026, 3, 29, 22, tzinfo=UTC)),
        (PARIS, "2026-10-24", 2, datetime(2026, 10, 23, 22, tzinfo=UTC), datetime(2026, 10, 25, 23, tzinfo=UTC)),
        (NEW_YORK, "2026-03-07", 2, datetime(2026, 3, 7, 5, tzinfo=UTC), datetime(2026, 3, 9, 4, tzinfo=UTC)),
        (NEW_YORK, "2026-10-31", 2, datetime(2026, 10, 31, 4, tzinfo=UTC), datetime(2026, 11, 2, 5, tzinfo=UTC)),
    ],
)
async def test_a_lost_or_repeated_hour_changes_no_local_day(
    runtime: Runtime,
    far: list[Studio],
    zone: str,
    sold_at: str,
    count: int,
    first_instant: datetime,
    end_instant: datetime,
) -> None:
    studio = await open_studio(runtime, at(sold_at, 12, zone=zone), zone)
    far.append(studio)
    pass_id = await studio.sell(replace(TEN_CLASSES, validity=days_of(count)))
    facts = await studio.facts(pass_id)

    assert (facts.starts_at, facts.ends_at) == (first_instant, end_instant)
    booked = await studio.book([first_instant, end_instant - SECOND, end_instant], pass_id=pass_id)
    assert list(unpaid(booked)) == [str(booked.visits[2])]


async def test_a_day_that_never_was_is_counted_as_a_date_and_lasts_no_time(runtime: Runtime, far: list[Studio]) -> None:
    """In Apia 29 December 2011 was followed by the 31st."""
    studio = await open_studio(runtime, at("2011-12-29", 12, zone=APIA), APIA)
    far.append(studio)
    pass_id = await studio.sell(replace(TEN_CLASSES, validity=days_of(3)))
    facts = await studio.facts(pass_id)

    assert await days(studio, pass_id) == [("2011-12-29", "2011-12-31")]
    assert facts.starts_at is not None
    assert facts.ends_at is not None
    assert facts.ends_at - facts.starts_at == timedelta(hours=48)
    booked = await studio.book([at("2011-12-31", 23, zone=APIA), at("2012-01-01", 0, zone=APIA)])
    assert list(unpaid(booked)) == [str(booked.visits[1])]


async def test_a_pass_lives_in_the_zone_of_the_location_it_is_sold_at(studio: Studio) -> None:
    island = (await studio.do(create_location, CreateLocation("Island", AUCKLAND))).rows["location"]
    option = await studio.option(replace(TEN_CLASSES, validity=days_of(2)))
    command = SellPass(studio.client, option, PaymentMethod.CASH, location_id=island)
    pass_id = (await studio.do(sell_pass, command)).passes[0]
    facts = await studio.facts(pass_id)

    # It is noon of 31 January in London, and 1 o'clock of 1 February in Auckland.
    assert await days(studio, pass_id) == [("2026-02-01", "2026-02-02")]
    assert facts.ends_at == at("2026-02-03", 0, zone=AUCKLAND)
    booked = await studio.book([at("2026-02-02", 23, zone=AUCKLAND), at("2026-02-03", 1, zone=AUCKLAND)])
    assert list(unpaid(booked)) == [str(booked.visits[1])]


async def test_the_day_of_a_visit_is_the_local_date_at_its_location(studio: Studio) -> None:
    island = (await studio.do(create_location, CreateLocation("Island", AUCKLAND))).rows["location"]
    (visit,) = (await studio.book([at("2026-02-05", 7, zone=AUCKLAND)], location=island)).visits

    rows = await studio.fetch("SELECT day FROM visits WHERE id = $1", visit)
    assert rows[0]["day"] == date(2026, 2, 5)


async def test_a_pass_that_covers_by_the_start_does_not_pay_for_a_visit_after_its_end(studio: Studio) -> None:
    await studio.sell(MONTHLY)
    booked = await studio.book([at("2026-02-27", 23), at("2026-02-28", 0)])

    assert unpaid(booked) == {str(booked.visits[1]): ["ENDS_BEFORE_VISIT"]}


async def test_a_pass_that_covers_by_the_booking_pays_for_what_is_booked_while_it_is_valid(studio: Studio) -> None:
    pass_id = await studio.sell(replace(MONTHLY, covered_by=CoveredBy.BOOKING))
    early = await studio.book([at("2026-09-01")])
    assert early.figures["paid"] == 1

    await jump(studio, at("2026-02-28", 0))
    late = await studio.book([at("2026-09-02")])

    assert unpaid(late) == {str(late.visits[0]): ["EXPIRED"]}
    assert (await studio.balances(pass_id))["booked"] == 1


async def test_a_visit_before_the_start_is_refused_by_default_and_the_start_stays(studio: Studio) -> None:
    pass_id = await studio.sell(MONTHLY)
    old = await studio.book([at("2026-01-30", 23), at("2026-01-31", 0)])

    assert unpaid(old) == {str(old.visits[0]): ["NOT_STARTED"]}
    assert await days(studio, pass_id) == [("2026-01-31", "2026-02-27")]


async def test_a_back_window_lets_a_pass_pay_for_visits_of_the_days_before_it(studio: Studio) -> None:
    pass_id = await studio.sell(replace(MONTHLY, back_window_days=7))
    old = await studio.book([at("2026-01-23", 23), at("2026-01-24", 0), at("2026-01-30")])

    assert unpaid(old) == {str(old.visits[0]): ["NOT_STARTED"]}
    assert (await studio.balances(pass_id))["booked"] == 2
    assert await days(studio, pass_id) == [("2026-01-31", "2026-02-27")]
    again = await pay(studio, [old.visits[0]], pass_id)
    assert again.figures["paid"] == 0


async def test_a_pass_bought_before_midnight_keeps_its_day_though_its_payment_is_settled_after(studio: Studio) -> None:
    await studio.advance(at("2026-01-31", 23, 55))
    fixed = replace(TEN_CLASSES, validity=Validity(ValidityRule.FIXED_DAY, last_day=date(2026, 1, 31)))
    with pytest.raises(Refused) as refused:
        await studio.sell(fixed, card=TestCard.TIMEOUT)
    assert refused.value.code is Code.OPERATION_IN_PROGRESS
    await jump(studio, at("2026-02-01", 0, 5))

    await studio.advance(at("2026-02-01", 0, 5))

    (sold,) = await studio.fetch("SELECT id FROM passes")
    assert await days(studio, sold["id"]) == [("2026-01-31", "2026-01-31")]
    assert await status(studio, sold["id"]) is PassStatus.EXPIRED


async def test_a_fixed_last_day_ends_every_pass_on_the_same_date(studio: Studio) -> None:
    fixed = replace(TEN_CLASSES, validity=Validity(ValidityRule.FIXED_DAY, last_day=date(2026, 2, 28)))
    first = await studio.sell(fixed)
    await studio.advance(at("2026-02-28", 23))
    second = await studio.sell(fixed)

    assert await days(studio, first) == [("2026-01-31", "2026-02-28")]
    assert await days(studio, second) == [("2026-02-28", "2026-02-28")]
    await studio.advance(at("2026-03-01", 0))
    assert [await status(studio, each) for each in (first, second)] == [PassStatus.EXPIRED, PassStatus.EXPIRED]
