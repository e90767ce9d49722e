"""Let what comes back to passes, whatever brings it, pay for visits to come that wait to be paid by whichever may.

    lock_with_waiting ─ before anything else is locked ─▶ the verb ─▶ covered ─▶ its answer, with what moved

Every verb and worker that can give a pass units, days, rules or people back begins with the one and ends with the
other. Where nobody waits that costs one statement.
"""

from collections.abc import Iterable
from uuid import UUID

from models.operations.base import Changed, Tx
from models.operations.cover_more import cover_more
from models.queries.locks import MAY_STILL_PAY, lock_passes_only

Waiting = dict[UUID, set[UUID]]
"""Those who have a visit that waits, each with the passes that may be asked; all of these are locked."""

# Who may use the passes or is named, has a visit that waits, and which passes that may still pay they may use at all.
_WAITING = f"""
SELECT q.client_id, p.id AS pass_id
FROM (
    SELECT p.client_id FROM passes p WHERE p.id = ANY($1)
    UNION SELECT s.client_id FROM shares s WHERE s.pass_id = ANY($1) AND s.state = 'ACTIVE'
    UNION SELECT unnest($2::uuid[])
) q
LEFT JOIN LATERAL (SELECT p.id FROM passes p WHERE {MAY_STILL_PAY.replace("$1", "q.client_id")}) p ON true
WHERE EXISTS (
    SELECT FROM visits w
    WHERE w.client_id = q.client_id AND w.auto_pay AND w.pass_id IS NULL AND w.state = 'BOOKED' AND w.starts_at > $3
)
"""


async def lock_with_waiting(tx: Tx, pass_ids: Iterable[UUID | None], *clients: UUID) -> Waiting:
    """Find who waits among those who may use these passes, and among `clients`; lock all that could pay for them.

    Nobody and nothing where no visit to come waits to be paid by whichever pass may. The passes named are locked with
    the others, in one order, so that a verb that locks them afterwards locks nothing out of order.
    """
    ids = [each for each in pass_ids if each is not None]
    rows = await tx.raw.fetch(_WAITING, ids, list(clients), tx.now) if tx.covers else []
    waiting: Waiting = {}
    for row in rows:
        waiting.setdefault(row["client_id"], set(ids)).update({row["pass_id"]} - {None})
    if waiting:
        await lock_passes_only(tx.raw, set().union(*waiting.values()))
    return waiting


async def covered(tx: Tx, changed: Changed, waiting: Waiting, *made: UUID, since: UUID | None = None) -> Changed:
    """Let those who wait be paid for by what they may use, and list the moves with what changed.

    `made` are passes that this transaction made, which nobody else can have locked. With `since` only what was booked
    after that event is paid for.
    """
    moves = []
    for client_id in sorted(waiting):
        moves += await cover_more(tx, client_id, waiting[client_id] | {*made}, since=since)
    if moves:
        changed.figures["moved"] = [*changed.figures.get("moved", ()), *(move.to_json() for move in moves)]
    return changed
