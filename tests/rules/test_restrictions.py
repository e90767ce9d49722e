"""Attendance restrictions: each answer is compared with one that counts by hand, day by day."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.rules.allocation import Request, allocate
from models.rules.calendar import add_units
from models.rules.codes import Code
from models.rules.eligibility import decide
from models.rules.facts import ClaimFacts, PassFacts, VisitFacts, laid_out
from models.rules.policies import Restriction, Rollover
from models.rules.restrictions import exceeding, fits, limits, states
from models.rules.terms import Validity
from models.rules.timeline import HoldFacts, PeriodFacts
from models.rules.values import (
    Activation,
    PassKind,
    PeriodUnit,
    RestrictionCycle,
    RestrictionPer,
    ServiceCategory,
    ValidityRule,
)
from tests.rules.build import (
    BOXING,
    JUNE,
    POLICY,
    YOGA,
    at,
    claim_of,
    for_months,
    freeze,
    frozen_by,
    hold_lists,
    june,
    pass_of,
    terms_of,
    visit_of,
)

NEVER = Validity(ValidityRule.NEVER)
PERS, CYCLES = st.sampled_from(list(RestrictionPer)), st.sampled_from(list(RestrictionCycle))


def restricted(*restrictions: Restriction, **changes: Any) -> PassFacts:
    """An unlimited pass without an end, with these restrictions."""
    terms = terms_of(PassKind.UNLIMITED, validity=changes.pop("validity", NEVER), restrictions=restrictions)
    terms = replace(terms, activation=changes.pop("activation", terms.activation))
    return pass_of(terms, **changes)


def on(day: date, number: int = 500, **changes: Any) -> VisitFacts:
    """A visit at noon of the day."""
    return visit_of(at(day, 12), number, **changes)


def paying(facts: PassFacts, days: Sequence[date], *, consumed: bool = False) -> PassFacts:
    """The pass with a standing claim on a visit of each day."""
    claims = [claim_full(on(day, 600 + index), consumed=consumed) for index, day in enumerate(days)]
    return replace(facts, claims=tuple(claims))


def claim_full(visit: VisitFacts, *, consumed: bool = False) -> ClaimFacts:
    """The claim with what restrictions look at."""
    return replace(
        claim_of(visit, consumed=consumed),
        service_id=visit.service_id,
        category=visit.category,
        client_id=visit.client_id,
    )


def codes(facts: PassFacts, visit: VisitFacts) -> set[Code]:
    """The codes against the visit, decided on the first day."""
    return {reason.code for reason in decide(facts, visit, POLICY, at(JUNE)).reasons}


# The oracle: it writes down the cycle of every day, one day after the other.


def cycle_by_hand(
    per: RestrictionPer, cycle: RestrictionCycle, day: date, start: date, week_start: int, holds: Sequence[HoldFacts]
) -> tuple[Any, ...]:
    """A name of the cycle a day lies in, found by walking."""
    if cycle is RestrictionCycle.CALENDAR:
        match per:
            case RestrictionPer.DAY:
                return (day,)
            case RestrictionPer.WEEK:
                while day.isoweekday() != week_start:
                    day -= timedelta(days=1)
                return (day,)
            case RestrictionPer.MONTH:
                return day.year, day.month
            case RestrictionPer.YEAR:
                return (day.year,)
    number, walked = 0, start
    unit = PeriodUnit(per.value)
    left = (add_units(start, unit, 1) - start).days
    while walked < day:
        left -= not frozen_by(holds, walked)
        walked += timedelta(days=1)
        if left == 0:
            number += 1
            left = (add_units(start, unit, number + 1) - add_units(start, unit, number)).days
    return (number,)


@given(
    PERS, CYCLES, st.integers(1, 7), st.integers(1, 4), hold_lists(), st.lists(st.integers(1, 90), max_size=12),
    st.integers(1, 90), st.integers(0, 60),
)  # fmt: skip
def test_a_visit_is_refused_exactly_where_its_cycle_is_full(
    per: RestrictionPer,
    cycle: RestrictionCycle,
    week_start: int,
    most: int,
    holds: list[HoldFacts],
    days: list[int],
    day: int,
    start: int,
) -> None:
    first = date(2025, 1, 31) + timedelta(days=start)
    taken = [first + timedelta(days=each - 1) for each in days]
    wanted = first + timedelta(days=day - 1)
    facts = restricted(Restriction(most, per, cycle), start=first, holds=tuple(holds), week_start=week_start)
    facts = paying(facts, taken)

    def name(each: date) -> tuple[Any, ...]:
        return cycle_by_hand(per, cycle, each, first, week_start, holds)

    same = sum(name(each) == name(wanted) for each in taken)
    refused = Code.RESTRICTION_REACHED in codes(facts, on(wanted))
    assert refused == (same >= most)
    (state,) = states(facts, wanted)
    assert (state.booked, state.used) == (same, 0)
    assert state.remaining == max(0, most - same)
    assert state.first_day is not None
    assert state.first_day <= wanted
    assert state.last_day is not None
    assert wanted <= state.last_day
    assert name(state.first_day) == name(wanted) == name(state.last_day)
    assert name(state.last_day + timedelta(days=1)) != name(wanted)
    assert state.first_day == first or name(state.first_day - timedelta(days=1)) != name(wanted)


def exceeded_by_hand(most: int, cap: int, lasting: int, counts: Sequence[int]) -> int:
    """How many visits have no allowance where each unused unit is a thing with a cycle it dies in."""
    kept: list[int] = []
    over = 0
    for number, count in enumerate(counts):
        kept = sorted(each for each in kept if each >= number)
        own = most
        for _ in range(count):
            if kept:
                kept.pop(0)
            elif own:
                own -= 1
            else:
                over += 1
        kept += [number + lasting] * min(own, cap)
    return over


@given(
    st.integers(0, 3), st.integers(0, 4), st.integers(1, 3), st.lists(st.integers(0, 4), min_size=6, max_size=6),
    st.integers(0, 5),
)  # fmt: skip
def test_what_is_carried_is_what_units_counted_one_by_one_leave(
    most: int, cap: int, lasting: int, counts: list[int], week: int
) -> None:
    most = max(1, most)
    restriction = Restriction(most, RestrictionPer.WEEK, RestrictionCycle.PASS, rollover=Rollover(cap, lasting))
    days = [JUNE + timedelta(days=7 * number + n % 7) for number, count in enumerate(counts) for n in range(count)]
    facts = paying(restricted(restriction), days)
    before = exceeded_by_hand(most, cap, lasting, counts)
    assert sum(count for _, count in exceeding(facts)) == before
    more = [count + (number == week) for number, count in enumerate(counts)]
    refused = exceeded_by_hand(most, cap, lasting, more) > before
    day = JUNE + timedelta(days=7 * week)
    assert (Code.RESTRICTION_REACHED in codes(facts, on(day))) == refused
    (state,) = states(facts, day)
    assert (state.remaining == 0) == refused
    grown = 0
    while exceeded_by_hand(most, cap, lasting, [c + (n == week) * (grown + 1) for n, c in enumerate(counts)]) == before:
        grown += 1
    assert state.remaining == grown
    alone = 0
    earlier = [*counts[:week], 0]
    base = exceeded_by_hand(most, cap, lasting, earlier)
    while exceeded_by_hand(most, cap, lasting, [*counts[:week], alone + 1]) == base:
        alone += 1
    assert state.allowance == alone
    assert state.carried == alone - most


@given(
    st.integers(1, 3), st.none() | st.builds(Rollover, st.integers(0, 3), st.just(1)),
    st.lists(st.integers(0, 27), max_size=4), st.lists(st.integers(0, 27), min_size=1, max_size=7, unique=True),
)  # fmt: skip
def test_limits_hold_exactly_for_what_fits(
    most: int, rollover: Rollover | None, taken: list[int], wanted: list[int]
) -> None:
    """For every choice among the visits; unused allowances go on for one cycle at most."""
    restriction = Restriction(most, RestrictionPer.WEEK, RestrictionCycle.PASS, rollover=rollover)
    facts = paying(restricted(restriction), [JUNE + timedelta(days=day) for day in taken])
    if exceeding(facts):
        return
    visits = [on(JUNE + timedelta(days=day), 700 + day) for day in wanted]
    bounds = limits(facts, visits)
    for chosen in range(2 ** len(visits)):
        some = [visit for index, visit in enumerate(visits) if chosen >> index & 1]
        ids = {visit.id for visit in some}
        assert fits(facts, some) == all(len(ids & members) <= room for room, members in bounds)


@given(
    st.integers(1, 3), st.none() | st.builds(Rollover, st.integers(0, 3), st.just(1)),
    st.lists(st.integers(0, 27), max_size=3), st.lists(st.integers(0, 27), min_size=1, max_size=6, unique=True),
    st.integers(0, 6),
)  # fmt: skip
def test_a_visit_that_is_paid_already_is_not_counted_beside_itself(
    most: int, rollover: Rollover | None, taken: list[int], wanted: list[int], paid: int
) -> None:
    """What the pass pays for may be asked about anew: the limits are those of a pass that pays for none of it yet."""
    restriction = Restriction(most, RestrictionPer.WEEK, RestrictionCycle.PASS, rollover=rollover)
    before = paying(restricted(restriction), [JUNE + timedelta(days=day) for day in taken])
    visits = [on(JUNE + timedelta(days=day), 700 + day) for day in wanted]
    after = replace(before, claims=(*before.claims, *(claim_full(visit) for visit in visits[:paid])))

    assert limits(after, visits) == limits(before, visits)


@given(
    st.integers(1, 2), st.integers(0, 3), st.integers(2, 3),
    st.lists(st.integers(0, 34), max_size=4), st.lists(st.integers(0, 34), min_size=1, max_size=6, unique=True),
)  # fmt: skip
def test_limits_never_forbid_what_fits(most: int, cap: int, lasting: int, taken: list[int], wanted: list[int]) -> None:
    restriction = Restriction(most, RestrictionPer.WEEK, RestrictionCycle.PASS, rollover=Rollover(cap, lasting))
    facts = paying(restricted(restriction), [JUNE + timedelta(days=day) for day in taken])
    if exceeding(facts):
        return
    visits = [on(JUNE + timedelta(days=day), 700 + day) for day in wanted]
    bounds = limits(facts, visits)
    for chosen in range(2 ** len(visits)):
        some = [visit for index, visit in enumerate(visits) if chosen >> index & 1]
        if fits(facts, some):
            ids = {visit.id for visit in some}
            assert all(len(ids & members) <= room for room, members in bounds)


@given(PERS, CYCLES, st.integers(1, 3), st.none() | st.builds(Rollover, st.integers(0, 2), st.integers(1, 2)),
       st.lists(st.integers(0, 60), max_size=10), st.booleans())  # fmt: skip
def test_visits_booked_together_never_exceed_an_allowance(
    per: RestrictionPer, cycle: RestrictionCycle, most: int, rollover: Rollover | None, days: list[int], waits: bool
) -> None:
    restriction = Restriction(most, per, cycle, rollover=rollover)
    activation = Activation.ON_FIRST_VISIT if waits else Activation.ON_SALE
    facts = restricted(restriction, activation=activation, start=None if waits else JUNE, validity=for_months(12))
    visits = [on(JUNE + timedelta(days=day), 700 + index) for index, day in enumerate(days)]
    outcomes = allocate(Request((facts,), tuple(visits), POLICY, at(JUNE)))
    paid = [claim_full(outcome.visit) for outcome in outcomes if outcome.paid_by]
    first = min((claim.day for claim in paid), default=JUNE) if waits else JUNE
    settled = laid_out(replace(facts, claims=tuple(paid), periods=(PeriodFacts(1, first, None),)))
    assert not exceeding(settled)
    for outcome in outcomes:
        if not outcome.paid_by:
            assert not fits(settled, [outcome.visit])


@given(hold_lists(), st.integers(1, 3), st.lists(st.integers(1, 60), max_size=8))
def test_a_hold_never_shrinks_the_allowance(holds: list[HoldFacts], most: int, days: list[int]) -> None:
    """A cycle with held days in it still allows as much, and lasts as much longer."""
    facts = restricted(Restriction(most, RestrictionPer.MONTH, RestrictionCycle.PASS), holds=tuple(holds))
    (state,) = states(facts, JUNE)
    assert state.remaining == most
    assert state.last_day is not None
    assert state.first_day is not None
    span = [state.first_day + timedelta(days=n) for n in range((state.last_day - state.first_day).days + 1)]
    assert sum(not frozen_by(holds, day) for day in span) == 30


def test_each_month_of_a_pass_is_counted_from_the_anchor() -> None:
    facts = restricted(Restriction(1, RestrictionPer.MONTH, RestrictionCycle.PASS), start=date(2025, 1, 31))
    ends = [states(facts, day)[0].last_day for day in (date(2025, 2, 27), date(2025, 2, 28), date(2025, 3, 31))]
    assert ends == [date(2025, 2, 27), date(2025, 3, 30), date(2025, 4, 29)]


def test_a_cycle_behind_an_open_freeze_has_no_end() -> None:
    facts = restricted(Restriction(1, RestrictionPer.WEEK, RestrictionCycle.PASS), holds=(freeze(june(3), None),))
    (state,) = states(facts, june(20))
    assert (state.first_day, state.last_day, state.frees_on) == (june(1), None, None)
    full = paying(facts, [june(1)])
    reasons = decide(full, on(june(2)), POLICY, at(JUNE)).reasons
    assert [reason.code for reason in reasons] == [Code.RESTRICTION_REACHED]
    assert "a day not known while it is on hold" in reasons[0].message


def test_all_restrictions_must_pass_and_each_counts_its_own() -> None:
    yoga = Restriction(1, RestrictionPer.WEEK, service_ids=frozenset({YOGA}))
    events = Restriction(1, RestrictionPer.MONTH, categories=frozenset({ServiceCategory.EVENT}))
    every = Restriction(3, RestrictionPer.MONTH)
    facts = restricted(yoga, events, every)
    facts = replace(facts, claims=(claim_full(on(june(2), 601)),))
    assert codes(facts, on(june(3))) == {Code.RESTRICTION_REACHED}
    assert not codes(facts, on(june(3), service_id=BOXING))
    assert not codes(facts, on(june(9)))
    event = on(june(4), 602, service_id=BOXING, category=ServiceCategory.EVENT)
    facts = replace(facts, claims=(*facts.claims, claim_full(event)))
    both = decide(facts, on(june(5), category=ServiceCategory.EVENT), POLICY, at(JUNE)).reasons
    assert [(r.code, dict(r.values)["per"]) for r in both] == [
        (Code.RESTRICTION_REACHED, "week"),
        (Code.RESTRICTION_REACHED, "month"),
    ]
    facts = replace(facts, claims=(*facts.claims, claim_full(on(june(20), 603))))
    assert codes(facts, on(june(12), service_id=BOXING)) == {Code.RESTRICTION_REACHED}


def test_a_reason_says_which_restriction_and_when_it_frees() -> None:
    facts = paying(restricted(Restriction(2, RestrictionPer.WEEK), week_start=7), [june(1), june(7)])
    (reason,) = decide(facts, on(june(3)), POLICY, at(JUNE)).reasons
    assert reason.message == (
        "Visits to all services are limited to 2 in the week from 2025-06-01 to 2025-06-07, and 2 are taken."
    )
    assert reason.remedy == "Book on or after 2025-06-08, cancel a booked visit, or pay with another pass."


def test_consumed_claims_count_and_say_so() -> None:
    facts = paying(restricted(Restriction(2, RestrictionPer.WEEK)), [june(3)], consumed=True)
    facts = replace(facts, claims=(*facts.claims, claim_full(on(june(4), 650))))
    (state,) = states(facts, june(5))
    assert (state.used, state.booked, state.remaining) == (1, 1, 0)
    assert codes(facts, on(june(5))) == {Code.RESTRICTION_REACHED}


def test_a_visit_that_counts_already_does_not_count_twice() -> None:
    visit = on(june(3), 650)
    facts = restricted(Restriction(1, RestrictionPer.WEEK))
    facts = replace(facts, claims=(claim_full(visit),))
    assert decide(facts, visit, POLICY, at(JUNE)).pays
    assert codes(facts, on(june(4))) == {Code.RESTRICTION_REACHED}


def test_an_earlier_first_visit_must_not_fill_another_cycle() -> None:
    """Starting on day 6 would put the visits of days 13, 15 and 16 into one week."""
    restriction = Restriction(2, RestrictionPer.WEEK, RestrictionCycle.PASS)
    facts = restricted(restriction, activation=Activation.ON_FIRST_VISIT, start=june(8), validity=for_months(2))
    facts = paying(facts, [june(8), june(13), june(15), june(16)])
    assert codes(facts, on(june(6))) == {Code.RESTRICTION_REACHED}
    assert not codes(facts, on(june(1)))


@pytest.mark.parametrize(("day", "refused"), [(june(9), True), (june(16), False)])
def test_an_earlier_visit_may_not_take_what_a_later_one_counts_on(day: date, refused: bool) -> None:
    """Three visits in the third week use the unit that the second left."""
    restriction = Restriction(2, RestrictionPer.WEEK, RestrictionCycle.PASS, rollover=Rollover(1))
    facts = paying(restricted(restriction), [june(1), june(2), june(8), june(15), june(15)])
    if refused:
        facts = replace(facts, claims=(*facts.claims, claim_full(on(june(17), 690))))
        (state,) = states(facts, june(15))
        assert (state.limit, state.carried, state.booked, state.remaining) == (2, 1, 3, 0)
    assert (Code.RESTRICTION_REACHED in codes(facts, on(day))) == refused


def test_nothing_is_carried_from_before_the_pass() -> None:
    restriction = Restriction(2, RestrictionPer.WEEK, rollover=Rollover(2))
    facts = restricted(restriction, start=june(4))
    assert [states(facts, day)[0].carried for day in (june(4), june(8), june(9), june(16))] == [0, 0, 2, 2]


def test_what_was_left_longest_ago_is_used_first() -> None:
    """The third week uses what the first left, so that the second week's unit is still there in the fourth."""
    restriction = Restriction(1, RestrictionPer.WEEK, RestrictionCycle.PASS, rollover=Rollover(1, 2))
    facts = paying(restricted(restriction), [june(15)])
    assert [states(facts, june(day))[0].carried for day in (1, 8, 15, 22, 29)] == [0, 1, 2, 2, 2]
