"""The calendar: 366 anchors × 24 zones × 120 periods, and start_of_day against a minute-by-minute search."""

import calendar as gregorian
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from models.rules.calendar import (
    DAY,
    add_units,
    day_of_month_on_or_after,
    end_of_day,
    local_day,
    period_days,
    start_of_day,
    zone_exists,
)
from models.rules.values import PeriodUnit
from tests.rules.zones import ZONES, changes, slow_start_of_day

MICROSECOND = timedelta(microseconds=1)
EPOCH = datetime(1995, 1, 1, tzinfo=UTC)
ANCHORS = [date(2008, 1, 1) + DAY * n for n in range(366)]
PERIODS = 120
MISSING = {("Pacific/Apia", date(2011, 12, 30))}
days = st.dates(date(1995, 1, 1), date(2040, 12, 31))


@cache
def month_later(anchor: date, months: int) -> date:
    """The day of the month that has the anchor's number, or the last one before it that exists."""
    year, month = anchor.year, anchor.month
    for _ in range(months):
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
    day = anchor.day
    while day > gregorian.monthrange(year, month)[1]:
        day -= 1
    return date(year, month, day)


@pytest.mark.parametrize("zone", ZONES)
def test_periods_of_every_anchor_leave_no_gap_no_overlap_and_do_not_drift(zone: str) -> None:
    """Proof 7. Together the zones make 366 × 24 × 120 = 1,054,080 periods."""
    cases = 0
    for anchor in ANCHORS:
        ends_at, ended_on = start_of_day(anchor, zone), anchor - DAY
        for index in range(PERIODS):
            first, last = period_days(anchor, PeriodUnit.MONTH, 1, index)
            starts_at = start_of_day(first, zone)
            assert first == month_later(anchor, index)
            assert first == ended_on + DAY
            assert starts_at == ends_at
            ends_at, ended_on = end_of_day(last, zone), last
            assert starts_at < ends_at
            cases += 1
    assert cases == 366 * 120


@pytest.mark.parametrize("zone", ZONES)
def test_every_day_of_the_proof_begins_and_ends_on_its_own_date(zone: str) -> None:
    """The instants the periods meet at: one microsecond to either side lies on the right side."""
    tz, day = ZoneInfo(zone), ANCHORS[0]
    while day <= month_later(ANCHORS[-1], PERIODS):
        starts_at = start_of_day(day, zone)
        assert (starts_at - MICROSECOND).astimezone(tz).date() < day
        if (zone, day) in MISSING:
            assert starts_at == end_of_day(day, zone)
        else:
            assert starts_at.astimezone(tz).date() == day
            assert (starts_at + MICROSECOND).astimezone(tz).date() == day
        day += DAY


def test_the_proof_has_366_anchors_and_24_zones_that_exist() -> None:
    assert len(set(ANCHORS)) == 366
    assert len(set(ZONES)) == 24
    assert all(zone_exists(zone) for zone in ZONES)


@pytest.mark.parametrize("zone", ZONES)
def test_a_day_starts_where_a_minute_by_minute_search_says(zone: str) -> None:
    near_changes = {day + DAY * n for day in changes(zone, 2007, 2026) for n in (-1, 0, 1)}
    sampled = {date(2008, 1, 1) + DAY * 97 * n for n in range(60)}
    for day in near_changes | sampled:
        assert start_of_day(day, zone) == slow_start_of_day(day, zone), day


@pytest.mark.parametrize(
    ("zone", "day", "starts_at"),
    [
        ("Pacific/Apia", date(2011, 12, 29), datetime(2011, 12, 29, 10, tzinfo=UTC)),
        ("Pacific/Apia", date(2011, 12, 30), datetime(2011, 12, 30, 10, tzinfo=UTC)),
        ("Pacific/Apia", date(2011, 12, 31), datetime(2011, 12, 30, 10, tzinfo=UTC)),
        ("America/Sao_Paulo", date(2018, 11, 4), datetime(2018, 11, 4, 3, tzinfo=UTC)),
        ("America/Havana", date(2023, 3, 12), datetime(2023, 3, 12, 5, tzinfo=UTC)),
        ("America/Havana", date(2023, 11, 5), datetime(2023, 11, 5, 4, tzinfo=UTC)),
        ("America/St_Johns", date(2010, 11, 7), datetime(2010, 11, 7, 3, 30, tzinfo=UTC)),
        ("Asia/Beirut", date(2022, 3, 27), datetime(2022, 3, 26, 22, tzinfo=UTC)),
        ("America/Toronto", date(1919, 3, 31), datetime(1919, 3, 31, 4, 30, tzinfo=UTC)),
        ("Asia/Kathmandu", date(2024, 2, 29), datetime(2024, 2, 28, 18, 15, tzinfo=UTC)),
    ],
)
def test_known_days_start_at_known_instants(zone: str, day: date, starts_at: datetime) -> None:
    """By hand: a missing day, skipped and repeated midnights, a fall into the day before, a jump from before it."""
    assert start_of_day(day, zone) == starts_at


