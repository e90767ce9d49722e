"""The solver on its own, against every choice there is: units, minutes, days, starts, limits and what is kept."""

from collections import Counter
from collections.abc import Iterator
from itertools import product
from random import Random

import pytest

from models.rules.cover.instance import Instance, Limit, Option
from models.rules.cover.program import STARTS_MAX
from models.rules.cover.relaxation import Work
from models.rules.cover.solve import WORK, solve

Chosen = tuple[int | None, ...]

LENGTHS = (30, 60, 90)
STARTS = range(3)


def instance_of(chance: Random, days_to_start: range = STARTS) -> Instance:
    """A few visits, and payers of every kind whose lots are short."""
    visits = chance.randint(3, 5)
    days = [chance.randint(0, 1) for _ in range(visits)]
    lengths = [chance.choice(LENGTHS) for _ in range(visits)]
    options: list[list[Option]] = [[] for _ in range(visits)]
    lots: list[int] = []
    limits: list[Limit] = []
    for payer in range(chance.randint(1, 3)):
        kind = chance.choice(("units", "minutes", "days", "free"))
        waits = chance.random() < 0.4
        able = [visit for visit in range(visits) if chance.random() < 0.7]
        for _ in range(0 if kind == "free" else chance.randint(1, 2)):
            lot = len(lots)
            lots.append(chance.randint(0, 2) if kind != "minutes" else 30 * chance.randint(1, 5))
            rank = (1, chance.randint(0, 2)), (chance.randint(0, 2), lot)
            for visit in able:
                if chance.random() < 0.8:
                    quantity = lengths[visit] if kind == "minutes" else 1
                    day = days[visit] if kind == "days" else None
                    joined = ((0, payer), (0, payer)) if kind == "days" else None
                    starts = (
                        frozenset(chance.sample(days_to_start, chance.randint(1, len(days_to_start))))
                        if waits
                        else None
                    )
                    options[visit].append(Option(payer, lot, quantity, rank, day, joined, starts))
        if kind == "free":
            rank = (0, chance.randint(0, 2)), (chance.randint(0, 2), 100 + payer)
            for visit in able:
                starts = (
                    frozenset(chance.sample(days_to_start, chance.randint(1, len(days_to_start)))) if waits else None
                )
                options[visit].append(Option(payer, None, 0, rank, starts=starts))
        for _ in range(chance.randint(0, 2)):
            members = frozenset((visit, payer) for visit in range(visits) if chance.random() < 0.7)
            on = (
                frozenset(chance.sample(days_to_start, chance.randint(1, len(days_to_start) - 1)))
                if waits and chance.random() < 0.6
                else None
            )
            limits.append(Limit(chance.randint(0, 2), members, on))
    kept: Chosen = tuple(chance.randrange(len(each)) if each and chance.random() < 0.3 else None for each in options)
    instance = Instance(tuple(map(tuple, options)), tuple(lots), tuple(limits))
    return Instance(instance.options, instance.lots, instance.limits, kept if fits(instance, kept) else ())


def picked(instance: Instance, chosen: Chosen) -> Iterator[tuple[int, Option]]:
    for visit, index in enumerate(chosen):
        if index is not None:
            yield visit, instance.options[visit][index]


def fits(instance: Instance, chosen: Chosen) -> bool:
    """Say whether all may be chosen together, told from the words of an instance alone."""
    spent = Counter[int]()
    opened: dict[tuple[int, object], int | None] = {}
    starts: dict[int, set[int]] = {}
    pairs = set()
    for visit, option in picked(instance, chosen):
        pairs.add((visit, option.payer))
        if option.starts is not None:
            starts.setdefault(option.payer, set(option.starts)).intersection_update(option.starts)
        day = option.payer, option.day
        if option.day is not None and day in opened:
            if opened[day] != option.lot:
                return False
        elif option.lot is not None:
            spent[option.lot] += option.quantity
            if option.day is not None:
                opened[day] = option.lot
    if any(count > instance.lots[lot] for lot, count in spent.items()):
        return False
    full = [limit for limit in instance.limits if len(pairs & limit.members) > limit.capacity]
    if any(limit.starts is None for limit in full):
        return False
    for limit in full:
        for _, payer in limit.members:
            starts.get(payer, set()).difference_update(limit.starts or ())
    return all(starts.values())


def worth(instance: Instance, chosen: Chosen) -> tuple[int, int, int, Counter[object], Counter[object]]:
    wastes, orders = Counter[object](), Counter[object]()
    opened: set[tuple[int, object]] = set()
    stay = moved = 0
    for visit, option in picked(instance, chosen):
        rank, units = option.rank, max(1, option.quantity)
        if option.day is not None:
            if (option.payer, option.day) in opened:
                rank, units = option.joined or rank, 1
            opened.add((option.payer, option.day))
        wastes[rank[0]] += units
        orders[rank[1]] += units
        before = instance.kept[visit] if instance.kept else None
        stay += before is not None
        moved += before is not None and before != chosen[visit]
    return stay, sum(index is not None for index in chosen), stay - moved, wastes, orders


@pytest.mark.parametrize("part", range(10))
def test_no_choice_is_better(part: int) -> None:
    for seed in range(part * 300, (part + 1) * 300):
        _prove(instance_of(Random(seed)), seed)


def test_no_choice_is_better_among_more_starts_than_are_bounded_in_every_row() -> None:
    for seed in range(150):
        _prove(instance_of(Random(seed), range(STARTS_MAX + 2)), seed)


@pytest.mark.parametrize("budget", [0, 1, 10, 100, 500])
def test_what_is_not_solved_fits_and_keeps_what_is_paid(budget: int) -> None:
    for seed in range(200):
        instance = instance_of(Random(seed))
        cover = solve(instance, Work(budget))
        best = solve(instance)

        assert fits(instance, cover.chosen), seed
        assert worth(instance, cover.chosen)[0] == worth(instance, instance.kept or cover.chosen)[0], seed
        assert cover.bound >= best.paid, seed
        if cover.proven:
            assert worth(instance, cover.chosen) == worth(instance, best.chosen), seed


def _prove(instance: Instance, seed: int) -> None:
    every: list[list[int | None]] = [[None, *range(len(options))] for options in instance.options]
    all_worth = [worth(instance, chosen) for chosen in product(*every) if fits(instance, chosen)]
    wastes = sorted({rank for each in all_worth for rank in each[3]})  # type: ignore[type-var]
    orders = sorted({rank for each in all_worth for rank in each[4]})  # type: ignore[type-var]

    work = Work(WORK)
    cover = solve(instance, work)

    assert fits(instance, cover.chosen), seed
    told = [
        [*each[:3], *(each[3][rank] for rank in wastes), *(each[4][rank] for rank in orders)]
        for each in (worth(instance, cover.chosen), *all_worth)
    ]
    assert told[0] == max(told), seed
    assert cover.proven, seed
    assert cover.bound == cover.paid, seed
    assert work.left > 0
