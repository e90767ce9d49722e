"""Undo what was reported or settled of a dispute: it never was, or it is open again."""

from typing import Any
from uuid import UUID

from models.operations.base import Changed, Tx
from models.operations.undo.claims_back import give_what_it_took
from models.operations.undo.dependents import STANDING, depended_on
from models.operations.undo.done import Done
from models.operations.undo.guards import GONE
from models.operations.undo.holds import hold_again
from models.operations.write_hold import lift_hold
from models.queries.facts import load_passes
from models.queries.locks import lock_passes
from models.rules.facts import PassFacts
from models.rules.status import ended
from models.rules.values import DisputeState
from models.tables.closures import disputes

# What came after a dispute was settled: another one about the order, and money of the order that went back.
_SINCE = f"""
SELECT d.operation_id AS id FROM disputes d WHERE d.order_id = $1 AND d.id > $2 AND d.state <> 'WITHDRAWN'
UNION
SELECT r.operation_id FROM refunds r
WHERE r.order_id = $1 AND r.id > $2 AND r.state <> 'TAKEN_BACK' AND {STANDING.format("r.operation_id")}
"""
_BLOCKS = "SELECT * FROM holds WHERE dispute_id = $1 AND removed_at IS NULL ORDER BY pass_id"
_LIFTED = "SELECT * FROM holds WHERE dispute_id = $1 AND ended_operation_id = $2 ORDER BY pass_id"


async def undo_report(tx: Tx, done: Done) -> Changed:
    """Withdraw the dispute and lift its blocks as if they had never been. Errors: DEPENDED_ON where it was settled."""
    dispute, locked = await _locked(tx, done)
    if dispute["state"] != DisputeState.OPEN:
        raise await depended_on(tx, [dispute["settled_operation_id"]])
    changed = Changed(orders=[dispute["order_id"]], rows={"dispute": dispute["id"]})
    for hold in await tx.raw.fetch(_BLOCKS, dispute["id"]):
        facts = locked.get(hold["pass_id"]) or (await load_passes(tx.raw, [hold["pass_id"]]))[hold["pass_id"]]
        await lift_hold(tx, hold["id"], facts, "hold.removed", removed_at=tx.now)
        changed.passes.append(facts.id)
        changed.holds.append(hold["id"])
    settled = {"settled_at": tx.now, "settled_operation_id": tx.operation_id}
    await tx.update(disputes, dispute["id"], state=DisputeState.WITHDRAWN, **settled)
    await tx.event("dispute.withdrawn", order=dispute["order_id"], dispute=dispute["id"])
    await give_what_it_took(tx, done, done.visits)
    return changed


async def undo_settling(tx: Tx, done: Done) -> Changed:
    """Let the dispute be open again, and block again what its end let go of.

    Errors: DEPENDED_ON for another dispute about the order, money of it that went back, and what such a pass has been
    booked for since.
    """
    dispute, locked = await _locked(tx, done)
    later = await tx.raw.fetch(_SINCE, dispute["order_id"], done.since)
    if later:
        raise await depended_on(tx, [row["id"] for row in later])
    changed = Changed(orders=[dispute["order_id"]], rows={"dispute": dispute["id"]})
    for hold in await tx.raw.fetch(_LIFTED, dispute["id"], done.id):
        facts = locked[hold["pass_id"]]
        if facts.closed_reason in GONE or ended(facts, tx.now):
            continue  # Nobody can book with it: there is nothing left to block.
        await hold_again(tx, done, hold, facts)
        changed.passes.append(facts.id)
        changed.holds.append(hold["id"])
    settled = {"settled_at": None, "settled_operation_id": None}
    await tx.update(disputes, dispute["id"], state=DisputeState.OPEN, **settled)
    await tx.event("dispute.reopened", order=dispute["order_id"], dispute=dispute["id"])
    await give_what_it_took(tx, done, done.visits)
    return changed


async def _locked(tx: Tx, done: Done) -> tuple[Any, dict[UUID, PassFacts]]:
    """Lock the passes and the order, in the order in which disputes do; return the dispute and the passes."""
    dispute_id = done.changed.rows["dispute"]
    locked = await lock_passes(tx.raw, done.passes)
    await tx.raw.execute("SELECT FROM orders WHERE id = $1 FOR UPDATE", done.changed.orders[0])
    return await tx.row("SELECT * FROM disputes WHERE id = $1", dispute_id), locked
