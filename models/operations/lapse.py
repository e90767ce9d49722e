"""What the passing of time takes: lots that are over, claims no longer covered, passes that end."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from models.operations.base import Tx
from models.operations.claims import settle_claim, standing_claims
from models.operations.ledger import grant, move
from models.rules.facts import LotFacts, PassFacts
from models.rules.values import Account, CoveredBy, LotKind, UnusedAtRenewal, VisitState


async def lapse_lots(tx: Tx, facts: PassFacts, *, everything: bool = False) -> int:
    """Take what is left in lots that are over (or in every lot); roll it into the next period where the terms say so.

    Returns the units that expired. The transfer counts from the lot's own end, however late a worker comes.
    """
    expired = 0
    for lot in facts.lots:
        over = lot.window.ends_at is not None and lot.window.ends_at <= tx.now
        if not lot.available or not (over or everything):
            continue
        at = lot.window.ends_at if over else tx.now
        if over and _rolls_over(facts, lot):
            await _roll_over(tx, facts, lot, at)
        else:
            await move(tx, lot.id, facts.id, Account.AVAILABLE, Account.EXPIRED, lot.available, effective_at=at)
            expired += lot.available
    return expired


def _rolls_over(facts: PassFacts, lot: LotFacts) -> bool:
    has_next = any(period.number == lot.period_number + 1 for period in facts.periods)
    return has_next and lot.own_last_on is None and facts.terms.renewal.unused is UnusedAtRenewal.ROLLOVER


async def _roll_over(tx: Tx, facts: PassFacts, lot: LotFacts, at: datetime | None) -> None:
    assert facts.terms.unit is not None
    await move(tx, lot.id, facts.id, Account.AVAILABLE, Account.TRANSFERRED, lot.available, effective_at=at)
    await grant(tx, facts.id, lot.period_number + 1, LotKind.ROLLOVER, facts.terms.unit, lot.available)
    await tx.event("lot.rolledOver", pass_id=facts.id, lot=lot.id, quantity=lot.available)


async def release_uncovered(tx: Tx, facts: PassFacts) -> list[UUID]:
    """Return what pays for booked visits that the pass no longer covers; they stay booked, unpaid, and are listed."""
    by_booking = facts.terms.covered_by is CoveredBy.BOOKING
    outside = []
    for claim in facts.claims:
        instant = claim.booked_at if by_booking else claim.starts_at
        lot = next((lot for lot in facts.lots if lot.id == claim.lot_id), None)
        windows = [lot.window] if lot else list(facts.windows)
        if not claim.consumed and not any(window.covers(instant) for window in windows):
            outside.append(claim.visit_id)
    await release_claims(tx, facts, outside)
    return outside


async def release_claims(tx: Tx, facts: PassFacts, visit_ids: list[UUID]) -> None:
    """Return what pays for these visits, which stay booked and become unpaid."""
    for claim in (await standing_claims(tx, visit_ids)).values():
        await settle_claim(tx, facts, claim, Account.AVAILABLE, may_make_up=False)


async def booked_from(tx: Tx, facts: PassFacts, instant: datetime) -> list[UUID]:
    """Return the booked visits the pass pays for that start at `instant` or later, in start order."""
    rows = await tx.raw.fetch(
        "SELECT id FROM visits WHERE pass_id = $1 AND state = $2 AND starts_at >= $3 ORDER BY starts_at, id",
        facts.id,
        VisitState.BOOKED.value,
        instant,
    )
    return [row["id"] for row in rows]


def without_lot_ends(facts: PassFacts) -> PassFacts:
    """Return the facts with lots that never end, so that a unit returned on the way to a successor is not lapsed."""
    lots = tuple(replace(lot, window=replace(lot.window, ends_at=None)) for lot in facts.lots)
    return replace(facts, lots=lots)
