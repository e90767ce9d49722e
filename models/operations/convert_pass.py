"""Convert a pass to another purchase option: now, at its end, or on a date. It has exactly one successor."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from models.errors import refuse, unknown
from models.operations.base import STAFF, Changed, Payment, ToPay, Tx, checked_day
from models.operations.consent import Consent, checked_consent, keep_consent
from models.operations.cover_waiting import covered, lock_with_waiting
from models.operations.failed_charge import thaw_after_failed_charge
from models.operations.fulfil_conversion import first_day_of, value_at_conversion
from models.operations.kept import kept_of
from models.operations.pass_guards import locked_pass, require_open, require_settled
from models.operations.refresh import refresh
from models.operations.renew_pass import NOTHING_OVERDUE, next_attempt, stored_payment
from models.operations.sell_pass import check_not_over, checked_payment, payment_details
from models.operations.spread_closure import before_joining
from models.queries.catalogue import OptionVersion, option_terms
from models.rules.calendar import local_day
from models.rules.codes import Code
from models.rules.facts import PassFacts
from models.rules.values import (
    AfterExpiration,
    ConversionTiming,
    OrderPurpose,
    PaymentMethod,
    TestCard,
    UnusedAtConversion,
    ValidityRule,
)
from models.tables.base import new_id
from models.tables.passes import passes

PLAN = (
    "after_expiration",
    "former_after_expiration",
    "conversion_option_id",
    "conversion_on",
    "conversion_unused",
)
"""The columns of a pass that say what is planned to follow its end."""


@dataclass(frozen=True, slots=True)
class ConvertPass:
    """Convert now, free or paid."""

    pass_id: UUID
    option_id: UUID
    timing: ConversionTiming = ConversionTiming.NOW_PAID
    unused: UnusedAtConversion = UnusedAtConversion.FORFEIT
    payment_method: PaymentMethod | None = None
    test_card: TestCard | None = None
    consent: Consent | None = None


@dataclass(frozen=True, slots=True)
class ScheduleConversion:
    """Convert at the end of the pass, or on a date before it."""

    pass_id: UUID
    option_id: UUID
    on: date | None = None
    unused: UnusedAtConversion = UnusedAtConversion.FORFEIT
    consent: Consent | None = None


@dataclass(frozen=True, slots=True)
class CancelConversion:
    """Forget a scheduled conversion; what followed the end before follows it again."""

    pass_id: UUID


async def convert_pass(tx: Tx, command: ConvertPass) -> ToPay:
    """Check the conversion and say what is to be charged: the target's price, less the value of unused visits.

    Errors: NOT_FOUND, PASS_CLOSED, PASS_ENDED, PAYMENT_IN_PROGRESS, CONVERT_TO_ITSELF, OPTION_ARCHIVED,
    CARRY_IMPOSSIBLE, PAYMENT_REQUIRED, PAYMENT_DECLINED, CONSENT_REQUIRED.
    """
    tx.require(*STAFF)
    await before_joining(tx)
    await lock_with_waiting(tx, [command.pass_id])
    facts = await locked_pass(tx, command.pass_id)
    require_open(tx, facts)
    require_settled(facts)
    if command.timing not in (ConversionTiming.NOW_FREE, ConversionTiming.NOW_PAID):
        raise refuse(Code.INVALID_INPUT, "timing", sentence="A later conversion is scheduled with scheduleConversion.")
    target = await _target(tx, facts, command.option_id, command.unused)
    check_not_over(tx, target.terms, None)
    free = command.timing is ConversionTiming.NOW_FREE
    price = 0 if free else target.terms.price_minor
    value = await value_at_conversion(tx, facts) if command.unused is UnusedAtConversion.CREDIT else 0
    payment = checked_payment(tx, command.payment_method, command.test_card, price - min(price, value))
    consent = checked_consent(tx, [target.terms], command.consent)
    return await _to_pay(tx, facts, target, command.unused, price, value, payment, automatic=False, consent=consent)


async def schedule_conversion(tx: Tx, command: ScheduleConversion) -> Changed:
    """Plan a conversion, in place of whatever followed the end. A charge that failed for that is forgotten.

    Errors: NOT_FOUND, PASS_CLOSED, PASS_ENDED, CONVERT_TO_ITSELF, OPTION_ARCHIVED, CARRY_IMPOSSIBLE,
    INVALID_INPUT for an end the pass does not have, DATE_OUT_OF_RANGE, TERMS_CONTRADICT for a target that is over,
    CONSENT_REQUIRED.
    """
    tx.require(*STAFF)
    waiting = await lock_with_waiting(tx, [command.pass_id])
    facts = await locked_pass(tx, command.pass_id)
    require_open(tx, facts)
    target = await _target(tx, facts, command.option_id, command.unused)
    consent = checked_consent(tx, [target.terms], command.consent)
    if command.on is None:
        if facts.terms.validity.rule is ValidityRule.NEVER:
            raise refuse(Code.INVALID_INPUT, "on", sentence="The pass has no end; name a date.")
    else:
        checked_day(tx, command.on, "on")
        low, high = local_day(tx.now, facts.zone), facts.windows[-1].last_day
        if command.on <= low or (high is not None and command.on > high):
            raise refuse(Code.DATE_OUT_OF_RANGE, "on", field="on", low=low + timedelta(days=1), high=high or "no end")
    day, last = command.on or facts.windows[-1].last_day, target.terms.validity.last_day
    if day is not None and last is not None and last < day:
        raise refuse(Code.TERMS_CONTRADICT, "purchaseOptionId", sentence="The option's last day is {day}.", day=last)
    kept = await kept_of(tx, facts, *PLAN)
    former = kept["former_after_expiration"]
    await tx.update(
        passes,
        facts.id,
        conversion_option_id=command.option_id,
        conversion_on=command.on,
        conversion_unused=command.unused,
        after_expiration=AfterExpiration.CONVERT,
        former_after_expiration=former or facts.after_expiration,
        **NOTHING_OVERDUE,
    )
    await keep_consent(tx, consent, facts.id, facts.client_id, target.terms)
    await tx.event("conversion.scheduled", pass_id=facts.id, option=command.option_id, on=command.on)
    await refresh(tx, [facts.id])
    await thaw_after_failed_charge(tx, facts)
    return await covered(tx, Changed(passes=[facts.id], figures={"former": kept}), waiting)


async def cancel_conversion(tx: Tx, command: CancelConversion) -> Changed:
    """Restore the rule that followed the end before. A pass sold to convert, and not planned anew, then expires.

    Errors: NOT_FOUND, PASS_CLOSED, PASS_ENDED, CONVERSION_NOT_PLANNED, PAYMENT_IN_PROGRESS.
    """
    tx.require(*STAFF)
    waiting = await lock_with_waiting(tx, [command.pass_id])
    facts = await locked_pass(tx, command.pass_id)
    if facts.overdue is None or facts.closed_reason is not None:
        # A conversion whose charge failed at the end is still being retried, and that can be called off.
        require_open(tx, facts)
    require_settled(facts)
    if facts.conversion is None:
        raise refuse(Code.CONVERSION_NOT_PLANNED, "passId")
    return await covered(tx, await _forget(tx, facts, "conversion.cancelled"), waiting)


async def _forget(tx: Tx, facts: PassFacts, event: str) -> Changed:
    kept = await kept_of(tx, facts, *PLAN)
    former = AfterExpiration(kept["former_after_expiration"] or AfterExpiration.EXPIRE)
    sold = facts.terms.conversion if former is AfterExpiration.CONVERT else None
    await tx.update(
        passes,
        facts.id,
        conversion_option_id=sold and sold.target_option_id,
        conversion_on=None,
        conversion_unused=sold and sold.unused,
        after_expiration=former,
        former_after_expiration=None,
        **NOTHING_OVERDUE,
    )
    await tx.event(event, pass_id=facts.id)
    await refresh(tx, [facts.id])
    await thaw_after_failed_charge(tx, facts)
    return Changed(passes=[facts.id], figures={"former": kept})


async def convert_due(tx: Tx, facts: PassFacts) -> Changed | ToPay:
    """Say what the conversion that is due by itself charges; the caller holds the lock and has seen that it is due.

    A target that is over by now cannot be opened: the plan is dropped, and what followed the end before follows it.
    """
    assert facts.conversion is not None
    target = await option_terms(tx.raw, facts.conversion.target_option_id)
    assert target is not None, "an option is archived, never deleted"
    stored = await tx.row("SELECT payment_method, test_card FROM passes WHERE id = $1", facts.id)
    first, last = first_day_of(tx, facts, target.terms), target.terms.validity.last_day
    if first is not None and last is not None and last < first:
        return await _forget(tx, facts, "conversion.impossible")
    price, unused = target.terms.price_minor, facts.conversion.unused
    if unused is UnusedAtConversion.CARRY and target.terms.unit is not facts.terms.unit:
        # The option was revised to count something else since; the client gets the money's worth.
        unused = UnusedAtConversion.CREDIT
    value = await value_at_conversion(tx, facts) if unused is UnusedAtConversion.CREDIT else 0
    return await _to_pay(tx, facts, target, unused, price, value, stored_payment(stored), automatic=True)


async def _target(tx: Tx, facts: PassFacts, option_id: UUID, unused: UnusedAtConversion) -> OptionVersion:
    current = await tx.raw.fetchval("SELECT option_id FROM passes WHERE id = $1", facts.id)
    target = await option_terms(tx.raw, option_id)
    if target is None:
        raise unknown("purchase option", "purchaseOptionId")
    if current == option_id:
        raise refuse(Code.CONVERT_TO_ITSELF, "purchaseOptionId")
    if target.archived_at is not None:
        raise refuse(Code.OPTION_ARCHIVED, "purchaseOptionId")
    carries = unused is UnusedAtConversion.CARRY
    if carries and (facts.terms.unit is None or facts.terms.unit is not target.terms.unit):
        raise refuse(Code.CARRY_IMPOSSIBLE, "unused")
    return target


async def _to_pay(
    tx: Tx,
    facts: PassFacts,
    target: OptionVersion,
    unused: UnusedAtConversion,
    price_minor: int,
    value_minor: int,
    payment: Payment | None,
    *,
    automatic: bool,
    consent: dict[str, str] | None = None,
) -> ToPay:
    number = facts.periods[-1].number
    attempt = await next_attempt(tx, facts.id, number)
    details: dict[str, Any] = {
        "automatic": automatic,
        "option_id": str(target.option_id),
        "option_version": target.version,
        "unused": unused,
        "successor_of": str(number),
        "consent": consent,
    }
    return ToPay(
        purpose=OrderPurpose.CONVERSION,
        client_id=facts.client_id,
        pass_id=new_id(),
        period_number=1,
        subject_pass_id=facts.id,
        price_minor=price_minor,
        credit_minor=min(price_minor, value_minor),
        payment=payment,
        details=details | payment_details(payment),
        gateway_key=f"convert:{facts.id}:{number}:{attempt}",
    )
