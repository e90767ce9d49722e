"""End a visit: cancel it, record its outcome, or take an outcome back."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy.exc import IntegrityError

from models.errors import Problem, Refused, refuse, unknown
from models.operations.base import STAFF, Changed, Tx, violated
from models.operations.book_visits import start_pass
from models.operations.claims import lock_visits_with_passes, settle_claim, standing_claims, write_claim
from models.operations.refresh import refresh
from models.queries.facts import visit_facts
from models.rules.allocation import Outcome
from models.rules.calendar import local_day
from models.rules.codes import Code
from models.rules.eligibility import Decision, decide
from models.rules.ending import account_after, is_late
from models.rules.facts import PassFacts
from models.rules.terms import Outcomes
from models.rules.values import Account, Role, VisitState
from models.tables.visits import visits

# A visit whose pass was lifted off it earlier, by a hold that was ended or a pass out of use, ended unpaid.
_LAST_PAYER = """
SELECT CASE WHEN o.id IS NULL OR o.verb IN ('cancelVisit', 'recordAttendance', 'placeHold') THEN c.pass_id END
FROM claims c LEFT JOIN operations o ON o.business_id = c.business_id AND o.id = c.released_operation_id
WHERE c.visit_id = $1 ORDER BY c.claimed_at DESC, c.id DESC LIMIT 1
"""


class CancelledBy(StrEnum):
    """Who cancels. The studio's own cancellation is never late and always returns."""

    CLIENT = "CLIENT"
    STUDIO = "STUDIO"


class AttendanceOutcome(StrEnum):
    """What is recorded. BOOKED takes an earlier outcome or a cancellation back."""

    ATTENDED = "ATTENDED"
    NO_SHOW = "NO_SHOW"
    BOOKED = "BOOKED"


@dataclass(frozen=True, slots=True)
class CancelVisit:
    """Cancel a visit."""

    visit_id: UUID
    cancelled_by: CancelledBy = CancelledBy.CLIENT


@dataclass(frozen=True, slots=True)
class RecordAttendance:
    """Record what became of a visit."""

    visit_id: UUID
    outcome: AttendanceOutcome


async def cancel_visit(tx: Tx, command: CancelVisit) -> Changed:
    """Cancel a booked visit, in time or late by the pass's outcome table.

    Errors: NOT_FOUND, ALREADY_CANCELLED, VISIT_ENDED, VISIT_IN_PAST and FORBIDDEN (clients).
    """
    tx.require(*STAFF, Role.CLIENT, Role.PARTNER)
    row, facts, _ = await _locked(tx, command.visit_id)
    state = VisitState(row["state"])
    if state in (VisitState.CANCELLED, VisitState.LATE_CANCELLED):
        raise refuse(Code.ALREADY_CANCELLED, "visitId")
    if state is not VisitState.BOOKED:
        raise refuse(Code.VISIT_ENDED, "visitId", state=state)
    by_studio = command.cancelled_by is CancelledBy.STUDIO
    if tx.actor.role is Role.CLIENT and by_studio:
        raise refuse(Code.FORBIDDEN, "cancelledBy", roles="STAFF")
    if tx.actor.role is Role.CLIENT and row["starts_at"] <= tx.now:
        raise refuse(Code.VISIT_IN_PAST, "visitId")
    outcomes = _outcomes(tx, facts)
    late = not by_studio and is_late(outcomes, row["starts_at"], tx.now)
    new_state = VisitState.LATE_CANCELLED if late else VisitState.CANCELLED
    target = Account.AVAILABLE if by_studio else account_after(outcomes, new_state)
    return await _end(tx, row, facts, new_state, target, may_make_up=not late)


async def record_attendance(tx: Tx, command: RecordAttendance) -> Changed:
    """Record that a visit was attended or missed, or take its outcome back.

    Errors: NOT_FOUND, OUTCOME_UNCHANGED, VISIT_ENDED (a cancelled visit must be taken back first),
    VISIT_NOT_STARTED (before the day of the visit, or a no-show before its start), PASS_CANNOT_PAY and the
    pass's own reasons where taking back meets a rule, ALREADY_BOOKED where the same visit was booked again.
    """
    tx.require(*STAFF, Role.PARTNER)
    row, facts, last_payer = await _locked(tx, command.visit_id)
    state, new_state = VisitState(row["state"]), VisitState(command.outcome.value)
    if state is new_state:
        raise refuse(Code.OUTCOME_UNCHANGED, "outcome", state=state)
    if new_state is VisitState.BOOKED:
        return await _take_back(tx, row, facts or last_payer)
    if state in (VisitState.CANCELLED, VisitState.LATE_CANCELLED):
        raise refuse(Code.VISIT_ENDED, "visitId", state=state)
    begins_later = row["starts_at"] > tx.now
    if begins_later and (new_state is VisitState.NO_SHOW or row["day"] > await _today_there(tx, row)):
        raise refuse(Code.VISIT_NOT_STARTED, "outcome")
    if facts is None and last_payer is not None and new_state is VisitState.ATTENDED:
        decision = decide(last_payer, visit_facts(row), tx.business.policy, tx.now)
        if decision.pays:
            return await _pay_again(tx, row, last_payer, decision, new_state)
    target = account_after(_outcomes(tx, facts), new_state)
    return await _end(tx, row, facts, new_state, target, may_make_up=False)


