"""End a visit: cancel it, record its outcome, or take an outcome back."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any
from uuid import UUID

from models.errors import Problem, Refused, refuse, unknown
from models.operations.base import STAFF, Changed, Tx, checked_text
from models.operations.claims import lock_visits_with_passes, standing_claims, write_claim
from models.operations.cover_waiting import Waiting, covered, lock_with_waiting
from models.operations.outcomes import end_as, ending_of, outcomes_of, write_outcome
from models.operations.refresh import refresh
from models.operations.start_pass import start_pass
from models.queries.facts import visit_facts
from models.rules.allocation import Outcome
from models.rules.calendar import local_day
from models.rules.codes import Code
from models.rules.eligibility import Decision, decide
from models.rules.ending import FORGIVABLE, Ending, account_after, is_late
from models.rules.facts import PassFacts
from models.rules.values import Account, Role, VisitState

# A visit whose pass was lifted off it earlier, by a hold that was ended or a pass out of use, ended unpaid.
_LAST_PAYER = """
SELECT CASE WHEN o.id IS NULL OR o.verb IN ('cancelVisit', 'recordAttendance', 'placeHold') OR EXISTS (
    SELECT FROM visit_outcomes w
    WHERE w.business_id = c.business_id AND w.visit_id = c.visit_id AND w.operation_id = c.released_operation_id
) THEN c.pass_id END
FROM claims c LEFT JOIN operations o ON o.business_id = c.business_id AND o.id = c.released_operation_id
WHERE c.visit_id = $1 ORDER BY c.claimed_at DESC, c.id DESC LIMIT 1
"""
_LAST_PINNED = """
SELECT pinned FROM claims WHERE visit_id = $1 AND pass_id = $2 ORDER BY claimed_at DESC, id DESC LIMIT 1
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
    """Cancel a visit. `waive` lets the client off what a late cancellation costs."""

    visit_id: UUID
    cancelled_by: CancelledBy = CancelledBy.CLIENT
    waive: bool = False
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class RecordAttendance:
    """Record what became of a visit. `waive` lets the client off what it costs to have missed it."""

    visit_id: UUID
    outcome: AttendanceOutcome
    waive: bool = False
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class WaiveOutcome:
    """Let the client off what a visit cost that ended late or was missed."""

    visit_id: UUID
    reason: str


async def cancel_visit(tx: Tx, command: CancelVisit) -> Changed:
    """Cancel a booked visit, in time or late by the pass's outcome table.

    Errors: NOT_FOUND, ALREADY_CANCELLED, VISIT_ENDED, VISIT_IN_PAST and FORBIDDEN (clients).
    """
    tx.require(*STAFF, Role.CLIENT, Role.PARTNER)
    waiting, row, facts, _ = await _locked(tx, command.visit_id, may_return=True)
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
    reason = checked_waiver(tx, command.waive, command.reason)
    if by_studio:
        end = Ending(VisitState.CANCELLED, Account.AVAILABLE)
    else:
        late = is_late(outcomes_of(tx, facts), row["starts_at"], tx.now, row["booked_at"])
        new_state = VisitState.LATE_CANCELLED if late else VisitState.CANCELLED
        end = await ending_of(tx, facts, row, new_state, waive=command.waive)
    return await _ended(tx, await end_as(tx, row, facts, end, reason=reason), waiting)


async def record_attendance(tx: Tx, command: RecordAttendance) -> Changed:
    """Record that a visit was attended or missed, or take its outcome back.

    Errors: NOT_FOUND, OUTCOME_UNCHANGED, VISIT_ENDED (a cancelled visit must be taken back first),
    VISIT_NOT_STARTED (before the day of the visit, or a no-show before its start), PASS_CANNOT_PAY and the
    pass's own reasons where taking back meets a rule, ALREADY_BOOKED where the same visit was booked again.
    """
    tx.require(*STAFF, Role.PARTNER)
    may_return = command.outcome is AttendanceOutcome.NO_SHOW
    waiting, row, facts, last_payer = await _locked(tx, command.visit_id, may_return=may_return)
    reason = checked_waiver(tx, command.waive, command.reason)
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
    end = await ending_of(tx, facts, row, new_state, waive=command.waive)
    return await _ended(tx, await end_as(tx, row, facts, end, reason=reason), waiting)


