"""Cheapest flow, one unit a visit, by shortest augmenting paths; an arc can be closed and the flow put right again."""

from collections.abc import Iterable
from heapq import heappop, heappush


class Work:
    """How many arcs may still be looked at. A budget of steps, not of seconds, so that every run ends alike."""

    __slots__ = ("left",)

    def __init__(self, left: int) -> None:
        """Start with so many."""
        self.left = left


class Flow:
    """A network with whole costs, none negative. Arc 2k+1 is the way back of arc 2k."""

    __slots__ = ("_heads", "_out", "_potential", "_room", "_toll", "_work")

    def __init__(self, nodes: int, work: Work) -> None:
        """Begin without arcs."""
        self._heads: list[int] = []
        self._toll: list[int] = []
        self._room: list[int] = []
        self._out: list[list[int]] = [[] for _ in range(nodes)]
        self._potential = [0] * nodes
        self._work = work

    def arc(self, tail: int, head: int, room: int, cost: int = 0) -> int:
        """Add an arc and return its number."""
        number = len(self._heads)
        self._heads += (head, tail)
        self._toll += (cost, -cost)
        self._room += (room, 0)
        self._out[tail].append(number)
        self._out[head].append(number + 1)
        return number

    def node(self) -> int:
        """Add a node and return its number."""
        self._out.append([])
        self._potential.append(0)
        return len(self._out) - 1

    def copy(self) -> "Flow":
        """Return a flow of its own."""
        twin = object.__new__(Flow)
        twin._heads, twin._toll, twin._work = self._heads.copy(), self._toll.copy(), self._work
        twin._room, twin._potential = self._room.copy(), self._potential.copy()
        twin._out = [arcs.copy() for arcs in self._out]
        return twin

    def head(self, arc: int) -> int:
        """Return the node that the arc leads to."""
        return self._heads[arc]

    def tail(self, arc: int) -> int:
        """Return the node that the arc comes from."""
        return self._heads[arc ^ 1]

    def between(self, arcs: Iterable[int], head: int, room: int) -> int:
        """Let these arcs, which all lead to `head`, lead to a new node whose only way on leads there and has this room.

        Return the number of that way. What flowed beyond its room finds the next cheapest way.
        """
        node = self.node()
        self._potential[node] = self._potential[head]
        way = self.arc(node, head, room)
        flowed = 0
        for arc in arcs:
            self._heads[arc] = node
            self._out[head].remove(arc ^ 1)
            self._out[node].append(arc ^ 1)
            flowed += self._room[arc ^ 1]
        self._room[way], self._room[way ^ 1] = room - flowed, flowed
        self._put_right(way)
        return way

    def narrow(self, arc: int, room: int) -> None:
        """Leave the arc this room at most, in all; what flowed beyond it finds the next cheapest way."""
        self._room[arc] = min(self._room[arc], room - self._room[arc ^ 1])
        self._put_right(arc)

    def lessen(self, arc: int) -> None:
        """Take one unit of room from the arc."""
        self._room[arc] -= 1
        self._put_right(arc)

    def _put_right(self, arc: int) -> None:
        over = max(0, -self._room[arc])
        self._room[arc] += over
        self._room[arc ^ 1] -= over
        for _ in range(over):
            self.send(self._heads[arc ^ 1], self._heads[arc])

    def widen(self, arc: int, more: int) -> None:
        """Give the arc more room. What would then flow more cheaply through it does."""
        tail, head = self._heads[arc ^ 1], self._heads[arc]
        if self._toll[arc] + self._potential[tail] - self._potential[head] >= 0:
            self._room[arc] += more
            return
        self._room[arc ^ 1] += more
        for _ in range(more):
            self.send(head, tail)

    def used(self, arc: int) -> bool:
        """Say whether anything flows along the arc."""
        return self._room[arc ^ 1] > 0

    def close(self, arc: int) -> None:
        """Take away an arc of room one; what flowed along it finds the next cheapest way."""
        flowed = self.used(arc)
        self._room[arc] = self._room[arc ^ 1] = 0
        if flowed:
            self.send(self._heads[arc ^ 1], self._heads[arc])

    def send(self, source: int, target: int) -> None:
        """Send one unit by the cheapest way; there must be one.

        Potentials keep every open arc's reduced cost at zero or more, so Dijkstra may stop at the target.
        """
        heads, toll, room, potential = self._heads, self._toll, self._room, self._potential
        reached: dict[int, int] = {source: 0}
        by: dict[int, int] = {}
        settled: set[int] = set()
        heap = [(0, source)]
        looked = 0
        while True:
            far, node = heappop(heap)
            if node == target:
                break
            if node in settled:
                continue
            settled.add(node)
            base = far + potential[node]
            for arc in self._out[node]:
                looked += 1
                if room[arc]:
                    head = heads[arc]
                    if head in settled:
                        continue
                    through = base + toll[arc] - potential[head]
                    if head not in reached or through < reached[head]:
                        reached[head] = through
                        by[head] = arc
                        heappush(heap, (through, head))
        for node in settled:
            potential[node] += reached[node] - far
        node = target
        while node != source:
            arc = by[node]
            room[arc] -= 1
            room[arc ^ 1] += 1
            node = heads[arc ^ 1]
        self._work.left -= looked
