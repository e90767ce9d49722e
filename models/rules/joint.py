"""Many visits and many passes paid for together: every rule is asked through `decide`, the choice is the solver's.

What depends on the order of claims is taken apart first (`ways.py`). The choice is then replayed, claim by claim,
through the same rules; what they refuse is given to whichever pass may pay, and the answer is flagged.
"""

from collections import Counter
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

from models.rules.cover.relaxation import Work
from models.rules.cover.solve import WORK, solve
from models.rules.eligibility import Decision
from models.rules.facts import PassFacts, VisitFacts, covering_instant
from models.rules.paying import Outcome, Request, Solved, after_claim, first_in_order, in_order
from models.rules.sharing import person_of
from models.rules.values import PassKind
from models.rules.ways import Ways, source_of

Chosen = dict[UUID, Decision]
"""What pays for each visit that is paid."""


def allocate_jointly(request: Request, budget: int = WORK) -> tuple[Outcome, ...]:
    """Pay for the most visits, wasting the least, then in the business's order; never fewer than one after another.

    Where the work runs out, the best found is flagged, with a number of visits that no choice exceeds.
    """
    ways = Ways(request)
    instance, decisions = ways.instance()
    cover = solve(instance, Work(budget))
    wanted = {
        visit.id: decisions[number][option]
        for number, (visit, option) in enumerate(zip(ways.visits, cover.chosen, strict=True))
        if option is not None
    }
    best, passes, refused = _replayed(ways, wanted)
    proven = cover.proven and not refused and ways.complete
    if not proven:
        one_by_one = {o.visit.id: o.paid_by for o in in_order(request) if o.paid_by is not None}
        if _better(ways, one_by_one, best):
            best, passes, _ = _replayed(ways, one_by_one)
    bound = max(cover.bound, len(best)) if ways.complete else len(ways.visits)
    return _outcomes(ways, best, passes, Solved(proven=proven, bound=len(best) if proven else bound))


def _better(ways: Ways, one: Chosen, other: Chosen) -> bool:
    """Say whether the first leaves fewer without what paid for them, pays for more visits, moves fewer, wastes
    less, or follows the business's order better.
    """
    kept = ways.request.kept
    counts = [
        (
            sum(visit_id in chosen for visit_id in kept),
            len(chosen),
            sum(source_of(chosen[each]) == source for each, source in kept.items() if each in chosen),
        )
        for chosen in (one, other)
    ]
    if counts[0] != counts[1]:
        return counts[0] > counts[1]
    spent = [(Counter[Any](), Counter[Any]()) for _ in range(2)]
    for side, chosen in zip(spent, (one, other), strict=True):
        for decision in chosen.values():
            for tally, key in zip(side, ways.rank(decision), strict=True):
                tally[key] += max(1, decision.quantity)
    for mine, theirs in zip(*spent, strict=True):
        for key in sorted({*mine, *theirs}):
            if mine[key] != theirs[key]:
                return bool(mine[key] > theirs[key])
    return False


def _join_days(ways: Ways, chosen: Chosen) -> None:
    """Let the first visit of a newly claimed day spend its unit, and those after it nothing."""
    days: dict[tuple[UUID, UUID, date, str], list[UUID]] = {}
    for visit in ways.visits:
        decision = chosen.get(visit.id)
        if decision is not None and ways.passes[decision.pass_id].kind is PassKind.DAY:
            person = person_of(ways.passes[decision.pass_id], visit)
            days.setdefault((decision.pass_id, visit.location_id, visit.day, person), []).append(visit.id)
    for first, *others in days.values():
        chosen[first] = max((chosen[each] for each in (first, *others)), key=lambda decision: decision.quantity)
        for other in others:
            chosen[other] = replace(chosen[first], quantity=0)


def _replayed(ways: Ways, wanted: Chosen) -> tuple[Chosen, dict[UUID, PassFacts], bool]:
    """Make the claims one by one through the rules, in the order of what the passes' dates must cover.

    Return what stands, the passes as they are then, and whether anything wanted was refused. Whoever is unpaid then is
    paid by any pass that may.
    """
    passes = dict(ways.passes)
    kept: Chosen = {}
    refused = False

    def claim(visit: VisitFacts, decision: Decision) -> None:
        kept[visit.id] = decision
        passes[decision.pass_id] = after_claim(passes[decision.pass_id], visit, decision)

    terms = {visit_id: passes[decision.pass_id].terms for visit_id, decision in wanted.items()}
    planned_visits = [visit for visit in ways.visits if visit.id in wanted]
    for visit in sorted(planned_visits, key=lambda each: covering_instant(terms[each.id], each)):
        planned = wanted[visit.id]
        decision = ways.decided(_from_lot_only(passes[planned.pass_id], planned), visit)
        if decision.pays and source_of(decision) == source_of(planned):
            claim(visit, decision)
        else:
            refused = True
    for visit in ways.visits:
        if visit.id not in kept:
            chosen = first_in_order(ways.request, passes, [ways.decided(facts, visit) for facts in passes.values()])
            if chosen is not None:
                claim(visit, chosen)
    return kept, passes, refused


def _from_lot_only(facts: PassFacts, planned: Decision) -> PassFacts:
    if planned.lot is None or len(facts.lots) < 2:
        return facts
    wanted = planned.lot.id
    return replace(facts, lots=tuple(lot if lot.id == wanted else replace(lot, available=0) for lot in facts.lots))


def _outcomes(ways: Ways, chosen: Chosen, passes: dict[UUID, PassFacts], solved: Solved) -> tuple[Outcome, ...]:
    """Return the outcomes in start order; passes that do not pay answer as they stand when all claims are made."""
    _join_days(ways, chosen)
    outcomes = []
    for visit in ways.visits:
        paid_by = chosen.get(visit.id)
        others = [facts for facts in passes.values() if paid_by is None or facts.id != paid_by.pass_id]
        outcomes.append(Outcome(visit, paid_by, tuple(ways.decided(facts, visit) for facts in others), solved))
    return tuple(outcomes)
