"""Book visits, and pay for them with a named pass, with whichever may, or not at all."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy.exc import IntegrityError

from models.errors import refuse, unknown
from models.operations.base import FAR_FUTURE, FAR_PAST, STAFF, Changed, Tx, checked_text, violated
from models.operations.claims import write_claim
from models.operations.cover_more import Move, cover_more
from models.operations.lapse import roll_over_late
from models.operations.projecting import project
from models.operations.refresh import refresh
from models.operations.start_pass import start_pass
from models.queries.live import LIVE
from models.queries.locks import lock_client_passes, lock_passes
from models.rules.allocation import Outcome, Request, allocate
from models.rules.calendar import local_day
from models.rules.codes import Code
from models.rules.facts import PassFacts, VisitFacts
from models.rules.sharing import member_of
from models.rules.values import Role, ServiceCategory, VisitState
from models.tables.base import new_id
from models.tables.visits import SAME_VISIT, visits

VISITS_MAX = 100
_LENGTH_MAX = timedelta(days=7)


class PayBy(StrEnum):
    """What pays: whichever pass may (AUTO), the named PASS, or NOTHING, which leaves the visits unpaid."""

    AUTO = "AUTO"
    PASS = "PASS"
    NOTHING = "NOTHING"


@dataclass(frozen=True, slots=True)
class NewVisit:
    """One visit to book; instants are aware. `guest_name` says that it is the visit of a guest of the client."""

    service_id: UUID
    location_id: UUID
    starts_at: datetime
    ends_at: datetime
    external_ref: str | None = None
    guest_name: str | None = None


@dataclass(frozen=True, slots=True)
class BookVisits:
    """Book these visits for a client."""

    client_id: UUID
    visits: tuple[NewVisit, ...]
    pay_by: PayBy = PayBy.AUTO
    pass_id: UUID | None = None


async def book_visits(tx: Tx, command: BookVisits) -> Changed:
    """Book the visits and pay for as many as can be; the rest stay unpaid, each with every pass's reasons.

    Errors: NOT_FOUND, TOO_MANY, NOTHING_TO_DO, DATES_REVERSED, DATE_OUT_OF_RANGE, VISIT_IN_PAST (clients),
    ALREADY_BOOKED, EXTERNAL_REF_TAKEN.
    """
    tx.require(*STAFF, Role.CLIENT, Role.PARTNER)
    tx.require_client(command.client_id, "client", "clientId")
    if not command.visits:
        raise refuse(Code.NOTHING_TO_DO, "visits", sentence="no visit was named.")
    if len(command.visits) > VISITS_MAX:
        raise refuse(Code.TOO_MANY, "visits", limit=VISITS_MAX)
    if not await tx.raw.fetchval(f"SELECT true FROM clients WHERE id = $1 AND {LIVE}", command.client_id):
        raise unknown("client", "clientId")
    passes = await payers(tx, command.client_id, command.pay_by, command.pass_id)
    booked = await _insert(tx, command)
    states = dict.fromkeys((visit.id for visit in booked), VisitState.BOOKED)
    outcomes = await pay(tx, passes, booked, states, command.pay_by)
    moves = await more_covered(tx, command.client_id, command.pay_by, passes, outcomes)
    return await answer(tx, passes, outcomes, moves, states, command.pay_by)


async def payers(
    tx: Tx, client_id: UUID, pay_by: PayBy, pass_id: UUID | None, also_lock: Iterable[UUID] = ()
) -> dict[UUID, PassFacts]:
    """Lock and return the passes that may be asked to pay. Errors: NOT_FOUND, INVALID_INPUT.

    `also_lock` are passes that stand to pay for the visits once they have renewed: a named one may take their place.
    """
    if (pay_by is PayBy.PASS) != (pass_id is not None):
        raise refuse(Code.INVALID_INPUT, "payBy", sentence="PASS, and no other choice, names a passId.")
    if pay_by is PayBy.NOTHING:
        return {}
    if pass_id is None:
        return await roll_over_late(tx, await lock_client_passes(tx.raw, client_id))
    locked = await lock_passes(tx.raw, [pass_id, *also_lock])
    if pass_id not in locked:
        raise unknown("pass", "passId")
    found = {pass_id: locked[pass_id]}
    if member_of(found[pass_id], client_id) is None:
        tx.require_client(found[pass_id].client_id, "pass", "passId")
    return await roll_over_late(tx, found)


async def pay(
    tx: Tx,
    passes: dict[UUID, PassFacts],
    to_pay: Sequence[VisitFacts],
    states: dict[UUID, VisitState],
    pay_by: PayBy,
) -> tuple[Outcome, ...]:
    """Allocate the locked passes to the visits, write the claims, and refresh the passes that pay."""
    request = Request(tuple(passes.values()), tuple(to_pay), tx.business.policy, tx.now, tx.business.preset)
    outcomes = allocate(request)
    chosen_by = "NAMED" if pay_by is PayBy.PASS else tx.business.preset.value
    paid: dict[UUID, list[VisitFacts]] = {}
    for outcome in outcomes:
        if outcome.paid_by is not None:
            paid.setdefault(outcome.paid_by.pass_id, []).append(outcome.visit)
    for pass_id, its_visits in paid.items():
        await start_pass(tx, passes[pass_id], its_visits)
    for outcome in outcomes:
        if outcome.paid_by is not None:
            facts = passes[outcome.paid_by.pass_id]
            pinned = pay_by is PayBy.PASS
            await write_claim(tx, facts, outcome, states[outcome.visit.id], chosen_by=chosen_by, pinned=pinned)
    await refresh(tx, paid)
    return outcomes


async def more_covered(
    tx: Tx, client_id: UUID, pay_by: PayBy, locked: Iterable[UUID], outcomes: Sequence[Outcome]
) -> list[Move]:
    """Where visits stay unpaid that any pass may pay for, see whether other visits can make room for them."""
    waiting = [outcome.visit.id for outcome in outcomes if outcome.paid_by is None]
    return await cover_more(tx, client_id, locked, waiting) if waiting and pay_by is PayBy.AUTO else []


async def answer(
    tx: Tx,
    passes: Mapping[UUID, PassFacts],
    outcomes: Sequence[Outcome],
    moves: Sequence[Move],
    states: Mapping[UUID, VisitState],
    pay_by: PayBy,
) -> Changed:
    """Let passes that renew stand to pay for what is left unpaid, and answer what pays, will pay, or does not."""
    moved = {move.visit_id for move in moves}
    unpaid = [each for each in outcomes if each.paid_by is None and each.visit.id not in moved]
    live = [each for each in unpaid if states[each.visit.id].live]
    left = {each.visit.id: each for each in await project(tx, passes, live, pinned=pay_by is PayBy.PASS)}
    projected = [each.visit.id for each in live if each.visit.id not in left]
    told = [left.get(each.visit.id, each) for each in outcomes]
    return paid_answer(told, moves, projected)


def paid_answer(outcomes: Sequence[Outcome], moves: Sequence[Move] = (), projected: Sequence[UUID] = ()) -> Changed:
    """Return the visits in start order, the passes that pay, why each unpaid visit is unpaid, and what moved.

    `projected` are to be paid when their passes renew: they are neither paid nor told to be unpaid.
    """
    moved_to = {move.visit_id: move.new_pass for move in moves}
    payer = {outcome.visit.id: outcome.paid_by.pass_id for outcome in outcomes if outcome.paid_by} | moved_to
    paying = list(dict.fromkeys(payer[outcome.visit.id] for outcome in outcomes if outcome.visit.id in payer))
    unpaid = [
        {
            "visitId": str(outcome.visit.id),
            "refusals": [
                {
                    "passId": str(decision.pass_id),
                    "reasons": [{"code": r.code.name, "values": dict(r.values)} for r in decision.reasons],
                }
                for decision in outcome.passed_over
            ],
        }
        for outcome in outcomes
        if outcome.visit.id not in payer and outcome.visit.id not in projected
    ]
    figures: dict[str, Any] = {
        "paid": len(outcomes) - len(unpaid) - len(projected),
        "unpaid": unpaid,
        "projected": [str(each) for each in projected],
        "moved": [move.to_json() for move in moves],
    }
    return Changed(passes=paying, visits=[outcome.visit.id for outcome in outcomes], figures=figures)


async def _insert(tx: Tx, command: BookVisits) -> list[VisitFacts]:
    categories = await _categories(tx, command.visits)
    zones = await _zones(tx, command.visits)
    made = []
    for index, wanted in enumerate(command.visits):
        path = ("visits", str(index))
        _check_times(tx, wanted, path)
        if wanted.service_id not in categories:
            raise unknown("service", *path, "serviceId")
        if wanted.location_id not in zones:
            raise unknown("location", *path, "locationId")
        made.append(
            VisitFacts(
                id=new_id(),
                client_id=command.client_id,
                service_id=wanted.service_id,
                category=categories[wanted.service_id],
                location_id=wanted.location_id,
                starts_at=wanted.starts_at,
                ends_at=wanted.ends_at,
                booked_at=tx.now,
                day=local_day(wanted.starts_at, zones[wanted.location_id]),
                zone=zones[wanted.location_id],
                guest_name=_checked_guest(wanted.guest_name, path),
            )
        )
    # In the order of the key that keeps a visit from being there twice: two who book the same visits, in whichever
    # order they name them, then wait for each other's first one and never crosswise.
    for index in sorted(range(len(made)), key=lambda each: _same_visit(made[each])):
        auto_pay = command.pay_by is PayBy.AUTO
        await _insert_one(tx, made[index], command.visits[index], ("visits", str(index)), auto_pay=auto_pay)
    return made


def _checked_guest(name: str | None, path: tuple[str, ...]) -> str | None:
    return None if name is None else checked_text(name, 1, 200, *path, "guestName")


def _same_visit(visit: VisitFacts) -> tuple[datetime, UUID, UUID, str]:
    return visit.starts_at, visit.service_id, visit.location_id, visit.guest_name or ""


async def _insert_one(tx: Tx, visit: VisitFacts, wanted: NewVisit, path: tuple[str, ...], *, auto_pay: bool) -> None:
    reference = wanted.external_ref
    if reference is not None:
        reference = checked_text(reference, 1, 200, *path, "externalRef")
    row = {
        "id": visit.id,
        "client_id": visit.client_id,
        "service_id": visit.service_id,
        "location_id": visit.location_id,
        "starts_at": visit.starts_at,
        "ends_at": visit.ends_at,
        "day": visit.day,
        "booked_at": visit.booked_at,
        "state": VisitState.BOOKED,
        "external_ref": reference,
        "auto_pay": auto_pay,
        "guest_name": visit.guest_name,
    }
    try:
        await tx.insert(visits, row)
    except IntegrityError as error:
        broken = violated(error)
        if broken in SAME_VISIT:
            raise refuse(Code.ALREADY_BOOKED, *path) from error
        if broken == "uq_visits_external_ref":
            raise refuse(Code.EXTERNAL_REF_TAKEN, *path, "externalRef") from error
        raise
    await tx.event("visit.booked", visit_id=visit.id)


def _check_times(tx: Tx, wanted: NewVisit, path: tuple[str, ...]) -> None:
    if wanted.ends_at <= wanted.starts_at:
        raise refuse(Code.DATES_REVERSED, *path, "endsAt")
    if wanted.ends_at - wanted.starts_at > _LENGTH_MAX:
        raise refuse(Code.DATE_OUT_OF_RANGE, *path, "endsAt", field="endsAt", low="the start", high="7 days later")
    low, high = tx.now - FAR_PAST, tx.now + FAR_FUTURE
    if not low <= wanted.starts_at <= high:
        raise refuse(Code.DATE_OUT_OF_RANGE, *path, "startsAt", field="startsAt", low=low, high=high)
    if tx.actor.role is Role.CLIENT and wanted.starts_at < tx.now:
        raise refuse(Code.VISIT_IN_PAST, *path, "startsAt")


async def _categories(tx: Tx, wanted: Sequence[NewVisit]) -> dict[UUID, ServiceCategory]:
    ids = list({visit.service_id for visit in wanted})
    rows = await tx.raw.fetch(f"SELECT id, category FROM services WHERE id = ANY($1) AND {LIVE}", ids)
    return {row["id"]: ServiceCategory(row["category"]) for row in rows}


async def _zones(tx: Tx, wanted: Sequence[NewVisit]) -> dict[UUID, str]:
    ids = list({visit.location_id for visit in wanted})
    rows = await tx.raw.fetch(f"SELECT id, zone FROM locations WHERE id = ANY($1) AND {LIVE}", ids)
    return {row["id"]: row["zone"] or tx.business.zone for row in rows}
