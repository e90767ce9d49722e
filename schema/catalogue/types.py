"""What is sold and attended, as GraphQL shows it."""

from datetime import datetime
from typing import Any, ClassVar, cast

import strawberry

from models.queries.options import OptionRow, VersionRow
from models.queries.places import LocationRow, ServiceRow
from models.rules.terms import Terms
from models.rules.values import LotUnit, PassKind, ServiceCategory
from schema.catalogue.terms import TermsNode
from schema.context import Info
from schema.node import Node
from schema.pagination import Connection


@strawberry.type(name="Location", description="A place where services are attended.")
class LocationNode(Node):
    """Its source is a `LocationRow`."""

    row_type: ClassVar[type[Any]] = LocationRow

    name: str = strawberry.field(description="Its name, unique in the business.")
    zone: str | None = strawberry.field(description="Its IANA time zone; null where it is the business's own.")
    created_at: datetime = strawberry.field(description="When it was created.")
    archived_at: datetime | None = strawberry.field(description="When its creation was undone; null while it stands.")


@strawberry.type(name="Service", description="Something that is attended.")
class ServiceNode(Node):
    """Its source is a `ServiceRow`."""

    row_type: ClassVar[type[Any]] = ServiceRow

    name: str = strawberry.field(description="Its name, unique in the business.")
    category: ServiceCategory = strawberry.field(description="The kind of thing it is.")
    created_at: datetime = strawberry.field(description="When it was created.")
    archived_at: datetime | None = strawberry.field(description="When its creation was undone; null while it stands.")


async def _option(root: strawberry.Parent[VersionRow], info: Info) -> "PurchaseOptionNode":
    return PurchaseOptionNode.of(await info.context.loaders.options.load(root.option_id))


async def _terms(root: strawberry.Parent[VersionRow], info: Info) -> TermsNode:
    found: Terms = await info.context.loaders.terms.load((root.option_id, root.version))
    return cast("TermsNode", found)


@strawberry.type(
    name="PurchaseOptionVersion",
    description="One version of a purchase option. A sold pass keeps the version it was sold under.",
)
class VersionNode:
    """Its source is a `VersionRow`."""

    version: int = strawberry.field(description="The number of the version, from 1.")
    name: str = strawberry.field(description="The name it is sold under.")
    kind: PassKind = strawberry.field(description="What a pass of it meters.")
    price_minor: int = strawberry.field(description="The price in minor units of the business's currency.")
    quantity: int | None = strawberry.field(description="How many units a period grants; null where none are counted.")
    unit: LotUnit | None = strawberry.field(description="What one unit is; null where none are counted.")
    created_at: datetime = strawberry.field(description="When this version was written.")
    terms: TermsNode = strawberry.field(resolver=_terms, description="Everything a pass sold under it keeps.")
    purchase_option: "PurchaseOptionNode" = strawberry.field(
        resolver=_option, description="The option this is a version of."
    )


def _direct_link_code(root: strawberry.Parent[OptionRow], info: Info) -> str | None:
    return root.direct_link_code if info.context.is_staff else None


@strawberry.type(name="PurchaseOption", description="Something that can be sold: a pass of some kind on some terms.")
class PurchaseOptionNode(Node):
    """Its source is an `OptionRow`."""

    row_type: ClassVar[type[Any]] = OptionRow

    name: str = strawberry.field(description="The name it is sold under now.")
    current_version: VersionNode = strawberry.field(description="The version that is sold now.")
    created_at: datetime = strawberry.field(description="When it was created.")
    archived_at: datetime | None = strawberry.field(description="When it was taken out of sale; null while it is sold.")
    direct_link_code: str | None = strawberry.field(
        resolver=_direct_link_code,
        description="What a direct link to it carries, and a sale by DIRECT_LINK presents; null but for staff.",
    )


@strawberry.type(name="LocationConnection", description="A page of locations.")
class LocationConnection(Connection[LocationNode]):
    """Locations by name."""


@strawberry.type(name="ServiceConnection", description="A page of services.")
class ServiceConnection(Connection[ServiceNode]):
    """Services by name."""


@strawberry.type(name="PurchaseOptionConnection", description="A page of purchase options.")
class PurchaseOptionConnection(Connection[PurchaseOptionNode]):
    """Purchase options, the oldest first."""
