"""Lines of visits: history, and bookings to come. A visit that names its pass takes the unit the pass spent on it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from models.imports.trouble import Unreadable
from models.operations.imports.payers import Payer, payers_of, take
from models.operations.imports.plan import Line, Plan, Work
from models.rules.calendar import local_day
from models.rules.codes import Code
from models.rules.ending import account_after
from models.rules.values import Account, Activation, LotUnit, PassKind, VisitState
from models.tables.base import new_id
from models.tables.visits import claims, visits

_EARLIEST, _LATEST = datetime(1970, 1, 1, tzinfo=UTC), timedelta(days=366 * 5)
_LIVE = (VisitState.BOOKED, VisitState.ATTENDED, VisitState.NO_SHOW)
_NO_TIME = "the time of day is missing"
_NOT_LEFT = "The pass {ref} has no unit left for this booking."
_LAPSED = "What was left on the pass {ref} has lapsed and pays for no booking; leave the pass empty."
_NOT_SPENT = "The pass {ref} has no unit that is used and belongs to no other visit."
_SAME = """
SELECT client_id, service_id, location_id, starts_at FROM visits
WHERE client_id = ANY($1) AND starts_at BETWEEN $2 AND $3 AND state IN ('BOOKED', 'ATTENDED', 'NO_SHOW')
"""


@dataclass(slots=True)
class _Visit:
    client_id: UUID
    service_id: UUID
    location_id: UUID
    zone: str
    starts_at: datetime
    ends_at: datetime
    state: VisitState

    @property
    def key(self) -> tuple[UUID, UUID, UUID, datetime]:
        return self.client_id, self.service_id, self.location_id, self.starts_at


async def plan_visits(work: Work, lines: Sequence[Line]) -> list[Plan]:
    """Plan a visit for each line, and its claim where it names a pass."""
    plans = work.begin(lines, "visit")
    refs = [line.ref for line in lines if "ref" in line.record]
    rows = await work.tx.raw.fetch("SELECT external_ref FROM visits WHERE external_ref = ANY($1)", refs)
    here = {row["external_ref"] for row in rows}
    owners = await work.clients(plans)
    drafts = {}
    for plan in plans:
        if plan.line.record.get("ref") in here:
            plan.wrong(Code.LINE_KNOWN, "ref", thing="visit")
        draft = await _draft(work, plan, owners.get(plan.line.number))
        if draft is not None:
            drafts[plan.line.number] = draft
    taken = await _taken(work, list(drafts.values()))
    payers = await payers_of(work, plans)
    for plan in plans:
        draft = drafts.get(plan.line.number)
        if draft is None or plan.problems:
            continue
        if draft.state in _LIVE:
            if draft.key in taken or hash(draft.key) in work.seen:
                plan.wrong(Code.LINE_KNOWN, "starts", thing="visit of this client, service and time")
                continue
            work.seen.add(hash(draft.key))
        _rows(work, plan, draft, payers)
    return plans


async def _taken(work: Work, drafts: Sequence[_Visit]) -> set[tuple[Any, ...]]:
    """Return the visits that are here already, of these clients and about these times."""
    if not drafts:
        return set()
    starts = [draft.starts_at for draft in drafts]
    rows = await work.tx.raw.fetch(_SAME, list({draft.client_id for draft in drafts}), min(starts), max(starts))
    return {tuple(row) for row in rows}


async def _draft(work: Work, plan: Plan, owner: tuple[UUID, str] | None) -> _Visit | None:
    record = plan.line.record
    services, places = await work.by_name("services"), await work.by_name("locations")
    for cell in ("service", "starts", "state"):
        if cell not in record:
            plan.wrong(Code.LINE_MISSING, cell)
    service, place = record.get("service", ""), record.get("location")
    if service and service.casefold() not in services:
        plan.wrong(Code.LINE_UNKNOWN, "service", thing="service", ref=service)
    if place is None and len(places) != 1:
        plan.wrong(Code.LINE_MISSING, "location")
    if place is not None and place.casefold() not in places:
        plan.wrong(Code.LINE_UNKNOWN, "location", thing="location", ref=place)
    state = record.get("state", "")
    if state and state not in VisitState.__members__:
        plan.wrong(Code.LINE_UNREADABLE, "state", sentence="“{text}” is no state of a visit", text=state)
    if plan.problems or owner is None:
        return None
    location_id = next(iter(places.values())) if place is None else places[place.casefold()]
    zone = await _zone(work, location_id)
    try:
        starts_at, ends_at = _times(record, zone)
    except (Unreadable, OverflowError) as error:
        # A time without an offset at the very ends of the calendar is no instant at all.
        sentence = _NO_TIME if isinstance(error, Unreadable) else "the calendar does not reach that far"
        plan.wrong(Code.LINE_UNREADABLE, "starts", sentence=sentence)
        return None
    if not _EARLIEST <= starts_at <= work.tx.now + _LATEST or not starts_at < ends_at <= starts_at + timedelta(days=31):
        sentence = "A visit cannot be from {starts} to {ends}."
        plan.wrong(Code.LINE_CONTRADICTS, "ends", sentence=sentence, starts=starts_at, ends=ends_at)
        return None
    if VisitState(state).consumed and starts_at > work.tx.now:
        plan.wrong(Code.LINE_CONTRADICTS, "state", sentence="It is {state}, and has not begun yet.", state=state)
        return None
    return _Visit(owner[0], services[service.casefold()], location_id, zone, starts_at, ends_at, VisitState(state))


async def _zone(work: Work, location_id: UUID) -> str:
    if not work.zones:
        rows = await work.tx.raw.fetch("SELECT id, zone FROM locations")
        work.zones = {row["id"]: row["zone"] or work.tx.business.zone for row in rows}
    return work.zones[location_id]


def _times(record: dict[str, Any], zone: str) -> tuple[datetime, datetime]:
    """Return start and end as instants; a time without an offset is what the location's clock shows."""
    starts = _instant(record["starts"], record.get("start_time"), zone)
    if "ends" in record:
        return starts, _instant(record["ends"], None, zone)
    if "end_time" in record:
        ends = _instant(record["starts"], record["end_time"], zone)
        return starts, ends if ends > starts else ends + timedelta(days=1)
    return starts, starts + timedelta(minutes=record.get("minutes", 60))


