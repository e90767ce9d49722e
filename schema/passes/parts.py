"""What a pass is made of, as GraphQL shows it."""

from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

import strawberry

from models.queries.pass_parts import HoldRow, LotRow, PeriodRow
from models.queries.transfers import TransferRow
from models.rules.explain import ComingEvent
from models.rules.values import Account, HoldCause, HoldKind, LotKind, LotUnit
from schema.context import Info
from schema.node import Node
from schema.operations.types import OperationNode, operation_of
from schema.orders.types import OrderNode
from schema.pagination import Connection

if TYPE_CHECKING:
    from schema.visits.types import VisitNode


@strawberry.type(
    name="Balance",
    description="What became of all units granted, as of an instant. A lot whose end has passed has nothing "
    "available, and the rest of it counts as expired. The other figures add up to what was granted.",
)
class BalanceNode:
    """Its source is a `Balance`."""

    unit: LotUnit = strawberry.field(description="What one unit is.")
    granted: int = strawberry.field(description="Units granted in all lots.")
    available: int = strawberry.field(description="Units free to be booked.")
    booked: int = strawberry.field(description="Units that pay for visits still to come.")
    used: int = strawberry.field(description="Units that paid for attended visits.")
    forfeited: int = strawberry.field(description="Units lost by late cancellations and no-shows.")
    expired: int = strawberry.field(description="Units lost because their lot ended.")
    converted: int = strawberry.field(description="Units gone with a conversion.")
    transferred: int = strawberry.field(description="Units moved to another lot, where they are granted once more.")
    refunded: int = strawberry.field(description="Units paid back.")
    adjusted: int = strawberry.field(description="Units taken away by hand.")


@strawberry.type(name="Lot", description="A dated quantity that a pass may spend.")
class LotNode(Node):
    """Its source is a `LotRow`."""

    row_type: ClassVar[type[Any]] = LotRow

    kind: LotKind = strawberry.field(description="Where it came from.")
    period_number: int = strawberry.field(
        description="The period of the pass it belongs to; below zero where that was taken back."
    )
    balance: BalanceNode = strawberry.field(description="What became of its units.")
    starts_at: datetime | None = strawberry.field(description="The instant it opens; null until the pass has a start.")
    expires_at: datetime | None = strawberry.field(
        description="The instant it ends, excluded; null where it has no end or the end is paused."
    )
    last_day: date | None = strawberry.field(description="The last local day on which it pays.")


async def _order(root: strawberry.Parent[PeriodRow], info: Info) -> OrderNode | None:
    if root.order_id is None:
        return None
    found: Any = await info.context.loaders.orders.load(root.order_id)
    return OrderNode.of(found)


@strawberry.type(name="Period", description="One paid term of a pass.")
class PeriodNode:
    """Its source is a `PeriodRow`."""

    number: int = strawberry.field(description="Its number: 1 at the sale, one more at each renewal.")
    first_day: date | None = strawberry.field(description="Its first local day; null until the pass has a start.")
    last_day: date | None = strawberry.field(description="Its last local day, included; null where it has none.")
    starts_at: datetime | None = strawberry.field(description="The instant it begins.")
    ends_at: datetime | None = strawberry.field(description="The instant it ends, excluded.")
    price_minor: int = strawberry.field(description="What it cost, in minor units.")
    granted_at: datetime = strawberry.field(description="When it was granted.")
    order: OrderNode | None = strawberry.field(resolver=_order, description="The order that paid for it.")


@strawberry.type(name="Hold", description="A dated suspension of a pass.")
class HoldNode(Node):
    """Its source is a `HoldRow`."""

    row_type: ClassVar[type[Any]] = HoldRow

    kind: HoldKind = strawberry.field(description="Whether the held days are given back.")
    first_day: date = strawberry.field(description="The first held day.")
    last_day: date | None = strawberry.field(description="The last held day; null while it is open.")
    requested_last_day: date | None = strawberry.field(description="The last day asked for when it was placed.")
    reason: str | None = strawberry.field(description="Why it was placed.")
    placed_at: datetime = strawberry.field(description="When it was placed.")
    removed_at: datetime | None = strawberry.field(description="When it was taken back, as if it had never been.")
    cause: HoldCause | None = strawberry.field(
        description="What made the system place it; null where somebody asked for it."
    )
    overrides: bool = strawberry.field(
        description="Whether the studio granted it beyond the pass's policy; it then counts against nothing."
    )


async def _lot(root: strawberry.Parent[TransferRow], info: Info) -> LotNode:
    found: Any = await info.context.loaders.lots_by_id.load(root.lot_id)
    return LotNode.of(found)


async def _visit(
    root: strawberry.Parent[TransferRow], info: Info
) -> Annotated["VisitNode", strawberry.lazy("schema.visits.types")] | None:
    if root.visit_id is None:
        return None
    found: Any = await info.context.loaders.visits.load(root.visit_id)
    visit: VisitNode | None = found
    return visit


async def _operation(root: strawberry.Parent[TransferRow], info: Info) -> OperationNode | None:
    return await operation_of(info, root.operation_id)


@strawberry.type(
    name="Transfer", description="One row of the ledger: units of a lot that moved from one account to another."
)
class TransferNode(Node):
    """Its source is a `TransferRow`."""

    row_type: ClassVar[type[Any]] = TransferRow

    from_account: Account = strawberry.field(name="from", description="The account the units left.")
    to_account: Account = strawberry.field(name="to", description="The account they came to.")
    quantity: int = strawberry.field(description="How many units moved.")
    effective_at: datetime = strawberry.field(description="The instant from which it counts, in the business's time.")
    recorded_at: datetime = strawberry.field(description="When it was written down, in real time.")
    lot: LotNode = strawberry.field(resolver=_lot, description="The lot whose units moved.")
    visit: Annotated["VisitNode", strawberry.lazy("schema.visits.types")] | None = strawberry.field(
        resolver=_visit, description="The visit it was about, where there was one."
    )
    operation: OperationNode | None = strawberry.field(
        resolver=_operation, description="The operation that moved them; not for clients."
    )


@strawberry.type(name="TransferConnection", description="A page of a ledger.")
class TransferConnection(Connection[TransferNode]):
    """Transfers in the order in which they took effect."""


@strawberry.type(name="Lapse", description="Units that lapsed at once from one lot, because it ended.")
class LapseNode:
    """Its source is a `LapseRow`."""

    lot_kind: LotKind = strawberry.field(description="Where the lot came from.")
    unit: LotUnit = strawberry.field(description="What one unit is.")
    quantity: int = strawberry.field(description="How many units.")
    value_minor: int = strawberry.field(
        description="What was paid for them, price ÷ granted, in minor units of the business's currency."
    )
    at: datetime = strawberry.field(description="When they lapsed.")
    claimable_until: date | None = strawberry.field(
        description="The last day, included, to claim them back with claimLapsed; null where the terms give none."
    )
    brought_back: bool = strawberry.field(description="Whether they were claimed back, or came back with more days.")


@strawberry.type(name="NextEvent", description="Something that will happen to a pass by itself.")
class NextEventNode:
    """One coming event."""

    kind: ComingEvent = strawberry.field(description="What will happen.")
    at: datetime = strawberry.field(description="The instant from which it is due.")
    day: date = strawberry.field(description="The local day a person would name for it.")
    sentence: str = strawberry.field(description="What will happen, in a sentence.")
