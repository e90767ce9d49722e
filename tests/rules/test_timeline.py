"""Periods and freezes over the calendar, against counting one day after another."""

from datetime import date, datetime, timedelta
from itertools import pairwise, permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.rules.calendar import DAY, end_of_day, local_day, start_of_day
from models.rules.terms import Validity
from models.rules.timeline import (
    HoldFacts,
    PeriodFacts,
    Window,
    base_days,
    freezes,
    lay_out,
    nth_free_day,
    union,
)
from models.rules.values import HoldKind, PeriodUnit, ValidityRule
from tests.rules.build import JUNE, at, for_months, freeze, frozen_by, hold_lists, june, terms_of
from tests.rules.zones import ZONES

FAR = june(400)
period_units = st.sampled_from([(PeriodUnit.DAY, 10), (PeriodUnit.WEEK, 2), (PeriodUnit.MONTH, 1)])


def chain(count: int, unit: PeriodUnit, units: int, anchor: date = JUNE, extra: int = 0) -> list[PeriodFacts]:
    """Periods as renewals grant them, the first one extended by `extra` days."""
    terms = terms_of(validity=Validity(ValidityRule.PERIOD, units, unit))
    days = [base_days(terms, anchor, index) for index in range(count)]
    return [PeriodFacts(n + 1, first, last, extra if n == 0 else 0) for n, (first, last) in enumerate(days)]


def count_free_days(first: date, last: date, holds: list[HoldFacts]) -> int:
    return sum(not frozen_by(holds, first + DAY * n) for n in range((last - first).days + 1))


@given(hold_lists(open_ended=True), st.integers(-20, 90))
def test_the_union_covers_exactly_the_days_that_some_hold_covers(holds: list[HoldFacts], number: int) -> None:
    day = june(number)
    in_union = [span for span in union(holds) if span[0] <= day and (span[1] is None or day <= span[1])]
    assert len(in_union) == any(hold.covers(day) for hold in holds)


@given(hold_lists(open_ended=True))
def test_the_ranges_of_a_union_are_in_order_and_neither_touch_nor_overlap(holds: list[HoldFacts]) -> None:
    for (_, last), (first, _) in pairwise(union(holds)):
        assert last is not None
        assert first > last + DAY


@given(hold_lists(open_ended=True))
def test_no_order_of_holds_changes_the_answer(holds: list[HoldFacts]) -> None:
    periods = chain(3, PeriodUnit.MONTH, 1)
    for shuffled in list(permutations(holds))[::17]:
        assert union(shuffled) == union(holds)
        assert lay_out(periods, shuffled, "UTC") == lay_out(periods, holds, "UTC")


@given(st.integers(1, 60), hold_lists(), st.integers(-10, 40))
def test_the_nth_free_day_is_found_by_counting(days: int, holds: list[HoldFacts], first: int) -> None:
    day, left = june(first) - DAY, days
    while left:
        day += DAY
        left -= not frozen_by(holds, day)
    assert nth_free_day(june(first), days, freezes(holds)) == day


@given(st.integers(1, 60), hold_lists(open_ended=True), st.integers(-10, 40))
def test_a_day_after_an_open_freeze_does_not_exist(days: int, holds: list[HoldFacts], first: int) -> None:
    answer = nth_free_day(june(first), days, freezes(holds))
    within_reach = count_free_days(june(first), FAR, holds) >= days
    assert (answer is not None) == within_reach
    if answer is not None:
        assert count_free_days(june(first), answer, holds) == days
        assert not frozen_by(holds, answer)


@pytest.mark.parametrize("days", [0, -1])
def test_a_period_without_a_day_is_a_mistake(days: int) -> None:
    with pytest.raises(ValueError, match="at least one day"):
        nth_free_day(JUNE, days, [])


