"""Disputed orders: the studio's list of what is open, and of what was lost."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from models.queries.paging import Filter, Listing, where
from models.rules.values import DisputeState


@dataclass(frozen=True, slots=True)
class DisputeRow:
    """One dispute about an order."""

    id: UUID
    order_id: UUID
    state: DisputeState
    reported_at: datetime
    settled_at: datetime | None


_DISPUTES = "SELECT d.id, d.order_id, d.state, d.reported_at, d.settled_at FROM disputes d"


def _row(row: Any) -> DisputeRow:
    return DisputeRow(**(dict(row) | {"state": DisputeState(row["state"])}))


DISPUTES = Listing(
    name="disputes",
    select=_DISPUTES,
    source="disputes d",
    keys=(("d.id", "uuid"),),
    make=_row,
    values=lambda dispute: (dispute.id,),
    descending=True,
)
"""Disputes, the newest first."""


def in_state(state: DisputeState | None) -> Filter:
    """Keep the disputes in one state; None keeps all."""
    return where("d.state = {0}", state and state.value)


async def by_ids(reader: asyncpg.Connection, ids: Sequence[UUID]) -> list[DisputeRow]:
    """Return the disputes that exist, in no order. One statement."""
    return [_row(row) for row in await reader.fetch(f"{_DISPUTES} WHERE d.id = ANY($1)", ids)]
