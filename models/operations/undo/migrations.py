"""Undo the way back of a migration: the passes are on the version again that they had been moved to."""

from typing import Any
from uuid import UUID

from models.errors import refuse
from models.operations.base import Changed, Tx
from models.operations.migrate_passes import FOLLOWS, followed_before
from models.operations.pass_guards import require_settled
from models.operations.refresh import refresh
from models.operations.undo.dependents import ENDINGS, require_none_later
from models.operations.undo.done import Done
from models.queries.locks import lock_passes
from models.rules.codes import Code
from models.tables.option_migrations import option_migrations
from models.tables.passes import passes

_REVERTED = "SELECT * FROM option_migrations WHERE reverted_operation_id = $1 ORDER BY pass_id"
_SINCE = (*ENDINGS, "pass.migrated", "pass.migrationReverted")
_PLANNED = ("conversion.scheduled", "conversion.cancelled", "conversion.impossible")


async def undo_reversion(tx: Tx, done: Done) -> Changed:
    """Move the passes again that were moved back. Errors: DEPENDED_ON for what they came to since, NOTHING_TO_DO."""
    rows = await tx.raw.fetch(_REVERTED, done.id)
    if not rows:
        raise refuse(Code.NOTHING_TO_DO, "operationId", sentence="no pass was moved back by it.")
    for facts in (await lock_passes(tx.raw, [row["pass_id"] for row in rows])).values():
        require_settled(facts)
    for row in rows:
        pass_id, was = row["pass_id"], followed_before(row)
        await require_none_later(tx, done, _SINCE + (_PLANNED if was else ()), passes=[pass_id])
        changes: dict[str, Any] = {}
        if was:
            left = row["former"]["left"]
            changes = {name: left[name] for name in FOLLOWS}
            target = left["conversion_option_id"]
            changes["conversion_option_id"] = target and UUID(target)
        await tx.update(passes, pass_id, option_version=row["to_version"], **changes)
        await tx.update(option_migrations, row["id"], reverted_operation_id=None)
        await tx.event("pass.migrated", pass_id=pass_id, version=row["to_version"], reason=done.reason)
    ids = [row["pass_id"] for row in rows]
    await refresh(tx, ids)
    return Changed(ids)
