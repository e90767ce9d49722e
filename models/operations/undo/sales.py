"""Undo a sale: everything that was paid goes back, and the pass is closed."""

from collections.abc import Sequence
from uuid import UUID

from models.operations.base import Changed, Tx
from models.operations.refund_pass import RefundPass, refund_pass
from models.operations.undo.claims_back import give_what_it_took, take_what_it_gave
from models.operations.undo.dependents import STANDING, depended_on
from models.operations.undo.done import Done
from models.queries.locks import lock_client_passes, lock_passes
from models.queries.refunds import sources
from models.tables.passes import holds

# Who pays with the pass or has used it, who gave it a further period, who shares it, who paid a part of it back.
_WHO = f"""
SELECT operation_id AS id FROM claims WHERE pass_id = ANY($1) AND released_at IS NULL
UNION SELECT operation_id FROM periods WHERE pass_id = ANY($1) AND number > 0
UNION SELECT operation_id FROM shares WHERE pass_id = ANY($1) AND state <> 'REMOVED'
UNION SELECT operation_id FROM refunds r WHERE r.pass_id = ANY($1) AND {STANDING.format("r.operation_id")}
UNION SELECT operation_id FROM fees WHERE pass_id = ANY($1) AND state IN ('OWED', 'PAID')
UNION SELECT operation_id FROM transfers t WHERE t.pass_id = ANY($1) AND t.from_account = 'AVAILABLE'
  AND t.to_account IN ('TRANSFERRED', 'CONVERTED', 'REFUNDED', 'EXPIRED') AND {STANDING.format("t.operation_id")}
UNION SELECT operation_id FROM events e WHERE e.pass_id = ANY($1)
  AND e.type IN ('pass.converted', 'pass.transferred', 'pass.refunded') AND {STANDING.format("e.operation_id")}
"""


async def undo_sale(tx: Tx, done: Done) -> Changed:
    """Pay the whole price back and close the pass, which is as if it had not been sold where nothing used it.

    Visits that waited and that it was let pay for wait again. Errors: DEPENDED_ON, PAYMENT_IN_PROGRESS, PASS_CLOSED.
    """
    (pass_id,) = done.changed.passes
    await lock_client_passes(tx.raw, UUID(done.command["client_id"]))
    await lock_passes(tx.raw, done.passes)
    moved = await take_what_it_gave(tx, done, done.visits)
    await give_what_it_took(tx, done, done.visits)
    await require_unused(tx, done, [pass_id])
    await lift_what_it_joined(tx, done)
    paid = sum(source.money_minor + source.credit_minor for source in await sources(tx.raw, pass_id))
    refunded = await refund_pass(tx, RefundPass(pass_id, done.reason, amount_minor=paid))
    return Changed([pass_id], moved, orders=list(done.changed.orders), figures=refunded.figures)


async def lift_what_it_joined(tx: Tx, done: Done) -> None:
    """Remove the holds that the (locked) passes got from standing closures as they were sold; they are refreshed yet.

    Nothing is asked of them: a pass that is paid back whole has no days to lose.
    """
    joined = "SELECT id, pass_id FROM holds WHERE operation_id = $1 AND removed_at IS NULL ORDER BY id"
    for row in await tx.raw.fetch(joined, done.id):
        await tx.update(holds, row["id"], removed_at=tx.now, ended_operation_id=tx.operation_id)
        await tx.event("hold.removed", pass_id=row["pass_id"], hold=row["id"], removed_at=tx.now)


async def require_unused(tx: Tx, done: Done, sold: Sequence[UUID]) -> None:
    """Refuse where anything depends on these (locked) passes that the operation sold. Errors: DEPENDED_ON."""
    later = {row["id"] for row in await tx.raw.fetch(_WHO, list(sold))} - {done.id, tx.operation_id}
    if later:
        raise await depended_on(tx, later)
