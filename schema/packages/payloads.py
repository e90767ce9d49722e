"""What the mutations of packages answer. Everything is read inside the transaction, so a dry run shows the change."""

from typing import Self, cast
from uuid import UUID

import asyncpg
import strawberry

from models.errors import Problem
from models.operations.base import Changed, Tx
from models.queries import orders, packages, pass_parts, refunds, visits
from schema.carry_out import Payload
from schema.errors import ReasonNode
from schema.orders.types import OrderNode
from schema.packages.types import PackageNode, PackageSaleItemNode, PackageSaleNode
from schema.passes.parts import HoldNode
from schema.passes.payloads import passes_in_order
from schema.passes.types import PassNode
from schema.refunds.types import RefundNode
from schema.visits.moved import MovingPayload
from schema.visits.types import VisitNode


@strawberry.type
class PackagePayload(Payload):
    """A package."""

    package: PackageNode | None = strawberry.field(
        default=None, description="The package after the change; null where it was refused."
    )

    @classmethod
    async def loaded(cls, reader: asyncpg.Connection, changed: Changed, tx: Tx) -> Self:
        """Read the package."""
        return cls(package=PackageNode.of((await packages.by_ids(reader, [changed.rows["package"]]))[0]))


@strawberry.type(description="The new package.")
class CreatePackagePayload(PackagePayload):
    """See `PackagePayload`."""


@strawberry.type(description="The package in its new version.")
class RevisePackagePayload(PackagePayload):
    """See `PackagePayload`."""


@strawberry.type(description="The package, no longer sold.")
class ArchivePackagePayload(PackagePayload):
    """See `PackagePayload`."""


@strawberry.type
class PackageSalePayload(Payload):
    """A sold package."""

    package_sale: PackageSaleNode | None = strawberry.field(
        default=None, description="The sold package after the change; null where it was refused."
    )

    @classmethod
    async def loaded(cls, reader: asyncpg.Connection, changed: Changed, tx: Tx) -> Self:
        """Read the sold package."""
        rows = await packages.sales_by_ids(reader, [changed.rows["packageSale"]])
        return cls(package_sale=PackageSaleNode.of(rows[0]))


@strawberry.type
class BoughtPackagePayload(PackageSalePayload):
    """What a mutation of a package that charges answers."""

    passes: list[PassNode] = strawberry.field(
        default_factory=list, description="The passes that were bought or renewed."
    )
    order: OrderNode | None = strawberry.field(
        default=None, description="The one order for all of it; null where it was refused."
    )
    charged_minor: int | None = strawberry.field(
        default=None, description="What was charged after credit, in minor units; null where it was refused."
    )

    @classmethod
    async def loaded(cls, reader: asyncpg.Connection, changed: Changed, tx: Tx) -> Self:
        """Read the sold package, its passes and the order."""
        shown = await super().loaded(reader, changed, tx)
        shown.passes = PassNode.of_all(await passes_in_order(reader, changed.passes, tx))
        shown.order = OrderNode.of((await orders.by_ids(reader, changed.orders[:1]))[0])
        shown.charged_minor = changed.figures["chargedMinor"]
        return shown


@strawberry.type(description="The package that was sold, its passes, and what it cost.")
class SellPackagePayload(MovingPayload, BoughtPackagePayload):
    """See `BoughtPackagePayload`."""


@strawberry.type(description="The package whose passes were renewed, and what it cost.")
class RenewPackagePayload(MovingPayload, BoughtPackagePayload):
    """See `BoughtPackagePayload`."""


@strawberry.type(description="One pass of a package that was to be held: with its hold, or why it has none.")
class PackagePartHeld:
    """One part of `holdPackage`."""

    pass_: PassNode = strawberry.field(name="pass", description="The pass.")
    hold: HoldNode | None = strawberry.field(description="Its hold; null where it could not be held.")
    reason: ReasonNode | None = strawberry.field(description="Why it could not be held; null where it was.")


