"""What the mutations of the business itself answer."""

from datetime import datetime
from typing import Self

import asyncpg
import strawberry

from models.operations.base import Changed, Tx
from models.queries import tenants
from schema.business.types import BusinessNode
from schema.carry_out import Payload


@strawberry.type(description="The business at its new instant.")
class AdvanceTestClockPayload(Payload):
    """The business in its own time."""

    business: BusinessNode | None = strawberry.field(
        default=None, description="The business; null where it was refused."
    )
    advanced_to: datetime | None = strawberry.field(
        default=None, description="The instant its clock was moved to; null where it was refused."
    )

    @classmethod
    async def loaded(cls, reader: asyncpg.Connection, changed: Changed, tx: Tx) -> Self:
        """Read the business."""
        moved_to = datetime.fromisoformat(changed.figures["to"])
        return cls(business=BusinessNode.of(await tenants.business(reader)), advanced_to=moved_to)


@strawberry.type(description="The business with its new policies.")
class SetPoliciesPayload(Payload):
    """The business."""

    business: BusinessNode | None = strawberry.field(
        default=None, description="The business; null where it was refused."
    )

    @classmethod
    async def loaded(cls, reader: asyncpg.Connection, changed: Changed, tx: Tx) -> Self:
        """Read the business."""
        return cls(business=BusinessNode.of(await tenants.business(reader)))
