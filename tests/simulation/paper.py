"""What is noted on paper about a pass, and counting days: how long a period is, where it ends, what follows it.

And counting visits: how many lie in one day, week or month too many.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from itertools import pairwise


@dataclass(frozen=True)
class AtMost:
    """So many visits in each DAY, WEEK or MONTH of the calendar, or `from_start`, counted from the pass's first day."""

    visits: int
    per: str
    from_start: bool = False


@dataclass(frozen=True)
class Sold:
    """What was sold. `days` or `months` is the length of a period; neither is a pass without an end."""

    kind: str
    quantity: int = 0
    days: int | None = None
    months: int | None = None
    on_first_visit: bool = False
    start_within_days: int | None = None
    covered_by_booking: bool = False
    back_window_days: int = 0
    renews: bool = False
    renewals_max: int | None = None
    late_cancel_minutes: int = 720
    late_cancel_returns: bool = False
    no_show_returns: bool = False
    grace_minutes: int = 0
    free_endings: int = 0
    at_most: tuple[AtMost, ...] = ()


@dataclass(frozen=True)
class NewVisit:
    """A visit to book: its local day, the minute it starts (counted like the clock's), its length and its place."""

    id: int
    day: int
    minute: int
    length: int
    place: int


@dataclass
class Visit:
    """A visit as it is noted: when it was booked, its state, and from which lot it is paid, if it is."""

    asked: NewVisit
    booked_on: int
    booked_at: int = 0
    state: str = "BOOKED"
    paid: bool = False
    lot: int | None = None

    @property
    def account(self) -> str:
        """Where the unit that pays for it stands."""
        return {"BOOKED": "booked", "ATTENDED": "used"}.get(self.state, "forfeited")


@dataclass
class Lot:
    """Units of one period, or made up on a day. What visits take is read from the visits; the rest is noted here."""

    period: int
    quantity: int
    made_up_on: int | None = None
    expired: int = 0
    transferred: int = 0


@dataclass(frozen=True)
class Span:
    """Effective days, both inclusive. `first` None: not begun to exist. `last` None: no end, or none known yet."""

    first: int | None
    last: int | None

    def covers(self, day: int) -> bool:
        """Say whether the day lies inside."""
        return self.first is not None and self.first <= day and (self.last is None or day <= self.last)


class Days:
    """The days of one pass: which periods were granted (by their number from the anchor) and what holds it."""

    def __init__(self, sold: Sold) -> None:
        self.sold = sold
        self.indexes = [0]
        self.holds: dict[int, tuple[int, int | None, bool]] = {}

    def spans(self, start: int | None) -> list[Span]:
        """The days of each period of a pass that starts on `start`."""
        if start is None:
            return [Span(None, None)]
        spans = [Span(start, self.count(start, self.length(start, 0)))]
        for before, index in pairwise(self.indexes):
            last = spans[-1].last
            if last is None:
                spans.append(Span(None, None))
                continue
            first = last + 1 + sum(self.length(start, skipped) or 0 for skipped in range(before + 1, index))
            spans.append(Span(first, self.count(first, self.length(start, index))))
        return spans

    def length(self, anchor: int, index: int) -> int | None:
        """The days that the period `index` has, counted from the anchor; None where it never ends."""
        if self.sold.days is not None:
            return self.sold.days
        if self.sold.months is None:
            return None
        return months_later(anchor, self.sold.months * (index + 1)) - months_later(anchor, self.sold.months * index)

    def count(self, first: int, days: int | None) -> int | None:
        """Walk from `first` until so many days were free of freezes; None where an open one stands in the way."""
        if days is None:
            return None
        frozen = [(start, end) for start, end, extends in self.holds.values() if extends]
        day = first - 1
        while days:
            day += 1
            held = [end for start, end in frozen if start <= day and (end is None or day <= end)]
            if None in held:
                return None
            days -= not held
        return day

    def held(self, day: int, *, only_freezes: bool = False) -> bool:
        """Say whether a hold lies on the day."""
        return any(
            first <= day and (last is None or day <= last) and (extends or not only_freezes)
            for first, last, extends in self.holds.values()
        )

    def too_many(self, rule: AtMost, start: int | None, days: Iterable[int]) -> int:
        """How many visits on these days are more than the rule lets there be, of a pass that starts on `start`."""
        if rule.from_start and start is None:
            return 0
        cycles = Counter(self.cycle(rule, start or 0, day) for day in days)
        return sum(max(0, count - rule.visits) for count in cycles.values())

    def cycle(self, rule: AtMost, start: int, day: int) -> object:
        """A name for the cycle a day lies in. From the start only days count that no freeze lies on."""
        if not rule.from_start:
            on = date.fromordinal(day)
            return {"DAY": on, "WEEK": on.isocalendar()[:2], "MONTH": (on.year, on.month)}[rule.per]
        gone = sum(not self.held(each, only_freezes=True) for each in range(start, day))
        if rule.per == "MONTH":
            months = 0
            while months_later(start, months + 1) <= start + gone:
                months += 1
            return months
        return gone if rule.per == "DAY" else gone // 7

    def renewal_day(self, last: int, today: int) -> int | None:
        """The day on which the renewal after `last` is due, out of every freeze; None while that is not yet."""
        day = last + 1
        while self.held(day, only_freezes=True):
            day += 1
            if day > today:
                return None
        return day if day <= today else None

    def renew(self, start: int, last: int, today: int) -> None:
        """Grant the first period after `last` that is not over today."""
        index, first = self.indexes[-1] + 1, last + 1
        while (end := self.count(first, self.length(start, index))) is not None and end < today:
            first += self.length(start, index) or 0
            index += 1
        self.indexes.append(index)


def months_later(day: int, months: int) -> int:
    """The same day of the month, or the last one that month has."""
    anchor = date.fromordinal(day)
    month = anchor.month - 1 + months
    number = anchor.day
    while True:
        try:
            return date(anchor.year + month // 12, month % 12 + 1, number).toordinal()
        except ValueError:
            number -= 1
