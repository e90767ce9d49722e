"""Purchase options with their current versions, and the terms of any version."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from models.queries.paging import NO_FILTER, Filter, Listing
from models.rules.terms import Terms, terms_from_json
from models.rules.values import UNIT_OF_KIND, LotUnit, PassKind


@dataclass(slots=True)
class VersionRow:
    """One version of a purchase option, without its terms. The price is in minor units."""

    option_id: UUID
    version: int
    name: str
    kind: PassKind
    price_minor: int
    quantity: int | None
    created_at: datetime

    @property
    def unit(self) -> LotUnit | None:
        """The unit it counts, or None where it counts nothing."""
        return UNIT_OF_KIND.get(self.kind)


@dataclass(frozen=True, slots=True)
class OptionRow:
    """A purchase option and the version that is sold now."""

    id: UUID
    created_at: datetime
    archived_at: datetime | None
    current_version: VersionRow
    direct_link_code: str

    @property
    def name(self) -> str:
        """The current name."""
        return self.current_version.name


_SELECT = """
SELECT o.id, o.created_at, o.archived_at, o.direct_link_code, v.version, v.name, v.kind, v.price_minor, v.quantity,
       v.created_at AS revised_at
FROM purchase_options o
JOIN purchase_option_versions v
  ON v.business_id = o.business_id AND v.option_id = o.id AND v.version = o.current_version
"""
_TERMS = """
SELECT v.option_id, v.version, v.terms FROM purchase_option_versions v
JOIN unnest($1::uuid[], $2::int[]) AS k(option_id, version) ON k.option_id = v.option_id AND k.version = v.version
"""
_TERMS_KEPT = 4_096
_terms: dict[tuple[UUID, int], Terms] = {}


def option_row(row: Any) -> OptionRow:
    """Make the value from a row."""
    current = VersionRow(
        row["id"],
        row["version"],
        row["name"],
        PassKind(row["kind"]),
        row["price_minor"],
        row["quantity"],
        row["revised_at"],
    )
    return OptionRow(row["id"], row["created_at"], row["archived_at"], current, row["direct_link_code"])


OPTIONS = Listing(
    name="purchaseOptions",
    select=_SELECT,
    source="purchase_options o",
    keys=(("o.id", "uuid"),),
    make=option_row,
    values=lambda option: (option.id,),
)
"""Purchase options, the oldest first."""


async def by_ids(reader: asyncpg.Connection, ids: Sequence[UUID]) -> list[OptionRow]:
    """Return the options that exist, in no order. One statement."""
    return [option_row(row) for row in await reader.fetch(f"{_SELECT} WHERE o.id = ANY($1)", ids)]


async def terms_of(
    reader: asyncpg.Connection, versions: Iterable[tuple[UUID, int]], *, committed: bool = False
) -> dict[tuple[UUID, int], Terms]:
    """Return the terms of each (option, version). At most one statement.

    A version never changes, so the process remembers terms that were read as `committed`; those of a transaction that
    may yet be rolled back are not. The caller has read the versions under its own tenant.
    """
    wanted = set(versions)
    found = {key: _terms[key] for key in wanted if key in _terms}
    missing = list(wanted - found.keys())
    if missing:
        rows = await reader.fetch(_TERMS, [key[0] for key in missing], [key[1] for key in missing])
        read = {(row["option_id"], row["version"]): terms_from_json(row["terms"]) for row in rows}
        if committed:
            if len(_terms) + len(read) > _TERMS_KEPT:
                _terms.clear()
            _terms.update(read)
        found |= read
    return found


def sold_only(wanted: bool) -> Filter:
    """Keep the options that are not archived, where `wanted`."""
    return Filter((("o.archived_at IS NULL", ()),)) if wanted else NO_FILTER
