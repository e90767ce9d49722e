"""Every verb is undone, so that all that matters is as it was; or it says why not and what to do instead."""

from typing import Any
from uuid import UUID

import pytest

from models.errors import Refused
from models.operations.base import Actor
from models.operations.run import verb_name
from models.operations.undo.again import AGAIN
from models.operations.undo.registry import COMPENSATORS, NOT_UNDOABLE
from models.operations.undo.undo_operation import UndoOperation, undo_operation
from models.rules.codes import Code
from models.rules.values import Role
from tests.operations.effective import effective
from tests.operations.sample_offers import a_refund_of_a_package, a_renewal_of_a_package, a_sale_of_a_package
from tests.operations.test_dry_run import (
    VERBS,
    Make,
    a_conversion,
    a_payment_of_fees,
    a_refund,
    a_renewal,
    a_sale,
    a_withdrawal,
)
from tests.studio import Studio

MONEY_LEFT = (a_refund, a_withdrawal, a_refund_of_a_package)
"""What these samples paid back by card has gone."""
CHARGED = (a_sale, a_renewal, a_conversion, a_payment_of_fees, a_sale_of_a_package, a_renewal_of_a_package)
"""Once they are undone, only a new charge would do these samples again."""


async def last_operation(studio: Studio) -> UUID:
    """Return the operation that was written down last."""
    rows = await studio.fetch("SELECT id FROM operations ORDER BY recorded_at DESC, id DESC LIMIT 1")
    found: UUID = rows[0]["id"]
    return found


def named(state: dict[str, Any], before: dict[str, Any]) -> str:
    """Return the state as text, with one word for every id that was not there before."""
    known = str(before)
    words = str({**state, "passes": sorted(state["passes"].items(), key=str)}).split("UUID('")
    return "".join(w if n == 0 or w[:36] in known else "new" + w[36:] for n, w in enumerate(words))


@pytest.mark.parametrize("make", VERBS, ids=lambda make: make.__name__)
async def test_what_is_undone_is_as_if_it_had_not_been(studio: Studio, make: Make) -> None:
    verb, command = await make(studio)
    before = await effective(studio)
    await studio.do(verb, command)
    after = await effective(studio)
    undo = UndoOperation(await last_operation(studio), "A mistake")
    name = verb_name(verb)

    if name in NOT_UNDOABLE or make in MONEY_LEFT:
        assert await studio.refused(undo_operation, undo) is Code.NOT_UNDOABLE
        assert await effective(studio) == after
        return

    assert after != before or name.startswith("create"), "the sample does something that matters"
    preview = await studio.do(undo_operation, undo, dry_run=True)
    assert await effective(studio) == after
    undone = await studio.do(undo_operation, undo)
    assert await effective(studio) == before
    assert (undone.passes, undone.visits) == (preview.passes, preview.visits)
    assert await studio.refused(undo_operation, undo) is Code.ALREADY_UNDONE
    undoing = UndoOperation(await last_operation(studio), "Not a mistake")
    if name not in AGAIN or make in CHARGED:
        assert await studio.refused(undo_operation, undoing) is Code.NOT_UNDOABLE
        return
    await studio.do(undo_operation, undoing)
    assert named(await effective(studio), before) == named(after, before)
    await studio.do(undo_operation, UndoOperation(await last_operation(studio), "A mistake after all"))
    assert await effective(studio) == before


def test_every_sample_stands_on_one_side() -> None:
    assert not COMPENSATORS.keys() & NOT_UNDOABLE.keys()
    assert all(reason.code is Code.NOT_UNDOABLE for reason in NOT_UNDOABLE.values())


async def test_a_client_and_a_partner_undo_nothing(studio: Studio) -> None:
    await studio.sell()
    undo = UndoOperation(await last_operation(studio), "A mistake")
    for actor in (Actor(Role.CLIENT, client_id=studio.client), Actor(Role.PARTNER)):
        with pytest.raises(Refused, match=r"^FORBIDDEN"):
            await studio.do(undo_operation, undo, actor=actor)
