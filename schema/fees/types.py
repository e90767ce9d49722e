"""Fees, as GraphQL shows them. Money is in minor units of the fee's currency."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, cast

import strawberry

from models.queries.fees import FeeRow
from models.rules.values import FeeState
from schema.context import Info
from schema.node import Node
from schema.orders.types import OrderNode
from schema.pagination import Connection

if TYPE_CHECKING:
    from schema.people.types import ClientNode
    from schema.visits.types import VisitNode

Parent = strawberry.Parent[FeeRow]


async def _visit(root: Parent, info: Info) -> Annotated["VisitNode", strawberry.lazy("schema.visits.types")]:
    return cast("VisitNode", await info.context.loaders.visits.load(root.visit_id))


async def _client(root: Parent, info: Info) -> Annotated["ClientNode", strawberry.lazy("schema.people.types")]:
    return cast("ClientNode", await info.context.loaders.clients.load(root.client_id))


async def _order(root: Parent, info: Info) -> OrderNode | None:
    if root.order_id is None:
        return None
    return cast("OrderNode | None", await info.context.loaders.orders.load(root.order_id))


@strawberry.type(name="Fee", description="What a client owes for a visit cancelled late or missed.")
class FeeNode(Node):
    """Its source is a `FeeRow`."""

    row_type: ClassVar[type[Any]] = FeeRow

    visit: Annotated["VisitNode", strawberry.lazy("schema.visits.types")] = strawberry.field(
        resolver=_visit, description="The visit it is for."
    )
    client: Annotated["ClientNode", strawberry.lazy("schema.people.types")] = strawberry.field(
        resolver=_client, description="Who owes it."
    )
    amount_minor: int = strawberry.field(description="The amount in minor units.")
    currency: str = strawberry.field(description="The ISO 4217 code of the currency.")
    state: FeeState = strawberry.field(description="What became of it.")
    reason: str | None = strawberry.field(description="Why it was waived or given back, where somebody said.")
    at: datetime = strawberry.field(description="When it came to be owed, in the business's time.")
    settled_at: datetime | None = strawberry.field(description="When it was paid, waived or given back.")
    order: OrderNode | None = strawberry.field(
        resolver=_order, description="The order that paid it, or last tried to; null where nothing was charged."
    )


@strawberry.type(name="FeeConnection", description="A page of fees.")
class FeeConnection(Connection[FeeNode]):
    """Fees, the oldest first."""
