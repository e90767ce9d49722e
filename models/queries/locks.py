"""How rows are locked: the business's clock first, then passes by id, then visits by id. Nothing locks elsewhere.

A pass's lock covers everything under it: its periods, lots, claims, holds and claimed days. A visit's lock covers
its state. Taking both in one order everywhere leaves no two writers waiting for each other.
"""

from collections.abc import Iterable
from uuid import UUID

import asyncpg

from models.queries.facts import load_passes, visit_rows
from models.queries.shares import OWN_OR_SHARED
from models.rules.facts import PassFacts

MAY_STILL_PAY = f"{OWN_OR_SHARED} AND (p.closed_reason IS NULL OR p.next_due_kind IN ('LOT_EXPIRE', 'WARN'))"
"""Which passes `p` of client `$1`, own or shared, may pay for something.

A closed one may: a make-up lot outlives it, and that lot's end or its announcement is then what is due of it.
"""


async def lock_passes(connection: asyncpg.Connection, pass_ids: Iterable[UUID]) -> dict[UUID, PassFacts]:
    """Lock the passes in the order of their ids and return their facts as they are under the lock."""
    return await load_passes(connection, await lock_passes_only(connection, pass_ids))


async def lock_passes_only(connection: asyncpg.Connection, pass_ids: Iterable[UUID]) -> list[UUID]:
    """Lock the passes in the order of their ids, and return the ids in it; their facts are read later."""
    ids = sorted(set(pass_ids))
    await connection.fetch("SELECT id FROM passes WHERE id = ANY($1) ORDER BY id FOR NO KEY UPDATE", ids)
    return ids


async def lock_client_passes(connection: asyncpg.Connection, client_id: UUID) -> dict[UUID, PassFacts]:
    """Lock every pass that a client may use, own or shared, and that may still pay; return their facts."""
    rows = await connection.fetch(
        f"SELECT p.id FROM passes p WHERE {MAY_STILL_PAY} ORDER BY p.id FOR NO KEY UPDATE", client_id
    )
    return await load_passes(connection, [row["id"] for row in rows])


async def lock_visits(connection: asyncpg.Connection, visit_ids: Iterable[UUID]) -> list[asyncpg.Record]:
    """Lock the visits in the order of their ids and return their rows, in start order."""
    ids = sorted(set(visit_ids))
    await connection.fetch("SELECT id FROM visits WHERE id = ANY($1) ORDER BY id FOR NO KEY UPDATE", ids)
    return await visit_rows(connection, ids)
