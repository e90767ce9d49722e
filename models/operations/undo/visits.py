"""Undo what was done to visits: bookings, payments, cancellations, outcomes and what they cost."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from models.errors import refuse
from models.operations.base import Changed, Tx, unique
from models.operations.claims import lock_visits_with_passes
from models.operations.end_visit import AttendanceOutcome, RecordAttendance, record_attendance
from models.operations.outcomes import end_as, ending_of
from models.operations.undo.claims_back import give_what_it_took, pay_as_before, take_what_it_gave
from models.operations.undo.dependents import STANDING, depended_on
from models.operations.undo.done import Done
from models.operations.undo.projections_back import projections_as_they_were
from models.queries.locks import lock_client_passes
from models.rules.codes import Code
from models.rules.ending import Ending, account_after
from models.rules.facts import PassFacts
from models.rules.values import Account, FeeState, VisitState
from models.tables.fees import fees

_OUTCOMES = f"""
SELECT w.*, {STANDING.format("w.operation_id")} AS stands FROM visit_outcomes w WHERE w.visit_id = $1 ORDER BY w.id
"""
_WAS = """
SELECT data->>'was' FROM events
WHERE operation_id = $1 AND visit_id = $2 AND type LIKE 'visit.%' AND data ? 'was' ORDER BY id LIMIT 1
"""
# What the operation released, else what paid last.
_LAST_CLAIM = """
SELECT * FROM claims WHERE visit_id = $1 AND operation_id <> $2
ORDER BY released_operation_id IS NOT DISTINCT FROM $3 DESC, claimed_at DESC, id DESC LIMIT 1
"""
_EFFECTS = {"RETURN": Account.AVAILABLE, "FORFEIT": Account.FORFEITED}


async def undo_booking(tx: Tx, done: Done) -> Changed:
    """Cancel as the studio what is still booked of it; other visits that it moved go back to what paid for them."""
    await lock_client_passes(tx.raw, UUID(done.command["client_id"]))
    booked = set(done.changed.visits)
    moved = [visit_id for visit_id in done.visits if visit_id not in booked]
    rows, passes = await lock_visits_with_passes(tx, booked, done.passes)
    ended = [row for row in rows if row["state"] != VisitState.BOOKED]
    used = [row["id"] for row in ended if row["state"] != VisitState.CANCELLED or row["pass_id"] is not None]
    if used:
        raise await depended_on(tx, await _who_ended(tx, used))
    if len(ended) == len(rows):
        raise refuse(Code.NOTHING_TO_DO, "operationId", sentence="every visit of it is cancelled already.")
    end = Ending(VisitState.CANCELLED, Account.AVAILABLE)
    touched: list[UUID] = []
    for row in rows:
        if row not in ended:
            touched += (await end_as(tx, row, passes.get(row["pass_id"]), end, reason=done.reason)).passes
    await take_what_it_gave(tx, done, moved)
    await give_what_it_took(tx, done, moved)
    return Changed(unique([*touched, *done.changed.passes]), [row["id"] for row in rows])


async def undo_paying(tx: Tx, done: Done) -> Changed:
    """Return what it paid with; its visits are unpaid again, and others that it moved are as they were."""
    rows, _ = await lock_visits_with_passes(tx, done.visits, done.passes)
    back = await take_what_it_gave(tx, done, [row["id"] for row in rows])
    await give_what_it_took(tx, done, done.visits)
    if not back and not await projections_as_they_were(tx, done):
        raise refuse(Code.NOTHING_TO_DO, "operationId", sentence="nothing that it paid for is paid by it any more.")
    return Changed(list(done.changed.passes), list(done.changed.visits))


async def undo_outcome(tx: Tx, done: Done) -> Changed:
    """Bring a visit back to the outcome that it had, with what that cost, and what moved because of it."""
    moved = [visit_id for visit_id in done.visits if visit_id not in done.changed.visits]
    await take_what_it_gave(tx, done, moved)
    await outcomes_as_they_were(tx, done, done.changed.visits)
    await give_what_it_took(tx, done, moved)
    return Changed(list(done.changed.passes), list(done.changed.visits))


async def undo_waived_fee(tx: Tx, done: Done) -> Changed:
    """Let the fee be owed again. Errors: NOT_UNDOABLE where it had been paid and became credit."""
    fee_id = UUID(done.command["fee_id"])
    visit_id = await tx.raw.fetchval("SELECT visit_id FROM fees WHERE id = $1", fee_id)
    rows, _ = await lock_visits_with_passes(tx, [visit_id], done.passes)
    fee = await tx.row("SELECT * FROM fees WHERE id = $1 FOR NO KEY UPDATE", fee_id)
    if FeeState(fee["state"]) is not FeeState.WAIVED:
        raise given_as_credit()
    written = [each for each in await tx.raw.fetch(_OUTCOMES, visit_id) if each["stands"]]
    later = [each["operation_id"] for each in written if each["id"] > done.since]
    if later:
        raise await depended_on(tx, later)
    if rows[0]["state"] not in (VisitState.LATE_CANCELLED, VisitState.NO_SHOW):
        raise refuse(Code.NOTHING_TO_DO, "operationId", sentence="what the fee was for has been taken back.")
    await tx.update(fees, fee_id, state=FeeState.OWED, reason=None, settled_at=None)
    await tx.event("fee.owed", pass_id=fee["pass_id"], visit_id=visit_id, fee=fee_id, amountMinor=fee["amount_minor"])
    return Changed(visits=[row["id"] for row in rows])


def given_as_credit() -> Exception:
    """Return the refusal for a fee that was paid and then given back, to be raised."""
    return refuse(
        Code.NOT_UNDOABLE,
        "operationId",
        sentence="a fee that was paid was given back as credit, and may be spent.",
        remedy="Record the outcome anew; its fee is then owed again.",
    )


async def outcomes_as_they_were(tx: Tx, done: Done, visit_ids: Iterable[UUID]) -> None:
    """Bring each visit whose outcome the operation changed back to the one before, its payer and its fee with it."""
    for visit_id in visit_ids:
        # Whoever resolves the visit right now is waited for, and then seen.
        await lock_visits_with_passes(tx, [visit_id], done.passes)
        written = await tx.raw.fetch(_OUTCOMES, visit_id)
        mine = [row["id"] for row in written if row["operation_id"] == done.id]
        if not mine:
            continue
        later = [row["operation_id"] for row in written if row["id"] > mine[-1] and row["stands"]]
        later = [each for each in later if each not in (done.id, tx.operation_id)]
        later += await _who_paid_its_fee(tx, visit_id)
        if later:
            raise await depended_on(tx, later)
        was = VisitState(await tx.raw.fetchval(_WAS, done.id, visit_id))
        before = [row for row in written if row["id"] < mine[0]]
        if was is VisitState.BOOKED:
            await record_attendance(tx, RecordAttendance(visit_id, AttendanceOutcome.BOOKED, reason=done.reason))
        else:
            await _end_again(tx, done, visit_id, was, before[-1] if before else None)


async def _end_again(tx: Tx, done: Done, visit_id: UUID, was: VisitState, before: Any) -> None:
    """Bring a visit to the outcome it had, which `before` is the record of (None: it came with an import)."""
    last = await tx.raw.fetchrow(_LAST_CLAIM, visit_id, tx.operation_id, done.id)
    rows, passes = await lock_visits_with_passes(tx, [visit_id], [last["pass_id"]] if last else [])
    row, payer = rows[0], passes.get(last["pass_id"]) if last else None
    paid_since = last is not None and before is not None and _paid_between(last, before, done)
    account = _account(was, None if paid_since else before, payer)
    # It paid until the operation took it away, and not only because of the operation.
    stood = last is not None and last["operation_id"] != done.id and last["released_operation_id"] == done.id
    if last is not None and stood and account is not Account.AVAILABLE:
        await pay_as_before(tx, row, last)
        rows, passes = await lock_visits_with_passes(tx, [visit_id])
        row, payer = rows[0], passes[last["pass_id"]]
    # What was forgiven or waived is so of the pass that paid then, not of one that has paid since.
    forgiven = before is not None and before["forgiven"] and (last is None or last["pass_id"] == before["pass_id"])
    forgiven, waived = forgiven and not paid_since, bool(before and before["waived"]) and not paid_since
    if forgiven and last is not None and not (await ending_of(tx, payer, row, was)).forgiven:
        raise await depended_on(tx, await _who_was_forgiven(tx, done, last["pass_id"]))
    fee = await _fee_to_owe(tx, done, visit_id)
    end = Ending(was, account, fee, forgiven, waived)
    await end_as(tx, row, passes.get(row["pass_id"]), end, reason=done.reason)


def _paid_between(claim: Any, before: Any, done: Done) -> bool:
    """Whether the claim was made after the outcome before, and the operation found it standing.

    What the operation itself took anew goes back to where the outcome before had put it.
    """
    found = claim["released_operation_id"] in (None, done.id)
    return bool(claim["id"] > before["id"] and claim["operation_id"] != done.id and found)


def _account(was: VisitState, before: Any, payer: PassFacts | None) -> Account:
    if was is VisitState.ATTENDED:
        return Account.USED
    if before is not None and before["effect"] is not None:
        return _EFFECTS[before["effect"]]
    return Account.AVAILABLE if payer is None else account_after(payer.terms.outcomes, was)


async def _fee_to_owe(tx: Tx, done: Done, visit_id: UUID) -> int:
    """Return the fee that the operation waived with the outcome. Errors: NOT_UNDOABLE where it became credit."""
    rows = await tx.raw.fetch(
        """SELECT f.amount_minor, e.type FROM events e JOIN fees f ON f.business_id = e.business_id
             AND f.id = (e.data->>'fee')::uuid
           WHERE e.operation_id = $1 AND e.visit_id = $2 AND e.type IN ('fee.waived', 'fee.credited')""",
        done.id,
        visit_id,
    )
    if any(row["type"] == "fee.credited" for row in rows):
        raise given_as_credit()
    return sum(row["amount_minor"] for row in rows)


async def _who_ended(tx: Tx, visit_ids: list[UUID]) -> list[UUID]:
    rows = await tx.raw.fetch(
        f"""SELECT DISTINCT ON (w.visit_id) w.operation_id FROM visit_outcomes w
            WHERE w.visit_id = ANY($1) AND {STANDING.format("w.operation_id")} ORDER BY w.visit_id, w.id DESC""",
        visit_ids,
    )
    return [row["operation_id"] for row in rows]


async def _who_paid_its_fee(tx: Tx, visit_id: UUID) -> list[UUID]:
    rows = await tx.raw.fetch(
        """SELECT o.operation_id FROM fees f JOIN orders o ON o.business_id = f.business_id AND o.id = f.order_id
           WHERE f.visit_id = $1 AND f.state = 'PAID'""",
        visit_id,
    )
    return [row["operation_id"] for row in rows]


async def _who_was_forgiven(tx: Tx, done: Done, pass_id: UUID) -> list[UUID]:
    rows = await tx.raw.fetch(
        "SELECT operation_id FROM visit_outcomes WHERE pass_id = $1 AND forgiven AND id > $2", pass_id, done.since
    )
    return [row["operation_id"] for row in rows]
