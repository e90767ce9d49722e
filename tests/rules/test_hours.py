"""Access hours, by the clock on the wall where the visit is."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.rules.codes import Code
from models.rules.eligibility import decide
from models.rules.hours import hours_on, open_at
from models.rules.policies import OpenHours
from models.rules.terms import Access
from tests.rules.build import JUNE, POLICY, at, june, pass_of, terms_of, visit_of
from tests.rules.zones import ZONES

TIMES = st.builds(time, st.integers(0, 23), st.sampled_from([0, 30]))
HOURS = st.builds(OpenHours, st.frozensets(st.integers(1, 7), min_size=1), TIMES, TIMES)
OFF_PEAK = (OpenHours(frozenset(range(1, 6)), time(10), time(16)), OpenHours(frozenset({6, 7})))
FRIDAY_NIGHT = (OpenHours(frozenset({5}), time(22), time(2)),)


@given(
    st.lists(HOURS, min_size=1, max_size=3),
    st.integers(0, 3 * 366 * 24 * 60),
    st.sampled_from(ZONES),
)
def test_a_visit_may_start_where_the_wall_clock_is_inside_a_window(
    hours: list[OpenHours], minute: int, zone: str
) -> None:
    instant = datetime(2024, 1, 1, tzinfo=UTC) + timedelta(minutes=minute)
    local = instant.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    inside = False
    for each in hours:
        for back in (0, 1):
            opened_on = local.date() - timedelta(days=back)
            if opened_on.isoweekday() in each.weekdays:
                first = datetime.combine(opened_on, each.from_time)
                until = datetime.combine(opened_on, each.until_time)
                until += timedelta(days=1) if each.until_time <= each.from_time else timedelta()
                inside |= first <= local < until
    assert open_at(hours, instant, zone) == inside


def test_the_reason_names_the_hours_of_that_day() -> None:
    facts = pass_of(replace(terms_of(), access=Access(hours=OFF_PEAK)))
    (reason,) = decide(facts, visit_of(at(june(3), 16)), POLICY, at(JUNE)).reasons
    assert reason.code is Code.OUTSIDE_HOURS
    assert reason.message == "The visit starts at 16:00; the hours of the pass on that day of the week: 10:00-16:00."
    assert decide(facts, visit_of(at(june(3), 15, 59)), POLICY, at(JUNE)).pays
    assert decide(facts, visit_of(at(june(7), 23)), POLICY, at(JUNE)).pays


@pytest.mark.parametrize(("day", "hour", "pays"), [(6, 21, False), (6, 22, True), (7, 1, True), (7, 2, False)])
def test_a_window_over_midnight_belongs_to_the_day_it_opens_on(day: int, hour: int, pays: bool) -> None:
    """6 June 2025 is a Friday."""
    facts = pass_of(replace(terms_of(), access=Access(hours=FRIDAY_NIGHT)))
    assert decide(facts, visit_of(at(june(day), hour)), POLICY, at(JUNE)).pays == pays


def test_hours_are_the_visits_zone_not_the_passs() -> None:
    facts = pass_of(replace(terms_of(), access=Access(hours=OFF_PEAK)))
    nine_utc = at(june(3), 9)
    assert not decide(facts, visit_of(nine_utc), POLICY, at(JUNE)).pays
    assert decide(facts, replace(visit_of(nine_utc), zone="Europe/Paris"), POLICY, at(JUNE)).pays


def test_an_hour_that_comes_twice_is_open_twice() -> None:
    """Paris falls back at 03:00 on 26 October 2025, a Sunday."""
    hours = (OpenHours(frozenset({7}), time(2), time(3)),)
    twice = [datetime(2025, 10, 26, 0, 30, tzinfo=UTC), datetime(2025, 10, 26, 1, 30, tzinfo=UTC)]
    assert [open_at(hours, each, "Europe/Paris") for each in twice] == [True, True]
    assert not open_at(hours, datetime(2025, 10, 26, 2, 0, tzinfo=UTC), "Europe/Paris")


def test_the_hours_of_a_day_are_told_in_order() -> None:
    hours = (*FRIDAY_NIGHT, OpenHours(frozenset({5, 6}), time(6), time(16)))
    assert hours_on(hours, 5) == ["06:00-16:00", "22:00-24:00"]
    assert hours_on(hours, 6) == ["00:00-02:00", "06:00-16:00"]
    assert hours_on(hours, 7) == []
