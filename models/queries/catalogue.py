"""What is sold and where it is attended."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from models.rules.terms import Terms, terms_from_json


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
