"""Every way in which passes could pay for visits, asked of the rules once, for all to be solved together."""

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from uuid import UUID

from models.rules import sharing
from models.rules.calendar import local_day
from models.rules.codes import Code
from models.rules.cover.instance import Instance, Limit, Option, Rank
from models.rules.eligibility import Decision, decide, stays_inside, ways_to_pay
from models.rules.facts import PassFacts, VisitFacts, covering_instant, provisional_start, with_start
from models.rules.paying import Request, pass_order
from models.rules.restrictions import limits
from models.rules.sharing import person_of
from models.rules.values import Activation, AllocationPreset, PassKind, RestrictionCycle

STARTS_ASKED_MAX = 50_000
"""How often passes that wait are asked about a visit and a start, in all: sixty visits and twelve such passes need
less. What is left out of more than that would take seconds to ask, and to solve."""

Source = tuple[UUID, UUID | None]
"""A pass and one of its lots, None where it counts nothing."""

_Asked = tuple[int, VisitFacts, date | None]
"""A visit with its number, and the start that it would give the pass by itself."""

_MAY_CHANGE = {Code.NO_SESSIONS_LEFT, Code.MEMBER_LIMIT_REACHED, Code.GUEST_LIMIT_REACHED}

_OF_ITS_OWN_START = {
    Code.WOULD_END_BEFORE_OTHER_VISITS,
    Code.NO_SESSIONS_LEFT,
    Code.RESTRICTION_REACHED,
    Code.EXPIRED,
    Code.ENDS_BEFORE_VISIT,
}


@dataclass(slots=True)
class _Way:
    """What one lot answers for a visit: a decision, and the starts of its pass with which it is given."""

    decision: Decision
    starts: set[int] | None = None


@dataclass(frozen=True, slots=True)
class _Answers:
    """What a pass answered for each visit (by the identity of its facts) as it was handed in, and at last."""

    own: PassFacts
    first: dict[int, Decision] = field(default_factory=dict)
    last: dict[int, tuple[PassFacts, Decision]] = field(default_factory=dict)


def source_of(decision: Decision) -> Source:
    """Return the pass and lot that pay."""
    return decision.pass_id, decision.lot.id if decision.lot else None


