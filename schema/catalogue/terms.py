"""The terms of a version, as GraphQL shows them. Each type's source is the value of the same name in the rules."""

from datetime import date
from typing import TYPE_CHECKING, Annotated

import strawberry

from models.rules import terms as rules
from models.rules.values import (
    Activation,
    AfterExpiration,
    CoveredBy,
    OutcomeEffect,
    PassKind,
    PeriodUnit,
    RenewalPrice,
    RenewalTrigger,
    ServiceCategory,
    UnusedAtConversion,
    UnusedAtRenewal,
    ValidityRule,
)
from schema.catalogue.policies import (
    HoldPolicyNode,
    OfferTermsNode,
    OpenHoursNode,
    RefundPolicyNode,
    RestrictionNode,
    SharingTermsNode,
    found,
)
from schema.context import Info

if TYPE_CHECKING:
    from schema.catalogue.types import LocationNode, PurchaseOptionNode, ServiceNode


@strawberry.type(name="Validity", description="How long a pass is valid once it has started.")
class ValidityNode:
    """How long."""

    rule: ValidityRule = strawberry.field(description="What decides the end.")
    count: int | None = strawberry.field(description="For PERIOD, how many units.")
    unit: PeriodUnit | None = strawberry.field(description="For PERIOD, which unit.")
    last_day: date | None = strawberry.field(description="For FIXED_DAY, the last day, included.")


async def _services(
    root: strawberry.Parent[rules.Access], info: Info
) -> list[Annotated["ServiceNode", strawberry.lazy("schema.catalogue.types")]] | None:
    services: list[ServiceNode] | None = await found(info.context.loaders.services, root.service_ids)
    return services


async def _locations(
    root: strawberry.Parent[rules.Access], info: Info
) -> list[Annotated["LocationNode", strawberry.lazy("schema.catalogue.types")]] | None:
    locations: list[LocationNode] | None = await found(info.context.loaders.locations, root.location_ids)
    return locations


def _categories(root: strawberry.Parent[rules.Access]) -> list[ServiceCategory] | None:
    return None if root.categories is None else sorted(root.categories)


@strawberry.type(
    name="Access",
    description="What a pass opens: a service that is listed or of a listed category, at a listed location.",
)
class AccessNode:
    """What a pass opens."""

    services: list[Annotated["ServiceNode", strawberry.lazy("schema.catalogue.types")]] | None = strawberry.field(
        resolver=_services, description="The services it opens by name; null where none are named."
    )
    categories: list[ServiceCategory] | None = strawberry.field(
        resolver=_categories, description="The categories it opens; null where none are named. Both null: everything."
    )
    locations: list[Annotated["LocationNode", strawberry.lazy("schema.catalogue.types")]] | None = strawberry.field(
        resolver=_locations, description="The locations where it is valid; null is all of them."
    )
    hours: list[OpenHoursNode] | None = strawberry.field(
        description="When a visit may start; null is at any time. One of them must hold."
    )


@strawberry.type(name="Outcomes", description="What becomes of the unit that paid, by how the visit ends.")
class OutcomesNode:
    """The outcome table."""

    early_cancel: OutcomeEffect = strawberry.field(description="When the visit is cancelled in time.")
    late_cancel: OutcomeEffect = strawberry.field(description="When it is cancelled too late.")
    no_show: OutcomeEffect = strawberry.field(description="When the client does not come.")
    late_cancel_minutes: int = strawberry.field(
        description="A cancellation fewer than this many minutes before the start is too late."
    )
    late_cancel_fee_minor: int = strawberry.field(description="What a late cancellation costs, in minor units.")
    no_show_fee_minor: int = strawberry.field(description="What staying away costs, in minor units.")
    booking_grace_minutes: int = strawberry.field(
        description="A cancellation this many minutes after the booking at most is never late."
    )
    free_per_period: int = strawberry.field(
        description="How many late cancellations and no-shows of a period cost neither unit nor fee."
    )


