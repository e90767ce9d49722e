"""What outcomes cost: grace, fees, the free ones of a period, and what the studio waives, all with its history."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from models.errors import Refused
from models.operations.base import Actor
from models.operations.catalogue import CreateClient, create_client
from models.operations.end_visit import (
    AttendanceOutcome,
    CancelledBy,
    CancelVisit,
    RecordAttendance,
    WaiveOutcome,
    cancel_visit,
    record_attendance,
    waive_outcome,
)
from models.operations.pay_fees import PayFees, WaiveFee, pay_fees, waive_fee
from models.queries.invariants import check_business
from models.rules.codes import Code
from models.rules.terms import Outcomes
from models.rules.values import OutcomeEffect, PassKind, PaymentMethod, Role, TestCard, VisitState
from tests.operations.acts import DAY, HOUR, at, books, cancel, charges, record, renew, seen
from tests.studio import MONTH, TEN_CLASSES, Studio

FEES = Outcomes(late_cancel_fee_minor=500, no_show_fee_minor=900)
COSTLY = replace(TEN_CLASSES, outcomes=FEES, validity=MONTH)
CARD = (PaymentMethod.TEST_CARD, TestCard.APPROVE)


async def sound(studio: Studio) -> None:
    """Assert every invariant."""
    async with studio.runtime.database.reading(studio.business_id) as reader:
        assert await check_business(reader) == []


async def owed(studio: Studio) -> list[tuple[str, int]]:
    """Return the state and amount of each fee, in order."""
    rows = await studio.fetch("SELECT state, amount_minor FROM fees ORDER BY id")
    return [(row["state"], row["amount_minor"]) for row in rows]


async def credit(studio: Studio) -> int:
    """Return the client's credit."""
    rows = await studio.fetch("SELECT coalesce(sum(amount_minor), 0)::bigint AS credit FROM client_credits")
    return int(rows[0]["credit"])


async def history(studio: Studio, visit_id: UUID) -> list[tuple[str, str | None, int, bool, bool]]:
    """Return what was written of each outcome of a visit."""
    rows = await studio.fetch(
        "SELECT state, effect, fee_minor, forgiven, waived FROM visit_outcomes WHERE visit_id = $1 ORDER BY id",
        visit_id,
    )
    return [tuple(row) for row in rows]


async def fee_ids(studio: Studio) -> tuple[UUID, ...]:
    """Return the ids of the fees, in order."""
    return tuple(row["id"] for row in await studio.fetch("SELECT id FROM fees ORDER BY id"))


async def missed(studio: Studio, pass_id: UUID, hours: int = 1) -> UUID:
    """Book a visit, let it pass, and record that nobody came."""
    now = (await studio.fetch("SELECT test_clock_at FROM businesses"))[0]["test_clock_at"]
    (visit,) = (await studio.book([now + hours * HOUR], pass_id=pass_id)).visits
    await studio.advance(now + hours * HOUR)
    await record(studio, visit, "NO_SHOW")
    return visit


async def test_a_cancellation_soon_after_the_booking_is_never_late(studio: Studio) -> None:
    pass_id = await studio.sell(replace(COSTLY, outcomes=replace(FEES, booking_grace_minutes=15)))
    soon = studio.began + 2 * HOUR
    in_grace, late = (await studio.book([soon, soon + HOUR], pass_id=pass_id)).visits
    await studio.advance(studio.began + timedelta(minutes=15))
    await cancel(studio, in_grace)
    await studio.advance(studio.began + timedelta(minutes=15, microseconds=1))
    await cancel(studio, late)

    assert (await seen(studio, in_grace)).state is VisitState.CANCELLED
    assert (await seen(studio, late)).state is VisitState.LATE_CANCELLED
    assert await books(studio, pass_id) == (9, 0, 0, 1, 0)
    assert await owed(studio) == [("OWED", 500)]
    await sound(studio)


async def test_a_missed_visit_owes_its_fee_and_charges_nobody(studio: Studio) -> None:
    visit = await missed(studio, await studio.sell(COSTLY))

    assert await owed(studio) == [("OWED", 900)]
    assert await history(studio, visit) == [("NO_SHOW", "FORFEIT", 900, False, False)]
    assert len(await studio.fetch("SELECT id FROM orders")) == 1
    await sound(studio)


