"""An undoing that is undone: what had been undone is done again, and what that did can be undone in its turn."""

import asyncio
from dataclasses import replace
from uuid import UUID, uuid4

import pytest

from models.errors import Refused
from models.operations.base import Actor
from models.operations.change_pass import AdjustPass, ExtendPass, adjust_pass, extend_pass
from models.operations.holds import PlaceHold, place_hold
from models.operations.refund_pass import RefundPass, refund_pass
from models.operations.renew_pass import RenewPass, renew_pass
from models.operations.sell_pass import SellPass, sell_pass
from models.operations.sharing import SharePass, share_pass
from models.operations.undo.again import VERBS as AGAIN
from models.operations.undo.undo_operation import UndoOperation, undo_operation
from models.rules.codec import from_plain
from models.rules.codes import Code
from models.rules.values import AfterExpiration, PaymentMethod, RefundDestination, Role
from tests.operations.acts import DAY
from tests.operations.effective import effective
from tests.operations.test_dry_run import CARD, VERBS, Make
from tests.operations.test_undo_dependents import needs, undo
from tests.operations.test_undo_every_verb import last_operation
from tests.studio import MONTH, SHARED, TEN_CLASSES, Studio, household_with

MONTHLY = replace(TEN_CLASSES, validity=MONTH, after_expiration=AfterExpiration.RENEW)


async def last_undone(studio: Studio) -> UUID:
    """Undo what was done last; return the undoing."""
    await undo(studio, await last_operation(studio))
    return await last_operation(studio)


@pytest.mark.parametrize("make", VERBS, ids=lambda make: make.__name__)
async def test_what_was_asked_for_is_read_back_as_it_was(studio: Studio, make: Make) -> None:
    verb, command = await make(studio)
    await studio.do(verb, command)
    row = (await studio.fetch("SELECT verb, input FROM operations ORDER BY recorded_at DESC, id DESC LIMIT 1"))[0]
    if row["verb"] in AGAIN:
        assert from_plain(AGAIN[row["verb"]][1], row["input"]["command"]) == command


async def test_on_and_on(studio: Studio) -> None:
    pass_id = await studio.sell()
    without = await effective(studio)
    await studio.do(adjust_pass, AdjustPass(pass_id, 4, "Gift"))
    given = await effective(studio)
    for _ in range(3):
        await last_undone(studio)
        assert (await studio.balances(pass_id))["available"] == 10
        assert await effective(studio) == without
        await last_undone(studio)
        assert (await studio.balances(pass_id))["available"] == 14
        assert {**await effective(studio), "passes": None} == {**given, "passes": None}
    rows = await studio.fetch("SELECT again FROM undoings ORDER BY undone_by")
    assert [row["again"] for row in rows] == [False, True] * 3


async def test_visits_that_were_booked_are_booked_again_and_stand_in_the_way(studio: Studio) -> None:
    pass_id = (await studio.do(sell_pass, SellPass(studio.client, await studio.option(), *CARD))).passes[0]
    sale = await last_operation(studio)
    visits = (await studio.book([studio.began + DAY, studio.began + 2 * DAY], pass_id=pass_id)).visits
    booked = await effective(studio)
    await last_undone(studio)
    again = await last_undone(studio)
    assert await effective(studio) == booked
    assert len(visits) == len(await studio.fetch("SELECT * FROM visits"))
    await needs(studio, sale, again)
    await undo(studio, again)
    await undo(studio, sale)


async def test_what_was_done_again_stands_in_the_way_as_it_did(studio: Studio) -> None:
    pass_id = await studio.sell(MONTHLY)
    await studio.do(renew_pass, RenewPass(pass_id, *CARD))
    renewal = await last_operation(studio)
    await studio.do(extend_pass, ExtendPass(pass_id, 3, "Ill"))
    await last_undone(studio)
    again = await last_undone(studio)
    await needs(studio, renewal, again)
    await undo(studio, again)
    await undo(studio, renewal)


