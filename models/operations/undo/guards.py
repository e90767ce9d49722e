"""What a pass must not have come to for something of it to be undone."""

from models.errors import refuse
from models.operations.base import Tx
from models.operations.pass_guards import FOR_GOOD
from models.rules.codes import Code
from models.rules.facts import PassFacts
from models.rules.status import ended
from models.rules.values import ClosedReason

GONE = (*FOR_GOOD, ClosedReason.RELEASED)


def require_going(tx: Tx, facts: PassFacts) -> None:
    """Refuse for a pass that is gone or over; one that is out of use may come back. Errors: PASS_CLOSED, PASS_ENDED."""
    if facts.closed_reason in GONE:
        raise refuse(Code.PASS_CLOSED, "operationId", status=facts.closed_reason)
    if ended(facts, tx.now):
        raise refuse(Code.PASS_ENDED, "operationId")
