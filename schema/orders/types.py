"""Orders and payments, as GraphQL shows them. Money is in minor units of the order's currency."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, cast

import strawberry

from models.queries.orders import OrderRow, PaymentRow
from models.rules.values import OrderPurpose, OrderState, PaymentMethod, PaymentState
from schema.context import Info
from schema.language import told
from schema.node import Node

if TYPE_CHECKING:
    from schema.passes.types import PassNode


def _detail(root: strawberry.Parent[PaymentRow]) -> str | None:
    return told("detail", root.detail)


@strawberry.type(name="Payment", description="One charge, or the intent of one.")
class PaymentNode:
    """Its source is a `PaymentRow`."""

    method: PaymentMethod = strawberry.field(description="How it is paid.")
    amount_minor: int = strawberry.field(description="The amount in minor units.")
    currency: str = strawberry.field(description="The ISO 4217 code of the currency.")
    state: PaymentState = strawberry.field(description="What became of it.")
    detail: str | None = strawberry.field(resolver=_detail, description="What the gateway said where it declined.")
    hard: bool = strawberry.field(description="Whether trying the same card again is pointless.")
    intended_at: datetime = strawberry.field(description="When it was written down, before the gateway was asked.")
    settled_at: datetime | None = strawberry.field(description="When the gateway's answer was settled.")


async def _pass(
    root: strawberry.Parent[OrderRow], info: Info
) -> Annotated["PassNode", strawberry.lazy("schema.passes.types")] | None:
    return cast("PassNode | None", await info.context.loaders.passes.load(root.pass_id))


@strawberry.type(name="Order", description="What was bought for how much, and how it was paid.")
class OrderNode(Node):
    """Its source is an `OrderRow`."""

    row_type: ClassVar[type[Any]] = OrderRow

    purpose: OrderPurpose = strawberry.field(description="What it pays for.")
    state: OrderState = strawberry.field(description="Whether it is paid.")
    price_minor: int = strawberry.field(description="The price in minor units.")
    credit_minor: int = strawberry.field(description="What credit paid of it, in minor units.")
    amount_minor: int = strawberry.field(description="What was left to charge, in minor units.")
    currency: str = strawberry.field(description="The ISO 4217 code of the currency.")
    created_at: datetime = strawberry.field(description="When it was placed, in the business's time.")
    settled_at: datetime | None = strawberry.field(description="When it was paid or failed, in the business's time.")
    period_number: int = strawberry.field(
        description="The number of the period it buys; below zero where that was taken back."
    )
    pass_: Annotated["PassNode", strawberry.lazy("schema.passes.types")] | None = strawberry.field(
        name="pass", resolver=_pass, description="The pass it buys or bought for; null until that exists."
    )
    payments: list[PaymentNode] = strawberry.field(description="The charges, in the order they were tried.")
