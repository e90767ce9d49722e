"""Write what passes are to pay for once they renew, and end it: the only place that writes projected claims."""

import json
from collections.abc import Mapping
from uuid import UUID

from models.operations.base import Tx
from models.queries.projections import standing_projections
from models.rules.codes import Code, Reason, because
from models.rules.facts import PassFacts, VisitFacts
from models.rules.projected import Renewed, once_renewed, why_uncertain, with_projections
from models.rules.values import ProjectionState
from models.tables.base import new_id
from models.tables.projected_claims import projected_claims
from models.tables.visits import visits

# The visit comes first: who ends a projection holds its visit, so that no two wait for each other crosswise.
_FREE = "UPDATE visits SET projected_pass_id = NULL WHERE id = ANY($1) AND projected_pass_id IS NOT NULL"
_END = """
UPDATE projected_claims SET state = $2, ended_operation_id = $3, ended_at = $4, reason = $5::text::jsonb
WHERE visit_id = $1 AND state = 'STANDING'
"""


async def write_projection(tx: Tx, renewed: Renewed, visit: VisitFacts, *, pinned: bool) -> None:
    """Let the pass pay for the locked visit once it has renewed."""
    row = {
        "id": new_id(),
        "visit_id": visit.id,
        "pass_id": renewed.facts.id,
        "period_number": renewed.number,
        "pays_at": renewed.pays_at,
        "pinned": pinned,
        "state": ProjectionState.STANDING,
        "operation_id": tx.operation_id,
        "projected_at": tx.now,
        "reason": None,
    }
    await tx.insert(projected_claims, row)
    await tx.update(visits, visit.id, projected_pass_id=renewed.facts.id)
    await tx.event("visit.projected", pass_id=renewed.facts.id, visit_id=visit.id, paysOn=renewed.pays_on)


async def end_projections(tx: Tx, pass_id: UUID, ended: Mapping[UUID, Reason | None], state: ProjectionState) -> None:
    """End the standing projections of these visits, each for its reason. What failed or was released is announced."""
    await tx.raw.execute(_FREE, list(ended))
    for visit_id, reason in ended.items():
        why = None if reason is None else {"code": reason.code.name, "values": dict(reason.values)}
        await tx.raw.execute(_END, visit_id, state.value, tx.operation_id, tx.now, why and json.dumps(why))
        if state is not ProjectionState.PAID:
            kind = "visit.projectionFailed" if state is ProjectionState.FAILED else "visit.projectionReleased"
            await tx.event(kind, pass_id=pass_id, visit_id=visit_id, reason=why)


async def fail_projections(tx: Tx, pass_id: UUID) -> list[UUID]:
    """A charge failed: what its period was to pay for is unpaid, until a later try succeeds. Returns the visits."""
    standing = (await standing_projections(tx.raw, [pass_id])).get(pass_id, [])
    failed = {each.visit.id: because(Code.PAYMENT_OVERDUE) for each in standing}
    if failed:
        await end_projections(tx, pass_id, failed, ProjectionState.FAILED)
    return list(failed)


async def keep_projections(tx: Tx, facts: PassFacts) -> None:
    """Release what a locked pass will pay for no more, and keep the day on which it pays the rest.

    What a period was to pay for that is granted by now waits for the end of the verb that grants it.
    """
    standing = (await standing_projections(tx.raw, [facts.id])).get(facts.id, [])
    standing = [each for each in standing if each.period_number > facts.periods[-1].number]
    renewed = once_renewed(facts, tx.business.policy, tx.now)
    dropped: dict[UUID, Reason | None] = {}
    if renewed is None:
        why = why_uncertain(facts, tx.business.policy, tx.now)
        dropped = {each.visit.id: why for each in standing}
    else:
        _, answers = with_projections(renewed, [each.visit for each in standing], tx.business.policy, tx.now)
        dropped = {visit.id: answer.reasons[0] for visit, answer in answers.items() if not answer.pays}
        moved = [each for each in standing if each.visit.id not in dropped and each.pays_at != renewed.pays_at]
        for each in moved:
            await tx.update(projected_claims, each.id, pays_at=renewed.pays_at)
    if dropped:
        await end_projections(tx, facts.id, dropped, ProjectionState.RELEASED)
