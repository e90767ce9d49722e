"""What a client may still freeze of a pass, as GraphQL shows it. Read from the pass's facts, so lists cost no more."""

from datetime import date
from typing import cast

import strawberry

from models.queries.passes import PassRow
from models.rules.calendar import local_day
from models.rules.hold_policy import HoldAllowance, allowance
from schema.context import Info
from schema.errors import ReasonNode


def _refusals(root: strawberry.Parent[HoldAllowance]) -> list[ReasonNode]:
    return cast("list[ReasonNode]", root.against)


@strawberry.type(name="HoldAllowance", description="What the policy of a pass still lets its client freeze.")
class HoldAllowanceNode:
    """Its source is a `HoldAllowance`."""

    freezes_left: int | None = strawberry.field(description="How many more freezes; null is no limit.")
    days_left: int | None = strawberry.field(
        description="The longest freeze from `earliestDay` that any twelve months still have room for; null is no "
        "limit."
    )
    earliest_day: date = strawberry.field(description="The first day a client may choose.")
    days_min: int | None = strawberry.field(description="The fewest days of one freeze; null is no limit.")
    days_max: int | None = strawberry.field(description="The most days of one freeze; null is no limit.")
    fee_minor: int = strawberry.field(description="What one freeze costs, in minor units.")
    reasons: list[str] | None = strawberry.field(
        description="The reasons of which a freeze needs one, exactly as written; null where it needs none."
    )
    refusals: list[ReasonNode] = strawberry.field(
        resolver=_refusals, description="Why the client may not freeze it at all; empty where they may."
    )


async def hold_allowance(root: strawberry.Parent[PassRow], info: Info) -> HoldAllowanceNode:
    """Return what the client may still freeze, as of now."""
    context = info.context
    facts = await context.loaders.facts.load(root.id)
    today = local_day(context.now, facts.zone)
    found = allowance(facts.terms.hold_policy, facts.holds, today, allowed=facts.terms.holds_allowed)
    return cast("HoldAllowanceNode", found)
