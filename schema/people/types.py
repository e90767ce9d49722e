"""Clients, as GraphQL shows them."""

from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any, ClassVar, cast

import strawberry

from models.queries import passes as pass_queries
from models.queries import visits as visit_queries
from models.queries.packages import PACKAGE_SALES
from models.queries.people import ClientRow
from models.rules.values import PassStatus
from schema.catalogue.types import LocationNode
from schema.context import Info
from schema.fees.types import FeeNode
from schema.listed import listed_of
from schema.node import Node
from schema.packages.types import PackageSaleConnection
from schema.pagination import After, Before, Connection, First, Last
from schema.passes.types import PassConnection
from schema.people.households import HouseholdNode
from schema.sharing.types import SharedPassNode, passes_shared_with
from schema.visits.types import VisitConnection

Parent = strawberry.Parent[ClientRow]
Status = Annotated[PassStatus | None, strawberry.argument(description="Only passes that have this status now.")]
_VISITS = replace(visit_queries.VISITS, parent="x.client_id", name="visits")


async def _home_location(root: Parent, info: Info) -> LocationNode | None:
    if root.home_location_id is None:
        return None
    return LocationNode.of(await info.context.loaders.locations.load(root.home_location_id))


async def _credit(root: Parent, info: Info) -> int:
    return await info.context.loaders.credits.load(root.id) or 0


async def _fees_owed(root: Parent, info: Info) -> list[FeeNode]:
    return FeeNode.of_all(await info.context.loaders.fees_owed.load(root.id))


async def _passes(
    root: Parent,
    info: Info,
    status: Status = None,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
) -> PassConnection:
    context = info.context
    kept = pass_queries.with_status(status, context.now)
    listing = pass_queries.listing(context.now)
    return cast("PassConnection", await listed_of(context, listing, root.id, first, after, last, before, kept))


async def _visits(
    root: Parent, info: Info, first: First = None, after: After = None, last: Last = None, before: Before = None
) -> VisitConnection:
    page: Any = await listed_of(info.context, _VISITS, root.id, first, after, last, before)
    return cast("VisitConnection", page)


async def _package_sales(
    root: Parent, info: Info, first: First = None, after: After = None, last: Last = None, before: Before = None
) -> PackageSaleConnection:
    page: Any = await listed_of(info.context, PACKAGE_SALES, root.id, first, after, last, before)
    return cast("PackageSaleConnection", page)


async def _household(root: Parent, info: Info) -> HouseholdNode | None:
    if root.household_id is None:
        return None
    return HouseholdNode.of(await info.context.loaders.households.load(root.household_id))


@strawberry.type(name="Client", description="A person who buys and attends.")
class ClientNode(Node):
    """Its source is a `ClientRow`."""

    row_type: ClassVar[type[Any]] = ClientRow

    name: str = strawberry.field(description="Their name.")
    email: str | None = strawberry.field(description="Their email address.")
    created_at: datetime = strawberry.field(description="When they became a client.")
    archived_at: datetime | None = strawberry.field(
        description="When the creation of the client was undone; null while it stands."
    )
    home_location: LocationNode | None = strawberry.field(
        resolver=_home_location, description="The location whose days count for their passes."
    )
    credit_minor: int = strawberry.field(
        resolver=_credit, description="The credit they have, in minor units of the business's currency."
    )
    fees_owed: list[FeeNode] = strawberry.field(
        resolver=_fees_owed, description="The fees they owe for visits cancelled late or missed, the oldest first."
    )
    types: list[str] = strawberry.field(description="Their types: tags of the business's own, such as Student.")
    household: HouseholdNode | None = strawberry.field(
        resolver=_household, description="The household they belong to; null where they belong to none."
    )
    passes: PassConnection = strawberry.field(resolver=_passes, description="Their passes, the newest first.")
    shared_passes: list[SharedPassNode] = strawberry.field(
        resolver=passes_shared_with,
        description="Passes of other clients that are shared with them, or are to be, the first one first.",
    )
    package_sales: PackageSaleConnection = strawberry.field(
        resolver=_package_sales, description="The packages they bought, the newest first."
    )
    visits: VisitConnection = strawberry.field(resolver=_visits, description="Their visits, by their start.")


@strawberry.type(name="ClientConnection", description="A page of clients.")
class ClientConnection(Connection[ClientNode]):
    """Clients by name."""
