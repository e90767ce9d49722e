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