async def test_a_fee_comes_with_a_unit_that_returns_too(studio: Studio) -> None:
    terms = replace(COSTLY, outcomes=replace(FEES, no_show=OutcomeEffect.RETURN))
    pass_id = await studio.sell(terms)
    await missed(studio, pass_id)
    assert await books(studio, pass_id) == (10, 0, 0, 0, 0)
    assert await owed(studio) == [("OWED", 900)]
    await sound(studio)


async def test_a_visit_no_pass_pays_for_owes_nothing(studio: Studio) -> None:
    (visit,) = (await studio.book([studio.began + HOUR])).visits
    await cancel(studio, visit)
    assert (await seen(studio, visit)).state is VisitState.LATE_CANCELLED
    assert await owed(studio) == []
    assert await history(studio, visit) == [("LATE_CANCELLED", None, 0, False, False)]


async def test_the_first_ones_of_a_period_cost_neither_unit_nor_fee(studio: Studio) -> None:
    pass_id = await studio.sell(replace(COSTLY, outcomes=replace(FEES, free_per_period=2)))
    first, second, third = [await missed(studio, pass_id) for _ in range(3)]

    assert await books(studio, pass_id) == (9, 0, 0, 1, 0)
    assert await owed(studio) == [("OWED", 900)]
    assert await history(studio, first) == [("NO_SHOW", "RETURN", 0, True, False)]
    assert await history(studio, second) == [("NO_SHOW", "RETURN", 0, True, False)]
    assert await history(studio, third) == [("NO_SHOW", "FORFEIT", 900, False, False)]
    await sound(studio)


async def test_taking_a_forgiven_one_back_frees_its_place(studio: Studio) -> None:
    pass_id = await studio.sell(replace(COSTLY, outcomes=replace(FEES, free_per_period=1)))
    first = await missed(studio, pass_id)
    await record(studio, first, "ATTENDED")
    assert await books(studio, pass_id) == (9, 0, 1, 0, 0)

    second = await missed(studio, pass_id)

    assert await history(studio, second) == [("NO_SHOW", "RETURN", 0, True, False)]
    assert await books(studio, pass_id) == (9, 0, 1, 0, 0)
    assert await owed(studio) == []
    await sound(studio)


async def test_free_ones_are_counted_by_the_period(studio: Studio) -> None:
    pass_id = await studio.sell(replace(COSTLY, outcomes=replace(FEES, free_per_period=1)))
    await missed(studio, pass_id)
    await renew(studio, pass_id)
    await studio.advance(at("2026-03-05"))
    await missed(studio, pass_id)
    assert await owed(studio) == []
    await missed(studio, pass_id)
    assert await owed(studio) == [("OWED", 900)]
    await sound(studio)


async def test_an_unlimited_pass_counts_its_free_ones_too(studio: Studio) -> None:
    terms = replace(COSTLY, kind=PassKind.UNLIMITED, quantity=None, outcomes=replace(FEES, free_per_period=1))
    pass_id = await studio.sell(terms)
    await missed(studio, pass_id)
    await missed(studio, pass_id)
    assert await owed(studio) == [("OWED", 900)]
    await sound(studio)


async def test_a_forgiven_unit_of_a_lot_that_is_over_is_made_up(studio: Studio) -> None:
    pass_id = await studio.sell(replace(COSTLY, outcomes=replace(FEES, free_per_period=1)))
    (visit,) = (await studio.book([at("2026-02-27", 20)], pass_id=pass_id)).visits
    await studio.advance(at("2026-03-02"))
    await record(studio, visit, "NO_SHOW")
    rows = await studio.fetch("SELECT available FROM lots WHERE pass_id = $1 AND kind = 'MAKE_UP'", pass_id)
    assert [row["available"] for row in rows] == [1]
    await sound(studio)


async def test_staff_record_without_cost_and_clients_cannot(studio: Studio) -> None:
    pass_id = await studio.sell(COSTLY)
    one, two = (await studio.book([studio.began + HOUR, studio.began + 2 * HOUR], pass_id=pass_id)).visits
    waived = CancelVisit(one, waive=True, reason="Storm")
    client = Actor(Role.CLIENT, client_id=studio.client)
    assert await studio.refused(cancel_visit, waived, actor=client) is Code.FORBIDDEN
    await studio.do(cancel_visit, waived)
    await studio.advance(studio.began + 2 * HOUR)
    await studio.do(record_attendance, RecordAttendance(two, AttendanceOutcome.NO_SHOW, waive=True))

    assert (await seen(studio, one)).state is VisitState.LATE_CANCELLED
    assert await books(studio, pass_id) == (10, 0, 0, 0, 0)
    assert await owed(studio) == []
    assert await history(studio, one) == [("LATE_CANCELLED", "RETURN", 0, False, True)]
    await sound(studio)


