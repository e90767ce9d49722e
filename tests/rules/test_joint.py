"""Many visits and passes together, against every order in which the rules themselves would let them be claimed."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.rules.eligibility import Decision, decide
from models.rules.facts import PassFacts, VisitFacts, with_provisional_start
from models.rules.joint import allocate_jointly
from models.rules.paying import Outcome, Request, after_claim, in_order, pass_order
from models.rules.policies import Restriction
from models.rules.terms import Validity
from models.rules.values import Activation, AllocationPreset, PassKind, RestrictionCycle, RestrictionPer
from tests.rules.build import BOXING, JUNE, POLICY, at, for_days, june, lot_of, pass_of, terms_of, visit_of
from tests.rules.crowds import EVERY, NOW, PLAIN, crowd

Choice = tuple[UUID, UUID, UUID | None]


def _lots_in_turn(request: Request, facts: PassFacts, visit: VisitFacts) -> list[Decision]:
    """What the rules say of each lot of a pass when it has that one only."""
    if not facts.kind.metered:
        found = [decide(facts, visit, request.policy, request.now)]
    else:
        found = [
            decide(
                replace(facts, lots=tuple(e if e.id == lot.id else replace(e, available=0) for e in facts.lots)),
                visit,
                request.policy,
                request.now,
            )
            for lot in facts.lots
        ]
    return [decision for decision in found if decision.pays]


class Oracle:
    """Every set of claims that some order of claiming reaches, and the best of them."""

    def __init__(self, request: Request) -> None:
        self.request = request
        self.ends: dict[Any, Any] = {}
        for facts in request.passes:
            if facts.provisional:
                for visit in sorted(request.visits, key=lambda visit: (visit.starts_at, visit.id)):
                    for decision in _lots_in_turn(request, facts, visit):
                        self.ends.setdefault((facts.id, decision.lot and decision.lot.id), decision.ends_at)
        self.seen: set[frozenset[Choice]] = set()
        self.scores: list[Any] = []
        self._walk({facts.id: facts for facts in request.passes}, {})

    def _walk(self, passes: dict[UUID, PassFacts], claimed: dict[UUID, Decision]) -> None:
        made = frozenset((v, d.pass_id, d.lot.id if d.lot else None) for v, d in claimed.items())
        if made in self.seen:
            return
        self.seen.add(made)
        self.scores.append(self.score(claimed.values()))
        for visit in self.request.visits:
            if visit.id not in claimed:
                for facts in passes.values():
                    for decision in _lots_in_turn(self.request, facts, visit):
                        after = passes | {facts.id: after_claim(facts, visit, decision)}
                        self._walk(after, claimed | {visit.id: decision})

    def score(self, claims: Any) -> tuple[int, Counter[Any], Counter[Any]]:
        """How many are paid, and the units spent by what they waste and by the business's order."""
        waste: Counter[Any] = Counter()
        order: Counter[Any] = Counter()
        by_id = {facts.id: facts for facts in self.request.passes}
        count = 0
        for decision in claims:
            count += 1
            ends_at = self.ends.get((decision.pass_id, decision.lot and decision.lot.id), decision.ends_at)
            key = pass_order(by_id[decision.pass_id], replace(decision, ends_at=ends_at), self.request.preset)
            # Another's units come last, and before all of that the studio may set its priorities.
            ahead = 2 if self.request.preset is AllocationPreset.PRIORITY_FIRST else 1
            waste[key[: ahead + (4 if decision.quantity else 2)]] += max(1, decision.quantity)
            order[key] += max(1, decision.quantity)
        return count, waste, order

    def comparable(self, score: tuple[int, Counter[Any], Counter[Any]]) -> list[Any]:
        """The score as a list of numbers, the first that differs decides."""
        wastes = sorted({key for _, waste, _ in self.scores for key in waste})
        orders = sorted({key for _, _, order in self.scores for key in order})
        return [score[0], *(score[1][key] for key in wastes), *(score[2][key] for key in orders)]

    def best(self) -> list[Any]:
        return max(self.comparable(score) for score in self.scores)


def paid(outcomes: tuple[Outcome, ...]) -> int:
    return sum(outcome.paid_by is not None for outcome in outcomes)


