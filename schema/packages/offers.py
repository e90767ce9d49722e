"""Which packages a client may buy now, and why not the others."""

from typing import cast

import strawberry

from models.queries.package_offers import PackageOfferAnswer, package_offers
from schema.catalogue.offers import Buyer, Channel, LinkCode, answers_to, reasons_of
from schema.context import Info
from schema.errors import ReasonNode
from schema.packages.types import PackageNode


def _package(root: strawberry.Parent[PackageOfferAnswer]) -> PackageNode:
    return PackageNode.of(root.package)


@strawberry.type(name="PackageOffer", description="Whether a client may buy a package now, and if not, why.")
class PackageOfferNode:
    """Its source is a `PackageOfferAnswer`."""

    package: PackageNode = strawberry.field(resolver=_package, description="The package.")
    buyable: bool = strawberry.field(description="Whether the client may buy it.")
    reasons: list[ReasonNode] = strawberry.field(
        resolver=reasons_of,
        description="Everything that stands in the way of it or of anything in it; empty where the client may buy it.",
    )


async def packages_offered(
    info: Info, client_id: Buyer, channel: Channel = None, direct_link_code: LinkCode = None
) -> list[PackageOfferNode]:
    """Return the answer of every package on sale, the oldest first. Errors: NOT_FOUND, INVALID_ID, FORBIDDEN."""
    answers = await answers_to(info, package_offers, client_id, channel, direct_link_code)
    return cast("list[PackageOfferNode]", answers)
