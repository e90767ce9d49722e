"""When a pass starts, against walking day by day."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.rules.activation import start_at_sale, start_on_first_visit
from models.rules.calendar import DAY
from models.rules.values import Activation
from tests.rules.build import JUNE, june, terms_of

days = st.dates(date(2020, 1, 1), date(2032, 12, 31))


def first_matching(sold_on: date, activation: Activation) -> date:
    """Walk from the sale to the first day the activation names."""
    day = sold_on
    while not {
        Activation.FIRST_OF_MONTH: day.day == 1,
        Activation.MIDDLE_OF_MONTH: day.day == 15,
        Activation.LAST_OF_MONTH: (day + DAY).day == 1,
    }[activation]:
        day += DAY
    return day


@given(days, st.sampled_from([Activation.FIRST_OF_MONTH, Activation.MIDDLE_OF_MONTH, Activation.LAST_OF_MONTH]), days)
def test_a_day_of_the_month_is_the_next_one_from_the_sale(sold_on: date, activation: Activation, chosen: date) -> None:
    assert start_at_sale(terms_of(activation=activation), sold_on, chosen) == first_matching(sold_on, activation)


@pytest.mark.parametrize("chosen", [None, june(20)])
def test_a_pass_that_starts_on_sale_starts_on_sale(chosen: date | None) -> None:
    assert start_at_sale(terms_of(activation=Activation.ON_SALE), JUNE, chosen) == JUNE


def test_a_chosen_day_is_kept_and_without_one_the_sale_counts() -> None:
    terms = terms_of(activation=Activation.ON_DATE)
    assert start_at_sale(terms, JUNE, june(20)) == june(20)
    assert start_at_sale(terms, JUNE, None) == JUNE


def test_a_pass_waiting_for_its_first_visit_has_no_start_or_the_backstop() -> None:
    assert start_at_sale(terms_of(activation=Activation.ON_FIRST_VISIT), JUNE, june(20)) is None
    waiting = terms_of(activation=Activation.ON_FIRST_VISIT, start_within_days=30)
    assert start_at_sale(waiting, JUNE, june(20)) == june(31)
    at_once = terms_of(activation=Activation.ON_FIRST_VISIT, start_within_days=0)
    assert start_at_sale(at_once, JUNE, None) == JUNE


@given(st.lists(st.integers(-20, 60)), st.none() | st.integers(0, 40))
def test_the_first_visit_starts_the_pass_between_the_sale_and_the_backstop(
    visits: list[int], within: int | None
) -> None:
    terms = terms_of(activation=Activation.ON_FIRST_VISIT, start_within_days=within)
    start = start_on_first_visit(terms, JUNE, [june(number) for number in visits])
    if start is None:
        assert not visits
        assert within is None
        return
    assert start >= JUNE, "a pass does not start before it is sold"
    assert within is None or start <= JUNE + DAY * within
    assert all(start <= june(number) or start == JUNE for number in visits)
    assert start == JUNE or start in {june(number) for number in visits} | {JUNE + DAY * (within or 0)}


@given(st.permutations([3, 9, 9, 17, 40]))
def test_the_order_of_bookings_does_not_change_the_start(order: list[int]) -> None:
    terms = terms_of(activation=Activation.ON_FIRST_VISIT)
    assert start_on_first_visit(terms, JUNE, [june(number) for number in order]) == june(3)
