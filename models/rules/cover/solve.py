"""Solve an instance: visits that share nothing are solved apart, each part exactly while the work lasts."""

from models.rules.cover.flow import Work
from models.rules.cover.instance import Cover, Instance, Weights
from models.rules.cover.search import Search

WORK = 400_000
"""Arcs that one call may look at: about a tenth of a second in the worst case, and far more than most need."""


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
        bound += found.bound // weights.visit
    return Cover(tuple(chosen), proven, bound)


def _parts(instance: Instance) -> list[list[int]]:
    """Group the visits that share a lot, a limit or a day, even through others. Visits without options are left out."""
    holder: dict[object, int] = {}
    leader = list(range(len(instance.options)))

    def lead(visit: int) -> int:
        while leader[visit] != visit:
            leader[visit] = leader[leader[visit]]
            visit = leader[visit]
        return visit

    shared: list[tuple[object, int]] = []
    demand: dict[int, int] = {}
    for visit, options in enumerate(instance.options):
        for option in options:
            if option.lot is not None:
                demand[option.lot] = demand.get(option.lot, 0) + option.quantity
            if option.day is not None:
                shared.append((("day", option.payer, option.day), visit))
    scarce = {lot for lot, wanted in demand.items() if wanted > instance.lots[lot]}
    for visit, options in enumerate(instance.options):
        shared += [(("lot", option.lot), visit) for option in options if option.lot in scarce]
    for number, limit in enumerate(instance.limits):
        if len(limit.members) > limit.capacity:
            shared += [(("limit", number), visit) for visit, _ in limit.members]
    for thing, visit in shared:
        leader[lead(visit)] = lead(holder.setdefault(thing, visit))
    parts: dict[int, list[int]] = {}
    for visit, options in enumerate(instance.options):
        if options:
            parts.setdefault(lead(visit), []).append(visit)
    return list(parts.values())
