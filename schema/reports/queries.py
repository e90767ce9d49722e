"""A report as a table. The same table comes as CSV from `/reports/NAME.csv`."""

from datetime import date
from typing import Annotated

import asyncpg
import strawberry

from models.errors import refuse
from models.operations.base import STAFF
from models.queries.reports.base import ColumnKind, Range
from models.queries.reports.catalogue import REPORTS, ReportName, asked_range
from models.rules.codes import Code
from models.rules.language import say
from models.rules.values import Language, Role
from schema.context import Context, Info
from schema.reports.cells import cells

ROWS_MAX = 1_000
DAYS_MAX = 3_660

Name = Annotated[ReportName, strawberry.argument(description="Which report.")]
FirstDay = Annotated[date, strawberry.argument(description="The first day of the range, in the business's zone.")]
LastDay = Annotated[date, strawberry.argument(description="The last day of the range, included.")]
First = Annotated[int, strawberry.argument(description="How many rows to return, at most 1,000; the CSV has all.")]


@strawberry.type(description="One column of a report.")
class ReportColumn:
    """One column."""

    key: str = strawberry.field(description="Its name, also the CSV's.")
    kind: ColumnKind = strawberry.field(description="What its cells hold.")
    total: str | None = strawberry.field(description="Its sum over all rows, where that means something.")


@strawberry.type(description="A report over a range of days.")
class ReportTable:
    """A table of texts; `columns` say how to read them."""

    name: ReportName = strawberry.field(description="Which report.")
    description: str = strawberry.field(description="What it lists.")
    columns: list[ReportColumn] = strawberry.field(description="Its columns.")
    rows: list[list[str | None]] = strawberry.field(description="Its rows, each with one cell a column.")
    row_count: int = strawberry.field(description="How many rows there are altogether.")


def check_range(context: Context, first_day: date, last_day: date) -> Range:
    """Return what is asked. Errors: FORBIDDEN, DATES_REVERSED, DATE_OUT_OF_RANGE."""
    if context.actor.role not in STAFF:
        raise refuse(Code.FORBIDDEN, roles=f"{Role.OWNER} or {Role.STAFF}")
    if last_day < first_day:
        raise refuse(Code.DATES_REVERSED, "lastDay")
    low, high = date(1990, 1, 1), date(2200, 1, 1)
    for name, day in (("firstDay", first_day), ("lastDay", last_day)):
        if not low <= day <= high:
            raise refuse(Code.DATE_OUT_OF_RANGE, name, field=name, low=low, high=high)
    if (last_day - first_day).days > DAYS_MAX:
        raise refuse(Code.QUANTITY_OUT_OF_RANGE, "lastDay", field="days", low=1, high=DAYS_MAX)
    return asked_range(first_day, last_day, context.business.zone, context.now)


async def report(info: Info, name: Name, first_day: FirstDay, last_day: LastDay, first: First = 500) -> ReportTable:
    """Return one report. Its sums are over all rows, whatever `first` is."""
    asked = check_range(info.context, first_day, last_day)
    if not 0 <= first <= ROWS_MAX:
        raise refuse(Code.PAGE_TOO_LARGE, "first", limit=ROWS_MAX)
    return await info.context.reader.ask(_table, name, asked, first, info.context.language)


async def _table(
    reader: asyncpg.Connection, name: ReportName, asked: Range, first: int, language: Language
) -> ReportTable:
    found = REPORTS[name.value]
    rows: list[list[str | None]] = []
    totals = [0] * len(found.columns)
    count = 0
    async for row in found.rows(reader, asked):
        count += 1
        if len(rows) < first:
            rows.append(cells(found.columns, row))
        for at, column in enumerate(found.columns):
            if column.summed:
                totals[at] += row[at] or 0
    columns = [
        ReportColumn(key=column.key, kind=column.kind, total=str(total) if column.summed else None)
        for column, total in zip(found.columns, totals, strict=True)
    ]
    return ReportTable(
        name=name, description=say(language, found.sentence), columns=columns, rows=rows, row_count=count
    )
