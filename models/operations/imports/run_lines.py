"""Go through the staged lines of an import: plan each, and keep what is wrong with it, or write what it makes."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Table

from models.imports.fields import ImportKind
from models.operations.base import Tx
from models.operations.imports.bulk import insert_rows, refresh_many
from models.operations.imports.clients import plan_clients
from models.operations.imports.options import plan_options
from models.operations.imports.passes import plan_passes
from models.operations.imports.payers import write_deltas
from models.operations.imports.plan import Line, Plan, Work
from models.operations.imports.visits import plan_visits

LINES_AT_ONCE = 2_000
_PLANNERS: dict[ImportKind, Callable[[Work, Sequence[Line]], Awaitable[list[Plan]]]] = {
    ImportKind.CLIENTS: plan_clients,
    ImportKind.OPTIONS: plan_options,
    ImportKind.PASSES: plan_passes,
    ImportKind.VISITS: plan_visits,
}
# Foreign keys are checked at the end of each statement, so what is pointed at comes first.
_ORDER = (
    "clients",
    "purchase_options",
    "purchase_option_versions",
    "passes",
    "orders",
    "client_credits",
    "periods",
    "lots",
    "visits",
    "transfers",
    "claims",
    "carried_units",
    "external_refs",
)
_DUPLICATES = """
SELECT line, first FROM (
    SELECT line, min(line) OVER (PARTITION BY ref) AS first FROM import_lines WHERE import_id = $1
) l WHERE line > first
"""


@dataclass(slots=True)
class Outcome:
    """What came of the lines: how many make something, are refused or warned of; the first refused one."""

    made: int = 0
    refused: int = 0
    warned: int = 0
    first_refused: int | None = None


async def allow_long(tx: Tx) -> None:
    """Let this one transaction take minutes: a file is one change."""
    await tx.raw.execute("SET LOCAL statement_timeout = '30min'")
    await tx.raw.execute("SET LOCAL idle_in_transaction_session_timeout = '10min'")


async def begin_work(tx: Tx, import_id: UUID, kind: ImportKind) -> Work:
    """Start on an import: find the lines that repeat an earlier one."""
    rows = await tx.raw.fetch(_DUPLICATES, import_id)
    return Work(tx, import_id, kind, duplicates={row["line"]: row["first"] for row in rows})


async def plans_of(work: Work) -> AsyncIterator[list[Plan]]:
    """Yield the plans of all staged lines, in the order of the file, some at a time."""
    after = 0
    while True:
        rows = await work.tx.raw.fetch(
            """SELECT line, ref, record, unreadable FROM import_lines WHERE import_id = $1 AND line > $2
               ORDER BY line LIMIT $3""",
            work.import_id,
            after,
            LINES_AT_ONCE,
        )
        if not rows:
            return
        after = rows[-1]["line"]
        lines = [Line(row["line"], row["ref"], row["record"], row["unreadable"]) for row in rows]
        yield await _PLANNERS[work.kind](work, lines)


def count(outcome: Outcome, plans: Sequence[Plan]) -> None:
    """Count what came of some lines."""
    for plan in plans:
        outcome.made += not plan.problems
        outcome.refused += bool(plan.problems)
        outcome.warned += bool(plan.warnings)
        if plan.problems and outcome.first_refused is None:
            outcome.first_refused = plan.line.number


async def keep_findings(work: Work, plans: Sequence[Plan]) -> None:
    """Keep what is wrong with each line where that is not what is kept already."""
    await work.tx.raw.execute(
        """UPDATE import_lines l SET problems = n.problems::jsonb, warnings = n.warnings::jsonb
           FROM unnest($3::int[], $4::text[], $5::text[]) AS n(line, problems, warnings)
           WHERE l.business_id = $1 AND l.import_id = $2 AND l.line = n.line
             AND (l.problems, l.warnings) IS DISTINCT FROM (n.problems::jsonb, n.warnings::jsonb)""",
        work.tx.business.id,
        work.import_id,
        [plan.line.number for plan in plans],
        [json.dumps(plan.problems) for plan in plans],
        [json.dumps(plan.warnings) for plan in plans],
    )


async def write(work: Work, plans: Sequence[Plan]) -> None:
    """Write the rows of the plans that nothing is wrong with."""
    # Rows of one table that name other columns go in a statement of their own.
    rows: dict[str, dict[tuple[str, ...], tuple[Table, list[dict[str, Any]]]]] = {}
    for plan in plans:
        if plan.problems:
            continue
        for table, row in plan.rows:
            rows.setdefault(table.name, {}).setdefault(tuple(row), (table, []))[1].append(row)
    assert rows.keys() <= set(_ORDER), "each table has its place in the order"
    for name in _ORDER:
        for table, batch in rows.get(name, {}).values():
            await insert_rows(work.tx.raw, work.tx.business.id, table, batch)
    await write_deltas(work)
    if work.touched:
        await refresh_many(work.tx, work.touched)
        work.touched.clear()
