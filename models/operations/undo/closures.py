"""Undo what was done with closures: they let go again what they held, or hold again what they let go."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from models.errors import Refused, refuse
from models.operations.base import Changed, Tx, unique
from models.operations.closures import RemoveClosure, remove_closure
from models.operations.pass_guards import FOR_GOOD
from models.operations.refresh import refresh
from models.operations.spread_closure import hold_back_sales, join_closures, locked_closure, spread
from models.operations.undo.claims_back import take_what_it_gave
from models.operations.undo.dependents import ENDINGS, STANDING, depended_on
from models.operations.undo.done import Done, read_done
from models.operations.undo.guards import GONE
from models.operations.undo.holds import hold_again, visits_as_they_were
from models.operations.undo.projections_back import projections_as_they_were
from models.queries.locks import lock_passes, lock_passes_only
from models.rules.codes import Code
from models.tables.closures import closures

HOLDS_MAX = 1_000
"""How many passes are let go or held again at most: it is done in one transaction, or not at all."""

# What the workers did for the operation, until something else was done to the closure, be it undone by now.
_WENT_ON = """
SELECT o.* FROM operations o
WHERE o.verb = 'spreadClosure' AND o.input->'command'->>'closure_id' = $1 AND o.id > $2 AND o.state = 'DONE'
  AND NOT EXISTS (
    SELECT FROM events e WHERE e.id > $2 AND e.id < o.id AND e.operation_id <> $2 AND e.data->>'closure' = $1
      AND e.type IN ('closure.ended', 'closure.removed', 'closure.restored'))
ORDER BY o.id
"""
_HELD = "FROM holds WHERE closure_id = $1 AND removed_at IS NULL"
# The passes that were sold since, or that something was done to as a whole, and that the closure has never held.
_CAME = """
SELECT DISTINCT p.id FROM events e JOIN passes p ON p.business_id = e.business_id AND p.id = e.pass_id
WHERE e.id > $2 AND e.type LIKE 'pass.%' AND p.closed_reason IS NULL AND NOT EXISTS (
    SELECT FROM holds h WHERE h.business_id = p.business_id AND h.pass_id = p.id AND h.closure_id = $1)
ORDER BY p.id LIMIT $3
"""
_ENDED_SINCE = "SELECT DISTINCT pass_id FROM events WHERE pass_id = ANY($1) AND type = ANY($2) AND id > $3"
_LET_GO = "SELECT * FROM holds WHERE closure_id = $1 AND ended_operation_id = ANY($2) ORDER BY pass_id"
# Who has booked it since, or brought a visit back; what an undoing brought back was booked before.
_VISITED_SINCE = f"""
SELECT DISTINCT e.operation_id AS id FROM events e
JOIN visits v ON v.business_id = e.business_id AND v.id = e.visit_id
WHERE e.type = 'visit.booked' AND e.id > $1 AND v.state <> 'CANCELLED' AND v.location_id = $2
  AND v.day > $3 AND ($4::date IS NULL OR v.day <= $4) AND {STANDING.format("e.operation_id")}
"""
# The last day that a closure had before an event.
_FORMER_LAST_DAY = """
SELECT coalesce(
    (SELECT e.data->'last_day' FROM events e WHERE e.id < $2 AND e.data->>'closure' = c.id::text
       AND e.type IN ('closure.ended', 'closure.restored') ORDER BY e.id DESC LIMIT 1),
    to_jsonb(c.requested_last_day)) #>> '{}'
