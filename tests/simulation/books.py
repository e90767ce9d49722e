"""All rows of a studio as they are stored, for laws that are reckoned without the product's own code."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg

from models.queries.reports.base import Range
from models.queries.reports.money import DEFERRED_REVENUE

Row = Any
TABLES = (
    "claims",
    "client_credits",
    "clients",
    "closures",
    "consents",
    "disputes",
    "events",
    "fees",
    "gateway_charges",
    "gateway_refunds",
    "holds",
    "lots",
    "operations",
    "option_migrations",
    "orders",
    "package_items",
    "package_sales",
    "passes",
    "payments",
    "periods",
    "projected_claims",
    "purchase_option_versions",
    "refunds",
    "sandboxes",
    "shares",
    "transfers",
    "visit_outcomes",
    "visits",
)


class Books:
    """The rows of each table by its name, in the order in which they were written."""

    def __init__(self, rows: dict[str, list[Row]], deferred: list[dict[str, Any]]) -> None:
        self._rows = rows
        self.deferred = deferred

    def __getitem__(self, table: str) -> list[Row]:
        return self._rows[table]

    def by_id(self, table: str) -> dict[UUID, Row]:
        """Return the rows of a table by their ids."""
        return {row["id"]: row for row in self._rows[table]}

    def by(self, table: str, *keys: str) -> dict[Any, list[Row]]:
        """Return the rows of a table by the value of a column, or by a tuple of several."""
        found: dict[Any, list[Row]] = defaultdict(list)
        for row in self._rows[table]:
            found[row[keys[0]] if len(keys) == 1 else tuple(row[key] for key in keys)].append(row)
        return found

    def versions(self, option_id: UUID) -> list[dict[str, Any]]:
        """Return the terms of every version of an option, in their stored form."""
        return [row["terms"] for row in self._rows["purchase_option_versions"] if row["option_id"] == option_id]

    def began_with(self, operation_id: UUID) -> str:
        """Return the verb of an operation; of an undoing, or of one that undid an undoing, what it is about."""
        operations = self.by_id("operations")
        row = operations[operation_id]
        while row["verb"] == "undoOperation":
            row = operations[UUID(row["input"]["command"]["operation_id"])]
        return str(row["verb"])

    def undone(self) -> set[UUID]:
        """Return the operations that were undone, and not done again since by undoing that."""
        rows = (row for row in self._rows["operations"] if row["verb"] == "undoOperation")
        by = {UUID(row["input"]["command"]["operation_id"]): row["id"] for row in rows}
        found: set[UUID] = set()
        # An undoing comes after what it undoes: the latest of them stand.
        for operation in sorted(by, key=lambda each: by[each], reverse=True):
            found |= set() if by[operation] in found else {operation}
        return found

    def moved(self) -> set[UUID]:
        """Return the passes that were ever moved to another version."""
        return {row["pass_id"] for row in self._rows["option_migrations"]}


def total(rows: Iterable[Row], column: str) -> int:
    """Return the sum of a column."""
    return sum(row[column] for row in rows)


def still_paid(books: Books, pass_id: UUID, before: UUID) -> int:
    """Return what was paid for a pass, and neither given away nor back with the payer before an operation."""
    orders = books.by_id("orders")
    gone = {each["order_id"] for each in books["payments"] if each["method"] == "COMPLIMENTARY"}
    gone |= {each["order_id"] for each in books["disputes"] if each["state"] == "LOST"}
    found = 0
    for period in books["periods"]:
        order = orders.get(period["order_id"])
        if period["pass_id"] == pass_id and order is not None and period["operation_id"] < before:
            price = period["price_minor"]
            found += min(order["credit_minor"], price) if order["id"] in gone else price
    back = (each for each in books["refunds"] if each["pass_id"] == pass_id and each["operation_id"] < before)
    return found - total((each for each in back if each["package_item_id"] is None), "amount_minor")


async def read_books(reader: asyncpg.Connection) -> Books:
    """Read everything the laws look at, and the product's own report of what is deferred now."""
    kept = {row["relname"] for row in await reader.fetch("SELECT relname FROM pg_class WHERE relkind = 'r'")}
    rows = {}
    for table in TABLES:
        found = await reader.fetch(f"SELECT * FROM {table}") if table in kept else []
        ordered = "id" if found and "id" in found[0].keys() else None  # noqa: SIM118 - a record iterates values
        rows[table] = sorted(found, key=lambda row: row["id"]) if ordered else list(found)
    now: datetime = await reader.fetchval("SELECT test_clock_at FROM businesses")
    # What happened at this very instant counts as well.
    ends_at = now + timedelta(microseconds=1)
    asked = Range(date(2020, 1, 1), now.date(), datetime(2020, 1, 1, tzinfo=now.tzinfo), ends_at, now)
    keys = [column.key for column in DEFERRED_REVENUE.columns]
    deferred = [dict(zip(keys, row, strict=True)) async for row in DEFERRED_REVENUE.rows(reader, asked)]
    return Books(rows, deferred)
