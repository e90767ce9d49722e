"""Place a hold on a pass, end it early, or remove it. Nothing is erased: the record says what was asked and when."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from models.errors import refuse, unknown
from models.operations.base import STAFF, Changed, Tx, checked_day, checked_text, unique
from models.operations.claims import settle_claim, standing_claims
from models.operations.lapse import release_uncovered
from models.operations.pass_guards import locked_pass, require_open
from models.operations.refresh import refresh
from models.rules.calendar import local_day
from models.rules.codes import Code
from models.rules.ending import account_after, is_late
from models.rules.facts import PassFacts
from models.rules.values import Account, HoldKind, Role, VisitState
from models.tables.base import new_id
from models.tables.passes import holds
from models.tables.visits import visits


@dataclass(frozen=True, slots=True)
class PlaceHold:
    """Hold a pass from the first to the last day, both held; `last_day` None leaves the end open."""

    pass_id: UUID
    first_day: date
    last_day: date | None = None
    kind: HoldKind = HoldKind.FREEZE
    reason: str | None = None
    keep_visits: bool = False


@dataclass(frozen=True, slots=True)
class EndHold:
    """End a hold early: `last_day` is its new last held day; None is yesterday, so that the pass works today."""

    hold_id: UUID
    last_day: date | None = None


@dataclass(frozen=True, slots=True)
class RemoveHold:
    """Take a hold back as if it had never been, with the days it gave."""

    hold_id: UUID


async def place_hold(tx: Tx, command: PlaceHold) -> Changed:
    """Place a hold; booked visits inside are cancelled and returned, or kept where staff say so.

    A visit that a client could only cancel late is cancelled late by a client's hold too.

    A period bought ahead moves with the freeze: visits it pays for that are then before it become unpaid, and listed.

    Errors: NOT_FOUND, FORBIDDEN, PASS_ENDED, PASS_CLOSED, HOLDS_NOT_ALLOWED, DATES_REVERSED, DATE_OUT_OF_RANGE,
    HOLD_IN_PAST, HOLD_OUTSIDE_PASS.
    """
    tx.require(*STAFF, Role.CLIENT)
    facts = await locked_pass(tx, command.pass_id)
    _check_place(tx, command, facts)
    reason = None if command.reason is None else checked_text(command.reason, 1, 500, "reason")
    hold_id = new_id()
    await tx.insert(
        holds,
        {
            "id": hold_id,
            "pass_id": facts.id,
            "kind": command.kind,
            "first_day": command.first_day,
            "last_day": command.last_day,
            "requested_last_day": command.last_day,
            "reason": reason,
            "operation_id": tx.operation_id,
            "placed_at": tx.now,
        },
    )
    await tx.event("hold.placed", pass_id=facts.id, hold=hold_id, firstDay=command.first_day, lastDay=command.last_day)
    inside = await _visits_inside(tx, facts, command.first_day, command.last_day)
    if not command.keep_visits:
        await _cancel_and_return(tx, facts, inside)
    ended = [] if command.keep_visits else inside
    before = replace(facts, claims=tuple(claim for claim in facts.claims if claim.visit_id not in ended))
    outside = await release_uncovered(tx, before, (await refresh(tx, [facts.id]))[facts.id])
    if outside:
        await refresh(tx, [facts.id])
    figures = {"kept": command.keep_visits, "unpaid": [str(visit_id) for visit_id in outside]}
    return Changed(passes=[facts.id], holds=[hold_id], visits=unique([*inside, *outside]), figures=figures)


async def end_hold(tx: Tx, command: EndHold) -> Changed:
    """End a hold early. The days it no longer holds are taken off the end again.

    Errors: NOT_FOUND, HOLD_ENDED, HOLD_PERIOD_OVER, DATES_REVERSED, FORBIDDEN and HOLD_IN_PAST (clients),
    NOTHING_TO_DO.
    """
    tx.require(*STAFF, Role.CLIENT)
    hold, facts = await _locked_hold(tx, command.hold_id)
    today = local_day(tx.now, facts.zone)
    last_day = command.last_day or today - timedelta(days=1)
    if last_day < hold["first_day"]:
        raise refuse(Code.DATES_REVERSED, "lastDay")
    if hold["last_day"] is not None and last_day >= hold["last_day"]:
        raise refuse(Code.NOTHING_TO_DO, "lastDay", sentence="the hold ends then or earlier already.")
    if tx.actor.role is Role.CLIENT and last_day < today - timedelta(days=1):
        raise refuse(Code.HOLD_IN_PAST, "lastDay", day=today - timedelta(days=1))
    checked_day(tx, last_day, "lastDay")
    return await _lift(tx, hold, facts, "hold.ended", last_day=last_day)


async def remove_hold(tx: Tx, command: RemoveHold) -> Changed:
    """Remove a hold; a client may until the end of its first day, when ending it early could not yet leave a held day.

    A block is the studio's word: clients neither place nor lift one.

    Errors: NOT_FOUND, HOLD_ENDED, HOLD_PERIOD_OVER, FORBIDDEN.
    """
    tx.require(*STAFF, Role.CLIENT)
    hold, facts = await _locked_hold(tx, command.hold_id, may_be_over=True)
    if tx.actor.role is Role.CLIENT and hold["first_day"] < local_day(tx.now, facts.zone):
        raise refuse(Code.FORBIDDEN, "holdId", roles="STAFF")
    return await _lift(tx, hold, facts, "hold.removed", removed_at=tx.now)


def _check_place(tx: Tx, command: PlaceHold, facts: PassFacts) -> None:
    require_open(tx, facts)
    if tx.actor.role is Role.CLIENT and (command.kind is not HoldKind.FREEZE or command.keep_visits):
        raise refuse(Code.FORBIDDEN, "kind", roles="STAFF")
    if command.kind is HoldKind.CLOSURE:
        raise refuse(Code.INVALID_INPUT, "kind", sentence="A closure is placed on a location, not on a pass.")
    if not facts.terms.holds_allowed and command.kind is HoldKind.FREEZE:
        raise refuse(Code.HOLDS_NOT_ALLOWED, "passId")
    checked_day(tx, command.first_day, "firstDay")
    if command.last_day is not None:
        checked_day(tx, command.last_day, "lastDay")
        if command.last_day < command.first_day:
            raise refuse(Code.DATES_REVERSED, "lastDay")
    earliest = _earliest_hold_day(tx, facts)
    if command.first_day < earliest:
        raise refuse(Code.HOLD_IN_PAST, "firstDay", day=earliest)
    first, last = facts.windows[0].first_day, facts.windows[-1].last_day
    before = first is not None and command.last_day is not None and command.last_day < first
    if before or (last is not None and command.first_day > last):
        raise refuse(Code.HOLD_OUTSIDE_PASS, "firstDay")


def _earliest_hold_day(tx: Tx, facts: PassFacts) -> date:
    """Clients hold from today; staff may go back to the first day of the period that runs now."""
    today = local_day(tx.now, facts.zone)
    running = next((window for window in facts.windows if window.covers(tx.now)), None)
    if tx.actor.role is Role.CLIENT or running is None or running.first_day is None:
        return today
    return min(today, running.first_day)


async def _locked_hold(tx: Tx, hold_id: UUID, *, may_be_over: bool = False) -> tuple[Any, PassFacts]:
    found = await tx.raw.fetchrow("SELECT pass_id FROM holds WHERE id = $1", hold_id)
    if found is None:
        raise unknown("hold", "holdId")
    facts = await locked_pass(tx, found["pass_id"], thing="hold", path="holdId")
    hold = await tx.row("SELECT * FROM holds WHERE id = $1", hold_id)
    today = local_day(tx.now, facts.zone)
    over = hold["last_day"] is not None and hold["last_day"] < today
    if hold["removed_at"] is not None or (over and not may_be_over):
        raise refuse(Code.HOLD_ENDED, "holdId")
    if tx.actor.role is Role.CLIENT and HoldKind(hold["kind"]) is not HoldKind.FREEZE:
        raise refuse(Code.FORBIDDEN, "holdId", roles="STAFF")
    if HoldKind(hold["kind"]).extends and _moved_a_past_period(tx, facts, hold["first_day"], hold["last_day"]):
        raise refuse(Code.HOLD_PERIOD_OVER, "holdId")
    return hold, facts


def _moved_a_past_period(tx: Tx, facts: PassFacts, first_day: date, last_day: date | None) -> bool:
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


async def _lift(tx: Tx, hold: Any, facts: PassFacts, event: str, **changes: Any) -> Changed:
    await tx.update(holds, hold["id"], ended_operation_id=tx.operation_id, **changes)
    await tx.event(event, pass_id=facts.id, hold=hold["id"], **changes)
    shorter = (await refresh(tx, [facts.id]))[facts.id]
    outside = await release_uncovered(tx, facts, shorter)
    if outside:
        await refresh(tx, [facts.id])
    return Changed(passes=[facts.id], holds=[hold["id"]], visits=outside)


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


async def _cancel_and_return(tx: Tx, facts: PassFacts, visit_ids: list[UUID]) -> None:
    """Cancel the visits and return what paid. A client's hold is no way around the window for late cancellations."""
    rows = await tx.raw.fetch("SELECT id, starts_at FROM visits WHERE id = ANY($1)", visit_ids)
    starts = {row["id"]: row["starts_at"] for row in rows}
    outcomes = facts.terms.outcomes
    for visit_id, claim in (await standing_claims(tx, visit_ids)).items():
        late = tx.actor.role is Role.CLIENT and is_late(outcomes, starts[visit_id], tx.now)
        state = VisitState.LATE_CANCELLED if late else VisitState.CANCELLED
        target = account_after(outcomes, state) if late else Account.AVAILABLE
        await tx.update(visits, visit_id, state=state, note="Cancelled by a hold")
        await settle_claim(tx, facts, claim, target, may_make_up=not late)
        await tx.event(f"visit.{state.lower()}", pass_id=facts.id, visit_id=visit_id, by="hold")
