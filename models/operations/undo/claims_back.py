"""Give visits back what paid for them before an operation, and take from them what it paid with."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any
from uuid import UUID

from models.errors import Problem, Refused, refuse
from models.operations.base import Tx
from models.operations.claims import settle_claim, standing_claims, write_claim
from models.operations.refresh import refresh
from models.operations.start_pass import start_pass
from models.operations.undo.dependents import depended_on
from models.operations.undo.done import Done
from models.queries.facts import load_passes, visit_facts
from models.queries.locks import lock_passes, lock_visits
from models.rules.allocation import Outcome
from models.rules.codes import Code
from models.rules.eligibility import decide
from models.rules.values import Account, VisitState

# What it took from a visit and had not given it itself.
_TAKEN = """
SELECT DISTINCT ON (visit_id) * FROM claims
WHERE visit_id = ANY($1) AND released_operation_id = $2 AND operation_id <> $2
ORDER BY visit_id, released_at DESC, id DESC
"""
_LAST_OUTCOME = "SELECT operation_id, id FROM visit_outcomes WHERE visit_id = $1 ORDER BY id DESC LIMIT 1"


async def take_what_it_gave(tx: Tx, done: Done, visit_ids: Iterable[UUID]) -> list[UUID]:
    """Release the claims of the operation that still stand on these visits; return those visits.

    A visit that came to an outcome since was used by that: errors: DEPENDED_ON.
    """
    given = {
        visit_id: claim
        for visit_id, claim in (await standing_claims(tx, visit_ids)).items()
        if claim["operation_id"] == done.id
    }
    passes = await lock_passes(tx.raw, [claim["pass_id"] for claim in given.values()])
    await lock_visits(tx.raw, given)
    for visit_id, claim in given.items():
        if Account(claim["account"]) is not Account.BOOKED:
            outcome = await tx.raw.fetchrow(_LAST_OUTCOME, visit_id)
            if outcome is not None and outcome["id"] > claim["id"] and outcome["operation_id"] != done.id:
                raise await depended_on(tx, [outcome["operation_id"]])
        await settle_claim(tx, passes[claim["pass_id"]], claim, Account.AVAILABLE, may_make_up=False)
    await refresh(tx, passes)
    return list(given)


async def give_what_it_took(tx: Tx, done: Done, visit_ids: Iterable[UUID]) -> list[UUID]:
    """Let the passes pay again from which the operation took visits that are booked and unpaid; return these.

    Errors: PASS_CANNOT_PAY with the pass's own reasons, where its rules or what it has left no longer let it.
    """
    taken = {row["visit_id"]: row for row in await tx.raw.fetch(_TAKEN, list(visit_ids), done.id)}
    await lock_passes(tx.raw, [claim["pass_id"] for claim in taken.values()])
    back = []
    for row in await lock_visits(tx.raw, taken):
        if row["state"] == VisitState.BOOKED and row["pass_id"] is None:
            await pay_as_before(tx, row, taken[row["id"]])
            back.append(row["id"])
    return back


async def pay_as_before(tx: Tx, row: Any, claim: Any) -> None:
    """Write a locked visit's former claim anew: the same pass and lot, booked. Errors: PASS_CANNOT_PAY."""
    facts, visit = (await load_passes(tx.raw, [claim["pass_id"]]))[claim["pass_id"]], visit_facts(row)
    lots = tuple(lot if lot.id == claim["lot_id"] else replace(lot, available=0) for lot in facts.lots)
    decision = decide(replace(facts, lots=lots), visit, tx.business.policy, tx.now)
    if not decision.pays:
        reasons = (Problem(reason, ("operationId",)) for reason in decision.reasons)
        raise Refused(*refuse(Code.PASS_CANNOT_PAY, "operationId").problems, *reasons)
    await start_pass(tx, facts, [visit])
    outcome = Outcome(visit, decision, ())
    await write_claim(tx, facts, outcome, VisitState.BOOKED, chosen_by="TAKEN_BACK", pinned=claim["pinned"])
    await refresh(tx, [facts.id])
