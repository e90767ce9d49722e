"""The relaxed instance as a flow: exact for units, laminar limits and days that come whole, generous for all else.

A network is narrowed step by step: options are closed, sets of options are bounded, days are opened. Each step puts
right what flowed before instead of beginning anew.
"""

from collections.abc import Iterable

from models.rules.cover.flow import Flow, Work
from models.rules.cover.instance import Instance, Option, Weights
from models.rules.cover.laminar import Bounded, laminar, most_that_fit
from models.rules.cover.tally import Day

Choice = tuple[int, int]
"""A visit and the number of one of its options."""
Root = tuple[int, int | None]
"""A payer and one of its lots (None counts nothing): what the sets of one tree are of."""


class Cell:
    """The visits of one shared day that one lot could pay for.

    Where a day comes whole, its ways on cost exactly one unit of the lot and the price of opening it.
    """

    __slots__ = ("choices", "dear", "free", "price", "through_lot")

    def __init__(self, choices: list[Choice], price: int) -> None:
        """Begin without ways on; a payer with limits has none."""
        self.choices, self.price = choices, price
        self.through_lot: int | None = None
        self.free: int | None = None
        self.dear: int | None = None


class Network:
    """The flow of some visits, with the arc of each of their options and what it is worth."""

    def __init__(self, instance: Instance, weights: Weights, visits: list[int], work: Work) -> None:
        """Lay the network out and send every visit through it."""
        self.instance, self.visits, self._weights = instance, visits, weights
        self.arcs: dict[Choice, int] = {}
        self.worth: dict[Choice, int] = {}
        self.roots: dict[Root, list[Choice]] = {}
        self.cells: dict[Day, dict[int, Cell]] = {}
        self.trees: dict[Root, tuple[tuple[frozenset[int], int], ...]] = {}
        self.spent = 0
        self.flow = Flow(len(visits) + 1, work)
        self._sink = len(visits)
        self._most = weights.staying * 2
        self._lay_out()
        work.left -= 4 * len(self.arcs)
        for node in range(len(visits)):
            self.flow.send(node, self._sink)

    def copy(self) -> "Network":
        """Return a network of its own."""
        twin = object.__new__(Network)
        twin.__dict__.update(self.__dict__)
        twin.flow, twin.trees = self.flow.copy(), self.trees.copy()
        return twin

    def wanted(self) -> dict[int, int]:
        """Return what the flow chooses."""
        return {visit: index for (visit, index), arc in self.arcs.items() if self.flow.used(arc)}

    def bound(self, wanted: dict[int, int]) -> int:
        """Return what no choice that this network allows can exceed."""
        dear = sum(
            cell.price
            for lots in self.cells.values()
            for cell in lots.values()
            if cell.dear is not None and self.flow.used(cell.dear)
        )
        return sum(self.worth[choice] for choice in wanted.items()) - self.spent - dear

    def close(self, choices: Iterable[Choice]) -> None:
        """Allow none of these choices any more."""
        for choice in choices:
            self.flow.close(self.arcs[choice])

    def open(self, day: Day, lot: int) -> None:
        """Spend one unit of the lot on the day, whose visits it then pays for, and no other lot."""
        for other, cell in self.cells[day].items():
            if other != lot:
                self.close(cell.choices)
        cell = self.cells[day][lot]
        self.spent += cell.price
        if cell.free is not None and cell.dear is not None and cell.through_lot is not None:
            self.flow.widen(cell.free, 2)
            self.flow.close(cell.dear)
            self.flow.close(cell.through_lot)
            for members, arc in self.trees[day[0], lot]:
                if members == frozenset(visit for visit, _ in self.roots[day[0], lot]):
                    self.flow.lessen(arc)

    def shut(self, day: Day) -> None:
        """Let nothing pay for the visits of the day as such."""
        for cell in self.cells[day].values():
            self.close(cell.choices)

    def bind(self, root: Root, members: frozenset[int], room: int) -> None:
        """Let the root pay for at most so many of these visits, which cross none of the sets it is bounded by."""
        tree = self.trees[root]
        for other, arc in tree:
            if other == members:
                self.flow.narrow(arc, room)
                return
        number = next((number for number, (other, _) in enumerate(tree) if other < members), len(tree))
        above = next((arc for other, arc in reversed(tree[:number]) if members < other), None)
        head = self._sink if above is None else self.flow.tail(above)
        inside = [arc for other, arc in tree[number:] if other < members and self.flow.head(arc) == head]
        inside += [
            self.arcs[choice]
            for choice in self.roots[root]
            if choice[0] in members and self.flow.head(self.arcs[choice]) == head
        ]
        way = self.flow.between(inside, head, room)
        self.trees[root] = (*tree[:number], (members, way), *tree[number:])

    def pieces(self, root: Root, members: frozenset[int]) -> list[frozenset[int]]:
        """Split visits into parts that cross none of the sets that bound the root."""
        parts = [members & frozenset(visit for visit, _ in self.roots[root])]
        for other, _ in self.trees[root]:
            split = []
            for part in parts:
                inside = part & other
                split += [part] if not inside or inside in (part, other) else [inside, part - inside]
            parts = split
        return [part for part in parts if part]

    def _lay_out(self) -> None:
        nodes = {visit: node for node, visit in enumerate(self.visits)}
        coming: dict[Day, set[int]] = {}
        for visit in self.visits:
            self.flow.arc(nodes[visit], self._sink, 1, self._most)
            for index, option in enumerate(self.instance.options[visit]):
                self.roots.setdefault((option.payer, option.lot), []).append((visit, index))
                if option.day is not None:
                    coming.setdefault((option.payer, option.day), set()).add(visit)
        shared = {day for day, visits in coming.items() if len(visits) > 1}
        limits: dict[int, list[Bounded]] = {}
        for limit in self.instance.limits:
            if limit.starts is None:
                payer = next(payer for _, payer in limit.members)
                limits.setdefault(payer, []).append((frozenset(visit for visit, _ in limit.members), limit.capacity))
        bounded = {payer for limit in self.instance.limits for _, payer in limit.members}
        for root, choices in self.roots.items():
            payer, lot = root
            here = frozenset(visit for visit, _ in choices)
            whole, of_day = self._cells(shared, root, choices), payer not in bounded
            sets = [(members & here, room) for members, room in limits.get(payer, ())]
            if lot is not None and not (whole and of_day):
                sets += self._lot_sets(lot, choices, whole)
            family = laminar(sets)
            if whole and of_day and lot is not None:
                # One unit a day, whatever comes of it: its visits reach the lot by one way together.
                family = [(here, self.instance.lots[lot])]
            self._root(root, family, choices, nodes, whole if of_day else [])

    def _cells(self, shared: set[Day], root: Root, choices: list[Choice]) -> list[Cell]:
        """Register the shared days of a lot. One that it could pay for alone is a day like any other."""
        payer, lot = root
        by_day: dict[Day, list[Choice]] = {}
        for visit, index in choices:
            day = (payer, self.instance.options[visit][index].day)
            if day in shared:
                by_day.setdefault(day, []).append((visit, index))
        found = []
        for day, its_choices in by_day.items():
            option = self._option(its_choices[0])
            price = self._weights.worth(option, joins=True) - self._weights.worth(option, joins=False)
            assert lot is not None, "a day is paid from a lot"
            assert price >= 0, "a visit that joins is worth more than one that opens the day"
            cell = Cell(its_choices, price)
            self.cells.setdefault(day, {})[lot] = cell
            found.append(cell)
        return found

    def _option(self, choice: Choice) -> Option:
        return self.instance.options[choice[0]][choice[1]]

    def _root(
        self, root: Root, family: list[Bounded], choices: list[Choice], nodes: dict[int, int], cells: list[Cell]
    ) -> None:
        """Lay out one lot (or one payer that counts nothing): a tree of the family's sets above its options."""
        inner: list[tuple[frozenset[int], int, int]] = []
        for members, room in family:
            above = next((node for other, node, _ in reversed(inner) if members <= other), self._sink)
            node = self.flow.node()
            inner.append((members, node, self.flow.arc(node, above, room)))
        self.trees[root] = tuple((members, arc) for members, _, arc in inner)
        of_cell: dict[Choice, int] = {}
        for cell in cells:
            node = self.flow.node()
            alone = len(cell.choices) == 1
            cell.through_lot = self.flow.arc(node, inner[0][1], 0 if alone else 1)
            cell.free = self.flow.arc(node, self._sink, max(0, len(cell.choices) - 2))
            cell.dear = self.flow.arc(node, inner[0][1] if alone else self._sink, 1, cell.price)
            of_cell.update(dict.fromkeys(cell.choices, node))
        shared = {choice for lots in self.cells.values() for cell in lots.values() for choice in cell.choices}
        for choice in choices:
            visit, index = choice
            value = self._weights.of(visit, index, self._option(choice), joins=choice in shared)
            head = of_cell.get(choice)
            if head is None:
                head = next((node for members, node, _ in reversed(inner) if visit in members), self._sink)
            self.worth[choice] = value
            self.arcs[choice] = self.flow.arc(nodes[visit], head, 1, self._most - value)

    def _lot_sets(self, lot: int, choices: list[Choice], cells: list[Cell]) -> list[Bounded]:
        """Return what the units of a lot bound: visits of each length or longer, and those of the fullest days."""
        room = self.instance.lots[lot]
        shared = {visit for cell in cells for visit, _ in cell.choices}
        quantities = {visit: self._option((visit, index)).quantity for visit, index in choices if visit not in shared}
        sets = []
        for least in sorted(set(quantities.values())):
            long = [visit for visit, quantity in quantities.items() if quantity >= least]
            sets.append((frozenset(long), most_that_fit((quantities[visit] for visit in long), room)))
        if cells:
            fullest = sorted([*(len(cell.choices) for cell in cells), *(1 for _ in quantities)], reverse=True)[:room]
            sets.append((frozenset(visit for visit, _ in choices), sum(fullest)))
        return sets
