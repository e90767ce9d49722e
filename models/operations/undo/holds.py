"""Undo what was done with holds and closures."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from models.errors import refuse
from models.operations.base import Changed, Tx, unique
from models.operations.closures import RemoveClosure, remove_closure
from models.operations.holds import RemoveHold, remove_hold
from models.operations.lapse import release_uncovered
from models.operations.pass_guards import locked_pass
from models.operations.refresh import refresh
from models.operations.undo.claims_back import give_what_it_took, take_what_it_gave
from models.operations.undo.dependents import ENDINGS, depended_on, require_none_later
from models.operations.undo.done import Done
from models.operations.undo.guards import require_going
from models.operations.undo.visits import outcomes_as_they_were
from models.operations.write_hold import moved_a_past_period
from models.queries.locks import lock_client_passes
from models.rules.codes import Code
from models.rules.values import HoldKind
from models.tables.passes import holds
from models.tables.visits import visits

_CHANGES = ("hold.ended", "hold.removed", "hold.restored")
# The last day it had before the operation: of the latest change before that, else as it was asked for.
_FORMER_LAST_DAY = """
SELECT coalesce(
    (SELECT e.data->'last_day' FROM events e WHERE e.pass_id = h.pass_id AND e.id < $2 AND e.data->>'hold' = h.id::text
       AND e.type IN ('hold.ended', 'hold.restored') ORDER BY e.id DESC LIMIT 1), to_jsonb(h.requested_last_day)
) #>> '{}' FROM holds h WHERE h.id = $1
"""
_BOOKED_SINCE = """
SELECT DISTINCT c.operation_id AS id FROM claims c JOIN visits v ON v.business_id = c.business_id AND v.id = c.visit_id
WHERE c.pass_id = $1 AND c.released_at IS NULL AND c.id > $2 AND v.day > $3::date AND ($4::date IS NULL OR v.day <= $4)
"""


async def undo_hold(tx: Tx, done: Done) -> Changed:
    """Remove the hold; the visits it cancelled are booked again, and those it left unpaid are paid as before."""
    (hold_id,) = done.changed.holds
    found = await tx.row("SELECT pass_id, order_id FROM holds WHERE id = $1", hold_id)
    client = await tx.raw.fetchval("SELECT client_id FROM passes WHERE id = $1", found["pass_id"])
    await lock_client_passes(tx.raw, client)
    await require_none_later(tx, done, _CHANGES, passes=[found["pass_id"]], hold=hold_id)
    await require_none_later(tx, done, [kind for kind in ENDINGS if kind != "pass.renewed"], passes=[found["pass_id"]])
    if found["order_id"] is not None and await tx.raw.fetchval(
        "SELECT amount_minor > 0 FROM orders WHERE id = $1", found["order_id"]
    ):
        raise refuse(
            Code.NOT_UNDOABLE,
            "operationId",
            sentence="a fee was paid for the hold.",
            remedy="Take the hold back with removeHold; what was paid stays with the studio or is given as credit.",
        )
    moved = await take_what_it_gave(tx, done, done.visits)
    await remove_hold(tx, RemoveHold(hold_id))
    await _visits_as_they_were(tx, done, "Cancelled by a hold")
    return Changed([found["pass_id"]], unique([*done.changed.visits, *moved]), [hold_id])


async def undo_lifting(tx: Tx, done: Done) -> Changed:
    """Let a hold that was ended or removed hold again as before.

    Errors: DEPENDED_ON for visits booked since on days that would be held again, HOLD_PERIOD_OVER, PASS_ENDED.
    """
    (hold_id,) = done.changed.holds
    pass_id = await tx.raw.fetchval("SELECT pass_id FROM holds WHERE id = $1", hold_id)
    facts = await locked_pass(tx, pass_id)
    hold = await tx.row("SELECT * FROM holds WHERE id = $1", hold_id)
    if hold["cause"] is not None:
        raise refuse(
            Code.NOT_UNDOABLE,
            "operationId",
            sentence="the hold came from something else that happened, which may be over.",
            remedy="Place a hold with placeHold.",
        )
    await require_none_later(tx, done, _CHANGES, passes=[pass_id], hold=hold_id)
    await require_none_later(tx, done, ENDINGS, passes=[pass_id])
    require_going(tx, facts)
    ended = hold["removed_at"] is None
    text = await tx.raw.fetchval(_FORMER_LAST_DAY, hold_id, done.since)
    last_day = _day(text) if ended else hold["last_day"]
    from_day = hold["last_day"] if ended else _day_before(hold["first_day"])
    since = await tx.raw.fetch(_BOOKED_SINCE, pass_id, done.since, from_day, last_day)
    if since:
        raise await depended_on(tx, [row["id"] for row in since])
    if HoldKind(hold["kind"]).extends and moved_a_past_period(tx, facts, hold["first_day"], last_day):
        raise refuse(Code.HOLD_PERIOD_OVER, "operationId")
    changes: dict[str, Any] = {"last_day": last_day, "removed_at": None, "ended_operation_id": None}
    await tx.update(holds, hold_id, **changes)
    await tx.event("hold.restored", pass_id=pass_id, hold=hold_id, last_day=last_day)
    await release_uncovered(tx, facts, (await refresh(tx, [pass_id]))[pass_id])
    await give_what_it_took(tx, done, done.changed.visits)
    await refresh(tx, [pass_id])
    return Changed([pass_id], list(done.changed.visits), [hold_id])


async def undo_closure(tx: Tx, done: Done) -> Changed:
    """Take a closure back that has reached all of its passes at once, and what it did to their visits.

    Errors: NOT_UNDOABLE where the workers went on with it, DEPENDED_ON, HOLD_PERIOD_OVER.
    """
    closure_id = done.changed.rows["closure"]
    if done.changed.figures.get("waiting"):
        raise refuse(
            Code.NOT_UNDOABLE,
            "operationId",
            sentence="it went on to more passes than one operation changes.",
            remedy="Take the closure back with removeClosure; cancelled visits are booked anew.",
        )
    ended_by = await tx.raw.fetchval("SELECT ended_operation_id FROM closures WHERE id = $1 FOR UPDATE", closure_id)
    if ended_by is not None:
        raise await depended_on(tx, [ended_by])
    await remove_closure(tx, RemoveClosure(closure_id))
    left = "SELECT count(*) FROM holds WHERE closure_id = $1 AND removed_at IS NULL"
    if await tx.raw.fetchval(left, closure_id):
        raise refuse(Code.HOLD_PERIOD_OVER, "operationId")
    await _visits_as_they_were(tx, done, "Cancelled by")
    return Changed(list(done.changed.passes), list(done.changed.visits), list(done.changed.holds))


async def _visits_as_they_were(tx: Tx, done: Done, note: str) -> None:
    await outcomes_as_they_were(tx, done, done.changed.visits)
    await give_what_it_took(tx, done, done.visits)
    for row in await tx.raw.fetch("SELECT id, note FROM visits WHERE id = ANY($1)", list(done.changed.visits)):
        if (row["note"] or "").startswith(note):
            await tx.update(visits, row["id"], note=None)


async def lift_what_joined(tx: Tx, done: Done) -> None:
    """Remove the holds that a pass got from standing closures as it came back by the operation."""
    for row in await tx.raw.fetch(
        "SELECT id FROM holds WHERE pass_id = ANY($1) AND operation_id = $2 AND removed_at IS NULL",
        list(done.passes),
        done.id,
    ):
        await remove_hold(tx, RemoveHold(UUID(str(row["id"]))))


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def _day_before(day: date) -> date:
    return day - timedelta(days=1)
