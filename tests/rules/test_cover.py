"""The solver on its own, against every way to spend the lots, counted visit by visit."""

from random import Random

import pytest

from models.rules.cover.instance import Instance, Option, Weights
from models.rules.cover.solve import solve


def _instance(chance: Random) -> Instance:
    lots = tuple(chance.randint(0, 4) for _ in range(chance.randint(2, 4)))
    ranks = [((chance.randint(0, 2),), (number,)) for number in range(len(lots))]
    options = tuple(
        tuple(Option(lot, lot, 1, ranks[lot]) for lot in range(len(lots)) if chance.random() < 0.6)
        for _ in range(chance.randint(6, 12))
    )
    return Instance(options, lots)


@pytest.mark.parametrize("seed", range(300))
def test_units_are_spent_as_well_as_they_can_be(seed: int) -> None:
    instance = _instance(Random(seed))
    weights = Weights(instance)
    best = {instance.lots: 0}
    for visit, options in enumerate(instance.options):
        after = dict(best)
        for left, worth in best.items():
            for index, option in enumerate(options):
                assert option.lot is not None
                if left[option.lot]:
                    spent = (*left[: option.lot], left[option.lot] - 1, *left[option.lot + 1 :])
                    after[spent] = max(after.get(spent, 0), worth + weights.of(visit, index, option))
        best = after

    cover = solve(instance)

    chosen = [(v, i, instance.options[v][i]) for v, i in enumerate(cover.chosen) if i is not None]
    assert sum(weights.of(*each) for each in chosen) == max(best.values())
    assert cover.proven
    assert cover.bound == cover.paid