def replay(request: Request, outcomes: tuple[Outcome, ...]) -> None:
    """Some order of claiming lets the rules agree with every outcome."""
    passes = {facts.id: facts for facts in request.passes}
    left = [outcome for outcome in outcomes if outcome.paid_by is not None]
    while left:
        for outcome in left:
            wanted = outcome.paid_by
            assert wanted is not None
            facts = passes[wanted.pass_id]
            agreed = [
                decision
                for decision in _lots_in_turn(request, facts, outcome.visit)
                if (decision.lot and decision.lot.id) == (wanted.lot and wanted.lot.id)
            ]
            if agreed:
                passes[facts.id] = after_claim(facts, outcome.visit, agreed[0])
                left.remove(outcome)
                break
        else:
            raise AssertionError(f"no order of claims leads to {left}")
    for outcome in outcomes:
        if outcome.paid_by is None:
            assert all(decision.reasons for decision in outcome.passed_over)


def check(request: Request) -> None:
    outcomes = allocate_jointly(request)
    replay(request, outcomes)
    oracle = Oracle(request)
    found = oracle.comparable(oracle.score([o.paid_by for o in outcomes if o.paid_by is not None]))
    assert found == oracle.best()
    for outcome in outcomes:
        assert outcome.solved is not None
        assert outcome.solved.proven
        assert outcome.solved.bound == paid(outcomes)


@pytest.mark.parametrize("part", range(8))
def test_no_order_of_claims_is_better(part: int) -> None:
    for seed in range(part * 150, (part + 1) * 150):
        chance = Random(seed)
        size = chance.randint(2, 4), chance.randint(1, 3)
        preset = chance.choice(list(AllocationPreset))
        check(crowd(chance, *size, days=chance.choice((5, 12, 40)), units_max=2, preset=preset))


@given(st.randoms(use_true_random=False), st.integers(2, 4), st.integers(1, 3))
def test_no_order_of_claims_is_better_in_any_crowd(chance: Random, visits: int, passes: int) -> None:
    check(crowd(chance, visits, passes, EVERY, days=8, units_max=2, restricted=0.6))


@pytest.mark.parametrize("part", range(4))
def test_no_order_of_claims_is_better_where_cycles_are_counted_from_a_start_that_moves(part: int) -> None:
    for seed in range(part * 60, (part + 1) * 60):
        chance = Random(seed)
        within = chance.choice((None, 0, 3))
        size = chance.randint(2, 4), chance.randint(1, 2)
        check(
            crowd(
                chance,
                *size,
                days=chance.choice((5, 9)),
                units_max=3,
                restricted=0.9,
                waiting=0.7,
                cycle=RestrictionCycle.PASS,
                start_within_days=within,
            )
        )


@pytest.mark.parametrize("seed", range(60))
def test_never_fewer_than_one_after_another_and_never_more_than_the_bound(seed: int) -> None:
    request = crowd(Random(seed), 25, 6)
    outcomes = allocate_jointly(request, 20_000)
    replay(request, outcomes)
    assert outcomes[0].solved is not None
    assert paid(in_order(request)) <= paid(outcomes) <= outcomes[0].solved.bound


def test_a_call_that_runs_out_of_work_says_so() -> None:
    request = crowd(Random(3), 30, 8, (PassKind.DAY, PassKind.TIME))
    outcomes = allocate_jointly(request, 1)
    assert outcomes[0].solved is not None
    assert not outcomes[0].solved.proven
    assert paid(in_order(request)) <= paid(outcomes) <= outcomes[0].solved.bound


@pytest.mark.parametrize("seed", range(20))
def test_the_same_request_has_the_same_answer_in_whatever_order_it_is_put(seed: int) -> None:
    request = crowd(Random(seed), 12, 4, PLAIN)
    other = replace(request, passes=request.passes[::-1], visits=request.visits[::-1])
    answers = [[(o.visit.id, o.paid_by and o.paid_by.pass_id) for o in allocate_jointly(r)] for r in (request, other)]
    assert answers[0] == answers[1]


def payers(request: Request) -> list[int | None]:
    return [outcome.paid_by.pass_id.int if outcome.paid_by else None for outcome in allocate_jointly(request)]


