"""The picture of one pass: lots and their days, the provisional start, and what a claim is covered by."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.rules.facts import PassFacts, covering_instant, laid_out, with_provisional_start, with_start
from models.rules.timeline import HoldFacts, PeriodFacts, Window
from models.rules.values import ClosedReason, CoveredBy, LotKind
from tests.rules.build import (
    JUNE,
    at,
    claim_of,
    for_months,
    freeze,
    hold_lists,
    june,
    lot_of,
    pass_of,
    starting_on_first_visit,
    terms_of,
    visit_of,
)


def waiting(*visit_days: int, consumed: bool = False, **terms: object) -> PassFacts:
    """A pass that starts on its first visit, with a claim on each of the days of June."""
    visits = [visit_of(at(june(day), 18), number=day) for day in visit_days]
    claims = tuple(claim_of(visit, consumed=consumed) for visit in visits)
    return pass_of(starting_on_first_visit(**terms), start=None, claims=claims)


@pytest.mark.parametrize(
    ("seconds", "minutes"), [(60, 1), (60.000001, 2), (59.5, 1), (61, 2), (3600, 60), (0.000001, 1)]
)
def test_a_begun_minute_counts_whole(seconds: float, minutes: int) -> None:
    visit = visit_of(at(JUNE))
    assert replace(visit, ends_at=visit.starts_at + timedelta(seconds=seconds)).minutes == minutes


@given(hold_lists(open_ended=True))
def test_a_lot_follows_its_period_through_every_freeze(holds: list[HoldFacts]) -> None:
    periods = (PeriodFacts(1, JUNE, june(30)), PeriodFacts(2, june(31), june(61)))
    facts = pass_of(periods=periods, lots=(lot_of(1, 0), lot_of(2, 10, period=2)), holds=tuple(holds))
    assert [lot.window for lot in facts.lots] == list(facts.windows)


def test_a_lot_with_days_of_its_own_opens_with_its_period_and_closes_by_itself() -> None:
    make_up = lot_of(2, 1, kind=LotKind.MAKE_UP, own_first_on=june(25), own_last_on=june(38))
    assert pass_of(lots=(make_up,)).lots[0].window == Window(JUNE, june(38), at(JUNE), at(june(39)))
    frozen = pass_of(lots=(make_up,), holds=(freeze(june(10), june(11)), freeze(june(30), june(32))))
    assert frozen.lots[0].window.ends_at == at(june(42)), "only held days from its own first day are given back"
    paused = pass_of(lots=(make_up,), holds=(freeze(june(36), None),))
    assert paused.lots[0].window == Window(JUNE, None, at(JUNE), None, paused=True)
    assert paused.windows[0].ends_at == at(june(31))


def test_a_lot_may_pay_inside_its_days_and_only_while_they_last() -> None:
    lot = pass_of().lots[0]
    assert lot.usable(at(june(30), 23), at(june(30)))
    assert not lot.usable(at(june(31)), at(june(30)))
    assert not lot.usable(at(june(30)), at(june(31))), "what is over pays for nothing, not even the past"


def test_what_was_granted_keeps_its_expiry_when_depletion_ends_its_period_early() -> None:
    """A unit that comes back after the renewal is as good as it was sold, and spent before the new ones."""
    now = at(june(12), 15)
    periods = (PeriodFacts(1, JUNE, june(30), cut_at=now), PeriodFacts(2, june(12), june(41), 0, True, now))
    lots = (lot_of(1, 1), lot_of(2, 10, period=2))
    facts = pass_of(periods=periods, lots=lots, holds=(freeze(june(20), june(21)),))
    assert [window.ends_at for window in facts.windows] == [now, at(june(44))]
    assert [lot.window.ends_at for lot in facts.lots] == [at(june(33)), at(june(44))]
    converted = laid_out(replace(facts, closed_reason=ClosedReason.CONVERTED))
    assert [lot.window.ends_at for lot in converted.lots] == [now, at(june(44))]


@given(st.lists(st.integers(1, 28), min_size=1, max_size=6, unique=True))
def test_the_earliest_live_visit_starts_the_pass(days: list[int]) -> None:
    facts = with_provisional_start(waiting(*days))
    assert facts.windows[0].first_day == june(min(days))
    assert facts.windows[0].last_day == june(min(days) + 29)


def test_a_provisional_start_moves_with_the_bookings_until_something_is_consumed() -> None:
    assert with_provisional_start(waiting()).starts_at is None
    assert with_provisional_start(waiting(12), (june(5),)).windows[0].first_day == june(5)
    fixed = with_start(waiting(12, consumed=True), june(12))
    assert not fixed.provisional
    assert with_provisional_start(fixed, (june(5),)) is fixed


def test_the_period_is_counted_from_the_provisional_start() -> None:
    facts = with_start(waiting(validity=for_months(1)), date(2026, 1, 31))
    assert facts.periods[0].last_on == date(2026, 2, 27)
    assert with_start(facts, None).windows == (Window(),)


def test_a_renewed_pass_keeps_its_start_even_when_nothing_was_consumed() -> None:
    """Its first period is history; a start that moved would lay it over the second."""
    facts = waiting(12)
    periods = (PeriodFacts(1, june(2), june(31)), PeriodFacts(2, june(32), june(61)))
    renewed = laid_out(replace(facts, periods=periods))
    assert not renewed.provisional
    assert with_provisional_start(renewed, (june(40),)).windows[0].first_day == june(2)


def test_only_a_pass_that_waits_for_its_first_visit_is_provisional() -> None:
    assert waiting().provisional
    assert not pass_of().provisional


def test_the_first_booking_starts_a_pass_that_is_covered_by_booking() -> None:
    facts = waiting(12, 20, covered_by=CoveredBy.BOOKING)
    assert covering_instant(facts.terms, facts.claims[0]) == at(JUNE)
    assert with_provisional_start(facts).windows[0].first_day == JUNE
    assert covering_instant(terms_of(), visit_of(at(june(9)))) == at(june(9))


def test_the_start_is_a_day_of_the_passes_own_zone() -> None:
    """Eight in the morning in Tokyo is the evening before in New York, where the pass lives."""
    visit = visit_of(at(june(9), 23), zone="Asia/Tokyo")
    assert visit.day == june(10)
    facts = replace(waiting(), zone="America/New_York", claims=(claim_of(visit),))
    started = with_provisional_start(facts)
    assert started.windows[0].first_day == june(9)
    assert started.windows[0].covers(visit.starts_at)


def test_open_units_are_those_available_or_booked() -> None:
    facts = pass_of(lots=(lot_of(1, 3, booked=2, used=4, forfeited=1), lot_of(2, 1)))
    assert facts.unit_count_open == 6
