"""Put an export into an empty business, row by row as it was: the same ids, balances, ledger, history and answers."""

import json
from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import asyncpg

from models.errors import refuse
from models.operations.base import Actor, Tx
from models.operations.imports.run_lines import allow_long
from models.operations.open_tx import open_tx
from models.queries.export import stored_tables
from models.queries.invariants import check_business
from models.queries.tenants import knows_zone
from models.rules.calendar import zone_exists
from models.rules.codes import Code
from models.rules.terms import terms_from_json
from models.rules.terms_check import problems
from models.rules.values import Role
from models.runtime import Runtime

ROWS_AT_ONCE = 1_000
_OWN = frozenset({"name", "test_clock_at", "created_at", "accepts_test_cards"})
"""What a business keeps of its own: it was opened under its name, and lives in the time it lives in."""

_NOT_UNDERSTOOD = (ValueError, TypeError, LookupError, AttributeError)
"""What the rules raise where what is stored is not of the shape they wrote."""

_WHOLLY = "what it holds does not belong together: {why}"
"""What the store and the check of the books say of it stays in their own English words."""

Lines = Callable[[str], Iterator[str]]
"""Yields the lines of a file of the export; none where it has no such file."""


async def restore(runtime: Runtime, business_id: UUID, actor: Actor, lines: Lines) -> dict[str, int]:
    """Write every row of an export in one transaction, see that every invariant holds, and return the rows by table.

    Errors: FORBIDDEN for all but the OWNER; NOT_EMPTY; FILE_UNREADABLE for what is no export, or one whose rows do not
    belong together. Nothing has changed then.
    """
    if actor.role is not Role.OWNER:
        raise refuse(Code.FORBIDDEN, roles=Role.OWNER.value)
    manifest = _manifest(lines)
    async with runtime.database.transaction(business_id) as connection:
        tx = await open_tx(runtime, connection, actor)
        await allow_long(tx)
        await tx.raw.execute("SELECT FROM businesses WHERE id = $1 FOR UPDATE", business_id)
        for table in stored_tables():
            if await tx.raw.fetchval(f"SELECT EXISTS (SELECT FROM {table.name})"):
                raise _not_empty(table.name)
        try:
            counts = await _write(tx, lines)
            await _settle(tx, manifest["business"])
            await _understand(tx)
            broken = await check_business(tx.raw)
        except (asyncpg.DataError, asyncpg.IntegrityConstraintViolationError, *_NOT_UNDERSTOOD) as error:
            raise _no_export(_WHOLLY, why=str(error).split("\n")[0][:200].rstrip(".")) from error
        for name, count in counts.items():
            if manifest["rows"].get(f"rows/{name}.jsonl", 0) != count:
                raise _no_export("it is no whole export: rows of {name} are missing", name=name)
        if broken:
            raise _no_export(_WHOLLY, why=broken[0].sentence.rstrip("."))
    return counts


def _manifest(lines: Lines) -> dict[str, Any]:
    try:
        manifest = json.loads("".join(lines("sessionpass.json")))
        if manifest["format"] == 1 and isinstance(manifest["business"], dict) and isinstance(manifest["rows"], dict):
            return dict(manifest)
    except (ValueError, KeyError, TypeError, RecursionError):
        pass
    raise _no_export("it is no whole export: it has no sessionpass.json that can be read")


async def _write(tx: Tx, lines: Lines) -> dict[str, int]:
    counts = {}
    for table in stored_tables():
        count, batch = 0, []
        for line in lines(f"rows/{table.name}.jsonl"):
            batch.append(line)
            count += 1
            if len(batch) == ROWS_AT_ONCE:
                await _insert(tx, table.name, {column.name for column in table.c}, batch)
                batch = []
        if batch:
            await _insert(tx, table.name, {column.name for column in table.c}, batch)
        counts[table.name] = count
    return counts


async def _insert(tx: Tx, table: str, known: set[str], batch: list[str]) -> None:
    """Insert rows with the columns they have; what this release has beyond them takes its default."""
    first = json.loads(batch[0])
    if not isinstance(first, dict) or not known & first.keys():
        raise _no_export("it is no whole export: a row of {name} is none", name=table)
    columns = ", ".join(sorted(known & first.keys() - {"business_id"}))
    await tx.raw.execute(
        f"INSERT INTO {table} (business_id, {columns}) SELECT $1, {columns} "
        f"FROM jsonb_populate_recordset(NULL::{table}, $2::text::jsonb)",
        tx.business.id,
        f"[{','.join(batch)}]",
    )


async def _settle(tx: Tx, business: dict[str, Any]) -> None:
    """Take over the policies, point what names a key at nobody, and let passes live in this business's time."""
    types = await tx.raw.fetch(
        """SELECT column_name AS name FROM information_schema.columns
           WHERE table_schema = current_schema() AND table_name = 'businesses'"""
    )
    columns = sorted({row["name"] for row in types} & business.keys() - _OWN - {"id"})
    if not columns:
        raise _no_export("it is no whole export: it does not say what the business is like")
    taken = ", ".join(f"{column} = n.{column}" for column in columns)
    await tx.raw.execute(
        f"""UPDATE businesses b SET {taken} FROM jsonb_populate_record(NULL::businesses, $2::text::jsonb) n
            WHERE b.id = $1""",
        tx.business.id,
        json.dumps(business),
    )
    await tx.raw.execute(
        "UPDATE passes SET on_test_clock = $2, claimed_until = NULL WHERE business_id = $1",
        tx.business.id,
        tx.business.test_clock_at is not None,
    )


async def _understand(tx: Tx) -> None:
    """Let the rules read what the store keeps without knowing what it means: terms and zones.

    What the rules would not let be sold any more stays as it was sold. Raises one of `_NOT_UNDERSTOOD`.
    """
    rows = await tx.raw.fetch("""
        SELECT terms FROM purchase_option_versions UNION ALL
        SELECT v.terms || p.terms_override FROM passes p JOIN purchase_option_versions v
          ON v.option_id = p.option_id AND v.version = p.option_version WHERE p.terms_override IS NOT NULL""")
    for row in rows:
        problems(terms_from_json(row["terms"]))
    zones = await tx.raw.fetch("""
        SELECT zone FROM businesses UNION SELECT zone FROM passes UNION
        SELECT zone FROM locations WHERE zone IS NOT NULL""")
    for row in zones:
        if not zone_exists(row["zone"]) or not await knows_zone(tx.raw, row["zone"]):
            raise _no_export("it is no whole export: {zone} is no time zone", zone=row["zone"][:60])


def _no_export(sentence: str, **values: Any) -> Exception:
    return refuse(Code.FILE_UNREADABLE, "file", sentence=sentence, **values)


def _not_empty(table: str) -> Exception:
    """Name what is there where a studio has a word for it."""
    match table:
        case "clients":
            return refuse(Code.NOT_EMPTY, "business", thing="clients")
        case "locations":
            return refuse(Code.NOT_EMPTY, "business", thing="locations")
        case "services":
            return refuse(Code.NOT_EMPTY, "business", thing="services")
        case "purchase_options":
            return refuse(Code.NOT_EMPTY, "business", thing="purchase options")
        case _:
            return refuse(Code.NOT_EMPTY, "business", thing="rows of its own")
