"""The cycles in which visits are counted: which one a local day lies in, and the days of each.

A cycle is known by its number. CALENDAR cycles follow the calendar: the day, the business's week, the month, the year.
PASS cycles are counted from the first day of the pass, from the anchor as periods are (31 January, 28 February, 31
March), and a frozen day lengthens the cycle it lies in.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from models.rules.calendar import DAY, add_units
from models.rules.facts import PassFacts
from models.rules.timeline import Days, freezes, nth_free_day
from models.rules.values import PeriodUnit, RestrictionCycle, RestrictionPer


@dataclass(frozen=True, slots=True)
class Cycles:
    """Cycles of one length. `anchor` None counts by the calendar; `first` is the cycle the pass begins in."""

    per: RestrictionPer
    week_start: int = 1
    anchor: date | None = None
    frozen: Sequence[Days] = ()
    first: int = 0

    def number(self, day: date) -> int:
        """Return the cycle of a day. What lies before the first day of a pass counts as on it."""
        if self.anchor is None:
            return self._calendar_number(day)
        base = self.anchor + DAY * _free_days(self.anchor, day, self.frozen)
        if self.per is RestrictionPer.DAY:
            return (base - self.anchor).days
        if self.per is RestrictionPer.WEEK:
            return (base - self.anchor).days // 7
        months = (base.year - self.anchor.year) * 12 + base.month - self.anchor.month
        guess = months if self.per is RestrictionPer.MONTH else months // 12
        return guess if self._base(guess) <= base else guess - 1

    def days(self, number: int) -> tuple[date, date | None]:
        """Return the first and last day of a cycle, both included; a last day of None waits for an open freeze."""
        if self.anchor is None:
            return self._calendar_first(number), self._calendar_first(number + 1) - DAY
        before = (self._base(number) - self.anchor).days
        after = (self._base(number + 1) - self.anchor).days
        first = self.anchor
        if number > 0:
            ended = nth_free_day(self.anchor, before, self.frozen)
            assert ended is not None, "no cycle begins behind an open freeze"
            first = ended + DAY
        return first, nth_free_day(self.anchor, after, self.frozen)

    def _base(self, number: int) -> date:
        assert self.anchor is not None
        return add_units(self.anchor, PeriodUnit(self.per.value), number)

    def _calendar_number(self, day: date) -> int:
        match self.per:
            case RestrictionPer.DAY:
                return day.toordinal()
            case RestrictionPer.WEEK:
                return (day.toordinal() - self.week_start) // 7
            case RestrictionPer.MONTH:
                return day.year * 12 + day.month - 1
            case RestrictionPer.YEAR:
                return day.year

    def _calendar_first(self, number: int) -> date:
        match self.per:
            case RestrictionPer.DAY:
                return date.fromordinal(number)
            case RestrictionPer.WEEK:
                return date.fromordinal(number * 7 + self.week_start)
            case RestrictionPer.MONTH:
                return date(number // 12, number % 12 + 1, 1)
            case RestrictionPer.YEAR:
                return date(number, 1, 1)


def cycles_of(facts: PassFacts, per: RestrictionPer, cycle: RestrictionCycle) -> Cycles | None:
    """Return the cycles of a pass, None for PASS cycles of one that nothing has started."""
    first_day = facts.windows[0].first_day
    if cycle is RestrictionCycle.PASS:
        return None if first_day is None else Cycles(per, anchor=first_day, frozen=freezes(facts.holds))
    calendar = Cycles(per, facts.week_start)
    return calendar if first_day is None else Cycles(per, facts.week_start, first=calendar.number(first_day))


def _free_days(first: date, day: date, frozen: Sequence[Days]) -> int:
    """Return how many days from `first` to the one before `day` are not frozen."""
    if day <= first:
        return 0
    free = (day - first).days
    for start, end in frozen:
        held_from, held_to = max(start, first), day - DAY if end is None else min(end, day - DAY)
        free -= max(0, (held_to - held_from).days + 1)
    return free
