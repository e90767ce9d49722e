"""Many visits and many passes paid for together: every rule is asked through `decide`, the choice is the solver's.

What depends on the order of claims is taken apart first: the lots of a pass are asked one by one, and a pass whose
start waits for its first visit is tried with each day that it could be. The choice is then replayed, claim by claim,
through the same rules; what they refuse is given to whichever pass may pay, and the answer is flagged.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import islice, product
from typing import Any
from uuid import UUID

from models.rules import sharing
from models.rules.calendar import local_day
from models.rules.cover.flow import Work
from models.rules.cover.instance import Instance, Limit, Option, Rank
from models.rules.cover.solve import WORK, solve
from models.rules.eligibility import Decision, decide
from models.rules.facts import PassFacts, VisitFacts, covering_instant, with_provisional_start, with_start
from models.rules.paying import Outcome, Request, Solved, after_claim, first_in_order, in_order, pass_order
from models.rules.restrictions import limits
from models.rules.sharing import person_of
from models.rules.values import Activation, AllocationPreset, PassKind, RestrictionCycle

Chosen = dict[UUID, Decision]
"""What pays for each visit that is paid."""

Way = dict[UUID, PassFacts]
"""The passes to solve with: each that waits for its first visit started on one of the days it could start on."""

_WAYS_MAX = 60
"""How many combinations of starts are tried at most."""
_WORK_A_WAY = 4_000
"""What asking the rules costs beside the solver's own work, in its arcs."""


