"""Visits whose best way to be paid takes nothing from any other: they are settled before anything is solved."""

from models.rules.cover.instance import Instance, Option


def worth_asking(instance: Instance) -> list[tuple[int, ...]]:
    """Return, for each visit, the numbers of the options that the best choice may take.

    Where the first of a visit by every rank draws on nothing scarce, no better choice passes it by. What its other
    options would have drawn on is then less scarce, which may settle more visits.
    """
    asked = [tuple(range(len(options))) for options in instance.options]
    limited = {pair for limit in instance.limits if len(limit.members) > limit.capacity for pair in limit.members}
    first = {
        visit: index
        for visit, options in enumerate(instance.options)
        if (index := _first(options)) is not None
        and (not instance.kept or instance.kept[visit] in (None, index))
        and (visit, options[index].payer) not in limited
    }
    demand = [0] * len(instance.lots)
    for options in instance.options:
        for option in options:
            if option.lot is not None:
                demand[option.lot] += option.quantity
    settled = True
    while settled:
        settled = False
        for visit, index in list(first.items()):
            options = instance.options[visit]
            lot = options[index].lot
            if lot is None or demand[lot] <= instance.lots[lot]:
                for other, option in enumerate(options):
                    if other != index and option.lot is not None:
                        demand[option.lot] -= option.quantity
                asked[visit] = (index,)
                del first[visit]
                settled = True
    return asked


def _first(options: tuple[Option, ...]) -> int | None:
    """Return the option that comes first by every rank and asks for no day and no start, if there is one."""
    for index, option in enumerate(options):
        if option.day is None and option.starts is None and all(_before(option, other) for other in options):
            return index
    return None


def _before(option: Option, other: Option) -> bool:
    """Say whether the one is as good as the other, whether or not that joins a day: of what ends alike, more units."""
    joined, units = (other.rank, other.units) if other.joined is None else (other.joined, 1)
    worth = option.rank[0], -option.units, option.rank[1]
    return worth <= (other.rank[0], -other.units, other.rank[1]) and worth <= (joined[0], -units, joined[1])
