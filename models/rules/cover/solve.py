"""Solve an instance: exactly while the work lasts."""

from models.rules.cover.instance import Cover, Instance
from models.rules.cover.relaxation import Work
from models.rules.cover.search import Search

WORK = 20_000
"""Steps that one call may make: sixty visits and twelve passes need a thousand as a rule, ten thousand at worst."""


def solve(instance: Instance, work: Work | None = None) -> Cover:
    """Return the best choice: most visits, fewest moved, least waste, the business's order, the earlier visits.

    Where the work runs out the choice is feasible and not proven; `bound` is then what the visits paid cannot exceed.
    """
    if not any(instance.options):
        return Cover((None,) * len(instance.options), proven=True, bound=0)
    return Search(instance, work or Work(WORK)).run()
