"""Branch and bound over the relaxed flow: exact while the work lasts, then the best found and what it cannot exceed."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from heapq import heappop, heappush
from itertools import count

from models.rules.cover.flow import Work
from models.rules.cover.instance import Instance, Limit, Option, Weights
from models.rules.cover.network import Choice, Network, Root
from models.rules.cover.tally import Day, Tally, limits_of_pairs, repaired


@dataclass(frozen=True, slots=True)
class Found:
    """The best choice found for some visits, what it is worth, and what no choice can exceed."""

    chosen: dict[int, int]
    value: int
    bound: int
    proven: bool


@dataclass(frozen=True, slots=True)
class _Rules:
    """What was decided on the way to a node: lots that days open from (None: not at all), starts, bounds."""

    days: frozenset[tuple[Day, int | None]] = frozenset()
    starts: frozenset[tuple[int, frozenset[int]]] = frozenset()
    bounds: frozenset[tuple[Root, frozenset[int], int]] = frozenset()
    closed: frozenset[Choice] = frozenset()


@dataclass(frozen=True, slots=True)
class _Node:
    network: Network
    rules: _Rules
    wanted: dict[int, int]
    misfit: Choice | None


_Step = tuple[_Rules, Callable[[Network], None]]
"""What a child decides, and how its network becomes narrower."""


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
        self._starts: dict[int, frozenset[int]] = {}
        for visit in visits:
            for option in instance.options[visit]:
                if option.starts is not None:
                    self._starts[option.payer] = self._starts.get(option.payer, frozenset()) | option.starts
        by_start = (limit for limit in instance.limits if limit.starts is not None)
        self._limited_by_start = {payer for limit in by_start for _, payer in limit.members}
        self._best: tuple[int, dict[int, int]] = (0, {})
        self._serial = count()
        self._open: list[tuple[int, int, _Node]] = []

    def run(self) -> Found:
        """Solve. The value is exact where `proven`; otherwise `bound` says how good it could still be."""
        self._push(Network(self._instance, self._weights, self._visits, self._work), _Rules())
        seen = {_Rules()}
        while self._open:
            bound, _, node = heappop(self._open)
            if not self._may_be_better(-bound):
                break
            if self._work.left <= 0:
                return Found(self._best[1], self._best[0], -bound, proven=False)
            for rules, narrow in self._steps(node):
                if rules not in seen:
                    seen.add(rules)
                    network = node.network.copy()
                    self._work.left -= len(network.arcs)
                    narrow(network)
                    self._push(network, rules)
        return Found(self._best[1], self._best[0], self._best[0], proven=True)

    def _may_be_better(self, bound: int) -> bool:
        return bound // self._weights.low > self._best[0] // self._weights.low

    def _push(self, network: Network, rules: _Rules) -> None:
        """Bound the node by its flow, and keep what its choice comes to once it is made to fit."""
        wanted = network.wanted()
        bound = network.bound(wanted)
        if not self._may_be_better(bound):
            return
        value, chosen, misfit = self._fitted(wanted)
        self._work.left -= 2 * len(self._visits)
        if value > self._best[0]:
            self._best = (value, chosen)
        if self._may_be_better(bound):
            heappush(self._open, (-bound, -next(self._serial), _Node(network, rules, wanted, misfit)))

    def _fitted(self, wanted: dict[int, int]) -> tuple[int, dict[int, int], Choice | None]:
        tally = Tally(self._instance, self._of_pair)
        return repaired(self._instance, self._weights, tally, self._visits, wanted, self._in_order)

    def _steps(self, node: _Node) -> Iterator[_Step]:
        """Split the node, which may be better than anything found, so that no child repeats what is wrong with it."""
        day = self._open_day(node)
        if day is not None:
            yield from self._days(node, day)
            return
        if node.misfit is None:
            return
        option = self._instance.options[node.misfit[0]][node.misfit[1]]
        if option.starts is not None:
            allowed = self._allowed(node, option.payer)
            steps = [*self._start_steps(node, option.payer, allowed)]
            if steps:
                yield from steps
                return
        yield from self._conflict(node, node.misfit, option)

    def _open_day(self, node: _Node) -> Day | None:
        """Return the day with the most visits that the flow does not price exactly, if there is one."""
        decided = {day for day, _ in node.rules.days}
        asked: dict[Day, dict[int, int]] = {}
        for visit, index in node.wanted.items():
            option = self._instance.options[visit][index]
            day = (option.payer, option.day)
            if day in node.network.cells and day not in decided:
                assert option.lot is not None, "a day is paid from a lot"
                lots = asked.setdefault(day, {})
                lots[option.lot] = lots.get(option.lot, 0) + 1
        vague: dict[Day, int] = {}
        for day, lots in asked.items():
            cell = node.network.cells[day][next(iter(lots))]
            if len(lots) > 1 or cell.dear is None or lots != {self._lot_of(cell.choices): len(cell.choices)}:
                vague[day] = sum(lots.values())
        return max(vague, key=lambda day: (vague[day], repr(day))) if vague else None

    def _lot_of(self, choices: list[Choice]) -> int | None:
        return self._instance.options[choices[0][0]][choices[0][1]].lot

    def _days(self, node: _Node, day: Day) -> Iterator[_Step]:
        opened = [lot for _, lot in node.rules.days]
        for lot in sorted(node.network.cells[day]):
            if opened.count(lot) < self._instance.lots[lot]:
                rules = replace(node.rules, days=node.rules.days | {(day, lot)})
                yield rules, lambda network, lot=lot: network.open(day, lot)  # type: ignore[misc]
        yield replace(node.rules, days=node.rules.days | {(day, None)}), lambda network: network.shut(day)

    def _allowed(self, node: _Node, payer: int) -> frozenset[int]:
        return next((starts for each, starts in node.rules.starts if each == payer), self._starts[payer])

    def _start_steps(self, node: _Node, payer: int, allowed: frozenset[int]) -> Iterator[_Step]:
        """Part the starts that a payer may have so that its visits, or its limits, must choose between the parts."""
        if len(allowed) < 2:
            return
        chosen = [self._instance.options[visit][index] for visit, index in node.wanted.items()]
        asked = [each.starts & allowed for each in chosen if each.payer == payer and each.starts is not None]
        common = allowed.intersection(*asked)
        edge = min(max(starts) for starts in asked)
        if common:
            if payer not in self._limited_by_start:
                return
            edge = sorted(allowed)[(len(allowed) - 1) // 2]
        for part in ({each for each in allowed if each <= edge}, {each for each in allowed if each > edge}):
            if part:
                starts = frozenset(part)
                others = frozenset(each for each in node.rules.starts if each[0] != payer)
                rules = replace(node.rules, starts=others | {(payer, starts)})
                yield rules, lambda network, starts=starts: self._narrow_starts(network, payer, starts)  # type: ignore[misc]

    def _narrow_starts(self, network: Network, payer: int, starts: frozenset[int]) -> None:
        network.close(
            (visit, index)
            for visit in self._visits
            for index, option in enumerate(self._instance.options[visit])
            if option.payer == payer and option.starts is not None and not option.starts & starts
        )

    def _conflict(self, node: _Node, misfit: Choice, option: Option) -> Iterator[_Step]:
        """Bound the parts of what does not fit: in each child one part is smaller, in the last one they fit."""
        found = self._short_limit(node, misfit, option) or self._short_lot(node, option)
        groups, room = found
        groups.sort(key=lambda group: (-group[3], -group[2], sorted(group[1])))
        cover, weighs = [], 0
        for group in groups:
            cover.append(group)
            weighs += group[2] * group[3]
            if weighs > room:
                break
        left = room
        for number, (root, members, quantity, many) in enumerate(cover):
            most = left // quantity if number == len(cover) - 1 else many - 1
            left -= quantity * many
            rules = replace(node.rules, bounds=node.rules.bounds | {(root, members, most)})
            yield (
                rules,
                lambda network, root=root, members=members, most=most: network.bind(root, members, most),  # type: ignore[misc]
            )

    def _short_limit(self, node: _Node, misfit: Choice, option: Option) -> "tuple[list[_Group], int] | None":
        """Return the parts of a limit that more than it allows were chosen of."""
        allowed = self._allowed(node, option.payer) if option.starts is not None else None
        options = self._instance.options
        for number in self._of_pair.get((misfit[0], option.payer), ()):
            limit = self._instance.limits[number]
            if limit.starts is not None and (allowed is None or not allowed <= limit.starts):
                continue
            inside = [(v, i) for v, i in node.wanted.items() if (v, options[v][i].payer) in limit.members]
            if len(inside) > limit.capacity:
                return self._groups(node, inside, lambda _, limit=limit: _visits(limit), lambda _: 1), limit.capacity  # type: ignore[misc]
        return None

    def _short_lot(self, node: _Node, option: Option) -> "tuple[list[_Group], int]":
        """Return the visits of each length that the lot has too few units for."""
        assert option.lot is not None, "only a lot or a limit can be short"
        options = self._instance.options
        spending = [
            (v, i)
            for v, i in node.wanted.items()
            if options[v][i].lot == option.lot and (options[v][i].payer, options[v][i].day) not in node.network.cells
        ]

        def same(choice: Choice) -> frozenset[int]:
            quantity = options[choice[0]][choice[1]].quantity
            root = node.network.roots[option.payer, option.lot]
            return frozenset(
                v
                for v, i in root
                if options[v][i].quantity == quantity and (option.payer, options[v][i].day) not in node.network.cells
            )

        opened = sum(lot == option.lot for _, lot in node.rules.days)
        weights = {choice: options[choice[0]][choice[1]].quantity for choice in spending}
        return self._groups(node, spending, same, weights.__getitem__), self._instance.lots[option.lot] - opened

    def _groups(
        self,
        node: _Node,
        choices: list[Choice],
        of: Callable[[Choice], frozenset[int]],
        weight: Callable[[Choice], int],
    ) -> "list[_Group]":
        """Gather choices by the largest sets that their roots can bound."""
        parts: dict[tuple[Root, frozenset[int]], list[frozenset[int]]] = {}
        counts: dict[tuple[Root, frozenset[int], int], int] = {}
        for choice in choices:
            option = self._instance.options[choice[0]][choice[1]]
            key = ((option.payer, option.lot), of(choice))
            if key not in parts:
                parts[key] = node.network.pieces(*key)
            piece = next(part for part in parts[key] if choice[0] in part)
            group = (key[0], piece, weight(choice))
            counts[group] = counts.get(group, 0) + 1
        return [(*group, many) for group, many in counts.items()]


def _visits(limit: Limit) -> frozenset[int]:
    return frozenset(visit for visit, _ in limit.members)


_Group = tuple[Root, frozenset[int], int, int]
"""Visits that one root may pay for, how much each weighs, and how many of them were chosen."""
