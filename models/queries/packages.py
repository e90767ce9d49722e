"""Packages with their current versions, and the packages that were sold."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from models.queries.paging import NO_FILTER, Filter, Listing
from models.rules.packages import PackageTerms, package_from_json
from models.rules.values import PackageItemKind, SaleChannel


@dataclass(frozen=True, slots=True)
class PackageVersionRow:
    """One version of a package. The price is in minor units."""

    package_id: UUID
    version: int
    name: str
    price_minor: int
    terms: PackageTerms
    created_at: datetime


@dataclass(frozen=True, slots=True)
class PackageRow:
    """A package and the version that is sold now."""

    id: UUID
    created_at: datetime
    archived_at: datetime | None
    current_version: PackageVersionRow
    direct_link_code: str

    @property
    def name(self) -> str:
        """The current name."""
        return self.current_version.name


@dataclass(frozen=True, slots=True)
class PackageSaleItemRow:
    """Goods or credit that came with a sold package. Money is in minor units."""

    id: UUID
    package_sale_id: UUID
    kind: PackageItemKind
    name: str | None
    quantity: int
    value_minor: int
    share_minor: int
    refunded_minor: int
    refunded_at: datetime | None


@dataclass(frozen=True, slots=True)
class PackageSaleRow:
    """One package that a client bought, in the version that was sold."""

    id: UUID
    client_id: UUID
    package_version: PackageVersionRow
    price_minor: int
    order_id: UUID
    channel: SaleChannel
    sold_at: datetime
    refunded_at: datetime | None


_SELECT = """
SELECT o.id, o.created_at, o.archived_at, o.direct_link_code, v.package_id, v.version, v.name, v.price_minor, v.terms,
       v.created_at AS revised_at
FROM packages o
JOIN package_versions v ON v.business_id = o.business_id AND v.package_id = o.id AND v.version = o.current_version
"""
_SALES = """
SELECT s.id, s.client_id, s.price_minor AS sold_for_minor, s.order_id, s.channel, s.sold_at, s.refunded_at,
       v.package_id, v.version, v.name, v.price_minor, v.terms, v.created_at AS revised_at
FROM package_sales s
JOIN package_versions v
  ON v.business_id = s.business_id AND v.package_id = s.package_id AND v.version = s.package_version
"""


def _version(row: Any) -> PackageVersionRow:
    return PackageVersionRow(
        row["package_id"],
        row["version"],
        row["name"],
        row["price_minor"],
        package_from_json(row["terms"]),
        row["revised_at"],
    )


def package_row(row: Any) -> PackageRow:
    """Make the value from a row."""
    return PackageRow(row["id"], row["created_at"], row["archived_at"], _version(row), row["direct_link_code"])


def sale_row(row: Any) -> PackageSaleRow:
    """Make the value from a row."""
    return PackageSaleRow(
        row["id"],
        row["client_id"],
        _version(row),
        row["sold_for_minor"],
        row["order_id"],
        SaleChannel(row["channel"]),
        row["sold_at"],
        row["refunded_at"],
    )


PACKAGES = Listing(
    name="packages",
    select=_SELECT,
    source="packages o",
    keys=(("o.id", "uuid"),),
    make=package_row,
    values=lambda package: (package.id,),
)
"""Packages, the oldest first."""

PACKAGE_SALES = Listing(
    name="packageSales",
    select=_SALES,
    source="package_sales s",
    keys=(("s.id", "uuid"),),
    make=sale_row,
    values=lambda sale: (sale.id,),
    parent="s.client_id",
    descending=True,
)
"""The packages a client bought, the newest first."""


def on_sale(wanted: bool) -> Filter:
    """Keep the packages that are not archived, where `wanted`."""
    return Filter((("o.archived_at IS NULL", ()),)) if wanted else NO_FILTER


async def by_ids(reader: asyncpg.Connection, ids: Sequence[UUID]) -> list[PackageRow]:
    """Return the packages that exist, in no order. One statement."""
    return [package_row(row) for row in await reader.fetch(f"{_SELECT} WHERE o.id = ANY($1)", list(ids))]


async def on_sale_now(reader: asyncpg.Connection, limit: int) -> list[PackageRow]:
    """Return the packages that are not archived, the oldest first. One statement."""
    rows = await reader.fetch(f"{_SELECT} WHERE o.archived_at IS NULL ORDER BY o.id LIMIT $1", limit)
    return [package_row(row) for row in rows]


async def sales_by_ids(reader: asyncpg.Connection, ids: Sequence[UUID]) -> list[PackageSaleRow]:
    """Return the sold packages that exist, in no order. One statement."""
    return [sale_row(row) for row in await reader.fetch(f"{_SALES} WHERE s.id = ANY($1)", list(ids))]


async def pass_ids_of(reader: asyncpg.Connection, sale_ids: Sequence[UUID]) -> dict[UUID, list[UUID]]:
    """Return the passes of each sold package, in the order of their ids. One statement."""
    found: dict[UUID, list[UUID]] = {sale_id: [] for sale_id in sale_ids}
    statement = "SELECT id, package_sale_id FROM passes WHERE package_sale_id = ANY($1) ORDER BY id"
    for row in await reader.fetch(statement, list(sale_ids)):
        found[row["package_sale_id"]].append(row["id"])
    return found


async def items_of(reader: asyncpg.Connection, sale_ids: Sequence[UUID]) -> dict[UUID, list[PackageSaleItemRow]]:
    """Return the goods and credit of each sold package, in their order. One statement."""
    found: dict[UUID, list[PackageSaleItemRow]] = {sale_id: [] for sale_id in sale_ids}
    statement = "SELECT * FROM package_items WHERE package_sale_id = ANY($1) ORDER BY package_sale_id, position"
    for row in await reader.fetch(statement, list(sale_ids)):
        found[row["package_sale_id"]].append(_item(row))
    return found


def _item(row: Any) -> PackageSaleItemRow:
    return PackageSaleItemRow(
        row["id"],
        row["package_sale_id"],
        PackageItemKind(row["kind"]),
        row["name"],
        row["quantity"],
        row["value_minor"],
        row["share_minor"],
        row["refunded_minor"],
        row["refunded_at"],
    )


async def items_by_ids(reader: asyncpg.Connection, ids: Sequence[UUID]) -> list[PackageSaleItemRow]:
    """Return the goods and credit that exist, in no order. One statement."""
    return [_item(row) for row in await reader.fetch("SELECT * FROM package_items WHERE id = ANY($1)", list(ids))]


async def with_nested(reader: asyncpg.Connection, ids: Collection[UUID]) -> dict[UUID, PackageRow]:
    """Return these packages and all that are inside them, in their current versions. One statement a level."""
    found: dict[UUID, PackageRow] = {}
    wanted = set(ids)
    while wanted:
        rows = {row.id: row for row in await by_ids(reader, sorted(wanted))}
        found |= rows
        inside = {item.package_id for row in rows.values() for item in row.current_version.terms.items}
        wanted = {each for each in inside if each is not None and each not in found}
    return found


async def link_code(reader: asyncpg.Connection, package_id: UUID) -> str:
    """Return what the direct link of a package that exists carries."""
    return str(await reader.fetchval("SELECT direct_link_code FROM packages WHERE id = $1", package_id))
