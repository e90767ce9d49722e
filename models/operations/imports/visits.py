"""Lines of visits: history, and bookings to come. A visit that names its pass takes the unit the pass spent on it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from models.imports.fields import ImportKind
from models.operations.imports.plan import Line, Plan, Work
from models.operations.ledger import bulk_transfer
from models.queries.catalogue import option_terms
from models.rules.calendar import local_day
from models.rules.codes import Code
from models.rules.ending import account_after
from models.rules.terms import Terms
from models.rules.values import Account, Activation, LotUnit, PassKind, VisitState
from models.tables.base import new_id
from models.tables.ledger import transfers
from models.tables.visits import claims, visits

_EARLIEST, _LATEST = datetime(1970, 1, 1, tzinfo=UTC), timedelta(days=366 * 5)
_LIVE = (VisitState.BOOKED, VisitState.ATTENDED, VisitState.NO_SHOW)
_PASSES = "SELECT id, client_id, kind, option_id, option_version FROM passes WHERE id = ANY($1)"
_LOTS = """
SELECT id, pass_id, unit, kind, available FROM lots
WHERE pass_id = ANY($1) AND kind = 'GRANT' AND period_number = 1
"""
_CARRIED = "SELECT lot_id, account, quantity FROM carried_units WHERE lot_id = ANY($1)"
_SAME = """
SELECT client_id, service_id, location_id, starts_at FROM visits
WHERE client_id = ANY($1) AND starts_at BETWEEN $2 AND $3 AND state IN ('BOOKED', 'ATTENDED', 'NO_SHOW')
"""


@dataclass(slots=True)
class _Payer:
    """A pass with what is left on it and what it spent on visits not known yet, as far as this file has come."""

    row: Any
    lot: Any
    terms: Terms
    available: int
    used: int
    forfeited: int


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
    payers = await _payers(work, plans)
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
            plan.wrong(Code.LINE_MISSING, cell, field=cell)
    service, place = record.get("service", ""), record.get("location")
    if service and service.casefold() not in services:
        plan.wrong(Code.LINE_UNKNOWN, "service", thing="service", ref=service)
    if place is None and len(places) != 1:
        plan.wrong(Code.LINE_MISSING, "location", field="location")
    if place is not None and place.casefold() not in places:
        plan.wrong(Code.LINE_UNKNOWN, "location", thing="location", ref=place)
    state = record.get("state", "")
    if state and state not in VisitState.__members__:
        plan.wrong(Code.LINE_UNREADABLE, "state", field="state", sentence=f"{state!r} is no state of a visit")
    if plan.problems or owner is None:
        return None
    location_id = next(iter(places.values())) if place is None else places[place.casefold()]
    zone = await _zone(work, location_id)
    try:
        starts_at, ends_at = _times(record, zone)
    except ValueError as error:
        plan.wrong(Code.LINE_UNREADABLE, "starts", field="starts", sentence=str(error))
        return None
    if not _EARLIEST <= starts_at <= work.tx.now + _LATEST or not starts_at < ends_at <= starts_at + timedelta(days=31):
        plan.wrong(Code.LINE_CONTRADICTS, "ends", sentence=f"A visit cannot be from {starts_at} to {ends_at}")
        return None
    if VisitState(state).consumed and starts_at > work.tx.now:
        plan.wrong(Code.LINE_CONTRADICTS, "state", sentence=f"It is {state}, and has not begun yet")
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
        raise ValueError("the time of day is missing")
    moment = (
        datetime.fromisoformat(text) if clock is None else datetime.fromisoformat(f"{day}T{time.fromisoformat(clock)}")
    )
    return (moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(zone))).astimezone(UTC)


async def _payers(work: Work, plans: Sequence[Plan]) -> dict[str, _Payer]:
    refs = [plan.line.record["pass"] for plan in plans if "pass" in plan.line.record]
    known = await work.known(ImportKind.PASSES, refs)
    missing = list({pass_id for pass_id in known.values() if pass_id not in work.balances})
    if not missing:
        return {ref: work.balances[pass_id] for ref, pass_id in known.items()}
    raw = work.tx.raw
    lots = {row["pass_id"]: row for row in await raw.fetch(_LOTS, missing)}
    rows = await raw.fetch(_CARRIED, [lot["id"] for lot in lots.values()])
    carried = {(row["lot_id"], row["account"]): row["quantity"] for row in rows}
    for row in await raw.fetch(_PASSES, missing):
        sold = row["option_id"], row["option_version"]
        if sold not in work.terms:
            found = await option_terms(raw, *sold)
            assert found is not None, "a version that was sold is never deleted"
            work.terms[sold] = found.terms
        lot = lots.get(row["id"])
        spent = [0, 0] if lot is None else [carried.get((lot["id"], name), 0) for name in ("USED", "FORFEITED")]
        work.balances[row["id"]] = _Payer(row, lot, work.terms[sold], lot["available"] if lot else 0, *spent)
    return {ref: work.balances[pass_id] for ref, pass_id in known.items()}


def _rows(work: Work, plan: Plan, visit: _Visit, payers: dict[str, _Payer]) -> None:
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


def _payer(plan: Plan, visit: _Visit, payers: dict[str, _Payer]) -> _Payer | None:
    ref = plan.line.record.get("pass")
    if ref is None or visit.state is VisitState.CANCELLED:
        return None
    payer = payers.get(ref)
    if payer is None:
        plan.wrong(Code.LINE_UNKNOWN, "pass", thing="pass", ref=ref)
    elif payer.row["client_id"] != visit.client_id:
        plan.wrong(Code.LINE_CONTRADICTS, "pass", sentence=f"The pass {ref} belongs to another client")
    elif payer.row["kind"] == PassKind.DAY:
        sentence = f"The pass {ref} counts days, which visits from a file cannot claim; leave the pass empty"
        plan.wrong(Code.LINE_CONTRADICTS, "pass", sentence=sentence)
    else:
        return payer
    return None


def _claim(work: Work, plan: Plan, visit: _Visit, visit_id: UUID, payer: _Payer) -> dict[str, Any] | None:
    """Return the claim on the pass, None where the visit's ending gave the unit back."""
    row, lot = payer.row, payer.lot
    target = account_after(payer.terms.outcomes, visit.state)
    minutes = -((visit.starts_at - visit.ends_at) // timedelta(minutes=1))
    quantity = 0 if lot is None else minutes if lot["unit"] == LotUnit.MINUTE else 1
    if target is Account.AVAILABLE:
        return None
    if lot is not None and not _take(work, plan, visit_id, payer, target, quantity):
        if target is Account.FORFEITED:
            return None  # nothing is missing on the pass, so this ending has cost nothing
        left = "left for this booking" if target is Account.BOOKED else "that is used and belongs to no other visit"
        sentence = f"The pass {plan.line.record['pass']} has no unit {left}"
        plan.wrong(Code.LINE_CONTRADICTS, "pass", sentence=sentence)
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


def _take(work: Work, plan: Plan, visit_id: UUID, payer: _Payer, target: Account, quantity: int) -> bool:
    """Take the units that this visit stands for, and say whether the pass has them.

    A booking takes what is left. What is over takes what the pass had spent on visits nobody knew; where a system
    counts a late cancellation as used, the unit moves to where it belongs.
    """
    lot = payer.lot["id"]
    if target is Account.BOOKED:
        if payer.available < quantity:
            return False
        payer.available -= quantity
        _moved(work, plan, visit_id, payer, Account.AVAILABLE, Account.BOOKED, quantity)
    elif target is Account.FORFEITED and payer.forfeited >= quantity:
        payer.forfeited -= quantity
        work.deltas[lot, "carried FORFEITED"] -= quantity
    else:
        if payer.used < quantity:
            return False
        payer.used -= quantity
        work.deltas[lot, "carried USED"] -= quantity
        if target is Account.FORFEITED:
            _moved(work, plan, visit_id, payer, Account.USED, Account.FORFEITED, quantity)
    return True


def _moved(
    work: Work, plan: Plan, visit_id: UUID, payer: _Payer, source: Account, target: Account, quantity: int
) -> None:
    lot = payer.lot["id"]
    work.deltas[lot, source.lower()] -= quantity
    work.deltas[lot, target.lower()] += quantity
    row = bulk_transfer(work.tx, lot, payer.row["id"], source, target, quantity, visit_id)
    plan.rows.append((transfers, row))


async def write_deltas(work: Work) -> None:
    """Change the balances of lots, and what they spent on unknown visits, by what the planned visits took."""
    if not work.deltas:
        return
    lots = sorted({lot for lot, _ in work.deltas})
    columns = ("available", "booked", "used", "forfeited")
    deltas = [[work.deltas.get((lot, name), 0) for lot in lots] for name in columns]
    await work.tx.raw.execute(
        """UPDATE lots l SET available = l.available + n.a, booked = l.booked + n.b, used = l.used + n.u,
               forfeited = l.forfeited + n.f
           FROM unnest($2::uuid[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[]) AS n(id, a, b, u, f)
           WHERE l.business_id = $1 AND l.id = n.id""",
        work.tx.business.id,
        lots,
        *deltas,
    )
    for account in ("USED", "FORFEITED"):
        await work.tx.raw.execute(
            """UPDATE carried_units c SET quantity = c.quantity + n.delta
               FROM unnest($3::uuid[], $4::bigint[]) AS n(id, delta)
               WHERE c.business_id = $1 AND c.account = $2 AND c.lot_id = n.id AND n.delta <> 0""",
            work.tx.business.id,
            account,
            lots,
            [work.deltas.get((lot, f"carried {account}"), 0) for lot in lots],
        )
    work.deltas.clear()
