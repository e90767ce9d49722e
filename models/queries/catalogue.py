"""What is sold and where it is attended."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from models.queries.live import LIVE
from models.rules.terms import Terms, terms_from_json
from models.rules.values import ServiceCategory


@dataclass(frozen=True, slots=True)
class OptionVersion:
    """One version of a purchase option, with whether the option is still sold."""

    option_id: UUID
    version: int
    name: str
    terms: Terms
    current_version: int
    created_at: datetime
    archived_at: datetime | None


_OPTIONS = """
SELECT v.*, o.current_version, o.archived_at FROM purchase_options o
JOIN purchase_option_versions v ON v.business_id = o.business_id AND v.option_id = o.id
"""


async def option_terms(reader: asyncpg.Connection, option_id: UUID, version: int | None = None) -> OptionVersion | None:
    """Return a version of an option, the current one where none is named."""
    row = await reader.fetchrow(
        _OPTIONS + "WHERE o.id = $1 AND v.version = coalesce($2, o.current_version)", option_id, version
    )
    return None if row is None else option_version(row)


async def current_versions(reader: asyncpg.Connection, ids: Collection[UUID]) -> dict[UUID, OptionVersion]:
    """Return the current version of each of these options. One statement."""
    rows = await reader.fetch(_OPTIONS + "WHERE o.id = ANY($1) AND v.version = o.current_version", list(ids))
    return {row["option_id"]: option_version(row) for row in rows}


_CHAIN = """
WITH RECURSIVE chain AS (
    SELECT o.id, v.name, v.terms, 1 AS step, ARRAY[o.id] AS seen
    FROM purchase_options o
    JOIN purchase_option_versions v
      ON v.business_id = o.business_id AND v.option_id = o.id AND v.version = o.current_version
    WHERE o.id = $1
    UNION ALL
    SELECT o.id, v.name, v.terms, c.step + 1, c.seen || o.id
    FROM chain c
    JOIN purchase_options o ON o.id = (c.terms #>> '{conversion,targetOptionId}')::uuid
    JOIN purchase_option_versions v
      ON v.business_id = o.business_id AND v.option_id = o.id AND v.version = o.current_version
    WHERE c.terms ->> 'afterExpiration' = 'CONVERT' AND NOT o.id = ANY(c.seen) AND NOT $2 = ANY(c.seen)
)
SELECT id, name FROM chain ORDER BY step
"""


async def conversion_chain(reader: asyncpg.Connection, option_id: UUID, until: UUID) -> list[tuple[UUID, str]]:
    """Return what an option converts into by current versions, and so on, with names: itself first.

    It ends at what does not convert, at `until`, and before what it has been at.
    """
    return [(row["id"], row["name"]) for row in await reader.fetch(_CHAIN, option_id, until)]


async def service_categories(reader: asyncpg.Connection, ids: Collection[UUID]) -> dict[UUID, ServiceCategory]:
    """Return the category of each service there is, none of which is archived meanwhile. One statement, or none."""
    if not ids:
        return {}
    rows = await reader.fetch(f"SELECT id, category FROM services WHERE id = ANY($1) AND {LIVE}", list(ids))
    return {row["id"]: ServiceCategory(row["category"]) for row in rows}


def option_version(row: Any) -> OptionVersion:
    """Make the value from a joined row."""
    return OptionVersion(
        option_id=row["option_id"],
        version=row["version"],
        name=row["name"],
        terms=terms_from_json(row["terms"]),
        current_version=row["current_version"],
        created_at=row["created_at"],
        archived_at=row["archived_at"],
    )
