"""What the end of a visit does: the whole table, and the edge of the window."""

from datetime import timedelta
from itertools import chain, combinations, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.rules.ending import MAKE_UP_DAYS_MIN, account_after, day_account, is_late
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
