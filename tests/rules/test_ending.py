"""What the end of a visit does: the whole table, and the edge of the window."""

from datetime import timedelta
from itertools import chain, combinations, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.rules.ending import MAKE_UP_DAYS_MIN, Ending, account_after, day_account, ending, is_late
from models.rules.terms import Outcomes
from models.rules.values import Account, OutcomeEffect, VisitState
from tests.rules.build import at, june

MICROSECOND = timedelta(microseconds=1)
RETURN, FORFEIT = OutcomeEffect.RETURN, OutcomeEffect.FORFEIT
GOES_TO = {RETURN: Account.AVAILABLE, FORFEIT: Account.FORFEITED}
OUTCOMES = (Account.USED, Account.BOOKED, Account.FORFEITED, Account.AVAILABLE)


@pytest.mark.parametrize(("early", "late", "no_show"), list(product(OutcomeEffect, repeat=3)))
def test_each_outcome_sends_the_unit_where_the_table_says(
    early: OutcomeEffect, late: OutcomeEffect, no_show: OutcomeEffect
) -> None:
    outcomes = Outcomes(early, late, no_show)
    assert {state: account_after(outcomes, state) for state in VisitState} == {
        VisitState.BOOKED: Account.BOOKED,
        VisitState.ATTENDED: Account.USED,
        VisitState.CANCELLED: GOES_TO[early],
        VisitState.LATE_CANCELLED: GOES_TO[late],
        VisitState.NO_SHOW: GOES_TO[no_show],
    }


def test_without_other_terms_a_cancellation_in_time_returns_and_the_rest_forfeits() -> None:
    assert Outcomes() == Outcomes(RETURN, FORFEIT, FORFEIT, 12 * 60)


@given(st.integers(0, 60 * 24 * 60))
def test_a_cancellation_exactly_at_the_edge_of_the_window_is_in_time(minutes: int) -> None:
    outcomes, starts_at = Outcomes(late_cancel_minutes=minutes), at(june(20), 18)
    edge = starts_at - timedelta(minutes=minutes)
    probes = [edge - MICROSECOND, edge, edge + MICROSECOND]
    assert [is_late(outcomes, starts_at, probe) for probe in probes] == [False, False, True]


def test_a_cancellation_after_the_start_is_late_whatever_the_window() -> None:
    assert is_late(Outcomes(late_cancel_minutes=0), at(june(20), 18), at(june(20), 19))


@given(st.permutations([Account.USED, Account.BOOKED, Account.FORFEITED, Account.AVAILABLE, Account.BOOKED]))
def test_the_order_of_the_visits_of_a_day_does_not_matter(accounts: list[Account]) -> None:
    assert day_account(accounts) is Account.USED
    assert day_account(account for account in accounts if account is not Account.USED) is Account.BOOKED


@pytest.mark.parametrize("present", list(chain.from_iterable(combinations(OUTCOMES, n) for n in range(5))))
def test_the_strongest_of_a_days_visits_decides_about_the_day(present: tuple[Account, ...]) -> None:
    strongest = next((account for account in OUTCOMES if account in present), Account.AVAILABLE)
    assert day_account(present) is strongest


def test_a_make_up_lot_lasts_two_weeks_at_least() -> None:
    assert MAKE_UP_DAYS_MIN == 14


effects = st.sampled_from(OutcomeEffect)
tables = st.builds(
    Outcomes,
    early_cancel=effects,
    late_cancel=effects,
    no_show=effects,
    late_cancel_minutes=st.integers(0, 2_000),
    late_cancel_fee_minor=st.integers(0, 2),
    no_show_fee_minor=st.integers(0, 2),
    booking_grace_minutes=st.integers(0, 120),
    free_per_period=st.integers(0, 3),
)
states = st.sampled_from(VisitState)


def costs(end: Ending) -> bool:
    """Whether an ending takes a unit or asks for a fee."""
    return end.account is Account.FORFEITED or end.fee_minor > 0


@given(st.integers(1, 240), st.integers(0, 2_000))
def test_up_to_the_end_of_the_grace_no_cancellation_is_late(grace: int, window: int) -> None:
    outcomes = Outcomes(late_cancel_minutes=window, booking_grace_minutes=grace)
    starts_at, booked_at = at(june(20), 18), at(june(20), 18) - timedelta(minutes=window) + MICROSECOND
    ends = booked_at + timedelta(minutes=grace)
    assert not is_late(outcomes, starts_at, booked_at, booked_at)
    assert not is_late(outcomes, starts_at, ends, booked_at)
    assert is_late(outcomes, starts_at, ends + MICROSECOND, booked_at)


@given(tables, st.integers(0, 10_000), st.integers(0, 10_000))
def test_grace_only_ever_helps(outcomes: Outcomes, before: int, after: int) -> None:
    starts_at = at(june(20), 18)
    booked_at, now = starts_at - timedelta(minutes=before), starts_at - timedelta(minutes=after)
    if is_late(outcomes, starts_at, now, booked_at):
        assert is_late(outcomes, starts_at, now)


def test_no_grace_is_no_grace_even_at_the_instant_of_booking() -> None:
    now = at(june(20), 17)
    assert is_late(Outcomes(), at(june(20), 18), now, now)


@given(tables, states)
def test_what_is_neither_forgiven_nor_waived_does_what_the_table_says(outcomes: Outcomes, state: VisitState) -> None:
    end = ending(outcomes, state, forgiven_before=outcomes.free_per_period)
    fee = {
        VisitState.LATE_CANCELLED: outcomes.late_cancel_fee_minor,
        VisitState.NO_SHOW: outcomes.no_show_fee_minor,
    }.get(state, 0)
    assert end == Ending(state, account_after(outcomes, state), fee)


@given(tables, states, st.integers(0, 5))
def test_a_waived_ending_costs_nothing_and_uses_no_free_one(outcomes: Outcomes, state: VisitState, before: int) -> None:
    end = ending(outcomes, state, forgiven_before=before, waive=True)
    assert not costs(end)
    assert not end.forgiven
    assert end.waived == costs(ending(outcomes, state, forgiven_before=outcomes.free_per_period))


@given(tables, st.lists(st.sampled_from([VisitState.LATE_CANCELLED, VisitState.NO_SHOW, VisitState.CANCELLED])))
def test_of_a_period_exactly_the_first_costly_ones_are_forgiven(outcomes: Outcomes, endings: list[VisitState]) -> None:
    forgiven, left = 0, outcomes.free_per_period
    for state in endings:
        plain = ending(outcomes, state, forgiven_before=outcomes.free_per_period)
        end = ending(outcomes, state, forgiven_before=forgiven)
        free = costs(plain) and state is not VisitState.CANCELLED and left > 0
        assert end.forgiven == free
        assert end == plain or (free and not costs(end))
        forgiven += end.forgiven
        left -= free
    assert forgiven <= outcomes.free_per_period


@pytest.mark.parametrize("state", list(VisitState))
def test_what_was_in_time_forgiven_or_waived_is_never_lost_to_a_lot_that_is_over(state: VisitState) -> None:
    assert Ending(state, Account.AVAILABLE).may_make_up == (state is VisitState.CANCELLED)
    assert Ending(state, Account.AVAILABLE, forgiven=True).may_make_up
    assert Ending(state, Account.AVAILABLE, waived=True).may_make_up
