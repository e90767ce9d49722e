"""What the mutations of visits answer. Everything is read inside the transaction, so a dry run shows the change."""

from typing import Self
from uuid import UUID

import asyncpg
import strawberry

from models.operations.base import Changed, Tx
from models.queries import pass_parts, passes, visits
from schema.carry_out import Payload
from schema.passes.parts import LotNode
from schema.passes.types import PassNode
from schema.seen import of_caller
from schema.visits.moved import MovingPayload
from schema.visits.types import VisitNode
from schema.visits.unpaid import UnpaidVisit, unpaid_visits


@strawberry.type
class PaidVisitsPayload(Payload):
    """What booking and paying answer."""

    visits: list[VisitNode] = strawberry.field(default_factory=list, description="The visits, in start order.")
    passes: list[PassNode] = strawberry.field(
        default_factory=list, description="The passes that pay, as they are now; a client's own alone."
    )
    paid_count: int | None = strawberry.field(
        default=None, description="How many of the visits are paid; null where it was refused."
    )
    unpaid: list[UnpaidVisit] = strawberry.field(
        default_factory=list, description="The visits nothing pays for, each with the reasons of every pass."
    )
    projected: list[VisitNode] = strawberry.field(
        default_factory=list,
        description="The visits that nothing pays for yet, and that a pass pays for once it has renewed.",
    )

    @classmethod
    async def loaded(cls, reader: asyncpg.Connection, changed: Changed, tx: Tx) -> Self:
        """Read the visits and the passes."""
        rows = await visits.by_ids(reader, changed.visits)
        paying = {row.id: row for row in of_caller(tx, await passes.by_ids(reader, changed.passes, tx.now))}
        return cls(
            visits=VisitNode.of_all(rows),
            passes=PassNode.of_all([paying[each] for each in changed.passes if each in paying]),
            paid_count=changed.figures["paid"],
            unpaid=await unpaid_visits(reader, changed, tx, rows),
            projected=VisitNode.of_all([row for row in rows if str(row.id) in changed.figures.get("projected", ())]),
        )


@strawberry.type
class EndedVisitPayload(Payload):
    """What cancelling and recording answer."""

    visit: VisitNode | None = strawberry.field(
        default=None, description="The visit after the change; null where it was refused."
    )
    pass_: PassNode | None = strawberry.field(
        name="pass", default=None, description="The pass that pays or paid for it; null where none did."
    )
    returned: bool | None = strawberry.field(
        default=None, description="Whether what paid went back to the pass; null where nothing had paid."
    )
    fee_minor: int | None = strawberry.field(
        default=None, description="The fee that is owed for it now, in minor units; null where it was refused."
    )
    forgiven: bool | None = strawberry.field(
        default=None, description="Whether it was one of the free ones of its period; null where it was refused."
    )
    make_up_lot: LotNode | None = strawberry.field(
        default=None, description="The lot that replaces a unit whose own lot had ended; null where none was needed."
    )

    @classmethod
    async def loaded(cls, reader: asyncpg.Connection, changed: Changed, tx: Tx) -> Self:
        """Read the visit, its pass and the lot made for it."""
        made = changed.figures.get("makeUpLot")
        lots = await pass_parts.lots_by_ids(reader, [UUID(made)], tx.now) if made else []
        paying = of_caller(tx, await passes.by_ids(reader, changed.passes, tx.now)) if changed.passes else []
        return cls(
            visit=VisitNode.of((await visits.by_ids(reader, changed.visits))[0]),
            pass_=PassNode.of(paying[0]) if paying else None,
            returned=changed.figures.get("returned"),
            fee_minor=changed.figures.get("feeMinor", 0),
            forgiven=changed.figures.get("forgiven", False),
            make_up_lot=LotNode.of(lots[0]) if lots and paying else None,
        )


@strawberry.type(description="The booked visits, and what pays for each.")
class BookVisitsPayload(MovingPayload, PaidVisitsPayload):
    """See `PaidVisitsPayload`."""


@strawberry.type(description="The visits, and what pays for each.")
class PayVisitsPayload(MovingPayload, PaidVisitsPayload):
    """See `PaidVisitsPayload`."""


@strawberry.type(description="The cancelled visit, and what became of what paid for it.")
class CancelVisitPayload(MovingPayload, EndedVisitPayload):
    """See `EndedVisitPayload`."""


@strawberry.type(description="The visit with its outcome, and what became of what paid for it.")
class RecordAttendancePayload(MovingPayload, EndedVisitPayload):
    """See `EndedVisitPayload`."""


@strawberry.type(description="The visit, which keeps its outcome and costs nothing now.")
class WaiveOutcomePayload(MovingPayload, EndedVisitPayload):
    """See `EndedVisitPayload`."""
