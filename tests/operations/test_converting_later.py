"""Planned conversions: at the end or on a date, never beside a renewal, and the rule they replace restored."""

from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

import pytest

from models.operations.catalogue import RevisePurchaseOption, revise_purchase_option
from models.operations.change_pass import SetAutoRenew, set_auto_renew
from models.operations.convert_pass import (
    CancelConversion,
    ScheduleConversion,
    cancel_conversion,
    schedule_conversion,
)
from models.rules.codes import Code
from models.rules.terms import Conversion, Terms, Validity
from models.rules.values import (
    Activation,
    AfterExpiration,
    ClosedReason,
    PassKind,
    PassStatus,
    PaymentMethod,
    TestCard,
    UnusedAtConversion,
    ValidityRule,
)
from tests.operations.acts import at, books, charges, days, hold, jump, lots, renew, status, work
from tests.studio import MONTH, TEN_CLASSES, Studio

INTRO = replace(TEN_CLASSES, price_minor=5_000, quantity=5, validity=MONTH)
RENEWING = replace(INTRO, after_expiration=AfterExpiration.RENEW)
UNLIMITED = Terms(PassKind.UNLIMITED, 9_000, validity=MONTH)
FORFEIT, CARRY, CREDIT = UnusedAtConversion.FORFEIT, UnusedAtConversion.CARRY, UnusedAtConversion.CREDIT
SOLD, CONVERTED, RENEWED = ("SALE", 5_000, True), ("CONVERSION", 9_000, True), ("RENEWAL", 5_000, True)


async def plan(
    studio: Studio, pass_id: UUID, target: UUID, on: str | None = None, unused: UnusedAtConversion = FORFEIT
) -> None:
    """Plan a conversion."""
    day = date.fromisoformat(on) if on else None
    await studio.do(schedule_conversion, ScheduleConversion(pass_id, target, day, unused))


async def successor(studio: Studio, pass_id: UUID) -> UUID:
    """Return the pass that another one was converted to."""
    rows = await studio.fetch("SELECT id FROM passes WHERE predecessor_pass_id = $1", pass_id)
    assert len(rows) == 1
    found: UUID = rows[0]["id"]
    return found


@pytest.mark.parametrize("late", [False, True])
async def test_a_conversion_at_the_end_starts_where_the_old_pass_ends_however_late_a_worker_comes(
    studio: Studio, late: bool
) -> None:
    old = await studio.sell(INTRO)
    await plan(studio, old, await studio.option(UNLIMITED))
    if late:
        await jump(studio, at("2026-03-04"))
        await work(studio, old)
    else:
        await studio.advance(at("2026-03-04"))

    new = await successor(studio, old)

    assert await days(studio, new) == [("2026-02-28", "2026-03-27")]
    assert (await studio.facts(new)).starts_at == (await studio.facts(old)).ends_at == at("2026-02-28", 0)
    assert await charges(studio) == [SOLD, CONVERTED]
    assert await status(studio, old) is PassStatus.CONVERTED
    assert await books(studio, old) == (0, 0, 0, 0, 5)


async def test_the_first_of_the_month_after_the_end_is_meant_and_not_the_one_after_the_worker_came(
    studio: Studio,
) -> None:
    old = await studio.sell(replace(INTRO, validity=replace(MONTH, count=2)))
    await plan(studio, old, await studio.option(replace(UNLIMITED, activation=Activation.FIRST_OF_MONTH)))
    await jump(studio, at("2026-04-02"))
    await work(studio, old)

    assert await days(studio, await successor(studio, old)) == [("2026-04-01", "2026-04-30")]


async def test_after_a_long_outage_the_new_pass_starts_today_and_not_in_a_term_that_is_over(studio: Studio) -> None:
    old = await studio.sell(INTRO)
    await plan(studio, old, await studio.option(UNLIMITED))
    await jump(studio, at("2026-06-10"))
    await work(studio, old)

    assert await days(studio, await successor(studio, old)) == [("2026-06-10", "2026-07-09")]
    assert await charges(studio) == [SOLD, CONVERTED]


async def test_a_conversion_on_a_date_happens_at_the_beginning_of_that_day(studio: Studio) -> None:
    old = await studio.sell(INTRO)
    await plan(studio, old, await studio.option(UNLIMITED), "2026-02-15")

    await studio.advance(at("2026-02-14", 23))
    assert await charges(studio) == [SOLD]
    await studio.advance(at("2026-02-15", 0))

    assert await charges(studio) == [SOLD, CONVERTED]
    assert await days(studio, old) == [("2026-01-31", "2026-02-14")]
    assert await days(studio, await successor(studio, old)) == [("2026-02-15", "2026-03-14")]


