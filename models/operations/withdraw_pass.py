"""Withdraw from a pass that was bought from afar, within the days that the law of the studio grants."""

from dataclasses import dataclass
from uuid import UUID

from models.errors import refuse
from models.operations.base import STAFF, Changed, Tx
from models.operations.pass_guards import locked_pass, require_open
from models.operations.refund_pass import RefundPass, give_back
from models.queries.refunds import sources
from models.rules.calendar import local_day
from models.rules.codes import Code
from models.rules.values import RefundBasis, Role

REASON = "withdrawal"
# A visit that began counts as one that was come to, whether or not somebody has said so yet.
_UNTOUCHED = """
SELECT NOT EXISTS (SELECT FROM lots l WHERE l.pass_id = $1 AND l.available + l.booked <> l.issued)
   AND NOT EXISTS (SELECT FROM claims c JOIN visits v ON v.business_id = c.business_id AND v.id = c.visit_id
                   WHERE c.pass_id = $1 AND c.released_at IS NULL AND (c.account <> 'BOOKED' OR v.starts_at <= $2))
"""


@dataclass(frozen=True, slots=True)
class WithdrawPass:
    """Withdraw from a pass: it is closed, and what was paid goes back the way it came."""

    pass_id: UUID


async def withdraw_pass(tx: Tx, command: WithdrawPass) -> Changed:
    """Pay back all that was paid where nothing was used, else the unused share, whatever the option's refunds say.

    Errors: NOT_FOUND, PASS_CLOSED, PASS_ENDED, NOT_WITHDRAWABLE, PAYMENT_IN_PROGRESS, DISPUTE_OPEN, FORBIDDEN.
    """
    tx.require(*STAFF, Role.CLIENT)
    facts = await locked_pass(tx, command.pass_id)
    require_open(tx, facts)
    until = (await tx.row("SELECT withdrawable_until FROM passes WHERE id = $1", facts.id))["withdrawable_until"]
    if until is None:
        raise refuse(Code.NOT_WITHDRAWABLE, "passId", sentence="it was not bought from afar where the law grants that.")
    if local_day(tx.now, facts.zone) > until:
        raise refuse(Code.NOT_WITHDRAWABLE, "passId", sentence="the last day for that was {day}.", day=until)
    whole = None
    if await tx.raw.fetchval(_UNTOUCHED, facts.id, tx.now):
        whole = sum(source.money_minor + source.credit_minor for source in await sources(tx.raw, facts.id))
    return await give_back(tx, RefundPass(facts.id, REASON, amount_minor=whole, basis=RefundBasis.UNUSED_PRO_RATA))
