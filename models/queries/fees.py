"""Fees for visits that ended late or were missed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from models.queries.paging import Filter, Listing, where
from models.rules.values import FeeState


@dataclass(frozen=True, slots=True)
class FeeRow:
    """One fee. The amount is in minor units; `order_id` names the order that pays it, or last tried to."""

    id: UUID
    visit_id: UUID
    client_id: UUID
    pass_id: UUID
    amount_minor: int
    currency: str
    state: FeeState
    order_id: UUID | None
    reason: str | None
    at: datetime
    settled_at: datetime | None


_SELECT = """
SELECT f.id, f.visit_id, f.client_id, f.pass_id, f.amount_minor, b.currency, f.state, f.order_id, f.reason, f.at,
       f.settled_at
FROM fees f JOIN businesses b ON b.id = f.business_id
"""


def _row(row: Any) -> FeeRow:
    return FeeRow(**dict(row) | {"state": FeeState(row["state"])})


FEES = Listing(
    name="fees",
    select=_SELECT,
    source="fees f",
    keys=(("f.at", "timestamptz"), ("f.id", "uuid")),
    make=_row,
    values=lambda fee: (fee.at, fee.id),
)
"""Fees in the order in which they came to be owed."""


def of_client(client_id: UUID | None) -> Filter:
    """Keep the fees of one client; None keeps all."""
    return where("f.client_id = {0}", client_id)


def in_state(state: FeeState | None) -> Filter:
    """Keep the fees in one state; None keeps all."""
    return where("f.state = {0}", state and state.value)


async def by_ids(reader: asyncpg.Connection, ids: Sequence[UUID]) -> list[FeeRow]:
    """Return the fees that exist, the oldest first. One statement."""
    return [_row(row) for row in await reader.fetch(f"{_SELECT} WHERE f.id = ANY($1) ORDER BY f.at, f.id", ids)]


async def owed_by(reader: asyncpg.Connection, client_ids: Sequence[UUID]) -> dict[UUID, list[FeeRow]]:
    """Return the fees each client owes, the oldest first. One statement."""
    rows = await reader.fetch(
        f"{_SELECT} WHERE f.client_id = ANY($1) AND f.state = 'OWED' ORDER BY f.at, f.id", client_ids
    )
    found: dict[UUID, list[FeeRow]] = {client_id: [] for client_id in client_ids}
    for row in rows:
        found[row["client_id"]].append(_row(row))
    return found
