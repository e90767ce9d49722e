"""Which passes pay for which visits: the order sentence by sentence, and never more than there is."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.rules.allocation import Request, allocate, pass_order
from models.rules.codes import Code
from models.rules.eligibility import decide
from models.rules.facts import PassFacts, VisitFacts
from models.rules.terms import Access, Validity
from models.rules.values import AllocationPreset, LotKind, PassKind, ServiceCategory
from tests.rules.build import (
    ANNEX,
    BOXING,
    JUNE,
    POLICY,
    STUDIO,
    YOGA,
    at,
    claim_of,
    for_days,
    june,
    lot_of,
    pass_of,
    terms_of,
    visit_of,
)

NOW = at(june(2), 9)
VISIT = visit_of(at(june(10), 18))
DEFAULT, PRIORITY_FIRST = AllocationPreset.DEFAULT, AllocationPreset.PRIORITY_FIRST


def paying(passes: Sequence[PassFacts], visits: Sequence[VisitFacts], preset: AllocationPreset = DEFAULT) -> list[Any]:
    """The number of the pass that pays for each visit, None for none, in the order of the outcomes."""
    outcomes = allocate(Request(tuple(passes), tuple(visits), POLICY, NOW, preset))
    return [outcome.paid_by and outcome.paid_by.pass_id.int for outcome in outcomes]


def metered(number: int, *, days: int = 30, kind: LotKind = LotKind.GRANT, sold: int = 1, **terms: Any) -> PassFacts:
    """A session pass with one lot."""
    lots = (lot_of(number, 5, kind=kind),)
    return pass_of(terms_of(validity=for_days(days), **terms), number=number, lots=lots, sold_at=at(june(sold)))


def unlimited(number: int, *, days: int = 60, **terms: Any) -> PassFacts:
    return pass_of(terms_of(PassKind.UNLIMITED, validity=for_days(days), **terms), number=number, sold_at=at(JUNE))


def claimed_day(number: int, days: int = 90) -> PassFacts:
    """A DAY pass that has claimed the day of the visit."""
    facts = pass_of(terms_of(PassKind.DAY, 5, validity=for_days(days)), number=number)
    return replace(facts, claims=(claim_of(visit_of(at(june(10), 7), number=9), facts.lots[0]),))


NARROW = Access(service_ids=frozenset({YOGA}))
# The first pass of each pair is to pay, though the second would by every later sentence of the order.
SENTENCES = {
    "a promotional lot goes before a pass that counts nothing": (
        metered(2, kind=LotKind.PROMOTION, days=90),
        unlimited(1, days=20),
    ),
    "a pass that counts nothing goes before one that counts": (unlimited(2), metered(1, days=20, access=NARROW)),
    "a day already claimed goes before one that counts": (claimed_day(2), metered(1, days=20, access=NARROW)),
    "the earliest end goes first": (metered(2, days=29), metered(1, kind=LotKind.ROLLOVER, access=NARROW, priority=9)),
    "an end goes before none": (metered(2, days=300), pass_of(terms_of(validity=Validity()), number=1)),
    "rollover goes before regular": (metered(2, kind=LotKind.ROLLOVER), metered(1, access=NARROW, priority=9)),
    "make-up goes before regular": (metered(2, kind=LotKind.MAKE_UP), metered(1, access=NARROW, priority=9)),
    "the narrowest access goes first": (metered(2, access=NARROW, sold=3), metered(1, priority=9)),
    "the higher priority goes first": (metered(2, priority=1, sold=3), metered(1)),
    "the oldest sale goes first": (metered(2, sold=1), metered(1, sold=2)),
    "of equals the lower id goes first": (metered(1), metered(2)),
    "of passes that count nothing the earliest end goes first": (unlimited(2, days=20), unlimited(1, days=21)),
}


@pytest.mark.parametrize("sentence", SENTENCES)
def test_the_default_order_holds_sentence_by_sentence(sentence: str) -> None:
    first, second = SENTENCES[sentence]
    for passes in ([first, second], [second, first]):
        assert paying(passes, [VISIT]) == [first.id.int], sentence


def test_a_business_may_put_priority_first() -> None:
    promotion = metered(1, kind=LotKind.PROMOTION, days=20, access=NARROW)
    wanted = metered(2, priority=1, days=90)
    assert paying([promotion, wanted], [VISIT]) == [1]
    assert paying([promotion, wanted], [VISIT], PRIORITY_FIRST) == [2]
    for first, second in SENTENCES.values():
        if first.terms.priority == second.terms.priority:
            assert paying([first, second], [VISIT], PRIORITY_FIRST) == [first.id.int]


def test_access_is_narrower_the_fewer_services_it_names_then_categories_then_places() -> None:
    yoga, both = frozenset({YOGA}), frozenset({YOGA, BOXING})
    one, all_kinds = frozenset({ServiceCategory.CLASS}), frozenset(ServiceCategory)
    here, anywhere = frozenset({STUDIO}), frozenset({STUDIO, ANNEX})
    widening = [
        Access(service_ids=yoga, location_ids=here),
        Access(service_ids=yoga, location_ids=anywhere),
        Access(service_ids=yoga),
        Access(service_ids=both, location_ids=here),
        Access(categories=one),
        Access(service_ids=yoga, categories=one),
        Access(categories=all_kinds),
        Access(location_ids=here),
        Access(),
    ]
    passes = [metered(100 - n, access=access) for n, access in enumerate(widening)]
    keys = [pass_order(facts, decide(facts, VISIT, POLICY, NOW), DEFAULT) for facts in passes]
    assert sorted(keys) == keys


@given(st.integers(0, 12), st.permutations(range(10)))
def test_exactly_as_many_visits_are_paid_as_are_left_and_in_start_order(left: int, order: list[int]) -> None:
    visits = [visit_of(at(june(5 + n), 12), number=n) for n in order]
    passes = [pass_of(lots=(lot_of(1, left),))]
    outcomes = allocate(Request(tuple(passes), tuple(visits), POLICY, NOW))
    assert [outcome.visit.id.int for outcome in outcomes] == list(range(10))
    paid = [outcome.paid_by is not None for outcome in outcomes]
    assert paid == [n < left for n in range(10)]
    refused = [outcome.passed_over[0].reasons[0].code for outcome in outcomes if outcome.paid_by is None]
    assert refused == [Code.NO_SESSIONS_LEFT] * max(0, 10 - left)


LOTS = st.tuples(st.integers(0, 4), st.sampled_from(LotKind), st.integers(1, 40))
KINDS = st.sampled_from([PassKind.SESSION, PassKind.DAY, PassKind.TIME])


@given(
    st.lists(st.tuples(KINDS, st.lists(LOTS, min_size=1, max_size=3), st.integers(1, 40)), min_size=1, max_size=3),
    st.lists(st.tuples(st.integers(1, 45), st.integers(1, 3)), max_size=12),
    st.sampled_from(AllocationPreset),
)
def test_no_lot_ever_pays_more_than_it_has(
    passes: list[tuple[PassKind, list[tuple[int, LotKind, int]], int]],
    visits: list[tuple[int, int]],
    preset: AllocationPreset,
) -> None:
    """The sum of what each lot pays stays within what it had, and every visit that none pays is refused by all."""
    facts = [
        pass_of(
            terms_of(kind, validity=for_days(days)),
            number=100 + n,
            lots=tuple(
                lot_of(10 * n + m, left, kind=lot_kind, own_first_on=JUNE, own_last_on=june(until))
                for m, (left, lot_kind, until) in enumerate(lots)
            ),
        )
        for n, (kind, lots, days) in enumerate(passes)
    ]
    booked = [visit_of(at(june(day), 8 + n), number=n, minutes=length) for n, (day, length) in enumerate(visits)]
    outcomes = allocate(Request(tuple(facts), tuple(booked), POLICY, NOW, preset))
    assert sorted(outcome.visit.id for outcome in outcomes) == sorted(visit.id for visit in booked)
    spent: dict[Any, int] = {}
    for outcome in outcomes:
        if outcome.paid_by and outcome.paid_by.lot:
            spent[outcome.paid_by.lot.id] = spent.get(outcome.paid_by.lot.id, 0) + outcome.paid_by.quantity
        else:
            assert all(decision.reasons for decision in outcome.passed_over)
        assert len(outcome.passed_over) + (outcome.paid_by is not None) == len(facts)
    for lot in (lot for each in facts for lot in each.lots):
        assert spent.get(lot.id, 0) <= lot.available


def test_when_one_pass_runs_out_the_next_in_order_pays() -> None:
    soon, later = metered(1, days=20), metered(2, days=40)
    visits = [visit_of(at(june(3 + n)), number=n) for n in range(12)]
    assert paying([later, soon], visits) == [1] * 5 + [2] * 5 + [None] * 2


def test_visits_of_one_day_claim_it_once_even_when_booked_together() -> None:
    facts = pass_of(terms_of(PassKind.DAY, 1), lots=(lot_of(1, 1),))
    same_day = [visit_of(at(june(10), hour), number=hour) for hour in (8, 12, 18)]
    other_day = visit_of(at(june(11)), number=99)
    assert paying([facts], [other_day, *same_day]) == [100, 100, 100, None]


def test_the_passes_passed_over_are_kept_with_their_reasons() -> None:
    late = pass_of(start=june(20), number=3)
    (outcome,) = allocate(Request((metered(1), metered(2, days=20), late), (VISIT,), POLICY, NOW))
    assert outcome.paid_by is not None
    assert outcome.paid_by.pass_id.int == 2
    assert {decision.pass_id.int: decision.pays for decision in outcome.passed_over} == {1: True, 3: False}


def test_nothing_is_paid_where_there_is_no_pass() -> None:
    assert paying([], [VISIT]) == [None]
    assert paying([metered(1)], []) == []
