"""What is wanted of a choice, one aim after another: the first that differs decides between two choices."""

from collections.abc import Collection, Iterable, Iterator

from models.rules.cover.program import Program, Terms

DIGITS = 300_000
"""How far apart the largest and the smallest number of one sum may be; a double holds more, the solver less."""


def aims(program: Program) -> list[Terms]:
    """Return what counts, each a sum to be as large as can be.

    Visits paid already that stay paid, visits paid, visits left where they are, units by waste, units by order.
    """
    kept = program.instance.kept
    paid_already = {visit for visit, option in enumerate(kept) if option is not None}
    count = len(program.instance.options) + 1
    found: list[Terms] = [
        {column: 1 + count * (visit in paid_already) for (visit, _), column in program.chosen.items()},
        {column: 1 for (visit, index), column in program.chosen.items() if kept and kept[visit] == index},
        *_units(program, 0),
        *_units(program, 1),
    ]
    return _together(found, program)


def _together(found: Iterable[Terms], program: Program) -> list[Terms]:
    """Make one sum of aims that follow each other, as far as their digits have room beside each other.

    What was an aim before is settled, and left out.
    """
    together: list[Terms] = []
    room = 0
    known: list[Terms] = []
    for terms in found:
        if not terms or terms in known:
            continue
        known.append(terms)
        reach = 1 + sum(abs(times) * program.most[column] for column, times in terms.items())
        if len(together) > 1 and room * reach < DIGITS:
            before = together[-1]
            for column in before:
                before[column] *= reach
            for column, times in terms.items():
                before[column] = before.get(column, 0) + times
            room *= reach
        else:
            together.append(dict(terms))
            room = reach
    return together


def _units(program: Program, part: int) -> Iterator[Terms]:
    """Yield the units spent at each rank, the first to be spent first. Who joins a day counts as one."""
    by_rank: dict[tuple[object, ...], Terms] = {}
    opened = set()
    for choice, column in program.chosen.items():
        option, opening = program.option(choice), program.joins(choice)
        if opening is None:
            by_rank.setdefault(option.rank[part], {})[column] = option.units
            continue
        joined = by_rank.setdefault((option.joined or option.rank)[part], {})
        joined[column] = 1
        if opening not in opened:
            opened.add(opening)
            joined[opening] = joined.get(opening, 0) - 1
            spent = by_rank.setdefault(option.rank[part], {})
            spent[opening] = spent.get(opening, 0) + option.units
    for rank in sorted(by_rank):
        yield by_rank[rank]


def tie(program: Program, open_still: Collection[int], first: int, *, placed: bool) -> tuple[Terms, int]:
    """Return what decides between choices equal in every aim, and the visit to go on from.

    The earlier visits are paid, then each by the better payer. Only columns that are open still count.
    """
    digits: list[list[int]] = []
    room = 1
    for visit in range(first, len(program.instance.options)):
        columns = [column for column in program.of_visit[visit] if column in open_still]
        if columns:
            if placed:
                columns.sort(key=lambda column: program.place[column])
            base = 1 + (len(columns) if placed else 1)
            if digits and room * base > DIGITS:
                return _in_turn(digits, placed=placed), visit
            digits.append(columns)
            room *= base
    return _in_turn(digits, placed=placed), len(program.instance.options)


def _in_turn(digits: list[list[int]], *, placed: bool) -> Terms:
    terms: Terms = {}
    weight = 1
    for columns in reversed(digits):
        terms |= {column: weight * (number if placed else 1) for number, column in enumerate(reversed(columns), 1)}
        weight *= 1 + (len(columns) if placed else 1)
    return terms
