"""An instance as a program of whole numbers: what may be chosen together, row by row, and every aim as a sum.

A column is 1 where something is chosen: an option, a lot to open a day from, a start of a payer. The rows are laid
out tightly, so that what the relaxation chooses is nearly always whole: a visit joins its day, not the day's sum; a
limit under one start counts only what that start lets in; lots are measured in the largest unit that fits them.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import combinations
from math import gcd
from typing import Any

from models.rules.cover.instance import Instance, Limit, Option
from models.rules.cover.tally import Day

STARTS_MAX = 12
"""Of so many starts every row of neighbours is bounded; of more of them those at either end, or rows would be
thousands."""

Choice = tuple[int, int]
"""A visit and the number of one of its options."""
Terms = dict[int, int]
"""A sum: how often it counts each column."""


@dataclass(frozen=True, slots=True)
class Row:
    """The sum lies between the two, both included; without `least` it may be as small as it likes."""

    terms: Terms
    most: int
    least: int | None = None


class Program:
    """The columns of an instance and the rows that bind them."""

    def __init__(self, instance: Instance, asked: Sequence[Sequence[int]]) -> None:
        """Lay the program out, with the options of each visit that are worth asking about."""
        self.instance = instance
        self.chosen: dict[Choice, int] = {}
        self.opened: dict[tuple[Day, int], int] = {}
        self.started: dict[tuple[int, int], int] = {}
        self.most: list[int] = []
        self.counted: list[int] = []
        self.rows: list[Row] = []
        self.of_visit: list[list[int]] = []
        self.place: dict[int, tuple[Any, ...]] = {}
        self._of_pair: dict[tuple[int, int], list[int]] = {}
        self._used: dict[int, set[int]] = {}
        self._starts_of_pair: dict[tuple[int, int], set[int]] = {}
        for visit, indexes in enumerate(asked):
            self.of_visit.append([])
            for index in indexes:
                option = instance.options[visit][index]
                column = self.chosen[visit, index] = self._column()
                self.of_visit[visit].append(column)
                self.place[column] = option.rank[1]
                self._of_pair.setdefault((visit, option.payer), []).append(column)
                if option.starts is not None:
                    self._used.setdefault(option.payer, set()).update(option.starts)
                    self._starts_of_pair.setdefault((visit, option.payer), set()).update(option.starts)
            self._bind(dict.fromkeys(self.of_visit[visit], 1), 1)
        self._lay_starts()
        self._lay_units_by_start()
        self._lay_days()
        self._lay_lots()
        self._lay_limits()

    def option(self, choice: Choice) -> Option:
        """Return the option of a choice."""
        return self.instance.options[choice[0]][choice[1]]

    def joins(self, choice: Choice) -> int | None:
        """Return the column that opens the day for the choice, None where its day is its own or it has none."""
        option = self.option(choice)
        if option.day is None or option.lot is None:
            return None
        return self.opened.get(((option.payer, option.day), option.lot))

    @property
    def columns(self) -> int:
        """Return how many columns there are."""
        return len(self.most)

    def _column(self, most: int = 1) -> int:
        self.most.append(most)
        return len(self.most) - 1

    def _bind(self, terms: Terms, most: int, least: int | None = None) -> None:
        if least is not None or sum(times * self.most[column] for column, times in terms.items() if times > 0) > most:
            self.rows.append(Row(terms, most, least))

    def _lay_starts(self) -> None:
        """One start a payer; a visit is paid on a start that lets it."""
        for payer, starts in self._used.items():
            if len(starts) > 1:
                for start in sorted(starts):
                    self.started[payer, start] = self._column()
                self._bind({self.started[payer, start]: 1 for start in starts}, 1, 1)
        for choice, column in self.chosen.items():
            option = self.option(choice)
            if option.starts is not None and option.starts < self._used[option.payer]:
                self._bind({column: 1} | {self.started[option.payer, start]: -1 for start in option.starts}, 0)

    def _lay_units_by_start(self) -> None:
        """Where a payer is still to start, what only some starts in a row let in spends the units of one of those."""
        spent: dict[tuple[int, int], list[tuple[int, Option]]] = {}
        for choice, column in self.chosen.items():
            option = self.option(choice)
            if option.starts is not None and option.lot is not None and option.day is None:
                spent.setdefault((option.payer, option.lot), []).append((column, option))
        for (payer, lot), members in spent.items():
            room, starts = self.instance.lots[lot], sorted(self._used[payer])
            for among in map(frozenset, _neighbours(starts)):
                inside = {
                    column: option.quantity for column, option in members if among.issuperset(option.starts or ())
                }
                if len(among) < len(starts) and sum(inside.values()) > room:
                    self.rows.append(Row(inside | {self.started[payer, start]: -room for start in among}, 0))

    def _lay_days(self) -> None:
        """A day that several visits may share is opened from one lot; its visits are paid where it is open."""
        choices: dict[tuple[Day, int], list[int]] = {}
        visits: dict[Day, set[int]] = {}
        for (visit, index), column in self.chosen.items():
            option = self.option((visit, index))
            if option.day is not None and option.lot is not None:
                day = option.payer, option.day
                choices.setdefault((day, option.lot), []).append(column)
                visits.setdefault(day, set()).add(visit)
        lots: dict[Day, list[int]] = {}
        for (day, lot), columns in choices.items():
            if len(visits[day]) > 1:
                opening = self.opened[day, lot] = self._column()
                lots.setdefault(day, []).append(opening)
                room = self._room_of_day(day[0], visits[day])
                if room < len(columns):
                    self.rows.append(Row(dict.fromkeys(columns, 1) | {opening: -room}, 0))
                if room > 1 or room >= len(columns):
                    self.rows += (Row({column: 1, opening: -1}, 0) for column in columns)
        for openings in lots.values():
            self._bind(dict.fromkeys(openings, 1), 1)

    def _room_of_day(self, payer: int, visits: set[int]) -> int:
        """Return how many of these visits the limits of the payer let it pay for, whichever they are."""
        room = len(visits)
        for limit in self.instance.limits:
            if limit.starts is None:
                inside = sum((visit, payer) in limit.members for visit in visits)
                room = min(room, len(visits) - inside + limit.capacity)
        return room

    def _lay_lots(self) -> None:
        """A lot spends no more than it has, and on visits of a length or longer no more than so many of them fit."""
        spent: dict[int, Terms] = {}
        for choice, column in self.chosen.items():
            option = self.option(choice)
            if option.lot is not None and self.joins(choice) is None:
                spent.setdefault(option.lot, {})[column] = option.quantity
        for (_, lot), column in self.opened.items():
            spent.setdefault(lot, {})[column] = 1
        for lot, terms in spent.items():
            room, unit = self.instance.lots[lot], reduce(gcd, terms.values())
            lengths = sorted(set(terms.values()))
            if len(lengths) > 1 and sum(terms.values()) > room:
                self._bind_units(self._by_length(terms, lengths, room), unit, room)
            else:
                self._bind_units(terms, unit, room)

    def _bind_units(self, spent: Terms, unit: int, room: int) -> None:
        self._bind({column: quantity // unit for column, quantity in spent.items()}, room // unit)

    def _by_length(self, spent: Terms, lengths: list[int], room: int) -> Terms:
        """Count the visits of each length, so that the search can bound the count; return what the counts spend."""
        sums: Terms = {}
        for length in reversed(lengths):
            alike = [column for column, quantity in spent.items() if quantity == length]
            count = self._column(min(len(alike), room // length))
            self.counted.append(count)
            self.rows.append(Row(dict.fromkeys(alike, 1) | {count: -1}, 0, 0))
            sums[count] = length
            longer = [quantity for quantity in spent.values() if quantity >= length]
            self._bind(dict.fromkeys(sums, 1), most_that_fit(longer, room))
        return sums

    def _lay_limits(self) -> None:
        """A limit holds as it is; where it depends on the start, each start brings its own."""
        by_start: dict[frozenset[tuple[int, int]], list[Limit]] = {}
        for limit in self.instance.limits:
            payer = next((payer for _, payer in limit.members), None)
            if payer is None:
                continue
            used = self._used.get(payer, set())
            if limit.starts is None or len(used) < 2 or used <= limit.starts:
                if limit.starts is None or used & limit.starts:
                    self._bind(self._pairs(limit.members), limit.capacity)
            elif used & limit.starts:
                by_start.setdefault(limit.members, []).append(limit)
        for members, limits in by_start.items():
            payer = next(payer for _, payer in members)
            let_in = Counter(start for pair in members for start in self._starts_of_pair.get(pair, ()))
            room = {
                start: min((limit.capacity for limit in limits if start in (limit.starts or ())), default=count)
                for start, count in let_in.items()
            }
            if any(room[start] < count for start, count in let_in.items()):
                paid_on = {self.started[payer, start]: -min(room[start], count) for start, count in let_in.items()}
                self.rows.append(Row(self._pairs(members) | paid_on, 0))

    def _pairs(self, members: Iterable[tuple[int, int]]) -> Terms:
        return {column: 1 for pair in members for column in self._of_pair.get(pair, ())}


def _neighbours(starts: list[int]) -> Iterator[list[int]]:
    """Yield the starts in a row that are bounded together."""
    count = len(starts)
    if count <= STARTS_MAX:
        yield from (starts[first:last] for first, last in combinations(range(count + 1), 2))
        return
    for edge in range(1, count):
        yield starts[:edge]
        yield starts[edge:]


def most_that_fit(sizes: Iterable[int], room: int) -> int:
    """Return how many of the sizes fit into the room, the smallest first."""
    count = 0
    for size in sorted(sizes):
        room -= size
        if room < 0:
            break
        count += 1
    return count
