"""What a report is: its columns, and the statement whose rows fill them."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

import asyncpg

_BATCH = 500
_ASKED = """
WITH asked AS (
    SELECT $1::date AS first_day, $2::date AS last_day, $3::timestamptz AS starts_at, $4::timestamptz AS ends_at,
           $5::timestamptz AS now
)"""


class ColumnKind(StrEnum):
    """What a column holds: MONEY is in minor units, ID a row's id, of the type its column names."""

    TEXT = "TEXT"
    COUNT = "COUNT"
    MONEY = "MONEY"
    DAY = "DAY"
    INSTANT = "INSTANT"
    PASS_ID = "PASS_ID"
    CLIENT_ID = "CLIENT_ID"
    VISIT_ID = "VISIT_ID"
    OPTION_ID = "OPTION_ID"


@dataclass(frozen=True, slots=True)
class Column:
    """One column. `summed` says that its sum over all rows means something."""

    key: str
    kind: ColumnKind
    summed: bool = False


@dataclass(frozen=True, slots=True)
class Range:
    """What is asked: the days in the business's zone, both inclusive, as days and as half-open instants, and now."""

    first_day: date
    last_day: date
    starts_at: datetime
    ends_at: datetime
    now: datetime


Rows = Callable[[asyncpg.Connection, Range], AsyncIterator[tuple[Any, ...]]]


@dataclass(frozen=True, slots=True)
class Report:
    """One report. `rows` streams them, each with one value a column."""

    name: str
    sentence: str
    columns: tuple[Column, ...]
    rows: Rows


def text(key: str) -> Column:
    """Make a column of words."""
    return Column(key, ColumnKind.TEXT)


def number(key: str) -> Column:
    """Make a column of counts, which are summed."""
    return Column(key, ColumnKind.COUNT, summed=True)


def money(key: str) -> Column:
    """Make a column of money in minor units, which is summed."""
    return Column(key, ColumnKind.MONEY, summed=True)


def day(key: str) -> Column:
    """Make a column of local days."""
    return Column(key, ColumnKind.DAY)


def instant(key: str) -> Column:
    """Make a column of instants."""
    return Column(key, ColumnKind.INSTANT)


PASS = Column("pass", ColumnKind.PASS_ID)
CLIENT = Column("client", ColumnKind.CLIENT_ID)
VISIT = Column("visit", ColumnKind.VISIT_ID)
OPTION = Column("option", ColumnKind.OPTION_ID)


def listed(statement: str) -> Rows:
    """Make the rows of a statement over `$1` first day, `$2` last day, `$3` and `$4` their instants, `$5` now."""

    async def rows(reader: asyncpg.Connection, asked: Range) -> AsyncIterator[tuple[Any, ...]]:
        # A cursor's statement takes every placeholder it is given values for, whether or not it uses them.
        given = f"{_ASKED} {statement}"
        values = (asked.first_day, asked.last_day, asked.starts_at, asked.ends_at, asked.now)
        async for row in reader.cursor(given, *values, prefetch=_BATCH):
            yield tuple(row)

    return rows
