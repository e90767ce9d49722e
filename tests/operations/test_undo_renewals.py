"""A renewal that is undone is as if it had not been: its price goes back, and its period counts no more."""

import asyncio
from dataclasses import replace
from uuid import UUID, uuid4

import pytest

from models.errors import Refused
from models.operations.change_pass import AdjustPass, ExtendPass, SetAutoRenew, adjust_pass, extend_pass, set_auto_renew
from models.operations.refund_pass import RefundPass, refund_pass
from models.operations.renew_pass import RenewPass, renew_pass
from models.operations.set_policies import SetPolicies, set_policies
from models.operations.undo.undo_operation import UndoOperation, undo_operation
from models.queries.invariants import check_business
from models.rules.codes import Code
from models.rules.terms import Renewal, Terms
from models.rules.values import AfterExpiration, PassKind, PaymentMethod, RefundDestination, TestCard, UnusedAtRenewal
from tests.operations.acts import DAY, HOUR, at, record, renew
from tests.operations.effective import effective
from tests.operations.test_disputes import frozen, used_up
from tests.operations.test_dry_run import CARD
from tests.operations.test_undo_dependents import needs, undo
from tests.operations.test_undo_every_verb import last_operation
from tests.studio import MONTH, TEN_CLASSES, Studio

MONTHLY = replace(TEN_CLASSES, validity=MONTH, after_expiration=AfterExpiration.RENEW)
BY_HAND = replace(TEN_CLASSES, validity=MONTH, price_minor=9_999)
END = at("2026-02-28", 0)


async def undone_and_again(studio: Studio, pass_id: UUID) -> None:
    """Renew a pass and undo it, twice, and see each time that it is as it was."""
    for _ in range(2):
        before = await effective(studio)
        command = RenewPass(pass_id, *CARD)
        await studio.do(renew_pass, command)
        assert await effective(studio) != before
        await undo(studio, await last_operation(studio))
        assert await effective(studio) == before
    orders = "SELECT amount_minor FROM orders WHERE purpose = 'RENEWAL' AND state = 'PAID' ORDER BY id"
    back = (
        "SELECT r.amount_minor FROM refunds r JOIN orders o ON o.id = r.order_id WHERE r.state = 'DONE' ORDER BY r.id"
    )
    assert await studio.fetch(orders) == await studio.fetch(back)
    await studio.do(renew_pass, RenewPass(pass_id, *CARD))
    assert [period.number for period in (await studio.facts(pass_id)).periods] == [1, 2]


async def test_ahead_of_its_end(studio: Studio) -> None:
    await undone_and_again(studio, await studio.sell(MONTHLY))


async def test_with_visits_that_stand_to_be_paid(studio: Studio) -> None:
    pass_id = await studio.sell(MONTHLY)
    await studio.book([at("2026-03-05"), at("2026-03-06"), at("2026-04-02")])
    before = await effective(studio)
    assert len(before["projected"]) == 2
    await renew(studio, pass_id)
    paid = [row["pass_id"] for row in await studio.fetch("SELECT pass_id FROM visits ORDER BY starts_at")]
    assert paid == [pass_id, pass_id, None]
    await undo(studio, await last_operation(studio))
    assert await effective(studio) == before


async def test_a_pass_that_lapsed_and_what_rolled_over(studio: Studio) -> None:
    terms = replace(BY_HAND, renewal=Renewal(unused=UnusedAtRenewal.ROLLOVER))
    pass_id = await studio.sell(terms)
    await studio.advance(END + 3 * DAY)
    await undone_and_again(studio, pass_id)


async def test_a_pass_that_counts_nothing(studio: Studio) -> None:
    await undone_and_again(studio, await studio.sell(Terms(PassKind.UNLIMITED, 3_333, validity=MONTH)))


async def test_a_pass_that_is_used_up_and_starts_anew(studio: Studio) -> None:
    pass_id = await studio.sell(replace(BY_HAND, quantity=1))
    (visit,) = (await studio.book([studio.began - HOUR], pass_id=pass_id)).visits
    await record(studio, visit)
    await undone_and_again(studio, pass_id)
    assert (await studio.facts(pass_id)).periods[0].cut_at is not None


async def test_the_freeze_of_a_failed_charge_holds_again(studio: Studio) -> None:
    await studio.do(set_policies, SetPolicies(freeze_on_failed_charge=True))
    pass_id = await used_up(studio, TestCard.DECLINE_HARD)
    await studio.advance(at("2026-02-04"))
    before = await effective(studio)
    assert await frozen(studio) == [("FAILED_CHARGE", True)]
    await renew(studio, pass_id)
    assert await frozen(studio) == [("FAILED_CHARGE", False)]
    await undo(studio, await last_operation(studio))
    assert await effective(studio) == before


async def test_the_charge_that_had_failed_is_owed_again(studio: Studio) -> None:
    pass_id = await studio.sell(MONTHLY)
    await studio.do(set_auto_renew, SetAutoRenew(pass_id, True, PaymentMethod.TEST_CARD, TestCard.DECLINE))
    await studio.advance(END + HOUR)
    before = await effective(studio)
    assert (await studio.facts(pass_id)).overdue is not None
    await renew(studio, pass_id)
    await undo(studio, await last_operation(studio))
    assert await effective(studio) == before