async def test_an_outcome_is_waived_afterwards_and_taken_back_with_its_history(studio: Studio) -> None:
    pass_id = await studio.sell(COSTLY)
    visit = await missed(studio, pass_id)
    await studio.do(waive_outcome, WaiveOutcome(visit, "First time"))
    assert await books(studio, pass_id) == (10, 0, 0, 0, 0)
    assert await owed(studio) == [("WAIVED", 900)]
    assert (await seen(studio, visit)).state is VisitState.NO_SHOW
    statement = "SELECT type FROM events WHERE visit_id = $1 AND type LIKE 'visit.%' ORDER BY id"
    events = await studio.fetch(statement, visit)
    assert [row["type"] for row in events] == [
        "visit.booked",
        "visit.paid",
        "visit.no_show",
        "visit.waived",
        "visit.unpaid",
    ]
    assert await studio.refused(waive_outcome, WaiveOutcome(visit, "Again")) is Code.OUTCOME_COSTS_NOTHING

    await record(studio, visit, "BOOKED")
    assert await books(studio, pass_id) == (9, 1, 0, 0, 0)
    await record(studio, visit, "NO_SHOW")

    assert await books(studio, pass_id) == (9, 0, 0, 1, 0)
    assert await owed(studio) == [("WAIVED", 900), ("OWED", 900)]
    assert await history(studio, visit) == [
        ("NO_SHOW", "FORFEIT", 900, False, False),
        ("NO_SHOW", "RETURN", 0, False, True),
        ("BOOKED", None, 0, False, False),
        ("NO_SHOW", "FORFEIT", 900, False, False),
    ]
    await sound(studio)


async def test_fees_are_paid_with_one_charge(studio: Studio) -> None:
    pass_id = await studio.sell(COSTLY)
    visits = [await missed(studio, pass_id) for _ in range(2)]
    changed = await studio.do(pay_fees, PayFees(await fee_ids(studio), *CARD))

    assert changed.visits == visits
    assert await owed(studio) == [("PAID", 900), ("PAID", 900)]
    orders = await studio.fetch("SELECT purpose, state, amount_minor FROM orders ORDER BY created_at, id")
    assert [tuple(row) for row in orders] == [("SALE", "PAID", 15_000), ("FEE", "PAID", 1_800)]
    assert await studio.refused(pay_fees, PayFees(await fee_ids(studio), *CARD)) is Code.FEE_SETTLED
    await sound(studio)


async def test_a_declined_fee_is_still_owed(studio: Studio) -> None:
    await missed(studio, await studio.sell(COSTLY))
    declined = PayFees(await fee_ids(studio), PaymentMethod.TEST_CARD, TestCard.DECLINE)
    with pytest.raises(Exception, match="declined"):
        await studio.do(pay_fees, declined)
    assert await owed(studio) == [("OWED", 900)]
    await studio.do(pay_fees, PayFees(await fee_ids(studio), *CARD))
    assert await owed(studio) == [("PAID", 900)]
    await sound(studio)


async def test_taking_an_outcome_back_gives_a_paid_fee_back_as_credit(studio: Studio) -> None:
    pass_id = await studio.sell(COSTLY)
    visit = await missed(studio, pass_id)
    await studio.do(pay_fees, PayFees(await fee_ids(studio), *CARD))
    await record(studio, visit, "ATTENDED")

    assert await owed(studio) == [("CREDITED", 900)]
    assert await credit(studio) == 900
    assert await books(studio, pass_id) == (9, 0, 1, 0, 0)
    await sound(studio)


