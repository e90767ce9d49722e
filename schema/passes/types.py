"""A pass, as GraphQL shows it. Its source is a `PassRow`: most fields are read straight off the row."""

from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

import strawberry

from models.queries.passes import PassRow
from models.rules.values import (
    AfterExpiration,
    ClosedReason,
    PassKind,
    PassStatus,
    SaleChannel,
    Standing,
    UnusedAtConversion,
)
from schema.catalogue.terms import TermsNode
from schema.catalogue.types import PurchaseOptionNode, VersionNode
from schema.errors import ReasonNode
from schema.node import Node
from schema.orders.types import OrderNode
from schema.pagination import Connection
from schema.passes import parts_of
from schema.passes.consents import ConsentNode
from schema.passes.hold_allowance import HoldAllowanceNode, hold_allowance
from schema.passes.parts import BalanceNode, HoldNode, LapseNode, LotNode, NextEventNode, PeriodNode, TransferConnection
from schema.passes.restrictions import RestrictionStateNode, restrictions

if TYPE_CHECKING:
    from schema.packages.types import PackageSaleNode
    from schema.people.types import ClientNode
    from schema.refunds.types import RefundNode
    from schema.sharing.types import ShareNode
    from schema.visits.types import VisitConnection


@strawberry.type(name="PlannedConversion", description="What a pass is to become, unless that is cancelled.")
class PlannedConversionNode:
    """Its source is a `parts_of.Planned`."""

    target: PurchaseOptionNode = strawberry.field(description="The option it becomes a pass of.")
    on: date | None = strawberry.field(description="The day on which it does; null is at its end.")
    unused: UnusedAtConversion = strawberry.field(description="What becomes of units that were not used.")


@strawberry.type(name="Pass", description="One client's own instance of a purchase option.")
class PassNode(Node):
    """Its source is a `PassRow`."""

    row_type: ClassVar[type[Any]] = PassRow

    client: Annotated["ClientNode", strawberry.lazy("schema.people.types")] = strawberry.field(
        description="Whose pass it is."
    )
    purchase_option: VersionNode = strawberry.field(description="What was sold, in the version it was sold under.")
    kind: PassKind = strawberry.field(description="What it meters.")
    status: PassStatus = strawberry.field(
        description="What it is now, from its dates and lots, whatever has or has not been made official."
    )
    standing: Standing = strawberry.field(description="Where it stands with its charges.")
    explanation: ReasonNode | None = strawberry.field(
        description="Why it cannot be used now; null where it can. A restriction that is reached says so itself."
    )
    starts_at: datetime | None = strawberry.field(description="The instant it begins; null until it has a start.")
    ends_at: datetime | None = strawberry.field(
        description="The instant it ends, excluded; null where it has no end or the end is paused."
    )
    first_day: date | None = strawberry.field(description="Its first local day; null until it has a start.")
    last_day: date | None = strawberry.field(
        description="Its last local day, included; null where it has none or the end is paused."
    )
    paused: bool = strawberry.field(description="Whether an open hold leaves its end unknown for now.")
    zone: str = strawberry.field(description="The IANA time zone in which its days are counted.")
    sold_at: datetime = strawberry.field(description="When it was sold.")
    channel: SaleChannel | None = strawberry.field(
        description="How it was sold; null where it was not, but came of another pass, or where nobody wrote it down."
    )
    auto_renew: bool = strawberry.field(description="Whether it renews by itself where its terms let it.")
    renewals_done: int = strawberry.field(description="How often it has renewed.")
    after_expiration: AfterExpiration = strawberry.field(description="What follows its end.")
    reminded_for: date | None = strawberry.field(
        description="The day of the charge that was announced last; null where none was."
    )
    withdrawable_until: date | None = strawberry.field(
        description="The last day on which whoever bought it from afar may withdraw with withdrawPass; null where the "
        "law of the studio grants no such right, or where it is closed."
    )
    closed_reason: ClosedReason | None = strawberry.field(description="Why it was closed; null while it is open.")
    closed_at: datetime | None = strawberry.field(description="When it was closed.")
    balance: BalanceNode | None = strawberry.field(description="Its units as of now; null where it counts none.")

    terms: TermsNode = strawberry.field(
        resolver=parts_of.terms,
        description="The terms that count: those of the version it was sold under, but for what its package says in "
        "their place. The price is what a renewal charges; for a part of a package, its share.",
    )
    package_sale: Annotated["PackageSaleNode", strawberry.lazy("schema.packages.types")] | None = strawberry.field(
        resolver=parts_of.package_sale, description="The sold package it is a part of; null where it is of none."
    )
    planned_conversion: PlannedConversionNode | None = strawberry.field(
        resolver=parts_of.planned_conversion, description="What it is to become, where that is planned."
    )
    predecessor: Annotated["PassNode", strawberry.lazy("schema.passes.types")] | None = strawberry.field(
        resolver=parts_of.predecessor, description="The pass it was converted from."
    )
    successor: Annotated["PassNode", strawberry.lazy("schema.passes.types")] | None = strawberry.field(
        resolver=parts_of.successor, description="The pass it was converted to."
    )
    balance_as_of: BalanceNode | None = strawberry.field(
        resolver=parts_of.balance_as_of,
        description="Its units as of any past instant, from the ledger; null where it counts none.",
    )
    lots: list[LotNode] = strawberry.field(resolver=parts_of.lots, description="Its lots, in the order of issue.")
    periods: list[PeriodNode] = strawberry.field(resolver=parts_of.periods, description="Its paid terms, by number.")
    restrictions: list[RestrictionStateNode] = strawberry.field(
        resolver=restrictions, description="What each of its attendance restrictions still allows today."
    )
    holds: list[HoldNode] = strawberry.field(
        resolver=parts_of.holds, description="Its holds by first day, those taken back too."
    )
    hold_allowance: HoldAllowanceNode = strawberry.field(
        resolver=hold_allowance, description="What its policy still lets its client freeze, as of now."
    )
    orders: list[OrderNode] = strawberry.field(
        resolver=parts_of.orders,
        description="Every order about it, the newest first: what paid for it, what was to renew or convert it, and "
        "the charges that failed.",
    )
    refunds: list[Annotated["RefundNode", strawberry.lazy("schema.refunds.types")]] = strawberry.field(
        resolver=parts_of.refunds, description="What was paid back for it, the newest first."
    )
    consents: list[ConsentNode] = strawberry.field(
        resolver=parts_of.consents, description="What its buyer agreed to when it was sold, where that was kept."
    )
    lapses: list[LapseNode] = strawberry.field(
        resolver=parts_of.lapses, description="What lapsed from it, each time, in order of time: the receipt."
    )
    shares: list[Annotated["ShareNode", strawberry.lazy("schema.sharing.types")]] = strawberry.field(
        resolver=parts_of.shares, description="With whom it is or was shared, the first one first."
    )
    next_events: list[NextEventNode] = strawberry.field(
        resolver=parts_of.next_events, description="What will happen to it by itself, in order of time."
    )
    ledger: TransferConnection = strawberry.field(
        resolver=parts_of.ledger, description="Every movement of its units, in the order they took effect."
    )
    visits: Annotated["VisitConnection", strawberry.lazy("schema.visits.types")] = strawberry.field(
        resolver=parts_of.visits, description="The visits it pays for, by their start."
    )


@strawberry.type(name="PassConnection", description="A page of passes.")
class PassConnection(Connection[PassNode]):
    """Passes, the newest first."""