async def test_what_used_what_came_back_is_named(studio: Studio) -> None:
    pass_id = await studio.sell(replace(TEN_CLASSES, quantity=1))
    await studio.do(adjust_pass, AdjustPass(pass_id, -1, "Correction"))
    undoing = await last_undone(studio)
    await studio.book([studio.began + DAY], pass_id=pass_id)
    before = await studio.fingerprint()
    with pytest.raises(Refused, match=r"^NO_SESSIONS_LEFT"):
        await undo(studio, undoing)
    assert await studio.fingerprint() == before


async def test_a_gift_is_given_again_and_a_price_is_not_charged_again(studio: Studio) -> None:
    option = await studio.option(MONTHLY)
    free = SellPass(studio.client, await studio.option(replace(TEN_CLASSES, price_minor=0)))
    await studio.do(sell_pass, free)
    await last_undone(studio)
    await last_undone(studio)
    rows = await studio.fetch("SELECT closed_reason FROM passes ORDER BY id")
    assert [row["closed_reason"] for row in rows] == ["REFUNDED", None]
    for command in (SellPass(studio.client, option, *CARD), SellPass(studio.client, option, PaymentMethod.CASH)):
        await studio.do(sell_pass, command)
        undoing = await last_undone(studio)
        with pytest.raises(Refused, match=r"to a new charge nobody has agreed"):
            await undo(studio, undoing)
    pass_id = await studio.sell(MONTHLY)
    await studio.do(renew_pass, RenewPass(pass_id, *CARD))
    renewal = UndoOperation(await last_undone(studio), "Again")
    assert await studio.refused(undo_operation, renewal) is Code.NOT_UNDOABLE


async def test_credit_pays_again_what_it_had_paid(studio: Studio) -> None:
    given = await studio.sell()
    await studio.do(refund_pass, RefundPass(given, "Moved", destination=RefundDestination.CREDIT))
    pass_id = await studio.sell(MONTHLY)
    await studio.do(renew_pass, RenewPass(pass_id, use_credit=True))
    renewed = await effective(studio)
    await last_undone(studio)
    await last_undone(studio)
    assert {**await effective(studio), "passes": None} == {**renewed, "passes": None}
    assert len((await studio.facts(pass_id)).periods) == 2


async def test_a_clients_request_is_theirs_again(studio: Studio) -> None:
    (ben,) = await household_with(studio, "Ben")
    asker = Actor(Role.CLIENT, client_id=studio.client)
    await studio.do(share_pass, SharePass(await studio.sell(SHARED), ben), actor=asker)
    await last_undone(studio)
    await last_undone(studio)
    rows = await studio.fetch("SELECT state FROM shares ORDER BY id")
    assert [row["state"] for row in rows] == ["REMOVED", "PENDING"]


async def test_a_hold_with_its_visits(studio: Studio) -> None:
    pass_id = await studio.sell()
    await studio.book([studio.began + DAY, studio.began + 5 * DAY], pass_id=pass_id)
    first = studio.began.date()
    before = await effective(studio)
    await studio.do(place_hold, PlaceHold(pass_id, first, first + 2 * DAY))
    held = await effective(studio)
    await last_undone(studio)
    assert await effective(studio) == before
    await last_undone(studio)
    assert await effective(studio) == held
    await last_undone(studio)
    assert await effective(studio) == before


async def test_of_ten_who_do_it_again_at_once_one_does(studio: Studio) -> None:
    pass_id = await studio.sell()
    await studio.do(adjust_pass, AdjustPass(pass_id, 4, "Gift"))
    command = UndoOperation(await last_undone(studio), "Again")

    async def once() -> str:
        try:
            await studio.do(undo_operation, command, key=str(uuid4()))
        except Refused as refused:
            return str(refused.code)
        return "done"

    told = sorted(await asyncio.gather(*(once() for _ in range(10))))
    assert told == ["Code.ALREADY_UNDONE"] * 9 + ["done"]
    assert (await studio.balances(pass_id))["available"] == 14
