"""Undo a renewal: what it charged goes back, and the period that it granted is taken back with its units."""

from datetime import datetime
from typing import Any
from uuid import UUID

from models.errors import refuse
from models.operations.base import Changed, Tx
from models.operations.lapse import release_uncovered
from models.operations.pass_guards import locked_pass, require_settled
from models.operations.refresh import refresh
from models.operations.refund_pass import Refunded, pay_back, require_undisputed
from models.operations.undo.claims_back import give_what_it_took, take_what_it_gave
from models.operations.undo.dependents import ENDINGS, STANDING, depended_on, require_none_later
from models.operations.undo.done import Done
from models.operations.undo.holds import lift_what_joined
from models.operations.undo.passes import not_written_down
from models.operations.undo.taken_back import empty_made, move_back, reopen, require_no_charge
from models.queries.locks import lock_passes_only
from models.queries.refunds import sources
from models.rules.codes import Code
from models.rules.facts import PassFacts
from models.rules.values import CoveredBy, RefundDestination
from models.tables.passes import passes

_GRANTED = "SELECT * FROM periods WHERE pass_id = $1 AND operation_id = $2 AND number > 0"
# Who pays out of the period or has used it, who added units to it, who paid back for it, whose fee belongs to it.
_WHO = """
SELECT c.operation_id AS id FROM claims c JOIN visits v ON v.business_id = c.business_id AND v.id = c.visit_id
WHERE c.pass_id = $1 AND c.released_at IS NULL AND CASE WHEN c.lot_id IS NULL
      THEN CASE WHEN $4 THEN v.booked_at ELSE v.starts_at END >= $3
      ELSE c.lot_id IN (SELECT id FROM lots WHERE pass_id = $1 AND period_number = $2) END
UNION SELECT operation_id FROM lots WHERE pass_id = $1 AND period_number = $2
  AND available + booked + used + forfeited + expired > 0
UNION SELECT operation_id FROM refunds WHERE order_id = $5 AND state <> 'TAKEN_BACK'
UNION SELECT operation_id FROM fees WHERE pass_id = $1 AND period_number = $2 AND state IN ('OWED', 'PAID')
"""
# Whoever looks for the way a renewal is paid finds what was set since.
_PAID_ANEW = f"""
SELECT EXISTS (SELECT FROM events e WHERE e.pass_id = $1 AND e.type = 'pass.autoRenewSet' AND e.id > $2
               AND {STANDING.format("e.operation_id")})
"""
_FREE_NUMBER = "SELECT -1 - count(*) FROM successions WHERE pass_id = $1 AND period_number < 0"


async def undo_renewal(tx: Tx, done: Done) -> Changed:
    """Pay the price back, take the period back, and let the pass be as it was; visits stand to be paid as before.

    Errors: DEPENDED_ON for what has used the period, NOT_UNDOABLE where it is over, or where the pass would be charged
    for at once, DISPUTE_OPEN, PAYMENT_IN_PROGRESS.
    """
    pass_id, former = UUID(done.command["pass_id"]), done.former()
    if former is None:
        raise not_written_down()
    await lock_passes_only(tx.raw, done.passes)
    facts = await locked_pass(tx, pass_id)
    await require_none_later(tx, done, (*ENDINGS, "pass.extended"), passes=[pass_id])
    require_settled(facts)
    await require_undisputed(tx, pass_id)
    period = await tx.row(_GRANTED, pass_id, done.id)
    if period["ends_at"] is not None and period["ends_at"] <= tx.now:
        raise refuse(
            Code.NOT_UNDOABLE,
            "operationId",
            sentence="the period is over.",
            remedy="Pay back what is fair of it with refundPass.",
        )
    await take_what_it_gave(tx, done, done.visits)
    await _require_unused(tx, done, facts, period)
    made = await _pay_back(tx, done, facts, period["order_id"])
    await lift_what_joined(tx, done)
    before = (await refresh(tx, [pass_id]))[pass_id]
    await empty_made(tx, done, pass_id)
    await _take_back(tx, pass_id, period["number"], former["cut_at"])
    changes: dict[str, Any] = {"renewals_done": facts.renewals_done - 1}
    if not await tx.raw.fetchval(_PAID_ANEW, pass_id, done.since):
        changes |= {name: former[name] for name in ("payment_method", "test_card")}
    await tx.update(passes, pass_id, **changes)
    after = await reopen(tx, done, pass_id, former, even_over=True)
    await move_back(tx, done, pass_id)
    await tx.event("pass.renewalTakenBack", pass_id=pass_id, period=period["number"], reason=done.reason)
    await release_uncovered(tx, before, after)
    await refresh(tx, [pass_id])
    await give_what_it_took(tx, done, done.visits)
    await require_no_charge(tx, [pass_id])
    figures = {"refunds": [str(each) for each in made]}
    return Changed([pass_id], list(done.changed.visits), orders=list(done.changed.orders), figures=figures)


async def _require_unused(tx: Tx, done: Done, facts: PassFacts, period: Any) -> None:
    by_booking = facts.terms.covered_by is CoveredBy.BOOKING
    asked = (facts.id, period["number"], period["starts_at"], by_booking, period["order_id"])
    later = {row["id"] for row in await tx.raw.fetch(_WHO, *asked)} - {done.id, tx.operation_id}
    if later:
        raise await depended_on(tx, later)


async def _pay_back(tx: Tx, done: Done, facts: PassFacts, order_id: UUID) -> list[UUID]:
    """Pay back everything that the order took, the way it came."""
    paid = [source for source in await sources(tx.raw, facts.id) if source.order_id == order_id]
    amount = sum(source.money_minor + source.credit_minor for source in paid)
    what = Refunded(facts.id, facts.client_id)
    return await pay_back(tx, what, paid, amount, RefundDestination.ORIGINAL, done.reason)


async def free_number(tx: Tx, pass_id: UUID) -> int:
    """Return a number below zero under which what followed a period of the locked pass is kept once it is undone."""
    return int(await tx.raw.fetchval(_FREE_NUMBER, pass_id))


async def _take_back(tx: Tx, pass_id: UUID, number: int, cut_at: str | None) -> None:
    """Keep the last period and what it granted under another number, so that the pass can be renewed again."""
    kept = await free_number(tx, pass_id)
    for statement in (
        """UPDATE orders SET period_number = $3
           WHERE pass_id = $1 AND period_number = $2 AND purpose = 'RENEWAL' AND state = 'PAID'""",
        "UPDATE lots SET period_number = $3 WHERE pass_id = $1 AND period_number = $2",
        "UPDATE claims SET forgiven_period = $3 WHERE pass_id = $1 AND forgiven_period = $2",
        "UPDATE fees SET period_number = $3 WHERE pass_id = $1 AND period_number = $2",
    ):
        await tx.raw.execute(statement, pass_id, number, kept)
    await tx.raw.execute(
        "UPDATE periods SET number = $3, taken_back_at = $4 WHERE pass_id = $1 AND number = $2",
        pass_id,
        number,
        kept,
        tx.now,
    )
    await tx.raw.execute(
        "UPDATE successions SET period_number = $3, to_period_number = $3 WHERE pass_id = $1 AND period_number = $2",
        pass_id,
        number - 1,
        kept,
    )
    await tx.raw.execute(
        "UPDATE periods SET cut_at = $3 WHERE pass_id = $1 AND number = $2",
        pass_id,
        number - 1,
        None if cut_at is None else datetime.fromisoformat(cut_at),
    )
