"""Bring a visit to an outcome: its state, what that does to the unit that paid, the fee, and the history of it all."""

from typing import Any
from uuid import UUID

from sqlalchemy.exc import IntegrityError

from models.errors import refuse
from models.operations.base import Changed, Tx, violated
from models.operations.claims import settle_claim, standing_claims
from models.operations.fees import drop_fee, owe
from models.operations.projected_claims import end_projections
from models.operations.refresh import refresh
from models.queries.facts import visit_facts
from models.rules.codes import Code
from models.rules.ending import FORGIVABLE, Ending, ending
from models.rules.facts import PassFacts, covering_instant
from models.rules.terms import Outcomes
from models.rules.values import Account, OutcomeEffect, ProjectionState, VisitState
from models.tables.base import new_id
from models.tables.visits import SAME_VISIT, claims, visit_outcomes, visits

_EFFECT = {Account.AVAILABLE: OutcomeEffect.RETURN, Account.FORFEITED: OutcomeEffect.FORFEIT}


async def ending_of(tx: Tx, facts: PassFacts | None, row: Any, state: VisitState, *, waive: bool = False) -> Ending:
    """Return what it does that the visit comes to `state`, by its pass's table or, unpaid, by the business's own."""
    if facts is None:
        return ending(tx.business.unpaid_outcomes, state, waive=waive)
    forgiven = 0
    if facts.terms.outcomes.free_per_period and state in FORGIVABLE:
        number = await _period_of(tx, facts, row)
        forgiven = await tx.raw.fetchval(
            "SELECT count(*) FROM claims WHERE pass_id = $1 AND forgiven_period = $2 AND visit_id <> $3",
            facts.id,
            number,
            row["id"],
        )
    return ending(facts.terms.outcomes, state, forgiven_before=forgiven, waive=waive)


def outcomes_of(tx: Tx, facts: PassFacts | None) -> Outcomes:
    """Return the outcome table that is in force for a visit this pass pays for, or none."""
    return facts.terms.outcomes if facts else tx.business.unpaid_outcomes


async def end_as(tx: Tx, row: Any, facts: PassFacts | None, end: Ending, *, reason: str | None = None) -> Changed:
    """Bring a locked visit to an outcome, and its locked pass in line with that."""
    visit_id: UUID = row["id"]
    figures: dict[str, Any] = {"feeMinor": end.fee_minor, "forgiven": end.forgiven}
    changed = Changed(visits=[visit_id], figures=figures)
    claim = (await standing_claims(tx, [visit_id])).get(visit_id)
    made = await settle_outcome(tx, row, facts, claim, end, reason=reason)
    if claim is not None and facts is not None:
        figures["makeUpLot"] = str(made) if made else None
        figures["returned"] = end.account is Account.AVAILABLE
        await refresh(tx, [facts.id])
        changed.passes.append(facts.id)
    return changed


async def settle_outcome(
    tx: Tx, row: Any, facts: PassFacts | None, claim: Any, end: Ending, *, reason: str | None = None
) -> UUID | None:
    """Bring a locked visit to an outcome, and what pays for it to where that puts it; return a make-up lot made for it.

    The caller holds the lock of the pass, gives the standing claim (None: unpaid), and refreshes the pass.
    """
    paid = claim is not None and facts is not None
    await write_outcome(tx, row, end, claimed=paid, reason=reason)
    if not paid:
        return None
    assert facts is not None
    number = await _period_of(tx, facts, row)
    made = await settle_claim(tx, facts, claim, end.account, may_make_up=end.may_make_up)
    if end.forgiven:
        await tx.update(claims, claim["id"], forgiven_period=number)
    if end.fee_minor:
        await owe(tx, row, facts.id, number, end.fee_minor)
    return made


async def write_outcome(tx: Tx, row: Any, end: Ending, *, claimed: bool, reason: str | None = None) -> None:
    """Write the visit's new state and its history; what an earlier outcome forgave or charged is taken back first."""
    visit_id: UUID = row["id"]
    if row["state"] != end.state:
        try:
            await tx.update(visits, visit_id, state=end.state)
        except IntegrityError as error:
            if violated(error) in SAME_VISIT:
                raise refuse(Code.ALREADY_BOOKED, "visitId") from error
            raise
    if row["projected_pass_id"] is not None and not end.state.live:
        await end_projections(tx, row["projected_pass_id"], {visit_id: None}, ProjectionState.RELEASED)
    await tx.raw.execute(
        "UPDATE claims SET forgiven_period = NULL WHERE visit_id = $1 AND forgiven_period IS NOT NULL", visit_id
    )
    await drop_fee(tx, visit_id, reason)
    await tx.insert(
        visit_outcomes,
        {
            "id": new_id(),
            "visit_id": visit_id,
            "state": end.state,
            "pass_id": row["pass_id"],
            "effect": _EFFECT.get(end.account) if claimed else None,
            "fee_minor": end.fee_minor if claimed else 0,
            "forgiven": end.forgiven and claimed,
            "waived": end.waived,
            "reason": reason,
            "operation_id": tx.operation_id,
            "at": tx.now,
        },
    )
    kind = end.state.lower() if row["state"] != end.state else "waived"
    await tx.event(f"visit.{kind}", visit_id=visit_id, pass_id=row["pass_id"], was=row["state"])


async def _period_of(tx: Tx, facts: PassFacts, row: Any) -> int:
    """Return the number of the period that pays: its lot's, or the one the visit lies in where nothing is counted."""
    lot_id = await tx.raw.fetchval(
        "SELECT lot_id FROM claims WHERE visit_id = $1 AND pass_id = $2 ORDER BY claimed_at DESC, id DESC LIMIT 1",
        row["id"],
        facts.id,
    )
    for lot in facts.lots:
        if lot.id == lot_id:
            return lot.period_number
    instant = covering_instant(facts.terms, visit_facts(row))
    pairs = zip(facts.periods, facts.windows, strict=True)
    return next((period.number for period, window in pairs if window.covers(instant)), facts.periods[-1].number)
