"""What came later and depends on an operation. It is named, so that it can be undone first."""

from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from models.errors import Problem, Refused
from models.operations.base import Tx
from models.operations.undo.done import Done
from models.rules.codes import Code, because

ENDINGS = ("pass.renewed", "pass.converted", "pass.refunded", "pass.transferred", "pass.deactivated")
"""What happens to a whole pass: nothing that was changed before it can be changed back behind it."""

ENDED = tuple(kind for kind in ENDINGS if kind != "pass.renewed")
"""What ends a pass as it is. The next period has nothing to do with units of the one before."""

# An operation that was undone counts for nothing, and neither does what undid it; what did it again stands for it.
STANDING = "NOT EXISTS (SELECT FROM undoings u WHERE u.operation_id = {0} OR (u.undone_by = {0} AND NOT u.again))"
_LATER = f"""
SELECT DISTINCT e.operation_id AS id FROM events e
WHERE e.pass_id = ANY($1) AND e.type = ANY($2) AND e.id > $3 AND e.operation_id <> ALL($4)
  AND ($5::text IS NULL OR e.data->>'hold' = $5) AND {STANDING.format("e.operation_id")}
"""


# What uses up a pass or keeps it from paying: units that were taken from it, days that are held, the pass out of use.
_USED_UP = f"""
SELECT t.operation_id AS id FROM transfers t
WHERE t.pass_id = ANY($1) AND t.id > $2 AND t.from_account = 'AVAILABLE' AND t.operation_id <> ALL($3)
  AND {STANDING.format("t.operation_id")}
UNION
SELECT e.operation_id FROM events e
WHERE e.pass_id = ANY($1) AND e.id > $2 AND e.type IN ('hold.placed', 'hold.restored', 'pass.deactivated')
  AND e.operation_id <> ALL($3) AND {STANDING.format("e.operation_id")}
"""


# Who took from the client's credit, more than they gave: since the operation, or before it.
_SPENT = f"""
SELECT c.operation_id AS id, max(c.id::text)::uuid > $2 AS since FROM client_credits c
WHERE c.client_id = $1 AND c.operation_id <> ALL($3) AND {STANDING.format("c.operation_id")}
GROUP BY 1 HAVING sum(c.amount_minor) < 0
"""


# Who first paid for what an undoing let be paid again: that is what can be undone.
_PAID_FIRST = f"""
SELECT DISTINCT ON (c.visit_id) x.operation_id AS id FROM events e
JOIN claims c ON c.business_id = e.business_id AND c.visit_id = e.visit_id AND c.operation_id = e.operation_id
JOIN claims x ON x.business_id = c.business_id AND x.visit_id = c.visit_id AND x.pass_id = c.pass_id
WHERE e.operation_id = ANY($1) AND e.type = 'visit.paid' AND c.released_at IS NULL
  AND {STANDING.format("x.operation_id")}
ORDER BY c.visit_id, x.id DESC
"""


class DependedOn(Refused):
    """Something later stands in the way. `operations` are its ids, the oldest first."""

    def __init__(self, operations: Sequence[UUID], *problems: Problem) -> None:
        super().__init__(*problems)
        self.operations = tuple(operations)


async def depended_on(
    tx: Tx, ids: Iterable[UUID], *more: Problem, named: Mapping[UUID, str] | None = None
) -> DependedOn:
    """Return the refusal that names these operations by their verbs, to be raised.

    `named` says of some of them what they were done to, where that can be one of many.
    """
    meant = set(ids)
    undoing = await tx.raw.fetch(
        "SELECT undone_by AS id FROM undoings WHERE undone_by = ANY($1) AND NOT again", list(meant)
    )
    if undoing:
        paid = await tx.raw.fetch(_PAID_FIRST, [row["id"] for row in undoing])
        meant = (meant - {row["id"] for row in undoing} | {row["id"] for row in paid}) or meant
    rows = await tx.raw.fetch("SELECT id, verb FROM operations WHERE id = ANY($1) ORDER BY id", list(meant))
    thing = {each: f" ({name})" for each, name in (named or {}).items()}
    what = ", ".join(dict.fromkeys(row["verb"] + thing.get(row["id"], "") for row in rows))
    first = Problem(because(Code.DEPENDED_ON, what=what), ("operationId",))
    return DependedOn([row["id"] for row in rows], first, *more)


async def against_paying_again(tx: Tx, done: Done) -> list[UUID]:
    """Return what has used up or held the operation's passes since, where they can no longer pay as before."""
    rows = await tx.raw.fetch(_USED_UP, list(done.passes), done.since, [done.id, tx.operation_id])
    return [row["id"] for row in rows]


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
    """Refuse where undoing took from a visit what something later had paid, or was to pay for it, with.

    Errors: DEPENDED_ON.

    The visits that the operation touched itself are its own.
    """
    rows = await tx.raw.fetch(
        """SELECT DISTINCT c.operation_id AS id FROM events e
           JOIN claims c ON c.business_id = e.business_id AND c.visit_id = e.visit_id AND c.released_operation_id = $1
           JOIN visits v ON v.business_id = c.business_id AND v.id = c.visit_id AND v.pass_id IS NULL
           WHERE e.operation_id = $1 AND e.type = 'visit.unpaid' AND c.operation_id <> ALL($2)
             AND c.visit_id <> ALL($3)
           UNION
           SELECT j.operation_id FROM projected_claims j
           JOIN visits v ON v.business_id = j.business_id AND v.id = j.visit_id
             AND v.pass_id IS NULL AND v.projected_pass_id IS NULL
           WHERE j.ended_operation_id = $1 AND j.operation_id <> ALL($2) AND j.visit_id <> ALL($3)""",
        tx.operation_id,
        [done.id, tx.operation_id],
        list(done.visits),
    )
    if rows:
        raise await depended_on(tx, [row["id"] for row in rows])


async def who_spent_credit(tx: Tx, done: Done, client_id: UUID) -> list[UUID]:
    """Return what has taken from the client's credit since the operation, for which it no longer suffices.

    Where nothing has, what was given before has been taken back meanwhile, and earlier spending has used up the rest.
    """
    rows = await tx.raw.fetch(_SPENT, client_id, done.since, [done.id, tx.operation_id])
    return [row["id"] for row in rows if row["since"]] or [row["id"] for row in rows]