def test_a_visit_leaves_the_pass_that_only_another_visit_can_use() -> None:
    """Earliest expiry first would spend the pass of the first week on the first visit, and leave the second unpaid."""
    narrow = pass_of(terms_of(quantity=1, validity=for_days(5)), number=1, lots=(lot_of(1, 1),))
    boxing = pass_of(terms_of(quantity=1, validity=for_days(9)), number=2, lots=(lot_of(2, 1),))
    boxing = replace(
        boxing, terms=replace(boxing.terms, access=replace(boxing.terms.access, service_ids=frozenset({BOXING})))
    )
    visits = (visit_of(at(june(3)), 1, service_id=BOXING), visit_of(at(june(4)), 2))
    request = Request((narrow, boxing), visits, POLICY, NOW)
    assert [o.paid_by is not None for o in in_order(request)] == [True, False]
    assert payers(request) == [2, 1]


def test_what_ends_sooner_is_spent_before_what_ends_later_and_never_before_what_counts_nothing() -> None:
    soon, later = (pass_of(terms_of(validity=for_days(days)), number=days, lots=(lot_of(days, 1),)) for days in (9, 20))
    week = pass_of(terms_of(PassKind.UNLIMITED, validity=for_days(4)), number=4)
    visits = tuple(visit_of(at(june(day)), day) for day in (3, 4, 8))
    assert payers(Request((later, soon, week), visits, POLICY, NOW)) == [4, 4, 9]


def test_of_visits_that_cannot_all_be_paid_the_earlier_are() -> None:
    facts = pass_of(lots=(lot_of(1, 2),))
    visits = tuple(visit_of(at(june(day)), day) for day in (9, 3, 7, 5))
    assert payers(Request((facts,), visits, POLICY, NOW)) == [100, 100, None, None]


def test_a_restriction_gives_its_place_to_the_visit_that_has_no_other_pass() -> None:
    weekly = (Restriction(1, RestrictionPer.WEEK),)
    unlimited = pass_of(terms_of(PassKind.UNLIMITED, restrictions=weekly), number=1)
    single = pass_of(terms_of(quantity=1, validity=Validity()), number=2, lots=(lot_of(1, 1),))
    early = replace(
        single, terms=replace(single.terms, access=replace(single.terms.access, service_ids=frozenset({BOXING})))
    )
    visits = (visit_of(at(june(3)), 1, service_id=BOXING), visit_of(at(june(4)), 2))
    assert payers(Request((unlimited, early), visits, POLICY, NOW)) == [2, 1]


def test_a_pass_that_waits_starts_where_it_pays_for_the_most() -> None:
    """Three days from the first visit: started on the third it pays for one, started on the twentieth for two."""
    waiting = pass_of(
        terms_of(PassKind.UNLIMITED, validity=for_days(3), activation=Activation.ON_FIRST_VISIT), None, number=1
    )
    visits = tuple(visit_of(at(june(day), 12), day) for day in (3, 20, 21))
    assert payers(Request((waiting,), visits, POLICY, NOW)) == [None, 1, 1]


def test_visits_of_one_day_share_its_unit() -> None:
    days = pass_of(terms_of(PassKind.DAY, 1), number=1, lots=(lot_of(1, 1),))
    visits = tuple(visit_of(at(june(day), hour), 100 * day + hour) for day, hour in ((3, 8), (4, 8), (4, 12), (5, 8)))
    assert payers(Request((days,), visits, POLICY, NOW)) == [None, 1, 1, None]
    assert visits[0].day >= JUNE


def test_a_pass_that_waits_counts_its_days_from_the_visit_that_starts_it() -> None:
    """Its latest start is the day after: counted from there, both days would be the first of the pass."""
    daily = (Restriction(1, RestrictionPer.DAY, RestrictionCycle.PASS),)
    terms = terms_of(
        PassKind.UNLIMITED,
        validity=for_days(9),
        restrictions=daily,
        activation=Activation.ON_FIRST_VISIT,
        start_within_days=1,
    )
    waiting = with_provisional_start(pass_of(terms, None, number=1))
    first = waiting.windows[0].first_day
    assert first is not None
    visits = tuple(
        visit_of(at(first + timedelta(days=day), hour), n) for n, (day, hour) in enumerate(((-1, 8), (-1, 9), (0, 8)))
    )
    assert payers(Request((waiting,), visits, POLICY, NOW)) == [1, None, 1]
