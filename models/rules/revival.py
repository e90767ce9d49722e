"""For how long units that lapsed can be claimed back."""

from datetime import date, datetime, timedelta

from models.rules.calendar import local_day
from models.rules.terms import Terms
from models.rules.values import LotKind

_TICK = timedelta(microseconds=1)


def claimable_until(terms: Terms, kind: LotKind, zone: str, lapsed_at: datetime) -> date | None:
    """Return the last day, included, on which what lapsed at an instant can be claimed; None where it cannot be.

    The days are counted from the last day on which the units could be used. A make-up lot was a second chance, and
    there is no third.
    """
    if terms.revive_days <= 0 or kind is LotKind.MAKE_UP:
        return None
    return local_day(lapsed_at - _TICK, zone) + timedelta(days=terms.revive_days)