def test_the_day_apia_skipped_is_empty_and_a_period_over_it_loses_nothing_else() -> None:
    assert start_of_day(date(2011, 12, 30), "Pacific/Apia") == end_of_day(date(2011, 12, 30), "Pacific/Apia")
    first, last = period_days(date(2011, 12, 28), PeriodUnit.DAY, 7, 0)
    assert (first, last) == (date(2011, 12, 28), date(2012, 1, 3))
    assert end_of_day(last, "Pacific/Apia") - start_of_day(first, "Pacific/Apia") == timedelta(days=6)


def test_the_thirty_first_leads_to_the_end_of_february_and_back_to_the_thirty_first() -> None:
    starts = [add_units(date(2023, 1, 31), PeriodUnit.MONTH, n) for n in range(4)]
    assert starts == [date(2023, 1, 31), date(2023, 2, 28), date(2023, 3, 31), date(2023, 4, 30)]
    assert add_units(date(2024, 1, 31), PeriodUnit.MONTH, 1) == date(2024, 2, 29)
    leap = [add_units(date(2024, 2, 29), PeriodUnit.YEAR, n) for n in range(5)]
    assert [day.day for day in leap] == [29, 28, 28, 28, 29]


@given(days, st.sampled_from(list(PeriodUnit)), st.integers(1, 40), st.integers(0, 30))
def test_periods_of_any_unit_meet(anchor: date, unit: PeriodUnit, count: int, index: int) -> None:
    first, last = period_days(anchor, unit, count, index)
    assert first <= last
    assert period_days(anchor, unit, count, index + 1)[0] == last + DAY
    assert (first == anchor) == (index == 0)


@given(days, st.integers(0, 500))
def test_weeks_are_seven_days_and_years_twelve_months(anchor: date, count: int) -> None:
    assert add_units(anchor, PeriodUnit.WEEK, count) == add_units(anchor, PeriodUnit.DAY, 7 * count)
    assert add_units(anchor, PeriodUnit.YEAR, count % 50) == add_units(anchor, PeriodUnit.MONTH, 12 * (count % 50))
    assert add_units(anchor, PeriodUnit.MONTH, count) == month_later(anchor, count)


@given(st.integers(0, int(timedelta(days=45 * 365) / MICROSECOND)), st.sampled_from(ZONES))
@example(int((datetime(2011, 12, 30, 10, tzinfo=UTC) - EPOCH) / MICROSECOND) - 1, "Pacific/Apia")
def test_an_instant_lies_in_the_interval_of_its_local_day(microseconds: int, zone: str) -> None:
    instant = EPOCH + microseconds * MICROSECOND
    day = local_day(instant, zone)
    # Only a fall back over midnight shows tomorrow's date for a minute or an hour before it is tomorrow for good.
    assert (
        start_of_day(day, zone) <= instant < end_of_day(day, zone)
        or local_day(instant + timedelta(hours=1), zone) < day
    )


@given(days, st.sampled_from(ZONES))
def test_days_follow_one_another_without_gap(day: date, zone: str) -> None:
    assert start_of_day(day, zone) <= end_of_day(day, zone) == start_of_day(day + DAY, zone)
    assert timedelta() <= end_of_day(day, zone) - start_of_day(day, zone) <= timedelta(hours=27)


@given(days, st.integers(1, 31))
def test_the_next_day_of_a_month_is_the_first_that_fits(day: date, wanted: int) -> None:
    expected = day
    while expected.day != min(wanted, gregorian.monthrange(expected.year, expected.month)[1]):
        expected += DAY
    assert day_of_month_on_or_after(day, wanted) == expected


BESIDE = ["localtime", "posixrules", "Factory", "posix/Europe/Paris", "right/Europe/Paris"]


@pytest.mark.parametrize(
    "name", ["Europe/Pariss", "", "../etc/passwd", "/etc/localtime", "europe/paris", "Europe", *BESIDE]
)
def test_a_name_that_is_no_zone_is_refused(name: str) -> None:
    assert not zone_exists(name)


def test_periods_before_leap_days_and_over_them_keep_their_dates() -> None:
    firsts = [period_days(date(2023, 11, 30), PeriodUnit.MONTH, 1, index)[0] for index in range(6)]
    assert [day.isoformat()[5:] for day in firsts] == ["11-30", "12-30", "01-30", "02-29", "03-30", "04-30"]
    assert all(early < late for early, late in pairwise(firsts))
    assert datetime.combine(firsts[3], time(), UTC) == start_of_day(firsts[3], "UTC")