@given(hold_lists(), period_units, st.integers(0, 9), st.sampled_from(ZONES))
def test_later_periods_are_pushed_without_gap_or_overlap(
    holds: list[HoldFacts], unit: tuple[PeriodUnit, int], extra: int, zone: str
) -> None:
    periods = chain(4, *unit, extra=extra)
    windows = lay_out(periods, holds, zone)
    for early, late in pairwise(windows):
        assert early.ends_at == late.starts_at
        assert early.last_day is not None
        assert late.first_day == early.last_day + DAY
    for period, window in zip(periods, windows, strict=True):
        assert window.first_day is not None
        assert window.last_day is not None
        assert period.first_on is not None
        assert period.last_on is not None
        assert window.starts_at == start_of_day(window.first_day, zone)
        assert window.ends_at == end_of_day(window.last_day, zone)
        sold = (period.last_on - period.first_on).days + 1 + period.extra_days
        assert count_free_days(window.first_day, window.last_day, holds) == sold


@given(hold_lists(), hold_lists())
def test_a_freeze_gives_no_day_twice(holds: list[HoldFacts], repeated: list[HoldFacts]) -> None:
    periods = chain(2, PeriodUnit.MONTH, 1)
    assert lay_out(periods, [*holds, *repeated, *holds, *repeated], "UTC") == lay_out(
        periods, [*holds, *repeated], "UTC"
    )
    (window, _) = lay_out(periods, holds, "UTC")
    assert window.last_day is not None
    held = sum(frozen_by(holds, JUNE + DAY * n) for n in range((window.last_day - JUNE).days + 1))
    assert window.last_day == june(30) + DAY * held


@given(hold_lists(open_ended=True), st.integers(-10, 60))
def test_a_block_extends_nothing(holds: list[HoldFacts], number: int) -> None:
    periods = chain(3, PeriodUnit.MONTH, 1)
    blocks = [HoldFacts(HoldKind.BLOCK, june(number), None), HoldFacts(HoldKind.BLOCK, june(number), june(number))]
    assert lay_out(periods, [*holds, *blocks], "UTC") == lay_out(periods, holds, "UTC")


@given(hold_lists(), st.integers(1, 29))
def test_an_open_freeze_pauses_the_pass_until_it_is_lifted(holds: list[HoldFacts], number: int) -> None:
    """Lifted, the pass has exactly the days it would have had if the end had been known from the first."""
    periods = chain(3, PeriodUnit.MONTH, 1)
    first, *later = lay_out(periods, [freeze(june(number), None)], "UTC")
    assert first == Window(JUNE, None, at(JUNE), None, paused=True)
    assert later == [Window(paused=True)] * 2
    lifted = lay_out(periods, [freeze(june(number), june(number + 4)), *holds], "UTC")
    assert not any(window.paused for window in lifted)


def test_a_freeze_after_the_end_does_not_touch_the_period() -> None:
    (window,) = lay_out(chain(1, PeriodUnit.MONTH, 1), [freeze(june(31), None)], "UTC")
    assert window == Window(JUNE, june(30), at(JUNE), at(june(31)))


def test_a_freeze_on_the_last_day_moves_only_that_day() -> None:
    (window,) = lay_out(chain(1, PeriodUnit.MONTH, 1), [freeze(june(30), june(32))], "UTC")
    assert window.last_day == june(33)


def test_a_pass_nothing_has_started_has_no_window() -> None:
    assert lay_out([PeriodFacts(1, None, None)], [freeze(JUNE, None)], "UTC") == (Window(),)
    assert not Window().covers(at(JUNE))


def test_a_pass_without_an_end_may_be_held_and_has_nothing_to_extend() -> None:
    holds = [freeze(june(3), june(9)), freeze(june(20), None)]
    assert lay_out([PeriodFacts(1, JUNE, None)], holds, "UTC") == (Window(JUNE, None, at(JUNE)),)


