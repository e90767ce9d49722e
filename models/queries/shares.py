"""With whom passes are shared."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from models.rules.values import ShareState

OWN_OR_SHARED = """(p.client_id = $1 OR p.id = ANY(ARRAY(
    SELECT s.pass_id FROM shares s WHERE s.client_id = $1 AND s.state = 'ACTIVE'
)))"""
"""Which passes `p` a client may use: their own, and those shared with them."""


@dataclass(frozen=True, slots=True)
class ShareRow:
    """The sharing of a pass with a client. `visits_max` is their own cap a period, None what the terms say."""

    id: UUID
    pass_id: UUID
    owner_id: UUID
    client_id: UUID
    client_name: str
    option_name: str
    visits_max: int | None
    state: ShareState
    added_at: datetime
    active_at: datetime | None
    removed_at: datetime | None


_SELECT = """
SELECT s.id, s.pass_id, p.client_id AS owner_id, s.client_id, c.name AS client_name, v.name AS option_name,
       s.visits_max, s.state, s.added_at, s.active_at, s.removed_at
FROM shares s
JOIN passes p ON p.business_id = s.business_id AND p.id = s.pass_id
JOIN clients c ON c.business_id = s.business_id AND c.id = s.client_id
JOIN purchase_option_versions v
  ON v.business_id = p.business_id AND v.option_id = p.option_id AND v.version = p.option_version
"""


async def by_ids(reader: asyncpg.Connection, ids: Sequence[UUID]) -> list[ShareRow]:
    """Return the shares that exist, in no order. One statement."""
    return [_row(row) for row in await reader.fetch(f"{_SELECT} WHERE s.id = ANY($1)", list(ids))]


async def of_passes(reader: asyncpg.Connection, pass_ids: Sequence[UUID]) -> dict[UUID, list[ShareRow]]:
    """Return the shares of each pass, the first one first, those that have ended too. One statement."""
    rows = await reader.fetch(f"{_SELECT} WHERE s.pass_id = ANY($1) ORDER BY s.id", list(pass_ids))
    return _grouped(pass_ids, ((row["pass_id"], _row(row)) for row in rows))


async def with_clients(reader: asyncpg.Connection, client_ids: Sequence[UUID]) -> dict[UUID, list[ShareRow]]:
    """Return the standing shares of other clients' passes with each client, the first one first. One statement."""
    rows = await reader.fetch(
        f"{_SELECT} WHERE s.client_id = ANY($1) AND s.state <> 'REMOVED' ORDER BY s.id", list(client_ids)
    )
    return _grouped(client_ids, ((row["client_id"], _row(row)) for row in rows))


def _grouped(keys: Sequence[UUID], pairs: Iterable[tuple[UUID, ShareRow]]) -> dict[UUID, list[ShareRow]]:
    found: dict[UUID, list[ShareRow]] = {key: [] for key in keys}
    for key, share in pairs:
        found[key].append(share)
    return found


def _row(row: Any) -> ShareRow:
    return ShareRow(**(dict(row) | {"state": ShareState(row["state"])}))
