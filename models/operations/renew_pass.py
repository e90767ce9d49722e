"""Renew a pass: by hand, or by itself when it is due. Exactly one grant and one capture per pass and period."""

from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from uuid import UUID

from models.errors import Problem, Refused, refuse
from models.operations.base import STAFF, Changed, Payment, ToPay, Tx, plain
from models.operations.cover_waiting import covered, lock_with_waiting
from models.operations.failed_charge import (
    freeze_for_failed_charge,
    thaw_after_failed_charge,
    without_failed_charge,
)
from models.operations.grant_period import NewPeriod, grant_period
from models.operations.kept import CLOSING, kept_of
from models.operations.lapse import lapse_lots
from models.operations.pass_guards import locked_pass, require_not_gone, require_settled
from models.operations.projected_claims import fail_projections
from models.operations.projecting import pay_projections
from models.operations.refresh import refresh
from models.operations.sell_pass import checked_payment
from models.operations.spend_credit import SPENT, credit_of, spend
from models.operations.spread_closure import before_joining, join_closures
from models.operations.start_pass import write_start
from models.queries.facts import load_passes
from models.queries.locks import lock_passes
from models.rules.calendar import local_day
from models.rules.codes import Code, because
from models.rules.due import renewal_price
from models.rules.facts import PassFacts, with_start
from models.rules.renewal import next_period, renews_on_depletion, renews_on_expiry
from models.rules.status import ended, retry_at, standing_at, used_up
from models.rules.values import ClosedReason, OrderPurpose, PaymentMethod, Role, Standing, TestCard, ValidityRule
from models.tables.passes import passes, successions

NOTHING_OVERDUE: dict[str, object] = {
    "overdue_since": None,
    "charge_attempts": 0,
    "last_attempt_at": None,
    "hard_declined": False,
}
"""What a pass keeps of a failed charge once it is paid, or no longer wanted."""

STARTED = "started_on"
"""The day on which a pass had started when its renewal was to be paid, in the details of that order."""


@dataclass(frozen=True, slots=True)
class RenewPass:
    """Renew a pass by hand, ahead of its end or after it. With `use_credit` the client's credit pays first."""

    pass_id: UUID
    payment_method: PaymentMethod | None = None
    test_card: TestCard | None = None
    use_credit: bool = False


async def renew_pass(tx: Tx, command: RenewPass) -> ToPay:
    """Check the renewal and say what is to be charged: the price of the version sold, or one announced in its place.

    Errors: NOT_FOUND, PASS_CLOSED, PAYMENT_IN_PROGRESS, NOT_RENEWABLE, HAS_SUCCESSOR, PAYMENT_REQUIRED,
    PAYMENT_DECLINED, FORBIDDEN.
    """
    tx.require(*STAFF, Role.CLIENT)
    await before_joining(tx)
    # The client comes before the pass, as in every verb that locks both.
    owner = await tx.raw.fetchval("SELECT client_id FROM passes WHERE id = $1", command.pass_id)
    credit = await credit_of(tx, owner) if command.use_credit and owner is not None else 0
    await lock_with_waiting(tx, [command.pass_id])
    facts = await locked_pass(tx, command.pass_id)
    require_not_gone(facts)
    require_settled(facts)
    require_renewable(tx, facts)
    on_depletion = restarts(tx, facts)
    price = renewal_price(without_failed_charge(facts), on_depletion=on_depletion)
    credit = min(credit, price)
    stored = await tx.row("SELECT payment_method, test_card FROM passes WHERE id = $1", facts.id)
    if command.payment_method is None and stored["payment_method"] == PaymentMethod.TEST_CARD:
        payment: Payment | None = stored_payment(stored)
    else:
        payment = checked_payment(tx, command.payment_method, command.test_card, price - credit)
    to_pay = await _to_pay(tx, facts, payment, automatic=False, on_depletion=on_depletion)
    await spend(tx, facts.client_id, credit, to_pay.id, facts.id)
    return replace(to_pay, credit_minor=credit, details={**to_pay.details, SPENT: credit})


async def renew_due(tx: Tx, facts: PassFacts) -> ToPay:
    """Say what the renewal that is due by itself charges; the caller holds the lock and has seen that it is due."""
    stored = await tx.row("SELECT payment_method, test_card FROM passes WHERE id = $1", facts.id)
    on_depletion = renews_on_depletion(facts) and not ended(facts, tx.now)
    return await _to_pay(tx, facts, stored_payment(stored), automatic=True, on_depletion=on_depletion)


