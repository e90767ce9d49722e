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
from models.operations.undo.dependents import STANDING, depended_on
from models.operations.undo.done import Done
from models.queries.facts import load_passes, visit_facts
from models.queries.locks import lock_passes, lock_visits
from models.rules.allocation import Outcome
from models.rules.codes import Code
from models.rules.eligibility import decide
from models.rules.values import Account, VisitState

# What it took from a visit and had not given it itself; what an operation gave that was undone is nobody's any more.
_TAKEN = """
SELECT DISTINCT ON (visit_id) * FROM claims
WHERE visit_id = ANY($1) AND released_operation_id = $2 AND operation_id <> $2
  AND operation_id NOT IN (SELECT operation_id FROM undoings WHERE undone_by <> $2)
ORDER BY visit_id, released_at DESC, id DESC
"""
# Whose each standing claim is: what an undoing wrote anew belongs to what had paid before.
_WHOSE = f"""
SELECT c.visit_id, CASE WHEN u.undone_by IS NULL THEN c.operation_id ELSE coalesce((
    SELECT x.operation_id FROM claims x
    WHERE x.business_id = c.business_id AND x.visit_id = c.visit_id AND x.pass_id = c.pass_id
      AND {STANDING.format("x.operation_id")} ORDER BY x.id DESC LIMIT 1
), c.operation_id) END AS operation_id
FROM claims c LEFT JOIN undoings u ON u.business_id = c.business_id AND u.undone_by = c.operation_id AND NOT u.again
WHERE c.visit_id = ANY($1) AND c.released_at IS NULL
"""
_LAST_OUTCOME = f"""
SELECT w.operation_id, w.id FROM visit_outcomes w WHERE w.visit_id = $1 AND {STANDING.format("w.operation_id")}
ORDER BY w.id DESC LIMIT 1
"""


async def take_what_it_gave(tx: Tx, done: Done, visit_ids: Iterable[UUID]) -> list[UUID]:
    """Release the claims of the operation that still stand on these visits; return those visits.

    A visit that came to an outcome since was used by that: errors: DEPENDED_ON.
    """
    ids = list(visit_ids)
    whose = {row["visit_id"]: row["operation_id"] for row in await tx.raw.fetch(_WHOSE, ids)}
    standing = await standing_claims(tx, ids)
    given = {visit_id: claim for visit_id, claim in standing.items() if whose.get(visit_id) == done.id}
    passes = await lock_passes(tx.raw, [claim["pass_id"] for claim in given.values()])
    await lock_visits(tx.raw, given)
    for visit_id, claim in given.items():
        if Account(claim["account"]) is not Account.BOOKED:
            outcome = await tx.raw.fetchrow(_LAST_OUTCOME, visit_id)
            if outcome is not None and outcome["id"] > done.since and outcome["operation_id"] != done.id:
                raise await depended_on(tx, [outcome["operation_id"]])
        await settle_claim(tx, passes[claim["pass_id"]], claim, Account.AVAILABLE, may_make_up=False)
    await refresh(tx, passes)
    return list(given)


async def give_what_it_took(tx: Tx, done: Done, visit_ids: Iterable[UUID]) -> list[UUID]:
    """Let the passes pay again from which the operation took visits; return these.

    Errors: DEPENDED_ON where something else has paid for a visit since, or it came to an outcome; PASS_CANNOT_PAY
    with the pass's own reasons, where its rules or what it has left no longer let it.
    """
    taken = {row["visit_id"]: row for row in await tx.raw.fetch(_TAKEN, list(visit_ids), done.id)}
    await lock_passes(tx.raw, [claim["pass_id"] for claim in taken.values()])
    back = []
    for row in await lock_visits(tx.raw, taken):
        standing = (await standing_claims(tx, [row["id"]])).get(row["id"])
        if standing is not None and standing["operation_id"] == tx.operation_id:
            continue  # The verb that did it back has seen to it.
        if standing is not None:
            raise await depended_on(tx, [standing["operation_id"]])
        if row["state"] != VisitState.BOOKED:
            outcome = await tx.raw.fetchrow(_LAST_OUTCOME, row["id"])
            if outcome is None or outcome["operation_id"] == done.id:
                continue
            raise await depended_on(tx, [outcome["operation_id"]])
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
