"""Which terms can be sold. Every contradiction is named, with the field it is in."""

from collections.abc import Iterator
from typing import Any

from models.rules.codes import Code, Reason, because
from models.rules.terms import Terms
from models.rules.values import (
    Activation,
    AfterExpiration,
    PassKind,
    RenewalTrigger,
    UnusedAtRenewal,
    ValidityRule,
)

PRICE_MINOR_MAX = 1_000_000_00
QUANTITY_MAX = 1_000_000
PERIOD_COUNT_MAX = 3_660
DAYS_MAX = 3_660

Found = Iterator[tuple[tuple[str, ...], Reason]]


def problems(terms: Terms) -> list[tuple[tuple[str, ...], Reason]]:
    """Return every reason the terms cannot be sold, each with the path of its field; none where they can."""
    return [*_numbers(terms), *_quantity(terms), *_validity(terms), *_after(terms)]


def _range(value: int | None, low: int, high: int, *path: str) -> Found:
    if value is not None and not low <= value <= high:
        yield path, because(Code.QUANTITY_OUT_OF_RANGE, field=path[-1], low=low, high=high)


def _numbers(terms: Terms) -> Found:
    yield from _range(terms.price_minor, 0, PRICE_MINOR_MAX, "priceMinor")
    yield from _range(terms.quantity, 1, QUANTITY_MAX, "quantity")
    yield from _range(terms.validity.count, 1, PERIOD_COUNT_MAX, "validity", "count")
    yield from _range(terms.start_within_days, 0, DAYS_MAX, "startWithinDays")
    yield from _range(terms.back_window_days, 0, DAYS_MAX, "backWindowDays")
    yield from _range(terms.priority, -1000, 1000, "priority")
    yield from _range(terms.outcomes.late_cancel_minutes, 0, 60 * 24 * 60, "outcomes", "lateCancelMinutes")
    yield from _range(terms.renewal.renewals_max, 1, 1200, "renewal", "renewalsMax")


def _contradiction(sentence: str, *path: str, **values: Any) -> tuple[tuple[str, ...], Reason]:
    return path, because(Code.TERMS_CONTRADICT, sentence=sentence, **values)


def _quantity(terms: Terms) -> Found:
    if terms.kind.metered and terms.quantity is None:
        yield _contradiction("A {kind} pass needs a quantity.", "quantity", kind=terms.kind)
    if not terms.kind.metered and terms.quantity is not None:
        yield _contradiction(
            "A pass of the kind {kind} counts nothing and has no quantity.", "quantity", kind=terms.kind
        )
    for name, listed in (
        ("serviceIds", terms.access.service_ids),
        ("categories", terms.access.categories),
        ("locationIds", terms.access.location_ids),
    ):
        if listed is not None and not listed:
            yield _contradiction("An empty list opens nothing; leave it out to open everything.", "access", name)


def _validity(terms: Terms) -> Found:
    validity = terms.validity
    is_period = validity.rule is ValidityRule.PERIOD
    if is_period != (validity.count is not None and validity.unit is not None):
        yield _contradiction("A validity of PERIOD, and no other, has a count and a unit.", "validity")
    if (validity.rule is ValidityRule.FIXED_DAY) != (validity.last_day is not None):
        yield _contradiction("A validity of FIXED_DAY, and no other, has a last day.", "validity")
    if terms.kind is PassKind.DURATION and validity.rule is ValidityRule.NEVER:
        yield _contradiction("A DURATION pass needs a period or a last day.", "validity")
    if terms.start_within_days is not None and terms.activation is not Activation.ON_FIRST_VISIT:
        yield _contradiction("Only a pass that starts on its first visit has a latest start.", "startWithinDays")
    if terms.activation is Activation.ON_FIRST_VISIT and validity.rule is ValidityRule.FIXED_DAY:
        yield _contradiction("A pass with a fixed last day cannot wait for its first visit.", "activation")


def _after(terms: Terms) -> Found:
    after, trigger, rule = terms.after_expiration, terms.renewal.trigger, terms.validity.rule
    if (after is AfterExpiration.CONVERT) != (terms.conversion is not None):
        yield _contradiction("After expiration CONVERT, and no other, names what it converts to.", "conversion")
    if after is AfterExpiration.CONVERT and rule is ValidityRule.NEVER:
        yield _contradiction("A pass without an end cannot convert at its end.", "afterExpiration")
    if after is not AfterExpiration.RENEW:
        return
    if rule is ValidityRule.FIXED_DAY:
        yield _contradiction("A pass with a fixed last day cannot renew.", "afterExpiration")
    if rule is ValidityRule.NEVER and trigger is not RenewalTrigger.ON_DEPLETION:
        yield _contradiction("A pass without an end renews on depletion only.", "renewal", "trigger")
    if not terms.kind.metered and trigger is not RenewalTrigger.ON_EXPIRY:
        yield _contradiction("A pass that counts nothing is never depleted.", "renewal", "trigger")
    if not terms.kind.metered and terms.renewal.unused is UnusedAtRenewal.ROLLOVER:
        yield _contradiction("A pass that counts nothing has nothing to roll over.", "renewal", "unused")
