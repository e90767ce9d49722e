"""Caps of members and guests, alone and with many visits at once."""

from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.rules.allocation import allocate
from models.rules.codes import Code
from models.rules.eligibility import decide
from models.rules.facts import Member, PassFacts, VisitFacts
from models.rules.paying import Request, after_claim, in_order
from models.rules.policies import Sharing
from models.rules.sharing import limits, period_of, refusals, usage
from models.rules.timeline import PeriodFacts
from models.rules.values import PassKind
from tests.rules.build import (
    CLIENT,
    OTHER_CLIENT,
    POLICY,
    at,
    for_days,
    june,
    lot_of,
    pass_of,
    starting_on_first_visit,
    terms_of,
    visit_of,
)

NOW = at(june(2), 9)
KINDS = st.sampled_from([PassKind.SESSION, PassKind.UNLIMITED, PassKind.DAY])


def shared(
    cap: int | None, guests: int = 0, kind: PassKind = PassKind.SESSION, own_cap: int | None = None
) -> PassFacts:
    """Two periods, in June and in July; shared with one member."""
    sharing = Sharing(allowed=True, member_visits_max=cap, guest_visits_max=guests)
    two = (PeriodFacts(1, june(1), june(30)), PeriodFacts(2, june(31), june(60)))
    members = (Member(OTHER_CLIENT, own_cap),)
    lots = (lot_of(1, 40), lot_of(2, 40, period=2)) if kind.metered else ()
    return pass_of(terms_of(kind, 40, sharing=sharing), periods=two, lots=lots, members=members)


def of_june(day: int, number: int, **changes: Any) -> VisitFacts:
    return visit_of(at(june(day), 10), number=500 + number, booked_at=NOW, **changes)


days = st.lists(st.integers(3, 58), min_size=1, max_size=12)


@given(days, KINDS, st.integers(1, 4), st.one_of(st.none(), st.integers(1, 4)))
def test_one_after_another_never_more_than_the_cap_a_period(
    wanted: list[int], kind: PassKind, cap: int, own_cap: int | None
) -> None:
    facts, taken = shared(cap, kind=kind, own_cap=own_cap), {1: 0, 2: 0}
    most = cap if own_cap is None else own_cap
    for number, day in enumerate(wanted):
        visit = of_june(day, number, client_id=OTHER_CLIENT)
        period = 1 if day <= 30 else 2
        decision = decide(facts, visit, POLICY, NOW)
        codes = [reason.code for reason in decision.reasons]
        assert (Code.MEMBER_LIMIT_REACHED in codes) == (taken[period] >= most)
        if decision.pays:
            assert decision.shared
            facts, taken[period] = after_claim(facts, visit, decision), taken[period] + 1
    for period, instant in ((1, june(5)), (2, june(45))):
        told = usage(facts, OTHER_CLIENT, own_cap, at(instant))
        assert (told.used, told.limit, told.left) == (taken[period], most, most - taken[period])


@given(days, KINDS, st.integers(0, 3))
def test_guests_have_a_cap_of_their_own_and_the_owner_has_none(wanted: list[int], kind: PassKind, cap: int) -> None:
    facts, guests = shared(1, cap, kind), {1: 0, 2: 0}
    for number, day in enumerate(wanted):
        own, guest = of_june(day, number), of_june(day, 100 + number, guest_name=f"Guest {number}")
        for visit in (own, guest):
            decision = decide(facts, visit, POLICY, NOW)
            if visit is own:
                assert decision.pays
            else:
                assert decision.pays == (guests[period_of(facts, visit)] < cap)
                guests[period_of(facts, visit)] += decision.pays
            if decision.pays:
                # Whoever comes along spends a unit of their own, on a day that the owner has claimed as well.
                assert decision.quantity == kind.metered or (kind is PassKind.DAY and visit is own)
                facts = after_claim(facts, visit, decision)


