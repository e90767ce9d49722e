"""Which passes pay for which visits: the one place to ask, whether for one visit or for many together."""

from models.rules.joint import allocate_jointly
from models.rules.paying import Outcome, Request, Solved, after_claim, in_order, pass_order

__all__ = ["Outcome", "Request", "Solved", "after_claim", "allocate", "pass_order"]


def allocate(request: Request) -> tuple[Outcome, ...]:
    """Pay for the visits. One alone takes the first pass in the business's order; several are solved together."""
    return in_order(request) if len(request.visits) < 2 or not request.passes else allocate_jointly(request)