async def test_a_fee_taken_back_while_its_charge_is_in_flight_becomes_credit(studio: Studio) -> None:
    visit = await missed(studio, await studio.sell(COSTLY))
    unknown = PayFees(await fee_ids(studio), PaymentMethod.TEST_CARD, TestCard.TIMEOUT)
    with pytest.raises(Exception, match="still being"):
        await studio.do(pay_fees, unknown)
    assert await studio.refused(pay_fees, PayFees(await fee_ids(studio), *CARD)) is Code.PAYMENT_IN_PROGRESS
    assert await studio.refused(waive_fee, WaiveFee((await fee_ids(studio))[0], "x")) is Code.PAYMENT_IN_PROGRESS
    await record(studio, visit, "ATTENDED")
    assert await owed(studio) == [("WAIVED", 900)]

    await studio.advance(studio.began + DAY)

    assert await owed(studio) == [("CREDITED", 900)]
    assert await credit(studio) == 900
    await sound(studio)


async def test_who_waited_for_a_fee_to_be_paid_does_not_pay_it_again(studio: Studio) -> None:
    """Both wait for the fee's row before either has written its order, so that no luck is needed."""
    await missed(studio, await studio.sell(COSTLY))
    (fee,) = await fee_ids(studio)
    async with studio.runtime.database.transaction(studio.business_id) as holder:
        await holder.execute(text("SELECT FROM fees FOR UPDATE"))
        paying = [asyncio.create_task(studio.do(pay_fees, PayFees((fee,), *CARD))) for _ in range(3)]
        while await _waiting(studio) < len(paying):  # noqa: ASYNC110 - the store tells nobody who waits
            await asyncio.sleep(0.01)
    done = await asyncio.gather(*paying, return_exceptions=True)

    codes = {each.code for each in done if isinstance(each, Refused)}
    assert len([each for each in done if not isinstance(each, Exception)]) == 1
    assert codes <= {Code.PAYMENT_IN_PROGRESS, Code.FEE_SETTLED}
    assert await owed(studio) == [("PAID", 900)]
    assert [amount for purpose, amount, _ in await charges(studio) if purpose == "FEE"] == [900]
    await sound(studio)


async def _waiting(studio: Studio) -> int:
    rows = await studio.fetch("SELECT count(*) AS n FROM pg_locks WHERE NOT granted")
    return int(rows[0]["n"])


async def test_a_fee_is_waived_alone_and_the_unit_stays_forfeited(studio: Studio) -> None:
    pass_id = await studio.sell(COSTLY)
    await missed(studio, pass_id)
    (fee,) = await fee_ids(studio)
    await studio.do(waive_fee, WaiveFee(fee, "Regular"))
    assert await owed(studio) == [("WAIVED", 900)]
    assert await books(studio, pass_id) == (9, 0, 0, 1, 0)
    assert await studio.refused(waive_fee, WaiveFee(fee, "Again")) is Code.FEE_SETTLED
    await sound(studio)


async def test_fees_that_cannot_be_paid_together_are_refused(studio: Studio) -> None:
    await missed(studio, await studio.sell(COSTLY))
    (fee,) = await fee_ids(studio)
    other = (await studio.do(create_client, CreateClient("Bea"))).rows["client"]
    theirs = Actor(Role.CLIENT, client_id=other)
    assert await studio.refused(pay_fees, PayFees((fee,), *CARD), actor=theirs) is Code.NOT_FOUND
    assert await studio.refused(pay_fees, PayFees((), *CARD)) is Code.NOTHING_TO_DO
    assert await studio.refused(pay_fees, PayFees((fee,), PaymentMethod.COMPLIMENTARY)) is Code.INVALID_INPUT
    own = Actor(Role.CLIENT, client_id=studio.client)
    assert await studio.refused(pay_fees, PayFees((fee,), PaymentMethod.CASH), actor=own) is Code.FORBIDDEN
    studio.client = other
    (again,) = (await studio.book([studio.began + 3 * HOUR], pass_id=await studio.sell(COSTLY))).visits
    await cancel(studio, again)
    assert await studio.refused(pay_fees, PayFees(await fee_ids(studio), *CARD)) is Code.INVALID_INPUT


async def test_the_studios_own_cancellation_costs_nothing(studio: Studio) -> None:
    pass_id = await studio.sell(COSTLY)
    (visit,) = (await studio.book([studio.began + HOUR], pass_id=pass_id)).visits
    await cancel(studio, visit, CancelledBy.STUDIO)
    assert await history(studio, visit) == [("CANCELLED", "RETURN", 0, False, False)]
    assert await owed(studio) == []
