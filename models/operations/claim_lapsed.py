"""Bring units back that lapsed, within the window their terms give."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from models.errors import refuse
from models.operations.base import STAFF, Changed, Tx
from models.operations.cover_waiting import covered, lock_with_waiting
from models.operations.lapse import lapse_lots
from models.operations.ledger import carried, grant, move
from models.operations.pass_guards import locked_pass, require_not_gone, require_settled
from models.operations.refresh import refresh
from models.queries.lapses import lapsed_lots
from models.rules.calendar import local_day
from models.rules.codes import Code
from models.rules.ending import MAKE_UP_DAYS_MIN
from models.rules.revival import claimable_until
from models.rules.values import Account, AfterExpiration, ClosedReason, LotKind, Role


@dataclass(frozen=True, slots=True)
class ClaimLapsed:
    """Claim everything that lapsed from a pass and can still be claimed."""

    pass_id: UUID


async def claim_lapsed(tx: Tx, command: ClaimLapsed) -> Changed:
    """Move what lapsed into one make-up lot, which lasts as long as the terms say and outlives the pass.

    The lot pays for visits to come that wait.

    Errors: NOT_FOUND, PASS_CLOSED, PAYMENT_IN_PROGRESS, NOT_METERED, NOTHING_LAPSED, CLAIM_WINDOW_OVER.
    """
    tx.require(*STAFF, Role.CLIENT)
    waiting = await lock_with_waiting(tx, [command.pass_id])
    facts = await locked_pass(tx, command.pass_id)
    require_not_gone(facts)
    if facts.closed_reason is ClosedReason.RELEASED:
        raise refuse(Code.PASS_CLOSED, "passId", status=facts.closed_reason)
    require_settled(facts)
    if facts.terms.unit is None:
        raise refuse(Code.NOT_METERED, "passId")
    if facts.closed_reason is not None or facts.after_expiration is AfterExpiration.EXPIRE:
        # What a client may claim must not depend on whether a worker has come by.
        await lapse_lots(tx, facts)
    today = local_day(tx.now, facts.zone)
    found = [
        (lot, claimable_until(facts.terms, lot.kind, facts.zone, lot.lapsed_at))
        for lot in await lapsed_lots(tx.raw, facts.id)
    ]
    ends = [until for _, until in found if until is not None]
    if not ends:
        raise refuse(Code.NOTHING_LAPSED, "passId")
    claimed = [lot for lot, until in found if until is not None and today <= until]
    if not claimed:
        raise refuse(Code.CLAIM_WINDOW_OVER, "passId", day=max(ends))
    units = value = 0
    for lot in claimed:
        value += await carried(tx, lot.id, lot.expired)
        await move(tx, lot.id, facts.id, Account.EXPIRED, Account.TRANSFERRED, lot.expired)
        units += lot.expired
    days = (today, today + timedelta(days=max(facts.terms.make_up_days, MAKE_UP_DAYS_MIN)))
    number, unit = facts.periods[-1].number, facts.terms.unit
    made = await grant(tx, facts.id, number, LotKind.MAKE_UP, unit, units, own_days=days, value_minor=value)
    await tx.event("lot.claimed", pass_id=facts.id, lot=made, units=units, lastDay=days[1])
    await refresh(tx, [facts.id])
    changed = Changed(passes=[facts.id], figures={"units": units, "makeUpLot": str(made)})
    return await covered(tx, changed, waiting)
