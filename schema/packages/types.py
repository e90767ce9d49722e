"""Packages and the packages that were sold, as GraphQL shows them. Money is in minor units."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, cast

import strawberry

from models.queries.packages import PackageRow, PackageSaleItemRow, PackageSaleRow, PackageVersionRow
from models.rules import packages as rules
from models.rules.values import Activation, PackageItemKind, SaleChannel
from schema.catalogue.policies import OfferTermsNode, RestrictionNode
from schema.catalogue.terms import ValidityNode
from schema.catalogue.types import PurchaseOptionNode
from schema.context import Info
from schema.node import Node
from schema.orders.types import OrderNode
from schema.pagination import Connection

if TYPE_CHECKING:
    from schema.passes.types import PassNode
    from schema.people.types import ClientNode


async def _option(root: strawberry.Parent[rules.PackageItem], info: Info) -> PurchaseOptionNode | None:
    if root.option_id is None:
        return None
    return PurchaseOptionNode.of(await info.context.loaders.options.load(root.option_id))


async def _nested(root: strawberry.Parent[rules.PackageItem], info: Info) -> "PackageNode | None":
    if root.package_id is None:
        return None
    return PackageNode.of(await info.context.loaders.packages.load(root.package_id))


@strawberry.type(name="PackageItem", description="One line of a package.")
class PackageItemNode:
    """Its source is a `PackageItem` of the rules."""

    kind: PackageItemKind = strawberry.field(description="What it is.")
    quantity: int = strawberry.field(description="How many of it.")
    purchase_option: PurchaseOptionNode | None = strawberry.field(
        resolver=_option, description="For PASS: the option its passes are of."
    )
    package: "PackageNode | None" = strawberry.field(
        resolver=_nested, description="For PACKAGE: the package that is taken apart when this one is sold."
    )
    name: str | None = strawberry.field(description="For GOODS: what they are.")
    value_minor: int | None = strawberry.field(
        description="For CREDIT the credit it gives, for GOODS what the line costs by itself."
    )
    share_minor: int | None = strawberry.field(
        description="The line's part of the price; null where that follows from what it costs by itself."
    )


@strawberry.type(name="PackageOverride", description="What a package says in place of its parts' own terms.")
class PackageOverrideNode:
    """Its source is an `Override` of the rules."""

    validity: ValidityNode | None = strawberry.field(description="How long its parts are valid; null leaves theirs.")
    activation: Activation | None = strawberry.field(description="What decides their first day; null leaves theirs.")
    start_within_days: int | None = strawberry.field(
        description="For ON_FIRST_VISIT: how many days after the sale they start at the latest."
    )
    restrictions: list[RestrictionNode] | None = strawberry.field(
        description="How often they may be used; null leaves theirs."
    )


def _items(root: strawberry.Parent[PackageVersionRow]) -> list[PackageItemNode]:
    return cast("list[PackageItemNode]", list(root.terms.items))


def _override(root: strawberry.Parent[PackageVersionRow]) -> PackageOverrideNode:
    return cast("PackageOverrideNode", root.terms.override)


def _offer(root: strawberry.Parent[PackageVersionRow]) -> OfferTermsNode:
    return cast("OfferTermsNode", root.terms.offer)


async def _package(root: strawberry.Parent[PackageVersionRow], info: Info) -> "PackageNode":
    return PackageNode.of(await info.context.loaders.packages.load(root.package_id))


@strawberry.type(name="PackageVersion", description="One version of a package. A sold package keeps its version.")
class PackageVersionNode:
    """Its source is a `PackageVersionRow`."""

    version: int = strawberry.field(description="The number of the version, from 1.")
    name: str = strawberry.field(description="The name it is sold under.")
    price_minor: int = strawberry.field(description="The price of all of it, in minor units.")
    created_at: datetime = strawberry.field(description="When this version was written.")
    items: list[PackageItemNode] = strawberry.field(resolver=_items, description="What it holds.")
    override: PackageOverrideNode = strawberry.field(
        resolver=_override, description="What it says in place of its parts' own terms."
    )
    offer: OfferTermsNode = strawberry.field(resolver=_offer, description="Who may buy it, and how.")
    package: "PackageNode" = strawberry.field(resolver=_package, description="The package this is a version of.")


def _direct_link_code(root: strawberry.Parent[PackageRow], info: Info) -> str | None:
    return root.direct_link_code if info.context.is_staff else None


@strawberry.type(name="Package", description="Several passes and other items that are sold at one price.")
class PackageNode(Node):
    """Its source is a `PackageRow`."""

    row_type: ClassVar[type[Any]] = PackageRow

    name: str = strawberry.field(description="The name it is sold under now.")
    current_version: PackageVersionNode = strawberry.field(description="The version that is sold now.")
    created_at: datetime = strawberry.field(description="When it was created.")
    archived_at: datetime | None = strawberry.field(description="When it was taken out of sale; null while it is sold.")
    direct_link_code: str | None = strawberry.field(
        resolver=_direct_link_code,
        description="What a direct link to it carries, and a sale by DIRECT_LINK presents; null but for staff.",
    )


async def _sale(root: strawberry.Parent[PackageSaleItemRow], info: Info) -> "PackageSaleNode":
    return PackageSaleNode.of(await info.context.loaders.package_sales.load(root.package_sale_id))


@strawberry.type(name="PackageSaleItem", description="Goods or credit that came with a sold package.")
class PackageSaleItemNode(Node):
    """Its source is a `PackageSaleItemRow`."""

    row_type: ClassVar[type[Any]] = PackageSaleItemRow

    kind: PackageItemKind = strawberry.field(description="GOODS or CREDIT.")
    name: str | None = strawberry.field(description="For GOODS: what they are.")
    quantity: int = strawberry.field(description="How many of it.")
    value_minor: int = strawberry.field(
        description="For CREDIT the credit it gave, for GOODS what they cost by themselves."
    )
    share_minor: int = strawberry.field(description="Its part of the price.")
    refunded_minor: int = strawberry.field(description="What of its part was paid back.")
    refunded_at: datetime | None = strawberry.field(
        description="When it came back or was taken back; null where it was not."
    )
    package_sale: "PackageSaleNode" = strawberry.field(resolver=_sale, description="The sold package it came with.")


async def _client(
    root: strawberry.Parent[PackageSaleRow], info: Info
) -> Annotated["ClientNode", strawberry.lazy("schema.people.types")]:
    return cast("ClientNode", await info.context.loaders.clients.load(root.client_id))


async def _order(root: strawberry.Parent[PackageSaleRow], info: Info) -> OrderNode:
    return OrderNode.of(await info.context.loaders.orders.load(root.order_id))


async def _passes(
    root: strawberry.Parent[PackageSaleRow], info: Info
) -> list[Annotated["PassNode", strawberry.lazy("schema.passes.types")]]:
    ids = await info.context.loaders.package_passes.load(root.id) or []
    return cast("list[PassNode]", await info.context.loaders.passes.load_many(ids))


async def _sale_items(root: strawberry.Parent[PackageSaleRow], info: Info) -> list[PackageSaleItemNode]:
    return PackageSaleItemNode.of_all(await info.context.loaders.package_items.load(root.id) or [])


@strawberry.type(name="PackageSale", description="One package that a client bought.")
class PackageSaleNode(Node):
    """Its source is a `PackageSaleRow`."""

    row_type: ClassVar[type[Any]] = PackageSaleRow

    client: Annotated["ClientNode", strawberry.lazy("schema.people.types")] = strawberry.field(
        resolver=_client, description="Who bought it."
    )
    package_version: PackageVersionNode = strawberry.field(description="The package, in the version that was sold.")
    price_minor: int = strawberry.field(description="What all of it cost.")
    channel: SaleChannel = strawberry.field(description="How it was sold.")
    sold_at: datetime = strawberry.field(description="When it was sold.")
    refunded_at: datetime | None = strawberry.field(
        description="When the package was last refunded as a whole; null where it was not."
    )
    order: OrderNode = strawberry.field(resolver=_order, description="The order that paid for it.")
    passes: list[Annotated["PassNode", strawberry.lazy("schema.passes.types")]] = strawberry.field(
        resolver=_passes, description="Its passes, each with its share as the price in its terms."
    )
    items: list[PackageSaleItemNode] = strawberry.field(
        resolver=_sale_items, description="The goods and credit that came with it."
    )


@strawberry.type(name="PackageConnection", description="A page of packages.")
class PackageConnection(Connection[PackageNode]):
    """Packages, the oldest first."""


@strawberry.type(name="PackageSaleConnection", description="A page of sold packages.")
class PackageSaleConnection(Connection[PackageSaleNode]):
    """Sold packages, the newest first."""
