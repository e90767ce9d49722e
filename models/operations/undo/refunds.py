"""Undo a refund whose money has not left the house: the units come back, and the credit that it gave is taken."""

from uuid import UUID

from models.errors import Refused, refuse
from models.operations.base import Changed, Tx
from models.operations.pass_guards import locked_pass
from models.operations.refresh import refresh
from models.operations.undo.claims_back import give_what_it_took
from models.operations.undo.dependents import ENDED, STANDING, depended_on, require_none_later
from models.operations.undo.done import Done
from models.operations.undo.guards import require_going
from models.operations.undo.taken_back import move_back, reopen, require_no_charge, take_credit
from models.queries.locks import lock_passes_only
from models.rules.codes import Code
from models.rules.values import RefundDestination, RefundState
from models.tables.refunds import refunds

_MADE = "SELECT * FROM refunds WHERE operation_id = $1 ORDER BY id FOR UPDATE"
_CREDITED = f"""
SELECT e.operation_id FROM events e
WHERE e.type = 'refund.credited' AND e.data->>'refund' = $1 AND {STANDING.format("e.operation_id")}
ORDER BY e.id DESC LIMIT 1
"""


async def undo_refund(tx: Tx, done: Done) -> Changed:
    """Give the units back, open a pass again that was refunded whole, and take the credit that it became.

    A refund that the gateway has refused, or was not yet asked for, is owed no more. Errors: NOT_UNDOABLE for money
    that has left, PAYMENT_IN_PROGRESS while the gateway has not answered, DEPENDED_ON, PASS_CLOSED, PASS_ENDED.
    """
    pass_id, whole = UUID(done.command["pass_id"]), done.command.get("units") is None
    await lock_passes_only(tx.raw, done.passes)
    facts = await locked_pass(tx, pass_id)
    await require_none_later(tx, done, ENDED, passes=[pass_id])
    await take_back_money(tx, done)
    if whole:
        await reopen(tx, done, pass_id, done.former())
    else:
        require_going(tx, facts)
    await move_back(tx, done, pass_id)
    figures = done.changed.figures
    told = {"units": figures["units"], "amountMinor": figures["amountMinor"], "whole": whole, "reason": done.reason}
    await tx.event("pass.refundTakenBack", pass_id=pass_id, **told)
    await refresh(tx, [pass_id])
    await give_what_it_took(tx, done, done.visits)
    if whole:
        await require_no_charge(tx, [pass_id])
    return Changed([pass_id], list(done.changed.visits))


async def take_back_money(tx: Tx, done: Done) -> None:
    """Let the refunds of the operation be owed no more, and take the credit of those that were credit.

    Errors: NOT_UNDOABLE for money that has left, PAYMENT_IN_PROGRESS, DEPENDED_ON for credit that is spent.
    """
    made = await tx.raw.fetch(_MADE, done.id)
    left = sum(
        row["amount_minor"]
        for row in made
        if (row["state"], row["destination"]) == (RefundState.DONE, RefundDestination.ORIGINAL)
    )
    if left:
        raise money_left(left, tx.business.currency)
    for row in made:
        match RefundState(row["state"]):
            case RefundState.UNKNOWN:
                raise refuse(Code.PAYMENT_IN_PROGRESS, "operationId")
            case RefundState.CREDITED:
                by = await tx.raw.fetchval(_CREDITED, str(row["id"]))
                raise await depended_on(tx, [by])
            case RefundState.DONE:
                order = row["order_id"]
                await take_credit(tx, done, row["client_id"], row["amount_minor"], order, row["pass_id"])
            case _:
                pass
        await tx.update(refunds, row["id"], state=RefundState.TAKEN_BACK)


def money_left(amount_minor: int, currency: str) -> Refused:
    """Return the refusal for money that has left the house, to be raised."""
    return refuse(
        Code.NOT_UNDOABLE,
        "operationId",
        sentence="{amount} in minor units of {currency} has gone back to the payer, and only a new charge would bring "
        "it back, to which nobody has agreed.",
        remedy="Sell the pass anew with sellPass, or add units with adjustPass.",
        amount=amount_minor,
        currency=currency,
    )


async def undo_credit(tx: Tx, done: Done) -> Changed:
    """Owe a refund again that the gateway had refused, and take the credit that it became. Errors: DEPENDED_ON."""
    refund_id = done.changed.rows["refund"]
    row = await tx.row("SELECT * FROM refunds WHERE id = $1 FOR UPDATE", refund_id)
    await take_credit(tx, done, row["client_id"], row["amount_minor"], row["order_id"], row["pass_id"])
    await tx.update(refunds, refund_id, state=RefundState.FAILED)
    await tx.event("refund.owed", pass_id=row["pass_id"], refund=refund_id, amountMinor=row["amount_minor"])
    return Changed([row["pass_id"]], rows={"refund": refund_id})
