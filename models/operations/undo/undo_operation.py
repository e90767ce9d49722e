"""Undo an operation: once, whole, and as an operation of its own."""

from dataclasses import dataclass, replace
from uuid import UUID

from models.errors import Problem, Refused, unknown
from models.operations.base import STAFF, Changed, Tx, checked_text
from models.operations.cover_waiting import covered, lock_with_waiting
from models.operations.spread_closure import before_joining, hold_back_sales, locked_closure
from models.operations.undo.again import BACK, UNDO, undone_by
from models.operations.undo.claims_back import give_what_it_took, take_what_it_gave
from models.operations.undo.dependents import DependedOn, against_paying_again, depended_on, require_nothing_lost
from models.operations.undo.done import Done, read_done
from models.operations.undo.people import lock_people
from models.operations.undo.projections_back import projections_as_they_were
from models.operations.undo.registry import COMPENSATORS, why_not
from models.queries.locks import lock_passes_only
from models.rules.codes import Code
from models.tables.operations import undoings

_CLIENT_FIRST = ("joinHousehold", "leaveHousehold")
"""What does these back locks clients before passes, and returns nothing that a visit could wait for."""
_OWN_MOVES = (
    "bookVisits",
    "payVisits",
    "cancelVisit",
    "recordAttendance",
    "waiveOutcome",
    "placeHold",
    "holdPackage",
    "sellPass",
    "sellPackage",
)
"""What does these back sees to the visits that they moved."""


@dataclass(frozen=True, slots=True)
class UndoOperation:
    """Undo this operation, and say why."""

    operation_id: UUID
    reason: str


async def undo_operation(tx: Tx, command: UndoOperation) -> Changed:
    """Do back what an operation did, where nothing later depends on it. A dry run is the preview.

    Errors: NOT_FOUND, TEXT_OUT_OF_RANGE, PAYMENT_IN_PROGRESS, ALREADY_UNDONE, NOT_UNDOABLE, DEPENDED_ON (as
    `DependedOn`, with the operations to be undone first), FORBIDDEN, and what the verbs answer that do it back.
    """
    tx.require(*STAFF)
    reason = checked_text(command.reason, 1, 500, "reason")
    # What it brings back may join a closure.
    await before_joining(tx)
    # Whoever undoes the same operation waits here, and then finds it undone.
    row = await tx.raw.fetchrow("SELECT * FROM operations WHERE id = $1 FOR NO KEY UPDATE", command.operation_id)
    if row is None or row["id"] == tx.operation_id:
        raise unknown("operation", "operationId")
    undone = await tx.raw.fetchval("SELECT count(*) FROM undoings WHERE operation_id = $1", row["id"])
    against = why_not(row["verb"], row["state"], undone=bool(undone))
    if against is not None:
        raise Refused(Problem(against, ("operationId",)))
    done = await read_done(tx, row, reason)
    again = anew = False
    if done.verb == UNDO:
        undone = await undone_by(tx, done.id)
        again = undone.by_now
        anew = again and undone.verb not in BACK
        # What did it again is undone as the operation itself would be.
        done = done if again else replace(done, verb=undone.verb, command=undone.command)
    await lock_people(tx, done)
    if "closure" in done.changed.rows:
        await hold_back_sales(tx)
        await locked_closure(tx, done.changed.rows["closure"])
    # A verb that is carried out again locks in its own order.
    meant = [] if anew or done.verb in _CLIENT_FIRST else done.passes
    waiting = await lock_with_waiting(tx, meant) if meant else {}
    # What it gives back belongs first to those from whom the operation took it.
    tx.covers = False
    try:
        changed = await _done_back(tx, done)
    except DependedOn:
        raise
    except Refused as refused:
        # Whatever stands in the way, the caller named nothing but the operation.
        problems = [Problem(each.reason, ("operationId",)) for each in refused.problems]
        later = await against_paying_again(tx, done) if refused.code is Code.PASS_CANNOT_PAY else []
        if later:
            raise await depended_on(tx, later, *problems) from refused
        raise Refused(*problems) from refused
    if not anew:
        await projections_as_they_were(tx, done)
        await require_nothing_lost(tx, done)
    undoing = {"operation_id": done.id, "undone_by": tx.operation_id, "reason": reason, "at": tx.now}
    await tx.insert(undoings, undoing | {"again": again})
    await tx.event("operation.undone", operation=done.id, verb=done.verb, reason=reason)
    changed.figures |= {"undone": str(done.id), "verb": done.verb}
    # What waited before it waits again, as it did.
    return await covered(tx, changed, waiting, since=done.since)


async def _done_back(tx: Tx, done: Done) -> Changed:
    """Compensate for the operation, and let the visits that it moved be paid as before."""
    moved = [] if done.verb in _OWN_MOVES else done.moved()
    if not moved:
        return await COMPENSATORS[done.verb](tx, done)
    await lock_passes_only(tx.raw, done.passes)
    await take_what_it_gave(tx, done, moved)
    changed = await COMPENSATORS[done.verb](tx, done)
    await give_what_it_took(tx, done, moved)
    return changed
