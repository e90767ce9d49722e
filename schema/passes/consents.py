"""What the buyer of a pass that renews by itself agreed to."""

from datetime import datetime

import strawberry

from models.rules.values import Jurisdiction, Language, PeriodUnit, RenewalTrigger, Role


@strawberry.type(
    name="Consent", description="What the buyer of a pass that renews by itself agreed to. It never changes."
)
class ConsentNode:
    """Its source is a `ConsentRow`."""

    text: str = strawberry.field(description="What they agreed to, word for word.")
    language: Language = strawberry.field(description="The language of the text.")
    jurisdiction: Jurisdiction = strawberry.field(description="Whose law the studio sold under then.")
    role: Role = strawberry.field(description="Whose key sent it: the client's own, or the studio's for them.")
    price_minor: int = strawberry.field(description="The price of a period, in minor units.")
    currency: str = strawberry.field(description="The ISO 4217 code of its currency.")
    period_count: int | None = strawberry.field(description="How many units a period lasts; null where it has no end.")
    period_unit: PeriodUnit | None = strawberry.field(description="The unit; null where it has no end.")
    trigger: RenewalTrigger = strawberry.field(description="What brings the next charge.")
    at: datetime = strawberry.field(description="When, in the business's time.")