def test_a_period_that_restarts_forgets_the_days_pushed_before_it() -> None:
    opens_at = at(june(12), 15)
    periods = [
        PeriodFacts(1, JUNE, june(30), cut_at=opens_at),
        PeriodFacts(2, june(12), june(41), restarts=True, opens_at=opens_at),
        PeriodFacts(3, june(42), june(71)),
    ]
    first, second, third = lay_out(periods, [freeze(june(2), june(6)), freeze(june(13), june(14))], "UTC")
    assert first == Window(JUNE, june(12), at(JUNE), opens_at)
    assert second == Window(june(12), june(43), opens_at, at(june(44)))
    assert third == Window(june(44), june(73), at(june(44)), at(june(74)))


@pytest.mark.parametrize("last_on", [june(30), None])
def test_a_cut_period_shows_the_day_of_its_last_instant(last_on: date | None) -> None:
    def cut(instant: datetime) -> Window:
        return lay_out([PeriodFacts(1, JUNE, last_on, cut_at=instant)], [], "UTC")[0]

    assert cut(at(june(12), 15)) == Window(JUNE, june(12), at(JUNE), at(june(12), 15))
    assert cut(at(june(12))) == Window(JUNE, june(11), at(JUNE), at(june(12)))
    assert cut(at(JUNE)) == Window(JUNE, JUNE, at(JUNE), at(JUNE)), "cut as it begins, it is empty"
    before = at(june(-2), 15)
    assert cut(before) == Window(june(-2), june(-2), before, before), "cut before it began, it never does"


def test_a_cut_after_the_end_changes_nothing() -> None:
    for cut_at in (at(june(31)), at(june(31), 1), at(june(40))):
        (window,) = lay_out([PeriodFacts(1, JUNE, june(30), cut_at=cut_at)], [], "UTC")
        assert window == Window(JUNE, june(30), at(JUNE), at(june(31)))


def test_a_cut_ends_a_paused_period() -> None:
    (window,) = lay_out([PeriodFacts(1, JUNE, june(30), cut_at=at(june(9)))], [freeze(june(5), None)], "UTC")
    assert window == Window(JUNE, june(8), at(JUNE), at(june(9)))


def test_periods_of_the_thirty_first_do_not_drift_under_a_freeze() -> None:
    periods = chain(4, PeriodUnit.MONTH, 1, anchor=date(2025, 1, 31))
    windows = lay_out(periods, [freeze(date(2025, 2, 10), date(2025, 2, 12))], "UTC")
    assert [window.first_day for window in windows] == [
        date(2025, 1, 31),
        date(2025, 3, 3),
        date(2025, 4, 3),
        date(2025, 5, 3),
    ]
    assert [window.last_day for window in windows][-1] == date(2025, 6, 2)


@given(st.sampled_from(ZONES), st.dates(date(2008, 1, 1), date(2026, 1, 1)), st.integers(1, 3))
def test_a_window_covers_its_days_to_the_microsecond(zone: str, anchor: date, months: int) -> None:
    periods = chain(1, PeriodUnit.MONTH, months, anchor=anchor)
    (window,) = lay_out(periods, [], zone)
    assert window.starts_at is not None
    assert window.ends_at is not None
    microsecond = timedelta(microseconds=1)
    probes = [window.starts_at - microsecond, window.starts_at, window.ends_at - microsecond, window.ends_at]
    assert [window.covers(probe) for probe in probes] == [False, True, True, False]
    assert window.first_day == anchor
    assert window.last_day is not None
    assert local_day(window.ends_at - microsecond, zone) <= window.last_day


def test_the_days_of_a_validity_follow_its_rule() -> None:
    never = terms_of(validity=Validity())
    fixed = terms_of(validity=Validity(ValidityRule.FIXED_DAY, last_day=june(20)))
    assert base_days(never, JUNE, 0) == (JUNE, None)
    assert base_days(fixed, june(5), 0) == (june(5), june(20))
    assert base_days(terms_of(validity=for_months(1)), date(2024, 1, 31), 0) == (date(2024, 1, 31), date(2024, 2, 28))
    assert base_days(terms_of(validity=for_months(1)), date(2024, 1, 31), 1) == (date(2024, 2, 29), date(2024, 3, 30))
