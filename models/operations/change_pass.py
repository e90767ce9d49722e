"""Change a pass: adjust its units, extend it, switch renewal, deactivate and reactivate it."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from models.errors import refuse
from models.operations.base import STAFF, Changed, Tx, checked_count, checked_text
from models.operations.cover_waiting import covered, lock_with_waiting
from models.operations.failed_charge import thaw_after_failed_charge
from models.operations.kept import kept_of
from models.operations.lapse import booked_from, release_claims
from models.operations.ledger import grant, move
from models.operations.pass_guards import locked_pass, require_not_gone, require_open, require_settled
from models.operations.refresh import refresh
from models.operations.remind import announce_at_once
from models.operations.renew_pass import NOTHING_OVERDUE
from models.operations.sell_pass import checked_payment
from models.operations.spread_closure import before_joining, join_closures
from models.rules.codes import Code
from models.rules.eligibility import lot_order
from models.rules.facts import PassFacts
from models.rules.found import DAYS_MAX
from models.rules.status import ended
from models.rules.values import Account, AfterExpiration, ClosedReason, LotKind, PaymentMethod, Role, TestCard
from models.tables.passes import passes

UNITS_MAX = 100_000


@dataclass(frozen=True, slots=True)
class AdjustPass:
    """Add (positive) or take (negative) units of a pass, and say why."""

    pass_id: UUID
    quantity: int
    reason: str


@dataclass(frozen=True, slots=True)
class ExtendPass:
    """Move the end of a pass by whole days, and say why."""

    pass_id: UUID
    days: int
    reason: str


@dataclass(frozen=True, slots=True)
class SetAutoRenew:
    """Switch renewal on or off, and optionally change how it is paid."""

    pass_id: UUID
    enabled: bool
    payment_method: PaymentMethod | None = None
    test_card: TestCard | None = None


@dataclass(frozen=True, slots=True)
class DeactivatePass:
    """Take a pass out of use until it is reactivated."""

    pass_id: UUID
    reason: str


@dataclass(frozen=True, slots=True)
class ReactivatePass:
    """Put a deactivated pass back into use. Its dates have gone on meanwhile."""

    pass_id: UUID


async def adjust_pass(tx: Tx, command: AdjustPass) -> Changed:
    """Add a lot of units to the period that runs, or take available ones, the soonest to end first.

    What is added pays for visits to come that wait.

    Errors: NOT_FOUND, NOT_METERED, PASS_CLOSED, PASS_ENDED, QUANTITY_OUT_OF_RANGE, NO_SESSIONS_LEFT.
    """
    tx.require(*STAFF)
    waiting = await lock_with_waiting(tx, [command.pass_id]) if command.quantity > 0 else {}
    facts = await locked_pass(tx, command.pass_id)
    if facts.terms.unit is None:
        raise refuse(Code.NOT_METERED, "passId")
    require_open(tx, facts)
    checked_count(command.quantity, -UNITS_MAX, UNITS_MAX, "quantity")
    reason = checked_text(command.reason, 1, 500, "reason")
    if command.quantity == 0:
        raise refuse(Code.NOTHING_TO_DO, "quantity", sentence="the quantity is zero.")
    if command.quantity > 0:
        running = [p.number for p, window in zip(facts.periods, facts.windows, strict=True) if window.covers(tx.now)]
        number = running[0] if running else facts.periods[-1].number
        await grant(tx, facts.id, number, LotKind.ADJUSTMENT, facts.terms.unit, command.quantity)
    else:
        await _take(tx, facts, -command.quantity)
    await tx.event("pass.adjusted", pass_id=facts.id, quantity=command.quantity, reason=reason)
    await refresh(tx, [facts.id])
    return await covered(tx, Changed(passes=[facts.id], figures={"quantity": command.quantity}), waiting)


async def _take(tx: Tx, facts: PassFacts, quantity: int) -> None:
    alive = [lot for lot in facts.lots if lot.window.ends_at is None or tx.now < lot.window.ends_at]
    left = sum(lot.available for lot in alive)
    if left < quantity:
        raise refuse(Code.NO_SESSIONS_LEFT, "quantity", left=left, needed=quantity)
    for lot in sorted(alive, key=lot_order):
        taken = min(quantity, lot.available)
        await move(tx, lot.id, facts.id, Account.AVAILABLE, Account.ADJUSTED, taken)
        quantity -= taken


async def extend_pass(tx: Tx, command: ExtendPass) -> Changed:
    """Give days at the end. An expired pass comes back with the units that lapsed, if the new end lies ahead.

    Errors: NOT_FOUND, PASS_CLOSED, NO_END_TO_EXTEND, QUANTITY_OUT_OF_RANGE, PASS_ENDED (too few days to revive it).
    """
    tx.require(*STAFF)
    await before_joining(tx)
    waiting = await lock_with_waiting(tx, [command.pass_id])
    facts = await locked_pass(tx, command.pass_id)
    checked_count(command.days, 1, DAYS_MAX, "days")
    await extend_one(tx, facts, command.days, checked_text(command.reason, 1, 500, "reason"))
    return await covered(tx, Changed(passes=[facts.id], figures={"days": command.days}), waiting)


async def extend_one(tx: Tx, facts: PassFacts, days: int, reason: str) -> None:
    """Extend one locked pass. Errors: PASS_CLOSED, PAYMENT_IN_PROGRESS, NO_END_TO_EXTEND, PASS_ENDED."""
    require_not_gone(facts)
    require_settled(facts)
    last = facts.periods[-1]
    if last.last_on is None or last.cut_at is not None:
        raise refuse(Code.NO_END_TO_EXTEND, "passId")
    await tx.raw.execute(
        "UPDATE periods SET extra_days = extra_days + $1 WHERE pass_id = $2 AND number = $3",
        days,
        facts.id,
        last.number,
    )
    changes: dict[str, object] = {"closed_reason": None, "closed_at": None}
    if facts.ends_at is not None and facts.ends_at <= tx.now:
        # What was owed at the end is not owed before the new one.
        changes |= NOTHING_OVERDUE
    await tx.update(passes, facts.id, **changes)
    after = (await refresh(tx, [facts.id]))[facts.id]
    if ended(after, tx.now):
        raise refuse(Code.PASS_ENDED, "days")
    await _revive_lapsed(tx, after, last.number)
    forgot = facts.overdue is not None and "overdue_since" in changes
    await tx.event("pass.extended", pass_id=facts.id, days=days, reason=reason, forgotCharge=forgot)
    await refresh(tx, [facts.id])
    await join_closures(tx, facts.id)


async def _revive_lapsed(tx: Tx, facts: PassFacts, period_number: int) -> None:
    """Bring back what lapsed with the last period; what was left by then belongs to its extension."""
    rows = await tx.raw.fetch(
        "SELECT id, expired FROM lots "
        "WHERE pass_id = $1 AND period_number = $2 AND own_last_on IS NULL AND expired > 0",
        facts.id,
        period_number,
    )
    for row in rows:
        await move(tx, row["id"], facts.id, Account.EXPIRED, Account.AVAILABLE, row["expired"])


async def set_auto_renew(tx: Tx, command: SetAutoRenew) -> Changed:
    """Switch a renewing pass's renewal on or off.

    Errors: NOT_FOUND, PASS_CLOSED, NOT_RENEWABLE, FORBIDDEN, PASS_ENDED (switched on after the end: renew by hand).
    """
    tx.require(*STAFF, Role.CLIENT)
    waiting = await lock_with_waiting(tx, [command.pass_id])
    facts = await locked_pass(tx, command.pass_id)
    require_not_gone(facts)
    if facts.after_expiration is not AfterExpiration.RENEW:
        raise refuse(Code.NOT_RENEWABLE, "passId", sentence="its end leads to {after}.", after=facts.after_expiration)
    if command.enabled and (facts.closed_reason is not None or (not facts.auto_renew and ended(facts, tx.now))):
        raise refuse(Code.PASS_ENDED, "passId")
    changes: dict[str, object] = {"auto_renew": command.enabled}
    payment = checked_payment(tx, command.payment_method, command.test_card, 0)
    if payment is not None:
        changes |= {"payment_method": payment.method, "test_card": payment.test_card}
    if facts.overdue is not None:
        changes |= _overdue_after(tx, command.enabled, paid_anew=payment is not None)
    former = await kept_of(tx, facts, "auto_renew", "payment_method", "test_card")
    await tx.update(passes, facts.id, **changes)
    await tx.event("pass.autoRenewSet", pass_id=facts.id, enabled=command.enabled)
    await refresh(tx, [facts.id])
    if command.enabled and not facts.auto_renew:
        await announce_at_once(tx, facts.id)
    if not command.enabled:
        await thaw_after_failed_charge(tx, facts)
    return await covered(tx, Changed(passes=[facts.id], figures={"former": former}), waiting)


def _overdue_after(tx: Tx, enabled: bool, *, paid_anew: bool) -> dict[str, object]:
    """Switching renewal off forgets the failed charge; a new way to pay is tried at once, from the first retry on."""
    if not enabled:
        return NOTHING_OVERDUE
    hours = tx.business.policy.retry_after_hours
    if not paid_anew or not hours:
        return {}
    return {"charge_attempts": 1, "last_attempt_at": tx.now - timedelta(hours=hours[0]), "hard_declined": False}


async def deactivate_pass(tx: Tx, command: DeactivatePass) -> Changed:
    """Take the pass out of use; visits it would still pay for become unpaid and are listed.

    Errors: NOT_FOUND, ALREADY_DEACTIVATED, PASS_CLOSED, PAYMENT_IN_PROGRESS.
    """
    tx.require(*STAFF)
    facts = await locked_pass(tx, command.pass_id)
    if facts.closed_reason is ClosedReason.DEACTIVATED:
        raise refuse(Code.ALREADY_DEACTIVATED, "passId")
    if facts.closed_reason is not None or ended(facts, tx.now):
        raise refuse(Code.PASS_CLOSED, "passId", status=facts.closed_reason or ClosedReason.EXPIRED)
    require_settled(facts)
    reason = checked_text(command.reason, 1, 500, "reason")
    ahead = await booked_from(tx, facts, tx.now)
    await release_claims(tx, facts, ahead)
    await tx.update(passes, facts.id, closed_reason=ClosedReason.DEACTIVATED, closed_at=tx.now)
    await tx.event("pass.deactivated", pass_id=facts.id, reason=reason)
    await refresh(tx, [facts.id])
    return Changed(passes=[facts.id], visits=ahead)


async def reactivate_pass(tx: Tx, command: ReactivatePass) -> Changed:
    """Put the pass back into use; it pays for visits to come that wait. Errors: NOT_FOUND, NOT_DEACTIVATED."""
    tx.require(*STAFF)
    await before_joining(tx)
    waiting = await lock_with_waiting(tx, [command.pass_id])
    facts = await locked_pass(tx, command.pass_id)
    if facts.closed_reason is not ClosedReason.DEACTIVATED:
        raise refuse(Code.NOT_DEACTIVATED, "passId")
    await tx.update(passes, facts.id, closed_reason=None, closed_at=None)
    await tx.event("pass.reactivated", pass_id=facts.id)
    await refresh(tx, [facts.id])
    await join_closures(tx, facts.id)
    return await covered(tx, Changed(passes=[facts.id]), waiting)
