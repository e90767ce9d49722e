"""Count on the next period of passes that renew, and pay what they stand to pay for once it is granted."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from models.operations.base import Tx
from models.operations.claims import write_claim
from models.operations.projected_claims import end_projections, write_projection
from models.operations.refresh import refresh
from models.queries.facts import load_passes, visit_facts
from models.queries.locks import lock_visits
from models.queries.projections import coming_periods, projections_of_period
from models.rules.allocation import Outcome, Request, after_claim, allocate
from models.rules.eligibility import Decision, decide
from models.rules.facts import PassFacts, VisitFacts
from models.rules.projected import WAITS_FOR_RENEWAL, Renewed, because_of_renewal, once_renewed
from models.rules.values import ProjectionState, VisitState
from models.tables.projected_claims import projected_claims

# Visits of those who may use the pass, that any pass may pay for, that nothing pays or is to pay for.
_WAITING = """
SELECT v.id FROM visits v
WHERE v.auto_pay AND v.state = 'BOOKED' AND v.pass_id IS NULL AND v.projected_pass_id IS NULL
  AND v.client_id = ANY($1) AND v.starts_at >= $2
ORDER BY v.starts_at, v.id LIMIT 60
"""


async def project(
    tx: Tx, passes: Mapping[UUID, PassFacts], unpaid: Sequence[Outcome], *, pinned: bool = False
) -> list[Outcome]:
    """Let the locked passes that renew stand to pay for locked visits of their next periods, the most visits first.

    Return what is still not to be paid, each with what the passes say of their renewal too.
    """
    open_ones = {each.visit.id: each.visit for each in unpaid if _is_open(each.visit, passes, pinned=pinned)}
    done = {each.visit.id for each in unpaid} - open_ones.keys()
    asked = {d.pass_id for each in unpaid for d in each.passed_over if _waits(d)}
    if not asked or not tx.business.project_renewals:
        return [each for each in unpaid if each.visit.id not in done]
    renewing = [each for each in asked if once_renewed(passes[each], tx.business.policy, tx.now)]
    loaded = await load_passes(tx.raw, sorted(renewing)) if renewing else {}
    coming = await coming_periods(tx.raw, loaded.values(), tx.business.policy, tx.now)
    if coming and open_ones:
        answer = allocate(
            Request(
                tuple(each.facts for each in coming.values()),
                tuple(open_ones.values()),
                tx.business.policy,
                tx.now,
                tx.business.preset,
            )
        )
        for outcome in answer:
            if outcome.paid_by is None:
                continue
            visit, renewed = outcome.visit, coming[outcome.paid_by.pass_id]
            if visit.projected_on is not None:
                await end_projections(tx, visit.projected_on, {visit.id: None}, ProjectionState.RELEASED)
            await write_projection(tx, renewed, visit, pinned=pinned)
            coming[renewed.facts.id] = replace(renewed, facts=after_claim(renewed.facts, visit, outcome.paid_by))
            done.add(visit.id)
    return [
        replace(each, passed_over=tuple(_told(tx, passes, coming, each, d) for d in each.passed_over))
        for each in unpaid
        if each.visit.id not in done
    ]


def _is_open(visit: VisitFacts, passes: Mapping[UUID, PassFacts], *, pinned: bool) -> bool:
    """A visit that a pass stands to pay for keeps it, unless another one is named."""
    return visit.projected_on is None or (pinned and visit.projected_on not in passes)


def _waits(decision: Decision) -> bool:
    return any(reason.code in WAITS_FOR_RENEWAL for reason in decision.reasons)


def _told(
    tx: Tx, passes: Mapping[UUID, PassFacts], coming: Mapping[UUID, Renewed], outcome: Outcome, decision: Decision
) -> Decision:
    facts, renewed = passes[decision.pass_id], coming.get(decision.pass_id)
    more = because_of_renewal(facts, renewed, decision, outcome.visit, tx.business.policy, tx.now)
    return replace(decision, reasons=(*decision.reasons, *more)) if more else decision


async def pay_projections(tx: Tx, pass_id: UUID, *, revive: bool) -> list[UUID]:
    """Pay what a locked pass was to pay for out of the period just granted, in start order, as its rules are now.

    What no longer fits is unpaid, and announced. `revive` takes up what an earlier try of the same charge let go.
    Visits of the period after it, that any pass may pay for, come to stand. Returns the visits that changed.
    """
    facts = (await load_passes(tx.raw, [pass_id]))[pass_id]
    listed = await projections_of_period(tx.raw, pass_id, facts.periods[-1].number)
    # A visit may have come to stand more than once; what was asked for last counts.
    due = {each.visit.id: each for each in listed if revive or each.visit.projected_on == pass_id}
    begins = facts.ends_at
    people = [facts.client_id, *(member.client_id for member in facts.members)]
    renews_again = once_renewed(facts, tx.business.policy, tx.now) is not None and begins is not None
    waiting = [row["id"] for row in await tx.raw.fetch(_WAITING, people, begins)] if renews_again else []
    if not due and not waiting:
        return []
    rows = {row["id"]: row for row in await lock_visits(tx.raw, [*due, *waiting])}
    changed, failed = [], {}
    for visit_id, projection in due.items():
        row, visit = rows[visit_id], visit_facts(rows[visit_id])
        state = VisitState(row["state"])
        if row["pass_id"] is not None or not state.live or visit.projected_on not in (None, pass_id):
            continue
        decision = decide(facts, visit, tx.business.policy, tx.now)
        if not decision.pays:
            failed[visit_id] = decision.reasons[0]
            continue
        chosen_by = "NAMED" if projection.pinned else tx.business.preset.value
        outcome = Outcome(visit, decision, ())
        await write_claim(tx, facts, outcome, state, chosen_by=chosen_by, pinned=projection.pinned)
        await tx.update(projected_claims, projection.id, state=ProjectionState.PAID)
        facts = after_claim(facts, visit, decision)
        changed.append(visit_id)
    await end_projections(tx, pass_id, failed, ProjectionState.FAILED)
    if changed:
        await refresh(tx, [pass_id])
    free = [visit_facts(rows[each]) for each in waiting if _is_free(rows[each])]
    # What fits no more, because a freeze moved it say, may lie in the period after.
    free += [replace(visit_facts(rows[each]), projected_on=None) for each in failed if renews_again]
    decided = [Outcome(visit, None, (decide(facts, visit, tx.business.policy, tx.now),)) for visit in free]
    left = {each.visit.id for each in await project(tx, {pass_id: facts}, decided)}
    return [*changed, *failed, *(visit.id for visit in free if visit.id not in left | failed.keys())]


def _is_free(row: Any) -> bool:
    return row["pass_id"] is None and row["projected_pass_id"] is None and row["state"] == VisitState.BOOKED