async def test_the_credit_that_paid_comes_back(studio: Studio) -> None:
    given = await studio.sell()
    await studio.do(refund_pass, RefundPass(given, "Moved", amount_minor=4_000, destination=RefundDestination.CREDIT))
    pass_id = await studio.sell(MONTHLY)
    before = await effective(studio)
    await studio.do(renew_pass, RenewPass(pass_id, *CARD, use_credit=True))
    await undo(studio, await last_operation(studio))
    assert await effective(studio) == before
    rows = await studio.fetch("SELECT destination, amount_minor FROM refunds WHERE pass_id = $1 ORDER BY 1", pass_id)
    assert [tuple(row) for row in rows] == [("CREDIT", 4_000), ("ORIGINAL", 11_000)]


async def test_what_used_the_period_is_named(studio: Studio) -> None:
    pass_id = await studio.sell(MONTHLY)
    await renew(studio, pass_id)
    renewal = await last_operation(studio)
    (visit,) = (await studio.book([at("2026-03-05")], pass_id=pass_id)).visits
    booking = await last_operation(studio)
    await needs(studio, renewal, booking)
    await undo(studio, booking)
    assert (await studio.fetch("SELECT state FROM visits WHERE id = $1", visit))[0]["state"] == "CANCELLED"
    await studio.do(extend_pass, ExtendPass(pass_id, 3, "Ill"))
    extension = await last_operation(studio)
    await needs(studio, renewal, extension)
    await undo(studio, extension)
    await studio.do(refund_pass, RefundPass(pass_id, "Moved", 0, 100))
    await needs(studio, renewal, await last_operation(studio))


async def test_a_visit_to_a_pass_that_counts_nothing_is_named_by_its_day(studio: Studio) -> None:
    pass_id = await studio.sell(Terms(PassKind.UNLIMITED, 3_333, validity=MONTH))
    await renew(studio, pass_id)
    renewal = await last_operation(studio)
    await studio.book([studio.began + DAY], pass_id=pass_id)
    await studio.book([at("2026-03-05")], pass_id=pass_id)
    await needs(studio, renewal, await last_operation(studio))
    await undo(studio, await last_operation(studio))
    await undo(studio, renewal)
    rows = await studio.fetch("SELECT pass_id FROM visits WHERE state = 'BOOKED'")
    assert [row["pass_id"] for row in rows] == [pass_id]


async def test_units_added_to_the_new_period_are_named(studio: Studio) -> None:
    pass_id = await studio.sell(replace(BY_HAND, quantity=1))
    await studio.advance(END + DAY)
    await renew(studio, pass_id)
    renewal = await last_operation(studio)
    await studio.do(adjust_pass, AdjustPass(pass_id, 2, "Gift"))
    gift = await last_operation(studio)
    await needs(studio, renewal, gift)
    await undo(studio, gift)
    await undo(studio, renewal)


async def test_the_newer_of_two_renewals_goes_first(studio: Studio) -> None:
    pass_id = await studio.sell(BY_HAND)
    await renew(studio, pass_id)
    first = await last_operation(studio)
    await studio.advance(END + HOUR)
    before = await effective(studio)
    await renew(studio, pass_id)
    second = await last_operation(studio)
    await needs(studio, first, second)
    await undo(studio, second)
    assert await effective(studio) == before


async def test_nobody_is_charged_by_an_undoing(studio: Studio) -> None:
    pass_id = await studio.sell(MONTHLY)
    await renew(studio, pass_id)
    command = UndoOperation(await last_operation(studio), "A mistake")
    await studio.advance(END + HOUR)
    before = await effective(studio)
    with pytest.raises(Refused, match="fall due at once"):
        await studio.do(undo_operation, command)
    assert await effective(studio) == before
    await studio.do(set_auto_renew, SetAutoRenew(pass_id, enabled=False))
    await studio.do(undo_operation, command)
    facts = await studio.facts(pass_id)
    assert (len(facts.periods), facts.auto_renew) == (1, False)
    assert facts.payment_method is PaymentMethod.TEST_CARD


async def test_a_period_that_is_over_was_used(studio: Studio) -> None:
    pass_id = await studio.sell(Terms(PassKind.UNLIMITED, 3_333, validity=MONTH))
    await renew(studio, pass_id)
    command = UndoOperation(await last_operation(studio), "A mistake")
    await studio.advance(at("2026-04-10"))
    assert await studio.refused(undo_operation, command) is Code.NOT_UNDOABLE


async def test_of_ten_who_undo_and_book_at_once_the_books_stay_right(studio: Studio) -> None:
    pass_id = await studio.sell(replace(MONTHLY, quantity=3))
    await renew(studio, pass_id)
    command = UndoOperation(await last_operation(studio), "A mistake")

    async def undo_it() -> str:
        try:
            await studio.do(undo_operation, command, key=str(uuid4()))
        except Refused as refused:
            return str(refused.code)
        return "undone"

    async def book(hour: int) -> str:
        try:
            booked = await studio.book([at("2026-03-05", hour)], pass_id=pass_id)
        except Refused as refused:
            return str(refused.code)
        return "paid" if booked.passes else "unpaid"

    told = await asyncio.gather(*(undo_it() for _ in range(4)), *(book(8 + n) for n in range(6)))
    undone, paid = told.count("undone"), told.count("paid")
    assert undone <= 1
    assert not (undone and paid), "the period that paid is still there"
    assert len((await studio.facts(pass_id)).periods) == 2 - undone
    refunds = await studio.fetch("SELECT state, amount_minor FROM refunds")
    assert [tuple(row) for row in refunds] == [("DONE", MONTHLY.price_minor)] * undone
    async with studio.runtime.database.reading(studio.business_id) as reader:
        assert await check_business(reader) == []