def allocate_jointly(request: Request, budget: int = WORK) -> tuple[Outcome, ...]:
    """Pay for the most visits, wasting the least, then in the business's order; never fewer than one after another.

    Where the work runs out, the best found is flagged, with a number of visits that no choice exceeds.
    """
    table, left = _Table(request), budget
    ways = _ways(table)
    proven, best = len(ways) < _WAYS_MAX, Chosen()
    widest: Found | None = None
    if len(ways) > 1:
        # A pass that waits for its first visit is asked by each visit alone: as generous as any start could be.
        widest = _solved(table, table.passes, left // 3, replay=False)
        left -= widest.spent
    bound = 0 if widest is None else widest.bound
    for number, way in enumerate(ways):
        if widest is not None and widest.proven and not table.better(widest.chosen, best):
            proven = True
            break
        if left <= 0:
            proven = False
            break
        found = _solved(table, way, max(1, left // min(4, len(ways) - number)))
        left -= found.spent
        bound = found.bound if widest is None else bound
        proven = proven and found.proven
        best = found.chosen if table.better(found.chosen, best) else best
    if not proven:
        one_by_one = {o.visit.id: o.paid_by for o in in_order(request) if o.paid_by is not None}
        best = one_by_one if table.better(one_by_one, best) else best
    return _outcomes(table, best, Solved(proven=proven, bound=len(best) if proven else max(bound, len(best))))


@dataclass(frozen=True, slots=True)
class Found:
    """What pays, whether it is proven to be the best, how many visits no choice exceeds, and the work it took."""

    chosen: Chosen
    proven: bool
    bound: int
    spent: int


class _Table:
    """The request with everything that is asked of the rules more than once."""

    def __init__(self, request: Request) -> None:
        self.request = request
        self.visits = sorted(request.visits, key=lambda visit: (visit.starts_at, visit.id))
        self.passes = {facts.id: facts for facts in request.passes}
        self._ways: dict[tuple[UUID, date | None, UUID], list[Decision]] = {}
        self._ends: dict[tuple[UUID, UUID | None], datetime | None] = {}
        for facts in request.passes:
            if facts.provisional:
                for visit in self.visits:
                    for decision in self.ways_to_pay(facts, visit):
                        self._ends.setdefault(_source(decision), decision.ends_at)

    def decided(self, facts: PassFacts, visit: VisitFacts) -> Decision:
        """Ask the rules."""
        return decide(facts, visit, self.request.policy, self.request.now)

    def ways_to_pay(self, facts: PassFacts, visit: VisitFacts) -> list[Decision]:
        """Return the pass's decision from each lot that could pay, asking again with the lots before it emptied.

        A pass started here answers nothing for a visit that would move its start.
        """
        own = self.passes[facts.id]
        start = None if facts is own else facts.windows[0].first_day
        key = (facts.id, start, visit.id)
        if key not in self._ways:
            moves = start is not None and _earlier(_start(own, visit), start)
            self._ways[key] = [] if moves else self._asked(facts, visit)
        return self._ways[key]

    def _asked(self, facts: PassFacts, visit: VisitFacts) -> list[Decision]:
        decision = self.decided(facts, visit)
        found = []
        while decision.pays:
            found.append(decision)
            lot = decision.lot
            if lot is None or decision.quantity == 0:
                break
            facts = replace(facts, lots=tuple(replace(e, available=0) if e.id == lot.id else e for e in facts.lots))
            if not any(each.available for each in facts.lots):
                break
            decision = self.decided(facts, visit)
        return found

    def rank(self, decision: Decision) -> Rank:
        """Split the business's order into what is wasted (what ends soonest is spent first) and the whole of it.

        A pass that waits for its first visit ends where the earliest visit that it may pay for would make it end.
        """
        preset = self.request.preset
        ends_at = self._ends.get(_source(decision), decision.ends_at)
        order = pass_order(self.passes[decision.pass_id], replace(decision, ends_at=ends_at), preset)
        ahead = 2 if preset is AllocationPreset.PRIORITY_FIRST else 1
        return order[: ahead + (4 if decision.quantity else 2)], order

    def better(self, one: Chosen, other: Chosen) -> bool:
        """Say whether the first leaves fewer without what paid for them, pays for more visits, moves fewer, wastes
        less, or follows the business's order better.
        """
        counts = [
            (
                sum(visit_id in chosen for visit_id in self.request.kept),
                len(chosen),
                sum(_source(chosen[each]) == kept for each, kept in self.request.kept.items() if each in chosen),
            )
            for chosen in (one, other)
        ]
        if counts[0] != counts[1]:
            return counts[0] > counts[1]
        spent = [(Counter[Any](), Counter[Any]()) for _ in range(2)]
        for side, chosen in zip(spent, (one, other), strict=True):
            for decision in chosen.values():
                for tally, key in zip(side, self.rank(decision), strict=True):
                    tally[key] += max(1, decision.quantity)
        for mine, theirs in zip(*spent, strict=True):
            for key in sorted({*mine, *theirs}):
                if mine[key] != theirs[key]:
                    return bool(mine[key] > theirs[key])
        return False


def _source(decision: Decision) -> tuple[UUID, UUID | None]:
    return decision.pass_id, decision.lot.id if decision.lot else None


def _ways(table: _Table) -> list[Way]:
    """Return the combinations of starts to try."""
    each = [_started(table, facts) if facts.provisional else [facts] for facts in table.request.passes]
    return [{facts.id: facts for facts in way} for way in islice(product(*each), _WAYS_MAX)]


def _started(table: _Table, facts: PassFacts) -> list[PassFacts]:
    """Return a pass that waits for its first visit, started on each day on which it could pay for other visits.

    A start that could pay for nothing which another could not pay for as well is left out, unless the cycles of a
    restriction are counted from it.
    """
    starts = {_start(facts, visit) for visit in table.visits if table.ways_to_pay(facts, visit)} | {_start(facts)}
    fixed = replace(facts, terms=replace(facts.terms, activation=Activation.ON_SALE))
    found: list[tuple[PassFacts, set[tuple[UUID, UUID | None]]]] = []
    for start in sorted(start for start in starts if start is not None):
        begun = with_start(fixed, start)
        able = {
            (visit.id, _source(decision)[1]) for visit in table.visits for decision in table.ways_to_pay(begun, visit)
        }
        found.append((begun, able))
    counted = any(restriction.cycle is RestrictionCycle.PASS for restriction in facts.terms.restrictions)
    kept: list[tuple[PassFacts, set[tuple[UUID, UUID | None]]]] = []
    for begun, able in found:
        if counted or not any(able <= other for _, other in kept):
            kept = [(each, other) for each, other in kept if counted or not other < able]
            kept.append((begun, able))
    return [begun for begun, _ in kept] or [facts]


def _start(facts: PassFacts, visit: VisitFacts | None = None) -> date | None:
    days = () if visit is None else (local_day(covering_instant(facts.terms, visit), facts.zone),)
    return with_provisional_start(facts, days).windows[0].first_day


def _earlier(one: date | None, other: date) -> bool:
    return one is not None and one < other


def _solved(table: _Table, way: Way, budget: int, *, replay: bool = True) -> Found:
    """Solve with these passes. What is only wanted as a bound need not be replayed."""
    instance, decisions = _instance(table, list(way.values()), any_start=not replay)
    work = Work(budget)
    cover = solve(instance, work)
    spent = budget - work.left + _WORK_A_WAY
    wanted = {
        visit.id: decisions[number][option]
        for number, (visit, option) in enumerate(zip(table.visits, cover.chosen, strict=True))
        if option is not None
    }
    if not replay:
        _join_days(table, wanted)
        return Found(wanted, cover.proven, cover.bound, spent)
    replayed, refused = _replayed(table, wanted)
    return Found(replayed, cover.proven and not refused, cover.bound, spent)


def _join_days(table: _Table, chosen: Chosen) -> None:
    """Let the first visit of a newly claimed day spend its unit, and those after it nothing."""
    days: dict[tuple[UUID, UUID, date, str], list[UUID]] = {}
    for visit in table.visits:
        decision = chosen.get(visit.id)
        if decision is not None and table.passes[decision.pass_id].kind is PassKind.DAY:
            person = person_of(table.passes[decision.pass_id], visit)
            days.setdefault((decision.pass_id, visit.location_id, visit.day, person), []).append(visit.id)
    for first, *others in days.values():
        chosen[first] = max((chosen[each] for each in (first, *others)), key=lambda decision: decision.quantity)
        for other in others:
            chosen[other] = replace(chosen[first], quantity=0)


def _instance(table: _Table, passes: Sequence[PassFacts], *, any_start: bool) -> tuple[Instance, list[list[Decision]]]:
    lots = {lot.id: number for number, lot in enumerate(lot for facts in passes for lot in facts.lots)}
    options: list[tuple[Option, ...]] = []
    decisions: list[list[Decision]] = []
    for visit in table.visits:
        behind = [
            (payer, decision) for payer, facts in enumerate(passes) for decision in table.ways_to_pay(facts, visit)
        ]
        options.append(tuple(_option(table, payer, visit, decision, lots) for payer, decision in behind))
        decisions.append([decision for _, decision in behind])
    rooms = tuple(lot.available for facts in passes for lot in facts.lots)
    bounds = _limits([None if any_start and facts.provisional else facts for facts in passes], table.visits)
    kept = tuple(_kept(table, visit, behind) for visit, behind in zip(table.visits, decisions, strict=True))
    found = (*bounds, *_caps(passes, table.visits))
    return Instance(tuple(options), rooms, found, kept if table.request.kept else ()), decisions


def _kept(table: _Table, visit: VisitFacts, decisions: Sequence[Decision]) -> int | None:
    """Return the number of the option that pays for the visit already."""
    kept = table.request.kept.get(visit.id)
    return next((number for number, decision in enumerate(decisions) if _source(decision) == kept), None)


def _limits(passes: Sequence[PassFacts | None], visits: Sequence[VisitFacts]) -> Iterator[Limit]:
    """Yield what the restrictions of the passes still allow, as (visit, pass) pairs of which so many may be chosen."""
    numbers = {visit.id: number for number, visit in enumerate(visits)}
    for payer, facts in enumerate(passes):
        if facts is not None and facts.terms.restrictions:
            for room, ids in limits(with_provisional_start(facts), visits):
                yield Limit(room, frozenset((numbers[each], payer) for each in ids))


def _caps(passes: Sequence[PassFacts], visits: Sequence[VisitFacts]) -> Iterator[Limit]:
    """Yield what the caps of members and guests still allow. A pass whose start may move has one period anyway."""
    numbers = {visit.id: number for number, visit in enumerate(visits)}
    for payer, facts in enumerate(passes):
        for room, ids in sharing.limits(facts, visits):
            yield Limit(room, frozenset((numbers[each], payer) for each in ids))


def _option(table: _Table, payer: int, visit: VisitFacts, decision: Decision, lots: dict[UUID, int]) -> Option:
    rank = table.rank(decision)
    if decision.lot is None or decision.quantity == 0:
        return Option(payer, None, 0, rank)
    lot = lots[decision.lot.id]
    if table.passes[decision.pass_id].kind is not PassKind.DAY:
        return Option(payer, lot, decision.quantity, rank)
    joined = table.rank(replace(decision, quantity=0))
    person = person_of(table.passes[decision.pass_id], visit)
    return Option(payer, lot, decision.quantity, rank, (visit.location_id, visit.day, person), joined)


def _replayed(table: _Table, wanted: Chosen) -> tuple[Chosen, bool]:
    """Make the claims one by one through the rules, in the order of what the passes' dates must cover.

    Return what stands and whether anything wanted was refused. Whoever is unpaid then is paid by any pass that may.
    """
    passes = dict(table.passes)
    kept: Chosen = {}
    refused = False
    terms = {visit_id: passes[decision.pass_id].terms for visit_id, decision in wanted.items()}

    def claim(visit: VisitFacts, decision: Decision) -> None:
        kept[visit.id] = decision
        passes[decision.pass_id] = after_claim(passes[decision.pass_id], visit, decision)

    planned_visits = [visit for visit in table.visits if visit.id in wanted]
    for visit in sorted(planned_visits, key=lambda each: covering_instant(terms[each.id], each)):
        planned = wanted[visit.id]
        decision = table.decided(_from_lot_only(passes[planned.pass_id], planned), visit)
        if decision.pays and _source(decision) == _source(planned):
            claim(visit, decision)
        else:
            refused = True
    for visit in table.visits:
        if visit.id not in kept:
            chosen = first_in_order(table.request, passes, [table.decided(facts, visit) for facts in passes.values()])
            if chosen is not None:
                claim(visit, chosen)
    return kept, refused


def _from_lot_only(facts: PassFacts, planned: Decision) -> PassFacts:
    if planned.lot is None:
        return facts
    wanted = planned.lot.id
    return replace(facts, lots=tuple(lot if lot.id == wanted else replace(lot, available=0) for lot in facts.lots))


def _outcomes(table: _Table, chosen: Chosen, solved: Solved) -> tuple[Outcome, ...]:
    """Return the outcomes in start order; passes that do not pay answer as they stand when all claims are made."""
    final = dict(table.passes)
    _join_days(table, chosen)
    for visit in table.visits:
        decision = chosen.get(visit.id)
        if decision is not None:
            final[decision.pass_id] = after_claim(final[decision.pass_id], visit, decision)
    outcomes = []
    for visit in table.visits:
        paid_by = chosen.get(visit.id)
        others = [facts for facts in final.values() if paid_by is None or facts.id != paid_by.pass_id]
        outcomes.append(Outcome(visit, paid_by, tuple(table.decided(facts, visit) for facts in others), solved))
    return tuple(outcomes)
