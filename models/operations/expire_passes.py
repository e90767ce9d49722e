"""Expire many passes of one business at once: the same effect as one by one, in a handful of statements."""

from dataclasses import dataclass
from uuid import UUID

from models.operations.base import Changed, Tx
from models.operations.refresh import refresh
from models.operations.resolve_visits import resolve_before_end
from models.queries.facts import load_passes
from models.queries.unresolved import over_on_passes
from models.rules.values import Role

_DUE = """
SELECT id FROM passes
WHERE id = ANY($1) AND next_due_kind = 'EXPIRE' AND next_due_at <= $2 AND closed_reason IS NULL
ORDER BY id FOR NO KEY UPDATE
"""
# One statement, so that lots, transfers, passes and events can only change together. What is left in lots that are
# over counts from the lot's own end; a make-up lot that outlives the pass becomes the next thing due.
_EXPIRE = """
WITH due AS (SELECT id, ends_at FROM passes WHERE business_id = $1 AND id = ANY($2)),
over AS (
    SELECT l.id, l.pass_id, l.available, l.expires_at FROM lots l JOIN due ON due.id = l.pass_id
    WHERE l.business_id = $1 AND l.available > 0 AND l.expires_at <= $3
),
emptied AS (
    UPDATE lots l SET available = 0, expired = l.expired + over.available FROM over
    WHERE l.business_id = $1 AND l.id = over.id
),
written AS (
    INSERT INTO transfers (business_id, id, lot_id, pass_id, operation_id, from_account, to_account, quantity,
                           effective_at, recorded_at)
    SELECT $1, gen_random_uuid(), over.id, over.pass_id, $4, 'AVAILABLE', 'EXPIRED', over.available, over.expires_at, $5
    FROM over
),
told AS (
    INSERT INTO events (business_id, id, operation_id, type, pass_id, at, data)
    SELECT $1, gen_random_uuid(), $4, 'pass.expired', due.id, $3,
           jsonb_build_object('units', coalesce((SELECT sum(available) FROM over WHERE over.pass_id = due.id), 0))
    FROM due
)
UPDATE passes p SET closed_reason = 'EXPIRED', closed_at = p.ends_at, claimed_until = NULL,
    next_due_at = later.at, next_due_kind = CASE WHEN later.at IS NULL THEN NULL ELSE 'LOT_EXPIRE' END
FROM due LEFT JOIN LATERAL (
    SELECT min(l.expires_at) AS at FROM lots l
    WHERE l.business_id = $1 AND l.pass_id = due.id AND l.available > 0 AND l.expires_at > $3
) later ON true
WHERE p.business_id = $1 AND p.id = due.id
RETURNING p.id, later.at IS NOT NULL AS outlived
"""


@dataclass(frozen=True, slots=True)
class ExpirePasses:
    """Expire those of these passes that are due to."""

    pass_ids: tuple[UUID, ...]


async def expire_passes(tx: Tx, command: ExpirePasses) -> Changed | None:
    """Lock the passes, look again which are due, and expire those; None where none is."""
    tx.require(Role.WORKER)
    rows = await tx.raw.fetch(_DUE, list(command.pass_ids), tx.now)
    ids = [row["id"] for row in rows]
    if not ids:
        return None
    visits = await _resolve(tx, ids)
    expired = await tx.raw.fetch(_EXPIRE, tx.business.id, ids, tx.now, tx.operation_id, tx.real_now)
    # A lot that outlives its pass lapses later, and may have to be announced before.
    if outlived := [row["id"] for row in expired if row["outlived"]]:
        await refresh(tx, outlived)
    return Changed(visits=visits, figures={"expired": len(ids)})


async def _resolve(tx: Tx, ids: list[UUID]) -> list[UUID]:
    """Give the visits that are over and have no outcome theirs, before the passes close that pay for them."""
    if tx.business.resolve_after_hours is None:
        return []
    paying = {pass_id for _, pass_id, _ in await over_on_passes(tx.raw, ids, tx.now)}
    resolved = []
    for facts in (await load_passes(tx.raw, sorted(paying))).values():
        resolved += await resolve_before_end(tx, facts)
    if paying:
        await refresh(tx, paying)
    return resolved