async def _today_there(tx: Tx, row: Any) -> date:
    """Return the date at the location of the visit."""
    zone = await tx.raw.fetchval("SELECT zone FROM locations WHERE id = $1", row["location_id"])
    return local_day(tx.now, zone or tx.business.zone)


async def _locked(tx: Tx, visit_id: UUID) -> tuple[Any, PassFacts | None, PassFacts | None]:
    """Lock a visit; return its row, the pass that pays for it, and the one that paid until the visit ended."""
    last = await tx.raw.fetchval(_LAST_PAYER, visit_id)
    rows, passes = await lock_visits_with_passes(tx, [visit_id], [last] if last else [])
    if not rows:
        raise unknown("visit", "visitId")
    tx.require_client(rows[0]["client_id"], "visit", "visitId")
    return rows[0], passes.get(rows[0]["pass_id"]), passes.get(last)


def _outcomes(tx: Tx, facts: PassFacts | None) -> Outcomes:
    return facts.terms.outcomes if facts else tx.business.unpaid_outcomes


async def _end(
    tx: Tx, row: Any, facts: PassFacts | None, state: VisitState, target: Account, *, may_make_up: bool
) -> Changed:
    visit_id: UUID = row["id"]
    figures: dict[str, Any] = {}
    await _set_state(tx, row, state)
    changed = Changed(visits=[visit_id], figures=figures)
    claim = (await standing_claims(tx, [visit_id])).get(visit_id)
    if claim is not None and facts is not None:
        made = await settle_claim(tx, facts, claim, target, may_make_up=may_make_up)
        figures["makeUpLot"] = str(made) if made else None
        figures["returned"] = target is Account.AVAILABLE
        await refresh(tx, [facts.id])
        changed.passes.append(facts.id)
    return changed


async def _take_back(tx: Tx, row: Any, facts: PassFacts | None) -> Changed:
    """Make the visit booked again, paid by the pass that paid before, if the rules still let it.

    Of a visit that is over only the outcome was wrong: what it forfeited or used is booked again without asking.
    """
    if facts is None:
        return await _end(tx, row, facts, VisitState.BOOKED, Account.BOOKED, may_make_up=False)
    claimed = row["pass_id"] is not None
    if not claimed or row["starts_at"] > tx.now:
        decision = decide(facts, visit_facts(row), tx.business.policy, tx.now)
        against = [each for each in decision.reasons if not claimed or each.code is not Code.NO_SESSIONS_LEFT]
        if against:
            reasons = (Problem(reason, ("visitId",)) for reason in against)
            raise Refused(*refuse(Code.PASS_CANNOT_PAY, "visitId").problems, *reasons)
        if not claimed:
            return await _pay_again(tx, row, facts, decision, VisitState.BOOKED)
    return await _end(tx, row, facts, VisitState.BOOKED, Account.BOOKED, may_make_up=False)


async def _pay_again(tx: Tx, row: Any, facts: PassFacts, decision: Decision, state: VisitState) -> Changed:
    """Bring the visit to `state`, paid by the pass that paid for it before its unit was returned."""
    visit = visit_facts(row)
    await _set_state(tx, row, state)
    await start_pass(tx, facts, [visit])
    await write_claim(tx, facts, Outcome(visit, decision, ()), state, chosen_by="TAKEN_BACK")
    await refresh(tx, [facts.id])
    return Changed(visits=[visit.id], passes=[facts.id], figures={"returned": False, "takenBack": row["state"]})


async def _set_state(tx: Tx, row: Any, state: VisitState) -> None:
    try:
        await tx.update(visits, row["id"], state=state)
    except IntegrityError as error:
        if violated(error) == "uq_visits_same_visit":
            raise refuse(Code.ALREADY_BOOKED, "visitId") from error
        raise
    await tx.event(f"visit.{state.lower()}", visit_id=row["id"], pass_id=row["pass_id"], was=row["state"])
