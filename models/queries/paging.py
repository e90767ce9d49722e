"""Lists in parts: keyset paging, so that a page costs what it shows however far down the list it lies."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from uuid import UUID

import asyncpg

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Slice:
    """At most `limit` items after and before these sort values; the last such ones where `backwards`."""

    limit: int
    after: tuple[Any, ...] | None = None
    before: tuple[Any, ...] | None = None
    backwards: bool = False


@dataclass(frozen=True, slots=True)
class Part(Generic[T]):
    """Items in the order of their list, and whether there are more on either side."""

    items: list[T]
    more_before: bool
    more_after: bool


@dataclass(frozen=True, slots=True)
class Filter:
    """Conditions on a list, each a template with `{0}`, `{1}` … for its values."""

    conditions: tuple[tuple[str, tuple[Any, ...]], ...] = ()

    def __add__(self, other: "Filter") -> "Filter":
        return Filter(self.conditions + other.conditions)


NO_FILTER = Filter()


def where(condition: str, *values: Any) -> Filter:
    """Keep what meets the condition; a value of None keeps everything."""
    return NO_FILTER if None in values else Filter(((condition, values),))


@dataclass(frozen=True, slots=True)
class Listing(Generic[T]):
    """A list that can be paged.

    `select` is everything up to the conditions, with `args` for its first placeholders; `source` is the table alone,
    for counting. `keys` are (expression, type) that order it, the last one unique. `parent` is the column by which
    many such lists are read at once. `values` gives an item's sort values.
    """

    name: str
    select: str
    source: str
    keys: tuple[tuple[str, str], ...]
    make: Callable[[Any], T]
    values: Callable[[T], tuple[Any, ...]]
    parent: str = ""
    descending: bool = False
    args: tuple[Any, ...] = ()


async def page(reader: asyncpg.Connection, listing: Listing[T], kept: Filter, part: Slice) -> Part[T]:
    """Return one part of a list. One statement."""
    args = list(listing.args)
    statement = f"{listing.select} WHERE {_conditions(kept, args)} {_keyset(listing, part, args)}"
    return _cut(listing, [listing.make(row) for row in await reader.fetch(statement, *args)], part)


async def pages(
    reader: asyncpg.Connection, listing: Listing[T], parents: Sequence[UUID], kept: Filter, part: Slice
) -> list[Part[T]]:
    """Return the same part of the list of each parent, in the order of `parents`. One statement for all of them."""
    args = [*listing.args, list(parents)]
    number = len(args)
    inner = (
        f"{listing.select} WHERE {listing.parent} = k.parent AND {_conditions(kept, args)} "
        f"{_keyset(listing, part, args)}"
    )
    rows = await reader.fetch(
        f"SELECT k.parent AS of_parent, page.* FROM unnest(${number}::uuid[]) AS k(parent) "
        f"CROSS JOIN LATERAL ({inner}) AS page",
        *args,
    )
    found: dict[UUID, list[T]] = {parent: [] for parent in parents}
    for row in rows:
        found[row["of_parent"]].append(listing.make(row))
    turned = listing.descending != part.backwards
    return [_cut(listing, sorted(found[parent], key=listing.values, reverse=turned), part) for parent in parents]


async def count(reader: asyncpg.Connection, listing: Listing[T], kept: Filter) -> int:
    """Return how many items the whole list has. One statement."""
    args: list[Any] = []
    total = await reader.fetchval(f"SELECT count(*) FROM {listing.source} WHERE {_conditions(kept, args)}", *args)
    return int(total)


async def counts(reader: asyncpg.Connection, listing: Listing[T], parents: Sequence[UUID], kept: Filter) -> list[int]:
    """Return how many items the list of each parent has. One statement for all of them."""
    args: list[Any] = []
    conditions = _conditions(kept, args)
    args.append(list(parents))
    rows = await reader.fetch(
        f"SELECT {listing.parent} AS of_parent, count(*) AS items FROM {listing.source} "
        f"WHERE {listing.parent} = ANY(${len(args)}) AND {conditions} GROUP BY 1",
        *args,
    )
    found = {row["of_parent"]: int(row["items"]) for row in rows}
    return [found.get(parent, 0) for parent in parents]


def _conditions(kept: Filter, args: list[Any]) -> str:
    said = []
    for condition, values in kept.conditions:
        first = len(args) + 1
        args += values
        said.append(condition.format(*(f"${number}" for number in range(first, len(args) + 1))))
    return " AND ".join(said) or "true"


def _keyset(listing: Listing[T], part: Slice, args: list[Any]) -> str:
    """Say where the part begins and ends, and in which order; one more item tells whether there are more."""
    said = ""
    later, earlier = ("<", ">") if listing.descending else (">", "<")
    for values, sign in ((part.after, later), (part.before, earlier)):
        if values is not None:
            names = []
            for value, (_, kind) in zip(values, listing.keys, strict=True):
                args.append(value)
                names.append(f"${len(args)}::{kind}")
            said += f" AND ({', '.join(key for key, _ in listing.keys)}) {sign} ({', '.join(names)})"
    direction = "DESC" if listing.descending != part.backwards else "ASC"
    order = ", ".join(f"{key} {direction}" for key, _ in listing.keys)
    args.append(part.limit + 1)
    return f"{said} ORDER BY {order} LIMIT ${len(args)}"


def _cut(listing: Listing[T], found: list[T], part: Slice) -> Part[T]:
    more = len(found) > part.limit
    items = found[: part.limit]
    if part.backwards:
        items.reverse()
        return Part(items, more_before=more, more_after=part.before is not None)
    return Part(items, more_before=part.after is not None, more_after=more)
