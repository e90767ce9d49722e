"""Every verb is undone, so that all that matters is as it was; or it says why not and what to do instead."""

from uuid import UUID

import pytest

from models.errors import Refused
from models.operations.base import Actor
from models.operations.run import verb_name
from models.operations.undo.registry import COMPENSATORS, NOT_UNDOABLE
from models.operations.undo.undo_operation import UndoOperation, undo_operation
from models.rules.codes import Code
from models.rules.values import Role
from tests.operations.effective import effective
from tests.operations.test_dry_run import VERBS, Make
from tests.studio import Studio


async def last_operation(studio: Studio) -> UUID:
    """Return the operation that was written down last."""
    rows = await studio.fetch("SELECT id FROM operations ORDER BY recorded_at DESC, id DESC LIMIT 1")
    found: UUID = rows[0]["id"]
    return found


@pytest.mark.parametrize("make", VERBS, ids=lambda make: make.__name__)
async def test_what_is_undone_is_as_if_it_had_not_been(studio: Studio, make: Make) -> None:
    verb, command = await make(studio)
    before = await effective(studio)
    await studio.do(verb, command)
    after = await effective(studio)
    undo = UndoOperation(await last_operation(studio), "A mistake")
    name = verb_name(verb)

    if name in NOT_UNDOABLE:
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
    again = UndoOperation(await last_operation(studio), "Not a mistake")
    assert await studio.refused(undo_operation, again) is Code.NOT_UNDOABLE


def test_every_sample_stands_on_one_side() -> None:
    assert not COMPENSATORS.keys() & NOT_UNDOABLE.keys()
    assert all(reason.code is Code.NOT_UNDOABLE for reason in NOT_UNDOABLE.values())


async def test_a_client_and_a_partner_undo_nothing(studio: Studio) -> None:
    await studio.sell()
    undo = UndoOperation(await last_operation(studio), "A mistake")
    for actor in (Actor(Role.CLIENT, client_id=studio.client), Actor(Role.PARTNER)):
        with pytest.raises(Refused, match=r"^FORBIDDEN"):
            await studio.do(undo_operation, undo, actor=actor)
