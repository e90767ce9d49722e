"""Let passes stand to pay for visits as they did before an operation, and no more for those it let them stand for."""

from dataclasses import replace
from uuid import UUID

from models.operations.base import Tx, unique
from models.operations.projected_claims import end_projections, write_projection
from models.operations.undo.dependents import STANDING, depended_on
from models.operations.undo.done import Done
from models.queries.facts import load_passes, visit_facts
from models.queries.locks import lock_passes, lock_visits
from models.queries.projections import coming_periods
from models.rules.paying import after_claim
from models.rules.projected import ask
from models.rules.values import ProjectionState, VisitState

# Whose each projection is that stands: what an undoing wrote anew belongs to what had projected before.
_GIVEN = f"""
SELECT j.visit_id, j.pass_id FROM projected_claims j
LEFT JOIN undoings u ON u.business_id = j.business_id AND u.undone_by = j.operation_id AND NOT u.again
WHERE j.state = 'STANDING' AND $1 = CASE WHEN u.undone_by IS NULL THEN j.operation_id ELSE (
    SELECT x.operation_id FROM projected_claims x
    WHERE x.business_id = j.business_id AND x.visit_id = j.visit_id AND x.pass_id = j.pass_id
      AND {STANDING.format("x.operation_id")} ORDER BY x.id DESC LIMIT 1
) END AND j.visit_id = ANY($2)
"""
# What it ended itself, the latest of each visit, and what did not fit in the period that it granted.
_ENDED = """
SELECT DISTINCT ON (visit_id) visit_id, pass_id, period_number, pinned FROM projected_claims
WHERE ended_operation_id = $1 AND operation_id <> $1 AND state IN ('RELEASED', 'PAID', 'FAILED')
ORDER BY visit_id, id DESC
"""
_SINCE = f"""
SELECT DISTINCT operation_id AS id FROM projected_claims
WHERE pass_id = $1 AND state = 'STANDING' AND id > $2 AND operation_id <> ALL($3) AND {STANDING.format("operation_id")}
"""


async def projections_as_they_were(tx: Tx, done: Done) -> list[UUID]:
    """End what still stands of the operation's projections, and make those that it ended anew; return these visits.

    A visit that something pays for by now, or that the pass cannot stand for by its rules, is left as it is. Errors:
    DEPENDED_ON for what has come to stand on the same period since, where there is no room for both.
    """
    ended = {row["visit_id"]: row for row in await tx.raw.fetch(_ENDED, done.id)}
    given = await tx.raw.fetch(_GIVEN, done.id, list(done.visits))
    if not ended and not given:
        return []
    await lock_passes(tx.raw, [row["pass_id"] for row in (*ended.values(), *given)])
    rows = await lock_visits(tx.raw, {*ended, *(row["visit_id"] for row in given)})
    for row in given:
        await end_projections(tx, row["pass_id"], {row["visit_id"]: None}, ProjectionState.RELEASED)
    passes = await load_passes(tx.raw, {row["pass_id"] for row in ended.values()})
    renewing = passes.values() if tx.business.project_renewals else ()
    coming = await coming_periods(tx.raw, renewing, tx.business.policy, tx.now)
    gone = {row["visit_id"] for row in given}
    back: list[UUID] = []
    for row in rows:
        free = row["pass_id"] is None and (row["projected_pass_id"] is None or row["id"] in gone)
        if row["id"] not in ended or not free or row["state"] != VisitState.BOOKED:
            continue
        former = ended[row["id"]]
        renewed = coming.get(former["pass_id"])
        if renewed is None or renewed.number != former["period_number"]:
            continue
        visit = replace(visit_facts(row), projected_on=None)
        answer = ask(renewed, visit, tx.business.policy, tx.now)
        if not answer.pays:
            since = await tx.raw.fetch(_SINCE, renewed.facts.id, done.since, [done.id, tx.operation_id])
            if since:
                raise await depended_on(tx, [each["id"] for each in since])
            continue
        await write_projection(tx, renewed, visit, pinned=former["pinned"])
        coming[renewed.facts.id] = replace(renewed, facts=after_claim(renewed.facts, visit, answer))
        back.append(visit.id)
    return unique([*gone, *back])
