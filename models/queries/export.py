"""Everything of a business, from one snapshot: tables to read and to import, and every row as it is stored.

Tables are CSV with the business's own ids as references; a cell that a spreadsheet would run is guarded. The rows
are JSON lines, one file a table, which `restore` puts into an empty business as they are.
"""

import csv
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, TextIO

import asyncpg
from sqlalchemy import Table

from models.imports.cells import guarded
from models.tables import metadata

_ROWS_AT_ONCE = 2_000
LEFT_OUT = frozenset({"businesses", "api_keys", "import_lines", "sandboxes"})
"""Tables that stay: keys are secrets, lines of files to import are not the studio's own, a business is opened anew, and
a sandbox is another business, which whoever writes its id into a file must not come to own."""

_OPTION = """
    LEFT JOIN purchase_option_versions v
      ON v.business_id = p.business_id AND v.option_id = p.option_id AND v.version = p.option_version"""
TABLES: dict[str, str] = {
    "locations": "SELECT id, name, zone FROM locations WHERE archived_at IS NULL ORDER BY id",
    "services": "SELECT id, name, category FROM services WHERE archived_at IS NULL ORDER BY id",
    "clients": """SELECT c.id, c.name, c.email, l.name AS home_location, c.created_at
        FROM clients c LEFT JOIN locations l ON l.business_id = c.business_id AND l.id = c.home_location_id
        WHERE c.archived_at IS NULL ORDER BY c.id""",
    "options": """SELECT o.id, v.version, v.name, v.kind, v.price_minor AS price, v.quantity, v.terms, o.archived_at
        FROM purchase_options o JOIN purchase_option_versions v
          ON v.business_id = o.business_id AND v.option_id = o.id AND v.version = o.current_version ORDER BY o.id""",
    "passes": f"""SELECT p.id, p.client_id AS client, p.option_id AS option, v.name AS option_name, p.option_version,
            p.kind, p.sold_on, p.first_day, p.last_day, p.closed_reason,
            nullif(b.granted, 0) AS granted, b.remaining, b.forfeited, b.used, b.expired,
            n.price_minor AS price, CASE WHEN p.auto_renew THEN 'yes' ELSE 'no' END AS auto_renew
        FROM passes p {_OPTION}
        LEFT JOIN periods n ON n.business_id = p.business_id AND n.pass_id = p.id AND n.number = 1
        LEFT JOIN LATERAL (
            SELECT sum(available + booked + used + forfeited) AS granted, sum(available + booked) AS remaining,
                   sum(used) AS used, sum(forfeited) AS forfeited, sum(expired) AS expired
            FROM lots l WHERE l.business_id = p.business_id AND l.pass_id = p.id
        ) b ON true ORDER BY p.id""",
    "lots": "SELECT * FROM lots ORDER BY id",
    "visits": """SELECT v.id, v.client_id AS client, s.name AS service, l.name AS location, v.starts_at, v.ends_at,
            v.state, v.pass_id AS pass, v.external_ref, v.note
        FROM visits v JOIN services s ON s.business_id = v.business_id AND s.id = v.service_id
        JOIN locations l ON l.business_id = v.business_id AND l.id = v.location_id ORDER BY v.id""",
    "orders": "SELECT * FROM orders ORDER BY id",
    "payments": "SELECT * FROM payments ORDER BY id",
    "transfers": "SELECT * FROM transfers ORDER BY id",
    "events": "SELECT * FROM events ORDER BY id",
    "operations": "SELECT * FROM operations ORDER BY id",
}
"""By name, what a person reads. Amounts of money are in major units where `own` imports them, else in minor ones."""
_MAJOR = {("options", "price"), ("passes", "price")}


class Sink(Protocol):
    """Where an export goes: a folder or a zip."""

    def open(self, name: str) -> Any:
        """Open a text file to be written, as a context manager."""
        ...


@dataclass(frozen=True, slots=True)
class Written:
    """One file of an export."""

    name: str
    rows: int


def stored_tables() -> list[Table]:
    """Return the tables that belong to a business and go out, those that are pointed at first."""
    return [table for table in metadata.sorted_tables if "business_id" in table.c and table.name not in LEFT_OUT]


async def export(reader: asyncpg.Connection, sink: Sink) -> list[Written]:
    """Write everything the reader's one snapshot shows; nothing is held but some rows at a time."""
    await reader.execute("SET LOCAL statement_timeout = '30min'")
    await reader.execute("SET LOCAL idle_in_transaction_session_timeout = '30min'")
    written = []
    for name, statement in TABLES.items():
        with sink.open(f"{name}.csv") as file:
            written.append(Written(f"{name}.csv", await _table(reader, name, statement, file)))
    for table in stored_tables():
        name = f"rows/{table.name}.jsonl"
        statement = f"SELECT (to_jsonb(t) - 'business_id')::text AS row FROM {table.name} t ORDER BY {_key(table)}"
        with sink.open(name) as file:
            written.append(Written(name, await _each(reader, statement, lambda row: file.write(row["row"] + "\n"))))
    business = await reader.fetchval("SELECT (to_jsonb(b) - 'id')::text FROM businesses b")
    with sink.open("sessionpass.json") as file:
        counts = {each.name: each.rows for each in written}
        json.dump({"format": 1, "business": json.loads(business), "rows": counts}, file, indent=1)
    return written


def _key(table: Table) -> str:
    return ", ".join(f"t.{column.name}" for column in table.primary_key)


async def _table(reader: asyncpg.Connection, name: str, statement: str, file: TextIO) -> int:
    prepared = await reader.prepare(statement)
    columns = [each.name for each in prepared.get_attributes() if each.name != "business_id"]
    writer = csv.writer(file)
    writer.writerow(columns)

    def put(row: Any) -> None:
        writer.writerow([_cell(row[column], major=(name, column) in _MAJOR) for column in columns])

    return await _each(reader, statement, put)


async def _each(reader: asyncpg.Connection, statement: str, put: Callable[[Any], object]) -> int:
    count = 0
    async for row in reader.cursor(statement, prefetch=_ROWS_AT_ONCE):
        put(row)
        count += 1
    return count


def _cell(value: Any, *, major: bool) -> Any:
    if isinstance(value, (dict, list)):
        return json.dumps(value)
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, str):
        return guarded(value)
    if major and value is not None:
        return f"{value // 100}.{value % 100:02}"
    if hasattr(value, "isoformat"):
        return value.isoformat()
    return value
