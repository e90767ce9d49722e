"""Bring what the store keeps of a pass (its days, instants and next due time) in line with the rules.

Every verb that touched a pass ends here, so there is one way in which a window or a due time is ever computed.
"""

from collections.abc import Iterable
from uuid import UUID

from models.operations.base import Tx
from models.operations.projected_claims import keep_projections
from models.queries.facts import load_passes
from models.rules.due import next_due
from models.rules.facts import PassFacts, with_provisional_start

# One statement, because every booking ends with it. Rows that are already right stay as they are.
_KEEP = """
WITH kept_periods AS (
    UPDATE periods p SET first_on = n.first_on, last_on = n.last_on,
        anchor_on = CASE WHEN p.anchor_index = 0 THEN n.first_on ELSE p.anchor_on END,
        first_day = n.first_day, last_day = n.last_day, starts_at = n.starts_at, ends_at = n.ends_at
    FROM unnest($3::int[], $4::date[], $5::date[], $6::date[], $7::date[], $8::timestamptz[], $9::timestamptz[])
        AS n(number, first_on, last_on, first_day, last_day, starts_at, ends_at)
    WHERE p.business_id = $1 AND p.pass_id = $2 AND p.number = n.number
      AND (p.first_on, p.last_on, p.first_day, p.last_day, p.starts_at, p.ends_at)
          IS DISTINCT FROM (n.first_on, n.last_on, n.first_day, n.last_day, n.starts_at, n.ends_at)
),
kept_lots AS (
    UPDATE lots l SET starts_at = n.starts_at, expires_at = n.expires_at
    FROM unnest($10::uuid[], $11::timestamptz[], $12::timestamptz[]) AS n(id, starts_at, expires_at)
    WHERE l.business_id = $1 AND l.id = n.id
      AND (l.starts_at, l.expires_at) IS DISTINCT FROM (n.starts_at, n.expires_at)
)
UPDATE passes SET first_day = $13, starts_at = $14, last_day = $15, ends_at = $16, paused = $17,
    next_due_at = $18, next_due_kind = $19, claimed_until = NULL
WHERE business_id = $1 AND id = $2
"""


async def refresh(tx: Tx, pass_ids: Iterable[UUID]) -> dict[UUID, PassFacts]:
    """Recompute the passes (already locked) from the store and keep the answer. Returns the facts as kept."""
    loaded = await load_passes(tx.raw, sorted(set(pass_ids)))
    kept = {}
    for pass_id, facts in loaded.items():
        kept[pass_id] = with_provisional_start(facts)
        await _keep(tx, kept[pass_id])
        if facts.projecting:
            await keep_projections(tx, kept[pass_id])
    return kept


async def _keep(tx: Tx, facts: PassFacts) -> None:
    pairs = list(zip(facts.periods, facts.windows, strict=True))
    due = next_due(facts, tx.business.policy, tx.now)
    first, last = facts.windows[0], facts.windows[-1]
    await tx.raw.execute(
        _KEEP,
        tx.business.id,
        facts.id,
        [period.number for period, _ in pairs],
        [period.first_on for period, _ in pairs],
        [period.last_on for period, _ in pairs],
        [window.first_day for _, window in pairs],
        [window.last_day for _, window in pairs],
        [window.starts_at for _, window in pairs],
        [window.ends_at for _, window in pairs],
        [lot.id for lot in facts.lots],
        [lot.window.starts_at for lot in facts.lots],
        [lot.window.ends_at for lot in facts.lots],
        first.first_day,
        first.starts_at,
        last.last_day,
        last.ends_at,
        last.paused,
        due.at if due else None,
        due.kind.value if due else None,
    )
    tx.rings = tx.rings or bool(due and due.at <= tx.now)
