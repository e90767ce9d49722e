"""Take in a file: read it whole, keep its lines beside the studio's own rows, and check them. Nothing is made yet.

Lines are kept in batches, each committed with how far it has come. A process that is killed leaves an import that
goes on where it was once the same file is sent again.
"""

import asyncio
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC
from itertools import islice
from pathlib import Path
from typing import Any
from uuid import UUID

from models.errors import refuse
from models.faults import fault_point
from models.imports.fields import ImportKind
from models.imports.rows import rows_of
from models.imports.scan import Asked, Scan, scan
from models.operations.base import Actor, Tx
from models.operations.imports.plan import REF_MAX
from models.operations.imports.run_lines import Outcome, allow_long, begin_work, count, keep_findings, plans_of
from models.operations.open_tx import open_tx
from models.rules.codes import Code
from models.rules.values import Role
from models.runtime import Runtime
from models.tables.base import new_id

LINES_AT_ONCE = 5_000


@dataclass(frozen=True, slots=True)
class Staged:
    """A file taken in and checked. `resumed` counts the lines that were there from an earlier attempt."""

    import_id: UUID
    scan: Scan
    outcome: Outcome
    resumed: int


async def stage_import(
    runtime: Runtime, business_id: UUID, actor: Actor, path: Path, asked: Asked, *, file_name: str = ""
) -> Staged:
    """Stage the file and check its lines; the same file again goes on where it was, and is checked anew.

    Errors: FORBIDDEN for all but the OWNER; those of `scan`; FILE_IMPORTED; OPERATION_IN_PROGRESS where another
    process is staging the same file right now.
    """
    if actor.role is not Role.OWNER:
        raise refuse(Code.FORBIDDEN, roles=Role.OWNER.value)
    found = await asyncio.to_thread(scan, path, asked)
    import_id, staged = await _open(runtime, business_id, actor, asked, found, file_name or path.name)
    if staged < found.lines:
        await _stage_lines(runtime, business_id, import_id, path, asked, found, staged)
    outcome = await check_import(runtime, business_id, actor, import_id)
    return Staged(import_id, found, outcome, staged)


def _how(asked: Asked, found: Scan) -> dict[str, Any]:
    orders = {name: order.order for name, order in found.orders.items() if order.order}
    return {"mapping": asked.mapping.to_json(), "delimiter": asked.delimiter, "dates": orders, "member": asked.member}


async def _open(
    runtime: Runtime, business_id: UUID, actor: Actor, asked: Asked, found: Scan, file_name: str
) -> tuple[UUID, int]:
    """Return the import of this file read in this way, and how many of its lines are staged; begin one if need be."""
    how = json.dumps(_how(asked, found))
    async with runtime.database.transaction(business_id) as connection:
        tx = await open_tx(runtime, connection, actor)
        await tx.raw.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", f"import {business_id}")
        done = await tx.raw.fetchrow(
            "SELECT committed_at FROM imports WHERE kind = $1 AND digest = $2 AND state = 'COMMITTED'",
            asked.kind.value,
            found.digest,
        )
        if done is not None:
            raise refuse(Code.FILE_IMPORTED, "file", at=done["committed_at"].astimezone(UTC).date())
        row = await tx.raw.fetchrow(
            """SELECT id, staged FROM imports WHERE kind = $1 AND digest = $2 AND encoding = $3
               AND asked = $4::text::jsonb AND state <> 'COMMITTED'""",
            asked.kind.value,
            found.digest,
            found.encoding,
            how,
        )
        if row is not None:
            return row["id"], row["staged"]
        import_id = new_id()
        await tx.raw.execute(
            """INSERT INTO imports (business_id, id, kind, state, file_name, digest, asked, encoding, lines, staged,
                   refused, warned, made, created_at)
               VALUES ($1, $2, $3, 'STAGING', $4, $5, $6::text::jsonb, $7, $8, 0, 0, 0, 0, $9)""",
            business_id,
            import_id,
            asked.kind.value,
            file_name[:200],
            found.digest,
            how,
            found.encoding,
            found.lines,
            tx.now,
        )
        return import_id, 0


async def _stage_lines(
    runtime: Runtime, business_id: UUID, import_id: UUID, path: Path, asked: Asked, found: Scan, staged: int
) -> None:
    rows = rows_of(path, found.encoding, asked.delimiter, asked.member)
    next(rows)
    lines = islice(_lines(rows, asked, found), staged, None)
    while batch := await asyncio.to_thread(lambda: list(islice(lines, LINES_AT_ONCE))):
        async with runtime.database.transaction(business_id) as connection:
            raw = (await connection.get_raw_connection()).driver_connection
            assert raw is not None
            moved = await raw.execute(
                """UPDATE imports SET staged = staged + $4,
                       state = CASE WHEN staged + $4 = lines THEN 'STAGED' ELSE state END
                   WHERE business_id = $1 AND id = $2 AND staged = $3 AND state = 'STAGING'""",
                business_id,
                import_id,
                staged,
                len(batch),
            )
            if moved != "UPDATE 1":
                raise refuse(Code.OPERATION_IN_PROGRESS, "file")
            await raw.execute(
                """INSERT INTO import_lines (business_id, import_id, line, ref, record, unreadable, problems, warnings)
                   SELECT $1, $2, n.line, n.ref, n.record::jsonb, n.wrong::jsonb, '[]', '[]'
                   FROM unnest($3::int[], $4::text[], $5::text[], $6::text[]) AS n(line, ref, record, wrong)""",
                business_id,
                import_id,
                *map(list, zip(*batch, strict=True)),
            )
        staged += len(batch)
        fault_point("import_staged_some")


def _lines(rows: Iterator[tuple[int, list[str]]], asked: Asked, found: Scan) -> Iterator[tuple[int, str, str, str]]:
    reader = found.reader(asked)
    for line, cells in rows:
        record, wrong = reader.read(cells)
        yield line, _ref(asked.kind, record), json.dumps(record), json.dumps(wrong)


def _ref(kind: ImportKind, record: dict[str, Any]) -> str:
    """The id a line goes by: its own, else what tells clients and options apart, else a fingerprint of all it says."""
    ref = record.get("ref")
    if ref is None and kind is ImportKind.CLIENTS and "email" in record:
        ref = record["email"].lower()
    if ref is None and kind is ImportKind.OPTIONS:
        ref = record.get("name")
    if ref is None:
        ref = "line " + hashlib.sha256(json.dumps(record, sort_keys=True).encode()).hexdigest()
    return str(ref)[:REF_MAX]


async def check_import(runtime: Runtime, business_id: UUID, actor: Actor, import_id: UUID) -> Outcome:
    """Check every staged line against the store as it is now, and keep what is wrong with each."""
    outcome = Outcome()
    async with runtime.database.transaction(business_id) as connection:
        tx = await open_tx(runtime, connection, actor)
        await allow_long(tx)
        row = await tx.row("SELECT kind, state FROM imports WHERE id = $1 FOR UPDATE", import_id)
        if row["state"] != "STAGED":
            raise refuse(Code.IMPORT_NOT_STAGED, "importId")
        work = await begin_work(tx, import_id, ImportKind(row["kind"]))
        async for plans in plans_of(work):
            count(outcome, plans)
            await keep_findings(work, plans)
        await _keep_counts(tx, import_id, outcome)
    return outcome


async def _keep_counts(tx: Tx, import_id: UUID, outcome: Outcome) -> None:
    await tx.raw.execute(
        "UPDATE imports SET refused = $3, warned = $4, made = 0 WHERE business_id = $1 AND id = $2",
        tx.business.id,
        import_id,
        outcome.refused,
        outcome.warned,
    )
