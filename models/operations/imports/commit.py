"""Make what a staged file holds: all of it in one transaction, so that it is there whole or not at all."""

from dataclasses import dataclass
from uuid import UUID

from models.errors import refuse, unknown
from models.faults import fault_point
from models.imports.fields import ImportKind
from models.operations.base import Changed, Tx
from models.operations.imports.run_lines import Outcome, allow_long, begin_work, count, plans_of, write
from models.rules.codes import Code
from models.rules.values import Role
from models.tables.imports import imports

# The passes that lines of visits name, in the one order in which passes are locked.
_LOCK = """
SELECT p.id FROM passes p WHERE p.id IN (
    SELECT r.row_id FROM external_refs r JOIN import_lines l ON l.business_id = r.business_id AND l.import_id = $1
      AND l.record->>'pass' = r.ref WHERE r.kind = 'PASSES'
) ORDER BY p.id FOR NO KEY UPDATE
"""


@dataclass(frozen=True, slots=True)
class ImportStudio:
    """Make what a staged file holds. `skip_bad_lines`: leave out the lines that cannot be imported."""

    import_id: UUID
    skip_bad_lines: bool = False


async def import_studio(tx: Tx, command: ImportStudio) -> Changed:
    """Check every line again under this transaction and write the rows of all of them.

    Errors: FORBIDDEN for all but the OWNER, NOT_FOUND, IMPORT_NOT_STAGED, FILE_IMPORTED, IMPORT_LINES_WRONG.
    """
    tx.require(Role.OWNER)
    await allow_long(tx)
    row = await tx.raw.fetchrow("SELECT * FROM imports WHERE id = $1 FOR UPDATE", command.import_id)
    if row is None:
        raise unknown("import", "importId")
    twin = await tx.raw.fetchval(
        "SELECT committed_at FROM imports WHERE kind = $1 AND digest = $2 AND state = 'COMMITTED'",
        row["kind"],
        row["digest"],
    )
    if twin is not None:
        raise refuse(Code.FILE_IMPORTED, "importId", at=twin.date())
    if row["state"] != "STAGED":
        raise refuse(Code.IMPORT_NOT_STAGED, "importId")
    kind, outcome = ImportKind(row["kind"]), Outcome()
    if kind is ImportKind.VISITS:
        await tx.raw.execute(_LOCK.replace("$1", f"'{command.import_id}'"))
    work = await begin_work(tx, command.import_id, kind)
    async for plans in plans_of(work):
        count(outcome, plans)
        if outcome.refused and not command.skip_bad_lines:
            continue  # the rest is only counted, to say how many are wrong
        await write(work, plans)
        fault_point("import_wrote_some")
    if outcome.refused and not command.skip_bad_lines:
        raise refuse(
            Code.IMPORT_LINES_WRONG,
            "importId",
            count=outcome.refused,
            lines=row["lines"],
            line=outcome.first_refused,
        )
    if not outcome.made:
        raise refuse(Code.NOTHING_TO_DO, "importId", sentence="no line of the file can be imported.")
    await tx.update(
        imports,
        command.import_id,
        state="COMMITTED",
        committed_at=tx.now,
        operation_id=tx.operation_id,
        made=outcome.made,
        refused=outcome.refused,
        warned=outcome.warned,
    )
    await tx.event("import.committed", importId=command.import_id, holds=kind, lines=outcome.made)
    fault_point("import_before_commit")
    return Changed(rows={"import": command.import_id}, figures={"made": outcome.made, "skipped": outcome.refused})
