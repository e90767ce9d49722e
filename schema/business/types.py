"""The business, as GraphQL shows it."""

from datetime import datetime
from typing import Any, ClassVar

import strawberry

from models.queries.tenants import Business
from models.rules.values import AllocationPreset, Jurisdiction, Language, ResolveAs
from schema.context import Info
from schema.node import Node


@strawberry.type(name="Policies", description="How a business deals with its clients.")
class PoliciesNode:
    """Its source is the `Business`."""

    preset: AllocationPreset = strawberry.field(
        name="allocation", description="The order in which passes pay where nobody names one."
    )
    retry_after_hours: list[int] = strawberry.field(
        description="After how many hours a failed charge is tried again, each counted from the try before."
    )
    grace_days: int = strawberry.field(description="For how many days after a failed charge bookings are kept.")
    release_days: int = strawberry.field(description="After how many days unpaid bookings are let go.")
    late_cancel_minutes: int = strawberry.field(
        description="A visit no pass pays for is cancelled too late fewer than this many minutes before its start."
    )
    block_on_dispute: bool = strawberry.field(description="Whether a disputed charge blocks the passes it bought.")
    freeze_on_failed_charge: bool = strawberry.field(
        description="Whether a charge that failed for good freezes its pass until it is paid."
    )
    resolve_after_hours: int | None = strawberry.field(
        description="After how many hours a visit that is over and that nobody recorded is resolved; null is never."
    )
    resolve_as: ResolveAs = strawberry.field(description="What such a visit becomes.")
    project_renewals: bool = strawberry.field(
        description="Whether visits past the end of a pass that renews stand to be paid by its renewal."
    )
    jurisdiction: Jurisdiction = strawberry.field(
        description="Whose law it sells under, as far as the system keeps it; no legal advice."
    )
    min_validity_days: int | None = strawberry.field(
        description="For how many days at least what is paid ahead and does not renew lasts; null is no such rule."
    )


def _now(info: Info) -> datetime:
    return info.context.now


def _policies(root: strawberry.Parent[Business]) -> PoliciesNode:
    return PoliciesNode(
        preset=root.preset,
        retry_after_hours=list(root.policy.retry_after_hours),
        grace_days=root.policy.grace_days,
        release_days=root.policy.release_days,
        late_cancel_minutes=root.late_cancel_minutes,
        resolve_after_hours=root.resolve_after_hours,
        resolve_as=root.resolve_as,
        project_renewals=root.project_renewals,
        jurisdiction=root.jurisdiction,
        min_validity_days=root.min_validity_days,
        block_on_dispute=root.block_on_dispute,
        freeze_on_failed_charge=root.freeze_on_failed_charge,
    )


def _has_test_clock(root: strawberry.Parent[Business]) -> bool:
    return root.test_clock_at is not None


@strawberry.type(name="Business", description="The business whose key is used.")
class BusinessNode(Node):
    """Its source is a `Business`."""

    row_type: ClassVar[type[Any]] = Business

    name: str = strawberry.field(description="Its name.")
    zone: str = strawberry.field(description="Its IANA time zone.")
    currency: str = strawberry.field(description="The ISO 4217 code of its currency.")
    week_start: int = strawberry.field(description="The first day of its week, from 1 for Monday to 7 for Sunday.")
    language: Language = strawberry.field(
        description="The language of what it says to those who ask for none of ours with Accept-Language."
    )
    now: datetime = strawberry.field(
        resolver=_now, description="The instant this answer is about, which its test clock may set."
    )
    has_test_clock: bool = strawberry.field(
        resolver=_has_test_clock, description="Whether it lives in a time of its own, moved by hand."
    )
    policies: PoliciesNode = strawberry.field(resolver=_policies, description="How it deals with its clients.")
