"""Resolve visits that are over and that nobody recorded, as the business's policy says: by themselves, after some
hours, and before anything ends that pays for them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from models.operations.base import Changed, Tx
from models.operations.claims import lock_visits_with_passes, standing_claims
from models.operations.cover_waiting import Waiting, covered, lock_with_waiting
from models.operations.lapse import without_lot_ends
from models.operations.outcomes import ending_of, settle_outcome
from models.operations.refresh import refresh
from models.queries.locks import lock_visits
from models.queries.unresolved import over_on_passes
from models.rules.facts import PassFacts
from models.rules.values import Role, VisitState

BATCH_MAX = 200


@dataclass(frozen=True, slots=True)
class ResolveVisits:
    """Resolve those of these visits that still have no outcome."""

    visit_ids: tuple[UUID, ...]


async def resolve_visits(tx: Tx, command: ResolveVisits) -> Changed | None:
    """Lock the visits and their passes, look again which are over without an outcome, and give those theirs.

    None where none is left: somebody recorded them meanwhile, or another worker was faster.
    """
    tx.require(Role.WORKER)
    if tx.business.resolve_after_hours is None:
        return None
    waiting = await _who_waits(tx, command.visit_ids)
    rows, passes = await lock_visits_with_passes(tx, command.visit_ids)
    open_rows = [row for row in rows if row["state"] == VisitState.BOOKED and row["ends_at"] <= tx.now]
    standing = await standing_claims(tx, [row["id"] for row in open_rows])
    state = VisitState(tx.business.resolve_as.value)
    for row in open_rows:
        facts = passes.get(row["pass_id"])
        await settle_outcome(tx, row, facts, standing.get(row["id"]), await ending_of(tx, facts, row, state))
    if not open_rows:
        return None
    paying = sorted({row["pass_id"] for row in open_rows if row["pass_id"] is not None})
    await refresh(tx, paying)
    return await covered(tx, Changed(visits=[row["id"] for row in open_rows], passes=paying), waiting)


async def _who_waits(tx: Tx, visit_ids: Sequence[UUID]) -> Waiting:
    """Lock those who wait for what the visits may return, with the passes that pay; one attended returns nothing."""
    if VisitState(tx.business.resolve_as.value) is VisitState.ATTENDED:
        return {}
    rows = await tx.raw.fetch("SELECT pass_id, projected_pass_id FROM visits WHERE id = ANY($1)", list(visit_ids))
    return await lock_with_waiting(tx, {row["pass_id"] or row["projected_pass_id"] for row in rows})


async def resolve_before_end(tx: Tx, facts: PassFacts, *, lots: set[UUID] | None = None) -> list[UUID]:
    """Resolve what a locked pass still pays for and is over, before the pass (or only these lots) ends.

    A unit that this returns goes to its lot as if that had not ended, and so shares what the end brings to the rest.
    """
    if tx.business.resolve_after_hours is None:
        return []
    over = await over_on_passes(tx.raw, [facts.id], tx.now)
    ids = [visit_id for visit_id, _, lot_id in over if lots is None or lot_id in lots]
    if not ids:
        return []
    rows = await lock_visits(tx.raw, ids)
    standing = await standing_claims(tx, ids)
    state = VisitState(tx.business.resolve_as.value)
    for row in rows:
        end = await ending_of(tx, facts, row, state)
        landing = facts if end.may_make_up else without_lot_ends(facts)
        await settle_outcome(tx, row, landing, standing.get(row["id"]), end)
    return [row["id"] for row in rows]
