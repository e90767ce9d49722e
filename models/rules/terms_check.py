"""Which terms can be sold. Every contradiction is named, with the field it is in."""

from models.rules.codes import Reason
from models.rules.found import DAYS_MAX, PRICE_MINOR_MAX, QUANTITY_MAX, YEAR_DAYS, Found, contradiction, in_range
from models.rules.policies_check import access_problems, policy_problems
from models.rules.terms import Terms
from models.rules.values import (
    Activation,
    AfterExpiration,
    OutcomeEffect,
    PassKind,
    RenewalPrice,
    RenewalTrigger,
    UnusedAtRenewal,
    ValidityRule,
)

PERIOD_COUNT_MAX = 3_660
MINUTES_MAX = 60 * 24 * 60
MAKE_UP_DAYS_MIN = 14


def problems(terms: Terms) -> list[tuple[tuple[str, ...], Reason]]:
    """Return every reason the terms cannot be sold, each with the path of its field; none where they can."""
    return [
        *_numbers(terms),
        *_quantity(terms),
        *access_problems(terms.access),
        *_validity(terms),
        *_outcomes(terms),
        *_after(terms),
        *_renewal(terms),
        *policy_problems(terms),
    ]


def _numbers(terms: Terms) -> Found:
    yield from in_range(terms.price_minor, 0, PRICE_MINOR_MAX, "priceMinor")
    yield from in_range(terms.quantity, 1, QUANTITY_MAX, "quantity")
    yield from in_range(terms.validity.count, 1, PERIOD_COUNT_MAX, "validity", "count")
    yield from in_range(terms.start_within_days, 0, DAYS_MAX, "startWithinDays")
    yield from in_range(terms.back_window_days, 0, DAYS_MAX, "backWindowDays")
    yield from in_range(terms.priority, -1000, 1000, "priority")
    yield from in_range(terms.warn_days, 0, YEAR_DAYS, "warnDays")
    yield from in_range(terms.revive_days, 0, YEAR_DAYS, "reviveDays")
    yield from in_range(terms.make_up_days, MAKE_UP_DAYS_MIN, YEAR_DAYS, "makeUpDays")


def _quantity(terms: Terms) -> Found:
    if terms.kind.metered and terms.quantity is None:
        yield contradiction("A {kind} pass needs a quantity.", "quantity", kind=terms.kind)
    if not terms.kind.metered and terms.quantity is not None:
        yield contradiction(
            "A pass of the kind {kind} counts nothing and has no quantity.", "quantity", kind=terms.kind
        )


def _outcomes(terms: Terms) -> Found:
    outcomes = terms.outcomes
    yield from in_range(outcomes.late_cancel_minutes, 0, MINUTES_MAX, "outcomes", "lateCancelMinutes")
    yield from in_range(outcomes.late_cancel_fee_minor, 0, PRICE_MINOR_MAX, "outcomes", "lateCancelFeeMinor")
    yield from in_range(outcomes.no_show_fee_minor, 0, PRICE_MINOR_MAX, "outcomes", "noShowFeeMinor")
    yield from in_range(outcomes.booking_grace_minutes, 0, MINUTES_MAX, "outcomes", "bookingGraceMinutes")
    yield from in_range(outcomes.free_per_period, 0, 1_000, "outcomes", "freePerPeriod")
    costs = outcomes.late_cancel_fee_minor or outcomes.no_show_fee_minor
    returns = outcomes.late_cancel is outcomes.no_show is OutcomeEffect.RETURN
    if outcomes.free_per_period > 0 and returns and not costs:
        yield contradiction(
            "Late cancellations and no-shows cost nothing, so none are free.", "outcomes", "freePerPeriod"
        )


def _validity(terms: Terms) -> Found:
    validity = terms.validity
    is_period = validity.rule is ValidityRule.PERIOD
    if is_period != (validity.count is not None and validity.unit is not None):
        yield contradiction("A validity of PERIOD, and no other, has a count and a unit.", "validity")
    if (validity.rule is ValidityRule.FIXED_DAY) != (validity.last_day is not None):
        yield contradiction("A validity of FIXED_DAY, and no other, has a last day.", "validity")
    if terms.kind is PassKind.DURATION and validity.rule is ValidityRule.NEVER:
        yield contradiction("A DURATION pass needs a period or a last day.", "validity")
    if terms.start_within_days is not None and terms.activation is not Activation.ON_FIRST_VISIT:
        yield contradiction("Only a pass that starts on its first visit has a latest start.", "startWithinDays")
    if terms.activation is Activation.ON_FIRST_VISIT and validity.rule is ValidityRule.FIXED_DAY:
        yield contradiction("A pass with a fixed last day cannot wait for its first visit.", "activation")


def _after(terms: Terms) -> Found:
    after, trigger, rule = terms.after_expiration, terms.renewal.trigger, terms.validity.rule
    if (after is AfterExpiration.CONVERT) != (terms.conversion is not None):
        yield contradiction("After expiration CONVERT, and no other, names what it converts to.", "conversion")
    if after is AfterExpiration.CONVERT and rule is ValidityRule.NEVER:
        yield contradiction("A pass without an end cannot convert at its end.", "afterExpiration")
    if after is not AfterExpiration.RENEW:
        return
    if rule is ValidityRule.FIXED_DAY:
        yield contradiction("A pass with a fixed last day cannot renew.", "afterExpiration")
    if rule is ValidityRule.NEVER and trigger is not RenewalTrigger.ON_DEPLETION:
        yield contradiction("A pass without an end renews on depletion only.", "renewal", "trigger")
    if not terms.kind.metered and trigger is not RenewalTrigger.ON_EXPIRY:
        yield contradiction("A pass that counts nothing is never depleted.", "renewal", "trigger")
    if not terms.kind.metered and terms.renewal.unused is UnusedAtRenewal.ROLLOVER:
        yield contradiction("A pass that counts nothing has nothing to roll over.", "renewal", "unused")


def _renewal(terms: Terms) -> Found:
    renewal = terms.renewal
    yield from in_range(renewal.renewals_max, 1, 1200, "renewal", "renewalsMax")
    yield from in_range(renewal.rollover_max, 1, QUANTITY_MAX, "renewal", "rolloverMax")
    yield from in_range(renewal.rollover_days, 1, DAYS_MAX, "renewal", "rolloverDays")
    yield from in_range(renewal.reminder_days, 0, YEAR_DAYS, "renewal", "reminderDays")
    if renewal.unused is not UnusedAtRenewal.ROLLOVER:
        for name, given in (("rolloverMax", renewal.rollover_max), ("rolloverDays", renewal.rollover_days)):
            if given is not None:
                yield contradiction("Where nothing rolls over, a rollover has no limit.", "renewal", name)
    if renewal.price is RenewalPrice.CURRENT_VERSION:
        if terms.after_expiration is not AfterExpiration.RENEW:
            yield contradiction("A pass that does not renew by itself has no renewal price.", "renewal", "price")
        if renewal.reminder_days == 0:
            yield contradiction("A price that may change is announced before the charge.", "renewal", "reminderDays")
