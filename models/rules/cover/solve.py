"""Solve an instance: visits that share nothing are solved apart, each part exactly while the work lasts."""

from collections.abc import Iterator

from models.rules.cover.flow import Work
from models.rules.cover.instance import Cover, Instance, Weights
from models.rules.cover.search import Search

WORK = 60_000
"""Arcs that one call may look at: some hundredths of a second, and far more than most calls need."""


def solve(instance: Instance, work: Work | None = None) -> Cover:
    """Return the best choice: most visits, fewest moved, least waste, the business's order, the earlier visits.

    Where the work runs out the choice is feasible and not proven; `bound` is then what the visits paid cannot exceed.
    """
    weights = Weights(instance)
    work = work or Work(WORK)
    chosen: list[int | None] = [None] * len(instance.options)
    proven, bound = True, 0
    for visits in _parts(instance):
        found = Search(instance, weights, visits, work).run()
        for visit, index in found.chosen.items():
            chosen[visit] = index
        proven = proven and found.proven
        bound += found.bound % weights.staying // weights.visit
    return Cover(tuple(chosen), proven, bound)


def _parts(instance: Instance) -> list[list[int]]:
    """Group the visits that share something scarce, even through others. Visits without options are left out."""
    holder: dict[object, int] = {}
    leader = list(range(len(instance.options)))

    def lead(visit: int) -> int:
        while leader[visit] != visit:
            leader[visit] = leader[leader[visit]]
            visit = leader[visit]
        return visit

    for thing, visit in _shared(instance):
        leader[lead(visit)] = lead(holder.setdefault(thing, visit))
    parts: dict[int, list[int]] = {}
    for visit, options in enumerate(instance.options):
        if options:
            parts.setdefault(lead(visit), []).append(visit)
    return list(parts.values())


def _shared(instance: Instance) -> Iterator[tuple[object, int]]:
    """Yield each visit with what it may have to share: a lot, a limit, a day, a start."""
    demand: dict[int, int] = {}
    ways = [(visit, option) for visit, options in enumerate(instance.options) for option in options]
    for _, option in ways:
        if option.lot is not None:
            demand[option.lot] = demand.get(option.lot, 0) + option.quantity
    for visit, option in ways:
        if option.starts is not None:
            yield ("start", option.payer), visit
        if option.day is not None:
            yield ("day", option.payer, option.day), visit
        if option.lot is not None and demand[option.lot] > instance.lots[option.lot]:
            yield ("lot", option.lot), visit
    for number, limit in enumerate(instance.limits):
        if len(limit.members) > limit.capacity:
            for visit, _ in limit.members:
                yield ("limit", number), visit
