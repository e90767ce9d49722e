"""What a pass will pay for once it has renewed: it is asked as it will be then, by the same rules as any pass.

A projection holds no unit. It counts on the next period alone, and only where nothing but time lies before it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from models.rules.calendar import local_day
from models.rules.codes import Code, Reason, because
from models.rules.due import renewal_at
from models.rules.eligibility import Decision, covered_instant, decide
from models.rules.facts import LotFacts, PassFacts, VisitFacts, covering_instant, laid_out, with_provisional_start
from models.rules.paying import after_claim
from models.rules.renewal import next_period, renews_on_expiry, takes_a_person
from models.rules.status import RetryPolicy, standing_at
from models.rules.timeline import PeriodFacts
from models.rules.values import AfterExpiration, LotKind, Standing, ValidityRule

WAITS_FOR_RENEWAL = frozenset({Code.ENDS_BEFORE_VISIT, Code.EXPIRED})
"""Why a pass that renews may not pay for a visit of its next period, before it has renewed."""


@dataclass(frozen=True, slots=True)
class Renewed:
    """A pass as it will be once its next period is granted: its period, when that is paid, and its facts then.

    What rolls over is left out, so no more is promised than the renewal itself grants.
    """

    number: int
    pays_at: datetime
    facts: PassFacts

    @property
    def pays_on(self) -> date:
        """The local day on which it renews."""
        return local_day(self.pays_at, self.facts.zone)


def why_uncertain(facts: PassFacts, policy: RetryPolicy, now: datetime) -> Reason | None:
    """Return why the next period of a pass cannot be counted on, None where it can."""
    terms = facts.terms
    why: Reason | None = None
    if standing_at(facts.overdue, policy, now) is not Standing.CURRENT:
        return because(Code.PAYMENT_OVERDUE)
    if facts.closed_reason is not None or facts.after_expiration is not AfterExpiration.RENEW:
        why = _uncertain("it does not renew.")
    elif facts.conversion is not None:
        why = _uncertain("it is to become another pass.")
    elif not facts.auto_renew:
        why = _uncertain("automatic renewal is switched off.")
    elif not renews_on_expiry(facts) or terms.validity.rule is not ValidityRule.PERIOD:
        why = _uncertain("it does not renew at its end.")
    elif renewal_at(facts) is None:
        why = _uncertain("the day of its renewal is not known.")
    elif terms.price_minor and (facts.payment_method is None or takes_a_person(facts.payment_method)):
        why = _uncertain("its renewal has to be paid at the desk.")
    return why


def _uncertain(sentence: str) -> Reason:
    return because(Code.RENEWAL_UNCERTAIN, sentence=sentence)


def once_renewed(facts: PassFacts, policy: RetryPolicy, now: datetime) -> Renewed | None:
    """Return the pass as its renewal at its end will make it, None where that cannot be counted on."""
    started = with_provisional_start(facts)
    pays_at = renewal_at(started)
    if pays_at is None or why_uncertain(started, policy, now) is not None:
        return None
    last = started.periods[-1]
    anchor = last.first_on if last.anchor_index == 0 or last.anchor_on is None else last.anchor_on
    if anchor is None:
        return None
    coming = next_period(started, anchor, last.anchor_index, max(now, pays_at), on_depletion=False)
    period = PeriodFacts(
        coming.number, coming.first_on, coming.last_on, anchor_on=coming.anchor_on, anchor_index=coming.anchor_index
    )
    spent = tuple(replace(lot, available=0) for lot in started.lots)
    granted: tuple[LotFacts, ...] = ()
    if started.terms.quantity is not None:
        quantity = started.terms.quantity
        granted = (LotFacts(started.id, LotKind.GRANT, coming.number, quantity, 0, issued=quantity),)
    later = laid_out(replace(started, periods=(*started.periods, period), lots=(*spent, *granted)))
    return None if later.windows[-1].ends_at is None else Renewed(coming.number, pays_at, later)


def ask(renewed: Renewed, visit: VisitFacts, policy: RetryPolicy, now: datetime) -> Decision:
    """Say whether the pass will pay for the visit out of its next period, and no other."""
    decision = decide(renewed.facts, visit, policy, now)
    covered = covered_instant(renewed.facts, covering_instant(renewed.facts.terms, visit))
    if decision.pays and not renewed.facts.windows[-1].covers(covered):
        return Decision(decision.pass_id, reasons=(because(Code.NOT_IN_NEXT_PERIOD),))
    return decision


def with_projections(
    renewed: Renewed, projected: Sequence[VisitFacts], policy: RetryPolicy, now: datetime
) -> tuple[Renewed, dict[VisitFacts, Decision]]:
    """Return the pass with these visits paid by its next period, and what it says of each, in start order.

    A visit that it will not pay for takes nothing of it.
    """
    answers = {}
    for visit in sorted(projected, key=lambda visit: (visit.starts_at, visit.id)):
        answers[visit] = ask(renewed, visit, policy, now)
        if answers[visit].pays:
            renewed = replace(renewed, facts=after_claim(renewed.facts, visit, answers[visit]))
    return renewed, answers


def because_of_renewal(
    facts: PassFacts, renewed: Renewed | None, refused: Decision, visit: VisitFacts, policy: RetryPolicy, now: datetime
) -> tuple[Reason, ...]:
    """Return what a pass that renews adds to its refusal: when it pays after all, or why it does not then either.

    `renewed` holds what it stands to pay for already. Empty where the refusal has nothing to do with its end.
    """
    codes = {reason.code for reason in refused.reasons}
    if facts.after_expiration is not AfterExpiration.RENEW or not codes & WAITS_FOR_RENEWAL:
        return ()
    if renewed is None:
        why = why_uncertain(facts, policy, now)
        return (why,) if why is not None and why.code not in codes else ()
    answer = ask(renewed, visit, policy, now)
    if answer.pays:
        return (because(Code.PAYS_ON_RENEWAL, day=renewed.pays_on),)
    return tuple(reason for reason in answer.reasons if reason.code not in codes)
