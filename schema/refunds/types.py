"""Refunds, as GraphQL shows them."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, cast

import strawberry

from models.queries.refunds import RefundRow
from models.rules.values import RefundDestination, RefundState
from schema.context import Info
from schema.language import told
from schema.node import Node
from schema.orders.types import OrderNode

if TYPE_CHECKING:
    from schema.packages.types import PackageSaleItemNode
    from schema.passes.types import PassNode


async def _pass(
    root: strawberry.Parent[RefundRow], info: Info
) -> Annotated["PassNode", strawberry.lazy("schema.passes.types")]:
    return cast("PassNode", await info.context.loaders.passes.load(root.pass_id))


def _detail(root: strawberry.Parent[RefundRow]) -> str | None:
    return told("detail", root.detail)


async def _order(root: strawberry.Parent[RefundRow], info: Info) -> OrderNode | None:
    if root.order_id is None:
        return None
    return cast("OrderNode | None", await info.context.loaders.orders.load(root.order_id))


async def _package_item(
    root: strawberry.Parent[RefundRow], info: Info
) -> Annotated["PackageSaleItemNode", strawberry.lazy("schema.packages.types")] | None:
    if root.package_item_id is None:
        return None
    return cast("PackageSaleItemNode | None", await info.context.loaders.package_items_by_id.load(root.package_item_id))


@strawberry.type(name="Refund", description="Money paid back for a pass, or given as credit.")
class RefundNode(Node):
    """Its source is a `RefundRow`."""

    row_type: ClassVar[type[Any]] = RefundRow

    state: RefundState = strawberry.field(description="What became of it.")
    destination: RefundDestination = strawberry.field(description="Where it goes.")
    amount_minor: int = strawberry.field(description="The amount in minor units.")
    currency: str = strawberry.field(description="The ISO 4217 code of the currency.")
    detail: str | None = strawberry.field(resolver=_detail, description="What the gateway said where it refused.")
    reason: str = strawberry.field(description="Why it was made.")
    at: datetime = strawberry.field(description="When it was made, in the business's time.")
    order: OrderNode | None = strawberry.field(resolver=_order, description="The order it gives back.")
    pass_: Annotated["PassNode", strawberry.lazy("schema.passes.types")] = strawberry.field(
        name="pass",
        resolver=_pass,
        description="The pass it was made for; where it was made for goods or credit of a package, the first of its "
        "passes.",
    )
    package_item: Annotated["PackageSaleItemNode", strawberry.lazy("schema.packages.types")] | None = strawberry.field(
        resolver=_package_item, description="The goods or credit of a package it was made for; null for a pass."
    )
