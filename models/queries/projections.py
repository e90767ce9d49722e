"""Projected claims: what stands to be paid by a period not granted yet, and what became of it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, cast
from uuid import UUID

import asyncpg

from models.queries.facts import load_passes, visit_facts
from models.queries.tenants import Business
from models.queries.windows import CAN_BE_LAID_OUT
from models.rules.calendar import local_day
from models.rules.facts import PassFacts, VisitFacts
from models.rules.projected import Renewed, once_renewed, with_projections
from models.rules.status import RetryPolicy
from models.rules.values import ProjectionState, VisitState

_BATCH = 500
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


@dataclass(frozen=True, slots=True)
class BrokenProjection:
    """A projection that should not stand as it does: the pass and the projection, and what shows it."""

    ids: tuple[UUID, ...]
    figures: dict[str, object]


async def standing_projections(reader: asyncpg.Connection, pass_ids: Iterable[UUID]) -> dict[UUID, list[Projection]]:
    """Return what each pass stands to pay for, in start order. One statement."""
    rows = await reader.fetch(
        f"{_VISITS} WHERE j.pass_id = ANY($1) AND j.state = 'STANDING' ORDER BY v.starts_at, v.id", list(pass_ids)
    )
    return _by_pass(rows)


async def coming_periods(
    reader: asyncpg.Connection,
    passes: Iterable[PassFacts],
    policy: RetryPolicy,
    now: datetime,
    *,
    but: UUID | None = None,
) -> dict[UUID, Renewed]:
    """Return those of the passes whose next period can be counted on, with what they stand to pay for taken off it.

    `but` is a visit to leave out. One statement, none where no pass is such a one.
    """
    found = {facts.id: renewed for facts in passes if (renewed := once_renewed(facts, policy, now)) is not None}
    if not found:
        return {}
    for pass_id, standing in (await standing_projections(reader, found)).items():
        visits = [each.visit for each in standing if each.visit.id != but]
        found[pass_id], _ = with_projections(found[pass_id], visits, policy, now)
    return found


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


async def broken_projections(
    reader: asyncpg.Connection, business: Business | None, limit: int
) -> list[BrokenProjection]:
    """Return up to about `limit` standing projections that the rule, asked as of when they are paid, would not make."""
    rows = await reader.fetch(
        f"""SELECT p.id FROM passes p WHERE {CAN_BE_LAID_OUT}
            AND p.id IN (SELECT pass_id FROM projected_claims WHERE state = 'STANDING') ORDER BY p.id"""
    )
    found: list[BrokenProjection] = []
    ids = [row["id"] for row in rows]
    for start in range(0, len(ids) if business else 0, _BATCH):
        batch = ids[start : start + _BATCH]
        passes, standing = await load_passes(reader, batch), await standing_projections(reader, batch)
        for pass_id in batch:
            found += _broken(passes.get(pass_id), standing[pass_id], cast("Business", business).policy)
        if len(found) >= limit:
            break
    return found


def _broken(facts: PassFacts | None, standing: Sequence[Projection], policy: RetryPolicy) -> list[BrokenProjection]:
    """As of the instant that a projection was to be paid at, what has passed since makes no difference."""
    made = min(each.visit.booked_at for each in standing)
    renewed = None if facts is None else once_renewed(facts, policy, made)
    if renewed is None:
        return [BrokenProjection((each.pass_id, each.id), {"why": "the pass does not renew"}) for each in standing]
    _, answers = with_projections(renewed, [each.visit for each in standing], policy, made)
    broken = []
    for each in standing:
        refused = [reason.code.name for reason in answers[each.visit].reasons]
        if refused:
            broken.append(BrokenProjection((each.pass_id, each.id), {"why": ", ".join(refused)}))
        elif (each.period_number, each.pays_at) != (renewed.number, renewed.pays_at):
            kept = {"period": each.period_number, "paysAt": each.pays_at.isoformat()}
            broken.append(BrokenProjection((each.pass_id, each.id), kept))
    return broken


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
