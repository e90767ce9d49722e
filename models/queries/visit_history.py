"""What a visit came to, each time, with what that did and who said so."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import asyncpg

from models.rules.values import OutcomeEffect, Role, VisitState


@dataclass(frozen=True, slots=True)
class OutcomeRow:
    """One outcome as it was written. `effect` is None where it moved no unit; `role` WORKER is the system itself."""

    id: UUID
    state: VisitState
    effect: OutcomeEffect | None
    fee_minor: int
    forgiven: bool
    waived: bool
    reason: str | None
    role: Role
    verb: str
    at: datetime


async def history_of(reader: asyncpg.Connection, visit_ids: Sequence[UUID]) -> dict[UUID, list[OutcomeRow]]:
    """Return the outcomes of each visit in the order in which they were written. One statement."""
    rows = await reader.fetch(
        """SELECT w.visit_id, w.id, w.state, w.effect, w.fee_minor, w.forgiven, w.waived, w.reason, o.role, o.verb, w.at
           FROM visit_outcomes w JOIN operations o ON o.business_id = w.business_id AND o.id = w.operation_id
           WHERE w.visit_id = ANY($1) ORDER BY w.id""",
        visit_ids,
    )
    found: dict[UUID, list[OutcomeRow]] = {visit_id: [] for visit_id in visit_ids}
    for row in rows:
        found[row["visit_id"]].append(
            OutcomeRow(
                row["id"],
                VisitState(row["state"]),
                OutcomeEffect(row["effect"]) if row["effect"] else None,
                row["fee_minor"],
                row["forgiven"],
                row["waived"],
                row["reason"],
                Role(row["role"]),
                row["verb"],
                row["at"],
            )
        )
    return found
