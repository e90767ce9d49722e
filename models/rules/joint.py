"""Many visits and many passes paid for together: every rule is asked through `decide`, the choice is the solver's.

What depends on the order of claims is taken apart first: the lots of a pass are asked one by one, and a pass whose
start waits for its first visit is tried with each visit that could be it. The choice is then replayed, claim by claim,
through the same rules; what they refuse is given to whichever pass may pay, and the answer is flagged.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime
from itertools import islice, product
from typing import Any
from uuid import UUID

from models.rules.calendar import local_day
from models.rules.cover.flow import Work
from models.rules.cover.instance import Instance, Limit, Option, Rank
from models.rules.cover.solve import WORK, solve
from models.rules.eligibility import Decision, decide
from models.rules.facts import PassFacts, VisitFacts, covering_instant, with_provisional_start
from models.rules.paying import Outcome, Request, Solved, after_claim, first_in_order, in_order, pass_order
from models.rules.restrictions import limits
from models.rules.values import AllocationPreset, PassKind

Chosen = dict[UUID, Decision]
"""What pays for each visit that is paid."""

_WAYS_MAX = 400
"""How many combinations of first visits are tried at most."""


First = tuple[VisitFacts, Decision]
"""A visit taken to be the first of a pass that waits for it, and what pays for it."""

Firsts = dict[UUID, First | None]
"""The first visit of each pass that waits for one; None where none of the visits moves its start."""


def allocate_jointly(request: Request, budget: int = WORK) -> tuple[Outcome, ...]:
    """Pay for the most visits, wasting the least, then in the business's order; never fewer than one after another.

    Where the work runs out, the best found is flagged, with a number of visits that no choice exceeds.
    """
    left = budget
    table = _Table(request)
    best = {o.visit.id: o.paid_by for o in in_order(request) if o.paid_by is not None}
    ways = list(_ways(table))
    proven, bound, sure = len(ways) < _WAYS_MAX, len(best), False
    widest: Chosen | None = None
    if len(ways) > 1:
        # A pass that waits for its first visit is asked by each visit alone: as generous as any start could be.
        widest, sure, bound, spent = _solved(table, None, left // 3)
        left -= spent
    for number, firsts in enumerate(ways):
        if widest is not None and sure and not table.better(widest, best):
            proven = True
            break
        if left <= 0:
            proven = False
            break
        chosen, exact, most, spent = _solved(table, firsts, max(1, left // min(4, len(ways) - number)))
        left -= spent
        bound = bound if widest is not None else most
        proven = proven and exact
        best = chosen if table.better(chosen, best) else best
    return _outcomes(table, best, Solved(proven=proven, bound=len(best) if proven else max(bound, len(best))))


class _Table:
    """The request with everything that is asked of the rules more than once."""

    def __init__(self, request: Request) -> None:
        self.request = request
        self.visits = sorted(request.visits, key=lambda visit: (visit.starts_at, visit.id))
        self.passes = {facts.id: facts for facts in request.passes}
        self._ways: dict[tuple[UUID, UUID | None, UUID | None, UUID], list[Decision]] = {}
        self._ends: dict[tuple[UUID, UUID | None], datetime | None] = {}
        for facts in request.passes:
            if facts.provisional:
                for visit in self.visits:
                    for decision in self.ways_to_pay(facts, visit):
                        self._ends.setdefault((facts.id, decision.lot and decision.lot.id), decision.ends_at)

    def decided(self, facts: PassFacts, visit: VisitFacts) -> Decision:
        """Ask the rules."""
        return decide(facts, visit, self.request.policy, self.request.now)

    def ways_to_pay(self, facts: PassFacts, visit: VisitFacts, first: Decision | None = None) -> list[Decision]:
        """Return the pass's decision from each lot that could pay, asking again with the lots before it emptied.

        `facts` are the pass's own, or those once `first` pays for its first visit.
        """
        claimed = facts.claims[-1].visit_id if first else None
        key = (facts.id, claimed, first.lot.id if first and first.lot else None, visit.id)
        if key not in self._ways:
            self._ways[key] = self._asked(facts, visit)
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
        ends_at = self._ends.get((decision.pass_id, decision.lot and decision.lot.id), decision.ends_at)
        order = pass_order(self.passes[decision.pass_id], replace(decision, ends_at=ends_at), preset)
        ahead = 1 if preset is AllocationPreset.PRIORITY_FIRST else 0
        return order[: ahead + (4 if decision.quantity else 2)], order

    def better(self, one: Chosen, other: Chosen) -> bool:
        """Say whether the first pays more visits, or wastes less, or follows the business's order better."""
        if len(one) != len(other):
            return len(one) > len(other)
        spent = [(Counter[Any](), Counter[Any]()) for _ in range(2)]
        for side, chosen in zip(spent, (one, other), strict=True):
            for decision in chosen.values():
                for tally, key in zip(side, self.rank(decision), strict=True):
                    tally[key] += max(1, decision.quantity)
        for mine, theirs in zip(*spent, strict=True):
            for key in sorted({*mine, *theirs}):
                if mine[key] != theirs[key]:
                    return mine[key] > theirs[key]
        return False


def _ways(table: _Table) -> Iterator[Firsts]:
    """Yield the combinations of first visits to try, one for each pass whose start may still move."""
    each: list[list[tuple[UUID, First | None]]] = []
    for facts in table.request.passes:
        if facts.provisional:
            now = _start(facts)
            moving = [visit for visit in table.visits if _start(facts, visit) != now]
            firsts = [(visit, decision) for visit in moving for decision in table.ways_to_pay(facts, visit)]
            each.append([*((facts.id, first) for first in firsts), (facts.id, None)])
    return (dict(way) for way in islice(product(*each), _WAYS_MAX))


