"""A transfer that is undone is as if it had not been, where the receiver has used nothing of it."""

import asyncio
from dataclasses import replace
from uuid import UUID, uuid4

import pytest

from models.errors import Refused
from models.operations.catalogue import CreateClient, create_client
from models.operations.change_pass import AdjustPass, ExtendPass, adjust_pass, extend_pass
from models.operations.renew_pass import RenewPass, renew_pass
from models.operations.sharing import SharePass, share_pass
from models.operations.transfer_pass import TransferPass, transfer_pass
from models.operations.undo.undo_operation import UndoOperation, undo_operation
from models.queries.invariants import check_business
from models.rules.codes import Code
from models.rules.terms import Terms
from models.rules.values import AfterExpiration, PassKind, PaymentMethod, TestCard
from tests.operations.acts import DAY, HOUR, at, cancel, hold, record
from tests.operations.effective import effective
from tests.operations.test_undo_dependents import needs, undo
from tests.operations.test_undo_every_verb import last_operation
from tests.studio import MONTH, SHARED, TEN_CLASSES, Studio, household_with

MONTHLY = replace(TEN_CLASSES, validity=MONTH, after_expiration=AfterExpiration.RENEW, price_minor=10_001)
UNLIMITED = Terms(PassKind.UNLIMITED, 3_333, validity=MONTH)


async def given(studio: Studio, pass_id: UUID, units: int | None = None) -> tuple[UUID, UUID, UUID]:
    """Give a pass, or units of it, to a new client; return the client, their pass and the operation."""
    receiver = (await studio.do(create_client, CreateClient("Zoe"))).rows["client"]
    changed = await studio.do(transfer_pass, TransferPass(pass_id, receiver, "Gift", units))
    return receiver, changed.passes[1], await last_operation(studio)


@pytest.mark.parametrize("terms", [MONTHLY, TEN_CLASSES, UNLIMITED])
@pytest.mark.parametrize("units", [None, 3])
async def test_what_was_given_comes_back(studio: Studio, terms: Terms, units: int | None) -> None:
    pass_id = await studio.sell(terms)
    (visit, *_) = (await studio.book([studio.began - HOUR, studio.began + DAY], pass_id=pass_id)).visits
    await record(studio, visit)
    first = studio.began.date() + 3 * DAY
    await hold(studio, pass_id, first.isoformat(), (first + DAY).isoformat())
    await studio.do(create_client, CreateClient("Zoe"))
    receiver = (await studio.fetch("SELECT id FROM clients WHERE name = 'Zoe'"))[0]["id"]
    before = await effective(studio)
    for _ in range(2):
        if terms is UNLIMITED and units:
            return
        await studio.do(transfer_pass, TransferPass(pass_id, receiver, "Gift", units))
        assert await effective(studio) != before
        await undo(studio, await last_operation(studio))
        assert await effective(studio) == before


async def test_those_it_was_shared_with_have_it_again(studio: Studio) -> None:
    ben, kim = await household_with(studio, "Ben", "Kim")
    pass_id = await studio.sell(SHARED)
    await studio.do(share_pass, SharePass(pass_id, ben, 3))
    await studio.do(share_pass, SharePass(pass_id, kim))
    await studio.book([studio.began + DAY], client=ben, pass_id=pass_id)
    await studio.do(create_client, CreateClient("Zoe"))
    zoe = (await studio.fetch("SELECT id FROM clients WHERE name = 'Zoe'"))[0]["id"]
    before = await effective(studio)
    await studio.do(transfer_pass, TransferPass(pass_id, zoe, "Gift"))
    await undo(studio, await last_operation(studio))
    assert await effective(studio) == before


async def test_what_the_receiver_has_done_with_it_is_named(studio: Studio) -> None:
    pass_id = await studio.sell(TEN_CLASSES)
    receiver, made, transfer = await given(studio, pass_id)
    (visit,) = (await studio.book([studio.began + DAY], client=receiver, pass_id=made)).visits
    await needs(studio, transfer, await last_operation(studio))
    await cancel(studio, visit)
    await studio.do(adjust_pass, AdjustPass(made, 1, "Gift"))
    gift = await last_operation(studio)
    await needs(studio, transfer, gift)
    await undo(studio, gift)
    await studio.do(transfer_pass, TransferPass(made, studio.client, "Thanks", 2))
    back = await last_operation(studio)
    await needs(studio, transfer, back)
    await undo(studio, back)
    await undo(studio, transfer)
    assert (await studio.balances(pass_id))["available"] == 10
    assert (await studio.balances(made))["available"] == 0
    assert (await studio.book([studio.began + DAY], client=receiver, pass_id=made)).passes == []


async def test_days_that_the_receiver_was_given_are_named(studio: Studio) -> None:
    _, made, transfer = await given(studio, await studio.sell(MONTHLY), 2)
    await studio.do(extend_pass, ExtendPass(made, 3, "Ill"))
    await needs(studio, transfer, await last_operation(studio))


@pytest.mark.parametrize("units", [None, 3])
async def test_what_the_receiver_pays_for_it_has_its_answer_first(studio: Studio, units: int | None) -> None:
    """Once the charge is captured, the receiver has another period, and that is named."""
    _, made, transfer = await given(studio, await studio.sell(MONTHLY), units)
    with pytest.raises(Refused):
        await studio.do(renew_pass, RenewPass(made, PaymentMethod.TEST_CARD, TestCard.TIMEOUT))
    command = UndoOperation(transfer, "A mistake")
    assert await studio.refused(undo_operation, command) is Code.PAYMENT_IN_PROGRESS
    await studio.advance(studio.began + HOUR)
    renewal = (await studio.fetch("SELECT id FROM operations WHERE verb = 'renewPass'"))[0]["id"]
    await needs(studio, transfer, renewal)
    await undo(studio, renewal)
    await undo(studio, transfer)
    async with studio.runtime.database.reading(studio.business_id) as reader:
        assert await check_business(reader) == []


async def test_units_whose_days_are_over_do_not_come_back(studio: Studio) -> None:
    _, _, transfer = await given(
        studio, await studio.sell(replace(MONTHLY, after_expiration=AfterExpiration.EXPIRE)), 2
    )
    await studio.advance(at("2026-03-20"))
    command = UndoOperation(transfer, "A mistake")
    assert await studio.refused(undo_operation, command) is Code.NOT_UNDOABLE


async def test_of_those_who_undo_and_book_at_once_one_has_it(studio: Studio) -> None:
    pass_id = await studio.sell(replace(TEN_CLASSES, quantity=2))
    receiver, made, transfer = await given(studio, pass_id)

    async def undo_it() -> str:
        try:
            await studio.do(undo_operation, UndoOperation(transfer, "A mistake"), key=str(uuid4()))
        except Refused as refused:
            return str(refused.code)
        return "undone"

    async def book(hours: int) -> str:
        booked = await studio.book([studio.began + DAY + hours * HOUR], client=receiver, pass_id=made)
        return "paid" if booked.passes else "unpaid"

    told = await asyncio.gather(*(undo_it() for _ in range(3)), *(book(n) for n in range(4)))
    undone, paid = told.count("undone"), told.count("paid")
    assert (undone, paid) in ((1, 0), (0, 2)), told
    left = (await studio.balances(pass_id))["available"]
    assert left == 2 * undone
