"""Parts of what a program lets be chosen, and the best point found in one."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import highspy
import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]

TOLERANCE = 1e-6
"""How far from a whole number, or from nothing, the solver may stray."""


@dataclass(frozen=True, slots=True)
class Face:
    """Bounds of columns and rows, and what every point within them reaches of the first aims.

    Aims that were reached by a fraction are `cut` to a whole number. `basis` is where the solver was when it had
    reached the next aim as far as it can be, with the number of rows that it had then.
    """

    least: Numbers
    most: Numbers
    rows_least: Numbers
    rows_most: Numbers
    reached: tuple[int, ...] = ()
    cut: frozenset[int] = frozenset()
    basis: tuple[int, highspy.HighsBasis] | None = None

    def bounded(self, columns: Sequence[int], *, least: float | None = None, most: float | None = None) -> "Face":
        """Return it with other bounds for these columns."""
        changed = replace(self, least=self.least.copy(), most=self.most.copy())
        if least is not None:
            changed.least[list(columns)] = least
        if most is not None:
            changed.most[list(columns)] = most
        return changed

    def leaves_open(self, wanted: Numbers) -> bool:
        """Say whether a column that counts for the sum may still take more than one value."""
        return bool(np.any(wanted[self.least < self.most]))

    def as_good_as(self, costs: Numbers, prices: Numbers) -> "Face":
        """Leave only points as good as the one with these reduced costs and prices of rows.

        What would cost something if it changed stays where it is.
        """
        return replace(
            self,
            least=np.where(costs < -TOLERANCE, self.most, self.least),
            most=np.where(costs > TOLERANCE, self.least, self.most),
            rows_least=np.where(prices < -TOLERANCE, self.rows_most, self.rows_least),
            rows_most=np.where(prices > TOLERANCE, self.rows_least, self.rows_most),
            basis=None,
        )


@dataclass(frozen=True, slots=True)
class Relaxed:
    """The best point of a face, and what no choice within the face exceeds, aim by aim.

    `faces` are the one asked about and, aim after aim, what of it reaches that aim. Aims that are missing at the end
    are not known.
    """

    point: Numbers
    faces: tuple[Face, ...]
    reached: tuple[int, ...]

    @property
    def fractions(self) -> Numbers:
        """Return how far each column is from being whole."""
        return fractions(self.point)

    @property
    def whole(self) -> bool:
        """Say whether nothing is chosen in part."""
        return whole(self.point)


def fractions(point: Numbers) -> Numbers:
    """Return how far each number is from being whole."""
    distance: Numbers = np.abs(point - np.round(point))
    return distance


def whole(point: Numbers) -> bool:
    """Say whether every number is whole."""
    return bool(np.all(fractions(point) < TOLERANCE))