def _instant(text: str, clock: str | None, zone: str) -> datetime:
    day, _, at = text.partition("T")
    if clock is None and not at:
        raise Unreadable(_NO_TIME)
    moment = (
        datetime.fromisoformat(text) if clock is None else datetime.fromisoformat(f"{day}T{time.fromisoformat(clock)}")
    )
    return (moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(zone))).astimezone(UTC)


def _rows(work: Work, plan: Plan, visit: _Visit, payers: dict[str, Payer]) -> None:
    record, visit_id = plan.line.record, new_id()
    payer = _payer(plan, visit, payers)
    if plan.problems:
        return
    claim = None if payer is None else _claim(work, plan, visit, visit_id, payer)
    if plan.problems:
        return
    plan.rows.append(
        (
            visits,
            {
                "id": visit_id,
                "client_id": visit.client_id,
                "service_id": visit.service_id,
                "location_id": visit.location_id,
                "starts_at": visit.starts_at,
                "ends_at": visit.ends_at,
                "day": local_day(visit.starts_at, visit.zone),
                "booked_at": min(visit.starts_at, work.tx.now),
                "state": visit.state,
                "pass_id": claim and claim["pass_id"],
                "external_ref": record.get("ref"),
                "note": record.get("note"),
            },
        )
    )
    if claim is not None and payer is not None:
        plan.rows.append((claims, claim))
        # What was used stays used; only what is booked, or may start the pass, changes what comes next.
        if visit.state is VisitState.BOOKED or payer.terms.activation is Activation.ON_FIRST_VISIT:
            work.touched.add(claim["pass_id"])


def _payer(plan: Plan, visit: _Visit, payers: dict[str, Payer]) -> Payer | None:
    ref = plan.line.record.get("pass")
    if ref is None or visit.state is VisitState.CANCELLED:
        return None
    payer = payers.get(ref)
    if payer is None:
        plan.wrong(Code.LINE_UNKNOWN, "pass", thing="pass", ref=ref)
    elif payer.row["client_id"] != visit.client_id:
        plan.wrong(Code.LINE_CONTRADICTS, "pass", sentence="The pass {ref} belongs to another client.", ref=ref)
    elif payer.row["kind"] == PassKind.DAY:
        sentence = "The pass {ref} counts days, which visits from a file cannot claim; leave the pass empty."
        plan.wrong(Code.LINE_CONTRADICTS, "pass", sentence=sentence, ref=ref)
    else:
        return payer
    return None


def _claim(work: Work, plan: Plan, visit: _Visit, visit_id: UUID, payer: Payer) -> dict[str, Any] | None:
    """Return the claim on the pass, None where the visit's ending gave the unit back."""
    row, lot = payer.row, payer.lot
    target = account_after(payer.terms.outcomes, visit.state)
    minutes = -((visit.starts_at - visit.ends_at) // timedelta(minutes=1))
    quantity = 0 if lot is None else minutes if lot["unit"] == LotUnit.MINUTE else 1
    if target is Account.AVAILABLE:
        return None
    if lot is not None and not take(work, plan, visit_id, payer, target, quantity):
        if target is Account.FORFEITED:
            return None  # nothing is missing on the pass, so this ending has cost nothing
        sentence = _NOT_SPENT
        if target is Account.BOOKED:
            sentence = _LAPSED if lot["expired"] >= quantity else _NOT_LEFT
        plan.wrong(Code.LINE_CONTRADICTS, "pass", sentence=sentence, ref=plan.line.record["pass"])
        return None
    return {
        "id": new_id(),
        "visit_id": visit_id,
        "pass_id": row["id"],
        "lot_id": lot and lot["id"],
        "quantity": quantity,
        "account": target,
        "pinned": True,
        "reason": {"chosenBy": "NAMED", "lotKind": lot and lot["kind"], "passedOver": []},
        "operation_id": work.tx.operation_id,
        "claimed_at": work.tx.now,
    }
