"""What one operation left behind: its events, its orders, the units it moved."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

import asyncpg

from models.rules.values import Account, OrderState, VisitState

_EVENTS = """
SELECT e.type, e.pass_id, e.visit_id, v.state, v.pass_id IS NOT NULL AS paid, v.starts_at, v.day
FROM events e LEFT JOIN visits v ON v.business_id = e.business_id AND v.id = e.visit_id
WHERE e.operation_id = $1 ORDER BY e.id
"""
_ORDERS = "SELECT state, amount_minor FROM orders WHERE operation_id = $1 AND amount_minor > 0 ORDER BY id"
_MOVES = """
SELECT visit_id, from_account, to_account, sum(quantity)::int AS quantity
FROM transfers WHERE operation_id = $1 GROUP BY 1, 2, 3
"""
_BOOKED = """
SELECT id, ends_at FROM visits
WHERE pass_id = ANY($1) AND state = 'BOOKED' AND ends_at > $2 AND ends_at <= $3 ORDER BY ends_at, id
"""


@dataclass(frozen=True, slots=True)
class EventTrace:
    """One event, and where its visit stands after the operation."""

    type: str
    pass_id: UUID | None
    visit_id: UUID | None
    visit_state: VisitState | None
    visit_paid: bool
    visit_starts_at: datetime | None
    visit_day: date | None


@dataclass(frozen=True, slots=True)
class Trace:
    """What an operation left behind. Moves are (visit, from, to, units); orders are (state, amount in minor units)."""

    events: tuple[EventTrace, ...]
    orders: tuple[tuple[OrderState, int], ...]
    moves: tuple[tuple[UUID | None, Account, Account, int], ...]


async def trace(reader: asyncpg.Connection, operation_id: UUID) -> Trace:
    """Return what the operation left behind. Three statements."""
    events = [
        EventTrace(
            row["type"],
            row["pass_id"],
            row["visit_id"],
            VisitState(row["state"]) if row["state"] else None,
            bool(row["paid"]),
            row["starts_at"],
            row["day"],
        )
        for row in await reader.fetch(_EVENTS, operation_id)
    ]
    orders = [(OrderState(row["state"]), row["amount_minor"]) for row in await reader.fetch(_ORDERS, operation_id)]
    moves = [
        (row["visit_id"], Account(row["from_account"]), Account(row["to_account"]), row["quantity"])
        for row in await reader.fetch(_MOVES, operation_id)
    ]
    return Trace(tuple(events), tuple(orders), tuple(moves))


async def booked_visits_ending(
    reader: asyncpg.Connection, pass_ids: Sequence[UUID], after: datetime, until: datetime
) -> list[tuple[UUID, datetime]]:
    """Return the booked visits these passes pay for that end after one instant and not after another: (id, end)."""
    rows = await reader.fetch(_BOOKED, list(pass_ids), after, until)
    return [(row["id"], row["ends_at"]) for row in rows]
