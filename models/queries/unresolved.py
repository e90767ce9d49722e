"""Visits that are over and whose outcome nobody has recorded."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg

# Whoever takes an outcome back gets as long again to record another.
_LAST_TOUCHED = """greatest(v.ends_at, v.booked_at, (
    SELECT max(w.at) FROM visit_outcomes w WHERE w.business_id = v.business_id AND w.visit_id = v.id
))"""


async def businesses_to_resolve(sweeper: asyncpg.Connection, now: datetime) -> list[UUID]:
    """Return the businesses in real time that may have visits to resolve: one look at an index for each business."""
    rows = await sweeper.fetch(
        """SELECT b.id FROM businesses b
           WHERE b.resolve_after_hours IS NOT NULL AND b.test_clock_at IS NULL AND EXISTS (
               SELECT FROM visits v WHERE v.business_id = b.id AND v.state = 'BOOKED'
                 AND v.ends_at <= $1::timestamptz - make_interval(hours => b.resolve_after_hours)
           ) ORDER BY b.id""",
        now,
    )
    return [row["id"] for row in rows]


async def unresolved(reader: asyncpg.Connection, now: datetime, hours: int, limit: int) -> list[UUID]:
    """Return up to `limit` visits that `hours` after their end still have no outcome, those that ended first first."""
    rows = await reader.fetch(
        f"""SELECT v.id FROM visits v WHERE v.state = 'BOOKED' AND v.ends_at <= $1 AND {_LAST_TOUCHED} <= $1
            ORDER BY v.ends_at, v.id LIMIT $2""",
        now - timedelta(hours=hours),
        limit,
    )
    return [row["id"] for row in rows]


async def next_to_resolve(reader: asyncpg.Connection, hours: int) -> datetime | None:
    """Return the instant at which the next visit without an outcome is to be resolved."""
    found: datetime | None = await reader.fetchval(
        f"SELECT min({_LAST_TOUCHED}) FROM visits v WHERE v.state = 'BOOKED'"
    )
    return None if found is None else found + timedelta(hours=hours)


async def over_on_passes(
    reader: asyncpg.Connection, pass_ids: Sequence[UUID], now: datetime
) -> list[tuple[UUID, UUID, UUID | None]]:
    """Return (visit, pass, lot) of each visit these passes pay for that is over and has no outcome, in start order."""
    rows = await reader.fetch(
        """SELECT v.id, v.pass_id, c.lot_id FROM visits v
           JOIN claims c ON c.business_id = v.business_id AND c.visit_id = v.id AND c.released_at IS NULL
           WHERE v.pass_id = ANY($1) AND v.state = 'BOOKED' AND v.ends_at <= $2 ORDER BY v.starts_at, v.id""",
        list(pass_ids),
        now,
    )
    return [(row["id"], row["pass_id"], row["lot_id"]) for row in rows]
