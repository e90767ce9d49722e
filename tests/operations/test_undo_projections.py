"""What a pass stood to pay for once it renews, it stands for again when what made it let go is undone."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

import pytest

from models.operations.book_visits import PayBy
from models.operations.change_pass import (
    DeactivatePass,
    ExtendPass,
    SetAutoRenew,
    deactivate_pass,
    extend_pass,
    set_auto_renew,
)
from models.operations.closures import PlaceClosure, place_closure
from models.operations.convert_pass import ScheduleConversion, schedule_conversion
from models.operations.end_visit import CancelledBy, CancelVisit, cancel_visit
from models.operations.holds import PlaceHold, place_hold
from models.operations.sell_pass import SellPass, sell_pass
from models.operations.sharing import SharePass, share_pass
from models.operations.undo.undo_operation import UndoOperation, undo_operation
from models.rules.codes import Code
from models.rules.policies import Sharing
from models.rules.values import AfterExpiration, PaymentMethod
from tests.operations.acts import at, pay
from tests.operations.effective import effective
from tests.operations.test_projecting import standing
from tests.operations.test_undo_every_verb import last_operation
from tests.packaged import CARD
from tests.studio import MONTH, TEN_CLASSES, Studio, household_with

TWO = replace(TEN_CLASSES, quantity=2, validity=MONTH, after_expiration=AfterExpiration.RENEW)
Make = Callable[[Studio, UUID, UUID, UUID], tuple[Any, Any]]


async def undone(studio: Studio) -> None:
    """Undo what was done last."""
    await studio.do(undo_operation, UndoOperation(await last_operation(studio), "A mistake"))


LET_GO: dict[str, Make] = {
    "cancelled": lambda _s, _p, visit, _o: (cancel_visit, CancelVisit(visit, CancelledBy.CLIENT)),
    "switched off": lambda _s, p, _v, _o: (set_auto_renew, SetAutoRenew(p, enabled=False)),
    "paid at the desk": lambda _s, p, _v, _o: (set_auto_renew, SetAutoRenew(p, True, PaymentMethod.CASH)),
    "frozen": lambda _s, p, _v, _o: (place_hold, PlaceHold(p, date(2026, 2, 5), date(2026, 2, 15))),
    "frozen without an end": lambda _s, p, _v, _o: (place_hold, PlaceHold(p, date(2026, 2, 5))),
    "closed": lambda s, _p, _v, _o: (place_closure, PlaceClosure(s.location, date(2026, 3, 4), date(2026, 3, 5), "x")),
    "out of use": lambda _s, p, _v, _o: (deactivate_pass, DeactivatePass(p, "Lost")),
    "longer": lambda _s, p, _v, _o: (extend_pass, ExtendPass(p, 7, "Storm")),
    "converted later": lambda _s, p, _v, option: (schedule_conversion, ScheduleConversion(p, option)),
    "paid by another": lambda s, _p, _v, option: (sell_pass, SellPass(s.client, option, *CARD)),
}


@pytest.mark.parametrize("name", LET_GO)
async def test_it_stands_again_when_what_made_it_let_go_is_undone(studio: Studio, name: str) -> None:
    pass_id, other = await studio.sell(TWO), await studio.option(TEN_CLASSES)
    visits = (await studio.book([at("2026-03-05"), at("2026-03-07")])).visits
    assert len(await standing(studio)) == 2
    before = await effective(studio)

    verb, command = LET_GO[name](studio, pass_id, visits[0], other)
    await studio.do(verb, command)
    assert await effective(studio) != before
    await undone(studio)

    assert await effective(studio) == before
    await studio.advance(at("2026-03-01"))
    paid = await studio.fetch("SELECT count(*) FROM claims WHERE pass_id = $1 AND released_at IS NULL", pass_id)
    assert paid[0][0] == 2


async def test_a_payment_that_was_to_come_is_undone_too(studio: Studio) -> None:
    first, second = await studio.sell(TWO), await studio.sell(TWO)
    (visit,) = (await studio.book([at("2026-03-05")], pay_by=PayBy.NOTHING)).visits
    await pay(studio, [visit], first)
    standing_first = await effective(studio)
    await pay(studio, [visit], second)

    await undone(studio)
    assert await effective(studio) == standing_first

    rows = await studio.fetch("SELECT id FROM operations WHERE verb = 'payVisits' ORDER BY id")
    await studio.do(undo_operation, UndoOperation(rows[0]["id"], "A mistake"))
    assert await standing(studio) == []
    await pay(studio, [visit], first)
    assert await standing(studio) == [visit]


async def test_where_another_visit_took_the_place_that_one_is_named(studio: Studio) -> None:
    await studio.sell(TWO)
    visits = (await studio.book([at("2026-03-05"), at("2026-03-07")])).visits
    await studio.do(cancel_visit, CancelVisit(visits[0], CancelledBy.CLIENT))
    cancelled = await last_operation(studio)
    later = (await studio.book([at("2026-03-06")])).visits
    assert await standing(studio) == [visits[1], *later]

    assert await studio.refused(undo_operation, UndoOperation(cancelled, "A mistake")) is Code.DEPENDED_ON

    await undone(studio)
    await studio.do(undo_operation, UndoOperation(cancelled, "A mistake"))
    assert sorted(await standing(studio)) == sorted(visits)


async def test_what_a_member_is_to_have_paid_by_a_share_stands_in_the_way_of_undoing_it(studio: Studio) -> None:
    (member,) = await household_with(studio, "Ben")
    pass_id = await studio.sell(replace(TWO, sharing=Sharing(allowed=True)))
    await studio.do(share_pass, SharePass(pass_id, member))
    shared = await last_operation(studio)
    (visit,) = (await studio.book([at("2026-03-05")], client=member)).visits
    assert await standing(studio) == [visit]

    assert await studio.refused(undo_operation, UndoOperation(shared, "A mistake")) is Code.DEPENDED_ON

    await undone(studio)
    await studio.do(undo_operation, UndoOperation(shared, "A mistake"))
