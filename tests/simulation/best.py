"""The best way to pay for a few visits together, found by trying every one on paper."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.simulation.model import PassModel
    from tests.simulation.paper import Visit

Way = list["tuple[int | str, float, int] | None"]
"""For each visit what pays for it, its last day, and how many of its units that takes; None leaves it unpaid."""


def best_way(model: PassModel, asked: Sequence[Visit]) -> list[int | str | None]:
    """Return what pays for each visit, in start order: most visits, then what ends soonest is spent first, then the
    earlier visits.
    """
    ends: dict[int | str, float] = {}
    for visit in asked:
        for lot, end, _ in model.ways_to_pay(visit):
            ends.setdefault(lot, end)
    turns = sorted(ends, key=lambda lot: (ends[lot], not _made_up(model, lot), str(lot)))
    best = max(_every_way(model, asked), key=lambda way: _worth(way, ends, turns))
    return [None if paid is None else paid[0] for paid in best]


def _every_way(model: PassModel, asked: Sequence[Visit]) -> Iterator[Way]:
    if not asked:
        yield []
        return
    first, *others = asked
    for paid in [*model.ways_to_pay(first), None]:
        model.put(first, None if paid is None else paid[0])
        for way in _every_way(model, others):
            yield [paid, *way]
        del model.visits[first.asked.id]


def _worth(way: Way, ends: dict[int | str, float], turns: list[int | str]) -> Any:
    """How many are paid; then units by what they waste, free ones first; then by whose turn it is; then who."""
    free = sum(paid is not None and not paid[2] for paid in way)
    of_lot = {lot: sum(paid[2] for paid in way if paid and paid[0] == lot) for lot in turns}
    by_end = [sum(of_lot[lot] for lot in turns if ends[lot] == end) for end in sorted(set(ends.values()))]
    who = [paid is not None for paid in way]
    places = [0 if paid is None else len(turns) - turns.index(paid[0]) + len(turns) * (not paid[2]) for paid in way]
    return sum(who), free, by_end, [of_lot[lot] for lot in turns], who, places


def _made_up(model: PassModel, lot: int | str) -> bool:
    return isinstance(lot, int) and model.lots[lot].made_up_on is not None
