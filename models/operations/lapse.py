"""What the passing of time takes: lots that are over, claims no longer covered, passes that end."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from models.operations.base import Tx
from models.operations.claims import settle_claim, standing_claims
from models.operations.ledger import carried, grant, move
from models.operations.refresh import refresh
from models.rules.facts import LotFacts, PassFacts, covering_instant
from models.rules.renewal import rollover_own_days, rollover_room, rolls_over
from models.rules.values import Account, LotKind, VisitState


async def lapse_lots(tx: Tx, facts: PassFacts, *, everything: bool = False) -> int:
    """Take what is left in lots that are over (or in every lot); roll it into the next period where the terms say so.

    Returns the units that expired. The transfer counts from the lot's own end, however late a worker comes.
    """
    expired = 0
    rooms: dict[int, int | None] = {}
    for lot in facts.lots:
        over = _over(lot, tx.now)
        if not lot.available or not (over or everything):
            continue
        at = lot.window.ends_at if over else tx.now
        lapses = lot.available
        if over and rolls_over(facts, lot):
            number = lot.period_number + 1
            room = rooms.setdefault(number, rollover_room(facts, number))
            rolled = lot.available if room is None else min(lot.available, max(0, room))
            rooms[number] = None if room is None else room - rolled
            lapses -= rolled
            await _roll_over(tx, facts, lot, rolled, at)
        await move(tx, lot.id, facts.id, Account.AVAILABLE, Account.EXPIRED, lapses, effective_at=at)
        expired += lapses
    return expired


def _over(lot: LotFacts, now: datetime) -> bool:
    return lot.window.ends_at is not None and lot.window.ends_at <= now


async def _roll_over(tx: Tx, facts: PassFacts, lot: LotFacts, quantity: int, at: datetime | None) -> None:
    """Move units of a lot that is over into one of the next period; the event tells what the cap lets lapse."""
    assert facts.terms.unit is not None
    number = lot.period_number + 1
    own_days = rollover_own_days(facts, number)
    if quantity:
        value = await carried(tx, lot.id, quantity)
        await move(tx, lot.id, facts.id, Account.AVAILABLE, Account.TRANSFERRED, quantity, effective_at=at)
        unit = facts.terms.unit
        await grant(tx, facts.id, number, LotKind.ROLLOVER, unit, quantity, own_days=own_days, value_minor=value)
    await tx.event(
        "lot.rolledOver",
        pass_id=facts.id,
        lot=lot.id,
        quantity=quantity,
        lapsed=lot.available - quantity,
        lastDay=own_days[1] if own_days else None,
    )


async def roll_over_late(tx: Tx, passes: dict[UUID, PassFacts]) -> dict[UUID, PassFacts]:
    """Return the locked passes with everything rolled over that should be by now.

    What a client may book must not depend on whether a worker has come by.
    """
    late = {
        pass_id: facts
        for pass_id, facts in passes.items()
        if any(_over(lot, tx.now) and lot.available and rolls_over(facts, lot) for lot in facts.lots)
    }
    for facts in late.values():
        await lapse_lots(tx, facts)
    return passes | (await refresh(tx, late) if late else {})


async def release_uncovered(tx: Tx, before: PassFacts, after: PassFacts) -> list[UUID]:
    """Return what pays for booked visits that a change took out of the pass; they stay booked, unpaid, and are listed.

    Visits outside already before (paid under a back-window, or by a period that ended early) are left alone.
    """
    still = _covered(after)
    outside = [visit_id for visit_id in _covered(before) if visit_id not in still]
    await release_claims(tx, after, outside)
    return outside


def _covered(facts: PassFacts) -> dict[UUID, None]:
    """The booked visits that lie inside what pays for them, in start order."""
    lots = {lot.id: (lot.window,) for lot in facts.lots}
    return {
        claim.visit_id: None
        for claim in facts.claims
        if not claim.consumed
        and any(
            window.covers(covering_instant(facts.terms, claim))
            for window in (lots[claim.lot_id] if claim.lot_id else facts.windows)
        )
    }


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
