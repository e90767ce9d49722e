"""Make official what is due of one pass: lock it, look again, and leave quietly if nothing is due."""

from dataclasses import dataclass
from uuid import UUID

from models.operations.base import Changed, ToPay, Tx, unique
from models.operations.convert_pass import convert_due
from models.operations.cover_waiting import covered, lock_with_waiting
from models.operations.failed_charge import thaw_after_failed_charge
from models.operations.lapse import booked_from, lapse_lots, release_claims
from models.operations.refresh import refresh
from models.operations.remind import late, remind
from models.operations.renew_pass import NOTHING_OVERDUE, renew_due
from models.operations.resolve_visits import resolve_before_end
from models.operations.spread_closure import before_joining
from models.queries.locks import lock_passes
from models.rules.due import lapses_soon, next_due
from models.rules.facts import PassFacts
from models.rules.renewal import renews_on_depletion
from models.rules.status import ended
from models.rules.values import AfterExpiration, ClosedReason, DueKind, Role
from models.tables.ledger import lots
from models.tables.passes import passes


@dataclass(frozen=True, slots=True)
class DoDue:
    """Do what is due of this pass, if anything is."""

    pass_id: UUID


async def do_due(tx: Tx, command: DoDue) -> Changed | ToPay | None:
    """Do the one thing that is due first; None where nothing is."""
    tx.require(Role.WORKER)
    await before_joining(tx)
    waiting = await lock_with_waiting(tx, [command.pass_id])
    facts = (await lock_passes(tx.raw, [command.pass_id])).get(command.pass_id)
    if facts is None:
        return None
    due = next_due(facts, tx.business.policy, tx.now)
    if due is None or due.at > tx.now:
        stored = await tx.raw.fetchval("SELECT next_due_at FROM passes WHERE id = $1", facts.id)
        if stored == (due and due.at):
            return None
        await refresh(tx, [facts.id])
        return Changed(passes=[facts.id])
    if due.kind is DueKind.REMIND and late(facts, tx.now):
        await remind(tx, facts)
        facts = (await lock_passes(tx.raw, [facts.id]))[facts.id]
        due = next_due(facts, tx.business.policy, tx.now)
        if due is None or due.at > tx.now:
            # The law wants it announced earlier than this: it is put off.
            return await covered(tx, Changed(passes=[facts.id]), waiting)
    resolved = await _resolve(tx, facts, due.kind)
    if resolved:
        facts = (await refresh(tx, [facts.id]))[facts.id]
        due = next_due(facts, tx.business.policy, tx.now)
        if due is None or due.at > tx.now:
            return await covered(tx, Changed(passes=[facts.id], visits=resolved), waiting)
    done = await _do(tx, facts, due.kind)
    if isinstance(done, Changed):
        done.visits = unique([*done.visits, *resolved])
        return await covered(tx, done, waiting)
    return done


async def _resolve(tx: Tx, facts: PassFacts, kind: DueKind) -> list[UUID]:
    """Nothing ends over a visit whose outcome is still open: the policy gives it one first."""
    if kind is DueKind.LOT_EXPIRE:
        over = {lot.id for lot in facts.lots if lot.window.ends_at is not None and lot.window.ends_at <= tx.now}
        return await resolve_before_end(tx, facts, lots=over)
    ends = kind in (DueKind.EXPIRE, DueKind.RELEASE, DueKind.CONVERT)
    return await resolve_before_end(tx, facts) if ends or (kind is DueKind.RENEW and ended(facts, tx.now)) else []


async def _do(tx: Tx, facts: PassFacts, kind: DueKind) -> Changed | ToPay | None:
    match kind:
        case DueKind.RENEW:
            return await renew_due(tx, facts)
        case DueKind.CONVERT:
            return await convert_due(tx, facts)
        case DueKind.RETRY:
            return await _retry(tx, facts)
        case DueKind.EXPIRE:
            return await _close(tx, facts, ClosedReason.EXPIRED)
        case DueKind.RELEASE:
            return await _close(tx, facts, ClosedReason.RELEASED)
        case DueKind.LOT_EXPIRE:
            return await _lapse(tx, facts)
        case DueKind.WARN:
            return await _warn(tx, facts)
        case DueKind.REMIND:
            return await remind(tx, facts)


async def _warn(tx: Tx, facts: PassFacts) -> Changed:
    """Announce which units will lapse, once for each end of a lot; nothing else changes."""
    warned = [lot for lot, at in lapses_soon(facts, tx.now) if at <= tx.now]
    for lot in warned:
        await tx.update(lots, lot.id, warned_for=lot.window.ends_at)
        units, last_day = lot.available, lot.window.last_day
        await tx.event("lot.lapsesSoon", pass_id=facts.id, lot=lot.id, units=units, lastDay=last_day)
    await refresh(tx, [facts.id])
    return Changed(passes=[facts.id], figures={"warned": sum(lot.available for lot in warned)})


async def _retry(tx: Tx, facts: PassFacts) -> Changed | ToPay:
    """Charge again for what is still wanted; a pass that got a unit back before its end is depleted no more."""
    if facts.after_expiration is AfterExpiration.CONVERT:
        return await convert_due(tx, facts)
    at_end = facts.ends_at is not None and facts.ends_at <= tx.now
    if at_end or renews_on_depletion(facts):
        return await renew_due(tx, facts)
    await tx.update(passes, facts.id, **NOTHING_OVERDUE)
    await refresh(tx, [facts.id])
    await thaw_after_failed_charge(tx, facts)
    return Changed(passes=[facts.id])


async def _close(tx: Tx, facts: PassFacts, reason: ClosedReason) -> Changed:
    released = reason is ClosedReason.RELEASED
    ahead = await booked_from(tx, facts, tx.now) if released else []
    await release_claims(tx, facts, ahead)
    current = facts if not ahead else (await lock_passes(tx.raw, [facts.id]))[facts.id]
    expired = await lapse_lots(tx, current, everything=released)
    closed_at = tx.now if released else facts.ends_at
    await tx.update(passes, facts.id, closed_reason=reason, closed_at=closed_at)
    await tx.event(f"pass.{reason.lower()}", pass_id=facts.id, units=expired)
    await refresh(tx, [facts.id])
    return Changed(passes=[facts.id], visits=ahead, figures={"expired": expired})


async def _lapse(tx: Tx, facts: PassFacts) -> Changed:
    expired = await lapse_lots(tx, facts)
    await tx.event("lot.expired", pass_id=facts.id, units=expired)
    await refresh(tx, [facts.id])
    return Changed(passes=[facts.id], figures={"expired": expired})