def _start(facts: PassFacts, visit: VisitFacts | None = None) -> date | None:
    days = () if visit is None else (local_day(covering_instant(facts.terms, visit), facts.zone),)
    return with_provisional_start(facts, days).windows[0].first_day


def _solved(table: _Table, firsts: Firsts | None, budget: int) -> tuple[Chosen, bool, int, int]:
    """Solve with these first visits; None lets every visit be one, for a bound that is not replayed.

    Return what pays, whether that is proven, how many visits no choice exceeds, and the work spent.
    """
    chosen: Chosen = {}
    payers: list[tuple[PassFacts, Decision | None, date | None]] = []
    for facts in table.request.passes:
        first = firsts.get(facts.id) if firsts else None
        if first is None:
            payers.append((facts, None, _start(facts) if firsts is not None and facts.provisional else None))
            continue
        visit, decision = first
        if visit.id in chosen:
            return {}, True, 0, 1
        chosen[visit.id] = decision
        started = after_claim(facts, visit, decision)
        payers.append((started, decision, _start(started)))
    left = [visit for visit in table.visits if visit.id not in chosen]
    instance, decisions = _instance(table, payers, left, any_start=firsts is None)
    work = Work(budget)
    cover = solve(instance, work)
    spent = budget - work.left + 1
    wanted = {left[n].id: decisions[n][option] for n, option in enumerate(cover.chosen) if option is not None}
    if firsts is None:
        _join_days(table, wanted)
        return wanted, cover.proven, cover.bound, spent
    replayed, refused = _replayed(table, chosen, wanted)
    return replayed, cover.proven and not refused, cover.bound + len(chosen), spent


def _join_days(table: _Table, wanted: Chosen) -> None:
    """Let the visits of a claimed day after its first one spend nothing, as the rules would say claim by claim."""
    claimed: set[tuple[UUID, UUID, date]] = set()
    for visit in table.visits:
        decision = wanted.get(visit.id)
        if decision is not None and table.passes[decision.pass_id].kind is PassKind.DAY:
            day = decision.pass_id, visit.location_id, visit.day
            wanted[visit.id] = replace(decision, quantity=0) if day in claimed else decision
            claimed.add(day)


def _instance(
    table: _Table,
    payers: Sequence[tuple[PassFacts, Decision | None, date | None]],
    visits: Sequence[VisitFacts],
    *,
    any_start: bool,
) -> tuple[Instance, list[list[Decision]]]:
    passes = [facts for facts, _, _ in payers]
    lots = {lot.id: number for number, lot in enumerate(lot for facts in passes for lot in facts.lots)}
    options: list[tuple[Option, ...]] = []
    decisions: list[list[Decision]] = []
    for visit in visits:
        ways: list[Option] = []
        behind: list[Decision] = []
        for payer, (facts, first, start) in enumerate(payers):
            if facts.provisional and not any_start and _start(facts, visit) != start:
                continue
            for decision in table.ways_to_pay(facts, visit, first):
                behind.append(decision)
                ways.append(_option(table, payer, facts, visit, decision, lots))
        options.append(tuple(ways))
        decisions.append(behind)
    rooms = tuple(lot.available for facts in passes for lot in facts.lots)
    found = _limits([None if any_start and facts.provisional else facts for facts in passes], visits)
    return Instance(tuple(options), rooms, tuple(found)), decisions


def _limits(passes: Sequence[PassFacts | None], visits: Sequence[VisitFacts]) -> Iterator[Limit]:
    """Yield what the restrictions of the passes still allow, as (visit, pass) pairs of which so many may be chosen."""
    numbers = {visit.id: number for number, visit in enumerate(visits)}
    for payer, facts in enumerate(passes):
        if facts is not None and facts.terms.restrictions:
            for room, ids in limits(with_provisional_start(facts), visits):
                yield Limit(room, frozenset((numbers[each], payer) for each in ids))


def _option(
    table: _Table, payer: int, facts: PassFacts, visit: VisitFacts, decision: Decision, lots: dict[UUID, int]
) -> Option:
    rank = table.rank(decision)
    if decision.lot is None or decision.quantity == 0:
        return Option(payer, None, 0, rank)
    lot = lots[decision.lot.id]
    if facts.kind is not PassKind.DAY:
        return Option(payer, lot, decision.quantity, rank)
    joined = table.rank(replace(decision, quantity=0))
    return Option(payer, lot, decision.quantity, rank, (visit.location_id, visit.day), joined)


def _replayed(table: _Table, first: Chosen, wanted: Chosen) -> tuple[Chosen, bool]:
    """Make the claims one by one through the rules, the first visits of passes first, then in start order.

    Return what stands and whether anything wanted was refused. Whoever is unpaid then is paid by any pass that may.
    """
    passes = dict(table.passes)
    kept: Chosen = {}
    refused = False

    def claim(visit: VisitFacts, decision: Decision) -> None:
        kept[visit.id] = decision
        passes[decision.pass_id] = after_claim(passes[decision.pass_id], visit, decision)

    for visit in sorted(table.visits, key=lambda visit: visit.id not in first):
        planned = first.get(visit.id) or wanted.get(visit.id)
        if planned is None:
            continue
        decision = table.decided(_from_lot_only(passes[planned.pass_id], planned), visit)
        if decision.pays and (decision.lot and decision.lot.id) == (planned.lot and planned.lot.id):
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
