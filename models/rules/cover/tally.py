"""What is left of lots, limits and days while options are chosen one by one: the exact rules of an instance."""

from collections.abc import Hashable, Mapping, Sequence

from models.rules.cover.instance import Instance, Option

Day = tuple[int, Hashable]
"""A payer and one of its days."""


class Tally:
    """Keeps account of chosen options."""

    def __init__(self, instance: Instance) -> None:
        """Begin with nothing chosen."""
        self._of_pair: dict[tuple[int, int], list[int]] = {}
        for number, limit in enumerate(instance.limits):
            for pair in limit.members:
                self._of_pair.setdefault(pair, []).append(number)
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


def repaired(instance: Instance, wanted: Mapping[int, int], in_order: Sequence[Sequence[int]]) -> dict[int, int]:
    """Choose what is wanted as far as it fits, then what else fits, best first. Return an option a visit."""
    tally = Tally(instance)
    chosen: dict[int, int] = {}
    for visit, index in sorted(wanted.items()):
        option = instance.options[visit][index]
        if tally.fits(visit, option):
            tally.take(visit, option)
            chosen[visit] = index
    for visit, options in enumerate(instance.options):
        if visit not in chosen:
            for index in in_order[visit]:
                if tally.fits(visit, options[index]):
                    tally.take(visit, options[index])
                    chosen[visit] = index
                    break
    return chosen