async def waive_outcome(tx: Tx, command: WaiveOutcome) -> Changed:
    """Take the cost of a late cancellation or a missed visit away: the unit returns, the fee is waived or credited.

    The outcome itself stays as it was. Taking it back with `record_attendance` takes the waiver back with it.

    Errors: NOT_FOUND, OUTCOME_COSTS_NOTHING, TEXT_OUT_OF_RANGE, FORBIDDEN.
    """
    tx.require(*STAFF)
    waiting, row, facts, _ = await _locked(tx, command.visit_id, may_return=True)
    state = VisitState(row["state"])
    reason = checked_text(command.reason, 1, 500, "reason")
    owed = await tx.raw.fetchval(
        "SELECT count(*) FROM fees WHERE visit_id = $1 AND state IN ('OWED', 'PAID')", row["id"]
    )
    claim = (await standing_claims(tx, [row["id"]])).get(row["id"])
    costs = owed or (claim is not None and Account(claim["account"]) is Account.FORFEITED)
    if state not in (*FORGIVABLE, VisitState.CANCELLED) or not costs:
        raise refuse(Code.OUTCOME_COSTS_NOTHING, "visitId", state=state)
    end = Ending(state, Account.AVAILABLE, waived=True)
    return await _ended(tx, await end_as(tx, row, facts, end, reason=reason), waiting)


def checked_waiver(tx: Tx, waive: bool, reason: str | None) -> str | None:
    """Return the reason as it is kept. Only the studio waives. Errors: FORBIDDEN, TEXT_OUT_OF_RANGE."""
    if waive and tx.actor.role is Role.CLIENT:
        raise refuse(Code.FORBIDDEN, "waive", roles="STAFF")
    return None if reason is None else checked_text(reason, 1, 500, "reason")


async def _today_there(tx: Tx, row: Any) -> date:
    """Return the date at the location of the visit."""
    zone = await tx.raw.fetchval("SELECT zone FROM locations WHERE id = $1", row["location_id"])
    return local_day(tx.now, zone or tx.business.zone)


async def _ended(tx: Tx, changed: Changed, waiting: Waiting) -> Changed:
    """Let what ending a visit returned, if it did, pay for visits that wait."""
    return await covered(tx, changed, waiting) if changed.figures.get("returned") else changed


async def _locked(
    tx: Tx, visit_id: UUID, *, may_return: bool
) -> tuple[Waiting, Any, PassFacts | None, PassFacts | None]:
    """Lock a visit. Return its row, the pass that pays for it, and the one that paid until the visit ended.

    Where it `may_return` what paid, those who wait for that come first.
    """
    last = await tx.raw.fetchval(_LAST_PAYER, visit_id)
    waiting: Waiting = {}
    if may_return:
        row = await tx.raw.fetchrow("SELECT client_id, pass_id, projected_pass_id FROM visits WHERE id = $1", visit_id)
        if row is not None:
            payers = (row["pass_id"], row["projected_pass_id"], last)
            waiting = await lock_with_waiting(tx, payers, row["client_id"])
    rows, passes = await lock_visits_with_passes(tx, [visit_id], [last] if last else [])
    if not rows:
        raise unknown("visit", "visitId")
    tx.require_client(rows[0]["client_id"], "visit", "visitId")
    return waiting, rows[0], passes.get(rows[0]["pass_id"]), passes.get(last)


async def _take_back(tx: Tx, row: Any, facts: PassFacts | None) -> Changed:
    """Make the visit booked again, paid by the pass that paid before, if the rules still let it.

    Of a visit that is over only the outcome was wrong: what it forfeited or used is booked again without asking.
    """
    if facts is None:
        return await end_as(tx, row, facts, Ending(VisitState.BOOKED, Account.BOOKED))
    claimed = row["pass_id"] is not None
    if not claimed or row["starts_at"] > tx.now:
        decision = decide(facts, visit_facts(row), tx.business.policy, tx.now)
        against = [each for each in decision.reasons if not claimed or each.code is not Code.NO_SESSIONS_LEFT]
        if against:
            reasons = (Problem(reason, ("visitId",)) for reason in against)
            raise Refused(*refuse(Code.PASS_CANNOT_PAY, "visitId").problems, *reasons)
        if not claimed:
            return await _pay_again(tx, row, facts, decision, VisitState.BOOKED)
    return await end_as(tx, row, facts, Ending(VisitState.BOOKED, Account.BOOKED))


async def _pay_again(tx: Tx, row: Any, facts: PassFacts, decision: Decision, state: VisitState) -> Changed:
    """Bring the visit to `state`, paid by the pass that paid for it before its unit was returned."""
    visit = visit_facts(row)
    await write_outcome(tx, row, Ending(state, account_after(facts.terms.outcomes, state)), claimed=False)
    await start_pass(tx, facts, [visit])
    # What somebody had named goes on to be what was named.
    pinned = await tx.raw.fetchval(_LAST_PINNED, visit.id, facts.id)
    await write_claim(tx, facts, Outcome(visit, decision, ()), state, chosen_by="TAKEN_BACK", pinned=bool(pinned))
    await refresh(tx, [facts.id])
    return Changed(visits=[visit.id], passes=[facts.id], figures={"returned": False, "takenBack": row["state"]})
