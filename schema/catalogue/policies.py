"""The parts of the terms that restrict, offer, hold, share and refund, as GraphQL shows them."""

from collections.abc import Iterable
from datetime import time
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import strawberry
from strawberry.dataloader import DataLoader

from models.rules import policies as rules
from models.rules.values import RefundBasis, RestrictionCycle, RestrictionPer, SaleChannel, ServiceCategory
from schema.context import Info

if TYPE_CHECKING:
    from schema.catalogue.types import ServiceNode


async def found(loader: DataLoader[UUID, Any], ids: Iterable[UUID] | None) -> Any:
    """Return the rows of the ids by name, or None where none are named."""
    if ids is None:
        return None
    rows = [row for row in await loader.load_many(ids) if row is not None]
    return sorted(rows, key=lambda row: (row.name, row.id))


def _weekdays(root: strawberry.Parent[rules.OpenHours]) -> list[int]:
    return sorted(root.weekdays)


@strawberry.type(name="OpenHours", description="Times of day, on some weekdays, at which a visit may start.")
class OpenHoursNode:
    """Hours."""

    weekdays: list[int] = strawberry.field(
        resolver=_weekdays, description="The weekdays, 1 for Monday to 7 for Sunday."
    )
    from_time: time = strawberry.field(description="The first time of day, included, where the visit is.")
    until_time: time = strawberry.field(description="The time of day that is too late; 00:00 is the end of the day.")


@strawberry.type(name="RestrictionRollover", description="What of an unused allowance goes on.")
class RestrictionRolloverNode:
    """What goes on."""

    units_max: int = strawberry.field(description="At most this many unused visits go on.")
    cycles: int = strawberry.field(description="For this many cycles.")


async def _services(
    root: strawberry.Parent[rules.Restriction], info: Info
) -> list[Annotated["ServiceNode", strawberry.lazy("schema.catalogue.types")]] | None:
    services: list[ServiceNode] | None = await found(info.context.loaders.services, root.service_ids)
    return services


def _categories(root: strawberry.Parent[rules.Restriction]) -> list[ServiceCategory] | None:
    return None if root.categories is None else sorted(root.categories)


@strawberry.type(name="Restriction", description="At most so many visits a cycle. All restrictions must pass.")
class RestrictionNode:
    """An attendance restriction."""

    visits_max: int = strawberry.field(description="How many visits a cycle at most.")
    per: RestrictionPer = strawberry.field(description="How long a cycle is.")
    cycle: RestrictionCycle = strawberry.field(description="Where the cycles begin.")
    services: list[Annotated["ServiceNode", strawberry.lazy("schema.catalogue.types")]] | None = strawberry.field(
        resolver=_services, description="The services it counts by name; null where none are named."
    )
    categories: list[ServiceCategory] | None = strawberry.field(
        resolver=_categories, description="The categories it counts; null where none are named. Both null: all visits."
    )
    rollover: RestrictionRolloverNode | None = strawberry.field(
        description="What of an unused allowance goes on; null is nothing."
    )


def _client_types(root: strawberry.Parent[rules.Offer]) -> list[str] | None:
    return None if root.client_types is None else sorted(root.client_types)


def _channels(root: strawberry.Parent[rules.Offer]) -> list[SaleChannel] | None:
    return None if root.channels is None else sorted(root.channels)


@strawberry.type(name="OfferTerms", description="Who may buy, and how. It is checked at the sale, never at use.")
class OfferTermsNode:
    """Who may buy."""

    introductory: bool = strawberry.field(description="Whether it is for new clients only, once per client.")
    inactive_months: int | None = strawberry.field(
        description="For an introductory offer: also for clients not active for this many months; null is never."
    )
    once_per_household: bool = strawberry.field(description="Whether only one member of a household may buy it, once.")
    client_types: list[str] | None = strawberry.field(
        resolver=_client_types, description="The types of which a client needs one; null is anyone."
    )
    channels: list[SaleChannel] | None = strawberry.field(
        resolver=_channels, description="The ways it is sold; null is any."
    )
    only_in_package: bool = strawberry.field(description="Whether it is sold as part of a package only.")
    per_client_max: int | None = strawberry.field(
        description="How often one client may buy it at most; null is no limit."
    )


def _reasons(root: strawberry.Parent[rules.HoldPolicy]) -> list[str] | None:
    return None if root.reasons is None else list(root.reasons)


@strawberry.type(name="HoldPolicy", description="What freezes a pass allows, where it can be frozen at all.")
class HoldPolicyNode:
    """What freezes are allowed."""

    count_max: int | None = strawberry.field(description="How many freezes in the life of a pass; null is no limit.")
    days_min: int | None = strawberry.field(description="How many days a freeze lasts at least; null is any.")
    days_max: int | None = strawberry.field(description="How many days a freeze lasts at most; null is any.")
    days_a_year_max: int | None = strawberry.field(
        description="How many days it may be frozen in any twelve months; null is no limit."
    )
    notice_days: int = strawberry.field(description="How many days ahead a client asks for a freeze.")
    self_service: bool = strawberry.field(description="Whether the client may freeze it alone.")
    fee_minor: int = strawberry.field(description="What a freeze costs, in minor units.")
    reasons: list[str] | None = strawberry.field(
        resolver=_reasons, description="The reasons of which one is given; null where none is asked for."
    )


@strawberry.type(name="SharingTerms", description="Whether others may use the pass, and whether it may be given away.")
class SharingTermsNode:
    """Whether others may use it."""

    allowed: bool = strawberry.field(description="Whether members of the household may use it.")
    members_max: int | None = strawberry.field(
        description="How many members may use it besides its owner; null is no limit."
    )
    member_visits_max: int | None = strawberry.field(
        description="How many visits each member may take a period; null is no limit."
    )
    needs_approval: bool = strawberry.field(description="Whether the studio approves each member.")
    guest_visits_max: int = strawberry.field(description="How many visits a period guests may take.")
    transferable: bool = strawberry.field(description="Whether the client may give it to another client.")


@strawberry.type(name="RefundPolicy", description="How a refund is worked out by default.")
class RefundPolicyNode:
    """How a refund is worked out."""

    basis: RefundBasis = strawberry.field(description="What is paid back.")
    drop_in_price_minor: int | None = strawberry.field(
        description="For DROP_IN_PRICE, the price of one visit in minor units."
    )
