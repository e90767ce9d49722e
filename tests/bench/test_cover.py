"""Visits and passes solved together: how long 60 visits and 12 passes take, and how many more visits that pays for.

What stands beside it is one visit after another by the first pass in the business's order. No store, no floor; what
is measured is processor time.
"""

import gc
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from random import Random
from statistics import quantiles
from time import process_time
from typing import Any

import pytest

from models.rules.joint import allocate_jointly
from models.rules.paying import Outcome, Request, in_order
from tests.rules.crowds import EVERY, PLAIN, crowd

pytestmark = pytest.mark.bench

CROWDS: dict[str, dict[str, Any]] = {
    "units and unlimited passes": {"kinds": PLAIN, "restricted": 0, "waiting": 0},
    "with attendance restrictions": {"kinds": PLAIN, "restricted": 0.5, "waiting": 0},
    "with passes that wait for a first visit": {"kinds": PLAIN, "restricted": 0.3, "waiting": 0.15},
    "of every kind": {"kinds": EVERY, "restricted": 0.3, "waiting": 0.15},
}


@dataclass
class Sums:
    """What some instances came to."""

    instances: int = 0
    together: int = 0
    in_turn: int = 0
    gained_in: int = 0
    proven: int = 0
    most_proven: int = 0

    def add(self, request: Request, outcomes: tuple[Outcome, ...]) -> None:
        paid, in_turn = (sum(o.paid_by is not None for o in each) for each in (outcomes, in_order(request)))
        solved = outcomes[0].solved
        assert solved is not None
        assert in_turn <= paid <= solved.bound
        self.instances += 1
        self.together += paid
        self.in_turn += in_turn
        self.gained_in += paid > in_turn
        self.proven += solved.proven
        self.most_proven += paid == solved.bound


def _milliseconds(work: Callable[[], object]) -> float:
    # What other crowds left behind is not collected at this one's cost.
    gc.collect()
    began = process_time()
    work()
    return 1_000 * (process_time() - began)


@pytest.mark.parametrize("name", CROWDS)
def test_sixty_visits_and_twelve_passes(name: str) -> None:
    requests = [crowd(Random(seed), 60, 12, units_max=8, **CROWDS[name]) for seed in range(100)]
    sums = Sums()
    for request in requests:
        sums.add(request, allocate_jointly(request))
    took = [_milliseconds(partial(allocate_jointly, request)) for request in requests]
    together = quantiles(took, n=20)
    in_turn = quantiles([_milliseconds(partial(in_order, request)) for request in requests], n=20)
    sys.stdout.write(
        f"\n60 x 12 {name}: p50 {together[9]:.1f} ms, p95 {together[18]:.1f} ms, at most {max(took):.1f} ms"
        f" ({together[9] / in_turn[9]:.1f} x one after another);"
        f" proven the best {sums.proven} of {sums.instances}, proven the most visits {sums.most_proven}\n"
    )


def test_how_many_more_visits_are_paid_in_ten_thousand_crowds() -> None:
    sums = Sums()
    for seed in range(10_000):
        chance = Random(seed)
        request = crowd(chance, chance.randint(4, 16), chance.randint(2, 5))
        sums.add(request, allocate_jointly(request))
    more = sums.together - sums.in_turn
    sys.stdout.write(
        f"\n{sums.instances} crowds of 4 to 16 visits and 2 to 5 passes: {sums.together} visits paid, {more} more"
        f" ({100 * more / sums.in_turn:.2f} %) than one after another, in {sums.gained_in} crowds;"
        f" proven the best {sums.proven}, proven the most visits {sums.most_proven}\n"
    )
