"""Undo a transfer: the receiver gives back what they have used nothing of."""

from models.operations.base import Changed, Tx
from models.operations.pass_guards import require_settled
from models.operations.refresh import refresh
from models.operations.undo.claims_back import give_what_it_took, take_what_it_gave
from models.operations.undo.dependents import ENDED, require_none_later
from models.operations.undo.done import Done
from models.operations.undo.guards import require_going
from models.operations.undo.sales import require_unused
from models.operations.undo.shares import share_again
from models.operations.undo.taken_back import (
    CHANGED_SINCE,
    empty_made,
    lift_all,
    move_back,
    reopen,
    require_no_charge,
    require_not_lapsed,
)
from models.queries.locks import lock_passes
from models.rules.values import Account, ClosedReason
from models.tables.passes import passes


async def undo_transfer(tx: Tx, done: Done) -> Changed:
    """Close the receiver's pass, whose units go back to the lots that they came from; a pass given whole opens again.

    Errors: DEPENDED_ON for what the receiver has done with it, or for what the giver's pass came to since;
    NOT_UNDOABLE where the days of the units, or of the pass, are over; PASS_CLOSED, PASS_ENDED; PAYMENT_IN_PROGRESS
    while what the receiver pays to renew it has no answer.
    """
    giver, receiver = done.changed.passes[:2]
    whole = done.command["units"] is None
    locked = await lock_passes(tx.raw, done.passes)
    require_settled(locked[receiver])
    await require_not_lapsed(tx, done, receiver)
    await take_what_it_gave(tx, done, done.visits)
    await require_unused(tx, done, [receiver])
    await require_none_later(tx, done, CHANGED_SINCE, passes=[receiver])
    await require_none_later(tx, done, ENDED, passes=[giver])
    await empty_made(tx, done, receiver, granted=Account.TRANSFERRED)
    await lift_all(tx, done, receiver)
    await tx.update(passes, receiver, closed_reason=ClosedReason.TRANSFERRED, closed_at=tx.now)
    if whole:
        await reopen(tx, done, giver, done.former())
    else:
        require_going(tx, locked[giver])
    await move_back(tx, done, giver)
    units = done.changed.figures["units"]
    await tx.event("pass.transferTakenBack", pass_id=giver, to=receiver, units=units, reason=done.reason)
    await refresh(tx, [giver, receiver])
    if whole:
        await share_again(tx, done)
    await give_what_it_took(tx, done, done.visits)
    if whole:
        await require_no_charge(tx, [giver])
    return Changed([giver, receiver], list(done.changed.visits))