def stored_payment(row: Any) -> Payment:
    """Return how a pass is charged with nobody present; a pass with no method declines as cash would."""
    method = PaymentMethod(row["payment_method"] or PaymentMethod.CASH)
    return Payment(method, TestCard(row["test_card"]) if row["test_card"] else None, present=False)


def require_renewable(tx: Tx, facts: PassFacts) -> None:
    """Refuse a renewal by hand of a pass that has no next period, or has it. Errors: NOT_RENEWABLE, HAS_SUCCESSOR."""
    facts = without_failed_charge(facts)
    terms, last = facts.terms, facts.windows[-1]
    limit = terms.renewal.renewals_max
    why = None
    if terms.validity.rule is ValidityRule.FIXED_DAY:
        why = because(Code.NOT_RENEWABLE, sentence="its last day is fixed.")
    elif terms.validity.rule is ValidityRule.NEVER and not facts.kind.metered:
        why = because(Code.NOT_RENEWABLE, sentence="it never ends.")
    elif last.paused:
        why = because(Code.NOT_RENEWABLE, sentence="it is on hold with no end.")
    elif last.starts_at is None:
        why = because(Code.NOT_RENEWABLE, sentence="its first visit has yet to start it.")
    elif limit is not None and facts.renewals_done >= limit:
        why = because(Code.NOT_RENEWABLE, sentence="it may renew {limit} times at most, and has.", limit=limit)
    if why:
        raise Refused(Problem(why, ("passId",)))
    if last.starts_at is not None and last.starts_at > tx.now and len(facts.periods) > 1:
        raise refuse(Code.HAS_SUCCESSOR, "passId")


def restarts(tx: Tx, facts: PassFacts) -> bool:
    """A used-up pass starts its next period now; so does one that lapsed with no renewal owed, or none any more."""
    lapsed = facts.ends_at is not None and facts.ends_at <= tx.now
    if standing_at(facts.overdue, tx.business.policy, tx.now) is Standing.RELEASED:
        return True
    if facts.overdue is not None or renews_on_expiry(facts):
        return used_up(facts, tx.now) and not lapsed
    return lapsed or used_up(facts, tx.now)


async def _to_pay(tx: Tx, facts: PassFacts, payment: Payment | None, *, automatic: bool, on_depletion: bool) -> ToPay:
    number = facts.periods[-1].number + 1
    return ToPay(
        purpose=OrderPurpose.RENEWAL,
        client_id=facts.client_id,
        pass_id=facts.id,
        period_number=number,
        subject_pass_id=facts.id,
        price_minor=renewal_price(without_failed_charge(facts), on_depletion=on_depletion),
        credit_minor=0,
        payment=payment,
        details={"automatic": automatic, "on_depletion": on_depletion, STARTED: plain(facts.windows[0].first_day)},
        gateway_key=f"renew:{facts.id}:{number}:{await next_attempt(tx, facts.id, number)}",
    )


async def next_attempt(tx: Tx, pass_id: UUID, period_number: int) -> int:
    """Return the number of the next attempt to charge for this successor, from 1."""
    tried = await tx.raw.fetchval(
        "SELECT count(*) FROM orders WHERE subject_pass_id = $1 AND details->>'successor_of' = $2 "
        # One that was undone is numbered below zero, and its key is used all the same.
        "OR (pass_id = $1 AND (period_number = $3 OR period_number < 0) AND purpose = 'RENEWAL')",
        pass_id,
        str(period_number),
        period_number,
    )
    return int(tried) + 1


async def fulfil_renewal(tx: Tx, bought: ToPay) -> Changed:
    """Grant the period that was paid for, and let it pay for visits that wait."""
    waiting = await lock_with_waiting(tx, [bought.pass_id])
    return await covered(tx, await grant_next(tx, bought), waiting)