@strawberry.type(name="Renewal", description="How a pass renews.")
class RenewalNode:
    """How a pass renews."""

    trigger: RenewalTrigger = strawberry.field(description="What makes the renewal due.")
    unused: UnusedAtRenewal = strawberry.field(description="What becomes of units that were not used.")
    renewals_max: int | None = strawberry.field(description="How often it may renew at most; null is without end.")
    booked_counts_as_depleted: bool = strawberry.field(
        description="Whether a pass whose units are all booked counts as used up, before they are attended."
    )
    old_visits_may_trigger: bool = strawberry.field(
        description="Whether paying for visits of the past may use the pass up and so renew it."
    )
    rollover_max: int | None = strawberry.field(description="How many units roll over at most; null is all of them.")
    rollover_days: int | None = strawberry.field(
        description="How many days what rolled over lasts; null is as long as its period."
    )
    price: RenewalPrice = strawberry.field(description="Which price a renewal charges.")
    reminder_days: int = strawberry.field(
        description="How many days before a charge it is announced, within what the jurisdiction asks for and allows. "
        "A renewal that a law wants announced waits for its announcement."
    )


async def _target(
    root: strawberry.Parent[rules.Conversion], info: Info
) -> Annotated["PurchaseOptionNode", strawberry.lazy("schema.catalogue.types")]:
    target: PurchaseOptionNode = await info.context.loaders.options.load(root.target_option_id)  # type: ignore[assignment]
    return target


@strawberry.type(name="ConversionTerms", description="What a pass becomes by itself at its end.")
class ConversionTermsNode:
    """What it becomes."""

    target: Annotated["PurchaseOptionNode", strawberry.lazy("schema.catalogue.types")] = strawberry.field(
        resolver=_target, description="The option it becomes a pass of."
    )
    unused: UnusedAtConversion = strawberry.field(description="What becomes of units that were not used.")


@strawberry.type(name="Terms", description="Everything a sold pass keeps from the version it was sold under.")
class TermsNode:
    """The terms."""

    kind: PassKind = strawberry.field(description="What a pass meters.")
    price_minor: int = strawberry.field(description="The price in minor units of the business's currency.")
    quantity: int | None = strawberry.field(description="How many units a period grants; null where none are counted.")
    validity: ValidityNode = strawberry.field(description="How long it is valid.")
    activation: Activation = strawberry.field(description="What decides its first day.")
    start_within_days: int | None = strawberry.field(
        description="For ON_FIRST_VISIT, how many days after the sale it starts at the latest; null is no limit."
    )
    access: AccessNode = strawberry.field(description="What it opens.")
    outcomes: OutcomesNode = strawberry.field(description="What becomes of the unit that paid for a visit.")
    covered_by: CoveredBy = strawberry.field(description="Which instant must lie inside the validity.")
    back_window_days: int = strawberry.field(
        description="How many days before its first day a visit may lie that it pays for."
    )
    holds_allowed: bool = strawberry.field(description="Whether it can be frozen.")
    priority: int = strawberry.field(description="Higher pays first where other things are equal.")
    after_expiration: AfterExpiration = strawberry.field(description="What follows its end.")
    renewal: RenewalNode = strawberry.field(description="How it renews, where it does.")
    conversion: ConversionTermsNode | None = strawberry.field(
        description="What it becomes, where CONVERT follows its end."
    )
    restrictions: list[RestrictionNode] = strawberry.field(description="How often it may be used; all must pass.")
    offer: OfferTermsNode = strawberry.field(description="Who may buy it, and how.")
    hold_policy: HoldPolicyNode = strawberry.field(description="What freezes it allows.")
    sharing: SharingTermsNode = strawberry.field(description="Who else may use it.")
    refund: RefundPolicyNode = strawberry.field(description="How a refund is worked out by default.")
    warn_days: int = strawberry.field(description="How many days before units lapse they are announced.")
    revive_days: int = strawberry.field(description="For how many days after units lapsed they can be claimed back.")
    make_up_days: int = strawberry.field(description="How many days a make-up lot lasts after the day it is made.")
