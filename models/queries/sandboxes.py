"""The sandboxes of a business."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import asyncpg


@dataclass(frozen=True, slots=True)
class SandboxRow:
    """One sandbox. `inside` is the business with the test clock."""

    id: UUID
    inside: UUID
    name: str
    created_at: datetime


_SELECT = "SELECT id, sandbox_business_id AS inside, name, created_at FROM sandboxes"


async def by_ids(reader: asyncpg.Connection, ids: Sequence[UUID]) -> list[SandboxRow]:
    """Return the sandboxes that exist, in no order. One statement."""
    return [SandboxRow(**dict(row)) for row in await reader.fetch(f"{_SELECT} WHERE id = ANY($1)", list(ids))]


async def newest(reader: asyncpg.Connection, limit: int) -> list[SandboxRow]:
    """Return the sandboxes that were not discarded, the newest first, at most `limit`. One statement."""
    rows = await reader.fetch(f"{_SELECT} WHERE discarded_at IS NULL ORDER BY created_at DESC, id DESC LIMIT $1", limit)
    return [SandboxRow(**dict(row)) for row in rows]
