"""The operation that is undone, and what it says it did."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from models.operations.base import Changed, Tx

_TOUCHED = """
SELECT min(id::text)::uuid AS since, array_agg(DISTINCT pass_id) FILTER (WHERE pass_id IS NOT NULL) AS passes,
       array_agg(DISTINCT visit_id) FILTER (WHERE visit_id IS NOT NULL) AS visits
FROM events WHERE operation_id = $1
"""


@dataclass(frozen=True, slots=True)
class Done:
    """An operation that was carried out. `since` is its first event: what has a later id came after it.

    `passes` and `visits` are all that its events name, `command` what was asked for, `changed` what it answered.
    """

    id: UUID
    verb: str
    command: dict[str, Any]
    changed: Changed
    at: datetime
    reason: str
    since: UUID
    passes: tuple[UUID, ...]
    visits: tuple[UUID, ...]

    def moved(self) -> list[UUID]:
        """Return the visits that it let be paid at last, or by another pass, because something came back by it."""
        return [UUID(each["visitId"]) for each in self.changed.figures.get("moved", ())]

    def former(self) -> dict[str, Any] | None:
        """Return what the verb wrote down of how things were; None where an earlier release wrote none."""
        found: dict[str, Any] | None = self.changed.figures.get("former")
        return found


async def read_done(tx: Tx, row: asyncpg.Record, reason: str) -> Done:
    """Return the operation of this row with everything that it touched."""
    touched = await tx.row(_TOUCHED, row["id"])
    changed = Changed.from_json(row["result"])
    return Done(
        id=row["id"],
        verb=row["verb"],
        command=row["input"]["command"],
        changed=changed,
        at=row["at"],
        reason=reason,
        since=touched["since"] or row["id"],
        passes=tuple(sorted({*(touched["passes"] or ()), *changed.passes})),
        visits=tuple(sorted({*(touched["visits"] or ()), *changed.visits})),
    )
