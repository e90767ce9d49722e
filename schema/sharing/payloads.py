"""What the mutations that share and transfer passes answer. Everything is read inside the transaction."""

from typing import Self

import asyncpg
import strawberry

from models.operations.base import Changed, Tx
from models.queries import passes, shares, visits
from schema.carry_out import Payload
from schema.passes.types import PassNode
from schema.seen import of_caller
from schema.sharing.types import ShareNode
from schema.visits.moved import MovingPayload
from schema.visits.types import VisitNode


@strawberry.type
class SharePayload(Payload):
    """A share and its pass."""

    share: ShareNode | None = strawberry.field(
        default=None, description="The share after the change; null where it was refused."
    )
    pass_: PassNode | None = strawberry.field(
        name="pass", default=None, description="The pass; null where it was refused, and for a client whose it is not."
    )

    @classmethod
    async def loaded(cls, reader: asyncpg.Connection, changed: Changed, tx: Tx) -> Self:
        """Read the share and the pass."""
        found = await shares.by_ids(reader, [changed.rows["share"]])
        own = of_caller(tx, await passes.by_ids(reader, changed.passes, tx.now))
        return cls(share=ShareNode.of(found[0]), pass_=PassNode.of(own[0]) if own else None)


@strawberry.type(description="The share: active, or waiting for approval.")
class SharePassPayload(MovingPayload, SharePayload):
    """See `SharePayload`."""


@strawberry.type(description="The share that counts from now on.")
class ApproveSharePayload(MovingPayload, SharePayload):
    """See `SharePayload`."""


@strawberry.type(description="The share that has ended, and the member's visits that the pass no longer pays for.")
class RemoveSharePayload(MovingPayload, SharePayload):
    """See `SharePayload`."""

    visits: list[VisitNode] = strawberry.field(
        default_factory=list, description="The member's visits that are unpaid now, in start order."
    )

    @classmethod
    async def loaded(cls, reader: asyncpg.Connection, changed: Changed, tx: Tx) -> Self:
        """Read the share, the pass and the visits."""
        shown = await super().loaded(reader, changed, tx)
        shown.visits = VisitNode.of_all(await visits.by_ids(reader, changed.visits))
        return shown


@strawberry.type(description="The giver's pass, the receiver's new one, and the visits nothing pays for any more.")
class TransferPassPayload(MovingPayload):
    """Two passes."""

    pass_: PassNode | None = strawberry.field(
        name="pass", default=None, description="The giver's pass after the change; null where it was refused."
    )
    received_pass: PassNode | None = strawberry.field(
        default=None, description="The receiver's pass; null where it was refused, and for a client whose it is not."
    )
    units: int | None = strawberry.field(
        default=None, description="How many units went; 0 where the pass counts none, null where it was refused."
    )
    visits: list[VisitNode] = strawberry.field(
        default_factory=list, description="The visits booked ahead on it that are unpaid now, in start order."
    )

    @classmethod
    async def loaded(cls, reader: asyncpg.Connection, changed: Changed, tx: Tx) -> Self:
        """Read both passes and the visits."""
        given, received = changed.passes
        found = {row.id: row for row in of_caller(tx, await passes.by_ids(reader, changed.passes, tx.now))}
        shown = cls(
            pass_=PassNode.of(found.get(given)),
            received_pass=PassNode.of(found.get(received)),
            units=changed.figures["units"],
            visits=VisitNode.of_all(await visits.by_ids(reader, changed.visits)),
        )
        return await shown.with_moves(reader, changed, tx)