@pytest.mark.parametrize("on", [None, "2026-02-15"])
async def test_unused_visits_are_carried_or_credited_at_a_planned_conversion_too(
    studio: Studio, on: str | None
) -> None:
    carried = await studio.sell(INTRO)
    credited = await studio.sell(INTRO)
    target = await studio.option(replace(TEN_CLASSES, price_minor=9_000))
    await plan(studio, carried, target, on, CARRY)
    await plan(studio, credited, target, on, CREDIT)

    await studio.advance(at("2026-02-28", 0))

    assert sorted(await lots(studio, await successor(studio, carried))) == [("GRANT", 1, 10), ("ROLLOVER", 1, 5)]
    assert sorted(await charges(studio))[:2] == [("CONVERSION", 4_000, True), CONVERTED]
    assert (await studio.balances(credited))["converted"] == 5


async def test_a_pass_that_converts_does_not_renew_as_well(studio: Studio) -> None:
    old = await studio.sell(RENEWING)
    await plan(studio, old, await studio.option(UNLIMITED))

    await studio.advance(at("2026-05-01"))

    rows = await studio.fetch("SELECT kind FROM successions WHERE pass_id = $1", old)
    assert [row["kind"] for row in rows] == ["CONVERSION"]
    assert await charges(studio) == [SOLD, CONVERTED]
    assert await status(studio, await successor(studio, old)) is PassStatus.EXPIRED


async def test_a_pass_renewed_by_hand_converts_at_its_new_end(studio: Studio) -> None:
    old = await studio.sell(RENEWING)
    await plan(studio, old, await studio.option(UNLIMITED))
    await renew(studio, old)

    await studio.advance(at("2026-03-31", 0))

    rows = await studio.fetch("SELECT period_number, kind FROM successions ORDER BY period_number")
    assert [tuple(row) for row in rows] == [(1, "RENEWAL"), (2, "CONVERSION")]
    assert await days(studio, await successor(studio, old)) == [("2026-03-31", "2026-04-29")]


async def test_cancelling_a_planned_conversion_restores_renewal(studio: Studio) -> None:
    old = await studio.sell(RENEWING)
    await plan(studio, old, await studio.option(UNLIMITED))
    await plan(studio, old, await studio.option(UNLIMITED), "2026-02-15")

    await studio.do(cancel_conversion, CancelConversion(old))

    assert await studio.refused(cancel_conversion, CancelConversion(old)) is Code.CONVERSION_NOT_PLANNED
    await studio.advance(at("2026-03-01"))
    assert await charges(studio) == [SOLD, RENEWED]
    assert len(await studio.fetch("SELECT id FROM passes")) == 1


async def test_a_pass_sold_to_convert_does_so_by_itself_and_expires_where_that_is_cancelled(studio: Studio) -> None:
    sold_plan = Conversion(await studio.option(UNLIMITED), CREDIT)
    terms = replace(INTRO, after_expiration=AfterExpiration.CONVERT, conversion=sold_plan)
    converts, cancelled = await studio.sell(terms), await studio.sell(terms)
    await studio.do(cancel_conversion, CancelConversion(cancelled))

    await studio.advance(at("2026-03-01"))

    assert await status(studio, converts) is PassStatus.CONVERTED
    assert await status(studio, cancelled) is PassStatus.EXPIRED
    assert await charges(studio) == [SOLD, SOLD, ("CONVERSION", 4_000, True)]


async def test_cancelling_a_plan_that_replaced_the_one_it_was_sold_with_restores_that_one(studio: Studio) -> None:
    first, other = await studio.option(UNLIMITED), await studio.option(replace(UNLIMITED, price_minor=1))
    plan_sold = Conversion(first, FORFEIT)
    old = await studio.sell(replace(INTRO, after_expiration=AfterExpiration.CONVERT, conversion=plan_sold))
    await plan(studio, old, other, "2026-02-15")

    await studio.do(cancel_conversion, CancelConversion(old))
    await studio.advance(at("2026-03-01"))

    assert await charges(studio) == [SOLD, CONVERTED]


async def test_a_planned_conversion_in_a_freeze_moves_with_it(studio: Studio) -> None:
    at_end, dated = await studio.sell(INTRO), await studio.sell(INTRO)
    target = await studio.option(UNLIMITED)
    await plan(studio, at_end, target)
    await plan(studio, dated, target, "2026-02-15")
    for old in (at_end, dated):
        await hold(studio, old, "2026-02-10", "2026-02-19")

    await studio.advance(at("2026-03-10", 0))

    assert await days(studio, await successor(studio, at_end)) == [("2026-03-10", "2026-04-09")]
    assert await days(studio, await successor(studio, dated)) == [("2026-02-20", "2026-03-19")]


