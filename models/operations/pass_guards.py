"""Find a pass, lock it, and refuse what cannot be done to it in the state it is in."""

from uuid import UUID

from models.errors import refuse, unknown
from models.operations.base import Tx
from models.queries.locks import lock_passes
from models.rules.codes import Code
from models.rules.facts import PassFacts
from models.rules.status import ended
from models.rules.values import ClosedReason

FOR_GOOD = (ClosedReason.CONVERTED, ClosedReason.REFUNDED, ClosedReason.TRANSFERRED)
"""How a pass is closed that can never pay for anything again."""


async def locked_pass(tx: Tx, pass_id: UUID, *, thing: str = "pass", path: str = "passId") -> PassFacts:
    """Lock the pass and return its facts; a client finds only their own. Errors: NOT_FOUND."""
    facts = (await lock_passes(tx.raw, [pass_id])).get(pass_id)
    if facts is None:
        raise unknown(thing, path)
    tx.require_client(facts.client_id, thing, path)
    return facts


def require_not_gone(facts: PassFacts) -> None:
    """Refuse for a pass that somebody took out of use. Errors: PASS_CLOSED."""
    if facts.closed_reason is not None and facts.closed_reason.by_hand:
        raise refuse(Code.PASS_CLOSED, "passId", status=facts.closed_reason)


def require_open(tx: Tx, facts: PassFacts) -> None:
    """Refuse for a pass that is gone or whose end has passed. Errors: PASS_CLOSED, PASS_ENDED."""
    require_not_gone(facts)
    if ended(facts, tx.now):
        raise refuse(Code.PASS_ENDED, "passId")


def require_settled(facts: PassFacts) -> None:
    """Refuse while a payment for the pass is in flight. Errors: PAYMENT_IN_PROGRESS."""
    if facts.order_pending:
        raise refuse(Code.PAYMENT_IN_PROGRESS, "passId")
