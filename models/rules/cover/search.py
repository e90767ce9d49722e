"""Branch and bound over the relaxed flow: exact while the work lasts, then the best found and what it cannot exceed."""

from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import count

from models.rules.cover.flow import Flow, Work
from models.rules.cover.instance import Instance, Weights
from models.rules.cover.network import Choice, Days, Network
from models.rules.cover.tally import Day, Tally, limits_of_pairs, repaired


@dataclass(frozen=True, slots=True)
class Found:
    """The best choice found for some visits, what it is worth, and what no choice can exceed."""

    chosen: dict[int, int]
    value: int
    bound: int
    proven: bool


@dataclass(frozen=True, slots=True)
class _Node:
    network: Network
    flow: Flow
    days: Days
    closed: frozenset[Choice]

    def wanted(self) -> dict[int, int]:
        """Return what the relaxed flow chooses."""
        return {visit: index for (visit, index), arc in self.network.arcs.items() if self.flow.used(arc)}


class Search:
    """The search for the best choice of one set of visits that share something."""

    def __init__(self, instance: Instance, weights: Weights, visits: list[int], work: Work) -> None:
        """Prepare; nothing is solved yet."""
        self._instance, self._weights, self._visits, self._work = instance, weights, visits, work
        self._of_pair = limits_of_pairs(instance)
        self._in_order = {
            visit: sorted(
                range(len(instance.options[visit])),
                key=lambda index, visit=visit: -weights.of(visit, index, instance.options[visit][index]),  # type: ignore[misc]
            )
            for visit in visits
        }
        self._best: tuple[int, dict[int, int]] = (0, {})
        self._serial = count()
        self._open: list[tuple[int, int, int, _Node]] = []

    def run(self) -> Found:
        """Solve. The value is exact where `proven`; otherwise `bound` says how good it could still be."""
        days = Days(_shared_days(self._instance, self._visits))
        self._push(self._laid_out(days, frozenset()))
        seen: set[tuple[frozenset[Choice], frozenset[tuple[Day, int | None]]]] = set()
        low = self._weights.low
        while self._open:
            bound, node = -self._open[0][0], self._open[0][3]
            if bound // low <= self._best[0] // low:
                break
            if self._work.left <= 0:
                return Found(self._best[1], self._best[0], bound, proven=False)
            heappop(self._open)
            for child in self._children(node, bound):
                key = (child.closed, frozenset(child.days.decided.items()))
                if key not in seen:
                    seen.add(key)
                    self._push(child)
        return Found(self._best[1], self._best[0], self._best[0], proven=True)

    def _laid_out(self, days: Days, closed: frozenset[Choice]) -> _Node:
        network = Network(self._instance, self._weights, self._visits, days, self._work)
        network.solve(closed)
        return _Node(network, network.flow, days, closed)

    def _push(self, node: _Node) -> None:
        """Bound the node by its flow, and keep what its choice comes to once it is made to fit."""
        wanted = node.wanted()
        bound = -node.network.spent
        for visit, index in wanted.items():
            bound += node.network.worth[visit, index]
        value, chosen, _ = self._fitted(wanted)
        if value > self._best[0]:
            self._best = (value, chosen)
        heappush(self._open, (-bound, -len(node.closed), next(self._serial), node))

    def _fitted(self, wanted: dict[int, int]) -> tuple[int, dict[int, int], Choice | None]:
        tally = Tally(self._instance, self._of_pair)
        return repaired(self._instance, self._weights, tally, self._visits, wanted, self._in_order)

    def _children(self, node: _Node, bound: int) -> list[_Node]:
        """Split the node, which is better than anything found, so that no child repeats what is wrong with it."""
        wanted = node.wanted()
        undecided: dict[Day, int] = {}
        for visit, index in wanted.items():
            option = self._instance.options[visit][index]
            if node.days.state(option) == "UNDECIDED":
                day = (option.payer, option.day)
                undecided[day] = undecided.get(day, 0) + 1
        if undecided:
            day = max(undecided, key=lambda each: (undecided[each], repr(each)))
            return self._decided(node, day)
        _, _, misfit = self._fitted(wanted)
        if misfit is None:
            return []
        return [self._without(node, choices) for choices in self._conflict(wanted, misfit)]

    def _decided(self, node: _Node, day: Day) -> list[_Node]:
        lots = {
            option.lot
            for visit in node.days.shared[day]
            for option in self._instance.options[visit]
            if (option.payer, option.day) == day
        }
        ways = [*sorted(lot for lot in lots if lot is not None), None]
        opened = [lot for lot in node.days.decided.values() if lot is not None]
        return [
            self._laid_out(Days(node.days.shared, {**node.days.decided, day: lot}), node.closed)
            for lot in ways
            if lot is None or opened.count(lot) < self._instance.lots[lot]
        ]

    def _without(self, node: _Node, choices: list[Choice]) -> _Node:
        flow = node.flow.copy()
        for choice in choices:
            if choice in node.network.arcs:
                flow.close(node.network.arcs[choice])
        return _Node(node.network, flow, node.days, node.closed.union(choices))

    def _conflict(self, wanted: dict[int, int], misfit: Choice) -> list[list[Choice]]:
        """Return choices of which at least one group must be given up: a smallest set that does not fit together."""
        visit, index = misfit
        options = self._instance.options
        option = options[visit][index]
        for number in self._of_pair.get((visit, option.payer), ()):
            limit = self._instance.limits[number]
            inside = [v for v, i in sorted(wanted.items()) if (v, options[v][i].payer) in limit.members]
            if len(inside) > limit.capacity:
                within = inside[: limit.capacity + 1]
                return [
                    [(v, i) for i, each in enumerate(options[v]) if each.payer == options[v][wanted[v]].payer]
                    for v in within
                ]
        spending = sorted(
            ((v, i) for v, i in wanted.items() if options[v][i].lot == option.lot),
            key=lambda each: (-options[each[0]][each[1]].quantity, each),
        )
        assert option.lot is not None, "only a lot or a limit can be short"
        short, cover = self._instance.lots[option.lot], []
        for v, i in spending:
            cover.append([(v, i)])
            short -= options[v][i].quantity
            if short < 0:
                break
        return cover


def _shared_days(instance: Instance, visits: list[int]) -> dict[Day, tuple[int, ...]]:
    """Return the days that more than one of the visits could be paid by."""
    coming: dict[Day, dict[int, None]] = {}
    for visit in visits:
        for option in instance.options[visit]:
            if option.day is not None:
                coming.setdefault((option.payer, option.day), {})[visit] = None
    return {day: tuple(who) for day, who in coming.items() if len(who) > 1}
