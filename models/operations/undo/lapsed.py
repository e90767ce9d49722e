"""Undo a claim of what had lapsed: it has lapsed again, as long ago as it had."""

from uuid import UUID

from models.operations.base import Changed, Tx
from models.operations.pass_guards import locked_pass
from models.operations.refresh import refresh
from models.operations.undo.claims_back import give_what_it_took, take_what_it_gave
from models.operations.undo.dependents import ENDED, require_none_later
from models.operations.undo.done import Done
from models.operations.undo.taken_back import empty_made, move_back, require_not_lapsed
from models.queries.locks import lock_passes_only


async def undo_claim(tx: Tx, done: Done) -> Changed:
    """Let the units lapse again where none of the make-up lot was used. Errors: DEPENDED_ON for what used some."""
    pass_id = UUID(done.command["pass_id"])
    await lock_passes_only(tx.raw, done.passes)
    await locked_pass(tx, pass_id)
    await require_none_later(tx, done, ENDED, passes=[pass_id])
    await require_not_lapsed(tx, done, pass_id)
    await take_what_it_gave(tx, done, done.visits)
    await empty_made(tx, done, pass_id)
    await move_back(tx, done, pass_id)
    await tx.event("lot.claimTakenBack", pass_id=pass_id, lot=done.changed.figures["makeUpLot"])
    await refresh(tx, [pass_id])
    await give_what_it_took(tx, done, done.visits)
    return Changed([pass_id], list(done.changed.visits))