class Ways:
    """The request with everything that is asked of the rules more than once. Visits are in start order."""

    def __init__(self, request: Request) -> None:
        """Ask each pass about each visit."""
        self.request = request
        self.visits = sorted(request.visits, key=lambda visit: (visit.starts_at, visit.id))
        self.passes = {facts.id: facts for facts in request.passes}
        self._payers = sorted(request.passes, key=lambda facts: facts.id)
        self._answers = {facts.id: _Answers(facts) for facts in request.passes}
        self._ends: dict[Source, datetime | None] = {}
        self._ranks: dict[tuple[Source, datetime | None, bool, bool], Rank] = {}
        self._starts: dict[UUID, list[PassFacts]] = {}
        self.complete = True
        """Whether every start of every pass that waits was asked."""
        self._begun: dict[UUID, tuple[PassFacts, dict[date | None, PassFacts]]] = {}

    def decided(self, facts: PassFacts, visit: VisitFacts) -> Decision:
        """Ask the rules, unless claims made since they were asked cannot have changed the answer."""
        answers, number = self._answers[facts.id], id(visit)
        known = answers.last.get(number)
        if known is not None and known[0] is facts:
            return known[1]
        first = answers.first.get(number)
        if first is not None and facts is not answers.own and _lasts(answers.own, visit, first):
            return first
        started = self._started(facts, _start(facts, visit)) if facts.provisional else facts
        decision = decide(facts, visit, self.request.policy, self.request.now, started=started)
        answers.last[number] = facts, decision
        if facts is answers.own:
            answers.first[number] = decision
        return decision

    def instance(self) -> tuple[Instance, list[list[Decision]]]:
        """Return what is to be solved, and the decision behind each option of each visit."""
        passes = self._payers
        by_pass = [self._started_ways(facts) if facts.provisional else self._settled_ways(facts) for facts in passes]
        lots = {lot.id: number for number, lot in enumerate(lot for facts in passes for lot in facts.lots)}
        options: list[tuple[Option, ...]] = []
        decisions: list[list[Decision]] = []
        for number, visit in enumerate(self.visits):
            behind = [(payer, way) for payer, ways in enumerate(by_pass) for way in ways[number]]
            options.append(tuple(self._option(payer, visit, way, lots) for payer, way in behind))
            decisions.append([way.decision for _, way in behind])
        kept = tuple(self._kept(visit, behind) for visit, behind in zip(self.visits, decisions, strict=True))
        rooms = tuple(lot.available for facts in passes for lot in facts.lots)
        found = Instance(tuple(options), rooms, tuple(self._limits()), kept if self.request.kept else ())
        return found, decisions

    def rank(self, decision: Decision) -> Rank:
        """Split the business's order into what is wasted (what ends soonest is spent first) and the whole of it.

        A pass that waits for its first visit ends where the earliest visit that it may pay for would make it end.
        """
        source = source_of(decision)
        ends_at = self._ends.get(source, decision.ends_at)
        key = source, ends_at, decision.quantity > 0, decision.shared
        if key not in self._ranks:
            preset = self.request.preset
            order = pass_order(self.passes[decision.pass_id], replace(decision, ends_at=ends_at), preset)
            # Whose units they are comes first, and before it what the studio set itself.
            ahead = 2 if preset is AllocationPreset.PRIORITY_FIRST else 1
            self._ranks[key] = order[: ahead + (4 if decision.quantity else 2)], order
        return self._ranks[key]

    def _started(self, facts: PassFacts, start: date | None) -> PassFacts:
        """Return the facts of a pass that starts on this day; a day is laid out once."""
        if self._begun.get(facts.id, (None,))[0] is not facts:
            self._begun[facts.id] = facts, {}
        begun = self._begun[facts.id][1]
        if start not in begun:
            begun[start] = with_start(facts, start)
        return begun[start]

    def _settled_ways(self, facts: PassFacts) -> list[list[_Way]]:
        found = []
        for visit in self.visits:
            first = self.decided(facts, visit)
            if first.pays and facts.kind.metered and first.quantity and len(facts.lots) > 1:
                ways = ways_to_pay(facts, visit, self.request.now, shared=first.shared)
            else:
                ways = [first] if first.pays else []
            found.append([_Way(way) for way in ways])
        return found

    def _started_ways(self, facts: PassFacts) -> list[list[_Way]]:
        """Return the ways of a pass that waits for its first visit, each with the starts that leave it open.

        A start answers nothing for a visit that would move it.
        """
        terms = replace(facts.terms, activation=Activation.ON_SALE)
        alone = [_start(facts, visit) for visit in self.visits]
        moved = _start(facts)
        begun = {
            start: replace(self._started(facts, start), terms=terms) for start in {*alone, moved} if start is not None
        }
        starts, asked = {moved}, []
        for number, (visit, start) in enumerate(zip(self.visits, alone, strict=True)):
            first = self.decided(facts, visit)
            if first.pays and start is not None:
                starts.add(start)
                for decision in ways_to_pay(begun[start], visit, self.request.now, shared=first.shared):
                    self._ends.setdefault(source_of(decision), decision.ends_at)
            if first.pays or self._only_early(first):
                asked.append((number, visit, start))
        starts = self._asked_starts(facts, starts - {moved, None}, len(asked)) | {moved}
        may = {
            start: [each for each in asked if not _early(each[2], start) and _may_cover(begun[start], each[1])]
            for start in sorted(start for start in starts if start is not None)
            if not facts.claims or stays_inside(begun[start])
        }
        by_start = {start: self._able(begun[start], may[start]) for start in self._foremost(facts, may)}
        if len(by_start) < len(may) and any(len(by_start[start]) < len(may[start]) for start in by_start):
            # The start that was to cover most does not, so each has to be asked.
            by_start |= {start: self._able(begun[start], may[start]) for start in may if start not in by_start}
        kept = self._useful(facts, by_start)
        self._starts[facts.id] = [begun[start] for start in kept]
        ways: list[dict[UUID | None, _Way]] = [{} for _ in self.visits]
        for index, start in enumerate(kept):
            for (number, lot_id), decision in by_start[start].items():
                way = ways[number].setdefault(lot_id, _Way(decision, set()))
                assert way.starts is not None, "made just so"
                way.starts.add(index)
        return [list(each.values()) for each in ways]

    def _asked_starts(self, facts: PassFacts, starts: Set[date | None], visits: int) -> set[date | None]:
        """Return the starts to ask: all, or every so many of too many, not the same ones of each pass."""
        waiting = [each.id for each in self._payers if each.provisional]
        step = -(-len(waiting) * len(starts) * visits // STARTS_ASKED_MAX)
        if step < 2:
            return set(starts)
        self.complete = False
        return set(sorted(start for start in starts if start is not None)[waiting.index(facts.id) % step :: step])

    def _able(self, begun: PassFacts, asked: Sequence[_Asked]) -> dict[tuple[int, UUID | None], Decision]:
        """Return what a pass started here could pay for: visit by visit, from which lots."""
        able = {}
        for number, visit, _ in asked:
            shared = visit.client_id != begun.client_id
            for decision in ways_to_pay(begun, visit, self.request.now, shared=shared):
                able[number, source_of(decision)[1]] = decision
        return able

    def _foremost(self, facts: PassFacts, may: Mapping[date, Sequence[_Asked]]) -> list[date]:
        """Return the starts to ask first: of a pass with one lot at most, none that covers what another does."""
        if len(facts.lots) > 1:
            return list(may)
        return self._useful(facts, {start: [number for number, _, _ in asked] for start, asked in may.items()})

    @staticmethod
    def _only_early(first: Decision) -> bool:
        """Say whether all that is against the visit may be the start that it would give the pass by itself."""
        return {reason.code for reason in first.reasons} <= _OF_ITS_OWN_START

    @staticmethod
    def _useful(facts: PassFacts, by_start: Mapping[date, Iterable[Hashable]]) -> list[date]:
        """Leave out starts that pay for nothing which another could not pay for as well.

        Where cycles are counted from the start all are kept.
        """
        able = {start: frozenset(ways) for start, ways in by_start.items()}
        able = {start: ways for start, ways in able.items() if ways}
        if any(restriction.cycle is RestrictionCycle.PASS for restriction in facts.terms.restrictions):
            return sorted(able)
        kept: list[date] = []
        for start, ways in sorted(able.items()):
            if not any(ways <= able[other] for other in kept):
                kept = [other for other in kept if not able[other] < ways] + [start]
        return kept

    def _kept(self, visit: VisitFacts, decisions: Sequence[Decision]) -> int | None:
        """Return the number of the option that pays for the visit already."""
        kept = self.request.kept.get(visit.id)
        return next((number for number, decision in enumerate(decisions) if source_of(decision) == kept), None)

    def _limits(self) -> Iterator[Limit]:
        """Yield what restrictions, and the caps of members and guests, still allow each pass to pay for."""
        numbers = {visit.id: number for number, visit in enumerate(self.visits)}
        for payer, facts in enumerate(self._payers):
            for room, ids in sharing.limits(facts, self.visits):
                yield Limit(room, frozenset((numbers[each], payer) for each in ids))
            if not facts.terms.restrictions:
                continue
            starts = self._starts.get(facts.id, [])
            settled = all(
                each.cycle is RestrictionCycle.CALENDAR and each.rollover is None for each in facts.terms.restrictions
            )
            if len(starts) < 2 or settled:
                for room, ids in limits(starts[0] if starts else facts, self.visits):
                    yield Limit(room, frozenset((numbers[each], payer) for each in ids))
                continue
            holds: dict[tuple[int, frozenset[UUID]], set[int]] = {}
            for index, begun in enumerate(starts):
                for bound in limits(begun, self.visits):
                    holds.setdefault(bound, set()).add(index)
            for (room, ids), among in holds.items():
                everywhere = len(among) == len(starts)
                pairs = frozenset((numbers[each], payer) for each in ids)
                yield Limit(room, pairs, None if everywhere else frozenset(among))

    def _option(self, payer: int, visit: VisitFacts, way: _Way, lots: dict[UUID, int]) -> Option:
        decision = way.decision
        rank, starts = self.rank(decision), None if way.starts is None else frozenset(way.starts)
        if decision.lot is None or decision.quantity == 0:
            return Option(payer, None, 0, rank, starts=starts)
        facts, lot = self.passes[decision.pass_id], lots[decision.lot.id]
        if facts.kind is not PassKind.DAY:
            return Option(payer, lot, decision.quantity, rank, starts=starts)
        joined = self.rank(replace(decision, quantity=0))
        day = visit.location_id, visit.day, person_of(facts, visit)
        return Option(payer, lot, decision.quantity, rank, day, joined, starts)


def _lasts(own: PassFacts, visit: VisitFacts, first: Decision) -> bool:
    """Say whether the first answer of a pass stands whatever it pays for since."""
    if own.provisional or own.terms.restrictions:
        return False
    if visit.client_id != own.client_id or visit.guest_name is not None:
        return False
    return not own.kind.metered if first.pays else not any(reason.code in _MAY_CHANGE for reason in first.reasons)


def _early(own: date | None, start: date) -> bool:
    return own is not None and own < start


def _start(facts: PassFacts, visit: VisitFacts | None = None) -> date | None:
    days = () if visit is None else (local_day(covering_instant(facts.terms, visit), facts.zone),)
    return provisional_start(facts, days)


def _may_cover(begun: PassFacts, visit: VisitFacts) -> bool:
    """Say whether any end of the pass lets the visit be covered: quickly, and never too strictly."""
    ends = [begun.windows[-1].ends_at, *(lot.window.ends_at for lot in begun.lots)]
    instant = covering_instant(begun.terms, visit)
    return any(end is None or instant < end for end in ends)
