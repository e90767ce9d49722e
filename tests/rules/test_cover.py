"""The solver on its own, against every way to spend the lots, counted visit by visit."""

from random import Random

import pytest

from models.rules.cover.instance import Instance, Option
from models.rules.cover.solve import solve

Worth = tuple[int, ...]


def _instance(chance: Random) -> Instance:
    lots = tuple(chance.randint(0, 4) for _ in range(chance.randint(2, 4)))
    ranks = [((chance.randint(0, 2),), (number,)) for number in range(len(lots))]
    options = tuple(
        tuple(Option(lot, lot, 1, ranks[lot]) for lot in range(len(lots)) if chance.random() < 0.6)
        for _ in range(chance.randint(6, 12))
    )
    return Instance(options, lots)


def _worth(instance: Instance, visit: int, option: Option) -> Worth:
    """One choice by every aim: paid, units by waste, units by order, the visit among the earlier, its payer."""
    wastes = sorted({each.rank[0] for options in instance.options for each in options})
    orders = sorted({each.rank[1] for options in instance.options for each in options})
    visits = range(len(instance.options))
    return (
        1,
        *(int(waste == option.rank[0]) for waste in wastes),
        *(int(order == option.rank[1]) for order in orders),
        *(int(each == visit) for each in visits),
        *((len(orders) - orders.index(option.rank[1])) * (each == visit) for each in visits),
    )


def _sum(one: Worth, other: Worth) -> Worth:
    return tuple(mine + theirs for mine, theirs in zip(one, other, strict=True))


@pytest.mark.parametrize("seed", range(300))
def test_units_are_spent_as_well_as_they_can_be(seed: int) -> None:
    instance = _instance(Random(seed))
    worth = [[_worth(instance, visit, each) for each in options] for visit, options in enumerate(instance.options)]
    nothing = (0,) * len(next((each for options in worth for each in options), ()))
    best = {instance.lots: nothing}
    for visit, options in enumerate(instance.options):
        after = dict(best)
        for left, sofar in best.items():
            for index, option in enumerate(options):
                assert option.lot is not None
                if left[option.lot]:
                    spent = (*left[: option.lot], left[option.lot] - 1, *left[option.lot + 1 :])
                    after[spent] = max(after.get(spent, nothing), _sum(sofar, worth[visit][index]))
        best = after

    cover = solve(instance)

    found = nothing
    for visit, chosen in enumerate(cover.chosen):
        if chosen is not None:
            found = _sum(found, worth[visit][chosen])
    assert found == max(best.values())
    assert cover.proven
    assert cover.bound == cover.paid
