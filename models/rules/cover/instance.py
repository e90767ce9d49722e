"""What is to be solved: which visits may be paid in which ways, and everything that may be spent only once."""

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

Rank = tuple[tuple[Any, ...], tuple[Any, ...]]
"""How good a way to pay is, lower first: its waste, and its place in the business's order."""


@dataclass(frozen=True, slots=True)
class Option:
    """One way to pay for one visit: by which payer, from which lot (None counts nothing), how many units.

    With a `day`, the first visit of that day that the payer pays for spends the units; the others join it from the
    same lot for nothing, with the rank `joined`. Where the start of the payer is still to be chosen, `starts` are the
    numbers of those it may pay from; all visits of a payer need one start in common.
    """

    payer: int
    lot: int | None
    quantity: int
    rank: Rank
    day: Hashable | None = None
    joined: Rank | None = None
    starts: frozenset[int] | None = None

    @property
    def units(self) -> int:
        """What it weighs among ways of its rank: the units it spends, and one where it spends none."""
        return max(1, self.quantity)


@dataclass(frozen=True, slots=True)
class Limit:
    """Of these (visit, payer) pairs of one payer at most `capacity` may be chosen, whichever lot pays.

    With `starts` it holds only where the payer starts on one of them.
    """

    capacity: int
    members: frozenset[tuple[int, int]]
    starts: frozenset[int] | None = None


@dataclass(frozen=True, slots=True)
class Instance:
    """The options of each visit, visits in start order; the units each lot has; the limits.

    `kept` names the option that pays for a visit already: it is to stay paid before all else, and there if it can.
    """

    options: tuple[tuple[Option, ...], ...]
    lots: tuple[int, ...]
    limits: tuple[Limit, ...] = ()
    kept: tuple[int | None, ...] = ()


@dataclass(frozen=True, slots=True)
class Cover:
    """The option chosen for each visit, or None. `bound` is a number of visits that no solution can exceed."""

    chosen: tuple[int | None, ...]
    proven: bool
    bound: int

    @property
    def paid(self) -> int:
        """How many visits it pays."""
        return sum(option is not None for option in self.chosen)


class Weights:
    """The lexicographic objective as one integer a choice, so that sums compare like the whole list of aims.

    From the highest digit: visits paid already that stay paid, visits paid, visits left where they are, units by
    waste, units by the business's order, then the earlier visits, each with the better payer.
    """

    def __init__(self, instance: Instance) -> None:
        """Lay the digits out; none can overflow into the next."""
        every = [option for options in instance.options for option in options]
        ranks = [rank for option in every for rank in (option.rank, option.joined) if rank is not None]
        wastes, orders = sorted({rank[0] for rank in ranks}), sorted({rank[1] for rank in ranks})
        self._orders = {order: index for index, order in enumerate(orders)}
        count = len(instance.options)
        self._base, self._visits = len(orders) + 1, count
        digits: int = self._base**count
        self._earlier = digits
        self.low = digits << count
        base = 1 + sum(max((option.units for option in options), default=1) for options in instance.options)
        self._by_order: dict[Any, int] = {order: self.low * base**index for index, order in enumerate(reversed(orders))}
        above: int = self.low * base ** len(orders)
        self._by_waste: dict[Any, int] = {waste: above * base**index for index, waste in enumerate(reversed(wastes))}
        self._kept: int = above * base ** len(wastes)
        self.visit: int = self._kept * (count + 1)
        self.staying: int = self.visit * (count + 1)
        self._where = instance.kept or (None,) * count
        self._known: dict[tuple[int, int, bool], int] = {}

    def of(self, visit: int, index: int, option: Option, *, joins: bool = False) -> int:
        """Return what choosing the option for the visit is worth."""
        key = visit, index, joins
        if key not in self._known:
            self._known[key] = self._of(visit, index, option, joins=joins)
        return self._known[key]

    def _of(self, visit: int, index: int, option: Option, *, joins: bool) -> int:
        rank = option.joined if joins and option.joined is not None else option.rank
        last = self._visits - 1 - visit
        place: int = (self._base - 1 - self._orders[rank[1]]) * self._base**last
        stays = 0 if self._where[visit] is None else self.staying
        kept = self._kept if self._where[visit] == index else 0
        return stays + self.visit + kept + self.worth(option, joins=joins) + (self._earlier << last) + place

    def worth(self, option: Option, *, joins: bool) -> int:
        """Return the part of it that says what is spent."""
        joined = joins and option.joined is not None
        rank = option.joined if joins and option.joined is not None else option.rank
        units = 1 if joined else option.units
        spent: int = units * (self._by_waste[rank[0]] + self._by_order[rank[1]])
        return spent
