"""What the attendance restrictions of a pass still allow today."""

from datetime import date, datetime
from typing import cast

import strawberry

from models.queries.passes import PassRow
from models.rules.calendar import local_day, start_of_day
from models.rules.explain import rule_of, why_full
from models.rules.restrictions import states
from schema.catalogue.policies import RestrictionNode
from schema.context import Info
from schema.errors import ReasonNode


@strawberry.type(
    name="RestrictionState",
    description="One attendance restriction of a pass in the cycle that runs today; before its first day and after "
    "its last one, in the cycle of that day. Visits count by the local day on which they start.",
)
class RestrictionStateNode:
    """One restriction, in the words of the reader."""

    restriction: RestrictionNode = strawberry.field(description="The term of the pass that it is.")
    rule: str = strawberry.field(description="What it allows, in plain sentences.")
    limit: int = strawberry.field(description="How many visits a cycle allows by itself.")
    carried: int = strawberry.field(
        description="How many more this cycle allows because earlier ones left them unused; these are used first."
    )
    used: int = strawberry.field(description="Visits of this cycle that were attended, or that were forfeited.")
    booked: int = strawberry.field(description="Visits of this cycle still to come.")
    remaining: int = strawberry.field(description="How many more visits can be booked in this cycle.")
    cycle_first_day: date | None = strawberry.field(
        description="The first local day of the cycle; null until the pass has a start, where that begins its cycles."
    )
    cycle_last_day: date | None = strawberry.field(
        description="The last local day of the cycle, included; null where a hold without an end makes it unknown."
    )
    frees_on: date | None = strawberry.field(
        description="The local day on which the next cycle begins. Cancelling in time frees a visit at once."
    )
    frees_at: datetime | None = strawberry.field(description="The instant at which the next cycle begins.")
    full: ReasonNode | None = strawberry.field(
        description="Why nothing more can be booked in this cycle; null where something can."
    )


async def restrictions(root: strawberry.Parent[PassRow], info: Info) -> list[RestrictionStateNode]:
    """Return its restrictions as they stand today, in the order of its terms."""
    context, version = info.context, root.purchase_option
    # Terms are remembered, so a page of passes without restrictions costs next to nothing.
    if not (await context.loaders.terms.load((version.option_id, version.version))).restrictions:
        return []
    facts = await context.loaders.facts.load(root.id)
    today = local_day(context.now, root.zone)
    day = min(max(today, root.first_day or today), root.last_day or today)
    return [
        RestrictionStateNode(
            restriction=cast("RestrictionNode", state.restriction),
            rule=rule_of(state.restriction, context.language),
            limit=state.limit,
            carried=state.carried,
            used=state.used,
            booked=state.booked,
            remaining=state.remaining,
            cycle_first_day=state.first_day,
            cycle_last_day=state.last_day,
            frees_on=state.frees_on,
            frees_at=None if state.frees_on is None else start_of_day(state.frees_on, root.zone),
            full=cast("ReasonNode | None", why_full(state)),
        )
        for state in states(facts, day)
    ]
