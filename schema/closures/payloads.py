"""What the mutations of closures and disputes answer. Everything is read inside the transaction."""

from typing import Self

import asyncpg
import strawberry

from models.operations.base import Changed, Tx
from models.queries import closures, disputes, visits
from schema.carry_out import Payload
from schema.closures.types import ClosureNode, DisputeNode
from schema.passes.payloads import passes_in_order
from schema.passes.types import PassNode
from schema.visits.moved import MovingPayload
from schema.visits.types import VisitNode

LISTED_MAX = 100


@strawberry.type
class ClosurePayload(Payload):
    """What a mutation of a closure answers."""

    closure: ClosureNode | None = strawberry.field(
        default=None, description="The closure after the change; null where it was refused."
    )
    frozen_count: int | None = strawberry.field(
        default=None, description="How many passes froze at once; null where it was refused."
    )
    freed_count: int | None = strawberry.field(
        default=None, description="How many passes' holds became shorter or were taken back; null where it was refused."
    )
    cancelled_count: int | None = strawberry.field(
        default=None, description="How many visits were cancelled and returned; null where it was refused."
    )
    waiting_count: int | None = strawberry.field(
        default=None,
        description="How many passes the workers have still to look at, a few moments later; null where it was "
        "refused.",
    )
    passes: list[PassNode] = strawberry.field(
        default_factory=list, description=f"The first {LISTED_MAX} of the passes changed, with their new last days."
    )
    visits: list[VisitNode] = strawberry.field(
        default_factory=list,
        description=f"The first {LISTED_MAX} of the visits that were cancelled, stay booked inside, or became unpaid.",
    )

    @classmethod
    async def loaded(cls, reader: asyncpg.Connection, changed: Changed, tx: Tx) -> Self:
        """Read the closure, and the first of the passes and visits."""
        figures = changed.figures
        return cls(
            closure=ClosureNode.of((await closures.by_ids(reader, [changed.rows["closure"]]))[0]),
            frozen_count=figures["frozen"],
            freed_count=figures["freed"],
            cancelled_count=figures["cancelled"],
            waiting_count=figures["waiting"],
            passes=PassNode.of_all(await passes_in_order(reader, changed.passes[:LISTED_MAX], tx)),
            visits=VisitNode.of_all(await visits.by_ids(reader, changed.visits[:LISTED_MAX])),
        )


@strawberry.type(description="The closure, the passes that froze, and the visits it cancelled.")
class PlaceClosurePayload(MovingPayload, ClosurePayload):
    """See `ClosurePayload`."""


@strawberry.type(description="The closure with its new end, and the passes that lost days.")
class EndClosurePayload(MovingPayload, ClosurePayload):
    """See `ClosurePayload`."""


@strawberry.type(description="The closure taken back, and the passes that lost its days.")
class RemoveClosurePayload(MovingPayload, ClosurePayload):
    """See `ClosurePayload`."""


@strawberry.type
class DisputePayload(Payload):
    """What a mutation of a dispute answers."""

    dispute: DisputeNode | None = strawberry.field(
        default=None, description="The dispute after the change; null where it was refused."
    )
    passes: list[PassNode] = strawberry.field(
        default_factory=list, description="The passes that the dispute blocks, or blocked until now."
    )

    @classmethod
    async def loaded(cls, reader: asyncpg.Connection, changed: Changed, tx: Tx) -> Self:
        """Read the dispute and its passes."""
        return cls(
            dispute=DisputeNode.of((await disputes.by_ids(reader, [changed.rows["dispute"]]))[0]),
            passes=PassNode.of_all(await passes_in_order(reader, changed.passes, tx)),
        )


@strawberry.type(description="The dispute, and the passes it blocks.")
class ReportDisputePayload(DisputePayload):
    """See `DisputePayload`."""


@strawberry.type(description="The dispute as it ended, and its passes.")
class SettleDisputePayload(MovingPayload, DisputePayload):
    """See `DisputePayload`."""
