"""Tie visits to passes, and untie them: the only place that writes claims and claimed days."""

from collections.abc import Iterable
from dataclasses import asdict
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg

from models.operations.base import Tx
from models.operations.ledger import carried, grant, move
from models.operations.pass_guards import FOR_GOOD
from models.operations.projected_claims import end_projections
from models.queries.locks import lock_passes, lock_visits
from models.rules.allocation import Outcome
from models.rules.calendar import local_day
from models.rules.ending import MAKE_UP_DAYS_MIN, account_after, day_account
from models.rules.facts import PassFacts, VisitFacts
from models.rules.sharing import person_of
from models.rules.values import Account, LotKind, PassKind, ProjectionState, VisitState
from models.tables.base import new_id
from models.tables.visits import claimed_days, claims, visits

_STANDING = """
SELECT c.*, d.account AS day_account FROM claims c
LEFT JOIN claimed_days d ON d.business_id = c.business_id AND d.id = c.claimed_day_id
WHERE c.visit_id = ANY($1) AND c.released_at IS NULL
ORDER BY c.visit_id
"""


async def lock_visits_with_passes(
    tx: Tx, visit_ids: Iterable[UUID], more_passes: Iterable[UUID] = ()
) -> tuple[list[asyncpg.Record], dict[UUID, PassFacts]]:
    """Lock the passes that pay for the visits (and `more_passes`), then the visits; return rows and facts.

    Which pass pays is known only after reading, so it is read, locked, and read again under the lock. Where another
    one pays by then, the transaction is begun anew: locking that pass now, behind the visits, would be out of order.
    """
    ids, wanted = list(visit_ids), set(more_passes)
    rows = await tx.raw.fetch("SELECT pass_id, projected_pass_id FROM visits WHERE id = ANY($1)", ids)
    wanted |= _payers(rows)
    passes = await lock_passes(tx.raw, wanted)
    locked = await lock_visits(tx.raw, ids)
    if _payers(locked) <= wanted:
        return locked, passes
    raise asyncpg.SerializationError("another pass has come to pay for the visit meanwhile")


def _payers(rows: Iterable[Any]) -> set[UUID]:
    """The passes that pay for the visits, or stand to once they have renewed."""
    return {row["pass_id"] or row["projected_pass_id"] for row in rows} - {None}


async def standing_claims(tx: Tx, visit_ids: Iterable[UUID]) -> dict[UUID, asyncpg.Record]:
    """Return the standing claim of each visit that is paid, in the order in which visits are locked."""
    rows = await tx.raw.fetch(_STANDING, list(visit_ids))
    return {row["visit_id"]: row for row in rows}


async def write_claim(
    tx: Tx, facts: PassFacts, outcome: Outcome, state: VisitState, *, chosen_by: str, pinned: bool = False
) -> None:
    """Let the chosen pass pay for the visit, which is in `state`; the units move at once to where that puts them."""
    decision, visit = outcome.paid_by, outcome.visit
    assert decision is not None
    lot_id, day_id = (decision.lot.id if decision.lot else None), None
    quantity = decision.quantity
    if facts.kind is PassKind.DAY:
        assert lot_id is not None
        day_id = await _claim_day(tx, facts, lot_id, visit, fresh=quantity == 1)
        quantity = 0
    elif lot_id is not None:
        await move(tx, lot_id, facts.id, Account.AVAILABLE, Account.BOOKED, quantity, visit_id=visit.id)
    row = {
        "id": new_id(),
        "visit_id": visit.id,
        "pass_id": facts.id,
        "lot_id": lot_id,
        "claimed_day_id": day_id,
        "quantity": quantity,
        "account": Account.BOOKED,
        "pinned": pinned,
        "reason": {
            "chosenBy": chosen_by,
            "lotKind": decision.lot.kind if decision.lot else None,
            "passedOver": [
                {
                    "passId": str(other.pass_id),
                    "codes": [reason.code.name for reason in other.reasons],
                    "values": [dict(reason.values) for reason in other.reasons],
                }
                for other in outcome.passed_over
            ],
            **({"solved": asdict(outcome.solved)} if outcome.solved else {}),
        },
        "operation_id": tx.operation_id,
        "claimed_at": tx.now,
    }
    await tx.insert(claims, row)
    if visit.projected_on is not None:
        ended = ProjectionState.PAID if visit.projected_on == facts.id else ProjectionState.RELEASED
        await end_projections(tx, visit.projected_on, {visit.id: None}, ended)
    await tx.update(visits, visit.id, pass_id=facts.id)
    await tx.event("visit.paid", pass_id=facts.id, visit_id=visit.id)
    if state is not VisitState.BOOKED:
        claim = (await standing_claims(tx, [visit.id]))[visit.id]
        await settle_claim(tx, facts, claim, account_after(facts.terms.outcomes, state), may_make_up=False)