@strawberry.type(description="The package, and what became of each of its passes.")
class HoldPackagePayload(MovingPayload, PackageSalePayload):
    """See `PackageSalePayload`."""

    parts: list[PackagePartHeld] = strawberry.field(default_factory=list, description="Each pass of the package.")
    visits: list[VisitNode] = strawberry.field(
        default_factory=list, description="The visits it touched, in start order."
    )

    @classmethod
    async def loaded(cls, reader: asyncpg.Connection, changed: Changed, tx: Tx) -> Self:
        """Read the sold package, its passes and their holds."""
        shown = await super().loaded(reader, changed, tx)
        held, skipped = changed.figures["held"], changed.figures["skipped"]
        holds = {row.id: row for row in await pass_parts.holds_by_ids(reader, changed.holds)}
        for row in await passes_in_order(reader, changed.passes, tx):
            pass_id = str(row.id)
            hold = HoldNode.of(holds[UUID(held[pass_id])]) if pass_id in held else None
            reason = Problem.from_json(skipped[pass_id]).reason if pass_id in skipped else None
            shown.parts.append(
                PackagePartHeld(pass_=PassNode.of(row), hold=hold, reason=cast("ReasonNode | None", reason))
            )
        shown.visits = VisitNode.of_all(await visits.by_ids(reader, changed.visits))
        return shown


@strawberry.type(description="One pass of a package that was paid back.")
class PackagePartRefunded:
    """One part of `refundPackage`."""

    pass_: PassNode = strawberry.field(name="pass", description="The pass.")
    amount_minor: int = strawberry.field(description="What goes back for it, in minor units.")


@strawberry.type(description="Goods that came back, or credit that was taken back.")
class PackageItemRefunded:
    """One item of `refundPackage`."""

    item: PackageSaleItemNode = strawberry.field(description="The goods or credit.")
    amount_minor: int = strawberry.field(description="What goes back for it, in minor units.")
    taken_minor: int = strawberry.field(
        description="For CREDIT what was taken off the client's account, for GOODS what they cost by themselves."
    )


@strawberry.type(description="The package, what goes back for each of its parts, and the visits that became unpaid.")
class RefundPackagePayload(PackageSalePayload):
    """See `PackageSalePayload`."""

    amount_minor: int | None = strawberry.field(
        default=None, description="What goes back altogether, in minor units; null where it was refused."
    )
    parts: list[PackagePartRefunded] = strawberry.field(
        default_factory=list,
        description="The passes that were paid back; those refunded, converted or given away before are left out.",
    )
    items: list[PackageItemRefunded] = strawberry.field(
        default_factory=list, description="The goods that came back and the credit that was taken back."
    )
    refunds: list[RefundNode] = strawberry.field(
        default_factory=list, description="What goes back, by payment; credit last."
    )
    visits: list[VisitNode] = strawberry.field(
        default_factory=list, description="The visits ahead that became unpaid, in start order."
    )

    @classmethod
    async def loaded(cls, reader: asyncpg.Connection, changed: Changed, tx: Tx) -> Self:
        """Read the sold package, its parts and the refunds."""
        shown = await super().loaded(reader, changed, tx)
        figures, sale_id = changed.figures, changed.rows["packageSale"]
        shown.amount_minor = figures["amountMinor"]
        rows = {str(row.id): row for row in await passes_in_order(reader, changed.passes, tx)}
        shown.parts = [
            PackagePartRefunded(pass_=PassNode.of(rows[each["passId"]]), amount_minor=each["amountMinor"])
            for each in figures["parts"]
        ]
        items = {str(row.id): row for row in (await packages.items_of(reader, [sale_id]))[sale_id]}
        shown.items = [
            PackageItemRefunded(
                item=PackageSaleItemNode.of(items[each["itemId"]]),
                amount_minor=each["amountMinor"],
                taken_minor=each["takenMinor"],
            )
            for each in figures["items"]
        ]
        made = {str(row.id): row for row in await refunds.by_ids(reader, [UUID(each) for each in figures["refunds"]])}
        shown.refunds = RefundNode.of_all([made[each] for each in figures["refunds"]])
        shown.visits = VisitNode.of_all(await visits.by_ids(reader, changed.visits))
        return shown
