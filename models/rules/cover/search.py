"""Branch and bound over the relaxation: exact while the work lasts, then the best found and what it cannot exceed."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from models.rules.cover.face import TOLERANCE, Face, Numbers, Relaxed
from models.rules.cover.instance import Cover, Instance
from models.rules.cover.plain import worth_asking
from models.rules.cover.program import Program
from models.rules.cover.relaxation import InfeasibleError, Relaxation, UnsolvedError, Work
from models.rules.cover.tally import repaired

_Bounds = Callable[[Face], Face]


@dataclass(frozen=True, slots=True)
class _Node:
    """A part of all choices, and of those that reach the first aims as what it was split from does, aim after aim."""

    faces: tuple[Face, ...]
    reached: tuple[int, ...] = ()
    cut: _Bounds = lambda face: face


class Search:
    """The search for the best choice of an instance."""

    def __init__(self, instance: Instance, work: Work) -> None:
        """Prepare; nothing is solved yet."""
        self._instance, self._work = instance, work
        asked = worth_asking(instance)
        self._program = Program(instance, asked)
        self._relaxation = Relaxation(self._program, work)
        self._in_order = [
            sorted(indexes, key=lambda index, options=options: options[index].rank[1])  # type: ignore[misc]
            for indexes, options in zip(asked, instance.options, strict=True)
        ]
        self._best: dict[int, int] = {}
        self._value: tuple[int, ...] = ()
        self._face: Face | None = None

    def run(self) -> Cover:
        """Solve. Where the work runs out the choice may be worse than the best; `bound` is what it cannot exceed."""
        self._keep({visit: index for visit, index in enumerate(self._instance.kept) if index is not None})
        left = [_Node((self._relaxation.all,))]
        while left and self._work.left > 0:
            node = left.pop()
            if not self._may_be_better(node.reached):
                continue
            faces = tuple(node.cut(face) for face in node.faces)
            try:
                found = self._relaxed(faces)
            except (InfeasibleError, UnsolvedError):
                left.append(node)
                break
            if found is not None:
                self._keep(self._rounded(found.point), found.faces[-1])
                if not found.whole:
                    faces = (*faces[: len(found.faces[0].reached)], *found.faces)
                    left += (_Node(faces, found.reached, cut) for cut in self._parts(found))
        self._settle()
        return self._cover(left)

    def _relaxed(self, faces: tuple[Face, ...]) -> Relaxed | None:
        """Return the best point of the last face that has any, None where that is not as good as the best found.

        Each face lies inside the one before it and is better than what lies outside.
        """
        try:
            return self._relaxation.best(faces[-1], self._value)
        except InfeasibleError:
            pass
        # What is only in faces before those that are as good as the best found is worse than it.
        some = next(n for n in reversed(range(len(faces))) if faces[n].reached == self._value[: len(faces[n].reached)])
        none = len(faces) - 1
        if some == none or not self._relaxation.leaves_something(faces[some]):
            return None
        while none - some > 1:
            middle = (some + none) // 2
            if self._relaxation.leaves_something(faces[middle]):
                some = middle
            else:
                none = middle
        return self._relaxation.best(faces[some], self._value)

    def _settle(self) -> None:
        """Let the earlier visits be paid, and by the better payer, as far as that costs nothing else.

        The payers start where they do in the best choice.
        """
        if self._face is None:
            return
        chosen = [self._instance.options[visit][index] for visit, index in self._best.items()]
        closed = [
            column
            for (payer, start), column in self._program.started.items()
            if any(each.payer == payer and start not in (each.starts or ()) for each in chosen)
        ]
        point = self._relaxation.settled(self._face.bounded(closed, most=0))
        if point is not None:
            settled = repaired(self._instance, self._rounded(point), self._in_order)
            if self._relaxation.values(self._point(settled)) == self._value:
                self._best = settled

    def _rounded(self, point: Numbers) -> dict[int, int]:
        """Return the choices that are made for the most part."""
        return {visit: index for (visit, index), column in self._program.chosen.items() if point[column] > 0.5}

    def _keep(self, wanted: dict[int, int], face: Face | None = None) -> None:
        """Remember what is wanted, made to fit, where it is the best so far, and the face of all as good as it."""
        chosen = repaired(self._instance, wanted, self._in_order)
        value = self._relaxation.values(self._point(chosen))
        if value > self._value:
            self._best, self._value, self._face = chosen, value, None
        if self._face is None and face is not None and face.reached == self._value:
            self._face = face

    def _point(self, chosen: dict[int, int]) -> Numbers:
        point = np.zeros(self._program.columns)
        for choice in chosen.items():
            point[self._program.chosen[choice]] = 1
            opening = self._program.joins(choice)
            if opening is not None:
                point[opening] = 1
        return point

    def _may_be_better(self, reached: tuple[int, ...]) -> bool:
        return reached >= self._value[: len(reached)] and reached != self._value

    def _parts(self, found: Relaxed) -> "Iterator[_Bounds]":
        """Split at what is chosen in part; the part that seems better comes last, to be looked at first."""
        starts = self._split_starts(found)
        if starts is not None:
            for closed in starts:
                yield lambda face, closed=closed: face.bounded(closed, most=0)  # type: ignore[misc]
            return
        column = self._least_whole(found)
        share = float(found.point[column])
        below, above = np.floor(share), np.ceil(share)
        parts: list[_Bounds] = [
            lambda face: face.bounded([column], most=below),
            lambda face: face.bounded([column], least=above),
        ]
        yield from parts if share - below >= 0.5 else reversed(parts)

    def _split_starts(self, found: Relaxed) -> tuple[list[int], list[int]] | None:
        """Return the starts of one payer in two parts, each to be closed once: half of what is chosen in each."""
        in_part: dict[int, dict[int, float]] = {}
        for (payer, start), column in self._program.started.items():
            if TOLERANCE < found.point[column] < 1 - TOLERANCE:
                in_part.setdefault(payer, {})[start] = float(found.point[column])
        if not in_part:
            return None
        payer, shares = max(in_part.items(), key=lambda each: (len(each[1]), -each[0]))
        # Some share lies on either side of the edge, so that neither part repeats what was found.
        below, edge = 0.0, min(shares)
        for start in sorted(shares)[:-1]:
            below, edge = below + shares[start], start
            if below >= 0.5:
                break
        first = [column for (each, start), column in self._program.started.items() if each == payer and start <= edge]
        second = [column for (each, start), column in self._program.started.items() if each == payer and start > edge]
        return (second, first) if below < 0.5 else (first, second)

    def _least_whole(self, found: Relaxed) -> int:
        """Return a column to be made whole: counts of visits first, then days, then options."""
        fractions = found.fractions
        for columns in (self._program.counted, [*self._program.opened.values()]):
            if columns and fractions[columns].max() > TOLERANCE:
                return columns[int(np.argmax(fractions[columns]))]
        return int(np.argmax(fractions))

    def _cover(self, left: list[_Node]) -> Cover:
        """Return the best choice. Of what was not looked at, nothing exceeds what it was split from."""
        open_still = [node.reached for node in left if self._may_be_better(node.reached)]
        count = len(self._instance.options)
        payable = sum(map(bool, self._instance.options))
        most = max((reached[0] % (count + 1) if reached else payable for reached in open_still), default=0)
        chosen = tuple(self._best.get(visit) for visit in range(count))
        return Cover(chosen, not open_still, max(most, len(self._best)))
