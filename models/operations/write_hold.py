"""Write a hold on a locked pass, and lift one: what every hold does, whoever asked for it or whatever made it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from models.operations.base import Changed, Tx, unique
from models.operations.claims import standing_claims
from models.operations.lapse import release_uncovered
from models.operations.outcomes import ending_of, settle_outcome
from models.operations.refresh import refresh
from models.queries.facts import visit_rows
from models.rules.calendar import local_day
from models.rules.ending import Ending, is_late
from models.rules.facts import PassFacts
from models.rules.values import Account, HoldCause, HoldKind, VisitState
from models.tables.base import new_id
from models.tables.passes import holds
from models.tables.visits import visits


@dataclass(frozen=True, slots=True)
class NewHold:
    """A hold to write. `by_client` cancels late what a client could only cancel late."""

    kind: HoldKind
    first_day: date
    last_day: date | None
    reason: str | None = None
    keep_visits: bool = False
    by_client: bool = False
    overrides: bool = False
    cause: HoldCause | None = None
    closure_id: UUID | None = None
    dispute_id: UUID | None = None
    order_id: UUID | None = None


async def write_hold(tx: Tx, facts: PassFacts, new: NewHold, inside: Sequence[UUID] | None = None) -> Changed:
    """Write the hold and what follows from it. `inside` are the visits it stands for; those in its days otherwise.

    Visits that the moved pass no longer pays for become unpaid and are listed.
    """
    hold_id = new_id()
    await tx.insert(
        holds,
        {
            "id": hold_id,
            "pass_id": facts.id,
            "kind": new.kind,
            "first_day": new.first_day,
            "last_day": new.last_day,
            "requested_last_day": new.last_day,
            "reason": new.reason,
            "operation_id": tx.operation_id,
            "placed_at": tx.now,
            "cause": new.cause,
            "overrides": new.overrides,
            "closure_id": new.closure_id,
            "dispute_id": new.dispute_id,
            "order_id": new.order_id,
        },
    )
    more: dict[str, Any] = {} if new.cause is None else {"cause": new.cause}
    more |= {"overrides": True} if new.overrides else {}
    await tx.event("hold.placed", pass_id=facts.id, hold=hold_id, firstDay=new.first_day, lastDay=new.last_day, **more)
    if inside is None:
        inside = await _visits_inside(tx, facts, new.first_day, new.last_day)
    if not new.keep_visits:
        await cancel_and_return(tx, facts, inside, by_client=new.by_client)
    ended = () if new.keep_visits else inside
    before = replace(facts, claims=tuple(claim for claim in facts.claims if claim.visit_id not in ended))
    outside = await release_uncovered(tx, before, (await refresh(tx, [facts.id]))[facts.id])
    if outside:
        await refresh(tx, [facts.id])
    figures = {"kept": new.keep_visits, "unpaid": [str(visit_id) for visit_id in outside]}
    return Changed(passes=[facts.id], holds=[hold_id], visits=unique([*inside, *outside]), figures=figures)


async def lift_hold(tx: Tx, hold_id: UUID, facts: PassFacts, event: str, **changes: Any) -> Changed:
    """Change the hold's end, or take it back; visits the shorter pass no longer pays for become unpaid, and listed."""
    await tx.update(holds, hold_id, ended_operation_id=tx.operation_id, **changes)
    await tx.event(event, pass_id=facts.id, hold=hold_id, **changes)
    shorter = (await refresh(tx, [facts.id]))[facts.id]
    outside = await release_uncovered(tx, facts, shorter)
    if outside:
        await refresh(tx, [facts.id])
    return Changed(passes=[facts.id], holds=[hold_id], visits=outside)


async def lift_now(tx: Tx, hold: Any, facts: PassFacts) -> None:
    """End an open hold yesterday, so that the pass works today; one that began today is taken back."""
    today = local_day(tx.now, facts.zone)
    if hold["first_day"] < today:
        await lift_hold(tx, hold["id"], facts, "hold.ended", last_day=today - timedelta(days=1))
    else:
        await lift_hold(tx, hold["id"], facts, "hold.removed", removed_at=tx.now)


async def standing_holds(tx: Tx, condition: str, value: UUID) -> list[Any]:
    """Return the rows of the open-ended holds that meet the condition on `$1`, by pass."""
    statement = f"SELECT * FROM holds WHERE {condition} AND removed_at IS NULL AND last_day IS NULL ORDER BY pass_id"
    return list(await tx.raw.fetch(statement, value))


def moved_a_past_period(tx: Tx, facts: PassFacts, first_day: date, last_day: date | None) -> bool:
    """Say whether a freeze of these days lies on a period that is over, whose end is history."""
    return any(
        window.first_day is not None
        and window.last_day is not None
        and window.ends_at is not None
        and window.ends_at <= tx.now
        and first_day <= window.last_day
        and (last_day is None or window.first_day <= last_day)
        for window in facts.windows
    )


async def _visits_inside(tx: Tx, facts: PassFacts, first_day: date, last_day: date | None) -> list[UUID]:
    rows = await tx.raw.fetch(
        """SELECT id FROM visits WHERE pass_id = $1 AND state = $2 AND day >= $3 AND ($4::date IS NULL OR day <= $4)
           ORDER BY starts_at, id""",
        facts.id,
        VisitState.BOOKED.value,
        first_day,
        last_day,
    )
    return [row["id"] for row in rows]


async def cancel_and_return(tx: Tx, facts: PassFacts, visit_ids: Sequence[UUID], *, by_client: bool) -> None:
    """Cancel the visits and return what paid. A client's hold is no way around the window for late cancellations."""
    if not visit_ids:
        return
    rows = {row["id"]: row for row in await visit_rows(tx.raw, visit_ids)}
    for visit_id, claim in (await standing_claims(tx, visit_ids)).items():
        row = rows[visit_id]
        end = Ending(VisitState.CANCELLED, Account.AVAILABLE)
        if by_client and is_late(facts.terms.outcomes, row["starts_at"], tx.now, row["booked_at"]):
            end = await ending_of(tx, facts, row, VisitState.LATE_CANCELLED)
        await tx.update(visits, visit_id, note="Cancelled by a hold")
        await settle_outcome(tx, row, facts, claim, end)
