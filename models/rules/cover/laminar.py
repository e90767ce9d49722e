"""Sets of visits with a capacity each, made into a family in which no two cross, so that a flow can hold them all."""

from collections.abc import Iterable

Bounded = tuple[frozenset[int], int]
"""Visits, and how many of them may be chosen."""


def laminar(sets: Iterable[Bounded]) -> list[Bounded]:
    """Return the family, larger sets first. A set that crosses one before it is kept as far as it does not.

    What is left of it is still true, so whatever the family bounds is bounded rightly; it may only be too generous.
    """
    smallest: dict[frozenset[int], int] = {}
    for members, room in sorted(sets, key=lambda each: (-len(each[0]), each[1], sorted(each[0]))):
        left = members
        for other in smallest:
            if left & other and not (left <= other or other <= left):
                left -= other
        if len(left) > room and room < smallest.get(left, len(left)):
            smallest[left] = room
    return sorted(smallest.items(), key=lambda each: (-len(each[0]), sorted(each[0])))


def most_that_fit(sizes: Iterable[int], room: int) -> int:
    """Return how many of the sizes fit into the room, the smallest first."""
    count = 0
    for size in sorted(sizes):
        room -= size
        if room < 0:
            break
        count += 1
    return count