async def grant_next(tx: Tx, bought: ToPay) -> Changed:
    """Grant the period that was paid for; the store holds one successor per period, so no second one can be."""
    facts = (await lock_passes(tx.raw, [bought.pass_id]))[bought.pass_id]
    former = await kept_of(tx, facts, *CLOSING, "payment_method", "test_card")
    facts = await thaw_after_failed_charge(tx, facts)
    facts = await _begun(tx, facts, bought)
    before = facts.periods[-1]
    former |= {"cut_at": plain(before.cut_at)}
    anchor = await tx.row(
        "SELECT anchor_on, anchor_index FROM periods WHERE pass_id = $1 AND number = $2", facts.id, before.number
    )
    period = next_period(
        facts, anchor["anchor_on"], anchor["anchor_index"], tx.now, on_depletion=bought.details["on_depletion"]
    )
    if period.opens_at is not None:
        await tx.raw.execute(
            "UPDATE periods SET cut_at = $1 WHERE pass_id = $2 AND number = $3", tx.now, facts.id, before.number
        )
    new = NewPeriod(
        period.number,
        period.anchor_on,
        period.anchor_index,
        period.first_on,
        period.last_on,
        period.restarts,
        period.opens_at,
    )
    await grant_period(tx, facts.id, facts.terms, new, price_minor=bought.price_minor, order_id=bought.id)
    await write_succession(tx, facts.id, before.number, "RENEWAL", facts.id, period.number)
    changes: dict[str, object] = {"closed_reason": None, "closed_at": None, "renewals_done": facts.renewals_done + 1}
    changes |= NOTHING_OVERDUE
    if bought.payment and bought.payment.method is PaymentMethod.TEST_CARD:
        changes |= {"payment_method": bought.payment.method, "test_card": bought.payment.test_card}
    await tx.update(passes, facts.id, **changes)
    await tx.event(
        "pass.renewed", pass_id=facts.id, period=period.number, priceMinor=bought.price_minor, skipped=period.skipped
    )
    await lapse_lots(tx, (await load_passes(tx.raw, [facts.id]))[facts.id])
    await refresh(tx, [facts.id])
    await join_closures(tx, facts.id)
    paid = await pay_projections(tx, facts.id, revive=facts.closed_reason is not ClosedReason.RELEASED)
    return Changed(passes=[facts.id], visits=paid, figures={"skippedPeriods": period.skipped, "former": former})


async def _begun(tx: Tx, facts: PassFacts, bought: ToPay) -> PassFacts:
    """Return the facts of a pass that has a start; without one it starts as it would have when it was to be paid.

    Its only visits may have been cancelled while the charge had no answer. What was paid for follows that start.
    """
    if facts.windows[0].first_day is not None or facts.windows[0].paused:
        return facts
    told = bought.details.get(STARTED)
    begun = with_start(facts, date.fromisoformat(told) if told else local_day(tx.now, facts.zone))
    await write_start(tx, begun)
    return begun


async def renewal_declined(tx: Tx, bought: ToPay, *, hard: bool, detail: str) -> None:
    """Note the failed charge: one that came due by itself starts or continues the ladder of retries."""
    assert bought.subject_pass_id is not None
    await lock_passes(tx.raw, [bought.subject_pass_id])
    if bought.details["automatic"]:
        await tx.raw.execute(
            """UPDATE passes SET overdue_since = coalesce(overdue_since, $1), charge_attempts = charge_attempts + 1,
               last_attempt_at = $1, hard_declined = $2 WHERE id = $3""",
            tx.now,
            hard,
            bought.subject_pass_id,
        )
    await tx.event("payment.declined", pass_id=bought.subject_pass_id, detail=detail, hard=hard)
    if bought.details["automatic"]:
        await fail_projections(tx, bought.subject_pass_id)
    facts = (await refresh(tx, [bought.subject_pass_id]))[bought.subject_pass_id]
    if bought.details["automatic"] and facts.overdue and retry_at(facts.overdue, tx.business.policy) is None:
        await freeze_for_failed_charge(tx, facts)


async def write_succession(
    tx: Tx, pass_id: UUID, period_number: int, kind: str, to_pass_id: UUID, to_period_number: int
) -> None:
    """Write what follows a period. Its key lets one thing follow, a renewal or a conversion, never both."""
    await tx.insert(
        successions,
        {
            "pass_id": pass_id,
            "period_number": period_number,
            "kind": kind,
            "to_pass_id": to_pass_id,
            "to_period_number": to_period_number,
            "operation_id": tx.operation_id,
        },
    )
