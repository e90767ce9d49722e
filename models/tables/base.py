"""What every table shares: names of constraints, the tenant key, and short ways to write columns."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Any

import uuid_utils.compat
from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKeyConstraint,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    Uuid,
)
from sqlalchemy.schema import SchemaItem

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

new_id = uuid_utils.compat.uuid7
"""Make a UUIDv7: it sorts by time of creation, and the client makes it, which saves a round trip a row."""


def tenant_table(name: str, *items: SchemaItem, key: Iterable[str] = ("id",)) -> Table:
    """Make a table whose every row belongs to a business, with the composite primary key (business_id, *key)."""
    keys = tuple(key)
    own = () if any(isinstance(i, Column) and i.name == "id" for i in items) or "id" not in keys else (ident("id"),)
    return Table(
        name,
        metadata,
        Column("business_id", Uuid, nullable=False),
        *own,
        *items,
        PrimaryKeyConstraint("business_id", *keys),
        ForeignKeyConstraint(["business_id"], ["businesses.id"], name=f"fk_{name}_business_id"),
    )


def ident(name: str, *, optional: bool = False) -> Column[Any]:
    """Make an id column."""
    return Column(name, Uuid, nullable=optional)


def instant(name: str, *, optional: bool = False) -> Column[Any]:
    """Make an instant column (UTC)."""
    return Column(name, DateTime(timezone=True), nullable=optional)


def text(name: str, *, optional: bool = False) -> Column[Any]:
    """Make a text column."""
    return Column(name, Text, nullable=optional)


def amount(name: str, *, optional: bool = False) -> Column[Any]:
    """Make a column of whole units: visits, days, minutes or minor units of money."""
    return Column(name, BigInteger, nullable=optional)


def belongs_to(table: str, *columns: str) -> ForeignKeyConstraint:
    """Make a foreign key inside one business; a row can never point at another tenant's."""
    return ForeignKeyConstraint(["business_id", *columns], [f"{table}.business_id", f"{table}.id"])


def one_of(column: str, words: type[StrEnum]) -> CheckConstraint:
    """Hold a text column to the words of an enumeration."""
    listed = ", ".join(f"'{word.value}'" for word in words)
    return CheckConstraint(f"{column} IN ({listed})", name=f"{column}_word")
