"""Closures and disputes, as GraphQL shows them."""

from datetime import date, datetime
from typing import Any, ClassVar

import strawberry

from models.queries.closures import ClosureRow
from models.queries.disputes import DisputeRow
from models.rules.values import ClosureReach, DisputeState
from schema.catalogue.types import LocationNode
from schema.context import Info
from schema.node import Node
from schema.orders.types import OrderNode
from schema.pagination import Connection


async def _location(root: strawberry.Parent[ClosureRow], info: Info) -> LocationNode:
    return LocationNode.of(await info.context.loaders.locations.load(root.location_id))


def _spread(root: strawberry.Parent[ClosureRow]) -> bool:
    return root.spread_at is not None


@strawberry.type(name="Closure", description="Days on which a location is closed. Every pass it concerns freezes once.")
class ClosureNode(Node):
    """Its source is a `ClosureRow`."""

    row_type: ClassVar[type[Any]] = ClosureRow

    location: LocationNode = strawberry.field(resolver=_location, description="The closed location.")
    first_day: date = strawberry.field(description="The first closed day.")
    last_day: date | None = strawberry.field(description="The last closed day; null while it is open-ended.")
    requested_last_day: date | None = strawberry.field(description="The last day given when it was placed.")
    reason: str = strawberry.field(description="Why it is closed.")
    reach: ClosureReach = strawberry.field(description="Which passes it freezes.")
    keep_visits: bool = strawberry.field(description="Whether visits booked there stay booked.")
    placed_at: datetime = strawberry.field(description="When it was placed.")
    removed_at: datetime | None = strawberry.field(description="When it was taken back, as if it had never been.")
    frozen: int = strawberry.field(description="How many passes it holds so far.")
    spread: bool = strawberry.field(
        resolver=_spread, description="Whether every pass follows it by now; the workers see to the others."
    )


@strawberry.type(name="ClosureConnection", description="A page of closures.")
class ClosureConnection(Connection[ClosureNode]):
    """Closures, the last placed first."""


async def _order(root: strawberry.Parent[DisputeRow], info: Info) -> OrderNode:
    found: Any = await info.context.loaders.orders.load(root.order_id)
    return OrderNode.of(found)


@strawberry.type(name="Dispute", description="A payer disputes the charge of an order.")
class DisputeNode(Node):
    """Its source is a `DisputeRow`."""

    row_type: ClassVar[type[Any]] = DisputeRow

    order: OrderNode = strawberry.field(resolver=_order, description="The order.")
    state: DisputeState = strawberry.field(description="How far it is.")
    reported_at: datetime = strawberry.field(description="When it was reported.")
    settled_at: datetime | None = strawberry.field(description="When it was decided.")


@strawberry.type(name="DisputeConnection", description="A page of disputes.")
class DisputeConnection(Connection[DisputeNode]):
    """Disputes, the newest first."""
