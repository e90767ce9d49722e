"""Projected claims: what stands to be paid by a period not granted yet, and what became of it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import asyncpg

from models.queries.facts import visit_facts
from models.rules.calendar import local_day
from models.rules.facts import VisitFacts
from models.rules.values import ProjectionState, VisitState

_VISITS = """
SELECT v.*, s.category, coalesce(l.zone, b.zone) AS zone, j.id AS projection_id, j.pass_id AS projecting_pass_id,
       j.period_number, j.pays_at, j.pinned
FROM projected_claims j
JOIN visits v ON v.business_id = j.business_id AND v.id = j.visit_id
JOIN services s ON s.business_id = v.business_id AND s.id = v.service_id
JOIN locations l ON l.business_id = v.business_id AND l.id = v.location_id
JOIN businesses b ON b.id = v.business_id
"""


@dataclass(frozen=True, slots=True)
class Projection:
    """A visit that a pass is to pay for out of its period `period_number`, which is granted at `pays_at`."""

    id: UUID
    pass_id: UUID
    period_number: int
    pays_at: datetime
    pinned: bool
    state: VisitState
    paid: bool
    visit: VisitFacts


@dataclass(frozen=True, slots=True)
class ProjectionRow:
    """A standing projection as it is shown. `pays_on` is the local day of the pass."""

    visit_id: UUID
    pass_id: UUID
    period_number: int
    pays_at: datetime
    pays_on: date


async def standing_projections(reader: asyncpg.Connection, pass_ids: Iterable[UUID]) -> dict[UUID, list[Projection]]:
    """Return what each pass stands to pay for, in start order. One statement."""
    rows = await reader.fetch(
        f"{_VISITS} WHERE j.pass_id = ANY($1) AND j.state = 'STANDING' ORDER BY v.starts_at, v.id", list(pass_ids)
    )
    return _by_pass(rows)


async def projections_of_period(reader: asyncpg.Connection, pass_id: UUID, number: int) -> list[Projection]:
    """Return what the pass was to pay for out of this period: what stands, and what its failed charge let go."""
    rows = await reader.fetch(
        f"{_VISITS} WHERE j.pass_id = $1 AND j.period_number = $2 AND j.state IN ('STANDING', 'FAILED') "
        "ORDER BY v.starts_at, v.id, j.id",
        pass_id,
        number,
    )
    return _by_pass(rows).get(pass_id, [])


async def projections_by_visit(reader: asyncpg.Connection, visit_ids: Sequence[UUID]) -> dict[UUID, ProjectionRow]:
    """Return the standing projection of each visit that has one. One statement."""
    rows = await reader.fetch(
        """SELECT j.visit_id, j.pass_id, j.period_number, j.pays_at, p.zone
           FROM projected_claims j JOIN passes p ON p.business_id = j.business_id AND p.id = j.pass_id
           WHERE j.visit_id = ANY($1) AND j.state = $2""",
        visit_ids,
        ProjectionState.STANDING.value,
    )
    return {
        row["visit_id"]: ProjectionRow(
            row["visit_id"],
            row["pass_id"],
            row["period_number"],
            row["pays_at"],
            local_day(row["pays_at"], row["zone"]),
        )
        for row in rows
    }


def _by_pass(rows: Iterable[Any]) -> dict[UUID, list[Projection]]:
    found: dict[UUID, list[Projection]] = {}
    for row in rows:
        found.setdefault(row["projecting_pass_id"], []).append(
            Projection(
                id=row["projection_id"],
                pass_id=row["projecting_pass_id"],
                period_number=row["period_number"],
                pays_at=row["pays_at"],
                pinned=row["pinned"],
                state=VisitState(row["state"]),
                paid=row["pass_id"] is not None,
                visit=visit_facts(row),
            )
        )
    return found
