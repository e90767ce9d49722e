"""When a pass starts."""

from collections.abc import Iterable
from datetime import date, timedelta

from models.rules.calendar import day_of_month_on_or_after
from models.rules.terms import Terms
from models.rules.values import Activation


def start_at_sale(terms: Terms, sold_on: date, chosen: date | None) -> date | None:
    """Return the first day known at sale, or None for a pass that its first visit starts."""
    match terms.activation:
        case Activation.ON_SALE:
            return sold_on
        case Activation.ON_DATE:
            return chosen or sold_on
        case Activation.FIRST_OF_MONTH:
            return day_of_month_on_or_after(sold_on, 1)
        case Activation.MIDDLE_OF_MONTH:
            return day_of_month_on_or_after(sold_on, 15)
        case Activation.LAST_OF_MONTH:
            return day_of_month_on_or_after(sold_on, 31)
        case Activation.ON_FIRST_VISIT:
            return start_on_first_visit(terms, sold_on, ())


def start_on_first_visit(terms: Terms, sold_on: date, visit_days: Iterable[date]) -> date | None:
    """Return the provisional start: the earliest live visit's day, at the latest the backstop, None if neither.

    A visit before the sale does not pull the start back with it: the client would lose days they paid for.
    """
    candidates = list(visit_days)
    if terms.start_within_days is not None:
        candidates.append(sold_on + timedelta(days=terms.start_within_days))
    return max(sold_on, min(candidates)) if candidates else None
