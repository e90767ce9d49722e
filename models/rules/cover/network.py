"""The relaxed instance as a flow: exact for units, laminar limits and decided days, generous for all else."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from models.rules.cover.flow import Flow, Work
from models.rules.cover.instance import Instance, Option, Weights
from models.rules.cover.laminar import Bounded, laminar, most_that_fit
from models.rules.cover.tally import Day

Choice = tuple[int, int]
"""A visit and the number of one of its options."""


@dataclass(frozen=True, slots=True)
class Days:
    """The days that several visits could share, and which of them were decided: opened from a lot, or not at all."""

    shared: Mapping[Day, tuple[int, ...]]
    decided: Mapping[Day, int | None] = field(default_factory=dict)

    def state(self, option: Option) -> str:
        """Return how the option stands: OWN (nothing to share), OPEN, SHUT or UNDECIDED."""
        day = (option.payer, option.day)
        if option.day is None or day not in self.shared:
            return "OWN"
        if day not in self.decided:
            return "UNDECIDED"
        return "OPEN" if self.decided[day] == option.lot else "SHUT"


class Network:
    """The flow of some visits, with the arc of each of their options and what it is worth."""

    def __init__(self, instance: Instance, weights: Weights, visits: list[int], days: Days, work: Work) -> None:
        """Lay the network out and send every visit through it."""
        self.instance, self.visits, self._weights, self._days = instance, visits, weights, days
        self.arcs: dict[Choice, int] = {}
        self.worth: dict[Choice, int] = {}
        self.flow = Flow(len(visits) + 1, work)
        self._sink = len(visits)
        self._most = weights.staying * 2
        self.spent = self._opened()
        self._lay_out()
        work.left -= 4 * len(self.arcs)

    def solve(self, closed: frozenset[Choice]) -> None:
        """Find the best flow that uses none of the closed options."""
        for choice in closed:
            if choice in self.arcs:
                self.flow.close(self.arcs[choice])
        for node in range(len(self.visits)):
            self.flow.send(node, self._sink)

    def _opened(self) -> int:
        """Return what the opened days cost besides what their visits are worth when they join."""
        spent = 0
        for day, lot in self._days.decided.items():
            if lot is not None:
                option = self._opener(day, lot)
                spent += self._weights.worth(option, joins=True) - self._weights.worth(option, joins=False)
        return spent

    def _opener(self, day: Day, lot: int) -> Option:
        for visit in self._days.shared[day]:
            for option in self.instance.options[visit]:
                if (option.payer, option.day) == day and option.lot == lot:
                    return option
        raise AssertionError("a day is opened by one of its options")

    def _lay_out(self) -> None:
        nodes = {visit: node for node, visit in enumerate(self.visits)}
        roots: dict[tuple[int, int | None], list[Choice]] = {}
        for visit in self.visits:
            self.flow.arc(nodes[visit], self._sink, 1, self._most)
            for index, option in enumerate(self.instance.options[visit]):
                state = self._days.state(option)
                if state != "SHUT":
                    lot = None if state == "OPEN" else option.lot
                    roots.setdefault((option.payer, lot), []).append((visit, index))
        limits: dict[int, list[tuple[frozenset[int], int]]] = {}
        for limit in self.instance.limits:
            for payer in {payer for _, payer in limit.members}:
                members = frozenset(visit for visit, each in limit.members if each == payer)
                limits.setdefault(payer, []).append((members, limit.capacity))
        for (payer, lot), choices in roots.items():
            here = frozenset(visit for visit, _ in choices)
            sets = [(members & here, room) for members, room in limits.get(payer, ())]
            if lot is not None:
                sets += self._lot_sets(lot, choices)
            self._root(laminar(sets), choices, nodes)

    def _root(self, family: list[Bounded], choices: list[Choice], nodes: Mapping[int, int]) -> None:
        """Lay out one lot (or one payer that counts nothing): a tree of the family's sets above its options."""
        inner: list[tuple[frozenset[int], int]] = []
        for members, room in family:
            above = next((node for other, node in reversed(inner) if members <= other), self._sink)
            node = self.flow.node()
            self.flow.arc(node, above, room)
            inner.append((members, node))
        for visit, index in choices:
            option = self.instance.options[visit][index]
            head = next((node for members, node in reversed(inner) if visit in members), self._sink)
            state = self._days.state(option)
            value = self._weights.of(visit, index, option, joins=state != "OWN")
            if state == "UNDECIDED":
                value -= self._share(option)
            self.worth[visit, index] = value
            self.arcs[visit, index] = self.flow.arc(nodes[visit], head, 1, self._most - value)

    def _share(self, option: Option) -> int:
        """Return the part of a day's price that each of its visits bears if all of them come: never too much."""
        price = self._weights.worth(option, joins=True) - self._weights.worth(option, joins=False)
        return price // len(self._days.shared[option.payer, option.day]) if price > 0 else price

    def _lot_sets(self, lot: int, choices: list[Choice]) -> list[Bounded]:
        """Return what the units of a lot bound: visits of each length or longer, and those of the fullest days."""
        opened = sum(each == lot for each in self._days.decided.values())
        room = max(0, self.instance.lots[lot] - opened)
        quantities: dict[int, int] = {}
        days: dict[Day, int] = {}
        for visit, index in choices:
            option = self.instance.options[visit][index]
            if self._days.state(option) == "OWN":
                quantities[visit] = option.quantity
            else:
                days[option.payer, option.day] = days.get((option.payer, option.day), 0) + 1
        sets = []
        for least in sorted(set(quantities.values())):
            long = [visit for visit, quantity in quantities.items() if quantity >= least]
            sets.append((frozenset(long), most_that_fit((quantities[visit] for visit in long), room)))
        if days:
            fullest = sorted([*days.values(), *(1 for _ in quantities)], reverse=True)[:room]
            sets.append((frozenset(visit for visit, _ in choices), sum(fullest)))
        return sets
