"""Attendance restrictions: how often a pass may pay in a cycle, what is left of that, and what goes on to the next.

Counted are the standing claims of the pass, by the local day of the visit's start: booked, used and forfeited ones;
a returned one does not stand. A cycle's unused allowance goes on where the terms say so; what came over is used first,
the oldest of it before the rest.

What a hold, a lift or an earlier first visit moved into a fuller cycle keeps standing: a visit is refused where it
makes more visits than before exceed their allowance, not where some already did.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from uuid import UUID

from models.rules.calendar import DAY
from models.rules.codes import Code, Reason, because
from models.rules.cycles import Cycles, cycles_of
from models.rules.facts import ClaimFacts, PassFacts, VisitFacts
from models.rules.policies import Restriction
from models.rules.values import RestrictionPer

ALL_SERVICES, SOME_SERVICES = "all services", "services of this kind"
PER_WORDS = {per: per.value.lower() for per in RestrictionPer}
Counts = Mapping[int, int]
"""How many visits there are in each cycle, by its number."""
Limit = tuple[int, frozenset[UUID]]
"""Of these visits at most so many may be paid for."""


@dataclass(frozen=True, slots=True)
class RestrictionState:
    """One restriction in the cycle of one day. `used` are consumed visits, `booked` those to come.

    `limit` is the cycle's own allowance, `carried` what earlier cycles left to it. `remaining` may be less than what
    these leave over, where a later cycle already counts on it. Both days are None while nothing has started a pass
    whose cycles it starts; `last_day` and `frees_on`, the day on which the next allowance begins, are None behind an
    open freeze.
    """

    restriction: Restriction
    limit: int
    carried: int = 0
    used: int = 0
    booked: int = 0
    remaining: int = 0
    first_day: date | None = None
    last_day: date | None = None

    @property
    def frees_on(self) -> date | None:
        """The first day of the next cycle."""
        return None if self.last_day is None else self.last_day + DAY

    @property
    def allowance(self) -> int:
        """All that the cycle allows, with what came over."""
        return self.limit + self.carried


def concerns(restriction: Restriction, visit: VisitFacts | ClaimFacts) -> bool:
    """Say whether the restriction counts visits like this one."""
    if restriction.service_ids is None and restriction.categories is None:
        return True
    by_service = restriction.service_ids is not None and visit.service_id in restriction.service_ids
    return by_service or (restriction.categories is not None and visit.category in restriction.categories)


def reached(facts: PassFacts, started: PassFacts, visit: VisitFacts) -> list[RestrictionState]:
    """Return each restriction that does not let the pass pay for the visit, as it stands without it.

    `started` are the facts with the start that the visit would give the pass; a visit that already counts does not
    count twice.
    """
    others = [claim for claim in facts.claims if claim.visit_id != visit.id]
    found = []
    for restriction in facts.terms.restrictions:
        if not concerns(restriction, visit):
            continue
        after = _cycles(started, restriction)
        assert after is not None, "a visit starts the pass that waits for one"
        number = after.number(visit.day)
        mine = [claim for claim in others if concerns(restriction, claim)]
        if restriction.rollover is None and not facts.provisional:
            full = sum(after.number(claim.day) == number for claim in mine) >= restriction.visits_max
        else:
            before = _cycles(facts, restriction)
            counts = _counts(after, mine)
            counts[number] += 1
            exceeded = _exceeding(restriction, before, _counts(before, mine)) if before else 0
            full = _exceeding(restriction, after, counts) > exceeded
        if full:
            found.append(_state(restriction, after, mine, number))
    return found


def states(facts: PassFacts, day: date) -> tuple[RestrictionState, ...]:
    """Return every restriction of the pass as it stands in the cycle of a local day."""
    found = []
    for restriction in facts.terms.restrictions:
        cycles = _cycles(facts, restriction)
        if cycles is None:
            found.append(RestrictionState(restriction, restriction.visits_max, remaining=restriction.visits_max))
            continue
        mine = [claim for claim in facts.claims if concerns(restriction, claim)]
        found.append(_state(restriction, cycles, mine, cycles.number(day)))
    return tuple(found)


def limits(facts: PassFacts, visits: Sequence[VisitFacts]) -> list[Limit]:
    """Return what the restrictions let the pass pay for among visits it does not pay for yet.

    Every choice that keeps the restrictions keeps these limits. The reverse holds where unused allowances go on for one
    cycle at most and the start of the pass is settled; `fits` answers for any choice.
    """
    found: list[Limit] = []
    ids = {visit.id for visit in visits}
    standing = [claim for claim in facts.claims if claim.visit_id not in ids]
    for restriction in facts.terms.restrictions:
        cycles = _cycles(facts, restriction)
        wanted = [visit for visit in visits if concerns(restriction, visit)]
        if cycles is None or not wanted:
            continue
        counts = _counts(cycles, (claim for claim in standing if concerns(restriction, claim)))
        members: dict[int, set[UUID]] = {}
        for visit in wanted:
            members.setdefault(cycles.number(visit.day), set()).add(visit.id)
        rooms = {number: _room(restriction, cycles, counts, number) for number in sorted(members)}
        found += [(room, frozenset(members[number])) for number, room in rooms.items()]
        found += _joint_limits(restriction, cycles, counts, members, rooms)
    return [(room, ids) for room, ids in found if room < len(ids)]


def fits(facts: PassFacts, visits: Iterable[VisitFacts]) -> bool:
    """Say whether the pass may pay for all of these visits besides what it pays for, as far as restrictions go.

    `facts` have the start that the visits give the pass.
    """
    wanted = {visit.id: visit for visit in visits}
    for restriction in facts.terms.restrictions:
        cycles = _cycles(facts, restriction)
        mine = [each for each in facts.claims if each.visit_id not in wanted and concerns(restriction, each)]
        more = [visit for visit in wanted.values() if concerns(restriction, visit)]
        if cycles is None or not more:
            continue
        counts = _counts(cycles, mine)
        with_them = counts + _counts(cycles, more)
        if _exceeding(restriction, cycles, with_them) > _exceeding(restriction, cycles, counts):
            return False
    return True


def exceeding(facts: PassFacts) -> tuple[tuple[Restriction, int], ...]:
    """Return each restriction that standing claims exceed, with by how many of them."""
    found = []
    for restriction in facts.terms.restrictions:
        cycles = _cycles(facts, restriction)
        if cycles is not None:
            mine = (claim for claim in facts.claims if concerns(restriction, claim))
            found.append((restriction, _exceeding(restriction, cycles, _counts(cycles, mine))))
    return tuple((restriction, count) for restriction, count in found if count)


def _cycles(facts: PassFacts, restriction: Restriction) -> Cycles | None:
    return cycles_of(facts, restriction.per, restriction.cycle)


def _counts(cycles: Cycles, visits: Iterable[VisitFacts | ClaimFacts]) -> Counter[int]:
    return Counter(cycles.number(visit.day) for visit in visits)


def _exceeding(restriction: Restriction, cycles: Cycles, counts: Counts) -> int:
    return sum(over for _, _, over in _played(restriction, cycles, counts))


def _played(restriction: Restriction, cycles: Cycles, counts: Counts) -> Iterator[tuple[int, int, int]]:
    """Yield each cycle that has a visit, what was carried into it, and how many of its visits have no allowance."""
    rollover = restriction.rollover
    lasting = rollover.cycles if rollover else 0
    # A cycle without visits matters only for what it leaves to one that has some.
    numbers = sorted({busy - back for busy, count in counts.items() if count for back in range(lasting + 1)})
    carried: list[list[int]] = []
    for number in numbers:
        carried = [lot for lot in carried if lot[0] >= number and lot[1]]
        wanted, came_over = counts.get(number, 0), sum(units for _, units in carried)
        unpaid = wanted
        for lot in carried:
            spent = min(lot[1], unpaid)
            lot[1] -= spent
            unpaid -= spent
        own = min(unpaid, restriction.visits_max)
        if wanted:
            yield number, came_over, unpaid - own
        if rollover and number >= cycles.first:
            carried.append([number + lasting, min(rollover.units_max, restriction.visits_max - own)])


def _room(restriction: Restriction, cycles: Cycles, counts: Counts, number: int) -> int:
    """Return how many more visits the cycle takes without one more exceeding an allowance, in it or later."""
    if restriction.rollover is None:
        return max(0, restriction.visits_max - counts.get(number, 0))
    exceeded = _exceeding(restriction, cycles, counts)
    most = restriction.visits_max + restriction.rollover.cycles * restriction.rollover.units_max

    def over(more: int) -> int:
        return _exceeding(restriction, cycles, {**counts, number: counts.get(number, 0) + more})

    return bisect_right(range(1, most + 1), exceeded, key=over)


def _joint_limits(
    restriction: Restriction,
    cycles: Cycles,
    counts: Counts,
    members: Mapping[int, set[UUID]],
    rooms: Mapping[int, int],
) -> Iterator[Limit]:
    """Yield what cycles in a row let be paid together: their allowances and what the cycles before leave to them."""
    rollover = restriction.rollover
    if rollover is None:
        return
    left = min(rollover.units_max, restriction.visits_max)
    # What already exceeds its allowance takes none from anybody.
    counts = {number: counts[number] - over for number, _, over in _played(restriction, cycles, counts)}
    numbers = sorted({*members, *(number for number, count in counts.items() if count)})
    for start, first in enumerate(numbers):
        carriers = min(rollover.cycles, max(0, first - cycles.first))
        room = left * carriers + restriction.visits_max - counts.get(first, 0)
        ids = set(members.get(first, ()))
        alone = rooms.get(first, 0)
        for before, number in pairwise(numbers[start:]):
            # A cycle without visits between two leaves to the later one what it may; beyond that it counts for nothing.
            room += left * min(rollover.cycles, number - before - 1) + restriction.visits_max - counts.get(number, 0)
            ids |= members.get(number, set())
            alone += rooms.get(number, 0)
            if number in members and room < alone:
                yield max(0, room), frozenset(ids)


def _state(restriction: Restriction, cycles: Cycles, mine: Sequence[ClaimFacts], number: int) -> RestrictionState:
    counts = _counts(cycles, mine)
    here = [claim for claim in mine if cycles.number(claim.day) == number]
    used = sum(claim.consumed for claim in here)
    first_day, last_day = cycles.days(number)
    return RestrictionState(
        restriction,
        restriction.visits_max,
        _carried(restriction, cycles, counts, number),
        used,
        len(here) - used,
        _room(restriction, cycles, counts, number),
        first_day,
        last_day,
    )


def _carried(restriction: Restriction, cycles: Cycles, counts: Counts, number: int) -> int:
    """Return what earlier cycles leave to this one, by asking what it would have with one visit in it."""
    if restriction.rollover is None:
        return 0
    asked = {cycle: count for cycle, count in counts.items() if cycle < number} | {number: 1}
    return next(came for cycle, came, _ in _played(restriction, cycles, asked) if cycle == number)


def why_reached(state: RestrictionState) -> Reason:
    """Return why the restriction lets nothing more be paid in this cycle. What a later cycle counts on is taken."""
    return because(
        Code.RESTRICTION_REACHED,
        services=services_word(state.restriction),
        limit=state.allowance,
        used=max(state.used + state.booked, state.allowance - state.remaining),
        per=per_word(state.restriction),
        first=state.first_day or "the start of the pass",
        last=state.last_day or "a day not known while it is on hold",
        frees=state.frees_on or "a day not known while it is on hold",
    )


def services_word(restriction: Restriction) -> str:
    """Return what a sentence calls the services that the restriction counts."""
    every = restriction.service_ids is None and restriction.categories is None
    return ALL_SERVICES if every else SOME_SERVICES


def per_word(restriction: Restriction) -> str:
    """Return what a sentence calls a cycle."""
    return PER_WORDS[restriction.per]
