"""Where something later depends on an operation, it is named, and once that is undone the operation can be."""

import asyncio
from dataclasses import replace
from datetime import date
from uuid import UUID, uuid4

import pytest

from models.errors import Refused
from models.operations.base import Changed
from models.operations.change_pass import AdjustPass, ExtendPass, adjust_pass, extend_pass
from models.operations.end_visit import AttendanceOutcome, RecordAttendance, record_attendance
from models.operations.holds import RemoveHold, remove_hold
from models.operations.pay_fees import PayFees, pay_fees
from models.operations.sell_pass import SellPass, sell_pass
from models.operations.undo.dependents import DependedOn
from models.operations.undo.undo_operation import UndoOperation, undo_operation
from models.rules.codes import Code
from models.rules.values import PaymentMethod
from tests.operations.acts import DAY, HOUR, at, cancel, hold
from tests.operations.effective import effective
from tests.operations.test_dry_run import CARD
from tests.operations.test_undo_every_verb import last_operation
from tests.studio import MONTH, TEN_CLASSES, Studio, missed_visit


async def undo(studio: Studio, operation: UUID) -> Changed:
    """Undo an operation."""
    return await studio.do(undo_operation, UndoOperation(operation, "A mistake"))


async def needs(studio: Studio, operation: UUID, *later: UUID) -> None:
    """See that the later operations stand in the way of undoing it, and no other."""
    before = await studio.fingerprint()
    with pytest.raises(DependedOn) as refused:
        await undo(studio, operation)
    assert refused.value.operations == later
    assert await studio.fingerprint() == before


async def test_a_sale_waits_for_its_bookings_and_a_booking_for_its_attendance(studio: Studio) -> None:
    option = await studio.option()
    before = await effective(studio)
    pass_id = (await studio.do(sell_pass, SellPass(studio.client, option, *CARD))).passes[0]
    sale = await last_operation(studio)
    (visit,) = (await studio.book([studio.began - HOUR], pass_id=pass_id)).visits
    booking = await last_operation(studio)
    await studio.do(record_attendance, RecordAttendance(visit, AttendanceOutcome.ATTENDED))
    attendance = await last_operation(studio)
    await needs(studio, booking, attendance)
    await needs(studio, sale, booking)
    for operation in (attendance, booking, sale):
        await undo(studio, operation)
    assert await effective(studio) == before
    refunds = await studio.fetch("SELECT state, amount_minor FROM refunds")
    assert [tuple(row) for row in refunds] == [("DONE", TEN_CLASSES.price_minor)]


async def test_added_units_that_were_booked_stay(studio: Studio) -> None:
    pass_id = await studio.sell()
    await studio.do(adjust_pass, AdjustPass(pass_id, -10, "Start over"))
    await studio.do(adjust_pass, AdjustPass(pass_id, 1, "Gift"))
    gift = await last_operation(studio)
    await studio.book([studio.began + DAY], pass_id=pass_id)
    booking = await last_operation(studio)
    await needs(studio, gift, booking)
    await undo(studio, booking)
    await undo(studio, gift)
    assert (await studio.balances(pass_id))["available"] == 0


async def test_days_that_were_given_and_booked_stay(studio: Studio) -> None:
    pass_id = await studio.sell(replace(TEN_CLASSES, validity=MONTH))
    last_day = (await studio.facts(pass_id)).windows[-1].last_day
    await studio.do(extend_pass, ExtendPass(pass_id, 5, "Ill"))
    extension = await last_operation(studio)
    assert last_day is not None
    await studio.book([at((last_day + 2 * DAY).isoformat())], pass_id=pass_id)
    booking = await last_operation(studio)
    await needs(studio, extension, booking)
    await undo(studio, booking)
    await undo(studio, extension)
    assert (await studio.facts(pass_id)).windows[-1].last_day == last_day


async def test_a_hold_that_was_removed_holds_again_unless_its_days_are_booked(studio: Studio) -> None:
    pass_id = await studio.sell()
    first = studio.began.date() + 2 * DAY
    changed = await hold(studio, pass_id, first.isoformat(), (first + 3 * DAY).isoformat())
    placed = await last_operation(studio)
    await studio.do(remove_hold, RemoveHold(changed.holds[0]))
    removed = await last_operation(studio)
    await needs(studio, placed, removed)
    await studio.book([at(date.isoformat(first + DAY))], pass_id=pass_id)
    booking = await last_operation(studio)
    await needs(studio, removed, booking)
    await undo(studio, booking)
    await undo(studio, removed)
    assert (await studio.facts(pass_id)).held_on(first)
    await undo(studio, placed)
    assert not (await studio.facts(pass_id)).held_on(first)


async def test_an_outcome_whose_fee_was_paid_stays(studio: Studio) -> None:
    _, fee = await missed_visit(studio)
    missed = await last_operation(studio)
    await studio.do(pay_fees, PayFees((fee,), PaymentMethod.CASH))
    await needs(studio, missed, await last_operation(studio))


async def test_a_cancellation_whose_unit_is_used_says_by_what(studio: Studio) -> None:
    pass_id = await studio.sell()
    (visit,) = (await studio.book([studio.began + 3 * DAY], pass_id=pass_id)).visits
    await cancel(studio, visit)
    cancellation = await last_operation(studio)
    await studio.do(adjust_pass, AdjustPass(pass_id, -10, "Moved away"))
    await needs(studio, cancellation, await last_operation(studio))


async def test_of_twenty_who_undo_at_once_one_does(studio: Studio) -> None:
    pass_id = await studio.sell()
    await studio.do(adjust_pass, AdjustPass(pass_id, 4, "Gift"))
    gift = await last_operation(studio)

    async def once() -> Code | None:
        command = UndoOperation(gift, "A mistake")
        try:
            await studio.do(undo_operation, command, key=str(uuid4()))
        except Refused as refused:
            return refused.code
        return None

    codes = await asyncio.gather(*(once() for _ in range(20)))
    assert sorted(str(code) for code in codes) == ["Code.ALREADY_UNDONE"] * 19 + ["None"]
    assert (await studio.balances(pass_id))["available"] == 10
    assert len(await studio.fetch("SELECT * FROM undoings")) == 1
