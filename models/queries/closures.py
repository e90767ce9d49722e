"""Closures of locations, and what of them has still to reach the passes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import asyncpg

from models.queries.paging import NO_FILTER, Filter, Listing, where
from models.rules.values import ClosureReach


@dataclass(frozen=True, slots=True)
class ClosureRow:
    """A closure; both days are closed, and `last_day` None is open. `frozen` counts the passes it holds.

    `spread_at` None: not every pass follows it yet.
    """

    id: UUID
    location_id: UUID
    first_day: date
    last_day: date | None
    requested_last_day: date | None
    reason: str
    reach: ClosureReach
    keep_visits: bool
    placed_at: datetime
    removed_at: datetime | None
    spread_at: datetime | None
    frozen: int


_CLOSURES = """
SELECT c.id, c.location_id, c.first_day, c.last_day, c.requested_last_day, c.reason, c.reach, c.keep_visits,
       c.placed_at, c.removed_at, c.spread_at,
       (SELECT count(*) FROM holds h
        WHERE h.business_id = c.business_id AND h.closure_id = c.id AND h.removed_at IS NULL) AS frozen
FROM closures c
"""

# The passes a closure may concern, from one on: open ones that are valid there as far as the terms' text says, those
# that pay for a visit there in its days, and those it holds already. The rules decide under the lock.
_CONCERNED = """
SELECT p.id FROM passes p
JOIN purchase_option_versions v
  ON v.business_id = p.business_id AND v.option_id = p.option_id AND v.version = p.option_version
WHERE ($2::uuid IS NULL OR p.id > $2) AND (
    EXISTS (SELECT FROM holds h WHERE h.business_id = p.business_id AND h.closure_id = $1 AND h.pass_id = p.id)
    OR ($3 AND (
        (p.closed_reason IS NULL AND CASE jsonb_typeof(v.terms->'access'->'locationIds')
                                         WHEN 'array' THEN v.terms->'access'->'locationIds' ? $4::text ELSE true END)
        OR ($5 AND EXISTS (
            SELECT FROM visits w WHERE w.business_id = p.business_id AND w.pass_id = p.id AND w.state = 'BOOKED'
            AND w.location_id = $4::uuid AND w.day >= $6 AND ($7::date IS NULL OR w.day <= $7)))
    ))
)
"""


def _row(row: Any) -> ClosureRow:
    return ClosureRow(**(dict(row) | {"reach": ClosureReach(row["reach"])}))


CLOSURES = Listing(
    name="closures",
    select=_CLOSURES,
    source="closures c",
    keys=(("c.id", "uuid"),),
    make=_row,
    values=lambda closure: (closure.id,),
    descending=True,
)
"""Closures, the last placed first."""


def at_location(location_id: UUID | None) -> Filter:
    """Keep the closures of one location."""
    return NO_FILTER if location_id is None else where("c.location_id = {0}::uuid", location_id)


async def by_ids(reader: asyncpg.Connection, ids: Sequence[UUID]) -> list[ClosureRow]:
    """Return the closures that exist, in no order. One statement."""
    return [_row(row) for row in await reader.fetch(f"{_CLOSURES} WHERE c.id = ANY($1)", ids)]


async def concerned(reader: asyncpg.Connection, closure: Any, after: UUID | None, limit: int) -> list[UUID]:
    """Return the next passes after one that the closure (its row) may concern, by id."""
    found = await reader.fetch(f"{_CONCERNED} ORDER BY p.id LIMIT {limit}", *_asked(closure, after))
    return [row["id"] for row in found]


async def concerned_count(reader: asyncpg.Connection, closure: Any, after: UUID | None) -> int:
    """Return how many passes after one the closure (its row) may concern."""
    return int(await reader.fetchval(f"SELECT count(*) FROM ({_CONCERNED}) p", *_asked(closure, after)))


def _asked(closure: Any, after: UUID | None) -> tuple[Any, ...]:
    standing = closure["removed_at"] is None
    place = str(closure["location_id"])
    days = (closure["first_day"], closure["last_day"])
    return (closure["id"], after, standing, place, not closure["keep_visits"], *days)


async def unspread(sweeper: asyncpg.Connection, limit: int) -> list[tuple[UUID, UUID]]:
    """Return (business, closure) of those that have not reached every pass, the oldest first."""
    rows = await sweeper.fetch(
        "SELECT business_id, id FROM closures WHERE spread_at IS NULL ORDER BY placed_at, id LIMIT $1", limit
    )
    return [(row["business_id"], row["id"]) for row in rows]