async def test_a_failed_conversion_is_retried_and_cancelling_the_plan_forgets_the_charge(studio: Studio) -> None:
    old = await studio.sell(replace(RENEWING, validity=replace(MONTH, count=3)))
    await studio.do(set_auto_renew, SetAutoRenew(old, True, PaymentMethod.TEST_CARD, TestCard.DECLINE))
    await plan(studio, old, await studio.option(UNLIMITED), "2026-02-15")
    await studio.advance(at("2026-02-16", 1))
    failed = ("CONVERSION", 9_000, False)
    assert await charges(studio) == [SOLD, failed, failed]
    assert (await studio.facts(old)).overdue is not None

    await studio.do(cancel_conversion, CancelConversion(old))
    await studio.advance(at("2026-04-29"))

    assert await charges(studio) == [SOLD, failed, failed]
    assert await status(studio, old) is PassStatus.ACTIVE
    assert await days(studio, old) == [("2026-01-31", "2026-04-29")]


async def test_a_conversion_whose_charge_failed_at_the_end_can_still_be_called_off(studio: Studio) -> None:
    old = await studio.sell(Terms(PassKind.SESSION, 0, 3, MONTH), card=TestCard.DECLINE_HARD)
    await plan(studio, old, await studio.option(UNLIMITED))
    await studio.advance(at("2026-03-01"))
    assert (await studio.facts(old)).overdue is not None

    await studio.do(cancel_conversion, CancelConversion(old))
    await studio.advance(at("2026-04-29"))

    assert (await studio.facts(old)).closed_reason is ClosedReason.EXPIRED


async def test_a_target_that_is_over_by_then_is_dropped_and_the_former_rule_follows(studio: Studio) -> None:
    old = await studio.sell(RENEWING)
    option = await studio.option(UNLIMITED, "Target")
    await plan(studio, old, option)
    over = Validity(ValidityRule.FIXED_DAY, last_day=date(2026, 2, 10))
    await studio.do(
        revise_purchase_option, RevisePurchaseOption(option, 1, "Target", replace(UNLIMITED, validity=over))
    )

    await studio.advance(at("2026-03-01"))

    assert await charges(studio) == [SOLD, RENEWED]
    assert len(await studio.fetch("SELECT id FROM events WHERE type = 'conversion.impossible'")) == 1


async def test_units_are_not_carried_into_a_target_that_has_come_to_count_something_else(studio: Studio) -> None:
    old = await studio.sell(INTRO)
    option = await studio.option(replace(TEN_CLASSES, price_minor=9_000), "Target")
    await plan(studio, old, option, None, CARRY)
    hours = Terms(PassKind.TIME, 9_000, 600)
    await studio.do(revise_purchase_option, RevisePurchaseOption(option, 1, "Target", hours))

    await studio.advance(at("2026-03-01"))

    assert await charges(studio) == [SOLD, ("CONVERSION", 4_000, True)]
    assert await lots(studio, await successor(studio, old)) == [("GRANT", 1, 600)]


async def test_plans_that_make_no_sense_are_refused(studio: Studio) -> None:
    old, endless = await studio.sell(INTRO), await studio.sell()
    waiting = await studio.sell(replace(TEN_CLASSES, activation=Activation.ON_FIRST_VISIT))
    target = await studio.option(UNLIMITED)
    over = Validity(ValidityRule.FIXED_DAY, last_day=date(2026, 2, 20))
    soon_over = await studio.option(replace(UNLIMITED, validity=over))
    today = studio.began.date()
    good = ScheduleConversion(old, target)
    cases = [
        (replace(good, on=today), Code.DATE_OUT_OF_RANGE),
        (replace(good, on=date(2026, 2, 28)), Code.DATE_OUT_OF_RANGE),
        (replace(good, on=today + timedelta(days=36_500)), Code.DATE_OUT_OF_RANGE),
        (replace(good, option_id=old), Code.NOT_FOUND),
        (replace(good, option_id=soon_over), Code.TERMS_CONTRADICT),
        (replace(good, unused=CARRY), Code.CARRY_IMPOSSIBLE),
        (replace(good, pass_id=endless), Code.INVALID_INPUT),
        (replace(good, pass_id=waiting), Code.INVALID_INPUT),
    ]
    for command, code in cases:
        assert await studio.refused(schedule_conversion, command) is code
    await studio.advance(at("2026-03-01"))
    assert await studio.refused(schedule_conversion, good) is Code.PASS_ENDED
