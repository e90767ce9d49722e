"""A closure that was ended early or removed closes again, over the same passes, where nobody has used the open days."""

from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

import pytest

from models.operations import spread_closure
from models.operations.book_visits import PayBy
from models.operations.catalogue import CreateClient, CreateLocation, create_client, create_location
from models.operations.closures import (
    EndClosure,
    PlaceClosure,
    RemoveClosure,
    end_closure,
    place_closure,
    remove_closure,
)
from models.operations.holds import EndHold, end_hold
from models.operations.refund_pass import RefundPass, refund_pass
from models.operations.undo import closures as closures_back
from models.operations.undo.undo_operation import UndoOperation, undo_operation
from models.rules.codes import Code
from models.rules.values import ClosureReach
from tests.operations.acts import DAY, at, cancel, days
from tests.operations.effective import effective
from tests.operations.test_closures import close, spread
from tests.operations.test_undo_dependents import needs, undo
from tests.operations.test_undo_every_verb import last_operation
from tests.studio import MONTH, TEN_CLASSES, Studio

MONTHLY = replace(TEN_CLASSES, validity=MONTH)
FIRST, LAST = "2026-02-02", "2026-02-08"


def changes(closure: UUID) -> list[tuple[Any, Any]]:
    """The ways in which a closure is let go of: ended early, after its first days, and removed."""
    return [(end_closure, EndClosure(closure, date(2026, 2, 4))), (remove_closure, RemoveClosure(closure))]


@pytest.mark.parametrize("which", [0, 1], ids=["ended", "removed"])
async def test_it_closes_again_with_all_that_it_held(studio: Studio, which: int) -> None:
    passes = [await studio.sell(MONTHLY) for _ in range(3)]
    await studio.book([at("2026-02-03")], pass_id=passes[0])
    closure = (await close(studio, FIRST, LAST)).rows["closure"]
    held = await effective(studio)
    last = (await days(studio, passes[0]))[-1][1]
    assert last is not None
    # A visit of the days that the closure gave becomes unpaid as it lets go.
    await studio.book([at(last)], pass_id=passes[1])
    held = await effective(studio)
    verb, command = changes(closure)[which]
    for _ in range(2):
        await studio.do(verb, command)
        letting_go = await last_operation(studio)
        assert (await effective(studio)) != held
        undone = await undo(studio, letting_go)
        assert await effective(studio) == held
        assert sorted(undone.passes) == sorted(passes)


async def test_a_closure_that_was_ended_and_then_removed_comes_back_step_by_step(studio: Studio) -> None:
    await studio.sell(MONTHLY)
    closure = (await close(studio, FIRST, None)).rows["closure"]
    states, done = [await effective(studio)], []
    for verb, command in (
        (end_closure, EndClosure(closure, date(2026, 2, 20))),
        (end_closure, EndClosure(closure, date(2026, 2, 6))),
        (remove_closure, RemoveClosure(closure)),
    ):
        await studio.do(verb, command)
        done.append(await last_operation(studio))
        states.append(await effective(studio))
    await needs(studio, done[1], done[2])
    await needs(studio, done[0], done[2])
    for operation, before in zip(reversed(done), reversed(states[:-1]), strict=True):
        await undo(studio, operation)
        assert await effective(studio) == before
    # It stands as it was placed, so that it can be ended again.
    await studio.do(end_closure, EndClosure(closure, date(2026, 2, 6)))
    await undo(studio, await last_operation(studio))
    assert await effective(studio) == states[0]


async def test_days_that_were_booked_since_stay_open(studio: Studio) -> None:
    other = (await studio.do(create_client, CreateClient("Bob"))).rows["client"]
    pass_id = await studio.sell(MONTHLY)
    closure = (await close(studio, FIRST, LAST)).rows["closure"]
    await studio.do(end_closure, EndClosure(closure, date(2026, 2, 4)))
    ended = await last_operation(studio)
    await studio.book([at("2026-02-04", 16)], client=other, pay_by=PayBy.NOTHING)  # a day that stayed closed
    (by_pass,) = (await studio.book([at("2026-02-05")], pass_id=pass_id)).visits
    (unpaid,) = (await studio.book([at("2026-02-08")], client=other, pay_by=PayBy.NOTHING)).visits
    rows = await studio.fetch("SELECT operation_id FROM events WHERE type = 'visit.booked' ORDER BY id")
    booked = [row["operation_id"] for row in rows]
    await needs(studio, ended, *booked[1:])
    for visit in (by_pass, unpaid):
        await cancel(studio, visit)
    await undo(studio, ended)
    assert (await studio.facts(pass_id)).held_on(date(2026, 2, 8))


async def test_a_pass_that_came_since_joins_and_one_that_is_gone_does_not_hold_it_up(studio: Studio) -> None:
    gone, kept = [await studio.sell(MONTHLY) for _ in range(2)]
    closure = (await close(studio, FIRST, LAST)).rows["closure"]
    await studio.do(remove_closure, RemoveClosure(closure))
    removed = await last_operation(studio)
    await studio.do(refund_pass, RefundPass(gone, "Moved away"))
    new = await studio.sell(MONTHLY)
    await undo(studio, removed)
    held = await studio.fetch("SELECT pass_id FROM holds WHERE removed_at IS NULL ORDER BY pass_id")
    assert [row["pass_id"] for row in held] == sorted([kept, new])


