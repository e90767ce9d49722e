"""What the mutations of fees answer."""

from typing import Self
from uuid import UUID

import asyncpg
import strawberry

from models.operations.base import Changed, Tx
from models.queries import fees, orders
from schema.carry_out import Payload
from schema.fees.types import FeeNode
from schema.orders.types import OrderNode


@strawberry.type
class FeesPayload(Payload):
    """The fees after the change."""

    fees: list[FeeNode] = strawberry.field(default_factory=list, description="The fees, the oldest first.")

    @classmethod
    async def loaded(cls, reader: asyncpg.Connection, changed: Changed, tx: Tx) -> Self:
        """Read the fees."""
        ids = [UUID(each) for each in changed.figures["fees"]]
        return cls(fees=FeeNode.of_all(await fees.by_ids(reader, ids)))


@strawberry.type(description="The fees that were paid, and the order that paid them.")
class PayFeesPayload(FeesPayload):
    """See `FeesPayload`."""

    order: OrderNode | None = strawberry.field(
        default=None, description="The order that paid them; null where it was refused."
    )

    @classmethod
    async def loaded(cls, reader: asyncpg.Connection, changed: Changed, tx: Tx) -> Self:
        """Read the fees and the order."""
        shown = await super().loaded(reader, changed, tx)
        shown.order = OrderNode.of((await orders.by_ids(reader, changed.orders))[0])
        return shown


@strawberry.type(description="The fee that was waived, or given back as credit.")
class WaiveFeePayload(FeesPayload):
    """See `FeesPayload`."""
