"""Inserts and updates as text for the driver, compiled once from the tables.

SQLAlchemy builds and looks up a statement anew at each execution, which costs a small write more than the database
takes for it. The statements are SQLAlchemy's own; only their preparation is kept.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import Table, bindparam, insert, update
from sqlalchemy.dialects.postgresql import JSONB, asyncpg

_DIALECT = asyncpg.dialect()  # type: ignore[no-untyped-call]


@dataclass(frozen=True, slots=True)
class Statement:
    """The text with `$1`, `$2` …, and of which column each of them is the value."""

    text: str
    columns: tuple[str, ...]
    json_columns: frozenset[str]

    def values(self, row: Mapping[str, Any]) -> list[Any]:
        """Return the values of a row in the statement's order, as the driver takes them."""
        if not self.json_columns:
            return [row[column] for column in self.columns]
        return [json.dumps(row[name]) if name in self.json_columns else row[name] for name in self.columns]


@lru_cache(maxsize=512)
def insertion(table: Table, columns: tuple[str, ...]) -> Statement:
    """Return the statement that inserts one row with these columns."""
    return _compiled(table, insert(table).values({name: bindparam(name) for name in columns}), lambda name: name)


@lru_cache(maxsize=512)
def change(table: Table, columns: tuple[str, ...]) -> Statement:
    """Return the statement that changes these columns of the row with this business and id."""
    # SQLAlchemy reserves the columns' own names in an update.
    changed: dict[str, Any] = {name: bindparam(f"new_{name}") for name in columns}
    found = (table.c.business_id == bindparam("new_business_id"), table.c.id == bindparam("new_id"))
    return _compiled(table, update(table).where(*found).values(changed), lambda name: name.removeprefix("new_"))


def _compiled(table: Table, statement: Any, column_of: Callable[[str], str]) -> Statement:
    compiled = statement.compile(dialect=_DIALECT)
    columns = tuple(column_of(name) for name in compiled.positiontup)
    json_columns = frozenset(name for name in columns if isinstance(table.c[name].type, JSONB))
    return Statement(str(compiled), columns, json_columns)
