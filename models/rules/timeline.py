"""How periods and freezes lay out over the calendar: the effective first day, last day and instants of each period.

A period has a fixed number of days the client may use. Its last day is the n-th day from its first on which no
freeze lies, so a day covered by two freezes is given back once and no order of events changes the answer.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from models.rules.calendar import DAY, add_units, end_of_day, local_day, period_days, start_of_day
from models.rules.terms import Terms
from models.rules.values import HoldCause, HoldKind, ValidityRule

Days = tuple[date, date | None]


@dataclass(frozen=True, slots=True)
class HoldFacts:
    """Held days, both inclusive; `last_day` None is open-ended.

    `cause` says what made the system place it; `overrides` that the studio granted it beyond the pass's policy.
    """

    kind: HoldKind
    first_day: date
    last_day: date | None
    cause: HoldCause | None = None
    overrides: bool = False

    def covers(self, day: date) -> bool:
        """Say whether the hold lies on `day`."""
        return self.first_day <= day and (self.last_day is None or day <= self.last_day)


@dataclass(frozen=True, slots=True)
class PeriodFacts:
    """One paid term as the anchor gives it, before any freeze.

    `first_on` is None while nothing has started the pass; `last_on` is None where it never ends. `opens_at` and
    `cut_at` are set where a renewal on depletion (or a conversion) changed periods in the middle of a day.
    """

    number: int
    first_on: date | None
    last_on: date | None
    extra_days: int = 0
    restarts: bool = False
    opens_at: datetime | None = None
    cut_at: datetime | None = None
    anchor_on: date | None = None
    anchor_index: int = 0
    """The day from which it is counted (its own first day where the index is 0), and how many periods from it."""


@dataclass(frozen=True, slots=True)
class Window:
    """The effective days and half-open instants. `ends_at` None is no end, or an unknown one while `paused`."""

    first_day: date | None = None
    last_day: date | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    paused: bool = False

    def covers(self, instant: datetime) -> bool:
        """Say whether `instant` lies inside; a window that has not begun to exist covers nothing."""
        return (
            self.starts_at is not None
            and self.starts_at <= instant
            and (self.ends_at is None or instant < self.ends_at)
        )


def union(holds: Iterable[HoldFacts]) -> list[Days]:
    """Merge holds into disjoint day ranges in order; touching ranges become one."""
    merged: list[Days] = []
    for hold in sorted(holds, key=lambda hold: hold.first_day):
        if merged:
            first, last = merged[-1]
            if last is None:
                break
            if hold.first_day <= last + DAY:
                merged[-1] = (first, None if hold.last_day is None else max(last, hold.last_day))
                continue
        merged.append((hold.first_day, hold.last_day))
    return merged


def freezes(holds: Iterable[HoldFacts]) -> list[Days]:
    """Return the union of the holds that extend."""
    return union(hold for hold in holds if hold.kind.extends)


def nth_free_day(first: date, days: int, frozen: Sequence[Days]) -> date | None:
    """Return the `days`-th day from `first` on which no freeze lies, or None where an open freeze comes first."""
    if days < 1:
        raise ValueError("a period has at least one day")
    day, left = first, days
    for start, end in frozen:
        if end is not None and end < day:
            continue
        free = max(0, (start - day).days)
        if left <= free:
            break
        left -= free
        if end is None:
            return None
        day = end + DAY
    return day + DAY * (left - 1)


def free_days(first: date, last: date, frozen: Sequence[Days]) -> int:
    """Return on how many of the days from `first` to `last`, both inclusive, no freeze lies."""
    held = sum(
        max(0, (min(last, end or last) - max(first, start)).days + 1)
        for start, end in frozen
        if start <= last and (end is None or end >= first)
    )
    return max(0, (last - first).days + 1 - held)


def base_days(terms: Terms, anchor: date, index: int) -> tuple[date, date | None]:
    """Return the first and last day of the period `index` (from 0) that `terms` sell from `anchor`."""
    validity = terms.validity
    if validity.rule is ValidityRule.NEVER:
        return anchor, None
    if validity.rule is ValidityRule.FIXED_DAY:
        assert validity.last_day is not None
        return anchor, validity.last_day
    assert validity.count is not None
    assert validity.unit is not None
    if index == 0:
        return anchor, add_units(anchor, validity.unit, validity.count) - DAY
    return period_days(anchor, validity.unit, validity.count, index)


def lay_out(periods: Sequence[PeriodFacts], holds: Iterable[HoldFacts], zone: str) -> tuple[Window, ...]:
    """Return the window of each period, in order. Freezes push a period's end and everything after it."""
    frozen = freezes(holds)
    shift: timedelta | None = timedelta()
    windows = []
    for period in periods:
        if period.restarts:
            shift = timedelta()
        window, shift = _one_window(period, shift, frozen, zone)
        windows.append(window)
    return tuple(windows)


def _one_window(
    period: PeriodFacts, shift: timedelta | None, frozen: Sequence[Days], zone: str
) -> tuple[Window, timedelta | None]:
    if period.first_on is None or shift is None:
        return Window(paused=shift is None), shift
    first = period.first_on + shift
    starts_at = period.opens_at or start_of_day(first, zone)
    if period.last_on is None:
        whole = Window(first, None, starts_at)
        return _cut(whole, period.cut_at, zone), shift
    days = (period.last_on - period.first_on).days + 1 + period.extra_days
    last = nth_free_day(first, days, frozen)
    next_shift = None if last is None else last - period.last_on
    ends_at = None if last is None else end_of_day(last, zone)
    whole = Window(first, last, starts_at, ends_at, paused=last is None)
    return _cut(whole, period.cut_at, zone), next_shift


def _cut(window: Window, cut_at: datetime | None, zone: str) -> Window:
    """End the window at `cut_at` where that comes first. Its last day is then the day of its last instant.

    A window that was to begin later never does: it is empty, at the instant of the cut.
    """
    assert window.starts_at is not None
    assert window.first_day is not None
    if cut_at is None or (window.ends_at is not None and window.ends_at <= cut_at):
        return window
    last_day = local_day(cut_at - timedelta(microseconds=1), zone)
    if cut_at < window.starts_at:
        return Window(last_day, last_day, cut_at, cut_at)
    return Window(window.first_day, max(window.first_day, last_day), window.starts_at, cut_at)