FROM closures c WHERE c.id = $1
"""
# What had ended a closure or a hold before an event.
_ENDED_BEFORE = f"""
SELECT e.operation_id FROM events e
WHERE e.data->>$1 = $2 AND e.type = ANY($3) AND e.id < $4 AND {STANDING.format("e.operation_id")}
ORDER BY e.id DESC LIMIT 1
"""


async def undo_closure(tx: Tx, done: Done) -> Changed:
    """Take a closure back, whoever of its passes it reached at once or by the workers, and what it did to their visits.

    Errors: NOT_UNDOABLE while the workers are at it, or for too many passes; DEPENDED_ON, HOLD_PERIOD_OVER.
    """
    closure_id = done.changed.rows["closure"]
    closure = await locked_closure(tx, closure_id)
    if closure["ended_operation_id"] is not None:
        raise await depended_on(tx, [closure["ended_operation_id"]])
    steps = await _steps(tx, done, closure)
    await remove_closure(tx, RemoveClosure(closure_id))
    closure = await locked_closure(tx, closure_id)
    while closure["spread_at"] is None:
        await spread(tx, closure)
        closure = await locked_closure(tx, closure_id)
    if await tx.raw.fetchval(f"SELECT count(*) {_HELD}", closure_id):
        raise refuse(Code.HOLD_PERIOD_OVER, "operationId")
    for step in steps.values():
        await visits_as_they_were(tx, step, "Cancelled by")
        if step is not done:
            await projections_as_they_were(tx, step)
    return _answer(steps)


async def _steps(tx: Tx, done: Done, closure: Any) -> dict[UUID, Done]:
    """Return the operation and what the workers did for it, each by its id; what they let move is taken back already.

    Errors: NOT_UNDOABLE while they are at it, or where it is more than one transaction does.
    """
    if closure["spread_at"] is None:
        raise _still_spreading()
    if await tx.raw.fetchval(f"SELECT count(*) {_HELD}", closure["id"]) > HOLDS_MAX:
        raise _too_many()
    went_on = await tx.raw.fetch(_WENT_ON, str(closure["id"]), done.id)
    later = [await read_done(tx, row, done.reason) for row in went_on]
    for step in later:
        await lock_passes_only(tx.raw, step.passes)
        await take_what_it_gave(tx, step, step.moved())
    return {step.id: step for step in (done, *later)}


def _answer(steps: dict[UUID, Done]) -> Changed:
    changed = [step.changed for step in steps.values()]
    return Changed(
        unique([each for one in changed for each in one.passes]),
        unique([each for one in changed for each in one.visits]),
        unique([each for one in changed for each in one.holds]),
        rows=dict(changed[0].rows),
    )


async def undo_reopening(tx: Tx, done: Done) -> Changed:
    """Let a closure that was ended early or removed close its location again, over the same passes.

    A pass that is gone since has no use for its days. One that was sold or came back meanwhile joins the closure, as
    it would have. Errors: DEPENDED_ON for what was booked since on the days that are closed again, or was done to the
    closure or a pass; HOLD_PERIOD_OVER, PASS_ENDED; NOT_UNDOABLE while the workers are at it, or for too many passes.
    """
    closure_id = done.changed.rows["closure"]
    await hold_back_sales(tx)
    closure = await locked_closure(tx, closure_id)
    if closure["ended_operation_id"] != done.id:
        raise await depended_on(tx, [closure["ended_operation_id"]])
    steps = await _steps(tx, done, closure)
    rows = await tx.raw.fetch(_LET_GO, closure_id, list(steps))
    await _require_no_visits(tx, done, closure)
    await _close_again(tx, done, closure)
    joining = [row["id"] for row in await tx.raw.fetch(_CAME, closure_id, done.since, HOLDS_MAX + 1)]
    if max(len(rows), len(joining)) > HOLDS_MAX:
        raise _too_many()
    locked = await lock_passes(tx.raw, {*joining, *(row["pass_id"] for row in rows)})
    gone = {row["pass_id"] for row in await tx.raw.fetch(_ENDED_SINCE, list(locked), list(ENDINGS), done.since)}
    for row in rows:
        facts, step = locked[row["pass_id"]], steps[row["ended_operation_id"]]
        if facts.closed_reason in GONE and (facts.id in gone or facts.closed_reason not in FOR_GOOD):
            continue
        former = await _ended_before(tx, step, "hold", row["id"], ("hold.ended", "hold.removed"))
        await hold_again(tx, step, row, facts, was_ended_by=former)
    for pass_id in joining:
        await join_closures(tx, pass_id)
    for step in steps.values():
        # It looked at the days that stay closed once more, and cancelled what was booked there meanwhile.
        await visits_as_they_were(tx, step, "Cancelled by")
        if step is not done:
            await projections_as_they_were(tx, step)
    await refresh(tx, locked)
    return _answer(steps)


async def _require_no_visits(tx: Tx, done: Done, closure: Any) -> None:
    """Refuse where somebody booked the location since, on days that would be closed again. Errors: DEPENDED_ON."""
    removed, first_day = closure["removed_at"] is not None, closure["first_day"]
    open_until = first_day - timedelta(days=1) if removed else closure["last_day"]
    last_day = await _former_last_day(tx, done, closure)
    rows = await tx.raw.fetch(_VISITED_SINCE, done.since, closure["location_id"], open_until, last_day)
    if rows:
        raise await depended_on(tx, [row["id"] for row in rows])


async def _close_again(tx: Tx, done: Done, closure: Any) -> None:
    last_day = await _former_last_day(tx, done, closure)
    former = await _ended_before(tx, done, "closure", closure["id"], ("closure.ended", "closure.removed"))
    changes: dict[str, Any] = {"last_day": last_day, "removed_at": None, "ended_operation_id": former}
    await tx.update(closures, closure["id"], **changes)
    await tx.event("closure.restored", closure=closure["id"], last_day=last_day)


async def _former_last_day(tx: Tx, done: Done, closure: Any) -> date | None:
    """Return the last day that the closure had before the operation; removing one leaves it its last day."""
    text = await tx.raw.fetchval(_FORMER_LAST_DAY, closure["id"], done.since)
    return date.fromisoformat(text) if text else None


async def _ended_before(tx: Tx, done: Done, name: str, thing: UUID, kinds: tuple[str, ...]) -> UUID | None:
    """Return what had ended a closure or a hold before the operation did."""
    found: UUID | None = await tx.raw.fetchval(_ENDED_BEFORE, name, str(thing), list(kinds), done.since)
    return found


def _still_spreading() -> Refused:
    return refuse(
        Code.NOT_UNDOABLE,
        "operationId",
        sentence="the passes have not all followed it yet.",
        remedy="Try again in a minute, when they have.",
    )


def _too_many() -> Refused:
    return refuse(
        Code.NOT_UNDOABLE,
        "operationId",
        sentence="it concerns more passes than can be changed at once.",
        remedy="Take the closure back with removeClosure, or place one anew with placeClosure.",
    )
