"""What is left of lots, limits and days while options are chosen one by one: the exact rules of an instance."""

from collections.abc import Hashable, Iterable, Mapping, Sequence

from models.rules.cover.instance import Instance, Option, Weights

Day = tuple[int, Hashable]
"""A payer and one of its days."""


class Tally:
    """Keeps account of chosen options."""

    def __init__(self, instance: Instance, of_pair: dict[tuple[int, int], list[int]]) -> None:
        """Begin with nothing chosen; `of_pair` names the limits each (visit, payer) counts towards."""
        self._of_pair = of_pair
        self._lots = list(instance.lots)
        self._limits = [limit.capacity for limit in instance.limits]
        self._days: dict[Day, int | None] = {}
        self._limits_starts = [limit.starts for limit in instance.limits]
        self._starts: dict[int, frozenset[int]] = {}

    def joins(self, option: Option) -> bool:
        """Say whether the option's day is claimed already, so that it spends nothing."""
        return option.day is not None and (option.payer, option.day) in self._days

    def fits(self, visit: int, option: Option) -> bool:
        """Say whether the option may be chosen besides those that were."""
        if option.starts is None:
            if any(self._limits[limit] < 1 for limit in self._of_pair.get((visit, option.payer), ())):
                return False
        elif not self._starts_left(visit, option):
            return False
        if option.day is not None and self.joins(option):
            return self._days[option.payer, option.day] == option.lot
        return option.lot is None or self._lots[option.lot] >= option.quantity

    def _starts_left(self, visit: int, option: Option) -> frozenset[int]:
        """Return the starts that the payer may have with the option chosen; those whose limit is full are none."""
        assert option.starts is not None, "only a payer whose start is to be chosen is asked"
        left = self._starts.get(option.payer, option.starts) & option.starts
        for limit in self._of_pair.get((visit, option.payer), ()):
            if self._limits[limit] < 1:
                starts = self._limits_starts[limit]
                if starts is None:
                    return frozenset()
                left -= starts
        return left

    def take(self, visit: int, option: Option) -> None:
        """Choose it."""
        if option.starts is not None:
            self._starts[option.payer] = self._starts_left(visit, option)
        for limit in self._of_pair.get((visit, option.payer), ()):
            self._limits[limit] -= 1
        if option.lot is not None and not self.joins(option):
            self._lots[option.lot] -= option.quantity
        if option.day is not None:
            self._days.setdefault((option.payer, option.day), option.lot)


def limits_of_pairs(instance: Instance) -> dict[tuple[int, int], list[int]]:
    """Return the limits that each (visit, payer) counts towards."""
    of_pair: dict[tuple[int, int], list[int]] = {}
    for number, limit in enumerate(instance.limits):
        for pair in limit.members:
            of_pair.setdefault(pair, []).append(number)
    return of_pair


def repaired(
    instance: Instance,
    weights: Weights,
    tally: Tally,
    visits: Iterable[int],
    wanted: Mapping[int, int],
    in_order: Mapping[int, Sequence[int]],
) -> tuple[int, dict[int, int], tuple[int, int] | None]:
    """Choose what is wanted as far as it fits, then what else fits, best first.

    Return what it is worth, the choice, and the first that was wanted and did not fit.
    """
    value = 0
    chosen: dict[int, int] = {}
    left: list[int] = []
    misfit: tuple[int, int] | None = None
    for visit in visits:
        index = wanted.get(visit)
        if index is None:
            left.append(visit)
            continue
        option = instance.options[visit][index]
        if tally.fits(visit, option):
            value += weights.of(visit, index, option, joins=tally.joins(option))
            tally.take(visit, option)
            chosen[visit] = index
        else:
            misfit = misfit or (visit, index)
            left.append(visit)
    for visit in left:
        for index in in_order[visit]:
            option = instance.options[visit][index]
            if tally.fits(visit, option):
                value += weights.of(visit, index, option, joins=tally.joins(option))
                tally.take(visit, option)
                chosen[visit] = index
                break
    return value, chosen, misfit
