"""Whether a renewal is due, and which period it grants."""

from dataclasses import dataclass
from datetime import date, datetime

from models.rules.calendar import DAY, end_of_day, local_day
from models.rules.facts import LotFacts, PassFacts
from models.rules.timeline import base_days, freezes, nth_free_day
from models.rules.values import AfterExpiration, LotKind, PaymentMethod, RenewalTrigger, UnusedAtRenewal, ValidityRule

_ON_DEPLETION = (RenewalTrigger.ON_DEPLETION, RenewalTrigger.FIRST_OF_BOTH)
_ON_EXPIRY = (RenewalTrigger.ON_EXPIRY, RenewalTrigger.FIRST_OF_BOTH)


@dataclass(frozen=True, slots=True)
class NextPeriod:
    """The period a renewal grants. `restarts` means it is counted from a new anchor, at `opens_at` if mid-day.

    `skipped` counts whole periods that passed unrenewed (an outage): they are neither charged nor granted.
    """

    number: int
    anchor_on: date
    anchor_index: int
    first_on: date
    last_on: date | None
    restarts: bool
    opens_at: datetime | None
    skipped: int = 0


def renews(facts: PassFacts) -> bool:
    """Say whether the pass renews by itself at all, as it stands."""
    limit = facts.terms.renewal.renewals_max
    return (
        facts.closed_reason is None
        and facts.after_expiration is AfterExpiration.RENEW
        and facts.auto_renew
        and (limit is None or facts.renewals_done < limit)
    )


def renews_on_expiry(facts: PassFacts) -> bool:
    """Say whether reaching the last day renews the pass."""
    return renews(facts) and facts.terms.renewal.trigger in _ON_EXPIRY


def depleted(facts: PassFacts) -> bool:
    """Say whether the last period's units count as used up for a renewal."""
    if not facts.kind.metered:
        return False
    last = facts.periods[-1].number
    available = sum(lot.available for lot in facts.lots)
    booked = sum(lot.booked for lot in facts.lots)
    granted = any(lot.period_number == last for lot in facts.lots)
    spent_enough = booked == 0 or facts.terms.renewal.booked_counts_as_depleted
    return granted and available == 0 and spent_enough


def renews_on_depletion(facts: PassFacts) -> bool:
    """Say whether the pass is to renew now because visits used it up, and not because its rest was given or taken."""
    by_itself = renews(facts) and facts.terms.renewal.trigger in _ON_DEPLETION
    return by_itself and depleted(facts) and not facts.depleted_unasked


def rolls_over(facts: PassFacts, lot: LotFacts) -> bool:
    """Say whether what is left of a lot that is over goes on into the next period. A lot with days of its own ends."""
    has_next = any(period.number == lot.period_number + 1 for period in facts.periods)
    return has_next and lot.own_last_on is None and facts.terms.renewal.unused is UnusedAtRenewal.ROLLOVER


def rollover_room(facts: PassFacts, number: int) -> int | None:
    """Return how many units may still roll into a period, None for any number."""
    most = facts.terms.renewal.rollover_max
    if most is None:
        return None
    return most - sum(lot.issued for lot in facts.lots if lot.period_number == number and lot.kind is LotKind.ROLLOVER)


def rollover_own_days(facts: PassFacts, number: int) -> tuple[date, date] | None:
    """Return the first and last day of units that roll into a period, None where they last as long as it does."""
    window = next(w for period, w in zip(facts.periods, facts.windows, strict=True) if period.number == number)
    days = facts.terms.renewal.rollover_days
    if days is None or window.first_day is None:
        return None
    return window.first_day, window.first_day + DAY * (days - 1)


def next_period(
    facts: PassFacts, anchor_on: date, anchor_index: int, now: datetime, *, on_depletion: bool
) -> NextPeriod:
    """Return the period that follows the last one, whose anchor and index are given.

    On depletion it opens now, from a new anchor. On expiry it opens where the last one ends; if it would be over
    already, the first period that is not is granted instead. A pass revived after its end opens today. Where the terms
    are no longer those the last period was laid out by, the anchor is anew the day after it.
    """
    number = facts.periods[-1].number + 1
    today = local_day(now, facts.zone)
    endless = facts.terms.validity.rule is not ValidityRule.PERIOD
    if on_depletion or endless:
        first, last = base_days(facts.terms, today, 0)
        return NextPeriod(number, today, 0, first, last, restarts=True, opens_at=now)
    before, window = facts.periods[-1], facts.windows[-1]
    shift = (window.last_day - before.last_on) if window.last_day and before.last_on else DAY * 0
    index, skipped = anchor_index + 1, 0
    if before.last_on is not None and base_days(facts.terms, anchor_on, index)[0] != before.last_on + DAY:
        # The pass has moved to terms with another length: they count from where its last period stopped.
        anchor_on, index = before.last_on + DAY, 0
    while True:
        first, last = base_days(facts.terms, anchor_on, index)
        assert last is not None
        ends_on = nth_free_day(first + shift, (last - first).days + 1, freezes(facts.holds))
        if ends_on is None or end_of_day(ends_on, facts.zone) > now:
            return NextPeriod(number, anchor_on, index, first, last, restarts=False, opens_at=None, skipped=skipped)
        index, skipped = index + 1, skipped + 1


def takes_a_person(method: PaymentMethod) -> bool:
    """Say whether a charge by this method needs somebody at the desk to hand over cash or use the terminal."""
    return method in (PaymentMethod.CASH, PaymentMethod.CARD_TERMINAL)