async def test_what_was_booked_on_days_that_stay_closed_and_was_cancelled_is_booked_again(studio: Studio) -> None:
    await studio.sell(MONTHLY)
    closure = (await close(studio, FIRST, LAST)).rows["closure"]
    await studio.book([at("2026-02-03")], pay_by=PayBy.NOTHING)
    before = await effective(studio)
    ended = await studio.do(end_closure, EndClosure(closure, date(2026, 2, 5)))
    assert ended.figures["cancelled"] == 1
    await undo(studio, await last_operation(studio))
    assert await effective(studio) == before


async def test_a_hold_that_staff_ended_themselves_stays_ended(studio: Studio) -> None:
    pass_id = await studio.sell(MONTHLY)
    closed = await close(studio, FIRST, LAST)
    await studio.do(end_hold, EndHold(closed.holds[0], date(2026, 2, 3)))
    before = await effective(studio)
    await studio.do(end_closure, EndClosure(closed.rows["closure"], date(2026, 2, 6)))
    await undo(studio, await last_operation(studio))
    assert await effective(studio) == before
    assert not (await studio.facts(pass_id)).held_on(date(2026, 2, 4))


@pytest.mark.parametrize("which", [0, 1], ids=["ended", "removed"])
async def test_what_the_workers_let_go_of_is_held_again_too(
    studio: Studio, which: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spread_closure, "BATCH_MAX", 2)
    annex = (await studio.do(create_location, CreateLocation("Annex"))).rows["location"]
    passes = [await studio.sell(MONTHLY) for _ in range(5)]
    closure = (await close(studio, FIRST, LAST, reach=ClosureReach.ALL_VALID_HERE)).rows["closure"]
    last = (await days(studio, passes[4]))[-1][1]
    assert last is not None
    (visit,) = (await studio.book([at(last)], pass_id=passes[4], location=annex)).visits
    held = await effective(studio)
    verb, command = changes(closure)[which]
    await studio.do(verb, command)
    letting_go = await last_operation(studio)
    assert await studio.refused(undo_operation, UndoOperation(letting_go, "A mistake")) is Code.NOT_UNDOABLE
    await spread(studio, closure)
    assert len(await studio.fetch("SELECT FROM operations WHERE verb = 'spreadClosure' AND id > $1", letting_go)) > 1
    await undo(studio, letting_go)
    assert await effective(studio) == held
    # What was undone since then is nothing that placing the closure has to see to.
    await cancel(studio, visit)
    await undo(studio, (await studio.fetch("SELECT id FROM operations WHERE verb = 'placeClosure'"))[0]["id"])
    assert await studio.fetch("SELECT FROM holds WHERE removed_at IS NULL") == []


async def test_a_closure_that_is_over_by_now_can_still_come_back(studio: Studio) -> None:
    await studio.sell(MONTHLY)
    closure = (await close(studio, FIRST, LAST)).rows["closure"]
    await studio.advance(studio.began + 10 * DAY)
    held = await effective(studio)
    await studio.do(remove_closure, RemoveClosure(closure))
    removed = await last_operation(studio)
    await studio.advance(studio.began + 12 * DAY)
    await undo(studio, removed)
    assert await effective(studio) == held


async def test_a_closure_that_the_workers_spread_is_taken_back_whole(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spread_closure, "BATCH_MAX", 2)
    passes = [await studio.sell(MONTHLY) for _ in range(5)]
    for minutes, pass_id in enumerate(passes):
        await studio.book([at("2026-02-03", 10, minutes), at("2026-02-20", 10, minutes)], pass_id=pass_id)
    await studio.book([at("2026-02-04")], pay_by=PayBy.NOTHING)
    before = await effective(studio)
    for _ in range(2):
        closed = await studio.do(place_closure, PlaceClosure(studio.location, date(2026, 2, 2), None, "Repairs"))
        placing = await last_operation(studio)
        undoing = UndoOperation(placing, "A mistake")
        assert await studio.refused(undo_operation, undoing) is Code.NOT_UNDOABLE
        await spread(studio, closed.rows["closure"])
        assert len(await studio.fetch("SELECT FROM holds WHERE removed_at IS NULL")) == len(passes)
        await undo(studio, placing)
        assert await effective(studio) == before


async def test_a_closure_of_more_passes_than_one_transaction_changes_says_so(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(closures_back, "HOLDS_MAX", 2)
    for _ in range(3):
        await studio.sell(MONTHLY)
    closure = (await close(studio, FIRST, LAST)).rows["closure"]
    rows = await studio.fetch("SELECT id FROM operations WHERE verb = 'placeClosure'")
    assert await studio.refused(undo_operation, UndoOperation(rows[0]["id"], "A mistake")) is Code.NOT_UNDOABLE
    await studio.do(remove_closure, RemoveClosure(closure))
    undoing = UndoOperation(await last_operation(studio), "A mistake")
    assert await studio.refused(undo_operation, undoing) is Code.NOT_UNDOABLE


async def test_what_an_undoing_booked_again_was_booked_before(studio: Studio) -> None:
    pass_id = await studio.sell(MONTHLY)
    (visit,) = (await studio.book([at("2026-02-06")], pass_id=pass_id)).visits
    closure = (await close(studio, FIRST, LAST, keep_visits=True)).rows["closure"]
    before = await effective(studio)
    await studio.do(end_closure, EndClosure(closure, date(2026, 2, 4)))
    ended = await last_operation(studio)
    await cancel(studio, visit)
    await undo(studio, await last_operation(studio))
    await undo(studio, ended)
    assert await effective(studio) == before
