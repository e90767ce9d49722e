"""What came later and depends on an operation. It is named, so that it can be undone first."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from models.errors import Problem, Refused
from models.operations.base import Tx
from models.operations.undo.done import Done
from models.rules.codes import Code, because

ENDINGS = ("pass.renewed", "pass.converted", "pass.refunded", "pass.transferred", "pass.deactivated")
"""What happens to a whole pass: nothing that was changed before it can be changed back behind it."""

# An operation that was undone counts for nothing, and neither does what undid it.
STANDING = "NOT EXISTS (SELECT FROM undoings u WHERE u.operation_id = {0} OR u.undone_by = {0})"
_LATER = f"""
SELECT DISTINCT e.operation_id AS id FROM events e
WHERE e.pass_id = ANY($1) AND e.type = ANY($2) AND e.id > $3 AND e.operation_id <> ALL($4)
  AND ($5::text IS NULL OR e.data->>'hold' = $5) AND {STANDING.format("e.operation_id")}
"""


class DependedOn(Refused):
    """Something later stands in the way. `operations` are its ids, the oldest first."""

    def __init__(self, problem: Problem, operations: Sequence[UUID]) -> None:
        super().__init__(problem)
        self.operations = tuple(operations)


async def depended_on(tx: Tx, ids: Iterable[UUID]) -> DependedOn:
    """Return the refusal that names these operations by their verbs, to be raised."""
    rows = await tx.raw.fetch("SELECT id, verb FROM operations WHERE id = ANY($1) ORDER BY id", list(set(ids)))
    what = ", ".join(dict.fromkeys(row["verb"] for row in rows))
    return DependedOn(Problem(because(Code.DEPENDED_ON, what=what), ("operationId",)), [row["id"] for row in rows])


async def require_none_later(
    tx: Tx, done: Done, kinds: Sequence[str], *, passes: Sequence[UUID] | None = None, hold: UUID | None = None
) -> None:
    """Refuse where events of these kinds came later on the (locked) passes. Errors: DEPENDED_ON."""
    meant = list(done.passes if passes is None else passes)
    own = [done.id, tx.operation_id]
    rows = await tx.raw.fetch(_LATER, meant, list(kinds), done.since, own, str(hold) if hold else None)
    if rows:
        raise await depended_on(tx, [row["id"] for row in rows])


async def require_nothing_lost(tx: Tx, done: Done) -> None:
    """Refuse where undoing took from a visit what something later had paid for it with. Errors: DEPENDED_ON.

    The visits that the operation touched itself are its own.
    """
    rows = await tx.raw.fetch(
        """SELECT DISTINCT c.operation_id AS id FROM events e
           JOIN claims c ON c.business_id = e.business_id AND c.visit_id = e.visit_id AND c.released_operation_id = $1
           JOIN visits v ON v.business_id = c.business_id AND v.id = c.visit_id AND v.pass_id IS NULL
           WHERE e.operation_id = $1 AND e.type = 'visit.unpaid' AND c.operation_id <> ALL($2)
             AND c.visit_id <> ALL($3)""",
        tx.operation_id,
        [done.id, tx.operation_id],
        list(done.visits),
    )
    if rows:
        raise await depended_on(tx, [row["id"] for row in rows])
