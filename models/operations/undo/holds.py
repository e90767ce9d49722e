"""Undo what was done with holds."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from models.errors import refuse
from models.operations.base import Changed, Tx, unique
from models.operations.holds import RemoveHold, remove_hold
from models.operations.lapse import release_uncovered
from models.operations.pass_guards import FOR_GOOD, locked_pass
from models.operations.refresh import refresh
from models.operations.refund_pass import Refunded
from models.operations.undo.claims_back import give_what_it_took, take_what_it_gave
from models.operations.undo.dependents import ENDINGS, STANDING, depended_on, require_none_later
from models.operations.undo.done import Done
from models.operations.undo.fees import pay_back_hold_fee
from models.operations.undo.guards import require_going
from models.operations.undo.visits import outcomes_as_they_were
from models.operations.write_hold import moved_a_past_period
from models.queries.locks import lock_client_passes
from models.rules.codes import Code
from models.rules.facts import PassFacts
from models.rules.values import HoldKind
from models.tables.passes import holds
from models.tables.visits import visits

_CHANGES = ("hold.ended", "hold.removed", "hold.restored")
# The last day it had before the operation: of the latest change before that, else as it was asked for.
_FORMER_LAST_DAY = """
SELECT coalesce(
    (SELECT e.data->'last_day' FROM events e WHERE e.pass_id = h.pass_id AND e.id < $2 AND e.data->>'hold' = h.id::text
       AND e.type IN ('hold.ended', 'hold.restored') ORDER BY e.id DESC LIMIT 1), to_jsonb(h.requested_last_day)
) #>> '{}' FROM holds h WHERE h.id = $1
"""
_PLACED = """
SELECT h.id, h.pass_id, p.client_id, o.id AS order_id, coalesce(o.amount_minor, 0) AS paid_minor FROM holds h
JOIN passes p ON p.business_id = h.business_id AND p.id = h.pass_id
LEFT JOIN orders o ON o.business_id = h.business_id AND o.id = h.order_id
WHERE h.id = ANY($1) ORDER BY h.pass_id
"""
# Who lets it pay since for visits of these days; what an undoing wrote anew belongs to what had paid before.
_BOOKED_SINCE = f"""
SELECT DISTINCT x.operation_id AS id FROM claims c
JOIN visits v ON v.business_id = c.business_id AND v.id = c.visit_id
CROSS JOIN LATERAL (
    SELECT w.operation_id, w.id FROM claims w
    WHERE w.business_id = c.business_id AND w.visit_id = c.visit_id AND w.pass_id = c.pass_id
      AND {STANDING.format("w.operation_id")} ORDER BY w.id DESC LIMIT 1
) x
WHERE c.pass_id = $1 AND c.released_at IS NULL AND x.id > $2 AND v.day > $3::date AND ($4::date IS NULL OR v.day <= $4)
"""


async def undo_hold(tx: Tx, done: Done) -> Changed:
    """Remove the hold, or those of a package; visits that they cancelled are booked again and paid as before.

    What was paid for it goes back. Errors: DEPENDED_ON for what changed a hold or ended its pass since, or for a
    dispute of that payment.
    """
    found = await tx.raw.fetch(_PLACED, done.changed.holds)
    await lock_client_passes(tx.raw, found[0]["client_id"])
    gone = [kind for kind in ENDINGS if kind != "pass.renewed"]
    for row in found:
        await require_none_later(tx, done, _CHANGES, passes=[row["pass_id"]], hold=row["id"])
        await require_none_later(tx, done, gone, passes=[row["pass_id"]])
        if row["paid_minor"]:
            what = Refunded(row["pass_id"], row["client_id"])
            await pay_back_hold_fee(tx, done, row["order_id"], what, row["paid_minor"])
    moved = await take_what_it_gave(tx, done, done.visits)
    for row in found:
        await remove_hold(tx, RemoveHold(row["id"]))
    await visits_as_they_were(tx, done, "Cancelled by a hold")
    visits_touched = unique([*done.changed.visits, *moved])
    return Changed([row["pass_id"] for row in found], visits_touched, list(done.changed.holds))


async def undo_lifting(tx: Tx, done: Done) -> Changed:
    """Let a hold that was ended or removed hold again as before.

    Errors: DEPENDED_ON for visits booked since on days that would be held again, HOLD_PERIOD_OVER, PASS_ENDED.
    """
    (hold_id,) = done.changed.holds
    pass_id = await tx.raw.fetchval("SELECT pass_id FROM holds WHERE id = $1", hold_id)
    facts = await locked_pass(tx, pass_id)
    hold = await tx.row("SELECT * FROM holds WHERE id = $1", hold_id)
    if hold["cause"] is not None:
        raise refuse(
            Code.NOT_UNDOABLE,
            "operationId",
            sentence="the hold came from something else that happened, which may be over.",
            remedy="Place a hold with placeHold.",
        )
    await hold_again(tx, done, hold, facts)
    await give_what_it_took(tx, done, done.changed.visits)
    await refresh(tx, [pass_id])
    return Changed([pass_id], list(done.changed.visits), [hold_id])


async def hold_again(tx: Tx, done: Done, hold: Any, facts: PassFacts, *, was_ended_by: UUID | None = None) -> None:
    """Let the hold (its row) that the operation ended or removed hold its locked pass as before.

    `was_ended_by` is what had ended it earlier than that. Errors as for `undo_lifting`.
    """
    await require_none_later(tx, done, _CHANGES, passes=[facts.id], hold=hold["id"])
    # A block moves no period: whether the pass was renewed since makes no difference to it.
    extends = HoldKind(hold["kind"]).extends
    against = [kind for kind in ENDINGS if extends or kind != "pass.renewed"]
    await require_none_later(tx, done, against, passes=[facts.id])
    if facts.closed_reason not in FOR_GOOD:  # One that is was so by then.
        require_going(tx, facts)
    ended = hold["removed_at"] is None
    text = await tx.raw.fetchval(_FORMER_LAST_DAY, hold["id"], done.since)
    last_day = _day(text) if ended else hold["last_day"]
    from_day = hold["last_day"] if ended else _day_before(hold["first_day"])
    since = await tx.raw.fetch(_BOOKED_SINCE, facts.id, done.since, from_day, last_day)
    if since:
        raise await depended_on(tx, [row["id"] for row in since])
    if extends and moved_a_past_period(tx, facts, hold["first_day"], last_day):
        raise refuse(Code.HOLD_PERIOD_OVER, "operationId")
    changes: dict[str, Any] = {"last_day": last_day, "removed_at": None, "ended_operation_id": was_ended_by}
    await tx.update(holds, hold["id"], **changes)
    await tx.event("hold.restored", pass_id=facts.id, hold=hold["id"], last_day=last_day)
    await release_uncovered(tx, facts, (await refresh(tx, [facts.id]))[facts.id])


async def visits_as_they_were(tx: Tx, done: Done, note: str) -> None:
    """Bring the visits of an operation back to their outcomes and payers, without its note (which begins so)."""
    await outcomes_as_they_were(tx, done, done.changed.visits)
    await give_what_it_took(tx, done, done.visits)
    for row in await tx.raw.fetch("SELECT id, note FROM visits WHERE id = ANY($1)", list(done.changed.visits)):
        if (row["note"] or "").startswith(note):
            await tx.update(visits, row["id"], note=None)


async def lift_what_joined(tx: Tx, done: Done) -> None:
    """Remove the holds that a pass got from standing closures as it came back by the operation."""
    for row in await tx.raw.fetch(
        "SELECT id FROM holds WHERE pass_id = ANY($1) AND operation_id = $2 AND removed_at IS NULL",
        list(done.passes),
        done.id,
    ):
        await remove_hold(tx, RemoveHold(UUID(str(row["id"]))))


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def _day_before(day: date) -> date:
    return day - timedelta(days=1)