async def settle_claim(tx: Tx, facts: PassFacts, claim: Any, target: Account, *, may_make_up: bool) -> UUID | None:
    """Bring a standing claim's units to `target`; AVAILABLE releases the claim. Returns a make-up lot if one was made.

    A unit returned to a lot that is already over becomes a make-up lot where `may_make_up`, and lapses otherwise. What
    comes back to a pass that can never pay again lapses too, so that nothing is owed for it for ever.
    """
    await tx.update(claims, claim["id"], account=target)
    if claim["claimed_day_id"] is None:
        made = await _move_units(
            tx,
            facts,
            claim["lot_id"],
            Account(claim["account"]),
            target,
            claim["quantity"],
            claim["visit_id"],
            may_make_up,
        )
    else:
        made = await _settle_day(tx, facts, claim, may_make_up)
    if target is Account.AVAILABLE:
        await tx.update(claims, claim["id"], released_at=tx.now, released_operation_id=tx.operation_id)
        await tx.update(visits, claim["visit_id"], pass_id=None)
        await tx.event("visit.unpaid", pass_id=facts.id, visit_id=claim["visit_id"])
    return made


async def _claim_day(tx: Tx, facts: PassFacts, lot_id: UUID, visit: VisitFacts, *, fresh: bool) -> UUID:
    """Return the visitor's claimed day of this pass, location and date, spending a unit for it where it is new."""
    person = person_of(facts, visit)
    found = await tx.raw.fetchrow(
        """SELECT id, account FROM claimed_days
           WHERE pass_id = $1 AND location_id = $2 AND day = $3 AND person = $4 AND account <> 'AVAILABLE'""",
        facts.id,
        visit.location_id,
        visit.day,
        person,
    )
    # Of visits solved together, the earliest is thought to spend the day; a later one that stays has spent it already.
    if found is not None:
        if found["account"] == Account.FORFEITED:
            await _move_day(tx, facts.id, lot_id, found["id"], Account.FORFEITED, Account.BOOKED, visit.id)
        return UUID(str(found["id"]))
    assert fresh, "a visit that spends no day shares one"
    day_id = new_id()
    await tx.insert(
        claimed_days,
        {
            "id": day_id,
            "pass_id": facts.id,
            "lot_id": lot_id,
            "location_id": visit.location_id,
            "day": visit.day,
            "person": person,
            "account": Account.BOOKED,
        },
    )
    await move(tx, lot_id, facts.id, Account.AVAILABLE, Account.BOOKED, 1, visit_id=visit.id)
    return day_id


async def _settle_day(tx: Tx, facts: PassFacts, claim: Any, may_make_up: bool) -> UUID | None:
    # Where the day stands is asked anew: another visit of it may have moved it since the claim was read.
    rows = await tx.raw.fetch(
        """SELECT c.account, d.account AS day_account FROM claims c
           JOIN claimed_days d ON d.business_id = c.business_id AND d.id = c.claimed_day_id
           WHERE c.claimed_day_id = $1 AND c.released_at IS NULL""",
        claim["claimed_day_id"],
    )
    before, after = Account(rows[0]["day_account"]), day_account(Account(row["account"]) for row in rows)
    if before is after:
        return None
    await tx.update(claimed_days, claim["claimed_day_id"], account=after)
    return await _move_units(tx, facts, claim["lot_id"], before, after, 1, claim["visit_id"], may_make_up)


async def _move_day(
    tx: Tx, pass_id: UUID, lot_id: UUID, day_id: UUID, before: Account, after: Account, visit_id: UUID
) -> None:
    await tx.update(claimed_days, day_id, account=after)
    await move(tx, lot_id, pass_id, before, after, 1, visit_id=visit_id)


async def _move_units(
    tx: Tx,
    facts: PassFacts,
    lot_id: UUID | None,
    before: Account,
    after: Account,
    quantity: int,
    visit_id: UUID,
    may_make_up: bool,
) -> UUID | None:
    if lot_id is None or before is after or quantity == 0:
        return None
    await move(tx, lot_id, facts.id, before, after, quantity, visit_id=visit_id)
    if after is not Account.AVAILABLE:
        return None
    lot = next(lot for lot in facts.lots if lot.id == lot_id)
    gone = facts.closed_reason in FOR_GOOD
    if not gone and (lot.window.ends_at is None or tx.now < lot.window.ends_at):
        return None
    if gone or not may_make_up:
        await move(tx, lot_id, facts.id, Account.AVAILABLE, Account.EXPIRED, quantity, visit_id=visit_id)
        return None
    value = await carried(tx, lot_id, quantity)
    await move(tx, lot_id, facts.id, Account.AVAILABLE, Account.TRANSFERRED, quantity, visit_id=visit_id)
    assert facts.terms.unit is not None
    today = local_day(tx.now, facts.zone)
    days = (today, today + timedelta(days=max(facts.terms.make_up_days, MAKE_UP_DAYS_MIN)))
    number, unit = lot.period_number, facts.terms.unit
    made = await grant(tx, facts.id, number, LotKind.MAKE_UP, unit, quantity, own_days=days, value_minor=value)
    await tx.event("lot.madeUp", pass_id=facts.id, visit_id=visit_id, lot=made, lastDay=days[1])
    return made
