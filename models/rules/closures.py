"""Which passes a closed location freezes, and from which day."""

from datetime import date, datetime
from uuid import UUID

from models.rules.calendar import local_day
from models.rules.facts import PassFacts
from models.rules.status import ended
from models.rules.terms import Access
from models.rules.values import ClosureReach


def reaches(access: Access, location_id: UUID, reach: ClosureReach, *, only_location: bool) -> bool:
    """Say whether a closure of the location concerns passes of this access.

    `only_location`: the business has no other, so that a pass valid everywhere is valid there alone.
    """
    listed = access.location_ids
    if reach is ClosureReach.ALL_VALID_HERE:
        return listed is None or location_id in listed
    return only_location if listed is None else listed == {location_id}


def closed_days(
    facts: PassFacts, first_day: date, last_day: date | None, now: datetime
) -> tuple[date, date | None] | None:
    """Return the days of a closure that hold this pass, or None where it is over or begins after them.

    A period that is over stays as it was, so the hold begins in the one that runs. A pass whose days do not touch the
    closure is held all the same: a renewal, an extension or another freeze may yet bring it there.
    """
    if facts.closed_reason is not None or ended(facts, now):
        return None
    running = next((window for window in facts.windows if window.covers(now)), None)
    if running is not None and running.first_day is not None:
        first_day = max(first_day, running.first_day)
    elif any(window.ends_at is not None and window.ends_at <= now for window in facts.windows):
        first_day = max(first_day, local_day(now, facts.zone))
    begins = facts.windows[0].first_day
    fixed_start = None if facts.provisional else begins
    late = last_day is not None and (last_day < first_day or (fixed_start is not None and fixed_start > last_day))
    return None if late else (first_day, last_day)
