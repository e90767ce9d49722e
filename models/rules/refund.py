"""What a refund comes to: the unused share of what was paid, or the price less what was used at the drop-in price."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from models.rules.calendar import local_day
from models.rules.facts import PassFacts
from models.rules.timeline import free_days, freezes
from models.rules.value import taken_with, unused_of_days
from models.rules.values import Account


@dataclass(frozen=True, slots=True)
class Part:
    """One period that is not over: its price in minor units, and the units or visits used of it."""

    price_minor: int
    used: int


def quote_units(value_minor: int, balances: Mapping[Account, int], quantity: int) -> int:
    """Return what `quantity` available units of a lot are worth, as its value stands before they are taken."""
    return taken_with(value_minor, balances, quantity, Account.REFUNDED)


def quote_days(facts: PassFacts, prices: Mapping[int, int], now: datetime, *, came_on: date | None = None) -> int:
    """Return what is unused of the periods priced in `prices` (by number) of a pass that counts no units.

    The day on which it is asked counts as used; frozen days do not. A pass that has not started is unused whole. Days
    until `came_on`, on which the pass was given to its owner, were the giver's: the prices pay for those after it.
    """
    today, frozen = local_day(now, facts.zone), freezes(facts.holds)
    total = 0
    for period, window in zip(facts.periods, facts.windows, strict=True):
        price = prices.get(period.number, 0)
        if window.first_day is None or today < window.first_day:
            total += price
        elif window.last_day is None and (period.last_on is None or period.first_on is None):
            total += unused_of_days(price, None, 0)
        else:
            used = free_days(window.first_day, min(today, window.last_day or today), frozen)
            if window.last_day is None:
                # A freeze without an end hides the last day; what was bought are the days before any freeze.
                assert period.first_on is not None
                assert period.last_on is not None
                days = (period.last_on - period.first_on).days + 1 + period.extra_days
            else:
                days = free_days(window.first_day, window.last_day, frozen)
            if came_on is not None and came_on >= window.first_day:
                given = free_days(window.first_day, came_on, frozen)
                days, used = days - given, used - given
            total += unused_of_days(price, max(days, 1), max(days, 1) - used) if days else price
    return total


def quote_drop_in(parts: Iterable[Part], drop_in_price_minor: int) -> int:
    """Return what is left of each period's price once what was used of it is paid at the drop-in price."""
    return sum(max(0, part.price_minor - part.used * drop_in_price_minor) for part in parts)
