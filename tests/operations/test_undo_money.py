"""Payments of fees and disputes undone: what was owed is owed again, and what was blocked is free or blocked again."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from models.errors import Refused
from models.operations.change_pass import DeactivatePass, deactivate_pass
from models.operations.disputes import ReportDispute, SettleDispute, report_dispute, settle_dispute
from models.operations.end_visit import (
    AttendanceOutcome,
    RecordAttendance,
    WaiveOutcome,
    record_attendance,
    waive_outcome,
)
from models.operations.holds import PlaceHold, place_hold
from models.operations.pay_fees import PayFees, WaiveFee, pay_fees, waive_fee
from models.operations.refund_pass import RefundPass, refund_pass
from models.operations.sell_pass import SellPass, sell_pass
from models.operations.set_policies import SetPolicies, set_policies
from models.operations.undo.undo_operation import UndoOperation, undo_operation
from models.rules.codes import Code
from models.rules.policies import HoldPolicy
from models.rules.terms import Outcomes
from models.rules.values import PassStatus, PaymentMethod
from tests.operations.acts import DAY, HOUR, cancel, now, renew, status
from tests.operations.effective import effective
from tests.operations.test_disputes import MONTHLY, RENEWING, order_of
from tests.operations.test_dry_run import CARD
from tests.operations.test_undo_dependents import needs, undo
from tests.operations.test_undo_every_verb import last_operation
from tests.queries.test_reports import report
from tests.studio import TEN_CLASSES, Studio, missed_visit

FEES = replace(TEN_CLASSES, outcomes=Outcomes(late_cancel_fee_minor=500, no_show_fee_minor=900))


async def owed(studio: Studio, count: int) -> list[UUID]:
    """Let the client miss so many visits, of a pass each; return the fees."""
    fees = []
    for number in range(count):
        pass_id = await studio.sell(FEES)
        start = studio.began - (number + 1) * HOUR
        (visit,) = (await studio.book([start], pass_id=pass_id, minutes=30)).visits
        await studio.do(record_attendance, RecordAttendance(visit, AttendanceOutcome.NO_SHOW))
        fees.append((await studio.fetch("SELECT id FROM fees WHERE visit_id = $1", visit))[0]["id"])
    return fees


@pytest.mark.parametrize("by", [CARD, (PaymentMethod.CASH,)], ids=["card", "cash"])
async def test_fees_that_were_paid_together_are_owed_again(studio: Studio, by: tuple[PaymentMethod]) -> None:
    fees = await owed(studio, 3)
    before = await effective(studio)
    for _ in range(2):
        await studio.do(pay_fees, PayFees(tuple(fees), *by))
        await undo(studio, await last_operation(studio))
        assert await effective(studio) == before
    sold = await report(studio, "REVENUE_BY_OPTION", studio.began.date())
    assert [row["refunded"] for row in sold] == [0, 0, 0], "a fee is no part of what passes were sold for"
    back = await studio.fetch("SELECT state, destination, amount_minor FROM refunds")
    assert [tuple(row) for row in back] == [("DONE", "ORIGINAL", 900)] * 6
    await studio.do(pay_fees, PayFees(tuple(fees), *by))
    rows = await studio.fetch("SELECT state FROM fees")
    assert {row["state"] for row in rows} == {"PAID"}


async def test_a_payment_waits_for_a_fee_that_became_credit_and_for_a_dispute(studio: Studio) -> None:
    _, fee = await missed_visit(studio)
    await studio.do(pay_fees, PayFees((fee,), *CARD))
    payment = await last_operation(studio)
    order = (await studio.fetch("SELECT id FROM orders WHERE purpose = 'FEE'"))[0]["id"]
    await studio.do(report_dispute, ReportDispute(order))
    dispute = await last_operation(studio)
    await needs(studio, payment, dispute)
    await studio.do(settle_dispute, SettleDispute(order, won=False))
    await needs(studio, payment, await last_operation(studio))
    await undo(studio, await last_operation(studio))
    await undo(studio, dispute)
    await studio.do(waive_fee, WaiveFee(fee, "Ill"))
    await needs(studio, payment, await last_operation(studio))


async def test_an_outcome_is_taken_back_once_the_payment_of_its_fee_is(studio: Studio) -> None:
    _, fee = await missed_visit(studio)
    missed = await last_operation(studio)
    await studio.do(pay_fees, PayFees((fee,), *CARD))
    payment = await last_operation(studio)
    await needs(studio, missed, payment)
    await undo(studio, payment)
    await undo(studio, missed)
    assert (await effective(studio))["fees"] == []


async def test_a_fee_waived_while_it_was_charged_is_waived_again_and_its_credit_taken(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    visit, fee = await missed_visit(studio)
    waived = asyncio.Event()
    charge = studio.runtime.gateway.charge

    async def slowly(request: object) -> object:
        await studio.do(waive_outcome, WaiveOutcome(visit, "Ill"))
        waived.set()
        return await charge(request)  # type: ignore[arg-type]

    monkeypatch.setattr(studio.runtime.gateway, "charge", slowly)
    await studio.do(pay_fees, PayFees((fee,), *CARD))
    monkeypatch.undo()
    assert waived.is_set()
    payment = (await studio.fetch("SELECT operation_id FROM orders WHERE purpose = 'FEE'"))[0]["operation_id"]
    assert (await studio.fetch("SELECT state FROM fees"))[0]["state"] == "CREDITED"
    await studio.do(sell_pass, SellPass(studio.client, await studio.option(TEN_CLASSES), *CARD, use_credit=True))
    spending = await last_operation(studio)
    await needs(studio, payment, spending)
    await undo(studio, spending)
    await undo(studio, payment)
    after = await effective(studio)
    assert (after["credit"], after["fees"]) == ([], [])
    assert (await studio.fetch("SELECT state FROM fees"))[0]["state"] == "WAIVED"


async def test_what_a_hold_cost_goes_back_with_it(studio: Studio) -> None:
    terms = replace(MONTHLY, hold_policy=HoldPolicy(fee_minor=500))
    pass_id = await studio.sell(terms)
    before = await effective(studio)
    for _ in range(2):
        first = studio.began.date() + timedelta(days=3)
        await studio.do(place_hold, PlaceHold(pass_id, first, first, payment_method=CARD[0], test_card=CARD[1]))
        await undo(studio, await last_operation(studio))
        assert await effective(studio) == before
    back = await studio.fetch("SELECT amount_minor, destination, state FROM refunds")
    assert [tuple(row) for row in back] == [(500, "ORIGINAL", "DONE")] * 2

    await studio.do(place_hold, PlaceHold(pass_id, first, first, payment_method=CARD[0], test_card=CARD[1]))
    placed = await last_operation(studio)
    (order,) = await studio.fetch("SELECT id FROM orders WHERE purpose = 'FEE' ORDER BY id DESC LIMIT 1")
    await studio.do(report_dispute, ReportDispute(order["id"]))
    await needs(studio, placed, await last_operation(studio))


async def test_of_ten_who_undo_a_payment_at_once_one_does(studio: Studio) -> None:
    fees = await owed(studio, 2)
    await studio.do(pay_fees, PayFees(tuple(fees), *CARD))
    payment = await last_operation(studio)

    async def once() -> Code | None:
        try:
            await studio.do(undo_operation, UndoOperation(payment, "A mistake"), key=str(uuid4()))
        except Refused as refused:
            return refused.code
        return None

    codes = await asyncio.gather(*(once() for _ in range(10)))
    assert sorted(str(code) for code in codes) == ["Code.ALREADY_UNDONE"] * 9 + ["None"]
    assert len(await studio.fetch("SELECT FROM refunds")) == 2


@pytest.mark.parametrize("blocks", [True, False])
async def test_a_dispute_reported_by_mistake_is_as_if_it_had_never_been(studio: Studio, blocks: bool) -> None:
    if not blocks:
        await studio.do(set_policies, SetPolicies(block_on_dispute=False))
    pass_id = await studio.sell(MONTHLY)
    await studio.book([studio.began + DAY], pass_id=pass_id)
    before, order = await effective(studio), await order_of(studio, pass_id)
    for _ in range(2):
        await studio.do(report_dispute, ReportDispute(order))
        assert await status(studio, pass_id) is (PassStatus.ON_HOLD if blocks else PassStatus.ACTIVE)
        report = await last_operation(studio)
        await studio.advance(await now(studio) + HOUR)
        await undo(studio, report)
        assert await effective(studio) == before
    await studio.do(refund_pass, RefundPass(pass_id, "Moved away"))


@pytest.mark.parametrize("won", [True, False])
@pytest.mark.parametrize("later", [0, 3])
async def test_a_dispute_that_was_settled_is_open_again(studio: Studio, won: bool, later: int) -> None:
    pass_id = await studio.sell(MONTHLY)
    order = await order_of(studio, pass_id)
    await studio.do(report_dispute, ReportDispute(order))
    report = await last_operation(studio)
    await studio.advance(studio.began + later * DAY + HOUR)
    before = await effective(studio)
    for _ in range(2):
        await studio.do(settle_dispute, SettleDispute(order, won))
        settling = await last_operation(studio)
        await needs(studio, report, settling)
        await undo(studio, settling)
        assert await effective(studio) == before
    assert await studio.refused(refund_pass, RefundPass(pass_id, "Moved away")) is Code.DISPUTE_OPEN
    await undo(studio, report)


async def test_an_end_waits_for_what_was_booked_refunded_or_disputed_since(studio: Studio) -> None:
    pass_id = await studio.sell(MONTHLY)
    order = await order_of(studio, pass_id)
    await studio.do(report_dispute, ReportDispute(order))
    await studio.do(settle_dispute, SettleDispute(order, won=True))
    settling = await last_operation(studio)
    await studio.book([studio.began + DAY], pass_id=pass_id)
    booking = await last_operation(studio)
    await needs(studio, settling, booking)
    await undo(studio, booking)
    await studio.do(refund_pass, RefundPass(pass_id, "Sorry", units=1))
    await needs(studio, settling, await last_operation(studio))


async def test_an_end_does_not_wait_for_what_was_booked_before_and_came_back_since(studio: Studio) -> None:
    pass_id = await studio.sell(MONTHLY)
    (visit,) = (await studio.book([studio.began + 3 * DAY], pass_id=pass_id)).visits
    order = await order_of(studio, pass_id)
    await studio.do(report_dispute, ReportDispute(order))
    before = await effective(studio)
    await studio.do(settle_dispute, SettleDispute(order, won=True))
    settling = await last_operation(studio)
    await cancel(studio, visit)
    await undo(studio, await last_operation(studio))
    await undo(studio, settling)
    assert await effective(studio) == before


async def test_an_end_waits_for_the_next_dispute_and_not_for_one_that_was_a_mistake(studio: Studio) -> None:
    order = await order_of(studio, await studio.sell(MONTHLY))
    await studio.do(report_dispute, ReportDispute(order))
    await studio.do(settle_dispute, SettleDispute(order, won=True))
    settling = await last_operation(studio)
    await studio.do(report_dispute, ReportDispute(order))
    again = await last_operation(studio)
    await needs(studio, settling, again)
    await undo(studio, again)
    await undo(studio, settling)
    rows = await studio.fetch("SELECT state FROM disputes ORDER BY id")
    assert [row["state"] for row in rows] == ["OPEN", "WITHDRAWN"]


async def test_a_block_does_not_ask_whether_its_pass_was_renewed_but_whether_it_is_in_use(studio: Studio) -> None:
    pass_id = await studio.sell(RENEWING)
    order = await order_of(studio, pass_id)
    await studio.do(report_dispute, ReportDispute(order))
    await studio.do(settle_dispute, SettleDispute(order, won=True))
    settling = await last_operation(studio)
    await renew(studio, pass_id)
    await studio.do(deactivate_pass, DeactivatePass(pass_id, "Moved away"))
    await needs(studio, settling, await last_operation(studio))
    await undo(studio, await last_operation(studio))
    await undo(studio, settling)
    assert await status(studio, pass_id) is PassStatus.ON_HOLD
