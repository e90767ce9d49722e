"""Which passes may pay for a visit: the question before every booking, and the answer to "why not?"."""

from datetime import date, datetime
from typing import Annotated, Any, cast
from uuid import UUID

import strawberry

from models.errors import refuse, unknown
from models.queries.eligible import Eligibility, eligible_passes
from models.rules.calendar import local_day
from models.rules.codes import Code
from models.rules.facts import VisitFacts
from schema.context import Context, Info
from schema.errors import ReasonNode
from schema.ids import decode
from schema.passes.parts import LotNode
from schema.passes.types import PassNode

_NO_VISIT = UUID(int=0)


@strawberry.input(description="A visit that is not booked yet.")
class ProposedVisitInput:
    """Who, what, where and when."""

    client_id: strawberry.ID = strawberry.field(description="Who would visit.")
    service_id: strawberry.ID = strawberry.field(description="What would be attended.")
    location_id: strawberry.ID = strawberry.field(description="Where.")
    starts_at: datetime = strawberry.field(description="When it would start.")
    ends_at: datetime = strawberry.field(description="When it would end.")
    guest_name: str | None = strawberry.field(default=None, description="The guest whose visit it would be, if any.")


async def _pass(root: strawberry.Parent[Eligibility], info: Info) -> PassNode | None:
    return PassNode.of(await info.context.loaders.passes.load(root.pass_id))


async def _lot(root: strawberry.Parent[Eligibility], info: Info) -> LotNode | None:
    lot = root.decision.lot
    if lot is None or await info.context.loaders.passes.load(root.pass_id) is None:
        return None
    return LotNode.of(await info.context.loaders.lots_by_id.load(lot.id))


def _shared(root: strawberry.Parent[Eligibility]) -> bool:
    return root.shared


def _pays(root: strawberry.Parent[Eligibility]) -> bool:
    return root.decision.pays


def _quantity(root: strawberry.Parent[Eligibility]) -> int:
    return root.decision.quantity


def _reasons(root: strawberry.Parent[Eligibility]) -> list[ReasonNode]:
    return cast("list[ReasonNode]", root.decision.reasons)


@strawberry.type(name="Eligibility", description="Whether one pass may pay for a visit, and if not, why.")
class EligibilityNode:
    """Its source is an `Eligibility`."""

    pass_: PassNode | None = strawberry.field(
        name="pass", resolver=_pass, description="The pass that was asked; null for a client whose pass it is not."
    )
    shared: bool = strawberry.field(resolver=_shared, description="Whether another client shares it with the visitor.")
    pays: bool = strawberry.field(resolver=_pays, description="Whether it may pay.")
    chosen_first: bool = strawberry.field(description="Whether it is the one that would pay where nobody names one.")
    lot: LotNode | None = strawberry.field(
        resolver=_lot,
        description="The lot that would pay; null where it may not pay, counts nothing, or is not the caller's.",
    )
    quantity: int = strawberry.field(
        resolver=_quantity, description="How many units of the lot it would take; 0 where it counts nothing."
    )
    pays_on: date | None = strawberry.field(
        description="The local day on which it renews and pays for the visit; null where it may pay now, or never will."
    )
    reasons: list[ReasonNode] = strawberry.field(
        resolver=_reasons, description="Everything that stands in the way; empty where it may pay."
    )


async def eligible(
    info: Info,
    visit: Annotated[
        ProposedVisitInput | None, strawberry.argument(description="The visit, where it is not booked yet.")
    ] = None,
    visit_id: Annotated[strawberry.ID | None, strawberry.argument(description="The visit, where it is booked.")] = None,
) -> list[EligibilityNode]:
    """Return every pass of the visit's client with its answer.

    Raises:
        Refused: NOT_FOUND, INVALID_ID, DATES_REVERSED, INVALID_INPUT unless exactly one visit is named.
    """
    context = info.context
    if (visit is None) == (visit_id is None):
        raise refuse(Code.INVALID_INPUT, "visit", sentence="Name either a visit or a visitId.")
    facts = await _proposed(context, visit) if visit is not None else await _booked(context, cast("str", visit_id))
    answers: Any = await context.reader.ask(eligible_passes, context.business, facts, context.now)
    return cast("list[EligibilityNode]", answers)


async def _booked(context: Context, global_id: str) -> VisitFacts:
    found = await context.loaders.visits.load(decode(global_id, "Visit", "visitId"))
    if found is None:
        raise unknown("visit", "visitId")
    return found.facts


async def _proposed(context: Context, visit: ProposedVisitInput) -> VisitFacts:
    client = await context.loaders.clients.load(decode(visit.client_id, "Client", "visit", "clientId"))
    if client is None:
        raise unknown("client", "visit", "clientId")
    service = await context.loaders.services.load(decode(visit.service_id, "Service", "visit", "serviceId"))
    if service is None:
        raise unknown("service", "visit", "serviceId")
    location = await context.loaders.locations.load(decode(visit.location_id, "Location", "visit", "locationId"))
    if location is None:
        raise unknown("location", "visit", "locationId")
    if visit.ends_at <= visit.starts_at:
        raise refuse(Code.DATES_REVERSED, "visit", "endsAt")
    return VisitFacts(
        id=_NO_VISIT,
        client_id=client.id,
        service_id=service.id,
        category=service.category,
        location_id=location.id,
        starts_at=visit.starts_at,
        ends_at=visit.ends_at,
        booked_at=context.now,
        day=local_day(visit.starts_at, location.zone or context.business.zone),
        zone=location.zone or context.business.zone,
        guest_name=visit.guest_name,
    )