@settings(max_examples=60)
@given(st.integers(0, 10**6), KINDS, st.booleans())
def test_many_at_once_keep_the_caps_and_pay_no_fewer_than_one_by_one(seed: int, kind: PassKind, guests: bool) -> None:
    chance = Random(seed)
    facts = shared(chance.randint(1, 3), chance.randint(1, 3), kind)
    changes = {"guest_name": "Max"} if guests else {"client_id": OTHER_CLIENT}
    visits = tuple(
        of_june(chance.randint(3, 58), number, minutes=60, **changes) for number in range(chance.randint(2, 9))
    )
    if kind is PassKind.DAY:
        visits = tuple({visit.day: visit for visit in visits}.values())
    request = Request((facts,), visits, POLICY, NOW)

    outcomes = allocate(request)

    cap = facts.terms.sharing.guest_visits_max if guests else facts.terms.sharing.member_visits_max
    assert cap is not None
    best = sum(min(cap, sum(period_of(facts, visit) == number for visit in visits)) for number in (1, 2))
    paid = [outcome.visit for outcome in outcomes if outcome.paid_by]
    assert len(paid) == best == sum(outcome.paid_by is not None for outcome in in_order(request))
    assert all(outcome.solved is None or outcome.solved.proven for outcome in outcomes)
    assert all(room < len(ids) for room, ids in limits(facts, visits))


def test_a_stranger_and_a_guest_of_a_member_are_refused() -> None:
    facts = shared(None, 5)
    stranger = visit_of(at(june(5), 10), client_id=visit_of(at(june(5))).id)
    bens_guest = visit_of(at(june(5), 10), client_id=OTHER_CLIENT, guest_name="Max")
    for visit in (stranger, bens_guest):
        assert [reason.code for reason in refusals(facts, visit)] == [Code.NOT_SHARED_WITH_CLIENT]
    assert refusals(facts, replace(bens_guest, guest_name=None)) == []


def test_a_visit_that_counts_already_does_not_count_twice() -> None:
    facts = shared(1)
    visit = of_june(5, 1, client_id=OTHER_CLIENT)
    facts = after_claim(facts, visit, decide(facts, visit, POLICY, NOW))
    assert refusals(facts, visit) == []
    assert limits(facts, [visit]) == []
    other = of_june(6, 2, client_id=OTHER_CLIENT)
    assert [reason.code for reason in refusals(facts, other)] == [Code.MEMBER_LIMIT_REACHED]
    assert limits(facts, [other]) == [(0, frozenset({other.id}))]


@pytest.mark.parametrize("visits", [1, 3])
def test_units_of_another_come_last_and_what_counts_nothing_first(visits: int) -> None:
    theirs = replace(shared(None), id=june_pass(1))
    # The business's order alone would spend what is shared: it ends first.
    mine = replace(pass_of(terms_of(quantity=5, validity=for_days(80)), number=200), client_id=OTHER_CLIENT)
    endless = replace(shared(None, kind=PassKind.UNLIMITED), id=june_pass(3))
    wanted = tuple(of_june(5 + number, number, client_id=OTHER_CLIENT) for number in range(visits))

    def payers(*passes: PassFacts) -> set[object]:
        found = allocate(Request(passes, wanted, POLICY, NOW))
        return {outcome.paid_by.pass_id for outcome in found if outcome.paid_by}

    assert payers(theirs, mine) == {mine.id}
    assert payers(theirs, mine, endless) == {endless.id}
    assert payers(theirs) == {theirs.id}


def june_pass(number: int) -> UUID:
    return pass_of(number=300 + number).id


def test_a_pass_that_waits_for_its_first_visit_has_one_period_for_the_cap() -> None:
    terms = starting_on_first_visit(sharing=Sharing(allowed=True, member_visits_max=2))
    facts = pass_of(terms, start=None, members=(Member(OTHER_CLIENT),))
    visits = tuple(of_june(day, day, client_id=OTHER_CLIENT) for day in (20, 5, 12, 8))
    outcomes = allocate(Request((facts,), visits, POLICY, NOW))
    assert sum(outcome.paid_by is not None for outcome in outcomes) == 2
    assert facts.client_id == CLIENT
    assert all(visit.starts_at - NOW > timedelta() for visit in visits)
